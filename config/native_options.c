/* SPDX-License-Identifier: Apache-2.0 */
#include "config/native_options.h"

#include <stddef.h>

#include "base/util.h"

#define KIB	    1024ULL
#define MIB	    (1024 * KIB)
#define TIB	    (1024 * (1024 * MIB))

#define MILLISECOND 1000000ULL /* durations are in ns */
#define SECOND	    (1000 * MILLISECOND)
#define DAY	    (86400 * SECOND)

#define MAX_SERIES  1000000

/* Series end and heavy hitters change places in steps of a second and of ten
 * (aggregators/family.h): less than a step would only look finer. */
#define LINGER_MIN SECOND
#define LINGER_MAX DAY
#define TTL_MIN	   (10 * SECOND)
#define TTL_MAX	   (365 * DAY)

#define LETTERS	   "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS	   "0123456789"

static const struct opt_form namespace_form = {
	.what = "namespace",
	.first = LETTERS "_",
	.rest = LETTERS DIGITS "_",
	.pattern = "[a-zA-Z_][a-zA-Z0-9_]*",
};

static const struct opt_form metric_name_form = {
	.what = "metric name",
	.first = LETTERS "_:",
	.rest = LETTERS DIGITS "_:",
	.pattern = "[a-zA-Z_:][a-zA-Z0-9_:]*",
};

static const struct opt_form label_name_form = {
	.what = "label name",
	.first = LETTERS "_",
	.rest = LETTERS DIGITS "_",
	.pattern = "[a-zA-Z_][a-zA-Z0-9_]*",
};

static const struct opt_form field_form = {
	.what = "field",
	.first = LETTERS "_",
	.rest = LETTERS DIGITS "_",
	.pattern = "[a-zA-Z_][a-zA-Z0-9_]*",
};

static const struct opt_desc label_rows[] = {
	{
		.key = "name",
		.help = "The label's name in the exposition.",
		.type = OPT_TEXT,
		.offset = offsetof(struct label_values, label.name),
		.form = &label_name_form,
		.required = true,
	},
	{
		.key = "field",
		.help = "The field of the event or of its context; left out, the one so named.",
		.type = OPT_TEXT,
		.offset = offsetof(struct label_values, label.field),
	},
	{
		.key = "max_values",
		.help = "Values that are kept apart; further ones fold into `__other__`, this "
			"label only.",
		.type = OPT_NUMBER,
		.offset = offsetof(struct label_values, label.max_values),
		.min = 1,
		.max = MAX_SERIES,
	},
	{
		.key = "decode",
		.help = "Decoders that take the field's text on, in order; see below.",
		.type = OPT_LIST,
		.offset = offsetof(struct label_values, decode),
	},
};

const struct opt_table label_options = {"label", label_rows, ARRAY_SIZE(label_rows)};

static const struct opt_desc log2_rows[] = {
	{
		.key = "min",
		.help = "The first bound; left out, 1us for times and 1B for sizes.",
		.type = OPT_TEXT,
		.offset = offsetof(struct buckets_config, min),
	},
	{
		.key = "max",
		.help = "The last bound is the first that reaches it; left out, 64s or 1GiB.",
		.type = OPT_TEXT,
		.offset = offsetof(struct buckets_config, max),
	},
};

static const struct opt_table log2_options = {"section", log2_rows, ARRAY_SIZE(log2_rows)};

static const struct opt_desc buckets_rows[] = {
	{
		.key = "log2",
		.help = "Each bound is twice the one before.",
		.type = OPT_SECTION,
		.table = &log2_options,
	},
	{
		.key = "linear",
		.help = "Bounds at equal distances.",
		.type = OPT_SECTION,
		.later = true,
	},
	{
		.key = "native",
		.help = "A native histogram; clients that know none get its bounds.",
		.type = OPT_SECTION,
		.later = true,
	},
};

const struct opt_table buckets_options = {"section", buckets_rows, ARRAY_SIZE(buckets_rows)};

