/* SPDX-License-Identifier: Apache-2.0 */
/* The .rodata section of the BTF says where each constant lies in the initial value of its map. */
#include "pipeline/knobs.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/types.h"

#define RODATA ".rodata"

/* The map that libbpf makes of .rodata: "OBJECT.rodata". */
static struct bpf_map *rodata_map(const struct bpf_object *object)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, object) {
		const char *dot = strrchr(bpf_map__name(map), '.');

		if (bpf_map__is_internal(map) && dot && !strcmp(dot, RODATA))
			return map;
	}
	return NULL;
}

u64 knobs_bytes(const struct bpf_object *object)
{
	const struct bpf_map *map = rodata_map(object);

	return map ? bpf_map__value_size(map) : 0;
}

/* The constant's place in the BTF section; NULL when there is none of that name. */
static const struct btf_var_secinfo *find_variable(const struct btf *btf, const char *name)
{
	s32 section_id = btf__find_by_name_kind(btf, RODATA, BTF_KIND_DATASEC);
	const struct btf_type *section =
		section_id < 0 ? NULL : btf__type_by_id(btf, (u32)section_id);
	const struct btf_var_secinfo *variables;

	if (!section)
		return NULL;
	variables = btf_var_secinfos(section);
	for (u16 i = 0; i < btf_vlen(section); i++) {
		const struct btf_type *variable = btf__type_by_id(btf, variables[i].type);
		const char *known = variable ? btf__str_by_offset(btf, variable->name_off) : NULL;

		if (known && !strcmp(known, name))
			return &variables[i];
	}
	return NULL;
}

/* Where a constant lies: in which map, behind how many bytes. */
struct place {
	struct bpf_map *map;
	const char *bytes; /* of the whole map */
	size_t map_size;
	size_t offset;
};

/* Finds the constant and checks that it is `size` bytes within the map. */
static int locate(const struct bpf_object *object, const char *name, size_t size,
		  struct place *ret_place, struct err *err)
{
	const struct btf *btf = bpf_object__btf(object);
	const struct btf_var_secinfo *variable = btf ? find_variable(btf, name) : NULL;
	struct place place = {.map = rodata_map(object)};

	if (place.map)
		place.bytes = bpf_map__initial_value(place.map, &place.map_size);
	if (!variable || !place.bytes)
		return err__set(err, -ENOENT, "it has no constant '%s'", name);
	place.offset = variable->offset;
	if (variable->size != size || place.offset + size > place.map_size)
		return err__set(err, -EINVAL, "its constant '%s' has %u bytes, not %zu", name,
				variable->size, size);
	*ret_place = place;
	return 0;
}

int knob__set(struct bpf_object *object, const char *name, const void *value, size_t size,
	      struct err *err)
{
	struct place place = {0};
	int rc = locate(object, name, size, &place, err);
	char *changed;

	if (rc || !place.bytes)
		return rc;
	changed = malloc(place.map_size + 1);
	if (!changed)
		return err__set_errno(err, -ENOMEM, "constant '%s'", name);
	memcpy(changed, place.bytes, place.map_size);
	memcpy(changed + place.offset, value, size);
	rc = bpf_map__set_initial_value(place.map, changed, place.map_size);
	free(changed);
	return rc ? err__set_errno(err, rc, "constant '%s'", name) : 0;
}

int knob__get(const struct bpf_object *object, const char *name, void *ret_value, size_t size,
	      struct err *err)
{
	struct place place = {0};
	int rc = locate(object, name, size, &place, err);

	if (!rc && place.bytes)
		memcpy(ret_value, place.bytes + place.offset, size);
	return rc;
}
