/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One function per group of families; families of the same shape are rows of a table.
 */
#include "pipeline/selfstats.h"

#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/utsname.h>

#include "aggregators/books.h"
#include "aggregators/family.h"
#include "aggregators/snapshot.h"
#include "base/util.h"
#include "base/version.h"
#include "pipeline/bookkeeper.h"
#include "pipeline/cgroup_news.h"
#include "pipeline/cgroup_sets.h"
#include "pipeline/collector.h"
#include "pipeline/drain.h"
#include "pipeline/flush.h"
#include "pipeline/plan.h"
#include "pipeline/probe_object.h"
#include "pipeline/rings.h"
#include "pipeline/route.h"

#define SELF(name) "ringtally_self_" name
#define LABELS(...)           \
	(const char *const[]) \
	{                     \
		__VA_ARGS__   \
	}

void scrape_stats__add(struct scrape_stats *s, int code, u64 duration_ns)
{
	s->last_ns = duration_ns;
	for (int i = 0; i < SCRAPE_CODES_MAX; i++) {
		if (s->codes[i] == 0)
			s->codes[i] = code;
		if (s->codes[i] == code) {
			s->counts[i]++;
			return;
		}
	}
}

/* Label names outlive every snapshot. */
static const char *const by_event[] = {"event", "reason"};
static const char *const by_metric[] = {"metric", "label"};
static const char *const by_program[] = {"event", "program", "hook"};
static const char *const by_map[] = {"event", "map"};
static const char *const by_build[] = {"version", "commit", "libbpf", "kernel"};
static const char *const by_code[] = {"code"};

/* What a family is called and shows. */
struct about {
	const char *name;
	const char *help;
	enum agg_shape shape;
	u8 scale;
};

/* Begins a family with the first n of the labels; samples follow. */
static void begin(struct snapshot *s, const struct about *about, const char *const *labels, u16 n)
{
	const struct family_desc desc = {
		.name = about->name,
		.help = about->help,
		.shape = about->shape,
		.scale = about->scale,
		.label_names = labels,
		.nlabels = n,
	};

	snapshot__begin(s, &desc);
}

/* A family that is one number. */
static void one(struct snapshot *s, const char *name, const char *help, enum agg_shape shape,
		u8 scale, u64 value)
{
	begin(s, &(struct about){name, help, shape, scale}, NULL, 0);
	snapshot__sample(s, value, NULL);
}

static void build_info(struct snapshot *s)
{
	static const struct about about = {SELF("build_info"), "What runs here; always 1.",
					   AGG_SHAPE_GAUGE, 0};
	struct utsname kernel = {0};

	uname(&kernel);
	begin(s, &about, by_build, ARRAY_SIZE(by_build));
	snapshot__sample(s, 1,
			 LABELS(ringtally_version, ringtally_commit, libbpf_version_string(),
				kernel.release));
}

static void config_state(const struct selfstats *self, struct snapshot *s)
{
	one(s, SELF("config_last_reload_successful"), "Whether the last config was accepted.",
	    AGG_SHAPE_GAUGE, 0, 1);
	one(s, SELF("config_last_reload_success_timestamp_seconds"),
	    "When the config in use took effect.", AGG_SHAPE_GAUGE, 3, self->started_ms);
	one(s, SELF("generation"), "Number of the plan in use, counted from 1.", AGG_SHAPE_GAUGE, 0,
	    1);
}

typedef void (*visit_program_fn)(const struct probe_object *object, u32 program,
				 struct snapshot *s);

static void for_each_program(const struct collector *c, visit_program_fn visit, struct snapshot *s)
{
	for (u32 i = 0; c->quiet && i < c->nobjects; i++)
		for (u32 p = 0; p < probe_object__nprograms(c->objects[i]); p++)
			visit(c->objects[i], p, s);
}

static void show_attached(const struct probe_object *object, u32 i, struct snapshot *s)
{
	struct program_status program = probe_object__program(object, i);

	snapshot__sample(s, program.attached,
			 LABELS(program.event->schema->name, program.program, program.hook));
}

/* Only while BPF statistics are on: they cost time at every event. */
static void show_run_time(const struct probe_object *object, u32 i, struct snapshot *s)
{
	struct program_stats stats = probe_object__program_stats(object, i);

	if (stats.runs)
		snapshot__sample(s, stats.run_time_ns,
				 LABELS(probe_object__program(object, i).program));
}

