/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls for programs that run the machine. */
#include <sys/reboot.h>
#include <unistd.h>

#include "syscall.h"

int
reboot(int how)
{
	return (syscall(SYS_reboot, how));
}

int
revoke(const char *path)
{
	return (syscall(SYS_revoke, path));
}

int
setlogin(const char *name)
{
	return (syscall(SYS_setlogin, name));
}

int
swapon(const char *name)
{
	return (syscall(SYS_swapon, name));
}

int
swapoff(const char *name, unsigned flags)
{
	return (syscall(SYS_swapoff, name, flags));
}

int
kenv(int what, const char *name, char *value, int len)
{
	return (syscall(SYS_kenv, what, name, value, len));
}
