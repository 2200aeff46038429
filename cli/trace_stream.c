/* SPDX-License-Identifier: Apache-2.0 */
/*
 * No event loop: one thread that drains, writes and waits. While it is held up by whoever reads,
 * the rings fill, and what finds no room there is counted as lost.
 */
#include "cli/trace_stream.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "base/util.h"
#include "cli/setup.h"
#include "cli/trace_view.h"
#include "cli/trial.h"
#include "pipeline/app.h"
#include "pipeline/collector.h"
#include "pipeline/decoders/decoder.h"
#include "pipeline/plan.h"
#include "pipeline/probe_object.h"
#include "pipeline/raw_event.h"
#include "pipeline/rings.h"

enum { BATCH_RECORDS = 2048, WAIT_MIN_MS = 10, WAIT_MAX_MS = 100, NS_PER_MS = 1000000 };
enum { GRACE_MS = 500 }; /* for a reader, once a signal came */

struct stream {
	struct collector *collector;
	const struct event_plan *event;
	const struct trace_options *options;
	struct raw_reader *reader;
	struct trace_view view;
	char *records;			/* copies of those that were drained together */
	const struct wire_raw **sorted; /* by time */
	u32 nrecords;
	FILE *out; /* to memory, as stdio cannot be interrupted */
	char *text;
	size_t text_bytes;
	u64 consumed;
	u64 shown;
	u64 malformed;
	u64 deadline_ns; /* U64_LARGEST: none */
	bool ended;	 /* nothing more is to be shown */
	int status;
};

static volatile sig_atomic_t signalled;

static void on_signal(int signum)
{
	(void)signum;
	signalled = 1;
}

/* The first signal ends the trace, the second one of its kind the process. */
static void catch_signals(void)
{
	const struct sigaction once = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};

	sigaction(SIGINT, &once, NULL);
	sigaction(SIGTERM, &once, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static u64 now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (u64)now.tv_sec * 1000000000 + (u64)now.tv_nsec;
}

/* --- records --- */

static struct wire_raw *record_at(const struct stream *s, u32 i)
{
	return (struct wire_raw *)(s->records + i * s->event->wire.record_bytes);
}

static void take_record(struct stream *s, const struct rings_record *record)
{
	const struct wire_raw *raw;
	int rc = raw_reader__check(s->reader, record->data, record->n, &raw);

	if (rc == -EBADMSG)
		s->malformed++;
	if (rc)
		return;
	s->consumed++;
	s->sorted[s->nrecords] = memcpy(record_at(s, s->nrecords), raw, record->n);
	s->nrecords++;
}

static void take_records(void *ctx, const struct rings_record *records, size_t n)
{
	for (size_t i = 0; i < n; i++)
		take_record(ctx, &records[i]);
}

static int compare_times(const void *a, const void *b)
{
	const u64 x = raw_time_ns(*(const struct wire_raw *const *)a);
	const u64 y = raw_time_ns(*(const struct wire_raw *const *)b);

	return (x > y) - (x < y);
}

/* Waits until the reader takes more. One that has not for so long when a signal came is gone. */
static bool reader_takes(void)
{
	struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};
	int rc;

	do
		rc = poll(&out, 1, GRACE_MS);
	while (rc < 0 || (rc == 0 && !signalled));
	if (rc == 0)
		errno = EPIPE;
	return rc > 0;
}

/* As many whole lines as a pipe takes at once or not at all; part of one that is longer. */
static size_t next_piece(const char *text, size_t n)
{
	const char *end;

	if (n <= PIPE_BUF)
		return n;
	end = memrchr(text, '\n', PIPE_BUF);
	return end ? (size_t)(end + 1 - text) : PIPE_BUF;
}

/* Returns how many bytes went out; when not all did, errno says why. */
static size_t write_some(const char *text, size_t n)
{
	size_t written = 0;

	while (written < n && reader_takes()) {
		const size_t piece = next_piece(text + written, n - written);
		const ssize_t taken = write(STDOUT_FILENO, text + written, piece);

		if (taken > 0)
			written += (size_t)taken;
		else if (errno != EINTR && errno != EAGAIN)
			break;
	}
	return written;
}

static u64 count_lines(const char *text, size_t n)
{
	u64 lines = 0;

	for (const char *end = text + n; (text = memchr(text, '\n', (size_t)(end - text))); text++)
		lines++;
	return lines;
}

/* What was printed so far. That the reader is gone is a way to end; a full disk is not. Returns how
 * many lines arrived. */
static u64 write_out(struct stream *s)
{
	struct err err = {0};
	size_t written;

	fflush(s->out);
	written = write_some(s->text, s->text_bytes);
	if (written < s->text_bytes) {
		s->ended = true;
		if (errno != EPIPE) {
			err__set_errno(&err, -errno, "writing to stdout failed");
			s->status = setup_fail(EXIT_RUNTIME, err.msg);
		}
	}
	rewind(s->out);
	return count_lines(s->text, written);
}

static bool is_enough(const struct stream *s, u64 lines)
{
	return s->options->count && s->shown + lines == s->options->count;
}

static void show(struct stream *s)
{
	u64 lines = 0;

	if (s->nrecords == 0 || s->ended)
		return;
	qsort(s->sorted, s->nrecords, sizeof(struct wire_raw *), compare_times);
	trace_view__begin(&s->view);
	for (u32 i = 0; i < s->nrecords && !is_enough(s, lines); i++, lines++)
		trace_view__event(&s->view, s->sorted[i]);
	s->shown += write_out(s);
	if (is_enough(s, 0))
		s->ended = true;
}