static void programs(const struct collector *c, struct snapshot *s)
{
	static const struct about attached = {
		SELF("probe_attached"), "Whether a program of a configured event is attached.",
		AGG_SHAPE_GAUGE, 0};
	static const struct about run_time = {
		SELF("bpf_run_time_seconds_total"),
		"Time spent in a program while BPF statistics were on.", AGG_SHAPE_COUNTER, 9};

	begin(s, &attached, by_program, ARRAY_SIZE(by_program));
	for_each_program(c, show_attached, s);
	begin(s, &run_time, &by_program[1], 1);
	for_each_program(c, show_run_time, s);
}

/* The books, term by term. */
static u64 filtered(const struct event_books *b)
{
	return b->filtered;
}
static u64 consumed(const struct event_books *b)
{
	return b->consumed;
}
static u64 pending(const struct event_books *b)
{
	return b->pending;
}
static u64 clock_skew(const struct event_books *b)
{
	return b->clock_skew;
}
static u64 starts_refused(const struct event_books *b)
{
	return b->starts_refused;
}
static u64 skipped(const struct event_books *b)
{
	return b->skipped;
}
static u64 lost_ring_full(const struct event_books *b)
{
	return b->lost_ring_full;
}
static u64 lost_no_ring(const struct event_books *b)
{
	return b->lost_no_ring;
}
static u64 unpaired(const struct event_books *b)
{
	return b->unpaired;
}
static u64 evictions(const struct event_books *b)
{
	return b->evictions;
}
static u64 marks(const struct event_books *b)
{
	return b->marks;
}
static u64 marks_off(const struct event_books *b)
{
	return b->marks_off;
}

/* One row per family and reason; rows of one family stand together. */
static const struct term {
	const char *name;
	const char *help;
	const char *reason; /* NULL: the family has no such label */
	enum agg_shape shape;
	u64 (*value)(const struct event_books *b);
} terms[] = {
	{SELF("events_fired_total"), "Events that happened: seen, unpaired and skipped.", NULL,
	 AGG_SHAPE_COUNTER, event_books__fired},
	{SELF("events_seen_total"), "Events that reached emit: filtered and accepted.", NULL,
	 AGG_SHAPE_COUNTER, event_books__seen},
	{SELF("events_filtered_total"), "Events that no metric's where accepted.", NULL,
	 AGG_SHAPE_COUNTER, filtered},
	{SELF("events_consumed_total"), "Events in records that were taken from the rings.", NULL,
	 AGG_SHAPE_COUNTER, consumed},
	{SELF("events_pending"), "Events in tables, and in records that wait in the rings.", NULL,
	 AGG_SHAPE_GAUGE, pending},
	{SELF("events_lost_total"), "Events that lost their labels, by reason.", "ring_full",
	 AGG_SHAPE_COUNTER, lost_ring_full},
	{SELF("events_lost_total"), "", "no_ring", AGG_SHAPE_COUNTER, lost_no_ring},
	{SELF("events_unpaired_total"), "Ends of events without a start, by reason.", "no_start",
	 AGG_SHAPE_COUNTER, unpaired},
	{SELF("starts_refused_total"), "Starts of events that found their map full.", NULL,
	 AGG_SHAPE_COUNTER, starts_refused},
	{SELF("clock_skew_total"), "Intervals that came out negative and count as 0.", NULL,
	 AGG_SHAPE_COUNTER, clock_skew},
	{SELF("events_skipped_total"), "Events whose program the kernel did not run (recursion).",
	 NULL, AGG_SHAPE_COUNTER, skipped},
	{SELF("combine_evictions_total"), "Partial aggregates that left a table for another key.",
	 NULL, AGG_SHAPE_COUNTER, evictions},
	{SELF("ledger_marks_total"), "Times that a CPU's books were compared with what came of it.",
	 NULL, AGG_SHAPE_COUNTER, marks},
	{SELF("ledger_marks_off_total"), "Marks that did not balance; above 0 is a bug.", NULL,
	 AGG_SHAPE_COUNTER, marks_off},
};

static void add_term(struct snapshot *s, const struct term *term, bool new_family,
		     const struct event_books *books, u32 n)
{
	const struct about about = {term->name, term->help, term->shape, 0};

	if (new_family)
		begin(s, &about, by_event, term->reason ? 2 : 1);
	for (u32 i = 0; i < n; i++)
		snapshot__sample(s, term->value(&books[i]), LABELS(books[i].event, term->reason));
}

