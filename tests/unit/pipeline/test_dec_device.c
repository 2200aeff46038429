/* SPDX-License-Identifier: Apache-2.0 */
/* A sysfs of the test's own, and this machine's against /proc/partitions. */
#include "tests/unit/pipeline/decoder_test.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/utf8.h"
#include "pipeline/decoders/dec_device.h"
#include "tests/unit/pipeline/temp_tree.h"

#define DEVICE(major, minor) ((u64)(major) << 20 | (minor))
#define TEN		     "0123456789"
#define FIFTY		     TEN TEN TEN TEN TEN

struct device_case {
	u64 word;
	const char *name;
};

static void add_disk(const struct temp_tree *t, const char *number, const char *name)
{
	char path[PATH_MAX], text[PATH_MAX];

	snprintf(path, sizeof(path), "block/%s", name);
	temp_tree__mkdir(t, path);
	snprintf(path, sizeof(path), "block/%s/dev", name);
	snprintf(text, sizeof(text), "%s\n", number);
	temp_tree__write(t, path, text);
	snprintf(path, sizeof(path), "dev/block/%s", number);
	snprintf(text, sizeof(text), "../../devices/pci0000:00/0000:00:02.0/virtio1/block/%s",
		 name);
	temp_tree__symlink(t, text, path);
}

static void init_sysfs(struct temp_tree *t)
{
	temp_tree__init(t);
	temp_tree__mkdir(t, "block");
	temp_tree__mkdir(t, "dev");
	temp_tree__mkdir(t, "dev/block");
}

static void disks_and_names_stand_for_each_other(void **state)
{
	static const struct {
		const char *number;
		struct device_case device;
	} cases[] = {
		{"254:0", {DEVICE(254, 0), "vda"}},
		{"7:1", {DEVICE(7, 1), "loop1"}},
		{"0:1", {DEVICE(0, 1), "without_major"}},
		{"259:1048575", {DEVICE(259, 1048575), "nvme0n1"}},
		{"4095:1048575", {DEVICE(4095, 1048575), "last"}},
		{"104:0", {DEVICE(104, 0), "cciss!c0d0"}},
		{"8:0", {DEVICE(8, 0), "caf\xc3\xa9"}},
	};
	struct temp_tree t;

	(void)state;
	init_sysfs(&t);
	const struct decoder_env env = {.sysfs_root = t.root};
	struct decoder *d = create_decoder(&dec_device_ops, &env);

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct device_case *device = &cases[i].device;

		add_disk(&t, cases[i].number, device->name);
		assert_word_is(d, device->word, device->name);
		assert_encodes_to(d, device->name, device->word);
		assert_encodes_to(d, cases[i].number, device->word);
	}
	assert_word_is(d, 0, "");
	assert_encodes_to(d, "", 0);
	d->ops->destroy(d);
	temp_tree__fini(&t);
}

static void names_are_repaired_and_bounded(void **state)
{
	struct temp_tree t;

	(void)state;
	init_sysfs(&t);
	temp_tree__symlink(&t, "../../devices/caf\xe9", "dev/block/8:0");
	temp_tree__symlink(&t, "vda", "dev/block/8:16");
	temp_tree__symlink(&t, "../" FIFTY FIFTY FIFTY FIFTY FIFTY TEN, "dev/block/8:32");
	const struct decoder_env env = {.sysfs_root = t.root};
	struct decoder *d = create_decoder(&dec_device_ops, &env);

	assert_word_is(d, DEVICE(8, 0), "caf" UTF8_REPLACEMENT);
	assert_word_is(d, DEVICE(8, 16), "vda");
	assert_word_is(d, DEVICE(8, 32), FIFTY FIFTY FIFTY FIFTY FIFTY "012...");
	d->ops->destroy(d);
	temp_tree__fini(&t);
}

static void disks_that_are_not_there_are_provisional_numbers(void **state)
{
	static const struct device_case cases[] = {
		{DEVICE(254, 16), "254:16"},
		{DEVICE(0, 3), "0:3"},
		{DEVICE(4095, 1048575), "4095:1048575"},
	};
	struct temp_tree t;

	(void)state;
	init_sysfs(&t);
	const struct decoder_env env = {.sysfs_root = t.root};
	struct decoder *d = create_decoder(&dec_device_ops, &env);

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct decoded answer = decode_words(d, &cases[i].word, 1);

		assert_string_equal(answer.text, cases[i].name);
		assert_true(answer.provisional);
		assert_false(answer.error);
		assert_encodes_to(d, cases[i].name, cases[i].word);
	}
	assert_no_word(d, "vdb", -ENOENT);
	add_disk(&t, "254:16", "vdb");
	assert_word_is(d, DEVICE(254, 16), "vdb");
	assert_encodes_to(d, "vdb", DEVICE(254, 16));
	d->ops->destroy(d);
	temp_tree__fini(&t);
}

