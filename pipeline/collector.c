/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/collector.h"

#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "aggregators/quota.h"
#include "base/err.h"
#include "base/log.h"
#include "base/strbuf.h"
#include "base/util.h"
#include "config/config.h"
#include "config/quantity.h"
#include "pipeline/cgroup_news.h"
#include "pipeline/cgroup_sets.h"
#include "pipeline/cgroups.h"
#include "pipeline/decoders/decoder.h"
#include "pipeline/plan.h"
#include "pipeline/plan_quota.h"
#include "pipeline/probe_object.h"
#include "pipeline/rings.h"
#include "pipeline/route.h"

#define OBJECT_SUFFIX ".bpf.o"

static int add_object(struct collector *c, const char *path, const char *btf_path, struct err *err)
{
	struct probe_object **grown =
		reallocarray(c->objects, c->nobjects + 1, sizeof(struct probe_object *));
	int rc;

	if (!grown)
		return err__set_errno(err, -ENOMEM, "objects");
	c->objects = grown;
	rc = path ? probe_object__open_file(path, btf_path, &grown[c->nobjects], err)
		  : probe_object__open_bundle(btf_path, &grown[c->nobjects], err);
	if (!rc)
		c->nobjects++;
	return rc;
}

static int is_object(const struct dirent *entry)
{
	size_t n = strlen(entry->d_name), suffix = strlen(OBJECT_SUFFIX);

	return n > suffix && !strcmp(entry->d_name + n - suffix, OBJECT_SUFFIX);
}

/* Every object in a folder, in name order. */
static int add_folder(struct collector *c, const char *folder, const char *btf_path,
		      struct err *err)
{
	struct dirent **entries;
	int n = scandir(folder, &entries, is_object, alphasort);
	int rc = n < 0 ? err__set_errno(err, -errno, "objects: folder %s", folder) : 0;

	for (int i = 0; i < n; i++) {
		char *path;

		if (!rc && asprintf(&path, "%s/%s", folder, entries[i]->d_name) < 0)
			rc = err__set_errno(err, -ENOMEM, "objects");
		else if (!rc) {
			rc = add_object(c, path, btf_path, err);
			free(path);
		}
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	return rc;
}

static int add_objects(struct collector *c, const struct config *config, const char *btf_path,
		       struct err *err)
{
	int rc = add_object(c, NULL, btf_path, err);

	for (size_t i = 0; !rc && i < config->nobjects; i++) {
		const char *path = config->objects[i].s;
		struct stat st;

		if (!stat(path, &st) && S_ISDIR(st.st_mode))
			rc = add_folder(c, path, btf_path, err);
		else
			rc = add_object(c, path, btf_path, err);
	}
	return rc;
}

static int make_plan(struct collector *c, const struct config *config, struct diags *diags,
		     struct err *err)
{
	struct plan_source *sources = calloc(c->nobjects + 1, sizeof(*sources));
	int rc;

	if (!sources)
		return err__set_errno(err, -ENOMEM, "plan");
	for (u32 i = 0; i < c->nobjects; i++) {
		sources[i].name = probe_object__name(c->objects[i]);
		sources[i].schema = probe_object__schema(c->objects[i]);
	}
	rc = plan__new(config, sources, c->nobjects, diags, &c->plan, err);
	free(sources);
	return rc;
}

u64 collector__constants(const struct collector *c, const struct cost_machine *machine)
{
	u64 bytes = 0;

	for (u32 i = 0; i < c->nobjects; i++)
		if (collector__uses(c, i))
			bytes += cost_of_constants(probe_object__constants(c->objects[i]), machine);
	if (plan__uses_cgroups(c->plan))
		bytes += cgroup_news_cost(machine->page_bytes);
	if (c->plan->cgroup_tests.n > 0)
		bytes += cost_of_cgroup_sets(machine->ncpus);
	return bytes;
}

int collector__budget(const struct collector *c, const struct cost_machine *machine,
		      struct budget *ret_budget)
{
	struct start_map *starts = calloc(c->plan->nevents + 1, sizeof(*starts));
	struct budget_request request = {
		.plan = c->plan,
		.starts = starts,
		.constants = collector__constants(c, machine),
		.machine = *machine,
		.limit = c->config->kernel_memory.n,
		.ring_bytes = c->config->ring_size.n,
	};
	int rc;

