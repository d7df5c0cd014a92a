/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads: making them, finding them by id, ending them.
 *
 * A thread structure keeps its kernel stack when it dies and waits with it
 * for the next one, so that a program that starts threads all the time
 * doesn't allocate any; the structures never go back to the page allocator.
 */
#include "lib/printf.h"
#include "lib/string.h"
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "core/printf.h"
#include "core/sysctl.h"
#include "proc/abi.h"
#include "proc/proc.h"
#include "proc/signal.h"
#include "proc/quiesce.h"
#include "proc/thread.h"
#include "vm/kmem.h"

#define TID_FIRST   100001
#define ASK_AT_ONCE 64 /* threads asked to stop with one hold of p_lock */
/* Dead threads that keep their stacks. */
#ifdef OPT_KASAN
#define SPARE_MAX 0 /* they are to be found out when they are used */
#else
#define SPARE_MAX 64
#endif

/* The lock comes after p_lock. */
static struct {
	struct spin lock;
	struct idtable table; /* (lock) by td_tid */
	lwpid_t next;	      /* (lock) */
	bool wrapped;	      /* (lock) numbers may be in use */
	struct list spare;    /* (lock) threads with a stack */
	unsigned nspare;      /* (lock) */
	struct kcache *cache; /* (!) */
} threads = {.lock = SPIN_INITIALIZER("threads"), .next = TID_FIRST};

static struct thread idle_threads[MAXCPU];

/* Of a process: what goes over all of them, with its lock held, ends. */
static unsigned max_threads = 1500; /* (a) */
static unsigned max_threads_hits;   /* (a) refused for that */
SYSCTL_INT(max_threads, "kern.threads.max_threads_per_proc", CTL_AUTO,
    CTLFLAG_RW, &max_threads);
SYSCTL_INT(max_threads_hits, "kern.threads.max_threads_hits", CTL_AUTO,
    CTLFLAG_RD, &max_threads_hits);

void
thread_init(void)
{
	kassert(idtable_init(&threads.table, kmem_alloc));
	list_init(&threads.spare);
	threads.cache = kcache_create("thread", sizeof(struct thread), 64);
}

static void
timeout(void *arg)
{
	sched_wake(arg, ETIMEDOUT);
}

static void
setup(struct thread *td, struct proc *p)
{
	void *kstack = td->td_kstack;

	memset(td, 0, sizeof(*td));
	md_thread_init(td);
	td->td_kstack = kstack;
	td->td_proc = p;
	td->td_state = TD_NEW;
	td->td_affinity = UINT32_MAX;
	td->td_prio_class = RTP_PRIO_NORMAL;
	td->td_base_priority = td->td_priority = PRI_TIMESHARE + 10;
	td->td_lent_priority = td->td_ceiling = PRI_COUNT;
	list_init(&td->td_plink);
	list_init(&td->td_spare);
	list_init(&td->td_idlink.il_link);
	list_init(&td->td_qlink);
	list_init(&td->td_wlink);
	list_init(&td->td_sigwlink);
	callout_init(&td->td_timeout, timeout, td);
	sigqueue_init(&td->td_sigqueue);
	cv_init(&td->td_sigcv, "sigwait");
	td->td_sigstk.ss_flags = SS_DISABLE;
	if (p->p_image.cred != NULL)
		td->td_cred = p == curproc() ? cred_hold(curthread()->td_cred)
					     : proc_cred_hold(p);
}

struct thread *
thread_idle(unsigned i)
{
	struct thread *td = &idle_threads[i];

	setup(td, &proc0);
	td->td_flags = TDF_KERNEL;
	td->td_kstack = md_start_stack(i);
	strlcpy(td->td_name, "idle", sizeof(td->td_name));
	return (td);
}

static struct thread *
take_spare(void)
{
	struct thread *td;

	spin_lock(&threads.lock);
	td = LIST_FIRST(&threads.spare, struct thread, td_spare);
	if (td != NULL) {
		list_remove(&td->td_spare);
		threads.nspare--;
	}
	spin_unlock(&threads.lock);
	return (td);
}

static struct thread *
in_table(lwpid_t tid)
{
	struct idlink *il = idtable_find(&threads.table, (uint32_t)tid);

	return (il != NULL ? container_of(il, struct thread, td_idlink) : NULL);
}

static void
next_number(void)
{
	if (threads.next++ < INT_MAX - 1)
		return;
	threads.next = TID_FIRST;
	threads.wrapped = true;
}

