/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/stream_words.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/util.h"
#include "bench/stream.h"

enum { BINARY_BYTES = 4096 }; /* a NUL among the first so many: not a text */

struct text {
	const char *bytes;
	size_t n;
};

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static void add_words(struct stream *s, const struct text *text, size_t most)
{
	for (size_t i = 0; i < text->n && s->n < most && !s->failed;) {
		u64 key[STREAM_WORDS_MAX] = {0};
		size_t begin = i;

		while (i < text->n && is_letter(text->bytes[i]))
			i++;
		if (i == begin) {
			i++;
			continue;
		}
		stream__put_text(s, 0, text->bytes + begin, i - begin, key);
		stream__add(s, key);
	}
}

static bool ends_with(const char *s, size_t n, const char *end)
{
	const size_t m = strlen(end);

	return n >= m && !memcmp(s + n - m, end, m);
}

static void add_file(struct stream *s, const FTSENT *file, size_t most)
{
	struct text text = {.n = (size_t)file->fts_statp->st_size};
	int fd;

	if (!text.n || ends_with(file->fts_name, file->fts_namelen, ".gz"))
		return;
	fd = open(file->fts_accpath, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return;
	text.bytes = mmap(NULL, text.n, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (text.bytes == MAP_FAILED)
		return;
	if (!memchr(text.bytes, '\0', MIN(text.n, (size_t)BINARY_BYTES)))
		add_words(s, &text, most);
	munmap((void *)text.bytes, text.n);
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static void add_folder(struct stream *s, const char *folder, size_t most)
{
	char *const roots[] = {(char *)folder, NULL};
	FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, by_name);
	const FTSENT *entry;

	if (!tree)
		return;
	while (s->n < most && (entry = fts_read(tree)))
		if (entry->fts_info == FTS_F)
			add_file(s, entry, most);
	fts_close(tree);
}

int stream_read_words(const char *const *folders, size_t most, struct stream *ret_stream,
		      struct err *err)
{
	static const struct stream_label label = {"word", 4};

	stream__init(ret_stream, "words", &label, 1);
	for (; *folders && ret_stream->n < most; folders++)
		add_folder(ret_stream, *folders, most);
	if (ret_stream->failed)
		err__set_errno(err, -ENOMEM, "words");
	else if (!ret_stream->n)
		err__set(err, -ENODATA, "there are no texts");
	if (err->code)
		stream__fini(ret_stream);
	return err->code;
}
