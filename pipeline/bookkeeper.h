/* SPDX-License-Identifier: Apache-2.0 */
/* Brings the terms of the ledger together, for whoever shows them: the kernel's (pipeline/ledger),
 * the loop's (pipeline/route) and the series' (aggregators/family). Computes none from the others.
 */
#ifndef RINGTALLY_PIPELINE_BOOKKEEPER_H
#define RINGTALLY_PIPELINE_BOOKKEEPER_H

struct books;
struct collector;

/* The books of this moment, for books__fini. Behind collector__snapshot in the same turn of the
 * loop they are of the same moment as that snapshot. 0 or -ENOMEM. */
int bookkeeper_books(const struct collector *c, struct books *ret_books);

#endif
