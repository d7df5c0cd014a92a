/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * _umtx_op(2).  Where a call takes a timeout, uaddr1 is the size of what
 * uaddr2 points at: a struct timespec or a struct _umtx_time.
 */
#include "fbsd/errno.h"
#include "abi/freebsd/sysargs.h"
#include "amd64/md.h"
#include "proc/signal.h"
#include "ipc/umtxq.h"

#define NWAKE_BATCH 128u /* addresses copied in at a time */

static int
nwake(struct thread *td, const uint64_t *uaddrs, uint64_t n)
{
	uint64_t batch[NWAKE_BATCH], count;
	int error = 0;

	while (n > 0 && error == 0) {
		count = MIN(n, NWAKE_BATCH);
		error = copyin(uaddrs, batch, count * sizeof(*batch));
		for (uint64_t i = 0; i < count && error == 0; i++)
			error = umtx_wake_addr(
			    td, (const void *)batch[i], UINT_MAX, false);
		uaddrs += count;
		n -= count;
		sched_maybe_yield();
	}
	return (error);
}

static int
robust_lists(struct thread *td, const struct _umtx_op_args *a)
{
	struct umtx_robust_lists_params rb = {0};
	int error;

	if (a->val > sizeof(rb))
		return (EINVAL);
	error = copyin(a->uaddr1, &rb, a->val);
	if (error != 0)
		return (error);
	td->td_robust_list = rb.robust_list_offset;
	td->td_privrobust_list = rb.robust_priv_list_offset;
	td->td_robust_inact = rb.robust_inact_offset;
	return (0);
}

static int
set_ceiling(struct thread *td, const struct _umtx_op_args *a)
{
	uint32_t old;
	int error;

	error = umutex_set_ceiling(td, a->obj, (uint32_t)a->val, &old);
	if (error == 0 && a->uaddr1 != NULL)
		error = suword32(a->uaddr1, old);
	return (error);
}

static int
cv_wait_op(struct thread *td, const struct _umtx_op_args *a)
{
	struct timespec ts;
	int error = 0;

	if (a->uaddr2 != NULL)
		error = copyin(a->uaddr2, &ts, sizeof(ts));
	if (error != 0)
		return (error);
	return (ucond_wait(td, a->obj, a->uaddr1,
	    a->uaddr2 != NULL ? &ts : NULL, (uint32_t)a->val));
}

/* A relative wait that a signal ended tells what remained, if there is room
 * behind the timeout. */
static int
sem2_wait(struct thread *td, const struct _umtx_op_args *a,
    const struct umtx_timeout *t)
{
	struct umtx_time *ut = a->uaddr2;
	struct timespec left;
	uint64_t now;
	int error;

	error = usem2_wait(td, a->obj, t);
	if (error == EINTR && t->t_given && !t->t_absolute &&
	    (size_t)a->uaddr1 >= sizeof(*ut) + sizeof(left)) {
		now = clock_ns();
		left =
		    ns_timespec(t->t_deadline > now ? t->t_deadline - now : 0);
		(void)copyout(&left, ut + 1, sizeof(left));
	}
	return (error);
}

/* Those that may have a timeout. */
static int
waiting_op(struct thread *td, const struct _umtx_op_args *a)
{
	struct umtx_timeout t;
	int error;

	error = umtx_timeout_get(td, a->uaddr2, (size_t)a->uaddr1, &t);
	if (error != 0)
		return (error);
	switch (a->op) {
	case UMTX_OP_WAIT:
		return (umtx_wait_word(td, a->obj, a->val, true, true, &t));
	case UMTX_OP_WAIT_UINT:
		return (umtx_wait_word(td, a->obj, a->val, false, true, &t));
	case UMTX_OP_WAIT_UINT_PRIVATE:
		return (umtx_wait_word(td, a->obj, a->val, false, false, &t));
	case UMTX_OP_MUTEX_LOCK:
		return (umutex_lock(td, a->obj, UMTX_LOCK, &t));
	case UMTX_OP_MUTEX_WAIT:
		return (umutex_lock(td, a->obj, UMTX_WAITFREE, &t));
	case UMTX_OP_RW_RDLOCK:
		return (urwlock_read(td, a->obj, (uint32_t)a->val, &t));
	case UMTX_OP_RW_WRLOCK:
		return (urwlock_write(td, a->obj, &t));
	default:
		return (sem2_wait(td, a, &t));
	}
}

int
sys__umtx_op(struct thread *td, const struct _umtx_op_args *a)
{
	static const struct umtx_timeout forever = {NO_DEADLINE, false, false};
	long min;

	switch (a->op) {
	case UMTX_OP_WAIT:
	case UMTX_OP_WAIT_UINT:
	case UMTX_OP_WAIT_UINT_PRIVATE:
	case UMTX_OP_MUTEX_LOCK:
	case UMTX_OP_MUTEX_WAIT:
	case UMTX_OP_RW_RDLOCK:
	case UMTX_OP_RW_WRLOCK:
	case UMTX_OP_SEM2_WAIT:
		return (waiting_op(td, a));
	case UMTX_OP_WAKE:
		return (umtx_wake_addr(td, a->obj, (unsigned)a->val, true));
	case UMTX_OP_WAKE_PRIVATE:
		return (umtx_wake_addr(td, a->obj, (unsigned)a->val, false));
	case UMTX_OP_NWAKE_PRIVATE:
		return (nwake(td, a->obj, a->val));
	case UMTX_OP_MUTEX_TRYLOCK:
		return (umutex_lock(td, a->obj, UMTX_TRYLOCK, &forever));
	case UMTX_OP_MUTEX_UNLOCK:
		return (umutex_unlock(td, a->obj, false));
	case UMTX_OP_MUTEX_WAKE:
		return (umutex_wake(td, a->obj));
	case UMTX_OP_MUTEX_WAKE2:
		return (umutex_wake2(td, a->obj, (uint32_t)a->val));
	case UMTX_OP_SET_CEILING:
		return (set_ceiling(td, a));
	case UMTX_OP_CV_WAIT:
		return (cv_wait_op(td, a));
	case UMTX_OP_CV_SIGNAL:
		return (ucond_wake(td, a->obj, false));
	case UMTX_OP_CV_BROADCAST:
		return (ucond_wake(td, a->obj, true));
	case UMTX_OP_RW_UNLOCK:
		return (urwlock_unlock(td, a->obj));
	case UMTX_OP_SEM2_WAKE:
		return (usem2_wake(td, a->obj));
	case UMTX_OP_SHM:
		return (umtx_shm_op(td, a->uaddr1, (unsigned)a->val));
	case UMTX_OP_ROBUST_LISTS:
		return (robust_lists(td, a));
	case UMTX_OP_GET_MIN_TIMEOUT:
		min = (long)td->td_proc->p_umtx_min;
		return (copyout(&min, a->uaddr1, sizeof(min)));
	case UMTX_OP_SET_MIN_TIMEOUT:
		if ((long)a->val < 0)
			return (EINVAL);
		td->td_proc->p_umtx_min = a->val;
		return (0);
	default:
		return (EOPNOTSUPP);
	}
}
