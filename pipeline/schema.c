/* SPDX-License-Identifier: Apache-2.0 */
/*
 * BTF declaration tags to a schema, in one pass over the tags: a tag names what it belongs to, so
 * structs and functions come to light as their tags do.
 */
#include "pipeline/schema.h"

#include <bpf/btf.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/util.h"
#include "bpf/wire.h"
#include "pipeline/decoders/decoder.h"

#define TAG_PREFIX "ringtally."

/* The text after "ringtally.KEY:" when the tag is that one, else NULL. */
static const char *tag_value(const char *tag, const char *key)
{
	size_t n = strlen(key);

	if (strncmp(tag, key, n) || tag[n] != ':')
		return NULL;
	return tag + n + 1;
}

static bool is_name(const char *s)
{
	if (!isalpha((unsigned char)*s) && *s != '_')
		return false;
	for (; *s; s++)
		if (!isalnum((unsigned char)*s) && *s != '_')
			return false;
	return true;
}

/* Looks through typedefs and qualifiers. */
static const struct btf_type *bare_type(const struct btf *btf, u32 id)
{
	int bare = btf__resolve_type(btf, id);

	return bare < 0 ? NULL : btf__type_by_id(btf, (u32)bare);
}

static int read_number(const struct btf_type *type, struct field *field)
{
	if (!btf_is_int(type) || type->size != sizeof(u64))
		return -EINVAL;
	field->words = 1;
	field->is_signed = btf_int_encoding(type) & BTF_INT_SIGNED;
	field->decoder = field->is_signed ? DECODER_SIGNED : DECODER_UNSIGNED;
	return 0;
}

static int read_text(const struct btf *btf, const struct btf_type *type, struct field *field)
{
	const struct btf_array *array = btf_array(type);
	const struct btf_type *element = bare_type(btf, array->type);

	if (!element || !btf_is_int(element) || element->size != 1)
		return -EINVAL;
	if (array->nelems == 0 || array->nelems % sizeof(u64))
		return -EINVAL;
	field->words = array->nelems / (u32)sizeof(u64);
	field->text = true;
	field->decoder = DECODER_TEXT;
	return 0;
}

static int read_field(const struct btf *btf, const struct btf_member *member, struct field *field)
{
	const struct btf_type *type = bare_type(btf, member->type);

	field->name = btf__str_by_offset(btf, member->name_off);
	field->help = "";
	field->word = member->offset / 64;
	if (!type || !field->name || !is_name(field->name) || member->offset % 64)
		return -EINVAL;
	return btf_is_array(type) ? read_text(btf, type, field) : read_number(type, field);
}

static int read_record(const struct btf *btf, u32 id, struct record_schema *record, struct err *err)
{
	const struct btf_type *type = btf__type_by_id(btf, id);
	const struct btf_member *members;

	if (!type || !btf_is_struct(type))
		return err__set(err, -EINVAL, "an event or context tag is not on a struct");
	members = btf_members(type);
	record->name = btf__str_by_offset(btf, type->name_off);
	record->help = "";
	if (!record->name || !is_name(record->name))
		return err__set(err, -EINVAL, "an event struct has no name");
	if (type->size % sizeof(u64) || type->size > WIRE_WORDS_MAX * sizeof(u64))
		return err__set(err, -EINVAL,
				"event '%s' is not made of at most %d words of 8 bytes",
				record->name, WIRE_WORDS_MAX);
	record->nwords = type->size / (u32)sizeof(u64);
	record->nfields = btf_vlen(type);
	record->fields = calloc(record->nfields ? record->nfields : 1, sizeof(*record->fields));
	if (!record->fields)
		return err__set_errno(err, -ENOMEM, "event '%s'", record->name);
	for (u32 i = 0; i < record->nfields; i++) {
		struct field *field = &record->fields[i];

		if (read_field(btf, &members[i], field) ||
		    field->word + field->words > record->nwords)
			return err__set(
				err, -EINVAL,
				"event '%s': field %u is neither a 64-bit number nor a text of "
				"whole words",
				record->name, i + 1);
	}
	return 0;
}

/* Grows an array by one zeroed element and returns it. */
static void *array_grow(void *array_ptr, u32 *n, size_t size)
{
	void **array = array_ptr;
	char *grown = reallocarray(*array, *n + 1, size);

	if (!grown)
		return NULL;
	*array = grown;
	return memset(grown + (*n)++ * size, 0, size);
}

