/* SPDX-License-Identifier: Apache-2.0 */
/* `ringtally version`: what to put into a bug report. */
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/version.h"
#include "cli/setup.h"
#include "cli/verb.h"
#include "pipeline/app.h"
#include "pipeline/libbpf_log.h"

static int run(const struct verb *self, int argc, char **argv)
{
	struct utsname kernel;

	if (argc > 0 && (!strcmp(argv[0], "--help") || !strcmp(argv[0], "-h"))) {
		printf("usage: ringtally version\n\n%s\n", self->help);
		return EXIT_FINE;
	}
	if (argc > 0)
		return setup_fail(EXIT_USAGE, "version takes no flags and no arguments");
	if (uname(&kernel))
		return setup_fail(EXIT_RUNTIME, "uname failed");
	printf("ringtally %s (commit %s)\nlibbpf %s\nkernel %s %s\n", ringtally_version,
	       ringtally_commit, libbpf_log_version(), kernel.release, kernel.machine);
	return EXIT_FINE;
}

const struct verb version_verb = {"version", "", "version, commit, libbpf and kernel", run};
