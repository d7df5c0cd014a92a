/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Processes, threads, sessions, credentials: what they are and who guards
 * them.
 *
 * A process is resources (memory, descriptors, credentials, signal actions)
 * and threads that run with them.  Process 0 is the kernel's own; process 1
 * is init, or, under `imp run`, a kernel process that reaps in its place.
 *
 * Locks, in the order in which they are taken:
 *	(t) proctree_lock: mutex; who is whose child, groups, sessions, pids
 *	(p) p_lock: spin; threads, signals, flags, usage
 *	(q) the run queue's c_lock: spin
 *	(k) only touched by curthread
 *	(a) atomic	(!) set once before others can see it
 */
#ifndef PROC_PROC_H
#define PROC_PROC_H

#include "lib/list.h"
#include "amd64/md.h"
#include "fbsd/resource.h"
#include "fbsd/signal.h"
#include "core/event.h"
#include "core/sched.h"
#include "core/sync.h"
#include "core/thread.h"

struct abi;
struct aio;
struct cpuset;
struct fdtable;
struct file;
struct ktrace;
struct pid;
struct proc;
struct sem_undos;
struct tty;
struct uidinfo;
struct vmspace;
struct vnode;

#define MAXLOGNAME  33
#define NGROUPS_MAX 1023
#define PID_MAX	    99999

/* Credentials: immutable once shared; replaced whole. (a) cr_refs. */
struct cred {
	unsigned cr_refs;
	uid_t cr_uid; /* effective */
	uid_t cr_ruid;
	uid_t cr_svuid;
	gid_t cr_gid; /* effective */
	gid_t cr_rgid;
	gid_t cr_svgid;
	int cr_ngroups;			/* supplementary */
	gid_t *cr_groups;		/* ascending; kmem, cr_ngroups long */
	char cr_loginclass[MAXLOGNAME]; /* login.conf(5)'s; "": default */
};

static inline const char *
cred_loginclass(const struct cred *cr)
{
	return (cr->cr_loginclass[0] != '\0' ? cr->cr_loginclass : "default");
}
struct cred *cred_hold(struct cred *cr);
void cred_release(struct cred *cr);
struct cred *cred_copy(const struct cred *cr); /* or NULL; one reference */
void cred_refresh(struct thread *td);	       /* td_cred becomes p_cred */
/*
 * Credentials are immutable: a change copies them, edits the copy and exchanges
 * it, while nobody else is between these two. NULL, ENOMEM: no memory. With an
 * error the copy is dropped, and the error returned.
 */
struct cred *cred_edit(struct thread *td) __sleeps;
int cred_commit(struct thread *td, struct cred *cr, int error);
bool cred_in_group(const struct cred *cr, gid_t gid);
/*
 * Who may do what; docs/permissions.md has all calls.  priv_check(): 0 for
 * root, else EPERM.  The others are about another process, whose p_lock is held
 * (p_cansignal(): proctree_lock, too), so that who is let in gets at what was
 * asked about: 0; ESRCH, not even to be seen; EPERM.  A process may do all to
 * itself.  td's rights are those that it had when it entered the kernel.
 */
int priv_check(struct thread *td);
int priv_idle_priority(struct thread *td); /* of the class "idle" */
int p_cansee(struct thread *td, struct proc *p);
int p_cansched(struct thread *td, struct proc *p);
/* Signal 0 only asks. */
int p_cansignal(struct thread *td, struct proc *p, int sig);
/* SIGIO of a file that cr opened: to that user's processes, set-id ones too. */
bool cr_cansigio(const struct cred *cr, struct proc *p);
/* Look into its memory and descriptors, and change them. */
int p_candebug(struct thread *td, struct proc *p);
bool proc_visible(struct thread *td, struct proc *p); /* p_lock not held */

/* Text that never changes: proc/pstr.c. NULL is none. */
struct pstr {
	unsigned ps_refs; /* (a) */
	size_t ps_size;	  /* (!) of the text, its NULs included */
	char ps_text[];
};
struct pstr *pstr_create(size_t size); /* to be filled in; or NULL */
struct pstr *pstr_of(const char *text, size_t size); /* or NULL */
struct pstr *pstr_hold(struct pstr *s);
void pstr_release(struct pstr *s);

