/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel passes the address of argc in %rdi; the dynamic linker's start
 * wants that of its own dynamic section as well. */
__asm__(".text\n"
	".weak _DYNAMIC\n"
	".hidden _DYNAMIC\n"
	".global " START "\n" START ":\n"
	"	xor %ebp,%ebp\n"
	"	lea _DYNAMIC(%rip),%rsi\n"
	"	and $-16,%rsp\n"
	"	call " START "_c\n");
