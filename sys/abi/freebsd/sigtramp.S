/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Copied into the shared page.  The kernel starts a handler here, with
 * its arguments in registers and %rsp at a struct sigframe.
 */
#define SIGFRAME_HANDLER	0
#define SIGFRAME_UCONTEXT	16
#define SYS_sigreturn		417

	.section .rodata
	.globl	sigcode, esigcode
	.balign	16
sigcode:
	call	*SIGFRAME_HANDLER(%rsp)
	leaq	SIGFRAME_UCONTEXT(%rsp), %rdi
	movl	$SYS_sigreturn, %eax
	syscall
	/* sigreturn(2) comes back only if the context was refused. */
	ud2
esigcode:

	.section .note.GNU-stack, "", @progbits
