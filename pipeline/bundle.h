/* SPDX-License-Identifier: Apache-2.0 */
/* The shipped probes, linked into one BPF object and carried in the binary. */
#ifndef RINGTALLY_PIPELINE_BUNDLE_H
#define RINGTALLY_PIPELINE_BUNDLE_H

extern const unsigned char bundle_begin[];
extern const unsigned char bundle_end[];

#endif
