/* SPDX-License-Identifier: Apache-2.0 */
#include "config/config.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "config/arena.h"
#include "config/native.h"
#include "config/yaml.h"

#define READ_BYTES ((size_t)64 << 10)

/* A config while its files are added. */
struct loader {
	struct config *config;
	struct native native;
	struct diags *diags;
	struct pos start; /* of the first file */
};

static struct config *new_config(void)
{
	struct config_arena *arena = config_arena__new();

	if (!arena)
		return NULL;
	struct config *c = config_arena__calloc(arena, 1, sizeof(*c));
	if (!c) {
		config_arena__free(arena);
		return NULL;
	}
	c->arena = arena;
	c->delivery = DELIVERY_COMBINE;
	return c;
}

void config__free(struct config *c)
{
	if (c)
		config_arena__free(c->arena); /* c is in it as well */
}

static int loader__init(struct loader *l, struct diags *diags)
{
	*l = (struct loader){.config = new_config(), .diags = diags};
	if (!l->config)
		return -ENOMEM;
	native__init(&l->native, l->config, diags);
	return 0;
}

static int loader__add(struct loader *l, const char *name, const char *text, size_t n)
{
	const char *file = config_arena__strndup(l->config->arena, name, strlen(name));
	const struct yaml_node *root;

	if (!file)
		return -ENOMEM;
	if (!l->start.file)
		l->start = (struct pos){.file = file, .line = 1, .col = 1};
	int rc = yaml__parse(l->config->arena, file, text, n, l->diags, &root);
	return rc ? rc : native__add(&l->native, root);
}

/* The one way out: rc is what came of the adding. */
static int loader__finish(struct loader *l, int rc, struct config **ret_config, struct err *err)
{
	if (!rc)
		rc = native__finish(&l->native, l->start);
	if (!rc) {
		*ret_config = l->config;
		return 0;
	}
	config__free(l->config);
	return err__set_errno(err, rc, "cannot load the config");
}

/* All of a file, or a byte more than is allowed: that is refused where its text is. */
static int read_file(const char *path, struct strbuf *text, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = 1;

	if (fd < 0)
		return err__set_errno(err, -errno, "cannot open %s", path);
	int rc = 0;
	while (n > 0 && text->len <= YAML_MAX_BYTES) {
		char *to = strbuf__reserve(text, READ_BYTES);

		n = to ? TEMP_FAILURE_RETRY(read(fd, to, READ_BYTES)) : -1;
		if (n < 0)
			rc = err__set_errno(err, to ? -errno : -ENOMEM, "cannot read %s", path);
		else
			text->len += (size_t)n;
	}
	close(fd);
	return rc;
}

static int loader__add_file(struct loader *l, const char *path, struct err *err)
{
	struct strbuf text;

	strbuf__init(&text);
	int rc = read_file(path, &text, err);
	if (!rc)
		rc = loader__add(l, path, text.data, text.len);
	strbuf__fini(&text);
	return rc;
}

int config__load(const char *const *files, size_t nfiles, struct diags *diags,
		 struct config **ret_config, struct err *err)
{
	struct loader loader;
	int rc = loader__init(&loader, diags);

	assert(nfiles > 0);
	for (size_t i = 0; i < nfiles; i++)
		diags__add_file(diags, files[i]);
	for (size_t i = 0; i < nfiles && !rc; i++)
		rc = loader__add_file(&loader, files[i], err);
	return loader__finish(&loader, rc, ret_config, err);
}

int config__parse(const char *name, const char *text, size_t n, struct diags *diags,
		  struct config **ret_config, struct err *err)
{
	struct loader loader;
	int rc = loader__init(&loader, diags);

	if (!rc)
		rc = loader__add(&loader, name, text, n);
	return loader__finish(&loader, rc, ret_config, err);
}
