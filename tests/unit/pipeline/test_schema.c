/* SPDX-License-Identifier: Apache-2.0 */
/* BTF built type by type, as no compiler would: each either a schema or one clear line. Then what
 * the bundled object says of itself. */
#include <bpf/btf.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/util.h"
#include "bpf/wire.h"
#include "pipeline/decoders/decoder.h"
#include "pipeline/libbpf_log.h"
#include "pipeline/schema.h"
#include "tests/unit/pipeline/bundle_test.h"

/* The types that every BTF here begins with, and a number no type has. */
enum { U64 = 1, S64, U32, CHAR, PROTO, FIRST_FREE, NO_TYPE = 9999 };

#define NOT_A_FIELD "field 1 is neither a 64-bit number nor a text of whole words"

#define NO_REST	    ": both are unsigned numbers of the event, and a field has one rest"

static struct btf *begin(void)
{
	struct btf *b = btf__new_empty();

	assert_non_null(b);
	assert_int_equal(btf__add_int(b, "unsigned long long", 8, 0), U64);
	assert_int_equal(btf__add_int(b, "long long", 8, BTF_INT_SIGNED), S64);
	assert_int_equal(btf__add_int(b, "unsigned int", 4, 0), U32);
	assert_int_equal(btf__add_int(b, "char", 1, BTF_INT_SIGNED), CHAR);
	assert_int_equal(btf__add_func_proto(b, U32), PROTO);
	return b;
}

static void tag(struct btf *b, const char *text, int type, int component)
{
	assert_true(btf__add_decl_tag(b, text, type, component) > 0);
}

/* A struct with one field at this bit, tagged as an event. Returns the struct. */
static int event_with(struct btf *b, const char *name, u32 bytes, int type, u32 bit)
{
	int id = btf__add_struct(b, name, bytes);

	assert_true(id > 0);
	assert_int_equal(btf__add_field(b, "x", type, bit, 0), 0);
	tag(b, "ringtally.event", id, -1);
	return id;
}

static void no_tags(struct btf *b)
{
	btf__add_struct(b, "e", 4);
}

static void tags_of_others(struct btf *b)
{
	int id = btf__add_struct(b, "e", 4);

	tag(b, "event", id, -1);
	tag(b, "kernel.event", id, -1);
	tag(b, "ringtally", id, -1);
}

static void narrow_field(struct btf *b)
{
	event_with(b, "e", 8, U32, 0);
}

static void misaligned_field(struct btf *b)
{
	event_with(b, "e", 16, U64, 32);
}

static void bit_field(struct btf *b)
{
	int id = btf__add_struct(b, "e", 8);

	btf__add_field(b, "x", U64, 0, 3);
	tag(b, "ringtally.event", id, -1);
}

static void field_behind_the_end(struct btf *b)
{
	event_with(b, "e", 8, U64, 64);
}

static void text_past_the_end(struct btf *b)
{
	event_with(b, "e", 16, btf__add_array(b, U32, CHAR, 24), 0);
}

static void text_of_half_a_word(struct btf *b)
{
	event_with(b, "e", 16, btf__add_array(b, U32, CHAR, 12), 0);
}

static void empty_text(struct btf *b)
{
	event_with(b, "e", 8, btf__add_array(b, U32, CHAR, 0), 0);
}

static void vast_text(struct btf *b)
{
	event_with(b, "e", 8, btf__add_array(b, U32, CHAR, 0xfffffff8), 0);
}

static void array_of_numbers(struct btf *b)
{
	event_with(b, "e", 64, btf__add_array(b, U32, U64, 8), 0);
}

static void array_of_nothing(struct btf *b)
{
	event_with(b, "e", 8, btf__add_array(b, U32, NO_TYPE, 8), 0);
}

static void pointer_field(struct btf *b)
{
	event_with(b, "e", 8, btf__add_ptr(b, U64), 0);
}

static void float_field(struct btf *b)
{
	event_with(b, "e", 8, btf__add_float(b, "double", 8), 0);
}

static void void_field(struct btf *b)
{
	event_with(b, "e", 8, 0, 0);
}

static void field_of_no_type(struct btf *b)
{
	event_with(b, "e", 8, NO_TYPE, 0);
}

static void typedef_of_itself(struct btf *b)
{
	event_with(b, "e", 8, btf__add_typedef(b, "t", FIRST_FREE), 0);
}

static void unnamed_field(struct btf *b)
{
	int id = btf__add_struct(b, "e", 8);

	btf__add_field(b, NULL, U64, 0, 0);
	tag(b, "ringtally.event", id, -1);
}

