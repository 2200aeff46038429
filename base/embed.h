/* SPDX-License-Identifier: Apache-2.0 */
/* A file carried in the binary: EMBED(name, "path") defines name_begin[] and name_end[], aligned to
 * 8 bytes and followed by a 0. The path is known when compiling. */
#ifndef RINGTALLY_BASE_EMBED_H
#define RINGTALLY_BASE_EMBED_H

#define EMBED(name, file)                                     \
	__asm__(".pushsection .rodata\n"                      \
		".balign 8\n"                                 \
		".global " #name "_begin\n" #name "_begin:\n" \
		".incbin \"" file "\"\n"                      \
		".global " #name "_end\n" #name "_end:\n"     \
		".byte 0\n"                                   \
		".popsection\n")

#endif
