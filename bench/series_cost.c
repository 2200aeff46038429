/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A thread that gives itself a new name before each call makes a series per name on a config with
 * the label `comm`; `where` keeps everybody else out. RssAnon is read when all of it has arrived
 * but was not yet scraped (what the series themselves take), and after a scrape (with the snapshot
 * and the text that a scrape of so many needs). What was made is compared with what the daemon
 * counts.
 */
#include "bench/series_cost.h"

#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "bench/exposition.h"
#include "bench/figures.h"
#include "bench/pause.h"
#include "bench/proc_memory.h"
#include "bench/target.h"

#define METRIC "calls_total"
#define PREFIX "rt-series-" /* and five digits: 15 bytes, as many as a name may have */

enum { SCRAPES = 3, BETWEEN_MS = 100 };
enum { BURST = 200, BURST_PAUSE_US = 4000 }; /* the rings must take it all */
enum { ARRIVE_MS = 1500 };		     /* more than a flush_interval */

static int write_config(u32 nseries, struct err *err)
{
	int fd = memfd_create("config", MFD_CLOEXEC);
	struct strbuf text;

	if (fd < 0)
		return err__set_errno(err, -errno, "a file for the config");
	strbuf__init(&text);
	strbuf__printf(&text,
		       "ring: { size: 4MiB }\n"
		       "limits: { samples: 100000000, memory: 1TiB }\n"
		       "metrics:\n"
		       "  - name: " METRIC "\n"
		       "    help: Calls made by the bench.\n"
		       "    event: syscall_enter\n"
		       "    type: counter\n"
		       "    where: comm starts_with " PREFIX "\n"
		       "    labels: [comm]\n"
		       "    max_series: %u\n",
		       nseries + 1);
	if (text.failed || write(fd, text.data, text.len) != (ssize_t)text.len) {
		err__set(err, -EIO, "writing the config to memory");
		close(fd);
		fd = -1;
	}
	strbuf__fini(&text);
	return fd;
}

/* Each name counts the calls made under it: getppid, and the prctl that ends it. */
static void make_series(u32 nseries)
{
	char saved[16] = "", name[32];

	prctl(PR_GET_NAME, saved);
	for (u32 i = 0; i < nseries; i++) {
		snprintf(name, sizeof(name), PREFIX "%05u", i);
		prctl(PR_SET_NAME, name);
		syscall(SYS_getppid);
		if (i % BURST == BURST - 1)
			pause_us(BURST_PAUSE_US);
	}
	prctl(PR_SET_NAME, saved);
}

static int read_anon(const struct target *t, double *ret_bytes, struct err *err)
{
	struct proc_memory memory;

	if (proc_memory_read(t->child.pid, &memory, err))
		return err->code;
	*ret_bytes = (double)memory.rss_anon;
	return 0;
}

/* *ret_ms: the daemon's CPU time for each. */
static int scrape_some(struct target *t, double *ret_ms, struct err *err)
{
	clockid_t clock;
	u64 begin;

	if (clock_getcpuclockid(t->child.pid, &clock))
		return err__set_errno(err, -ESRCH, "the daemon's clock");
	begin = pause_clock_ns(clock);
	for (int i = 0; i < SCRAPES; i++) {
		if (target__scrape(t, err))
			return err->code;
		pause_ms(BETWEEN_MS);
	}
	*ret_ms = (double)(pause_clock_ns(clock) - begin) / 1e6 / SCRAPES;
	return 0;
}

static int check_arrived(const struct target *t, u32 nseries, struct err *err)
{
	double series;

	if (!exposition_find(t->body, "ringtally_self_series", "metric", METRIC, &series))
		return err__set(err, -ENODATA, "no ringtally_self_series of " METRIC);
	if (series < nseries)
		return err__set(err, -EIO, "of %u series just %.0f arrived", nseries, series);
	return 0;
}

static int measure(struct target *t, u32 nseries, struct figures *to, struct err *err)
{
	double before = 0, made = 0, scraped = 0, few_ms = 0, ms = 0;
	struct target_times times = {0};

	if (target__wait(t, target_is_attached, NULL, &times, err) ||
	    scrape_some(t, &few_ms, err) || read_anon(t, &before, err))
		return err->code;
	make_series(nseries);
	pause_ms(ARRIVE_MS);
	if (read_anon(t, &made, err) || scrape_some(t, &ms, err) || read_anon(t, &scraped, err) ||
	    check_arrived(t, nseries, err))
		return err->code;
	figures__add(to, "bytes", (made - before) / nseries, "series/%u", nseries);
	figures__add(to, "bytes", (scraped - before) / nseries, "series/%u/scraped", nseries);
	figures__add(to, "ms", few_ms, "series/0/scrape_cpu");
	figures__add(to, "ms", ms, "series/%u/scrape_cpu", nseries);
	return target__stop(t, err);
}

int series_cost_measure(u32 nseries, struct figures *to, struct err *err)
{
	char path[64];
	const char *args[] = {"run", "--config.file", path, NULL};
	int config = write_config(nseries, err);
	struct target t = {0};

	if (config < 0)
		return err->code;
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)getpid(), config);
	if (!target__start(&t, "ringtally", "/proc/self/exe", args, err))
		measure(&t, nseries, to, err);
	target__fini(&t);
	close(config);
	return err->code ? err__wrap(err, "bytes per series") : 0;
}