/* Takes what is there, up to a batch, and shows it. Returns how many records there were. */
static size_t turn(struct stream *s)
{
	size_t n;

	s->nrecords = 0;
	collector__follow_cgroups(s->collector, now_ns());
	n = rings__drain(s->collector->rings, BATCH_RECORDS);
	show(s);
	return n;
}

/* --- the run --- */

/* Until a ring fills up, the reader is gone, a signal comes, or time is up. */
static void wait_for_more(struct stream *s, int ms)
{
	struct pollfd fds[] = {
		{.fd = rings__wake_fd(s->collector->rings), .events = POLLIN},
		{.fd = STDOUT_FILENO},
		{.fd = collector__cgroup_news_fd(s->collector), .events = POLLIN},
	};
	const u64 now = now_ns();
	const u64 left = s->deadline_ns > now ? s->deadline_ns - now : 0;

	if (left / NS_PER_MS < (u64)ms)
		ms = (int)(left / NS_PER_MS) + 1;
	if (poll(fds, ARRAY_SIZE(fds), ms) <= 0)
		return;
	if (fds[0].revents)
		rings__acknowledge(s->collector->rings);
	if (fds[1].revents & (POLLERR | POLLNVAL))
		s->ended = true;
}

static void follow(struct stream *s)
{
	int ms = WAIT_MIN_MS;

	while (!s->ended && !signalled && now_ns() < s->deadline_ns) {
		size_t n = turn(s);

		if (n == BATCH_RECORDS || s->ended)
			continue;
		ms = n ? WAIT_MIN_MS : MIN(2 * ms, (int)WAIT_MAX_MS);
		wait_for_more(s, ms);
	}
}

static void put_part(struct strbuf *out, u64 n, const char *what)
{
	if (n)
		strbuf__printf(out, ", %llu %s", n, what);
}

/* Where every event that the kernel made is: shown, not shown, lost. */
static void sum_up(struct stream *s)
{
	const struct ledger_totals t = ledger__totals(s->collector->ledgers[0]);
	const char *name = s->event->schema->name;
	struct strbuf line;

	strbuf__init(&line);
	strbuf__printf(&line, "%s: %llu shown, %llu lost", name, s->shown, ledger_lost(&t));
	put_part(&line, s->consumed - s->shown, "not shown");
	put_part(&line, t.unpaired, "without a start");
	put_part(&line, collector__skipped(s->collector, 0), "skipped by the kernel");
	fprintf(stderr, "ringtally: %s\n", line.data);
	strbuf__fini(&line);
	if (t.accepted != s->consumed + ledger_lost(&t) || s->malformed)
		s->status = setup_fail(EXIT_RUNTIME, "the books of the event do not balance");
}

/* What happened before the end is shown, whenever the end came. */
static void finish(struct stream *s)
{
	collector__detach(s->collector);
	s->collector->quiet = true;
	while (turn(s))
		;
	sum_up(s);
}

static void announce(const struct stream *s)
{
	struct strbuf hooks;

	strbuf__init(&hooks);
	trial_put_hooks(&hooks, s->collector, 0);
	fprintf(stderr, "ringtally: tracing %s (%s), until Ctrl-C\n", s->event->schema->name,
		hooks.data);
	strbuf__fini(&hooks);
}

/* Everything up to where events arrive. */
static int start(struct stream *s, struct err *err)
{
	struct collector *c = s->collector;
	const char *refusal;

	if (collector__open_rings_to(c, take_records, s, err))
		return err->code;
	collector__watch_cgroups(c);
	if (collector__load_all(c, err))
		return err->code;
	refusal = collector__refusal(c, 0);
	if (refusal)
		return err__set(err, -EOPNOTSUPP, "event %s: %s", s->event->schema->name, refusal);
	raw_reader__set_generation(s->reader,
				   probe_object__generation(c->objects[s->event->object]));
	if (s->options->duration_ns)
		s->deadline_ns = now_ns() + s->options->duration_ns;
	return 0;
}

static void run(struct stream *s)
{
	struct err err = {0};

	if (start(s, &err)) {
		s->status = setup_fail(EXIT_REFUSED, err.msg);
		return;
	}
	catch_signals();
	announce(s);
	trace_view__header(&s->view);
	write_out(s);
	follow(s);
	finish(s);
}

int trace_stream_run(struct collector *c, const struct trace_options *options)
{
	const struct decoder_env env = {.cgroups = c->cgroups, .now_ns = now_ns};
	struct stream s = {
		.collector = c,
		.event = &c->plan->events[0],
		.options = options,
		.deadline_ns = U64_LARGEST,
		.view = {.json = options->json, .time_of_day = options->time_of_day},
	};
	struct err err = {0};

	s.records = calloc(BATCH_RECORDS, s.event->wire.record_bytes);
	s.sorted = calloc(BATCH_RECORDS, sizeof(struct wire_raw *));
	s.out = open_memstream(&s.text, &s.text_bytes);
	if (!s.records || !s.sorted || !s.out)
		err__set_errno(&err, -ENOMEM, "records");
	else if (!raw_reader__new(s.event, c->ncpus, &env, &s.reader, &err) &&
		 trace_view__init(&s.view, s.event, s.reader, s.out))
		err__set_errno(&err, -ENOMEM, "columns");
	if (err.code)
		s.status = setup_fail(EXIT_RUNTIME, err.msg);
	else
		run(&s);
	trace_view__fini(&s.view);
	raw_reader__free(s.reader);
	if (s.out)
		fclose(s.out);
	free(s.text);
	free(s.sorted);
	free(s.records);
	return s.status;
}
