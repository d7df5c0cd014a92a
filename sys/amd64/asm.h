/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Numbers that assembly and C share; C checks the offsets (amd64/trap.c).
 */
#ifndef AMD64_ASM_H
#define AMD64_ASM_H

#define KERNBASE 0xffffffff80000000

/* struct cpu, by %gs */
#define CPU_THREAD	  0
#define CPU_SELF	  8
#define CPU_KSTACK	  16 /* c_scratch[0]: top of the thread's stack */
#define CPU_USER_RSP	  24 /* c_scratch[1] */
#define CPU_COUNTS	  64 /* c_counts[0] */
#define CPU_COUNT_SYSCALL 0  /* its index there */

/* struct thread */
#define TD_ONFAULT   24 /* td_md.md_onfault */
#define TD_FLAGS     48
#define TD_PROC	     56
#define TD_FLAGS_AST 0x2f /* the td_flags that ast() must see */

/* struct proc */
#define P_ABI 0

/* struct abi */
#define ABI_SYSCALL 0

/* struct trapframe */
#define TF_RCX	  24
#define TF_R11	  80
#define TF_TRAPNO 120
#define TF_ERR	  128
#define TF_RIP	  136
#define TF_CS	  144
#define TF_RFLAGS 152
#define TF_RSP	  160

/* Selectors */
#define SEL_KCODE     0x20
#define SEL_KDATA     0x28
#define SEL_UCODE     0x43 /* FreeBSD's user %cs, 64-bit */
#define SEL_UDATA     0x3b /* FreeBSD's user %ss */

#define MSR_EFER      0xc0000080
#define EFER_SCE      0x001
#define EFER_LME      0x100
#define EFER_NXE      0x800
#define MSR_GS_BASE   0xc0000101

#define AP_TRAMPOLINE 0x1000 /* physical page that the APs start in */

/* Where a CPU starts and idles: a page not mapped, and its stack. */
#ifdef OPT_KASAN
#define START_STACK_SIZE 36864
#else
#define START_STACK_SIZE 20480
#endif

#endif
