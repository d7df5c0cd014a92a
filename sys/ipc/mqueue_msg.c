/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages of POSIX queues: sending, receiving, and telling a process that one
 * came to an empty queue.  User memory is copied with no lock held, so that a
 * message that can't be copied out is lost.
 */
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "file/fdtable.h"
#include "ipc/mqueue_impl.h"
#include "proc/proc.h"
#include "proc/sigqueue.h"
#include "time/time.h"
#include "vm/kmem.h"

static void
message_free(struct mq_message *m)
{
	kmem_free(m, sizeof(*m) + m->m_size);
}

void
mqueue_free_messages(struct mqueue *q)
{
	struct mq_message *m, *next;

	LIST_FOREACH_SAFE (m, &q->q_messages, m_link, next)
		message_free(m);
}

static int
copyin_message(
    const void *text, size_t size, unsigned prio, struct mq_message **mp)
{
	struct mq_message *m = kmem_alloc(sizeof(*m) + size, 0);
	int error;

	if (m == NULL)
		return (ENOMEM);
	m->m_prio = prio;
	m->m_size = size;
	error = copyin(text, m->m_text, size);
	if (error != 0)
		message_free(m);
	*mp = m;
	return (error);
}

/* Whom to tell is told once: *mn has it from here on. (q) */
static void
take_notify(struct mqueue *q, struct mq_notify *mn)
{
	*mn = q->q_notify;
	q->q_notify.mn_pid = 0;
}

/* No locks are held: by then it may be another process, or none. */
static void
tell(const struct mq_notify *mn)
{
	const struct sigevent *ev = &mn->mn_event;
	struct siginfo info = {.si_signo = ev->sigev_signo,
	    .si_code = SI_MESGQ,
	    .si_value = ev->sigev_value,
	    .si_reason.mesgq.si_mqd = mn->mn_fd};
	struct thread *td;
	struct proc *p;

	if (mn->mn_pid == 0 || ev->sigev_notify == SIGEV_NONE)
		return;
	mutex_lock(&proctree_lock);
	p = proc_find(mn->mn_pid);
	if (p != NULL && p->p_serial == mn->mn_serial) {
		spin_lock(&p->p_lock);
		if (ev->sigev_notify != SIGEV_THREAD_ID)
			(void)sig_send_locked(p, ev->sigev_signo, &info);
		else if ((td = proc_thread(p, ev->sigev_notify_thread_id)) !=
			 NULL)
			(void)sig_send_thread_locked(
			    td, ev->sigev_signo, &info);
		spin_unlock(&p->p_lock);
	}
	mutex_unlock(&proctree_lock);
}

void
mqueue_forget_notify(
    struct mqueue *q, const struct proc *p, int fd, const struct file *fp)
{
	struct mq_notify *mn = &q->q_notify;

	mutex_lock(&q->q_lock);
	if (mn->mn_file == fp &&
	    (p == NULL || (mn->mn_fd == fd && mn->mn_pid == p->p_pid)))
		mn->mn_pid = 0;
	mutex_unlock(&q->q_lock);
}

static bool
event_valid(const struct sigevent *ev)
{
	switch (ev->sigev_notify) {
	case SIGEV_NONE:
		return (true);
	case SIGEV_SIGNAL:
	case SIGEV_THREAD_ID:
		return (sig_valid(ev->sigev_signo));
	default:
		return (false);
	}
}

/* (q) */
static int
set_notify(struct thread *td, struct mqueue *q, int fd, const struct file *fp,
    const struct sigevent *ev)
{
	struct mq_notify *mn = &q->q_notify;
	bool ours = mn->mn_pid == td->td_proc->p_pid && mn->mn_fd == fd;

	if (ev == NULL) {
		if (ours)
			mn->mn_pid = 0;
		return (0);
	}
	if (mn->mn_pid != 0)
		return (EBUSY);
	*mn = (struct mq_notify){.mn_pid = td->td_proc->p_pid,
	    .mn_serial = td->td_proc->p_serial,
	    .mn_fd = fd,
	    .mn_file = fp,
	    .mn_event = *ev};
	return (0);
}

