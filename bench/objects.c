/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/objects.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/embed.h"
#include "base/err.h"

extern const unsigned char bench_stub_begin[], bench_stub_end[];
extern const unsigned char bench_peers_begin[], bench_peers_end[];
extern const unsigned char bench_filler_begin[], bench_filler_end[];
extern const unsigned char bench_calls_begin[], bench_calls_end[];

/* The paths are given by CMake. */
EMBED(bench_stub, STUB_FILE);
EMBED(bench_peers, PEERS_FILE);
EMBED(bench_filler, FILLER_FILE);
EMBED(bench_calls, CALLS_FILE);

static size_t bytes_between(const unsigned char *begin, const unsigned char *end)
{
	return (size_t)((uintptr_t)end - (uintptr_t)begin);
}

static int open_object(const unsigned char *begin, const unsigned char *end, const char *name,
		       struct bpf_object **ret_object, struct err *err)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = name);
	struct bpf_object *object = bpf_object__open_mem(begin, bytes_between(begin, end), &opts);

	if (!object)
		return err__set_errno(err, -errno, "opening the bench's %s", name);
	*ret_object = object;
	return 0;
}

int bench_object_open_stub(struct bpf_object **ret_object, struct err *err)
{
	return open_object(bench_stub_begin, bench_stub_end, "stub", ret_object, err);
}

int bench_object_open_peers(struct bpf_object **ret_object, struct err *err)
{
	return open_object(bench_peers_begin, bench_peers_end, "peers", ret_object, err);
}

int bench_object_open_filler(struct bpf_object **ret_object, struct err *err)
{
	return open_object(bench_filler_begin, bench_filler_end, "filler", ret_object, err);
}

int bench_object_calls_file(char ret_path[BENCH_OBJECT_PATH_BYTES])
{
	size_t n = bytes_between(bench_calls_begin, bench_calls_end);
	int fd = memfd_create("bench_calls.bpf.o", MFD_CLOEXEC);

	if (fd < 0)
		return -1;
	if (write(fd, bench_calls_begin, n) != (ssize_t)n) {
		close(fd);
		return -1;
	}
	snprintf(ret_path, BENCH_OBJECT_PATH_BYTES, "/proc/self/fd/%d", fd);
	return fd;
}
