/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The scheduler's queues stay what they are to be while threads sleep, wake,
 * yield and are moved, and others change their priorities and CPUs.
 */
#include "boot/ktest.h"
#include "core/sched.h"
#include "proc/proc.h"

#define WORKERS 12u
#define NAP_NS	(100 * 1000ul)
#define TURNS	5000u /* of each */
#define LEAVES	2000u

static struct {
	struct spin lock;
	struct cv turn;	   /* with lock */
	struct cv nap;	   /* nobody signals it */
	unsigned turns;	   /* (lock) */
	unsigned left;	   /* (a) workers that go on */
	bool over;	   /* (a) the changers are to go */
	unsigned changers; /* (a) that haven't */
	struct thread *td[WORKERS];
} st;

/* Busy threads of a better priority would keep the others away for good. */
static void
nap(void)
{
	spin_lock(&st.lock);
	(void)cv_timedwait_spin(&st.nap, &st.lock, clock_ns() + NAP_NS);
	spin_unlock(&st.lock);
}

/* Waits, wakes all that wait, or gives the CPU away, by turns. */
static void
worker(void *arg)
{
	for (unsigned i = 0; i < TURNS; i++) {
		spin_lock(&st.lock);
		if (++st.turns % 3 == 0)
			(void)cv_timedwait_spin(
			    &st.turn, &st.lock, clock_ns() + 50000);
		else
			cv_broadcast(&st.turn);
		spin_unlock(&st.lock);
		if (i % 4 == 0)
			sched_yield();
	}
	atomic_sub(&st.left, 1);
	/* Until nobody changes it any more. */
	while (!atomic_load(&st.over) || atomic_load(&st.changers) != 0)
		nap();
	atomic_add(&st.left, 1);
	kern_thr_exit(curthread());
}

/* Priorities on both sides of the words that c_queued consists of. */
static void
changer(void *arg)
{
	unsigned n = (unsigned)(uintptr_t)arg;

	while (!atomic_load(&st.over)) {
		struct thread *td = st.td[n % WORKERS];

		n = n * 1103515245u + 12345u;
		if (n >> 16 & 1)
			sched_set_priority(
			    td, RTP_PRIO_NORMAL, 40 + n / 7 % 40);
		else
			sched_lend(td, n >> 17 & 1 ? PRI_COUNT : 50 + n % 20);
		(void)sched_set_affinity(td, 1u << n / 131 % 4 | 1);
		if ((n >> 18) % 16 == 0)
			nap();
	}
	atomic_sub(&st.changers, 1);
	kern_thr_exit(curthread());
}

/* Is a CPU's queue what the scheduler's comments say? c_lock held. */
static bool
queue_is_right(const struct cpu *c)
{
	unsigned n = 0;
	struct thread *td;

	for (unsigned pri = 0; pri < PRI_COUNT; pri++) {
		bool bit = c->c_queued[pri >> 6] >> (pri & 63) & 1;

		if (bit == list_empty(&c->c_queue[pri]))
			return (false);
		LIST_FOREACH (td, &c->c_queue[pri], td_qlink) {
			n++;
			if (td->td_cpu != c->c_id || td->td_priority != pri ||
			    td->td_state != TD_RUNNABLE)
				return (false);
		}
	}
	return (n == c->c_nqueued);
}

static bool
queues_are_right(void)
{
	bool right = true;

	for (unsigned i = 0; i < ncpus; i++) {
		spin_lock(&cpus[i].c_lock);
		right &= queue_is_right(&cpus[i]);
		spin_unlock(&cpus[i].c_lock);
	}
	return (right);
}

static bool
start(void)
{
	spin_init(&st.lock, "test turns");
	cv_init(&st.turn, "test turn");
	cv_init(&st.nap, "test nap");
	st.left = WORKERS;
	st.changers = 2;
	for (unsigned i = 0; i < WORKERS; i++) {
		st.td[i] = kthread_create("test worker", worker, NULL);
		if (st.td[i] == NULL)
			return (false);
	}
	return (kthread_create("test changer", changer, (void *)1) != NULL &&
		kthread_create("test changer", changer, (void *)77) != NULL);
}

KTEST(sched_queues)
{
	bool right = true;

	KT_ASSERT(start());
	while (atomic_load(&st.left) != 0) {
		right &= queues_are_right();
		nap();
	}
	atomic_store(&st.over, true);
	while (atomic_load(&st.left) != WORKERS)
		nap();
	KT_ASSERT(right && queues_are_right());
}

/* Who may no longer use its CPU is on another one when it goes on. */
KTEST(sched_leaves)
{
	struct thread *td = curthread();

	for (unsigned i = 0; i < LEAVES; i++) {
		(void)sched_set_affinity(td, 1u << i % ncpus);
		sched_yield();
		KT_ASSERT(td->td_cpu == i % ncpus);
	}
	(void)sched_set_affinity(td, cpus_online);
}
