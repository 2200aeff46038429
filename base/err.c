/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"

#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include "base/utf8.h"

static void format(char *buf, size_t size, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void format(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	utf8_vformat(buf, size, fmt, ap);
	va_end(ap);
}

/* "TEXT: cause". The text gets half of the message at most, so that the cause is always seen. */
static void explain(struct err *err, const char *fmt, va_list ap, const char *cause)
	__attribute__((format(printf, 2, 0)));

static void explain(struct err *err, const char *fmt, va_list ap, const char *cause)
{
	char text[sizeof(err->msg) / 2];

	utf8_vformat(text, sizeof(text), fmt, ap);
	format(err->msg, sizeof(err->msg), "%s: %s", text, cause);
}

int err__set(struct err *err, int code, const char *fmt, ...)
{
	va_list ap;

	if (err->code)
		return err->code;
	va_start(ap, fmt);
	utf8_vformat(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);
	err->code = code;
	return code;
}

int err__set_errno(struct err *err, int code, const char *fmt, ...)
{
	va_list ap;

	if (err->code)
		return err->code;
	va_start(ap, fmt);
	explain(err, fmt, ap, strerror(-code));
	va_end(ap);
	err->code = code;
	return code;
}

int err__wrap(struct err *err, const char *fmt, ...)
{
	char cause[sizeof(err->msg)];
	va_list ap;

	if (!err->code)
		return 0;
	memcpy(cause, err->msg, sizeof(cause));
	va_start(ap, fmt);
	explain(err, fmt, ap, cause);
	va_end(ap);
	return err->code;
}
