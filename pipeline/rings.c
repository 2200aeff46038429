/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rings are consumed without libbpf's ring_buffer: it hands out one record at a time, tells no
 * positions and knows no bound (1.1.2). A ring's mapping is the kernel's contract: a page with the
 * consumer's position, which is ours to write, one with the producers', then the data, mapped twice
 * in a row, so that no record wraps. Each record stands behind a header of two u32, whose first is
 * the length, with a bit for "not submitted yet" and one for "discarded".
 *
 * Records are handed out in batches, and the consumer's position moves once per batch: producers
 * read it at each record.
 */
#include "pipeline/rings.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/err.h"
#include "base/util.h"
#include "pipeline/map_memory.h"

enum { BATCH_RECORDS = 64 };

struct ring {
	struct rings *rings;
	int map_fd;
	u64 *consumer;	/* position; the page is mapped for writing */
	char *producer; /* position; the page is mapped for reading, along with the data */
};

struct rings {
	u32 n;
	u32 ncpus;
	u32 cpus_per_ring;
	size_t size;
	size_t page;
	int outer_fd;
	int wake_fd;
	u64 memory;
	rings_records_fn take;
	void *ctx;
	u64 consumed;
	u32 next; /* the ring whose turn it is to be drained first */
	struct ring ring[];
};

static u64 consumer_position(const struct ring *ring)
{
	return *ring->consumer; /* nobody else writes it */
}

static u64 producer_position(const struct ring *ring)
{
	return __atomic_load_n((const u64 *)ring->producer, __ATOMIC_ACQUIRE);
}

static const char *data_at(const struct ring *ring, u64 position)
{
	const struct rings *r = ring->rings;

	return ring->producer + r->page + (position & (r->size - 1));
}

/* A record's header in a ring. */
struct ring_header {
	size_t n;	/* bytes of the record behind it */
	bool submitted; /* yet; false: nothing behind it is, for who consumes in order */
	bool discarded;
};

static struct ring_header header_at(const char *at)
{
	u32 len = __atomic_load_n((const u32 *)at, __ATOMIC_ACQUIRE);

	return (struct ring_header){
		.n = len & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT),
		.submitted = !(len & BPF_RINGBUF_BUSY_BIT),
		.discarded = len & BPF_RINGBUF_DISCARD_BIT,
	};
}

static u64 room_of(size_t n)
{
	return ROUND_UP((u64)n + BPF_RINGBUF_HDR_SZ, 8);
}

/* Finds the next records, up to `max` of them and up to one that is not submitted yet. Returns how
 * many, and the position behind them. */
static u32 ring__gather(const struct ring *ring, struct rings_record *records, u32 max,
			u64 *ret_end)
{
	const u64 produced = producer_position(ring);
	u64 at = consumer_position(ring);
	u32 n = 0;

	while (n < max && at < produced) {
		const char *header = data_at(ring, at);
		const struct ring_header h = header_at(header);

		if (!h.submitted)
			break;
		if (!h.discarded)
			records[n++] = (struct rings_record){header + BPF_RINGBUF_HDR_SZ, h.n};
		at += room_of(h.n);
	}
	*ret_end = at;
	return n;
}

/* Hands out one batch. Returns how many records; 0: nothing more is there for now. */
static u32 ring__take_batch(struct ring *ring, size_t max)
{
	struct rings_record records[BATCH_RECORDS];
	struct rings *r = ring->rings;
	u64 end;
	const u32 n = ring__gather(ring, records, (u32)MIN(max, (size_t)BATCH_RECORDS), &end);

	if (n > 0)
		r->take(r->ctx, records, n);
	if (end != consumer_position(ring)) /* else the producers' copy of it stays good */
		__atomic_store_n(ring->consumer, end, __ATOMIC_RELEASE);
	r->consumed += n;
	return n;
}

