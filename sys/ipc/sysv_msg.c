/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System V message queues.
 *
 * Who waits has left what he waits for in a list of the queue's: a sender his
 * message, a receiver what he would take.  Whoever puts a message into the
 * queue hands messages to receivers, and whoever makes room lets messages of
 * senders in, both in the order of arrival.  Room is a queue's own, and that of
 * all messages there are: so all queues are asked when some of that is free
 * again.
 *
 * All is guarded by the table's lock.  User memory is copied without it.
 */
#include "lib/list.h"
#include "lib/string.h"
#include "core/module.h"
#include "core/sysctl.h"
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "ipc/sysv.h"
#include "ipc/sysv_msg.h"
#include "kern/kenv.h"
#include "proc/proc.h"
#include "time/time.h"
#include "vm/kmem.h"

struct message {
	struct list m_link; /* in mq_messages */
	long m_type;
	size_t m_size;
	char m_text[];
};

struct queue {
	struct msqid_ds mq_ds;	  /* msg_perm is in the table */
	struct list mq_messages;  /* struct message */
	struct list mq_senders;	  /* struct waiter */
	struct list mq_receivers; /* struct waiter */
};

/* On the stack of a thread that waits. */
struct waiter {
	struct sysv_waiter w_wait;
	pid_t w_pid;
	struct message *w_msg; /* to be sent; or received */
	long w_type;	       /* a receiver's */
	size_t w_room;
	bool w_cut; /* MSG_NOERROR */
};

TUNABLE_INT(msgmni, "kern.ipc.msgmni", CTLFLAG_RD, 40, SYSV_PLACES_MAX);
/* Bytes of a queue; messages of all; what those take, in segments of some
 * bytes. */
TUNABLE_INT(msgmnb, "kern.ipc.msgmnb", CTLFLAG_RD, 2048, 1 << 24);
TUNABLE_INT(msgtql, "kern.ipc.msgtql", CTLFLAG_RD, 40, INT16_MAX);
TUNABLE_INT(msgssz, "kern.ipc.msgssz", CTLFLAG_RD, 8, 1024);
TUNABLE_INT(msgseg, "kern.ipc.msgseg", CTLFLAG_RD, 2048, INT16_MAX);
FEATURE(sysv_msg, "System V message queues");

static struct sysv_table queues =
    SYSV_TABLE_INITIALIZER(queues, "sysv msg", &msgmni);
static unsigned messages; /* in all queues */
static size_t segments;	  /* theirs */
static unsigned senders;  /* that wait */

static size_t
longest(void)
{
	return (tunable_get(&msgssz) * tunable_get(&msgseg));
}

static int
sysctl_msgmax(const struct sysctl_node *node, struct sysctl_req *req)
{
	int most = (int)longest();

	return (sysctl_out(req, &most, sizeof(most)));
}
SYSCTL_PROC(kern_ipc_msgmax, "kern.ipc.msgmax", CTL_AUTO,
    CTLTYPE_INT | CTLFLAG_RD, "I", sysctl_msgmax, NULL);

static size_t
segments_of(const struct message *m)
{
	size_t size = MAX(tunable_get(&msgssz), 1);

	return ((m->m_size + size - 1) / size);
}

static struct queue *
queue_of(struct ipc_perm *p)
{
	return (
	    p != NULL ? container_of(p, struct queue, mq_ds.msg_perm) : NULL);
}

static struct message *
message_alloc(long type, size_t size)
{
	struct message *m = kmem_alloc(sizeof(*m) + size, 0);

	if (m == NULL)
		return (NULL);
	list_init(&m->m_link);
	m->m_type = type;
	m->m_size = size;
	return (m);
}

static void
message_free(struct message *m)
{
	if (m != NULL)
		kmem_free(m, sizeof(*m) + m->m_size);
}

static int
create(struct thread *td, long key, int flags, struct queue **mqp)
{
	struct queue *mq = kmem_alloc(sizeof(*mq), KM_ZERO);
	int error;

	if (mq == NULL)
		return (ENOMEM);
	error = sysv_enter(&queues, td, key, flags, &mq->mq_ds.msg_perm);
	if (error != 0) {
		kmem_free(mq, sizeof(*mq));
		return (error);
	}
	list_init(&mq->mq_messages);
	list_init(&mq->mq_senders);
	list_init(&mq->mq_receivers);
	mq->mq_ds.msg_qbytes = tunable_get(&msgmnb);
	mq->mq_ds.msg_ctime = time_now().tv_sec;
	*mqp = mq;
	return (0);
}

int
kern_msgget(struct thread *td, long key, int flags, int *id)
{
	struct ipc_perm *p;
	struct queue *mq;
	int error;

	mutex_lock(&queues.t_lock);
	error = sysv_by_key(&queues, key, flags, &p);
	mq = queue_of(p);
	if (error == 0 && mq == NULL)
		error = create(td, key, flags, &mq);
	else if (error == 0)
		error = sysv_permit(td, p, (unsigned)flags & (IPC_R | IPC_W));
	if (error == 0)
		*id = sysv_id(&queues, &mq->mq_ds.msg_perm);
	mutex_unlock(&queues.t_lock);
	return (error);
}

