/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "syscall.h"

int
__dup3(int old, int new, int flags)
{
	if (old == new || (flags & ~O_CLOEXEC) != 0) {
		errno = EINVAL;
		return (-1);
	}
	return (syscall(SYS_fcntl, old,
	    flags & O_CLOEXEC ? F_DUP2FD_CLOEXEC : F_DUP2FD, new));
}
weak_alias(__dup3, dup3);