static void ledgers(const struct collector *c, struct snapshot *s)
{
	struct books books;

	if (bookkeeper_books(c, &books)) {
		s->failed = true;
		return;
	}
	for (size_t t = 0; t < ARRAY_SIZE(terms); t++)
		add_term(s, &terms[t], *terms[t].help != '\0', books.events, books.nevents);
	books__fini(&books);
}

/* One metric of one event, with its label when a family has a row per label. */
struct metric_at {
	const struct collector *collector;
	u32 event;
	u32 metric;
	u32 label;
};

static const struct family *family_of(const struct metric_at *at)
{
	return route__family(at->collector->route, at->event, at->metric);
}

static const struct metric_plan *plan_of(const struct metric_at *at)
{
	return &at->collector->plan->events[at->event].metrics[at->metric];
}

static struct family_stats stats_of(const struct metric_at *at)
{
	struct family_stats stats;

	family__stats(family_of(at), &stats);
	return stats;
}

/* Families with numbers of metrics of different units have one scale for all. */
enum { METRIC_SCALE = 9 };

/* A number that the limits of a metric keep, brought to METRIC_SCALE: it is in the unit of the
 * metric, or a histogram's count. */
static u128 in_metric_scale(const struct metric_at *at, u128 n)
{
	const struct family_desc *desc = &plan_of(at)->desc;

	for (int i = desc->nbounds ? 0 : desc->scale; i < METRIC_SCALE; i++)
		n *= 10;
	return n;
}

static bool every_metric(const struct metric_at *at)
{
	(void)at;
	return true;
}

static bool is_ranked(const struct metric_at *at)
{
	return plan_of(at)->kind->ranked;
}

static u128 series_live(const struct metric_at *at)
{
	return stats_of(at).series;
}

static u128 series_limit(const struct metric_at *at)
{
	return stats_of(at).limit;
}

static u128 retired(const struct metric_at *at)
{
	return in_metric_scale(at, stats_of(at).retired);
}

static u128 error_bound(const struct metric_at *at)
{
	return in_metric_scale(at, stats_of(at).error_bound);
}

static u128 folded(const struct metric_at *at)
{
	return family__folded(family_of(at), (u16)at->label);
}

static u128 decode_errors(const struct metric_at *at)
{
	return route__decode_errors(at->collector->route, at->event, at->metric, at->label);
}

/* Families with a row per metric, or per label of each metric. */
static const struct metric_family {
	struct about about;
	bool per_label;
	bool (*has)(const struct metric_at *at);
	u128 (*value)(const struct metric_at *at);
} metric_families[] = {
	{{SELF("series"), "Series of a metric, without __other__ and __lost__.", AGG_SHAPE_GAUGE,
	  0},
	 false,
	 every_metric,
	 series_live},
	{{SELF("series_limit"), "Most series a metric may have.", AGG_SHAPE_GAUGE, 0},
	 false,
	 every_metric,
	 series_limit},
	{{SELF("retired_total"),
	  "What series held that have ended, in the unit of the metric; a histogram's count.",
	  AGG_SHAPE_COUNTER, METRIC_SCALE},
	 false,
	 every_metric,
	 retired},
	{{SELF("topk_error_bound"),
	  "Nothing that has no series of its own had more of late, in the unit of the metric.",
	  AGG_SHAPE_GAUGE, METRIC_SCALE},
	 false,
	 is_ranked,
	 error_bound},
	{{SELF("folded_total"), "Events whose label values were folded into __other__.",
	  AGG_SHAPE_COUNTER, 0},
	 true,
	 every_metric,
	 folded},
	{{SELF("decode_errors_total"), "Label values that could not be decoded.", AGG_SHAPE_COUNTER,
	  0},
	 true,
	 every_metric,
	 decode_errors},
};

static void add_metric(struct snapshot *s, const struct metric_family *f, struct metric_at at)
{
	const struct metric_plan *m = plan_of(&at);

	if (!f->has(&at))
		return;
	if (!f->per_label) {
		snapshot__sample(s, f->value(&at), LABELS(m->name));
		return;
	}
	for (at.label = 0; at.label < m->nlabels; at.label++)
		snapshot__sample(s, f->value(&at), LABELS(m->name, m->labels[at.label].name));
}

