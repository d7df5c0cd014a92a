/* SPDX-License-Identifier: BSD-2-Clause */
#include <sys/socket.h>

#include "syscall.h"

int
accept4(
    int fd, struct sockaddr *restrict addr, socklen_t *restrict len, int flags)
{
	return (syscall_cp(SYS_accept4, fd, addr, len, flags));
}
