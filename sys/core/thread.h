/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A thread: what the scheduler switches between.  What belongs to the parts
 * above (its process, signals, umtx, ...) is kept here as well, and only they
 * look at it.
 *
 * Who guards a field:
 *	(p) its process's p_lock: spin
 *	(q) the run queue's c_lock: spin
 *	(k) only touched by curthread
 *	(a) atomic	(!) set once before others can see it
 */
#ifndef CORE_THREAD_H
#define CORE_THREAD_H

#include "lib/idtable.h"
#include "lib/list.h"
#include "amd64/md.h"
#include "fbsd/resource.h"
#include "fbsd/signal.h"
#include "core/callout.h"
#include "core/lockdebug.h"
#include "core/sync.h"

struct cred;
struct file;
struct poll_state;
struct proc;
struct umtx_waiter;
struct vmspace;

#define MAXCOMLEN 19
#ifdef OPT_KASAN
#define KSTACK_PAGES 8 /* there are zones between variables */
#else
#define KSTACK_PAGES 4
#endif

/* Pending signals of a thread or a process: (p). */
struct sigqueue {
	sigset_t sq_signals; /* pending, each */
	struct list sq_list; /* their stories; some have none */
	unsigned sq_count;   /* of those that aren't static */
};

enum thread_state {
	TD_NEW,
	TD_RUNNABLE,
	TD_RUNNING,
	TD_LEAVING, /* to be queued on another CPU */
	TD_SLEEPING,
	TD_STOPPED,
	TD_DEAD,
};

struct thread {
	struct md_thread td_md;	     /* (k) first: amd64 knows */
	uint32_t td_flags;	     /* (a) TDF_*: asks of ast(); amd64 too */
	struct proc *td_proc;	     /* (!) but in thread_stay() */
	struct list td_plink;	     /* (p) in p_threads */
	struct list td_spare;	     /* (thread table's lock) dead */
	struct idlink td_idlink;     /* (thread table's lock) by td_tid */
	lwpid_t td_tid;		     /* (!) but in thread_stay() */
	void *td_kstack;	     /* (!) KSTACK_PAGES pages */
	char td_name[MAXCOMLEN + 1]; /* (k) */

	/* Scheduling: (q) */
	struct list td_qlink; /* in a run queue */
	struct list td_wlink; /* (the lock's or cv's) in its waiters */
	volatile enum thread_state td_state;
	unsigned td_cpu;      /* where it runs or ran; with both CPUs' c_lock */
	uint32_t td_affinity; /* CPUs it may use */
	uint8_t td_priority;  /* now */
	uint8_t td_base_priority; /* class and nice */
	uint8_t td_lent_priority; /* others wait for it; PRI_COUNT: none */
	uint8_t td_prio_class;	  /* RTP_PRIO_*; written with (p), too */
	uint16_t td_prio;	  /* (p) rtprio's level */
	bool td_pinned; /* (p) td_affinity is its own, not its process's */
	uint8_t td_memory_policy; /* (p) cpuset_setdomain(2)'s; 0: none said */
	uint64_t td_runtime;	  /* ns on a CPU, to the last switch */
	uint64_t td_stime;	  /* of those in the kernel */
	uint64_t td_kernel_entry; /* (k) clock at kernel entry, if timed */
	volatile bool td_oncpu;	  /* its stack is in use */
	bool td_woke;		  /* and hasn't run since */

	/* Sleep: (q) */
	const char *td_wmesg; /* what it waits for, NULL: nothing */
	bool td_wait_sig;     /* signals end the sleep */
	int td_wait_result;   /* WAIT_PENDING, or why it ended */
	struct callout td_timeout;

	/* System call in progress: (k) */
	uint64_t td_retval[2];
	struct trapframe *td_tf; /* user registers */

	/* Signals: (p) unless said */
	sigset_t td_sigmask;	/* set by curthread, read under (p) */
	sigset_t td_oldsigmask; /* (k) sigsuspend's, with TDF_OLDMASK */
	struct sigqueue td_sigqueue;
	struct sigaltstack td_sigstk; /* (k) */
	sigset_t td_sigwait;	      /* signals that sigwait waits for */
	struct list td_sigwlink;      /* in p_sigwaiters, if there are any */
	struct cv td_sigcv;	      /* sigwait, sigsuspend, thr_suspend */
	bool td_woken;		      /* by thr_wake(2), for thr_suspend(2) */
	uint64_t td_sigblock;	      /* (k) sigfastblock(2)'s user word, 0:
					 none; kept by fork */

	/* Extended errors: abi/freebsd/exterr.h; (k) */
	uint64_t td_exterr_user; /* the program's place for them, 0: none; kept
				    by fork */
	const struct exterr *td_exterr; /* of the error to be returned */
	uint64_t td_exterr_about[2];

