/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel passes the address of argc in %rdi. */
__asm__(".text\n"
	".global " START "\n" START ":\n"
	"	xor %ebp,%ebp\n"
	"	and $-16,%rsp\n"
	"	call " START "_c\n");
