/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/flow.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aggregators/snapshot.h"
#include "base/err.h"
#include "base/strbuf.h"
#include "base/util.h"
#include "bench/filler.h"
#include "bench/own_config.h"
#include "bench/pause.h"
#include "bpf/wire.h"
#include "config/config.h"
#include "pipeline/collector.h"
#include "pipeline/mountinfo.h"
#include "pipeline/plan.h"
#include "pipeline/rings.h"
#include "pipeline/route.h"

/* A series of a histogram has so many records, each in a bucket of its own: 1 us ... 32 ms. */
enum { TIMES = 16, SHORTEST_NS = 1000 };

enum {
	FOLDED_SERIES = 2 /* __other__, __lost__ */,
	COMM_BYTES = 16,
	GENERATION = 1,
	DRAIN_RECORDS = 1 << 20,
	FILL_RECORDS = 4096, /* as far as a ring is filled when the daemon drains it under load */
	FILLS = FLOW_RECORDS / FILL_RECORDS,
};

/* ---- the plan ---- */

static int plan(struct flow *f, struct err *err)
{
	const struct flow_kind *kind = f->kind;
	struct strbuf text;
	int rc;

	strbuf__init(&text);
	strbuf__printf(&text,
		       "limits: {samples: 100000000, memory: 1TiB}\n"
		       "metrics:\n"
		       "- {event: runq_wait, labels: %s, max_series: %u, %s}\n",
		       kind->labels, kind->series + 1,
		       kind->histogram
			       ? "name: wait_seconds, type: histogram, value: wait, buckets: log2"
			       : "name: waits_total, type: counter");
	rc = own_config_parse(&text, &f->config, err);
	strbuf__fini(&text);
	return rc ? rc : own_config_plan(f->config, &f->collector, err);
}

/* ---- the records ---- */

static u32 times(const struct flow_kind *kind)
{
	return kind->histogram ? TIMES : 1;
}

/* Some cgroup that has a name: the root of cgroup2. */
static u64 named_cgroup(void)
{
	struct stat status = {.st_ino = 1};
	char *root = NULL;

	if (!mountinfo_find("/proc/self/mountinfo", "cgroup2", &root) && stat(root, &status))
		status.st_ino = 1;
	free(root);
	return status.st_ino;
}

static void put_label(const struct label_plan *label, u32 series, u64 cgroup, u64 *words)
{
	u64 *to = &words[label->key_word];

	if (!strcmp(label->name, "comm"))
		snprintf((char *)to, COMM_BYTES, "work-%u", series);
	else
		*to = strcmp(label->name, "cgroup") ? series + 1 : cgroup;
}

/* As the kernel does it: how many bounds are below. */
static u64 bucket_of(const struct metric_plan *metric, u64 value)
{
	u64 bucket = 0;

	while (bucket < metric->desc.nbounds && metric->desc.bounds[bucket] < value)
		bucket++;
	return bucket;
}

static void put_time(const struct event_plan *event, u64 ns, u64 *words)
{
	const struct metric_plan *metric = &event->metrics[0];

	words[event->wire.has_bits] = bucket_of(metric, ns);
	words[metric->sum_word] = ns;
}

static void make_records(struct flow *f)
{
	const struct event_plan *event = &f->collector->plan->events[0];
	const struct metric_plan *metric = &event->metrics[0];
	const u32 n = times(f->kind), cpu = (u32)sched_getcpu();
	const u64 cgroup = named_cgroup();

	for (u32 i = 0; i < f->kind->series * n; i++) {
		struct wire_partial *record = (void *)&filler__records(f->filler)[i];

		record->head = (struct wire_head){WIRE_PARTIAL, GENERATION, 0, cpu};
		record->count = 1;
		for (u32 label = 0; label < metric->nlabels; label++)
			put_label(&metric->labels[label], i / n, cgroup, record->words);
		if (f->kind->histogram)
			put_time(event, (u64)SHORTEST_NS << i % n, record->words);
	}
}

/* ---- their way ---- */

static void take(void *ctx, const struct rings_record *records, size_t n)
{
	struct flow *f = ctx;

	if (f->taker == FLOW_SERIES)
		route__records(f->collector->route, records, n);
}

static int take_nothing(void *ctx, void *record, size_t n)
{
	(void)ctx;
	(void)record;
	(void)n;
	return 0;
}

static void drain(const struct flow *f)
{
	if (f->taker == FLOW_LIBBPF)
		ring_buffer__consume(f->libbpf);
	else
		while (rings__drain(f->collector->rings, DRAIN_RECORDS) > 0)
			;
}