	if (!starts)
		return -ENOMEM;
	for (u32 i = 0; i < c->plan->nevents; i++) {
		const struct event_plan *event = &c->plan->events[i];

		starts[i] = probe_object__start_map(c->objects[event->object], event);
	}
	rc = budget__init(ret_budget, &request);
	free(starts);
	return rc;
}

/* With the place of the limit, if it has one. */
static int refuse_limit(const struct collector *c, struct diags *diags, struct err *err)
{
	const struct config_number *limit = &c->config->kernel_memory;
	struct strbuf needed, given;

	strbuf__init(&needed);
	strbuf__init(&given);
	quantity_put(&needed, QUANTITY_BYTES, ROUND_UP(c->budget.smallest, 1ULL << 20));
	quantity_put(&given, QUANTITY_BYTES, limit->n);
	if (needed.failed || given.failed)
		err__set_errno(err, -ENOMEM, "budget");
	else if (limit->pos.line)
		diags__error(diags, limit->pos,
			     "'kernel_memory' must be at least %s for this config on %u CPUs, not "
			     "%s",
			     needed.data, c->ncpus, given.data);
	else
		err__set(err, -EINVAL,
			 "limits.kernel_memory must be at least %s for this config on %u CPUs; "
			 "the default is %s",
			 needed.data, c->ncpus, given.data);
	strbuf__fini(&needed);
	strbuf__fini(&given);
	return err->code;
}

static int make_budget(struct collector *c, struct diags *diags, struct err *err)
{
	const struct cost_machine here = {c->ncpus, (u32)sysconf(_SC_PAGESIZE)};
	int rc = collector__budget(c, &here, &c->budget);

	if (rc == -E2BIG)
		return refuse_limit(c, diags, err);
	if (rc)
		return err__set_errno(err, rc, "budget");
	budget__apply(&c->budget, c->plan);
	return 0;
}

static int count_cpus(struct collector *c, struct err *err)
{
	int ncpus = libbpf_num_possible_cpus();

	if (ncpus < 0)
		return err__set_errno(err, ncpus, "counting CPUs");
	c->ncpus = (u32)ncpus;
	return 0;
}

static u64 monotonic_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (u64)now.tv_sec * 1000000000ULL + (u64)now.tv_nsec;
}

/* What the plan needs at run time, all but the kernel. */
static int make_routes(struct collector *c, struct err *err)
{
	const struct config *config = c->config;
	int rc = plan_quota(c->plan, config->samples.n, config->memory.n, &c->quota, err);

	c->ledgers = calloc(c->plan->nevents + 1, sizeof(struct ledger *));
	c->memory = calloc(c->plan->nevents + 1, sizeof(*c->memory));
	if (!rc && (!c->ledgers || !c->memory))
		rc = err__set_errno(err, -ENOMEM, "ledgers");
	for (u32 i = 0; !rc && i < c->plan->nevents; i++) {
		const struct event_plan *event = &c->plan->events[i];

		rc = probe_object__use(c->objects[event->object], event, err);
	}
	if (!rc && plan__uses_cgroups(c->plan))
		rc = cgroups__new_mounted(CGROUPS_NAMES_MAX, monotonic_ns(), &c->cgroups, err);
	if (rc)
		return rc;

	const struct decoder_env env = {.cgroups = c->cgroups, .now_ns = monotonic_ns};
	const struct route_spec spec = {c->plan, &env, c->ncpus, &c->exposure, c->quota};

	return route__new(&spec, &c->route, err);
}

int collector__new(const struct config *config, const char *btf_path, struct diags *diags,
		   struct collector **ret_collector, struct err *err)
{
	struct collector *c = calloc(1, sizeof(*c));
	int rc;

