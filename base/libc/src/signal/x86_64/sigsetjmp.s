# SPDX-License-Identifier: BSD-2-Clause
# int sigsetjmp(sigjmp_buf, int save): setjmp() and, if asked for, the mask.  It
# comes back through itself, so what it needs by then is in the buffer: its
# caller's %rip at 64 and %rbx at 88, behind the 16 bytes of the mask.
.global sigsetjmp
.global __sigsetjmp
.type sigsetjmp,@function
.type __sigsetjmp,@function
.hidden __sigsetjmp_tail
sigsetjmp:
__sigsetjmp:
	test	%esi, %esi
	jz	1f
	popq	64(%rdi)
	mov	%rbx, 88(%rdi)
	mov	%rdi, %rbx
	call	setjmp@PLT
	pushq	64(%rbx)
	mov	%rbx, %rdi
	mov	%eax, %esi
	mov	88(%rbx), %rbx
	jmp	__sigsetjmp_tail
1:	jmp	setjmp@PLT
