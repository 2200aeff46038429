/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * How it is done without ringtally: a hash map in the kernel, one program written by hand for each
 * key. The floor stands beside it (fetch the key, do nothing). A program for each kind of hook, as
 * its type decides how it reaches its arguments:
 *
 *   HOOK_key_KEY            fetches the key
 *   HOOK_hash_KEY           counts in a hash map, atomically
 *   HOOK_percpu_hash_KEY    counts in a per-CPU hash map
 *   HOOK_two_way_pid_comm   what ringtally does, written for this one key
 *
 * Names are fetched with bpf_get_current_comm, keys are no larger than they must be, a value that
 * is there already is added to without another look-up.
 */
#include "bench/probes/call.bpf.h"
#include "bpf/lib/kernel_types.bpf.h"

#define COMM_BYTES 16

struct key_pid {
	u32 pid;
};

struct key_pid_comm {
	u32 pid;
	char comm[COMM_BYTES];
};

struct key_random {
	u64 pid_tgid;
	u64 random;
	char comm[COMM_BYTES];
};

/* One count per bucket, and the sum in a bucket of its own. */
struct key_latency {
	u32 pid;
	u32 bucket;
	char comm[COMM_BYTES];
};

struct key_argument {
	u64 argument;
};

/* The key that bpf_get_current_comm made expensive in 2018: 32 bytes for a name. */
struct key_seed {
	u64 pid_tgid;
	u64 random;
	char comm[32];
};

#define BUCKETS	   28 /* 1 us, 2 us ... 64 s, above */
#define SUM_BUCKET BUCKETS

static __always_inline void key__pid(struct key_pid *key, u64 argument)
{
	key->pid = bpf_get_current_pid_tgid() >> 32;
}

static __always_inline void key__pid_comm(struct key_pid_comm *key, u64 argument)
{
	key->pid = bpf_get_current_pid_tgid() >> 32;
	bpf_get_current_comm(key->comm, sizeof(key->comm));
}

static __always_inline void key__random(struct key_random *key, u64 argument)
{
	key->pid_tgid = bpf_get_current_pid_tgid();
	key->random = bpf_ktime_get_ns() % 1024;
	bpf_get_current_comm(key->comm, sizeof(key->comm));
}

/* The exponent of the first power of two that is not below n, by halving. */
static __always_inline u32 log2_above(u64 n)
{
	u64 bits = 0, step;

	n -= n != 0;
	step = (n > 0xffffffff) << 5;
	n >>= step;
	bits |= step;
	step = (n > 0xffff) << 4;
	n >>= step;
	bits |= step;
	step = (n > 0xff) << 3;
	n >>= step;
	bits |= step;
	step = (n > 0xf) << 2;
	n >>= step;
	bits |= step;
	step = (n > 0x3) << 1;
	n >>= step;
	bits |= step;
	return bits + (n > 1) + (n > 0);
}

static __always_inline void key__latency(struct key_latency *key, u64 argument)
{
	u32 bucket = log2_above(argument / 1000);

	key->pid = bpf_get_current_pid_tgid() >> 32;
	bpf_get_current_comm(key->comm, sizeof(key->comm));
	key->bucket = bucket < BUCKETS ? bucket : BUCKETS - 1;
}

static __always_inline void key__argument(struct key_argument *key, u64 argument)
{
	key->argument = argument;
}

static __always_inline void key__seed(struct key_seed *key, u64 argument)
{
	key->pid_tgid = bpf_get_current_pid_tgid();
	key->random = bpf_ktime_get_ns() % 1024;
	bpf_get_current_comm(key->comm, sizeof(key->comm));
}

/* The key's value, made when it is seen for the first time; NULL when the map is full. */
static __always_inline u64 *value_of(void *map, const void *key)
{
	u64 zero = 0, *value = bpf_map_lookup_elem(map, key);

	if (value)
		return value;
	bpf_map_update_elem(map, key, &zero, BPF_NOEXIST);
	return bpf_map_lookup_elem(map, key);
}

static __always_inline void add(void *map, const void *key, u64 n)
{
	u64 *value = value_of(map, key);

	if (value)
		__sync_fetch_and_add(value, n);
}

static __always_inline void percpu_add(void *map, const void *key, u64 n)
{
	u64 *value = value_of(map, key);

	if (value)
		*value += n;
}

/*
 * A table of pairs of slots on each CPU, for this key and nothing else: no plan, no books, no sums.
 * What leaves it goes to a ring. The flag keeps out who interrupts.
 */
#define TWO_WAY_PAIRS 2048

struct two_way_slot {
	u64 count;
	u64 pid;
	u64 comm[2];
};

struct two_way {
	u64 busy;
	struct two_way_slot slots[TWO_WAY_PAIRS][2];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct two_way);
} m_two_way_pid_comm SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} m_two_way_ring SEC(".maps");

static __always_inline bool two_way__has(const struct two_way_slot *slot, u64 pid, const u64 *comm)
{
	return slot->pid == pid && slot->comm[0] == comm[0] && slot->comm[1] == comm[1];
}

