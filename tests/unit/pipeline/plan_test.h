/* SPDX-License-Identifier: Apache-2.0 */
/* What tests of plans share: schemas written down as tables, and config texts planned with them. */
#ifndef RINGTALLY_TESTS_PLAN_TEST_H
#define RINGTALLY_TESTS_PLAN_TEST_H

#include <string.h>

#include "base/err.h"
#include "base/util.h"
#include "config/config.h"
#include "config/single.h"
#include "pipeline/decoders/decoder.h"
#include "pipeline/plan.h"

#define NUMBER(name_, word_, decoder_)                                                          \
	{                                                                                       \
		.name = (name_), .help = "", .decoder = (decoder_), .word = (word_), .words = 1 \
	}

#define TEXT(name_, word_, words_)                                                     \
	{                                                                              \
		.name = (name_), .help = "", .decoder = DECODER_TEXT, .word = (word_), \
		.words = (words_), .text = true                                        \
	}

#define RECORD(name_, nwords_, fields_)                                                           \
	{                                                                                         \
		.name = (name_), .help = "", .fields = (fields_), .nfields = ARRAY_SIZE(fields_), \
		.nwords = (nwords_)                                                               \
	}

/* The context as probes have it, but for the decoder of the cgroup. */
static inline struct record_schema fake_context(void)
{
	static struct field fields[] = {
		TEXT("comm", 0, 2),
		NUMBER("tgid", 2, DECODER_UNSIGNED),
		NUMBER("tid", 3, DECODER_UNSIGNED),
		NUMBER("uid", 4, DECODER_UNSIGNED),
		NUMBER("gid", 5, DECODER_UNSIGNED),
		NUMBER("cgroup", 6, DECODER_UNSIGNED),
		NUMBER("cpu", 7, DECODER_UNSIGNED),
		NUMBER("ppid", 8, DECODER_UNSIGNED),
		TEXT("pcomm", 9, 2),
		NUMBER("mntns", 11, DECODER_UNSIGNED),
		NUMBER("pidns", 12, DECODER_UNSIGNED),
	};

	return (struct record_schema)RECORD("context", 13, fields);
}

/* A config text and what became of it. */
struct planned {
	struct config *config;
	struct plan *plan; /* NULL when rc is not 0 */
	struct diags diags;
	struct err err;
	int rc;
};

/* Plans what was parsed. */
static inline void planned__plan(struct planned *p, const struct plan_source *sources, u32 nsources)
{
	if (!p->rc)
		p->rc = plan__new(p->config, sources, nsources, &p->diags, &p->plan, &p->err);
}

/* The same for one event: what a verb asks for by flags. */
static inline struct planned plan_single(const struct single *single,
					 const struct plan_source *sources, u32 nsources)
{
	struct planned p = {0};

	diags__init(&p.diags);
	p.rc = config__single(single, &p.diags, &p.config, &p.err);
	planned__plan(&p, sources, nsources);
	return p;
}

static inline struct planned plan_text(const char *text, const struct plan_source *sources,
				       u32 nsources)
{
	struct planned p = {0};

	diags__init(&p.diags);
	p.rc = config__parse("t", text, strlen(text), &p.diags, &p.config, &p.err);
	planned__plan(&p, sources, nsources);
	return p;
}

static inline void planned__fini(struct planned *p)
{
	plan__free(p->plan);
	config__free(p->config);
	diags__fini(&p->diags);
}

#endif
