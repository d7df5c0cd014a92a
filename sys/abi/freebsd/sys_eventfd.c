/* SPDX-License-Identifier: BSD-2-Clause */
/* eventfd(2), timerfd(2): the system calls. */
#include "abi/freebsd/sysargs.h"
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "fbsd/fcntl.h"
#include "ipc/eventfd.h"
#include "proc/proc.h"

#define SPECIALFD_EVENTFD 1

struct specialfd_eventfd {
	unsigned initval;
	int flags;
};

#define EFD_SEMAPHORE	  0x1
#define TFD_TIMER_ABSTIME 0x1

int
sys___specialfd(struct thread *td, const struct __specialfd_args *a)
{
	struct specialfd_eventfd req;
	int error, fd;

	if (a->type != SPECIALFD_EVENTFD || a->len != sizeof(req))
		return (EINVAL);
	error = copyin(a->req, &req, sizeof(req));
	if (error != 0)
		return (error);
	if (req.flags & ~(EFD_SEMAPHORE | O_NONBLOCK | O_CLOEXEC))
		return (EINVAL);
	error = kern_eventfd(
	    td, req.initval, req.flags & EFD_SEMAPHORE, req.flags, &fd);
	if (error == 0)
		td->td_retval[0] = (uint64_t)fd;
	return (error);
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
