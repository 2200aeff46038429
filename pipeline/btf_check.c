/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/btf_check.h"

#include <bpf/btf.h>
#include <errno.h>

#include "base/err.h"
#include "base/types.h"

/* As many in a row as libbpf follows where it counts. */
enum { MODIFIERS_MAX = 32 };

static bool has_text(const struct btf *btf, u32 offset)
{
	return btf__str_by_offset(btf, offset) != NULL;
}

/* 0 is void. */
static bool has_type(const struct btf *btf, u32 id)
{
	return id < btf__type_cnt(btf);
}

static bool members_are_sound(const struct btf *btf, const struct btf_type *t)
{
	for (u16 i = 0; i < btf_vlen(t); i++)
		if (!has_text(btf, btf_members(t)[i].name_off) ||
		    !has_type(btf, btf_members(t)[i].type))
			return false;
	return true;
}

static bool params_are_sound(const struct btf *btf, const struct btf_type *t)
{
	for (u16 i = 0; i < btf_vlen(t); i++)
		if (!has_text(btf, btf_params(t)[i].name_off) ||
		    !has_type(btf, btf_params(t)[i].type))
			return false;
	return has_type(btf, t->type);
}

static bool enums_are_sound(const struct btf *btf, const struct btf_type *t)
{
	for (u16 i = 0; i < btf_vlen(t); i++)
		if (!has_text(btf,
			      btf_is_enum(t) ? btf_enum(t)[i].name_off : btf_enum64(t)[i].name_off))
			return false;
	return true;
}

static bool variables_are_sound(const struct btf *btf, const struct btf_type *t)
{
	for (u16 i = 0; i < btf_vlen(t); i++) {
		const struct btf_type *var = btf__type_by_id(btf, btf_var_secinfos(t)[i].type);

		if (!var || !(btf_is_var(var) || btf_is_func(var)))
			return false;
	}
	return true;
}

static bool function_is_sound(const struct btf *btf, const struct btf_type *t)
{
	const struct btf_type *proto = btf__type_by_id(btf, t->type);

	return proto && btf_is_func_proto(proto);
}

/* Its modifiers and typedefs come to an end. */
static bool ends(const struct btf *btf, const struct btf_type *t)
{
	for (int i = 0; i < MODIFIERS_MAX; i++) {
		if (!btf_is_mod(t) && !btf_is_typedef(t))
			return true;
		t = btf__type_by_id(btf, t->type);
		if (!t)
			return false;
	}
	return false;
}

static bool refers_soundly(const struct btf *btf, const struct btf_type *t)
{
	switch (btf_kind(t)) {
	case BTF_KIND_PTR:
	case BTF_KIND_VAR:
	case BTF_KIND_DECL_TAG:
		return has_type(btf, t->type);
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_CONST:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_TYPE_TAG:
		return ends(btf, t);
	case BTF_KIND_ARRAY:
		return has_type(btf, btf_array(t)->type) && has_type(btf, btf_array(t)->index_type);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return members_are_sound(btf, t);
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		return enums_are_sound(btf, t);
	case BTF_KIND_FUNC:
		return function_is_sound(btf, t);
	case BTF_KIND_FUNC_PROTO:
		return params_are_sound(btf, t);
	case BTF_KIND_DATASEC:
		return variables_are_sound(btf, t);
	default: /* numbers and forward declarations refer to nothing */
		return true;
	}
}

int btf_check(const struct btf *btf, struct err *err)
{
	for (u32 id = 1; id < btf__type_cnt(btf); id++) {
		const struct btf_type *t = btf__type_by_id(btf, id);

		if (!t || !has_text(btf, t->name_off) || !refers_soundly(btf, t))
			return err__set(err, -EBADMSG, "its BTF is damaged at type %u", id);
	}
	return 0;
}
