/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Requests of asynchronous I/O: how they are made, waited for and taken back,
 * and what is told when they are through.
 *
 * A request holds all that it needs: file, memory, rights.  When its process
 * ends or becomes another program, nobody waits for it: what isn't worked on
 * ends at once, and the rest when its transfer does, on memory that it keeps so
 * long.
 */
#include "vfs/aio_impl.h"
#include "core/module.h"
#include "core/sysctl.h"
#include "fbsd/errno.h"
#include "fbsd/fcntl.h"
#include "file/kqueue.h"
#include "proc/signal.h"
#include "vfs/vnode.h"
#include "vm/kmem.h"
#include "vm/vm.h"

static unsigned max_queue = 1024;	  /* (a) of all processes */
static unsigned max_queue_per_proc = 256; /* (a) */
static unsigned queued;			  /* (a) of all */
static int enable_unsafe = 1;
SYSCTL_INT(aio_max_queue, "vfs.aio.max_aio_queue", CTL_AUTO, CTLFLAG_RW,
    &max_queue, "Asynchronous transfers at most");
SYSCTL_INT(aio_max_queue_per_proc, "vfs.aio.max_aio_queue_per_proc", CTL_AUTO,
    CTLFLAG_RW, &max_queue_per_proc,
    "Asynchronous transfers of a process at most");
SYSCTL_INT(aio_num_queue, "vfs.aio.num_queue_count", CTL_AUTO, CTLFLAG_RD,
    &queued, "Asynchronous transfers");
SYSCTL_INT(aio_listio_max, "p1003_1b.aio_listio_max",
    CTL_P1003_1B_AIO_LISTIO_MAX, CTLFLAG_RD, &max_queue_per_proc);
SYSCTL_INT(
    aio_max, "p1003_1b.aio_max", CTL_P1003_1B_AIO_MAX, CTLFLAG_RD, &max_queue);
SYSCTL_CONST_INT(aio_prio, "p1003_1b.aio_prio_delta_max",
    CTL_P1003_1B_AIO_PRIO_DELTA_MAX, 0);
SYSCTL_CONST_INT(aio_posix, "p1003_1b.asynchronous_io",
    CTL_P1003_1B_ASYNCHRONOUS_IO, 200112);
/* 0: files that may keep who transfers waiting are refused, as FreeBSD does
 * whose threads wait with them. */
SYSCTL_INT(aio_enable_unsafe, "vfs.aio.enable_unsafe", CTL_AUTO, CTLFLAG_RW,
    &enable_unsafe, "Asynchronous transfers of any file");

FEATURE(aio, "Asynchronous transfers");
MODULE(aio, "aio");

struct aio_list {
	struct list al_link;	  /* (l) in a_lists */
	unsigned al_refs;	  /* (l) its call, and requests */
	unsigned al_left;	  /* (l) the same, until they are through */
	struct sigevent al_event; /* (!) */
	struct ksiginfo al_ksi;
	struct event_source al_events; /* EVFILT_LIO */
};

/*
 * A process's.
 */
static struct aio *
aio_create(struct proc *p)
{
	struct aio *a = kmem_alloc(sizeof(*a), KM_ZERO), *none = NULL;

	if (a == NULL)
		return (NULL);
	mutex_init(&a->a_lock, "aio");
	a->a_refs = 1;
	a->a_proc = p;
	list_init(&a->a_all);
	list_init(&a->a_done);
	list_init(&a->a_lists);
	cv_init(&a->a_cv, "aiospn");
	if (atomic_cas(&p->p_aio, &none, a))
		return (a);
	/* Another thread was first. */
	kmem_free(a, sizeof(*a));
	return (none);
}

/* NULL: no memory. */
static struct aio *
aio_of(struct thread *td)
{
	struct aio *a = atomic_load(&td->td_proc->p_aio);

	return (a != NULL ? a : aio_create(td->td_proc));
}

