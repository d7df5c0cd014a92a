/* SPDX-License-Identifier: BSD-2-Clause */
/* LOCKDEBUG finds locks that are taken in different orders; and waits. */
#include "lib/string.h"
#include "fbsd/errno.h"
#include "boot/ktest.h"
#include "core/lockdebug.h"
#include "core/sched.h"
#include "proc/proc.h"
#include "proc/quiesce.h"
#include "proc/thread.h"

#ifdef OPT_LOCKDEBUG
static struct lock_circle found;
static unsigned nfound;

static void
report(const struct lock_circle *c)
{
	found = *c;
	nfound++;
}

static void
listen(void)
{
	nfound = 0;
	lockdebug_report = report;
}

/* Order i takes `taken` with `held` held. */
static bool
is_order(unsigned i, const char *held, const char *taken)
{
	return (i < found.n && strcmp(found.order[i].held.name, held) == 0 &&
		strcmp(found.order[i].taken.name, taken) == 0 &&
		found.order[i].held.where != 0 &&
		found.order[i].taken.where != 0);
}

static void
both_mutexes(struct mutex *a, struct mutex *b)
{
	mutex_lock(a);
	mutex_lock(b);
	mutex_unlock(b);
	mutex_unlock(a);
}

static void
both_spins(struct spin *a, struct spin *b)
{
	spin_lock(a);
	spin_lock(b);
	spin_unlock(a);
	spin_unlock(b);
}

KTEST(lock_order_mutex)
{
	struct mutex a, b;

	mutex_init(&a, "test mutex a");
	mutex_init(&b, "test mutex b");
	listen();
	both_mutexes(&a, &b);
	both_mutexes(&a, &b);
	KT_ASSERT(nfound == 0);
	both_mutexes(&b, &a);
	KT_ASSERT(nfound == 1 && found.n == 2);
	KT_ASSERT(is_order(0, "test mutex b", "test mutex a"));
	KT_ASSERT(is_order(1, "test mutex a", "test mutex b"));
	/* Once, and the order seen first stays the right one. */
	both_mutexes(&b, &a);
	both_mutexes(&a, &b);
	lockdebug_report = NULL;
	KT_ASSERT(nfound == 1);
}

/* Other locks of the same names are the same classes. */
KTEST(lock_order_classes)
{
	struct spin a, b, other_a, other_b;

	spin_init(&a, "test spin a");
	spin_init(&b, "test spin b");
	spin_init(&other_a, "test spin a");
	spin_init(&other_b, "test spin b");
	listen();
	both_spins(&a, &b);
	both_spins(&other_b, &other_a);
	lockdebug_report = NULL;
	KT_ASSERT(nfound == 1 && found.n == 2);
	KT_ASSERT(is_order(0, "test spin b", "test spin a"));
	KT_ASSERT(is_order(1, "test spin a", "test spin b"));
}

/* Nobody takes two of these the other way round, and yet three threads could
 * wait for one another. */
KTEST(lock_order_circle)
{
	struct rwlock a, b;
	struct mutex c;

	rw_init(&a, "test rw a");
	rw_init(&b, "test rw b");
	mutex_init(&c, "test mutex c");
	listen();
	rw_rlock(&a);
	rw_wlock(&b);
	rw_wunlock(&b);
	rw_runlock(&a);
	rw_rlock(&b);
	mutex_lock(&c);
	mutex_unlock(&c);
	rw_runlock(&b);
	KT_ASSERT(nfound == 0);
	mutex_lock(&c);
	rw_rlock(&a);
	rw_runlock(&a);
	mutex_unlock(&c);
	lockdebug_report = NULL;
	KT_ASSERT(nfound == 1 && found.n == 3);
	KT_ASSERT(is_order(0, "test mutex c", "test rw a"));
	KT_ASSERT(is_order(1, "test rw a", "test rw b"));
	KT_ASSERT(is_order(2, "test rw b", "test mutex c"));
}

/* Two of a class: only for who says that there is an order among them. */
KTEST(lock_order_nested)
{
	struct mutex a, b, c;

	mutex_init(&a, "test nested");
	mutex_init(&b, "test nested");
	mutex_init(&c, "test nested");
	listen();
	mutex_lock(&a);
	mutex_will_nest(&b);
	mutex_lock(&b);
	KT_ASSERT(nfound == 0);
	mutex_lock(&c); /* the word was for b */
	mutex_unlock(&c);
	mutex_unlock(&b);
	mutex_unlock(&a);
	lockdebug_report = NULL;
	KT_ASSERT(nfound == 1 && found.n == 1);
	KT_ASSERT(is_order(0, "test nested", "test nested"));
}

/* To wait for a condition takes its mutex again. */
KTEST(lock_order_wait)
{
	struct mutex a, b;
	struct cv cv;

	mutex_init(&a, "test wait a");
	mutex_init(&b, "test wait b");
	cv_init(&cv, "test wait");
	listen();
	mutex_lock(&a);
	mutex_lock(&b);
	KT_ASSERT(nfound == 0);
	cv_timedwait(&cv, &a, 0);
	mutex_unlock(&b);
	mutex_unlock(&a);
	lockdebug_report = NULL;
	KT_ASSERT(nfound == 1);
	KT_ASSERT(is_order(0, "test wait b", "test wait a"));
}

/* Whether or not it comes to a sleep. */
KTEST_PANIC(sleep_interrupts_off)
{
	(void)intr_disable();
	assert_may_sleep("a test");
}

