/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The heaviest series of a metric as JSON:
 *
 *   {"metric":NAME,"k":K,"error_bound":N,
 *    "series":[{"labels":{LABEL:TEXT,...},"value":N},...],"other":N,"lost":N}
 *
 * Heaviest first, by value; a histogram's by its count. Numbers have all their digits, as in the
 * exposition. `other` is what stands in series with a folded label, `lost` what the kernel could
 * not name. Pure.
 */
#ifndef RINGTALLY_EXPORTERS_TOP_JSON_H
#define RINGTALLY_EXPORTERS_TOP_JSON_H

#include "base/types.h"

struct family_snapshot;
struct strbuf;

/* At most k series. Out of memory: the buffer has failed. */
void top_json_put(struct strbuf *out, const struct family_snapshot *fs, u32 k);

#endif