/* Gives td a number and enters it. */
static void
take_number(struct thread *td)
{
	spin_lock(&threads.lock);
	while (threads.wrapped && in_table(threads.next) != NULL)
		next_number();
	td->td_tid = threads.next;
	next_number();
	td->td_idlink.il_id = (uint32_t)td->td_tid;
	idtable_insert(&threads.table, &td->td_idlink);
	spin_unlock(&threads.lock);
}

/* Nobody finds it any more. */
static void
give_back_number(struct thread *td)
{
	if (!list_linked(&td->td_idlink.il_link))
		return;
	spin_lock(&threads.lock);
	idtable_remove(&threads.table, &td->td_idlink);
	spin_unlock(&threads.lock);
}

struct thread *
thread_alloc(struct proc *p)
{
	struct thread *td = take_spare();

	if (td == NULL) {
		td = kcache_alloc(threads.cache, 0);
		if (td == NULL)
			return (NULL);
		td->td_kstack = md_kva_alloc(KSTACK_PAGES, 0);
		if (td->td_kstack == NULL) {
			kcache_free(threads.cache, td);
			return (NULL);
		}
	}
	setup(td, p);
	take_number(td);
	return (td);
}

void
thread_free(struct thread *td)
{
	bool keep;

	md_thread_free(td);
	cred_release(td->td_cred);
	give_back_number(td);
	spin_lock(&threads.lock);
	keep = threads.nspare != SPARE_MAX;
	if (keep) {
		list_push_front(&threads.spare, &td->td_spare);
		threads.nspare++;
	}
	spin_unlock(&threads.lock);
	if (keep)
		return;
	md_kva_free(td->td_kstack, KSTACK_PAGES);
	kcache_free(threads.cache, td);
}

void
thread_link(struct proc *p, struct thread *td)
{
	spin_lock(&p->p_lock);
	list_push_back(&p->p_threads, &td->td_plink);
	p->p_nthreads++;
	/* Whoever stops or ends the threads now must catch this one too. */
	if (quiesce_joins(p) ||
	    p->p_flags & (P_SINGLE_EXIT | P_SINGLE_STOP | P_STOPPED))
		atomic_or(&td->td_flags, TDF_AST | TDF_SUSPEND);
	spin_unlock(&p->p_lock);
}

struct thread *
proc_thread(struct proc *p, lwpid_t tid)
{
	struct thread *td;

	spin_assert_held(&p->p_lock);
	spin_lock(&threads.lock);
	td = in_table(tid);
	/* It may be on its way in, or out. */
	if (td != NULL && (td->td_proc != p || !list_linked(&td->td_plink)))
		td = NULL;
	spin_unlock(&threads.lock);
	return (td);
}

/*
 * A thread leaves the table before its process may go, so with the table's lock
 * the process can be locked; but that is the wrong order, so it is only tried.
 */
struct thread *
thread_find(lwpid_t tid)
{
	struct thread *td;

	for (;;) {
		spin_lock(&threads.lock);
		td = in_table(tid);
		if (td == NULL || spin_trylock(&td->td_proc->p_lock))
			break;
		spin_unlock(&threads.lock);
		cpu_relax();
	}
	if (td != NULL && !list_linked(&td->td_plink)) {
		spin_unlock(&td->td_proc->p_lock);
		td = NULL;
	}
	spin_unlock(&threads.lock);
	return (td);
}

static void
ru_add(struct rusage *ru, const struct ru_counts *c)
{
	ru->ru_minflt += (long)c->minflt;
	ru->ru_majflt += (long)c->majflt;
	ru->ru_nvcsw += (long)c->nvcsw;
	ru->ru_nivcsw += (long)c->nivcsw;
	ru->ru_inblock += (long)c->inblock;
	ru->ru_oublock += (long)c->oublock;
	ru->ru_msgsnd += (long)c->msgsnd;
	ru->ru_msgrcv += (long)c->msgrcv;
	ru->ru_nsignals += (long)c->nsignals;
}

/* What td has used goes to its process. p_lock held. */
void
thread_usage(struct proc *p, struct thread *td, struct rusage *ru)
{
	ru_add(ru, &td->td_ru);
}

static void
leave_proc(struct thread *td)
{
	struct proc *p = td->td_proc;
	uint64_t ran = sched_runtime(td);

	spin_lock(&p->p_lock);
	if (p->p_unasked == &td->td_plink)
		p->p_unasked = td->td_plink.next;
	list_remove(&td->td_plink);
	p->p_runtime += ran;
	p->p_stime += td->td_stime;
	ru_add(&p->p_ru, &td->td_ru);
	p->p_nthreads--;
	cv_broadcast(&p->p_threadcv);
	quiesce_stopped(p);
	spin_unlock(&p->p_lock);
}

