/* SPDX-License-Identifier: Apache-2.0 */
/* Whole files: tests/config/bad with what is said about them, tests/config/good without findings.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/util.h"
#include "config/config.h"
#include "config/where.h"
#include "tests/unit/aggregators/failing_alloc.h"
#include "tests/unit/config/findings.h"

struct fixture {
	struct diags diags;
	struct err err;
	struct config *config;
};

static int make(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	diags__init(&f->diags);
	*state = f;
	return 0;
}

static int destroy(void **state)
{
	struct fixture *f = *state;

	config__free(f->config);
	diags__fini(&f->diags);
	free(f);
	return 0;
}

static int load(struct fixture *f, const char *file)
{
	return config__load(&file, 1, &f->diags, &f->config, &f->err);
}

static int is_yaml(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return dot && strcmp(dot, ".yaml") == 0;
}

/* NAME.err beside NAME.yaml; the caller's to free(). */
static char *read_expected(const char *yaml)
{
	char path[NAME_MAX + 1];
	char *text = calloc(1, 65536);

	snprintf(path, sizeof(path), "%.*s.err", (int)strlen(yaml) - (int)strlen(".yaml"), yaml);
	FILE *in = fopen(path, "re");
	if (!in) {
		fail_msg("%s: %s", path, strerror(errno));
		return text;
	}
	assert_true(fread(text, 1, 65535, in) > 0);
	fclose(in);
	return text;
}

static void check_bad(const char *file)
{
	void *state;

	make(&state);
	struct fixture *f = state;
	assert_int_equal(load(f, file), 0);
	assert_non_null(f->config);
	assert_true(f->diags.errors > 0);
	char *expected = read_expected(file);
	assert_findings(&f->diags, expected);
	free(expected);
	destroy(&state);
}

static void check_good(const char *file)
{
	void *state;

	make(&state);
	struct fixture *f = state;
	assert_int_equal(load(f, file), 0);
	assert_findings(&f->diags, "");
	destroy(&state);
}