static void
aio_unref(struct aio *a)
{
	if (refcount_drop(&a->a_refs))
		kmem_free(a, sizeof(*a));
}

unsigned
aio_most(void)
{
	return (atomic_load(&max_queue_per_proc));
}

bool
aio_full(struct thread *td)
{
	const struct aio *a = atomic_load(&td->td_proc->p_aio);

	return (atomic_load(&queued) >= atomic_load(&max_queue) ||
		(a != NULL && a->a_count >= aio_most()));
}

/*
 * What is told.
 */
static bool
event_valid(const struct sigevent *ev)
{
	switch (ev->sigev_notify) {
	case SIGEV_NONE:
	case SIGEV_KEVENT:
		return (true);
	case SIGEV_SIGNAL:
	case SIGEV_THREAD_ID:
		return (sig_valid(ev->sigev_signo));
	default:
		return (false);
	}
}

static void
event_init(
    const struct sigevent *ev, struct ksiginfo *ksi, struct event_source *es)
{
	event_source_init(es, "aio events");
	list_init(&ksi->ksi_link);
	ksi->ksi_static = true;
	ksi->ksi_info.si_signo = ev->sigev_signo;
	ksi->ksi_info.si_code = SI_ASYNCIO;
	ksi->ksi_info.si_value = ev->sigev_value;
}

/* Asks the kqueue that it names to be told, if it names one. */
static int
watch(struct thread *td, const struct sigevent *ev, int filter, uint64_t ident,
    struct event_source *es)
{
	const unsigned allowed = EV_CLEAR | EV_DISPATCH | EV_ONESHOT;
	struct kevent kev = {.ident = ident,
	    .filter = (short)filter,
	    .flags = EV_ADD | EV_ENABLE,
	    .udata = ev->sigev_value.sival_ptr};

	if (ev->sigev_notify != SIGEV_KEVENT)
		return (0);
	if (filter == EVFILT_AIO) {
		if ((ev->sigev_notify_kevent_flags & ~allowed) != 0)
			return (EINVAL);
		kev.flags |= ev->sigev_notify_kevent_flags;
	}
	/* sigev_notify_kqueue has this place. */
	return (kern_kevent_source(td, ev->sigev_signo, &kev, es));
}

/* A story that stays until it is withdrawn, or (`passing`) one that may go on
 * without its owner. p_lock held. */
static void
send_story(
    struct proc *p, struct thread *td, struct ksiginfo *ksi, bool passing)
{
	const struct siginfo *info = &ksi->ksi_info;

	if (!passing)
		(void)sig_send_static(p, td, ksi);
	else if (td != NULL)
		(void)sig_send_thread_locked(td, info->si_signo, info);
	else
		(void)sig_send_locked(p, info->si_signo, info);
}

/* a_lock held, and the process is there. */
static void
tell(struct aio *a, const struct sigevent *ev, struct ksiginfo *ksi,
    struct event_source *es, int error, bool passing)
{
	struct proc *p = a->a_proc;
	struct thread *td = NULL;

	event_notify(es, error);
	if (ev->sigev_notify != SIGEV_SIGNAL &&
	    ev->sigev_notify != SIGEV_THREAD_ID)
		return;
	spin_lock(&p->p_lock);
	if (ev->sigev_notify == SIGEV_THREAD_ID)
		td = proc_thread(p, ev->sigev_notify_thread_id);
	if (td != NULL || ev->sigev_notify == SIGEV_SIGNAL)
		send_story(p, td, ksi, passing);
	spin_unlock(&p->p_lock);
}

/* A signal that wasn't taken yet is forgotten. */
static void
withdraw(struct proc *p, struct ksiginfo *ksi)
{
	spin_lock(&p->p_lock);
	sigqueue_withdraw(ksi);
	spin_unlock(&p->p_lock);
}

/*
 * Lists. p: the process, or NULL if it has left.
 */
