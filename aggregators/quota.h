/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What all families share: the lines that the process may expose and the memory that its series may
 * take. Every family has a fair share of each that nobody else can take (equal shares; what a
 * family can never use is spread over the others); beyond its share a family may have what is
 * left when all other shares are set aside.
 */
#ifndef RINGTALLY_AGGREGATORS_QUOTA_H
#define RINGTALLY_AGGREGATORS_QUOTA_H

#include "base/types.h"

struct err;
struct quota;

/* What one family may come to need. */
struct quota_member {
	u32 max_series;
	u32 lines;	/* of one series in the exposition */
	u32 bytes;	/* of one series, its label texts not counted */
	u32 text_bytes; /* that label texts usually take: a share has room for max_series of these,
			   and longer texts come out of the same share */
};

/* Limits are for series only: the caller has taken off what is there without any. */
int quota__new(const struct quota_member *members, u32 n, u64 max_lines, u64 max_bytes,
	       struct quota **ret_quota, struct err *err);
void quota__free(struct quota *q); /* NULL is fine */

/* One series more, whose label texts take text_bytes: false, and nothing was taken, when there is
 * no room for it. */
bool quota__take(struct quota *q, u32 member, u32 text_bytes);

/* Is there room for one series more, with label texts as they usually are? */
bool quota__has_room(const struct quota *q, u32 member);

/* One series less. Its memory stays with the member, whose next series use it again: it does not go
 * back to the system, so nobody else can have it. */
void quota__give(struct quota *q, u32 member, u32 text_bytes);

u64 quota__lines(const struct quota *q); /* of all series now */
u64 quota__bytes(const struct quota *q); /* that all members hold */

#endif
