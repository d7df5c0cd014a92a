/* SPDX-License-Identifier: BSD-2-Clause */
#include <sys/time.h>

#include "syscall.h"

int
adjtime(const struct timeval *delta, struct timeval *old)
{
	return (syscall(SYS_adjtime, delta, old));
}