static int add_program(struct schema *s, const struct btf *btf, u32 id, const char *role,
		       bool emits, struct err *err)
{
	const struct btf_type *type = btf__type_by_id(btf, id);
	const char *slash = strchr(role, '/');
	const char *name = type ? btf__str_by_offset(btf, type->name_off) : NULL;
	struct program_schema *program;

	if (!name || !is_name(name) || !btf_is_func(type) || !slash || slash == role || !slash[1])
		return err__set(err, -EINVAL, "program tag '%s' is not EVENT/PART on a function",
				role);
	program = array_grow(&s->programs, &s->nprograms, sizeof(*program));
	if (!program)
		return err__set_errno(err, -ENOMEM, "programs");
	program->name = name;
	program->event = role;
	program->event_len = (size_t)(slash - role);
	program->part = slash + 1;
	program->emits = emits;
	return 0;
}

static int add_event(struct schema *s, const struct btf *btf, u32 id, struct err *err)
{
	struct record_schema *event = array_grow(&s->events, &s->nevents, sizeof(*event));
	int rc = event ? read_record(btf, id, event, err) : err__set_errno(err, -ENOMEM, "events");

	if (!rc && schema__event(s, event->name) != event)
		return err__set(err, -EINVAL, "it defines event '%s' twice", event->name);
	return rc;
}

/* What a tag makes known: an event, the context, a program. */
static int read_owner(struct schema *s, const struct btf *btf, const struct btf_type *tag,
		      const char *text, struct err *err)
{
	const char *helper = tag_value(text, "program");
	const char *emitter = tag_value(text, "emitter");

	if (helper || emitter)
		return add_program(s, btf, tag->type, emitter ? emitter : helper, emitter != NULL,
				   err);
	if (!strcmp(text, "event"))
		return add_event(s, btf, tag->type, err);
	if (!strcmp(text, "context") && !s->context.name)
		return read_record(btf, tag->type, &s->context, err);
	return 0;
}

/* Names come from the object: libbpf gives NULL for one that lies outside its strings. */
static struct record_schema *find_record(struct schema *s, const char *name)
{
	if (!name)
		return NULL;
	if (s->context.name && !strcmp(s->context.name, name))
		return &s->context;
	return (struct record_schema *)schema__event(s, name);
}

static int parse_unit(const char *text, enum unit *ret_unit)
{
	static const char *const names[] = {[UNIT_NS] = "ns", [UNIT_BYTES] = "bytes"};

	for (size_t i = UNIT_NS; i < ARRAY_SIZE(names); i++) {
		if (!strcmp(text, names[i])) {
			*ret_unit = (enum unit)i;
			return 0;
		}
	}
	return -EINVAL;
}

static const char *enum_name(const struct btf *btf, const struct btf_enum *value)
{
	const char *name = btf__str_by_offset(btf, value->name_off);

	return name ? name : "";
}

/* How many bytes all names begin with, up to and with an underscore: BLOCK_ of BLOCK_READ. */
static size_t common_prefix(const struct btf *btf, const struct btf_type *type)
{
	const struct btf_enum *values = btf_enum(type);
	const char *first = enum_name(btf, &values[0]);
	size_t n = strlen(first);

	for (u16 i = 1; i < btf_vlen(type); i++) {
		const char *name = enum_name(btf, &values[i]);
		size_t same = 0;

		while (same < n && name[same] == first[same])
			same++;
		n = same;
	}
	while (n > 0 && first[n - 1] != '_')
		n--;
	return n;
}

