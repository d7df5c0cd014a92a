/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * POSIX message queues: names, rights and descriptors.  What happens to
 * messages is in mqueue_msg.c.
 *
 * Names are one flat list; mqueuefs shows it.  A queue lives as long as it has
 * its name or somebody has it open.  Queues outlive who made them, so that what
 * they could take at most is counted when they are made, and is at most an
 * eighth of the memory.
 */
#include "lib/string.h"
#include "core/sysctl.h"
#include "fbsd/errno.h"
#include "fbsd/fcntl.h"
#include "fbsd/poll.h"
#include "fbsd/stat.h"
#include "fbsd/user.h"
#include "ipc/mqueue_impl.h"
#include "proc/proc.h"
#include "vm/kmem.h"
#include "vm/page.h"

#define DEFAULT_MAXMSG	10
#define DEFAULT_MSGSIZE 1024
#define MEMORY_SHARE	8

struct mutex mqueue_names = MUTEX_INITIALIZER(mqueue_names, "mqueue names");
static struct list names = LIST_INITIALIZER(names); /* (n) */
static uint64_t last_number;			    /* (n) */
static uint64_t promised; /* (n) bytes that all queues may take */
static int curmq;	  /* (n) queues there are */

static int maxmsg = 100, maxmsgsize = 16384, maxmq = 100;
SYSCTL_CONST_INT(kern_mqueue_default_maxmsg, "kern.mqueue.default_maxmsg",
    CTL_AUTO, DEFAULT_MAXMSG);
SYSCTL_CONST_INT(kern_mqueue_default_msgsize, "kern.mqueue.default_msgsize",
    CTL_AUTO, DEFAULT_MSGSIZE);
SYSCTL_INT(
    kern_mqueue_maxmsg, "kern.mqueue.maxmsg", CTL_AUTO, CTLFLAG_RW, &maxmsg);
SYSCTL_INT(kern_mqueue_maxmsgsize, "kern.mqueue.maxmsgsize", CTL_AUTO,
    CTLFLAG_RW, &maxmsgsize);
SYSCTL_INT(
    kern_mqueue_maxmq, "kern.mqueue.maxmq", CTL_AUTO, CTLFLAG_RW, &maxmq);
SYSCTL_INT(
    kern_mqueue_curmq, "kern.mqueue.curmq", CTL_AUTO, CTLFLAG_RD, &curmq);
SYSCTL_CONST_INT(p1003_1b_message_passing, "p1003_1b.message_passing",
    CTL_P1003_1B_MESSAGE_PASSING, 200112);
FEATURE(p1003_1b_mqueue, "POSIX message queues");

/* What a full queue takes. */
static uint64_t
most_bytes(const struct mqueue *q)
{
	return ((uint64_t)q->q_maxmsg *
		((uint64_t)q->q_msgsize + sizeof(struct mq_message)));
}

/* (n) */
static struct mqueue *
find(const char *name)
{
	struct mqueue *q;

	LIST_FOREACH (q, &names, q_link)
		if (strcmp(q->q_name, name) == 0)
			return (q);
	return (NULL);
}

struct mqueue *
mqueue_find(const char *name)
{
	struct mqueue *q;

	mutex_lock(&mqueue_names);
	q = find(name);
	if (q != NULL)
		mqueue_hold(q);
	mutex_unlock(&mqueue_names);
	return (q);
}

void
mqueue_hold(struct mqueue *q)
{
	refcount_take(&q->q_refs);
}

void
mqueue_release(struct mqueue *q)
{
	if (!refcount_drop(&q->q_refs))
		return;
	event_source_drain(&q->q_events);
	mqueue_free_messages(q);
	mutex_lock(&mqueue_names);
	promised -= most_bytes(q);
	curmq--;
	mutex_unlock(&mqueue_names);
	kmem_free(q, sizeof(*q));
}

static struct mqueue *
queue_alloc(struct thread *td, const char *name, mode_t mode,
    const struct mq_attr *attr)
{
	struct mqueue *q = kmem_alloc(sizeof(*q), KM_ZERO);

	if (q == NULL)
		return (NULL);
	q->q_refs = 1;
	q->q_maxmsg = attr != NULL ? attr->mq_maxmsg : DEFAULT_MAXMSG;
	q->q_msgsize = attr != NULL ? attr->mq_msgsize : DEFAULT_MSGSIZE;
	strlcpy(q->q_name, name, sizeof(q->q_name));
	owner_init(&q->q_owner, td, mode);
	mutex_init(&q->q_lock, "mqueue");
	list_init(&q->q_link);
	list_init(&q->q_messages);
	cv_init(&q->q_filled, "mqrecv");
	cv_init(&q->q_emptied, "mqsend");
	event_source_init(&q->q_events, "mqueue events");
	return (q);
}

