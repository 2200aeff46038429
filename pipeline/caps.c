/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/caps.h"

#include <bpf/btf.h>
#include <errno.h>
#include <linux/capability.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "base/types.h"

#define KERNEL_BTF "/sys/kernel/btf/vmlinux"

static int get_capabilities(struct __user_cap_data_struct data[2])
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};

	return syscall(SYS_capget, &header, data) ? -errno : 0;
}

static bool has(const struct __user_cap_data_struct data[2], u32 capability)
{
	return data[capability / 32].effective & 1U << capability % 32;
}

static int check_privileges(struct err *err)
{
	struct __user_cap_data_struct data[2] = {0};
	int rc = get_capabilities(data);

	if (rc)
		return err__set_errno(err, rc, "reading the capabilities");
	if (has(data, CAP_SYS_ADMIN) || (has(data, CAP_BPF) && has(data, CAP_PERFMON)))
		return 0;
	return err__set(
		err, -EPERM,
		"loading BPF programs needs root, or the capabilities CAP_BPF and CAP_PERFMON");
}

static int check_btf_file(const char *path, struct err *err)
{
	struct btf *btf;

	if (access(path, R_OK))
		return err__set_errno(err, -errno, "BTF file %s", path);
	btf = btf__parse(path, NULL);
	if (!btf)
		return err__set(err, -EINVAL, "BTF file %s: not the BTF of a kernel, or damaged",
				path);
	btf__free(btf);
	return 0;
}

static int check_btf(const char *btf_path, struct err *err)
{
	if (btf_path)
		return check_btf_file(btf_path, err);
	if (access(KERNEL_BTF, R_OK) == 0)
		return 0;
	return err__set(err, -ENOENT,
			"this kernel has no BTF (" KERNEL_BTF
			"): give a file with --btf.path=FILE");
}

/* Kernels before 5.11 charge BPF memory to this limit. */
static void raise_memlock(void)
{
	static const struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};

	if (setrlimit(RLIMIT_MEMLOCK, &unlimited))
		log_debug("cannot raise the limit of locked memory", "reason", strerror(errno),
			  NULL);
}

int caps_check(const char *btf_path, struct err *err)
{
	int rc = check_privileges(err);

	if (!rc)
		rc = check_btf(btf_path, err);
	if (!rc)
		raise_memlock();
	return rc;
}

static void drop_bounding(u64 keep)
{
	for (u32 capability = 0; capability <= CAP_LAST_CAP; capability++)
		if (!(keep & 1ULL << capability))
			prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
}

int caps_drop(struct err *err)
{
	const u64 keep = 1ULL << CAP_BPF | 1ULL << CAP_PERFMON | 1ULL << CAP_SYSLOG;
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {0};
	int rc = get_capabilities(data);

	if (rc)
		return err__set_errno(err, rc, "reading the capabilities");
	drop_bounding(keep);
	for (int i = 0; i < 2; i++) {
		data[i].permitted &= (u32)(keep >> 32 * i);
		data[i].effective = data[i].permitted;
		data[i].inheritable = 0;
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || syscall(SYS_capset, &header, data))
		return err__set_errno(err, -errno, "dropping capabilities");
	return 0;
}