static char *lower_case(const char *text)
{
	char *copy = strdup(text);

	for (char *c = copy; c && *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return copy;
}

/* The names of the enum's values, as labels show them: without what they share, in lower case. */
static int read_names(const struct btf *btf, struct field *field, const char *name, struct err *err)
{
	s32 id = btf__find_by_name_kind(btf, name, BTF_KIND_ENUM);
	const struct btf_type *type = id < 0 ? NULL : btf__type_by_id(btf, (u32)id);
	size_t prefix;

	if (!type || btf_vlen(type) == 0 || field->names)
		return err__set(err, -EINVAL, "field '%s': the object has no enum '%s'",
				field->name, name);
	prefix = common_prefix(btf, type);
	field->names = calloc(btf_vlen(type), sizeof(*field->names));
	if (!field->names)
		return err__set_errno(err, -ENOMEM, "enum '%s'", name);
	for (u16 i = 0; i < btf_vlen(type); i++) {
		const struct btf_enum *value = &btf_enum(type)[i];
		const char *text = enum_name(btf, value) + prefix;

		field->names[i].name = lower_case(text);
		field->names[i].value = (u64)(s64)value->val;
		if (!field->names[i].name)
			return err__set_errno(err, -ENOMEM, "enum '%s'", name);
		field->nnames++;
	}
	return 0;
}

static u64 words_of(const struct field *field)
{
	return ((1ULL << field->words) - 1) << field->word;
}

static int mark_presence(struct record_schema *record, const struct field *field, struct err *err)
{
	if (record->has_presence || field->text)
		return err__set(err, -EINVAL, "event '%s' needs one presence word, a number",
				record->name);
	record->has_presence = true;
	record->presence_word = field->word;
	record->hidden_words |= 1ULL << field->word;
	return 0;
}

static bool adds_up(const struct field *field)
{
	return !field->text && !field->is_signed;
}

static int mark_rest(struct record_schema *record, const struct field *field, const char *name,
		     struct err *err)
{
	struct field *whole = (struct field *)record_schema__field(record, name);

	if (!whole || whole == field || whole->has_rest || !adds_up(whole) || !adds_up(field))
		return err__set(err, -EINVAL,
				"event '%s': '%s' cannot be the rest of '%s': both are unsigned "
				"numbers of the event, and a field has one rest",
				record->name, field->name, name);
	whole->has_rest = true;
	whole->rest_word = field->word;
	record->hidden_words |= 1ULL << field->word;
	return 0;
}

static int describe_field(struct record_schema *record, struct field *field, const struct btf *btf,
			  const char *text, struct err *err)
{
	const char *enum_name = tag_value(text, "enum");
	const char *help = tag_value(text, "help");
	const char *decoder = tag_value(text, "decode");
	const char *unit = tag_value(text, "unit");
	const char *rest_of = tag_value(text, "rest_of");

	if (help)
		field->help = help;
	if (decoder)
		field->decoder = decoder;
	if (unit && parse_unit(unit, &field->unit))
		return err__set(err, -EINVAL, "field '%s' has an unknown unit '%s'", field->name,
				unit);
	if (!strcmp(text, "optional"))
		field->optional = true;
	if (!strcmp(text, "from_start"))
		record->start_words |= words_of(field);
	if (!strcmp(text, "presence"))
		return mark_presence(record, field, err);
	if (rest_of)
		return mark_rest(record, field, rest_of, err);
	return enum_name ? read_names(btf, field, enum_name, err) : 0;
}

static int mark_flushed(struct schema *s, const char *event, struct err *err)
{
	struct record_schema *record = (struct record_schema *)schema__event(s, event);

	if (!record)
		return err__set(err, -EINVAL, "its flush serves an unknown event '%s'", event);
	record->flushed = true;
	return 0;
}

static bool is_program_of(const struct program_schema *program, const char *event)
{
	return strlen(event) == program->event_len &&
	       !strncmp(event, program->event, program->event_len);
}

/* A program by its function; NULL: none. */
static struct program_schema *find_program(struct schema *s, const char *name)
{
	for (u32 i = 0; name && i < s->nprograms; i++)
		if (!strcmp(s->programs[i].name, name))
			return &s->programs[i];
	return NULL;
}

static struct record_schema *event_of(const struct schema *s, const struct program_schema *program)
{
	for (u32 i = 0; i < s->nevents; i++)
		if (is_program_of(program, s->events[i].name))
			return &s->events[i];
	return NULL;
}

static int mark_only_for(struct schema *s, const char *function, const char *name, struct err *err)
{
	struct program_schema *program = find_program(s, function);
	const struct record_schema *event = program ? event_of(s, program) : NULL;
	const struct field *field = event ? record_schema__field(event, name) : NULL;

	if (!field || program->emits || program->words)
		return err__set(err, -EINVAL,
				"only_for '%s' is not on a program that prepares for that field",
				name);
	program->words = words_of(field);
	return 0;
}

/* What a tag says of a struct, field or program that is already known. */
static int read_description(struct schema *s, const struct btf *btf, const struct btf_type *tag,
			    const char *text, struct err *err)
{
	const struct btf_type *owner = btf__type_by_id(btf, tag->type);
	int index = btf_decl_tag(tag)->component_idx;
	const char *help = tag_value(text, "help");
	const char *flushed = tag_value(text, "flushes");
	const char *only_for = tag_value(text, "only_for");
	struct record_schema *record;

	if (flushed)
		return mark_flushed(s, flushed, err);
	if (only_for && owner)
		return mark_only_for(s, btf__str_by_offset(btf, owner->name_off), only_for, err);
	if (!owner || !btf_is_struct(owner))
		return 0;
	record = find_record(s, btf__str_by_offset(btf, owner->name_off));
	if (!record)
		return 0;
	if (index >= 0 && (u32)index < record->nfields)
		return describe_field(record, &record->fields[index], btf, text, err);
	if (help)
		record->help = help;
	if (!strcmp(text, "flush_hook"))
		record->flush_hook = true;
	return 0;
}

typedef int (*tag_visit_fn)(struct schema *s, const struct btf *btf, const struct btf_type *tag,
			    const char *text, struct err *err);

static int for_each_tag(struct schema *s, const struct btf *btf, tag_visit_fn visit,
			struct err *err)
{
	for (u32 id = 1; id < btf__type_cnt(btf); id++) {
		const struct btf_type *tag = btf__type_by_id(btf, id);
		const char *text;
		int rc;

		if (!btf_is_decl_tag(tag))
			continue;
		text = btf__str_by_offset(btf, tag->name_off);
		if (!text || strncmp(text, TAG_PREFIX, strlen(TAG_PREFIX)))
			continue;
		rc = visit(s, btf, tag, text + strlen(TAG_PREFIX), err);
		if (rc)
			return rc;
	}
	return 0;
}

static void free_names(struct field *field)
{
	for (u32 n = 0; n < field->nnames; n++)
		free((char *)field->names[n].name);
	free(field->names);
}

static void free_fields(struct record_schema *record)
{
	for (u32 i = 0; i < record->nfields; i++)
		free_names(&record->fields[i]);
	free(record->fields);
}

/* Neither the presence word nor a rest is a field: nobody can have it as a label. Optional fields
 * need the former. */
static int hide_words(struct record_schema *record, struct err *err)
{
	u32 kept = 0, hidden = 0;

	for (u32 i = 0; i < record->nfields; i++) {
		struct field *field = &record->fields[i];

		if (field->optional && !record->has_presence)
			return err__set(err, -EINVAL,
					"event '%s': field '%s' is optional, but there is no "
					"presence word",
					record->name, field->name);
		if (words_of(field) & record->hidden_words) {
			free_names(field);
			hidden++;
		} else {
			record->fields[kept++] = *field;
		}
	}
	record->nfields = kept;
	if (hidden > (u32)__builtin_popcountll(record->hidden_words))
		return err__set(err, -EINVAL,
				"event '%s': a field lies in the presence word, or in a rest",
				record->name);
	return 0;
}

int schema__read(const struct btf *btf, struct schema **ret_schema, struct err *err)
{
	struct schema *s = calloc(1, sizeof(*s));
	int rc;

	if (!s)
		return err__set_errno(err, -ENOMEM, "schema");
	rc = for_each_tag(s, btf, read_owner, err);
	if (!rc)
		rc = for_each_tag(s, btf, read_description, err);
	for (u32 i = 0; !rc && i < s->nevents; i++)
		rc = hide_words(&s->events[i], err);
	if (!rc)
		rc = hide_words(&s->context, err);
	if (rc) {
		schema__free(s);
		return rc;
	}
	*ret_schema = s;
	return 0;
}

void schema__free(struct schema *s)
{
	if (!s)
		return;
	for (u32 i = 0; i < s->nevents; i++)
		free_fields(&s->events[i]);
	free(s->events);
	free_fields(&s->context);
	free(s->programs);
	free(s);
}

const struct record_schema *schema__event(const struct schema *s, const char *name)
{
	for (u32 i = 0; i < s->nevents; i++)
		if (s->events[i].name && !strcmp(s->events[i].name, name))
			return &s->events[i];
	return NULL;
}

const struct field *record_schema__field(const struct record_schema *r, const char *name)
{
	for (u32 i = 0; i < r->nfields; i++)
		if (!strcmp(r->fields[i].name, name))
			return &r->fields[i];
	return NULL;
}

static bool is_alternative(const struct program_schema *a, const struct program_schema *b)
{
	return a->event_len == b->event_len && !strncmp(a->event, b->event, a->event_len) &&
	       !strcmp(a->part, b->part);
}

static bool is_first_of_its_part(const struct schema *s, const struct program_schema *program)
{
	for (const struct program_schema *p = s->programs; p < program; p++)
		if (is_alternative(p, program))
			return false;
	return true;
}

const struct program_schema *schema__next_part(const struct schema *s, const char *event,
					       const struct program_schema *after)
{
	const struct program_schema *end = s->programs + s->nprograms;

	for (const struct program_schema *p = after ? after + 1 : s->programs; p < end; p++)
		if (is_program_of(p, event) && is_first_of_its_part(s, p))
			return p;
	return NULL;
}

const struct program_schema *schema__next_alternative(const struct schema *s,
						      const struct program_schema *after)
{
	const struct program_schema *end = s->programs + s->nprograms;

	for (const struct program_schema *p = after + 1; p < end; p++)
		if (is_alternative(p, after))
			return p;
	return NULL;
}

const char *field__type_name(const struct field *field)
{
	if (field->text)
		return "text";
	if (field->nnames)
		return "enum";
	return field->is_signed ? "signed" : "number";
}

const char *field__unit_name(const struct field *field)
{
	static const char *const names[] = {
		[UNIT_NONE] = "",
		[UNIT_NS] = "ns",
		[UNIT_BYTES] = "bytes",
	};

	return names[field->unit];
}
