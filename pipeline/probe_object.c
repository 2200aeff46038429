/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loading is by trial. All parts of all used events are first loaded together with their preferred
 * program, which is the only attempt on most machines. When that fails, each program is tried alone
 * to learn whose fault it was and what the verifier says; refused ones step aside for their next
 * alternative, and so on until something loads or nothing is left.
 */
#include "pipeline/probe_object.h"
#include "pipeline/btf_check.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/membarrier.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/err.h"
#include "base/util.h"
#include "pipeline/btf_check.h"
#include "pipeline/bundle.h"
#include "pipeline/knobs.h"
#include "pipeline/plan.h"
#include "pipeline/refusal.h"
#include "pipeline/rings.h"

enum { OBJECT_MAX_BYTES = 64 << 20, ALTERNATIVES_MAX = 8, VERIFIER_LOG_BYTES = 1 << 20 };

/* One part of a used event and its alternatives. */
struct part {
	const struct event_plan *event;
	const char *name;
	const char *programs[ALTERNATIVES_MAX];
	u32 nprograms;
	u32 current; /* nprograms: all were refused */
	bool emits;
	char reason[512]; /* as struct err has */
	struct bpf_link *link;
};

struct probe_object {
	char *name;
	const void *bytes; /* the ELF image, for opening it again */
	size_t nbytes;
	void *owned_bytes;
	const char *btf_path;
	struct btf *btf; /* the schema's texts live here */
	struct schema *schema;
	char **hooks;		  /* of the schema's programs */
	struct start_map *starts; /* of the schema's events */
	u64 constants;		  /* bytes */
	const struct event_plan **events;
	u32 nevents;
	struct part *parts;
	u32 nparts;
	struct part flush;	 /* of no event: serves them all, is not attached */
	int flush_fd;		 /* of its program; -1 until something loaded */
	int sets_fd;		 /* of the map of sets of cgroups; -1: none */
	struct kept_image *kept; /* NULL until something loaded */
	u8 generation;		 /* of the records: each attempt to load has its own */
};

/* The second one is for kernels without bpf_loop. */
static const struct part flush_part = {
	.name = "flush",
	.programs = {"flush_tables", "flush_tables_loopless"},
	.nprograms = 2,
};

static struct bpf_object *open_image(const struct probe_object *o)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = "ringtally",
		    .btf_custom_path = o->btf_path);

	return bpf_object__open_mem(o->bytes, o->nbytes, &opts);
}

static int copy_btf(struct probe_object *o, const struct bpf_object *image, struct err *err)
{
	const struct btf *btf = bpf_object__btf(image);
	const void *raw;
	u32 size;

	if (!btf)
		return err__set(err, -EINVAL, "not a ringtally probe object (it has no BTF)");
	raw = btf__raw_data(btf, &size);
	o->btf = raw ? btf__new(raw, size) : NULL;
	if (!o->btf)
		return err__set_errno(err, -ENOMEM, "BTF");
	return 0;
}

static int note_hooks(struct probe_object *o, const struct bpf_object *image)
{
	o->hooks = calloc(o->schema->nprograms + 1, sizeof(*o->hooks));
	for (u32 i = 0; o->hooks && i < o->schema->nprograms; i++) {
		const char *name = o->schema->programs[i].name;
		struct bpf_program *program = bpf_object__find_program_by_name(image, name);

		o->hooks[i] = strdup(program ? bpf_program__section_name(program) : "");
		if (!o->hooks[i])
			return -ENOMEM;
	}
	return o->hooks ? 0 : -ENOMEM;
}

static int note_start_maps(struct probe_object *o, const struct bpf_object *image)
{
	o->starts = calloc(o->schema->nevents, sizeof(*o->starts));
	for (u32 i = 0; o->starts && i < o->schema->nevents; i++)
		o->starts[i] = probe_image_start_map(image, o->schema->events[i].name);
	return o->starts ? 0 : -ENOMEM;
}

/* What of the image is asked for after it is closed. */
static int note_image(struct probe_object *o, const struct bpf_object *image, struct err *err)
{
	o->constants = knobs_bytes(image);
	if (note_hooks(o, image) || note_start_maps(o, image))
		return err__set_errno(err, -ENOMEM, "open");
	return 0;
}

