# SPDX-License-Identifier: BSD-2-Clause
# How a thread ends: nothing here touches the stack.
.text
# void __unmapself(void *base, size_t size): frees the thread's own stack.
.global __unmapself
.type __unmapself,@function
__unmapself:
	mov	$73, %eax		# munmap
	syscall
	lea	__thread_list_lock(%rip), %rdi

# void __thr_leave(volatile int *word): clears the word, wakes one that waits
# for that, and ends the thread.
.global __thr_leave
.hidden __thr_leave
.type __thr_leave,@function
__thr_leave:
	movl	$0, (%rdi)
	mov	$3, %esi		# UMTX_OP_WAKE
	mov	$1, %edx
	xor	%r10d, %r10d
	xor	%r8d, %r8d
	mov	$454, %eax		# _umtx_op
	syscall
	xor	%edi, %edi
	mov	$431, %eax		# thr_exit
	syscall
	hlt
