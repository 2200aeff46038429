/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/selftest.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/util.h"
#include "bench/exposition.h"
#include "bench/http_get.h"
#include "bench/pause.h"
#include "cli/proc_counter.h"
#include "pipeline/probe_object.h"
#include "pipeline/schema.h"

#define SELF "/proc/self/exe"

enum { READY_MS = 10000, RETRY_US = 500, AUDIT_MS = 800 };

static const struct known_load *const loads[SELFTEST_LOADS] = {
	&known_calls,  &known_waits, &known_writes,   &known_processes,
	&known_faults, &known_moves, &known_timeouts,
};

/* ---- loads ---- */

static void start_loads(struct selftest *s)
{
	for (u32 i = 0; i < SELFTEST_LOADS; i++) {
		struct selftest_load *l = &s->loads[i];

		l->known.load = loads[i];
		loads[i]->start(&l->known, &l->err);
	}
}

static void stop_loads(struct selftest *s)
{
	for (u32 i = 0; i < SELFTEST_LOADS; i++)
		if (s->loads[i].known.load && s->loads[i].known.load->stop && !s->loads[i].err.code)
			s->loads[i].known.load->stop(&s->loads[i].known);
}

static const struct selftest_load *load_of(const struct selftest *s,
					   const struct selftest_check *check)
{
	u32 i = SELFTEST_LOADS - 1;

	while (i > 0 && loads[i] != check->load)
		i--;
	return &s->loads[i];
}

/* ---- the config: a metric for each check whose load can be made, and of what /proc counts ---- */

static void put_where(struct strbuf *yaml, const struct known *k)
{
	for (u32 i = 0; i < k->nlabels; i++)
		strbuf__printf(yaml, "%s%s == %s", i ? " and " : ", where: '", k->labels[i].name,
			       k->labels[i].value);
	strbuf__putc(yaml, '\'');
}

static void put_config(struct strbuf *yaml, const struct selftest *s)
{
	strbuf__puts(yaml, "metrics:\n");
	for (u32 i = 0; i < selftest_checks_count; i++) {
		const struct selftest_check *check = &selftest_checks[i];
		const struct selftest_load *l = load_of(s, check);

		if (l->err.code)
			continue;
		strbuf__printf(yaml, "  - { name: check%u%s, event: %s, %s", i, check->suffix,
			       check->event, check->metric);
		if (check->by_where)
			put_where(yaml, &l->known);
		strbuf__puts(yaml, " }\n");
	}
	for (u32 i = 0; i < proc_counters_count; i++)
		strbuf__printf(yaml, "  - { name: proc%u_total, event: %s, type: counter }\n", i,
			       proc_counters[i].event);
}

/* A file in memory, so that nothing stays behind however this ends; children inherit it. Its
 * descriptor, or an error. */
static int write_config(const struct selftest *s, struct err *err)
{
	const int fd = memfd_create("config", 0);
	struct strbuf yaml;
	int rc = fd < 0 ? -errno : 0;

	strbuf__init(&yaml);
	put_config(&yaml, s);
	if (!rc && yaml.failed)
		rc = -ENOMEM;
	if (!rc && write(fd, yaml.data, yaml.len) != (ssize_t)yaml.len)
		rc = -EIO;
	strbuf__fini(&yaml);
	if (!rc)
		return fd;
	if (fd >= 0)
		close(fd);
	return err__set_errno(err, rc, "a config for the daemon");
}

/* ---- the daemon ---- */

static int wait_ready(struct selftest *s, struct err *err)
{
	const u64 end = pause_now_ns() + READY_MS * 1000000ULL;

	while (pause_now_ns() < end) {
		struct http_answer answer;
		const int rc = http_get(s->daemon.port, "/readyz", &s->daemon.text, &answer, err);

		if (!rc && answer.status == 200)
			return 0;
		if (err->code || child__check(&s->daemon.child, err))
			return err->code;
		pause_us(RETRY_US);
	}
	return err__set(err, -ETIMEDOUT, "the daemon was not ready within %d s", READY_MS / 1000);
}

static int start_daemon(struct selftest *s, const char *btf_path, struct err *err)
{
	const char *args[] = {"run", NULL, btf_path ? "--btf.path" : NULL, btf_path, NULL};
	char config[64];
	const int fd = write_config(s, err);
	int rc;

	if (fd < 0)
		return fd;
	snprintf(config, sizeof(config), "--config.file=/proc/self/fd/%d", fd);
	args[1] = config;
	rc = target__start(&s->daemon, "daemon", SELF, args, err);
	if (!rc)
		rc = wait_ready(s, err);
	close(fd);
	if (rc == -EOPNOTSUPP)
		err__wrap(err, "nothing can be checked here (`ringtally probes` says why)");
	if (rc)
		return rc;
	snprintf(s->url, sizeof(s->url), "http://127.0.0.1:%u", s->daemon.port);
	rc = client__init(&s->client, s->url, err);
	return rc ? rc : ledger__get(&s->client, &s->ledger, err);
}

/* ---- checks ---- */

/* Whether this is about the load: no label says that it is not. */
static bool is_of(const struct exposition_sample *sample, const struct known *k)
{
	struct span value;

	for (u32 i = 0; i < k->nlabels; i++)
		if (exposition_sample__label(sample, k->labels[i].name, &value) &&
		    !span__is(&value, k->labels[i].value))
			return false;
	return exposition_sample__is_live(sample);
}

/* What the last scrape says of the load. */
static double read_ours(const struct selftest *s, u32 check, const struct known *k)
{
	const struct selftest_check *c = &selftest_checks[check];
	const char *body = s->daemon.body;
	struct exposition_sample sample;
	char name[64];
	double sum = 0;

	snprintf(name, sizeof(name), "ringtally_check%u%s%s", check, c->suffix, c->sample);
	while (exposition_next(&body, &sample))
		if (span__is(&sample.name, name) && is_of(&sample, k))
			sum += sample.value;
	return sum;
}