static int inspect(struct probe_object *o, struct err *err)
{
	struct bpf_object *image = open_image(o);
	int rc;

	if (!image)
		return err__set(err, -EINVAL, "not a BPF object file, or a damaged one");
	rc = probe_image_check_version(image, err);
	if (!rc)
		rc = copy_btf(o, image, err);
	if (!rc)
		rc = schema__read(o->btf, &o->schema, err);
	if (!rc)
		rc = probe_image_check_events(image, o->schema, err);
	if (!rc)
		rc = note_image(o, image, err);
	bpf_object__close(image);
	return rc;
}

static int read_file(const char *path, void **ret_bytes, size_t *ret_n, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO must not hold us up */
	struct stat st;
	char *bytes = NULL;
	size_t n = 0;
	ssize_t got = 0;

	if (fd < 0)
		return err__set_errno(err, -errno, "cannot be read");
	if (fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_size > OBJECT_MAX_BYTES) {
		close(fd);
		return err__set(err, -EINVAL, "not a file of at most %d MiB",
				OBJECT_MAX_BYTES >> 20);
	}
	bytes = malloc((size_t)st.st_size + 1);
	while (bytes && n < (size_t)st.st_size) {
		got = read(fd, bytes + n, (size_t)st.st_size - n);
		if (got <= 0)
			break;
		n += (size_t)got;
	}
	close(fd);
	if (!bytes || got < 0) {
		free(bytes);
		return err__set_errno(err, bytes ? -EIO : -ENOMEM, "cannot be read");
	}
	*ret_bytes = bytes;
	*ret_n = n;
	return 0;
}

static int finish_open(struct probe_object *o, struct probe_object **ret_object, struct err *err)
{
	int rc = o->name ? inspect(o, err) : err__set_errno(err, -ENOMEM, "open");

	if (rc) {
		probe_object__close(o);
		return rc;
	}
	*ret_object = o;
	return 0;
}

int probe_object__open_bundle(const char *btf_path, struct probe_object **ret_object,
			      struct err *err)
{
	struct probe_object *o = calloc(1, sizeof(*o));

	if (!o)
		return err__set_errno(err, -ENOMEM, "open");
	o->flush = flush_part;
	o->flush_fd = -1;
	o->sets_fd = -1;
	o->name = strdup("the bundled probes");
	o->bytes = bundle_begin;
	o->nbytes = (size_t)((uintptr_t)bundle_end - (uintptr_t)bundle_begin);
	o->btf_path = btf_path;
	return finish_open(o, ret_object, err);
}

/* Before libbpf believes it. One without any is told apart later. */
static int check_btf(const char *path, struct err *err)
{
	struct btf *btf = btf__parse_elf(path, NULL);
	int rc = 0;

	if (btf)
		rc = btf_check(btf, err);
	else if (errno != ENOENT && errno != ENODATA)
		rc = err__set(err, -EINVAL, "not a BPF object file, or a damaged one");
	btf__free(btf);
	return rc;
}

int probe_object__open_file(const char *path, const char *btf_path,
			    struct probe_object **ret_object, struct err *err)
{
	struct probe_object *o = calloc(1, sizeof(*o));
	int rc;

	if (!o)
		return err__set_errno(err, -ENOMEM, "open");
	o->flush = flush_part;
	o->flush_fd = -1;
	o->sets_fd = -1;
	o->name = strdup(path);
	o->btf_path = btf_path;
	rc = read_file(path, &o->owned_bytes, &o->nbytes, err);
	if (!rc)
		rc = check_btf(path, err);
	if (rc)
		probe_object__close(o);
	else {
		o->bytes = o->owned_bytes;
		rc = finish_open(o, ret_object, err);
	}
	return rc ? err__wrap(err, "object %s", path) : 0;
}

void probe_object__close(struct probe_object *o)
{
	if (!o)
		return;
	probe_object__detach(o);
	kept_image__free(o->kept);
	for (u32 i = 0; o->hooks && i < o->schema->nprograms; i++)
		free(o->hooks[i]);
	free(o->hooks);
	free(o->starts);
	schema__free(o->schema);
	btf__free(o->btf);
	free(o->owned_bytes);
	free(o->events);
	free(o->parts);
	free(o->name);
	free(o);
}

const char *probe_object__name(const struct probe_object *o)
{
	return o->name;
}

u64 probe_object__constants(const struct probe_object *o)
{
	return o->constants;
}

const struct schema *probe_object__schema(const struct probe_object *o)
{
	return o->schema;
}

const char *probe_object__hook(const struct probe_object *o, const char *program)
{
	for (u32 i = 0; i < o->schema->nprograms; i++)
		if (!strcmp(o->schema->programs[i].name, program))
			return o->hooks[i];
	return "";
}

