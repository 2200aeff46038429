/* SPDX-License-Identifier: Apache-2.0 */
/* As libc numbers and names them: 32 and 33 it keeps for itself. */
#include "pipeline/decoders/dec_signal.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "base/suggest.h"
#include "base/util.h"
#include "pipeline/decoders/dec_number.h"
#include "pipeline/decoders/decoded.h"

#define NAME(signal) [signal] = #signal
#define REAL_TIME(n) [REAL_TIME_MIN + (n)] = "SIGRTMIN+" #n

enum { REAL_TIME_MIN = 34, REAL_TIME_MAX = 64 };

static const char *const names[] = {
	NAME(SIGHUP),  NAME(SIGINT),
	NAME(SIGQUIT), NAME(SIGILL),
	NAME(SIGTRAP), NAME(SIGABRT),
	NAME(SIGBUS),  NAME(SIGFPE),
	NAME(SIGKILL), NAME(SIGUSR1),
	NAME(SIGSEGV), NAME(SIGUSR2),
	NAME(SIGPIPE), NAME(SIGALRM),
	NAME(SIGTERM), NAME(SIGSTKFLT),
	NAME(SIGCHLD), NAME(SIGCONT),
	NAME(SIGSTOP), NAME(SIGTSTP),
	NAME(SIGTTIN), NAME(SIGTTOU),
	NAME(SIGURG),  NAME(SIGXCPU),
	NAME(SIGXFSZ), NAME(SIGVTALRM),
	NAME(SIGPROF), NAME(SIGWINCH),
	NAME(SIGIO),   NAME(SIGPWR),
	NAME(SIGSYS),  [REAL_TIME_MIN] = "SIGRTMIN",
	REAL_TIME(1),  REAL_TIME(2),
	REAL_TIME(3),  REAL_TIME(4),
	REAL_TIME(5),  REAL_TIME(6),
	REAL_TIME(7),  REAL_TIME(8),
	REAL_TIME(9),  REAL_TIME(10),
	REAL_TIME(11), REAL_TIME(12),
	REAL_TIME(13), REAL_TIME(14),
	REAL_TIME(15), REAL_TIME(16),
	REAL_TIME(17), REAL_TIME(18),
	REAL_TIME(19), REAL_TIME(20),
	REAL_TIME(21), REAL_TIME(22),
	REAL_TIME(23), REAL_TIME(24),
	REAL_TIME(25), REAL_TIME(26),
	REAL_TIME(27), REAL_TIME(28),
	REAL_TIME(29), [REAL_TIME_MAX] = "SIGRTMAX",
};

/* The names that are not shown. */
static const struct named_value aliases[] = {
	{"SIGIOT", SIGIOT},
	{"SIGCLD", SIGCLD},
	{"SIGPOLL", SIGPOLL},
};

static int create(const struct decoder_env *env, struct decoder **ret_decoder, struct err *err)
{
	static struct decoder signal_decoder = {.ops = &dec_signal_ops};

	(void)env;
	(void)err;
	*ret_decoder = &signal_decoder;
	return 0;
}

static void decode(struct decoder *d, const u64 *words, u32 n, struct decoded *ret)
{
	const char *name = words[0] < ARRAY_SIZE(names) ? names[words[0]] : NULL;

	(void)d;
	(void)n;
	if (name)
		decoded__format(ret, "%s", name);
	else
		decoded__format(ret, "%lld", (s64)words[0]);
}

static int encode(struct decoder *d, const char *text, u64 *ret_word)
{
	(void)d;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (names[i] && strcmp(names[i], text) == 0) {
			*ret_word = i;
			return 0;
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(aliases); i++) {
		if (strcmp(aliases[i].name, text) == 0) {
			*ret_word = aliases[i].value;
			return 0;
		}
	}
	return decimal_encode(text, ret_word);
}

static void offer_names(struct decoder *d, struct suggestion *suggestion)
{
	(void)d;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i])
			suggestion__offer(suggestion, names[i]);
}

static void destroy(struct decoder *d)
{
	(void)d;
}

const struct decoder_ops dec_signal_ops = {
	.name = "signal",
	.help = "The name of the signal, SIGKILL; the number when it has no name.",
	.text = false,
	.own_names = false,
	.no_where = NULL,
	.create = create,
	.decode = decode,
	.encode = encode,
	.offer_names = offer_names,
	.destroy = destroy,
};
