/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Start files as programs have them: -DRELEASE=15 is what FreeBSD's do since
 * release 15, otherwise what they did before.
 */
#include <stddef.h>

char **environ;
const char *__progname = "";

int main(int, char **, char **);
void exit(int) __attribute__((__noreturn__));
int atexit(void (*)(void));
void __libc_start1(int, char **, char **, void (*)(void),
    int (*)(int, char **, char **)) __attribute__((__noreturn__));

__attribute__((__used__)) static void
start(long *ap, void (*cleanup)(void))
{
	char **argv = (char **)(ap + 1), **env = argv + ap[0] + 1;

#if RELEASE == 15
	__libc_start1((int)ap[0], argv, env, cleanup, main);
#else
	environ = env;
	if (ap[0] > 0 && argv[0] != NULL) {
		__progname = argv[0];
		for (const char *p = argv[0]; *p != '\0'; p++)
			if (*p == '/')
				__progname = p + 1;
	}
	atexit(cleanup);
	exit(main((int)ap[0], argv, env));
#endif
}

__asm__(".globl	_start\n"
	"_start:	xor %ebp, %ebp\n"
	"	jmp	start\n");