/* From inside the folder, so that findings name just the file. Returns how many there are. */
static int for_each_file(const char *folder, void (*check)(const char *file))
{
	struct dirent **entries;

	assert_int_equal(chdir(folder), 0);
	int n = scandir(".", &entries, is_yaml, alphasort);
	for (int i = 0; i < n; i++) {
		check(entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return n;
}

static void bad_files_give_the_expected_findings(void **state)
{
	(void)state;
	assert_true(for_each_file(TESTS_DIR "/config/bad", check_bad) >= 15);
}

static void good_files_give_no_findings(void **state)
{
	(void)state;
	assert_true(for_each_file(TESTS_DIR "/config/good", check_good) > 0);
}

static void every_value_reaches_the_config(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(load(f, TESTS_DIR "/config/good/full.yaml"), 0);
	const struct config *c = f->config;
	assert_string_equal(c->namespace.s, "my_app");
	assert_int_equal(c->ring_size.n, 256 << 10);
	assert_int_equal(c->samples.n, 20000);
	assert_int_equal(c->memory.n, 32 << 20);
	assert_int_equal(c->memory.pos.line, 4);
	assert_int_equal(c->kernel_memory.n, 5 << 20);
	assert_int_equal(c->kernel_memory.pos.line, 4);
	assert_int_equal(c->nobjects, 2);
	assert_string_equal(c->objects[1].s, "/opt/more probes/x.bpf.o");
	assert_int_equal(c->objects[1].pos.line, 8);
	assert_int_equal(c->nevents, 2);
	assert_string_equal(c->events[0].name.s, "block_io");
	assert_int_equal(c->events[0].delivery, DELIVERY_STREAM);
	assert_int_equal(c->events[0].slots.n, 0);
	assert_int_equal(c->events[1].delivery, DELIVERY_COMBINE);
	assert_int_equal(c->events[1].slots.n, 256);
	assert_int_equal(c->flush_interval.n, 2500000000);
	assert_int_equal(c->nmetrics, 11);

	const struct metric_config *m = &c->metrics[0];
	assert_string_equal(m->name.s, "syscalls_total");
	assert_string_equal(m->help.s, "System calls entered: all of them.");
	assert_string_equal(m->event.s, "syscall_enter");
	assert_string_equal(m->type.s, "counter");
	assert_int_equal(m->max_series.n, 1000000);
	assert_int_equal(m->pos.line, 14);
	assert_int_equal(m->nlabels, 3);
	assert_string_equal(m->labels[0].field.s, "comm");
	assert_string_equal(m->labels[1].name.s, "call");
	assert_string_equal(m->labels[1].field.s, "syscall");
	assert_string_equal(m->labels[2].field.s, "uid");
	assert_int_equal(m->labels[0].ndecode, 0);
	assert_int_equal(m->labels[1].ndecode, 1);
	assert_string_equal(m->labels[1].decode[0].name.s, "static_map");
	assert_int_equal(m->labels[1].decode[0].npairs, 2);
	assert_string_equal(m->labels[1].decode[0].pairs[0].from, "read");
	assert_string_equal(m->labels[1].decode[0].pairs[0].to, "in");
	assert_string_equal(m->labels[1].decode[0].pairs[1].to, "");
	assert_int_equal(c->metrics[1].nlabels, 0);
	assert_null(c->metrics[1].help.s);
	assert_int_equal(c->metrics[1].max_series.n, 500);
	assert_int_equal(c->metrics[1].max_series.pos.line, 0);
	assert_null(c->metrics[1].value.s);
	assert_null(c->metrics[1].where);
	assert_int_equal(c->metrics[1].buckets.kind, BUCKETS_NONE);
	assert_int_equal(c->metrics[1].buckets.pos.line, 0);
}

static void values_conditions_and_buckets_reach_the_config(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(load(f, TESTS_DIR "/config/good/full.yaml"), 0);
	const struct metric_config *m = &f->config->metrics[2];
	assert_string_equal(m[0].value.s, "bytes");
	assert_string_equal(m[0].where_text.s, "operation in [read, write] and latency >= 10us");
	assert_int_equal(m[0].where->kind, WHERE_AND);
	assert_int_equal(m[0].where->right->pos.line, 25);
	assert_int_equal(m[0].where->right->pos.col, 12 + 31);
	assert_string_equal(m[0].where->right->values[0].s, "10us");
	assert_int_equal(m[1].buckets.kind, BUCKETS_LOG2);
	assert_int_equal(m[1].buckets.pos.line, 30);
	assert_null(m[1].buckets.min.s);
	assert_int_equal(m[2].buckets.kind, BUCKETS_LOG2);
	assert_string_equal(m[2].buckets.min.s, "1us");
	assert_string_equal(m[2].buckets.max.s, "64s");
	assert_int_equal(m[2].where->left->left->values[0].pos.col, 13 + 9);
	assert_int_equal(m[3].buckets.kind, BUCKETS_EXPLICIT);
	assert_int_equal(m[3].buckets.nbounds, 3);
	assert_string_equal(m[3].buckets.bounds[2].s, "1s");
	assert_int_equal(m[3].buckets.bounds[2].pos.col, 26);
	assert_int_equal(m[3].where->left->pos.line, m[3].where_text.pos.line);
}

static void what_is_said_of_buckets_reaches_the_config(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(load(f, TESTS_DIR "/config/good/full.yaml"), 0);
	const struct metric_config *m = &f->config->metrics[8];
	assert_int_equal(m[0].buckets.kind, BUCKETS_NATIVE);
	assert_int_equal(m[0].buckets.schema.n, 3);
	assert_int_equal(m[0].buckets.schema.pos.line, 0);
	assert_null(m[0].buckets.min.s);
	assert_int_equal(m[1].buckets.kind, BUCKETS_NATIVE);
	assert_true((s64)m[1].buckets.schema.n == -4);
	assert_int_equal(m[1].buckets.schema.pos.col, 34);
	assert_string_equal(m[1].buckets.min.s, "1ms");
	assert_string_equal(m[1].buckets.max.s, "1h");
	assert_int_equal(m[2].buckets.kind, BUCKETS_LINEAR);
	assert_string_equal(m[2].buckets.start.s, "0");
	assert_string_equal(m[2].buckets.step.s, "4KiB");
	assert_string_equal(m[2].buckets.count.s, "17");
}

static void limits_of_series_reach_the_config(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(load(f, TESTS_DIR "/config/good/full.yaml"), 0);
	const struct metric_config *of_the_defaults = &f->config->metrics[5];
	assert_int_equal(of_the_defaults->linger.n, 90000000000);
	assert_int_equal(of_the_defaults->linger.pos.line, 0);
	assert_int_equal(of_the_defaults->ttl.n, 3600000000000);
	assert_int_equal(of_the_defaults->nfold, 0);
	const struct metric_config *own = &f->config->metrics[6];
	assert_int_equal(own->k.n, 7);
	assert_int_equal(own->linger.n, 60000000000);
	assert_int_equal(own->ttl.n, 0);
	assert_true(own->ttl.pos.line > 0);
	assert_int_equal(own->labels[0].max_values.n, 5);
	assert_int_equal(own->labels[1].max_values.n, 0);
	assert_int_equal(own->nfold, 2);
	assert_int_equal(own->fold_order[0], 2);
	assert_int_equal(own->fold_order[1], 0);
	assert_int_equal(f->config->metrics[7].k.n, 20);
	assert_int_equal(f->config->metrics[7].k.pos.line, 0);
}

/* A finding is told apart from what was left out. */
static void wrong_values_leave_their_place(void **state)
{
	static const char text[] = "metrics: [{ name: a_seconds, event: e, type: histogram, "
				   "where: a, buckets: log3 }]";
	struct fixture *f = *state;

	assert_int_equal(config__parse("f", text, strlen(text), &f->diags, &f->config, &f->err), 0);
	assert_int_equal(f->diags.errors, 2);
	const struct metric_config *m = &f->config->metrics[0];
	assert_string_equal(m->where_text.s, "a");
	assert_null(m->where);
	assert_int_equal(m->buckets.kind, BUCKETS_NONE);
	assert_int_equal(m->buckets.pos.line, 1);
}

static void left_out_values_are_the_defaults(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(load(f, TESTS_DIR "/config/good/minimal.yaml"), 0);
	assert_string_equal(f->config->namespace.s, "ringtally");
	assert_int_equal(f->config->ring_size.n, 1 << 20);
	assert_int_equal(f->config->samples.n, 50000);
	assert_int_equal(f->config->memory.n, 64 << 20);
	assert_int_equal(f->config->memory.pos.line, 0);
	assert_int_equal(f->config->kernel_memory.n, 32 << 20);
	assert_int_equal(f->config->kernel_memory.pos.line, 0);
	assert_int_equal(f->config->metrics[0].max_series.n, 1000);
	assert_int_equal(f->config->metrics[0].max_series.pos.line, 0);
	assert_int_equal(f->config->metrics[0].linger.n, 300000000000);
	assert_int_equal(f->config->metrics[0].ttl.n, 0);
}

static void later_files_append(void **state)
{
	static const char *const files[] = {"1.yaml", "2.yaml"};
	struct fixture *f = *state;

	assert_int_equal(chdir(TESTS_DIR "/config/appended"), 0);
	assert_int_equal(config__load(files, 2, &f->diags, &f->config, &f->err), 0);
	assert_findings(&f->diags, "");
	const struct config *c = f->config;
	assert_string_equal(c->namespace.s, "first");
	assert_int_equal(c->nobjects, 3);
	assert_string_equal(c->objects[2].s, "c.bpf.o");
	assert_int_equal(c->nevents, 2);
	assert_int_equal(c->nmetrics, 3);
	assert_string_equal(c->metrics[2].name.pos.file, "2.yaml");
	assert_int_equal(c->metrics[0].max_series.n, 7);
	assert_int_equal(c->metrics[1].max_series.n, 8);
	assert_int_equal(c->metrics[0].linger.n, 120000000000);
	assert_int_equal(c->metrics[0].ttl.n, 0);
}

static void what_two_files_both_say_is_found(void **state)
{
	static const char *const files[] = {"1.yaml", "2.yaml", "clash.yaml"};
	struct fixture *f = *state;

	assert_int_equal(chdir(TESTS_DIR "/config/appended"), 0);
	assert_int_equal(config__load(files, 3, &f->diags, &f->config, &f->err), 0);
	assert_findings(
		&f->diags,
		"clash.yaml:1:1: 'namespace' is given twice (the first is at 1.yaml:1:12)\n"
		"clash.yaml:2:11: event 'block_io' is given twice (the first is at 1.yaml:3:11)\n"
		"clash.yaml:4:13: two metrics are named 'a_total' (the first is at 1.yaml:5:13)\n");
}

static void unreadable_file_is_an_error_not_a_finding(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(load(f, "/nonexistent.yaml"), -ENOENT);
	assert_string_equal(f->err.msg, "cannot open /nonexistent.yaml: No such file or directory");
	assert_null(f->config);
	f->err = (struct err){0};
	assert_int_equal(load(f, "/"), -EISDIR);
	assert_string_equal(f->err.msg, "cannot read /: Is a directory");
	assert_int_equal(f->diags.n, 0);
}

static void endless_file_is_refused(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(load(f, "/dev/zero"), 0);
	assert_findings(&f->diags, "/dev/zero: larger than 4 MiB\n");
}

static void built_in_config_is_good(void **state)
{
	static const char *const names[] = {
		"syscalls_total",	    "runq_wait_seconds",    "top_oncpu_seconds_total",
		"block_io_latency_seconds", "block_io_bytes_total", "softirq_seconds_total",
		"process_execs_total",	    "process_exits_total",
	};
	struct fixture *f = *state;

	assert_int_equal(config__parse(config_default_name, config_default_text,
				       strlen(config_default_text), &f->diags, &f->config, &f->err),
			 0);
	assert_findings(&f->diags, "");
	assert_int_equal(f->config->nmetrics, ARRAY_SIZE(names));
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		assert_string_equal(f->config->metrics[i].name.s, names[i]);
	assert_string_equal(f->config->metrics[0].name.pos.file, "built-in config");
}

static void many_metrics_of_one_name_are_found_quickly(void **state)
{
	struct fixture *f = *state;
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);

	fputs("metrics:\n", out);
	for (int i = 0; i < 14000; i++)
		fputs("- {name: a_total, event: e, type: counter}\n", out);
	fclose(out);
	assert_int_equal(config__parse("f", text, n, &f->diags, &f->config, &f->err), 0);
	assert_int_equal(f->diags.errors, 13999);
	free(text);
}

/* 200 metrics: more than one block of the arena. The caller's to free(). */
static char *many_metrics(size_t *ret_len)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, ret_len);

	fputs("objects: [a]\nevents: {e: {}}\nmetrics:\n", out);
	for (int i = 0; i < 200; i++)
		fprintf(out,
			"- {name: m%d_total, event: e, type: counter, labels: [comm], fold_order: "
			"[comm], "
			"where: 'a in [b]', buckets: [1]}\n",
			i);
	fclose(out);
	return text;
}

