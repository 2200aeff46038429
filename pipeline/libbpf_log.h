/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libbpf's messages, which otherwise go to stderr: shown only when asked for (--debug), as debug
 * lines. What the user must know of a failure comes from its return value.
 */
#ifndef RINGTALLY_PIPELINE_LIBBPF_LOG_H
#define RINGTALLY_PIPELINE_LIBBPF_LOG_H

#include <stdbool.h>

void libbpf_log_init(bool show);

/* "v1.1": for `ringtally version`. */
const char *libbpf_log_version(void);

#endif
