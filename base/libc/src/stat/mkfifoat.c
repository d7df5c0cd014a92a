/* SPDX-License-Identifier: BSD-2-Clause */
#include <sys/stat.h>

#include "syscall.h"

int
mkfifoat(int fd, const char *path, mode_t mode)
{
	return (syscall(SYS_mkfifoat, fd, path, mode));
}
