/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/stream_drawn.h"

#include <errno.h>

#include "bench/random.h"
#include "bench/stream.h"
#include "bench/zipf.h"

#define SEED 0x9e3779b97f4a7c15ULL

enum { SPREAD = 0x61c88647, DIGITS = 8 }; /* odd: no two ranks have the same text */

/* Eight hexadecimal digits: one word, and neighbours are no neighbours. */
static u64 key_of(u32 rank)
{
	u32 number = rank * (u32)SPREAD;
	union {
		char text[DIGITS];
		u64 word;
	} key;

	for (int i = 0; i < DIGITS; i++, number >>= 4)
		key.text[i] = "0123456789abcdef"[number & 15];
	return key.word;
}

static u32 draw(const struct stream_draw *what, const struct zipf *zipf, size_t i, struct random *r)
{
	const struct hot_set *hot = &what->hot;

	if (hot->share > 0 && random__share(r) < hot->share)
		return what->keys + (u32)(i / hot->stay) * hot->keys +
		       (u32)random__below(r, hot->keys);
	if (what->exponent > 0)
		return (u32)zipf__draw(zipf, r);
	return (u32)random__below(r, what->keys);
}

int stream_draw(const struct stream_draw *what, struct stream *ret_stream)
{
	static const struct stream_label label = {"key", 1};
	struct random r = {SEED};
	struct zipf zipf = {0};

	if (what->exponent > 0 && zipf__init(&zipf, what->keys, what->exponent))
		return -ENOMEM;
	stream__init(ret_stream, what->name, &label, 1);
	for (size_t i = 0; i < what->n; i++) {
		const u64 key = key_of(draw(what, &zipf, i, &r));

		stream__add(ret_stream, &key);
	}
	zipf__fini(&zipf);
	if (!ret_stream->failed)
		return 0;
	stream__fini(ret_stream);
	return -ENOMEM;
}
