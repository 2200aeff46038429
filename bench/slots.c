/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/slots.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/util.h"

enum { SLOTS_MAX = 256, MAPS_MAX = 64 };

struct slot {
	int map;
	int empty; /* the program that takes over */
};

struct slots {
	struct slot items[SLOTS_MAX];
	u32 n;
};

/* ---- programs that the process has links to ---- */

/* The number in a line of an fdinfo file; 0: it has no such line. */
static u32 read_field(FILE *file, const char *name)
{
	char line[256];
	u32 value = 0;

	rewind(file);
	while (!value && fgets(line, sizeof(line), file))
		if (!strncmp(line, name, strlen(name)))
			value = (u32)strtoul(line + strlen(name), NULL, 10);
	return value;
}

/* The attached program behind a descriptor of the process; 0: it is no link. */
static u32 linked_program(const char *folder, const char *fd)
{
	char path[64 + sizeof(((struct dirent *)0)->d_name)];
	FILE *file;
	u32 id = 0;

	snprintf(path, sizeof(path), "%s/%s", folder, fd);
	file = fopen(path, "re");
	if (!file) /* closed meanwhile */
		return 0;
	if (read_field(file, "link_id:"))
		id = read_field(file, "prog_id:");
	fclose(file);
	return id;
}

/* ---- a program's slot ---- */

/* A tracing program's kind of attachment is not told, but only one of them goes with its target. */
static int load_empty(const struct bpf_prog_info *like)
{
	static const enum bpf_attach_type kinds[] = {BPF_TRACE_RAW_TP, BPF_TRACE_FENTRY,
						     BPF_TRACE_FEXIT};
	const struct bpf_insn leave[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	const bool tracing = like->type == BPF_PROG_TYPE_TRACING;
	int fd = -1;

	for (size_t i = 0; fd < 0 && i < (tracing ? ARRAY_SIZE(kinds) : 1); i++) {
		LIBBPF_OPTS(bpf_prog_load_opts, opts, .attach_btf_id = like->attach_btf_id,
			    .expected_attach_type = tracing ? kinds[i] : 0);

		fd = bpf_prog_load(like->type, "off", "Dual BSD/GPL", leave, ARRAY_SIZE(leave),
				   &opts);
	}
	return fd;
}

static bool is_slot(int map)
{
	struct bpf_map_info info = {0};
	u32 size = sizeof(info);

	return !bpf_obj_get_info_by_fd(map, &info, &size) && info.type == BPF_MAP_TYPE_PROG_ARRAY &&
	       info.max_entries == 1;
}

/* The slot among a program's maps; -ENOENT: it has none. */
static int find_slot(const u32 *map_ids, u32 n)
{
	for (u32 i = 0; i < n; i++) {
		const int map = bpf_map_get_fd_by_id(map_ids[i]);

		if (map < 0)
			return map;
		if (is_slot(map))
			return map;
		close(map);
	}
	return -ENOENT;
}

static int add_slot(struct slots *s, u32 program_id, struct err *err)
{
	const int program = bpf_prog_get_fd_by_id(program_id);
	u32 map_ids[MAPS_MAX];
	struct bpf_prog_info info = {.nr_map_ids = MAPS_MAX, .map_ids = (uintptr_t)map_ids};
	u32 size = sizeof(info);
	struct slot slot;
	int rc;

	if (program < 0)
		return err__set_errno(err, program, "program %u", program_id);
	rc = bpf_obj_get_info_by_fd(program, &info, &size);
	close(program);
	if (rc)
		return err__set_errno(err, rc, "program %u", program_id);
	slot.map = find_slot(map_ids, MIN(info.nr_map_ids, (u32)MAPS_MAX));
	if (slot.map == -ENOENT) /* one that sees no events */
		return 0;
	slot.empty = slot.map < 0 ? slot.map : load_empty(&info);
	if (slot.empty < 0 || s->n == SLOTS_MAX) {
		if (slot.map >= 0)
			close(slot.map);
		return err__set_errno(err, slot.empty < 0 ? slot.empty : -E2BIG,
				      "the slot of program %s", info.name);
	}
	s->items[s->n++] = slot;
	return 0;
}

/* ---- all of them ---- */

static int add_slots(struct slots *s, pid_t pid, struct err *err)
{
	const struct dirent *entry;
	char folder[64];
	DIR *dir;
	u32 id;

	snprintf(folder, sizeof(folder), "/proc/%d/fdinfo", (int)pid);
	dir = opendir(folder);
	if (!dir)
		return err__set_errno(err, -errno, "%s", folder);
	while (!err->code && (entry = readdir(dir)))
		if ((id = linked_program(folder, entry->d_name)))
			add_slot(s, id, err);
	closedir(dir);
	if (!err->code && s->n == 0)
		err__set(err, -ENOENT, "none of its programs is attached");
	return err->code;
}

int slots__open(pid_t pid, struct slots **ret_slots, struct err *err)
{
	struct slots *s = calloc(1, sizeof(*s));

	if (!s)
		return err__set_errno(err, -ENOMEM, "slots");
	if (add_slots(s, pid, err)) {
		slots__close(s);
		return err__wrap(err, "slots of process %d", (int)pid);
	}
	*ret_slots = s;
	return 0;
}

void slots__close(struct slots *s)
{
	for (u32 i = 0; s && i < s->n; i++) {
		close(s->items[i].map);
		close(s->items[i].empty);
	}
	free(s);
}

u32 slots__n(const struct slots *s)
{
	return s->n;
}

int slots__switch_on(struct slots *s, struct err *err)
{
	const u32 only = 0;

	for (u32 i = 0; i < s->n; i++)
		if (bpf_map_delete_elem(s->items[i].map, &only) && errno != ENOENT)
			return err__set_errno(err, -errno, "taking a program out of its slot");
	return 0;
}

int slots__switch_off(struct slots *s, struct err *err)
{
	const u32 only = 0;

	for (u32 i = 0; i < s->n; i++)
		if (bpf_map_update_elem(s->items[i].map, &only, &s->items[i].empty, BPF_ANY))
			return err__set_errno(err, -errno, "putting an empty program into a slot");
	return 0;
}
