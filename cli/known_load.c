/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/known_load.h"

#include <assert.h>
#include <stdio.h>
#include <unistd.h>

void known__add_label(struct known *k, const char *name, const char *value)
{
	struct known_label *label = &k->labels[k->nlabels++];

	assert(k->nlabels <= KNOWN_LABELS_MAX);
	label->name = name;
	snprintf(label->value, sizeof(label->value), "%s", value);
}

void known__set(struct known *k, u32 figure, u64 exactly)
{
	k->figures[figure] = (struct known_figure){exactly, exactly};
}

/* PIDs have at most 7 digits. */
struct known_name known_name(char role)
{
	struct known_name name;

	snprintf(name.text, sizeof(name.text), "rt-%u%s%.1s", (u32)getpid() % 10000000,
		 role ? "-" : "", &role);
	return name;
}
