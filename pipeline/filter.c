/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/filter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/suggest.h"
#include "base/util.h"
#include "config/quantity.h"
#include "pipeline/decoders/dec_cgroup.h"

/* Alternatives of one (sub)expression; metric numbers are filled in at the end. */
struct terms {
	u32 n;
	struct wire_term items[WIRE_TERMS_MAX];
};

/* The tests of one fact, before it is known whether the filter has it already. */
struct rows {
	u32 n;
	struct wire_test tests[WIRE_TESTS_MAX];
};

/* One comparison while it is being resolved. */
struct test {
	struct filter_plan *plan;
	const struct where *where;
	struct field_ref ref;
	const struct field *field; /* of ref */
	const struct decoder_ops *decoder;
	struct rows rows;
	bool failed;
};

static void fail(struct test *t, struct pos pos, const char *message)
{
	diags__error(t->plan->diags, pos, "%s", message);
	t->failed = true;
}

/* --- tests of words --- */

static u64 word_number(const struct test *t, u32 word)
{
	return t->ref.of_context ? WIRE_CONTEXT_WORD((u64)word) : word;
}

static void add_test(struct test *t, const struct wire_test *test)
{
	if (t->rows.n == WIRE_TESTS_MAX) {
		if (!t->failed)
			fail(t, t->where->pos, "this comparison needs too many tests");
		return;
	}
	t->rows.tests[t->rows.n++] = *test;
}

/* An optional field passes no test while it is absent. */
static void add_presence(struct test *t)
{
	u64 bit = 1ULL << t->field->word;

	if (!t->field->optional)
		return;
	add_test(t, &(struct wire_test){.word = t->plan->scope.event->presence_word,
					.op = WIRE_OP_EQUAL,
					.mask = bit,
					.value = bit});
}

/* Ends a row: its last test leads to the fact (numbered when it is stored). */
static void end_row(struct test *t)
{
	if (t->rows.n)
		t->rows.tests[t->rows.n - 1].fact = 1;
}

static void add_number(struct test *t, enum wire_op op, u64 value)
{
	add_presence(t);
	add_test(t, &(struct wire_test){.word = word_number(t, t->field->word),
					.op = op,
					.mask = (u64)-1,
					.value = value});
	end_row(t);
}

/* A row that never holds: nothing is below the smallest number. */
static void add_never(struct test *t)
{
	add_test(t, &(struct wire_test){.word = word_number(t, t->field->word),
					.op = WIRE_OP_EQUAL,
					.value = 1});
	end_row(t);
}

/* The first n bytes of the field are those of the text; n counts the NUL behind for equality. */
static void add_text(struct test *t, const char *text, size_t n)
{
	char padded[WIRE_WORDS_MAX * sizeof(u64)] = {0};

	memcpy(padded, text, strlen(text));
	add_presence(t);
	if (n == 0) /* every text begins with nothing */
		add_test(t, &(struct wire_test){.word = word_number(t, t->field->word),
						.op = WIRE_OP_EQUAL});
	for (u32 w = 0; w * sizeof(u64) < n; w++) {
		size_t rest = n - w * sizeof(u64);
		struct wire_test test = {.word = word_number(t, t->field->word + w),
					 .op = WIRE_OP_EQUAL,
					 .mask = (u64)-1};

		if (rest < sizeof(u64)) {
			test.mask = 0;
			memset(&test.mask, 0xff, rest);
		}
		memcpy(&test.value, padded + w * sizeof(u64), sizeof(u64));
		test.value &= test.mask;
		add_test(t, &test);
	}
	end_row(t);
}

/* --- values --- */

static enum quantity field_quantity(const struct field *field)
{
	switch (field->unit) {
	case UNIT_NS:
		return QUANTITY_TIME;
	case UNIT_BYTES:
		return QUANTITY_BYTES;
	case UNIT_NONE:
		break;
	}
	return QUANTITY_PLAIN;
}

static void report_unknown_value(struct test *t, struct decoder *decoder,
				 const struct config_text *value)
{
	struct suggestion suggestion;

	suggestion__init(&suggestion, value->s);
	t->decoder->offer_names(decoder, &suggestion);
	diags__unknown(t->plan->diags, value->pos, &suggestion, "there is no %s '%s'",
		       t->field->name, value->s);
	t->failed = true;
}