struct session {
	unsigned s_refs;	  /* (t) groups + tty */
	pid_t s_sid;		  /* (!) */
	struct pid *s_pid;	  /* (!) held */
	struct proc *s_leader;	  /* (t) */
	struct tty *s_tty;	  /* (t) controlling terminal */
	char s_login[MAXLOGNAME]; /* (t) setlogin(2) */
};

struct pgrp {
	pid_t pg_id;		    /* (!) */
	struct pid *pg_pid;	    /* (!) held */
	struct session *pg_session; /* (!) */
	struct list pg_members;	    /* (t) procs */
	unsigned pg_count;	    /* (t) of them */
	int pg_jobc;		    /* (t) members that qualify it for job
				       control; 0: orphaned */
};

/* A signal with its story, queued. */
struct ksiginfo {
	struct list ksi_link;
	struct siginfo ksi_info;
	struct sigqueue *ksi_queue; /* where it waits, NULL: nowhere */
	struct ktimer *ksi_timer;   /* overrun accounting, or NULL */
	bool ksi_static;	    /* belongs to somebody; don't free */
};

/* Signal actions, shared by rfork(RFSIGSHARE). (l) sa_lock. */
struct sigacts {
	unsigned sa_refs; /* (a) */
	struct spin sa_lock;
	struct sigaction sa_actions[SIGRTMAX]; /* (l) [signo - 1] */
	sigset_t sa_ignore; /* (l) ignored, by action or default */
	sigset_t sa_catch;  /* (l) has a handler */
};

enum proc_state { P_EMBRYO, P_ALIVE, P_ZOMBIE };

struct itimer {
	struct callout it_callout;
	uint64_t it_next;     /* (p) deadline; NO_DEADLINE: off */
	uint64_t it_interval; /* (p) ns */
};

/*
 * What a process is at a time, each with a reference: execve(2) replaces it as
 * a whole.  Who isn't a thread of the process looks at it with p_lock held, or
 * takes a reference of its own: proc_cred_hold(), proc_vmspace() and kin.
 */
struct proc_image {
	struct vmspace *vm; /* NULL: the kernel's process, or it has exited */
	struct cred *cred;
	struct vnode *text; /* program file, or NULL: vn_text_hold() */
	struct pstr *path;  /* its absolute path */
	struct pstr *args;  /* argv, NUL after each */
};

/*
 * Who has the process by something else than its number (a process descriptor),
 * and hears of it instead of the parent.  All with (t) held.
 */
struct proc_holder {
	const struct proc_holder_ops {
		void (*ph_exited)(struct proc_holder *ph, int status);
		void (*ph_changed)(
		    struct proc_holder *ph); /* stopped, goes on */
		void (*ph_reaped)(struct proc_holder *ph); /* waited for */
	} * ph_ops;
};

struct proc {
	const struct abi *p_abi; /* (k) first: amd64 knows; NULL: kernel's */
	struct list p_all;	 /* (t) allproc */
	pid_t p_pid;		 /* (!) */
	struct pid *p_id;	 /* (!) held */
	uint64_t p_serial;	 /* (!) whoever comes later has a higher one */
	volatile enum proc_state p_state; /* (p) and (t) */
	struct spin p_lock;
	uint32_t p_flags; /* (p) P_*; by proc_flags_set(), _clear() */

	struct proc *p_parent;	/* (t) */
	pid_t p_ppid;		/* (t) its pid; read without */
	struct list p_children; /* (t) */
	struct list p_sibling;	/* (t) */
	struct list p_zombies;	/* (t) children that ended, in order */
	struct list p_changed;	/* (t) children that stopped or went on, not all
				   of which still have that to tell */
	struct list p_newslink; /* (t) in one of the parent's */
	struct ksiginfo p_news; /* (t) and the parent's p_lock: of SIGCHLD */
	struct proc *p_reaper;	/* (t) who inherits our orphans */
	struct list p_wards;	/* (t) whose reaper this is */
	struct list p_wardlink; /* (t) */
	pid_t p_subtree;	/* (t) its child that we descend from */
	struct pgrp *p_pgrp;	/* (t) */
	struct list p_pglink;	/* (t) */
	bool p_qualifies;	/* (t) counts in pg_jobc */
	struct cv p_childcv;	/* with (t): a child changed state */
	int p_exitsig;		/* (t) sent to the parent at exit */

