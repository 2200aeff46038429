/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a probe object says of itself: its events with their fields, the context, and which programs
 * make which event. Read from the BTF declaration tags of bpf/lib/core.bpf.h, for a user's object
 * exactly as for the bundled one. Objects come from outside: everything is checked.
 */
#ifndef RINGTALLY_PIPELINE_SCHEMA_H
#define RINGTALLY_PIPELINE_SCHEMA_H

#include "base/types.h"

struct btf;
struct err;
struct named_value;

enum unit { UNIT_NONE, UNIT_NS, UNIT_BYTES };

struct field {
	const char *name;
	const char *help;
	const char *decoder; /* never NULL: what the object says, else by type */
	enum unit unit;
	u32 word;  /* its first word in the event or context */
	u32 words; /* how many */
	bool text;
	bool is_signed;
	bool optional; /* may be absent from an event */
	bool has_rest; /* it may be told in parts: what then is left for the event ... */
	u32 rest_word; /* ... is in this word */
	struct named_value *names; /* an enum's values, as labels show them; owned by the schema */
	u32 nnames;
};

/* A struct of fields: an event, or the context. */
struct record_schema {
	const char *name;
	const char *help;
	struct field *fields;
	u32 nfields;
	u32 nwords;
	u32 presence_word; /* says which optional fields are there, if has_presence */
	bool has_presence;
	u64 hidden_words; /* the presence word and the rests of fields: no fields themselves */
	u64 start_words;  /* of fields that need the event's start; 0: all of it does, if any */
	bool flushed;	  /* an event that the object's flush programs serve */
	bool flush_hook;  /* ... and that has something to tell at every flush */
};

/* One program; those of one event and part are alternatives in this order. */
struct program_schema {
	const char *name;  /* of the function */
	const char *event; /* not NUL-terminated */
	size_t event_len;
	const char *part;
	bool emits; /* else it only prepares: notes where an event starts ... */
	u64 words;  /* ... which only this field of the event needs; 0: all that need the start */
};

/* All texts are borrowed from the BTF. */
struct schema {
	struct record_schema *events;
	u32 nevents;
	struct record_schema context;
	struct program_schema *programs;
	u32 nprograms;
};

/* -EINVAL when the tags make no sense; an object without any is fine and has no events. */
int schema__read(const struct btf *btf, struct schema **ret_schema, struct err *err);
void schema__free(struct schema *s);

const struct record_schema *schema__event(const struct schema *s, const char *name);
const struct field *record_schema__field(const struct record_schema *r, const char *name);

/* The parts of an event, each by its first program, in source order. `after` is the one before,
 * NULL to begin; NULL at the end. */
const struct program_schema *schema__next_part(const struct schema *s, const char *event,
					       const struct program_schema *after);

/* What is tried when this kernel takes neither `after` nor those before it; NULL: nothing. */
const struct program_schema *schema__next_alternative(const struct schema *s,
						      const struct program_schema *after);

/* As people read them: text, enum, signed or number; ns, bytes or "". */
const char *field__type_name(const struct field *field);
const char *field__unit_name(const struct field *field);

#endif