/* A name the decoder knows the number of (syscall, device, operation). -ENOTSUP: it knows no names.
 */
static int encode_name(struct test *t, const struct config_text *value, u64 *ret_number)
{
	const struct decoder_env env = {.names = t->field->names, .nnames = t->field->nnames};
	struct decoder *decoder = NULL;
	struct err err = {0};
	int rc = t->decoder->create(&env, &decoder, &err);

	if (rc) {
		fail(t, value->pos, err.msg);
		return rc;
	}
	rc = t->decoder->encode(decoder, value->s, ret_number);
	if (rc == -ENOENT)
		report_unknown_value(t, decoder, value);
	t->decoder->destroy(decoder);
	return rc;
}

/* A value of a number field: by name where its decoder has names, else with its unit. */
static int read_number(struct test *t, const struct config_text *value, u64 *ret_number)
{
	char why[128];
	int rc = encode_name(t, value, ret_number);

	if (rc != -ENOTSUP)
		return rc;
	rc = quantity_parse(field_quantity(t->field), value->s, ret_number, why);
	if (!rc && !t->field->is_signed && value->s[0] == '-') {
		diags__error(t->plan->diags, value->pos, "'%s' is never negative", t->field->name);
		t->failed = true;
		return -EINVAL;
	}
	if (!rc && t->field->is_signed && value->s[0] != '-' && *ret_number >> 63) {
		diags__error(t->plan->diags, value->pos, "'%s' is never above %lld", t->field->name,
			     (s64)((u64)-1 >> 1));
		t->failed = true;
		return -EINVAL;
	}
	if (rc)
		fail(t, value->pos, why);
	return rc;
}

/* --- comparisons --- */

static bool is_smallest(const struct test *t, u64 number)
{
	return number == (t->field->is_signed ? 1ULL << 63 : 0);
}

/* x < v and x >= v look at v - 1. */
static void compare_number(struct test *t, u64 number)
{
	enum wire_op at_most = t->field->is_signed ? WIRE_OP_AT_MOST_SIGNED : WIRE_OP_AT_MOST;

	switch (t->where->op) {
	case WHERE_LT:
	case WHERE_GE:
		if (is_smallest(t, number))
			add_never(t);
		else
			add_number(t, at_most, number - 1);
		break;
	case WHERE_LE:
	case WHERE_GT:
		add_number(t, at_most, number);
		break;
	default:
		add_number(t, WIRE_OP_EQUAL, number);
	}
}

static bool is_ordered(enum where_op op)
{
	return op == WHERE_LT || op == WHERE_LE || op == WHERE_GT || op == WHERE_GE;
}

static void resolve_number(struct test *t, const struct config_text *value)
{
	u64 number;

	if (t->where->op == WHERE_STARTS_WITH) {
		diags__error(t->plan->diags, t->where->pos,
			     "'%s' is a number: starts_with is for texts", t->field->name);
		t->failed = true;
		return;
	}
	if (is_ordered(t->where->op) && t->decoder->encode != decoder_no_encode) {
		diags__error(t->plan->diags, t->where->pos,
			     "'%s' has names, which have no order: use ==, != or in",
			     t->field->name);
		t->failed = true;
		return;
	}
	if (!read_number(t, value, &number))
		compare_number(t, number);
}

static void refuse_order(struct test *t)
{
	diags__error(t->plan->diags, t->where->pos, "'%s' is a text: use ==, !=, in or starts_with",
		     t->field->name);
	t->failed = true;
}

/* The kernel's texts end in a NUL, so the longest has one byte less than the field. */
static void resolve_text(struct test *t, const struct config_text *value)
{
	size_t n = strlen(value->s), longest = t->field->words * sizeof(u64) - 1;

	if (is_ordered(t->where->op)) {
		refuse_order(t);
	} else if (n > longest) {
		diags__error(t->plan->diags, value->pos, "'%s' has at most %zu bytes, '%s' has %zu",
			     t->field->name, longest, value->s, n);
		t->failed = true;
	} else if (t->where->op == WHERE_STARTS_WITH) {
		add_text(t, value->s, n);
	} else {
		add_text(t, value->s, t->field->words * sizeof(u64));
	}
}

/* The kernel knows a cgroup by its id: it looks up which comparisons that passes. The word with the
 * answers stands behind the context's own. */