	struct list p_threads;	 /* (p) */
	unsigned p_nthreads;	 /* (p) */
	struct thread *p_single; /* (p) single-threading for it */
	struct cv p_threadcv;	 /* with (p): p_nthreads fell, or a
				    thread stopped */
	unsigned p_nsuspended;	 /* (p) threads stopped for p_single or
				    by a stop signal */
	struct cv p_suspendcv;	 /* with (p): where those wait */
	struct list *p_unasked;	 /* (p) in p_threads: from here on they are to
				    be asked to stop; its head: none */
	struct callout p_asking; /* goes on with that */

	struct proc_image p_image;  /* (p) */
	struct fdtable *p_fd;	    /* (p) others use proc_fdtable() */
	struct vnode *p_cwd;	    /* (p) held: vfs/namei.h */
	struct vnode *p_root;	    /* same */
	struct vnode *p_jailroot;   /* same; chroot's outermost */
	mode_t p_umask;		    /* (p) */
	struct uidinfo *p_uidinfo;  /* (p) cred's cr_ruid's, held */
	struct cpuset *p_cpuset;    /* (p) held */
	struct sigacts *p_sigacts;  /* (p) */
	struct sigqueue p_sigqueue; /* (p) */
	sigset_t p_tdsignals;	    /* (p) no others are in a thread's queue */
	struct list p_sigwaiters;   /* (p) threads that wait for signals */
	struct thread *p_sigtaker;  /* (p) who was last found to take one */
	int p_stopsig;		    /* (p) signal that stopped it */
	int p_xexit;		    /* (p) exit status; or */
	int p_xsig;		    /* (p) signal that killed it */
	struct event_source p_events; /* EVFILT_PROC, EVFILT_SIGNAL */
	struct proc_holder *p_holder; /* (t) or NULL */

	struct rlimit p_limits[RLIM_NLIMITS]; /* (p) */
	struct rusage p_ru;		      /* (p) of exited threads */
	struct rusage p_cru;		      /* (p) of waited-for children */
	uint64_t p_runtime;		      /* (p) ns of exited threads */
	uint64_t p_stime;		      /* of those in the kernel */
	uint64_t p_cruntime;		      /* (p) of waited-for children */
	uint64_t p_cstime;
	struct itimer p_itimers[4]; /* (p) ITIMER_*, RLIMIT_CPU */
	struct list p_ktimers;	    /* (p) timer_create(2) */
	struct aio *p_aio;	    /* (a) aio_read(2) and kin; NULL: none */
	uint64_t p_start;	    /* (!) clock_ns() */
	int p_nice;		    /* (p) */
	int p_procctl;	  /* (p) settings of procctl(2), 4 bits each */
	int p_logsigexit; /* (p) PROC_LOGSIGEXIT_CTL_*, 0: none */
	int p_pdeathsig;  /* (p) PROC_PDEATHSIG */

	char p_comm[MAXCOMLEN + 1]; /* (p) */
	uint32_t p_osrel;	    /* (!) from the ABI note, 0: none */
	uint64_t p_umtx_min;	    /* (a) shortest umtx sleep, ns */
	void *p_leader_data;	    /* procfs, ptrace */
	struct sem_undos *p_sem; /* sem_exit() if not NULL: ipc/sysv_sem.c's */
};

/* p_flags */
#define P_KERNEL      0x00000001 /* kernel process */
#define P_EXITING     0x00000002 /* on its way out */
#define P_STOPPED     0x00000004 /* by a signal */
#define P_WAITED      0x00000008 /* stop was reported to the parent */
#define P_CONTINUED   0x00000010 /* to be reported */
#define P_VFORK	      0x00000020 /* parent waits until exec or exit */
#define P_EXEC	      0x00000040 /* has called exec */
#define P_SUGID	      0x00000080 /* changed ids: issetugid(2) */
#define P_CONTROLT    0x00000100 /* has a controlling terminal */
#define P_REAPER      0x00000200 /* procctl(PROC_REAP_ACQUIRE) */
#define P_SINGLE_EXIT 0x00000400 /* other threads are to exit */
#define P_SINGLE_STOP 0x00000800 /* other threads are to stop */
#define P_TRACED      0x00001000 /* imp run --trace */
#define P_NOCHLDWAIT  0x00002000 /* SIGCHLD ignored: reap by itself */
#define P_TELL_STOP   0x00004000 /* parent to hear of the stop */
#define P_TELL_CONT   0x00008000 /* parent to hear that it runs again */
#define P_OOMKILLED   0x00010000 /* for memory; see exec/oom.c */
/* procctl(2), kept by fork: */
#define P_NONEWPRIVS   0x00020000 /* set-id files are plain programs */
#define P_NOTRACE      0x00040000 /* only root may look into it... */
#define P_NOTRACE_EXEC 0x00080000 /* ...even after exec */
#define P_QUIESCE      0x00100000 /* to stand still: proc/quiesce.h */
#define P_STILL	       0x00200000 /* it does */
/* PROC_SPROTECT: */
#define P_PROTECTED    0x00400000 /* not to be killed for memory */
#define P_PROTECT_FORK 0x00800000 /* nor its children */
/* membarrier(2): registered for a kind of barrier, until exec. */
#define P_BARRIER_GLOBAL  0x01000000
#define P_BARRIER_PRIVATE 0x02000000
#define P_BARRIER_CORE	  0x04000000
#define P_BARRIERS	  (P_BARRIER_GLOBAL | P_BARRIER_PRIVATE | P_BARRIER_CORE)
#define P_INHERITED                                                            \
	(P_SUGID | P_CONTROLT | P_TRACED | P_NONEWPRIVS | P_NOTRACE |          \
	    P_NOTRACE_EXEC)

