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
	u64 ppid HELP("Process id of the parent, as the initial namespace sees it.");
	char pcomm[16] HELP("Name of the parent process, at most 15 bytes.");
	u64 mntns HELP("Inode of the mount namespace; 0 in a task that is ending.");
	u64 pidns HELP("Inode of the pid namespace; 0 in a task that has ended.");
} TAG("context");

__weak const struct context *const volatile anchor_context = 0;

#define CONTEXT_AT(field)  __builtin_offsetof(struct context, field)
#define CONTEXT_BIT(field) (1ULL << (CONTEXT_AT(field) / sizeof(u64)))

/* The context with a word behind it that is no field: which sets its cgroup is in, for filters to
 * look at. */
struct context_words {
	struct context fields;
	u64 sets;
};

#define SETS_BIT (1ULL << WORDS(struct context))

/* A cgroup that user space has not put into any set is in none. */
static __always_inline u64 cgroup__sets(u64 id)
{
	const u64 *sets = bpf_map_lookup_elem(&m_cgroup_sets, &id);

	return sets ? *sets : 0;
}

/*
 * Where the words of an event's context come from. Labels are taken from there straight into the
 * key: a detour over struct context would cost the time from a store to its load for each. What
 * takes a call is fetched before, into `words`: amid calls clang keeps nothing in registers. A call
 * costs as much as twenty instructions where returns are made safe.
 */
#ifndef HAS_TYPED_CURRENT /* tests build both */
#define HAS_TYPED_CURRENT \
	bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_get_current_task_btf)
#endif

enum context_origin {
	CONTEXT_SAVED,	 /* all words are in `words` */
	CONTEXT_TASK,	 /* the task is an argument of the hook: trusted */
	CONTEXT_CURRENT, /* the current task: by a typed pointer, or (before 5.11) by helpers */
};

struct context_source {
	enum context_origin origin;
	bool has_task;
	const struct task_struct *task;
	struct context_words *words;
};

/* The namespace a task lives in is that of its deepest number. The verifier takes no variable
 * offset in a typed pointer, hence the helper; for who has no pid any more it reads 0. */
static __always_inline u32 pid__namespace(const struct pid *pid, u32 level)
{
	const struct upid *number = (const void *)pid + bpf_core_field_offset(pid->numbers) +
				    level * bpf_core_type_size(struct upid);

	return BPF_CORE_READ(number, ns, ns.inum);
}

/* What no helper tells. A look through a pointer that is NULL reads 0. */
#define OF_TASK_ONLY                                                                           \
	(CONTEXT_BIT(ppid) | CONTEXT_BIT(pcomm) | CONTEXT_BIT(pcomm[8]) | CONTEXT_BIT(mntns) | \
	 CONTEXT_BIT(pidns))

static __always_inline void context__read_task(struct context *c, u64 mask)
{
	const struct task_struct *task = (void *)bpf_get_current_task();

	if (mask & CONTEXT_BIT(ppid))
		c->ppid = (u32)BPF_CORE_READ(task, real_parent, tgid);
	if (mask & CONTEXT_BIT(pcomm))
		BPF_CORE_READ_INTO(&c->pcomm, task, real_parent, group_leader, comm);
	if (mask & CONTEXT_BIT(mntns))
		c->mntns = BPF_CORE_READ(task, nsproxy, mnt_ns, ns.inum);
	if (mask & CONTEXT_BIT(pidns)) {
		const struct pid *pid = BPF_CORE_READ(task, thread_pid);

		c->pidns = pid__namespace(pid, BPF_CORE_READ(pid, level));
	}
}

static __always_inline void context__call_helpers(struct context *c, u64 mask)
{
	if (mask & CONTEXT_BIT(comm))
		bpf_get_current_comm(c->comm, sizeof(c->comm));
	if (mask & CONTEXT_BIT(tgid))
		c->tgid = bpf_get_current_pid_tgid() >> 32;
	if (mask & CONTEXT_BIT(tid))
		c->tid = (u32)bpf_get_current_pid_tgid();
	if (mask & CONTEXT_BIT(uid))
		c->uid = (u32)bpf_get_current_uid_gid();
	if (mask & CONTEXT_BIT(gid))
		c->gid = bpf_get_current_uid_gid() >> 32;
	if (mask & CONTEXT_BIT(cgroup))
		c->cgroup = bpf_get_current_cgroup_id();
	if (mask & OF_TASK_ONLY)
		context__read_task(c, mask);
}

/* Before the first word is taken; `mask` has all that will be. */
static __always_inline void context_source__prepare(struct context_source *from, u64 mask)
{
	if (from->origin == CONTEXT_SAVED)
		return;
	if (mask & CONTEXT_BIT(cpu))
		from->words->fields.cpu = bpf_get_smp_processor_id();
	mask &= ~CONTEXT_BIT(cpu);
	if (from->origin == CONTEXT_TASK || !mask)
		return;
	from->has_task = HAS_TYPED_CURRENT;
	if (from->has_task)
		from->task = (void *)bpf_get_current_task_btf();
	else
		context__call_helpers(&from->words->fields, mask);
}

/* Is this the word asked for? Each question stands alone: of a switch, which clang would make of
 * them, its arithmetic would remain. What clang can answer leaves nothing for the loader. */
