/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who carries out asynchronous I/O: threads of the kernel, started when there
 * is something to do and nobody idle, and gone when there hasn't been for a
 * while.  A thread works on the memory of the request's process and with the
 * rights of its caller.
 *
 * A request whose file becomes ready (a socket, a pipe, a terminal) keeps no
 * thread while it waits: its transfer is tried without waiting, and tried again
 * when the file's events say so.  What has to wait for other requests waits in
 * the same way until one of them is through.
 *
 * Whoever has a request in hand (AIO_INHAND) alone may touch what is marked (w)
 * in aio_impl.h: a thread of the pool, who cancels it, or who makes it.
 */
#include "amd64/md.h"
#include "core/sysctl.h"
#include "fbsd/errno.h"
#include "proc/thread.h"
#include "vfs/aio_impl.h"
#include "vfs/vnode.h"
#include "vm/vm.h"

#define IDLE_NS (10 * NSEC_PER_SEC) /* before a thread goes */

static struct {
	struct spin lock;
	struct list queue;   /* (lock) requests to be worked on */
	struct cv work;	     /* (lock) there are some */
	unsigned threads;    /* (lock) that there are, or are being started */
	unsigned idle;	     /* (lock) those of them without work */
	unsigned unfinished; /* (lock) requests that aren't through */
} pool = {.lock = SPIN_INITIALIZER("aio pool"),
    .queue = LIST_INITIALIZER(pool.queue),
    .work = CV_INITIALIZER(pool.work, "aiordy")};

static unsigned max_threads = 32;  /* (a) */
static unsigned max_per_proc = 32; /* (a) worked on at once */
SYSCTL_INT(
    aio_max_procs, "vfs.aio.max_aio_procs", CTL_AUTO, CTLFLAG_RW, &max_threads);
SYSCTL_INT(aio_num_procs, "vfs.aio.num_aio_procs", CTL_AUTO, CTLFLAG_RD,
    &pool.threads);
SYSCTL_INT(aio_max_per_proc, "vfs.aio.max_aio_per_proc", CTL_AUTO, CTLFLAG_RW,
    &max_per_proc);

static void worker(void *unused);

/* For the caller, who touches it alone from now on. (lock) */
static void
take_in_hand(struct aio_request *rq)
{
	rq->rq_phase = AIO_INHAND;
	rq->rq_again = false;
	rq->rq_aio->a_inhand++;
}

/* (lock) */
static void
enqueue(struct aio_request *rq)
{
	rq->rq_phase = AIO_QUEUED;
	list_push_back(&pool.queue, &rq->rq_queue);
	cv_signal(&pool.work);
}

void
aio_admit(struct aio_request *rq)
{
	spin_lock(&pool.lock);
	take_in_hand(rq);
	pool.unfinished++;
	spin_unlock(&pool.lock);
}

void
aio_retire(struct aio_request *rq)
{
	spin_lock(&pool.lock);
	rq->rq_phase = AIO_DONE;
	rq->rq_aio->a_inhand--;
	pool.unfinished--;
	spin_unlock(&pool.lock);
}

bool
aio_claim(struct aio_request *rq)
{
	bool free;

	spin_lock(&pool.lock);
	free = rq->rq_phase == AIO_QUEUED || rq->rq_phase == AIO_WAITING;
	if (rq->rq_phase == AIO_QUEUED)
		list_remove(&rq->rq_queue);
	if (free)
		take_in_hand(rq);
	spin_unlock(&pool.lock);
	return (free);
}

void
aio_look_again(struct aio_request *rq)
{
	spin_lock(&pool.lock);
	if (rq->rq_phase == AIO_WAITING)
		enqueue(rq);
	else
		rq->rq_again = true;
	spin_unlock(&pool.lock);
}

/* In hand, it is to wait, unless it was to be looked at again meanwhile. */
static void
park(struct aio_request *rq)
{
	spin_lock(&pool.lock);
	rq->rq_aio->a_inhand--;
	if (rq->rq_again)
		enqueue(rq);
	else
		rq->rq_phase = AIO_WAITING;
	spin_unlock(&pool.lock);
}

/* A further thread, if there is work that no other can do. False: there is none
 * at all. */
static bool
reinforce(void)
{
	bool start;

	spin_lock(&pool.lock);
	start = !list_empty(&pool.queue) && pool.idle == 0 &&
		pool.threads < MAX(atomic_load(&max_threads), 1);
	if (start)
		pool.threads++;
	spin_unlock(&pool.lock);
	if (!start || kthread_create("aiod", worker, NULL) != NULL)
		return (true);
	spin_lock(&pool.lock);
	start = --pool.threads > 0;
	spin_unlock(&pool.lock);
	return (start);
}

