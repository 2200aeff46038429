/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A running daemon's ledger (GET /api/v1/ledger), and the equations that its numbers must obey.
 * They are looked at here, term by term: that the daemon calls itself balanced proves nothing.
 */
#ifndef RINGTALLY_CLI_LEDGER_H
#define RINGTALLY_CLI_LEDGER_H

#include "cli/client.h"

struct ledger_event {
	const char *name;
	const char *reason; /* why it is not attached; NULL: it is */
	u64 fired;
	json_t *json;
};

struct ledger {
	json_t *json; /* owned: the texts are in it */
	struct ledger_event *events;
	size_t nevents;
};

/* -EBADMSG: the answer is JSON, but no ledger; the message says what is missing. */
int ledger__get(struct client *c, struct ledger *ret_ledger, struct err *err);
void ledger__fini(struct ledger *l); /* also one that is all 0 */

/* NULL: there is none of this name. */
const struct ledger_event *ledger__event(const struct ledger *l, const char *name);

/* ---- equations ---- */

enum { EQUATION_TERMS_MAX = 4 };

struct equation_term {
	const char *name;
	u64 value;
};

/* left = right[0] + right[1] + ... */
struct equation {
	const char *subject; /* an event or a metric; borrowed, as all texts */
	struct equation_term left;
	struct equation_term right[EQUATION_TERMS_MAX];
	size_t nright;
	const char *note; /* where or why; NULL: nothing */
	bool known;	  /* else there is nothing to compare with, and the note says why */
	bool holds;	  /* the terms as they are */
};

/* Calls back for every equation of the ledger, events first. -EBADMSG with a message: a term is
 * missing, or is no whole number. What is worth a line only when it is wrong (a CPU by itself, a
 * mark before the latest) is left out when it holds. */
typedef void (*equation_fn)(void *ctx, const struct equation *e);
int ledger__equations(const struct ledger *l, equation_fn visit, void *ctx, struct err *err);

#endif
