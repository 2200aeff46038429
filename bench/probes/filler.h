/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* What bench/filler and its program agree on. Included by both sides. */
#ifndef RINGTALLY_BENCH_PROBES_FILLER_H
#define RINGTALLY_BENCH_PROBES_FILLER_H

#include <linux/types.h>

enum {
	FILLER_RECORD_WORDS = 8, /* room for a record */
	FILLER_CALL_RECORDS = 4096,
};

struct filler_record {
	__u64 words[FILLER_RECORD_WORDS];
};

/* One call: n records, the next ones in turn or any. */
struct filler_call {
	__u64 first; /* number of the first; what is drawn depends on it too */
	__u64 n;     /* at most FILLER_CALL_RECORDS */
	__u64 draws; /* each of the records with the same chance, else one after the other */
	__u64 sent;  /* answer: those that found room */
};

#endif
