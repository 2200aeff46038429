/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/own_config.h"

#include <errno.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "config/config.h"
#include "config/diag.h"
#include "pipeline/collector.h"

static int first_complaint(const struct diags *diags, struct err *err)
{
	return diags->errors ? err__set(err, -EINVAL, "%s", diags->items[0].text) : 0;
}

int own_config_parse(const struct strbuf *text, struct config **ret_config, struct err *err)
{
	struct diags diags;
	int rc;

	if (text->failed)
		return err__set_errno(err, -ENOMEM, "the bench's config");
	diags__init(&diags);
	rc = config__parse("the bench's config", text->data, text->len, &diags, ret_config, err);
	if (!rc && first_complaint(&diags, err)) {
		config__free(*ret_config);
		rc = err->code;
	}
	diags__fini(&diags);
	if (rc)
		*ret_config = NULL;
	return rc;
}

int own_config_plan(const struct config *config, struct collector **ret_collector, struct err *err)
{
	struct diags diags;
	int rc;

	diags__init(&diags);
	rc = collector__new(config, NULL, &diags, ret_collector, err);
	if (!rc && first_complaint(&diags, err)) {
		collector__free(*ret_collector);
		rc = err->code;
	}
	diags__fini(&diags);
	if (rc)
		*ret_collector = NULL;
	return rc;
}
