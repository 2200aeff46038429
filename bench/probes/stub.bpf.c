/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * What is attached while programs are compared: one program whose body is a tail call into a slot.
 * Putting another program into the slot takes a microsecond, attaching one up to a tenth of a
 * second. An empty slot is the empty program. The loader sets type and hook.
 */
#include "bpf/lib/core.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(u32));
	__uint(value_size, sizeof(u32));
} m_slot SEC(".maps");

/* 0, or only events of this process go into the slot. */
const volatile u64 stub_tgid;
/* 0, or 1 + the only system call that does: the second word of the hook's context is its number. */
const volatile u64 stub_call;

SEC("raw_tp")
int on_event(u64 *ctx)
{
	if (stub_call && ctx[1] != stub_call - 1)
		return 0;
	if (stub_tgid && bpf_get_current_pid_tgid() >> 32 != stub_tgid)
		return 0;
	bpf_tail_call(ctx, &m_slot, 0);
	return 0;
}
