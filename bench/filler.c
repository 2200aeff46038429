/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/filler.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/err.h"
#include "base/util.h"
#include "bench/objects.h"
#include "pipeline/knobs.h"
#include "pipeline/refusal.h"
#include "pipeline/rings.h"

struct filler {
	struct bpf_object *object;
	int program_fd;
	struct filler_record *records;
	size_t mapped;
	u64 next; /* number of the record that comes next */
};

static int reuse_rings(const struct filler *f, const struct rings *rings, struct err *err)
{
	struct bpf_map *map = bpf_object__find_map_by_name(f->object, "m_rings");
	int rc = map ? bpf_map__reuse_fd(map, rings__map_fd(rings)) : -ENOENT;

	return rc ? err__set_errno(err, rc, "the filler's map m_rings") : 0;
}

static int configure(const struct filler *f, u32 nrecords, u32 record_bytes, struct err *err)
{
	struct bpf_map *map = bpf_object__find_map_by_name(f->object, "m_records");
	int rc = map ? bpf_map__set_max_entries(map, nrecords) : -ENOENT;

	if (rc)
		return err__set_errno(err, rc, "the filler's map m_records");
	rc = knob__set(f->object, "filler_nrecords", &nrecords, sizeof(nrecords), err);
	return rc ? rc
		  : knob__set(f->object, "filler_record_bytes", &record_bytes, sizeof(record_bytes),
			      err);
}

static int load(struct filler *f, struct err *err)
{
	char why[256];
	int rc = bpf_object__load(f->object);

	if (rc) {
		refusal_describe(REFUSED_LOAD, rc, "", why, sizeof(why));
		return err__set(err, rc, "the program that fills rings: %s", why);
	}
	f->program_fd = bpf_program__fd(bpf_object__find_program_by_name(f->object, "fill"));
	return 0;
}

static int map_records(struct filler *f, u32 nrecords, struct err *err)
{
	const int fd = bpf_object__find_map_fd_by_name(f->object, "m_records");
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *at;

	f->mapped = ROUND_UP(nrecords * sizeof(struct filler_record), page);
	at = mmap(NULL, f->mapped, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		return err__set_errno(err, -errno, "mapping the filler's records");
	f->records = at;
	return 0;
}

int filler__new(const struct rings *rings, u32 nrecords, u32 record_bytes,
		struct filler **ret_filler, struct err *err)
{
	struct filler *f = calloc(1, sizeof(*f));
	int rc;

	if (!f)
		return err__set_errno(err, -ENOMEM, "filler");
	rc = bench_object_open_filler(&f->object, err);
	if (!rc)
		rc = reuse_rings(f, rings, err);
	if (!rc)
		rc = configure(f, nrecords, record_bytes, err);
	if (!rc)
		rc = load(f, err);
	if (!rc)
		rc = map_records(f, nrecords, err);
	if (rc) {
		filler__free(f);
		return rc;
	}
	*ret_filler = f;
	return 0;
}

void filler__free(struct filler *f)
{
	if (!f)
		return;
	if (f->records)
		munmap(f->records, f->mapped);
	bpf_object__close(f->object);
	free(f);
}

struct filler_record *filler__records(const struct filler *f)
{
	return f->records;
}

int filler__fill(struct filler *f, u32 n, bool draws, struct err *err)
{
	struct filler_call call = {.first = f->next, .n = n, .draws = draws};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = &call, .ctx_size_in = sizeof(call));

	/* The kernel writes the answer back into what it was given. */
	if (bpf_prog_test_run_opts(f->program_fd, &opts))
		return err__set_errno(err, -errno, "filling a ring");
	f->next += n;
	if (call.sent == n)
		return 0;
	return err__set(err, -ENOSPC, "only %llu of %u records found room", call.sent, n);
}
