/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is the BTF of somebody's object sound? libbpf (1.1) checks where its types begin and end, and
 * follows what they refer to without another look: of a damaged file that is anywhere.
 */
#ifndef RINGTALLY_PIPELINE_BTF_CHECK_H
#define RINGTALLY_PIPELINE_BTF_CHECK_H

struct btf;
struct err;

/* -EBADMSG with the number of the first type that refers to a text or a type that is not there, to
 * one of the wrong kind, or round in a circle. */
int btf_check(const struct btf *btf, struct err *err);

#endif
