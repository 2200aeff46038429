/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the path of a cgroup tells. Components are looked at from the end: in a tree that was given
 * away (to a user's systemd, to a container with its own) the innermost says most.
 *
 *   unit:          /user.slice/user-1000.slice/user@1000.service/app.slice/app-a\x2db.scope
 *   container_id:  docker-ID.scope, cri-containerd-ID.scope, libpod-ID.scope/container, docker/ID,
 *                  kubepods/.../ID, ...slice:cri-containerd:ID; ID being 64 hex digits
 *
 * A text that is no path (of a cgroup that is not known, or where there is no cgroup2) stays as it
 * is.
 */
#include <string.h>

#include "base/util.h"
#include "pipeline/decoders/decoded.h"
#include "pipeline/decoders/decoder.h"
#include "pipeline/decoders/text_decoder.h"

enum { ID_DIGITS = 64, ID_SHOWN = 12 };

/* A component of a path, or a part of one. */
struct span {
	const char *at;
	size_t n;
};

/* Is it what we look for? What of it becomes the text is left in *s. */
typedef bool (*judge_fn)(struct span *s);

static bool ends_in(const struct span *s, const char *suffix)
{
	const size_t n = strlen(suffix);

	return s->n > n && memcmp(s->at + s->n - n, suffix, n) == 0;
}

/* The kinds of units that have cgroups (systemd.unit(5)). */
static bool is_unit(struct span *s)
{
	static const char *const suffixes[] = {".service", ".scope", ".slice",
					       ".socket",  ".mount", ".swap"};

	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++)
		if (ends_in(s, suffixes[i]))
			return true;
	return false;
}

/* What stands beside a container and watches it bears its id too. */
static bool is_monitor(const struct span *before)
{
	static const char conmon[] = "conmon-";
	const size_t n = strlen(conmon);

	return before->n >= n && memcmp(before->at + before->n - n, conmon, n) == 0;
}

static bool has_id(struct span *s)
{
	const size_t scope = ends_in(s, ".scope") ? strlen(".scope") : 0;

	if (s->n < ID_DIGITS + scope)
		return false;

	const struct span before = {s->at, s->n - scope - ID_DIGITS};
	const struct span id = {s->at + before.n, ID_SHOWN};

	if (before.n > 0 && !strchr("-:", before.at[before.n - 1]))
		return false;
	for (size_t i = 0; i < ID_DIGITS; i++)
		if (!strchr("0123456789abcdef", id.at[i]))
			return false;
	*s = id;
	return !is_monitor(&before);
}

/* The last component that passes becomes the text; empty when none does. */
static void keep_last(struct decoded *text, judge_fn judge)
{
	const char *end = text->text + text->len;

	if (*text->text != '/')
		return;
	while (end > text->text) {
		const char *slash = memrchr(text->text, '/', (size_t)(end - text->text));
		struct span component = {slash + 1, (size_t)(end - slash - 1)};

		if (judge(&component)) {
			decoded__replace(text, component.at, component.n);
			return;
		}
		end = slash;
	}
	decoded__replace(text, "", 0);
}

static void apply_unit(const struct decode_config *step, struct decoded *text)
{
	(void)step;
	keep_last(text, is_unit);
}

static void apply_container_id(const struct decode_config *step, struct decoded *text)
{
	(void)step;
	keep_last(text, has_id);
}

const struct text_decoder text_unit = {
	.name = "unit",
	.takes_map = false,
	.of = "cgroup",
	.apply = apply_unit,
};

const struct text_decoder text_container_id = {
	.name = "container_id",
	.takes_map = false,
	.of = "cgroup",
	.apply = apply_container_id,
};
