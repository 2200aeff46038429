/* SPDX-License-Identifier: Apache-2.0 */
/* System calls, one after the other. */
#include <string.h>

#include "base/util.h"
#include "bench/event_load.h"
#include "bench/hook.h"

static int start(u32 cpu, void **ret_ctx, struct err *err)
{
	(void)cpu;
	(void)err;
	*ret_ctx = NULL;
	return 0;
}

static int make(void *ctx, size_t events, struct err *err)
{
	static const u64 arguments[1000];

	(void)ctx;
	(void)err;
	for (size_t n; events > 0; events -= n) {
		n = MIN(events, ARRAY_SIZE(arguments));
		hook_call_many(arguments, n);
	}
	return 0;
}

static void stop(void *ctx)
{
	(void)ctx;
}

const struct event_load load_calls = {
	"calls", "getpid", {"sys_enter", "sys_exit"}, 2000, start, make, stop,
};