static void words_that_are_no_device_are_errors(void **state)
{
	static const struct device_case cases[] = {
		{1ULL << 32, "invalid_device:0x100000000"},
		{~0ULL, "invalid_device:0xffffffffffffffff"},
	};
	const struct decoder_env env = {0};
	struct decoder *d = create_decoder(&dec_device_ops, &env);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct decoded answer = decode_words(d, &cases[i].word, 1);

		assert_string_equal(answer.text, cases[i].name);
		assert_true(answer.error);
		assert_false(answer.provisional);
	}
	d->ops->destroy(d);
}

/* Most of the odd ones would find a file that says a device. */
static void names_of_no_disk_have_no_word(void **state)
{
	static const char *const names[] = {
		"vdb",
		"VDA",
		".",
		"..",
		"vda/part",
		"../block/vda",
		"vda/../vda",
		"/vda",
		"vda/",
		"254",
		"254:",
		":0",
		"254:0:0",
		"254:0\n",
		" 254:0",
		"-1:0",
		"4096:0",
		"1:1048576",
		"1:99999999999999999999",
		FIFTY FIFTY FIFTY FIFTY FIFTY FIFTY,
	};
	struct temp_tree t;

	(void)state;
	init_sysfs(&t);
	temp_tree__write(&t, "block/dev", "1:2\n");
	add_disk(&t, "254:0", "vda");
	temp_tree__mkdir(&t, "block/vda/part");
	temp_tree__write(&t, "block/vda/part/dev", "254:1\n");
	const struct decoder_env env = {.sysfs_root = t.root};
	struct decoder *d = create_decoder(&dec_device_ops, &env);

	assert_encodes_to(d, "vda", DEVICE(254, 0));
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		assert_no_word(d, names[i], -ENOENT);
	d->ops->destroy(d);
	temp_tree__fini(&t);
}

static void files_that_say_no_device_have_no_word(void **state)
{
	static const char *const texts[] = {
		"",	  "\n",	      "254\n",
		"254:\n", "254:0",    "254:0 \n",
		"x:y\n",  "4096:0\n", "254:000000000000000000000000000000000000\n",
	};
	struct temp_tree t;

	(void)state;
	init_sysfs(&t);
	temp_tree__mkdir(&t, "block/vda");
	const struct decoder_env env = {.sysfs_root = t.root};
	struct decoder *d = create_decoder(&dec_device_ops, &env);

	assert_no_word(d, "vda", -ENOENT);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		temp_tree__write(&t, "block/vda/dev", texts[i]);
		assert_no_word(d, "vda", -ENOENT);
	}
	d->ops->destroy(d);
	temp_tree__fini(&t);
}

static bool is_whole_disk(const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "/sys/block/%s", name);
	return access(path, F_OK) == 0;
}

/* "major minor #blocks name", a headline first; a '/' in a name is '!' in sysfs. */
static void this_machines_partitions_have_their_names(void **state)
{
	const struct decoder_env env = {0};
	struct decoder *d = create_decoder(&dec_device_ops, &env);
	FILE *f = fopen("/proc/partitions", "re");
	char line[512];

	(void)state;
	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		char *at = line;
		const u64 major = strtoull(at, &at, 10);
		const u64 minor = strtoull(at, &at, 10);
		char *name = strrchr(line, ' ');

		if (at == line || !name)
			continue;
		name++;
		name[strcspn(name, "\n")] = '\0';
		for (char *slash = strchr(name, '/'); slash; slash = strchr(name, '/'))
			*slash = '!';
		assert_word_is(d, DEVICE(major, minor), name);
		if (is_whole_disk(name))
			assert_encodes_to(d, name, DEVICE(major, minor));
		else
			assert_no_word(d, name, -ENOENT);
	}
	fclose(f);
	d->ops->destroy(d);
}

/* Also those without a size, which /proc/partitions leaves out. */
static void this_machines_disks_lead_back_and_forth(void **state)
{
	const struct decoder_env env = {0};
	struct decoder *d = create_decoder(&dec_device_ops, &env);
	DIR *disks = opendir("/sys/block");
	const struct dirent *disk;

	(void)state;
	while (disks && (disk = readdir(disks))) {
		u64 word;

		if (disk->d_name[0] == '.')
			continue;
		if (d->ops->encode(d, disk->d_name, &word) == 0) /* hidden ones have no number */
			assert_word_is(d, word, disk->d_name);
	}
	if (disks)
		closedir(disks);
	d->ops->destroy(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(disks_and_names_stand_for_each_other),
		cmocka_unit_test(names_are_repaired_and_bounded),
		cmocka_unit_test(disks_that_are_not_there_are_provisional_numbers),
		cmocka_unit_test(words_that_are_no_device_are_errors),
		cmocka_unit_test(names_of_no_disk_have_no_word),
		cmocka_unit_test(files_that_say_no_device_have_no_word),
		cmocka_unit_test(this_machines_partitions_have_their_names),
		cmocka_unit_test(this_machines_disks_lead_back_and_forth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
