/* SPDX-License-Identifier: BSD-2-Clause */
/* eventfd(2), inotify(2), timerfd(2): the system calls. */
#include "abi/freebsd/path.h"
#include "abi/freebsd/sysargs.h"
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "fbsd/fcntl.h"
#include "ipc/eventfd.h"
#include "proc/proc.h"
#include "vfs/inotify.h"
#include "vm/kmem.h"

#define SPECIALFD_EVENTFD 1
#define SPECIALFD_INOTIFY 2

struct specialfd_eventfd {
	unsigned initval;
	int flags;
};

struct specialfd_inotify {
	int flags;
};

#define EFD_SEMAPHORE	  0x1
#define TFD_TIMER_ABSTIME 0x1

static int
make_eventfd(struct thread *td, const void __user *ureq, size_t len, int *fdp)
{
	struct specialfd_eventfd req;
	int error;

	if (len != sizeof(req))
		return (EINVAL);
	error = copyin(ureq, &req, sizeof(req));
	if (error != 0)
		return (error);
	if (req.flags & ~(EFD_SEMAPHORE | O_NONBLOCK | O_CLOEXEC))
		return (EINVAL);
	return (kern_eventfd(
	    td, req.initval, req.flags & EFD_SEMAPHORE, req.flags, fdp));
}

static int
make_inotify(struct thread *td, const void __user *ureq, size_t len, int *fdp)
{
	struct specialfd_inotify req;
	int error;

	if (len != sizeof(req))
		return (EINVAL);
	error = copyin(ureq, &req, sizeof(req));
	return (error != 0 ? error : kern_inotify(td, req.flags, fdp));
}

int
sys___specialfd(struct thread *td, const struct __specialfd_args *a)
{
	int error = EINVAL, fd;

	if (a->type == SPECIALFD_EVENTFD)
		error = make_eventfd(td, a->req, a->len, &fd);
	else if (a->type == SPECIALFD_INOTIFY)
		error = make_inotify(td, a->req, a->len, &fd);
	if (error == 0)
		td->td_retval[0] = (uint64_t)fd;
	return (error);
}

int
sys_inotify_add_watch_at(
    struct thread *td, const struct inotify_add_watch_at_args *a)
{
	char *path = kmem_alloc(MAXPATHLEN, 0);
	int error, wd;

	if (path == NULL)
		return (ENOMEM);
	error = path_copyin(a->path, path);
	if (error == 0)
		error = kern_inotify_add_watch(
		    td, a->fd, a->dfd, path, a->mask, &wd);
	kmem_free(path, MAXPATHLEN);
	if (error == 0)
		td->td_retval[0] = (uint64_t)wd;
	return (error);
}

int
sys_inotify_rm_watch(struct thread *td, const struct inotify_rm_watch_args *a)
{
	return (kern_inotify_rm_watch(td, a->fd, a->wd));
}

int
sys_timerfd_create(struct thread *td, const struct timerfd_create_args *a)
{
	int error, fd;

	if (a->flags & ~(O_NONBLOCK | O_CLOEXEC))
		return (EINVAL);
	error = kern_timerfd_create(td, a->clockid, a->flags, &fd);
	if (error == 0)
		td->td_retval[0] = (uint64_t)fd;
	return (error);
}

int
sys_timerfd_gettime(struct thread *td, const struct timerfd_gettime_args *a)
{
	struct itimerspec its;
	int error;

	error = kern_timerfd_gettime(td, a->fd, &its);
	return (error != 0 ? error : copyout(&its, a->curr_value, sizeof(its)));
}

int
sys_timerfd_settime(struct thread *td, const struct timerfd_settime_args *a)
{
	struct itimerspec new, old;
	int error;

	if (a->flags & ~TFD_TIMER_ABSTIME)
		return (EINVAL);
	error = copyin(a->new_value, &new, sizeof(new));
	if (error == 0)
		error = kern_timerfd_settime(
		    td, a->fd, a->flags & TFD_TIMER_ABSTIME, &new, &old);
	if (error == 0 && a->old_value != NULL)
		error = copyout(&old, a->old_value, sizeof(old));
	return (error);
}
