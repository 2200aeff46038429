/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/decoders/dec_ksym.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "base/util.h"
#include "pipeline/decoders/decoded.h"
#include "pipeline/kallsyms.h"

#define UNKNOWN		 "unknown"
#define READ_INTERVAL_NS 10000000000ULL

struct dec_ksym {
	struct decoder base;
	const char *path;
	u64 (*now_ns)(void);
	struct kallsyms *kallsyms; /* NULL: not read yet, or in vain */
	u64 read_ns;		   /* when it was tried last */
	bool tried;
	bool failed; /* it will not be tried again */
};

static int create(const struct decoder_env *env, struct decoder **ret_decoder, struct err *err)
{
	struct dec_ksym *k = calloc(1, sizeof(*k));

	if (!k)
		return err__set_errno(err, -ENOMEM, "decoder ksym");
	k->base.ops = &dec_ksym_ops;
	k->path = env->kallsyms ? env->kallsyms : "/proc/kallsyms";
	k->now_ns = env->now_ns;
	*ret_decoder = &k->base;
	return 0;
}

static void give_up(struct dec_ksym *k, int code)
{
	const char *reason = code == -EACCES ? "the kernel hides their addresses: run with "
					       "CAP_SYSLOG, and look at kernel.kptr_restrict"
					     : strerror(-code);

	k->failed = true;
	log_warn("kernel symbols stay unknown", "file", k->path, "reason", reason, NULL);
}

/* What was read before stays when it fails. */
static void read_symbols(struct dec_ksym *k)
{
	struct kallsyms *read;
	const int code = kallsyms__read(k->path, &read);

	k->tried = true;
	k->read_ns = k->now_ns();
	if (code == 0) {
		kallsyms__free(k->kallsyms);
		k->kallsyms = read;
	} else if (!k->kallsyms) {
		give_up(k, code);
	}
}

static bool may_read(const struct dec_ksym *k)
{
	return !k->failed && (!k->tried || k->now_ns() - k->read_ns >= READ_INTERVAL_NS);
}

static const char *look_up(struct dec_ksym *k, u64 address)
{
	const char *name = k->kallsyms ? kallsyms__name(k->kallsyms, address) : NULL;

	if (name || !may_read(k))
		return name;
	read_symbols(k);
	return k->kallsyms ? kallsyms__name(k->kallsyms, address) : NULL;
}

static void decode(struct decoder *d, const u64 *words, u32 n, struct decoded *ret)
{
	struct dec_ksym *k = container_of(d, struct dec_ksym, base);
	const char *name = words[0] ? look_up(k, words[0]) : "";

	(void)n;
	if (name) {
		decoded__repair(ret, name, strlen(name), DECODED_MAX);
		return;
	}
	decoded__format(ret, "%s", UNKNOWN);
	ret->provisional = true;
}

static void destroy(struct decoder *d)
{
	if (!d)
		return;

	struct dec_ksym *k = container_of(d, struct dec_ksym, base);

	kallsyms__free(k->kallsyms);
	free(k);
}

const struct decoder_ops dec_ksym_ops = {
	.name = "ksym",
	.help = "The name of a function of the kernel; unknown when it has none.",
	.text = false,
	.own_names = false,
	.no_where = "a kernel symbol has another address after each start of the machine, and is "
		    "looked up when it is shown: make it a label, and select in the query",
	.create = create,
	.decode = decode,
	.encode = decoder_no_encode,
	.offer_names = decoder_no_names,
	.destroy = destroy,
};
