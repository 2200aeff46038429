/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One line per fact on stderr, as key=value pairs or JSON; the journal adds the time.
 *   log_info("event attached", "event", name, "hook", hook, NULL)
 *   level=info msg="event attached" event=syscall_enter hook=tp_btf/sys_enter
 * Never called per event. The level and format are the only global state of the program.
 */
#ifndef RINGTALLY_BASE_LOG_H
#define RINGTALLY_BASE_LOG_H

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };
enum log_format { LOG_LOGFMT, LOG_JSON };

void log_set_level(enum log_level level);
void log_set_format(enum log_format format);
enum log_level log_get_level(void);

/* "error", "warn", "info", "debug" / "logfmt", "json". 0, or -EINVAL. */
int log_level_parse(const char *text, enum log_level *ret_level);
int log_format_parse(const char *text, enum log_format *ret_format);

/* msg, then pairs of strings (key, value), then NULL. Values are quoted and escaped as needed. */
void log_line(enum log_level level, const char *msg, ...) __attribute__((sentinel));

#define log_error(...) log_line(LOG_ERROR, __VA_ARGS__)
#define log_warn(...)  log_line(LOG_WARN, __VA_ARGS__)
#define log_info(...)  log_line(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_line(LOG_DEBUG, __VA_ARGS__)

#endif
