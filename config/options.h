/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a config may say, as tables: a row per key with its type, default, range and help. The same
 * rows parse the config and write docs/configuration.md, so neither can drift from the other.
 *
 * A row fills one member of a struct of the caller's, found by offset:
 *   TEXT                     struct config_text
 *   WORD                     struct config_number: the index in `words`
 *   NUMBER, SIZE, DURATION   struct config_number: the number, bytes, nanoseconds (off is 0); a
 *                            negative number as two's complement
 *   SECTION                  members of the same struct, by the rows of `table`
 *   LIST, NAMED              const struct yaml_node *, for the caller to walk; `table` describes an
 *                            item of the list, or what stands under each name, if it is a mapping
 *   ANY                      like LIST; whoever walks it checks the kind
 */
#ifndef RINGTALLY_CONFIG_OPTIONS_H
#define RINGTALLY_CONFIG_OPTIONS_H

#include "base/types.h"
#include "config/diag.h"

struct config_text;
struct strbuf;
struct yaml_node;

enum opt_type {
	OPT_TEXT,
	OPT_WORD,
	OPT_NUMBER,
	OPT_SIZE,
	OPT_DURATION,
	OPT_SECTION,
	OPT_LIST,
	OPT_NAMED,
	OPT_ANY,
};

/* What a text must look like: one byte of `first`, then any number of `rest`. */
struct opt_form {
	const char *what; /* "metric name" */
	const char *first;
	const char *rest;
	const char *pattern; /* the same for a reader */
};

struct opt_word {
	const char *word; /* NULL ends the array */
	bool later;
};

struct opt_table;

struct opt_desc {
	const char *key;
	const char *help; /* one sentence */
	enum opt_type type;
	size_t offset;
	const char *def; /* as one would write it; NULL: none */
	s64 min;	 /* NUMBER, SIZE, DURATION: inclusive */
	s64 max;
	const struct opt_form *form;   /* TEXT: NULL for any */
	const struct opt_word *words;  /* WORD */
	const struct opt_table *table; /* SECTION; LIST, NAMED, ANY: NULL for texts */
	bool required;
	bool later; /* known, but not in this version: type and help only are given */
	bool power_of_two;
	bool or_off; /* DURATION: the word `off` is allowed */
};

struct opt_table {
	const char *noun; /* what it describes, as messages say it: "metric" */
	const struct opt_desc *rows;
	size_t n;
};

/* Fills in the defaults; their places have line 0. Once, before reading; dest starts zeroed. */
void opt_table__set_defaults(const struct opt_table *t, void *dest);

/*
 * Reads a mapping into dest; whatever is wrong in it goes to diags and leaves its member alone. An
 * EMPTY node is an empty mapping. A scalar that dest holds from an earlier call (another file) is
 * given twice: a finding.
 */
void opt_table__read(const struct opt_table *t, const struct yaml_node *map, void *dest,
		     struct diags *diags);

/* Reads one value as opt_table__read would. False when it was a finding. */
bool opt_desc__read(const struct opt_desc *row, const struct yaml_node *node, void *dest,
		    struct diags *diags);

/* "1s to 1d": the range of a NUMBER, SIZE or DURATION. */
void opt_desc__put_range(const struct opt_desc *row, struct strbuf *out);

/* A TEXT node as a value of the config. */
struct config_text opt_text(const struct yaml_node *node);

/* "text", "a list", "a mapping": for messages. */
const char *opt_kind_name(const struct yaml_node *node);

#endif
