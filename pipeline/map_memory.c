/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/map_memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

u64 map_memory(int fd)
{
	static const char key[] = "memlock:";
	char path[48], line[128];
	u64 bytes = 0;
	FILE *in;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	in = fopen(path, "re");
	if (!in)
		return 0;
	while (fgets(line, sizeof(line), in))
		if (!strncmp(line, key, strlen(key)))
			bytes = strtoull(line + strlen(key), NULL, 10);
	fclose(in);
	return bytes;
}