static const struct opt_desc metric_rows[] = {
	{
		.key = "name",
		.help = "The name without the namespace; a counter's ends in `_total`.",
		.type = OPT_TEXT,
		.offset = offsetof(struct metric_values, metric.name),
		.form = &metric_name_form,
		.required = true,
	},
	{
		.key = "help",
		.help = "The HELP text of the exposition.",
		.type = OPT_TEXT,
		.offset = offsetof(struct metric_values, metric.help),
	},
	{
		.key = "event",
		.help = "The event that is counted; `ringtally probes` lists them.",
		.type = OPT_TEXT,
		.offset = offsetof(struct metric_values, metric.event),
		.required = true,
	},
	{
		.key = "type",
		.help = "The kind of metric.",
		.type = OPT_TEXT,
		.offset = offsetof(struct metric_values, metric.type),
		.required = true,
	},
	{
		.key = "value",
		.help = "The field that is added or put into buckets; left out, a counter adds 1.",
		.type = OPT_TEXT,
		.offset = offsetof(struct metric_values, metric.value),
		.form = &field_form,
	},
	{
		.key = "where",
		.help = "Which of the events count; decided in the kernel.",
		.type = OPT_TEXT,
		.offset = offsetof(struct metric_values, metric.where_text),
	},
	{
		.key = "buckets",
		.help = "The bounds of a histogram: `log2`, a list of 1 to 512, or a mapping.",
		.type = OPT_ANY,
		.offset = offsetof(struct metric_values, buckets),
		.table = &buckets_options,
	},
	{
		.key = "labels",
		.help = "At most 16: names of fields, or mappings.",
		.type = OPT_LIST,
		.offset = offsetof(struct metric_values, labels),
		.table = &label_options,
	},
	{
		.key = "max_series",
		.help = "As in `defaults`, for this metric.",
		.type = OPT_NUMBER,
		.offset = offsetof(struct metric_values, metric.max_series),
		.min = 1,
		.max = MAX_SERIES,
	},
	{
		.key = "k",
		.help = "Label sets that a topk keeps, the heaviest; it stands for `max_series`.",
		.type = OPT_NUMBER,
		.offset = offsetof(struct metric_values, metric.k),
		.def = "20",
		.min = 1,
		.max = 10000,
	},
	{
		.key = "fold_order",
		.help = "Labels in the order in which they fold; the others fold at once, last.",
		.type = OPT_LIST,
		.offset = offsetof(struct metric_values, fold_order),
	},
	{
		.key = "linger",
		.help = "As in `defaults`, for this metric.",
		.type = OPT_DURATION,
		.offset = offsetof(struct metric_values, metric.linger),
		.min = LINGER_MIN,
		.max = LINGER_MAX,
	},
	{
		.key = "ttl",
		.help = "As in `defaults`, for this metric.",
		.type = OPT_DURATION,
		.offset = offsetof(struct metric_values, metric.ttl),
		.min = TTL_MIN,
		.max = TTL_MAX,
		.or_off = true,
	},
	{
		.key = "exemplars",
		.help = "Fields that exemplars carry.",
		.type = OPT_LIST,
		.later = true,
	},
};

const struct opt_table metric_options = {"metric", metric_rows, ARRAY_SIZE(metric_rows)};

static const struct opt_word deliveries[] = {
	[DELIVERY_STREAM] = {.word = "stream"},
	[DELIVERY_COMBINE] = {.word = "combine"},
	{.word = NULL},
};

static const struct opt_desc event_rows[] = {
	{
		.key = "delivery",
		.help = "Whether equal events are combined in the kernel, or each is a record.",
		.type = OPT_WORD,
		.offset = offsetof(struct event_values, delivery),
		.def = "combine",
		.words = deliveries,
	},
	{
		.key = "slots",
		.help = "Slots of the table that combines, per CPU; left out, sized from `limits`.",
		.type = OPT_NUMBER,
		.offset = offsetof(struct event_values, slots),
		.min = 4,
		.max = 65536,
		.power_of_two = true,
	},
};

const struct opt_table event_options = {"event", event_rows, ARRAY_SIZE(event_rows)};

static const struct opt_desc ring_rows[] = {
	{
		.key = "size",
		.help = "Bytes of each ring, at most; they count twice in RSS, being mapped twice.",
		.type = OPT_SIZE,
		.offset = offsetof(struct root_values, ring_size),
		.def = "1MiB",
		.min = 64 * KIB,
		.max = 64 * MIB,
		.power_of_two = true,
	},
};

