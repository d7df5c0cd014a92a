/* SPDX-License-Identifier: BSD-2-Clause */
/* The smallest program: it ends. For either system. */
void _start(void);

__asm__(".section .note.tag, \"a\", @note\n"
	"	.balign 4\n"
	"	.long 8, 4, 1\n"
	"	.asciz \"FreeBSD\"\n"
	"	.long 1500068\n"
	"	.text\n");

void
_start(void)
{
#ifdef LINUX
	__asm__ volatile("syscall" ::"a"(60), "D"(0));
#else
	__asm__ volatile("syscall" ::"a"(1), "D"(0));
#endif
	__builtin_unreachable();
}
