/* SPDX-License-Identifier: BSD-2-Clause */
/* sysctl(3): the system calls. */
#include "fbsd/errno.h"
#include "lib/string.h"
#include "abi/freebsd/sysargs.h"
#include "amd64/md.h"
#include "proc/proc.h"
#include "core/sysctl.h"

#define NAME_LENGTH_MAX 256

/* The call proper, with the length by reference in user memory. */
static int
sysctl_user(struct thread *td, const int *name, unsigned namelen, void *old,
    size_t __user *oldlenp, const void *new, size_t newlen)
{
	size_t oldlen = 0;
	int error, result;

	if (oldlenp != NULL) {
		error = copyin(oldlenp, &oldlen, sizeof(oldlen));
		if (error != 0)
			return (error);
	}
	result = kern_sysctl(td, name, namelen, (uint64_t)old, &oldlen,
	    (uint64_t) new, newlen, false);
	if (result != 0 && result != ENOMEM)
		return (result);
	error = oldlenp == NULL ? 0 : copyout(&oldlen, oldlenp, sizeof(oldlen));
	return (error != 0 ? error : result);
}

int
sys___sysctl(struct thread *td, const struct __sysctl_args *a)
{
	int name[CTL_MAXNAME], error;

	if (a->namelen < 2 || a->namelen > CTL_MAXNAME)
		return (EINVAL);
	error = copyin(a->name, name, a->namelen * sizeof(int));
	if (error != 0)
		return (error);
	return (sysctl_user(
	    td, name, a->namelen, a->old, a->oldlenp, a->new, a->newlen));
}

int
sys___sysctlbyname(struct thread *td, const struct __sysctlbyname_args *a)
{
	static const int name2oid[2] = {0, 3};
	char text[NAME_LENGTH_MAX];
	int name[CTL_MAXNAME], error;
	size_t size = sizeof(name);

	if (a->namelen >= sizeof(text))
		return (ENAMETOOLONG);
	error = copyin(a->name, text, a->namelen);
	if (error != 0)
		return (error);
	error = kern_sysctl(td, name2oid, 2, (uint64_t)name, &size,
	    (uint64_t)text, a->namelen, true);
	if (error != 0)
		return (error);
	return (sysctl_user(td, name, (unsigned)(size / sizeof(int)), a->old,
	    a->oldlenp, a->new, a->newlen));
}
