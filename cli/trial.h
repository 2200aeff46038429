/* SPDX-License-Identifier: Apache-2.0 */
/* Attaching for a moment, to hear what this kernel says. Nothing of what is counted meanwhile is
 * looked at. */
#ifndef RINGTALLY_CLI_TRIAL_H
#define RINGTALLY_CLI_TRIAL_H

#include "base/types.h"

struct collector;
struct err;
struct strbuf;

/* Loads and attaches all of the collector's events, once. 0 also when some were refused: ask
 * collector__refusal. They stay attached until the collector is freed. */
int trial_attach(struct collector *c, struct err *err);

/* The hooks in use by an event of the plan: "tp_btf/sched_wakeup, tp_btf/sched_switch". */
void trial_put_hooks(struct strbuf *out, const struct collector *c, u32 event);

#endif
