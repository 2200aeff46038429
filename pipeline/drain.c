/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/drain.h"

#include <errno.h>
#include <stdlib.h>
#include <uv.h>

#include "base/err.h"
#include "base/util.h"
#include "pipeline/rings.h"

/* A turn takes well below a millisecond at some tens of ns per record. */
enum { TURN_RECORDS = 8192, BUSY_MS = 1, STEADY_MS = 5, NS_PER_MS = 1000000 };

/* Share of the fullest ring that a turn finds, in 1/1024: above `BUSY` the next turn comes as soon
 * as it may, above `STEADY` after a while; below, rings that fill at this rate need no timer. */
enum { FILL_BUSY = 128, FILL_STEADY = 16 };

struct drain {
	struct rings *rings;
	uv_timer_t timer; /* the paced turns */
	uv_idle_t more;	  /* turns right after one that left something, once per turn of the loop */
	uv_poll_t wake;
	int open_handles;
	u64 period_ms;
	u64 idle_ms;
	u64 due_ns;
	u64 last_ns;
	u64 delay_max_ns;
	size_t used_max;
	struct drain_barrier *active;  /* wait for `target` */
	struct drain_barrier *waiting; /* for the barrier after that */
	u64 target[];
};

static void on_timer(uv_timer_t *timer);
static void on_more(uv_idle_t *more);

static void schedule(struct drain *d, u64 ms)
{
	d->due_ns = uv_hrtime() + ms * NS_PER_MS;
	uv_idle_stop(&d->more);
	uv_timer_start(&d->timer, on_timer, ms, 0);
}

/* Not by a timer of 0 ms: started from its own callback it would run again before the loop gets to
 * anything else. */
static void schedule_soon(struct drain *d)
{
	d->due_ns = uv_hrtime();
	uv_timer_stop(&d->timer);
	uv_idle_start(&d->more, on_more);
}

/* Sleeps until a barrier is placed, or a ring asks for attention. */
static void rest(struct drain *d)
{
	uv_idle_stop(&d->more);
	uv_timer_stop(&d->timer);
}

/* After a turn that leaves nothing to do at once. What a turn found tells how fast the rings fill:
 * where that is slow, the next flush or a full ring comes soon enough. */
static void pace(struct drain *d, size_t fullest)
{
	d->period_ms = fullest > FILL_BUSY ? BUSY_MS : MIN(d->period_ms * 2, (u64)STEADY_MS);
	if (fullest > FILL_STEADY)
		schedule(d, d->period_ms);
	else
		rest(d);
}

static void activate_waiting(struct drain *d)
{
	d->active = d->waiting;
	d->waiting = NULL;
	if (d->active)
		rings__mark(d->rings, d->target);
}

static void finish_barrier(struct drain *d)
{
	struct drain_barrier *passed = d->active;

	activate_waiting(d);
	while (passed) {
		struct drain_barrier *next = passed->next;

		passed->passed(passed);
		passed = next;
	}
}

/* One turn: take what is there, within bounds, and decide when the next one is. */
static void turn(struct drain *d)
{
	struct rings_usage usage = rings__usage(d->rings);
	size_t taken;

	d->last_ns = uv_hrtime();
	d->used_max = MAX(d->used_max, usage.used);
	taken = rings__drain(d->rings, TURN_RECORDS);
	if (d->active && rings__passed(d->rings, d->target))
		finish_barrier(d);
	if (taken == TURN_RECORDS || (d->active && taken > 0))
		schedule_soon(d);
	else if (d->active) /* behind a record that is not submitted yet, or just placed */
		schedule(d, BUSY_MS);
	else
		pace(d, usage.fullest);
}

static void late_turn(struct drain *d)
{
	u64 now = uv_hrtime();

	if (now > d->due_ns)
		d->delay_max_ns = MAX(d->delay_max_ns, now - d->due_ns);
	turn(d);
}

static void on_timer(uv_timer_t *timer)
{
	late_turn(container_of(timer, struct drain, timer));
}

static void on_more(uv_idle_t *more)
{
	late_turn(container_of(more, struct drain, more));
}

static void on_wake(uv_poll_t *wake, int status, int events)
{
	struct drain *d = container_of(wake, struct drain, wake);

	(void)status;
	(void)events;
	rings__acknowledge(d->rings);
	d->period_ms = BUSY_MS;
	turn(d);
}

int drain__new(struct uv_loop_s *loop, struct rings *rings, u64 idle_ms, struct drain **ret_drain,
	       struct err *err)
{
	struct drain *d = calloc(1, sizeof(*d) + rings__count(rings) * sizeof(d->target[0]));
	int rc;

	if (!d)
		return err__set_errno(err, -ENOMEM, "drain");
	d->rings = rings;
	d->idle_ms = idle_ms;
	d->period_ms = BUSY_MS;
	rc = uv_poll_init(loop, &d->wake, rings__wake_fd(rings));
	if (rc) {
		free(d);
		return err__set_errno(err, rc, "watching the rings");
	}
	uv_timer_init(loop, &d->timer);
	uv_idle_init(loop, &d->more);
	d->open_handles = 3;
	*ret_drain = d;
	return 0;
}

void drain__start(struct drain *d)
{
	d->last_ns = uv_hrtime();
	uv_poll_start(&d->wake, UV_READABLE, on_wake);
	schedule(d, BUSY_MS);
}

void drain__place_barrier(struct drain *d, struct drain_barrier *b)
{
	b->next = d->waiting;
	d->waiting = b;
	if (!d->active) {
		activate_waiting(d);
		schedule_soon(d);
	}
}

static void on_closed(struct drain *d)
{
	if (--d->open_handles == 0)
		free(d);
}

static void on_timer_closed(uv_handle_t *handle)
{
	on_closed(container_of((uv_timer_t *)handle, struct drain, timer));
}

static void on_more_closed(uv_handle_t *handle)
{
	on_closed(container_of((uv_idle_t *)handle, struct drain, more));
}

static void on_wake_closed(uv_handle_t *handle)
{
	on_closed(container_of((uv_poll_t *)handle, struct drain, wake));
}

void drain__close(struct drain *d)
{
	if (!d)
		return;
	uv_close((uv_handle_t *)&d->timer, on_timer_closed);
	uv_close((uv_handle_t *)&d->more, on_more_closed);
	uv_close((uv_handle_t *)&d->wake, on_wake_closed);
}

u64 drain__last_ns(const struct drain *d)
{
	return d->last_ns;
}

u64 drain__idle_ms(const struct drain *d)
{
	return d->idle_ms;
}

u64 drain__take_delay_max_ns(struct drain *d)
{
	u64 max = d->delay_max_ns;

	d->delay_max_ns = 0;
	return max;
}

size_t drain__take_used_max(struct drain *d)
{
	size_t max = d->used_max;

	d->used_max = 0;
	return max;
}