static void running_out_of_memory_is_an_error(void **state)
{
	struct fixture *f = *state;
	unsigned fails_from = 0;
	size_t n = 0;
	char *text = many_metrics(&n);
	int rc;

	do {
		f->err = (struct err){0};
		alloc_fails_from(++fails_from);
		rc = config__parse("f", text, n, &f->diags, &f->config, &f->err);
		alloc_works();
		if (rc) {
			assert_int_equal(rc, -ENOMEM);
			assert_null(f->config);
			assert_string_equal(f->err.msg,
					    "cannot load the config: Cannot allocate memory");
		}
	} while (rc);
	assert_true(fails_from > 5);
	assert_int_equal(f->config->nmetrics, 200);
	assert_int_equal(f->diags.n, 0);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_files_give_the_expected_findings),
		cmocka_unit_test(good_files_give_no_findings),
		cmocka_unit_test_setup_teardown(every_value_reaches_the_config, make, destroy),
		cmocka_unit_test_setup_teardown(values_conditions_and_buckets_reach_the_config,
						make, destroy),
		cmocka_unit_test_setup_teardown(what_is_said_of_buckets_reaches_the_config, make,
						destroy),
		cmocka_unit_test_setup_teardown(limits_of_series_reach_the_config, make, destroy),
		cmocka_unit_test_setup_teardown(wrong_values_leave_their_place, make, destroy),
		cmocka_unit_test_setup_teardown(left_out_values_are_the_defaults, make, destroy),
		cmocka_unit_test_setup_teardown(later_files_append, make, destroy),
		cmocka_unit_test_setup_teardown(what_two_files_both_say_is_found, make, destroy),
		cmocka_unit_test_setup_teardown(unreadable_file_is_an_error_not_a_finding, make,
						destroy),
		cmocka_unit_test_setup_teardown(endless_file_is_refused, make, destroy),
		cmocka_unit_test_setup_teardown(built_in_config_is_good, make, destroy),
		cmocka_unit_test_setup_teardown(running_out_of_memory_is_an_error, make, destroy),
		cmocka_unit_test_setup_teardown(many_metrics_of_one_name_are_found_quickly, make,
						destroy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