static const struct opt_table ring_options = {"section", ring_rows, ARRAY_SIZE(ring_rows)};

static const struct opt_desc limits_rows[] = {
	{
		.key = "kernel_memory",
		.help = "Bytes of all rings, tables, start maps and constants in the kernel.",
		.type = OPT_SIZE,
		.offset = offsetof(struct root_values, kernel_memory),
		.def = "32MiB",
		.min = MIB,
		.max = TIB,
	},
	{
		.key = "samples",
		.help = "Lines of the exposition, of all metrics; beyond it new label sets fold.",
		.type = OPT_NUMBER,
		.offset = offsetof(struct root_values, samples),
		.def = "50000",
		.min = 100,
		.max = 100000000,
	},
	{
		.key = "memory",
		.help = "Bytes of the daemon's own memory, without rings; beyond it new label sets "
			"fold.",
		.type = OPT_SIZE,
		.offset = offsetof(struct root_values, memory),
		.def = "64MiB",
		.min = 4 * MIB,
		.max = TIB,
	},
};

static const struct opt_table limits_options = {"section", limits_rows, ARRAY_SIZE(limits_rows)};

static const struct opt_desc defaults_rows[] = {
	{
		.key = "max_series",
		.help = "Label sets that are kept apart; further ones fold into `__other__`.",
		.type = OPT_NUMBER,
		.offset = offsetof(struct root_values, max_series),
		.def = "1000",
		.min = 1,
		.max = MAX_SERIES,
	},
	{
		.key = "linger",
		.help = "How long a series is still shown after it gave its place away or was idle "
			"for "
			"`ttl`; two scrapes at least.",
		.type = OPT_DURATION,
		.offset = offsetof(struct root_values, linger),
		.def = "5m",
		.min = LINGER_MIN,
		.max = LINGER_MAX,
	},
	{
		.key = "ttl",
		.help = "How long a series stays without events; `off`: for good.",
		.type = OPT_DURATION,
		.offset = offsetof(struct root_values, ttl),
		.def = "off",
		.min = TTL_MIN,
		.max = TTL_MAX,
		.or_off = true,
	},
};

static const struct opt_table defaults_options = {
	"section",
	defaults_rows,
	ARRAY_SIZE(defaults_rows),
};

static const struct opt_desc root_rows[] = {
	{
		.key = "namespace",
		.help = "What every metric's name starts with; an underscore follows.",
		.type = OPT_TEXT,
		.offset = offsetof(struct root_values, namespace),
		.def = "ringtally",
		.form = &namespace_form,
	},
	{
		.key = "ring",
		.help = "The rings that bring events from the kernel.",
		.type = OPT_SECTION,
		.table = &ring_options,
	},
	{
		.key = "limits",
		.help = "Bounds of the whole process.",
		.type = OPT_SECTION,
		.table = &limits_options,
	},
	{
		.key = "defaults",
		.help = "What holds for metrics that do not say.",
		.type = OPT_SECTION,
		.table = &defaults_options,
	},
	{
		.key = "objects",
		.help = "More probe objects (.bpf.o), or folders of them.",
		.type = OPT_LIST,
		.offset = offsetof(struct root_values, objects),
	},
	{
		.key = "events",
		.help = "How single events are brought to the daemon, by their names.",
		.type = OPT_NAMED,
		.offset = offsetof(struct root_values, events),
		.table = &event_options,
	},
	{
		.key = "metrics",
		.help = "What is measured.",
		.type = OPT_LIST,
		.offset = offsetof(struct root_values, metrics),
		.table = &metric_options,
	},
	{
		.key = "flush_interval",
		.help = "How old a number may be when nobody scrapes.",
		.type = OPT_DURATION,
		.offset = offsetof(struct root_values, flush_interval),
		.def = "1s",
		.min = 100 * MILLISECOND,
		.max = 3600 * SECOND,
	},
	{
		.key = "exposition",
		.help = "What the exposition holds beside the metrics.",
		.type = OPT_SECTION,
		.later = true,
	},
	{
		.key = "push",
		.help = "Where numbers are sent instead of being scraped.",
		.type = OPT_SECTION,
		.later = true,
	},
};

const struct opt_table native_options = {"config", root_rows, ARRAY_SIZE(root_rows)};
