/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every way into the kernel and back: traps, interrupts, system calls.  All
 * leave a struct trapframe (amd64/frame.h) on the stack.  Interrupts are off
 * from the last look at td_flags until user mode, so nothing is missed.
 */
#include "amd64/asm.h"

/* Filled with clac where the CPU has SMAP (init.c). */
#define CLAC_IF_SMAP \
7:	.byte	0x0f, 0x1f, 0x00; \
	.section .smap_patch, "a"; \
	.quad	7b; .byte 0xca; .balign 8; \
	.text

	.text
	/* One stub for each vector: 16 bytes apart. */
	.globl	vector_stubs
	.balign	16
vector_stubs:
	vec = 0
	.rept	256
	.balign	16
	.if !(vec == 8 || (vec >= 10 && vec <= 14) || vec == 17 || vec == 21)
	pushq	$0
	.endif
	.if vec == 2
	/* NMI: nobody sends any that we understand. */
	addq	$8, %rsp
	iretq
	.elseif vec == 8 || vec == 18
	pushq	$vec
	jmp	fatal_entry
	.else
	pushq	$vec
	jmp	trap_entry
	.endif
	vec = vec + 1
	.endr

	.macro	PUSH_REGS
	pushq	%r15
	pushq	%r14
	pushq	%r13
	pushq	%r12
	pushq	%r11
	pushq	%r10
	pushq	%rbp
	pushq	%rbx
	pushq	%rax
	pushq	%r9
	pushq	%r8
	pushq	%rcx
	pushq	%rdx
	pushq	%rsi
	pushq	%rdi
	.endm

	.macro	POP_REGS
	popq	%rdi
	popq	%rsi
	popq	%rdx
	popq	%rcx
	popq	%r8
	popq	%r9
	popq	%rax
	popq	%rbx
	popq	%rbp
	popq	%r10
	popq	%r11
	popq	%r12
	popq	%r13
	popq	%r14
	popq	%r15
	.endm

trap_entry:
	PUSH_REGS
	cld
	CLAC_IF_SMAP
	testb	$3, TF_CS(%rsp)
	jz	1f
	swapgs
	/* The CPU has emptied %ss; syscall has not.  QEMU's translator tells
	 * the two apart, and would translate what both use twice. */
	movl	$SEL_KDATA, %eax
	movl	%eax, %ss
	movq	%rsp, %rdi
	xorl	%ebp, %ebp
	call	trap
	cli
	jmp	user_return
1:	cmpq	$user_iret, TF_RIP(%rsp)
	je	3f
	movq	%rsp, %rdi
	call	trap
	POP_REGS
	addq	$16, %rsp
	iretq
	/* Returning to user mode failed: %gs is the user's already. */
3:	swapgs
	movq	%gs:CPU_THREAD, %rdi
	call	trap_bad_return
	ud2

	/* Double fault, machine check: on a stack of their own, whose top word
	 * is the struct cpu; %gs may be anything. */
fatal_entry:
	PUSH_REGS
	cld
	movq	TF_RSP + 16(%rsp), %rax
	movq	%rax, %rdx
	shrq	$32, %rdx
	movl	$MSR_GS_BASE, %ecx
	wrmsr
	movq	%rsp, %rdi
	call	trap_fatal
	ud2

	/* md_user_enter(): the thread's first time in user mode. */
	.globl	md_user_enter
md_user_enter:
	cli
	movq	%gs:CPU_THREAD, %rax
	movq	%gs:CPU_KSTACK, %rsp
	subq	$176, %rsp
user_return:
	movq	%gs:CPU_THREAD, %rdi
	testl	$TD_FLAGS_AST, TD_FLAGS(%rdi)
	jnz	2f
	POP_REGS
	addq	$16, %rsp
	swapgs
	.globl	user_iret
user_iret:
	iretq
2:	sti
	call	ast
	cli
	jmp	user_return

	.globl	syscall_entry
	.balign	16
syscall_entry:
	swapgs
	movq	%rsp, %gs:CPU_USER_RSP
	movq	%gs:CPU_KSTACK, %rsp
	pushq	$SEL_UDATA
	pushq	%gs:CPU_USER_RSP
	pushq	%r11
	pushq	$SEL_UCODE
	pushq	%rcx
	pushq	$0
	pushq	$256
	movq	%r10, %rcx	/* beside the other arguments */
	PUSH_REGS
	incq	%gs:CPU_COUNTS + 8 * CPU_COUNT_SYSCALL
	sti
	movq	%gs:CPU_THREAD, %rdi
	movq	%rsp, %rsi
	xorl	%ebp, %ebp
	movq	TD_PROC(%rdi), %rax
	movq	P_ABI(%rax), %rax
	call	*ABI_SYSCALL(%rax)
	cli
	movq	%gs:CPU_THREAD, %rdi
	testl	$TD_FLAGS_AST, TD_FLAGS(%rdi)
	jnz	2b
	/* sysret faults in the kernel for a non-canonical %rip, and forgets
	 * %rcx and %r11: use it only where neither matters. */
	movq	TF_RIP(%rsp), %rcx
	movq	%rcx, %rax
	shrq	$47, %rax
	orq	TF_ERR(%rsp), %rax
	jnz	user_return
	popq	%rdi
	popq	%rsi
	popq	%rdx
	addq	$8, %rsp
	popq	%r8
	popq	%r9
	popq	%rax
	popq	%rbx
	popq	%rbp
	popq	%r10
	addq	$8, %rsp
	popq	%r12
	popq	%r13
	popq	%r14
	popq	%r15
	movq	32(%rsp), %r11
	movq	40(%rsp), %rsp
	swapgs
	sysretq

	/* switch_stacks(uint64_t *save, uint64_t rsp) */
	.globl	switch_stacks
switch_stacks:
	pushq	%rbx
	pushq	%rbp
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	movq	%rsp, (%rdi)
	movq	%rsi, %rsp
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbp
	popq	%rbx
	ret

	/* A new thread's first instructions: %r12 function, %r13 argument. */
	.globl	thread_start
thread_start:
	call	sched_thread_started
	movq	%r13, %rdi
	call	*%r12
	ud2
	.section .note.GNU-stack, "", @progbits