static int ring__map(struct ring *ring, const struct rings *r)
{
	void *consumer = mmap(NULL, r->page, PROT_READ | PROT_WRITE, MAP_SHARED, ring->map_fd, 0);
	void *producer;

	if (consumer == MAP_FAILED)
		return -errno;
	ring->consumer = consumer;
	producer = mmap(NULL, r->page + 2 * r->size, PROT_READ, MAP_SHARED, ring->map_fd,
			(off_t)r->page);
	if (producer == MAP_FAILED)
		return -errno;
	ring->producer = producer;
	return 0;
}

static int ring__open(struct ring *ring, struct rings *r, struct err *err)
{
	struct epoll_event event = {.events = EPOLLIN | EPOLLET};
	u32 cpu = (u32)(ring - r->ring) * r->cpus_per_ring; /* its first */
	int rc;

	ring->rings = r;
	ring->map_fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "ring", 0, 0, (u32)r->size, NULL);
	if (ring->map_fd < 0)
		return err__set_errno(err, -errno, "ring of CPU %u (%zu bytes)", cpu, r->size);
	rc = ring__map(ring, r);
	if (rc)
		return err__set_errno(err, rc, "mapping the ring of CPU %u", cpu);
	if (epoll_ctl(r->wake_fd, EPOLL_CTL_ADD, ring->map_fd, &event))
		return err__set_errno(err, -errno, "watching the ring of CPU %u", cpu);
	return 0;
}

/* One by one, which waits for the kernel's readers each time. */
static int place_singly(const struct rings *r, const u32 *cpus, const u32 *fds, struct err *err)
{
	for (u32 i = 0; i < r->ncpus; i++)
		if (bpf_map_update_elem(r->outer_fd, &cpus[i], &fds[i], BPF_ANY))
			return err__set_errno(err, -errno, "placing the ring of CPU %u", i);
	return 0;
}

/* Every CPU finds its ring in the map of maps. A change of such a map waits until no program can be
 * using what was there, some 20 ms; in a batch once for all of them, where the kernel knows
 * batches.
 */
static int place_all(const struct rings *r, struct err *err)
{
	LIBBPF_OPTS(bpf_map_batch_opts, opts);
	u32 *cpus = calloc(2 * (size_t)r->ncpus, sizeof(*cpus));
	u32 n = r->ncpus;
	u32 *fds;
	int rc = 0;

	if (!cpus)
		return err__set_errno(err, -ENOMEM, "rings");
	fds = cpus + r->ncpus;
	for (u32 i = 0; i < r->ncpus; i++) {
		cpus[i] = i;
		fds[i] = (u32)r->ring[i / r->cpus_per_ring].map_fd;
	}
	if (bpf_map_update_batch(r->outer_fd, cpus, fds, &n, &opts))
		rc = place_singly(r, cpus, fds, err);
	free(cpus);
	return rc;
}

/* Kernels that do not count rings have at least the room itself. */
static u64 measure(const struct rings *r)
{
	u64 bytes = map_memory(r->outer_fd);

	for (u32 i = 0; i < r->n; i++)
		bytes += MAX(map_memory(r->ring[i].map_fd), (u64)r->size);
	return bytes;
}

/* The map of maps needs to see one ring, the first, to know what it will hold. */
static int open_outer(struct rings *r, struct err *err)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts);
	int inner = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "ring", 0, 0, (u32)r->size, NULL);

	if (inner < 0)
		return err__set_errno(err, -errno, "a ring of %zu bytes", r->size);
	opts.inner_map_fd = (u32)inner;
	r->outer_fd = bpf_map_create(BPF_MAP_TYPE_ARRAY_OF_MAPS, "m_rings", sizeof(u32),
				     sizeof(u32), r->ncpus, &opts);
	close(inner);
	return r->outer_fd < 0 ? err__set_errno(err, -errno, "map m_rings") : 0;
}

int rings__new(const struct rings_layout *layout, rings_records_fn take, void *ctx,
	       struct rings **ret_rings, struct err *err)
{
	u32 n = rings_layout_count(layout);
	struct rings *r = calloc(1, sizeof(*r) + n * sizeof(r->ring[0]));
	int rc;

