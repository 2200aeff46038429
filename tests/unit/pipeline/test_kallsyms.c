/* SPDX-License-Identifier: Apache-2.0 */
/* Symbol tables of the test's own, and this machine's. */
#include "tests/unit/pipeline/decoder_test.h"

#include <errno.h>
#include <stdio.h>

#include "pipeline/kallsyms.h"
#include "tests/unit/pipeline/temp_tree.h"

static struct kallsyms *read_text(const struct temp_tree *t, const char *text)
{
	struct kallsyms *k = NULL;
	int code;

	temp_tree__write(t, "kallsyms", text);
	code = kallsyms__read(temp_tree__path(t, "kallsyms"), &k);
	if (code)
		fail_msg("%s", strerror(-code));
	return k;
}

static void functions_are_found_where_they_begin(void **state)
{
	static const char text[] = "ffffffff81000000 T _stext\n"
				   "ffffffff81000000 T _text\n"
				   "ffffffff81000040 t process_timeout\n"
				   "ffffffff81000080 D jiffies\n"
				   "ffffffff81000100 W weak_one\n"
				   "0000000000000000 A fixed_percpu_data\n"
				   "ffffffffc0100000 t mod_timer_fn\t[snd_hrtimer]\n"
				   "ffffffff81000060 t delayed_work_timer_fn\n"
				   "ffffffff81000100 t its_alias\n";
	static const struct {
		u64 address;
		const char *want;
	} cases[] = {
		{0xffffffff81000000, "_stext"}, /* of two the first */
		{0xffffffff81000040, "process_timeout"},
		{0xffffffff81000041, NULL},
		{0xffffffff8100003f, NULL},
		{0xffffffff81000060, "delayed_work_timer_fn"}, /* not in order */
		{0xffffffff81000080, NULL},		       /* no function */
		{0xffffffff81000100, "weak_one"},
		{0xffffffffc0100000, "mod_timer_fn"},
		{0, NULL},
		{~0ULL, NULL},
	};
	struct temp_tree t;

	(void)state;
	temp_tree__init(&t);
	struct kallsyms *k = read_text(&t, text);

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *got = kallsyms__name(k, cases[i].address);

		if (!cases[i].want)
			assert_null(got);
		else if (!got)
			fail_msg("%#llx has no name", cases[i].address);
		else
			assert_string_equal(got, cases[i].want);
	}
	kallsyms__free(k);
	temp_tree__fini(&t);
}

static void lines_of_no_sense_are_left_out(void **state)
{
	static const char text[] = "\n"
				   " \n"
				   "T\n"
				   "hello world\n"
				   "ffffffff81000040\n"
				   "ffffffff81000040 \n"
				   "ffffffff81000040 T\n"
				   "ffffffff81000040 T \n"
				   "ffffffff81000040 T \t[module]\n"
				   "ffffffff81000040 Tt two_letters\n"
				   "ffffffff81000050 T no_end_of_line";
	struct temp_tree t;

	(void)state;
	temp_tree__init(&t);
	struct kallsyms *k = read_text(&t, text);

	assert_null(kallsyms__name(k, 0xffffffff81000040));
	assert_string_equal(kallsyms__name(k, 0xffffffff81000050), "no_end_of_line");
	kallsyms__free(k);
	temp_tree__fini(&t);
}

static void hidden_addresses_and_missing_files_are_told_apart(void **state)
{
	struct kallsyms *k = NULL;
	struct temp_tree t;

	(void)state;
	temp_tree__init(&t);
	temp_tree__write(&t, "hidden", "0000000000000000 T _text\n0000000000000000 t f\n");
	assert_int_equal(kallsyms__read(temp_tree__path(&t, "hidden"), &k), -EACCES);
	assert_int_equal(kallsyms__read(temp_tree__path(&t, "missing"), &k), -ENOENT);
	assert_null(k);

	struct kallsyms *empty = read_text(&t, "");

	assert_null(kallsyms__name(empty, 1));
	kallsyms__free(empty);
	temp_tree__fini(&t);
}

/* As many as the lines of functions say, give or take aliases: each address has a name. */
static void this_kernels_functions_have_names(void **state)
{
	struct kallsyms *k = NULL;
	const int code = kallsyms__read("/proc/kallsyms", &k);
	u32 looked_up = 0;
	char line[512];
	FILE *f;

	(void)state;
	if (code == -EACCES || code == -ENOENT)
		skip();
	assert_int_equal(code, 0);
	f = fopen("/proc/kallsyms", "re");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		unsigned long long address;
		char type;

		/* NOLINTNEXTLINE(cert-err34-c): the kernel's numbers fit */
		if (sscanf(line, "%llx %c", &address, &type) == 2 && strchr("tTwW", type) &&
		    !strstr(line, "[bpf]")) {
			assert_non_null(kallsyms__name(k, address));
			looked_up++;
		}
	}
	fclose(f);
	assert_true(looked_up > 1000);
	kallsyms__free(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(functions_are_found_where_they_begin),
		cmocka_unit_test(lines_of_no_sense_are_left_out),
		cmocka_unit_test(hidden_addresses_and_missing_files_are_told_apart),
		cmocka_unit_test(this_kernels_functions_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
