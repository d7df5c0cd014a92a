/* SPDX-License-Identifier: BSD-2-Clause */
/* System calls of semaphores that the kernel has. */
#include "abi/freebsd/path.h"
#include "abi/freebsd/sysargs.h"
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "fbsd/time.h"
#include "file/file.h"
#include "ipc/ksem.h"
#include "proc/proc.h"

/* A semaphore's number is its descriptor, as a long. */
static int
copyout_id(struct thread *td, int fd, long *idp)
{
	long id = fd;
	int error = copyout(&id, idp, sizeof(id));

	if (error != 0)
		(void)fd_close(td, fd);
	return (error);
}

int
sys_ksem_init(struct thread *td, const struct ksem_init_args *a)
{
	int fd;
	int error = kern_ksem_init(td, a->value, &fd);

	return (error != 0 ? error : copyout_id(td, fd, a->idp));
}

int
sys_ksem_open(struct thread *td, const struct ksem_open_args *a)
{
	char name[MAXPATHLEN];
	int error = path_copyin(a->name, name), fd;

	if (error == 0)
		error =
		    kern_ksem_open(td, name, a->oflag, a->mode, a->value, &fd);
	return (error != 0 ? error : copyout_id(td, fd, a->idp));
}

int
sys_ksem_unlink(struct thread *td, const struct ksem_unlink_args *a)
{
	char name[MAXPATHLEN];
	int error = path_copyin(a->name, name);

	return (error != 0 ? error : kern_ksem_unlink(td, name));
}

int
sys_ksem_close(struct thread *td, const struct ksem_close_args *a)
{
	return (kern_ksem_close(td, (int)a->id));
}

int
sys_ksem_destroy(struct thread *td, const struct ksem_destroy_args *a)
{
	return (kern_ksem_destroy(td, (int)a->id));
}

int
sys_ksem_post(struct thread *td, const struct ksem_post_args *a)
{
	return (kern_ksem_post(td, (int)a->id));
}

int
sys_ksem_wait(struct thread *td, const struct ksem_wait_args *a)
{
	return (kern_ksem_wait(td, (int)a->id, false, NULL));
}

int
sys_ksem_trywait(struct thread *td, const struct ksem_trywait_args *a)
{
	return (kern_ksem_wait(td, (int)a->id, true, NULL));
}

/* An invalid time is one even if nobody has to wait. */
int
sys_ksem_timedwait(struct thread *td, const struct ksem_timedwait_args *a)
{
	struct timespec until;
	int error = 0;

	if (a->abstime != NULL)
		error = copyin(a->abstime, &until, sizeof(until));
	if (error == 0 && a->abstime != NULL &&
	    (until.tv_nsec < 0 || until.tv_nsec >= (long)NSEC_PER_SEC))
		error = EINVAL;
	return (error != 0 ? error
			   : kern_ksem_wait(td, (int)a->id, false,
				 a->abstime != NULL ? &until : NULL));
}

int
sys_ksem_getvalue(struct thread *td, const struct ksem_getvalue_args *a)
{
	int value;
	int error = kern_ksem_getvalue(td, (int)a->id, &value);

	return (error != 0 ? error : copyout(&value, a->val, sizeof(value)));
}
