/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/flags.h"

#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "base/suggest.h"
#include "base/util.h"

/* What is being parsed. */
struct parse {
	const struct flag_table *flags;
	char *const *argv;
	int argc;
	int at; /* the argument being looked at */
	char *values;
};

static const struct flag *find_flag(const struct parse *p, const char *name, size_t n)
{
	for (size_t i = 0; i < p->flags->n; i++)
		if (strlen(p->flags->rows[i].name) == n &&
		    !strncmp(p->flags->rows[i].name, name, n))
			return &p->flags->rows[i];
	return NULL;
}

static const struct flag *find_letter(const struct parse *p, char letter)
{
	for (size_t i = 0; i < p->flags->n; i++)
		if (p->flags->rows[i].letter && p->flags->rows[i].letter == letter)
			return &p->flags->rows[i];
	return NULL;
}

static int unknown_flag(const struct parse *p, const char *argument, struct err *err)
{
	struct suggestion suggestion;
	char name[64];

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(argument + 2, "="), argument + 2);
	suggestion__init(&suggestion, name);
	for (size_t i = 0; i < p->flags->n; i++)
		suggestion__offer(&suggestion, p->flags->rows[i].name);
	if (suggestion.best)
		return err__set(err, -EINVAL, "unknown flag '%s' (did you mean '--%s'?)", argument,
				suggestion.best);
	return err__set(err, -EINVAL, "unknown flag '%s'", argument);
}

static int store(const struct parse *p, const struct flag *flag, const char *value, struct err *err)
{
	char *to = p->values + flag->offset;
	struct flag_values *list = (void *)to;

	if (flag->type == FLAG_TEXT) {
		memcpy(to, &value, sizeof(value));
		return 0;
	}
	if (list->n == FLAG_VALUES_MAX)
		return err__set(err, -EINVAL, "--%s is given more than %d times", flag->name,
				FLAG_VALUES_MAX);
	list->items[list->n++] = value;
	return 0;
}

/* A flag with its value, which follows `=` or stands in the next argument. */
static int take_value(struct parse *p, const struct flag *flag, const char *inline_value,
		      struct err *err)
{
	if (inline_value)
		return store(p, flag, inline_value, err);
	if (p->at + 1 >= p->argc)
		return err__set(err, -EINVAL, "--%s needs a value: --%s=%s", flag->name, flag->name,
				flag->value);
	return store(p, flag, p->argv[++p->at], err);
}

static int take_switch(struct parse *p, const struct flag *flag, const char *inline_value, bool on,
		       struct err *err)
{
	if (inline_value)
		return err__set(err, -EINVAL, "--%s takes no value", flag->name);
	*(bool *)(p->values + flag->offset) = on;
	return 0;
}

static int take_long(struct parse *p, const char *argument, struct err *err)
{
	const char *name = argument + 2;
	size_t n = strcspn(name, "=");
	const char *inline_value = name[n] ? name + n + 1 : NULL;
	const struct flag *flag = find_flag(p, name, n);

	if (flag && flag->type != FLAG_SWITCH)
		return take_value(p, flag, inline_value, err);
	if (flag)
		return take_switch(p, flag, inline_value, true, err);
	if (n > 3 && !strncmp(name, "no-", 3)) {
		flag = find_flag(p, name + 3, n - 3);
		if (flag && flag->type == FLAG_SWITCH)
			return take_switch(p, flag, inline_value, false, err);
	}
	return unknown_flag(p, argument, err);
}

static int take_letter(struct parse *p, const char *argument, struct err *err)
{
	const struct flag *flag = argument[2] ? NULL : find_letter(p, argument[1]);

	if (!flag)
		return err__set(err, -EINVAL, "unknown flag '%s'", argument);
	if (flag->type == FLAG_SWITCH)
		return take_switch(p, flag, NULL, true, err);
	return take_value(p, flag, NULL, err);
}

static int take_argument(struct flag_values *arguments, const char *argument, struct err *err)
{
	if (arguments->n == FLAG_VALUES_MAX)
		return err__set(err, -EINVAL, "too many arguments, at most %d", FLAG_VALUES_MAX);
	arguments->items[arguments->n++] = argument;
	return 0;
}

int flags_parse(const struct flag_table *flags, int argc, char *const *argv, void *values,
		struct flag_values *ret_arguments, struct err *err)
{
	struct parse p = {flags, argv, argc, 0, values};
	bool only_arguments = false;
	int rc = 0;

	ret_arguments->n = 0;
	for (; !rc && p.at < argc; p.at++) {
		const char *argument = argv[p.at];

		if (only_arguments || argument[0] != '-' || !argument[1])
			rc = take_argument(ret_arguments, argument, err);
		else if (!strcmp(argument, "--"))
			only_arguments = true;
		else if (argument[1] == '-')
			rc = take_long(&p, argument, err);
		else
			rc = take_letter(&p, argument, err);
	}
	return rc;
}

void flags_print_help(const struct flag_table *flags, FILE *out)
{
	for (size_t i = 0; i < flags->n; i++) {
		const struct flag *row = &flags->rows[i];
		char letter[8] = "", text[80];

		if (row->letter)
			snprintf(letter, sizeof(letter), "-%c, ", row->letter);
		snprintf(text, sizeof(text), "%s--%s%s%s", letter, row->name, row->value ? "=" : "",
			 row->value ? row->value : "");
		fprintf(out, "  %-36s %s\n", text, row->help);
	}
}