const struct program_schema *probe_object__next_hook(const struct probe_object *o,
						     const struct program_schema *after)
{
	const char *hook = probe_object__hook(o, after->name);
	const struct program_schema *next = after;

	do
		next = schema__next_alternative(o->schema, next);
	while (next && !strcmp(probe_object__hook(o, next->name), hook));
	return next;
}

static struct part *find_part(struct probe_object *o, const struct event_plan *event,
			      const char *name)
{
	for (u32 i = 0; i < o->nparts; i++)
		if (o->parts[i].event == event && !strcmp(o->parts[i].name, name))
			return &o->parts[i];
	return NULL;
}

static int add_alternative(struct probe_object *o, const struct event_plan *event,
			   const struct program_schema *program)
{
	struct part *part = find_part(o, event, program->part);

	if (!part) {
		part = reallocarray(o->parts, o->nparts + 1, sizeof(*part));
		if (!part)
			return -ENOMEM;
		o->parts = part;
		part += o->nparts++;
		*part = (struct part){
			.event = event, .name = program->part, .emits = program->emits};
	}
	if (part->nprograms < ALTERNATIVES_MAX)
		part->programs[part->nprograms++] = program->name;
	return 0;
}

int probe_object__use(struct probe_object *o, const struct event_plan *event, struct err *err)
{
	const char *name = event->schema->name;
	const struct event_plan **grown =
		reallocarray(o->events, o->nevents + 1, sizeof(*o->events));

	if (!grown)
		return err__set_errno(err, -ENOMEM, "event %s", name);
	o->events = grown;
	o->events[o->nevents++] = event;
	for (u32 i = 0; i < o->schema->nprograms; i++) {
		const struct program_schema *program = &o->schema->programs[i];

		if (strlen(name) != program->event_len ||
		    strncmp(name, program->event, program->event_len))
			continue;
		if (!event_plan__needs(event, program))
			continue;
		if (add_alternative(o, event, program))
			return err__set_errno(err, -ENOMEM, "event %s", name);
	}
	return 0;
}

void probe_object__use_sets(struct probe_object *o, int map_fd)
{
	o->sets_fd = map_fd;
}

static const char *current_program(const struct part *part)
{
	return part->current < part->nprograms ? part->programs[part->current] : NULL;
}

/* An event with a part that nobody makes is not loaded at all. */
static bool event_possible(const struct probe_object *o, const struct event_plan *event)
{
	bool any = false;

	for (u32 i = 0; i < o->nparts; i++) {
		if (o->parts[i].event != event)
			continue;
		if (!current_program(&o->parts[i]))
			return false;
		any = true;
	}
	return any;
}

/* Programs of these hooks run with preemption off, so a plain flag guards what they count. */
static bool runs_unpreempted(const char *hook)
{
	static const char *const prefixes[] = {"tp_btf/", "raw_tp/", "raw_tracepoint/"};

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (!strncmp(hook, prefixes[i], strlen(prefixes[i])))
			return true;
	return false;
}

static bool event_preemptible(const struct probe_object *o, const struct event_plan *event)
{
	for (u32 i = 0; i < o->nparts; i++) {
		const char *program = current_program(&o->parts[i]);

		if (o->parts[i].event == event && program &&
		    !runs_unpreempted(probe_object__hook(o, program)))
			return true;
	}
	return false;
}

struct start_map probe_object__start_map(const struct probe_object *o,
					 const struct event_plan *event)
{
	struct start_map map = o->starts[event->schema - o->schema->events];

	if (!event->keeps_starts)
		return (struct start_map){0};
	if (map.entries)
		map.value_bytes = start_map_value_bytes(&map, &event->wire);
	return map;
}

static int fill_all_tables(const struct probe_object *o, const struct bpf_object *image,
			   struct err *err)
{
	int rc = 0;

	for (u32 i = 0; !rc && i < o->nevents; i++)
		if (event_possible(o, o->events[i]))
			rc = probe_image_fill_tables(image, o->events[i], err);
	return rc;
}

/* Opens the image and sets constants and maps for one event, or (NULL) for all possible ones;
 * programs stay off. */