	if (!c)
		return err__set_errno(err, -ENOMEM, "collector");
	c->config = config;
	c->btf_path = btf_path;
	c->exposure = (struct exposure)EXPOSURE_INIT;
	rc = count_cpus(c, err);
	if (!rc)
		rc = add_objects(c, config, btf_path, err);
	if (!rc)
		rc = make_plan(c, config, diags, err);
	if (!rc && c->plan && diags->errors == 0)
		rc = make_budget(c, diags, err);
	if (!rc && c->plan && diags->errors == 0)
		rc = make_routes(c, err);
	if (rc) {
		collector__free(c);
		return rc;
	}
	*ret_collector = c;
	return 0;
}

void collector__free(struct collector *c)
{
	if (!c)
		return;
	for (u32 i = 0; i < c->nobjects; i++)
		probe_object__detach(c->objects[i]);
	for (u32 i = 0; c->ledgers && i < c->plan->nevents; i++)
		ledger__free(c->ledgers[i]);
	free(c->ledgers);
	free(c->memory);
	route__free(c->route);
	cgroup_news__free(c->news);
	cgroup_sets__free(c->sets);
	cgroups__free(c->cgroups);
	quota__free(c->quota);
	rings__free(c->rings);
	budget__fini(&c->budget);
	plan__free(c->plan);
	for (u32 i = 0; i < c->nobjects; i++)
		probe_object__close(c->objects[i]);
	free(c->objects);
	free(c);
}

/* What was made before anybody listened is found by another walk. */
void collector__watch_cgroups(struct collector *c)
{
	struct err err = {0};

	if (!c->cgroups)
		return;
	if (cgroup_news__new(c->cgroups, c->btf_path, &c->news, &err))
		log_warn("cgroups are only looked for once a second: those gone by then stay "
			 "unknown",
			 "reason", err.msg, NULL);
	else
		cgroups__walk(c->cgroups, monotonic_ns());
}

static int open_sets(struct collector *c, struct err *err)
{
	int rc = cgroup_sets__new(&c->plan->cgroup_tests, c->cgroups, &c->sets, err);

	for (u32 i = 0; !rc && i < c->nobjects; i++)
		probe_object__use_sets(c->objects[i], cgroup_sets__map_fd(c->sets));
	return rc;
}

int collector__open_rings_to(struct collector *c, rings_records_fn take, void *ctx, struct err *err)
{
	int rc = rings__new(&c->budget.rings, take, ctx, &c->rings, err);

	return !rc && c->plan->cgroup_tests.n > 0 ? open_sets(c, err) : rc;
}

int collector__open_rings(struct collector *c, struct err *err)
{
	return collector__open_rings_to(c, route__records, c->route, err);
}

void collector__load(struct collector *c, u32 object)
{
	probe_object__load(c->objects[object], c->rings);
}

void collector__detach(struct collector *c)
{
	for (u32 i = 0; i < c->nobjects; i++)
		probe_object__detach(c->objects[i]);
}

/* What is no event's is left to the constants. */
static void note_memory(struct collector *c, u32 object)
{
	c->constants_memory += probe_object__memory_sum(c->objects[object]);
	for (u32 i = 0; i < c->plan->nevents; i++) {
		const struct event_plan *event = &c->plan->events[i];
		struct event_memory *memory = &c->memory[i];

		if (event->object != object)
			continue;
		*memory = probe_object__memory(c->objects[object], event);
		c->constants_memory -= memory->books + memory->buckets + memory->starts;
	}
}

int collector__adopt(struct collector *c, u32 object, struct err *err)
{
	note_memory(c, object);
	for (u32 i = 0; i < c->plan->nevents; i++) {
		const struct event_plan *event = &c->plan->events[i];
		int rc, fd;

		if (event->object != object || collector__refusal(c, i))
			continue;
		fd = probe_object__ledger_fd(c->objects[object], event);
		rc = ledger__new(fd, rings__ncpus(c->rings), event, &c->ledgers[i], err);
		if (rc)
			return err__wrap(err, "event %s", event->schema->name);
		route__set_generation(c->route, i, probe_object__generation(c->objects[object]));
	}
	return 0;
}

