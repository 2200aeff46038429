/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The main() of fuzz targets in builds without libFuzzer: runs the target once on the empty input
 * and once on every file in the folders named on the command line. A folder that cannot be read, or
 * no file at all, is a failure: a regression test that tests nothing must not pass.
 */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* In a block of exactly its size, so that AddressSanitizer sees a read past the end. */
static int replay_file(const char *path)
{
	FILE *in = fopen(path, "rb");
	uint8_t *data = NULL;
	long size = -1;
	int ret = -EIO;

	if (!in) {
		ret = -errno;
		goto out;
	}
	if (fseek(in, 0, SEEK_END) == 0)
		size = ftell(in);
	if (size < 0 || fseek(in, 0, SEEK_SET) != 0)
		goto out;
	data = malloc(size ? (size_t)size : 1);
	if (!data || fread(data, 1, (size_t)size, in) != (size_t)size)
		goto out;
	LLVMFuzzerTestOneInput(data, (size_t)size);
	ret = 0;
out:
	if (ret)
		fprintf(stderr, "%s: %s\n", path, strerror(-ret));
	free(data);
	if (in)
		fclose(in);
	return ret;
}

/* Returns the number of files, or a negative errno. */
static int replay_folder(const char *folder)
{
	DIR *dir = opendir(folder);
	int n = 0;

	if (!dir) {
		n = -errno;
		fprintf(stderr, "%s: %s\n", folder, strerror(-n));
		return n;
	}
	for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
		char path[4096];
		int ret;

		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		/* Says which input it was, should the target crash. */
		printf("%s\n", path);
		fflush(stdout);
		ret = replay_file(path);
		if (ret) {
			n = ret;
			break;
		}
		n++;
	}
	closedir(dir);
	return n;
}

int main(int argc, char **argv)
{
	int files = 0;

	LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
	for (int i = 1; i < argc; i++) {
		int n = replay_folder(argv[i]);

		if (n < 0)
			return 1;
		files += n;
	}
	if (!files) {
		fprintf(stderr, "no inputs: add some to tests/fuzz/corpus\n");
		return 1;
	}
	printf("%d inputs\n", files);
	return 0;
}