static void
list_unref(struct aio *a, struct aio_list *list, struct proc *p)
{
	bool last;

	mutex_lock(&a->a_lock);
	last = --list->al_refs == 0;
	if (last)
		list_remove(&list->al_link);
	mutex_unlock(&a->a_lock);
	if (!last)
		return;
	if (p != NULL)
		withdraw(p, &list->al_ksi);
	event_source_drain(&list->al_events);
	kmem_free(list, sizeof(*list));
}

/* One of those that count in al_left is through. An empty list goes at once.
 * a_lock held. */
static void
list_one_less(struct aio *a, struct aio_list *list)
{
	if (--list->al_left == 0)
		tell(a, &list->al_event, &list->al_ksi, &list->al_events, 0,
		    list->al_refs == 1);
}

int
aio_list_begin(struct thread *td, const struct sigevent *event, uint64_t name,
    struct aio_list **listp)
{
	const struct sigevent none = {.sigev_notify = SIGEV_NONE};
	struct aio *a = aio_of(td);
	struct aio_list *list;
	int error;

	if (event == NULL)
		event = &none;
	if (!event_valid(event))
		return (EINVAL);
	list = a == NULL ? NULL : kmem_alloc(sizeof(*list), KM_ZERO);
	if (list == NULL)
		return (ENOMEM);
	list->al_refs = list->al_left = 1;
	list->al_event = *event;
	event_init(event, &list->al_ksi, &list->al_events);
	error = watch(td, event, EVFILT_LIO, name, &list->al_events);
	if (error != 0) {
		kmem_free(list, sizeof(*list));
		return (error);
	}
	mutex_lock(&a->a_lock);
	list_push_back(&a->a_lists, &list->al_link);
	mutex_unlock(&a->a_lock);
	*listp = list;
	return (0);
}

int
aio_list_end(struct thread *td, struct aio_list *list, bool wait)
{
	struct aio *a = aio_of(td);
	int error = 0;

	mutex_lock(&a->a_lock);
	while (wait && list->al_left > 1 && error == 0)
		error = cv_wait_sig(&a->a_cv, &a->a_lock);
	list_one_less(a, list);
	mutex_unlock(&a->a_lock);
	list_unref(a, list, td->td_proc);
	return (error == ERESTART ? EINTR : error);
}

/*
 * The making of a request.
 */

/* The file's events: it may have become ready. */
static void
file_notify(struct event_waiter *ew, long hint)
{
	aio_look_again(container_of(ew, struct aio_request, rq_waiter));
}

static bool
transfers(const struct aio_request *rq)
{
	return (rq->rq_args.op == AIO_READ || rq->rq_args.op == AIO_WRITE);
}

/* Does a transfer end without anybody's doing? */
static bool
is_safe(const struct file *fp)
{
	if (fp->f_vnode == NULL)
		return (fp->f_type == DTYPE_SOCKET || fp->f_type == DTYPE_SHM);
	return (fp->f_vnode->v_type == VREG || fp->f_vnode->v_type == VDIR);
}

/* Where its events come from if it becomes ready, or NULL. */
static struct event_source *
stream_events(struct file *fp)
{
	if (fp->f_ops->fo_events == NULL || fp->f_ops->fo_poll == NULL ||
	    (fp->f_vnode != NULL && !file_vnode_ops->stream(fp->f_vnode)))
		return (NULL);
	return (fp->f_ops->fo_events(fp));
}

/* May a regular file become so large? */
static int
check_size(struct thread *td, const struct aio_request *rq)
{
	const struct vnode *vp = rq->rq_file->f_vnode;
	uint64_t start = (uint64_t)rq->rq_args.offset,
		 limit = proc_limit(td->td_proc, RLIMIT_FSIZE);

	if (rq->rq_args.op != AIO_WRITE || vp == NULL || vp->v_type != VREG)
		return (0);
	if ((rq->rq_file->f_flag & O_APPEND) || !rq->rq_args.at_offset)
		start = vn_size(vp);
	return (start + rq->rq_asked > limit ? EFBIG : 0);
}

