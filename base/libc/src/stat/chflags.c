/* SPDX-License-Identifier: BSD-2-Clause */
#include <sys/stat.h>

#include "syscall.h"

int
chflags(const char *path, unsigned long flags)
{
	return (syscall(SYS_chflags, path, flags));
}

int
lchflags(const char *path, unsigned long flags)
{
	return (syscall(SYS_lchflags, path, flags));
}

int
fchflags(int fd, unsigned long flags)
{
	return (syscall(SYS_fchflags, fd, flags));
}