static __always_inline void two_way__replace(struct two_way_slot *slot, u64 pid, const u64 *comm)
{
	if (slot->count &&
	    bpf_ringbuf_output(&m_two_way_ring, slot, sizeof(*slot), BPF_RB_NO_WAKEUP))
		return;
	*slot = (struct two_way_slot){1, pid, {comm[0], comm[1]}};
}

static __always_inline void two_way__count(struct two_way *t, u64 pid, const u64 *comm)
{
	u64 hash = (pid * 0x9e3779b97f4a7c15ULL) ^ (comm[0] * 0xbf58476d1ce4e5b9ULL) ^
		   (comm[1] * 0x94d049bb133111ebULL);
	struct two_way_slot *pair = t->slots[hash >> 53 & (TWO_WAY_PAIRS - 1)];

	if (two_way__has(&pair[0], pid, comm))
		pair[0].count++;
	else if (two_way__has(&pair[1], pid, comm))
		pair[1].count++;
	else
		two_way__replace(&pair[pair[1].count < pair[0].count], pid, comm);
}

static __always_inline int two_way__call(void)
{
	const struct task_struct *task = (void *)bpf_get_current_task_btf();
	u32 cpu = bpf_get_smp_processor_id();
	struct two_way *t = bpf_map_lookup_elem(&m_two_way_pid_comm, &cpu);
	const u64 *comm = (const u64 *)task->comm;

	if (!t || *(volatile u64 *)&t->busy)
		return 0;
	*(volatile u64 *)&t->busy = 1;
	two_way__count(t, (u32)task->tgid, comm);
	*(volatile u64 *)&t->busy = 0;
	return 0;
}

/* What an event adds: 1; a histogram also adds to its sum. */
#define COUNT(ADD, map, key) ADD(map, key, 1)
#define COUNT_AND_SUM(ADD, map, key)        \
	do {                                \
		ADD(map, key, 1);           \
		(key)->bucket = SUM_BUCKET; \
		ADD(map, key, argument);    \
	} while (0)

#define COUNTING_MAP(name, map_type, key_struct) \
	struct {                                 \
		__uint(type, map_type);          \
		__uint(max_entries, 10240);      \
		__type(key, struct key_struct);  \
		__type(value, u64);              \
	} name SEC(".maps")

/* The key must be there: an assembler that reads memory could be looking at it. */
#define USE(key) asm volatile("" : : "r"(key) : "memory")

/* Which keys are made from the call's argument: getting at it is not free everywhere. */
enum {
	USES_ARGUMENT_pid = 0,
	USES_ARGUMENT_pid_comm = 0,
	USES_ARGUMENT_random = 0,
	USES_ARGUMENT_latency = 1,
	USES_ARGUMENT_argument = 1,
	USES_ARGUMENT_seed = 0,
};

/* clang-format off */
#define PROGRAM(hook, what, name, ...)                                  \
	SEC(SECTION_##hook)                                             \
	int hook##_##what##_##name(u64 *ctx)                            \
	{                                                               \
		u64 argument = USES_ARGUMENT_##name ? argument_##hook(ctx) : 0; \
		struct key_##name key = {};                             \
                                                                        \
		key__##name(&key, argument);                            \
		__VA_ARGS__;                                            \
		return 0;                                               \
	}

#define PROGRAMS(hook, name, COUNT_IT)                                                       \
	PROGRAM(hook, key, name, USE(&key))                                                  \
	PROGRAM(hook, hash, name, COUNT_IT(add, &m_hash_##name, &key))                       \
	PROGRAM(hook, percpu_hash, name, COUNT_IT(percpu_add, &m_percpu_hash_##name, &key))

#define KEY(name, COUNT_IT)                                                       \
	COUNTING_MAP(m_hash_##name, BPF_MAP_TYPE_HASH, key_##name);               \
	COUNTING_MAP(m_percpu_hash_##name, BPF_MAP_TYPE_PERCPU_HASH, key_##name); \
	PROGRAMS(tp_btf, name, COUNT_IT)                                          \
	PROGRAMS(raw_tp, name, COUNT_IT)                                          \
	PROGRAMS(tp, name, COUNT_IT)                                              \
	PROGRAMS(uprobe, name, COUNT_IT)                                          \
	PROGRAMS(fentry, name, COUNT_IT)                                          \
	PROGRAMS(kprobe, name, COUNT_IT)

KEY(pid, COUNT)
KEY(pid_comm, COUNT)
KEY(random, COUNT)
KEY(latency, COUNT_AND_SUM)
KEY(argument, COUNT)
KEY(seed, COUNT)

#define TWO_WAY(hook)                          \
	SEC(SECTION_##hook)                    \
	int hook##_two_way_pid_comm(u64 *ctx)  \
	{                                      \
		return two_way__call();        \
	}

TWO_WAY(tp_btf)
TWO_WAY(raw_tp)
TWO_WAY(tp)
TWO_WAY(uprobe)
TWO_WAY(fentry)
TWO_WAY(kprobe)

#define EMPTY(hook)                \
	SEC(SECTION_##hook)        \
	int hook##_empty(u64 *ctx) \
	{                          \
		return 0;          \
	}

EMPTY(tp_btf)
EMPTY(raw_tp)
EMPTY(tp)
EMPTY(uprobe)
EMPTY(fentry)
EMPTY(kprobe)
/* clang-format on */
