/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A document of which one part, between two marker lines, is made by a program: the rest is written
 * by hand and left alone. Such a program takes `check FILE`, which fails when it would write
 * something else, or `write FILE`.
 */
#ifndef RINGTALLY_TESTS_TOOLS_GENERATED_PART_H
#define RINGTALLY_TESTS_TOOLS_GENERATED_PART_H

struct err;
struct strbuf;

struct generated_part {
	const char *source; /* where its text comes from; the first marker line names it */
	int (*put)(struct strbuf *out, struct err *err);
};

/* The program's main(): its exit status. */
int generated_part__main(const struct generated_part *part, int argc, char **argv);

#endif
