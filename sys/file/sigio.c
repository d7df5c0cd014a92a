/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SIGIO: a file with O_ASYNC tells its owner, whom F_SETOWN named, whenever it
 * may have become ready.
 *
 * Such a file has a waiter at its event source, like a poll(2) that never
 * ends.  A notification comes with spin locks held and cannot look for
 * processes; so it puts the waiter into a queue, and a thread sends the
 * signals.  The thread is made for the first such file.
 */
#include "file/sigio.h"

#include "fbsd/errno.h"
#include "core/event.h"
#include "proc/proc.h"
#include "proc/signal.h"
#include "proc/walk.h"
#include "vm/kmem.h"

struct sigio {
	struct event_waiter si_waiter;
	struct file *si_file; /* (!) whose f_async this is */
	struct list si_link;  /* (lock) in pending, or not */
};

static struct {
	struct mutex mutex; /* for f_async and the thread; before lock */
	bool running;	    /* (mutex) the thread exists */
	struct spin lock;
	struct list pending; /* (lock) files to be told of */
	struct cv cv;	     /* (lock) some are */
} sigio = {.mutex = MUTEX_INITIALIZER(sigio.mutex, "sigio"),
    .lock = SPIN_INITIALIZER("sigio queue"),
    .pending = LIST_INITIALIZER(sigio.pending),
    .cv = CV_INITIALIZER(sigio.cv, "sigio")};

static void
notify(struct event_waiter *ew, long hint)
{
	struct sigio *si = container_of(ew, struct sigio, si_waiter);

	spin_lock(&sigio.lock);
	if (!list_linked(&si->si_link))
		list_push_back(&sigio.pending, &si->si_link);
	spin_unlock(&sigio.lock);
	cv_signal(&sigio.cv);
}

static void
send_to(struct proc *p, const struct cred *cr)
{
	spin_lock(&p->p_lock);
	if (cr_cansigio(cr, p))
		(void)sig_send_locked(p, SIGIO, NULL);
	spin_unlock(&p->p_lock);
}

/* What the opener of the file may do. */
static void
send(int owner, const struct cred *cr)
{
	struct proc_walk w;
	struct pgrp *pg;
	struct proc *p;

	mutex_lock(&proctree_lock);
	if (owner > 0 && (p = proc_find(owner)) != NULL) {
		send_to(p, cr);
	} else if (owner < 0 && (pg = pgrp_find(-owner)) != NULL) {
		proc_walk_begin(&w, pg);
		while ((p = proc_walk_next(&w)) != NULL)
			send_to(p, cr);
		proc_walk_end(&w);
	}
	mutex_unlock(&proctree_lock);
}

static void
sigio_thread(void *arg)
{
	struct sigio *si;
	struct cred *cr;
	int owner;

	for (;;) {
		spin_lock(&sigio.lock);
		while ((si = LIST_FIRST(
			    &sigio.pending, struct sigio, si_link)) == NULL)
			cv_wait_spin(&sigio.cv, &sigio.lock);
		list_remove(&si->si_link);
		/* The file is there as long as it may be in the queue. */
		owner = atomic_load(&si->si_file->f_owner);
		cr = cred_hold(si->si_file->f_cred);
		spin_unlock(&sigio.lock);
		send(owner, cr);
		cred_release(cr);
	}
}

/* What becomes ready; a file's or folder's events are others. */
static struct event_source *
source_of(struct file *fp)
{
	if (fp->f_ops->fo_events == NULL ||
	    (fp->f_vnode != NULL && !file_vnode_ops->stream(fp->f_vnode)))
		return (NULL);
	return (fp->f_ops->fo_events(fp));
}

static int
begin(struct file *fp)
{
	struct event_source *es = source_of(fp);
	struct sigio *si;

	if (es == NULL)
		return (0);
	if (!sigio.running &&
	    kthread_create("sigio", sigio_thread, NULL) == NULL)
		return (ENOMEM);
	sigio.running = true;
	si = kmem_alloc(sizeof(*si), KM_ZERO);
	if (si == NULL)
		return (ENOMEM);
	si->si_file = fp;
	event_waiter_init(&si->si_waiter, notify);
	list_init(&si->si_link);
	fp->f_async = si;
	event_attach(es, &si->si_waiter);
	return (0);
}

static void
end(struct file *fp)
{
	struct sigio *si = fp->f_async;

	event_detach(&si->si_waiter);
	spin_lock(&sigio.lock);
	if (list_linked(&si->si_link))
		list_remove(&si->si_link);
	spin_unlock(&sigio.lock);
	fp->f_async = NULL;
	kmem_free(si, sizeof(*si));
}

int
sigio_set(struct file *fp, bool on)
{
	int error = 0;

	mutex_lock(&sigio.mutex);
	if (on && fp->f_async == NULL)
		error = begin(fp);
	else if (!on && fp->f_async != NULL)
		end(fp);
	mutex_unlock(&sigio.mutex);
	return (error);
}

/* The group of a process, or with a minus sign the group. (t) held. */
static struct pgrp *
owners_group(int owner)
{
	struct proc *p;

	if (owner < 0)
		return (owner == INT_MIN ? NULL : pgrp_find(-owner));
	p = proc_find(owner);
	return (p != NULL ? p->p_pgrp : NULL);
}

int
sigio_set_owner(struct file *fp, int owner)
{
	struct pgrp *pg;
	int error = 0;

	mutex_lock(&proctree_lock);
	if (owner != 0) {
		pg = owners_group(owner);
		if (pg == NULL)
			error = ESRCH;
		else if (pg->pg_session != curproc()->p_pgrp->pg_session)
			error = EPERM;
	}
	mutex_unlock(&proctree_lock);
	if (error == 0)
		atomic_store(&fp->f_owner, owner);
	return (error);
}
