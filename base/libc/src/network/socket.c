/* SPDX-License-Identifier: BSD-2-Clause */
#include <sys/socket.h>

#include "syscall.h"

int
socket(int domain, int type, int protocol)
{
	return (syscall(SYS_socket, domain, type, protocol));
}
