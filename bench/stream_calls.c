/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/stream_calls.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "base/util.h"
#include "bench/child.h"
#include "bench/own_config.h"
#include "bench/pause.h"
#include "bench/progress.h"
#include "bench/stream.h"
#include "bpf/wire.h"
#include "config/config.h"
#include "pipeline/collector.h"
#include "pipeline/plan.h"
#include "pipeline/rings.h"

/* Nobody's: all that the compile starts inherits it, and whatever else runs here has another. */
#define COMPILE_GID 1987654321
#define TEXT_(x)    #x
#define TEXT(x)	    TEXT_(x)

enum { DRAIN_RECORDS = 1 << 16, BETWEEN_MS = 2, COMM_BYTES = 16, COMPAT_BIT = 32 };

/* The labels of the config and of the stream, in this order. */
enum { COMM, SYSCALL, TGID, LABELS };

static const struct stream_label labels[LABELS] = {{"comm", 2}, {"syscall", 1}, {"tgid", 1}};

static const char config_text[] =
	"ring: {size: 4MiB}\n"
	"events: {syscall_enter: {delivery: stream}}\n"
	"metrics:\n"
	"- {name: calls_total, help: Calls of a compile., event: syscall_enter, type: counter,\n"
	"   labels: [comm, syscall, tgid], where: gid == " TEXT(COMPILE_GID) "}\n";

/* Some seconds of work, which clean up behind themselves. That there is no compiler is said once,
 * not by two at a time. */
static const char compile_script[] =
	"command -v cc >/dev/null || { echo 'cc: not found'; exit 1; }\n"
	"folder=$(mktemp -d) || exit 1\n"
	"trap 'rm -rf \"$folder\"' EXIT\n"
	"trap 'exit 1' INT TERM\n"
	"cd \"$folder\" || exit 1\n"
	"compile() {\n"
	"	for i in 1 2 3 4 5 6 7 8 9 10; do\n"
	"		for header in stdio stdlib string unistd errno fcntl ctype math time \\\n"
	"			dirent signal pthread poll locale wchar sys/socket sys/stat \\\n"
	"			sys/mman sys/wait netinet/in; do\n"
	"			echo \"#include <$header.h>\"\n"
	"		done >$1$i.c\n"
	"		echo \"int $1$i(int n); int $1$i(int n) { return puts(\\\"$i\\\") + n; }\" "
	">>$1$i.c\n"
	"		cc -O1 -c $1$i.c -o $1$i.o || exit 1\n"
	"	done\n"
	"}\n"
	"compile a & first=$!\n"
	"compile b & second=$!\n"
	"wait $first && wait $second || exit 1\n"
	"echo 'int a1(int n); int b1(int n); int main(void) { return a1(1) - b1(1); }' >main.c\n"
	"ar rcs all.a a*.o b*.o && cc -O1 main.c all.a -o main && ./main >/dev/null\n";

struct capture {
	struct config *config;
	struct collector *collector;
	struct stream *to;
	size_t wanted;
};

static void put_number(const struct capture *c, u16 label, u64 number, u64 *key)
{
	char text[32];
	int n = snprintf(text, sizeof(text), "%s%u", number >> COMPAT_BIT ? "c" : "", (u32)number);

	stream__put_text(c->to, label, text, (size_t)n, key);
}

/* A record of the one metric there is. */
static void add_record(const struct capture *c, const struct rings_record *record)
{
	const struct event_plan *event = &c->collector->plan->events[0];
	const struct label_plan *plans = event->metrics[0].labels;
	const struct wire_partial *partial = record->data;
	u64 key[STREAM_WORDS_MAX] = {0};

	if (record->n != event->wire.record_bytes || partial->head.type != WIRE_PARTIAL ||
	    c->to->n >= c->wanted)
		return;
	stream__put_text(c->to, COMM, (const char *)&partial->words[plans[COMM].key_word],
			 COMM_BYTES, key);
	put_number(c, SYSCALL, partial->words[plans[SYSCALL].key_word], key);
	put_number(c, TGID, partial->words[plans[TGID].key_word], key);
	stream__add(c->to, key);
}

static void take(void *ctx, const struct rings_record *records, size_t n)
{
	for (size_t i = 0; i < n; i++)
		add_record(ctx, &records[i]);
}

static int plan(struct capture *c, struct err *err)
{
	struct strbuf text;
	int rc;

	strbuf__init(&text);
	strbuf__puts(&text, config_text);
	rc = own_config_parse(&text, &c->config, err);
	strbuf__fini(&text);
	return rc ? rc : own_config_plan(c->config, &c->collector, err);
}

static int attach(struct capture *c, struct err *err)
{
	int rc = collector__open_rings_to(c->collector, take, c, err);

	if (!rc)
		rc = collector__load_all(c->collector, err);
	if (!rc && collector__refusal(c->collector, 0))
		rc = err__set(err, -EOPNOTSUPP, "%s", collector__refusal(c->collector, 0));
	return rc;
}

static int change_group(void)
{
	return setresgid(COMPILE_GID, COMPILE_GID, COMPILE_GID) ? errno : 0;
}

/* One run of the script, drained meanwhile and to the end. */
static int compile(struct capture *c, struct progress *progress, struct err *err)
{
	static const char *const argv[] = {"sh", "-c", compile_script, NULL};
	struct err end = {0};
	struct child child;

	if (child__start(&child, "the compile", "/bin/sh", argv, change_group, err))
		return err->code;
	while (!child__check(&child, &end)) {
		while (rings__drain(c->collector->rings, DRAIN_RECORDS) == DRAIN_RECORDS)
			;
		progress__step(progress, MIN(c->to->n, c->wanted), c->wanted);
		pause_ms(BETWEEN_MS);
	}
	while (rings__drain(c->collector->rings, DRAIN_RECORDS) > 0)
		;
	if (!WIFEXITED(child.status) || WEXITSTATUS(child.status))
		err__set(err, -ENODATA, "%s", end.msg);
	child__fini(&child);
	return err->code;
}

static int capture(struct capture *c, struct progress *progress, u64 *ret_lost, struct err *err)
{
	struct ledger_totals totals;
	int rc = plan(c, err);

	if (!rc)
		rc = attach(c, err);
	while (!rc && c->to->n < c->wanted && !c->to->failed) {
		const size_t before = c->to->n;

		rc = compile(c, progress, err);
		if (!rc && c->to->n == before)
			rc = err__set(err, -ENODATA, "the compile made no calls that were seen");
	}
	if (!rc && c->to->failed)
		rc = err__set_errno(err, -ENOMEM, "system calls");
	if (rc)
		return rc;
	collector__totals(c->collector, &totals);
	*ret_lost = ledger_lost(&totals);
	return 0;
}

int stream_capture_calls(size_t wanted, struct progress *progress, struct stream *ret_stream,
			 u64 *ret_lost, struct err *err)
{
	struct capture c = {.to = ret_stream, .wanted = wanted};
	int rc;

	stream__init(ret_stream, "calls+tgid", labels, LABELS);
	rc = capture(&c, progress, ret_lost, err);
	collector__free(c.collector);
	config__free(c.config);
	if (rc)
		stream__fini(ret_stream);
	return rc;
}

int stream_drop_labels(const struct stream *s, const char *name, u16 n, struct stream *ret_stream)
{
	stream__init(ret_stream, name, s->labels, n);
	for (size_t i = 0; i < s->n; i++)
		stream__add(ret_stream, stream__key(s, s->events[i]));
	if (!ret_stream->failed)
		return 0;
	stream__fini(ret_stream);
	return -ENOMEM;
}