static int
check_file(struct thread *td, const struct aio_request *rq)
{
	const struct file *fp = rq->rq_file;

	if (!transfers(rq)) {
		if (fp->f_vnode == NULL)
			return (EINVAL);
		return ((fp->f_flag & O_PATH) ? EBADF : 0);
	}
	if (rq->rq_args.at_offset && rq->rq_args.offset < 0 &&
	    (fp->f_vnode == NULL || fp->f_vnode->v_type != VCHR))
		return (EINVAL);
	if (!enable_unsafe && !is_safe(fp))
		return (EOPNOTSUPP);
	return (check_size(td, rq));
}

/* The memory that it is about: bytes or a list. */
static int
set_memory(struct aio_request *rq)
{
	const struct aio_args *args = &rq->rq_args;
	const bool write = args->op == AIO_WRITE;
	int error = 0;

	if (args->n > IOSIZE_MAX || (args->vectored && args->n > IOV_MAX))
		return (EINVAL);
	if (args->vectored)
		error = uio_copyin(&rq->rq_uio, (const void *)args->buf,
		    (int)args->n, args->offset, write, rq->rq_small);
	else
		uio_init(&rq->rq_uio, rq->rq_small, args->buf, args->n,
		    args->offset, true, write);
	if (error == 0)
		rq->rq_iov = rq->rq_uio.uio_iov;
	rq->rq_asked = rq->rq_uio.uio_resid;
	return (error);
}

static int
set_file(struct thread *td, struct aio_request *rq)
{
	static const int need[] = {
	    [AIO_WRITE] = FWRITE, [AIO_READ] = FREAD, [AIO_DSYNC] = 0};
	struct event_source *es;
	int error;

	if (rq->rq_args.op == AIO_MLOCK)
		return (0);
	error = fd_get(td, rq->rq_args.fd, need[rq->rq_args.op], &rq->rq_file);
	if (error == 0)
		error = check_file(td, rq);
	if (error != 0 || !transfers(rq))
		return (error);
	if (rq->rq_file->f_ops->fo_aio_begin != NULL)
		error = rq->rq_file->f_ops->fo_aio_begin(rq->rq_file);
	if (error != 0)
		return (error);
	rq->rq_begun = true;
	es = stream_events(rq->rq_file);
	rq->rq_stream = es != NULL;
	rq->rq_ordered = rq->rq_stream || (rq->rq_file->f_flag & O_APPEND);
	if (es != NULL)
		event_attach(es, &rq->rq_waiter);
	return (0);
}

/* What it needs to be carried out goes. */
static void
drop_means(struct aio_request *rq)
{
	event_detach(&rq->rq_waiter);
	if (rq->rq_iov != NULL)
		uio_done(&rq->rq_uio, rq->rq_iov, rq->rq_small);
	if (rq->rq_begun && rq->rq_file->f_ops->fo_aio_end != NULL)
		rq->rq_file->f_ops->fo_aio_end(rq->rq_file);
	if (rq->rq_file != NULL)
		file_release(rq->rq_file);
	vmspace_release(rq->rq_space);
	cred_release(rq->rq_cred);
}

/* After drop_means(). p: its process, NULL if that has left. */
static void
destroy(struct aio_request *rq, struct proc *p)
{
	struct aio *a = rq->rq_aio;

	if (p != NULL)
		withdraw(p, &rq->rq_ksi);
	event_source_drain(&rq->rq_events);
	if (rq->rq_list != NULL)
		list_unref(a, rq->rq_list, p);
	atomic_sub(&queued, 1);
	kmem_free(rq, sizeof(*rq));
	aio_unref(a);
}

