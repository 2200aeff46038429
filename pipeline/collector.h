/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything between the kernel and a snapshot: the objects, the plan, the rings, the books and the
 * routes of one config. It has no loop and no clock; pipeline/app drives it.
 *
 * Life: new (opens objects, plans: no privileges needed) -> open_rings -> load each object -> adopt
 * it
 * -> records flow -> detach -> free. Others may read the members.
 */
#ifndef RINGTALLY_PIPELINE_COLLECTOR_H
#define RINGTALLY_PIPELINE_COLLECTOR_H

#include "aggregators/exposure.h"
#include "pipeline/budget.h"
#include "pipeline/ledger.h"
#include "pipeline/probe_image.h"
#include "pipeline/rings.h"

struct cgroup_news;
struct cgroup_sets;
struct cgroups;
struct config;
struct diags;
struct err;
struct quota;
struct snapshot;

struct collector {
	const struct config *config;
	const char *btf_path;	       /* NULL: the kernel's own */
	struct probe_object **objects; /* the bundled one first */
	u32 nobjects;
	u32 ncpus;	      /* that may ever be there */
	struct plan *plan;    /* its events index the ledgers */
	struct budget budget; /* of this machine: in the plan already */
	struct rings *rings;
	struct cgroups *cgroups;     /* NULL: nobody asks for them, or there are none */
	struct cgroup_news *news;    /* NULL: their names are found by walks alone */
	struct cgroup_sets *sets;    /* NULL: no `where` asks for any */
	struct ledger **ledgers;     /* NULL: that event is not loaded */
	struct event_memory *memory; /* of each event, as loaded */
	u64 constants_memory;	     /* of all objects, with what is no event's */
	struct exposure exposure;    /* families read it; pipeline/source writes it */
	struct quota *quota;	     /* of lines and memory, among the families */
	struct route *route;
	bool quiet; /* no other thread is at the objects: their programs may be looked at */
};

/*
 * Opens every object and plans the config. -EINVAL or another code with err: an object named in the
 * config cannot be used. What is wrong with the config's content goes to diags; when those hold
 * errors, *ret_collector is only good for freeing. The config is borrowed for life.
 */
int collector__new(const struct config *config, const char *btf_path, struct diags *diags,
		   struct collector **ret_collector, struct err *err);
void collector__free(struct collector *c); /* detaches first; NULL is fine */

/* How the config's kernel memory would be divided on a machine; as budget__init. */
int collector__budget(const struct collector *c, const struct cost_machine *machine,
		      struct budget *ret_budget);

/* Bytes of the constants of all objects in use, with what is no event's. */
u64 collector__constants(const struct collector *c, const struct cost_machine *machine);

/* Before the first object is loaded: from now on news tell of cgroups, if anybody asks for their
 * names. Where the kernel refuses that, one warning says so. Blocking. */
void collector__watch_cgroups(struct collector *c);

/* What the news have told so far takes effect, which is due whenever they are readable. Without
 * news or with some lost the tree is walked, once a second. */
int collector__cgroup_news_fd(const struct collector *c); /* -1: there are none */
void collector__follow_cgroups(struct collector *c, u64 now_ns);

int collector__open_rings(struct collector *c, struct err *err);

/* The same, but records go to somebody else: no series gets to see them. */
int collector__open_rings_to(struct collector *c, rings_records_fn take, void *ctx,
			     struct err *err);

/* Blocking; may run on another thread than everything else. */
void collector__load(struct collector *c, u32 object);
void collector__detach(struct collector *c);

/* Is any event of the object planned? */
bool collector__uses(const struct collector *c, u32 object);

/* After loading, on the loop's thread: opens the books of the object's events. */
int collector__adopt(struct collector *c, u32 object, struct err *err);

/* Loads and adopts every object that is used, one after the other: for those without a loop. */
int collector__load_all(struct collector *c, struct err *err);

/* NULL when the event is attached, else why not. Only after its object was adopted. */
const char *collector__refusal(const struct collector *c, u32 event);

/* Events of plan event `event` that the kernel itself skipped: recursion misses of the programs
 * that emit it. */
u64 collector__skipped(const struct collector *c, u32 event);

/* Has this CPU counted events of the object that are not in its ring yet, or no mark was made of?
 */
bool collector__needs_flush(const struct collector *c, u32 object, u32 cpu);

/* Has an event of the object a flush hook that may have something to tell there? */
bool collector__has_flush_hook(const struct collector *c, u32 object, u32 cpu);

/* One call of the object's flush on that CPU: what kept it from finishing (enum wire_flush), 0 for
 * nothing; -ENXIO: the CPU is offline. */
int collector__flush(const struct collector *c, u32 object, u32 cpu);

/* The books of every event, with what waits in the rings: ret_totals has plan->nevents. Events
 * without books are all 0. */
void collector__totals(const struct collector *c, struct ledger_totals *ret_totals);

/* Time passes for all configured metrics: every FAMILY_TICK_NS or so, monotonic. */
void collector__tick(struct collector *c, u64 now_ns);

/* All configured metrics; 0 or -ENOMEM. */
int collector__snapshot(struct collector *c, struct snapshot *s);

#endif
