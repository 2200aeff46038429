/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What plans cost: the bundled programs are loaded with some dozens of them, and what the
 * verifier says is compared with golden/verifier-KERNEL.csv, as its figures differ between kernels.
 * More than 10 % above fails; `test_bpf_load --update` writes the file anew.
 */
#include <stdlib.h>
#include <sys/utsname.h>

#include "base/strbuf.h"
#include "tests/bpf/bpf_test.h"
#include "tests/unit/pipeline/bundle_test.h"

enum { LOG_BYTES = 1 << 20, LOG_STATISTICS = 4, GROWTH_PERCENT = 10, STACK_BUDGET = 256 };

#define COUNT(n, labels) \
	"- {name: m" #n "_total, event: syscall_enter, type: counter, labels: [" labels "]}\n"
#define COUNT_4(n)	    COUNT(n##0, "") COUNT(n##1, "") COUNT(n##2, "") COUNT(n##3, "")

#define METRIC(event, more) "- {name: m_total, event: " event ", type: counter, " more "}\n"
#define HIST(event, n, value, buckets, more)                                 \
	"- {name: h" #n ", event: " event ", type: histogram, value: " value \
	", buckets: " buckets more "}\n"

#define CONTEXT_LABELS "comm, tgid, tid, uid, gid, cgroup, cpu"
#define MORE_LABELS    "ppid, pcomm, mntns, pidns"

/* Filters of the context, which every event has. */
#define FILTER_1  "where: uid == 1000"
#define FILTER_4  "where: 'comm starts_with rt and tgid != 1 and uid <= 1000 or tid > 4000000'"
#define TENS(n)	  n "1, " n "2, " n "3, " n "4, " n "5, " n "6, " n "7, " n "8, " n "9, " n "0"
#define FILTER_40 "where: 'tid in [" TENS("1") ", " TENS("2") ", " TENS("3") ", " TENS("4") "]'"
#define OR_2(n)	  "tgid == " n " or uid == " n
#define OR_20(n)                                                                                 \
	OR_2(n "0")                                                                              \
	" or " OR_2(n "1") " or " OR_2(n "2") " or " OR_2(n "3") " or " OR_2(n "4") " or " OR_2( \
		n "5") " or " OR_2(n "6") " or " OR_2(n "7") " or " OR_2(n "8") " or " OR_2(n "9")
#define FILTER_40_FACTS "where: 'not (" OR_20("1") " or " OR_20("2") ")'"

#define FILTER_CGROUP	"where: 'cgroup starts_with /a or cgroup in [/b, /c] and uid == 1000'"

#define FILTERS(event, short_name)                                            \
	{short_name "_filter_1", METRIC(event, FILTER_1)},                    \
		{short_name "_filter_4", METRIC(event, FILTER_4)},            \
		{short_name "_filter_40", METRIC(event, FILTER_40)},          \
		{short_name "_filter_cgroup", METRIC(event, FILTER_CGROUP)},  \
	{                                                                     \
		short_name "_filter_40_facts", METRIC(event, FILTER_40_FACTS) \
	}

#define RUNQ_4                                                                              \
	HIST("runq_wait", 0, "wait", "log2", "")                                            \
	HIST("runq_wait", 1, "wait", "[1us, 5us, 10us, 50us, 100us]", ", labels: [comm]")   \
	HIST("runq_wait", 2, "wait", "{log2: {min: 3us, max: 1s}}", ", where: uid == 1000") \
	HIST("runq_wait", 3, "wait", "[1ms]", ", labels: [cpu]")

#define BLOCK_4(more)                                                                      \
	HIST("block_io", 0, "latency", "log2", ", labels: [device, operation" more "]")    \
	HIST("block_io", 1, "queued", "[1us, 5us, 10us, 50us, 100us]", ", labels: [comm]") \
	HIST("block_io", 2, "bytes", "log2", ", where: operation != read")                 \
	HIST("block_io", 3, "latency", "[1ms]", ", labels: [cpu]")

/* 512 neighbours are filled in: the most halvings there can be. */
#define DENSE "[DENSE]"