/* Among the others of its process, in hand. EAGAIN. */
static int
enter(struct aio_request *rq, struct aio_list *list)
{
	struct aio *a = rq->rq_aio;
	int error = EAGAIN;

	mutex_lock(&a->a_lock);
	if (a->a_count < aio_most()) {
		error = 0;
		a->a_count++;
		list_push_back(&a->a_all, &rq->rq_all);
		aio_admit(rq);
		rq->rq_list = list;
		if (list != NULL) {
			list->al_refs++;
			list->al_left++;
		}
	}
	mutex_unlock(&a->a_lock);
	return (error);
}

/* The same back: it won't be carried out after all. */
static void
leave(struct aio_request *rq)
{
	struct aio *a = rq->rq_aio;

	mutex_lock(&a->a_lock);
	a->a_count--;
	list_remove(&rq->rq_all);
	aio_retire(rq);
	if (rq->rq_list != NULL)
		rq->rq_list->al_left--;
	mutex_unlock(&a->a_lock);
}

/* By the caller: it is its limit that counts. */
static int
wire(struct thread *td, struct aio_request *rq)
{
	const vaddr_t start = trunc_page(rq->rq_args.buf);
	const uint64_t size = rq->rq_args.n + (rq->rq_args.buf - start);

	return (vm_wire(td_vmspace(td), start, size));
}

static struct aio_request *
create(struct thread *td, struct aio *a, const struct aio_args *args)
{
	struct aio_request *rq = kmem_alloc(sizeof(*rq), KM_ZERO);

	if (rq == NULL)
		return (NULL);
	rq->rq_args = *args;
	rq->rq_aio = a;
	refcount_take(&a->a_refs);
	rq->rq_phase = AIO_INHAND;
	event_waiter_init(&rq->rq_waiter, file_notify);
	event_init(&args->event, &rq->rq_ksi, &rq->rq_events);
	vmspace_hold(rq->rq_space = td_vmspace(td));
	rq->rq_cred = cred_hold(td->td_cred);
	atomic_add(&queued, 1);
	return (rq);
}

int
aio_begin(struct thread *td, const struct aio_args *args, struct aio_list *list)
{
	struct aio *a = aio_of(td);
	struct aio_request *rq;
	int error = 0;

	rq = a == NULL || aio_full(td) ? NULL : create(td, a, args);
	if (rq == NULL)
		return (EAGAIN);
	if (args->op != AIO_SYNC && args->op != AIO_DSYNC)
		error = set_memory(rq);
	if (error == 0 && !event_valid(&args->event))
		error = EINVAL;
	if (error == 0)
		error = set_file(td, rq);
	if (error == 0)
		error = watch(
		    td, &args->event, EVFILT_AIO, args->ucb, &rq->rq_events);
	if (error == 0)
		error = enter(rq, list);
	if (error == 0 && args->op == AIO_MLOCK) {
		aio_finish(rq, wire(td, rq));
		return (0);
	}
	if (error == 0) {
		error = aio_submit(rq);
		if (error == 0)
			return (0);
		leave(rq);
	}
	drop_means(rq);
	destroy(rq, td->td_proc);
	return (error);
}

/*
 * The order of requests, and their end.
 */
static bool
comes_first(const struct aio_request *before, const struct aio_request *rq)
{
	if (before->rq_phase == AIO_DONE || before->rq_file != rq->rq_file)
		return (false);
	if (!transfers(rq))
		return (transfers(before));
	return (rq->rq_ordered && before->rq_args.op == rq->rq_args.op);
}

bool
aio_blocked(const struct aio_request *rq)
{
	const struct aio_request *before;

	LIST_FOREACH (before, &rq->rq_aio->a_all, rq_all) {
		if (before == rq)
			break;
		if (comes_first(before, rq))
			return (true);
	}
	return (false);
}

/* Who may have waited for a request on fp. a_lock held. */
static void
wake_followers(struct aio *a, const struct file *fp)
{
	struct aio_request *rq;

	LIST_FOREACH (rq, &a->a_all, rq_all)
		if (rq->rq_phase == AIO_WAITING && rq->rq_file == fp)
			aio_look_again(rq);
}

