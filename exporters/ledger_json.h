/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ledger of a snapshot as JSON (docs/ledger.md):
 *
 *   {"version":TEXT,"balanced":BOOL,
 *    "events":[{"event":NAME,"attached":BOOL,"reason":TEXT,
 *      "fired":N,"seen":N,"unpaired":N,"skipped":N,"filtered":N,"accepted":N,"consumed":N,"pending":N,
 *      "lost":{"ring_full":N,"no_ring":N},"starts_refused":N,"evictions":N,"clock_skew":N,
 *      "marks":{"taken":N,"off":N,"accepted":N,"consumed":N,"lost":N,
 *        "cpus":[{"cpu":N,"accepted":N,"consumed":N,"lost":N},...]},
 *      "balanced":BOOL},...],
 *    "metrics":[{"metric":NAME,"event":NAME,"series":N,"other":N,"lost":N,"retired":N,"total":N,
 *      "expected":{"consumed":N,"lost":N} or null,"balanced":BOOL or null},...]}
 *
 * Terms of an event are those of the moment it was read; `marks` are its latest marks, where
 * accepted = consumed + lost exactly. A metric has `expected` where every accepted event counts 1
 * in it: then total = consumed + lost. Pure.
 */
#ifndef RINGTALLY_EXPORTERS_LEDGER_JSON_H
#define RINGTALLY_EXPORTERS_LEDGER_JSON_H

struct snapshot;
struct strbuf;

/* The snapshot has books, and the configured metrics first. */
void ledger_json_put(struct strbuf *out, const struct snapshot *s);

#endif