/* One more queue, which has a name. (n) */
static int
enter(struct mqueue *q)
{
	if (curmq >= maxmq)
		return (ENFILE);
	if (promised + most_bytes(q) > page_total() * PAGE_SIZE / MEMORY_SHARE)
		return (ENOSPC);
	curmq++;
	promised += most_bytes(q);
	q->q_number = ++last_number;
	q->q_named = true;
	list_push_back(&names, &q->q_link);
	return (0);
}

/* (n) With the reference that the name is. */
static int
create(struct thread *td, const char *name, mode_t mode,
    const struct mq_attr *attr, struct mqueue **qp)
{
	struct mqueue *q;
	int error;

	q = queue_alloc(td, name, mode, attr);
	if (q == NULL)
		return (ENOMEM);
	error = enter(q);
	if (error != 0)
		kmem_free(q, sizeof(*q));
	*qp = q;
	return (error);
}

int
mqueue_create(struct thread *td, const char *name, mode_t mode,
    const struct mq_attr *attr, struct mqueue **qp)
{
	int error;

	mutex_lock(&mqueue_names);
	error = find(name) != NULL ? EEXIST : create(td, name, mode, attr, qp);
	if (error == 0)
		mqueue_hold(*qp);
	mutex_unlock(&mqueue_names);
	return (error);
}

void
mqueue_look(struct mqueue *q, struct mqueue_info *mi)
{
	memcpy(mi->mi_name, q->q_name, sizeof(mi->mi_name));
	mi->mi_number = q->q_number;
	mutex_lock(&mqueue_names);
	mi->mi_owner = q->q_owner;
	mutex_unlock(&mqueue_names);
	mi->mi_attr = (struct mq_attr){
	    .mq_maxmsg = q->q_maxmsg, .mq_msgsize = q->q_msgsize};
	mutex_lock(&q->q_lock);
	mi->mi_attr.mq_curmsgs = q->q_count;
	mi->mi_bytes = q->q_bytes;
	mutex_unlock(&q->q_lock);
}

void
mqueue_set_owner(struct mqueue *q, const struct owner *ow)
{
	mutex_lock(&mqueue_names);
	q->q_owner = *ow;
	mutex_unlock(&mqueue_names);
}

bool
mqueue_next(uint64_t number, struct mqueue_info *mi)
{
	struct mqueue *q, *found = NULL;

	mutex_lock(&mqueue_names);
	LIST_FOREACH (q, &names, q_link)
		if (q->q_number > number) {
			found = q;
			mqueue_hold(q);
			break;
		}
	mutex_unlock(&mqueue_names);
	if (found == NULL)
		return (false);
	mqueue_look(found, mi);
	mqueue_release(found);
	return (true);
}

int
mqueue_unlink(struct thread *td, struct mqueue *q)
{
	int error = 0;

	mutex_lock(&mqueue_names);
	if (owner_check(&q->q_owner, td) != 0)
		error = EACCES;
	else if (!q->q_named)
		error = ENOENT;
	else
		list_remove(&q->q_link);
	if (error == 0)
		q->q_named = false;
	mutex_unlock(&mqueue_names);
	if (error == 0)
		mqueue_release(q);
	return (error);
}

int
kern_kmq_unlink(struct thread *td, const char *name)
{
	struct mqueue *q = mqueue_find(name);
	int error;

	if (q == NULL)
		return (ENOENT);
	error = mqueue_unlink(td, q);
	mqueue_release(q);
	return (error);
}

static int
mqf_stat(struct file *fp, struct stat *st)
{
	const struct mqueue *q = fp->f_data;

	memset(st, 0, sizeof(*st));
	mutex_lock(&mqueue_names);
	owner_stat(&q->q_owner, S_IFIFO, st);
	mutex_unlock(&mqueue_names);
	return (0);
}

static int
mqf_chmod(struct file *fp, mode_t mode)
{
	struct mqueue *q = fp->f_data;
	int error;

	mutex_lock(&mqueue_names);
	error = owner_chmod(&q->q_owner, curthread(), mode);
	mutex_unlock(&mqueue_names);
	return (error);
}

static int
mqf_chown(struct file *fp, uid_t uid, gid_t gid)
{
	struct mqueue *q = fp->f_data;
	int error;

	mutex_lock(&mqueue_names);
	error = owner_chown(&q->q_owner, curthread(), uid, gid);
	mutex_unlock(&mqueue_names);
	return (error);
}

