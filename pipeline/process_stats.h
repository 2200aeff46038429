/* SPDX-License-Identifier: Apache-2.0 */
/* The usual process_* metrics of this process, read from /proc/self. */
#ifndef RINGTALLY_PIPELINE_PROCESS_STATS_H
#define RINGTALLY_PIPELINE_PROCESS_STATS_H

struct snapshot;

/* What cannot be read is left out. */
void process_stats_snapshot(struct snapshot *s);

#endif
