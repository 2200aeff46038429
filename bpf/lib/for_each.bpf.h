/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Layer 0: FOR_EACH(STEP, first, second, ...) is STEP(first) STEP(second) ... for at most 32
 * arguments: the preprocessor cannot count, so each number has a line.
 */
#ifndef RINGTALLY_BPF_LIB_FOR_EACH_H
#define RINGTALLY_BPF_LIB_FOR_EACH_H

/* clang-format off */
#define FOR_EACH(STEP, ...)                                                                 \
	FOR_EACH_PICK(__VA_ARGS__, FOR_32, FOR_31, FOR_30, FOR_29, FOR_28, FOR_27,          \
		FOR_26, FOR_25, FOR_24, FOR_23, FOR_22, FOR_21, FOR_20, FOR_19, FOR_18,     \
		FOR_17, FOR_16, FOR_15, FOR_14, FOR_13, FOR_12, FOR_11, FOR_10, FOR_9,      \
		FOR_8, FOR_7, FOR_6, FOR_5, FOR_4, FOR_3, FOR_2, FOR_1)                     \
	(STEP, __VA_ARGS__)
#define FOR_EACH_PICK(_1, _2, _3, _4, _5, _6, _7, _8, _9, _10, _11, _12, _13, _14, _15,     \
		_16, _17, _18, _19, _20, _21, _22, _23, _24, _25, _26, _27, _28, _29,       \
		_30, _31, _32, FOR_N, ...)                                                  \
	FOR_N

#define FOR_1(STEP, x) STEP(x)
#define FOR_2(STEP, x, ...) STEP(x) FOR_1(STEP, __VA_ARGS__)
#define FOR_3(STEP, x, ...) STEP(x) FOR_2(STEP, __VA_ARGS__)
#define FOR_4(STEP, x, ...) STEP(x) FOR_3(STEP, __VA_ARGS__)
#define FOR_5(STEP, x, ...) STEP(x) FOR_4(STEP, __VA_ARGS__)
#define FOR_6(STEP, x, ...) STEP(x) FOR_5(STEP, __VA_ARGS__)
#define FOR_7(STEP, x, ...) STEP(x) FOR_6(STEP, __VA_ARGS__)
#define FOR_8(STEP, x, ...) STEP(x) FOR_7(STEP, __VA_ARGS__)
#define FOR_9(STEP, x, ...) STEP(x) FOR_8(STEP, __VA_ARGS__)
#define FOR_10(STEP, x, ...) STEP(x) FOR_9(STEP, __VA_ARGS__)
#define FOR_11(STEP, x, ...) STEP(x) FOR_10(STEP, __VA_ARGS__)
#define FOR_12(STEP, x, ...) STEP(x) FOR_11(STEP, __VA_ARGS__)
#define FOR_13(STEP, x, ...) STEP(x) FOR_12(STEP, __VA_ARGS__)
#define FOR_14(STEP, x, ...) STEP(x) FOR_13(STEP, __VA_ARGS__)
#define FOR_15(STEP, x, ...) STEP(x) FOR_14(STEP, __VA_ARGS__)
#define FOR_16(STEP, x, ...) STEP(x) FOR_15(STEP, __VA_ARGS__)
#define FOR_17(STEP, x, ...) STEP(x) FOR_16(STEP, __VA_ARGS__)
#define FOR_18(STEP, x, ...) STEP(x) FOR_17(STEP, __VA_ARGS__)
#define FOR_19(STEP, x, ...) STEP(x) FOR_18(STEP, __VA_ARGS__)
#define FOR_20(STEP, x, ...) STEP(x) FOR_19(STEP, __VA_ARGS__)
#define FOR_21(STEP, x, ...) STEP(x) FOR_20(STEP, __VA_ARGS__)
#define FOR_22(STEP, x, ...) STEP(x) FOR_21(STEP, __VA_ARGS__)
#define FOR_23(STEP, x, ...) STEP(x) FOR_22(STEP, __VA_ARGS__)
#define FOR_24(STEP, x, ...) STEP(x) FOR_23(STEP, __VA_ARGS__)
#define FOR_25(STEP, x, ...) STEP(x) FOR_24(STEP, __VA_ARGS__)
#define FOR_26(STEP, x, ...) STEP(x) FOR_25(STEP, __VA_ARGS__)
#define FOR_27(STEP, x, ...) STEP(x) FOR_26(STEP, __VA_ARGS__)
#define FOR_28(STEP, x, ...) STEP(x) FOR_27(STEP, __VA_ARGS__)
#define FOR_29(STEP, x, ...) STEP(x) FOR_28(STEP, __VA_ARGS__)
#define FOR_30(STEP, x, ...) STEP(x) FOR_29(STEP, __VA_ARGS__)
#define FOR_31(STEP, x, ...) STEP(x) FOR_30(STEP, __VA_ARGS__)
#define FOR_32(STEP, x, ...) STEP(x) FOR_31(STEP, __VA_ARGS__)
/* clang-format on */

#endif