static void resolve_cgroup(struct test *t)
{
	const u64 word = t->plan->scope.context->nwords;
	u32 number;

	if (is_ordered(t->where->op)) {
		refuse_order(t);
		return;
	}
	if (!t->ref.of_context) {
		fail(t, t->where->pos, "only the cgroup of the context can be tested in a where");
		return;
	}
	if (!cgroup_test_check(t->where, t->plan->diags)) {
		t->failed = true;
		return;
	}
	if (cgroup_tests__add(t->plan->cgroup_tests, t->where, &number)) {
		diags__error(t->plan->diags, t->where->pos,
			     "the wheres have more than %d different comparisons with '%s'",
			     WIRE_CGROUP_SETS_MAX, t->field->name);
		t->failed = true;
		return;
	}
	t->plan->context_words |= field_mask(t->field);
	add_test(t, &(struct wire_test){.word = WIRE_CONTEXT_WORD(word),
					.op = WIRE_OP_EQUAL,
					.mask = 1ULL << number,
					.value = 1ULL << number});
	end_row(t);
}

static void resolve_values(struct test *t)
{
	for (size_t i = 0; i < t->where->nvalues; i++)
		(t->field->text ? resolve_text : resolve_number)(t, &t->where->values[i]);
}

static bool find_field(struct test *t)
{
	const struct config_text *name = &t->where->field;
	struct diags *diags = t->plan->diags;

	if (!field_ref__find(&t->plan->scope, name, diags, &t->ref))
		return false;
	t->field = t->ref.field;
	t->decoder = decoder_kind(t->field->decoder);
	if (!t->decoder) /* reported where the object's fields are used */
		return false;
	if (t->decoder->no_where) {
		diags__error(diags, name->pos, "'%s' cannot be tested in a where: %s", name->s,
			     t->decoder->no_where);
		return false;
	}
	return true;
}

static void use_words(struct filter_plan *p, const struct rows *rows)
{
	for (u32 i = 0; i < rows->n; i++) {
		u64 word = rows->tests[i].word;

		if (word >= WIRE_WORDS_MAX)
			p->context_words |= 1ULL << (word - WIRE_WORDS_MAX);
		else
			p->event_words |= 1ULL << word;
	}
}

static bool same_test(const struct wire_test *a, const struct wire_test *b)
{
	return a->word == b->word && a->op == b->op && a->mask == b->mask && a->value == b->value &&
	       !a->fact == !b->fact;
}

static bool same_tests(const struct wire_test *a, const struct wire_test *b, u64 n)
{
	for (u64 i = 0; i < n; i++)
		if (!same_test(&a[i], &b[i]))
			return false;
	return true;
}

/* The fact of these tests, shared when the filter has it already. -ENOSPC when it is full. */
static int store_fact(struct filter_plan *p, const struct rows *rows, u32 *ret_fact)
{
	struct wire_filter *filter = p->filter;

	for (u32 i = 0; i < p->nfacts; i++) {
		const struct fact_tests *known = &p->facts[i];

		if (known->n == rows->n &&
		    same_tests(&filter->tests[known->first], rows->tests, rows->n)) {
			*ret_fact = i;
			return 0;
		}
	}
	if (filter->ntests + rows->n > WIRE_TESTS_MAX || p->nfacts == WIRE_FACTS_MAX)
		return -ENOSPC;
	p->facts[p->nfacts] = (struct fact_tests){filter->ntests, rows->n};
	for (u32 i = 0; i < rows->n; i++) {
		struct wire_test *test = &filter->tests[filter->ntests++];

		*test = rows->tests[i];
		if (test->fact)
			test->fact = p->nfacts + 1;
	}
	*ret_fact = p->nfacts++;
	use_words(p, rows);
	return 0;
}

static bool is_negation(enum where_op op)
{
	return op == WHERE_NE || op == WHERE_NOT_IN || op == WHERE_GT || op == WHERE_GE;
}

/* --- expressions to alternatives --- */

static bool contradict(const struct wire_term *a, const struct wire_term *b)
{
	return (a->want ^ b->want) & a->mask & b->mask;
}

static bool append(struct terms *terms, u64 mask, u64 want)
{
	for (u32 i = 0; i < terms->n; i++)
		if (terms->items[i].mask == mask && terms->items[i].want == want)
			return true;
	if (terms->n == WIRE_TERMS_MAX)
		return false;
	terms->items[terms->n].mask = mask;
	terms->items[terms->n++].want = want;
	return true;
}

