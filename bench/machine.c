/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/machine.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/err.h"

#define BPF_STATS "/proc/sys/kernel/bpf_stats_enabled"

/* The value of the first "KEY : VALUE" line with one of the keys. */
static bool find_value(FILE *in, const char *key, char *ret_value, size_t n)
{
	char line[256];

	while (fgets(line, sizeof(line), in)) {
		const char *colon = strchr(line, ':');

		if (!colon || strncmp(line, key, strlen(key)) != 0)
			continue;
		snprintf(ret_value, n, "%s", colon + 1 + strspn(colon + 1, " \t"));
		ret_value[strcspn(ret_value, "\n")] = '\0';
		return true;
	}
	return false;
}

struct machine machine_describe(void)
{
	struct machine m = {.cpu = "unknown", .kernel = "unknown"};
	FILE *in = fopen("/proc/cpuinfo", "re");
	long online = sysconf(_SC_NPROCESSORS_ONLN);
	struct utsname name;

	if (in) {
		find_value(in, "model name", m.cpu, sizeof(m.cpu));
		fclose(in);
	}
	if (!uname(&name))
		snprintf(m.kernel, sizeof(m.kernel), "%.64s %.16s", name.release, name.machine);
	m.ncpus = online > 0 ? (u32)online : 1;
	return m;
}

struct cpu_pair machine_choose_cpus(void)
{
	struct cpu_pair pair = {0};
	u32 found = 0;

	if (sched_getaffinity(0, sizeof(pair.allowed), &pair.allowed))
		return pair;
	/* From the last one down: interrupts mostly go to the first. */
	for (u32 cpu = CPU_SETSIZE; cpu-- > 0 && found < 2;) {
		if (!CPU_ISSET(cpu, &pair.allowed))
			continue;
		if (found == 0)
			pair.measured = cpu;
		pair.helper = cpu;
		found++;
	}
	return pair;
}

int machine_pin(u32 cpu, struct err *err)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		return err__set_errno(err, -errno, "pinning a thread to CPU %u", cpu);
	return 0;
}

void machine_unpin(const struct cpu_pair *pair)
{
	sched_setaffinity(0, sizeof(pair->allowed), &pair->allowed);
}

struct cpu_ticks machine_ticks(u32 cpu)
{
	struct cpu_ticks ticks = {0};
	FILE *in = fopen("/proc/stat", "re");
	char line[512], name[16];

	snprintf(name, sizeof(name), "cpu%u ", cpu);
	while (in && fgets(line, sizeof(line), in)) {
		u64 column[8] = {0};

		if (strncmp(line, name, strlen(name)) != 0)
			continue;
		/* user nice system idle iowait irq softirq steal */
		// NOLINTNEXTLINE(cert-err34-c): the kernel's own digits
		sscanf(line + strlen(name), "%llu %llu %llu %llu %llu %llu %llu %llu", &column[0],
		       &column[1], &column[2], &column[3], &column[4], &column[5], &column[6],
		       &column[7]);
		for (size_t i = 0; i < 8; i++)
			ticks.all += column[i];
		ticks.steal = column[7];
		break;
	}
	if (in)
		fclose(in);
	return ticks;
}

static bool write_bpf_stats(char value)
{
	FILE *out = fopen(BPF_STATS, "we");
	bool written = out && fputc(value, out) != EOF;

	if (out && fclose(out))
		written = false;
	return written;
}

bool machine_stop_bpf_stats(void)
{
	FILE *in = fopen(BPF_STATS, "re");
	int value = in ? fgetc(in) : '0';

	if (in)
		fclose(in);
	return value == '1' && write_bpf_stats('0');
}

void machine_restore_bpf_stats(void)
{
	write_bpf_stats('1');
}
