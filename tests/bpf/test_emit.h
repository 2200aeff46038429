/* SPDX-License-Identifier: Apache-2.0 */
/* What tests of emit share: an object loaded with the plan of a config, its programs called one at
 * a time, what they leave in rings and books, and the context they run in. */
#ifndef RINGTALLY_TESTS_BPF_TEST_EMIT_H
#define RINGTALLY_TESTS_BPF_TEST_EMIT_H

#include <bpf/btf.h>
#include <linux/limits.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "pipeline/mountinfo.h"
#include "tests/bpf/bpf_test.h"

enum {
	CONTEXT_WORDS = 13,
	CONTEXT_CGROUP = 6,
	CONTEXT_CPU = 7,
	RECORD_WORDS = 64,
	RECORDS_MAX = 2048
};

struct record {
	size_t bytes;
	u64 raw[RECORD_WORDS];
};

/* An object loaded with the plan of a config, which has one event. */
struct loaded {
	struct bpf_object *object;
	struct schema *schema;
	struct planned planned;
	struct rings *rings;
	const struct event_plan *event;
	struct wire_plan wire; /* as loaded */
	char *books;
	size_t books_bytes;
	u32 cpu; /* this thread's, for good */
	struct record records[RECORDS_MAX];
	u32 nrecords;
};

static inline u32 stay_on_this_cpu(void)
{
	u32 cpu = (u32)sched_getcpu();
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	assert_int_equal(sched_setaffinity(0, sizeof(set), &set), 0);
	return cpu;
}

static inline void take_records(void *ctx, const struct rings_record *records, size_t n)
{
	struct loaded *l = ctx;

	for (size_t i = 0; i < n; i++) {
		struct record *record = &l->records[l->nrecords++];

		assert_true(l->nrecords <= RECORDS_MAX);
		assert_in_range(records[i].n, sizeof(struct wire_partial), sizeof(record->raw));
		record->bytes = records[i].n;
		memcpy(record->raw, records[i].data, records[i].n);
	}
}

static inline u32 drain(struct loaded *l)
{
	l->nrecords = 0;
	rings__drain(l->rings, RECORDS_MAX);
	return l->nrecords;
}

static inline struct wire_ledger *book(const struct loaded *l)
{
	return (struct wire_ledger *)(l->books + (size_t)l->cpu * l->event->ledger_bytes);
}

static inline struct wire_lost_cell *lost_cell(const struct loaded *l, u32 metric)
{
	return (struct wire_lost_cell *)((u64 *)(book(l) + 1) + l->wire.metrics[metric].cell);
}

static inline void map_books(struct loaded *l)
{
	struct bpf_map *map = map_of(l->object, 'm', l->event);

	l->books_bytes = ROUND_UP((size_t)l->event->ledger_bytes * rings__ncpus(l->rings),
				  (size_t)sysconf(_SC_PAGESIZE));
	l->books =
		mmap(NULL, l->books_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(map), 0);
	assert_true(l->books != MAP_FAILED);
}

/* How an object is loaded. */
struct load_options {
	const char *path;
	const char *const *programs; /* of the object; NULL is behind the last */
	const char *metrics;	     /* of the config, without the rest of it */
	const struct single *single; /* the config, instead of metrics */
	bool off;		     /* the event is not enabled */
	bool preemptible;
	u32 slots;	   /* 0: as planned */
	size_t ring_bytes; /* 0: a page */
};

static inline struct loaded *load_with(const struct load_options *options)
{
	const char *const *programs = options->programs;
	const char *metrics = options->metrics ? options->metrics : "";
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct loaded *l = calloc(1, sizeof(*l));
	struct err err = {0};
	const struct rings_layout layout = {
		.ncpus = (u32)libbpf_num_possible_cpus(),
		.cpus_per_ring = 1,
		.size = options->ring_bytes ? options->ring_bytes : page,
	};
	char config[8192];
	int rc;

	snprintf(config, sizeof(config), "metrics:\n%s", metrics);
	l->cpu = stay_on_this_cpu();
	l->object = bpf_object__open(options->path);
	assert_non_null(l->object);
	l->schema = read_schema(l->object);
	if (options->single)
		l->planned =
			plan_single(options->single, &(struct plan_source){"test", l->schema}, 1);
	else
		l->planned = plan_text(config, &(struct plan_source){"test", l->schema}, 1);
	assert_string_equal(l->planned.err.msg, "");
	if (l->planned.diags.errors)
		fail_msg("%s: %s", metrics, l->planned.diags.items[0].text);
	if (options->slots)
		event_plan__set_slots(&l->planned.plan->events[0], options->slots);
	l->event = &l->planned.plan->events[0];
	l->wire = l->event->wire;
	l->wire.enabled = !options->off;
	l->wire.preemptible = options->preemptible;
	if (rings__new(&layout, take_records, l, &l->rings, &err))
		fail_msg("rings: %s", err.msg);
	switch_programs_off(l->object);
	for (; *programs; programs++)
		switch_on(l->object, *programs);
	use_plan(l->object, l->event, &l->wire, l->rings);
	rc = bpf_object__load(l->object);
	if (rc)
		fail_msg("load: %s", strerror(-rc));
	fill_tables(l->object, l->event);
	map_books(l);
	return l;
}