extern struct mutex proctree_lock;
extern struct list allproc;  /* (t); to go through it: proc/walk.h */
extern uint64_t proc_serial; /* (t) of the process that came last */
extern struct proc proc0;
extern struct proc *initproc; /* pid 1 */

/* The setting of PROC_ASLR_CTL, or 0. */
#define PROCCTL_ASLR_SHIFT 4
static inline int
proc_aslr(const struct proc *p)
{
	return (p->p_procctl >> PROCCTL_ASLR_SHIFT & 0xf);
}

static inline struct proc *
curproc(void)
{
	return (curthread()->td_proc);
}

/* The space that td runs in: only td's own exec and exit change it. */
static inline struct vmspace *
td_vmspace(const struct thread *td)
{
	if (__predict_false(td->td_space != NULL))
		return (td->td_space);
	return (td->td_proc->p_image.vm);
}

/* The only ways to change p_flags once others can find p. p_lock held. */
static inline void
proc_flags_set(struct proc *p, uint32_t flags)
{
	spin_assert_held(&p->p_lock);
	p->p_flags |= flags;
}

static inline void
proc_flags_clear(struct proc *p, uint32_t flags)
{
	spin_assert_held(&p->p_lock);
	p->p_flags &= ~flags;
}

void proc_init(void);
/* (t) held. NULL if there is none, or it isn't alive (zombies: _any). */
struct proc *proc_find(pid_t pid);
struct proc *proc_find_any(pid_t pid);
struct pgrp *pgrp_find(pid_t id);
/* The thread with this id in p (p_lock held), or anywhere (p_lock of its
 * process held on return). */
struct thread *proc_thread(struct proc *p, lwpid_t tid);
struct thread *thread_find(lwpid_t tid);
unsigned proc_count(void);

/* A thread of p, not running, with a kernel stack; NULL: no memory. */
struct thread *thread_alloc(struct proc *p);
/* Joins p (p_lock not held); its id can be found from here on. */
void thread_link(struct proc *p, struct thread *td);
/* Leaves its process and ends; not the last one. */
__noreturn void thread_exit(struct thread *td) __sleeps;
/* (t) held for all of these. */
void proc_link(struct proc *p, struct proc *parent, struct pgrp *pg);
void proc_unlink(struct proc *p);
void pgrp_enter(struct proc *p, struct pgrp *pg);
void pgrp_leave(struct proc *p);
/* p's state, parent or group, or its parent's group, is another: its group may
 * have become an orphaned one. */
void pgrp_qualify(struct proc *p);
/* p has something to tell its parent, which is woken. */
void proc_news(struct proc *p);
/* The parent of a vfork child may go on. */
void proc_vfork_done(struct proc *p) __sleeps;

/* A process of the kernel's with one thread that runs fn(arg). */
struct proc *kproc_create(
    const char *name, void (*fn)(void *), void *arg) __sleeps;

/*
 * fork: flags are FreeBSD's RF*; 0 and the child, not yet running if
 * `stopped`. EAGAIN, ENOMEM.
 */
