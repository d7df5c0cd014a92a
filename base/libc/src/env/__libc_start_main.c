/* SPDX-License-Identifier: BSD-2-Clause */
/* From the program's entry to main(). */
#include <elf.h>
#include <stdlib.h>
#include <unistd.h>

#include "libc.h"
#include "syscall.h"

static void
nothing(void)
{
}
weak_alias(nothing, _init);

static void
nothing_with(void *p)
{
}
weak_alias(nothing_with, __init_ssp);

extern weak hidden void (*const __init_array_start)(void);
extern weak hidden void (*const __init_array_end)(void);

#define AUX_CNT 38

/* Before this has run there is no thread pointer, hence no errno. */
__attribute__((__noinline__)) void
__init_libc(char **envp, char *name)
{
	size_t aux[AUX_CNT] = {0}, *auxv;
	char *p;

	__environ = envp;
	while (*envp != NULL)
		envp++;
	libc.auxv = auxv = (size_t *)(envp + 1);
	for (; auxv[0] != AT_NULL; auxv += 2) {
		if (auxv[0] < AUX_CNT)
			aux[auxv[0]] = auxv[1];
	}
	__hwcap = aux[AT_HWCAP];
	libc.page_size = aux[AT_PAGESZ];
	if (name == NULL)
		name = aux[AT_EXECPATH] != 0 ? (char *)aux[AT_EXECPATH] : "";
	__progname = __progname_full = name;
	for (p = name; *p != '\0'; p++) {
		if (*p == '/')
			__progname = p + 1;
	}
	__init_tls(aux);
	__init_ssp((void *)aux[AT_CANARY]);
	libc.secure = __syscall(SYS_issetugid) != 0;
}

static void
start_init(void)
{
	void (*const *f)(void);

	_init();
	for (f = &__init_array_start; f < &__init_array_end; f++)
		(*f)();
}
weak_alias(start_init, __libc_start_init);

static int
run(int (*main)(int, char **, char **), int argc, char **argv)
{
	__libc_start_init();
	exit(main(argc, argv, argv + argc + 1));
	return (0);
}

int
__libc_start_main(int (*main)(int, char **, char **), int argc, char **argv,
    void (*init)(void), void (*fini)(void), void (*ldso)(void))
{
	int (*volatile next)(int (*)(int, char **, char **), int, char **);

	__init_libc(argv + argc + 1, argv[0]);
	/* What uses the thread pointer mustn't be moved above. */
	next = run;
	return (next(main, argc, argv));
}
