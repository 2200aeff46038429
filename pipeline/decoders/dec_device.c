/* SPDX-License-Identifier: Apache-2.0 */
/*
 *   dev/block/254:0    a link to the disk's directory, whose name is the disk's
 *   block/vda/dev      "254:0\n"; there are no partitions in block/, and no events of theirs
 */
#include "pipeline/decoders/dec_device.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/util.h"
#include "pipeline/decoders/decoded.h"

enum { MINOR_BITS = 20, MINOR_MAX = (1 << MINOR_BITS) - 1, MAJOR_MAX = 4095 };

struct dec_device {
	struct decoder base;
	const char *sysfs;
};

static int create(const struct decoder_env *env, struct decoder **ret_decoder, struct err *err)
{
	struct dec_device *dev = calloc(1, sizeof(*dev));

	if (!dev)
		return err__set_errno(err, -ENOMEM, "decoder device");
	dev->base.ops = &dec_device_ops;
	dev->sysfs = env->sysfs_root ? env->sysfs_root : "/sys";
	*ret_decoder = &dev->base;
	return 0;
}

static void decode(struct decoder *d, const u64 *words, u32 n, struct decoded *ret)
{
	const struct dec_device *dev = container_of(d, struct dec_device, base);
	const u64 word = words[0];
	const u64 major = word >> MINOR_BITS;
	const u64 minor = word & MINOR_MAX;
	char path[PATH_MAX], target[PATH_MAX];

	(void)n;
	if (word == 0) {
		decoded__format(ret, "%s", "");
		return;
	}
	if (major > MAJOR_MAX) {
		decoded__fail(ret, "invalid_device:%#llx", word);
		return;
	}
	snprintf(path, sizeof(path), "%s/dev/block/%llu:%llu", dev->sysfs, major, minor);

	const ssize_t len = readlink(path, target, sizeof(target));

	if (len <= 0) {
		decoded__format(ret, "%llu:%llu", major, minor);
		ret->provisional = true;
		return;
	}

	const char *slash = memrchr(target, '/', (size_t)len);
	const char *name = slash ? slash + 1 : target;

	decoded__repair(ret, name, (size_t)(target + len - name), DECODED_MAX);
}

/* Decimal digits up to `end`, and what comes after it. */
static int parse_number(const char *text, char end, u64 max, u64 *ret_number, const char **ret_rest)
{
	char *rest;
	unsigned long long number;

	if (!isdigit((unsigned char)*text))
		return -ENOENT;
	number = strtoull(text, &rest, 10); /* the largest one when there is an overflow */
	if (*rest != end || number > max)
		return -ENOENT;
	*ret_number = number;
	*ret_rest = rest + (end != '\0');
	return 0;
}

/* "254:0" up to `end`. */
static int parse_device(const char *text, char end, u64 *ret_word)
{
	u64 major, minor;

	if (parse_number(text, ':', MAJOR_MAX, &major, &text) < 0 ||
	    parse_number(text, end, MINOR_MAX, &minor, &text) < 0)
		return -ENOENT;
	*ret_word = major << MINOR_BITS | minor;
	return 0;
}

/* What cannot be read is not there. */
static int read_device(const char *path, u64 *ret_word)
{
	char line[32] = "";
	FILE *f = fopen(path, "re");

	if (!f)
		return -ENOENT;

	const bool got = fgets(line, sizeof(line), f);

	fclose(f);
	return got ? parse_device(line, '\n', ret_word) : -ENOENT;
}

static int encode(struct decoder *d, const char *text, u64 *ret_word)
{
	const struct dec_device *dev = container_of(d, struct dec_device, base);
	char path[PATH_MAX];

	if (!*text) {
		*ret_word = 0;
		return 0;
	}
	if (parse_device(text, '\0', ret_word) == 0)
		return 0;
	if (strchr(text, '/') || strcmp(text, ".") == 0 || strcmp(text, "..") == 0)
		return -ENOENT;

	const int len = snprintf(path, sizeof(path), "%s/block/%s/dev", dev->sysfs, text);

	if (len < 0 || (size_t)len >= sizeof(path))
		return -ENOENT;
	return read_device(path, ret_word);
}

static void destroy(struct decoder *d)
{
	if (d)
		free(container_of(d, struct dec_device, base));
}

const struct decoder_ops dec_device_ops = {
	.name = "device",
	.help = "The kernel name of the disk: vda; MAJOR:MINOR while it is not there.",
	.text = false,
	.own_names = false,
	.no_where = NULL,
	.create = create,
	.decode = decode,
	.encode = encode,
	.offer_names = decoder_no_names,
	.destroy = destroy,
};
