/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A flush is a walk over pairs of an object and a CPU. It stops where the kernel asks to come again
 * (the ring is full, somebody was in the books), or when it has had its time on the loop, and goes
 * on from there.
 */
#include "pipeline/flush.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/err.h"
#include "base/log.h"
#include "base/util.h"
#include "bpf/wire.h"
#include "pipeline/collector.h"
#include "pipeline/drain.h"

enum { NS_PER_MS = 1000000 };

/* Between the starts of two flushes. */
enum { SPACING_FACTOR = 10, SPACING_MIN_MS = 5, SPACING_MAX_MS = 25 };

/* A walk gives way to the rest of the loop after so long. Whoever was in the books has usually left
 * them when the next call arrives; one who was preempted there has not, and may not come to run for
 * long: then the rest of the walk does not wait for this CPU, whose counts stay pending. */
enum { TURN_NS = 2 * NS_PER_MS, BUSY_CALLS = 8, BUSY_MS = 1, BUSY_TURNS = 100 };

enum phase {
	RESTING,  /* until the timer, or a request */
	WALKING,  /* in this turn, or going on by the timer */
	WAITING,  /* for room in the rings, in the middle of a walk */
	DRAINING, /* the walk is done, its records are on their way */
};

struct flush {
	struct collector *collector;
	struct drain *drain;
	uv_timer_t timer;
	struct drain_barrier barrier;
	enum phase phase;
	u64 interval_ns; /* 0: not started */
	u64 configured_interval_ns;
	u64 started_ns; /* the last one */
	u64 duration_ns;
	u32 object; /* where the walk is */
	u32 cpu;
	u32 busy_turns; /* at this place */
	u32 offline;
	u32 last_offline;
	bool failed;		      /* said once */
	struct flush_waiter *waiting; /* for the next flush */
	struct flush_waiter *served;  /* by this one */
	void (*ended)(void *ctx);     /* NULL: nobody listens */
	void *ended_ctx;
};

static void on_timer(uv_timer_t *timer);

static void schedule(struct flush *f, u64 at_ns)
{
	u64 now = uv_hrtime();
	u64 ms = at_ns > now ? (at_ns - now + NS_PER_MS - 1) / NS_PER_MS : 0;

	uv_update_time(f->timer.loop);
	uv_timer_start(&f->timer, on_timer, ms, 0);
}

static u64 earliest_start(const struct flush *f)
{
	u64 spacing = MIN(MAX(f->duration_ns * SPACING_FACTOR, (u64)SPACING_MIN_MS * NS_PER_MS),
			  (u64)SPACING_MAX_MS * NS_PER_MS);

	return f->started_ns + spacing;
}

/* The next flush: soon when somebody waits for it, else when the interval is over. */
static void rest(struct flush *f)
{
	f->phase = RESTING;
	if (f->waiting)
		schedule(f, earliest_start(f));
	else if (f->interval_ns)
		schedule(f, f->started_ns + f->interval_ns);
}

static void finish_walk(struct flush *f)
{
	f->duration_ns = uv_hrtime() - f->started_ns;
	f->last_offline = f->offline;
	f->phase = DRAINING;
	drain__place_barrier(f->drain, &f->barrier);
}

static bool next_place(struct flush *f)
{
	f->busy_turns = 0;
	if (++f->cpu == f->collector->ncpus) {
		f->cpu = 0;
		f->object++;
	}
	return f->object < f->collector->nobjects;
}

/* Once: a kernel that does not run the program will not do so next time either. */
static void report(struct flush *f, int code)
{
	if (!f->failed)
		log_error("the flush does not run", "reason", strerror(-code), NULL);
	f->failed = true;
}

enum place { PLACE_DONE, PLACE_FULL, PLACE_BUSY };

/* Flushes one object's tables on one CPU. A hook is worth a call of its own, once per visit. */
static enum place flush_place(struct flush *f)
{
	bool hook = collector__has_flush_hook(f->collector, f->object, f->cpu);
	u32 busy = 0;

