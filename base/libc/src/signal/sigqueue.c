/* SPDX-License-Identifier: BSD-2-Clause */
#include <signal.h>

#include "syscall.h"

int
sigqueue(pid_t pid, int sig, union sigval value)
{
	return (syscall(SYS_sigqueue, pid, sig, value.sival_ptr));
}
