/* SPDX-License-Identifier: Apache-2.0 */
#include "config/quantity.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/strbuf.h"
#include "base/utf8.h"
#include "base/util.h"

enum { WHY_BYTES = 128, MEANT_BYTES = 64, SHOWN_BYTES = 40 };

struct unit {
	const char *name;
	u64 scale;
	const char *instead_of[5]; /* what people write for it, in any case */
};

static const struct unit no_units[] = {{.name = "", .scale = 1}};

static const struct unit time_units[] = {
	{"ns", 1, {"nsec"}},
	{"us", 1000ULL, {"usec", "µs", "μs"}},
	{"ms", 1000ULL * 1000, {"msec"}},
	{"s", 1000ULL * 1000 * 1000, {"sec", "second", "seconds"}},
	{"m", 60ULL * 1000 * 1000 * 1000, {"min", "minute", "minutes"}},
	{"h", 3600ULL * 1000 * 1000 * 1000, {"hour", "hours"}},
	{"d", 86400ULL * 1000 * 1000 * 1000, {"day", "days"}},
};

static const struct unit bytes_units[] = {
	{"B", 1, {"byte", "bytes"}},
	{"KiB", 1ULL << 10, {"k", "kb", "ki"}},
	{"MiB", 1ULL << 20, {"m", "mb", "mi"}},
	{"GiB", 1ULL << 30, {"g", "gb", "gi"}},
	{"TiB", 1ULL << 40, {"t", "tb", "ti"}},
};

static const struct measure {
	const char *noun; /* "'5KiB' is a size" */
	const char *like;
	const char *list;
	const struct unit *units;
	size_t nunits;
} measures[] = {
	[QUANTITY_PLAIN] = {"number", "", "", no_units, ARRAY_SIZE(no_units)},
	[QUANTITY_TIME] = {"time", " like 10us", "ns, us, ms, s, m, h or d", time_units,
			   ARRAY_SIZE(time_units)},
	[QUANTITY_BYTES] = {"size", " like 64KiB", "B, KiB, MiB, GiB or TiB", bytes_units,
			    ARRAY_SIZE(bytes_units)},
};

/* A text as digits with a minus before and a rest behind them. */
struct parts {
	bool negative;
	bool too_large;
	u64 n;
	const char *unit;
};

static bool split(const char *s, struct parts *ret)
{
	struct parts p = {.negative = *s == '-'};

	s += p.negative;
	if (*s < '0' || *s > '9')
		return false;
	for (; *s >= '0' && *s <= '9'; s++)
		p.too_large |= __builtin_mul_overflow(p.n, 10, &p.n) ||
			       __builtin_add_overflow(p.n, (u64)(*s - '0'), &p.n);
	p.unit = s;
	*ret = p;
	return true;
}

static const struct unit *find_unit(const struct measure *m, const char *name)
{
	for (size_t i = 0; i < m->nunits; i++)
		if (strcmp(m->units[i].name, name) == 0)
			return &m->units[i];
	return NULL;
}

/* The unit that was meant by a name that is none. */
static const struct unit *guess_unit(const struct measure *m, const char *name)
{
	if (*name == '\0')
		return NULL;
	for (size_t i = 0; i < m->nunits; i++) {
		const struct unit *unit = &m->units[i];

		if (strcasecmp(unit->name, name) == 0)
			return unit;
		for (size_t j = 0; j < ARRAY_SIZE(unit->instead_of) && unit->instead_of[j]; j++)
			if (strcasecmp(unit->instead_of[j], name) == 0)
				return unit;
	}
	return NULL;
}

static void say(char why[WHY_BYTES], const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void say(char why[WHY_BYTES], const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	utf8_vformat(why, WHY_BYTES, fmt, ap);
	va_end(ap);
}

/* Whether the name is a unit, but of something else: what that is. */
static const struct measure *other_measure(const struct measure *m, const char *unit)
{
	for (size_t i = QUANTITY_TIME; i < ARRAY_SIZE(measures); i++)
		if (&measures[i] != m && find_unit(&measures[i], unit))
			return &measures[i];
	return NULL;
}

bool quantity_meant(enum quantity quantity, const char *text, char ret_meant[64])
{
	struct parts p;

	if (!split(text, &p))
		return false;
	const struct unit *unit = guess_unit(&measures[quantity], p.unit);
	int digits = (int)(p.unit - text);
	if (!unit || digits + (int)strlen(unit->name) >= MEANT_BYTES)
		return false;
	snprintf(ret_meant, MEANT_BYTES, "%.*s%s", digits, text, unit->name);
	return true;
}

/* The unit of a text that starts with a number is not one of the measure's. */
static void refuse_unit(enum quantity quantity, const char *text, const char *unit, char *why)
{
	const struct measure *m = &measures[quantity];
	const struct measure *other = other_measure(m, unit);
	char shown[SHOWN_BYTES];
	char meant[MEANT_BYTES];

	utf8_repair(shown, sizeof(shown), text, strlen(text));
	if (*unit == '.')
		say(why, "'%s' must be a whole number%s", shown,
		    quantity == QUANTITY_PLAIN ? "" : ": write it in a smaller unit");
	else if (quantity == QUANTITY_PLAIN && other)
		say(why, "'%s' must be a number without a unit", shown);
	else if (quantity == QUANTITY_PLAIN)
		say(why, "'%s' is not a number", shown);
	else if (*unit == '\0')
		say(why, "'%s' needs a unit (%s)", shown, m->list);
	else if (other)
		say(why, "'%s' is a %s, not a %s (%s)", shown, other->noun, m->noun, m->list);
	else if (quantity_meant(quantity, text, meant))
		say(why, "'%s' has an unknown unit: write %s", shown, meant);
	else
		say(why, "'%s' has an unknown unit (%s)", shown, m->list);
}

int quantity_parse(enum quantity quantity, const char *text, u64 *ret_n, char ret_why[128])
{
	const struct measure *m = &measures[quantity];
	char shown[SHOWN_BYTES];
	struct parts p;

	utf8_repair(shown, sizeof(shown), text, strlen(text));
	if (!split(text, &p)) {
		say(ret_why, "'%s' is not a %s%s", shown, m->noun, m->like);
		return -EINVAL;
	}
	const struct unit *unit = find_unit(m, p.unit);
	if (!unit && *p.unit == '\0' && p.n == 0 && !p.too_large)
		unit = &m->units[0];
	if (!unit) {
		refuse_unit(quantity, text, p.unit, ret_why);
		return -EINVAL;
	}
	p.too_large |= __builtin_mul_overflow(p.n, unit->scale, &p.n);
	if (p.negative && quantity != QUANTITY_PLAIN && (p.n > 0 || p.too_large)) {
		say(ret_why, "'%s' is negative", shown);
		return -ERANGE;
	}
	if (p.too_large || (p.negative && p.n > (u64)INT64_MAX + 1)) {
		say(ret_why, "'%s' is too %s", shown, p.negative ? "small" : "large");
		return -ERANGE;
	}
	*ret_n = p.negative ? -p.n : p.n;
	return 0;
}

void quantity_put(struct strbuf *out, enum quantity quantity, u64 n)
{
	const struct measure *m = &measures[quantity];
	size_t i = m->nunits - 1;

	while (i > 0 && (n == 0 || n % m->units[i].scale != 0))
		i--;
	strbuf__put_u64(out, n / m->units[i].scale);
	strbuf__puts(out, m->units[i].name);
}
