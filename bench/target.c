/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/target.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "base/err.h"
#include "bench/exposition.h"
#include "bench/http_get.h"
#include "bench/pause.h"

#define METRICS "/metrics"

enum { LIFE_MS = 20000, RETRY_US = 500 };

int target__start(struct target *t, const char *name, const char *path, const char *const *args,
		  struct err *err)
{
	const char *argv[TARGET_ARGS_MAX + 3] = {name};
	char listen[64];
	size_t n = 1;

	*t = (struct target){0};
	strbuf__init(&t->text);
	if (http_free_port(&t->port, err))
		return err__wrap(err, "%s", name);
	for (; args && args[n - 1] && n <= TARGET_ARGS_MAX; n++)
		argv[n] = args[n - 1];
	snprintf(listen, sizeof(listen), "--web.listen-address=127.0.0.1:%u", t->port);
	argv[n] = listen;
	return child__start(&t->child, name, path, argv, NULL, err);
}

bool target_is_attached(const struct exposition_sample *s, const void *ctx)
{
	(void)ctx;
	return s->value > 0 && span__is(&s->name, "ringtally_self_probe_attached");
}

static bool has_life(const char *body, target_lives_fn lives, const void *ctx)
{
	struct exposition_sample s;

	while (exposition_next(&body, &s))
		if (lives(&s, ctx))
			return true;
	return false;
}

/* 0: answered; -EAGAIN: not yet. */
static int try(struct target *t, struct http_answer *ret_answer, struct err *err)
{
	int rc = http_get(t->port, METRICS, &t->text, ret_answer, err);

	if (rc == -ECONNREFUSED || rc == -ECONNRESET)
		return child__check(&t->child, err) ? err->code : -EAGAIN;
	return rc ? err__wrap(err, "%s", t->child.name) : 0;
}

int target__wait(struct target *t, target_lives_fn lives, const void *ctx,
		 struct target_times *ret_times, struct err *err)
{
	struct target_times times = {0};
	double age_ms = 0;

	while (age_ms < LIFE_MS) {
		struct http_answer answer;
		int rc = try(t, &answer, err);

		age_ms = child__age_ms(&t->child);
		if (rc == -EAGAIN) {
			pause_us(RETRY_US);
			continue;
		}
		if (rc)
			return rc;
		if (times.answer_ms <= 0)
			times.answer_ms = age_ms;
		if (answer.status == 200 && has_life(answer.body, lives, ctx)) {
			times.scrape_ms = age_ms;
			*ret_times = times;
			return 0;
		}
		pause_us(RETRY_US);
	}
	return err__set(err, -ETIMEDOUT, "%s: no live metric in %s within %d s", t->child.name,
			METRICS, LIFE_MS / 1000);
}

int target__scrape(struct target *t, struct err *err)
{
	struct http_answer answer;

	if (child__check(&t->child, err))
		return err->code;
	if (http_get(t->port, METRICS, &t->text, &answer, err)) {
		err__set(err, -ECONNREFUSED, "nobody listens on port %u any more", t->port);
		return err__wrap(err, "%s", t->child.name);
	}
	if (answer.status != 200)
		return err__set(err, -EBADMSG, "%s: %s was answered with status %d", t->child.name,
				METRICS, answer.status);
	t->body = answer.body;
	return 0;
}

int target__stop(struct target *t, struct err *err)
{
	int rc = child__stop(&t->child, SIGTERM, err);
	int status = t->child.status;

	if (rc || (WIFEXITED(status) && WEXITSTATUS(status) == 0) ||
	    (WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM))
		return rc;
	return child__check(&t->child, err); /* which tells how it ended */
}

void target__fini(struct target *t)
{
	child__fini(&t->child);
	strbuf__fini(&t->text);
	*t = (struct target){0};
}
