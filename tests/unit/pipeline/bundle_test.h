/* SPDX-License-Identifier: Apache-2.0 */
/* The bundled object, opened and not loaded: that takes no privileges. */
#ifndef RINGTALLY_TESTS_BUNDLE_TEST_H
#define RINGTALLY_TESTS_BUNDLE_TEST_H

#include <bpf/libbpf.h>
#include <stdint.h>

#include "pipeline/bundle.h"

static inline struct bpf_object *open_bundle(void)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = "ringtally");

	return bpf_object__open_mem(bundle_begin, (uintptr_t)bundle_end - (uintptr_t)bundle_begin,
				    &opts);
}

#endif
