/* SPDX-License-Identifier: Apache-2.0 */
/* Constants of a probe object (`const volatile` in .rodata), by the name they have in its BTF. They
 * can be set between open and load; the verifier then treats them as known. */
#ifndef RINGTALLY_PIPELINE_KNOBS_H
#define RINGTALLY_PIPELINE_KNOBS_H

#include <stddef.h>

#include "base/types.h"

struct bpf_object;
struct err;

/* -ENOENT when there is no such constant, -EINVAL when its size is another. */
int knob__set(struct bpf_object *object, const char *name, const void *value, size_t size,
	      struct err *err);
int knob__get(const struct bpf_object *object, const char *name, void *ret_value, size_t size,
	      struct err *err);

/* Bytes of all of them, with what the compiler put beside them. */
u64 knobs_bytes(const struct bpf_object *object);

#endif
