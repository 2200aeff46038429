/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/trial.h"

#include "base/strbuf.h"
#include "pipeline/collector.h"
#include "pipeline/plan.h"
#include "pipeline/probe_object.h"

int trial_attach(struct collector *c, struct err *err)
{
	const int rc = collector__open_rings(c, err);

	return rc ? rc : collector__load_all(c, err);
}

void trial_put_hooks(struct strbuf *out, const struct collector *c, u32 event)
{
	const struct event_plan *plan = &c->plan->events[event];
	const struct probe_object *object = c->objects[plan->object];
	const char *separator = "";

	for (u32 i = 0; i < probe_object__nprograms(object); i++) {
		struct program_status program = probe_object__program(object, i);

		if (program.event != plan || !program.attached)
			continue;
		strbuf__puts(out, separator);
		strbuf__puts(out, program.hook);
		separator = ", ";
	}
}
