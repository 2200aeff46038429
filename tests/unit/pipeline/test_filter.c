/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `where` texts compiled to filters, and those run by the rules of bpf/wire.h: beside the trees
 * that the texts are, for random ones of both.
 */
#include "pipeline/filter.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/strbuf.h"
#include "config/arena.h"
#include "tests/unit/config/findings.h"
#include "tests/unit/pipeline/kernel_model.h"
#include "tests/unit/pipeline/plan_test.h"

enum { PRESENCE_WORD = 0, EVENT_WORDS = 32, CGROUP_WORD = 6, CONTEXT_WORDS = 8 };

static struct named_value operations[] = {{"read", 0}, {"write", 1}, {"other", 9}, {"w", 1}};

static struct field io_fields[] = {
	{.name = "size", .decoder = DECODER_UNSIGNED, .unit = UNIT_BYTES, .word = 1, .words = 1},
	{.name = "took", .decoder = DECODER_UNSIGNED, .unit = UNIT_NS, .word = 2, .words = 1},
	NUMBER("plain", 3, DECODER_UNSIGNED),
	{.name = "change", .decoder = DECODER_SIGNED, .word = 4, .words = 1, .is_signed = true},
	TEXT("file", 5, 2),
	{.name = "operation",
	 .decoder = "enum",
	 .word = 7,
	 .words = 1,
	 .names = operations,
	 .nnames = ARRAY_SIZE(operations)},
	NUMBER("error", 8, "errno"),
	{.name = "maybe", .decoder = DECODER_UNSIGNED, .word = 9, .words = 1, .optional = true},
	NUMBER("call", 10, "syscall"),
	{.name = "note",
	 .decoder = DECODER_TEXT,
	 .word = 11,
	 .words = 2,
	 .text = true,
	 .optional = true},
	TEXT("short", 13, 1),
	NUMBER("strange", 14, "no_such_decoder"),
	NUMBER("origin", 15, "cgroup"),
};

static struct field long_fields[] = {TEXT("path", 0, 32)};

static struct field context_fields[] = {
	TEXT("comm", 0, 2), NUMBER("tgid", 2, DECODER_UNSIGNED),
	NUMBER("cgroup", CGROUP_WORD, "cgroup"),
	NUMBER("plain", 7, DECODER_UNSIGNED), /* hidden by the event's */
};

static struct record_schema io = {
	.name = "io",
	.help = "",
	.fields = io_fields,
	.nfields = ARRAY_SIZE(io_fields),
	.nwords = 16,
	.presence_word = PRESENCE_WORD,
	.has_presence = true,
};
static struct record_schema longs = RECORD("longs", 32, long_fields);
static const struct record_schema context_schema = RECORD("context", 8, context_fields);

struct fixture {
	struct config_arena *arena;
	struct diags diags;
	struct wire_filter filter;
	struct cgroup_tests cgroup_tests;
	struct filter_plan plan;
};

static void start(struct fixture *f, const struct record_schema *event)
{
	memset(f, 0, sizeof(*f));
	f->arena = config_arena__new();
	assert_non_null(f->arena);
	diags__init(&f->diags);
	f->plan.scope = (struct field_scope){.event = event, .context = &context_schema};
	f->plan.diags = &f->diags;
	f->plan.filter = &f->filter;
	f->plan.cgroup_tests = &f->cgroup_tests;
}

static void stop(struct fixture *f)
{
	diags__fini(&f->diags);
	config_arena__free(f->arena);
}

/* The tree of a text that is one. */
static const struct where *parse(struct fixture *f, const char *text)
{
	const struct config_text whole = {.s = config_arena__strndup(f->arena, text, strlen(text)),
					  .pos = {"f", 1, 1}};
	struct where *where = NULL;

	assert_int_equal(where__parse(&whole, f->arena, &f->diags, &where), 0);
	if (!where)
		fail_msg("not a where: %s", text);
	return where;
}

static const struct where *add(struct fixture *f, u32 metric, const char *text)
{
	const struct where *where = parse(f, text);

	filter_plan__add(&f->plan, metric, where);
	return where;
}

