/* SPDX-License-Identifier: BSD-2-Clause */
/* Pipes and pseudo-terminals: the system calls. */
#include "fbsd/errno.h"
#include "fbsd/fcntl.h"
#include "abi/freebsd/sysargs.h"
#include "amd64/md.h"
#include "file/file.h"
#include "tty/pty.h"

static int
make_pipe(struct thread *td, int flags, struct file *fps[2], int fds[2])
{
	int error, uf = ((flags & O_CLOEXEC) != 0 ? UF_EXCLOSE : 0) |
			((flags & O_CLOFORK) != 0 ? UF_FOCLOSE : 0);

	error = pipe_create(td, flags, fps);
	return (error != 0 ? error : fd_open_pair(td, fps, uf, fds));
}

int
sys_pipe2(struct thread *td, const struct pipe2_args *a)
{
	struct file *fps[2];
	int error, fds[2];

	if ((a->flags & ~(O_CLOEXEC | O_CLOFORK | O_NONBLOCK)) != 0)
		return (EINVAL);
	error = make_pipe(td, a->flags, fps, fds);
	if (error != 0)
		return (error);
	error = copyout(fds, a->fildes, sizeof(fds));
	if (error != 0)
		fd_undo_pair(td, fps, fds);
	return (error);
}

/* The two numbers come back in registers. */
int
sys_freebsd10_pipe(struct thread *td, const struct freebsd10_pipe_args *a)
{
	struct file *fps[2];
	int error, fds[2];

	error = make_pipe(td, 0, fps, fds);
	if (error == 0) {
		td->td_retval[0] = (uint64_t)fds[0];
		td->td_retval[1] = (uint64_t)fds[1];
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
