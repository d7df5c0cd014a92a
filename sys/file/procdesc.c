/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Process descriptors: a process that is held by a file instead of by its
 * number.
 *
 * pdfork(2) makes both.  The file owns the procdesc, and process and procdesc
 * point at each other until the process is waited for, or the file closed.
 * Such a process's end is no SIGCHLD and nothing that wait(2) for any child
 * would find; whoever has the file hears of it by poll(2), kqueue(2) and
 * pdwait(2).  Closing the last descriptor kills the process, unless it is a
 * daemon, and hands it over to its reaper like any orphan.
 *
 * The process's number stays taken as long as the file is open.
 */
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "fbsd/event.h"
#include "fbsd/poll.h"
#include "fbsd/procdesc.h"
#include "fbsd/stat.h"
#include "fbsd/user.h"
#include "fbsd/wait.h"
#include "file/procdesc.h"
#include "proc/pid.h"
#include "proc/signal.h"
#include "proc/thread.h"
#include "time/time.h"
#include "lib/string.h"
#include "vm/kmem.h"

/* (t) proctree_lock, (a) atomic, (!) set before others can see it. */
struct procdesc {
	struct proc_holder pd_holder;
	struct proc *pd_proc; /* (t) NULL: waited for */
	struct pid *pd_id;    /* (t) held; NULL: has no process yet */
	bool pd_daemon;	      /* (!) closing doesn't kill */
	bool pd_exited;	      /* (a) */
	int pd_status;	      /* (t) with pd_exited */
	struct cv pd_changed; /* with (t): there may be something to report */
	struct event_source pd_events;
};

/* The process ended: POLLHUP, which poll(2) tells unasked. */
static int
procdesc_poll(struct file *fp, int events)
{
	struct procdesc *pd = fp->f_data;

	return (atomic_load(&pd->pd_exited) ? POLLHUP : 0);
}

static struct event_source *
procdesc_events(struct file *fp)
{
	return (&((struct procdesc *)fp->f_data)->pd_events);
}

static struct timespec
started(const struct proc *p)
{
	uint64_t ns = time_realtime() - clock_ns() + p->p_start;

	return ((struct timespec){
	    (time_t)(ns / NSEC_PER_SEC), (long)(ns % NSEC_PER_SEC)});
}

/* The owner's permissions say that it lives. */
static int
procdesc_stat(struct file *fp, struct stat *st)
{
	struct procdesc *pd = fp->f_data;
	struct cred *cr;
	struct proc *p;

	memset(st, 0, sizeof(*st));
	st->st_mode = S_IFREG;
	mutex_lock(&proctree_lock);
	p = pd->pd_proc;
	if (p != NULL) {
		if (p->p_state != P_ZOMBIE)
			st->st_mode |= S_IRWXU;
		st->st_birthtim = started(p);
		st->st_atim = st->st_mtim = st->st_ctim = st->st_birthtim;
		cr = proc_cred_hold(p);
		st->st_uid = cr->cr_ruid;
		st->st_gid = cr->cr_rgid;
		cred_release(cr);
	}
	mutex_unlock(&proctree_lock);
	return (0);
}

/* Process and descriptor part. */
static void
unbind(struct procdesc *pd)
{
	pd->pd_proc->p_holder = NULL;
	pd->pd_proc = NULL;
}

static struct procdesc *
of_holder(struct proc_holder *ph)
{
	return (container_of(ph, struct procdesc, pd_holder));
}

static void
holder_exited(struct proc_holder *ph, int status)
{
	struct procdesc *pd = of_holder(ph);

	pd->pd_status = status;
	atomic_store(&pd->pd_exited, true);
	cv_broadcast(&pd->pd_changed);
	event_notify(&pd->pd_events, NOTE_EXIT | (uint32_t)status);
}

static void
holder_changed(struct proc_holder *ph)
{
	cv_broadcast(&of_holder(ph)->pd_changed);
}

/* Only its number remains; others who wait for it wait in vain. */
static void
holder_reaped(struct proc_holder *ph)
{
	unbind(of_holder(ph));
	cv_broadcast(&of_holder(ph)->pd_changed);
}

static const struct proc_holder_ops holder_ops = {
    .ph_exited = holder_exited,
    .ph_changed = holder_changed,
    .ph_reaped = holder_reaped,
};

/* It lives and lost its descriptor: an orphan from now on. */
static void
abandon(struct proc *p, bool daemon)
{
	p->p_exitsig = SIGCHLD;
	proc_reparent(p, p->p_reaper);
	if (!daemon)
		(void)sig_send(p, SIGKILL, NULL);
}