struct words {
	u64 event[EVENT_WORDS];
	u64 context[CONTEXT_WORDS + 1]; /* and the sets behind it */
};

static u64 accepting(const struct fixture *f, const struct words *w)
{
	return model_metrics(&f->filter, model_facts(&f->filter, w->event, w->context));
}

static void set_text(u64 *words, u32 n, const char *text)
{
	assert_true(strlen(text) < n * sizeof(u64));
	memset(words, 0, n * sizeof(u64));
	memcpy(words, text, strlen(text));
}

/* --- cgroups: an id is the number of a path; others are not known yet --- */

static const char *const paths[] = {"/", "/a", "/a/b", "/ab", "/c.slice/d", "/c.slice"};

static const char *path_of(u64 id)
{
	return id < ARRAY_SIZE(paths) ? paths[id] : "";
}

/* What user space would have put into the map. */
static void find_sets(const struct fixture *f, struct words *w)
{
	w->context[CONTEXT_WORDS] =
		cgroup_tests__passed(&f->cgroup_tests, path_of(w->context[CGROUP_WORD]));
}

/* --- trees, evaluated as they stand --- */

static const char *text_of(const struct field *field, const u64 *words)
{
	return field->text ? (const char *)words : path_of(words[0]);
}

static bool is_text(const struct field *field)
{
	return field->text || !strcmp(field->decoder, "cgroup");
}

static u64 number_of(const struct field *field, const char *text)
{
	char *unit;
	u64 n;

	for (u32 i = 0; i < field->nnames; i++)
		if (!strcmp(field->names[i].name, text))
			return field->names[i].value;
	if (!strcmp(text, "EIO"))
		return EIO;
	if (!strcmp(text, "ENOENT"))
		return ENOENT;
	n = strtoull(text, &unit, 10); /* a minus gives the two's complement */
	if (!strcmp(unit, "us"))
		return n * 1000;
	if (!strcmp(unit, "KiB"))
		return n * 1024;
	assert_true(!*unit || !strcmp(unit, "ns") || !strcmp(unit, "B"));
	return n;
}

static int compare(const struct field *field, u64 a, u64 b)
{
	if (field->is_signed)
		return (s64)a < (s64)b ? -1 : (s64)a > (s64)b;
	return a < b ? -1 : a > b;
}

static bool equals(const struct field *field, const u64 *words, const char *value)
{
	if (is_text(field))
		return !strcmp(text_of(field, words), value);
	return words[0] == number_of(field, value);
}

static bool any_equals(const struct where *w, const struct field *field, const u64 *words)
{
	for (size_t i = 0; i < w->nvalues; i++)
		if (equals(field, words, w->values[i].s))
			return true;
	return false;
}

/* A test of a field that is absent does not pass, whatever it asks. */
static bool test_passes(const struct where *w, const struct record_schema *event,
			const struct words *words)
{
	const struct field *field = record_schema__field(event, w->field.s);
	const u64 *at;
	const char *value = w->values[0].s;

	if (field && field->optional && !(words->event[PRESENCE_WORD] & 1ULL << field->word))
		return false;
	if (field) {
		at = words->event + field->word;
	} else {
		field = record_schema__field(&context_schema, w->field.s);
		assert_non_null(field);
		at = words->context + field->word;
	}
	switch (w->op) {
	case WHERE_EQ:
	case WHERE_IN:
		return any_equals(w, field, at);
	case WHERE_NE:
	case WHERE_NOT_IN:
		return !any_equals(w, field, at);
	case WHERE_LT:
		return compare(field, *at, number_of(field, value)) < 0;
	case WHERE_LE:
		return compare(field, *at, number_of(field, value)) <= 0;
	case WHERE_GT:
		return compare(field, *at, number_of(field, value)) > 0;
	case WHERE_GE:
		return compare(field, *at, number_of(field, value)) >= 0;
	case WHERE_STARTS_WITH:
		return !strncmp(text_of(field, at), value, strlen(value));
	}
	return false;
}

