/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef AMD64_FRAME_H
#define AMD64_FRAME_H

#include "amd64/asm.h"
#include "lib/types.h"

/*
 * What every entry into the kernel (trap, interrupt, system call) leaves at
 * the top of the thread's kernel stack; the last five words are what the CPU
 * itself pushes.  The entry code in amd64/entry.S knows this order.
 */
struct trapframe {
	uint64_t tf_rdi;
	uint64_t tf_rsi;
	uint64_t tf_rdx;
	uint64_t tf_rcx;
	uint64_t tf_r8;
	uint64_t tf_r9;
	uint64_t tf_rax;
	uint64_t tf_rbx;
	uint64_t tf_rbp;
	uint64_t tf_r10;
	uint64_t tf_r11;
	uint64_t tf_r12;
	uint64_t tf_r13;
	uint64_t tf_r14;
	uint64_t tf_r15;
	uint64_t tf_trapno; /* CPU vector; T_SYSCALL for syscall */
	uint64_t tf_err;    /* error code, or 0 */
	uint64_t tf_rip;
	uint64_t tf_cs;
	uint64_t tf_rflags;
	uint64_t tf_rsp;
	uint64_t tf_ss;
};

#define T_SYSCALL 256

static inline bool
tf_usermode(const struct trapframe *tf)
{
	return ((tf->tf_cs & 3) == 3);
}

#endif
