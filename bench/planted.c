/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/planted.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
#include "base/util.h"
#include "bench/subject.h"

/* A multiplication takes some three cycles: from about 20 ns to about 1 us. */
enum { FEWEST = 25, DOUBLINGS = 6, FRAME = 100, OTHER_INSNS = 8 };

/* Within this share, or these ns, twice as many cost twice as much. */
static const double tolerated_share = 0.1, tolerated_ns = 3;

static void append(struct bpf_insn *program, size_t *n, struct bpf_insn insn)
{
	program[(*n)++] = insn;
}

static struct bpf_insn compute(u32 op, u32 to, u32 from)
{
	return (struct bpf_insn){
		.code = (u8)(BPF_ALU64 | op | BPF_X), .dst_reg = to & 15U, .src_reg = from & 15U};
}

/*
 * r0 *= r2, over and over, from a number that the verifier does not know. Processors run ahead: the
 * first and the last of the multiplications, some 20 ns of them, overlap with what stands around
 * them. Every program therefore has FRAME more of them, to overlap with, and one that has no others
 * is what the rest is compared with.
 */
static size_t write_program(struct bpf_insn *program, u32 multiplications)
{
	size_t n = 0;

	append(program, &n,
	       (struct bpf_insn){.code = BPF_LDX | BPF_MEM | BPF_DW,
				 .dst_reg = BPF_REG_0,
				 .src_reg = BPF_REG_1,
				 .off = sizeof(u64)});
	append(program, &n, compute(BPF_MOV, BPF_REG_2, BPF_REG_0));
	for (u32 i = 0; i < FRAME + multiplications; i++)
		append(program, &n, compute(BPF_MUL, BPF_REG_0, BPF_REG_2));
	append(program, &n, (struct bpf_insn){.code = BPF_JMP | BPF_EXIT});
	return n;
}

static int load_program(u32 multiplications, struct err *err)
{
	struct bpf_insn *program = calloc(FRAME + multiplications + OTHER_INSNS, sizeof(*program));
	int fd;

	if (!program)
		return err__set_errno(err, -ENOMEM, "planted program");
	fd = bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, "planted", "GPL", program,
			   write_program(program, multiplications), NULL);
	free(program);
	return fd < 0 ? err__set_errno(err, -errno, "planted program") : fd;
}

static int add_program(struct subjects *s, u32 multiplications, struct err *err)
{
	int fd = load_program(multiplications, err), at;
	char name[SUBJECT_BYTES];

	if (fd < 0)
		return fd;
	snprintf(name, sizeof(name), "planted/%u", multiplications);
	at = subjects__add(s, name);
	if (at < 0) {
		close(fd);
		return err__set_errno(err, at, "subject %s", name);
	}
	s->items[at].program_fd = s->items[at].owned_fd = fd;
	return at;
}

int planted__add(struct subjects *s, struct err *err)
{
	int empty = add_program(s, 0, err), at = empty;

	for (u32 i = 0; at >= 0 && i < DOUBLINGS; i++) {
		at = add_program(s, FEWEST << i, err);
		if (at >= 0)
			s->items[at].empty = empty;
	}
	return MIN(at, 0);
}

static double extra_of(const struct subjects *s, size_t i)
{
	const double *empty = s->items[s->items[i].empty].samples;

	return stats_difference(s->items[i].samples, empty, s->rounds).median;
}

void planted__judge(const struct subjects *s, struct bench_report *report)
{
	double worst = 0;
	bool failed = false;

	for (size_t i = 0; i + 1 < s->n; i++) {
		double once, twice, off;

		if (s->items[i].empty < 0)
			continue;
		once = extra_of(s, i);
		twice = extra_of(s, i + 1);
		off = fabs(twice - 2 * once);
		worst = fmax(worst, off / twice);
		failed = failed || off > fmax(tolerated_ns, tolerated_share * twice);
	}
	bench_report__remark(
		report, "planted cost: twice the work cost twice the time, at most %.1f %% off%s",
		100 * worst, failed ? ": too far for a claim" : "");
	report->noisy = report->noisy || failed;
}