/* The queue, if td may do that: EINVAL, EACCES. */
static int
find(struct thread *td, int id, unsigned right, struct queue **mqp)
{
	*mqp = queue_of(sysv_by_id(&queues, id));
	return (*mqp == NULL ? EINVAL
			     : sysv_permit(td, &(*mqp)->mq_ds.msg_perm, right));
}

static bool
has_room(const struct queue *mq, const struct message *m)
{
	return (m->m_size + mq->mq_ds.msg_cbytes <= mq->mq_ds.msg_qbytes &&
		messages < tunable_get(&msgtql) &&
		segments_of(m) + segments <= tunable_get(&msgseg));
}

static void
put(struct queue *mq, struct message *m, pid_t pid)
{
	list_push_back(&mq->mq_messages, &m->m_link);
	mq->mq_ds.msg_cbytes += m->m_size;
	mq->mq_ds.msg_qnum++;
	mq->mq_ds.msg_lspid = pid;
	mq->mq_ds.msg_stime = time_now().tv_sec;
	messages++;
	segments += segments_of(m);
}

static void
take(struct queue *mq, struct message *m)
{
	list_remove(&m->m_link);
	mq->mq_ds.msg_cbytes -= m->m_size;
	mq->mq_ds.msg_qnum--;
	messages--;
	segments -= segments_of(m);
}

/* The first of a type; 0: of any; negative: of the lowest, up to that. */
static struct message *
pick(const struct queue *mq, long type)
{
	struct message *m, *best = NULL;

	LIST_FOREACH (m, &mq->mq_messages, m_link) {
		if (type == 0 || m->m_type == type)
			return (m);
		if (type < 0 && m->m_type + type <= 0 &&
		    (best == NULL || m->m_type < best->m_type))
			best = m;
	}
	return (best);
}

/* Is there something for a receiver? 0: he has it; E2BIG, ENOMSG. */
static int
receive(struct queue *mq, struct waiter *w)
{
	struct message *m = pick(mq, w->w_type);

	if (m == NULL)
		return (ENOMSG);
	if (m->m_size > w->w_room && !w->w_cut)
		return (E2BIG);
	take(mq, m);
	mq->mq_ds.msg_lrpid = w->w_pid;
	mq->mq_ds.msg_rtime = time_now().tv_sec;
	w->w_msg = m;
	return (0);
}

static void
hand_out(struct queue *mq)
{
	struct waiter *w, *next;
	int error;

	LIST_FOREACH_SAFE (w, &mq->mq_receivers, w_wait.sw_link, next) {
		error = receive(mq, w);
		if (error != ENOMSG)
			sysv_done(&w->w_wait, error);
	}
}

/* The messages of senders, as far as there is room: were there any? */
static bool
let_in(struct queue *mq)
{
	struct waiter *w;
	bool some = false;

	while ((w = LIST_FIRST(
		    &mq->mq_senders, struct waiter, w_wait.sw_link)) != NULL) {
		if (w->w_msg->m_size > mq->mq_ds.msg_qbytes) {
			sysv_done(&w->w_wait, EINVAL);
			continue;
		}
		if (!has_room(mq, w->w_msg))
			break;
		put(mq, w->w_msg, w->w_pid);
		w->w_msg = NULL;
		sysv_done(&w->w_wait, 0);
		hand_out(mq);
		some = true;
	}
	return (some);
}

/* There may be more room than before, for any queue. */
static void
made_room(void)
{
	struct queue *mq;
	bool some = senders > 0;

	while (some) {
		some = false;
		for (unsigned i = 0; i < queues.t_size; i++) {
			mq = queue_of(sysv_at(&queues, i));
			if (mq != NULL)
				some |= let_in(mq);
		}
	}
}

/* May td send so much? */
static int
check_send(struct thread *td, int id, long type, size_t size)
{
	struct queue *mq;
	int error;

	mutex_lock(&queues.t_lock);
	error = find(td, id, IPC_W, &mq);
	if (error == 0 &&
	    (size > mq->mq_ds.msg_qbytes || size > longest() || type < 1))
		error = EINVAL;
	mutex_unlock(&queues.t_lock);
	return (error);
}

/* Takes w_msg if it succeeds. */
static int
send(struct thread *td, int id, int flags, struct waiter *w)
{
	struct queue *mq;
	int error = find(td, id, IPC_W, &mq);

	if (error != 0)
		return (error == EINVAL ? EIDRM : error);
	if (list_empty(&mq->mq_senders) && has_room(mq, w->w_msg)) {
		put(mq, w->w_msg, w->w_pid);
		w->w_msg = NULL;
		hand_out(mq);
		return (0);
	}
	if ((flags & IPC_NOWAIT) != 0)
		return (EAGAIN);
	senders++;
	error = sysv_wait(&queues, &mq->mq_senders, &w->w_wait, "msgsnd");
	senders--;
	/* Others may have waited behind it. */
	if (error == EINTR)
		made_room();
	return (error);
}

