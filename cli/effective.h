/* SPDX-License-Identifier: Apache-2.0 */
/* A config as YAML again, with every default written out: `check --print`. Read back, it is the
 * same config. */
#ifndef RINGTALLY_CLI_EFFECTIVE_H
#define RINGTALLY_CLI_EFFECTIVE_H

struct config;
struct plan;
struct strbuf;

/* Both without findings. */
void effective_put(struct strbuf *out, const struct config *config, const struct plan *plan);

/* A scalar, quoted where it must be. */
void effective_put_text(struct strbuf *out, const char *s);

#endif
