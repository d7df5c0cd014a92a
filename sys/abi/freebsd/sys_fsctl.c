/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a file system may be able to do and none here is: quotas, attributes in
 * files of their own (UFS1's), names that hide those of a layer below.  The
 * callers hear first what is wrong with their paths.
 */
#include "abi/freebsd/path.h"
#include "abi/freebsd/sysargs.h"
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "fbsd/extattr.h"
#include "fbsd/fcntl.h"

/* 0: there is such a file. */
static int
look_up(struct thread *td, const char __user *path, int flags)
{
	struct namei nd;
	int error = path_namei(td, &nd, AT_FDCWD, path, flags, 0);

	if (error == 0)
		namei_done(&nd);
	return (error);
}

int
sys_quotactl(struct thread *td, const struct quotactl_args *a)
{
	int error = look_up(td, a->path, 0);

	return (error != 0 ? error : EOPNOTSUPP);
}

int
sys_extattrctl(struct thread *td, const struct extattrctl_args *a)
{
	char name[EXTATTR_MAXNAMELEN + 1];
	int error = 0;

	if (a->attrname != NULL)
		error = copyinstr(a->attrname, name, sizeof(name), NULL);
	if (error == 0 && a->filename != NULL)
		error = look_up(td, a->filename, 0);
	if (error == 0)
		error = look_up(td, a->path, 0);
	return (error != 0 ? error : EOPNOTSUPP);
}

int
sys_undelete(struct thread *td, const struct undelete_args *a)
{
	int error = look_up(td, a->path, AT_SYMLINK_NOFOLLOW);

	return (error != 0 ? error : EEXIST);
}
