/* SPDX-License-Identifier: BSD-2-Clause */
/* System calls of POSIX shared memory. */
#include "fbsd/errno.h"
#include "fbsd/fcntl.h"
#include "fbsd/mman.h"
#include "abi/freebsd/sysargs.h"
#include "amd64/md.h"
#include "proc/proc.h"
#include "ipc/shm.h"
#include "vfs/vnode.h"
#include "vm/kmem.h"

/* A name from user memory; free with kmem_free(, MAXPATHLEN). */
static int
copyin_name(const void *uname, char **namep)
{
	size_t len;
	int error;

	*namep = kmem_alloc(MAXPATHLEN, 0);
	if (*namep == NULL)
		return (ENOMEM);
	error = copyinstr(uname, *namep, MAXPATHLEN, &len);
	if (error == 0)
		return (0);
	kmem_free(*namep, MAXPATHLEN);
	*namep = NULL;
	return (error);
}

static int
open_shm(
    struct thread *td, const void *path, int flags, mode_t mode, int shmflags)
{
	char *name = NULL;
	int error = 0, fd = -1;

	if (path != (const void *)SHM_ANON)
		error = copyin_name(path, &name);
	if (error == 0)
		error = kern_shm_open(td, name, flags, mode, shmflags, &fd);
	kmem_free(name, MAXPATHLEN);
	td->td_retval[0] = (uint64_t)fd;
	return (error);
}

/* `name` is only for whoever looks at descriptors; but it must be readable. */
int
sys_shm_open2(struct thread *td, const struct shm_open2_args *a)
{
	char *name = NULL;
	int error = 0;

	if (a->name != NULL)
		error = copyin_name(a->name, &name);
	kmem_free(name, MAXPATHLEN);
	return (error != 0
		    ? error
		    : open_shm(td, a->path, a->flags, a->mode, a->shmflags));
}

int
sys_freebsd12_shm_open(
    struct thread *td, const struct freebsd12_shm_open_args *a)
{
	return (open_shm(td, a->path, a->flags | O_CLOEXEC, a->mode, 0));
}

int
sys_shm_unlink(struct thread *td, const struct shm_unlink_args *a)
{
	char *name;
	int error = copyin_name(a->path, &name);

	if (error == 0)
		error = kern_shm_unlink(td, name);
	kmem_free(name, MAXPATHLEN);
	return (error);
}

int
sys_shm_rename(struct thread *td, const struct shm_rename_args *a)
{
	char *from, *to = NULL;
	int error = copyin_name(a->path_from, &from);

	if (error == 0)
		error = copyin_name(a->path_to, &to);
	if (error == 0)
		error = kern_shm_rename(td, from, to, a->flags);
	kmem_free(from, MAXPATHLEN);
	kmem_free(to, MAXPATHLEN);
	return (error);
}
