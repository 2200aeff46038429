/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/budget.h"

#include <errno.h>
#include <stdlib.h>

#include "base/util.h"
#include "pipeline/plan.h"
#include "pipeline/probe_image.h"

static bool has_table(const struct event_plan *event)
{
	return event->wire.delivery == WIRE_COMBINE;
}

static bool may_shrink(const struct event_plan *event)
{
	return has_table(event) && event->slots_wanted == 0;
}

/* Every table whose size is open gets `slots`. */
static void size_tables(struct budget *b, const struct plan *plan, u32 slots)
{
	for (u32 i = 0; i < plan->nevents; i++) {
		const struct event_plan *event = &plan->events[i];

		b->slots[i] = may_shrink(event) ? slots : event->slots_wanted;
		if (!has_table(event))
			b->slots[i] = 0;
	}
}

/* All but the rings. */
static u64 cost_of_rest(const struct budget *b, const struct budget_request *r)
{
	u64 bytes = r->constants;

	for (u32 i = 0; i < r->plan->nevents; i++) {
		const struct event_cost cost =
			cost_of_event(&r->plan->events[i], b->slots[i], &r->starts[i], &r->machine);

		bytes += event_cost_sum(&cost);
	}
	return bytes;
}

static u64 cost_of_layout(const struct budget *b, const struct budget_request *r)
{
	return cost_of_rings(&b->rings, r->machine.page_bytes);
}

/* One step down; false: there is none. */
static bool shrink_rings(struct rings_layout *rings)
{
	if (rings->cpus_per_ring < rings->ncpus)
		rings->cpus_per_ring *= 2;
	else if (rings->size > BUDGET_RING_MIN)
		rings->size /= 2;
	else
		return false;
	return true;
}

static bool halve_largest(struct budget *b, const struct plan *plan)
{
	u32 *largest = NULL;
	u64 most = 0;

	for (u32 i = 0; i < plan->nevents; i++) {
		u64 bytes = b->slots[i] * cost_slot_bytes(&plan->events[i]);

		if (!may_shrink(&plan->events[i]) || b->slots[i] == BUDGET_SLOTS_MIN ||
		    bytes <= most)
			continue;
		most = bytes;
		largest = &b->slots[i];
	}
	if (largest)
		*largest /= 2;
	return largest;
}

static void use_least(struct budget *b, const struct budget_request *r)
{
	size_tables(b, r->plan, BUDGET_SLOTS_MIN);
	while (shrink_rings(&b->rings))
		;
	b->bytes = cost_of_layout(b, r) + cost_of_rest(b, r);
	b->smallest = MAX(b->bytes, 2 * cost_of_layout(b, r));
}

/* There is room for the least of everything. */
static void divide(struct budget *b, const struct budget_request *r)
{
	const u64 least_rest = cost_of_rest(b, r);
	const u64 ring_room = MIN(r->limit / 2, r->limit - least_rest);
	u64 ring_bytes;

	b->rings.cpus_per_ring = 1;
	b->rings.size = r->ring_bytes;
	while (cost_of_layout(b, r) > ring_room)
		shrink_rings(&b->rings);
	ring_bytes = cost_of_layout(b, r);
	size_tables(b, r->plan, BUDGET_SLOTS_MAX);
	while (cost_of_rest(b, r) > r->limit - ring_bytes)
		halve_largest(b, r->plan);
	b->bytes = ring_bytes + cost_of_rest(b, r);
}

int budget__init(struct budget *ret_budget, const struct budget_request *request)
{
	struct budget b = {
		.rings = {request->machine.ncpus, 1, request->ring_bytes},
		.slots = calloc(request->plan->nevents + 1, sizeof(*b.slots)),
	};
	int rc = 0;

	if (!b.slots)
		return -ENOMEM;
	use_least(&b, request);
	if (request->limit < b.smallest)
		rc = -E2BIG;
	else
		divide(&b, request);
	*ret_budget = b;
	return rc;
}

void budget__apply(const struct budget *b, struct plan *plan)
{
	for (u32 i = 0; i < plan->nevents; i++) {
		event_plan__set_slots(&plan->events[i], b->slots[i]);
		plan->events[i].wire.wake_bytes = b->rings.size / 4;
	}
}

void budget__fini(struct budget *b)
{
	free(b->slots);
	*b = (struct budget){0};
}