static const struct case_ {
	const char *name;
	const char *metrics;
} plans[] = {
	{"default", NULL},
	{"none", COUNT(0, "")},
	{"syscall", COUNT(0, "syscall")},
	{"comm", COUNT(0, "comm")},
	{"tgid", COUNT(0, "tgid")},
	{"uid+gid", COUNT(0, "uid, gid")},
	{"cgroup", COUNT(0, "cgroup")},
	{"cpu", COUNT(0, "cpu")},
	{"comm+syscall", COUNT(0, "comm, syscall")},
	{"cgroup+comm+syscall", COUNT(0, "cgroup, comm, syscall")},
	{"eight", COUNT(0, "comm, tgid, tid, uid, gid, cgroup, cpu, syscall")},
	{"parent", COUNT(0, "ppid, pcomm")},
	{"namespaces", COUNT(0, "mntns, pidns")},
	{"twelve", COUNT(0, CONTEXT_LABELS ", " MORE_LABELS ", syscall")},
	{"two_metrics", COUNT(0, "comm") COUNT(1, "syscall")},
	{"eight_metrics", COUNT(0, "comm") COUNT(1, "tgid") COUNT(2, "tid") COUNT(3, "uid") COUNT(
				  4, "gid") COUNT(5, "cgroup") COUNT(6, "cpu") COUNT(7, "syscall")},
	{"sixteen_metrics", COUNT_4(1) COUNT_4(2) COUNT_4(3) COUNT_4(4)},
	FILTERS("syscall_enter", "syscall"),
	{"exit_errno", METRIC("syscall_exit", "labels: [syscall, errno]")},
	{"exit_eight", METRIC("syscall_exit", "labels: [latency, " CONTEXT_LABELS "]")},
	{"exit_histogram",
	 HIST("syscall_exit", 0, "latency", "log2", ", labels: [syscall, errno]")},
	FILTERS("syscall_exit", "exit"),
	{"runq_none", METRIC("runq_wait", "labels: []")},
	{"runq_eight", METRIC("runq_wait", "labels: [wait, " CONTEXT_LABELS "]")},
	{"runq_twelve", METRIC("runq_wait", "labels: [wait, " CONTEXT_LABELS ", " MORE_LABELS "]")},
	FILTERS("runq_wait", "runq"),
	{"runq_histogram", HIST("runq_wait", 0, "wait", "log2", "")},
	{"runq_4_histograms", RUNQ_4},
	{"runq_histogram_512", HIST("runq_wait", 0, "wait", DENSE, "")},
	{"runq_4_histograms_512",
	 HIST("runq_wait", 0, "wait", DENSE, "") HIST("runq_wait", 1, "wait", DENSE, "")
		 HIST("runq_wait", 2, "wait", DENSE, "") HIST("runq_wait", 3, "wait", DENSE, "")},
	{"oncpu_count", METRIC("sched_oncpu", "labels: [comm]")},
	{"oncpu_sum", METRIC("sched_oncpu", "value: duration, labels: [comm]")},
	{"oncpu_both",
	 METRIC("sched_oncpu", "value: duration, labels: [comm]")
		 HIST("sched_oncpu", 0, "duration", "log2", ", labels: [" CONTEXT_LABELS "]")},
	FILTERS("sched_oncpu", "oncpu"),
	{"offcpu_both",
	 METRIC("sched_offcpu", "value: duration, labels: [comm, state]")
		 HIST("sched_offcpu", 0, "duration", "log2", ", labels: [" CONTEXT_LABELS "]")},
	FILTERS("sched_offcpu", "offcpu"),
	{"softirq_count", METRIC("softirq", "labels: [vec]")},
	{"softirq_duration", METRIC("softirq", "value: duration, labels: [vec]")},
	{"softirq_both", METRIC("softirq", "labels: [vec, " CONTEXT_LABELS "]")
				 HIST("softirq", 0, "wait", "log2", "")
					 HIST("softirq", 1, "duration", "log2", ", labels: [vec]")},
	FILTERS("softirq", "softirq"),
	{"hardirq_count", METRIC("hardirq", "labels: [irq]")},
	{"hardirq_both", METRIC("hardirq", "value: duration, labels: [irq, name]")},
	{"timer_function", METRIC("timer_start", "labels: [function, " CONTEXT_LABELS "]")},
	{"exec_filename", METRIC("process_exec", "labels: [filename, comm]")},
	{"exec_where", METRIC("process_exec", "where: filename starts_with /usr/bin/")},
	{"fork_both", METRIC("process_fork", "labels: [kind, " CONTEXT_LABELS "]")},
	{"exit_kind", METRIC("process_exit", "labels: [kind]")},
	{"exit_status", METRIC("process_exit", "labels: [kind, exit_code, signal]")},
	{"exit_both", METRIC("process_exit", "labels: [kind, signal, " CONTEXT_LABELS "]")
			      HIST("process_exit", 0, "age", "log2", ", labels: [comm]")},
	FILTERS("process_exit", "process_exit"),
	{"fault_both", METRIC("page_fault", "labels: [space, access, " CONTEXT_LABELS "]")},
	FILTERS("page_fault", "fault"),
	{"migrate_both", METRIC("cpu_migrate", "labels: [from, to, " CONTEXT_LABELS "]")},
	FILTERS("cpu_migrate", "migrate"),
	{"block_none", METRIC("block_io", "labels: []")},
	{"block_eleven",
	 METRIC("block_io", "labels: [device, operation, error, queued, " CONTEXT_LABELS "]")},
	{"block_thirteen",
	 METRIC("block_io", "labels: [device, operation, " CONTEXT_LABELS ", " MORE_LABELS "]")},
	FILTERS("block_io", "block"),
	{"block_histogram", HIST("block_io", 0, "latency", "log2", "")},
	{"block_4_histograms", BLOCK_4("")},
	{"block_everything",
	 BLOCK_4(", error, queued, " CONTEXT_LABELS) METRIC("block_io", FILTER_40)},
};

