/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel that does nothing: PVH entry, then a triple fault. */
	.section .note.Xen, "a", @note
	.long	4, 4, 18
	.asciz	"Xen"
	.long	_start
	.text
	.code32
	.globl	_start
_start:
	lidt	none
	int3
	.data
none:
	.word	0
	.long	0
	.section .note.GNU-stack, "", @progbits
