/* SPDX-License-Identifier: BSD-2-Clause */
#include <sys/socket.h>

#include "syscall.h"

ssize_t
sendmsg(int fd, const struct msghdr *msg, int flags)
{
	return (syscall_cp(SYS_sendmsg, fd, msg, flags));
}
