/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/refusal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/types.h"
#include "base/util.h"

/* What an errno without a verifier's word means here, as measured on kernels that refuse. */
static const struct meaning {
	enum refusal_step step;
	int code;
	const char *text;
} meanings[] = {
	{REFUSED_LOAD, -EPERM,
	 "kernel lockdown, a security module or missing privileges forbid it"},
	{REFUSED_LOAD, -EINVAL, "this kernel does not know such programs, or is too old"},
	{REFUSED_LOAD, -ESRCH, "this kernel has no such hook"},
	{REFUSED_LOAD, -ENOENT, "this kernel has no such hook"},
	{REFUSED_ATTACH, -ENOENT, "this kernel has no such hook, or no kprobes"},
	{REFUSED_ATTACH, -EOPNOTSUPP, "this kernel cannot attach there (no fprobe)"},
	{REFUSED_ATTACH, -EPERM,
	 "kernel lockdown, a security module or missing privileges forbid it"},
};

static const char *meaning_of(enum refusal_step step, int code)
{
	for (size_t i = 0; i < ARRAY_SIZE(meanings); i++)
		if (meanings[i].step == step && meanings[i].code == code)
			return meanings[i].text;
	return NULL;
}

/* The verifier ends with statistics and libbpf's frame; what it objected to stands before them. */
static bool is_objection(const char *line, size_t n)
{
	static const char *const noise[] = {"processed ", "verification time", "stack depth", "-- ",
					    "max_states"};

	for (size_t i = 0; i < ARRAY_SIZE(noise); i++)
		if (n >= strlen(noise[i]) && !strncmp(line, noise[i], strlen(noise[i])))
			return false;
	return n > 0;
}

static void last_objection(const char *log, const char **ret_line, size_t *ret_n)
{
	*ret_line = NULL;
	*ret_n = 0;
	while (*log) {
		size_t n = strcspn(log, "\n");

		if (is_objection(log, n)) {
			*ret_line = log;
			*ret_n = n;
		}
		log += n + (log[n] == '\n');
	}
}

void refusal_describe(enum refusal_step step, int code, const char *log, char *ret_text, size_t n)
{
	const char *what = step == REFUSED_LOAD ? "load" : "attach";
	const char *meaning, *line;
	size_t line_len;

	last_objection(log, &line, &line_len);
	meaning = meaning_of(step, code);
	if (line)
		snprintf(ret_text, n, "%s: %s (verifier: %.*s)", what, strerror(-code),
			 (int)MIN(line_len, (size_t)160), line);
	else if (meaning)
		snprintf(ret_text, n, "%s: %s (%s)", what, strerror(-code), meaning);
	else
		snprintf(ret_text, n, "%s: %s", what, strerror(-code));
}
