/* SPDX-License-Identifier: BSD-2-Clause */
/* Pipes and pseudo-terminals: the system calls. */
#include "fbsd/errno.h"
#include "fbsd/fcntl.h"
#include "abi/freebsd/sysargs.h"
#include "amd64/md.h"
#include "file/file.h"
#include "tty/pty.h"

/* With ufds: where the numbers go. */
static int
make_pipe(struct thread *td, int flags, struct fd_pair *pair, void __user *ufds)
{
	int error, uf = ((flags & O_CLOEXEC) != 0 ? UF_EXCLOSE : 0) |
			((flags & O_CLOFORK) != 0 ? UF_FOCLOSE : 0);
	struct file *fps[2];

	error = fd_reserve_pair(td, pair);
	if (error != 0)
		return (error);
	error = pipe_create(td, flags, fps);
	if (error != 0)
		return (fd_finish_pair(pair, NULL, 0, error));
	if (ufds != NULL)
		error = copyout(pair->fds, ufds, sizeof(pair->fds));
	return (fd_finish_pair(pair, fps, uf, error));
}

int
sys_pipe2(struct thread *td, const struct pipe2_args *a)
{
	struct fd_pair pair;

	if ((a->flags & ~(O_CLOEXEC | O_CLOFORK | O_NONBLOCK)) != 0)
		return (EINVAL);
	return (make_pipe(td, a->flags, &pair, a->fildes));
}

/* The two numbers come back in registers. */
int
sys_freebsd10_pipe(struct thread *td, const struct freebsd10_pipe_args *a)
{
	struct fd_pair pair;
	int error;

	error = make_pipe(td, 0, &pair, NULL);
	if (error == 0) {
		td->td_retval[0] = (uint64_t)pair.fds[0];
		td->td_retval[1] = (uint64_t)pair.fds[1];
	}
	return (error);
}

int
sys_posix_openpt(struct thread *td, const struct posix_openpt_args *a)
{
	struct file *fp;
	int error, fd;

	if ((a->flags & ~(O_RDWR | O_NOCTTY | O_CLOEXEC | O_CLOFORK)) != 0)
		return (EINVAL);
	error = pty_open(td, a->flags, &fp);
	if (error == 0)
		error = fd_open(td, fp,
		    ((a->flags & O_CLOEXEC) != 0 ? UF_EXCLOSE : 0) |
			((a->flags & O_CLOFORK) != 0 ? UF_FOCLOSE : 0),
		    &fd);
	if (error == 0)
		td->td_retval[0] = (uint64_t)fd;
	return (error);
}