	if (!r)
		return err__set_errno(err, -ENOMEM, "rings");
	r->n = n;
	r->ncpus = layout->ncpus;
	r->cpus_per_ring = layout->cpus_per_ring;
	r->size = layout->size;
	r->page = (size_t)sysconf(_SC_PAGESIZE);
	r->take = take;
	r->ctx = ctx;
	r->outer_fd = -1;
	for (u32 i = 0; i < n; i++)
		r->ring[i].map_fd = -1;
	r->wake_fd = epoll_create1(EPOLL_CLOEXEC);
	rc = r->wake_fd < 0 ? err__set_errno(err, -errno, "epoll") : open_outer(r, err);
	for (u32 i = 0; !rc && i < n; i++)
		rc = ring__open(&r->ring[i], r, err);
	if (!rc)
		rc = place_all(r, err);
	if (rc) {
		rings__free(r);
		return rc;
	}
	r->memory = measure(r);
	*ret_rings = r;
	return 0;
}

void rings__free(struct rings *r)
{
	if (!r)
		return;
	for (u32 i = 0; i < r->n; i++) {
		if (r->ring[i].consumer)
			munmap(r->ring[i].consumer, r->page);
		if (r->ring[i].producer)
			munmap(r->ring[i].producer, r->page + 2 * r->size);
		if (r->ring[i].map_fd >= 0)
			close(r->ring[i].map_fd);
	}
	if (r->outer_fd >= 0)
		close(r->outer_fd);
	if (r->wake_fd >= 0)
		close(r->wake_fd);
	free(r);
}

u32 rings__ncpus(const struct rings *r)
{
	return r->ncpus;
}

u32 rings__count(const struct rings *r)
{
	return r->n;
}

int rings__map_fd(const struct rings *r)
{
	return r->outer_fd;
}

int rings__wake_fd(const struct rings *r)
{
	return r->wake_fd;
}

void rings__acknowledge(struct rings *r)
{
	struct epoll_event events[64];

	while (epoll_wait(r->wake_fd, events, ARRAY_SIZE(events), 0) == ARRAY_SIZE(events))
		;
}

size_t rings__drain(struct rings *r, size_t max)
{
	size_t left = max;

	for (u32 i = 0; i < r->n && left > 0; i++) {
		struct ring *ring = &r->ring[r->next];
		u32 n;

		r->next = (r->next + 1) % r->n;
		do {
			n = ring__take_batch(ring, left);
			left -= n;
		} while (n > 0 && left > 0);
	}
	return max - left;
}

void rings__mark(const struct rings *r, u64 *ret_positions)
{
	for (u32 i = 0; i < r->n; i++)
		ret_positions[i] = producer_position(&r->ring[i]);
}

bool rings__passed(const struct rings *r, const u64 *positions)
{
	for (u32 i = 0; i < r->n; i++)
		if ((s64)(consumer_position(&r->ring[i]) - positions[i]) < 0)
			return false;
	return true;
}

u64 rings__memory(const struct rings *r)
{
	return r->memory;
}

struct rings_usage rings__usage(const struct rings *r)
{
	struct rings_usage usage = {.size = r->size * r->n};

	for (u32 i = 0; i < r->n; i++) {
		u64 consumed = consumer_position(&r->ring[i]);
		size_t used = (size_t)(producer_position(&r->ring[i]) - consumed);

		usage.used += used;
		usage.fullest = MAX(usage.fullest, used * 1024 / r->size);
	}
	return usage;
}

u64 rings__consumed(const struct rings *r)
{
	return r->consumed;
}

static void ring__peek(const struct ring *ring, rings_record_fn record, void *ctx)
{
	const u64 end = producer_position(ring);
	u64 at = consumer_position(ring);

	while (at < end) {
		const char *header = data_at(ring, at);
		const struct ring_header h = header_at(header);

		if (h.submitted && !h.discarded)
			record(ctx, header + BPF_RINGBUF_HDR_SZ, h.n);
		at += room_of(h.n);
	}
}

void rings__peek(const struct rings *r, rings_record_fn record, void *ctx)
{
	for (u32 i = 0; i < r->n; i++)
		ring__peek(&r->ring[i], record, ctx);
}