static int fill_and_drain(struct flow *f, u32 n, bool draws, u64 *ret_ns, struct err *err)
{
	u64 begin;

	if (filler__fill(f->filler, n, draws, err))
		return err->code;
	if (f->taker == FLOW_SERIES)
		f->sent += n;
	begin = pause_thread_ns();
	drain(f);
	*ret_ns = pause_thread_ns() - begin;
	return 0;
}

/* Others had the caches before: a record for each that there is. */
static int warm(struct flow *f, struct err *err)
{
	u64 ns = 0;

	for (u32 n = 0; n < f->kind->series * times(f->kind); n += FILL_RECORDS)
		if (fill_and_drain(f, FILL_RECORDS, true, &ns, err))
			return err->code;
	return 0;
}

int flow__run(struct flow *f, enum flow_taker taker, double *ret_ns, struct err *err)
{
	u64 all = 0, ns = 0;

	f->taker = taker;
	if (warm(f, err))
		return err->code;
	for (u32 i = 0; i < FILLS; i++, all += ns)
		if (fill_and_drain(f, FILL_RECORDS, true, &ns, err))
			return err->code;
	*ret_ns = (double)all / FLOW_RECORDS;
	return 0;
}

/* Every record once: from then on all series are there. */
static int send_all(struct flow *f, struct err *err)
{
	u64 ns = 0;

	f->taker = FLOW_SERIES;
	for (u32 left = f->kind->series * times(f->kind), n; left > 0; left -= n) {
		n = MIN(left, (u32)FILLER_CALL_RECORDS);
		if (fill_and_drain(f, n, false, &ns, err))
			return err->code;
	}
	return 0;
}

/* A consumer as libbpf has it, for the ring of this CPU. Rings are found by number. */
static int open_libbpf(struct flow *f, struct err *err)
{
	const u32 cpu = (u32)sched_getcpu();
	u32 id = 0;
	int fd = bpf_map_lookup_elem(rings__map_fd(f->collector->rings), &cpu, &id);

	if (!fd)
		fd = bpf_map_get_fd_by_id(id);
	if (fd >= 0) {
		f->libbpf = ring_buffer__new(fd, take_nothing, NULL, NULL);
		close(fd);
	}
	return f->libbpf ? 0 : err__set_errno(err, -errno, "libbpf's consumer");
}

static int open_all(struct flow *f, struct err *err)
{
	struct collector *c;

	if (plan(f, err))
		return err->code;
	c = f->collector;
	route__set_generation(c->route, 0, GENERATION);
	if (collector__open_rings_to(c, take, f, err))
		return err->code;
	if (filler__new(c->rings, f->kind->series * times(f->kind),
			(u32)c->plan->events[0].wire.record_bytes, &f->filler, err))
		return err->code;
	if (open_libbpf(f, err))
		return err->code;
	make_records(f);
	return send_all(f, err);
}

int flow__open(struct flow *f, const struct flow_kind *kind, struct err *err)
{
	*f = (struct flow){.kind = kind};
	if (open_all(f, err)) {
		flow__close(f);
		return err->code;
	}
	return 0;
}

void flow__close(struct flow *f)
{
	ring_buffer__free(f->libbpf);
	filler__free(f->filler);
	collector__free(f->collector);
	config__free(f->config);
	*f = (struct flow){0};
}

static u64 count_events(const struct family_snapshot *family)
{
	const size_t n = family->rows.buckets ? family->n * (family->desc.nbounds + 1) : family->n;
	u64 events = 0;

	for (size_t i = 0; i < n; i++)
		events +=
			family->rows.buckets ? family->rows.buckets[i] : (u64)family->rows.sums[i];
	return events;
}

static int check_family(const struct flow *f, const struct family_snapshot *family, struct err *err)
{
	const u64 counted = count_events(family);

	if (counted == f->sent && family->n == f->kind->series + FOLDED_SERIES)
		return 0;
	return err__set(err, -EIO, "%s: %zu series hold %llu of %llu records", f->kind->name,
			family->n, counted, f->sent);
}

int flow__check(const struct flow *f, struct err *err)
{
	struct snapshot *s = NULL;
	int rc = snapshot__new(&s);

	if (!rc)
		rc = collector__snapshot(f->collector, s);
	rc = rc ? err__set_errno(err, rc, "%s", f->kind->name)
		: check_family(f, &s->families[0], err);
	snapshot__free(s);
	return rc;
}