/* Every alternative of the left together with every one of the right. */
static bool combine_and(const struct terms *left, const struct terms *right,
			struct terms *ret_terms)
{
	ret_terms->n = 0;
	for (u32 i = 0; i < left->n; i++) {
		for (u32 j = 0; j < right->n; j++) {
			const struct wire_term *a = &left->items[i], *b = &right->items[j];

			if (!contradict(a, b) &&
			    !append(ret_terms, a->mask | b->mask, a->want | b->want))
				return false;
		}
	}
	return true;
}

static bool combine_or(const struct terms *left, const struct terms *right, struct terms *ret_terms)
{
	*ret_terms = *left;
	for (u32 i = 0; i < right->n; i++)
		if (!append(ret_terms, right->items[i].mask, right->items[i].want))
			return false;
	return true;
}

static struct terms single(u32 fact, bool want)
{
	return (struct terms){
		.n = 1,
		.items[0] = {.mask = 1ULL << fact, .want = want ? 1ULL << fact : 0},
	};
}

static bool store_or_report(struct test *t, u32 *ret_fact)
{
	if (store_fact(t->plan, &t->rows, ret_fact) == 0)
		return true;
	diags__error(t->plan->diags, t->where->pos,
		     "the wheres of event '%s' need more than %d comparisons",
		     t->plan->scope.event->name, WIRE_TESTS_MAX);
	return false;
}

/* Comparisons that are the opposite of their fact (!=, not in, >, >=) would pass while the field is
 * absent: they ask for its presence besides. */
static bool add_opposite(struct test *t, u32 fact, bool negate, struct terms *ret_terms)
{
	struct terms differs = single(fact, negate), there;
	u32 presence;

	if (!t->field->optional) {
		*ret_terms = differs;
		return true;
	}
	t->rows.n = 0;
	add_presence(t);
	end_row(t);
	if (!store_or_report(t, &presence))
		return false;
	there = single(presence, !negate);
	return (negate ? combine_or : combine_and)(&there, &differs, ret_terms);
}

static bool compile_test(struct filter_plan *p, const struct where *where, bool negate,
			 struct terms *ret_terms)
{
	struct test t = {.plan = p, .where = where};
	u32 fact;

	if (!find_field(&t))
		return false;
	(t.decoder == &dec_cgroup_ops ? resolve_cgroup : resolve_values)(&t);
	if (t.failed || !store_or_report(&t, &fact))
		return false;
	if (is_negation(where->op))
		return add_opposite(&t, fact, negate, ret_terms);
	*ret_terms = single(fact, !negate);
	return true;
}

static bool too_many(struct filter_plan *p, const struct where *where)
{
	diags__error(p->diags, where->pos, "this where has more than %d alternatives",
		     WIRE_TERMS_MAX);
	return false;
}

/* Both sides are compiled even when one is wrong, so that all faults are told. */
static bool compile(struct filter_plan *p, const struct where *where, bool negate,
		    struct terms *ret_terms)
{
	struct terms left, right;
	bool is_and = (where->kind == WHERE_AND) != negate, ok;

	if (where->kind == WHERE_TEST)
		return compile_test(p, where, negate, ret_terms);
	if (where->kind == WHERE_NOT)
		return compile(p, where->left, !negate, ret_terms);
	ok = compile(p, where->left, negate, &left);
	ok = compile(p, where->right, negate, &right) && ok;
	if (!ok)
		return false;
	if (!(is_and ? combine_and : combine_or)(&left, &right, ret_terms))
		return too_many(p, where);
	return true;
}

void filter_plan__add(struct filter_plan *f, u32 metric, const struct where *where)
{
	struct wire_filter *filter = f->filter;
	struct terms terms;

	if (!compile(f, where, false, &terms))
		return;
	if (filter->nterms + terms.n > WIRE_TERMS_MAX) {
		diags__error(f->diags, where->pos,
			     "the wheres of event '%s' have more than %d alternatives",
			     f->scope.event->name, WIRE_TERMS_MAX);
		return;
	}
	for (u32 i = 0; i < terms.n; i++) {
		terms.items[i].metric = metric;
		filter->terms[filter->nterms++] = terms.items[i];
	}
}
