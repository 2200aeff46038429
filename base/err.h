/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An error a human will read: a negative errno and one line of text. It is the last parameter of
 * every operation that can fail for a reason worth telling; that operation returns the code.
 *
 * The first message wins; callers on the way up add what they know in front of it:
 *   "probe runqlat: attach tp_btf/sched_switch: Operation not permitted"
 * Messages are lower case, without a full stop or newline. Whoever returns an error does not log
 * it.
 */
#ifndef RINGTALLY_BASE_ERR_H
#define RINGTALLY_BASE_ERR_H

struct err {
	int code;      /* 0, or a negative errno */
	char msg[512]; /* "" while code is 0 */
};

/* Sets code and message, unless an error is already set. Returns the code that stands in err. */
int err__set(struct err *err, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* err__set with ": " and the errno's own text appended. */
int err__set_errno(struct err *err, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Puts "PREFIX: " in front of the message. Returns the code. */
int err__wrap(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