static bool passes(const struct where *w, const struct record_schema *event,
		   const struct words *words)
{
	switch (w->kind) {
	case WHERE_OR:
		return passes(w->left, event, words) || passes(w->right, event, words);
	case WHERE_AND:
		return passes(w->left, event, words) && passes(w->right, event, words);
	case WHERE_NOT:
		return !passes(w->left, event, words);
	case WHERE_TEST:
		break;
	}
	return test_passes(w, event, words);
}

/* --- random texts and words --- */

static u64 seed = 20261122;

static u32 below(u32 n)
{
	return (u32)(model_random(&seed) % n);
}

#define PICK(array) ((array)[below(ARRAY_SIZE(array))])

static const char *const any_operators[] = {"==", "!=", "in", "not in"};
static const char *const number_operators[] = {"==", "!=", "<", "<=", ">", ">=", "in", "not in"};
static const char *const text_operators[] = {"==", "!=", "starts_with", "in", "not in"};

static const char *const plains[] = {"0",
				     "1",
				     "2",
				     "7",
				     "8",
				     "255",
				     "9223372036854775807",
				     "9223372036854775808",
				     "18446744073709551615"};
static const char *const signeds[] = {"0",
				      "1",
				      "-1",
				      "7",
				      "-7",
				      "9223372036854775807",
				      "-9223372036854775808",
				      "-9223372036854775807"};
static const char *const sizes[] = {"0", "1B", "8B", "1KiB", "18446744073709551615B"};
static const char *const times[] = {"0", "1ns", "8ns", "10us", "18446744073709551615ns"};
static const char *const names[] = {"read", "write", "other", "w", "9", "-1"};
static const char *const errors[] = {"EIO", "ENOENT", "0", "2"};
static const char *const texts[] = {"a",
				    "ab",
				    "''",
				    "abcdefg",
				    "abcdefgh",
				    "abcdefghi",
				    "abcdefghijklmno",
				    "'a b'",
				    "abcdefghijklmnx"};
static const char *const prefixes[] = {"a", "ab", "abcdefg", "abcdefgh", "abcdefghijklmn"};
static const char *const shorts[] = {"a", "ab", "''", "abcdefg"};

#define LIST(array) (array), ARRAY_SIZE(array)

static const struct subject {
	const char *field;
	const char *const *operators;
	size_t noperators;
	const char *const *values;
	size_t nvalues;
} subjects[] = {
	{"plain", LIST(number_operators), LIST(plains)},
	{"change", LIST(number_operators), LIST(signeds)},
	{"size", LIST(number_operators), LIST(sizes)},
	{"took", LIST(number_operators), LIST(times)},
	{"operation", LIST(any_operators), LIST(names)},
	{"error", LIST(any_operators), LIST(errors)},
	{"maybe", LIST(number_operators), LIST(plains)},
	{"tgid", LIST(number_operators), LIST(plains)},
	{"file", LIST(text_operators), LIST(texts)},
	{"comm", LIST(text_operators), LIST(texts)},
	{"cgroup", LIST(text_operators), LIST(paths)},
	{"note", LIST(text_operators), LIST(texts)},
	{"short", LIST(text_operators), LIST(shorts)},
};

static const char *random_value(const struct subject *s, const char *operator)
{
	if (!strcmp(operator, "starts_with") && s->values != paths)
		return PICK(prefixes);
	return s->values[below((u32)s->nvalues)];
}

static void put_test(struct strbuf *out)
{
	const struct subject *s = &PICK(subjects);
	const char *operator= s->operators[below((u32)s->noperators)];

	if (!strcmp(s->field, "short") && !strcmp(operator, "starts_with"))
		operator= "==";
	strbuf__printf(out, "%s %s ", s->field, operator);
	if (strcmp(operator, "in") && strcmp(operator, "not in")) {
		strbuf__printf(out, "%s", random_value(s, operator));
		return;
	}
	strbuf__printf(out, "[%s", random_value(s, operator));
	for (u32 n = below(4); n > 0; n--)
		strbuf__printf(out, ", %s", random_value(s, operator));
	strbuf__printf(out, "]");
}

