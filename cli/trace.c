/* SPDX-License-Identifier: Apache-2.0 */
/* `ringtally trace EVENT`: single events, as they happen. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/util.h"
#include "cli/flags.h"
#include "cli/setup.h"
#include "cli/trace_stream.h"
#include "cli/verb.h"
#include "config/quantity.h"
#include "config/single.h"
#include "pipeline/app.h"
#include "pipeline/caps.h"
#include "pipeline/collector.h"

#define PID_NAMESPACE	  "/proc/self/ns/pid"
#define INITIAL_PID_INODE 4026531836U /* include/linux/proc_ns.h: PROC_PID_INIT_INO */

enum { RING_BYTES = 4 << 20 }; /* of each CPU: bursts come faster than lines are written */

struct trace_flags {
	const char *where;
	const char *pid;
	const char *fields;
	const char *count;
	const char *duration;
	const char *output;
	bool time_of_day;
	struct flag_values objects;
	const char *btf_path;
	bool debug;
	bool help;
};

#define AT(member) offsetof(struct trace_flags, member)

static const struct flag flag_rows[] = {
	{"where", 0, FLAG_TEXT, AT(where), "EXPR",
	 "only events that it accepts, as the where of a config"},
	{"pid", 'p', FLAG_TEXT, AT(pid), "PID", "only this process: tgid == PID"},
	{"fields", 0, FLAG_TEXT, AT(fields), "A,B,C",
	 "what to show (default time,comm,tgid,cpu and the event's own)"},
	{"count", 'n', FLAG_TEXT, AT(count), "N", "end after so many events"},
	{"duration", 'd', FLAG_TEXT, AT(duration), "TIME", "end after so long: 10s, 500ms, 1m"},
	{"time-of-day", 'T', FLAG_SWITCH, AT(time_of_day), NULL,
	 "in the table: not seconds since the start"},
	{"output", 'o', FLAG_TEXT, AT(output), "FORMAT", "text or json: an object a line"},
	{"object", 0, FLAG_LIST, AT(objects), "FILE", "a probe object (.bpf.o) of one's own"},
	{"btf.path", 0, FLAG_TEXT, AT(btf_path), "FILE", "the kernel's BTF, if it has none itself"},
	{"debug", 0, FLAG_SWITCH, AT(debug), NULL, "libbpf's messages too"},
	{"help", 'h', FLAG_SWITCH, AT(help), NULL, "this text"},
};

static const struct flag_table flags = {flag_rows, ARRAY_SIZE(flag_rows)};

/* A number above 0 that a flag may have. `quantity` says of what. */
static int read_number(const char *flag, const char *text, enum quantity quantity, u64 *ret_n)
{
	char why[128], message[256];

	*ret_n = 0;
	if (!text)
		return EXIT_FINE;
	if (text[0] == '-')
		snprintf(why, sizeof(why), "'%.64s' is negative", text);
	else if (quantity_parse(quantity, text, ret_n, why) == 0 && *ret_n > 0)
		return EXIT_FINE;
	else if (text[0] && *ret_n == 0 && strspn(text, "0") == strlen(text))
		snprintf(why, sizeof(why), "'%.64s' is too small", text);
	snprintf(message, sizeof(message), "%s: %s", flag, why);
	return setup_fail(EXIT_USAGE, message);
}

/* As in bcc a bare number is of seconds. */
static int read_duration(const char *text, u64 *ret_ns)
{
	char seconds[32];

	if (text && *text && strspn(text, "0123456789") == strlen(text)) {
		snprintf(seconds, sizeof(seconds), "%.20ss", text);
		text = seconds;
	}
	return read_number("-d", text, QUANTITY_TIME, ret_ns);
}

