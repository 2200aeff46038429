/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io [--name=TEXT] [--wait] [--pace=US] PATH STEP...: I/O on a device or a file past the page
 * cache, each step in turn on the same open file, from its start on.
 *
 *   write=COUNT:BYTES      so many writes of so many bytes each
 *   read=COUNT:BYTES
 *   sync=COUNT             so many fsyncs: a device with a cache is told to flush it each time
 *   discard=COUNT:BYTES    tells a device that it may forget so many stretches
 *   punch=COUNT:BYTES      so many holes: a device zeroes them, a file system discards them
 *
 * Says one line per step: `KIND=COUNT bytes=N us=N`, us being the time it took. --pace sleeps US
 * microseconds after each I/O.
 */
#include <fcntl.h>
#include <getopt.h>
#include <linux/fs.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "tests/load/load.h"

enum { ALIGNMENT = 4096 };

struct file {
	const char *path;
	int fd;
	u64 pace_us;
};

struct step {
	const struct step_kind *kind;
	u64 count;
	u64 bytes; /* of each */
	void *buffer;
};

struct step_kind {
	const char *name;
	bool has_bytes;
	void (*run)(const struct file *file, const struct step *step, u64 i);
};

static void check(const struct file *file, const char *what, s64 result, u64 wanted)
{
	if (result < 0)
		load_die("%s %s: %s", what, file->path, strerror(errno));
	if ((u64)result != wanted)
		load_die("%s %s: %lld of %llu bytes", what, file->path, result, wanted);
}

static void write_one(const struct file *file, const struct step *step, u64 i)
{
	check(file, "write", pwrite(file->fd, step->buffer, step->bytes, (off_t)(i * step->bytes)),
	      step->bytes);
}

static void read_one(const struct file *file, const struct step *step, u64 i)
{
	check(file, "read", pread(file->fd, step->buffer, step->bytes, (off_t)(i * step->bytes)),
	      step->bytes);
}

static void sync_one(const struct file *file, const struct step *step, u64 i)
{
	(void)step;
	(void)i;
	check(file, "fsync", fsync(file->fd), 0);
}

static void discard_one(const struct file *file, const struct step *step, u64 i)
{
	u64 range[2] = {i * step->bytes, step->bytes};

	check(file, "discard", ioctl(file->fd, BLKDISCARD, range), 0);
}

static void punch_one(const struct file *file, const struct step *step, u64 i)
{
	check(file, "punch a hole into",
	      fallocate(file->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
			(off_t)(i * step->bytes), (off_t)step->bytes),
	      0);
}

static const struct step_kind step_kinds[] = {
	{"write", true, write_one},	{"read", true, read_one},   {"sync", false, sync_one},
	{"discard", true, discard_one}, {"punch", true, punch_one},
};

/* NAME=COUNT[:BYTES] */
static struct step parse_step(const char *text)
{
	for (size_t i = 0; i < sizeof(step_kinds) / sizeof(step_kinds[0]); i++) {
		struct step step = {.kind = &step_kinds[i]};
		size_t n = strlen(step.kind->name);
		const char *at = text + n + 1;

		if (strncmp(text, step.kind->name, n) != 0 || text[n] != '=')
			continue;
		step.count = load_take_number(&at);
		if (step.kind->has_bytes && *at++ == ':')
			step.bytes = load_take_number(&at);
		if (*at || (step.kind->has_bytes && (!step.bytes || step.bytes % 512)))
			break;
		return step;
	}
	load_die("'%s' is neither sync=N nor write, read, discard or punch=N:BYTES", text);
}

static void run_step(const struct file *file, struct step step)
{
	u64 begin;

	if (posix_memalign(&step.buffer, ALIGNMENT, step.bytes + 1))
		load_die("no memory for %llu bytes", step.bytes);
	memset(step.buffer, 'r', step.bytes);
	begin = load_now_ns();
	for (u64 i = 0; i < step.count; i++) {
		step.kind->run(file, &step, i);
		if (file->pace_us)
			load_rest(file->pace_us);
	}
	printf("%s=%llu bytes=%llu us=%llu\n", step.kind->name, step.count, step.count * step.bytes,
	       (load_now_ns() - begin) / 1000);
	fflush(stdout);
	free(step.buffer);
}

static const struct option long_options[] = {
	{"name", required_argument, NULL, 'n'},
	{"pace", required_argument, NULL, 'p'},
	{"wait", no_argument, NULL, 'w'},
	{0},
};

static void open_file(struct file *file)
{
	file->fd = open(file->path, O_RDWR | O_CREAT | O_DIRECT | O_CLOEXEC, 0600);
	if (file->fd < 0)
		load_die("%s: %s", file->path, strerror(errno));
}

int main(int argc, char **argv)
{
	struct file file = {0};
	bool wait = false;
	int option;

	while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		if (option == 'n')
			load_name(optarg);
		else if (option == 'p')
			file.pace_us = load_number(optarg);
		else if (option == 'w')
			wait = true;
		else
			return 2;
	}
	if (argc - optind < 2)
		load_die("usage: io [--name=TEXT] [--pace=US] [--wait] PATH STEP...");
	for (int i = optind + 1; i < argc; i++)
		parse_step(argv[i]); /* what is wrong is told before anything is written */
	file.path = argv[optind++];
	open_file(&file);
	if (wait)
		load_wait_for_go();
	for (; optind < argc; optind++)
		run_step(&file, parse_step(argv[optind]));
	close(file.fd);
	return 0;
}
