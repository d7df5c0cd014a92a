/* SPDX-License-Identifier: BSD-2-Clause */
#include <sys/resource.h>

#include "syscall.h"

int
getrlimit(int resource, struct rlimit *limit)
{
	return (syscall(SYS_getrlimit, resource, limit));
}