static int prepare(const struct probe_object *o, const struct rings *rings,
		   const struct event_plan *only, struct bpf_object **ret_image, struct err *err)
{
	struct bpf_object *image = open_image(o);
	int rc;

	if (!image)
		return err__set_errno(err, -errno, "open");
	probe_image_switch_off(image, o->schema);
	rc = probe_image_share(image, rings__map_fd(rings), o->sets_fd, err);
	for (u32 i = 0; !rc && i < o->nevents; i++)
		if (only ? o->events[i] == only : event_possible(o, o->events[i]))
			rc = probe_image_configure(image, o->events[i], rings__ncpus(rings),
						   o->generation,
						   event_preemptible(o, o->events[i]), err);
	if (rc) {
		bpf_object__close(image);
		return rc;
	}
	*ret_image = image;
	return 0;
}

/* A tracepoint that is not in the kernel's BTF. libbpf goes on to look for it in those of modules,
 * and where it may not do that, this is all it says. */
static bool is_absent(const struct bpf_program *program)
{
	const char *slash = strchr(bpf_program__section_name(program), '/');

	return bpf_program__expected_attach_type(program) == BPF_TRACE_RAW_TP && slash &&
	       libbpf_find_vmlinux_btf_id(slash + 1, BPF_TRACE_RAW_TP) < 0;
}

static void refuse(struct part *part, struct bpf_program *program, enum refusal_step step, int code,
		   const char *log)
{
	char why[256];

	refusal_describe(step, code, log, why, sizeof(why));
	snprintf(part->reason, sizeof(part->reason), "%s: %s",
		 program ? bpf_program__section_name(program) : current_program(part), why);
	part->current++;
}

/* Loads one part's current program alone; refuses it when the kernel does. */
static int try_alone(struct probe_object *o, struct part *part, const struct rings *rings,
		     bool *ret_refused, struct err *err)
{
	char *log = calloc(1, VERIFIER_LOG_BYTES);
	struct bpf_object *image = NULL;
	struct bpf_program *program;
	int rc = log ? prepare(o, rings, part->event, &image, err)
		     : err__set_errno(err, -ENOMEM, "load");

	if (rc)
		goto free_log;
	program = probe_image_switch_on(image, current_program(part));
	if (program)
		bpf_program__set_log_buf(program, log, VERIFIER_LOG_BYTES);
	rc = program ? bpf_object__load(image) : -ENOENT;
	if (rc == -EPERM && is_absent(program))
		rc = -ENOENT;
	if (rc) {
		refuse(part, program, REFUSED_LOAD, rc, log);
		*ret_refused = true;
	}
	bpf_object__close(image);
	rc = 0;
free_log:
	free(log);
	return rc;
}

/* After a failed load: whose fault was it? -EIO when every program loads alone but not all
 * together. */
static int find_refused(struct probe_object *o, const struct rings *rings, int code,
			struct err *err)
{
	bool refused = false;
	int rc;

	for (u32 i = 0; i < o->nparts; i++) {
		struct part *part = &o->parts[i];

		if (!current_program(part) || !event_possible(o, part->event))
			continue;
		rc = try_alone(o, part, rings, &refused, err);
		if (rc)
			return rc;
	}
	rc = try_alone(o, &o->flush, rings, &refused, err);
	if (rc)
		return rc;
	return refused ? 0 : err__set_errno(err, code, "load");
}

/* Closing a link does not wait for a program that is running on another CPU; a global memory
 * barrier does, because programs run inside RCU read-side sections. Last ones first: an end that is
 * still seen has its start. */
void probe_object__detach(struct probe_object *o)
{
	bool attached = false;

	for (u32 i = o->nparts; i-- > 0;) {
		attached = attached || o->parts[i].link;
		bpf_link__destroy(o->parts[i].link);
		o->parts[i].link = NULL;
	}
	if (attached)
		syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
}

/* Attaches what was loaded. A refused part steps aside: *ret_again, with everything detached. */
static void attach_parts(struct probe_object *o, struct bpf_object *image, bool *ret_again)
{
	for (u32 i = 0; i < o->nparts; i++) {
		struct part *part = &o->parts[i];
		struct bpf_program *program;

		if (!event_possible(o, part->event))
			continue;
		program = bpf_object__find_program_by_name(image, current_program(part));
		part->link = bpf_program__attach(program);
		if (!part->link) {
			refuse(part, program, REFUSED_ATTACH, -errno, "");
			*ret_again = true;
		}
	}
	if (*ret_again)
		probe_object__detach(o);
}

static u32 switch_on(struct probe_object *o, struct bpf_object *image)
{
	u32 n = 0;

	for (u32 i = 0; i < o->nparts; i++)
		if (event_possible(o, o->parts[i].event) &&
		    probe_image_switch_on(image, current_program(&o->parts[i])))
			n++;
	if (n > 0)
		probe_image_switch_on(image, current_program(&o->flush));
	return n;
}

