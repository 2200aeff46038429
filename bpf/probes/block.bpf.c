/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Block requests, one event when each completes.
 *
 *   block_rq_insert, block_rq_issue, block_rq_requeue, block_rq_merge: TP_PROTO(struct request *rq)
 *   block_rq_complete: TP_PROTO(struct request *rq, blk_status_t error, unsigned int nr_bytes)
 *
 * Most requests complete in a softirq, under whatever task happens to run there: whose request it
 * was is saved when it is inserted into a scheduler's queue, or when it is issued if it never was.
 * A request that goes back to the queue (requeue) keeps its owner and starts its times again. A
 * request may complete in parts: the last part makes the event.
 *
 * Requests are known by their pointer; (device, sector) would not do, as flushes carry no useful
 * sector. A request that is merged into another one never completes: its start is dropped then.
 */
#include "bpf/lib/emit.bpf.h"

enum block_operation {
	BLOCK_READ,
	BLOCK_WRITE,
	BLOCK_FLUSH,
	BLOCK_DISCARD,
	BLOCK_OTHER,
};

const volatile enum block_operation anchor_block_operation = BLOCK_READ;

/* include/linux/blk_types.h: the operation is in the low bits of cmd_flags. */
#define REQ_OP_MASK 0xff

struct block_io {
	u64 present PRESENCE;
	u64 device DECODE(device) HELP("Kernel name of the whole disk.");
	u64 operation ENUM(block_operation) HELP("read, write, flush, discard or other.");
	u64 bytes UNIT(bytes) HELP("Bytes of the request.");
	u64 latency UNIT(ns) HELP("Time from issue to completion.");
	u64 queued OPTIONAL UNIT(ns) HELP("Time from insert to issue; absent when never inserted.");
	u64 error DECODE(errno) HELP("Error of the completion; 0 when it succeeded.");
} EVENT("A block request completed.");

EVENT_DEFINE(block_io);

struct block_start {
	u64 inserted; /* 0: never */
	u64 issued;
	u64 bytes;
	u64 requeued; /* the next insert or issue is of the same request */
	struct wire_saved_context context;
};

START_MAP(block_io, struct request *, struct block_start, 8192);

static __always_inline struct block_start *start__find(struct request *rq)
{
	return bpf_map_lookup_elem(&s_block_io, &rq);
}

/* The start of a request that is seen for the first time: the current task is its owner. */
static __always_inline struct block_start *start__new(struct request *rq)
{
	struct block_start start = {};
	struct block_io ev = {};

	context_save(&start.context, &ev);
	if (bpf_map_update_elem(&s_block_io, &rq, &start, BPF_ANY)) {
		start_refused(&ev);
		return NULL;
	}
	return start__find(rq);
}

static __always_inline int request__inserted(struct request *rq)
{
	struct block_start *start = start__find(rq);

	if (!start || !start->requeued)
		start = start__new(rq);
	if (!start)
		return 0;
	start->requeued = 0;
	start->issued = 0;
	start->inserted = bpf_ktime_get_ns();
	return 0;
}

static __always_inline int request__issued(struct request *rq)
{
	struct block_start *start = start__find(rq);

	/* One that was issued before, and not requeued, is left over from a request that never
	 * completed. */
	if (!start || (!start->requeued && start->issued))
		start = start__new(rq);
	if (!start)
		return 0;
	if (start->requeued)
		start->inserted = 0;
	start->requeued = 0;
	start->bytes = rq->__data_len;
	start->issued = bpf_ktime_get_ns();
	return 0;
}

static __always_inline int request__requeued(struct request *rq)
{
	struct block_start *start = start__find(rq);

	if (start)
		start->requeued = 1;
	return 0;
}

static __always_inline u64 request__device(const struct request *rq)
{
	const struct request___old *old = (const void *)rq;
	const struct gendisk *disk;

	if (bpf_core_field_exists(rq->q->disk))
		disk = rq->q->disk;
	else
		disk = old->rq_disk;
	return disk ? (u64)disk->major << 20 | (u32)disk->first_minor : 0;
}

static __always_inline u64 request__operation(const struct request *rq)
{
	u32 op = rq->cmd_flags & REQ_OP_MASK;

	/* REQ_OP_READ, WRITE, FLUSH and DISCARD have had these numbers since 4.10. */
	return op <= BLOCK_DISCARD ? op : BLOCK_OTHER;
}

/* The errno of a blk_status_t, for those whose number has never changed
 * (include/linux/blk_types.h); the others are EIO here. */
static __always_inline u64 status__errno(u32 status)
{
	static const volatile u8 errnos[16] = {
		[1] = 95, [2] = 110, [3] = 28, [4] = 67, [5] = 121, [6] = 52,
		[7] = 61, [8] = 84,  [9] = 12, [10] = 5, [12] = 11, [13] = 16,
	};

	if (!status)
		return 0;
	return status < 16 && errnos[status & 15] ? errnos[status & 15] : 5;
}

static __always_inline int request__completed(struct request *rq, u32 status, u32 nr_bytes)
{
	struct block_io ev = {};
	struct block_start *start;
	u64 now;

	if (nr_bytes < rq->__data_len)
		return 0; /* more of it is to come */
	start = start__find(rq);
	if (!start || !start->issued) {
		end_unpaired(&ev);
		return 0;
	}
	now = bpf_ktime_get_ns();
	if (wants(&ev, device))
		ev.device = request__device(rq);
	if (wants(&ev, operation))
		ev.operation = request__operation(rq);
	ev.bytes = start->bytes;
	ev.latency = elapsed(&ev, start->issued, now);
	if (start->inserted) {
		present(&ev, queued);
		ev.queued = elapsed(&ev, start->inserted, start->issued);
	}
	ev.error = status__errno(status);
	emit_saved(&ev, &start->context);
	bpf_map_delete_elem(&s_block_io, &rq);
	return 0;
}

SEC("?tp_btf/block_rq_insert")
PROGRAM_FOR(block_io, insert)
int PROGRAM(on_block_rq_insert, struct request *rq)
{
	return request__inserted(rq);
}

SEC("?tp_btf/block_rq_issue")
PROGRAM_FOR(block_io, issue)
int PROGRAM(on_block_rq_issue, struct request *rq)
{
	return request__issued(rq);
}

SEC("?tp_btf/block_rq_requeue")
PROGRAM_FOR(block_io, requeue)
int PROGRAM(on_block_rq_requeue, struct request *rq)
{
	return request__requeued(rq);
}

SEC("?tp_btf/block_rq_merge")
PROGRAM_FOR(block_io, merge)
int PROGRAM(on_block_rq_merge, struct request *rq)
{
	bpf_map_delete_elem(&s_block_io, &rq);
	return 0;
}

SEC("?tp_btf/block_rq_complete")
EMITTER_OF(block_io, complete)
int PROGRAM(on_block_rq_complete, struct request *rq, u32 status, u32 nr_bytes)
{
	return request__completed(rq, status, nr_bytes);
}
