/* SPDX-License-Identifier: BSD-2-Clause */
/* kqueue(2) and kin: the system calls. */
#include "abi/freebsd/sysargs.h"
#include "abi/freebsd/timeout.h"
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "file/kqueue.h"
#include "time/time.h"
#include "lib/string.h"

int
sys_kqueue(struct thread *td, const struct kqueue_args *a)
{
	int error, fd;

	error = kern_kqueue(td, 0, &fd);
	if (error == 0)
		td->td_retval[0] = (uint64_t)fd;
	return (error);
}

int
sys_kqueuex(struct thread *td, const struct kqueuex_args *a)
{
	int error, fd;

	error = kern_kqueue(td, a->flags, &fd);
	if (error == 0)
		td->td_retval[0] = (uint64_t)fd;
	return (error);
}

static int
get_event(struct kevent_io *io, struct kevent *kev)
{
	int error = copyin((const void *)io->ki_changes, kev, sizeof(*kev));

	io->ki_changes += sizeof(*kev);
	return (error);
}

static int
put_event(struct kevent_io *io, const struct kevent *kev)
{
	int error = copyout(kev, (void *)io->ki_events, sizeof(*kev));

	io->ki_events += sizeof(*kev);
	return (error);
}

static int
get_event11(struct kevent_io *io, struct kevent *kev)
{
	struct kevent_freebsd11 old;
	int error = copyin((const void *)io->ki_changes, &old, sizeof(old));

	io->ki_changes += sizeof(old);
	if (error != 0)
		return (error);
	memset(kev, 0, sizeof(*kev));
	memcpy(kev, &old, sizeof(old));
	return (0);
}

static int
put_event11(struct kevent_io *io, const struct kevent *kev)
{
	/* The first members are the same. */
	int error = copyout(
	    kev, (void *)io->ki_events, sizeof(struct kevent_freebsd11));

	io->ki_events += sizeof(struct kevent_freebsd11);
	return (error);
}

static int
do_kevent(
    struct thread *td, int fd, struct kevent_io *io, const struct timespec *uts)
{
	uint64_t deadline;
	int count, error;

	error = copyin_timeout(uts, &deadline);
	if (error != 0)
		return (error);
	if (io->ki_nchanges < 0 || io->ki_nevents < 0)
		return (EINVAL);
	error = kern_kevent(td, fd, io, deadline, &count);
	/* Events that were taken must be told. */
	if (count > 0)
		error = 0;
	td->td_retval[0] = (uint64_t)count;
	return (error);
}

int
sys_kevent(struct thread *td, const struct kevent_args *a)
{
	struct kevent_io io = {get_event, put_event, (uint64_t)a->changelist,
	    (uint64_t)a->eventlist, a->nchanges, a->nevents};

	return (do_kevent(td, a->fd, &io, a->timeout));
}

int
sys_freebsd11_kevent(struct thread *td, const struct freebsd11_kevent_args *a)
{
	struct kevent_io io = {get_event11, put_event11,
	    (uint64_t)a->changelist, (uint64_t)a->eventlist, a->nchanges,
	    a->nevents};

	return (do_kevent(td, a->fd, &io, a->timeout));
}