KTEST_PANIC(sleep_spin_lock)
{
	struct spin s;

	spin_init(&s, "test sleep");
	spin_lock(&s);
	sched_maybe_yield();
}
#endif

/*
 * Two threads interrupt a third all the time, which waits by turns for a
 * condition and, as that wait is over, for the condition's mutex: none of what
 * they do may end the second wait, which only the mutex's owner does.
 */
#define INTERRUPTERS	 2u
#define INTERRUPT_ROUNDS 2000u
#define INTERRUPT_HELD	 (100 * 1000ul) /* ns */

static struct {
	struct mutex lock, nap_lock;
	struct cv cv, nap;
	struct thread *sleeper;
	unsigned interrupters; /* (a) that still are */
	bool over;	       /* (a) */
	bool gone;	       /* (a) the sleeper */
} in;

static void
interrupter(void *arg)
{
	while (!atomic_load(&in.over)) {
		sched_interrupt(in.sleeper);
		sched_maybe_yield();
	}
	atomic_sub(&in.interrupters, 1);
	kern_thr_exit(curthread());
}

static void
interrupted(void *arg)
{
	mutex_lock(&in.lock);
	for (unsigned i = 0; i < INTERRUPT_ROUNDS; i++)
		(void)cv_wait_sig(&in.cv, &in.lock);
	mutex_unlock(&in.lock);
	atomic_store(&in.over, true);
	while (atomic_load(&in.interrupters) != 0)
		sched_yield();
	atomic_store(&in.gone, true);
	kern_thr_exit(curthread());
}

static void
take_a_nap(void)
{
	mutex_lock(&in.nap_lock);
	(void)cv_timedwait(&in.nap, &in.nap_lock, clock_ns() + INTERRUPT_HELD);
	mutex_unlock(&in.nap_lock);
}

KTEST(interrupt_no_lock)
{
	mutex_init(&in.lock, "test interrupt");
	mutex_init(&in.nap_lock, "test nap");
	cv_init(&in.cv, "test interrupt");
	cv_init(&in.nap, "test nap");
	in.over = in.gone = false;
	in.interrupters = INTERRUPTERS;
	in.sleeper = kthread_create("interrupted", interrupted, NULL);
	KT_ASSERT(in.sleeper != NULL);
	for (unsigned i = 0; i < INTERRUPTERS; i++)
		KT_ASSERT(
		    kthread_create("interrupter", interrupter, NULL) != NULL);
	while (!atomic_load(&in.gone)) {
		mutex_lock(&in.lock);
		take_a_nap();
		mutex_unlock(&in.lock);
		take_a_nap();
	}
}

/*
 * All that wait are woken by one broadcast, more than its caller wakes himself,
 * and those of a better priority first.
 */
#define CROWD 200u

static struct {
	struct spin lock;
	struct cv cv;	  /* with lock: go */
	struct cv left;	  /* with lock: out is CROWD */
	bool go;	  /* (lock) */
	unsigned in, out; /* (lock) */
	unsigned late; /* (lock) of the better ones, after one of the others */
	bool worse;    /* (lock) one of the others is out */
} crowd;

static void
one_of_many(void *arg)
{
	const bool better = arg != NULL;

	spin_lock(&crowd.lock);
	crowd.in++;
	while (!crowd.go)
		cv_wait_spin(&crowd.cv, &crowd.lock);
	if (better && crowd.worse)
		crowd.late++;
	if (!better)
		crowd.worse = true;
	if (++crowd.out == CROWD)
		cv_signal(&crowd.left);
	spin_unlock(&crowd.lock);
	kern_thr_exit(curthread());
}

static bool
gather(void)
{
	struct thread *td;

	for (unsigned i = 0; i < CROWD; i++) {
		td = kthread_create(
		    "crowd", one_of_many, i % 2 != 0 ? &crowd : NULL);
		if (td == NULL)
			return (false);
		if (i % 2 != 0)
			sched_set_priority(td, RTP_PRIO_REALTIME, 10);
		while (atomic_load(&crowd.in) <= i)
			sched_yield();
	}
	return (true);
}

KTEST(cv_broadcast_many)
{
	const uint64_t end = clock_ns() + 60 * NSEC_PER_SEC;
	int error = 0;

	memset(&crowd, 0, sizeof(crowd));
	spin_init(&crowd.lock, "test crowd");
	cv_init(&crowd.cv, "test crowd");
	cv_init(&crowd.left, "test crowd");
	KT_ASSERT(gather());
	spin_lock(&crowd.lock);
	crowd.go = true;
	cv_broadcast(&crowd.cv);
	while (crowd.out < CROWD && error == 0)
		error = cv_timedwait_spin(&crowd.left, &crowd.lock, end);
	spin_unlock(&crowd.lock);
	KT_ASSERT(crowd.out == CROWD);
	KT_ASSERT(ncpus > 1 || crowd.late == 0);
}

/* One at a time, and then again. */
KTEST(quiesce_again)
{
	struct thread *td = curthread();
	pid_t pid = 0;

	for (int i = 0; i < 2; i++) {
		KT_ASSERT(quiesce_begin(td, NO_DEADLINE, &pid) == 0);
		KT_ASSERT(quiesce_begin(td, NO_DEADLINE, &pid) == EBUSY);
		quiesce_end();
	}
}
