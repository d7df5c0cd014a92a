/* SPDX-License-Identifier: BSD-2-Clause */
/* The machine's state as programs see it: ucontext(3), signal frames. */
#ifndef FBSD_UCONTEXT_H
#define FBSD_UCONTEXT_H

#include "fbsd/signal.h"

struct mcontext {
	uint64_t mc_onstack;
	uint64_t mc_rdi;
	uint64_t mc_rsi;
	uint64_t mc_rdx;
	uint64_t mc_rcx;
	uint64_t mc_r8;
	uint64_t mc_r9;
	uint64_t mc_rax;
	uint64_t mc_rbx;
	uint64_t mc_rbp;
	uint64_t mc_r10;
	uint64_t mc_r11;
	uint64_t mc_r12;
	uint64_t mc_r13;
	uint64_t mc_r14;
	uint64_t mc_r15;
	uint32_t mc_trapno;
	uint16_t mc_fs;
	uint16_t mc_gs;
	uint64_t mc_addr;
	uint32_t mc_flags;
	uint16_t mc_es;
	uint16_t mc_ds;
	uint64_t mc_err;
	uint64_t mc_rip;
	uint64_t mc_cs;
	uint64_t mc_rflags;
	uint64_t mc_rsp;
	uint64_t mc_ss;
	uint64_t mc_len;
	uint64_t mc_fpformat;
	uint64_t mc_ownedfp;
	uint64_t mc_fpstate[64] __aligned(16); /* FXSAVE's 512 bytes */
	uint64_t mc_fsbase;
	uint64_t mc_gsbase;
	uint64_t mc_xfpustate; /* user address: XSAVE past the 512 */
	uint64_t mc_xfpustate_len;
	uint64_t mc_tlsbase;
	uint64_t mc_spare[3];
};
_Static_assert(sizeof(struct mcontext) == 800, "mcontext_t");
_Static_assert(offsetof(struct mcontext, mc_rip) == 160, "mc_rip");
_Static_assert(offsetof(struct mcontext, mc_fpstate) == 224, "mc_fpstate");
_Static_assert(offsetof(struct mcontext, mc_fsbase) == 736, "mc_fsbase");

#define MC_HASSEGS	0x1u /* mc_flags */
#define MC_HASBASES	0x2u
#define MC_HASFPXSTATE	0x4u
#define MC_HASTLSBASE	0x8u
#define MC_FLAG_MASK	0xfu

#define MC_FPFMT_NODEV	0x10000
#define MC_FPFMT_XMM	0x10002
#define MC_FPOWNED_NONE 0x20000
#define MC_FPOWNED_FPU	0x20001
#define MC_FPOWNED_PCB	0x20002

struct ucontext {
	sigset_t uc_sigmask;
	struct mcontext uc_mcontext;
	uint64_t uc_link;
	struct sigaltstack uc_stack;
	int uc_flags;
	int uc_spare[4];
};
_Static_assert(sizeof(struct ucontext) == 880, "ucontext_t");
_Static_assert(offsetof(struct ucontext, uc_link) == 816, "uc_link");
#define UC_COPY_SIZE offsetof(struct ucontext, uc_spare)

/* On the stack of a handler; sf_handler is called with %rsp at the frame. */
struct sigframe {
	uint64_t sf_handler;
	struct ucontext sf_uc;
	struct siginfo sf_si;
};
_Static_assert(offsetof(struct sigframe, sf_uc) == 16, "sf_uc");
_Static_assert(offsetof(struct sigframe, sf_si) == 896, "sf_si");

#define SIGFASTBLOCK_SETPTR   1
#define SIGFASTBLOCK_UNBLOCK  2
#define SIGFASTBLOCK_UNSETPTR 3
#define SIGFASTBLOCK_PEND     0x1u
#define SIGFASTBLOCK_FLAGS    0xfu

#endif
