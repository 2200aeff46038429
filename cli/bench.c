/* SPDX-License-Identifier: Apache-2.0 */
/* `ringtally bench [SUITE...] [-- COMMAND...]`: measure what it costs here. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "base/suggest.h"
#include "base/util.h"
#include "bench/bench.h"
#include "bench/verdict.h"
#include "cli/bench_table.h"
#include "cli/flags.h"
#include "cli/setup.h"
#include "cli/verb.h"
#include "pipeline/app.h"
#include "pipeline/caps.h"

enum { RUNS_MAX = 100 };

struct bench_flags {
	const char *const *command; /* what stands behind `--`; NULL: nothing */
	const char *json;
	const char *runs;
	const char *config_file;
	bool quick;
	bool help;
};

#define AT(member) offsetof(struct bench_flags, member)

static const struct flag flag_rows[] = {
	{"json", 0, FLAG_TEXT, AT(json), "FILE", "also write everything there, with every sample"},
	{"runs", 0, FLAG_TEXT, AT(runs), "N", "measure N times, and say how far the runs agree"},
	{"config.file", 0, FLAG_TEXT, AT(config_file), "FILE",
	 "config whose events are measured (default as `run`)"},
	{"quick", 0, FLAG_SWITCH, AT(quick), NULL,
	 "few rounds: to see that it works, not to quote"},
	{"help", 'h', FLAG_SWITCH, AT(help), NULL, "this text"},
};

static const struct flag_table flags = {flag_rows, ARRAY_SIZE(flag_rows)};

/* The suites asked for; all of them when none is named. */
struct chosen_suites {
	const struct bench_suite *items[FLAG_VALUES_MAX];
	size_t n;
};

static const struct bench_suite *find_suite(const char *name)
{
	for (size_t i = 0; i < bench_nsuites; i++)
		if (!strcmp(bench_suites[i]->name, name))
			return bench_suites[i];
	return NULL;
}

static int unknown_suite(const char *name)
{
	struct suggestion suggestion;

	suggestion__init(&suggestion, name);
	for (size_t i = 0; i < bench_nsuites; i++)
		suggestion__offer(&suggestion, bench_suites[i]->name);
	fprintf(stderr, "ringtally: unknown suite '%s'", name);
	if (suggestion.best)
		fprintf(stderr, " (did you mean '%s'?)", suggestion.best);
	fprintf(stderr, "; `ringtally bench --help` lists them\n");
	return EXIT_USAGE;
}

static int choose_suites(const struct flag_values *names, struct chosen_suites *ret_chosen)
{
	ret_chosen->n = 0;
	for (size_t i = 0; i < names->n; i++) {
		const struct bench_suite *suite = find_suite(names->items[i]);

		if (!suite)
			return unknown_suite(names->items[i]);
		ret_chosen->items[ret_chosen->n++] = suite;
	}
	for (size_t i = 0; names->n == 0 && i < bench_nsuites; i++)
		if (!bench_suites[i]->takes_command)
			ret_chosen->items[ret_chosen->n++] = bench_suites[i];
	return EXIT_FINE;
}

/* A suite that takes a command has one, and a command has such a suite. */
static int check_command(const struct chosen_suites *suites, const char *const *command)
{
	bool taken = false;

	for (size_t i = 0; i < suites->n; i++)
		taken = taken || suites->items[i]->takes_command;
	if (taken && !command)
		return setup_fail(EXIT_USAGE, "the suite 'workload' measures a command of yours: "
					      "ringtally bench workload -- COMMAND...");
	if (command && !taken)
		return setup_fail(EXIT_USAGE, "a command is measured by the suite 'workload': "
					      "ringtally bench workload -- COMMAND...");
	return EXIT_FINE;
}

static bool needs_privileges(const struct chosen_suites *suites)
{
	for (size_t i = 0; i < suites->n; i++)
		if (!suites->items[i]->unprivileged)
			return true;
	return false;
}

static int parse_runs(const char *text, u32 *ret_runs)
{
	char *end;
	unsigned long n;

	errno = 0;
	n = strtoul(text, &end, 10);
	if (errno || end == text || *end || text[0] == '-' || n < 1 || n > RUNS_MAX)
		return setup_fail(EXIT_USAGE, "--runs is a number from 1 to 100");
	*ret_runs = (u32)n;
	return EXIT_FINE;
}