/* The flush serves all events of a plan. */
static const char *const flushes[] = {"flush_tables", "flush_tables_loopless"};

struct cost {
	char plan[32];
	char program[64];
	u32 translated; /* instructions that are left */
	u32 verified;	/* that the verifier looked at */
	u32 stack;	/* bytes, of all subprograms */
};

/* All plans times all programs of the event. */
static struct cost costs[ARRAY_SIZE(plans) * 12];
static u32 ncosts;

static char golden[256];

static u32 translated_insns(const struct bpf_program *program)
{
	struct bpf_prog_info info = {0};
	u32 size = sizeof(info);

	assert_int_equal(bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size), 0);
	return info.xlated_prog_len / 8;
}

/* What stands behind this text in the verifier's log. */
static const char *find_figure(const char *log, const char *text)
{
	const char *at = strstr(log, text);

	if (!at) {
		fail_msg("the verifier's log has no \"%s\":\n%s", text, log);
		return "";
	}
	return at + strlen(text);
}

/* "... processed 123 insns (limit ..." */
static u32 verified_insns(const char *log)
{
	return (u32)strtoul(find_figure(log, "processed "), NULL, 10);
}

/* "stack depth 64+0+16": the program and what it calls. */
static u32 stack_bytes(const char *log)
{
	const char *at = find_figure(log, "stack depth ");
	u32 bytes = 0;

	for (char *end;; at = end + 1) {
		bytes += (u32)strtoul(at, &end, 10);
		if (*end != '+')
			return bytes;
	}
}

/* The maps of these events (all of a plan, or one) and no other's, and this program. */
static bool is_chosen(const struct event_plan *events, u32 n, const char *name, bool starts)
{
	for (u32 i = 0; i < n; i++)
		if (!strcmp(events[i].schema->name, name))
			return !starts || events[i].keeps_starts;
	return false;
}

static void choose(struct bpf_object *object, const struct event_plan *events, u32 n,
		   const char *program)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, object) {
		const char *name = bpf_map__name(map);

		if (strchr("mbs", name[0]) && name[1] == '_' && strcmp(name, "m_rings") &&
		    strcmp(name, "m_cgroup_sets") &&
		    !is_chosen(events, n, name + 2, name[0] == 's'))
			bpf_map__set_autocreate(map, false);
	}
	switch_programs_off(object);
	switch_on(object, program);
}

