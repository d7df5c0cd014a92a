/* SPDX-License-Identifier: BSD-2-Clause */
#include <unistd.h>

#include "syscall.h"

int
faccessat(int fd, const char *path, int mode, int flag)
{
	return (syscall(SYS_faccessat, fd, path, mode, flag));
}
