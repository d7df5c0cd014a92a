/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PVH entry: 32-bit protected mode, paging off, %ebx = physical address of
 * hvm_start_info (Xen's x86/HVM direct boot ABI, "PVH").  The page tables
 * that take us to 64-bit mode are made by the linker, so nothing is computed
 * here.
 */
#include "amd64/asm.h"
#include "amd64/kasan.h"
#define PHYS(x)	((x) - KERNBASE)

	.section .note.Xen, "a", @note
	.balign 4
	.long	4, 8, 18		/* name, descriptor, PHYS32_ENTRY */
	.asciz	"Xen"
	.quad	PHYS(pvh_entry)

	.section .text.boot, "ax"
	.code32
	.globl	pvh_entry
pvh_entry:
	cld
	rdtsc
	movl	%eax, PHYS(boot_tsc)
	movl	%edx, PHYS(boot_tsc + 4)
	movl	%ebx, PHYS(boot_start_info)
	movl	$PHYS(start_stacks + START_STACK_SIZE), %esp
	movl	$PHYS(boot_pml4), %eax
	call	enter_long_mode
	ljmp	$0x20, $PHYS(1f)
	.code64
1:	movabsq	$kernel_main_high, %rax
	jmp	*%rax

	/*
	 * %eax: page tables.  64-bit mode needs only the far jump afterwards.
	 * PAE; LME, SCE and NXE where there is NX; PG, WP, NE, PE.
	 */
	.code32
enter_long_mode:
	movl	%eax, %cr3
	movl	%cr4, %eax
	orl	$0x20, %eax
	movl	%eax, %cr4
	movl	%ebx, %edi
	movl	$0x80000001, %eax
	cpuid
	movl	%edi, %ebx
	movl	%edx, %esi
	movl	$MSR_EFER, %ecx
	rdmsr
	orl	$(EFER_LME | EFER_SCE), %eax
	testl	$(1 << 20), %esi
	jz	1f
	orl	$EFER_NXE, %eax
1:	wrmsr
	movl	%cr0, %eax
	andl	$~0x60000000, %eax	/* caches on */
	orl	$0x80010023, %eax
	movl	%eax, %cr0
	lgdt	PHYS(boot_gdt_desc)
	ret

	.code64
kernel_main_high:
	movabsq	$(start_stacks + START_STACK_SIZE), %rsp
	xorl	%eax, %eax
	movw	%ax, %ds
	movw	%ax, %es
	movw	%ax, %fs
	movw	%ax, %gs
	movl	$0x28, %eax
	movw	%ax, %ss
	/* %gs: the boot CPU's struct cpu, before C runs. */
	movabsq	$cpus, %rax
	movq	%rax, CPU_SELF(%rax)
	movq	%rax, %rdx
	shrq	$32, %rdx
	movl	$MSR_GS_BASE, %ecx
	wrmsr
	xorl	%ebp, %ebp
	call	kernel_main
	ud2

	/*
	 * The other CPUs start here in real mode, at AP_TRAMPOLINE, where
	 * smp.c has copied these bytes.  All at once: each takes a ticket.
	 */
	.globl	ap_trampoline, ap_trampoline_end
	.code16
ap_trampoline:
	cli
	cld
	xorw	%ax, %ax
	movw	%ax, %ds
	lgdtl	AP_TRAMPOLINE + (ap_gdt_desc - ap_trampoline)
	movl	%cr0, %eax
	orl	$1, %eax
	movl	%eax, %cr0
	ljmpl	$0x18, $(AP_TRAMPOLINE + (1f - ap_trampoline))
	.code32
1:	movl	$0x28, %eax
	movw	%ax, %ds
	movw	%ax, %es
	movw	%ax, %ss
	movl	$1, %ebx
	lock xaddl %ebx, PHYS(ap_ticket)
	cmpl	PHYS(ncpus), %ebx
	jae	3f
	imull	$START_STACK_SIZE, %ebx, %esp
	addl	$PHYS(start_stacks + START_STACK_SIZE), %esp
	movl	$PHYS(boot_pml4), %eax
	movl	$PHYS(enter_long_mode), %ecx
	call	*%ecx
	ljmp	$0x20, $PHYS(2f)
3:	cli
	hlt
	jmp	3b
	.balign	4
ap_gdt_desc:
	.word	boot_gdt_end - boot_gdt - 1
	.long	PHYS(boot_gdt)
ap_trampoline_end:
	.code64
2:	movabsq	$4f, %rax
	jmp	*%rax
4:	movabsq	$KERNBASE, %rax
	addq	%rax, %rsp
	xorl	%eax, %eax
	movw	%ax, %ds
	movw	%ax, %es
	movw	%ax, %fs
	movw	%ax, %gs
	movl	$0x28, %eax
	movw	%ax, %ss
	movl	%ebx, %edi
	xorl	%ebp, %ebp
	call	ap_main
	ud2

	.section .data.boot, "aw"
	.globl	boot_tsc, boot_start_info, boot_pml4, boot_physmap_pdpt
	.globl	kernel_pdpt, boot_pd, ap_ticket
	.balign	8
boot_tsc:
	.quad	0
boot_start_info:
	.quad	0
ap_ticket:
	.long	1
	.balign	8
	/* 32-bit code 0x18, 64-bit code 0x20, data 0x28: as the final GDT. */
boot_gdt:
	.quad	0, 0, 0
	.quad	0x00cf9a000000ffff
	.quad	0x00af9a000000ffff
	.quad	0x00cf92000000ffff
boot_gdt_end:
boot_gdt_desc:
	.word	boot_gdt_end - boot_gdt - 1
	.long	PHYS(boot_gdt)

	/*
	 * The first gigabyte at 0, at PHYSMAP_BASE and at KERNBASE, and the
	 * fourth, where the devices are, uncached, after the kernel's.
	 */
	.balign	4096
boot_pml4:
	.quad	PHYS(boot_physmap_pdpt) + 3
	.fill	255, 8, 0
	.quad	PHYS(boot_physmap_pdpt) + 3
#ifdef OPT_KASAN
	.fill	KASAN_PHYSMAP_PML4 - 257, 8, 0
	.quad	PHYS(kasan_boot_pdpt) + 3
	.fill	KASAN_KERNEL_PML4 - KASAN_PHYSMAP_PML4 - 1, 8, 0
	.quad	PHYS(kasan_pdpt) + 3
	.fill	510 - KASAN_KERNEL_PML4, 8, 0
#else
	.fill	254, 8, 0
#endif
	.quad	PHYS(kernel_pdpt) + 3
boot_physmap_pdpt:
	.quad	PHYS(boot_pd) + 3
	.fill	511, 8, 0
kernel_pdpt:
	.fill	510, 8, 0
	.quad	PHYS(boot_pd) + 3
	.quad	PHYS(device_pd) + 3
boot_pd:
	i = 0
	.rept	512
	.quad	(i << 21) + 0x83
	i = i + 1
	.endr
device_pd:
	i = 1536
	.rept	512
	.quad	(i << 21) + 0x9b
	i = i + 1
	.endr

#ifdef OPT_KASAN
	/* The shadow of the physmap until it has its own, and for ever of
	 * devices: nothing but zeroes.  And that of the kernel itself. */
kasan_boot_pdpt:
	.quad	PHYS(kasan_boot_pd) + 3
	.fill	511, 8, 0
kasan_boot_pd:
	.rept	64
	.quad	PHYS(kasan_zero_pt) + 3
	.endr
	.fill	448, 8, 0
kasan_zero_pt:
	.rept	512
	.quad	PHYS(kasan_zero) + 1
	.endr
kasan_zero:
	.fill	512, 8, 0
	.globl	kasan_pdpt
kasan_pdpt:
	.fill	511, 8, 0
	.quad	PHYS(kasan_pd) + 3
kasan_pd:
	.fill	KASAN_IMAGE_PD, 8, 0
	.quad	PHYS(kasan_pt) + 3
	.fill	63, 8, 0
	.rept	64
	.quad	PHYS(kasan_zero_pt) + 3
	.endr
kasan_pt:
	i = 0
	.rept	KASAN_IMAGE_PAGES
	.quad	PHYS(kasan_image) + (i << 12) + 3
	i = i + 1
	.endr
#endif

	.section .bss
	.balign	4096
#ifdef OPT_KASAN
kasan_image:
	.skip	KASAN_IMAGE_PAGES * 4096
#endif
	.globl	start_stacks
start_stacks:
	.skip	START_STACK_SIZE * 16
	.section .note.GNU-stack, "", @progbits
