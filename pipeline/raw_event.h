/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the records of an event that is traced (struct wire_raw): are they what the plan can have
 * made, and what do they say? Records are from outside: checked, never trusted.
 */
#ifndef RINGTALLY_PIPELINE_RAW_EVENT_H
#define RINGTALLY_PIPELINE_RAW_EVENT_H

#include "pipeline/decoders/decoder.h"

struct err;
struct event_plan;
struct raw_reader;
struct wire_raw;

/* One field of one event. */
struct raw_value {
	enum {
		RAW_ABSENT,   /* the event does not have it */
		RAW_UNSIGNED, /* `number` */
		RAW_SIGNED,   /* `number`, in two's complement */
		RAW_TEXT,     /* `text`: a name, or what else the field's decoder makes of it */
	} kind;
	u64 number;
	struct decoded text;
};

/* The plan's event is traced; it is borrowed, and so is the environment. */
int raw_reader__new(const struct event_plan *event, u32 ncpus, const struct decoder_env *env,
		    struct raw_reader **ret_reader, struct err *err);
void raw_reader__free(struct raw_reader *r); /* NULL is fine */

/* Records of lower generations are of attempts to load that were given up. */
void raw_reader__set_generation(struct raw_reader *r, u8 generation);

/* 0 and the record; -EBADMSG: it makes no sense; -ESTALE: it is of a lower generation. */
int raw_reader__check(const struct raw_reader *r, const void *record, size_t n,
		      const struct wire_raw **ret_raw);

/* When it was emitted, on CLOCK_MONOTONIC. */
u64 raw_time_ns(const struct wire_raw *raw);

/* The field that is label number `label` of the event's metric, of a record that was checked. */
void raw_reader__value(const struct raw_reader *r, const struct wire_raw *raw, u32 label,
		       struct raw_value *ret_value);

#endif
