/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a config: no crash, no leak, and either a config or an error. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "config/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static FILE *nowhere;
	struct config *config = NULL;
	struct err err = {0};
	struct diags diags;

	if (!nowhere)
		nowhere = fopen("/dev/null", "we");
	diags__init(&diags);
	int rc = config__parse("fuzz", (const char *)data, size, &diags, &config, &err);
	if ((rc == 0) != (config != NULL))
		abort();
	diags__print(&diags, nowhere);
	config__free(config);
	diags__fini(&diags);
	return 0;
}
