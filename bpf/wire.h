/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The contract between kernel and user space, and the only one: what a record looks like, which
 * constants a plan sets, what the books count. Included by both sides; every layout is asserted.
 *
 * An event is a C struct made of 8-byte words: numbers are one word, texts a whole number of words,
 * zero-padded. The context (comm, tgid, cgroup ...) is such a struct too. A plan selects words of
 * both by bit masks; nothing else about an event's fields crosses this line. Their names, units and
 * decoders travel in the object's BTF (bpf/lib/core.bpf.h).
 *
 *   record:  | head | count | key words ... | sum words ... |
 *   raw:     | head | time | words of the event ... | words of the context ... |
 *   key:     [bits] [bucket words] [label words of the context] [label words of the event]
 *
 * `bits` says which metrics of the event this partial aggregate counts for (their `where` passed
 * and their value is present), and which optional label words are present. It and the bucket words
 * are only there when the plan needs them. Words are in ascending order of their numbers. Integers
 * are in host order: a recording names its own.
 */
#ifndef RINGTALLY_BPF_WIRE_H
#define RINGTALLY_BPF_WIRE_H

#include <linux/types.h>

/* Raised with every change of this file that an object compiled before would not understand. */
#define WIRE_VERSION 5

enum wire_limits {
	WIRE_METRICS_MAX = 16,	 /* of one event: bits in the bits word */
	WIRE_WORDS_MAX = 32,	 /* of an event or of the context: bits in a mask */
	WIRE_KEY_WORDS_MAX = 16, /* 128 bytes of joint key */
	WIRE_SUMS_MAX = 8,	 /* distinct value fields of one event that are added up */
	WIRE_TESTS_MAX = 64,
	WIRE_TERMS_MAX = 32,
	WIRE_FACTS_MAX = 64,   /* bits in a word */
	WIRE_BOUNDS_MAX = 512, /* of one histogram */
	WIRE_OCTAVES = 128,    /* 65 in use; a power of two, so that a mask is bound check enough */
	WIRE_SAVED_WORDS_MAX = 16,
	WIRE_CGROUP_SETS_MAX = 64,	/* bits in a word */
	WIRE_CGROUP_MEMBERS_MAX = 8192, /* cgroups that are in any set */
	WIRE_SLOTS_MIN = 4,		/* of a combining table; a power of two */
	WIRE_SLOTS_MAX = 65536,
};

enum wire_record_type {
	WIRE_PARTIAL =
		1,     /* a partial aggregate: count events with one key; 0: parts of some only */
	WIRE_MARK = 2, /* the books of a CPU at a moment when its table was empty */
	WIRE_RAW = 3,  /* one event with its fields, of a plan that traces */
};

/* Starts every record of every ring. */
struct wire_head {
	__u8 type;	 /* enum wire_record_type */
	__u8 generation; /* of the plan that made the key: a reload decodes both for a while */
	__u16 event;	 /* wire_plan.event */
	__u32 cpu;	 /* whose ring and whose counters */
};

struct wire_partial {
	struct wire_head head;
	__u64 count;
	__u64 words[]; /* key words, then sum words */
};

/*
 * All records of the event from this CPU that stand before the mark hold, together with what was
 * lost, exactly what the books had accepted: accepted = consumed + lost.
 */
struct wire_mark {
	struct wire_head head;
	__u64 accepted;
	__u64 lost;
};

/* Words that the plan does not want (event_wanted) mean nothing; of the context only those of
 * context_fetch are there, without the sets. Presence bits are in the event's own presence word. */
struct wire_raw {
	struct wire_head head;
	__u64 time_ns; /* CLOCK_MONOTONIC, when it was emitted */
	__u64 words[]; /* all of the event, then those of the context in ascending order */
};

/* The bits word. Presence bit i stands for word i of the event. */
#define WIRE_BITS_METRIC(m)	(1ULL << (m))
#define WIRE_BITS_PRESENT_SHIFT 32

enum wire_delivery {
	WIRE_STREAM = 0,  /* every event is a record with count 1 */
	WIRE_COMBINE = 1, /* equal keys are counted together in a table, see struct wire_ledger */
	WIRE_TRACE = 2,	  /* every event is a struct wire_raw; there is no key */
};

/* How a test compares the masked word with its value. The other comparisons are these, negated. */
enum wire_op {
	WIRE_OP_EQUAL = 0,
	WIRE_OP_AT_MOST = 1, /* unsigned */
	WIRE_OP_AT_MOST_SIGNED = 2,
};

/* Numbers of words in tests: those of the context follow those of the event. The word behind the
 * context's last says which sets of cgroups the context's cgroup is in, a bit each, by what user
 * space has put into map m_cgroup_sets: id -> bits. Who tests it fetches the cgroup as well. */
#define WIRE_CONTEXT_WORD(word) (WIRE_WORDS_MAX + (word))