static void field_that_is_no_identifier(struct btf *b)
{
	int id = btf__add_struct(b, "e", 8);

	btf__add_field(b, "a-b", U64, 0, 0);
	tag(b, "ringtally.event", id, -1);
}

static void unnamed_event(struct btf *b)
{
	event_with(b, NULL, 8, U64, 0);
}

static void event_that_is_no_identifier(struct btf *b)
{
	event_with(b, "e\nlevel=error", 8, U64, 0);
}

static void event_of_33_words(struct btf *b)
{
	event_with(b, "e", 33 * 8, U64, 0);
}

static void event_of_half_words(struct btf *b)
{
	event_with(b, "e", 12, U64, 0);
}

static void event_on_a_number(struct btf *b)
{
	tag(b, "ringtally.event", U64, -1);
}

static void event_on_a_union(struct btf *b)
{
	tag(b, "ringtally.event", btf__add_union(b, "e", 8), -1);
}

static void event_on_void(struct btf *b)
{
	tag(b, "ringtally.event", 0, -1);
}

static void event_on_no_type(struct btf *b)
{
	tag(b, "ringtally.event", NO_TYPE, -1);
}

static void context_on_a_number(struct btf *b)
{
	tag(b, "ringtally.context", U32, -1);
}

static void context_with_a_narrow_field(struct btf *b)
{
	int id = btf__add_struct(b, "context", 8);

	btf__add_field(b, "x", U32, 0, 0);
	tag(b, "ringtally.context", id, -1);
}

static void unknown_unit(struct btf *b)
{
	tag(b, "ringtally.unit:parsecs", event_with(b, "e", 8, U64, 0), 0);
}

static void empty_unit(struct btf *b)
{
	tag(b, "ringtally.unit:", event_with(b, "e", 8, U64, 0), 0);
}

static void program_without_part(struct btf *b)
{
	tag(b, "ringtally.program:e", btf__add_func(b, "f", BTF_FUNC_GLOBAL, PROTO), -1);
}

static void program_with_empty_part(struct btf *b)
{
	tag(b, "ringtally.program:e/", btf__add_func(b, "f", BTF_FUNC_GLOBAL, PROTO), -1);
}

static void program_without_event(struct btf *b)
{
	tag(b, "ringtally.program:/enter", btf__add_func(b, "f", BTF_FUNC_GLOBAL, PROTO), -1);
}

static void program_on_a_struct(struct btf *b)
{
	tag(b, "ringtally.program:e/enter", event_with(b, "e", 8, U64, 0), -1);
}

static void program_on_no_type(struct btf *b)
{
	tag(b, "ringtally.program:e/enter", NO_TYPE, -1);
}

static void flush_of_an_unknown_event(struct btf *b)
{
	tag(b, "ringtally.flushes:f", btf__add_func(b, "f", BTF_FUNC_GLOBAL, PROTO), -1);
}

static void optional_without_presence(struct btf *b)
{
	tag(b, "ringtally.optional", event_with(b, "e", 8, U64, 0), 0);
}

static void optional_in_the_context(struct btf *b)
{
	int id = btf__add_struct(b, "context", 8);

	btf__add_field(b, "x", U64, 0, 0);
	tag(b, "ringtally.context", id, -1);
	tag(b, "ringtally.optional", id, 0);
}

static void presence_that_is_a_text(struct btf *b)
{
	tag(b, "ringtally.presence", event_with(b, "e", 16, btf__add_array(b, U32, CHAR, 16), 0),
	    0);
}

static void two_presence_words(struct btf *b)
{
	int id = btf__add_struct(b, "e", 16);

	btf__add_field(b, "x", U64, 0, 0);
	btf__add_field(b, "y", U64, 64, 0);
	tag(b, "ringtally.event", id, -1);
	tag(b, "ringtally.presence", id, 0);
	tag(b, "ringtally.presence", id, 1);
}

/* An event of a number, a signed one, and a text. */
static int event_of_three(struct btf *b)
{
	int text = btf__add_array(b, U32, CHAR, 8), id = btf__add_struct(b, "e", 24);

	btf__add_field(b, "x", U64, 0, 0);
	btf__add_field(b, "change", S64, 64, 0);
	btf__add_field(b, "name", text, 128, 0);
	tag(b, "ringtally.event", id, -1);
	return id;
}

static void rest_of_nothing(struct btf *b)
{
	tag(b, "ringtally.rest_of:y", event_of_three(b), 0);
}

