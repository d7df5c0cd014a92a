/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
#include <sched.h>

#include "syscall.h"

int
sched_getcpu(void)
{
	return (syscall(SYS_sched_getcpu));
}
