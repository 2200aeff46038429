/* SPDX-License-Identifier: Apache-2.0 */
/* The words of text files, in the order of the files: a stream from life, with all that is skewed
 * and local in it. A word is a run of the letters A-Z and a-z. One label, `word`. */
#ifndef RINGTALLY_BENCH_STREAM_WORDS_H
#define RINGTALLY_BENCH_STREAM_WORDS_H

#include <stddef.h>

struct err;
struct stream;

/*
 * Everything below these folders (NULL-terminated; one that is not there has no files), each sorted
 * by name, depth first. Symbolic links, compressed files (*.gz) and files that begin with binary
 * data are passed over; what cannot be read too. Ends after `most` words. -ENODATA: there was none.
 */
int stream_read_words(const char *const *folders, size_t most, struct stream *ret_stream,
		      struct err *err);

#endif
