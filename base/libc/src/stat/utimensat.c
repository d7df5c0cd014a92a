/* SPDX-License-Identifier: BSD-2-Clause */
#include <sys/stat.h>

#include "syscall.h"

int
utimensat(int fd, const char *path, const struct timespec times[2], int flag)
{
	return (syscall(SYS_utimensat, fd, path, times, flag));
}