static void measure(const struct case_ *plan, const struct event_plan *events, u32 n,
		    const char *program, const struct rings *rings)
{
	static char log[LOG_BYTES];
	struct cost *cost = &costs[ncosts++];
	struct bpf_object *object = open_bundle();
	struct bpf_program *p = bpf_object__find_program_by_name(object, program);
	int rc;

	assert_true(ncosts <= ARRAY_SIZE(costs));
	choose(object, events, n, program);
	for (u32 i = 0; i < n; i++)
		use_plan(object, &events[i], &events[i].wire, rings);
	bpf_program__set_log_level(p, LOG_STATISTICS);
	log[0] = '\0';
	bpf_program__set_log_buf(p, log, sizeof(log));
	rc = bpf_object__load(object);
	if (rc)
		fail_msg("plan %s, %s: %s\n%s", plan->name, program, strerror(-rc), log);
	snprintf(cost->plan, sizeof(cost->plan), "%s", plan->name);
	snprintf(cost->program, sizeof(cost->program), "%s", program);
	cost->translated = translated_insns(p);
	cost->verified = verified_insns(log);
	cost->stack = stack_bytes(log);
	bpf_object__close(object);
}

static bool is_loaded(const struct program_schema *program, const struct event_plan *event)
{
	const char *name = event->schema->name;

	return program->event_len == strlen(name) &&
	       !memcmp(program->event, name, program->event_len) &&
	       event_plan__needs(event, program);
}

/* The text of a plan's config, with 512 bounds where it says so. To be freed. */
static char *config_text(const struct case_ *plan)
{
	const char *at = plan->metrics, *dense;
	struct strbuf text;
	size_t len;

	strbuf__init(&text);
	if (!at) {
		strbuf__puts(&text, config_default_text);
		return strbuf__take(&text, &len);
	}
	strbuf__puts(&text, "metrics:\n");
	for (; (dense = strstr(at, DENSE)); at = dense + strlen(DENSE)) {
		strbuf__append(&text, at, (size_t)(dense - at));
		for (u32 i = 0; i < WIRE_BOUNDS_MAX; i++)
			strbuf__printf(&text, "%s%uns", i ? ", " : "[", 1100000 + i);
		strbuf__puts(&text, "]");
	}
	strbuf__puts(&text, at);
	return strbuf__take(&text, &len);
}

/* One plan, with every program that can make its events, and the flush of them. */
static void measure_plan(const struct case_ *plan, const struct schema *schema,
			 const struct rings *rings)
{
	char *config = config_text(plan);
	struct planned planned = plan_text(config, &(struct plan_source){"bundle", schema}, 1);

	assert_string_equal(planned.err.msg, "");
	if (planned.diags.errors)
		fail_msg("plan %s: %s", plan->name, planned.diags.items[0].text);
	for (u32 e = 0; e < planned.plan->nevents; e++) {
		const struct event_plan *event = &planned.plan->events[e];

		for (u32 i = 0; i < schema->nprograms; i++)
			if (is_loaded(&schema->programs[i], event))
				measure(plan, event, 1, schema->programs[i].name, rings);
	}
	for (size_t i = 0; i < ARRAY_SIZE(flushes); i++)
		measure(plan, planned.plan->events, planned.plan->nevents, flushes[i], rings);
	planned__fini(&planned);
	free(config);
}

static void ignore_records(void *ctx, const struct rings_record *records, size_t n)
{
	(void)ctx;
	(void)records;
	(void)n;
}

/* The kernel allows 512 bytes of stack for a program and what it calls; we want half of it. */
static void show_costs(void)
{
	u32 deepest = 0;

	printf("%-24s %-24s %10s %8s %5s\n", "plan", "program", "translated", "verified", "stack");
	for (u32 i = 0; i < ncosts; i++) {
		printf("%-24s %-24s %10u %8u %5u%s\n", costs[i].plan, costs[i].program,
		       costs[i].translated, costs[i].verified, costs[i].stack,
		       costs[i].stack > STACK_BUDGET ? " above our budget" : "");
		if (costs[i].stack > costs[deepest].stack)
			deepest = i;
	}
	printf("deepest stack: %u bytes of %d, plan %s, %s\n", costs[deepest].stack, STACK_BUDGET,
	       costs[deepest].plan, costs[deepest].program);
}

