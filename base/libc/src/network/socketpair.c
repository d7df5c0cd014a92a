/* SPDX-License-Identifier: BSD-2-Clause */
#include <sys/socket.h>

#include "syscall.h"

int
socketpair(int domain, int type, int protocol, int fd[2])
{
	return (syscall(SYS_socketpair, domain, type, protocol, fd));
}
