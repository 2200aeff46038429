/* SPDX-License-Identifier: Apache-2.0 */
/*
 * faults [--name=TEXT] [--wait] [read=N] [write=N] [exec=N] [kernel_read=N] [kernel_write=N]: so
 * many accesses to memory that nobody has touched before, by the program itself or by the kernel on
 * its behalf. Says `KIND=N faults=N` for each, the latter as getrusage counted them meanwhile, and
 * `quiet=1`; then it blocks until a line comes on stdin. Memory that it needs itself is there
 * before it starts: nothing else of it faults.
 */
#include <fcntl.h>
#include <getopt.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/load/load.h"

/* The kernel maps what is around a page of a file, up to this. */
#define APART (2UL << 20)

#if defined(__x86_64__)
static const unsigned char code_of_return[] = {0xc3};
#elif defined(__aarch64__)
static const unsigned char code_of_return[] = {0xc0, 0x03, 0x5f, 0xd6};
#endif

static size_t page_bytes;
static int pipe_fds[2], zero_fd;

static u64 faults(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (u64)usage.ru_minflt + (u64)usage.ru_majflt;
}

static char *make_pages(u64 n)
{
	char *pages = mmap(NULL, n * page_bytes, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (pages == MAP_FAILED || madvise(pages, n * page_bytes, MADV_NOHUGEPAGE))
		load_die("%llu pages: %s", n, strerror(errno));
	return pages;
}

static u64 touch_pages(u64 n, void (*touch)(char *page))
{
	char *pages = make_pages(n);
	const u64 before = faults();

	for (u64 i = 0; i < n; i++)
		touch(pages + i * page_bytes);
	return faults() - before;
}

/* NOLINTNEXTLINE(readability-non-const-parameter): all kinds of access have one type */
static void read_page(char *page)
{
	(void)*(volatile char *)page;
}

static void write_page(char *page)
{
	*(volatile char *)page = 1;
}

/* The kernel copies from the page; what it got is taken out again. */
static void let_read_page(char *page)
{
	char byte;

	if (write(pipe_fds[1], page, 1) != 1 || read(pipe_fds[0], &byte, 1) != 1)
		load_die("pipe: %s", strerror(errno));
}

static void let_write_page(char *page)
{
	if (read(zero_fd, page, 1) != 1)
		load_die("/dev/zero: %s", strerror(errno));
}

static u64 read_pages(u64 n)
{
	return touch_pages(n, read_page);
}

static u64 write_pages(u64 n)
{
	return touch_pages(n, write_page);
}

static u64 let_read_pages(u64 n)
{
	return touch_pages(n, let_read_page);
}

static u64 let_write_pages(u64 n)
{
	return touch_pages(n, let_write_page);
}

/* A file with a function at each distance, mapped anew: no page of it is there, all are in memory.
 */
static u64 execute_pages(u64 n)
{
	int fd = memfd_create("functions", MFD_CLOEXEC);
	char *functions;
	u64 before;

	if (fd < 0 || ftruncate(fd, (off_t)(n * APART)))
		load_die("memfd: %s", strerror(errno));
	for (u64 i = 0; i < n; i++)
		if (pwrite(fd, code_of_return, sizeof(code_of_return), (off_t)(i * APART)) < 0)
			load_die("memfd: %s", strerror(errno));
	functions = mmap(NULL, n * APART, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
	if (functions == MAP_FAILED)
		load_die("mmap: %s", strerror(errno));
	before = faults();
	for (u64 i = 0; i < n; i++)
		((void (*)(void))(functions + i * APART))();
	return faults() - before;
}

static const struct kind {
	const char *name;
	u64 (*make)(u64 n); /* what getrusage counted */
} kinds[] = {
	{"read", read_pages},
	{"write", write_pages},
	{"exec", execute_pages},
	{"kernel_read", let_read_pages},
	{"kernel_write", let_write_pages},
};

/* KIND=N */
static const struct kind *parse_kind(const char *text, u64 *ret_n)
{
	const char *equals = strchr(text, '=');

	for (size_t i = 0; equals && i < sizeof(kinds) / sizeof(*kinds); i++) {
		if (strncmp(kinds[i].name, text, (size_t)(equals - text)) ||
		    kinds[i].name[equals - text])
			continue;
		*ret_n = load_number(equals + 1);
		return &kinds[i];
	}
	load_die("'%s' is no KIND=N", text);
}

static void make_all(char **texts, bool say)
{
	for (; *texts; texts++) {
		u64 n;
		const struct kind *kind = parse_kind(*texts, &n);

		n = say ? n : 1;
		u64 counted = kind->make(n);
		if (say)
			printf("%s=%llu faults=%llu\n", kind->name, n, counted);
	}
}

static bool parse_options(int argc, char **argv)
{
	static const struct option long_options[] = {
		{"name", required_argument, NULL, 'n'},
		{"wait", no_argument, NULL, 'w'},
		{0},
	};
	bool wait = false;
	int option;

	while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		if (option == 'n')
			load_name(optarg);
		else if (option == 'w')
			wait = true;
		else
			exit(2);
	}
	return wait;
}

int main(int argc, char **argv)
{
	const bool wait = parse_options(argc, argv);

	page_bytes = (size_t)sysconf(_SC_PAGESIZE);
	zero_fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	if (zero_fd < 0 || pipe(pipe_fds))
		load_die("/dev/zero or a pipe: %s", strerror(errno));
	make_all(argv + optind, false);
	free(malloc(1)); /* a heap, for the buffers of stdin and stdout */
	if (mlockall(MCL_CURRENT))
		load_die("mlockall: %s", strerror(errno));
	if (wait)
		load_wait_for_go();
	make_all(argv + optind, true);
	puts("quiet=1");
	fflush(stdout);
	load_wait_for_line();
	return 0;
}
