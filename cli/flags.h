/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Command line flags from a table: the parser, --help and the man page know the same rows.
 * `--flag value`, `--flag=value` and `--no-flag` (switches) all work; what is no flag is an
 * argument.
 */
#ifndef RINGTALLY_CLI_FLAGS_H
#define RINGTALLY_CLI_FLAGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct err;

enum { FLAG_VALUES_MAX = 16 };

/* A flag that may be given several times, and plain arguments. Texts are borrowed from argv. */
struct flag_values {
	const char *items[FLAG_VALUES_MAX];
	size_t n;
};

enum flag_type {
	FLAG_SWITCH, /* bool */
	FLAG_TEXT,   /* const char * */
	FLAG_LIST,   /* struct flag_values */
};

struct flag {
	const char *name; /* without the dashes */
	char letter;	  /* 0: it has none */
	enum flag_type type;
	size_t offset;	   /* of its value in the struct that is filled */
	const char *value; /* what stands for the value in --help: "FILE" */
	const char *help;
};

struct flag_table {
	const struct flag *rows;
	size_t n;
};

/* Fills `values` (preset with defaults) from argv[0..argc-1]. -EINVAL with a suggestion when
 * something is wrong. */
int flags_parse(const struct flag_table *flags, int argc, char *const *argv, void *values,
		struct flag_values *ret_arguments, struct err *err);

void flags_print_help(const struct flag_table *flags, FILE *out);

#endif
