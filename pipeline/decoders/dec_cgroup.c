/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/decoders/dec_cgroup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/util.h"
#include "pipeline/cgroups.h"
#include "pipeline/decoders/decoded.h"

struct dec_cgroup {
	struct decoder base;
	struct cgroups *cgroups; /* borrowed; NULL: no cgroup2 here */
	u64 (*now_ns)(void);
};

static int create(const struct decoder_env *env, struct decoder **ret_decoder, struct err *err)
{
	struct dec_cgroup *c = calloc(1, sizeof(*c));

	if (!c)
		return err__set_errno(err, -ENOMEM, "decoder cgroup");
	c->base.ops = &dec_cgroup_ops;
	c->cgroups = env->cgroups;
	c->now_ns = env->now_ns;
	*ret_decoder = &c->base;
	return 0;
}

static void decode(struct decoder *d, const u64 *words, u32 n, struct decoded *ret)
{
	struct dec_cgroup *c = container_of(d, struct dec_cgroup, base);

	(void)n;
	if (!c->cgroups) {
		decoded__repair(ret, "", 0, DECODED_MAX);
		return;
	}

	const char *path = cgroups__path(c->cgroups, words[0], c->now_ns());

	if (path) {
		decoded__repair(ret, path, strlen(path), DECODED_ROOM);
		return;
	}
	decoded__format(ret, "unknown_cgroup_id:%llu", words[0]);
	ret->provisional = true;
}

static void destroy(struct decoder *d)
{
	if (d)
		free(container_of(d, struct dec_cgroup, base));
}

const struct decoder_ops dec_cgroup_ops = {
	.name = "cgroup",
	.help = "The path of the cgroup in the cgroup2 hierarchy: / or "
		"/system.slice/nginx.service.",
	.text = false,
	.own_names = false,
	.no_where = NULL,
	.create = create,
	.decode = decode,
	.encode = decoder_no_encode,
	.offer_names = decoder_no_names,
	.destroy = destroy,
};
