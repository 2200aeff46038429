/* SPDX-License-Identifier: Apache-2.0 */
/* Sound BTF of every kind of type, and the same with one number of it changed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <bpf/btf.h>
#include <errno.h>
#include <stdio.h>

#include "base/err.h"
#include "base/types.h"
#include "base/util.h"
#include "pipeline/btf_check.h"

enum id {
	INT = 1,
	PTR,
	ALIAS,
	CONST,
	ARRAY,
	STRUCT,
	ENUM,
	ENUM64,
	PROTO,
	FUNC,
	VAR,
	SECTION,
	TAG,
	TYPES
};

static struct btf *make_btf(void)
{
	struct btf *btf = btf__new_empty();

	assert_non_null(btf);
	assert_int_equal(btf__add_int(btf, "int", 4, BTF_INT_SIGNED), INT);
	assert_int_equal(btf__add_ptr(btf, INT), PTR);
	assert_int_equal(btf__add_typedef(btf, "alias", INT), ALIAS);
	assert_int_equal(btf__add_const(btf, ALIAS), CONST);
	assert_int_equal(btf__add_array(btf, INT, INT, 3), ARRAY);
	assert_int_equal(btf__add_struct(btf, "pair", 8), STRUCT);
	assert_int_equal(btf__add_field(btf, "member", INT, 0, 0), 0);
	assert_int_equal(btf__add_enum(btf, "colour", 4), ENUM);
	assert_int_equal(btf__add_enum_value(btf, "red", 1), 0);
	assert_int_equal(btf__add_enum64(btf, "shade", 8, false), ENUM64);
	assert_int_equal(btf__add_enum64_value(btf, "dark", 1), 0);
	assert_int_equal(btf__add_func_proto(btf, INT), PROTO);
	assert_int_equal(btf__add_func_param(btf, "argument", PTR), 0);
	assert_int_equal(btf__add_func(btf, "run", BTF_FUNC_GLOBAL, PROTO), FUNC);
	assert_int_equal(btf__add_var(btf, "variable", BTF_VAR_STATIC, INT), VAR);
	assert_int_equal(btf__add_datasec(btf, ".data", 4), SECTION);
	assert_int_equal(btf__add_datasec_var_info(btf, VAR, 0, 4), 0);
	assert_int_equal(btf__add_decl_tag(btf, "tag", STRUCT, -1), TAG);
	return btf;
}

static struct btf_type *type_of(const struct btf *btf, enum id id)
{
	return (struct btf_type *)btf__type_by_id(btf, id);
}

static void assert_damaged(const struct btf *btf, enum id id)
{
	struct err err = {0};
	char want[64];

	snprintf(want, sizeof(want), "its BTF is damaged at type %d", id);
	assert_int_equal(btf_check(btf, &err), -EBADMSG);
	assert_string_equal(err.msg, want);
}

static void sound(void **state)
{
	struct btf *btf = make_btf();
	struct err err = {0};

	(void)state;
	assert_int_equal(btf__type_cnt(btf), TYPES);
	assert_int_equal(btf_check(btf, &err), 0);
	btf__free(btf);
}

static void names_that_are_not_there(void **state)
{
	(void)state;
	for (enum id id = INT; id < TYPES; id++) {
		struct btf *btf = make_btf();

		type_of(btf, id)->name_off = 1 << 20;
		assert_damaged(btf, id);
		btf__free(btf);
	}
}

static void types_that_are_not_there(void **state)
{
	static const enum id refer[] = {PTR, ALIAS, CONST, PROTO, FUNC, VAR, TAG};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refer); i++) {
		struct btf *btf = make_btf();

		type_of(btf, refer[i])->type = TYPES;
		assert_damaged(btf, refer[i]);
		btf__free(btf);
	}
}

/* What stands behind a type: the same for all of it. */
static void parts_that_are_not_there(void **state)
{
	(void)state;
	for (int part = 0; part < 8; part++) {
		struct btf *btf = make_btf();
		struct btf_array *array = btf_array(type_of(btf, ARRAY));
		u32 *const numbers[] = {
			&array->type,
			&array->index_type,
			&btf_members(type_of(btf, STRUCT))->name_off,
			&btf_members(type_of(btf, STRUCT))->type,
			&btf_enum(type_of(btf, ENUM))->name_off,
			&btf_enum64(type_of(btf, ENUM64))->name_off,
			&btf_params(type_of(btf, PROTO))->name_off,
			&btf_params(type_of(btf, PROTO))->type,
		};
		static const enum id ids[] = {ARRAY, ARRAY,  STRUCT, STRUCT,
					      ENUM,  ENUM64, PROTO,  PROTO};

		*numbers[part] = 1 << 20;
		assert_damaged(btf, ids[part]);
		btf__free(btf);
	}
}

static void types_of_the_wrong_kind(void **state)
{
	struct btf *btf = make_btf();

	(void)state;
	type_of(btf, FUNC)->type = INT;
	assert_damaged(btf, FUNC);
	btf__free(btf);

	btf = make_btf();
	btf_var_secinfos(type_of(btf, SECTION))->type = INT;
	assert_damaged(btf, SECTION);
	btf__free(btf);
}

static void circles(void **state)
{
	struct btf *btf = make_btf();

	(void)state;
	type_of(btf, ALIAS)->type = CONST;
	assert_damaged(btf, ALIAS);
	btf__free(btf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sound),
		cmocka_unit_test(names_that_are_not_there),
		cmocka_unit_test(types_that_are_not_there),
		cmocka_unit_test(parts_that_are_not_there),
		cmocka_unit_test(types_of_the_wrong_kind),
		cmocka_unit_test(circles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
