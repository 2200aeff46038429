/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The config as the user wrote it: typed, checked for everything that can be known without a probe
 * object, every value with its place. What needs an object (events, fields, decoders) or a kind of
 * metric is checked by pipeline/plan, which reports into the same diags.
 *
 * All memory belongs to the config; nothing in it changes after loading.
 */
#ifndef RINGTALLY_CONFIG_CONFIG_H
#define RINGTALLY_CONFIG_CONFIG_H

#include "base/types.h"
#include "config/diag.h"

struct err;
struct where;

/* A value with its place. `s` is NULL when the key was left out, or its value was a finding. */
struct config_text {
	const char *s;
	struct pos pos;
	bool quoted;  /* pos is that of the quote */
	bool folded;  /* what is inside has no places of its own, only pos */
	bool comment; /* it ends where a comment starts */
};

struct config_number {
	u64 n; /* the default when left out: then pos.line is 0 */
	struct pos pos;
};

struct decode_pair {
	const char *from;
	const char *to;
};

/* A decoder that a label names, with the map it is given. */
struct decode_config {
	struct config_text name;
	struct decode_pair *pairs; /* ascending in `from`; NULL: it was named without a map */
	size_t npairs;
};

struct label_config {
	struct config_text name;	 /* the label's name in the exposition */
	struct config_text field;	 /* the event's or context's field; = name unless given */
	struct config_number max_values; /* 0: no limit of its own */
	struct decode_config *decode;	 /* in this order, after the field's own */
	size_t ndecode;
};

enum buckets_kind { BUCKETS_NONE, BUCKETS_LOG2, BUCKETS_EXPLICIT };

/* Bounds as written: what their units mean depends on the metric's value. */
struct buckets_config {
	enum buckets_kind kind;
	struct pos pos;		/* line 0 when left out; else NONE was a finding */
	struct config_text min; /* log2; s is NULL when left out */
	struct config_text max;
	struct config_text *bounds; /* explicit, in the order given */
	size_t nbounds;
};

struct metric_config {
	struct pos pos;
	struct config_text name; /* without the namespace */
	struct config_text help;
	struct config_text event;
	struct config_text type;  /* the kind's keyword */
	struct config_text value; /* the field to add up or to put into buckets */
	struct config_text where_text;
	const struct where *where; /* NULL: no where_text, or it was a finding */
	struct buckets_config buckets;
	struct label_config *labels;
	size_t nlabels;
	u16 *fold_order; /* labels by number, each at most once */
	size_t nfold;
	struct config_number max_series;
	struct config_number k;	     /* of a topk, in the place of max_series */
	struct config_number linger; /* ns */
	struct config_number ttl;    /* ns; 0: off */
};

/* TRACE is not for configs: a verb asks for it (config/single.h). */
enum delivery { DELIVERY_STREAM, DELIVERY_COMBINE, DELIVERY_TRACE };

struct event_config {
	struct config_text name;
	enum delivery delivery;
	struct config_number slots; /* of its table, per CPU; 0: as many as the limits allow */
};

struct config {
	struct config_text namespace;
	struct config_number ring_size;	     /* bytes, of each ring, at most */
	struct config_number samples;	     /* lines of the exposition, at most */
	struct config_number memory;	     /* bytes, of the daemon's own, at most */
	struct config_number kernel_memory;  /* bytes, of everything in the kernel */
	struct config_number flush_interval; /* ns */
	struct config_text *objects;	     /* files (.bpf.o) or folders of them */
	size_t nobjects;
	enum delivery delivery; /* of events that `events` does not name */
	struct event_config *events;
	size_t nevents;
	struct metric_config *metrics;
	size_t nmetrics;
	struct config_arena *arena; /* owns every text and array above */
};

/*
 * Reads the files, at least one, as one config: later files append to the lists of earlier ones; a
 * scalar given twice is an error at the second place. Problems of content go to diags and still
 * return 0 (look at diags->errors); err and a negative errno are for files that cannot be read and
 * for no memory. *ret_config is the caller's to free, also when diags holds errors (it is then
 * incomplete, but safe to plan, so that planning can report what it finds as well).
 */
int config__load(const char *const *files, size_t nfiles, struct diags *diags,
		 struct config **ret_config, struct err *err);

/* The same from memory; `name` is what positions say instead of a file. */
int config__parse(const char *name, const char *text, size_t n, struct diags *diags,
		  struct config **ret_config, struct err *err);

/* The built-in default: its name for positions and its text. */
extern const char config_default_name[];
extern const char config_default_text[];

void config__free(struct config *c);

#endif
