/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The scheduler: per-CPU run queues, one for each priority, a round-robin
 * among equals.  Kernel code is preempted only where it blocks or returns to
 * user mode.  A CPU with nothing to do takes work from the others' queues
 * before it idles; a woken thread goes to the CPU where it last ran if that
 * is idle, else to any idle one that its affinity allows.  There is no tick:
 * a CPU's timer looks after time slices only while another thread waits in
 * its queue.
 */
#ifndef CORE_SCHED_H
#define CORE_SCHED_H

#include "lib/list.h"
#include "lib/rbtree.h"
#include "amd64/cpu.h"
#include "core/sync.h"
#include "core/thread.h"

struct callout;
struct thread;

/*
 * Priorities, lower runs first; FreeBSD's three classes: real-time 0-31
 * (rtprio), time-sharing 32-63 (nice and recent use decide), idle 64-95.
 */
#define PRI_REALTIME  0
#define PRI_TIMESHARE 32
#define PRI_IDLE      64
#define PRI_COUNT     96

/* Room for core/count.h's. */
#define CPU_COUNTS_MAX 40

/* Guarded by (q) c_lock, (o) this CPU alone, (!) set at start. */
struct cpu {
	struct thread *c_thread;	   /* (o) running; %gs:0 */
	struct cpu *c_self;		   /* (!) %gs:8 */
	uint64_t c_scratch[6];		   /* (o) amd64 entry code's */
	uint64_t c_counts[CPU_COUNTS_MAX]; /* (o) core/count.h */
	unsigned c_id;			   /* (!) 0..ncpus-1 */
	unsigned c_spins;		   /* (o) spin locks held */
	uint64_t c_spin_flags;		   /* (o) interrupts before the first */
	struct thread *c_idle;		   /* (!) its idle thread */
	struct spin c_lock;
	struct list c_queue[PRI_COUNT]; /* (q) runnable threads */
	uint64_t c_queued[2];		/* (q) bit for each non-empty queue */
	unsigned c_nqueued;		/* (q) */
	volatile bool c_idling;		/* about to halt, or halted */
	volatile bool c_resched;	/* leave user mode, look at the queue */
	bool c_online;			/* runs threads */
	uint64_t c_tick;		/* (o) clock_ns(), or NO_DEADLINE */
	uint64_t c_lift;     /* (o) clock_ns(): not before, lift_one() */
	bool c_equal_woke;   /* atomic: since c_thread runs */
	uint64_t c_switched; /* (o) when c_thread started to run */
	uint64_t c_idle_ns;  /* (o) time spent idle */
	struct spin c_callout_lock;
	struct rb_tree c_callouts;     /* (c_callout_lock) by deadline */
	struct callout *c_callout_now; /* (c_callout_lock) being called */
	uint64_t c_callout_rest;       /* (c_callout_lock) none before */
	struct thread *c_prev;	       /* (o) switched away from */
	struct md_cpu c_md;	       /* (o) amd64's */
	unsigned c_section;	       /* (o) odd: within one, core/section.h */
};

extern struct cpu cpus[];    /* by c_id, 0..ncpus-1 */
extern uint32_t cpus_online; /* bit mask */

void sched_init(void);		      /* boot CPU; makes this code a thread */
__noreturn void sched_ap_enter(void); /* other CPUs, from md_smp_start() */
__noreturn void sched_idle_loop(void);

/* Makes a new or stopped thread runnable. Any context. */
void sched_run(struct thread *td);
/* Wakes td if it waits in a cv for a signal-interruptible sleep (or makes
 * it notice at its next return to user mode). Any context. */
void sched_interrupt(struct thread *td);
/* To equals and better ones, or from a CPU that the affinity no longer allows.
 */
void sched_yield(void);
/* In long kernel loops; mutexes may be held. */
static inline void
sched_maybe_yield(void)
{
	assert_may_sleep("sched_maybe_yield");
	if (__predict_false(curthread()->td_flags & TDF_RESCHED))
		sched_yield();
}

/*
 * The two halves of every sleep.  A thread says sched_wait_begin(), makes
 * itself known to whoever will wake it, and calls sched_wait(), which
 * returns once somebody has called sched_wake() since, with the result that
 * the first of them gave.  The waker makes sure that td exists: it holds a
 * lock that the sleeper needs to get away, or p_lock.
 */
void sched_wait_begin(struct thread *td, const char *wmesg, bool sig);
int sched_wait(struct thread *td) __sleeps;
bool sched_wake(struct thread *td, int result); /* false: not waiting */
/* td's class (RTP_PRIO_*) and its own priority in it. */
void sched_set_priority(struct thread *td, unsigned class, unsigned pri);
/* Until the next call td runs at pri if that is better than its own;
 * PRI_COUNT: no more. */
void sched_lend(struct thread *td, unsigned pri);
/* Moves td to a CPU in mask (bit c_id): EINVAL if none is online. */
int sched_set_affinity(struct thread *td, uint32_t mask);
/* Another CPU's cpu_kick() arrived; interrupts off. */
void sched_kicked(void);
/*
 * Not NULL: called by a CPU that stops being idle (c_idling, by a full
 * barrier), before a program runs there; no spin lock held. Atomic.
 */
extern void (*sched_idle_over)(void);
/* First on a new thread's stack: ends the switch, interrupts on. */
void sched_thread_started(void);
/* Some of the time slice is over (clock interrupt). */
void sched_tick(void);
__noreturn void sched_exit_thread(void); /* last act of a thread */
/* CPU time used by td up to now, ns. */
uint64_t sched_runtime(struct thread *td);
/* Time that CPU i was idle since it came online, ns. */
uint64_t sched_idle_time(unsigned i);
/* vm.loadavg: three averages * 2048, computed lazily. */
void sched_loadavg(uint32_t avg[3]);

#endif
