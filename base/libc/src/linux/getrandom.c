/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stddef.h>
#include <sys/random.h>
#include <sys/sysctl.h>

#include "syscall.h"

/* Older kernels give random bytes by kern.arandom, 256 at a time. */
ssize_t
getrandom(void *buf, size_t size, unsigned flags)
{
	static const int oid[] = {CTL_KERN, KERN_ARND};
	long n = syscall_cp(SYS_getrandom, buf, size, flags);

	if (n >= 0 || errno != ENOSYS)
		return (n);
	n = size < 256 ? size : 256;
	if (sysctl(oid, 2, buf, &(size_t){n}, NULL, 0) != 0)
		return (-1);
	return (n);
}