static void put_expression(struct strbuf *out, u32 depth)
{
	u32 what = below(depth ? 8 : 1);

	if (what < 3) {
		put_test(out);
	} else if (what < 4) {
		strbuf__printf(out, "not (");
		put_expression(out, depth - 1);
		strbuf__printf(out, ")");
	} else {
		strbuf__printf(out, "(");
		put_expression(out, depth - 1);
		strbuf__printf(out, what < 6 ? " and " : " or ");
		put_expression(out, depth - 1);
		strbuf__printf(out, ")");
	}
}

/* Numbers at the values of the texts above and beside them, texts of these and what is near. */
static u64 random_number(void)
{
	static const u64 seams[] = {0,
				    1,
				    2,
				    3,
				    7,
				    8,
				    9,
				    255,
				    1024,
				    10000,
				    5,
				    1ULL << 63,
				    ~0ULL,
				    -2ULL,
				    -7ULL,
				    -8ULL,
				    (1ULL << 63) - 1,
				    (1ULL << 63) + 1};

	return below(5) ? PICK(seams) : model_random_any(&seed);
}

static void random_text(u64 *words, u32 n)
{
	static const char *const some[] = {"a",
					   "ab",
					   "",
					   "abcdefg",
					   "abcdefgh",
					   "abcdefghi",
					   "abcdefghijklmno",
					   "a b",
					   "b",
					   "abcdefgx",
					   "abcdefghijklmnx"};
	const char *text = PICK(some);

	set_text(words, n, strlen(text) < n * sizeof(u64) ? text : "abcdefg");
}

static void random_words(struct words *w, bool all_present)
{
	for (u32 i = 0; i < EVENT_WORDS; i++)
		w->event[i] = random_number();
	for (u32 i = 0; i < CONTEXT_WORDS; i++)
		w->context[i] = random_number();
	random_text(w->event + 5, 2);
	random_text(w->event + 11, 2);
	random_text(w->event + 13, 1);
	random_text(w->context, 2);
	w->context[CGROUP_WORD] = below(ARRAY_SIZE(paths) + 1);
	w->event[PRESENCE_WORD] = all_present ? ~0ULL : model_random(&seed);
}

/* Some random wheres in one filter, each beside its tree. Returns how many were run. */
static u32 run_random(bool all_present)
{
	const struct where *wheres[WIRE_METRICS_MAX];
	char *all[WIRE_METRICS_MAX];
	u32 n = 1 + below(4), ran = 0;
	struct fixture f;

	start(&f, &io);
	for (u32 i = 0; i < n; i++) {
		struct strbuf text;
		size_t len;

		strbuf__init(&text);
		put_expression(&text, 1 + below(3));
		all[i] = strbuf__take(&text, &len);
		wheres[i] = add(&f, i, all[i]);
	}
	for (u32 round = 0; !f.diags.errors && round < 16; round++) {
		struct words w;
		u64 bits;

		random_words(&w, all_present);
		find_sets(&f, &w);
		bits = accepting(&f, &w);
		for (u32 i = 0; i < n; i++)
			if ((bits >> i & 1) != passes(wheres[i], &io, &w))
				fail_msg("the filter %s, the tree does not: %s",
					 bits >> i & 1 ? "passes" : "does not pass", all[i]);
		assert_int_equal(bits >> n, 0);
		ran = n;
	}
	/* Nothing else can be wrong with them. */
	for (size_t i = 0; i < f.diags.n; i++)
		assert_non_null(strstr(f.diags.items[i].text, " more than "));
	for (u32 i = 0; i < n; i++)
		free(all[i]);
	stop(&f);
	return ran;
}

static void random_filters_decide_as_their_trees_do(void **state)
{
	u32 ran = 0;

	(void)state;
	printf("seed %llu\n", seed);
	while (ran < 30000)
		ran += run_random(true);
}

static void random_filters_with_absent_fields_do_as_well(void **state)
{
	u32 ran = 0;

	(void)state;
	printf("seed %llu\n", seed);
	while (ran < 30000)
		ran += run_random(false);
}

/* --- what is in particular --- */

