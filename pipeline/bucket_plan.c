/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/bucket_plan.h"

#include <errno.h>
#include <stdlib.h>

#include "aggregators/bounds.h"
#include "aggregators/bounds_native.h"
#include "base/strbuf.h"
#include "base/util.h"
#include "bpf/wire.h"
#include "config/config.h"
#include "config/native_options.h"
#include "pipeline/unit.h"

enum { BOUNDS_MAX = WIRE_BOUNDS_MAX };

_Static_assert((int)BOUNDS_MAX == (int)CONFIG_MAX_BOUNDS, "what a config may say fits the wire");
_Static_assert((int)NATIVE_SCHEMA_MIN == (int)CONFIG_SCHEMA_MIN &&
		       (int)NATIVE_SCHEMA_MAX == (int)CONFIG_SCHEMA_MAX,
	       "a config may name the schemas that there are");

/* What planning the bounds of one histogram works with; n stays 0 where something is wrong. */
struct planner {
	const struct buckets_config *config;
	const struct field *value;
	const struct unit_facts *unit;
	struct diags *diags;
	u64 *bounds;
	u32 n;
};

static int make_room(struct planner *p, u32 n)
{
	p->bounds = calloc(n, sizeof(*p->bounds));
	if (!p->bounds)
		return -ENOMEM;
	p->n = n;
	return 0;
}

static bool read_quantity(const struct planner *p, enum quantity quantity,
			  const struct config_text *text, const char *if_negative, u64 *ret_n)
{
	char why[128];

	if (text->s[0] == '-') {
		diags__error(p->diags, text->pos, "%s", if_negative);
		return false;
	}
	if (!quantity_parse(quantity, text->s, ret_n, why))
		return true;
	diags__error(p->diags, text->pos, "%s", why);
	return false;
}

static bool read_bound(const struct planner *p, const struct config_text *text, u64 *ret_bound)
{
	return read_quantity(p, p->unit->quantity, text, "a bound is never negative", ret_bound);
}

/* --- a range, of log2 and native bounds --- */

struct range {
	u64 min;
	u64 max;
};

static bool read_limit(const struct planner *p, const struct config_text *given,
		       const char *otherwise, const char *what, u64 *ret_limit)
{
	struct config_text text = {.s = given->s ? given->s : otherwise, .pos = given->pos};

	if (text.s)
		return read_bound(p, &text, ret_limit);
	diags__error(p->diags, p->config->pos, "'%s' has no unit: %s buckets for it need '%s'",
		     p->value->name, p->config->kind == BUCKETS_LOG2 ? "log2" : "native", what);
	return false;
}

static bool read_range(const struct planner *p, struct range *ret)
{
	struct range range;

	if (!read_limit(p, &p->config->min, p->unit->min, "min", &range.min) ||
	    !read_limit(p, &p->config->max, p->unit->max, "max", &range.max))
		return false;
	if (range.min == 0 || range.max < range.min) {
		diags__error(p->diags, p->config->pos,
			     range.min ? "'max' is below 'min'" : "'min' must be above 0");
		return false;
	}
	*ret = range;
	return true;
}

static int plan_log2(struct planner *p)
{
	struct range range;

	if (!read_range(p, &range))
		return 0;
	if (make_room(p, bounds_log2(range.min, range.max, NULL)))
		return -ENOMEM;
	bounds_log2(range.min, range.max, p->bounds);
	return 0;
}

/* --- native --- */

static struct pos schema_pos(const struct planner *p)
{
	return p->config->schema.pos.line ? p->config->schema.pos : p->config->pos;
}

static void report_too_fine(const struct planner *p, const struct native_row *row, u32 n)
{
	struct native_row fitting = *row;

	while (bounds_native(&fitting, NULL) > BOUNDS_MAX)
		fitting.schema--; /* the coarsest has at most one for 16 octaves */
	diags__error(p->diags, schema_pos(p),
		     "%u bounds, and a histogram has at most %d: schema %d fits this range", n,
		     BOUNDS_MAX, fitting.schema);
}

