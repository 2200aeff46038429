/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Layer 0: the kernel structs we read, with only the fields we read. CO-RE finds their true offsets
 * at load. They are the only kernel types in use: compiling against a whole vmlinux.h takes 20
 * times as long and says nothing about what a probe depends on.
 */
#ifndef RINGTALLY_BPF_LIB_KERNEL_TYPES_H
#define RINGTALLY_BPF_LIB_KERNEL_TYPES_H

#include <linux/types.h>

struct pt_regs; /* its layout is each architecture's own */

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct pt_regs___x86 {
	unsigned long orig_ax; /* number of the system call; -1: none any more */
};

struct pt_regs___arm64 {
	int syscallno;
};

struct thread_info {
	__u32 status; /* x86: TS_COMPAT while in a 32-bit system call */
	__u32 cpu;
};

struct kernfs_node {
	__u64 id;
	const char *name;
};

struct cgroup;

struct cgroup_subsys_state {
	struct cgroup *cgroup;
	struct cgroup_subsys_state *parent; /* NULL at the root */
};

struct cgroup_root {
	int hierarchy_id;
};

struct cgroup {
	struct cgroup_subsys_state self;
	struct kernfs_node *kn;
	struct cgroup_root *root;
};

struct css_set {
	struct cgroup *dfl_cgrp;
};

typedef struct {
	__u32 val;
} kuid_t;

typedef struct {
	__u32 val;
} kgid_t;

struct cred {
	kuid_t uid;
	kgid_t gid;
};

struct ns_common {
	unsigned int inum;
};

struct mnt_namespace {
	struct ns_common ns;
};

struct nsproxy {
	struct mnt_namespace *mnt_ns;
};

struct pid_namespace {
	struct ns_common ns;
};

struct upid {
	struct pid_namespace *ns;
};

struct pid {
	unsigned int level;
	struct upid numbers[1]; /* level + 1 of them */
};

struct sched_entity {
	__u64 sum_exec_runtime;
	__u64 prev_sum_exec_runtime; /* when it got its CPU: tasks of the fair class */
};

typedef struct {
	int counter;
} atomic_t;

struct signal_struct {
	atomic_t live; /* threads that have not begun to end */
	int group_exit_code;
	unsigned int flags;
};

struct task_struct {
	struct thread_info thread_info;
	int pid;
	int tgid;
	const struct task_struct *real_parent;
	const struct task_struct *group_leader;
	const struct nsproxy *nsproxy; /* NULL once the task has begun to end */
	const struct pid *thread_pid;  /* NULL once it has been buried */
	unsigned int __state;
	int on_cpu;
	int prio;
	struct sched_entity se;
	unsigned long nvcsw;
	unsigned long nivcsw;
	__u64 start_time; /* CLOCK_MONOTONIC */
	int exit_code;
	struct signal_struct *signal;
	char comm[16] __attribute__((aligned(8))); /* here, so that it is read by words */
	const struct cred *cred;
	struct css_set *cgroups;
};

/* Before 5.14 the state had another name and type, before 5.16 the CPU was here. */
struct task_struct___old {
	long state;
	unsigned int cpu;
};

struct linux_binprm {
	const char *filename;
};

struct irqaction {
	const char *name;
};

struct timer_list {
	void (*function)(struct timer_list *timer);
};

struct gendisk {
	int major;
	int first_minor;
};

struct request_queue {
	struct gendisk *disk;
};

struct request {
	struct request_queue *q;
	__u32 cmd_flags;
	unsigned int __data_len;
};

/* Before 5.15 the disk hung on the request. */
struct request___old {
	struct gendisk *rq_disk;
};

#pragma clang attribute pop

#endif
