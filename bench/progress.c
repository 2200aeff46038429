/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/progress.h"

#include <unistd.h>

#include "bench/pause.h"

enum { REFRESH_MS = 200 };

void progress__init(struct progress *p, FILE *out)
{
	*p = (struct progress){.out = isatty(fileno(out)) ? out : NULL};
}

void progress__begin(struct progress *p, const char *what)
{
	p->what = what;
	p->shown_ms = 0;
	progress__step(p, 0, 1);
}

void progress__step(struct progress *p, size_t done, size_t all)
{
	u64 now = pause_now_ns() / 1000000;

	if (!p->out || now - p->shown_ms < REFRESH_MS)
		return;
	p->shown_ms = now;
	fprintf(p->out, "\r\033[K%s: %zu %%", p->what, all ? done * 100 / all : 100);
	fflush(p->out);
}

void progress__end(struct progress *p)
{
	if (!p->out)
		return;
	fputs("\r\033[K", p->out);
	fflush(p->out);
}