static void metrics(const struct collector *c, struct snapshot *s)
{
	for (size_t i = 0; i < ARRAY_SIZE(metric_families); i++) {
		const struct metric_family *f = &metric_families[i];

		begin(s, &f->about, by_metric, f->per_label ? 2 : 1);
		for (u32 e = 0; e < c->plan->nevents; e++)
			for (u32 m = 0; m < c->plan->events[e].nmetrics; m++)
				add_metric(s, f, (struct metric_at){c, e, m, 0});
	}
}

static void rings(const struct selfstats *self, struct snapshot *s)
{
	struct rings_usage usage = rings__usage(self->collector->rings);

	one(s, SELF("ring_size_bytes"), "Size of all rings together.", AGG_SHAPE_GAUGE, 0,
	    usage.size);
	one(s, SELF("ring_used_bytes"), "Bytes waiting in the rings.", AGG_SHAPE_GAUGE, 0,
	    usage.used);
	one(s, SELF("ring_used_bytes_max"),
	    "Most bytes found waiting by a drain since the last scrape.", AGG_SHAPE_GAUGE, 0,
	    drain__take_used_max(self->drain));
	one(s, SELF("records_consumed_total"), "Records taken from the rings.", AGG_SHAPE_COUNTER,
	    0, rings__consumed(self->collector->rings));
	one(s, SELF("records_malformed_total"), "Records that made no sense; above 0 is a bug.",
	    AGG_SHAPE_COUNTER, 0, route__malformed(self->collector->route));
	one(s, SELF("drain_delay_seconds_max"), "Longest delay of a drain since the last scrape.",
	    AGG_SHAPE_GAUGE, 9, drain__take_delay_max_ns(self->drain));
	one(s, SELF("flush_duration_seconds"),
	    "Duration of the last flush, until all tables were empty.", AGG_SHAPE_GAUGE, 9,
	    flush__last_duration_ns(self->flush));
}

static u64 cgroups_memory(const struct collector *c)
{
	return (c->news ? cgroup_news__memory(c->news) : 0) +
	       (c->sets ? cgroup_sets__memory(c->sets) : 0);
}

static void kernel_memory(const struct collector *c, struct snapshot *s)
{
	static const struct about about = {
		SELF("kernel_memory_bytes"),
		"Kernel memory of BPF maps; what all events share has no event.", AGG_SHAPE_GAUGE,
		0};

	begin(s, &about, by_map, ARRAY_SIZE(by_map));
	snapshot__sample(s, rings__memory(c->rings), LABELS("", "rings"));
	snapshot__sample(s, c->constants_memory, LABELS("", "constants"));
	if (c->news || c->sets)
		snapshot__sample(s, cgroups_memory(c), LABELS("", "cgroups"));
	for (u32 e = 0; e < c->plan->nevents; e++) {
		const char *name = c->plan->events[e].schema->name;

		if (!c->ledgers[e])
			continue;
		snapshot__sample(s, c->memory[e].books, LABELS(name, "books"));
		snapshot__sample(s, c->memory[e].buckets, LABELS(name, "buckets"));
		if (c->memory[e].starts)
			snapshot__sample(s, c->memory[e].starts, LABELS(name, "starts"));
	}
}

static void scrapes(const struct scrape_stats *stats, struct snapshot *s)
{
	static const struct about about = {
		SELF("scrapes_total"), "Scrapes answered, by HTTP status.", AGG_SHAPE_COUNTER, 0};

	one(s, SELF("scrape_duration_seconds"),
	    "Duration of the last scrape, from request to body.", AGG_SHAPE_GAUGE, 9,
	    stats->last_ns);
	begin(s, &about, by_code, ARRAY_SIZE(by_code));
	for (int i = 0; i < SCRAPE_CODES_MAX && stats->codes[i]; i++) {
		char code[16];

		snprintf(code, sizeof(code), "%d", stats->codes[i]);
		snapshot__sample(s, stats->counts[i], LABELS(code));
	}
}

void selfstats_snapshot(const struct selfstats *self, struct snapshot *s)
{
	const struct collector *c = self->collector;

	build_info(s);
	config_state(self, s);
	programs(c, s);
	ledgers(c, s);
	metrics(c, s);
	rings(self, s);
	kernel_memory(c, s);
	scrapes(self->scrapes, s);
}
