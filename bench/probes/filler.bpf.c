/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Fills the ring of the CPU it runs on with records that user space has made, by BPF_PROG_TEST_RUN:
 * no event has to happen for them.
 */
#include "bench/probes/filler.h"
#include "bpf/lib/maps.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1); /* the loader's */
	__type(key, u32);
	__type(value, struct filler_record);
} m_records SEC(".maps");

const volatile u32 filler_nrecords = 1;
const volatile u32 filler_record_bytes = sizeof(struct filler_record);

/* Any number from one in a row: the finalizer of SplitMix64 (Steele, Lea, Flood, 2014). */
static __always_inline u64 scatter(u64 x)
{
	x *= 0x9e3779b97f4a7c15ULL;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
	return x ^ (x >> 31);
}

static __always_inline u32 choose(const struct filler_call *call, u64 i)
{
	u64 number = call->first + i;

	if (call->draws)
		return (u32)((scatter(number) >> 32) * filler_nrecords >> 32);
	return (u32)(number % filler_nrecords);
}

/* What bpf_loop hands to each of its steps. */
struct filling {
	struct filler_call call;
	void *ring;
};

static long send_one(u32 i, struct filling *f)
{
	u32 at = choose(&f->call, i);
	struct filler_record *record = bpf_map_lookup_elem(&m_records, &at);

	if (record && !bpf_ringbuf_output(f->ring, record, filler_record_bytes, BPF_RB_NO_WAKEUP))
		f->call.sent++;
	return 0;
}

SEC("syscall")
int fill(struct filler_call *call)
{
	u32 cpu = bpf_get_smp_processor_id();
	struct filling f = {.call = *call, .ring = bpf_map_lookup_elem(&m_rings, &cpu)};

	f.call.sent = 0;
	if (f.ring)
		bpf_loop(call->n, send_one, &f, 0);
	call->sent = f.call.sent;
	return 0;
}
