/* SPDX-License-Identifier: BSD-2-Clause */
#include <sys/socket.h>

#include "syscall.h"

int
setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
	return (syscall(SYS_setsockopt, fd, level, name, value, len));
}