int
kern_kmq_notify(struct thread *td, int fd, const struct sigevent *ev)
{
	struct mq_notify mn = {.mn_pid = 0};
	struct mqueue *q;
	struct file *fp;
	int error;

	if (ev != NULL && !event_valid(ev))
		return (EINVAL);
	error = mqueue_get(td, fd, 0, &fp);
	if (error != 0)
		return (error);
	q = fp->f_data;
	mutex_lock(&q->q_lock);
	error = set_notify(td, q, fd, fp, ev);
	if (error == 0 && q->q_count > 0 && q->q_receivers == 0)
		take_notify(q, &mn);
	mutex_unlock(&q->q_lock);
	tell(&mn);
	fd_claimed(td, fd, fp);
	file_release(fp);
	return (error);
}

/* How a call waits: file and deadline. */
struct wait {
	struct file *w_file;
	const struct timespec *w_until; /* of the wall clock, or NULL */
};

/* (q) Once. EAGAIN, EINVAL, ETIMEDOUT, EINTR, ERESTART. */
static int
wait_once(struct mqueue *q, struct cv *cv, const struct wait *w)
{
	if (file_nonblock(w->w_file))
		return (EAGAIN);
	return (cv_wait_wall_sig(cv, &q->q_lock, w->w_until));
}

/* Behind all of the same priority. (q) */
static void
put(struct mqueue *q, struct mq_message *m)
{
	struct mq_message *after;

	LIST_FOREACH (after, &q->q_messages, m_link)
		if (after->m_prio < m->m_prio)
			break;
	/* At the end of the list &after->m_link is the list's head. */
	list_insert_before(&after->m_link, &m->m_link);
	q->q_count++;
	q->q_bytes += m->m_size;
	cv_signal(&q->q_filled);
}

static int
send(struct mqueue *q, struct mq_message *m, const struct wait *w)
{
	struct mq_notify mn = {.mn_pid = 0};
	int error = 0;

	mutex_lock(&q->q_lock);
	while (error == 0 && q->q_count >= q->q_maxmsg)
		error = wait_once(q, &q->q_emptied, w);
	if (error == 0) {
		put(q, m);
		if (q->q_receivers == 0)
			take_notify(q, &mn);
	}
	mutex_unlock(&q->q_lock);
	if (error != 0)
		return (error);
	event_notify(&q->q_events, 0);
	tell(&mn);
	return (0);
}

int
kern_kmq_send(struct thread *td, int fd, const void *msg, size_t size,
    unsigned prio, const struct timespec *until)
{
	struct wait w = {.w_until = until};
	struct mq_message *m;
	struct mqueue *q;
	int error = mqueue_get(td, fd, FWRITE, &w.w_file);

	if (error != 0)
		return (error);
	q = w.w_file->f_data;
	if (prio >= MQ_PRIO_MAX)
		error = EINVAL;
	else if (size > (size_t)q->q_msgsize)
		error = EMSGSIZE;
	else
		error = copyin_message(msg, size, prio, &m);
	if (error == 0) {
		error = send(q, m, &w);
		if (error != 0)
			message_free(m);
	}
	file_release(w.w_file);
	return (error);
}

static int
receive(struct mqueue *q, const struct wait *w, struct mq_message **mp)
{
	struct mq_message *m;
	int error = 0;

	mutex_lock(&q->q_lock);
	while (error == 0 && q->q_count == 0) {
		q->q_receivers++;
		error = wait_once(q, &q->q_filled, w);
		q->q_receivers--;
	}
	if (error == 0) {
		m = *mp = LIST_FIRST(&q->q_messages, struct mq_message, m_link);
		list_remove(&m->m_link);
		q->q_count--;
		q->q_bytes -= m->m_size;
		cv_signal(&q->q_emptied);
	}
	mutex_unlock(&q->q_lock);
	if (error == 0)
		event_notify(&q->q_events, 0);
	return (error);
}

int
kern_kmq_receive(struct thread *td, int fd, void *msg, size_t *size,
    unsigned *prio, const struct timespec *until)
{
	struct wait w = {.w_until = until};
	struct mq_message *m;
	struct mqueue *q;
	int error = mqueue_get(td, fd, FREAD, &w.w_file);

	if (error != 0)
		return (error);
	q = w.w_file->f_data;
	error = *size < (size_t)q->q_msgsize ? EMSGSIZE : receive(q, &w, &m);
	file_release(w.w_file);
	if (error != 0)
		return (error);
	*size = m->m_size;
	*prio = m->m_prio;
	error = copyout(m->m_text, msg, m->m_size);
	message_free(m);
	return (error);
}