static inline struct loaded *load_object(const char *path, const char *const *programs,
					 const char *metrics, bool enabled, bool preemptible)
{
	return load_with(&(struct load_options){
		.path = path,
		.programs = programs,
		.metrics = metrics,
		.off = !enabled,
		.preemptible = preemptible,
	});
}

static inline void unload(struct loaded *l)
{
	munmap(l->books, l->books_bytes);
	bpf_object__close(l->object);
	rings__free(l->rings);
	planned__fini(&l->planned);
	schema__free(l->schema);
	free(l);
}

static inline void call(const struct bpf_object *object, const char *program)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);
	int fd = bpf_program__fd(bpf_object__find_program_by_name(object, program));

	assert_int_equal(bpf_prog_test_run_opts(fd, &opts), 0);
}

/* What the flush answers. */
static inline u32 flush_by(const struct loaded *l, const char *program)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .flags = BPF_F_TEST_RUN_ON_CPU, .cpu = l->cpu);
	int fd = bpf_program__fd(bpf_object__find_program_by_name(l->object, program));

	assert_int_equal(bpf_prog_test_run_opts(fd, &opts), 0);
	return opts.retval;
}

/* A global variable of the loaded object. Stays mapped until the test program ends. */
static inline void *global(const struct bpf_object *object, const char *name, size_t want_bytes)
{
	const struct btf *btf = bpf_object__btf(object);
	const struct btf_type *section =
		btf__type_by_id(btf, (u32)btf__find_by_name_kind(btf, ".bss", BTF_KIND_DATASEC));
	struct bpf_map *map = bpf_object__find_map_by_name(object, ".bss");

	for (u32 i = 0; i < btf_vlen(section); i++) {
		const struct btf_var_secinfo *var = &btf_var_secinfos(section)[i];
		const struct btf_type *type = btf__type_by_id(btf, var->type);
		char *bss;

		if (strcmp(btf__name_by_offset(btf, type->name_off), name) != 0)
			continue;
		assert_int_equal(var->size, want_bytes);
		bss = mmap(NULL, bpf_map__value_size(map), PROT_READ | PROT_WRITE, MAP_SHARED,
			   bpf_map__fd(map), 0);
		assert_true(bss != MAP_FAILED);
		return bss + var->offset;
	}
	fail_msg("no variable %s", name);
	abort();
}

static inline u32 append(u64 *to, const u64 *words, u64 mask)
{
	u32 n = 0;

	for (u32 i = 0; i < 64; i++)
		if (mask & 1ULL << i)
			to[n++] = words[i];
	return n;
}

/* The inode of this process' directory in cgroup2; that of its root when it is not mounted. */
static inline u64 own_cgroup(void)
{
	char line[PATH_MAX], path[2 * PATH_MAX] = "";
	FILE *in = fopen("/proc/self/cgroup", "re");
	struct stat st = {0};
	char *root = NULL;

	assert_non_null(in);
	if (mountinfo_find("/proc/self/mountinfo", "cgroup2", &root))
		root = NULL;
	while (root && fgets(line, sizeof(line), in)) {
		line[strcspn(line, "\n")] = '\0';
		if (!strncmp(line, "0::", 3))
			snprintf(path, sizeof(path), "%s%s", root, line + 3);
	}
	fclose(in);
	free(root);
	return stat(path, &st) ? 1 : st.st_ino;
}

static inline u64 own_namespace(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_ino;
}

/* The name of the process that started this one; 16 bytes, zero-padded. */
static inline void parent_name(char *ret_name)
{
	char path[64];
	FILE *in;

	snprintf(path, sizeof(path), "/proc/%d/comm", getppid());
	in = fopen(path, "re");
	assert_non_null(in);
	assert_int_equal(fscanf(in, "%15[^\n]", ret_name), 1);
	fclose(in);
}

static inline void own_context(const struct loaded *l, u64 *ret_words)
{
	memset(ret_words, 0, CONTEXT_WORDS * sizeof(u64));
	prctl(PR_SET_NAME, "0123456789abcde");
	memcpy(ret_words, "0123456789abcde", 16);
	ret_words[2] = (u64)getpid();
	ret_words[3] = (u64)syscall(SYS_gettid);
	ret_words[4] = getuid();
	ret_words[5] = getgid();
	ret_words[6] = own_cgroup();
	ret_words[CONTEXT_CPU] = l->cpu;
	ret_words[8] = (u64)getppid();
	parent_name((char *)&ret_words[9]);
	ret_words[11] = own_namespace("/proc/thread-self/ns/mnt");
	ret_words[12] = own_namespace("/proc/thread-self/ns/pid");
}

#endif
