/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/pipeline/decoder_test.h"

static void names_are_found_and_unique(void **state)
{
	(void)state;
	assert_true(decoder_kinds_count > 0);
	for (size_t i = 0; i < decoder_kinds_count; i++)
		assert_ptr_equal(decoder_kind(decoder_kinds[i]->name), decoder_kinds[i]);
	assert_null(decoder_kind("no_such_decoder"));
	assert_null(decoder_kind(""));
}

static void no_slot_is_empty(void **state)
{
	(void)state;
	for (size_t i = 0; i < decoder_kinds_count; i++) {
		const struct decoder_ops *ops = decoder_kinds[i];

		assert_non_null(ops->name);
		assert_true(strlen(ops->name) > 0);
		assert_non_null(ops->help);
		assert_int_equal(ops->help[strlen(ops->help) - 1], '.');
		if (ops->no_where)
			assert_true(strlen(ops->no_where) > 0);
		assert_non_null(ops->create);
		assert_non_null(ops->decode);
		assert_non_null(ops->encode);
		assert_non_null(ops->destroy);
	}
}

static void nothing_can_be_destroyed(void **state)
{
	(void)state;
	for (size_t i = 0; i < decoder_kinds_count; i++)
		decoder_kinds[i]->destroy(NULL);
}

static void texts_and_what_no_where_tests_have_no_way_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < decoder_kinds_count; i++)
		if (decoder_kinds[i]->text || decoder_kinds[i]->no_where)
			assert_ptr_equal(decoder_kinds[i]->encode, decoder_no_encode);
}

static void only_enums_have_names_of_their_own(void **state)
{
	(void)state;
	for (size_t i = 0; i < decoder_kinds_count; i++)
		assert_int_equal(decoder_kinds[i]->own_names,
				 strcmp(decoder_kinds[i]->name, "enum") == 0);
}

static void fields_without_a_tag_have_decoders_of_their_shape(void **state)
{
	(void)state;
	assert_true(decoder_kind(DECODER_TEXT)->text);
	assert_false(decoder_kind(DECODER_UNSIGNED)->text);
	assert_false(decoder_kind(DECODER_SIGNED)->text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_found_and_unique),
		cmocka_unit_test(no_slot_is_empty),
		cmocka_unit_test(nothing_can_be_destroyed),
		cmocka_unit_test(texts_and_what_no_where_tests_have_no_way_back),
		cmocka_unit_test(only_enums_have_names_of_their_own),
		cmocka_unit_test(fields_without_a_tag_have_decoders_of_their_shape),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