int
kern_msgsnd(struct thread *td, int id, long type, const void *msg, size_t size,
    int flags)
{
	struct waiter w = {.w_pid = td->td_proc->p_pid};
	int error = check_send(td, id, type, size);

	if (error != 0)
		return (error);
	w.w_msg = message_alloc(type, size);
	if (w.w_msg == NULL)
		return (ENOMEM);
	error = copyin(msg, w.w_msg->m_text, size);
	if (error == 0) {
		mutex_lock(&queues.t_lock);
		error = send(td, id, flags, &w);
		mutex_unlock(&queues.t_lock);
	}
	message_free(w.w_msg);
	return (error);
}

static int
wait_for_message(struct thread *td, int id, int flags, struct waiter *w)
{
	struct queue *mq;
	int error = find(td, id, IPC_R, &mq);

	if (error != 0)
		return (error);
	error = receive(mq, w);
	if (error == 0)
		made_room();
	else if (error == ENOMSG && (flags & IPC_NOWAIT) == 0)
		error =
		    sysv_wait(&queues, &mq->mq_receivers, &w->w_wait, "msgrcv");
	return (error);
}

int
kern_msgrcv(
    struct thread *td, int id, long *type, void *msg, size_t *sizep, int flags)
{
	struct waiter w = {.w_pid = td->td_proc->p_pid,
	    .w_type = *type,
	    .w_room = *sizep,
	    .w_cut = (flags & MSG_NOERROR) != 0};
	int error;

	mutex_lock(&queues.t_lock);
	error = wait_for_message(td, id, flags, &w);
	mutex_unlock(&queues.t_lock);
	if (error != 0)
		return (error);
	*type = w.w_msg->m_type;
	*sizep = MIN(*sizep, w.w_msg->m_size);
	error = copyout(w.w_msg->m_text, msg, *sizep);
	message_free(w.w_msg);
	return (error);
}

static void
end_waits(struct list *waiters)
{
	struct waiter *w;

	while ((w = LIST_FIRST(waiters, struct waiter, w_wait.sw_link)) != NULL)
		sysv_done(&w->w_wait, EIDRM);
}

static void
remove_queue(struct queue *mq)
{
	struct message *m;

	while ((m = LIST_FIRST(&mq->mq_messages, struct message, m_link)) !=
	       NULL) {
		take(mq, m);
		message_free(m);
	}
	end_waits(&mq->mq_senders);
	end_waits(&mq->mq_receivers);
	sysv_remove(&queues, &mq->mq_ds.msg_perm);
	kmem_free(mq, sizeof(*mq));
	made_room();
}

static int
set_queue(struct thread *td, struct queue *mq, const struct msqid_ds *ds)
{
	uint64_t bytes = MIN(ds->msg_qbytes, tunable_get(&msgmnb));
	int error = sysv_permit(td, &mq->mq_ds.msg_perm, IPC_M);

	if (error == 0 && ds->msg_qbytes > mq->mq_ds.msg_qbytes)
		error = priv_check(td);
	if (error == 0 && bytes == 0)
		error = EINVAL;
	if (error == 0)
		error = sysv_set(td, &mq->mq_ds.msg_perm, &ds->msg_perm);
	if (error != 0)
		return (error);
	mq->mq_ds.msg_qbytes = bytes;
	mq->mq_ds.msg_ctime = time_now().tv_sec;
	made_room();
	return (0);
}

int
kern_msgctl(struct thread *td, int id, int cmd, struct msqid_ds *ds)
{
	struct queue *mq;
	int error;

	mutex_lock(&queues.t_lock);
	error = find(td, id, cmd == IPC_STAT ? IPC_R : 0, &mq);
	if (error != 0) {
		;
	} else if (cmd == IPC_STAT) {
		*ds = mq->mq_ds;
	} else if (cmd == IPC_SET) {
		error = set_queue(td, mq, ds);
	} else if (cmd == IPC_RMID) {
		error = sysv_permit(td, &mq->mq_ds.msg_perm, IPC_M);
		if (error == 0)
			remove_queue(mq);
	} else {
		error = EINVAL;
	}
	mutex_unlock(&queues.t_lock);
	return (error);
}

static int
sysctl_msqids(const struct sysctl_node *node, struct sysctl_req *req)
{
	struct msqid_kernel out;
	const struct queue *mq;
	int error = 0;

	for (unsigned i = 0; i < tunable_get(&msgmni) && error == 0; i++) {
		memset(&out, 0, sizeof(out));
		mutex_lock(&queues.t_lock);
		mq = queue_of(sysv_at(&queues, i));
		if (mq != NULL)
			out.u = mq->mq_ds;
		mutex_unlock(&queues.t_lock);
		error = sysctl_out(req, &out, sizeof(out));
	}
	return (error);
}
SYSCTL_PROC(kern_ipc_msqids, "kern.ipc.msqids", CTL_AUTO,
    CTLTYPE_OPAQUE | CTLFLAG_RD, "S,msqid_kernel", sysctl_msqids, NULL);

MODULE(sysvmsg, "sysvmsg");