static int keep_loaded(struct probe_object *o, const struct bpf_object *image, struct err *err)
{
	int rc = kept_image__new(image, &o->kept, err);

	if (rc)
		probe_object__detach(o);
	else
		o->flush_fd = kept_image__program(o->kept, current_program(&o->flush));
	return rc;
}

/* One attempt with the current choice of programs. *ret_again: the choice has changed, try once
 * more. */
static int attempt(struct probe_object *o, const struct rings *rings, bool *ret_again,
		   struct err *err)
{
	struct bpf_object *image = NULL;
	int rc;

	o->generation++;
	*ret_again = false;
	if (!current_program(&o->flush))
		return err__set(err, -EOPNOTSUPP, "%s", o->flush.reason);
	rc = prepare(o, rings, NULL, &image, err);
	if (rc)
		return rc;
	if (switch_on(o, image) == 0) { /* everything was refused */
		bpf_object__close(image);
		return 0;
	}
	rc = bpf_object__load(image);
	if (rc) {
		bpf_object__close(image);
		*ret_again = true;
		return find_refused(o, rings, rc, err);
	}
	rc = fill_all_tables(o, image, err);
	if (!rc)
		attach_parts(o, image, ret_again);
	if (!rc && !*ret_again)
		rc = keep_loaded(o, image, err);
	bpf_object__close(image);
	return rc;
}

/* What is wrong with the object as a whole refuses all of its events. */
static void refuse_all(struct probe_object *o, const char *reason)
{
	for (u32 i = 0; i < o->nparts; i++) {
		if (!current_program(&o->parts[i]))
			continue;
		snprintf(o->parts[i].reason, sizeof(o->parts[i].reason), "%s", reason);
		o->parts[i].current = o->parts[i].nprograms;
	}
}

void probe_object__load(struct probe_object *o, const struct rings *rings)
{
	struct err err = {0};
	bool again = true;

	while (again)
		if (attempt(o, rings, &again, &err)) {
			refuse_all(o, err.msg);
			return;
		}
}

u8 probe_object__generation(const struct probe_object *o)
{
	return o->generation;
}

const char *probe_object__refusal(const struct probe_object *o, const struct event_plan *event)
{
	bool any = false;

	for (u32 i = 0; i < o->nparts; i++) {
		if (o->parts[i].event != event)
			continue;
		if (!current_program(&o->parts[i]))
			return o->parts[i].reason;
		any = true;
	}
	return any ? NULL : "its object has no program for it";
}

int probe_object__flush(const struct probe_object *o, u32 cpu)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .flags = BPF_F_TEST_RUN_ON_CPU, .cpu = cpu);
	int rc;

	if (o->flush_fd < 0)
		return -ENOENT;
	rc = bpf_prog_test_run_opts(o->flush_fd, &opts);
	return rc ? rc : (int)opts.retval;
}

int probe_object__ledger_fd(const struct probe_object *o, const struct event_plan *event)
{
	return o->kept ? kept_image__ledger(o->kept, event->schema->name) : -1;
}

struct event_memory probe_object__memory(const struct probe_object *o,
					 const struct event_plan *event)
{
	if (!o->kept)
		return (struct event_memory){0};
	return kept_image__memory(o->kept, event->schema->name);
}

u64 probe_object__memory_sum(const struct probe_object *o)
{
	return o->kept ? kept_image__memory_sum(o->kept) : 0;
}

u32 probe_object__nprograms(const struct probe_object *o)
{
	return o->nparts;
}

struct program_status probe_object__program(const struct probe_object *o, u32 i)
{
	const struct part *part = &o->parts[i];
	const char *name = part->programs[MIN(part->current, part->nprograms - 1)];
	int fd = o->kept ? kept_image__program(o->kept, name) : -1;

	return (struct program_status){
		.event = part->event,
		.program = name,
		.hook = fd < 0 ? "" : probe_object__hook(o, name),
		.attached = part->link != NULL,
		.emits = part->emits,
		.fd = fd,
	};
}

struct program_stats probe_object__program_stats(const struct probe_object *o, u32 i)
{
	int fd = probe_object__program(o, i).fd;
	struct bpf_prog_info info = {0};
	u32 size = sizeof(info);

	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &size))
		return (struct program_stats){0};
	return (struct program_stats){info.recursion_misses, info.run_cnt, info.run_time_ns};
}
