/* SPDX-License-Identifier: BSD-2-Clause */
#include <sys/event.h>

#include "syscall.h"

int
kqueue(void)
{
	return (syscall(SYS_kqueue));
}

int
kevent(int fd, const struct kevent *changes, int nchanges,
    struct kevent *events, int nevents, const struct timespec *timeout)
{
	return (syscall_cp(
	    SYS_kevent, fd, changes, nchanges, events, nevents, timeout));
}
