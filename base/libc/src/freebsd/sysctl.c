/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>
#include <sys/sysctl.h>

#include "syscall.h"

int
sysctl(const int *oid, unsigned n, void *old, size_t *oldlen, const void *new,
    size_t newlen)
{
	return (syscall(SYS___sysctl, oid, n, old, oldlen, new, newlen));
}

/* Names are looked up by a variable of their own. */
int
sysctlnametomib(const char *name, int *oid, size_t *n)
{
	static const int lookup[] = {CTL_SYSCTL, CTL_SYSCTL_NAME2OID};
	size_t size = *n * sizeof(*oid);

	if (sysctl(lookup, 2, oid, &size, name, strlen(name)) != 0)
		return (-1);
	*n = size / sizeof(*oid);
	return (0);
}

int
sysctlbyname(
    const char *name, void *old, size_t *oldlen, const void *new, size_t newlen)
{
	int oid[CTL_MAXNAME];
	size_t n = CTL_MAXNAME;

	if (sysctlnametomib(name, oid, &n) != 0)
		return (-1);
	return (sysctl(oid, n, old, oldlen, new, newlen));
}
