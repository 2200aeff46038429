/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Layer 3: the context that every event has, fetched word by word as the plan asks. It describes
 * itself like an event does.
 */
#ifndef RINGTALLY_BPF_LIB_CONTEXT_H
#define RINGTALLY_BPF_LIB_CONTEXT_H

#include "bpf/lib/kernel_types.bpf.h"
#include "bpf/lib/key.bpf.h"

struct context {
	char comm[16] HELP("Name of the thread, at most 15 bytes.");
	u64 tgid HELP("Process id, as the initial namespace sees it.");
	u64 tid HELP("Thread id, as the initial namespace sees it.");
	u64 uid HELP("Real user id.");
	u64 gid HELP("Real group id.");
	u64 cgroup DECODE(cgroup) HELP("Path in the cgroup2 hierarchy.");
	u64 cpu HELP("CPU on which the event ended.");
} TAG("context");

__weak const struct context *const volatile anchor_context = 0;

#define CONTEXT_BIT(field) (1ULL << (__builtin_offsetof(struct context, field) / sizeof(u64)))

/* Bit of a field in a mask of words to fetch, which is a plan constant. */
#define fetches(mask, field) ((mask)&CONTEXT_BIT(field))

/* Groups are tested first: of each test that the verifier decides, the computation remains. */
#define COMM_WORDS   (3 * CONTEXT_BIT(comm))
#define COMMON_WORDS (COMM_WORDS | CONTEXT_BIT(tgid) | CONTEXT_BIT(tid))

static __always_inline void context__copy_comm(struct context *c, const struct task_struct *task)
{
	u64 *to = (u64 *)c->comm;
	const u64 *from = (const u64 *)task->comm;

	to[0] = from[0];
	to[1] = from[1];
}

static __always_inline void context__rare_of_task(struct context *c, u64 mask,
						  const struct task_struct *task)
{
	if (fetches(mask, uid))
		c->uid = task->cred->uid.val;
	if (fetches(mask, gid))
		c->gid = task->cred->gid.val;
	if (fetches(mask, cgroup))
		c->cgroup = task->cgroups->dfl_cgrp->kn->id;
	if (fetches(mask, cpu))
		c->cpu = bpf_get_smp_processor_id();
}

/* The context of a task, which is trusted: an argument of the hook (scheduler events), or the
 * current one. */
static __always_inline void context__of_task(struct context *c, u64 mask,
					     const struct task_struct *task)
{
	if (fetches(mask, comm))
		context__copy_comm(c, task);
	if (fetches(mask, tgid))
		c->tgid = (u32)task->tgid;
	if (fetches(mask, tid))
		c->tid = (u32)task->pid;
	if (mask & ~COMMON_WORDS)
		context__rare_of_task(c, mask, task);
}

/*
 * The context of the current task, which costs a load for each word where the kernel has a typed
 * pointer to it (5.11), else a call. A call of a helper costs as much as twenty instructions where
 * returns are made safe, so the pointer is asked for once, and only when it is needed.
 */
struct current {
	const struct task_struct *task;
};

#define HAS_TYPED_CURRENT \
	bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_get_current_task_btf)

/* For these words: of which CPU it is the task does not know. */
static __always_inline void current__find(struct current *current, u64 mask)
{
	if (mask & ~CONTEXT_BIT(cpu) && HAS_TYPED_CURRENT)
		current->task = (void *)bpf_get_current_task_btf();
}

static __always_inline void context__of_current_by_helpers(struct context *c, u64 mask)
{
	if (fetches(mask, comm))
		bpf_get_current_comm(c->comm, sizeof(c->comm));
	if (fetches(mask, tgid))
		c->tgid = bpf_get_current_pid_tgid() >> 32;
	if (fetches(mask, tid))
		c->tid = (u32)bpf_get_current_pid_tgid();
	if (fetches(mask, uid))
		c->uid = (u32)bpf_get_current_uid_gid();
	if (fetches(mask, gid))
		c->gid = bpf_get_current_uid_gid() >> 32;
	if (fetches(mask, cgroup))
		c->cgroup = bpf_get_current_cgroup_id();
	if (fetches(mask, cpu))
		c->cpu = bpf_get_smp_processor_id();
}

static __always_inline void context__of_current(struct context *c, u64 mask,
						const struct current *current)
{
	if (HAS_TYPED_CURRENT)
		context__of_task(c, mask, current->task);
	else
		context__of_current_by_helpers(c, mask);
}

/* A saved context has every word but the CPU: that is where the event ends. */
#define SAVED_WORDS(plan) ((plan)->context_fetch & ~CONTEXT_BIT(cpu))

static __always_inline void context__pack(struct wire_saved_context *to, const struct context *from,
					  const volatile struct wire_plan *plan)
{
	u64 *cursor = to->words;

	hide(cursor);
	key__append_words(cursor, (const u64 *)from, WORDS(*from), SAVED_WORDS(plan));
}

static __always_inline void context__unpack(struct context *to,
					    const struct wire_saved_context *from,
					    const volatile struct wire_plan *plan)
{
	const u64 *cursor = from->words;
	u64 *words = (u64 *)to;

	hide(cursor);
#define UNPACK(i)                                                  \
	if ((i) < WORDS(*to) && SAVED_WORDS(plan) & 1ULL << (i)) { \
		words[i] = *cursor;                                \
		cursor++;                                          \
		hide(cursor);                                      \
	}
	UNROLL_16(UNPACK, 0)
#undef UNPACK
	if (fetches(plan->context_fetch, cpu))
		to->cpu = bpf_get_smp_processor_id();
}

#endif
