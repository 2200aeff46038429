/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What this machine and this process can do: looked at before anything is loaded, so that the user
 * gets one clear line; and given up as soon as it is no longer needed.
 */
#ifndef RINGTALLY_PIPELINE_CAPS_H
#define RINGTALLY_PIPELINE_CAPS_H

struct err;

/* -EPERM without the privileges to load BPF programs, -ENOENT without the kernel's BTF (or the file
 * given instead). Warns, and goes on, about what is only a pity. */
int caps_check(const char *btf_path, struct err *err);

/* Keeps CAP_BPF, CAP_PERFMON and CAP_SYSLOG of the process's capabilities, for good: also across
 * exec. */
int caps_drop(struct err *err);

#endif
