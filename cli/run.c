/* SPDX-License-Identifier: Apache-2.0 */
/* `ringtally run`: load, attach, serve. */
#include <malloc.h>
#include <stdio.h>

#include "base/err.h"
#include "base/util.h"
#include "cli/flags.h"
#include "cli/setup.h"
#include "cli/verb.h"
#include "pipeline/app.h"
#include "pipeline/caps.h"

#define DEFAULT_ADDRESS "127.0.0.1:9435"
#define DEFAULT_PATH	"/metrics"

enum { OWN_PAGES_BYTES = 32 << 10 };

struct run_flags {
	struct flag_values config_file;
	bool config_check;
	bool config_strict;
	struct flag_values listen;
	const char *telemetry_path;
	const char *btf_path;
	const char *log_level;
	const char *log_format;
	bool debug;
	bool help;
	bool version;
};

#define AT(member) offsetof(struct run_flags, member)

static const struct flag flag_rows[] = {
	{"config.file", 0, FLAG_LIST, AT(config_file), "FILE",
	 "config file (default /etc/ringtally/ringtally.yaml and conf.d, else built in)"},
	{"config.check", 0, FLAG_SWITCH, AT(config_check), NULL, "check the config and exit"},
	{"config.strict", 0, FLAG_SWITCH, AT(config_strict), NULL,
	 "whatever does not attach is fatal"},
	{"web.listen-address", 0, FLAG_LIST, AT(listen), "ADDRESS",
	 "HOST:PORT, :PORT, unix:PATH or fd://N, repeatable (default " DEFAULT_ADDRESS ")"},
	{"web.telemetry-path", 0, FLAG_TEXT, AT(telemetry_path), "PATH",
	 "path of the metrics (default " DEFAULT_PATH ")"},
	{"btf.path", 0, FLAG_TEXT, AT(btf_path), "FILE", "the kernel's BTF, if it has none itself"},
	{"log.level", 0, FLAG_TEXT, AT(log_level), "LEVEL",
	 "error, warn, info or debug (default info)"},
	{"log.format", 0, FLAG_TEXT, AT(log_format), "FORMAT", "logfmt or json (default logfmt)"},
	{"debug", 0, FLAG_SWITCH, AT(debug), NULL, "log.level debug, and libbpf's messages too"},
	{"help", 'h', FLAG_SWITCH, AT(help), NULL, "this text"},
	{"version", 'V', FLAG_SWITCH, AT(version), NULL, "version and exit"},
};

static const struct flag_table flags = {flag_rows, ARRAY_SIZE(flag_rows)};

static int serve(const struct run_flags *f, const struct setup *setup)
{
	static const char *const default_listen[] = {DEFAULT_ADDRESS};
	const struct app_options options = {
		.listen = f->listen.n ? f->listen.items : default_listen,
		.nlisten = f->listen.n ? f->listen.n : ARRAY_SIZE(default_listen),
		.telemetry_path = f->telemetry_path,
		.strict = f->config_strict,
	};
	struct err err = {0};
	int status;

	if (caps_check(f->btf_path, &err))
		return setup_fail(EXIT_REFUSED, err.msg);
	status = (int)app_run(&options, setup->config, setup->collector, &err);
	return status == EXIT_FINE ? status : setup_fail(status, err.msg);
}

static int check_arguments(const struct run_flags *f, const struct flag_values *arguments)
{
	if (arguments->n)
		return setup_fail(EXIT_USAGE,
				  "run takes flags only; a config is --config.file=FILE");
	if (f->telemetry_path[0] != '/')
		return setup_fail(EXIT_USAGE, "--web.telemetry-path begins with '/'");
	return setup_logging(f->log_level, f->log_format, f->debug);
}

/* A daemon has its memory for long. Tables that are mostly empty get pages of their own, of which
 * only those in use count, and those of what is freed (BTF, pages that were served) go back at
 * once. */
static void spare_memory(void)
{
	mallopt(M_MMAP_THRESHOLD, OWN_PAGES_BYTES);
	mallopt(M_ARENA_MAX, 1); /* the worker's own arena would stay, mostly empty */
}

static int run(const struct verb *self, int argc, char **argv)
{
	struct run_flags f = {.telemetry_path = DEFAULT_PATH};
	struct flag_values arguments;
	struct err err = {0};
	struct setup setup;
	int status;

	if (flags_parse(&flags, argc, argv, &f, &arguments, &err))
		return setup_fail(EXIT_USAGE, err.msg);
	if (f.help) {
		setup_print_usage(self, &flags);
		return EXIT_FINE;
	}
	if (f.version)
		return version_verb.run(&version_verb, 0, argv + argc);
	status = check_arguments(&f, &arguments);
	if (status)
		return status;
	spare_memory();
	status = setup__init(&setup, f.config_file.items, f.config_file.n, f.btf_path);
	if (status)
		return status;
	if (!f.config_check)
		status = serve(&f, &setup);
	setup__fini(&setup);
	return status;
}

const struct verb run_verb = {"run", "[flags]", "load, attach and serve metrics (the default)",
			      run};
