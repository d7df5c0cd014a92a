/* SPDX-License-Identifier: BSD-2-Clause */
#include <fcntl.h>

#include "syscall.h"

/* Both return the error itself. */
int
posix_fallocate(int fd, off_t offset, off_t len)
{
	return (__syscall(SYS_posix_fallocate, fd, offset, len));
}