/* The daemon goes on counting: a load that is made again is a difference. */
struct reading {
	double values[SELFTEST_RESULTS_MAX];
};

static int take_reading(struct selftest *s, const struct known *k, struct reading *r,
			struct err *err)
{
	const int rc = target__scrape(&s->daemon, err);

	for (u32 i = 0; !rc && i < selftest_checks_count; i++)
		r->values[i] = read_ours(s, i, k);
	return rc;
}

static bool compare(struct selftest_result *r, const struct known *k, double change)
{
	r->ours = (u64)llround(change * (double)r->check->scale);
	r->expected = k->figures[r->check->figure];
	r->holds = r->expected.least <= r->ours && r->ours <= r->expected.most;
	return r->holds;
}

static bool is_checked(const struct selftest_result *r, const struct known *k)
{
	return !r->unknown && r->check && r->check->load == k->load;
}

/* Makes a load, as often as it may be until all of it holds. */
static int check_load(struct selftest *s, struct known *k, struct err *err)
{
	struct reading before, after;
	bool holds = false;

	for (u32 i = 0; i < k->load->attempts && !holds; i++) {
		if (take_reading(s, k, &before, err) || k->load->make(k, err) ||
		    take_reading(s, k, &after, err))
			return err->code;
		holds = true;
		for (u32 c = 0; c < selftest_checks_count; c++)
			if (is_checked(&s->results[c], k) &&
			    !compare(&s->results[c], k, after.values[c] - before.values[c]))
				holds = false;
	}
	return 0;
}

static bool is_wanted(const struct selftest *s, const struct known *k)
{
	for (u32 i = 0; i < selftest_checks_count; i++)
		if (is_checked(&s->results[i], k))
			return true;
	return false;
}

static int check_loads(struct selftest *s, struct err *err)
{
	int rc = 0;

	for (u32 i = 0; !rc && i < SELFTEST_LOADS; i++)
		if (is_wanted(s, &s->loads[i].known))
			rc = check_load(s, &s->loads[i].known, err);
	return rc;
}

/* ---- what can be checked ---- */

static bool has_check(const char *event)
{
	for (u32 i = 0; i < selftest_checks_count; i++)
		if (!strcmp(selftest_checks[i].event, event))
			return true;
	return false;
}

/* Why nothing can be said of an event; NULL: something can. */
static const char *why_unseen(const struct selftest *s, const char *event)
{
	const struct ledger_event *seen = ledger__event(&s->ledger, event);

	return seen ? seen->reason : "the selftest has no load of known size for it";
}

static const char *why_unknown(const struct selftest *s, const struct selftest_check *check)
{
	const struct selftest_load *l = load_of(s, check);

	return l->err.code ? l->err.msg : why_unseen(s, check->event);
}

/* Of an event that no check is about: what /proc counts is left to the audit. */
static void add_unchecked(struct selftest *s, const char *event)
{
	const char *unknown = has_check(event) ? NULL : why_unseen(s, event);

	if (unknown)
		s->results[s->nresults++] =
			(struct selftest_result){.event = event, .unknown = unknown};
}

/* A result for each check, in their order, and one for each event that nothing is known of. */
static void prepare_results(struct selftest *s)
{
	const struct schema *schema = probe_object__schema(s->bundle);

	for (u32 i = 0; i < selftest_checks_count; i++)
		s->results[s->nresults++] = (struct selftest_result){
			.check = &selftest_checks[i],
			.event = selftest_checks[i].event,
			.unknown = why_unknown(s, &selftest_checks[i]),
		};
	for (u32 i = 0; i < schema->nevents && s->nresults < SELFTEST_RESULTS_MAX; i++)
		add_unchecked(s, schema->events[i].name);
}

/* ---- the audit, while loads go on ---- */

struct commotion {
	struct selftest *selftest;
	bool stop;
	struct err err;
};

static void *make_commotion(void *arg)
{
	struct commotion *c = arg;
	struct selftest *s = c->selftest;

	for (u32 i = 0; !__atomic_load_n(&c->stop, __ATOMIC_RELAXED); i++) {
		struct known *k = &s->loads[i % SELFTEST_LOADS].known;

		if (is_wanted(s, k) && k->load->make(k, &c->err))
			break;
	}
	return NULL;
}

static int audit(struct selftest *s, struct err *err)
{
	struct commotion c = {.selftest = s};
	pthread_t thread;
	int rc = -pthread_create(&thread, NULL, make_commotion, &c);

	if (rc)
		return err__set_errno(err, rc, "a thread that makes loads");
	rc = audit__run(&s->audit, &s->client, AUDIT_MS, err);
	__atomic_store_n(&c.stop, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	return c.err.code ? err__set(err, c.err.code, "%s", c.err.msg) : rc;
}

/* ---- */

int selftest__run(struct selftest *s, const char *btf_path, struct err *err)
{
	int rc = probe_object__open_bundle(btf_path, &s->bundle, err);

	if (rc)
		return rc;
	start_loads(s);
	rc = start_daemon(s, btf_path, err);
	if (rc)
		return rc;
	prepare_results(s);
	rc = check_loads(s, err);
	if (!rc)
		rc = audit(s, err);
	return rc ? rc : target__stop(&s->daemon, err);
}

void selftest__fini(struct selftest *s)
{
	target__fini(&s->daemon);
	stop_loads(s);
	audit__fini(&s->audit);
	ledger__fini(&s->ledger);
	client__fini(&s->client);
	probe_object__close(s->bundle);
	*s = (struct selftest){0};
}
