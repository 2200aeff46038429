/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `cgroup`: the id of a cgroup to its path in the cgroup2 hierarchy (pipeline/cgroups.h). An id
 * without a path is `unknown_cgroup_id:N` for now, and provisional. On a machine without cgroup2
 * every id is the empty text.
 */
#ifndef RINGTALLY_PIPELINE_DECODERS_DEC_CGROUP_H
#define RINGTALLY_PIPELINE_DECODERS_DEC_CGROUP_H

#include "pipeline/decoders/decoder.h"

extern const struct decoder_ops dec_cgroup_ops;

#endif
