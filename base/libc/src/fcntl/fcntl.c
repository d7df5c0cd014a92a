/* SPDX-License-Identifier: BSD-2-Clause */
#include <fcntl.h>
#include <stdarg.h>

#include "syscall.h"

int
fcntl(int fd, int cmd, ...)
{
	unsigned long arg;
	va_list ap;

	va_start(ap, cmd);
	arg = va_arg(ap, unsigned long);
	va_end(ap);
	if (cmd == F_SETLKW)
		return (syscall_cp(SYS_fcntl, fd, cmd, arg));
	return (syscall(SYS_fcntl, fd, cmd, arg));
}
