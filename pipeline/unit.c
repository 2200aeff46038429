/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/unit.h"

static const struct unit_facts units[] = {
	[UNIT_NONE] = {QUANTITY_PLAIN, 0, 1, NULL, NULL, NULL},
	[UNIT_NS] = {QUANTITY_TIME, 9, 1000000000, "_seconds", "1us", "64s"},
	[UNIT_BYTES] = {QUANTITY_BYTES, 0, 1, "_bytes", "1B", "1GiB"},
};

const struct unit_facts *unit_facts(enum unit unit)
{
	return &units[unit];
}
