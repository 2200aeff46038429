/* SPDX-License-Identifier: Apache-2.0 */
/* Configs that the bench writes itself, and the plan of any, with the first complaint as the error:
 * whoever runs the bench has no file to look up others in. */
#ifndef RINGTALLY_BENCH_OWN_CONFIG_H
#define RINGTALLY_BENCH_OWN_CONFIG_H

struct collector;
struct config;
struct err;
struct strbuf;

int own_config_parse(const struct strbuf *text, struct config **ret_config, struct err *err);

/* As collector__new, which borrows the config. On failure there is nothing to free. */
int own_config_plan(const struct config *config, struct collector **ret_collector, struct err *err);

#endif
