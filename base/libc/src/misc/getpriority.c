/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <sys/resource.h>

#include "syscall.h"

/* A priority may look like a negated error number: only the carry tells. */
int
getpriority(int which, id_t who)
{
	long value = SYS_getpriority;
	char failed;

	__asm__ __volatile__(
	    "syscall"
	    : "+a"(value), "=@ccc"(failed)
	    : "D"((long)which), "S"(who)
	    : "rcx", "rdx", "r8", "r9", "r10", "r11", "memory");
	if (failed) {
		errno = (int)value;
		return (-1);
	}
	return ((int)value);
}