	struct cred *td_cred; /* (k) p_cred at the last entry */

	/* umtx: ipc/umtx.c */
	struct umtx_waiter *td_umtx; /* (k) */
	uint8_t td_ceiling;	     /* (k) of mutexes held; PRI_COUNT: none */
	uint64_t td_robust_list;     /* (k) */
	uint64_t td_privrobust_list; /* (k) */
	uint64_t td_robust_inact;    /* (k) */
	uint64_t td_tid_addr;	     /* (k) unused word for thr_exit */

	struct file *td_fp;	  /* (k) descriptor path's cache */
	unsigned td_locks;	  /* (k) mutexes and rwlocks held */
	unsigned td_may_stay;	  /* (k) thread_may_stay() */
	bool td_must_wait;	  /* (k) but it can't */
	bool td_nowait;		  /* (k) reads and writes as if by O_NONBLOCK */
	bool td_broken;		  /* (k) it wrote to nobody, with td_space */
	struct vmspace *td_space; /* (k) of a kernel's thread: whose memory it
				     works on, held; NULL: its process's */
	uint64_t *td_miss;	  /* (k) struct vn_miss's: vfs/vop.h */
	struct file *td_late_files; /* (k) file_release()'s, for ast() */
	struct poll_state *td_poll; /* (k) poll(2)'s memory kept */
	struct ru_counts {	    /* (k) */
		uint64_t minflt, majflt, nvcsw, nivcsw, inblock, oublock,
		    msgsnd, msgrcv, nsignals;
	} td_ru;
#ifdef OPT_LOCKDEBUG
	struct held_locks td_held; /* (k) */
#endif
};

#define WAIT_PENDING (-100)

/* What an interrupted call returns inside the kernel, besides errno. */
#define ERESTART    (-1) /* run the call again, if SA_RESTART */
#define EJUSTRETURN (-2) /* registers are set: leave them alone */

/* td_flags */
#define TDF_AST	       0x0001 /* ast() before user mode */
#define TDF_SIGPENDING 0x0002 /* a signal may be deliverable */
#define TDF_SUSPEND    0x0004 /* stop, or single-threading, asked for */
#define TDF_OLDMASK    0x0008 /* td_oldsigmask to be restored */
#define TDF_KERNEL     0x0010 /* never leaves the kernel */
#define TDF_RESCHED    0x0020 /* give the CPU away */
#define TDF_TRACED     0x0040 /* imp run --trace */
#define TDF_EXITING    0x0080
#define TDF_STAYED     0x0100 /* its process went without it */

/* What core asks of proc: CPU i's idle thread, static; and to free a dead
 * thread that no CPU runs any more. */
struct thread *thread_idle(unsigned i);
void thread_free(struct thread *td);
/* A thread of the kernel's that runs fn(arg), proc's too; NULL: no memory. */
struct thread *kthread_create(const char *name, void (*fn)(void *), void *arg);

/*
 * Is there a signal or a stop for td that ends a sleep? EINTR or ERESTART by
 * its action, or 0. p_lock not held. The slow half is proc's
 * (proc/sigdeliver.c).
 */
int sig_interrupts_slow(struct thread *td);

/* Is td's process to end, so that no wait of td's is worth going on? p_lock not
 * held. proc's, too. */
bool sig_killed(struct thread *td);

/*
 * For what may hang, and can't be left half done: a process that is killed ends
 * while one of its threads sleeps between these two, also for a rwlock.  That
 * thread stays behind, as one of the kernel's, goes on to the end of what it
 * has begun, and ends before user mode: true from thread_stayed().  There may
 * be nothing on its way there that needs the process; user memory is EFAULT.
 */
static inline void
thread_may_stay(struct thread *td)
{
	td->td_may_stay++;
}

static inline bool
thread_stayed(struct thread *td)
{
	if (--td->td_may_stay == 0)
		td->td_must_wait = false;
	return (__predict_false((td->td_flags & TDF_STAYED) != 0));
}

/* Does that now; td_must_wait: it can't.  No spin locks are held.  proc's
 * (proc/stay.c). */
void thread_stay(struct thread *td) __sleeps;

/* Called in interruptible sleeps and ast(): stops here while asked to;
 * doesn't return if the process exits. 0, or EINTR if the sleep must end.
 * proc's (proc/thread.c). */
int thread_suspend_check(struct thread *td, bool in_sleep) __sleeps;

static inline int
sig_interrupts(struct thread *td)
{
	if (__predict_true(
		(td->td_flags & (TDF_SIGPENDING | TDF_SUSPEND)) == 0))
		return (0);
	return (sig_interrupts_slow(td));
}

#endif
