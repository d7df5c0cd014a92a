/* SPDX-License-Identifier: BSD-2-Clause */
/* System calls of POSIX message queues. */
#include "abi/freebsd/sysargs.h"
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "fbsd/fcntl.h"
#include "fbsd/signal.h"
#include "fbsd/time.h"
#include "ipc/mqueue.h"
#include "lib/string.h"
#include "proc/proc.h"

/* *name is within buf: without the '/' that it may begin with. */
static int
copyin_queue_name(const char *upath, char *buf, const char **name)
{
	int error = copyinstr(upath, buf, MQUEUE_NAME_SIZE, NULL);

	if (error != 0)
		return (error);
	if (strlen(buf) < 2 || strchr(buf + 1, '/') != NULL)
		return (EINVAL);
	*name = buf[0] == '/' ? buf + 1 : buf;
	return (
	    strcmp(*name, ".") == 0 || strcmp(*name, "..") == 0 ? EINVAL : 0);
}

int
sys_kmq_open(struct thread *td, const struct kmq_open_args *a)
{
	char buf[MQUEUE_NAME_SIZE];
	const char *name;
	struct mq_attr attr;
	bool wanted = (a->flags & O_CREAT) != 0 && a->attr != NULL;
	int error = 0, fd = -1;

	if ((a->flags & O_ACCMODE) == O_ACCMODE || (a->flags & O_EXEC) != 0)
		return (EINVAL);
	if (wanted)
		error = copyin(a->attr, &attr, sizeof(attr));
	if (error == 0)
		error = copyin_queue_name(a->path, buf, &name);
	if (error == 0)
		error = kern_kmq_open(
		    td, name, a->flags, a->mode, wanted ? &attr : NULL, &fd);
	td->td_retval[0] = (uint64_t)fd;
	return (error);
}

int
sys_kmq_unlink(struct thread *td, const struct kmq_unlink_args *a)
{
	char buf[MQUEUE_NAME_SIZE];
	const char *name;
	int error = copyin_queue_name(a->path, buf, &name);

	return (error != 0 ? error : kern_kmq_unlink(td, name));
}

int
sys_kmq_setattr(struct thread *td, const struct kmq_setattr_args *a)
{
	struct mq_attr attr, old;
	int error = 0;

	if (a->attr != NULL)
		error = copyin(a->attr, &attr, sizeof(attr));
	if (error == 0)
		error = kern_kmq_setattr(
		    td, a->mqd, a->attr != NULL ? &attr : NULL, &old);
	if (error == 0 && a->oattr != NULL)
		error = copyout(&old, a->oattr, sizeof(old));
	return (error);
}

/* NULL: none. */
static int
copyin_until(const struct timespec *uts, struct timespec *ts,
    const struct timespec **until)
{
	*until = uts != NULL ? ts : NULL;
	return (uts != NULL ? copyin(uts, ts, sizeof(*ts)) : 0);
}

int
sys_kmq_timedsend(struct thread *td, const struct kmq_timedsend_args *a)
{
	const struct timespec *until;
	struct timespec ts;
	int error = copyin_until(a->abs_timeout, &ts, &until);

	return (error != 0 ? error
			   : kern_kmq_send(td, a->mqd, a->msg_ptr, a->msg_len,
				 a->msg_prio, until));
}

int
sys_kmq_timedreceive(struct thread *td, const struct kmq_timedreceive_args *a)
{
	const struct timespec *until;
	struct timespec ts;
	size_t size = a->msg_len;
	unsigned prio;
	int error = copyin_until(a->abs_timeout, &ts, &until);

	if (error == 0)
		error = kern_kmq_receive(
		    td, a->mqd, a->msg_ptr, &size, &prio, until);
	if (error == 0 && a->msg_prio != NULL)
		error = copyout(&prio, a->msg_prio, sizeof(prio));
	td->td_retval[0] = size;
	return (error);
}

int
sys_kmq_notify(struct thread *td, const struct kmq_notify_args *a)
{
	struct sigevent ev;
	int error = 0;

	if (a->sigev != NULL)
		error = copyin(a->sigev, &ev, sizeof(ev));
	return (error != 0 ? error
			   : kern_kmq_notify(
				 td, a->mqd, a->sigev != NULL ? &ev : NULL));
}