static void rest_of_itself(struct btf *b)
{
	tag(b, "ringtally.rest_of:x", event_of_three(b), 0);
}

static void rest_of_a_text(struct btf *b)
{
	tag(b, "ringtally.rest_of:name", event_of_three(b), 0);
}

static void rest_with_a_sign(struct btf *b)
{
	tag(b, "ringtally.rest_of:x", event_of_three(b), 1);
}

/* x, and two words that say they are its rest. */
static int event_with_rests(struct btf *b)
{
	int id = btf__add_struct(b, "e", 24);

	btf__add_field(b, "x", U64, 0, 0);
	btf__add_field(b, "y", U64, 64, 0);
	btf__add_field(b, "z", U64, 128, 0);
	tag(b, "ringtally.event", id, -1);
	tag(b, "ringtally.rest_of:x", id, 1);
	return id;
}

static void two_rests(struct btf *b)
{
	tag(b, "ringtally.rest_of:x", event_with_rests(b), 2);
}

static void field_in_a_rest(struct btf *b)
{
	int id = btf__add_struct(b, "e", 16);

	btf__add_field(b, "x", U64, 0, 0);
	btf__add_field(b, "y", U64, 64, 0);
	btf__add_field(b, "z", U64, 64, 0);
	tag(b, "ringtally.event", id, -1);
	tag(b, "ringtally.rest_of:x", id, 1);
}

static void add_enum(struct btf *b, const char *name)
{
	assert_true(btf__add_enum(b, name, 4) > 0);
	btf__add_enum_value(b, "ONE", 1);
}

static void enum_that_is_not_there(struct btf *b)
{
	add_enum(b, "other");
	tag(b, "ringtally.enum:color", event_with(b, "e", 8, U64, 0), 0);
}

static void enum_that_is_a_struct(struct btf *b)
{
	btf__add_struct(b, "color", 8);
	tag(b, "ringtally.enum:color", event_with(b, "e", 8, U64, 0), 0);
}

static void enum_without_values(struct btf *b)
{
	btf__add_enum(b, "color", 4);
	tag(b, "ringtally.enum:color", event_with(b, "e", 8, U64, 0), 0);
}

static void enum_without_name(struct btf *b)
{
	add_enum(b, "color");
	tag(b, "ringtally.enum:", event_with(b, "e", 8, U64, 0), 0);
}

static void two_enums(struct btf *b)
{
	int id = event_with(b, "e", 8, U64, 0);

	add_enum(b, "color");
	tag(b, "ringtally.enum:color", id, 0);
	tag(b, "ringtally.enum:color", id, 0);
}

/* Nobody sees its names, and they must be freed. */
static void enum_on_the_presence_word(struct btf *b)
{
	int id = event_with(b, "e", 8, U64, 0);

	add_enum(b, "color");
	tag(b, "ringtally.presence", id, 0);
	tag(b, "ringtally.enum:color", id, 0);
}

static void enum_of_many_names(struct btf *b)
{
	char name[32];

	btf__add_enum(b, "color", 4);
	for (u32 i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "COLOR_%u", i);
		btf__add_enum_value(b, name, i);
	}
	tag(b, "ringtally.enum:color", event_with(b, "e", 8, U64, 0), 0);
}

static void description_of_what_is_not_there(struct btf *b)
{
	int id = event_with(b, "e", 8, U64, 0);

	tag(b, "ringtally.help:no such field", id, 1);
	tag(b, "ringtally.unit:parsecs", id, 32767);
	tag(b, "ringtally.unit:parsecs", NO_TYPE, 0);
	tag(b, "ringtally.unit:parsecs", 0, 0);
	tag(b, "ringtally.unit:parsecs", btf__add_struct(b, NULL, 8), 0);
	tag(b, "ringtally.unheard:of", id, 0);
}

#define NO_HELPER " is not on a program that prepares for that field"

/* A program of the event e, whose field is x, tagged so. */
static void program_only_for(struct btf *b, const char *role, const char *only_for)
{
	int program;

	event_with(b, "e", 8, U64, 0);
	program = btf__add_func(b, "f", BTF_FUNC_GLOBAL, PROTO);
	tag(b, role, program, -1);
	tag(b, only_for, program, -1);
}

static void only_for_on_an_emitter(struct btf *b)
{
	program_only_for(b, "ringtally.emitter:e/exit", "ringtally.only_for:x");
}

static void only_for_no_field(struct btf *b)
{
	program_only_for(b, "ringtally.program:e/raise", "ringtally.only_for:y");
}