static int status_of(int rc)
{
	if (rc == -ENOEXEC) /* a command that cannot be started */
		return EXIT_USAGE;
	return rc == -EPERM || rc == -EOPNOTSUPP ? EXIT_REFUSED : EXIT_RUNTIME;
}

static int run_suites(const struct chosen_suites *suites, struct bench_options *options, u32 runs,
		      struct bench_report *report)
{
	struct err err = {0};

	for (u32 run = 1; run <= runs; run++) {
		report->run = run;
		for (size_t i = 0; i < suites->n; i++) {
			int rc = suites->items[i]->run(options, report, &err);

			progress__end(&options->progress);
			if (rc)
				return setup_fail(status_of(rc), err.msg);
		}
	}
	return report->failed ? setup_fail(EXIT_RUNTIME, "out of memory") : EXIT_FINE;
}

/* The file is opened before anything is measured: a mistyped path must not cost minutes. */
static int write_json(const struct bench_report *report, FILE *to, const char *path)
{
	struct strbuf text;
	bool failed;

	strbuf__init(&text);
	bench_report__put_json(report, &text);
	failed = text.failed || fwrite(text.data, 1, text.len, to) != text.len;
	strbuf__fini(&text);
	if (fclose(to) || failed) {
		fprintf(stderr, "ringtally: writing %s failed\n", path);
		return EXIT_RUNTIME;
	}
	return EXIT_FINE;
}

static int measure(const struct chosen_suites *suites, const struct bench_flags *f, u32 runs,
		   const struct setup *setup)
{
	struct bench_options options = {
		.config = setup->config,
		.config_file = f->config_file,
		.command = f->command,
		.quick = f->quick,
	};
	FILE *json = f->json ? fopen(f->json, "we") : NULL;
	struct bench_report report;
	int status;

	if (f->json && !json) {
		fprintf(stderr, "ringtally: %s: %s\n", f->json, strerror(errno));
		return EXIT_USAGE;
	}
	bench_report__init(&report);
	progress__init(&options.progress, stderr);
	status = run_suites(suites, &options, runs, &report);
	if (status == EXIT_FINE) {
		if (runs > 1)
			verdict_compare_runs(&report);
		bench_table_print(&report, stdout);
		status = setup_flush();
	}
	if (json && status == EXIT_FINE)
		status = write_json(&report, json, f->json);
	else if (json)
		fclose(json);
	bench_report__fini(&report);
	return status;
}

static void print_usage(const struct verb *self)
{
	setup_print_usage(self, &flags);
	printf("\nSuites (all but `workload` when none is named):\n");
	for (size_t i = 0; i < bench_nsuites; i++)
		printf("  %-12s %s\n", bench_suites[i]->name, bench_suites[i]->help);
}

/* The number of arguments before `--`; what stands behind it is the command. */
static int split_command(int argc, char **argv, const char *const **ret_command)
{
	for (int i = 0; i < argc; i++) {
		if (strcmp(argv[i], "--") != 0)
			continue;
		*ret_command = i + 1 < argc ? (const char *const *)argv + i + 1 : NULL;
		return i;
	}
	return argc;
}

static int run(const struct verb *self, int argc, char **argv)
{
	struct bench_flags f = {.runs = "1"};
	struct flag_values names;
	struct chosen_suites suites;
	struct err err = {0};
	struct setup setup;
	int status;
	u32 runs = 1;

	argc = split_command(argc, argv, &f.command);
	if (flags_parse(&flags, argc, argv, &f, &names, &err))
		return setup_fail(EXIT_USAGE, err.msg);
	if (f.help) {
		print_usage(self);
		return EXIT_FINE;
	}
	status = parse_runs(f.runs, &runs);
	if (!status)
		status = choose_suites(&names, &suites);
	if (!status)
		status = check_command(&suites, f.command);
	if (!status)
		status = setup_logging(NULL, NULL, false);
	if (status)
		return status;
	status = setup__init(&setup, &f.config_file, f.config_file ? 1 : 0, NULL);
	if (status)
		return status;
	if (needs_privileges(&suites) && caps_check(NULL, &err))
		status = setup_fail(EXIT_REFUSED, err.msg);
	else
		status = measure(&suites, &f, runs, &setup);
	setup__fini(&setup);
	return status;
}

const struct verb bench_verb = {"bench", "[flags] [SUITE...] [-- COMMAND...]",
				"measure what it costs on this machine (needs root)", run};