static void an_absent_field_passes_no_test(void **state)
{
	static const char *const wheres[] = {
		"maybe == 5",	      "maybe == 0",	    "maybe <= 5", "maybe < 5",
		"maybe in [0, 5]",    "maybe != 7",	    "maybe > 1",  "maybe >= 0",
		"maybe >= 1",	      "maybe not in [7]",   "note == ''", "note != x",
		"note starts_with a", "note not in [x, y]",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wheres); i++) {
		struct words w = {.event = {[9] = 5}};
		struct fixture f;

		start(&f, &io);
		add(&f, 0, wheres[i]);
		assert_findings(&f.diags, "");
		if (accepting(&f, &w))
			fail_msg("it passes while it is absent: %s", wheres[i]);
		stop(&f);
	}
}

static bool passes_alone(const struct record_schema *event, const char *where,
			 const struct words *w)
{
	struct fixture f;
	bool yes;

	start(&f, event);
	add(&f, 3, where);
	assert_findings(&f.diags, "");
	yes = accepting(&f, w) == WIRE_BITS_METRIC(3);
	if (!yes)
		assert_int_equal(accepting(&f, w), 0);
	stop(&f);
	return yes;
}

static void every_text_starts_with_nothing(void **state)
{
	struct words w = {.event = {0}};

	(void)state;
	assert_true(passes_alone(&io, "file starts_with ''", &w));
	set_text(w.event + 5, 2, "abc");
	assert_true(passes_alone(&io, "file starts_with ''", &w));
	assert_false(passes_alone(&io, "not file starts_with ''", &w));
}

/* Events have texts that are longer than any key. */
static void texts_as_long_as_an_event_can_be_tested(void **state)
{
	static const u32 lengths[] = {0, 1, 127, 128, 129, 200, 255};
	struct words w;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		char text[256] = {0}, where[300];

		memset(text, 'x', lengths[i]);
		set_text(w.event, 32, text);
		snprintf(where, sizeof(where), "path == '%s'", text);
		assert_true(passes_alone(&longs, where, &w));
		if (lengths[i] > 0) {
			snprintf(where, sizeof(where), "path starts_with '%s'", text);
			assert_true(passes_alone(&longs, where, &w));
			w.event[(lengths[i] - 1) / 8] ^= 1ULL << 8 * ((lengths[i] - 1) % 8);
			assert_false(passes_alone(&longs, where, &w));
		}
		w.event[31] ^= 1ULL << 56;
		snprintf(where, sizeof(where), "path == '%s'", text);
		assert_false(passes_alone(&longs, where, &w));
	}
}

static void facts_are_shared(void **state)
{
	static const struct {
		const char *wheres[4];
		u64 ntests;
		u64 nterms;
	} cases[] = {
		{{"plain == 5", "plain == 5", "plain != 5", "plain in [5]"}, 1, 4},
		{{"plain <= 5", "plain > 5", "plain < 6", "plain >= 6"}, 1, 4},
		{{"change <= -1", "change < 0", "change >= 0", NULL}, 1, 3},
		{{"plain <= 5", "size <= 5B", NULL, NULL}, 2, 2},
		{{"operation == write", "operation == w", "not operation == 1", NULL}, 1, 3},
		{{"comm == a and plain == 1", "plain == 1 or comm == a", NULL, NULL}, 3, 3},
		{{"plain in [1, 2]", "plain not in [1, 2]", NULL, NULL}, 2, 2},
		{{"plain in [1, 2]", "plain == 1", NULL, NULL}, 3, 2},
		{{"maybe == 1", "maybe != 1", NULL, NULL}, 3, 2},
		{{"plain == 1 and plain == 1", "plain == 1 or plain == 1", NULL, NULL}, 1, 2},
		{{"plain == 1 and plain != 1", NULL, NULL, NULL}, 1, 0},
		{{"plain < 0", "plain >= 0", NULL, NULL}, 1, 2},
		{{"file starts_with abcdefgh", "file starts_with abcdefg", NULL, NULL}, 2, 2},
		{{"cgroup == /a", "cgroup != /a", "cgroup in [/a]", "not cgroup == /a"}, 1, 4},
		{{"cgroup in [/a, /b]", "cgroup == /a or cgroup == /b", NULL, NULL}, 3, 3},
		{{"cgroup == /a", "cgroup starts_with /a", NULL, NULL}, 2, 2},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct fixture f;

		start(&f, &io);
		for (u32 m = 0; m < 4 && cases[i].wheres[m]; m++)
			add(&f, m, cases[i].wheres[m]);
		assert_findings(&f.diags, "");
		if (f.filter.ntests != cases[i].ntests)
			fail_msg("case %zu: %llu tests", i, f.filter.ntests);
		if (f.filter.nterms != cases[i].nterms)
			fail_msg("case %zu: %llu terms", i, f.filter.nterms);
		stop(&f);
	}
}

