/* SPDX-License-Identifier: BSD-2-Clause */
#include <sys/stat.h>

#include "syscall.h"

int
__fstat(int fd, struct stat *st)
{
	return (syscall(SYS_fstat, fd, st));
}
weak_alias(__fstat, fstat);