struct fork_request {
	int flags;
	int exitsig;		 /* SIGCHLD as a rule */
	bool stopped;		 /* caller starts it by sched_run() */
	bool fresh;		 /* no user image to copy: for run.c */
	bool dropcaught;	 /* caught signals get their default */
	int pdflags;		 /* PD_*, with RFPROCDESC in flags */
	int pdfd;		 /* out: the parent's, with RFPROCDESC */
	struct fdtable *pdtable; /* kern_fork()'s: where it is reserved */
	struct proc *child;	 /* out */
	struct thread *child_td; /* out */
};
int kern_fork(struct thread *td, struct fork_request *fa) __sleeps;
/* A thread in curproc: user registers copied from td, td_sigmask too. ENOMEM;
 * EPROCLIM: it has kern.threads.max_threads_per_proc already. */
int kern_thr_create(struct thread *td, struct thread **newp);
__noreturn void kern_thr_exit(struct thread *td) __sleeps;
/* Ends the process: code is the status, sig the signal that killed it (or
 * 0). With other threads running, they're ended first. */
__noreturn void kern_exit(struct thread *td, int code, int sig) __sleeps;

struct wait_result {
	pid_t pid;
	int status; /* wait(2) status word */
	struct rusage ru, cru;
	struct siginfo info;
};
/* idtype is P_PID, P_PGID, P_ALL, ... of fbsd/wait.h. */
int kern_wait(struct thread *td, int idtype, int64_t id, int options,
    struct wait_result *wr) __sleeps;

/*
 * exec: replaces the image of td's process. path is a kernel string, or NULL
 * with fd; argument strings are user pointers (seg_user) or kernel's.
 * Returns EJUSTRETURN with new registers set, or an errno with the old image
 * whole.
 */
struct exec_args {
	const char *path;
	int fd;	       /* -1: use path */
	uint64_t argv; /* user char ** */
	uint64_t envp;
	char **kargv; /* kernel's, instead; NULL-ended */
	char **kenvp;
	/* Room for INTERP_PATH_MAX bytes, or NULL: gets the path of the ELF
	 * interpreter if that is what the error is about. */
	char *interp;
};
#define INTERP_PATH_MAX 256
int kern_exec(struct thread *td, struct exec_args *ea) __sleeps;
/* Becomes the machine's first program; returns why that failed. */
int exec_first(struct thread *td, struct exec_args *ea) __sleeps;

/*
 * Stops (or with exit: ends) all other threads of curproc; 0 when td is alone,
 * or EINTR/ERESTART if another thread was first.
 */
int proc_single(struct thread *td, bool exit) __sleeps;
void proc_single_end(struct thread *td);

/*
 * Job control, p_lock held.  proc_stop() sets P_STOPPED and asks all threads
 * to stop in thread_suspend_check(), where the last one to arrive calls
 * sig_stopped(); proc_continue() takes P_STOPPED away and lets them run, and
 * the first one calls sig_continued() (proc/signal.h).  SIGKILL continues.
 */
void proc_stop(struct proc *p);
void proc_continue(struct proc *p);

/* Everything that waits before user mode: signals, stops, rescheduling. */
void ast(struct thread *td) __sleeps;
void files_end_late(struct thread *td) __sleeps; /* file/file.c's */

int proc_setsid(struct proc *p) __sleeps;
/* tty's (tty/tty.c): pg ends, and is nobody's foreground any more. (t) */
void tty_pgrp_gone(struct pgrp *pg);
int proc_setpgid(struct thread *td, pid_t pid, pid_t pgid) __sleeps;
void proc_reparent(struct proc *child, struct proc *parent); /* (t) */
/* p is to be no reaper any more: its descendants get another one. (t), which is
 * let go of meanwhile. */
void proc_hand_over(struct proc *p) __sleeps;
/* In long loops: each time that *left, PROCTREE_STEP at first, has come down to
 * 0, (t) is let go of for a moment. */
#define PROCTREE_STEP 32u
void proctree_let_go(unsigned *left) __sleeps;
/* What another process has, with a reference; NULL: nothing, or it has exited.
 * p_lock not held. */
struct cred *proc_cred_hold(struct proc *p);
struct vmspace *proc_vmspace(struct proc *p);
/* The same for who may look into it: 0, and NULL if there is none; or what
 * p_candebug() says. */
int proc_debug_vmspace(struct thread *td, struct proc *p, struct vmspace **vsp);
struct pstr *proc_args_hold(struct proc *p);
uint64_t proc_limit(struct proc *p, int which);	     /* soft limit */
void proc_rusage(struct proc *p, struct rusage *ru); /* so far */

#endif