int
aio_submit(struct aio_request *rq)
{
	spin_lock(&pool.lock);
	rq->rq_aio->a_inhand--;
	enqueue(rq);
	spin_unlock(&pool.lock);
	return (!reinforce() && aio_claim(rq) ? EAGAIN : 0);
}

/*
 * The transfer, as far as it goes without waiting for the file. EAGAIN: it is
 * to go on when that is ready.
 */
static int
move(struct aio_request *rq)
{
	const bool write = rq->rq_args.op == AIO_WRITE;
	const off_t offset =
	    rq->rq_args.at_offset && !rq->rq_stream ? rq->rq_args.offset : -1;
	struct uio *uio = &rq->rq_uio;
	size_t before;
	int error;

	/* Who writes hears when all is written, who reads when anything is. */
	do {
		before = uio->uio_resid;
		error = file_move(rq->rq_file, uio, offset);
	} while (error == 0 && write && rq->rq_stream && uio->uio_resid > 0 &&
		 uio->uio_resid < before);
	if (uio->uio_resid < rq->rq_asked &&
	    (error == EINTR || error == ERESTART ||
		(error == EAGAIN && !write)))
		error = 0;
	return (error);
}

static int
transfer(struct aio_request *rq)
{
	struct thread *td = curthread();
	struct cred *own = td->td_cred;
	uint64_t sent = td->td_ru.msgsnd, got = td->td_ru.msgrcv;
	int error;

	td->td_space = rq->rq_space;
	vmspace_activate(rq->rq_space);
	td->td_cred = rq->rq_cred;
	td->td_nowait = rq->rq_stream;
	td->td_broken = false;
	error = move(rq);
	/* Sockets know whether it is wanted. */
	rq->rq_broken = rq->rq_file->f_type == DTYPE_SOCKET ? td->td_broken
							    : error == EPIPE;
	rq->rq_sent += td->td_ru.msgsnd - sent;
	rq->rq_received += td->td_ru.msgrcv - got;
	td->td_nowait = false;
	td->td_cred = own;
	td->td_space = NULL;
	pmap_activate(NULL);
	return (error);
}

static int
perform(struct aio_request *rq)
{
	switch (rq->rq_args.op) {
	case AIO_SYNC:
	case AIO_DSYNC:
		return (vn_fsync(
		    rq->rq_file->f_vnode, rq->rq_args.op == AIO_DSYNC));
	default:
		return (transfer(rq));
	}
}

enum verdict { GO_ON, WAIT, END };

/* One in hand: is it still wanted, and does it have to wait for others; or, if
 * it was tried, for its file?  Then it isn't in hand any more. */
static enum verdict
judge(struct aio_request *rq, bool tried)
{
	struct aio *a = rq->rq_aio;
	enum verdict verdict = GO_ON;

	mutex_lock(&a->a_lock);
	if (a->a_proc == NULL || rq->rq_cancelled) {
		verdict = END;
	} else if (tried || aio_blocked(rq)) {
		park(rq);
		verdict = WAIT;
	}
	mutex_unlock(&a->a_lock);
	return (verdict);
}

static void
carry_out(struct aio_request *rq)
{
	enum verdict verdict = judge(rq, false);
	int error;

	if (verdict == GO_ON) {
		error = perform(rq);
		/* It may yet be connected. */
		if ((error != EAGAIN && error != ENOTCONN) || !rq->rq_stream) {
			aio_finish(rq, error);
			return;
		}
		verdict = judge(rq, true);
	}
	if (verdict == END)
		aio_finish(rq, ECANCELED);
}

/* The first that may be worked on, in hand, or NULL. (lock) */
static struct aio_request *
take_next(void)
{
	struct aio_request *rq;

	LIST_FOREACH (rq, &pool.queue, rq_queue)
		if (rq->rq_aio->a_inhand < MAX(atomic_load(&max_per_proc), 1)) {
			list_remove(&rq->rq_queue);
			take_in_hand(rq);
			return (rq);
		}
	return (NULL);
}

/* False: there has been no work for a while, nor does anybody need to be there
 * for requests that wait. (lock) */
static bool
wait_for_work(void)
{
	int error;

	pool.idle++;
	error = cv_timedwait_spin(&pool.work, &pool.lock, clock_ns() + IDLE_NS);
	pool.idle--;
	return (error == 0 || !list_empty(&pool.queue) ||
		(pool.threads == 1 && pool.unfinished > 0));
}

static void
worker(void *unused)
{
	struct aio_request *rq;

	spin_lock(&pool.lock);
	do {
		while ((rq = take_next()) != NULL) {
			spin_unlock(&pool.lock);
			(void)reinforce();
			carry_out(rq);
			spin_lock(&pool.lock);
		}
	} while (wait_for_work());
	pool.threads--;
	spin_unlock(&pool.lock);
	thread_exit(curthread());
}
