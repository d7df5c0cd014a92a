/* SPDX-License-Identifier: BSD-2-Clause */
#include <unistd.h>

#include "syscall.h"

int
fexecve(int fd, char *const argv[], char *const envp[])
{
	return (syscall(SYS_fexecve, fd, argv, envp));
}
