/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/exposition.h"

#include <stdlib.h>
#include <string.h>

#include "aggregators/series.h"

bool span__is(const struct span *span, const char *text)
{
	return strlen(text) == span->n && !memcmp(span->s, text, span->n);
}

bool span__eat(struct span *span, const char *prefix)
{
	size_t n = strlen(prefix);

	if (span->n < n || memcmp(span->s, prefix, n) != 0)
		return false;
	span->s += n;
	span->n -= n;
	return true;
}

/* The quote that ends a label's value; NULL: there is none on this line. */
static const char *value_end(const char *at)
{
	for (; *at && *at != '\n' && *at != '"'; at++)
		if (*at == '\\' && at[1] && at[1] != '\n')
			at++;
	return *at == '"' ? at : NULL;
}

/* Behind what may be a label set; NULL: it does not end. */
static const char *labels_end(const char *at, struct span *ret_labels)
{
	*ret_labels = (struct span){at, 0};
	if (*at != '{')
		return at;
	ret_labels->s = ++at;
	while (*at && *at != '\n' && *at != '}') {
		if (*at == '"')
			at = value_end(at + 1);
		if (!at)
			return NULL;
		at++;
	}
	ret_labels->n = (size_t)(at - ret_labels->s);
	return *at == '}' ? at + 1 : NULL;
}

static bool read_line(const char *line, struct exposition_sample *s)
{
	const char *at = line + strcspn(line, "{ \t\n");
	char *end;

	s->name = (struct span){line, (size_t)(at - line)};
	at = labels_end(at, &s->labels);
	if (!at || !s->name.n || line[0] == '#')
		return false;
	at += strspn(at, " \t");
	if (*at == '\n')
		return false;
	s->value = strtod(at, &end);
	return end != at;
}

bool exposition_next(const char **at, struct exposition_sample *ret_sample)
{
	while (**at) {
		const char *line = *at, *end = strchr(line, '\n');

		*at = end ? end + 1 : line + strlen(line);
		if (read_line(line, ret_sample))
			return true;
	}
	return false;
}

/* The next label from *at on. */
static bool next_label(const struct span *labels, size_t *at, struct span *ret_name,
		       struct span *ret_value)
{
	const char *s = labels->s + *at, *end = labels->s + labels->n, *equals, *quote;

	while (s < end && (*s == ',' || *s == ' '))
		s++;
	equals = s < end ? memchr(s, '=', (size_t)(end - s)) : NULL;
	if (!equals || equals + 1 >= end || equals[1] != '"')
		return false;
	quote = value_end(equals + 2);
	if (!quote)
		return false;
	*ret_name = (struct span){s, (size_t)(equals - s)};
	*ret_value = (struct span){equals + 2, (size_t)(quote - equals - 2)};
	*at = (size_t)(quote + 1 - labels->s);
	return true;
}

bool exposition_sample__label(const struct exposition_sample *s, const char *name,
			      struct span *ret_value)
{
	struct span key, value;
	size_t at = 0;

	while (next_label(&s->labels, &at, &key, &value)) {
		if (!span__is(&key, name))
			continue;
		*ret_value = value;
		return true;
	}
	return false;
}

bool exposition_sample__is_live(const struct exposition_sample *s)
{
	struct span name, value;
	size_t at = 0;

	while (next_label(&s->labels, &at, &name, &value))
		if (span__is(&value, SERIES_OTHER_TEXT) || span__is(&value, SERIES_LOST_TEXT))
			return false;
	return true;
}

bool exposition_find(const char *text, const char *name, const char *label, const char *value,
		     double *ret_value)
{
	struct exposition_sample s;
	struct span found;

	while (exposition_next(&text, &s)) {
		if (!span__is(&s.name, name))
			continue;
		if (label &&
		    (!exposition_sample__label(&s, label, &found) || !span__is(&found, value)))
			continue;
		*ret_value = s.value;
		return true;
	}
	return false;
}
