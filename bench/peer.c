/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/peer.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/util.h"
#include "bench/hook.h"
#include "bench/key.h"
#include "bench/objects.h"
#include "pipeline/refusal.h"

/* bench/probes/peers.bpf.c: struct key_latency */
enum { KEY_BYTES_MAX = 64, LATENCY_BUCKET_OFFSET = 4, LATENCY_SUM_BUCKET = 28 };

/* Only the one program and the one map that are wanted. */
static void switch_all_off(struct bpf_object *object)
{
	struct bpf_program *program;
	struct bpf_map *map;

	bpf_object__for_each_program(program, object)
		bpf_program__set_autoload(program, false);
	bpf_object__for_each_map(map, object)
		bpf_map__set_autocreate(map, false);
}

/* The table of each CPU, and the ring. What it counts is not looked at. */
static int choose_two_way(const struct peer *p, struct err *err)
{
	struct bpf_map *table = bpf_object__find_map_by_name(p->object, "m_two_way_pid_comm");
	struct bpf_map *ring = bpf_object__find_map_by_name(p->object, "m_two_way_ring");
	int ncpus = libbpf_num_possible_cpus(), rc = ncpus < 0 ? ncpus : 0;

	if (!table || !ring)
		return err__set(err, -ENOENT, "the bench has no table of its own");
	if (!rc)
		rc = bpf_map__set_max_entries(table, (u32)ncpus);
	if (!rc)
		rc = bpf_map__set_autocreate(table, true);
	if (!rc)
		rc = bpf_map__set_autocreate(ring, true);
	return rc ? err__set_errno(err, rc, "map m_two_way_pid_comm") : 0;
}

static int choose_map(struct peer *p, const char *what, const struct bench_key *key, u32 entries,
		      struct err *err)
{
	char name[64];
	struct bpf_map *map;
	int rc;

	if (!key || !strcmp(what, "key"))
		return 0;
	if (!strcmp(what, "two_way"))
		return choose_two_way(p, err);
	snprintf(name, sizeof(name), "m_%s_%s", what, key->peer);
	map = bpf_object__find_map_by_name(p->object, name);
	if (!map)
		return err__set(err, -ENOENT, "the bench has no map %s", name);
	rc = bpf_map__set_autocreate(map, true);
	if (!rc)
		rc = bpf_map__set_max_entries(map, entries ? entries : key->map_entries);
	if (rc)
		return err__set_errno(err, rc, "map %s", name);
	p->map = map;
	if (!strcmp(key->peer, "latency"))
		p->sum_bucket = LATENCY_SUM_BUCKET;
	return 0;
}

static int load_program(struct peer *p, const char *name, const char *target, struct err *err)
{
	struct bpf_program *program = bpf_object__find_program_by_name(p->object, name);
	char why[256];
	int rc;

	if (!program)
		return err__set(err, -ENOENT, "the bench has no program %s", name);
	bpf_program__set_autoload(program, true);
	rc = bpf_object__load(p->object);
	if (rc) {
		refusal_describe(REFUSED_LOAD, rc, "", why, sizeof(why));
		return err__set(err, rc, "%s: %s", target, why);
	}
	p->program_fd = bpf_program__fd(program);
	return 0;
}

int peer__load(struct peer *p, const struct hook *hook, const char *what,
	       const struct bench_key *key, u32 entries, struct err *err)
{
	char name[64];
	int rc;

	*p = (struct peer){.program_fd = -1};
	rc = bench_object_open_peers(&p->object, err);
	if (rc)
		return rc;
	switch_all_off(p->object);
	snprintf(name, sizeof(name), "%s_%s%s%s", hook->name, what, key ? "_" : "",
		 key ? key->peer : "");
	rc = choose_map(p, what, key, entries, err);
	if (!rc)
		rc = load_program(p, name, hook->target, err);
	if (rc)
		peer__unload(p);
	return rc;
}

void peer__unload(struct peer *p)
{
	bpf_object__close(p->object);
	*p = (struct peer){.program_fd = -1};
}

static bool is_sum(const struct peer *p, const char *key)
{
	u32 bucket;

	memcpy(&bucket, key + LATENCY_BUCKET_OFFSET, sizeof(bucket));
	return p->sum_bucket && bucket == p->sum_bucket;
}

u64 peer__counted(const struct peer *p)
{
	bool percpu = p->map && bpf_map__type(p->map) == BPF_MAP_TYPE_PERCPU_HASH;
	int ncpus = percpu ? libbpf_num_possible_cpus() : 1;
	int fd = p->map ? bpf_map__fd(p->map) : -1;
	u64 *values = calloc((size_t)MAX(ncpus, 1), sizeof(*values)), sum = 0;
	char key[KEY_BYTES_MAX], *previous = NULL;

	while (values && fd >= 0 && bpf_map_get_next_key(fd, previous, key) == 0) {
		previous = key;
		if (is_sum(p, key) || bpf_map_lookup_elem(fd, key, values))
			continue;
		for (int cpu = 0; cpu < ncpus; cpu++)
			sum += values[cpu];
	}
	free(values);
	return sum;
}

u32 program_xlated_bytes(int fd)
{
	struct bpf_prog_info info = {0};
	u32 size = sizeof(info);

	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &size))
		return 0;
	return info.xlated_prog_len;
}
