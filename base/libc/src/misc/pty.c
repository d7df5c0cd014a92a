/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include "syscall.h"

int
posix_openpt(int flags)
{
	return (syscall(SYS_posix_openpt, flags));
}

/* The slave is the caller's, and open to it, from the beginning. */
int
grantpt(int fd)
{
	return (ioctl(fd, TIOCPTMASTER));
}

int
unlockpt(int fd)
{
	return (ioctl(fd, TIOCPTMASTER));
}

int
__ptsname_r(int fd, char *name, size_t size)
{
	int n;

	if (ioctl(fd, TIOCGPTN, &n) != 0)
		return (errno);
	if (snprintf(name, name == NULL ? 0 : size, "/dev/pts/%d", n) >=
	    (int)size)
		return (ERANGE);
	return (0);
}
weak_alias(__ptsname_r, ptsname_r);
