/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/stub.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/util.h"
#include "bench/objects.h"
#include "pipeline/knobs.h"
#include "pipeline/refusal.h"

#define TRACEFS "/sys/kernel/tracing"

struct stub {
	struct bpf_object *object;
	struct bpf_link *link;
	int slot_fd;
	bool filled;
};

/* How a program becomes one of a hook. `point` is what follows the kind in the target. */
struct kind {
	const char *prefix;
	enum bpf_prog_type type;
	enum bpf_attach_type attach_type;
	bool typed; /* attaches to a BTF type known at load */
	struct bpf_link *(*attach)(const struct bpf_program *program, const char *point);
};

static struct bpf_link *attach_typed(const struct bpf_program *program, const char *point)
{
	(void)point;
	return bpf_program__attach_trace(program);
}

static struct bpf_link *attach_kprobe(const struct bpf_program *program, const char *point)
{
	return bpf_program__attach_kprobe(program, false, point);
}

/* "raw_syscalls/sys_enter" */
static struct bpf_link *attach_tracepoint(const struct bpf_program *program, const char *point)
{
	const char *slash = strchr(point, '/');
	char *category = strndup(point, slash ? (size_t)(slash - point) : strlen(point));
	struct bpf_link *link =
		category ? bpf_program__attach_tracepoint(program, category, slash ? slash + 1 : "")
			 : NULL;

	free(category);
	return link;
}

/* "/proc/self/exe:bench_call" */
static struct bpf_link *attach_uprobe(const struct bpf_program *program, const char *point)
{
	const char *colon = strrchr(point, ':');
	LIBBPF_OPTS(bpf_uprobe_opts, opts, .func_name = colon ? colon + 1 : "");
	char *path = strndup(point, colon ? (size_t)(colon - point) : strlen(point));
	struct bpf_link *link =
		path ? bpf_program__attach_uprobe_opts(program, getpid(), path, 0, &opts) : NULL;

	free(path);
	return link;
}

static const struct kind kinds[] = {
	{"tp_btf/", BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP, true, attach_typed},
	{"raw_tp/", BPF_PROG_TYPE_RAW_TRACEPOINT, 0, false, bpf_program__attach_raw_tracepoint},
	{"tp/", BPF_PROG_TYPE_TRACEPOINT, 0, false, attach_tracepoint},
	{"uprobe/", BPF_PROG_TYPE_KPROBE, 0, false, attach_uprobe},
	{"fentry/", BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY, true, attach_typed},
	{"kprobe/", BPF_PROG_TYPE_KPROBE, 0, false, attach_kprobe},
};

static const struct kind *find_kind(const char *target)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!strncmp(target, kinds[i].prefix, strlen(kinds[i].prefix)))
			return &kinds[i];
	return NULL;
}

/* There, or where it used to be. */
static bool tracefs_is_mounted(void)
{
	return !access(TRACEFS "/events", F_OK) ||
	       !access("/sys/kernel/debug/tracing/events", F_OK);
}

static int refused(const char *target, enum refusal_step step, int code, struct err *err)
{
	char why[256];

	if (step == REFUSED_ATTACH && !strncmp(target, "tp/", 3) && !tracefs_is_mounted())
		return err__set(err, code,
				"%s: tracefs is not mounted: "
				"mount -t tracefs tracefs " TRACEFS,
				target);
	refusal_describe(step, code, "", why, sizeof(why));
	return err__set(err, code, "%s: %s", target, why);
}

/* Program, type and filter are set before load. */
static int configure(struct stub *s, const struct kind *kind, const char *point,
		     struct stub_filter filter, struct err *err)
{
	const u64 tgid = filter.own ? (u64)getpid() : 0;
	const u64 call = filter.call ? 1 + (u64)filter.number : 0;
	struct bpf_program *program = bpf_object__find_program_by_name(s->object, "on_event");
	int rc;

	bpf_program__set_type(program, kind->type);
	bpf_program__set_expected_attach_type(program, kind->attach_type);
	rc = kind->typed ? bpf_program__set_attach_target(program, 0, point) : 0;
	if (rc)
		return err__set_errno(err, rc, "%s%s", kind->prefix, point);
	rc = knob__set(s->object, "stub_tgid", &tgid, sizeof(tgid), err);
	return rc ? rc : knob__set(s->object, "stub_call", &call, sizeof(call), err);
}

static int load_and_attach(struct stub *s, const struct kind *kind, const char *target,
			   struct err *err)
{
	struct bpf_program *program = bpf_object__find_program_by_name(s->object, "on_event");
	int rc = bpf_object__load(s->object);

	if (rc)
		return refused(target, REFUSED_LOAD, rc, err);
	s->slot_fd = bpf_object__find_map_fd_by_name(s->object, "m_slot");
	s->link = kind->attach(program, target + strlen(kind->prefix));
	if (!s->link)
		return refused(target, REFUSED_ATTACH, -errno, err);
	return 0;
}

int stub__attach(const char *target, struct stub_filter filter, struct stub **ret_stub,
		 struct err *err)
{
	const struct kind *kind = find_kind(target);
	struct stub *s = calloc(1, sizeof(*s));
	int rc;

	if (!s || !kind) {
		free(s);
		return kind ? err__set_errno(err, -ENOMEM, "stub")
			    : err__set(err, -EOPNOTSUPP, "%s: the bench cannot attach there",
				       target);
	}
	rc = bench_object_open_stub(&s->object, err);
	if (!rc)
		rc = configure(s, kind, target + strlen(kind->prefix), filter, err);
	if (!rc)
		rc = load_and_attach(s, kind, target, err);
	if (rc) {
		stub__detach(s);
		return rc;
	}
	*ret_stub = s;
	return 0;
}

void stub__detach(struct stub *s)
{
	if (!s)
		return;
	bpf_link__destroy(s->link);
	bpf_object__close(s->object);
	free(s);
}

int stub__fill(struct stub *s, int program_fd, struct err *err)
{
	const u32 slot = 0;

	if (bpf_map_update_elem(s->slot_fd, &slot, &program_fd, BPF_ANY))
		return err__set_errno(err, -errno, "putting a program into the stub's slot");
	s->filled = true;
	return 0;
}

void stub__empty(struct stub *s)
{
	const u32 slot = 0;

	if (s->filled)
		bpf_map_delete_elem(s->slot_fd, &slot);
	s->filled = false;
}