static int plan_native(struct planner *p)
{
	struct range range;

	if (!read_range(p, &range))
		return 0;

	const struct native_row row = {
		.schema = (s32)p->config->schema.n,
		.base = p->unit->base,
		.min = range.min,
		.max = range.max,
	};
	const u32 n = bounds_native(&row, NULL);

	if (n == 0)
		diags__error(p->diags, schema_pos(p),
			     "schema %d has no bound from 'min' on that fits into 64 bits",
			     row.schema);
	else if (n > BOUNDS_MAX)
		report_too_fine(p, &row, n);
	else if (make_room(p, n))
		return -ENOMEM;
	else
		bounds_native(&row, p->bounds);
	return 0;
}

/* --- linear --- */

struct line {
	u64 start;
	u64 step;
	u64 count;
};

static bool read_line(const struct planner *p, struct line *ret)
{
	const struct buckets_config *config = p->config;
	bool start = read_bound(p, &config->start, &ret->start);
	bool step = read_quantity(p, p->unit->quantity, &config->step,
				  "bounds ascend: 'step' is never negative", &ret->step);
	bool count = read_quantity(p, QUANTITY_PLAIN, &config->count, "'count' must be above 0",
				   &ret->count);

	return start && step && count;
}

/* How many parts of that size it takes to hold n, which is above 0. */
static u64 parts(u64 n, u64 size)
{
	return (n - 1) / size + 1;
}

/* The same range in as many bounds as there may be: a multiple of the step keeps its bounds where
 * some of them were. */
static void report_too_many(const struct planner *p, const struct line *line)
{
	const u64 gaps = line->count - 1;
	const u64 times = parts(gaps, BOUNDS_MAX - 1);
	struct strbuf step;

	strbuf__init(&step);
	quantity_put(&step, p->unit->quantity, line->step * times);
	diags__error(p->diags, p->config->count.pos,
		     "%llu bounds, and a histogram has at most %d: step %s with count %llu fits "
		     "this range",
		     line->count, BOUNDS_MAX, step.data, parts(gaps, times) + 1);
	strbuf__fini(&step);
}

static bool is_too_long(const struct line *line)
{
	u64 last;

	return __builtin_mul_overflow(line->count - 1, line->step, &last) ||
	       __builtin_add_overflow(last, line->start, &last);
}

static int plan_linear(struct planner *p)
{
	struct line line;

	if (!read_line(p, &line))
		return 0;
	if (line.step == 0 || line.count == 0)
		diags__error(p->diags, line.step ? p->config->count.pos : p->config->step.pos,
			     "'%s' must be above 0", line.step ? "count" : "step");
	else if (is_too_long(&line))
		diags__error(p->diags, p->config->count.pos,
			     "the last of %llu bounds does not fit into 64 bits", line.count);
	else if (line.count > BOUNDS_MAX)
		report_too_many(p, &line);
	else if (make_room(p, (u32)line.count))
		return -ENOMEM;
	else
		bounds_linear(line.start, line.step, p->n, p->bounds);
	return 0;
}

/* --- explicit --- */

static int plan_explicit(struct planner *p)
{
	const struct config_text *texts = p->config->bounds;
	bool sound = true;

	if (make_room(p, (u32)p->config->nbounds))
		return -ENOMEM;
	for (size_t i = 0; i < p->config->nbounds; i++) {
		if (!read_bound(p, &texts[i], &p->bounds[i])) {
			sound = false;
		} else if (sound && i > 0 && p->bounds[i] <= p->bounds[i - 1]) {
			diags__error(p->diags, texts[i].pos, "bounds ascend: %s is not above %s",
				     texts[i].s, texts[i - 1].s);
			sound = false;
		}
	}
	p->n = sound ? p->n : 0;
	return 0;
}

int bucket_plan_bounds(const struct buckets_config *config, const struct field *value,
		       struct diags *diags, u64 **ret_bounds, u32 *ret_n)
{
	static int (*const plans[])(struct planner * p) = {
		[BUCKETS_LOG2] = plan_log2,
		[BUCKETS_LINEAR] = plan_linear,
		[BUCKETS_NATIVE] = plan_native,
		[BUCKETS_EXPLICIT] = plan_explicit,
	};
	struct planner p = {config, value, unit_facts(value->unit), diags, NULL, 0};
	int rc = plans[config->kind](&p);

	*ret_bounds = p.bounds;
	*ret_n = p.n;
	return rc;
}
