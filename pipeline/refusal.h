/* SPDX-License-Identifier: Apache-2.0 */
/* Why the kernel said no, in words: what an errno means at this step, and the verifier's last word.
 */
#ifndef RINGTALLY_PIPELINE_REFUSAL_H
#define RINGTALLY_PIPELINE_REFUSAL_H

#include <stddef.h>

enum refusal_step { REFUSED_LOAD, REFUSED_ATTACH };

/* `code` is a negative errno; `log` the verifier's text, may be empty. One line, cut to n bytes. */
void refusal_describe(enum refusal_step step, int code, const char *log, char *ret_text, size_t n);

#endif
