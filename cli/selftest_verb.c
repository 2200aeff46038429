/* SPDX-License-Identifier: Apache-2.0 */
/* `ringtally selftest`: are the numbers true on this machine? */
#include <errno.h>
#include <string.h>

#include "base/util.h"
#include "base/version.h"
#include "bench/machine.h"
#include "bench/pause.h"
#include "cli/flags.h"
#include "cli/proc_counter.h"
#include "cli/selftest.h"
#include "cli/setup.h"
#include "cli/text.h"
#include "cli/verb.h"
#include "pipeline/app.h"
#include "pipeline/caps.h"

struct selftest_flags {
	const char *btf_path;
	bool help;
};

#define AT(member) offsetof(struct selftest_flags, member)

static const struct flag flag_rows[] = {
	{"btf.path", 0, FLAG_TEXT, AT(btf_path), "FILE", "the kernel's BTF, if it has none itself"},
	{"help", 'h', FLAG_SWITCH, AT(help), NULL, "this text"},
};

static const struct flag_table flags = {flag_rows, ARRAY_SIZE(flag_rows)};

enum { NUMBERS_COLUMN = 15, WHAT_COLUMN = 52 };

/* What was looked at, all told. */
struct score {
	u32 hold;
	u32 off;
	u32 unknown;
};

struct report {
	struct text text;
	struct score score;
};

/* ---- lines ---- */

static void begin_line(struct report *r, const char *subject)
{
	text__bold(&r->text, subject);
	text__to(&r->text, NUMBERS_COLUMN);
}

static void put_sign(struct report *r, bool holds)
{
	(holds ? text__puts : text__alarm)(&r->text, holds ? " = " : " ≠ ");
	*(holds ? &r->score.hold : &r->score.off) += 1;
}

static void end_line(struct report *r, const char *what)
{
	text__to(&r->text, MAX((u32)WHAT_COLUMN, r->text.column + 2));
	text__puts(&r->text, what);
	text__end(&r->text);
}

static void put_unknown(struct report *r, const char *subject, const char *why)
{
	begin_line(r, subject);
	text__puts(&r->text, "–  not checked: ");
	text__wrap(&r->text, why);
	text__end(&r->text);
	r->score.unknown++;
}

/* ---- checks ---- */

static void put_figure(struct text *t, const struct selftest_check *check, u64 n)
{
	if (check->scale == 1)
		text__printf(t, "%llu", n);
	else
		text__printf(t, "%.1f", (double)n * 1e3 / (double)check->scale);
}

static void put_expected(struct text *t, const struct selftest_result *result)
{
	const struct known_figure *expected = &result->expected;

	put_figure(t, result->check, expected->least);
	if (expected->most == expected->least)
		return;
	text__puts(t, " … ");
	put_figure(t, result->check, expected->most);
}

static void put_result(struct report *r, const struct selftest_result *result)
{
	begin_line(r, result->event);
	put_figure(&r->text, result->check, result->ours);
	put_sign(r, result->holds);
	put_expected(&r->text, result);
	if (result->check->scale != 1)
		text__puts(&r->text, " ms");
	end_line(r, result->check->what);
}

/* The same reason of the same event stands once. */
static void put_results(struct report *r, const struct selftest *s)
{
	for (u32 i = 0; i < s->nresults; i++) {
		const struct selftest_result *result = &s->results[i];

		if (!result->unknown)
			put_result(r, result);
		else if (i == 0 || result[-1].unknown != result->unknown ||
			 strcmp(result[-1].event, result->event) != 0)
			put_unknown(r, result->event, result->unknown);
	}
}

/* ---- the audit ---- */

static void put_wrong(struct report *r, const struct equation *e)
{
	begin_line(r, e->subject);
	text__printf(&r->text, "%s %llu", e->left.name, e->left.value);
	put_sign(r, false);
	for (size_t i = 0; i < e->nright; i++)
		text__printf(&r->text, "%s%s %llu", i ? " + " : "", e->right[i].name,
			     e->right[i].value);
	end_line(r, e->note ? e->note : "an equation of the ledger");
}

