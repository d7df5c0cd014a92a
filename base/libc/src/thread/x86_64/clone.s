# SPDX-License-Identifier: BSD-2-Clause
# int __vfork_on(int (*child)(void *), void *stack, void *arg): a child that
# shares the parent's memory and runs on a stack of its own. Returns the
# child's id or the negated error, once the child has called exec or ended.
.text
.global __vfork_on
.hidden __vfork_on
.type __vfork_on,@function
__vfork_on:
	and	$-16, %rsi
	mov	%rdx, -8(%rsi)		# the call may change %rdx
	mov	$66, %eax		# vfork
	syscall
	jc	1f
	test	%eax, %eax
	jnz	2f
	lea	-16(%rsi), %rsp
	mov	%rdi, %rax
	mov	-8(%rsi), %rdi
	xor	%ebp, %ebp
	call	*%rax
	mov	%eax, %edi
	mov	$1, %eax		# exit
	syscall
1:	neg	%rax
2:	ret
