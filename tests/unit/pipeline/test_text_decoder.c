/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/pipeline/decoder_test.h"

#include <stdio.h>

#include "config/config.h"
#include "pipeline/decoders/decoded.h"
#include "pipeline/decoders/text_decoder.h"

#define ID    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define OTHER "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
#define FIFTY "01234567890123456789012345678901234567890123456789"

static void assert_applied(const struct text_decoder *decoder, const struct decode_config *step,
			   const char *text, const char *want)
{
	struct decoded decoded;

	decoded__repair(&decoded, text, strlen(text), DECODED_ROOM);
	decoded.provisional = true;
	decoder->apply(step, &decoded);
	if (strcmp(decoded.text, want) != 0)
		fail_msg("%s of %s is '%s', not '%s'", decoder->name, text, decoded.text, want);
	assert_int_equal(decoded.len, strlen(want));
	assert_true(decoded.provisional);
	assert_false(decoded.error);
}

static void a_unit_is_the_innermost_one(void **state)
{
	static const char *const cases[][2] = {
		{"/system.slice/nginx.service", "nginx.service"},
		{"/system.slice/nginx.service/", "nginx.service"},
		{"/system.slice/system-getty.slice/getty@tty1.service", "getty@tty1.service"},
		{"/user.slice/user-1000.slice/user@1000.service/app.slice/app-a\\x2db.scope",
		 "app-a\\x2db.scope"},
		{"/system.slice/containerd.service/kubepods/pod1/" ID, "containerd.service"},
		{"/system.slice/docker-" ID ".scope/init", "docker-" ID ".scope"},
		{"/machine.slice/a b.scope/payload", "a b.scope"},
		{"/system.slice", "system.slice"},
		{"/init.scope", "init.scope"},
		{"/system.slice/dev-hugepages.mount", "dev-hugepages.mount"},
		{"/system.slice/ssh.socket", "ssh.socket"},
		{"/system.slice/dev-sda2.swap", "dev-sda2.swap"},
		{"/system.slice/.service", "system.slice"},
		{"/system.slice/a.service.d/b", "system.slice"},
		{"/docker/" ID, ""},
		{"/service", ""},
		{"/.slice", ""},
		{"/", ""},
		{"", ""},
		{"unknown_cgroup_id:4711", "unknown_cgroup_id:4711"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_applied(&text_unit, NULL, cases[i][0], cases[i][1]);
}

static void a_container_is_its_first_twelve_digits(void **state)
{
	static const char *const cases[][2] = {
		{"/system.slice/docker-" ID ".scope", "0123456789ab"},
		{"/docker/" ID, "0123456789ab"},
		{"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1.slice/"
		 "cri-containerd-" ID ".scope",
		 "0123456789ab"},
		{"/kubepods/besteffort/pod01234567-89ab-cdef-0123-456789abcdef/" ID,
		 "0123456789ab"},
		{"/kubepods.slice/crio-" ID ".scope/container", "0123456789ab"},
		{"/machine.slice/libpod-" ID ".scope/container", "0123456789ab"},
		{"/system.slice/kubepods-pod1.slice:cri-containerd:" ID, "0123456789ab"},
		{"/system.slice/docker-" ID ".scope/kubelet.slice/cri-containerd-" OTHER ".scope",
		 "fedcba987654"},
		{"/docker/" ID "/system.slice/nginx.service", "0123456789ab"},
		{"/machine.slice/libpod-conmon-" ID ".scope", ""},
		{"/kubepods.slice/crio-conmon-" ID ".scope", ""},
		{"/docker/" ID "0", ""},
		{"/docker/x" ID, ""},
		{"/docker/" ID ".service", ""},
		{"/docker/0123456789ab", ""},
		{"/docker/0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef", ""},
		{"/system.slice/nginx.service", ""},
		{"/", ""},
		{"", ""},
		{"unknown_cgroup_id:4711", "unknown_cgroup_id:4711"},
		{"/" FIFTY "/" FIFTY "/" FIFTY "/" FIFTY "/" FIFTY "/" FIFTY "/" ID,
		 "0123456789ab"}, /* longer than a label may be */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_applied(&text_container_id, NULL, cases[i][0], cases[i][1]);
}

static void a_map_changes_what_it_names_and_nothing_else(void **state)
{
	static struct decode_pair pairs[] = {{"", "nothing"},
					     {"block", "storage"},
					     {"net_rx", "network"},
					     {"net_tx", "network"}};
	const struct decode_config step = {.pairs = pairs, .npairs = ARRAY_SIZE(pairs)};
	const struct decode_config none = {.pairs = pairs};

	(void)state;
	assert_applied(&text_static_map, &step, "net_rx", "network");
	assert_applied(&text_static_map, &step, "net_tx", "network");
	assert_applied(&text_static_map, &step, "block", "storage");
	assert_applied(&text_static_map, &step, "", "nothing");
	assert_applied(&text_static_map, &step, "net_r", "net_r");
	assert_applied(&text_static_map, &step, "timer", "timer");
	assert_applied(&text_static_map, &none, "net_rx", "net_rx");
}

static void each_is_found_by_its_name(void **state)
{
	(void)state;
	assert_true(text_decoders_count > 0);
	for (size_t i = 0; i < text_decoders_count; i++)
		assert_ptr_equal(text_decoder_find(text_decoders[i]->name), text_decoders[i]);
	assert_null(text_decoder_find("no such"));
}

static void a_cut_text_ends_in_dots(void **state)
{
	char text[DECODED_MAX + 2], want[DECODED_MAX + 1];
	struct decoded decoded;

	(void)state;
	memset(text, 'x', sizeof(text));
	decoded__repair(&decoded, text, DECODED_MAX, DECODED_ROOM);
	decoded__cut(&decoded);
	assert_int_equal(decoded.len, DECODED_MAX);
	assert_null(memchr(decoded.text, '.', decoded.len));
	decoded__repair(&decoded, text, DECODED_MAX + 1, DECODED_ROOM);
	decoded__cut(&decoded);
	memset(want, 'x', DECODED_MAX - 3);
	memcpy(want + DECODED_MAX - 3, "...", 4);
	assert_string_equal(decoded.text, want);
	assert_int_equal(decoded.len, DECODED_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_unit_is_the_innermost_one),
		cmocka_unit_test(a_container_is_its_first_twelve_digits),
		cmocka_unit_test(a_map_changes_what_it_names_and_nothing_else),
		cmocka_unit_test(each_is_found_by_its_name),
		cmocka_unit_test(a_cut_text_ends_in_dots),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
