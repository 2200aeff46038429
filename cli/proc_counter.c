/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/proc_counter.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/util.h"
#include "cli/numbers.h"

/* ---- diskstats ---- */

/* Numbers behind the name of a device. */
enum { READS = 0, WRITES = 4, DISCARDS = 11, FLUSHES = 15, DISKSTATS_MAX = 17 };

/* Whole disks whose I/O is requests: partitions are in their disks, and device mapper, md and the
 * like hand on what other disks count. */
static bool has_requests(const char *disk)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/block/%s/mq", disk);
	return !access(path, F_OK);
}

/* A slash in a name is a ! in sysfs. */
static void to_sysfs(char *name)
{
	for (; *name; name++)
		if (*name == '/')
			*name = '!';
}

static void read_diskstats(const char *line, struct proc_reading *sum)
{
	u64 n[DISKSTATS_MAX] = {0};
	char name[64];
	int at = 0;

	if (sscanf(line, "%*u %*u %63s%n", name, &at) != 1)
		return;
	to_sysfs(name);
	if (!has_requests(name))
		return;
	numbers_read(line + at, n, ARRAY_SIZE(n));
	sum->count += n[READS] + n[WRITES] + n[DISCARDS] + n[FLUSHES];
	sum->disturbed += n[FLUSHES];
}

/* ---- softirqs: "NET_RX:  12  34", a number per CPU ---- */

enum { CPUS_MAX = 8192 }; /* the most that a kernel is built for */

static void read_cpus(const char *line, struct proc_reading *sum)
{
	const char *colon = strchr(line, ':');
	u64 n[CPUS_MAX];
	const size_t ncpus = colon ? numbers_read(colon + 1, n, ARRAY_SIZE(n)) : 0;

	for (size_t i = 0; i < ncpus; i++)
		sum->count += n[i];
}

/* ---- interrupts: " 24:  12  34  PCI-MSI 0-edge  virtio0", a number per CPU ---- */

static bool is_shared(const char *names)
{
	return strstr(names, ", ");
}

/* Those of devices; the others, as NMI and LOC, have letters. */
static void read_interrupts(const char *line, struct proc_reading *sum)
{
	struct proc_reading own = {0};
	u64 irq;

	if (numbers_read(line, &irq, 1) != 1)
		return;
	read_cpus(line, &own);
	sum->count += own.count;
	if (is_shared(line))
		sum->disturbed += own.count;
}

/* ---- stat: "processes 1234" ---- */

#define PROCESSES "processes "

static void read_processes(const char *line, struct proc_reading *sum)
{
	if (!strncmp(line, PROCESSES, sizeof(PROCESSES) - 1))
		numbers_read(line + sizeof(PROCESSES) - 1, &sum->count, 1);
}

/* ---- */

const struct proc_counter proc_counters[] = {
	{"block_io", "diskstats", "completed I/Os",
	 "a disk was told to flush, for which the kernel also counts a write that never reaches it",
	 read_diskstats},
	{"softirq", "softirqs", "softirqs", NULL, read_cpus},
	{"hardirq", "interrupts", "interrupts of devices",
	 "an interrupt came that devices share: each of them is an event, the kernel counts one",
	 read_interrupts},
	{"process_fork", "stat", "processes", NULL, read_processes},
};

const u32 proc_counters_count = ARRAY_SIZE(proc_counters);

const struct proc_counter *proc_counter_of(const char *event)
{
	for (u32 i = 0; i < proc_counters_count; i++)
		if (!strcmp(proc_counters[i].event, event))
			return &proc_counters[i];
	return NULL;
}

int proc_counter__read(const struct proc_counter *c, struct proc_reading *ret_reading,
		       struct err *err)
{
	struct proc_reading sum = {0};
	char path[64], *line = NULL;
	size_t size = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%s", c->file);
	file = fopen(path, "re");
	if (!file)
		return err__set_errno(err, -errno, "%s", path);
	while (getline(&line, &size, file) > 0)
		c->read_line(line, &sum);
	free(line);
	fclose(file);
	*ret_reading = sum;
	return 0;
}
