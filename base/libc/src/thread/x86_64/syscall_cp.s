# SPDX-License-Identifier: BSD-2-Clause
# long __syscall_cp_asm(volatile int *cancel, number, six arguments): a system
# call unless the thread is being cancelled. A cancellation that arrives
# between __cp_begin and __cp_end goes on at __cp_cancel instead.
.text
.global __cp_begin
.hidden __cp_begin
.global __cp_end
.hidden __cp_end
.global __cp_cancel
.hidden __cp_cancel
.hidden __cancel
.hidden __emulate
.global __syscall_cp_asm
.hidden __syscall_cp_asm
.type __syscall_cp_asm,@function
__syscall_cp_asm:
	cmp	$0x10000, %rsi		# EMULATED
	jae	1f
__cp_begin:
	cmpl	$0, (%rdi)
	jne	__cp_cancel
	mov	%rsi, %rax
	mov	%rdx, %rdi
	mov	%rcx, %rsi
	mov	%r8, %rdx
	mov	%r9, %r10
	mov	8(%rsp), %r8
	mov	16(%rsp), %r9
	syscall
__cp_end:
	jnc	2f
	neg	%rax
2:	ret
__cp_cancel:
	jmp	__cancel

1:	cmpl	$0, (%rdi)
	jne	__cp_cancel
	mov	%rsi, %rdi
	mov	%rdx, %rsi
	mov	%rcx, %rdx
	mov	%r8, %rcx
	mov	%r9, %r8
	mov	8(%rsp), %r9
	mov	16(%rsp), %rax
	sub	$8, %rsp
	push	%rax
	call	__emulate
	add	$16, %rsp
	ret
