/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/sequence.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "bench/random.h"
#include "bench/zipf.h"

#define SEED		0x9e3779b97f4a7c15ULL
#define LATENCY_MIN_NS	1e3
#define LATENCY_OCTAVES 26 /* up to 64 s */

/* Keys are spread over all 64 bits: neighbours would be easy on a hash. */
static u64 key_number(size_t rank)
{
	return ((u64)rank + 1) * SEED;
}

static u64 draw(enum sequence_kind kind, const struct zipf *zipf, size_t keys, struct random *r)
{
	switch (kind) {
	case SEQUENCE_LATENCIES:
		return (u64)(LATENCY_MIN_NS * exp2(random__share(r) * LATENCY_OCTAVES));
	case SEQUENCE_ZIPF:
		return key_number(zipf__draw(zipf, r));
	case SEQUENCE_UNIFORM:
		return key_number(random__below(r, keys));
	case SEQUENCE_CONSTANT:
		break;
	}
	return 0;
}

int sequence__draw(enum sequence_kind kind, size_t keys, size_t n, u64 stream,
		   struct sequence *ret_sequence)
{
	struct random r = {SEED + stream};
	u64 *arguments = calloc(n, sizeof(*arguments));
	struct zipf zipf = {0};

	if (!arguments || (kind == SEQUENCE_ZIPF && zipf__init(&zipf, keys, 1.0))) {
		free(arguments);
		return -ENOMEM;
	}
	for (size_t i = 0; i < n; i++)
		arguments[i] = draw(kind, &zipf, keys, &r);
	zipf__fini(&zipf);
	*ret_sequence = (struct sequence){arguments, n};
	return 0;
}

int sequence__all(size_t keys, struct sequence *ret_sequence)
{
	struct random r = {SEED};
	u64 *arguments = calloc(keys, sizeof(*arguments));

	if (!arguments)
		return -ENOMEM;
	for (size_t i = 0; i < keys; i++) {
		size_t at = random__below(&r, i + 1);

		arguments[i] = arguments[at];
		arguments[at] = key_number(i);
	}
	*ret_sequence = (struct sequence){arguments, keys};
	return 0;
}

void sequence__fini(struct sequence *s)
{
	free(s->arguments);
	*s = (struct sequence){0};
}