static void
procdesc_close(struct file *fp)
{
	struct procdesc *pd = fp->f_data;
	struct proc *p;

	mutex_lock(&proctree_lock);
	if (pd->pd_id != NULL)
		pid_release(pd->pd_id);
	p = pd->pd_proc;
	if (p != NULL)
		unbind(pd);
	if (p != NULL && p->p_state == P_ZOMBIE) {
		proc_reap(curthread(), p); /* unlocks */
	} else {
		if (p != NULL)
			abandon(p, pd->pd_daemon);
		mutex_unlock(&proctree_lock);
	}
	event_source_drain(&pd->pd_events);
	kmem_free(pd, sizeof(*pd));
}

static void
procdesc_kinfo(struct file *fp, struct kinfo_file *kf)
{
	kf->kf_un.kf_proc.kf_pid = procdesc_pid(fp);
}

static const struct fileops procdesc_ops = {
    .fo_poll = procdesc_poll,
    .fo_events = procdesc_events,
    .fo_stat = procdesc_stat,
    .fo_close = procdesc_close,
    .fo_kinfo = procdesc_kinfo,
    .fo_passable = true,
};

int
procdesc_create(struct thread *td, int flags, struct file **fpp)
{
	struct procdesc *pd;

	if (flags & ~(PD_DAEMON | PD_CLOEXEC))
		return (EINVAL);
	pd = kmem_alloc(sizeof(*pd), KM_ZERO);
	if (pd == NULL)
		return (ENOMEM);
	cv_init(&pd->pd_changed, "pdwait");
	event_source_init(&pd->pd_events, "procdesc");
	pd->pd_daemon = flags & PD_DAEMON;
	*fpp =
	    file_alloc(td, DTYPE_PROCDESC, FREAD | FWRITE, &procdesc_ops, pd);
	if (*fpp == NULL) {
		kmem_free(pd, sizeof(*pd));
		return (ENFILE);
	}
	return (0);
}

void
procdesc_bind(struct file *fp, struct proc *p)
{
	struct procdesc *pd = fp->f_data;

	pd->pd_proc = p;
	pd->pd_id = pid_hold(p->p_id);
	pd->pd_holder.ph_ops = &holder_ops;
	p->p_holder = &pd->pd_holder;
}

int
procdesc_watch(struct file *fp, struct event_waiter *ew, int *status)
{
	struct procdesc *pd = fp->f_data;

	if (fp->f_type != DTYPE_PROCDESC)
		return (EINVAL);
	/* It doesn't end between the question and the waiting. */
	mutex_lock(&proctree_lock);
	*status = pd->pd_exited ? pd->pd_status : -1;
	event_attach(&pd->pd_events, ew);
	mutex_unlock(&proctree_lock);
	return (0);
}

/* A process descriptor's file, with a reference: 0 or EBADF. */
static int
get(struct thread *td, int fd, struct file **fpp)
{
	int error = fd_get(td, fd, 0, fpp);

	if (error == 0 && (*fpp)->f_type != DTYPE_PROCDESC) {
		file_release(*fpp);
		error = EBADF;
	}
	return (error);
}

pid_t
procdesc_pid(const struct file *fp)
{
	const struct procdesc *pd = fp->f_data;

	return (pd->pd_id != NULL ? pd->pd_id->pi_id : 0);
}

int
kern_pdgetpid(struct thread *td, int fd, pid_t *pid)
{
	struct file *fp;
	int error = get(td, fd, &fp);

	if (error != 0)
		return (error);
	*pid = procdesc_pid(fp);
	file_release(fp);
	return (0);
}

int
kern_pdkill(struct thread *td, int fd, int sig)
{
	struct file *fp;
	struct proc *p;
	int error;

	if (sig != 0 && !sig_valid(sig))
		return (EINVAL);
	error = get(td, fd, &fp);
	if (error != 0)
		return (error);
	mutex_lock(&proctree_lock);
	p = ((struct procdesc *)fp->f_data)->pd_proc;
	error = p != NULL ? kill_proc(td, p, sig, NULL) : ESRCH;
	mutex_unlock(&proctree_lock);
	file_release(fp);
	return (error);
}

/* Waits until the process has something to tell. */
static int
wait_report(
    struct thread *td, struct procdesc *pd, int options, struct wait_result *wr)
{
	int error = 0;

	mutex_lock(&proctree_lock);
	for (;;) {
		if (pd->pd_proc == NULL) {
			error = ESRCH;
			break;
		}
		if (proc_report(td, pd->pd_proc, options, wr))
			return (0); /* unlocked */
		if (error != 0 || (options & WNOHANG))
			break;
		error = cv_wait_sig(&pd->pd_changed, &proctree_lock);
	}
	mutex_unlock(&proctree_lock);
	return (error);
}

int
kern_pdwait(struct thread *td, int fd, int options, struct wait_result *wr)
{
	struct file *fp;
	int error;

	memset(wr, 0, sizeof(*wr));
	if (!wait_options_valid(options))
		return (EINVAL);
	error = get(td, fd, &fp);
	if (error != 0)
		return (error);
	error = wait_report(td, fp->f_data, options, wr);
	file_release(fp);
	return (error);
}
