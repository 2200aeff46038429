/* SPDX-License-Identifier: Apache-2.0 */
/*
 * strip_line_info IN OUT: a BPF object without the source lines of its instructions, which are most
 * of .BTF.ext: nine tenths of what loading it would read. Functions and relocations stay.
 *
 * The lines are still there, but nobody is told of them: what links objects (bpftool gen object)
 * leaves them out then, and with them the texts that only they refer to.
 */
#include <elf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The beginning of .BTF.ext (Documentation/bpf/btf.rst of the kernel). */
struct btf_ext_header {
	uint16_t magic;
	uint8_t version;
	uint8_t flags;
	uint32_t hdr_len;
	uint32_t func_info_off;
	uint32_t func_info_len;
	uint32_t line_info_off;
	uint32_t line_info_len;
};

enum { BTF_MAGIC = 0xeb9f };

struct object {
	char *bytes;
	size_t n;
};

__attribute__((noreturn, format(printf, 1, 2))) static void die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("strip_line_info: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	exit(1);
}

static struct object read_object(const char *path)
{
	FILE *f = fopen(path, "rbe");
	struct object o = {0};
	long size;

	if (!f || fseek(f, 0, SEEK_END) || (size = ftell(f)) < 0 || fseek(f, 0, SEEK_SET))
		die("%s: %s", path, strerror(errno));
	o.n = (size_t)size;
	o.bytes = malloc(o.n + 1);
	if (!o.bytes || fread(o.bytes, 1, o.n, f) != o.n)
		die("%s: cannot be read", path);
	o.bytes[o.n] = '\0';
	fclose(f);
	return o;
}

static void write_object(const struct object *o, const char *path)
{
	FILE *f = fopen(path, "wbe");

	if (!f || fwrite(o->bytes, 1, o->n, f) != o->n || fclose(f))
		die("%s: %s", path, strerror(errno));
}

/* n bytes of the object from there. */
static void *part(const struct object *o, uint64_t at, uint64_t n)
{
	if (at > o->n || n > o->n - at)
		die("it ends too early");
	return o->bytes + at;
}

static const Elf64_Shdr *section(const struct object *o, const Elf64_Ehdr *elf, unsigned int i)
{
	return part(o, elf->e_shoff + (uint64_t)i * elf->e_shentsize, sizeof(Elf64_Shdr));
}

static struct btf_ext_header *find_btf_ext(const struct object *o)
{
	const Elf64_Ehdr *elf = part(o, 0, sizeof(*elf));
	const Elf64_Shdr *names;

	if (memcmp(elf->e_ident, ELFMAG, SELFMAG) != 0 || elf->e_ident[EI_CLASS] != ELFCLASS64)
		die("not a 64-bit ELF file");
	names = section(o, elf, elf->e_shstrndx);
	for (unsigned int i = 0; i < elf->e_shnum; i++) {
		const Elf64_Shdr *s = section(o, elf, i);

		if (!strcmp(part(o, names->sh_offset + s->sh_name, 1), ".BTF.ext"))
			return part(o, s->sh_offset, sizeof(struct btf_ext_header));
	}
	die("it has no .BTF.ext");
}

int main(int argc, char **argv)
{
	struct btf_ext_header *ext;
	struct object o;

	if (argc != 3)
		die("usage: strip_line_info IN OUT");
	o = read_object(argv[1]);
	ext = find_btf_ext(&o);
	if (ext->magic != BTF_MAGIC)
		die("%s: its .BTF.ext is of another byte order", argv[1]);
	ext->line_info_len = 0;
	write_object(&o, argv[2]);
	free(o.bytes);
	return 0;
}
