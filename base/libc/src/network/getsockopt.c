/* SPDX-License-Identifier: BSD-2-Clause */
#include <sys/socket.h>

#include "syscall.h"

int
getsockopt(
    int fd, int level, int name, void *restrict value, socklen_t *restrict len)
{
	return (syscall(SYS_getsockopt, fd, level, name, value, len));
}