static void every_plan_loads(void **state)
{
	struct bpf_object *object = open_bundle();
	struct schema *schema = read_schema(object);
	const struct rings_layout layout = {
		.ncpus = (u32)libbpf_num_possible_cpus(),
		.cpus_per_ring = 1,
		.size = (size_t)sysconf(_SC_PAGESIZE),
	};
	struct rings *rings = NULL;
	struct err err = {0};

	(void)state;
	if (rings__new(&layout, ignore_records, NULL, &rings, &err))
		fail_msg("rings: %s", err.msg);
	for (size_t i = 0; i < ARRAY_SIZE(plans); i++)
		measure_plan(&plans[i], schema, rings);
	assert_true(ncosts >= ARRAY_SIZE(plans));
	show_costs();
	rings__free(rings);
	schema__free(schema);
	bpf_object__close(object);
}

static const struct cost *find_cost(const char *plan, const char *program)
{
	for (u32 i = 0; i < ncosts; i++)
		if (!strcmp(costs[i].plan, plan) && !strcmp(costs[i].program, program))
			return &costs[i];
	fail_msg("plan %s has no program %s", plan, program);
	abort();
}

/* What only begins an event, or drops one, does not care what is counted. */
static bool emits(const char *program)
{
	static const char *const emitting[] = {"on_sys_enter", "on_sys_enter_raw",
					       "on_sched_switch", "on_block_rq_complete"};

	for (size_t i = 0; i < ARRAY_SIZE(emitting); i++)
		if (!strcmp(program, emitting[i]))
			return true;
	return false;
}

/* Of every program the plan on the left is smaller, once translated, than the one on the right. */
static void what_a_plan_does_not_use_is_gone(void **state)
{
	static const char *const order[][2] = {
		{"none", "comm"},
		{"comm", "eight"},
		{"syscall", "eight"},
		{"cgroup", "eight"},
		{"parent", "twelve"},
		{"namespaces", "twelve"},
		{"eight", "twelve"},
		{"comm", "comm+syscall"},
		{"uid+gid", "eight"},
		{"none", "syscall_filter_1"},
		{"syscall_filter_1", "syscall_filter_4"},
		{"runq_none", "runq_histogram"},
		{"runq_histogram", "runq_4_histograms"},
		{"block_none", "block_eleven"},
		{"block_histogram", "block_4_histograms"},
		{"block_4_histograms", "block_everything"},
	};

	(void)state;
	for (u32 i = 0; i < ncosts; i++) {
		for (size_t o = 0; o < ARRAY_SIZE(order); o++) {
			const struct cost *more;

			if (strcmp(costs[i].plan, order[o][0]))
				continue;
			more = find_cost(order[o][1], costs[i].program);
			if (!emits(costs[i].program))
				assert_true(costs[i].translated <= more->translated);
			else if (costs[i].translated >= more->translated)
				fail_msg("%s: plan %s has %u insns, plan %s has %u",
					 costs[i].program, order[o][0], costs[i].translated,
					 order[o][1], more->translated);
		}
	}
}

/* Metrics alone are a loop, which is as long for one as for 16; only the verifier goes round. */
static void more_metrics_are_more_turns_of_a_loop(void **state)
{
	const struct cost *none = find_cost("none", "on_sys_enter");
	const struct cost *sixteen = find_cost("sixteen_metrics", "on_sys_enter");

	(void)state;
	assert_true(none->translated <= sixteen->translated);
	assert_true(none->verified < sixteen->verified);
}

static void check_growth(struct strbuf *report, const struct cost *cost, const char *what, u32 now,
			 u32 before)
{
	if ((u64)now * 100 > (u64)before * (100 + GROWTH_PERCENT))
		strbuf__printf(report, "  plan %s, %s: %s %u, golden %u\n", cost->plan,
			       cost->program, what, now, before);
}

