/* SPDX-License-Identifier: Apache-2.0 */
/* A verb of the command line: `ringtally VERB [flags] [arguments]`. main.c has the table. */
#ifndef RINGTALLY_CLI_VERB_H
#define RINGTALLY_CLI_VERB_H

struct verb {
	const char *name;
	const char *usage; /* what follows the verb: "[flags]" */
	const char *help;  /* one line */
	/* argv[0] is the first argument after the verb. Returns the exit status (pipeline/app.h).
	 */
	int (*run)(const struct verb *self, int argc, char **argv);
};

extern const struct verb run_verb;
extern const struct verb check_verb;
extern const struct verb probes_verb;
extern const struct verb trace_verb;
extern const struct verb selftest_verb;
extern const struct verb audit_verb;
extern const struct verb bench_verb;
extern const struct verb version_verb;

#endif
