/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * User memory.  Each function sets the thread's md_onfault while it touches
 * user addresses; a fault that vm_fault() cannot mend continues there.  The
 * three-byte no-ops become stac and clac where the CPU has SMAP (init.c).
 */
#include "amd64/asm.h"

#if defined(OPT_KASAN) || defined(OPT_LOCKDEBUG)
	/* What others call is in copy_checked.c. */
#define copyin		md_copyin
#define copyout		md_copyout
#define copyinstr	md_copyinstr
#define zero_user	md_zero_user
#define fueword32	md_fueword32
#define fueword64	md_fueword64
#define suword32	md_suword32
#define suword64	md_suword64
#define casueword32	md_casueword32
#define casueword64	md_casueword64
#endif
#ifdef OPT_KASAN
#define memcpy		md_memcpy
#define memset		md_memset
#endif

#define STAC \
8:	.byte	0x0f, 0x1f, 0x00; \
	.section .smap_patch, "a"; .quad 8b; .byte 0xcb; .balign 8; .text
#define CLAC \
7:	.byte	0x0f, 0x1f, 0x00; \
	.section .smap_patch, "a"; .quad 7b; .byte 0xca; .balign 8; .text

#define EFAULT		14
#define ENAMETOOLONG	63

	.text
	/* Is [reg, reg + len) below USER_TOP? Clobbers %rax. */
	.macro	CHECK_RANGE reg, len
	movq	\reg, %rax
	addq	\len, %rax
	jc	fault
	shrq	$47, %rax
	jnz	fault
	.endm
	.macro	CHECK_WORD reg
	movq	\reg, %rax
	shrq	$47, %rax
	jnz	fault
	.endm
	.macro	BEGIN
#ifdef OPT_LOCKDEBUG
	pushq	%rdi
	pushq	%rsi
	pushq	%rdx
	pushq	%rcx
	subq	$8, %rsp
	call	lockdebug_user_memory
	addq	$8, %rsp
	popq	%rcx
	popq	%rdx
	popq	%rsi
	popq	%rdi
#endif
	movq	%gs:CPU_THREAD, %r11
	leaq	fault_in_copy(%rip), %r10
	movq	%r10, TD_ONFAULT(%r11)
	STAC
	.endm
	.macro	END
	CLAC
	movq	$0, TD_ONFAULT(%r11)
	.endm

fault_in_copy:
	CLAC
	movq	%gs:CPU_THREAD, %r11
	movq	$0, TD_ONFAULT(%r11)
fault:
	movl	$EFAULT, %eax
	ret

	/* copyin(const void *user, void *kernel, size_t len) */
	.globl	copyin, copyout, copyinstr, zero_user
	.balign	16
copyin:
	CHECK_RANGE %rdi, %rdx
	jmp	1f
	/* copyout(const void *kernel, void *user, size_t len) */
	.balign	16
copyout:
	CHECK_RANGE %rsi, %rdx
1:	BEGIN
	xchgq	%rdi, %rsi	/* both name the source first */
	movq	%rdx, %rcx
	shrq	$3, %rcx
	rep movsq
	movl	%edx, %ecx
	andl	$7, %ecx
	jz	2f
	rep movsb
2:	END
	xorl	%eax, %eax
	ret

	/* zero_user(void *user, size_t len) */
zero_user:
	CHECK_RANGE %rdi, %rsi
	BEGIN
	xorl	%eax, %eax
	movq	%rsi, %rcx
	shrq	$3, %rcx
	rep stosq
	movl	%esi, %ecx
	andl	$7, %ecx
	rep stosb
	END
	xorl	%eax, %eax
	ret

	/* copyinstr(const void *user, char *kernel, size_t max, size_t *len) */
	.balign	16
copyinstr:
	CHECK_WORD %rdi
	BEGIN
	movq	%rcx, %r9
	xorl	%ecx, %ecx
	/* Not past the end of user addresses. */
	movabsq	$0x7ffffffff000, %r8
	subq	%rdi, %r8
	jbe	fault_in_copy
1:	cmpq	%rdx, %rcx
	jae	3f
	cmpq	%r8, %rcx
	jae	fault_in_copy
	movb	(%rdi,%rcx), %al
	movb	%al, (%rsi,%rcx)
	incq	%rcx
	testb	%al, %al
	jnz	1b
	xorl	%eax, %eax
2:	END
	testq	%r9, %r9
	jz	4f
	movq	%rcx, (%r9)
4:	ret
3:	movl	$ENAMETOOLONG, %eax
	jmp	2b

	/* fueword32(const void *user, uint32_t *val), ... */
	.globl	fueword32, fueword64, suword32, suword64
	.globl	casueword32, casueword64
fueword32:
	CHECK_WORD %rdi
	BEGIN
	movl	(%rdi), %eax
	END
	movl	%eax, (%rsi)
	xorl	%eax, %eax
	ret
fueword64:
	CHECK_WORD %rdi
	BEGIN
	movq	(%rdi), %rax
	END
	movq	%rax, (%rsi)
	xorl	%eax, %eax
	ret
suword32:
	CHECK_WORD %rdi
	BEGIN
	movl	%esi, (%rdi)
	END
	xorl	%eax, %eax
	ret
suword64:
	CHECK_WORD %rdi
	BEGIN
	movq	%rsi, (%rdi)
	END
	xorl	%eax, %eax
	ret
	/* casueword32(user, old, *seen, new) */
casueword32:
	CHECK_WORD %rdi
	BEGIN
	movl	%esi, %eax
	lock cmpxchgl %ecx, (%rdi)
	END
	movl	%eax, (%rdx)
	xorl	%eax, %eax
	ret
casueword64:
	CHECK_WORD %rdi
	BEGIN
	movq	%rsi, %rax
	lock cmpxchgq %rcx, (%rdi)
	END
	movq	%rax, (%rdx)
	xorl	%eax, %eax
	ret

	/* Whole pages, by eight-byte strings: under software emulation each
	 * repetition costs as much as an instruction. */
	.globl	zero_page, copy_page
zero_page:
	xorl	%eax, %eax
	movl	$512, %ecx
	rep stosq
	ret
copy_page:
	movl	$512, %ecx
	rep movsq
	ret

	.globl	memcpy, memset
	.balign	16
memcpy:
	movq	%rdi, %rax
	movq	%rdx, %rcx
	shrq	$3, %rcx
	rep movsq
	movl	%edx, %ecx
	andl	$7, %ecx
	rep movsb
	ret
	.balign	16
memset:
	movq	%rdi, %r9
	movzbl	%sil, %eax
	movabsq	$0x0101010101010101, %r8
	imulq	%r8, %rax
	movq	%rdx, %rcx
	shrq	$3, %rcx
	rep stosq
	movl	%edx, %ecx
	andl	$7, %ecx
	rep stosb
	movq	%r9, %rax
	ret
	.section .note.GNU-stack, "", @progbits
