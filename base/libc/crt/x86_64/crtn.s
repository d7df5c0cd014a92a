# SPDX-License-Identifier: BSD-2-Clause
.section .init
	add	$8, %rsp
	ret

.section .fini
	add	$8, %rsp
	ret