#define IS_ASKED(at, first, field)                                                       \
	({                                                                               \
		if (!__builtin_constant_p(at))                                           \
			hide(at);                                                        \
		CONTEXT_AT(field) / sizeof(u64) >= (first) && (at) == CONTEXT_AT(field); \
	})

static __always_inline u64 word_of_task(const struct context_source *from, u64 at, u32 first)
{
	const struct task_struct *task = from->task;

	if (IS_ASKED(at, first, comm))
		return *(const u64 *)task->comm;
	if (IS_ASKED(at, first, comm[8]))
		return *(const u64 *)(task->comm + 8);
	if (IS_ASKED(at, first, tgid))
		return (u32)task->tgid;
	if (IS_ASKED(at, first, tid))
		return (u32)task->pid;
	if (IS_ASKED(at, first, uid))
		return task->cred->uid.val;
	if (IS_ASKED(at, first, gid))
		return task->cred->gid.val;
	if (IS_ASKED(at, first, cgroup))
		return task->cgroups->dfl_cgrp->kn->id;
	if (IS_ASKED(at, first, cpu))
		return from->words->fields.cpu;
	if (IS_ASKED(at, first, ppid))
		return (u32)task->real_parent->tgid;
	if (IS_ASKED(at, first, pcomm))
		return *(const u64 *)task->real_parent->group_leader->comm;
	if (IS_ASKED(at, first, pcomm[8]))
		return *(const u64 *)(task->real_parent->group_leader->comm + 8);
	if (IS_ASKED(at, first, mntns))
		return task->nsproxy->mnt_ns->ns.inum;
	return pid__namespace(task->thread_pid, task->thread_pid->level);
}

/* One word, by the number of bytes in front of it; it is not among the words before the first. */
static __always_inline u64 context__word(const struct context_source *from, u64 at, u32 first)
{
	if (from->origin != CONTEXT_SAVED && from->has_task)
		return word_of_task(from, at, first);
	return word_at(from->words, at);
}

/* Words are gone through in two halves: most plans ask for some of the first only, and one test
 * drops the second. */
#define FIRST_HALF 8

_Static_assert(WORDS(struct context) <= 2 * FIRST_HALF, "two halves are all");
_Static_assert(WORDS(struct context) - 1 <= WIRE_SAVED_WORDS_MAX, "all but the CPU can be saved");

/* The words of the mask, for filters to look at. */
static __always_inline void context__fetch(struct context_source *from, u64 mask)
{
	u64 *words = (u64 *)from->words;

#define FETCH(i)                                               \
	if ((i) < WORDS(struct context) && mask & 1ULL << (i)) \
		words[i] = context__word(from, (i) * sizeof(u64), i);
	UNROLL_8(FETCH, 0)
	if (mask >> FIRST_HALF) {
		UNROLL_8(FETCH, FIRST_HALF)
	}
#undef FETCH
	if (mask & SETS_BIT)
		from->words->sets = cgroup__sets(from->words->fields.cgroup);
}

/* Appends the first n labels of the context to the key. They stand in the order of their words, so
 * none has a word before the one of its own number. */
static __always_inline void key_writer__append_context(struct key_writer *w,
						       const struct context_source *from,
						       const volatile struct wire_label *labels,
						       u64 n, bool has_bits, u64 bits, u32 place)
{
#define APPEND(i)                                                                                 \
	if ((i) >= n || (i) >= WORDS(struct context))                                             \
		return;                                                                           \
	key_writer__append(                                                                       \
		w,                                                                                \
		label__seen_by(&labels[i], context__word(from, labels[i].at, i), has_bits, bits), \
		place + (i));
	UNROLL_16(APPEND, 0)
#undef APPEND
}

/* A saved context has every word but the CPU, which is where the event ends, and the sets, which
 * are those its cgroup is in by then. */
#define SAVED_WORDS(plan) ((plan)->context_fetch & ~(CONTEXT_BIT(cpu) | SETS_BIT))

/* Straight from where the words come from: in a struct context they would take twice the stack. */
static __always_inline void context__pack(struct wire_saved_context *to,
					  const struct context_source *from, u64 mask)
{
	u64 *cursor = to->words;

	hide(cursor);
#define PACK(i)                                                \
	if ((i) < WORDS(struct context) && mask & 1ULL << (i)) \
		cursor = key__append(cursor, context__word(from, (i) * sizeof(u64), i));
	UNROLL_8(PACK, 0)
	if (mask >> FIRST_HALF) {
		UNROLL_8(PACK, FIRST_HALF)
	}
#undef PACK
}

static __always_inline void context__unpack(struct context_words *to,
					    const struct wire_saved_context *from,
					    const volatile struct wire_plan *plan)
{
	const u64 *cursor = from->words;
	u64 mask = SAVED_WORDS(plan);
	u64 *words = (u64 *)to;

	hide(cursor);
#define UNPACK(i)                                                \
	if ((i) < WORDS(struct context) && mask & 1ULL << (i)) { \
		words[i] = *cursor;                              \
		cursor++;                                        \
		hide(cursor);                                    \
	}
	UNROLL_8(UNPACK, 0)
	if (mask >> FIRST_HALF) {
		UNROLL_8(UNPACK, FIRST_HALF)
	}
#undef UNPACK
	if (plan->context_fetch & CONTEXT_BIT(cpu))
		to->fields.cpu = bpf_get_smp_processor_id();
	if (plan->context_fetch & SETS_BIT)
		to->sets = cgroup__sets(to->fields.cgroup);
}

#endif