static void put_equations(struct report *r, const struct audit *a)
{
	u32 known = 0, hold = 0;

	for (size_t i = 0; i < a->nequations; i++) {
		const struct equation *e = &a->equations[i];

		known += e->known;
		hold += e->known && e->holds;
		if (e->known && !e->holds)
			put_wrong(r, e);
	}
	begin_line(r, "ledger");
	text__printf(&r->text, "%u", hold);
	put_sign(r, hold == known);
	text__printf(&r->text, "%u", known);
	end_line(r, "equations hold while all this goes on");
}

static void put_proc(struct report *r, const struct audit_proc *p)
{
	char what[96];

	if (p->unknown) {
		put_unknown(r, p->counter->event, p->unknown);
		return;
	}
	begin_line(r, p->counter->event);
	text__printf(&r->text, "%llu … %llu", p->least, p->most);
	put_sign(r, p->holds);
	text__printf(&r->text, "%llu", p->change);
	snprintf(what, sizeof(what), "%s meanwhile (/proc/%s)", p->counter->what, p->counter->file);
	end_line(r, what);
}

/* ---- the whole of it ---- */

static void put_summary(struct report *r, u64 ns)
{
	const struct score *score = &r->score;

	if (score->off)
		text__printf(&r->text, "%u of %u checks do not hold", score->off,
			     score->off + score->hold);
	else
		text__printf(&r->text, "all %u checks hold", score->hold);
	if (score->unknown)
		text__printf(&r->text, ", %u could not be made here", score->unknown);
	text__printf(&r->text, " (%.1f s)", (double)ns / 1e9);
	text__end(&r->text);
}

static int report(const struct selftest *s, u64 ns)
{
	const struct machine machine = machine_describe();
	struct report r = {0};

	text__init(&r.text, stdout);
	text__printf(&r.text,
		     "ringtally %s, kernel %s, %u CPUs: what was counted, and what was made",
		     ringtally_version, machine.kernel, machine.ncpus);
	text__end(&r.text);
	put_results(&r, s);
	put_equations(&r, &s->audit);
	for (size_t i = 0; i < s->audit.nprocs; i++)
		put_proc(&r, &s->audit.procs[i]);
	put_summary(&r, ns);
	return r.score.off ? EXIT_RUNTIME : setup_flush();
}

static int fail(const struct err *err)
{
	if (err->code != -EOPNOTSUPP)
		return setup_fail(EXIT_RUNTIME, err->msg);
	return setup_fail(EXIT_REFUSED, err->msg);
}

static int selftest(const struct selftest_flags *f)
{
	const u64 begin = pause_now_ns();
	struct selftest s = {0};
	struct err err = {0};
	int status;

	if (caps_check(f->btf_path, &err))
		return setup_fail(EXIT_REFUSED, err.msg);
	if (selftest__run(&s, f->btf_path, &err))
		status = fail(&err);
	else
		status = report(&s, pause_now_ns() - begin);
	selftest__fini(&s);
	return status;
}

static int run(const struct verb *self, int argc, char **argv)
{
	struct selftest_flags f = {0};
	struct flag_values arguments;
	struct err err = {0};

	if (flags_parse(&flags, argc, argv, &f, &arguments, &err))
		return setup_fail(EXIT_USAGE, err.msg);
	if (f.help) {
		setup_print_usage(self, &flags);
		return EXIT_FINE;
	}
	if (arguments.n)
		return setup_fail(EXIT_USAGE, "selftest takes flags only");
	setup_logging(NULL, NULL, false);
	return selftest(&f);
}

const struct verb selftest_verb = {
	"selftest", "[flags]", "make known loads; is what is counted of them true on this machine?",
	run};
