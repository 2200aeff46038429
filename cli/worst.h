/* SPDX-License-Identifier: Apache-2.0 */
/* What a config can come to at worst, beside limits.samples and limits.memory: for `check`. */
#ifndef RINGTALLY_CLI_WORST_H
#define RINGTALLY_CLI_WORST_H

struct setup;
struct text;

/* A row per metric, and the limits. */
void worst_put(struct text *t, const struct setup *setup);

/* What exceeds a limit, on stderr: warnings while the limit can be kept by folding, and EXIT_FINE;
 * EXIT_LIMIT when not even one series per metric fits. */
int worst_judge(const struct setup *setup);

#endif
