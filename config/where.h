/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The `where` of a metric: its text to a tree, every part with its place in the config file. It
 * knows the grammar, not the fields: what a field is and what a value means to it is the planner's
 * business.
 *
 *   expr = term {"or" term}
 *   term = fact {"and" fact}
 *   fact = ["not"] (test | "(" expr ")")
 *   test = field (== | != | < | <= | > | >=) value
 *        | field ["not"] in [v, ...]
 *        | field starts_with text
 *
 * Values and texts are words without blanks, ()[], and =!<>~&|, or stand in quotes: '' is a quote
 * in single ones, \" and \\ are a quote and a backslash in double ones. At most 256 nodes, 32
 * levels of brackets and `not`, and 256 values in a list; `and` and `or` lean to the left.
 */
#ifndef RINGTALLY_CONFIG_WHERE_H
#define RINGTALLY_CONFIG_WHERE_H

#include "config/config.h"

struct config_arena;

enum where_kind { WHERE_OR, WHERE_AND, WHERE_NOT, WHERE_TEST };

enum where_op {
	WHERE_EQ,
	WHERE_NE,
	WHERE_LT,
	WHERE_LE,
	WHERE_GT,
	WHERE_GE,
	WHERE_IN,
	WHERE_NOT_IN,
	WHERE_STARTS_WITH,
};

struct where {
	enum where_kind kind;
	struct pos pos; /* of the word, or of a test's field */
	/* OR, AND: both; NOT: left only */
	struct where *left;
	struct where *right;
	/* TEST */
	enum where_op op;
	struct config_text field;
	struct config_text *values; /* one, or the list of `in` */
	size_t nvalues;
};

/*
 * Parses text->s. What is wrong goes to diags (the first fault of this text only), and *ret_where
 * is NULL then. All memory comes from the arena. 0, or -ENOMEM.
 */
int where__parse(const struct config_text *text, struct config_arena *arena, struct diags *diags,
		 struct where **ret_where);

#endif
