# SPDX-License-Identifier: BSD-2-Clause
# pid_t vfork(void): parent and child return on the same stack, so the return
# address is kept where the child can't overwrite it.
.text
.global vfork
.type vfork,@function
vfork:
	pop	%rsi
	mov	$66, %eax
	syscall
	push	%rsi
	jnc	1f
	neg	%rax
1:	mov	%rax, %rdi
	.hidden	__syscall_ret
	jmp	__syscall_ret
