/* SPDX-License-Identifier: Apache-2.0 */
/* Where a file system is mounted: the lines of /proc/self/mountinfo (proc_pid_mountinfo(5)). */
#ifndef RINGTALLY_PIPELINE_MOUNTINFO_H
#define RINGTALLY_PIPELINE_MOUNTINFO_H

/*
 * The mount point of a file system of this type, by a file like /proc/self/mountinfo: of a mount
 * that shows the whole file system if there is one, else of the first. 0, -ENOENT when none is
 * mounted, or why the file could not be read. The path is the caller's to free.
 */
int mountinfo_find(const char *mountinfo, const char *fstype, char **ret_path);

#endif
