/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/contender.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/util.h"
#include "bench/child.h"
#include "bench/pause.h"
#include "bench/proc_memory.h"

#define SELF "/proc/self/exe"

enum { VERSION_MS = 5000 };

static bool find_on_path(const char *program, char path[PATH_MAX])
{
	const char *at = getenv("PATH");

	for (at = at ? at : ""; *at; at += *at == ':') {
		int n = (int)strcspn(at, ":");

		if (n > 0 && snprintf(path, PATH_MAX, "%.*s/%s", n, at, program) < PATH_MAX &&
		    !access(path, X_OK))
			return true;
		at += n;
	}
	path[0] = '\0';
	return false;
}

static bool find(struct contender *c)
{
	if (!c->kind->programs[0]) {
		snprintf(c->path, sizeof(c->path), SELF);
		return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(c->kind->programs); i++)
		if (c->kind->programs[i] && find_on_path(c->kind->programs[i], c->path))
			return true;
	return false;
}

/* What it is stays unknown when it does not tell: no reason not to measure it. */
static void read_version(struct contender *c)
{
	const char *argv[] = {c->kind->name, "--version", NULL};
	struct err ignored = {0};
	struct child child;

	if (child__start(&child, c->kind->name, c->path, argv, NULL, &ignored))
		return;
	while (!child__check(&child, &ignored) && child__age_ms(&child) < VERSION_MS)
		pause_ms(1);
	child__read_word(&child, c->kind->version_key, c->version, sizeof(c->version));
	child__fini(&child);
}

void contender__init(struct contender *c, const struct contender_kind *kind)
{
	*c = (struct contender){.kind = kind, .figures = {.program = kind->name}};
	if (!find(c))
		err__set(&c->err, -ENOENT,
			 "not measured: no %s on PATH (scripts/peers.sh fetches it)",
			 kind->programs[0]);
	else if (kind->version_key)
		read_version(c);
}

int contender__add_memory(struct contender *c, const struct child *child, struct err *err)
{
	struct proc_memory memory;

	if (proc_memory_read(child->pid, &memory, err))
		return err__wrap(err, "%s", c->kind->name);
	figures__add(&c->figures, "bytes", (double)memory.rss_anon, "rss_anon");
	figures__add(&c->figures, "bytes", (double)memory.rss, "rss");
	figures__add(&c->figures, "bytes", (double)memory.rss_peak, "rss_peak");
	if (memory.bpf_maps)
		figures__add(&c->figures, "bytes", (double)memory.bpf_maps, "bpf_maps");
	return 0;
}

void contender__fini(struct contender *c)
{
	figures__fini(&c->figures);
}