static void the_words_that_tests_look_at_are_told(void **state)
{
	static const struct {
		const char *where;
		u64 event;
		u64 context;
	} cases[] = {
		{"plain == 1", 1 << 3, 0},
		{"tgid == 1", 0, 1 << 2},
		{"comm == a", 0, 3},
		{"comm starts_with a", 0, 1},
		{"comm starts_with abcdefghi", 0, 3},
		{"file == a or size > 3B", 1 << 1 | 3 << 5, 0},
		{"maybe < 3", 1 << 9 | 1 << PRESENCE_WORD, 0},
		{"plain < 0", 1 << 3, 0},
		{"not (error == EIO and comm == a)", 1 << 8, 3},
		{"cgroup == /a", 0, 1 << CGROUP_WORD | 1 << CONTEXT_WORDS},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct fixture f;

		start(&f, &io);
		add(&f, 0, cases[i].where);
		assert_findings(&f.diags, "");
		assert_int_equal(f.plan.event_words, cases[i].event);
		assert_int_equal(f.plan.context_words, cases[i].context);
		stop(&f);
	}
}

#define TIMES "(ns, us, ms, s, m, h or d)"

static void what_cannot_be_asked_is_told_with_its_place(void **state)
{
	static const struct {
		const char *where;
		const char *want;
	} cases[] = {
		{"sise > 3B", "f:1:1: event 'io' has no field 'sise' (did you mean 'size'?)\n"},
		{"plain == 1 and comn == a",
		 "f:1:16: event 'io' has no field 'comn' (did you mean 'comm'?)\n"},
		{"nothing_like_it == 1", "f:1:1: event 'io' has no field 'nothing_like_it'\n"},
		{"operation < write",
		 "f:1:1: 'operation' has names, which have no order: use ==, != or in\n"},
		{"error >= EIO",
		 "f:1:1: 'error' has names, which have no order: use ==, != or in\n"},
		{"call > 3", "f:1:1: 'call' has names, which have no order: use ==, != or in\n"},
		{"file > a", "f:1:1: 'file' is a text: use ==, !=, in or starts_with\n"},
		{"plain starts_with 1", "f:1:1: 'plain' is a number: starts_with is for texts\n"},
		{"operation starts_with r",
		 "f:1:1: 'operation' is a number: starts_with is for texts\n"},
		{"comm == 1234567890123456",
		 "f:1:9: 'comm' has at most 15 bytes, '1234567890123456' has 16\n"},
		{"comm starts_with 1234567890123456",
		 "f:1:18: 'comm' has at most 15 bytes, '1234567890123456' has 16\n"},
		{"short in [1234567, 12345678, 123456789]",
		 "f:1:20: 'short' has at most 7 bytes, '12345678' has 8\n"
		 "f:1:30: 'short' has at most 7 bytes, '123456789' has 9\n"},
		{"operation == raed",
		 "f:1:14: there is no operation 'raed' (did you mean 'read'?)\n"},
		{"operation == nothing_like_it",
		 "f:1:14: there is no operation 'nothing_like_it'\n"},
		{"error == EOI", "f:1:10: there is no error 'EOI' (did you mean 'EIO'?)\n"},
		{"call == raed", "f:1:9: there is no call 'raed' (did you mean 'read'?)\n"},
		{"took > 5", "f:1:8: '5' needs a unit " TIMES "\n"},
		{"took > 5KiB", "f:1:8: '5KiB' is a size, not a time " TIMES "\n"},
		{"took > x", "f:1:8: 'x' is not a time like 10us\n"},
		{"size > 5", "f:1:8: '5' needs a unit (B, KiB, MiB, GiB or TiB)\n"},
		{"plain == 5us", "f:1:10: '5us' must be a number without a unit\n"},
		{"plain == x", "f:1:10: 'x' is not a number\n"},
		{"plain == 18446744073709551616", "f:1:10: '18446744073709551616' is too large\n"},
		{"change == -9223372036854775809", "f:1:11: '-9223372036854775809' is too small\n"},
		{"plain == -1", "f:1:10: 'plain' is never negative\n"},
		{"plain in [1, -1, -2]", "f:1:14: 'plain' is never negative\n"
					 "f:1:18: 'plain' is never negative\n"},
		{"size > -1B", "f:1:8: '-1B' is negative\n"},
		{"took < -1ns", "f:1:8: '-1ns' is negative\n"},
		{"cgroup < /a", "f:1:1: 'cgroup' is a text: use ==, !=, in or starts_with\n"},
		{"cgroup in [a.service, /b, '']",
		 "f:1:12: 'a.service' is no path: cgroups are named like "
		 "/system.slice/nginx.service\n"
		 "f:1:27: '' is no path: cgroups are named like /system.slice/nginx.service\n"},
		{"cgroup == /a/", "f:1:11: no path ends in '/': write '/a', or starts_with for all "
				  "below it\n"},
		{"cgroup starts_with a", "f:1:20: 'a' is no path: cgroups are named like "
					 "/system.slice/nginx.service\n"},
		{"origin == /a",
		 "f:1:1: only the cgroup of the context can be tested in a where\n"},
		{"not (x == 1 or plain == -1) and operation > 1",
		 "f:1:6: event 'io' has no field 'x'\n"
		 "f:1:25: 'plain' is never negative\n"
		 "f:1:33: 'operation' has names, which have no order: use ==, != or in\n"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct fixture f;

		start(&f, &io);
		add(&f, 0, cases[i].where);
		assert_findings(&f.diags, cases[i].want);
		assert_int_equal(f.filter.nterms, 0);
		stop(&f);
	}
}

/* Its bits would be those of a negative number. */
static void no_signed_number_is_above_the_largest(void **state)
{
	static const char *const wheres[] = {"change == 18446744073709551615",
					     "change <= 9223372036854775808",
					     "change > 9223372036854775808"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wheres); i++) {
		struct fixture f;

		start(&f, &io);
		add(&f, 0, wheres[i]);
		if (f.diags.errors == 0)
			fail_msg("taken as a negative number: %s", wheres[i]);
		stop(&f);
	}
}