static int
mqf_poll(struct file *fp, int events)
{
	struct mqueue *q = fp->f_data;
	int ready = 0;

	mutex_lock(&q->q_lock);
	if (q->q_count > 0)
		ready |= POLLIN | POLLRDNORM;
	if (q->q_count < q->q_maxmsg)
		ready |= POLLOUT;
	mutex_unlock(&q->q_lock);
	return (ready & events);
}

static struct event_source *
mqf_events(struct file *fp)
{
	return (&((struct mqueue *)fp->f_data)->q_events);
}

static void
mqf_kinfo(struct file *fp, struct kinfo_file *kf)
{
	const struct mqueue *q = fp->f_data;

	kf->kf_path[0] = '/';
	strlcpy(kf->kf_path + 1, q->q_name, sizeof(kf->kf_path) - 1);
}

static void
mqf_descriptor_closed(struct proc *p, int fd, struct file *fp)
{
	mqueue_forget_notify(fp->f_data, p, fd, fp);
}

static void
mqf_close(struct file *fp)
{
	mqueue_forget_notify(fp->f_data, NULL, -1, fp);
	mqueue_release(fp->f_data);
}

static const struct fileops mqueue_fileops = {
    .fo_stat = mqf_stat,
    .fo_chmod = mqf_chmod,
    .fo_chown = mqf_chown,
    .fo_poll = mqf_poll,
    .fo_events = mqf_events,
    .fo_kinfo = mqf_kinfo,
    .fo_descriptor_closed = mqf_descriptor_closed,
    .fo_close = mqf_close,
    .fo_passable = true,
};

int
mqueue_get(struct thread *td, int fd, int need, struct file **fpp)
{
	int error = fd_get(td, fd, need, fpp);

	if (error == 0 && (*fpp)->f_ops != &mqueue_fileops) {
		file_release(*fpp);
		error = EBADF;
	}
	return (error);
}

/* O_RDONLY, O_WRONLY, O_RDWR: FREAD, FWRITE, both. */
static int
access_of(int flags)
{
	return ((flags & O_ACCMODE) + 1);
}

/* (n) The queue, with a reference for its file. */
static int
look_up(struct thread *td, const char *name, int flags, mode_t mode,
    const struct mq_attr *attr, struct mqueue **qp)
{
	const int alone = O_CREAT | O_EXCL;
	int error;

	*qp = find(name);
	if (*qp == NULL)
		error = (flags & O_CREAT) != 0
			    ? create(td, name, mode, attr, qp)
			    : ENOENT;
	else if ((flags & alone) == alone)
		error = EEXIST;
	else
		error = owner_access(
		    &(*qp)->q_owner, td->td_cred, access_of(flags));
	if (error == 0)
		mqueue_hold(*qp);
	return (error);
}

int
kern_kmq_open(struct thread *td, const char *name, int flags, mode_t mode,
    const struct mq_attr *attr, int *fdp)
{
	struct mqueue *q;
	struct file *fp;
	int error;

	if (attr != NULL &&
	    (attr->mq_maxmsg <= 0 || attr->mq_maxmsg > maxmsg ||
		attr->mq_msgsize <= 0 || attr->mq_msgsize > maxmsgsize))
		return (EINVAL);
	mutex_lock(&mqueue_names);
	error = look_up(td, name, flags, mode, attr, &q);
	mutex_unlock(&mqueue_names);
	if (error != 0)
		return (error);
	fp = file_alloc(td, DTYPE_MQUEUE,
	    access_of(flags) | (flags & O_NONBLOCK), &mqueue_fileops, q);
	if (fp == NULL) {
		mqueue_release(q);
		return (ENFILE);
	}
	return (fd_open(td, fp, UF_EXCLOSE, fdp));
}

int
kern_kmq_setattr(
    struct thread *td, int fd, const struct mq_attr *attr, struct mq_attr *old)
{
	struct mqueue_info mi;
	struct file *fp;
	uint32_t flags;
	int error;

	if (attr != NULL && (attr->mq_flags & ~O_NONBLOCK) != 0)
		return (EINVAL);
	error = mqueue_get(td, fd, 0, &fp);
	if (error != 0)
		return (error);
	mqueue_look(fp->f_data, &mi);
	*old = mi.mi_attr;
	if (attr == NULL)
		flags = atomic_load(&fp->f_flag);
	else if ((attr->mq_flags & O_NONBLOCK) != 0)
		flags = atomic_or(&fp->f_flag, O_NONBLOCK);
	else
		flags = atomic_and(&fp->f_flag, ~(uint32_t)O_NONBLOCK);
	old->mq_flags = flags & O_NONBLOCK;
	file_release(fp);
	return (0);
}
