/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/bundle.h"

/* BUNDLE_FILE is the object's path, given by CMake. */
__asm__(".pushsection .rodata\n"
	".balign 8\n"
	".global bundle_begin\n"
	"bundle_begin:\n"
	".incbin \"" BUNDLE_FILE "\"\n"
	".global bundle_end\n"
	"bundle_end:\n"
	".byte 0\n"
	".popsection\n");
