/* SPDX-License-Identifier: BSD-2-Clause */
/* Asynchronous I/O: the system calls, and control blocks as programs have them.
 */
#include "abi/freebsd/sysargs.h"
#include "abi/freebsd/timeout.h"
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "fbsd/fcntl.h"
#include "file/file.h"
#include "proc/proc.h"
#include "vfs/aio.h"
#include "vm/kmem.h"

struct aiocb {
	int aio_fildes;
	off_t aio_offset;
	uint64_t aio_buf;  /* or a list of struct iovec, */
	size_t aio_nbytes; /* and its length */
	int spare[2];
	uint64_t spare2;
	int aio_lio_opcode;
	int aio_reqprio;
	/* The kernel's: */
	long status;
	long error;
	uint64_t spare3;
	struct sigevent aio_sigevent;
};
_Static_assert(sizeof(struct aiocb) == 160, "struct aiocb");
_Static_assert(offsetof(struct aiocb, status) == 56, "struct aiocb");

#define LIO_NOP		0x00
#define LIO_WRITE	0x01
#define LIO_READ	0x02
#define LIO_VECTORED	0x04
#define LIO_FOFFSET	0x40

#define LIO_NOWAIT	0
#define LIO_WAIT	1

#define AIO_CANCELED	0x1
#define AIO_NOTCANCELED 0x2
#define AIO_ALLDONE	0x3

/* Bad addresses are the caller's loss: it has the result by the call. */
static void
store(struct aiocb __user *ucb, long status, long error)
{
	(void)suword64(&ucb->status, (uint64_t)status);
	(void)suword64(&ucb->error, (uint64_t)error);
}

/* What a control block asks for; opcode as lio_listio(2) has it. EINVAL. */
static int
parse(struct aiocb __user *ucb, const struct aiocb *cb, int opcode,
    struct aio_args *args)
{
	*args = (struct aio_args){.ucb = (uint64_t)ucb,
	    .op = (enum aio_op)(opcode & (LIO_READ | LIO_WRITE)),
	    .vectored = (opcode & LIO_VECTORED) != 0,
	    .at_offset = (opcode & LIO_FOFFSET) == 0,
	    .fd = cb->aio_fildes,
	    .offset = cb->aio_offset,
	    .buf = cb->aio_buf,
	    .n = cb->aio_nbytes,
	    .event = cb->aio_sigevent};
	if ((opcode & ~(LIO_READ | LIO_WRITE | LIO_VECTORED | LIO_FOFFSET)) ||
	    (args->op != AIO_READ && args->op != AIO_WRITE))
		return (EINVAL);
	return (0);
}

/* One of lio_listio(2)'s that says itself what it wants. */
static int
begin_listed(struct thread *td, struct aiocb __user *ucb,
    const struct aiocb *cb, struct aio_list *list)
{
	struct aio_args args;
	struct file *fp;
	int error;

	if ((cb->aio_lio_opcode & ~LIO_FOFFSET) != LIO_NOP) {
		error = parse(ucb, cb, cb->aio_lio_opcode, &args);
		return (error != 0 ? error : aio_begin(td, &args, list));
	}
	error = fd_get(td, cb->aio_fildes, 0, &fp);
	if (error == 0)
		file_release(fp);
	return (error);
}

static int
begin_one(
    struct thread *td, struct aiocb __user *ucb, int opcode, enum aio_op op)
{
	struct aio_args args;
	struct aiocb cb;
	int error;

	store(ucb, -1, 0);
	error = aio_full(td) ? EAGAIN : copyin(ucb, &cb, sizeof(cb));
	if (error == 0) {
		(void)suword64(&ucb->error, EINPROGRESS);
		(void)parse(ucb, &cb, opcode, &args);
		args.op = op;
		error = aio_begin(td, &args, NULL);
	}
	if (error != 0)
		(void)suword64(&ucb->error, (uint64_t)error);
	return (error);
}

int
sys_aio_read(struct thread *td, const struct aio_read_args *a)
{
	return (begin_one(td, a->aiocbp, LIO_READ, AIO_READ));
}

int
sys_aio_write(struct thread *td, const struct aio_write_args *a)
{
	return (begin_one(td, a->aiocbp, LIO_WRITE, AIO_WRITE));
}

int
sys_aio_readv(struct thread *td, const struct aio_readv_args *a)
{
	return (begin_one(td, a->aiocbp, LIO_READ | LIO_VECTORED, AIO_READ));
}

int
sys_aio_writev(struct thread *td, const struct aio_writev_args *a)
{
	return (begin_one(td, a->aiocbp, LIO_WRITE | LIO_VECTORED, AIO_WRITE));
}

int
sys_aio_mlock(struct thread *td, const struct aio_mlock_args *a)
{
	return (begin_one(td, a->aiocbp, LIO_NOP, AIO_MLOCK));
}

int
sys_aio_fsync(struct thread *td, const struct aio_fsync_args *a)
{
	switch (a->op) {
	case O_SYNC:
		return (begin_one(td, a->aiocbp, LIO_NOP, AIO_SYNC));
	case O_DSYNC:
		return (begin_one(td, a->aiocbp, LIO_NOP, AIO_DSYNC));
	default:
		return (EINVAL);
	}
}