	for (; hook || collector__needs_flush(f->collector, f->object, f->cpu); hook = false) {
		int status = collector__flush(f->collector, f->object, f->cpu);

		f->offline += status == -ENXIO;
		if (status < 0 && status != -ENXIO)
			report(f, status);
		if (status <= 0)
			break;
		if (status & WIRE_FLUSH_FULL)
			return PLACE_FULL;
		if (status & WIRE_FLUSH_BUSY && ++busy == BUSY_CALLS)
			return PLACE_BUSY;
	}
	return PLACE_DONE;
}

static void walk(struct flush *f)
{
	u64 give_way_ns = uv_hrtime() + TURN_NS;

	f->phase = WALKING;
	do {
		enum place place = flush_place(f);

		if (place == PLACE_FULL) {
			f->phase = WAITING;
			drain__place_barrier(f->drain, &f->barrier);
			return;
		}
		if (place == PLACE_BUSY && ++f->busy_turns < BUSY_TURNS) {
			schedule(f, uv_hrtime() + (u64)BUSY_MS * NS_PER_MS);
			return;
		}
		if (!next_place(f)) {
			finish_walk(f);
			return;
		}
	} while (uv_hrtime() < give_way_ns);
	schedule(f, 0);
}

static void begin(struct flush *f)
{
	f->served = f->waiting;
	f->waiting = NULL;
	f->started_ns = uv_hrtime();
	f->object = 0;
	f->cpu = 0;
	f->busy_turns = 0;
	f->offline = 0;
	uv_timer_stop(&f->timer);
	walk(f);
}

static void on_timer(uv_timer_t *timer)
{
	struct flush *f = container_of(timer, struct flush, timer);

	if (f->phase == RESTING)
		begin(f);
	else
		walk(f);
}

static void on_barrier(struct drain_barrier *barrier)
{
	struct flush *f = container_of(barrier, struct flush, barrier);
	struct flush_waiter *served = f->served;

	if (f->phase == WAITING) {
		walk(f);
		return;
	}
	f->served = NULL;
	rest(f);
	while (served) {
		struct flush_waiter *next = served->next;

		served->done(served);
		served = next;
	}
	if (f->ended)
		f->ended(f->ended_ctx);
}

int flush__new(struct uv_loop_s *loop, struct collector *c, struct drain *d, u64 interval_ms,
	       struct flush **ret_flush, struct err *err)
{
	struct flush *f = calloc(1, sizeof(*f));

	if (!f)
		return err__set_errno(err, -ENOMEM, "flush");
	*f = (struct flush){
		.collector = c,
		.drain = d,
		.barrier = {.passed = on_barrier},
		.configured_interval_ns = interval_ms * NS_PER_MS,
	};
	uv_timer_init(loop, &f->timer);
	*ret_flush = f;
	return 0;
}

void flush__start(struct flush *f)
{
	f->interval_ns = f->configured_interval_ns;
	if (f->phase == RESTING)
		schedule(f, uv_hrtime() + f->interval_ns);
}

void flush__request(struct flush *f, struct flush_waiter *w)
{
	w->next = f->waiting;
	f->waiting = w;
	if (f->phase != RESTING)
		return;
	if (uv_hrtime() >= earliest_start(f))
		begin(f);
	else
		rest(f);
}

void flush__listen(struct flush *f, void (*ended)(void *ctx), void *ctx)
{
	f->ended = ended;
	f->ended_ctx = ctx;
}

static void on_closed(uv_handle_t *handle)
{
	free(container_of((uv_timer_t *)handle, struct flush, timer));
}

void flush__close(struct flush *f)
{
	if (f)
		uv_close((uv_handle_t *)&f->timer, on_closed);
}

u64 flush__last_duration_ns(const struct flush *f)
{
	return f->duration_ns;
}

u32 flush__offline(const struct flush *f)
{
	return f->last_offline;
}
