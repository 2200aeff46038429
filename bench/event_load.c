/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/event_load.h"

#include <string.h>

#include "base/util.h"

static const struct event_load *const loads[] = {&load_calls, &load_pipe, &load_block,
						 &load_packets};

static bool fires(const struct event_load *load, const char *tracepoint)
{
	for (size_t i = 0; i < ARRAY_SIZE(load->hooks) && load->hooks[i]; i++)
		if (!strncmp(tracepoint, load->hooks[i], strlen(load->hooks[i])))
			return true;
	return false;
}

const struct event_load *event_load_for(const char *hook)
{
	const char *slash = strrchr(hook, '/');

	for (size_t i = 0; slash && i < ARRAY_SIZE(loads); i++)
		if (fires(loads[i], slash + 1))
			return loads[i];
	return NULL;
}