/*
 * The filter of an event: what the `where`s of all its metrics ask, decided in three steps without
 * a branch that depends on data.
 *
 * - A test compares one word. Tests in a row, up to one with `fact` set, hold together or not at
 *   all (a text of two words).
 * - Bit fact - 1 of the facts is set when any such row of tests for it holds (`in` a list).
 * - A metric accepts the event when, for any of its terms, (facts & mask) == want.
 */
struct wire_test {
	__u64 word;
	__u64 op; /* enum wire_op */
	__u64 mask;
	__u64 value;
	__u64 fact; /* 0: the next test must hold too */
};

struct wire_term {
	__u64 metric;
	__u64 mask;
	__u64 want;
};

struct wire_filter {
	__u64 ntests;
	__u64 nterms;
	struct wire_test tests[WIRE_TESTS_MAX];
	struct wire_term terms[WIRE_TERMS_MAX];
};

/*
 * The buckets of one histogram: its inclusive upper bounds, ascending, in the field's unit. A value
 * v belongs to the bucket whose number is how many bounds are below v. To find it, the number of
 * bits of v - 1 leads to the first bound of that octave, and `steps` halvings to the right one. Map
 * b_EVENT has a table per histogram of the event; bounds are padded with U64_MAX up to
 * wire_plan.bound_slots, a power of two.
 */
struct wire_buckets {
	__u16 first[WIRE_OCTAVES]; /* by number of bits, 0 .. 64 */
	__u64 bounds[];
};

/* What the kernel must know of one metric. */
struct wire_metric {
	__u64 needs;   /* presence bits without which the metric does not count the event */
	__u64 value;   /* 1 + the event's word it adds up or puts into buckets; 0: none */
	__u64 table;   /* 1 + the number of its bucket table in b_EVENT; 0: no buckets */
	__u64 nbounds; /* bounds in the table */
	__u64 steps;   /* halvings within an octave */
	__u64 cell;    /* its lost cell: words behind struct wire_ledger */
};

/* A word of the event, or of the context, that is a label. */
struct wire_label {
	__u64 at;    /* bytes in front of it */
	__u64 users; /* bits of the metrics that have it: others see 0 there; ~0: it is all of them
		      */
};

/*
 * One plan per event: `const volatile struct wire_plan plan_EVENT` in .rodata, set before load, so
 * that the verifier drops what is not used. All u64: clang 14 loses the known value of spilled u32.
 */
struct wire_plan {
	__u64 enabled;	     /* 0: emit does nothing for this event */
	__u64 event;	     /* number of the event in this process */
	__u64 generation;    /* 1 ..., one byte */
	__u64 delivery;	     /* enum wire_delivery */
	__u64 preemptible;   /* attached programs can be preempted: the guard is an exchange */
	__u64 nmetrics;	     /* metrics of the event */
	__u64 always;	     /* bits of the metrics without `where` */
	__u64 parts;	     /* of them, those that add up a value part by part: see REST_OF */
	__u64 has_bits;	     /* the key begins with the bits word */
	__u64 ntables;	     /* bucket tables: four bucket numbers to a key word */
	__u64 bound_slots;   /* bounds each table has room for */
	__u64 presence;	     /* 1 + the event's presence word; 0: all its fields are always there */
	__u64 optional_key;  /* words of the key that may be absent: presence bits in the key */
	__u64 context_fetch; /* words of the context to fetch: labels and filters */
	__u64 context_filter;  /* of them, those fetched before the tests, which may look at them */
	__u64 context_key;     /* of them, those in the key */
	__u64 event_wanted;    /* words of the event that labels, values and filters use */
	__u64 event_key;       /* of them, those in the key */
	__u64 sum_words;       /* words of the event to add up, in ascending order */
	__u64 key_words;       /* words in the key, all told */
	__u64 ncontext_labels; /* words of context_key, one by one: context_labels */
	__u64 nevent_labels;
	__u64 nsums;	    /* words of sum_words: sums */
	__u64 record_bytes; /* of each record but marks: sizeof(struct wire_partial) + 8 *
			     * (key_words + nsums), or of a struct wire_raw */
	__u64 wake_bytes;   /* a ring fuller than this wakes the consumer up at once */
	__u64 slots;	    /* of the combining table, a power of two; 0: there is none */
	__u64 hash_shift; /* what is left of a hash shifted by this is the number of a pair of slots
			   */
	__u64 slot_bytes;
	__u64 slots_at;	  /* bytes from the start of the books to the table */
	__u64 touched_at; /* ... to the list of touched slots */
	struct wire_metric metrics[WIRE_METRICS_MAX];
	__u64 histograms[WIRE_METRICS_MAX]; /* table -> its metric */
	struct wire_label context_labels[WIRE_KEY_WORDS_MAX];
	struct wire_label event_labels[WIRE_KEY_WORDS_MAX];
	__u64 sums[WIRE_SUMS_MAX]; /* bytes in front of each in the event */
};

