/* SPDX-License-Identifier: Apache-2.0 */
/* What verbs share before they do anything: logging flags, finding and reading the config, planning
 * it. */
#ifndef RINGTALLY_CLI_SETUP_H
#define RINGTALLY_CLI_SETUP_H

#include <stdbool.h>
#include <stddef.h>

struct collector;
struct config;
struct flag_table;
struct verb;

/* Applies --log.level, --log.format, --debug (NULL or false: not given). 0, or EXIT_USAGE after a
 * message. */
int setup_logging(const char *level, const char *format, bool debug);

/* A config and its plan, checked. */
struct setup {
	struct config *config;
	struct collector *collector;
	char **files; /* whose names positions in the config borrow */
	size_t nfiles;
};

/* Reads `files` as one config (none: the installed one, else the built-in one) and plans it.
 * Everything that is wrong goes to stderr; then the exit status, else EXIT_FINE. */
int setup__init(struct setup *s, const char *const *files, size_t nfiles, const char *btf_path);
void setup__fini(struct setup *s);

/* "ringtally: MESSAGE" on stderr; returns the status. */
int setup_fail(int status, const char *message);

/* What was written to stdout is out: EXIT_FINE, else EXIT_RUNTIME after a message. */
int setup_flush(void);

/* `ringtally VERB --help`. */
void setup_print_usage(const struct verb *verb, const struct flag_table *flags);

#endif
