/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/libbpf_log.h"

#include <bpf/libbpf.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"

static bool shown;

__attribute__((format(printf, 2, 0))) static int print(enum libbpf_print_level level,
						       const char *fmt, va_list args)
{
	char line[1024];

	(void)level;
	if (!shown)
		return 0;
	vsnprintf(line, sizeof(line), fmt, args);
	line[strcspn(line, "\n")] = '\0';
	log_debug(line, "from", "libbpf", NULL);
	return 0;
}

void libbpf_log_init(bool show)
{
	shown = show;
	libbpf_set_print(print);
}

const char *libbpf_log_version(void)
{
	return libbpf_version_string();
}
