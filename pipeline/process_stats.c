/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/process_stats.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "aggregators/snapshot.h"

/* Fields of /proc/self/stat, numbered as in proc(5). */
enum { STAT_UTIME = 14, STAT_STIME = 15, STAT_STARTTIME = 22, STAT_VSIZE = 23, STAT_RSS = 24 };
enum { STAT_FIELDS = 52 };

static void one(struct snapshot *s, const char *name, const char *help, enum agg_shape shape,
		u8 scale, u64 value)
{
	const struct family_desc desc = {
		.name = name, .help = help, .shape = shape, .scale = scale};

	snapshot__begin(s, &desc);
	snapshot__sample(s, value, NULL);
}

static size_t read_file(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, size - 1);

	if (fd >= 0)
		close(fd);
	buf[n < 0 ? 0 : n] = '\0';
	return n < 0 ? 0 : (size_t)n;
}

/* The numeric fields; the second, the name, may hold anything and ends with the last parenthesis.
 */
static bool read_stat(u64 fields[STAT_FIELDS + 1])
{
	char buf[1024];
	char *at;

	if (!read_file("/proc/self/stat", buf, sizeof(buf)))
		return false;
	at = strrchr(buf, ')');
	if (!at || strlen(at) < 4)
		return false;
	at += 3; /* the state, a letter, is field 3 */
	for (int i = 4; i <= STAT_FIELDS; i++)
		fields[i] = strtoull(at + 1, &at, 10);
	return true;
}

/* Seconds since the epoch when the machine came up. */
static u64 boot_time(void)
{
	char *text = malloc(1 << 16);
	const char *line = NULL;
	u64 boot = 0;

	if (text && read_file("/proc/stat", text, 1 << 16))
		line = strstr(text, "\nbtime ");
	if (line)
		boot = strtoull(line + strlen("\nbtime "), NULL, 10);
	free(text);
	return boot;
}

static u64 count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	u64 n = 0;

	if (!dir)
		return 0;
	for (const struct dirent *e = readdir(dir); e; e = readdir(dir))
		n += e->d_name[0] != '.';
	closedir(dir);
	return n - 1; /* the folder's own */
}

static void snapshot_stat(struct snapshot *s)
{
	u64 hz = (u64)sysconf(_SC_CLK_TCK);
	u64 f[STAT_FIELDS + 1] = {0};

	if (!read_stat(f))
		return;
	one(s, "process_cpu_seconds_total", "Total user and system CPU time spent in seconds.",
	    AGG_SHAPE_COUNTER, 3, (f[STAT_UTIME] + f[STAT_STIME]) * 1000 / hz);
	one(s, "process_start_time_seconds",
	    "Start time of the process since unix epoch in seconds.", AGG_SHAPE_GAUGE, 3,
	    boot_time() * 1000 + f[STAT_STARTTIME] * 1000 / hz);
	one(s, "process_virtual_memory_bytes", "Virtual memory size in bytes.", AGG_SHAPE_GAUGE, 0,
	    f[STAT_VSIZE]);
	one(s, "process_resident_memory_bytes", "Resident memory size in bytes.", AGG_SHAPE_GAUGE,
	    0, f[STAT_RSS] * (u64)sysconf(_SC_PAGESIZE));
}

void process_stats_snapshot(struct snapshot *s)
{
	struct rlimit limit;

	snapshot_stat(s);
	one(s, "process_open_fds", "Number of open file descriptors.", AGG_SHAPE_GAUGE, 0,
	    count_fds());
	if (!getrlimit(RLIMIT_NOFILE, &limit))
		one(s, "process_max_fds", "Maximum number of open file descriptors.",
		    AGG_SHAPE_GAUGE, 0, limit.rlim_cur);
}
