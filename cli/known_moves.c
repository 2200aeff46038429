/* SPDX-License-Identifier: Apache-2.0 */
/* Moves: a thread has itself moved from one CPU to another and back. */
#include <errno.h>
#include <sys/prctl.h>

#include "base/err.h"
#include "bench/machine.h"
#include "cli/known_load.h"

enum { MOVES = 100 };

static int start(struct known *k, struct err *err)
{
	const struct cpu_pair cpus = machine_choose_cpus();

	known__add_label(k, "comm", known_name('m').text);
	if (cpus.measured == cpus.helper)
		return err__set(err, -EOPNOTSUPP, "a move needs two CPUs");
	return 0;
}

static int make(struct known *k, struct err *err)
{
	const struct cpu_pair cpus = machine_choose_cpus();
	int rc = machine_pin(cpus.measured, err);

	prctl(PR_SET_NAME, known_name('m').text);
	for (int i = 0; !rc && i < MOVES; i++)
		rc = machine_pin(i % 2 ? cpus.measured : cpus.helper, err);
	prctl(PR_SET_NAME, known_name(0).text);
	machine_unpin(&cpus);
	known__set(k, KNOWN_MOVES, MOVES);
	return rc;
}

const struct known_load known_moves = {"moves", 1, start, make, NULL};
