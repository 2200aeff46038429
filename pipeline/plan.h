/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plan: config and schemas brought together. For each event that metrics use: the constants
 * that go into the kernel (struct wire_plan), and for each metric where its labels lie in the joint
 * key. Pure: no kernel, no libbpf; what does not fit goes to diags with its place.
 *
 * The kernel lays a key out in ascending order of words, context before event, so both sides derive
 * every position from the same masks.
 */
#ifndef RINGTALLY_PIPELINE_PLAN_H
#define RINGTALLY_PIPELINE_PLAN_H

#include "aggregators/family.h"
#include "bpf/wire.h"
#include "pipeline/cgroup_tests.h"
#include "pipeline/decoders/text_decoder.h"
#include "pipeline/schema.h"

struct config;
struct decoder_ops;
struct diags;
struct metric_config;
struct err;

enum { LABEL_STEPS_MAX = 4 };

/* One label of one metric: which words of the key, and how they become text. */
struct label_plan {
	const char *name;
	const struct field *field;
	bool of_context; /* a field of the context, else of the event */
	const struct decoder_ops *decoder;
	struct text_step steps[LABEL_STEPS_MAX]; /* after the decoder */
	u32 nsteps;
	u32 key_word; /* its first word in the key, or in the record of an event that is traced */
	u64 presence; /* bit in the key's bits word, or in the traced event's presence word, that
		       * says it is there; 0: it always is */
};

struct metric_plan {
	struct family_desc desc; /* what the exposition says; name with the namespace */
	const char *name;	 /* without it, as the config says */
	const struct agg_ops *kind;
	struct family_limits limits; /* max_values is owned, fold_order the config's */
	struct label_plan *labels;
	u32 nlabels;
	u32 label_words;	   /* of all labels together */
	u64 label_presence;	   /* bits of the bits word that its optional labels look at */
	const struct field *value; /* NULL: none */
	u32 value_word;		   /* of the event, if value: its own, or its rest's */
	bool takes_parts;	   /* adds up the value part by part, and its rest with the event */
	u32 sum_word;		   /* of the value, among the words of a record; if value */
	u32 bucket_slot;	   /* of the histogram, among those in the key; if desc.nbounds */
	u64 *bounds;		   /* owned; = desc.bounds */
	const struct metric_config *config;
};

/* An event that is traced has one metric, whose labels are the fields that are shown. */
struct event_plan {
	const struct record_schema *schema;
	u32 object; /* whose event it is: index into the schemas given */
	struct wire_plan wire;
	struct wire_filter filter;
	struct metric_plan *metrics;
	u32 nmetrics;
	u32 slots;	   /* of the combining table of each CPU (pipeline/budget); 0: it streams */
	u32 lost_words;	   /* of one CPU's lost cells */
	u32 ledger_bytes;  /* of one CPU's books: struct wire_ledger, lost cells, table */
	u32 table_bytes;   /* of one bucket table */
	u32 slots_wanted;  /* of the table that combines, by the config; 0: as many as fit */
	bool keeps_starts; /* some field in use needs the event's start, or all of it does */
	bool has_hook;	   /* at every flush it has something to tell */
};

struct plan {
	struct event_plan *events; /* index = wire_plan.event */
	u32 nevents;
	struct cgroup_tests cgroup_tests; /* of all `where`s */
};

/* The objects to choose events from: names for messages, and what they say of themselves. */
struct plan_source {
	const char *name;
	const struct schema *schema;
};

/*
 * Problems of content go to diags, and the plan is then incomplete: not to be used, only freed.
 * -ENOMEM otherwise. The plan borrows from the config and from the schemas.
 */
int plan__new(const struct config *config, const struct plan_source *sources, u32 nsources,
	      struct diags *diags, struct plan **ret_plan, struct err *err);
void plan__free(struct plan *p);

/* Does the metric count 1 for every event that is accepted? It has no `where`, and no value that
 * may be absent or is added up. */
bool event_plan__counts_all(const struct event_plan *event, u32 metric);

/* Does anything of it depend on the names of cgroups? */
bool plan__uses_cgroups(const struct plan *p);

/* Gives the event's table another size: a power of two from WIRE_SLOTS_MIN to WIRE_SLOTS_MAX. Where
 * the table lies, and how long the books are, follows. An event that is not combined has none. */
void event_plan__set_slots(struct event_plan *event, u32 slots);

#endif
