/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the dynamic linker into a program that was built on FreeBSD.  Its start
 * file expects that everything has been initialised by then, the program's own
 * constructors too, and finds the address of argc in %rdi.
 */
#include <stdlib.h>
#include <unistd.h>

#include "libc.h"
#include "pthread_impl.h"

/* What FreeBSD's threads have. */
#define STACK_SIZE (2u << 20)

/* The start file has an "environ" and a "__progname" of its own, by which the
 * library knows them as well (dynamic.list); it sets them once more. */
extern char **environ;

hidden void __names_init(void);

/* What the start file is to call at the end; exit() does all there is to do. */
static void
cleanup(void)
{
}

/* musl's CRTJMP(): entry is the program's, stack has argc and what follows. */
hidden _Noreturn void
__freebsd_enter(void *entry, size_t *stack)
{
	char **argv = (char **)(stack + 1), *p;

	environ = argv + stack[0] + 1;
	__progname = __progname_full = argv[0] != NULL ? argv[0] : "";
	for (p = __progname; *p != '\0'; p++)
		if (*p == '/')
			__progname = p + 1;
	__default_stacksize = STACK_SIZE;
	__names_init();
	__libc_start_init();
	__asm__ volatile("	xor	%%ebp, %%ebp\n"
			 "	lea	-8(%%rdi), %%rsp\n"
			 "	and	$-16, %%rsp\n"
			 "	sub	$8, %%rsp\n"
			 "	jmp	*%0"
			 :
			 : "a"(entry), "D"(stack), "S"(cleanup)
			 : "memory");
	__builtin_unreachable();
}

/* What a start file calls: since release 15 this alone, */
_Noreturn void
__libc_start1(int argc, char *argv[], char *env[], void (*at_end)(void),
    int (*main)(int, char **, char **))
{
	if (at_end != NULL)
		atexit(at_end);
	exit(main(argc, argv, env));
}

/* and before it, if the program is static. */
void
_init_tls(void)
{
}