/* "plain FIRST 0 JOIN plain FIRST 1 JOIN ...", n of them. */
static char *repeated(const char *test, const char *join, u32 first, u32 n)
{
	struct strbuf text;
	size_t len;

	strbuf__init(&text);
	for (u32 i = 0; i < n; i++)
		strbuf__printf(&text, "%s%s %u", i ? join : "", test, first + i);
	return strbuf__take(&text, &len);
}

static void filters_have_their_limits(void **state)
{
	static const struct {
		const char *test;
		const char *join;
		u32 n;
		const char *want;
	} cases[] = {
		{"plain ==", " or ", 32, ""},
		{"plain ==", " or ", 33, "f:1:468: this where has more than 32 alternatives\n"},
		{"plain ==", " and ", 63, ""},
		{"file ==", " and ", 32, ""},
		{"file ==", " and ", 33,
		 "f:1:471: the wheres of event 'io' need more than 64 comparisons\n"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *text = repeated(cases[i].test, cases[i].join, 0, cases[i].n);
		struct fixture f;

		start(&f, &io);
		add(&f, 0, text);
		assert_findings(&f.diags, cases[i].want);
		assert_true(f.filter.ntests <= WIRE_TESTS_MAX);
		assert_true(f.filter.nterms <= WIRE_TERMS_MAX);
		free(text);
		stop(&f);
	}
}

static void sixty_four_comparisons_are_not_more_than_sixty_four(void **state)
{
	char *text = repeated("plain ==", " and ", 0, 64);
	struct fixture f;

	(void)state;
	start(&f, &io);
	add(&f, 0, text);
	for (size_t i = 0; i < f.diags.n; i++)
		assert_null(strstr(f.diags.items[i].text, "more than 64 comparisons"));
	free(text);
	stop(&f);
}

static void lists_have_their_limit(void **state)
{
	(void)state;
	for (u32 n = 64; n <= 66; n++) {
		struct strbuf text;
		struct fixture f;
		char *where;
		size_t len;

		strbuf__init(&text);
		for (u32 i = 0; i < n; i++)
			strbuf__printf(&text, "%s%u", i ? ", " : "plain in [", i);
		strbuf__printf(&text, "]");
		where = strbuf__take(&text, &len);
		start(&f, &io);
		add(&f, 0, where);
		assert_findings(&f.diags,
				n > 64 ? "f:1:1: this comparison needs too many tests\n" : "");
		free(where);
		stop(&f);
	}
}

static void comparisons_with_cgroups_have_their_limit(void **state)
{
	struct fixture f;
	char where[32];

	(void)state;
	start(&f, &io);
	for (u32 i = 0; i < WIRE_CGROUP_SETS_MAX; i++) {
		f.filter = (struct wire_filter){0}; /* as if of another event */
		f.plan.nfacts = 0;
		snprintf(where, sizeof(where), "cgroup == /%u", i);
		add(&f, 0, where);
	}
	add(&f, 0, "cgroup != /7");
	assert_findings(&f.diags, "");
	add(&f, 0, "cgroup starts_with /7");
	assert_findings(&f.diags, "f:1:1: the wheres have more than 64 different comparisons with "
				  "'cgroup'\n");
	stop(&f);
}

static void metrics_share_what_alternatives_there_are(void **state)
{
	char *ten = repeated("plain ==", " or ", 0, 10);
	struct fixture f;

	(void)state;
	start(&f, &io);
	for (u32 m = 0; m < 3; m++)
		add(&f, m, ten);
	assert_findings(&f.diags, "");
	assert_int_equal(f.filter.nterms, 30);
	assert_int_equal(f.filter.ntests, 10);
	add(&f, 3, "plain == 0 or plain == 1");
	assert_findings(&f.diags, "");
	add(&f, 4, "plain == 0");
	assert_findings(&f.diags,
			"f:1:1: the wheres of event 'io' have more than 32 alternatives\n");
	assert_int_equal(f.filter.nterms, 32);
	free(ten);
	stop(&f);
}

/* A product of sums: 2 * 2 * 2 * 2 * 2 = 32 alternatives are as many as there may be. */
static void products_are_multiplied_out(void **state)
{
	struct strbuf text;
	struct fixture f;
	char *where;
	size_t len;

	(void)state;
	for (u32 factors = 5; factors <= 6; factors++) {
		strbuf__init(&text);
		for (u32 i = 0; i < factors; i++)
			strbuf__printf(&text, "%s(plain == %u or size == %uB)", i ? " and " : "", i,
				       i);
		where = strbuf__take(&text, &len);
		start(&f, &io);
		add(&f, 0, where);
		assert_findings(&f.diags,
				factors > 5 ? "f:1:152: this where has more than 32 alternatives\n"
					    : "");
		if (factors == 5)
			assert_int_equal(f.filter.nterms, 32);
		free(where);
		stop(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_filters_decide_as_their_trees_do),
		cmocka_unit_test(random_filters_with_absent_fields_do_as_well),
		cmocka_unit_test(an_absent_field_passes_no_test),
		cmocka_unit_test(every_text_starts_with_nothing),
		cmocka_unit_test(texts_as_long_as_an_event_can_be_tested),
		cmocka_unit_test(facts_are_shared),
		cmocka_unit_test(the_words_that_tests_look_at_are_told),
		cmocka_unit_test(what_cannot_be_asked_is_told_with_its_place),
		cmocka_unit_test(no_signed_number_is_above_the_largest),
		cmocka_unit_test(filters_have_their_limits),
		cmocka_unit_test(sixty_four_comparisons_are_not_more_than_sixty_four),
		cmocka_unit_test(lists_have_their_limit),
		cmocka_unit_test(comparisons_with_cgroups_have_their_limit),
		cmocka_unit_test(metrics_share_what_alternatives_there_are),
		cmocka_unit_test(products_are_multiplied_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