static void only_for_of_no_event(struct btf *b)
{
	program_only_for(b, "ringtally.program:other/raise", "ringtally.only_for:x");
}

static void only_for_on_a_struct(struct btf *b)
{
	tag(b, "ringtally.only_for:x", event_with(b, "e", 8, U64, 0), -1);
}

static void two_only_fors(struct btf *b)
{
	program_only_for(b, "ringtally.program:e/raise", "ringtally.only_for:x");
	tag(b, "ringtally.only_for:x", (int)btf__type_cnt(b) - 3, -1);
}

static void no_sense_is_one_clear_line_and_never_a_crash(void **state)
{
	static const struct {
		void (*build)(struct btf *b);
		const char *want; /* NULL: fine */
	} cases[] = {
		{no_tags, NULL},
		{tags_of_others, NULL},
		{description_of_what_is_not_there, NULL},
		{narrow_field, "event 'e': " NOT_A_FIELD},
		{misaligned_field, "event 'e': " NOT_A_FIELD},
		{bit_field, "event 'e': " NOT_A_FIELD},
		{field_behind_the_end, "event 'e': " NOT_A_FIELD},
		{text_past_the_end, "event 'e': " NOT_A_FIELD},
		{text_of_half_a_word, "event 'e': " NOT_A_FIELD},
		{empty_text, "event 'e': " NOT_A_FIELD},
		{vast_text, "event 'e': " NOT_A_FIELD},
		{array_of_numbers, "event 'e': " NOT_A_FIELD},
		{array_of_nothing, "event 'e': " NOT_A_FIELD},
		{pointer_field, "event 'e': " NOT_A_FIELD},
		{float_field, "event 'e': " NOT_A_FIELD},
		{void_field, "event 'e': " NOT_A_FIELD},
		{field_of_no_type, "event 'e': " NOT_A_FIELD},
		{typedef_of_itself, "event 'e': " NOT_A_FIELD},
		{unnamed_field, "event 'e': " NOT_A_FIELD},
		{field_that_is_no_identifier, "event 'e': " NOT_A_FIELD},
		{context_with_a_narrow_field, "event 'context': " NOT_A_FIELD},
		{unnamed_event, "an event struct has no name"},
		{event_that_is_no_identifier, "an event struct has no name"},
		{event_of_33_words, "event 'e' is not made of at most 32 words of 8 bytes"},
		{event_of_half_words, "event 'e' is not made of at most 32 words of 8 bytes"},
		{event_on_a_number, "an event or context tag is not on a struct"},
		{event_on_a_union, "an event or context tag is not on a struct"},
		{event_on_void, "an event or context tag is not on a struct"},
		{event_on_no_type, "an event or context tag is not on a struct"},
		{context_on_a_number, "an event or context tag is not on a struct"},
		{unknown_unit, "field 'x' has an unknown unit 'parsecs'"},
		{empty_unit, "field 'x' has an unknown unit ''"},
		{program_without_part, "program tag 'e' is not EVENT/PART on a function"},
		{program_with_empty_part, "program tag 'e/' is not EVENT/PART on a function"},
		{program_without_event, "program tag '/enter' is not EVENT/PART on a function"},
		{program_on_a_struct, "program tag 'e/enter' is not EVENT/PART on a function"},
		{optional_without_presence,
		 "event 'e': field 'x' is optional, but there is no presence word"},
		{rest_of_nothing, "event 'e': 'x' cannot be the rest of 'y'" NO_REST},
		{rest_of_itself, "event 'e': 'x' cannot be the rest of 'x'" NO_REST},
		{rest_of_a_text, "event 'e': 'x' cannot be the rest of 'name'" NO_REST},
		{rest_with_a_sign, "event 'e': 'change' cannot be the rest of 'x'" NO_REST},
		{two_rests, "event 'e': 'z' cannot be the rest of 'x'" NO_REST},
		{field_in_a_rest, "event 'e': a field lies in the presence word, or in a rest"},
		{enum_that_is_not_there, "field 'x': the object has no enum 'color'"},
		{enum_that_is_a_struct, "field 'x': the object has no enum 'color'"},
		{enum_without_values, "field 'x': the object has no enum 'color'"},
		{enum_without_name, "field 'x': the object has no enum ''"},
		{two_enums, "field 'x': the object has no enum 'color'"},
		{enum_on_the_presence_word, NULL},
		{enum_of_many_names, NULL},
		{program_on_no_type, "program tag 'e/enter' is not EVENT/PART on a function"},
		{only_for_on_an_emitter, "only_for 'x'" NO_HELPER},
		{only_for_no_field, "only_for 'y'" NO_HELPER},
		{only_for_of_no_event, "only_for 'x'" NO_HELPER},
		{only_for_on_a_struct, "only_for 'x'" NO_HELPER},
		{two_only_fors, "only_for 'x'" NO_HELPER},
		{flush_of_an_unknown_event, "its flush serves an unknown event 'f'"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct schema *schema = NULL;
		struct btf *b = begin();
		struct err err = {0};

		cases[i].build(b);
		int rc = schema__read(b, &schema, &err);

		assert_string_equal(err.msg, cases[i].want ? cases[i].want : "");
		assert_int_equal(rc, cases[i].want ? -EINVAL : 0);
		assert_int_equal(schema == NULL, rc != 0);
		schema__free(schema);
		btf__free(b);
	}
}

/* The BTF again, after the name of this type was moved behind the last text. */
static struct btf *with_lost_name(struct btf *b, int type)
{
	u32 size;
	struct btf_type *changed;
	const void *raw;

	changed = (struct btf_type *)btf__type_by_id(b, (u32)type);
	changed->name_off = 0xffffff;
	raw = btf__raw_data(b, &size);
	assert_non_null(raw);

	struct btf *again = btf__new(raw, size);

	assert_non_null(again);
	btf__free(b);
	return again;
}

static void names_that_lie_nowhere_are_no_names(void **state)
{
	/* What is tagged and loses its name. */
	static const struct {
		const char *tag;
		bool function;
	} cases[] = {
		{"ringtally.event", false},
		{"ringtally.context", false},
		{"ringtally.help:a struct that is no event", false},
		{"ringtally.program:e/enter", true},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct schema *schema = NULL;
		struct btf *b = begin();
		struct err err = {0};
		int id;

		event_with(b, "e", 8, U64, 0);
		id = cases[i].function ? btf__add_func(b, "f", BTF_FUNC_GLOBAL, PROTO)
				       : btf__add_struct(b, "s", 8);
		tag(b, cases[i].tag, id, -1);
		b = with_lost_name(b, id);
		schema__read(b, &schema, &err);
		for (u32 p = 0; schema && p < schema->nprograms; p++)
			assert_non_null(schema->programs[p].name);
		schema__free(schema);
		btf__free(b);
	}
}

static void a_rest_is_no_field_but_known_to_its_own(void **state)
{
	struct schema *schema = NULL;
	struct btf *b = begin();
	struct err err = {0};
	int id = event_with_rests(b);

	(void)state;
	tag(b, "ringtally.from_start", id, 0);
	tag(b, "ringtally.from_start", id, 1);
	assert_int_equal(schema__read(b, &schema, &err), 0);
	assert_int_equal(schema->events[0].nfields, 2);
	assert_null(record_schema__field(&schema->events[0], "y"));
	assert_true(record_schema__field(&schema->events[0], "x")->has_rest);
	assert_int_equal(record_schema__field(&schema->events[0], "x")->rest_word, 1);
	assert_false(record_schema__field(&schema->events[0], "z")->has_rest);
	assert_int_equal(schema->events[0].start_words, 3);
	schema__free(schema);
	btf__free(b);
}

static void a_program_may_be_for_one_field_alone(void **state)
{
	struct schema *schema = NULL;
	struct btf *b = begin();
	struct err err = {0};

	(void)state;
	program_only_for(b, "ringtally.program:e/raise", "ringtally.only_for:x");
	tag(b, "ringtally.program:e/entry", btf__add_func(b, "g", BTF_FUNC_GLOBAL, PROTO), -1);
	assert_int_equal(schema__read(b, &schema, &err), 0);
	assert_int_equal(schema->nprograms, 2);
	assert_int_equal(schema->programs[0].words, 1);
	assert_int_equal(schema->programs[1].words, 0);
	schema__free(schema);
	btf__free(b);
}

static void assert_field(const struct record_schema *r, const struct field *want)
{
	const struct field *got = record_schema__field(r, want->name);

	assert_non_null(got);
	assert_string_equal(got->name, want->name);
	assert_string_equal(got->help, want->help);
	assert_string_equal(got->decoder, want->decoder);
	assert_int_equal(got->unit, want->unit);
	assert_int_equal(got->word, want->word);
	assert_int_equal(got->words, want->words);
	assert_int_equal(got->text, want->text);
	assert_int_equal(got->is_signed, want->is_signed);
}

/* An event with every sort of field, its tags before and behind it, and two programs. */
static struct btf *build_whole(void)
{
	struct btf *b = begin();
	int text = btf__add_array(b, U32, btf__add_const(b, CHAR), 24);
	int alias = btf__add_typedef(b, "u64", btf__add_typedef(b, "__u64", U64));
	int event = (int)btf__type_cnt(b) + 1;

	tag(b, "ringtally.help:What happened.", event, -1);
	assert_int_equal(btf__add_struct(b, "e", 48), event);
	btf__add_field(b, "id", alias, 0, 0);
	btf__add_field(b, "took", U64, 64, 0);
	btf__add_field(b, "name", text, 128, 0);
	btf__add_field(b, "change", S64, 320, 0);
	tag(b, "ringtally.event", event, -1);
	tag(b, "ringtally.unit:ns", event, 1);
	tag(b, "ringtally.help:Length: \"all\" of it.", event, 1);
	tag(b, "ringtally.decode:syscall", event, 0);
	tag(b, "ringtally.unit:bytes", event, 3);
	tag(b, "ringtally.program:e/end", btf__add_func(b, "new", BTF_FUNC_GLOBAL, PROTO), -1);
	tag(b, "ringtally.program:e/end", btf__add_func(b, "old", BTF_FUNC_GLOBAL, PROTO), -1);
	tag(b, "ringtally.flushes:e", btf__add_func(b, "flush", BTF_FUNC_GLOBAL, PROTO), -1);
	return b;
}

static void fields_have_what_their_type_and_tags_say(void **state)
{
	static const struct field want[] = {
		{.name = "id", .help = "", .decoder = "syscall", .word = 0, .words = 1},
		{.name = "took",
		 .help = "Length: \"all\" of it.",
		 .decoder = "uint",
		 .unit = UNIT_NS,
		 .word = 1,
		 .words = 1},
		{.name = "name",
		 .help = "",
		 .decoder = "string",
		 .word = 2,
		 .words = 3,
		 .text = true},
		{.name = "change",
		 .help = "",
		 .decoder = "int",
		 .unit = UNIT_BYTES,
		 .word = 5,
		 .words = 1,
		 .is_signed = true},
	};
	struct btf *b = build_whole();
	struct schema *s = NULL;
	struct err err = {0};

	(void)state;
	assert_int_equal(schema__read(b, &s, &err), 0);

	const struct record_schema *event = schema__event(s, "e");

	assert_non_null(event);
	assert_string_equal(event->help, "What happened.");
	assert_int_equal(event->nwords, 6);
	assert_int_equal(event->nfields, ARRAY_SIZE(want));
	for (size_t i = 0; i < ARRAY_SIZE(want); i++)
		assert_field(event, &want[i]);
	assert_null(record_schema__field(event, "x"));
	assert_null(schema__event(s, "f"));
	schema__free(s);
	btf__free(b);
}

static void programs_keep_the_order_of_the_source(void **state)
{
	struct btf *b = build_whole();
	struct schema *s = NULL;
	struct err err = {0};

	(void)state;
	assert_int_equal(schema__read(b, &s, &err), 0);
	assert_int_equal(s->nprograms, 2);
	assert_true(s->events[0].flushed);
	assert_string_equal(s->programs[0].name, "new");
	assert_string_equal(s->programs[1].name, "old");
	for (u32 i = 0; i < s->nprograms; i++) {
		assert_int_equal(s->programs[i].event_len, 1);
		assert_memory_equal(s->programs[i].event, "e", 1);
		assert_string_equal(s->programs[i].part, "end");
	}
	schema__free(s);
	btf__free(b);
}

/* A walk over all parts of an event and their alternatives: "PART:PROGRAM+PROGRAM PART:...". */
static void assert_parts(const struct schema *s, const char *event, const char *want)
{
	const struct program_schema *part = NULL;
	char walk[128] = "";
	size_t n = 0;

	while ((part = schema__next_part(s, event, part))) {
		n += (size_t)snprintf(walk + n, sizeof(walk) - n, "%s%s:", n ? " " : "",
				      part->part);
		for (const struct program_schema *p = part; p; p = schema__next_alternative(s, p))
			n += (size_t)snprintf(walk + n, sizeof(walk) - n, "%s%s",
					      p == part ? "" : "+", p->name);
	}
	assert_string_equal(walk, want);
}

static void add_program(struct btf *b, const char *name, const char *role)
{
	tag(b, role, btf__add_func(b, name, BTF_FUNC_GLOBAL, PROTO), -1);
}

static void parts_are_walked_with_their_alternatives(void **state)
{
	struct btf *b = build_whole();
	struct schema *s = NULL;
	struct err err = {0};

	(void)state;
	add_program(b, "begin", "ringtally.program:e/begin");
	add_program(b, "of_another", "ringtally.emitter:ee/end");
	add_program(b, "last", "ringtally.emitter:e/end");
	add_program(b, "ended", "ringtally.program:e/ended");
	assert_int_equal(schema__read(b, &s, &err), 0);
	assert_parts(s, "e", "end:new+old+last begin:begin ended:ended");
	assert_parts(s, "ee", "end:of_another");
	assert_parts(s, "", "");
	assert_parts(s, "x", "");
	schema__free(s);
	btf__free(b);
}

/* Of the bundle: everything that users are shown is there. */
static void assert_documented(const struct record_schema *r)
{
	for (u32 i = 0; i < r->nfields; i++) {
		const struct field *field = &r->fields[i];
		const struct decoder_ops *decoder = decoder_kind(field->decoder);

		if (!field->help[0] || !decoder || decoder->text != field->text)
			fail_msg("%s.%s: help \"%s\", decoder \"%s\"", r->name, field->name,
				 field->help, field->decoder);
	}
}

static void assert_has_program(const struct schema *s, const char *event)
{
	for (u32 i = 0; i < s->nprograms; i++)
		if (s->programs[i].event_len == strlen(event) &&
		    !memcmp(s->programs[i].event, event, strlen(event)))
			return;
	fail_msg("no program for event \"%s\"", event);
}

static void presence_beside_another_field(struct btf *b)
{
	int id = btf__add_struct(b, "e", 16);

	btf__add_field(b, "x", U64, 0, 0);
	btf__add_field(b, "y", U64, 0, 0);
	tag(b, "ringtally.event", id, -1);
	tag(b, "ringtally.presence", id, 0);
}

static void assert_presence_makes_sense(const struct record_schema *r)
{
	for (u32 i = 0; i < r->nfields; i++) {
		const struct field *field = &r->fields[i];

		if (field->optional)
			assert_true(r->has_presence);
		if (r->has_presence && field->word <= r->presence_word &&
		    field->word + field->words > r->presence_word)
			fail_msg("field '%s' is the presence word", field->name);
	}
	assert_true(!r->has_presence || r->presence_word < r->nwords);
}

/* Refused, or taken in a way that is no harm: nothing is optional without a presence word, which is
 * no field itself. */
static void presence_that_makes_no_sense_does_no_harm(void **state)
{
	static void (*const builds[])(struct btf * b) = {
		optional_in_the_context,
		presence_that_is_a_text,
		two_presence_words,
		presence_beside_another_field,
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(builds); i++) {
		struct schema *s = NULL;
		struct btf *b = begin();
		struct err err = {0};

		builds[i](b);
		schema__read(b, &s, &err);
		assert_int_equal(s == NULL, err.msg[0] != 0);
		for (u32 e = 0; s && e < s->nevents; e++)
			assert_presence_makes_sense(&s->events[e]);
		if (s)
			assert_presence_makes_sense(&s->context);
		schema__free(s);
		btf__free(b);
	}
}

/* present, then an optional number and an optional text, and one of each that is always there. */
static void what_may_be_absent_is_told(void **state)
{
	struct btf *b = begin();
	int text = btf__add_array(b, U32, CHAR, 16);
	int id = btf__add_struct(b, "e", 64);
	struct schema *s = NULL;
	struct err err = {0};

	(void)state;
	btf__add_field(b, "always", U64, 0, 0);
	btf__add_field(b, "here", U64, 64, 0);
	btf__add_field(b, "maybe", S64, 128, 0);
	btf__add_field(b, "name", text, 192, 0);
	btf__add_field(b, "note", text, 320, 0);
	btf__add_field(b, "last", U64, 448, 0);
	tag(b, "ringtally.optional", id, 2);
	tag(b, "ringtally.optional", id, 4);
	tag(b, "ringtally.event", id, -1);
	tag(b, "ringtally.presence", id, 1);
	tag(b, "ringtally.help:Perhaps.", id, 4);
	assert_int_equal(schema__read(b, &s, &err), 0);

	const struct record_schema *e = schema__event(s, "e");

	assert_true(e->has_presence);
	assert_int_equal(e->presence_word, 1);
	assert_int_equal(e->nwords, 8);
	assert_int_equal(e->nfields, 5);
	assert_null(record_schema__field(e, "here"));
	assert_false(record_schema__field(e, "always")->optional);
	assert_true(record_schema__field(e, "maybe")->optional);
	assert_int_equal(record_schema__field(e, "maybe")->word, 2);
	assert_false(record_schema__field(e, "name")->optional);
	assert_true(record_schema__field(e, "note")->optional);
	assert_string_equal(record_schema__field(e, "note")->help, "Perhaps.");
	assert_int_equal(record_schema__field(e, "last")->word, 7);
	schema__free(s);
	btf__free(b);
}

/* Names are shown without what they share, up to an underscore, and in lower case. */
static void enums_give_names_to_values(void **state)
{
	static const struct {
		struct {
			const char *name;
			s64 value;
		} given[4];
		struct named_value want[4];
	} cases[] = {
		{{{"BLOCK_READ", 0}, {"BLOCK_WRITE", 1}}, {{"read", 0}, {"write", 1}}},
		{{{"BLOCK_REaD", 0}, {"BLOCK_REaL", 7}}, {{"read", 0}, {"real", 7}}},
		{{{"A_B_ONE", 5}, {"A_B_TWO", 6}, {"A_C", 7}},
		 {{"b_one", 5}, {"b_two", 6}, {"c", 7}}},
		{{{"READ", 0}, {"WRITE", 1}}, {{"read", 0}, {"write", 1}}},
		{{{"LOW", -1}, {"HIGH", 0x7fffffff}}, {{"low", (u64)-1}, {"high", 0x7fffffff}}},
		{{{"COLOR_RED", 3}}, {{"red", 3}}},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct btf *b = begin();
		struct schema *s = NULL;
		struct err err = {0};
		u32 n = 0;

		assert_true(btf__add_enum(b, "kind", 4) > 0);
		for (; n < 4 && cases[i].given[n].name; n++)
			btf__add_enum_value(b, cases[i].given[n].name, cases[i].given[n].value);
		int id = event_with(b, "e", 8, U64, 0);

		tag(b, "ringtally.decode:enum", id, 0);
		tag(b, "ringtally.enum:kind", id, 0);
		assert_int_equal(schema__read(b, &s, &err), 0);

		const struct field *field = record_schema__field(schema__event(s, "e"), "x");

		assert_string_equal(field->decoder, "enum");
		assert_int_equal(field->nnames, n);
		for (u32 v = 0; v < n; v++) {
			assert_string_equal(field->names[v].name, cases[i].want[v].name);
			assert_int_equal(field->names[v].value, cases[i].want[v].value);
		}
		schema__free(s);
		btf__free(b);
	}
}

static void the_bundled_object_describes_itself(void **state)
{
	struct bpf_object *object = open_bundle();
	struct schema *s = NULL;
	struct err err = {0};

	(void)state;
	assert_non_null(object);
	assert_int_equal(schema__read(bpf_object__btf(object), &s, &err), 0);
	assert_string_equal(s->context.name, "context");
	assert_documented(&s->context);
	assert_field(&s->context, &(struct field){.name = "comm",
						  .help = "Name of the thread, at most 15 bytes.",
						  .decoder = "string",
						  .words = 2,
						  .text = true});
	assert_non_null(schema__event(s, "syscall_enter"));
	for (u32 i = 0; i < s->nevents; i++) {
		assert_true(strlen(s->events[i].help) > 0);
		assert_documented(&s->events[i]);
		assert_has_program(s, s->events[i].name);
	}
	for (u32 i = 0; i < s->nprograms; i++)
		assert_non_null(bpf_object__find_program_by_name(object, s->programs[i].name));
	schema__free(s);
	bpf_object__close(object);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_sense_is_one_clear_line_and_never_a_crash),
		cmocka_unit_test(names_that_lie_nowhere_are_no_names),
		cmocka_unit_test(a_rest_is_no_field_but_known_to_its_own),
		cmocka_unit_test(a_program_may_be_for_one_field_alone),
		cmocka_unit_test(fields_have_what_their_type_and_tags_say),
		cmocka_unit_test(programs_keep_the_order_of_the_source),
		cmocka_unit_test(parts_are_walked_with_their_alternatives),
		cmocka_unit_test(presence_that_makes_no_sense_does_no_harm),
		cmocka_unit_test(what_may_be_absent_is_told),
		cmocka_unit_test(enums_give_names_to_values),
		cmocka_unit_test(the_bundled_object_describes_itself),
	};

	libbpf_log_init(false);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