/* Out of the tables; the thread still runs. */
void
thread_unlink(struct thread *td)
{
	sig_thread_exit(td);
	give_back_number(td);
	leave_proc(td);
}

static void
exchange_numbers(struct thread *a, struct thread *b)
{
	const lwpid_t number = a->td_tid;

	spin_lock(&threads.lock);
	idtable_remove(&threads.table, &a->td_idlink);
	idtable_remove(&threads.table, &b->td_idlink);
	a->td_tid = b->td_tid;
	b->td_tid = number;
	a->td_idlink.il_id = (uint32_t)a->td_tid;
	b->td_idlink.il_id = (uint32_t)b->td_tid;
	idtable_insert(&threads.table, &a->td_idlink);
	idtable_insert(&threads.table, &b->td_idlink);
	spin_unlock(&threads.lock);
}

void
thread_replace(struct thread *td, struct thread *heir, struct proc *to)
{
	exchange_numbers(td, heir);
	heir->td_robust_list = td->td_robust_list;
	heir->td_privrobust_list = td->td_privrobust_list;
	heir->td_robust_inact = td->td_robust_inact;
	thread_link(td->td_proc, heir);
	sig_thread_exit(td);
	leave_proc(td);
	spin_lock(&threads.lock);
	td->td_proc = to;
	spin_unlock(&threads.lock);
	memset(&td->td_ru, 0, sizeof(td->td_ru));
	td->td_stime = 0;
	thread_link(to, td);
}

void
thread_leave(struct thread *td)
{
	assert_may_sleep("thread_leave");
	if (td->td_proc->p_abi != NULL)
		td->td_proc->p_abi->abi_thread_exit(td);
	callout_drain(&td->td_timeout);
}

void
thread_exit(struct thread *td)
{
	thread_leave(td);
	thread_unlink(td);
	sched_exit_thread();
}

void
kern_thr_exit(struct thread *td)
{
	struct proc *p = td->td_proc;
	bool last;

	spin_lock(&p->p_lock);
	last = p->p_nthreads == 1;
	spin_unlock(&p->p_lock);
	if (last)
		kern_exit(td, 0, 0);
	thread_exit(td);
}

static void
thread_to_user(void *arg)
{
	md_user_enter();
}

/* A thread of p that returns to user mode as `from` will. */
struct thread *
thread_copy(struct proc *p, struct thread *from)
{
	struct thread *td = thread_alloc(p);

	if (td == NULL)
		return (NULL);
	if (md_thread_copy(from, td) != 0) {
		thread_free(td);
		return (NULL);
	}
	md_thread_entry(td, thread_to_user, NULL);
	td->td_sigmask = from->td_sigmask;
	td->td_affinity = from->td_affinity;
	td->td_pinned = from->td_pinned;
	td->td_memory_policy = from->td_memory_policy;
	td->td_prio_class = from->td_prio_class;
	td->td_prio = from->td_prio;
	td->td_base_priority = td->td_priority = from->td_base_priority;
	td->td_cpu = from->td_cpu;
	td->td_flags = from->td_flags & TDF_TRACED;
	memcpy(td->td_name, from->td_name, sizeof(td->td_name));
	return (td);
}

int
kern_thr_create(struct thread *td, struct thread **newp)
{
	struct thread *new;

	/* Some may come at once, and go beyond it by one less than they are. */
	if (atomic_load(&td->td_proc->p_nthreads) >=
	    atomic_load(&max_threads)) {
		atomic_add(&max_threads_hits, 1);
		return (EPROCLIM);
	}
	new = thread_copy(td->td_proc, td);
	if (new == NULL)
		return (ENOMEM);
	thread_link(td->td_proc, new);
	*newp = new;
	return (0);
}

/*
 * Stopping and ending.
 *
 * Three things may hold a process's threads up: a stop signal (P_STOPPED), one
 * thread that wants to be alone (p_single) for exec or exit, and one that wants
 * the whole machine to stand still (proc/quiesce.h).  They set
 * TDF_SUSPEND and wake interruptible sleeps, of some threads at once, and
 * p_asking goes on with the others; the threads come here by themselves.
 */
static bool
must_exit(const struct proc *p, const struct thread *td)
{
	return ((p->p_flags & P_SINGLE_EXIT) && p->p_single != td);
}

static bool
must_suspend(const struct proc *p, const struct thread *td)
{
	return ((p->p_flags & P_STOPPED) || quiesce_holds(p, td) ||
		((p->p_flags & P_SINGLE_STOP) && p->p_single != td));
}

