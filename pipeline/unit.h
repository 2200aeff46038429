/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of the unit of a field: how a config writes it, how an exposition shows it. */
#ifndef RINGTALLY_PIPELINE_UNIT_H
#define RINGTALLY_PIPELINE_UNIT_H

#include "config/quantity.h"
#include "pipeline/schema.h"

struct unit_facts {
	enum quantity quantity;
	u8 scale;	    /* decimal digits from the field's unit to the base unit */
	u32 base;	    /* how many of the field's unit are one of the base unit */
	const char *suffix; /* of a metric's name */
	const char *min;    /* of buckets that do not say; NULL: they must */
	const char *max;
};

const struct unit_facts *unit_facts(enum unit unit);

#endif