/* A result is what read(2) or write(2) would have returned. */
static int
give(struct thread *td, const struct aio_result *result)
{
	store((struct aiocb *)result->ucb, result->status, result->error);
	td->td_retval[0] = (uint64_t)result->status;
	return (result->error);
}

int
sys_aio_return(struct thread *td, const struct aio_return_args *a)
{
	struct aio_result result;
	int error = aio_take(td, (uint64_t)a->aiocbp, &result);

	return (error != 0 ? error : give(td, &result));
}

/* The error is the call's value. Of what couldn't be begun the control block
 * alone knows. */
int
sys_aio_error(struct thread *td, const struct aio_error_args *a)
{
	uint64_t status, error;
	int state = aio_state(td, (uint64_t)a->aiocbp);

	if (state < 0) {
		state = EINVAL;
		if (fueword64(&a->aiocbp->status, &status) == 0 &&
		    (long)status == -1 &&
		    fueword64(&a->aiocbp->error, &error) == 0)
			state = (int)error;
	}
	td->td_retval[0] = (uint64_t)(int64_t)state;
	return (0);
}

/* The addresses of n control blocks, in kmem. EINVAL, EFAULT, ENOMEM. */
static int
copyin_list(const void __user *ulist, int n, uint64_t **listp)
{
	uint64_t *list;
	int error;

	if (n < 0 || (unsigned)n > aio_most())
		return (EINVAL);
	list = kmem_alloc(MAX((unsigned)n, 1) * sizeof(*list), 0);
	if (list == NULL)
		return (ENOMEM);
	error = copyin(ulist, list, (unsigned)n * sizeof(*list));
	if (error == 0)
		*listp = list;
	else
		kmem_free(list, MAX((unsigned)n, 1) * sizeof(*list));
	return (error);
}

static void
free_list(uint64_t *list, int n)
{
	kmem_free(list, MAX((unsigned)n, 1) * sizeof(*list));
}

int
sys_aio_suspend(struct thread *td, const struct aio_suspend_args *a)
{
	uint64_t deadline, *list;
	int error = copyin_timeout(a->timeout, &deadline);

	if (error == 0)
		error = copyin_list(a->aiocbp, a->nent, &list);
	if (error != 0)
		return (error);
	error = aio_wait_any(td, list, (unsigned)a->nent, deadline);
	free_list(list, a->nent);
	return (error);
}

int
sys_aio_waitcomplete(struct thread *td, const struct aio_waitcomplete_args *a)
{
	struct aio_result result;
	uint64_t deadline;
	int error = copyin_timeout(a->timeout, &deadline);

	if (error != 0)
		return (error);
	(void)suword64(a->aiocbp, 0);
	error = aio_take_next(td, deadline, &result);
	if (error != 0)
		return (error);
	(void)suword64(a->aiocbp, result.ucb);
	return (give(td, &result));
}

int
sys_aio_cancel(struct thread *td, const struct aio_cancel_args *a)
{
	unsigned cancelled, others;
	struct file *fp;
	int error = fd_get(td, a->fd, 0, &fp);

	if (error != 0)
		return (error);
	file_release(fp);
	aio_cancel(td, a->fd, (uint64_t)a->aiocbp, &cancelled, &others);
	td->td_retval[0] = others > 0	   ? AIO_NOTCANCELED
			   : cancelled > 0 ? AIO_CANCELED
					   : AIO_ALLDONE;
	return (0);
}

/* All of a list that aren't NULL: EIO, if one couldn't be begun; EAGAIN, for
 * being too many. */
static int
begin_all(struct thread *td, const uint64_t *ucbs, int n, struct aio_list *list)
{
	unsigned full = 0, bad = 0;
	struct aiocb cb;
	int error;

	for (int i = 0; i < n; i++) {
		struct aiocb __user *ucb = (struct aiocb *)ucbs[i];

		if (ucb == NULL)
			continue;
		store(ucb, -1, 0);
		error = aio_full(td) ? EAGAIN : copyin(ucb, &cb, sizeof(cb));
		if (error == 0) {
			(void)suword64(&ucb->error, EINPROGRESS);
			error = begin_listed(td, ucb, &cb, list);
		}
		if (error != 0)
			(void)suword64(&ucb->error, (uint64_t)error);
		full += error == EAGAIN;
		bad += error != 0 && error != EAGAIN;
	}
	return (bad > 0 ? EIO : full > 0 ? EAGAIN : 0);
}

int
sys_lio_listio(struct thread *td, const struct lio_listio_args *a)
{
	const bool wait = a->mode == LIO_WAIT, tell = !wait && a->sig != NULL;
	struct aio_list *list;
	struct sigevent event;
	uint64_t *ucbs;
	int error = 0, waited;

	if (a->mode != LIO_NOWAIT && a->mode != LIO_WAIT)
		return (EINVAL);
	if (tell)
		error = copyin(a->sig, &event, sizeof(event));
	if (error == 0)
		error = copyin_list(a->acb_list, a->nent, &ucbs);
	if (error != 0)
		return (error);
	error = aio_list_begin(
	    td, tell ? &event : NULL, (uint64_t)a->acb_list, &list);
	if (error == 0) {
		error = begin_all(td, ucbs, a->nent, list);
		waited = aio_list_end(td, list, wait);
		if (error == 0)
			error = waited;
	}
	free_list(ucbs, a->nent);
	return (error);
}
