/* SPDX-License-Identifier: BSD-2-Clause */
#include <sys/resource.h>

#include "syscall.h"

int
setrlimit(int resource, const struct rlimit *limit)
{
	return (syscall(SYS_setrlimit, resource, limit));
}