int collector__load_all(struct collector *c, struct err *err)
{
	int rc = 0;

	for (u32 i = 0; !rc && i < c->nobjects; i++) {
		if (!collector__uses(c, i))
			continue;
		collector__load(c, i);
		rc = collector__adopt(c, i, err);
	}
	return rc;
}

bool collector__uses(const struct collector *c, u32 object)
{
	for (u32 i = 0; i < c->plan->nevents; i++)
		if (c->plan->events[i].object == object)
			return true;
	return false;
}

const char *collector__refusal(const struct collector *c, u32 event)
{
	const struct event_plan *plan = &c->plan->events[event];

	return probe_object__refusal(c->objects[plan->object], plan);
}

u64 collector__skipped(const struct collector *c, u32 event)
{
	const struct event_plan *plan = &c->plan->events[event];
	const struct probe_object *object = c->objects[plan->object];
	u64 skipped = 0;

	for (u32 i = 0; c->quiet && i < probe_object__nprograms(object); i++) {
		struct program_status program = probe_object__program(object, i);

		if (program.event == plan && program.emits)
			skipped += probe_object__program_stats(object, i).recursion_misses;
	}
	return skipped;
}

bool collector__needs_flush(const struct collector *c, u32 object, u32 cpu)
{
	for (u32 i = 0; i < c->plan->nevents; i++)
		if (c->ledgers[i] && c->plan->events[i].object == object &&
		    ledger__needs_flush(c->ledgers[i], cpu))
			return true;
	return false;
}

bool collector__has_flush_hook(const struct collector *c, u32 object, u32 cpu)
{
	for (u32 i = 0; i < c->plan->nevents; i++) {
		const struct event_plan *event = &c->plan->events[i];

		if (c->ledgers[i] && event->object == object && event->has_hook &&
		    !ledger__hook_rests(c->ledgers[i], cpu))
			return true;
	}
	return false;
}

int collector__flush(const struct collector *c, u32 object, u32 cpu)
{
	return probe_object__flush(c->objects[object], cpu);
}

struct pending_count {
	const struct route *route;
	struct ledger_totals *totals;
};

static void count_pending(void *ctx, const void *record, size_t n)
{
	struct pending_count *pending = ctx;
	u64 count;
	u32 event;

	if (!route__inspect(pending->route, record, n, &event, &count))
		pending->totals[event].pending += count;
}

void collector__totals(const struct collector *c, struct ledger_totals *ret_totals)
{
	struct pending_count pending = {.route = c->route, .totals = ret_totals};

	for (u32 i = 0; i < c->plan->nevents; i++) {
		if (c->ledgers[i])
			ret_totals[i] = ledger__totals(c->ledgers[i]);
		else
			ret_totals[i] = (struct ledger_totals){0};
		ret_totals[i].consumed = route__consumed(c->route, i);
	}
	if (c->rings)
		rings__peek(c->rings, count_pending, &pending);
}

int collector__cgroup_news_fd(const struct collector *c)
{
	return c->news ? cgroup_news__fd(c->news) : -1;
}

void collector__follow_cgroups(struct collector *c, u64 now_ns)
{
	if (!c->cgroups)
		return;
	if (c->news)
		cgroup_news__take(c->news);
	else if (c->sets) /* nobody asks for who is to be in a set */
		cgroups__distrust(c->cgroups);
	cgroups__refresh(c->cgroups, now_ns);
}

void collector__tick(struct collector *c, u64 now_ns)
{
	collector__follow_cgroups(c, now_ns);
	route__tick(c->route, now_ns);
}

int collector__snapshot(struct collector *c, struct snapshot *s)
{
	if (c->news)
		cgroup_news__take(c->news);
	for (u32 i = 0; i < c->plan->nevents; i++)
		if (c->ledgers[i])
			route__collect_lost(c->route, i, c->ledgers[i]);
	return route__snapshot(c->route, s);
}