/* Its process hears of it. a_lock held. */
static void
announce(struct aio *a, struct aio_request *rq)
{
	list_push_back(&a->a_done, &rq->rq_done);
	if (rq->rq_broken)
		(void)sig_send(a->a_proc, SIGPIPE, NULL);
	tell(a, &rq->rq_args.event, &rq->rq_ksi, &rq->rq_events, rq->rq_error,
	    false);
	if (rq->rq_list != NULL)
		list_one_less(a, rq->rq_list);
	cv_broadcast(&a->a_cv);
}

void
aio_finish(struct aio_request *rq, int error)
{
	const size_t moved = rq->rq_asked - rq->rq_uio.uio_resid;
	const struct file *fp = rq->rq_file;
	struct aio *a = rq->rq_aio;
	bool left;

	/* What was done is done. */
	if (error == ECANCELED && moved > 0)
		error = 0;
	drop_means(rq);
	mutex_lock(&a->a_lock);
	rq->rq_error = error;
	rq->rq_status = error != 0 ? -1 : transfers(rq) ? (long)moved : 0;
	aio_retire(rq);
	left = a->a_proc == NULL;
	if (left)
		list_remove(&rq->rq_all);
	else
		announce(a, rq);
	wake_followers(a, fp);
	mutex_unlock(&a->a_lock);
	if (left)
		destroy(rq, NULL);
}

/*
 * Waiting, and taking back.
 */

/* Out of a_all and a_done. a_lock held. */
static void
remove(struct aio *a, struct aio_request *rq)
{
	a->a_count--;
	list_remove(&rq->rq_all);
	list_remove(&rq->rq_done);
}

static void
hand_over(struct thread *td, struct aio_request *rq, struct aio_result *result)
{
	*result =
	    (struct aio_result){rq->rq_args.ucb, rq->rq_status, rq->rq_error};
	td->td_ru.msgsnd += rq->rq_sent;
	td->td_ru.msgrcv += rq->rq_received;
	destroy(rq, td->td_proc);
}

int
aio_take(struct thread *td, uint64_t ucb, struct aio_result *result)
{
	struct aio *a = atomic_load(&td->td_proc->p_aio);
	struct aio_request *rq;
	bool found = false;

	if (a == NULL)
		return (EINVAL);
	mutex_lock(&a->a_lock);
	LIST_FOREACH (rq, &a->a_done, rq_done)
		if (rq->rq_args.ucb == ucb) {
			found = true;
			remove(a, rq);
			break;
		}
	mutex_unlock(&a->a_lock);
	if (!found)
		return (EINVAL);
	hand_over(td, rq, result);
	return (0);
}

int
aio_state(struct thread *td, uint64_t ucb)
{
	struct aio *a = atomic_load(&td->td_proc->p_aio);
	struct aio_request *rq;
	int state = -1;

	if (a == NULL)
		return (-1);
	mutex_lock(&a->a_lock);
	LIST_FOREACH (rq, &a->a_all, rq_all)
		if (rq->rq_args.ucb == ucb) {
			state = rq->rq_phase == AIO_DONE ? rq->rq_error
							 : EINPROGRESS;
			break;
		}
	mutex_unlock(&a->a_lock);
	return (state);
}

/* For something to be through. a_lock held. EAGAIN: deadline. */
static int
wait_done(struct aio *a, uint64_t deadline)
{
	int error;

	if (deadline == 0)
		return (EAGAIN);
	error = cv_timedwait_sig(&a->a_cv, &a->a_lock, deadline);
	if (error == ETIMEDOUT)
		return (EAGAIN);
	return (error == ERESTART && deadline != NO_DEADLINE ? EINTR : error);
}

int
aio_take_next(struct thread *td, uint64_t deadline, struct aio_result *result)
{
	struct aio *a = aio_of(td);
	struct aio_request *rq;
	int error = 0;

	if (a == NULL)
		return (EAGAIN);
	mutex_lock(&a->a_lock);
	while (list_empty(&a->a_done) && error == 0)
		error = wait_done(a, deadline);
	rq = LIST_FIRST(&a->a_done, struct aio_request, rq_done);
	if (rq != NULL)
		remove(a, rq);
	mutex_unlock(&a->a_lock);
	if (rq == NULL)
		return (error);
	hand_over(td, rq, result);
	return (0);
}

