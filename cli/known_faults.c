/* SPDX-License-Identifier: Apache-2.0 */
/* Page faults: first writes to pages. The thread's stack may fault too, so the kernel's own count
 * is the most that it can be. */
#include <errno.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/err.h"
#include "cli/known_load.h"

enum { PAGES = 1000 };

static int start(struct known *k, struct err *err)
{
	(void)err;
	known__add_label(k, "comm", known_name('f').text);
	known__add_label(k, "space", "user");
	known__add_label(k, "access", "write");
	return 0;
}

static u64 count_faults(void)
{
	struct rusage usage = {0};

	getrusage(RUSAGE_THREAD, &usage);
	return (u64)usage.ru_minflt + (u64)usage.ru_majflt;
}

static void write_pages(volatile char *pages, size_t page_bytes)
{
	prctl(PR_SET_NAME, known_name('f').text);
	for (size_t i = 0; i < PAGES; i++)
		pages[i * page_bytes] = 1;
	prctl(PR_SET_NAME, known_name(0).text);
}

static int make(struct known *k, struct err *err)
{
	const size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE), bytes = PAGES * page_bytes;
	char *pages = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	u64 before;

	if (pages == MAP_FAILED)
		return err__set_errno(err, -errno, "pages to write to");
	madvise(pages, bytes, MADV_NOHUGEPAGE); /* refused where there are no huge ones */
	before = count_faults();
	write_pages(pages, page_bytes);
	k->figures[KNOWN_FAULTS] = (struct known_figure){PAGES, count_faults() - before};
	munmap(pages, bytes);
	return 0;
}

const struct known_load known_faults = {"faults", 1, start, make, NULL};
