/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/subject.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench/bench.h"

int subjects__add(struct subjects *s, const char *name)
{
	struct subject *grown = reallocarray(s->items, s->n + 1, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	s->items = grown;
	grown[s->n] = (struct subject){
		.program_fd = -1,
		.owned_fd = -1,
		.emitter.object_fd = -1,
		.peer.program_fd = -1,
		.empty = -1,
		.key = -1,
		.hash = -1,
		.twin_of = -1,
	};
	snprintf(grown[s->n].name, sizeof(grown[s->n].name), "%s", name);
	return (int)s->n++;
}

int subjects__prepare(struct subjects *s, size_t rounds)
{
	s->rounds = rounds;
	for (size_t i = 0; i < s->n; i++) {
		free(s->items[i].samples);
		s->items[i].samples = calloc(rounds + 1, sizeof(double));
		if (!s->items[i].samples)
			return -ENOMEM;
	}
	return 0;
}

void subjects__begin(struct subjects *s)
{
	for (size_t i = 0; i < s->n; i++) {
		struct subject *subject = &s->items[i];

		subject->consumer_ns = 0;
		subject->before.calls = subject->calls;
		subject->before.records = subject->emits ? emitter__records(&subject->emitter) : 0;
	}
}

void subjects__fini(struct subjects *s)
{
	for (size_t i = 0; i < s->n; i++) {
		if (s->items[i].emits)
			emitter__close(&s->items[i].emitter);
		else
			peer__unload(&s->items[i].peer);
		if (s->items[i].owned_fd >= 0)
			close(s->items[i].owned_fd);
		free(s->items[i].samples);
	}
	free(s->items);
	*s = (struct subjects){0};
}

static const double *samples_of(const struct subjects *s, int i)
{
	return i >= 0 ? s->items[i].samples : NULL;
}

static void put_costs(const struct subjects *s, const struct subject *subject,
		      struct bench_row *row)
{
	const double *empty = samples_of(s, subject->empty);
	const double *key = samples_of(s, subject->key);
	const double *hash = samples_of(s, subject->hash);

	if (!empty)
		return;
	row->above_empty = stats_difference(subject->samples, empty, s->rounds);
	if (key)
		row->above_key = stats_difference(subject->samples, key, s->rounds).median;
	if (hash)
		row->ratio_to_hash = stats_ratio(subject->samples, hash, empty, s->rounds);
}

/* Calls made with the program of this subject, also as its twin. */
static u64 calls_of_program(const struct subjects *s, size_t i)
{
	u64 calls = s->items[i].calls;

	for (size_t k = 0; k < s->n; k++)
		if (s->items[k].twin_of == (int)i)
			calls += s->items[k].calls;
	return calls;
}

static void put_ring(const struct subject *subject, struct bench_row *row)
{
	double calls = (double)(subject->calls - subject->before.calls);

	if (!subject->emits || calls <= 0)
		return;
	row->consumer_ns = (double)subject->consumer_ns / calls;
	row->ring_records_per_event =
		(double)(emitter__records(&subject->emitter) - subject->before.records) / calls;
}

static void put_losses(const struct subject *subject, u64 calls, struct bench_row *row)
{
	u64 counted;

	row->events = calls;
	row->counts = subject->emits || subject->peer.map;
	if (!row->counts)
		return;
	counted = subject->emits ? emitter__handled(&subject->emitter)
				 : peer__counted(&subject->peer);
	row->lost = calls > counted ? calls - counted : 0;
}

void subjects__report(const struct subjects *s, const char *suite, struct bench_report *report)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct subject *subject = &s->items[i];
		struct bench_row *row;

		row = bench_report__row(report, suite, subject->name, "ns", subject->samples,
					s->rounds);
		put_costs(s, subject, row);
		put_ring(subject, row);
		put_losses(subject, calls_of_program(s, i), row);
		row->xlated_bytes = program_xlated_bytes(subject->program_fd);
	}
}
