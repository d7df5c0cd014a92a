# SPDX-License-Identifier: BSD-2-Clause
# The beginnings of _init() and _fini(), and the notes by which a kernel knows
# a FreeBSD program: name, type 1 (ABI), the release it was made for; then type 4
# (features): none that it does without. FreeBSD's kernel takes the first for cut
# off if nothing comes after it.
.section .note.tag,"a",@note
	.balign	4
	.long	8, 4, 1
	.asciz	"FreeBSD"
	.long	1500068
	.long	8, 4, 4
	.asciz	"FreeBSD"
	.long	0

.section .init
.global _init
_init:
	sub	$8, %rsp

.section .fini
.global _fini
_fini:
	sub	$8, %rsp
