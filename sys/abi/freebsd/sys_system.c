/* SPDX-License-Identifier: BSD-2-Clause */
/* The system as a whole: its environment, kenv(2), its end, reboot(2), its swap
 * space and accounting, and what it can be asked about although it hasn't got
 * it. */
#include "fbsd/errno.h"
#include "abi/freebsd/path.h"
#include "abi/freebsd/sysargs.h"
#include "amd64/md.h"
#include "kern/kenv.h"
#include "proc/proc.h"
#include "host/reboot.h"
#include "vfs/acct.h"
#include "vfs/swap.h"
#include "lib/string.h"
#include "vm/kmem.h"

/* As much as 512 variables can need. */
#define DUMP_MAX (512 * (KENV_MNAMELEN + KENV_MVALLEN + 2))

int
sys_reboot(struct thread *td, const struct reboot_args *a)
{
	return (kern_reboot(td, a->opt));
}

/* All variables; returns 0 if there was room, or how much they need. */
static int
dump(struct thread *td, const struct kenv_args *a)
{
	size_t size =
	    a->value == NULL || a->len < 0 ? 0 : MIN((size_t)a->len, DUMP_MAX);
	char *buf = size == 0 ? NULL : kmem_alloc(size, KM_ZERO);
	size_t needed;
	int error = 0;

	if (size != 0 && buf == NULL)
		return (ENOMEM);
	needed = kenv_dump(buf, size);
	if (size != 0) {
		error = copyout(buf, a->value, MIN(needed, size));
		kmem_free(buf, size);
	}
	td->td_retval[0] = needed <= size ? 0 : needed;
	return (error);
}

static int
get(struct thread *td, const char *name, const struct kenv_args *a)
{
	char value[KENV_MVALLEN + 1];
	size_t size;
	int error = kenv_get(name, value, sizeof(value));

	if (error != 0)
		return (error);
	size = MIN(strlen(value) + 1, (size_t)MAX(a->len, 0));
	error = copyout(value, a->value, size);
	td->td_retval[0] = size;
	return (error);
}

static int
set(struct thread *td, const char *name, const struct kenv_args *a)
{
	char value[KENV_MVALLEN + 1];
	size_t length;
	int error = priv_check(td);

	if (error == 0 && a->len < 1)
		error = EINVAL;
	if (error == 0)
		error = copyinstr(a->value, value,
		    MIN(sizeof(value), (size_t)a->len), &length);
	return (error != 0 ? error : kenv_set(name, value));
}

int
sys_kenv(struct thread *td, const struct kenv_args *a)
{
	char name[KENV_MNAMELEN + 1];
	size_t length;
	int error;

	if (a->what == KENV_DUMP)
		return (dump(td, a));
	error = copyinstr(a->name, name, sizeof(name), &length);
	if (error != 0)
		return (error);
	switch (a->what) {
	case KENV_GET:
		return (get(td, name, a));
	case KENV_SET:
		return (set(td, name, a));
	case KENV_UNSET:
		error = priv_check(td);
		return (error != 0 ? error : kenv_unset(name));
	default:
		return (EINVAL);
	}
}

/* Calls fn with the kernel's copy of a path. */
static int
with_path(struct thread *td, const char *upath,
    int (*fn)(struct thread *td, const char *path))
{
	char *path = kmem_alloc(MAXPATHLEN, 0);
	size_t length;
	int error;

	if (path == NULL)
		return (ENOMEM);
	error = copyinstr(upath, path, MAXPATHLEN, &length);
	if (error == 0)
		error = fn(td, path);
	kmem_free(path, MAXPATHLEN);
	return (error);
}

int
sys_swapon(struct thread *td, const struct swapon_args *a)
{
	return (with_path(td, a->name, kern_swapon));
}

/* There is nothing to bring back, so flags that insist change nothing. */
int
sys_swapoff(struct thread *td, const struct swapoff_args *a)
{
	return (with_path(td, a->name, kern_swapoff));
}

int
sys_freebsd13_swapoff(struct thread *td, const struct freebsd13_swapoff_args *a)
{
	return (with_path(td, a->name, kern_swapoff));
}

int
sys_acct(struct thread *td, const struct acct_args *a)
{
	int error = priv_check(td);

	if (error != 0)
		return (error);
	return (a->path != NULL ? with_path(td, a->path, kern_acct)
				: kern_acct_end());
}

/* Nobody traces: utrace(2) has nobody to tell. */
int
sys_utrace(struct thread *td, const struct utrace_args *a)
{
	return (0);
}

/* There are no jails to be found. */
int
sys_jail_get(struct thread *td, const struct jail_get_args *a)
{
	return (a->iovcnt % 2 != 0 ? EINVAL : ENOENT);
}

/* Nobody is in capability mode. */
int
sys_cap_getmode(struct thread *td, const struct cap_getmode_args *a)
{
	const unsigned mode = 0;

	return (copyout(&mode, a->modep, sizeof(mode)));
}

/* There is one table of routes. */
int
sys_setfib(struct thread *td, const struct setfib_args *a)
{
	return (a->fibnum == 0 ? 0 : EINVAL);
}

/* It never took any advice. */
int
sys_freebsd11_vadvise(struct thread *td, const struct freebsd11_vadvise_args *a)
{
	return (EINVAL);
}
