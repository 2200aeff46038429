/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/epoch_pause.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "aggregators/family.h"
#include "base/err.h"
#include "base/util.h"
#include "bench/pause.h"
#include "bench/progress.h"
#include "bench/stream.h"
#include "bench/tally.h"

enum { EPOCH_SECONDS = FAMILY_EPOCH_NS / FAMILY_TICK_NS };

static void time_tick(struct tally *tally, u64 second, double *wall_us, double *cpu_us)
{
	const u64 wall = pause_now_ns(), cpu = pause_thread_ns();

	tally->ops->tick(tally, second * FAMILY_TICK_NS);
	*cpu_us = fmax(*cpu_us, (double)(pause_thread_ns() - cpu) / 1000);
	*wall_us = fmax(*wall_us, (double)(pause_now_ns() - wall) / 1000);
}

static void run(struct epoch_pause *p, struct tally *tally, const struct stream *s, u64 *words,
		struct progress *progress)
{
	const size_t seconds = p->n * EPOCH_SECONDS;
	const struct tally_keys keys = {words, MIN(s->n, (size_t)TALLY_SECOND_EVENTS)};
	size_t at = 0;

	for (size_t second = 0; second < seconds; second++, at += keys.n) {
		const size_t epoch = second / EPOCH_SECONDS;

		if (at + keys.n > s->n)
			at = 0;
		stream__copy(s, at, keys.n, words);
		tally->ops->add(tally, &keys);
		time_tick(tally, second + 1, &p->wall_us[epoch], &p->cpu_us[epoch]);
		progress__step(progress, second, seconds);
	}
}

int epoch_pause__measure(struct epoch_pause *p, const struct stream *stream, u32 limit, size_t n,
			 struct progress *progress, struct err *err)
{
	const struct tally_spec spec = {.stream = stream, .limit = limit};
	u64 *words = calloc((size_t)TALLY_SECOND_EVENTS * stream->words, sizeof(*words));
	struct tally *tally = NULL;
	int rc;

	*p = (struct epoch_pause){
		.wall_us = calloc(n, sizeof(double)),
		.cpu_us = calloc(n, sizeof(double)),
		.n = n,
	};
	if (!p->wall_us || !p->cpu_us || !words)
		rc = err__set_errno(err, -ENOMEM, "epochs");
	else
		rc = tally_family.create(&spec, &tally, err);
	if (tally)
		run(p, tally, stream, words, progress);
	tally_family.destroy(tally);
	free(words);
	if (rc)
		epoch_pause__fini(p);
	return rc;
}

void epoch_pause__fini(struct epoch_pause *p)
{
	free(p->wall_us);
	free(p->cpu_us);
	*p = (struct epoch_pause){0};
}
