/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Page faults: an access to memory that the processor could not make as things were.
 *
 *   DECLARE_EVENT_CLASS(x86_exceptions, TP_PROTO(unsigned long address, struct pt_regs *regs,
 *                                                unsigned long error_code)): page_fault_user,
 *                                                                            page_fault_kernel
 *
 * Told when the fault begins, whatever comes of it.
 */
#include "bpf/lib/emit.bpf.h"

enum fault_space {
	FAULT_USER,
	FAULT_KERNEL,
};

enum fault_access {
	ACCESS_READ,
	ACCESS_WRITE,
	ACCESS_EXEC,
};

const volatile enum fault_space anchor_fault_space = FAULT_USER;
const volatile enum fault_access anchor_fault_access = ACCESS_READ;

/* arch/x86/include/asm/trap_pf.h */
#define X86_PF_WRITE 0x2
#define X86_PF_INSTR 0x10

struct page_fault {
	u64 space ENUM(fault_space) HELP("Which code made the access: user or kernel.");
	u64 access ENUM(fault_access) HELP("What for: read, write or exec.");
} EVENT("An access to memory faulted.");

EVENT_DEFINE(page_fault);

static __always_inline u64 fault__access(u64 error_code)
{
	if (error_code & X86_PF_INSTR)
		return ACCESS_EXEC;
	return error_code & X86_PF_WRITE ? ACCESS_WRITE : ACCESS_READ;
}

static __always_inline int access__faulted(enum fault_space space, u64 error_code)
{
	struct page_fault ev = {.space = space, .access = fault__access(error_code)};

	emit(&ev);
	return 0;
}

SEC("?tp_btf/page_fault_user")
EMITTER_OF(page_fault, user)
int PROGRAM(on_page_fault_user, u64 address, struct pt_regs *regs, u64 error_code)
{
	return access__faulted(FAULT_USER, error_code);
}

SEC("?tp_btf/page_fault_kernel")
EMITTER_OF(page_fault, kernel)
int PROGRAM(on_page_fault_kernel, u64 address, struct pt_regs *regs, u64 error_code)
{
	return access__faulted(FAULT_KERNEL, error_code);
}