static int read_options(const struct trace_flags *f, struct trace_options *ret_options)
{
	int status = read_number("-n", f->count, QUANTITY_PLAIN, &ret_options->count);

	if (status == EXIT_FINE)
		status = read_duration(f->duration, &ret_options->duration_ns);
	if (status != EXIT_FINE)
		return status;
	ret_options->time_of_day = f->time_of_day;
	ret_options->json = f->output && !strcmp(f->output, "json");
	if (f->output && !ret_options->json && strcmp(f->output, "text") != 0)
		return setup_fail(EXIT_USAGE, "-o is text or json");
	return EXIT_FINE;
}

/* Ids are those of the initial namespace: elsewhere we do not know ours. */
static bool knows_own_id(void)
{
	struct stat st;

	return stat(PID_NAMESPACE, &st) == 0 && st.st_ino == INITIAL_PID_INODE;
}

/* What is written would be events again, and so on. */
static const char *all_but_ourselves(char text[32])
{
	if (!knows_own_id()) {
		fprintf(stderr, "ringtally: in a PID namespace of its own: ids are those of the "
				"initial one, and what trace itself does is shown too\n");
		return NULL;
	}
	snprintf(text, 32, "tgid != %d", getpid());
	return text;
}

/* Reads what is asked for as a config, and plans it. What is wrong goes to stderr. */
static int plan(const struct trace_flags *f, const char *event, struct config **ret_config,
		struct collector **ret_collector)
{
	char own[32], pid[48];
	const struct single_where wheres[] = {
		{"--where", f->where},
		{"-p", f->pid ? pid : NULL},
		{"trace", all_but_ourselves(own)},
	};
	const struct single single = {
		.event = event,
		.objects = f->objects.items,
		.nobjects = f->objects.n,
		.delivery = DELIVERY_TRACE,
		.ring_bytes = RING_BYTES,
		.wheres = wheres,
		.nwheres = ARRAY_SIZE(wheres),
		.fields = f->fields,
		.fields_origin = "--fields",
	};
	struct err err = {0};
	struct diags diags;
	int status = EXIT_FINE;

	snprintf(pid, sizeof(pid), "tgid == %.20s", f->pid ? f->pid : "");
	diags__init(&diags);
	if (!config__single(&single, &diags, ret_config, &err))
		collector__new(*ret_config, f->btf_path, &diags, ret_collector, &err);
	diags__print(&diags, stderr);
	if (err.code)
		status = setup_fail(EXIT_USAGE, err.msg);
	else if (diags.errors)
		status = EXIT_USAGE;
	diags__fini(&diags);
	return status;
}

static int trace(const struct trace_flags *f, const struct trace_options *options,
		 const char *event)
{
	struct config *config = NULL;
	struct collector *collector = NULL;
	struct err err = {0};
	int status = plan(f, event, &config, &collector);

	if (status == EXIT_FINE && caps_check(f->btf_path, &err))
		status = setup_fail(EXIT_REFUSED, err.msg);
	if (status == EXIT_FINE)
		status = trace_stream_run(collector, options);
	collector__free(collector);
	config__free(config);
	return status;
}

static int run(const struct verb *self, int argc, char **argv)
{
	struct trace_flags f = {0};
	struct trace_options options = {0};
	struct flag_values events;
	struct err err = {0};
	u64 pid;

	if (flags_parse(&flags, argc, argv, &f, &events, &err))
		return setup_fail(EXIT_USAGE, err.msg);
	if (f.help) {
		setup_print_usage(self, &flags);
		return EXIT_FINE;
	}
	if (events.n != 1)
		return setup_fail(EXIT_USAGE, "trace takes one event; `ringtally probes` lists "
					      "them");
	if (read_options(&f, &options) || read_number("-p", f.pid, QUANTITY_PLAIN, &pid))
		return EXIT_USAGE;
	setup_logging(NULL, NULL, f.debug);
	return trace(&f, &options, events.items[0]);
}

const struct verb trace_verb = {"trace", "[flags] EVENT",
				"stream single events, as a table or as JSON", run};
