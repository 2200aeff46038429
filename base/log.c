/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/strbuf.h"
#include "base/util.h"

static enum log_level max_level = LOG_INFO;
static enum log_format line_format = LOG_LOGFMT;

static const char *const level_names[] = {
	[LOG_ERROR] = "error",
	[LOG_WARN] = "warn",
	[LOG_INFO] = "info",
	[LOG_DEBUG] = "debug",
};

static const char *const format_names[] = {
	[LOG_LOGFMT] = "logfmt",
	[LOG_JSON] = "json",
};

void log_set_level(enum log_level level)
{
	max_level = level;
}

void log_set_format(enum log_format format)
{
	line_format = format;
}

enum log_level log_get_level(void)
{
	return max_level;
}

int log_level_parse(const char *text, enum log_level *ret_level)
{
	for (size_t i = 0; i < ARRAY_SIZE(level_names); i++) {
		if (strcmp(text, level_names[i]) == 0) {
			*ret_level = (enum log_level)i;
			return 0;
		}
	}
	return -EINVAL;
}

int log_format_parse(const char *text, enum log_format *ret_format)
{
	for (size_t i = 0; i < ARRAY_SIZE(format_names); i++) {
		if (strcmp(text, format_names[i]) == 0) {
			*ret_format = (enum log_format)i;
			return 0;
		}
	}
	return -EINVAL;
}

/* logfmt writes a value without quotes when no reader could take it for anything else. */
static bool is_bare(const char *s)
{
	if (*s == '\0')
		return false;
	for (; *s != '\0'; s++)
		if (*s <= ' ' || *s > '~' || *s == '"' || *s == '=' || *s == '\\')
			return false;
	return true;
}

static void put_pair(struct strbuf *line, const char *key, const char *value)
{
	if (line_format == LOG_JSON) {
		json_put_quoted(line, key);
		strbuf__putc(line, ':');
		json_put_quoted(line, value);
		return;
	}
	strbuf__puts(line, key);
	strbuf__putc(line, '=');
	if (is_bare(value))
		strbuf__puts(line, value);
	else
		json_put_quoted(line, value);
}

/* In one piece, so that lines of several processes on one stderr stay whole. */
static void write_line(const struct strbuf *line)
{
	static const char no_memory[] = "level=error msg=\"no memory for a log line\"\n";
	const char *bytes = line->failed ? no_memory : line->data;
	size_t n = line->failed ? strlen(no_memory) : line->len;

	if (TEMP_FAILURE_RETRY(write(STDERR_FILENO, bytes, n)) < 0)
		return; /* there is nowhere else to say it */
}

void log_line(enum log_level level, const char *msg, ...)
{
	const char *separator = line_format == LOG_JSON ? "," : " ";
	const char *key;
	const char *value;
	struct strbuf line;
	va_list ap;

	if (level > max_level)
		return;
	strbuf__init(&line);
	strbuf__puts(&line, line_format == LOG_JSON ? "{" : "");
	put_pair(&line, "level", level_names[level]);
	strbuf__puts(&line, separator);
	put_pair(&line, "msg", msg);

	va_start(ap, msg);
	while ((key = va_arg(ap, const char *)) && (value = va_arg(ap, const char *))) {
		strbuf__puts(&line, separator);
		put_pair(&line, key, value);
	}
	va_end(ap);
	strbuf__puts(&line, line_format == LOG_JSON ? "}\n" : "\n");
	write_line(&line);
	strbuf__fini(&line);
}
