/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of `ringtally bench`: a report for people. */
#ifndef RINGTALLY_CLI_BENCH_TABLE_H
#define RINGTALLY_CLI_BENCH_TABLE_H

#include <stdio.h>

struct bench_report;

void bench_table_print(const struct bench_report *report, FILE *out);

#endif
