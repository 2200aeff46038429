/* SPDX-License-Identifier: Apache-2.0 */
/* One verb per file; without a verb, or with a flag first, it is `run`. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/suggest.h"
#include "base/util.h"
#include "cli/verb.h"
#include "pipeline/app.h"

static const struct verb *const verbs[] = {
	&run_verb,	&check_verb, &probes_verb, &trace_verb,
	&selftest_verb, &audit_verb, &bench_verb,  &version_verb,
};

static void print_help(FILE *out)
{
	fprintf(out, "ringtally turns kernel events into bounded metrics for Prometheus.\n\n"
		     "usage: ringtally [VERB] [flags] [arguments]\n\n");
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		fprintf(out, "  %-10s %s\n", verbs[i]->name, verbs[i]->help);
	fprintf(out, "\n`ringtally VERB --help` lists the flags of a verb.\n");
}

static int unknown_verb(const char *name)
{
	struct suggestion suggestion;

	suggestion__init(&suggestion, name);
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		suggestion__offer(&suggestion, verbs[i]->name);
	fprintf(stderr, "ringtally: unknown verb '%s'", name);
	if (suggestion.best)
		fprintf(stderr, " (did you mean '%s'?)", suggestion.best);
	fprintf(stderr, "; `ringtally --help` lists them\n");
	return EXIT_USAGE;
}

static int run_verb_of(int argc, char **argv)
{
	if (argc < 2)
		return run_verb.run(&run_verb, 0, argv + argc);
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
		print_help(stdout);
		return EXIT_FINE;
	}
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V"))
		return version_verb.run(&version_verb, 0, argv + argc);
	if (argv[1][0] == '-')
		return run_verb.run(&run_verb, argc - 1, argv + 1);
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		if (!strcmp(argv[1], verbs[i]->name))
			return verbs[i]->run(verbs[i], argc - 2, argv + 2);
	return unknown_verb(argv[1]);
}

/* In place of one that is closed we would write to the first file that we open. Of /dev/null for
 * reading, writing fails as it does on what is closed. */
static void fill_standard_fds(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

/* What was printed must have arrived: `ringtally check FILE >/dev/full` has failed. */
int main(int argc, char **argv)
{
	int status;

	fill_standard_fds();
	status = run_verb_of(argc, argv);
	if (fflush(stdout) == 0)
		return status;
	fprintf(stderr, "ringtally: writing the output failed\n");
	return EXIT_RUNTIME;
}