/*
 * The books of one event on one CPU: the value of map m_EVENT at index CPU, one map per generation,
 * read by user space through mmap. Counters are only ever added to.
 *
 *   | struct wire_ledger | lost cells | slots of the table | list of touched slots |
 *
 * The first line belongs to the holder of `busy`, who adds plainly, and so does the table; the
 * second is added to atomically: by whoever interrupts the holder, and for rare things by
 * everybody. accepted = consumed + pending + lost, where accepted is plain +
 * nested.
 *
 * A slot is | count | key words ... | sum words ... |, as a partial aggregate has them. A slot that
 * counts something, or where parts have been added up, stands in the list (u32 numbers of slots),
 * once; others keep their key. Parts are not events: they leave count, accepted and lost alone.
 * pending is the sum of all counts and of what waits in the rings.
 */
struct wire_ledger {
	__u64 busy;
	__u64 accepted;
	__u64 filtered;	  /* no metric's where accepted it; never sent */
	__u64 touched;	  /* slots in the list */
	__u64 evictions;  /* slots that had to leave for another key */
	__u64 marked;	  /* accepted, plain and nested, at the last mark */
	__u64 hook_rests; /* the flush hook has nothing to tell: the CPU is idle */
	__u64 reserved;

	__u64 nested_accepted;
	__u64 nested_filtered;
	__u64 nested_inside;  /* those that are on their way just now: no mark is made meanwhile */
	__u64 lost_ring_full; /* accepted, but no room in the ring */
	__u64 lost_no_ring;   /* accepted, but this CPU has no ring */
	__u64 unpaired;	      /* ends without a start: neither accepted nor filtered */
	__u64 starts_refused; /* starts that found their map full: why later ends are unpaired */
	__u64 clock_skew;     /* intervals that came out negative and count as 0 */
};

/*
 * A call of an object's flush program moves at most WIRE_FLUSH_SLOTS slots of the CPU's tables into
 * its ring. It answers with what kept it from finishing; 0: all tables were empty, all marks made.
 */
enum wire_flush {
	WIRE_FLUSH_MORE = 1, /* call again */
	WIRE_FLUSH_FULL = 2, /* the ring has no room: drain it, then call again */
	WIRE_FLUSH_BUSY = 4, /* interrupted somebody who is in the books: call again */
	WIRE_FLUSH_SLOTS = 512,
	WIRE_FLUSH_SLOTS_LOOPLESS = 128, /* for kernels without bpf_loop */
};

/* What a full ring took from a metric: its labels, never its numbers. nbounds + 1 buckets follow
 * when the metric has any. Words may wrap: user space adds differences to 128 bits. */
struct wire_lost_cell {
	__u64 count;
	__u64 sum;
	__u64 buckets[];
};

/* A context that was saved when an event began: the words of plan.context_fetch but the CPU,
 * packed. Last member of a start map's value (map s_EVENT), of which only the words in use are
 * kept. */
struct wire_saved_context {
	__u64 words[WIRE_SAVED_WORDS_MAX];
};

/* What happened to a cgroup of the cgroup2 hierarchy. */
enum wire_cgroup_change {
	WIRE_CGROUP_MADE = 1,
	WIRE_CGROUP_RENAMED = 2,  /* it, and with it the paths of all below it */
	WIRE_CGROUP_RELEASED = 3, /* no task is in it, and none ever will be */
};

enum {
	WIRE_CGROUP_NAME_BYTES = 256, /* NAME_MAX and the NUL: a power of two */
	WIRE_CGROUP_RING_BYTES = 64 << 10,
};

/* A record of the ring of cgroup news, cut behind the name's NUL; only who is made has one. */
struct wire_cgroup_news {
	__u64 what; /* enum wire_cgroup_change */
	__u64 id;
	__u64 parent;
	char name[WIRE_CGROUP_NAME_BYTES];
};

#define WIRE_CGROUP_NEWS_BYTES(name) \
	(sizeof(struct wire_cgroup_news) - WIRE_CGROUP_NAME_BYTES + (name))

_Static_assert(sizeof(struct wire_head) == 8, "head is one word");
_Static_assert(sizeof(struct wire_partial) == 16, "records have no padding");
_Static_assert(sizeof(struct wire_raw) == 16, "raw records have no padding");
_Static_assert(sizeof(struct wire_mark) == 24, "marks have no padding");
_Static_assert(sizeof(struct wire_ledger) == 128, "two cache lines: the owner's, everybody's");
_Static_assert(sizeof(struct wire_lost_cell) == 16, "cells have no padding");
_Static_assert(sizeof(struct wire_plan) % 8 == 0, "plans are words");

#endif
