/* SPDX-License-Identifier: Apache-2.0 */
/* Streams from generators: the same ones every time, the seed is fixed. One label, `key`. */
#ifndef RINGTALLY_BENCH_STREAM_DRAWN_H
#define RINGTALLY_BENCH_STREAM_DRAWN_H

#include "base/types.h"

struct stream;

/* A part of the events has a hot key: one of few, all alike, which all change places with new ones
 * every so many events. */
struct hot_set {
	double share; /* of the events; 0: there is none */
	u32 keys;
	size_t stay; /* events */
};

struct stream_draw {
	const char *name; /* borrowed */
	u32 keys;	  /* that there are besides the hot ones */
	double exponent;  /* of Zipf's law; 0: all alike */
	struct hot_set hot;
	size_t n; /* events */
};

/* 0 or -ENOMEM. */
int stream_draw(const struct stream_draw *what, struct stream *ret_stream);

#endif