/* Those from p_unasked on that must stop, but not too many; the rest soon. */
static void
ask_some(struct proc *p)
{
	struct thread *td;

	for (int n = 0; n < ASK_AT_ONCE && p->p_unasked != &p->p_threads; n++) {
		td = container_of(p->p_unasked, struct thread, td_plink);
		p->p_unasked = p->p_unasked->next;
		if (must_exit(p, td) || must_suspend(p, td)) {
			atomic_or(&td->td_flags, TDF_AST | TDF_SUSPEND);
			sched_interrupt(td);
		}
	}
	if (p->p_unasked != &p->p_threads)
		callout_set(&p->p_asking, clock_ns());
}

static void
ask_more(void *arg)
{
	struct proc *p = arg;

	spin_lock(&p->p_lock);
	ask_some(p);
	spin_unlock(&p->p_lock);
}

void
ask_init(struct proc *p)
{
	p->p_unasked = &p->p_threads;
	callout_init(&p->p_asking, ask_more, p);
}

void
ask_to_suspend(struct proc *p)
{
	p->p_unasked = p->p_threads.next;
	ask_some(p);
}

/* Tells the parent what it hasn't heard yet; p_lock is held, and released
 * meanwhile. */
static bool
tell_parent(struct proc *p)
{
	if ((p->p_flags & (P_STOPPED | P_TELL_STOP)) ==
		(P_STOPPED | P_TELL_STOP) &&
	    p->p_nsuspended == p->p_nthreads) {
		proc_flags_clear(p, P_TELL_STOP);
		spin_unlock(&p->p_lock);
		sig_stopped(p);
	} else if (!(p->p_flags & P_STOPPED) && (p->p_flags & P_TELL_CONT)) {
		proc_flags_clear(p, P_TELL_CONT);
		spin_unlock(&p->p_lock);
		sig_continued(p);
	} else {
		return (false);
	}
	spin_lock(&p->p_lock);
	return (true);
}

int
thread_suspend_check(struct thread *td, bool in_sleep)
{
	struct proc *p = td->td_proc;
	int error = 0;

	assert_may_sleep("thread_suspend_check");
	if (!(td->td_flags & TDF_SUSPEND))
		return (0);
	spin_lock(&p->p_lock);
	for (;;) {
		if (must_exit(p, td)) {
			spin_unlock(&p->p_lock);
			if (in_sleep)
				return (EINTR);
			thread_exit(td);
		}
		if (!must_suspend(p, td))
			break;
		/* Others may need what this thread has locked. */
		if (in_sleep && td->td_locks > 0) {
			error = ERESTART;
			break;
		}
		p->p_nsuspended++;
		cv_broadcast(&p->p_threadcv);
		quiesce_stopped(p);
		if (!tell_parent(p))
			cv_wait_spin(&p->p_suspendcv, &p->p_lock);
		p->p_nsuspended--;
	}
	if (error == 0) {
		atomic_and(&td->td_flags, ~TDF_SUSPEND);
		tell_parent(p);
	}
	spin_unlock(&p->p_lock);
	return (error);
}

void
proc_stop(struct proc *p)
{
	proc_flags_clear(p, P_TELL_CONT);
	proc_flags_set(p, P_STOPPED | P_TELL_STOP);
	ask_to_suspend(p);
}

void
proc_continue(struct proc *p)
{
	proc_flags_clear(p, P_STOPPED | P_TELL_STOP);
	proc_flags_set(p, P_TELL_CONT);
	cv_broadcast(&p->p_suspendcv);
}

int
proc_single(struct thread *td, bool exit)
{
	struct proc *p = td->td_proc;

	spin_lock(&p->p_lock);
	if (p->p_single != NULL && p->p_single != td) {
		spin_unlock(&p->p_lock);
		return (ERESTART);
	}
	if (p->p_nthreads > 1) {
		p->p_single = td;
		proc_flags_set(p, exit ? P_SINGLE_EXIT : P_SINGLE_STOP);
		ask_to_suspend(p);
		cv_broadcast(&p->p_suspendcv);
		while (exit ? p->p_nthreads > 1
			    : p->p_nsuspended < p->p_nthreads - 1)
			cv_wait_spin(&p->p_threadcv, &p->p_lock);
	}
	spin_unlock(&p->p_lock);
	return (0);
}

void
proc_single_end(struct thread *td)
{
	struct proc *p = td->td_proc;

	spin_lock(&p->p_lock);
	p->p_single = NULL;
	proc_flags_clear(p, P_SINGLE_EXIT | P_SINGLE_STOP);
	cv_broadcast(&p->p_suspendcv);
	spin_unlock(&p->p_lock);
}