/* Takes the next number of a golden line: ",123". */
static bool take_number(char **line, u32 *ret_number)
{
	char *end;

	if (**line != ',')
		return false;
	*ret_number = (u32)strtoul(*line + 1, &end, 10);
	*line = end;
	return true;
}

/* Compares one golden line, "PLAN,PROGRAM,n,n,n"; false: nothing to compare it with. */
static bool check_line(struct strbuf *report, char *line)
{
	const char *plan = strsep(&line, ",");
	size_t name_len = line ? strcspn(line, ",") : 0;
	u32 translated, verified, stack;
	const struct cost *now;
	char program[64];

	if (name_len == 0 || name_len >= sizeof(program))
		return false;
	memcpy(program, line, name_len);
	program[name_len] = '\0';
	line += name_len;
	now = find_cost(plan, program);
	if (!now || !take_number(&line, &translated) || !take_number(&line, &verified) ||
	    !take_number(&line, &stack))
		return false;
	check_growth(report, now, "translated", now->translated, translated);
	check_growth(report, now, "verified", now->verified, verified);
	check_growth(report, now, "stack", now->stack, stack);
	return true;
}

static void no_plan_grew_by_more_than_a_tenth(void **state)
{
	FILE *in = fopen(golden, "re");
	struct strbuf report;
	char line[256];
	u32 known = 0;

	(void)state;
	assert_non_null(in);
	strbuf__init(&report);
	while (fgets(line, sizeof(line), in)) {
		if (!strncmp(line, "plan,", strlen("plan,")))
			continue; /* the heading */
		known++;
		if (!check_line(&report, line))
			strbuf__printf(&report, "  line %u cannot be compared: plan %s\n",
				       known + 1, line);
	}
	fclose(in);
	if (known < ncosts)
		strbuf__printf(&report, "  %u of %u are not in the file\n", ncosts - known, ncosts);
	if (report.len)
		fail_msg("%s (--update, if that is meant):\n%s", golden, report.data);
	strbuf__fini(&report);
}

static void update_golden(void **state)
{
	FILE *out = fopen(golden, "we");

	(void)state;
	assert_non_null(out);
	fprintf(out, "plan,program,translated_insns,verified_insns,stack_bytes\n");
	for (u32 i = 0; i < ncosts; i++)
		fprintf(out, "%s,%s,%u,%u,%u\n", costs[i].plan, costs[i].program,
			costs[i].translated, costs[i].verified, costs[i].stack);
	assert_int_equal(fclose(out), 0);
	printf("wrote %s\n", golden);
}

static void find_golden(char *ret_kernel, size_t n)
{
	struct utsname kernel;
	size_t major, minor;

	uname(&kernel);
	major = strcspn(kernel.release, ".") + 1;
	minor = strspn(kernel.release + major, "0123456789");
	snprintf(ret_kernel, n, "%.*s", (int)(major + minor), kernel.release);
	snprintf(golden, sizeof(golden), GOLDEN_DIR "/verifier-%s.csv", ret_kernel);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest measuring[] = {
		cmocka_unit_test(every_plan_loads),
		cmocka_unit_test(what_a_plan_does_not_use_is_gone),
		cmocka_unit_test(more_metrics_are_more_turns_of_a_loop),
	};
	const struct CMUnitTest comparing[] = {
		cmocka_unit_test(no_plan_grew_by_more_than_a_tenth),
	};
	const struct CMUnitTest updating[] = {
		cmocka_unit_test(update_golden),
	};
	char kernel[32];
	int failed;

	if (bpf_is_refused())
		return EXIT_SKIP;
	find_golden(kernel, sizeof(kernel));
	failed = cmocka_run_group_tests(measuring, NULL, NULL);
	if (failed)
		return failed;
	if (argc == 2 && !strcmp(argv[1], "--update"))
		return cmocka_run_group_tests(updating, NULL, NULL);
	if (access(golden, R_OK)) {
		printf("skip: no golden file for kernel %s (test_bpf_load --update writes one)\n",
		       kernel);
		return EXIT_SKIP;
	}
	return cmocka_run_group_tests(comparing, NULL, NULL);
}