/* Is one of these under way, and is one through? a_lock held. */
static bool
look_for(const struct aio *a, const uint64_t *ucbs, unsigned n, bool *through)
{
	const struct aio_request *rq;
	bool there = false;

	LIST_FOREACH (rq, &a->a_all, rq_all)
		for (unsigned i = 0; i < n; i++)
			if (rq->rq_args.ucb == ucbs[i]) {
				there = true;
				*through |= rq->rq_phase == AIO_DONE;
			}
	return (there);
}

int
aio_wait_any(
    struct thread *td, const uint64_t *ucbs, unsigned n, uint64_t deadline)
{
	struct aio *a = atomic_load(&td->td_proc->p_aio);
	bool through = false;
	int error = 0;

	if (a == NULL)
		return (EAGAIN);
	mutex_lock(&a->a_lock);
	while (error == 0 && look_for(a, ucbs, n, &through) && !through)
		error = wait_done(a, deadline);
	mutex_unlock(&a->a_lock);
	return (error == ERESTART ? EINTR : error);
}

void
aio_cancel(struct thread *td, int fd, uint64_t ucb, unsigned *cancelled,
    unsigned *others)
{
	struct aio *a = atomic_load(&td->td_proc->p_aio);
	struct list mine = LIST_INITIALIZER(mine);
	struct aio_request *rq;

	*cancelled = *others = 0;
	if (a == NULL)
		return;
	mutex_lock(&a->a_lock);
	LIST_FOREACH (rq, &a->a_all, rq_all) {
		if (rq->rq_phase == AIO_DONE || rq->rq_args.fd != fd ||
		    rq->rq_args.op == AIO_MLOCK ||
		    (ucb != 0 && rq->rq_args.ucb != ucb))
			continue;
		rq->rq_cancelled = true;
		if (aio_claim(rq)) {
			list_push_back(&mine, &rq->rq_done);
			/* What was begun isn't undone. */
			++*(rq->rq_uio.uio_resid == rq->rq_asked ? cancelled
								 : others);
		} else {
			++*others;
		}
	}
	mutex_unlock(&a->a_lock);
	while (!list_empty(&mine)) {
		rq = LIST_FIRST(&mine, struct aio_request, rq_done);
		list_remove(&rq->rq_done);
		aio_finish(rq, ECANCELED);
	}
}

/* One that is through or that nobody works on, taken, or NULL. a_lock held. */
static struct aio_request *
take_any(struct aio *a)
{
	struct aio_request *rq;

	LIST_FOREACH (rq, &a->a_all, rq_all) {
		if (rq->rq_phase == AIO_DONE) {
			remove(a, rq);
			return (rq);
		}
		if (aio_claim(rq))
			return (rq);
	}
	return (NULL);
}

void
aio_leave(struct proc *p)
{
	struct aio *a = p->p_aio;
	struct aio_request *rq;
	struct aio_list *list;

	if (a == NULL)
		return;
	p->p_aio = NULL;
	mutex_lock(&a->a_lock);
	a->a_proc = NULL;
	LIST_FOREACH (rq, &a->a_done, rq_done)
		withdraw(p, &rq->rq_ksi);
	LIST_FOREACH (list, &a->a_lists, al_link)
		withdraw(p, &list->al_ksi);
	while ((rq = take_any(a)) != NULL) {
		mutex_unlock(&a->a_lock);
		if (rq->rq_phase == AIO_DONE)
			destroy(rq, NULL);
		else
			aio_finish(rq, ECANCELED);
		mutex_lock(&a->a_lock);
	}
	mutex_unlock(&a->a_lock);
	aio_unref(a);
}
