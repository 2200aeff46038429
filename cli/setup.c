/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/setup.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "cli/flags.h"
#include "cli/verb.h"
#include "config/config.h"
#include "config/diag.h"
#include "pipeline/app.h"
#include "pipeline/collector.h"
#include "pipeline/libbpf_log.h"

#define INSTALLED_CONFIG "/etc/ringtally/ringtally.yaml"
#define INSTALLED_FOLDER "/etc/ringtally/conf.d"

int setup_fail(int status, const char *message)
{
	fprintf(stderr, "ringtally: %s\n", message);
	return status;
}

int setup_flush(void)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return EXIT_FINE;
	return setup_fail(EXIT_RUNTIME, "writing to stdout failed");
}

int setup_logging(const char *level, const char *format, bool debug)
{
	enum log_level parsed_level = LOG_INFO;
	enum log_format parsed_format = LOG_LOGFMT;

	if (level && log_level_parse(level, &parsed_level))
		return setup_fail(EXIT_USAGE, "--log.level is error, warn, info or debug");
	if (format && log_format_parse(format, &parsed_format))
		return setup_fail(EXIT_USAGE, "--log.format is logfmt or json");
	log_set_level(debug ? LOG_DEBUG : parsed_level);
	log_set_format(parsed_format);
	libbpf_log_init(debug);
	return EXIT_FINE;
}

void setup_print_usage(const struct verb *verb, const struct flag_table *flags)
{
	printf("usage: ringtally %s %s\n\n%s\n\n", verb->name, verb->usage, verb->help);
	flags_print_help(flags, stdout);
}

/* The files a config is read from; the texts are owned. */
struct config_files {
	char **paths;
	size_t n;
};

static void config_files__fini(struct config_files *files)
{
	for (size_t i = 0; i < files->n; i++)
		free(files->paths[i]);
	free(files->paths);
}

static int config_files__add(struct config_files *files, const char *folder, const char *name)
{
	char **grown = reallocarray(files->paths, files->n + 1, sizeof(char *));

	if (!grown)
		return -1;
	files->paths = grown;
	if (asprintf(&grown[files->n], "%s%s%s", folder, *folder ? "/" : "", name) < 0)
		return -1;
	files->n++;
	return 0;
}

static int is_yaml(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return dot && dot != entry->d_name && !strcmp(dot, ".yaml");
}

static int add_installed(struct config_files *files)
{
	struct dirent **entries = NULL;
	int n, rc = 0;

	if (access(INSTALLED_CONFIG, F_OK))
		return 0;
	rc = config_files__add(files, "", INSTALLED_CONFIG);
	n = scandir(INSTALLED_FOLDER, &entries, is_yaml, alphasort);
	for (int i = 0; i < n; i++) {
		if (!rc)
			rc = config_files__add(files, INSTALLED_FOLDER, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return rc;
}

static int choose_files(struct config_files *files, const char *const *given, size_t ngiven)
{
	for (size_t i = 0; i < ngiven; i++)
		if (config_files__add(files, "", given[i]))
			return -1;
	return ngiven ? 0 : add_installed(files);
}

static int read_config(struct setup *s, const struct config_files *files, struct diags *diags,
		       struct err *err)
{
	if (files->n)
		return config__load((const char *const *)files->paths, files->n, diags, &s->config,
				    err);
	return config__parse(config_default_name, config_default_text, strlen(config_default_text),
			     diags, &s->config, err);
}

/* Plans also what was read with errors, so that one run tells all of them. */
static int read_and_plan(struct setup *s, const struct config_files *files, const char *btf_path,
			 struct diags *diags, struct err *err)
{
	int rc = read_config(s, files, diags, err);

	if (!rc)
		rc = collector__new(s->config, btf_path, diags, &s->collector, err);
	return rc;
}

int setup__init(struct setup *s, const char *const *files, size_t nfiles, const char *btf_path)
{
	struct config_files chosen = {0};
	struct err err = {0};
	struct diags diags;
	int status = EXIT_FINE;

	*s = (struct setup){0};
	diags__init(&diags);
	if (choose_files(&chosen, files, nfiles))
		err__set(&err, -1, "out of memory");
	else
		read_and_plan(s, &chosen, btf_path, &diags, &err);
	diags__print(&diags, stderr);
	if (err.code)
		status = setup_fail(EXIT_USAGE, err.msg);
	else if (diags.errors)
		status = EXIT_USAGE;
	diags__fini(&diags);
	/* Positions in the config borrow the names, which live as long as the setup. */
	s->files = chosen.paths;
	s->nfiles = chosen.n;
	if (status != EXIT_FINE)
		setup__fini(s);
	return status;
}

void setup__fini(struct setup *s)
{
	struct config_files files = {s->files, s->nfiles};

	collector__free(s->collector);
	config__free(s->config);
	config_files__fini(&files);
	*s = (struct setup){0};
}
