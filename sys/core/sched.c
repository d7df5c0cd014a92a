/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The scheduler: see core/sched.h for the idea.
 *
 * A thread's scheduling state is guarded by the c_lock of the CPU in td_cpu,
 * and td_cpu changes with both CPUs' locks held (the lower number's is taken
 * first): who has locked the CPU that td_cpu names has the thread, and sees it
 * in that CPU's queue or in none.  A thread that neither runs nor is queued
 * belongs to whoever ended its wait, or makes it run the first time; nobody
 * else queues it.
 *
 * c_lock is held across a switch and released by the thread that comes next:
 * whoever finds a thread queued, or asleep, finds that its stack isn't in use.
 */
#include "fbsd/errno.h"
#include "amd64/md.h"
#include "core/callout.h"
#include "core/lockdebug.h"
#include "core/printf.h"
#include "core/thread.h"
#include "core/count.h"
#include "core/sched.h"
#include "core/sysctl.h"

/*
 * While threads wait for a CPU, it looks every TICK_NS whether the one that has
 * it was there for SLICE_NS; or for less, if one of its priority woke since:
 * who slept isn't late by more than a tick because of its equals.
 */
#define SLICE_NS (10 * 1000000ul)
#define TICK_NS	 500000ul

SYSCTL_CONST_INT(kern_sched_quantum, "kern.sched.quantum", CTL_AUTO,
    SLICE_NS / 1000,
    "How long a thread runs while others of its priority wait, in us");
/*
 * Who sleeps and wakes keeps its priority, and enough of those could keep the
 * CPU from busy threads, that have sunk: so often one of these is lifted.
 */
#define LIFT_NS (100 * 1000000ul)

static void
queue_insert(struct cpu *c, struct thread *td)
{
	unsigned pri = td->td_priority;

	list_push_back(&c->c_queue[pri], &td->td_qlink);
	c->c_queued[pri >> 6] |= 1ul << (pri & 63);
	c->c_nqueued++;
}

static void
queue_remove(struct cpu *c, struct thread *td)
{
	unsigned pri = td->td_priority;

	list_remove(&td->td_qlink);
	if (list_empty(&c->c_queue[pri]))
		c->c_queued[pri >> 6] &= ~(1ul << (pri & 63));
	c->c_nqueued--;
}

static unsigned
best_priority(const struct cpu *c)
{
	if (c->c_queued[0] != 0)
		return ((unsigned)__builtin_ctzl(c->c_queued[0]));
	if (c->c_queued[1] != 0)
		return (64 + (unsigned)__builtin_ctzl(c->c_queued[1]));
	return (PRI_COUNT);
}

/* The CPU whose c_lock guards td, locked. */
static struct cpu *
lock_cpu_of(struct thread *td)
{
	for (;;) {
		struct cpu *c = &cpus[td->td_cpu];

		spin_lock(&c->c_lock);
		if (&cpus[td->td_cpu] == c)
			return (c);
		spin_unlock(&c->c_lock);
	}
}

static void
lock_second(struct cpu *c)
{
	spin_will_nest(&c->c_lock);
	spin_lock(&c->c_lock);
}

/* c_lock of `to`, too, while c's is held. False: that was let go of
 * meanwhile. */
static bool
lock_also(struct cpu *c, struct cpu *to)
{
	if (c->c_id < to->c_id) {
		lock_second(to);
		return (true);
	}
	if (spin_trylock(&to->c_lock))
		return (true);
	spin_unlock(&c->c_lock);
	spin_lock(&to->c_lock);
	lock_second(c);
	return (false);
}

static void
lock_both(struct cpu *a, struct cpu *b)
{
	spin_lock(&(a->c_id < b->c_id ? a : b)->c_lock);
	lock_second(a->c_id < b->c_id ? b : a);
}

static bool
may_use(const struct thread *td, const struct cpu *c)
{
	return (td->td_affinity >> c->c_id & 1);
}

/* A tick on this CPU, unless one is under way. */
static void
start_tick(struct cpu *c)
{
	if (c->c_tick != NO_DEADLINE || c->c_thread == c->c_idle)
		return;
	c->c_tick = clock_ns() + TICK_NS;
	callout_arm_tick(c);
}

/* What was queued on this CPU isn't better than what runs. */
static void
let_wait(struct cpu *c, unsigned pri)
{
	if (pri == c->c_thread->td_priority)
		atomic_store(&c->c_equal_woke, true);
	start_tick(c);
}

/*
 * Another CPU than this, with its c_lock held: else the thread that it runs
 * may be gone by now.  It goes idle, and lets its tick end, in the opposite
 * order: says so, and looks at the queue after that.
 */
static void
notify_other(struct cpu *c, unsigned pri)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (atomic_load(&c->c_idling) || c->c_tick == NO_DEADLINE ||
	    pri < c->c_thread->td_priority)
		cpu_kick(c->c_id);
	else if (pri == c->c_thread->td_priority)
		atomic_store(&c->c_equal_woke, true);
}

/* Something was queued on c, whose c_lock is held: does it have to know? */
static void
notify_cpu(struct cpu *c, unsigned pri)
{
	if (c != curcpu())
		notify_other(c, pri);
	else if (c->c_thread == c->c_idle || pri < c->c_thread->td_priority)
		atomic_or(&c->c_thread->td_flags, TDF_RESCHED);
	else
		let_wait(c, pri);
}

/* Where a woken thread goes: its CPU if that is idle, else any idle one. */
static struct cpu *
choose_cpu(struct thread *td)
{
	struct cpu *c = &cpus[td->td_cpu];
	uint32_t allowed = td->td_affinity & cpus_online;

	if (ncpus == 1 || (c->c_idling && may_use(td, c)))
		return (c);
	for (unsigned i = 0; i < ncpus; i++)
		if ((allowed >> i & 1) && cpus[i].c_idling)
			return (&cpus[i]);
	if (may_use(td, c))
		return (c);
	return (&cpus[__builtin_ctz(allowed)]);
}

/* td is runnable, on no queue, and c_lock of `c`, its CPU, is held; released
 * on return. */
static void
place(struct cpu *c, struct thread *td)
{
	struct cpu *to;

	while (
	    (to = choose_cpu(td)) != c && !lock_also(c, to) && !may_use(td, to))
		spin_unlock(&to->c_lock);
	td->td_state = TD_RUNNABLE;
	td->td_cpu = to->c_id;
	queue_insert(to, td);
	notify_cpu(to, td->td_priority);
	spin_unlock(&to->c_lock);
	if (to != c)
		spin_unlock(&c->c_lock);
}

void
sched_run(struct thread *td)
{
	struct cpu *c = lock_cpu_of(td);

	place(c, td);
}

void
sched_wait_begin(struct thread *td, const char *wmesg, bool sig)
{
	td->td_wait_sig = sig;
	td->td_wmesg = wmesg;
	atomic_store(&td->td_wait_result, WAIT_PENDING);
}

/* Ends td's wait, which is pending; c_lock of `c`, its CPU, is held, and
 * released on return. */
static void
end_wait(struct cpu *c, struct thread *td, int result)
{
	td->td_wait_result = result;
	if (td->td_state != TD_SLEEPING) {
		/* It hasn't gone to sleep yet, and won't. */
		spin_unlock(&c->c_lock);
		return;
	}
	if (td->td_prio_class == RTP_PRIO_NORMAL)
		td->td_priority =
		    MIN(td->td_base_priority, td->td_lent_priority);
	td->td_woke = true;
	place(c, td);
}

bool
sched_wake(struct thread *td, int result)
{
	struct cpu *c = lock_cpu_of(td);

	if (td->td_wait_result != WAIT_PENDING) {
		spin_unlock(&c->c_lock);
		return (false);
	}
	end_wait(c, td, result);
	return (true);
}

/*
 * What kind of wait it is, is seen and the wait ended under one lock: the next
 * wait may be for a lock, whose list of waiters no signal takes anybody off.
 * For the same reason the kind, written before the wait is pending, is read
 * after that.
 */
void
sched_interrupt(struct thread *td)
{
	struct cpu *c = lock_cpu_of(td);
	bool kick = td->td_state == TD_RUNNING && td != curthread();

	if (atomic_load(&td->td_wait_result) == WAIT_PENDING &&
	    td->td_wait_sig) {
		end_wait(c, td, EINTR);
		return;
	}
	spin_unlock(&c->c_lock);
	if (kick)
		cpu_kick(c->c_id);
}

static void
account(struct cpu *c, struct thread *td)
{
	uint64_t now = clock_ns();

	td->td_runtime += now - c->c_switched;
	if (td == c->c_idle)
		c->c_idle_ns += now - c->c_switched;
	c->c_switched = now;
}

/* After a switch, on the new thread's stack; c_lock held and released. */
static void
finish_switch(uint64_t spin_flags)
{
	struct cpu *c = curcpu();
	struct thread *prev = c->c_prev;
	const enum thread_state state = prev->td_state;

	c->c_spin_flags = spin_flags;
	atomic_store(&prev->td_oncpu, false);
	if (state == TD_LEAVING)
		place(c, prev);
	else
		spin_unlock(&c->c_lock);
	if (state == TD_DEAD)
		thread_free(prev);
}

/* Is the next of td's priority one that woke? c_lock held. */
static bool
equal_woke(const struct cpu *c, const struct thread *td)
{
	const struct list *queue = &c->c_queue[td->td_priority];

	return (c->c_nqueued > 0 && !list_empty(queue) &&
		LIST_FIRST(queue, struct thread, td_qlink)->td_woke);
}

/* c_lock of this CPU is held, and the thread's state says what becomes of it;
 * returns when it runs again, with the lock released. */
static void
switch_away(struct cpu *c)
{
	struct thread *td = c->c_thread, *next;
	unsigned pri = best_priority(c);
	uint64_t spin_flags = c->c_spin_flags;

	if (c->c_spins != 1)
		panic("%s switches with %u spin locks held", td->td_name,
		    c->c_spins);
	next = c->c_idle;
	if (pri < PRI_COUNT) {
		next = LIST_FIRST(&c->c_queue[pri], struct thread, td_qlink);
		queue_remove(c, next);
		next->td_woke = false;
	}
	next->td_state = TD_RUNNING;
	if (next == td) {
		spin_unlock(&c->c_lock);
		return;
	}
	account(c, td);
	atomic_store(&c->c_equal_woke, equal_woke(c, next));
	if (c->c_nqueued > 0 && c->c_tick == NO_DEADLINE && next != c->c_idle) {
		c->c_tick = c->c_switched + TICK_NS;
		callout_arm_tick(c);
	}
	next->td_oncpu = true;
	c->c_prev = td;
	count(COUNT_SWITCH);
	md_switch(td, next);
	finish_switch(spin_flags);
}

void
sched_thread_started(void)
{
	finish_switch(0x200);
	intr_enable();
}

int
sched_wait(struct thread *td)
{
	assert_may_sleep(td->td_wmesg);
	for (;;) {
		uint64_t flags = intr_disable();
		struct cpu *c = curcpu();

		spin_lock(&c->c_lock);
		if (td->td_wait_result != WAIT_PENDING) {
			spin_unlock(&c->c_lock);
			intr_restore(flags);
			td->td_wmesg = NULL;
			return (td->td_wait_result);
		}
		td->td_state = TD_SLEEPING;
		td->td_ru.nvcsw++;
		switch_away(c);
		intr_restore(flags);
	}
}

void
sched_yield(void)
{
	uint64_t flags = intr_disable();
	struct cpu *c = curcpu();
	struct thread *td = c->c_thread;

	atomic_and(&td->td_flags, ~TDF_RESCHED);
	c->c_resched = false;
	spin_lock(&c->c_lock);
	if (!may_use(td, c)) {
		/* No other CPU may have it before it is off this one. */
		td->td_state = TD_LEAVING;
		td->td_ru.nivcsw++;
		switch_away(c);
	} else if (best_priority(c) > td->td_priority) {
		spin_unlock(&c->c_lock);
		/* It goes on, and pays with its priority for the next. */
		if (c->c_nqueued > 0)
			start_tick(c);
	} else {
		td->td_state = TD_RUNNABLE;
		queue_insert(c, td);
		td->td_ru.nivcsw++;
		switch_away(c);
	}
	intr_restore(flags);
}

void
sched_exit_thread(void)
{
	struct cpu *c;

	(void)intr_disable();
	c = curcpu();
	spin_lock(&c->c_lock);
	c->c_thread->td_state = TD_DEAD;
	switch_away(c);
	panic("a dead thread runs");
}

/* Another CPU queued something here. */
void
sched_kicked(void)
{
	struct cpu *c = curcpu();
	unsigned pri = best_priority(c);

	if (c->c_nqueued == 0 || c->c_thread == c->c_idle)
		return;
	if (pri < c->c_thread->td_priority)
		atomic_or(&c->c_thread->td_flags, TDF_RESCHED);
	else
		let_wait(c, pri);
}

/* The first of the worst time-sharing priority goes to its own one, at most
 * once in LIFT_NS. Interrupts are off. */
static void
lift_one(struct cpu *c, uint64_t now)
{
	uint64_t queued;
	struct thread *td;

	if (now < c->c_lift)
		return;
	c->c_lift = now + LIFT_NS;
	spin_lock(&c->c_lock);
	queued = c->c_queued[0] >> PRI_TIMESHARE;
	if (queued != 0) {
		td =
		    LIST_FIRST(&c->c_queue[63 - __builtin_clzl(c->c_queued[0])],
			struct thread, td_qlink);
		queue_remove(c, td);
		td->td_priority =
		    MIN(td->td_base_priority, td->td_lent_priority);
		queue_insert(c, td);
	}
	spin_unlock(&c->c_lock);
}

/* Busy threads sink, down to the class's last: sleeping gives the priority
 * back. */
static void
sink(struct cpu *c, struct thread *td)
{
	spin_lock(&c->c_lock);
	if (td->td_prio_class == RTP_PRIO_NORMAL &&
	    td->td_lent_priority == PRI_COUNT && td->td_priority < PRI_IDLE - 1)
		td->td_priority++;
	spin_unlock(&c->c_lock);
}

/* The timer is left alone when threads change; so first see whether this one
 * had its whole slice. */
void
sched_tick(void)
{
	struct cpu *c = curcpu();
	struct thread *td = c->c_thread;
	uint64_t now = clock_ns();

	c->c_tick = NO_DEADLINE;
	__atomic_thread_fence(__ATOMIC_SEQ_CST); /* see notify_other() */
	if (c->c_nqueued == 0 || td == c->c_idle)
		return;
	c->c_tick = now + TICK_NS;
	lift_one(c, now);
	if (now - c->c_switched < SLICE_NS) {
		if (c->c_equal_woke && td->td_prio_class != RTP_PRIO_FIFO)
			atomic_or(&td->td_flags, TDF_RESCHED);
		return;
	}
	sink(c, td);
	/* Who has a better priority has had the CPU already. */
	if (td->td_prio_class != RTP_PRIO_FIFO)
		atomic_or(&td->td_flags, TDF_RESCHED);
}

/* Its own or its lent priority is another; the better one counts. c_lock of
 * `c`, td's CPU, is held, and released on return. */
static void
change_priority(struct cpu *c, struct thread *td)
{
	bool queued = list_linked(&td->td_qlink);
	unsigned pri = MIN(td->td_base_priority, td->td_lent_priority);

	if (queued)
		queue_remove(c, td);
	td->td_priority = (uint8_t)pri;
	if (queued)
		queue_insert(c, td);
	if (td->td_state == TD_RUNNING && best_priority(c) < pri)
		atomic_or(&td->td_flags, TDF_RESCHED);
	if (queued)
		notify_cpu(c, pri);
	spin_unlock(&c->c_lock);
}

void
sched_set_priority(struct thread *td, unsigned class, unsigned pri)
{
	struct cpu *c = lock_cpu_of(td);

	td->td_prio_class = (uint8_t) class;
	td->td_base_priority = (uint8_t)pri;
	change_priority(c, td);
}

void
sched_lend(struct thread *td, unsigned pri)
{
	struct cpu *c = lock_cpu_of(td);

	if (td->td_lent_priority == pri) {
		spin_unlock(&c->c_lock);
		return;
	}
	td->td_lent_priority = (uint8_t)pri;
	change_priority(c, td);
}

int
sched_set_affinity(struct thread *td, uint32_t mask)
{
	struct cpu *c;
	bool move;

	if ((mask & cpus_online) == 0)
		return (EINVAL);
	c = lock_cpu_of(td);
	td->td_affinity = mask;
	move = !(mask >> c->c_id & 1);
	if (move && list_linked(&td->td_qlink)) {
		queue_remove(c, td);
		place(c, td);
		return (0);
	}
	spin_unlock(&c->c_lock);
	/* Running where it may not: it leaves by itself (see sched_yield()). */
	if (move) {
		atomic_or(&td->td_flags, TDF_RESCHED | TDF_AST);
		if (td != curthread())
			cpu_kick(c->c_id);
	}
	return (0);
}

uint64_t
sched_runtime(struct thread *td)
{
	struct cpu *c;
	uint64_t ns;

	/* It was accounted for before it left the CPU. */
	if (!atomic_load(&td->td_oncpu))
		return (atomic_load(&td->td_runtime));
	c = lock_cpu_of(td);
	ns = td->td_runtime;
	if (td->td_state == TD_RUNNING && c->c_thread == td)
		ns += clock_ns() - c->c_switched;
	spin_unlock(&c->c_lock);
	return (ns);
}

uint64_t
sched_idle_time(unsigned i)
{
	struct cpu *c = &cpus[i];
	uint64_t ns;

	spin_lock(&c->c_lock);
	ns = c->c_idle_ns;
	if (c->c_thread == c->c_idle)
		ns += clock_ns() - c->c_switched;
	spin_unlock(&c->c_lock);
	return (ns);
}

/* Without a tick there is nothing to average: the number of runnable threads
 * now, for all three. */
void
sched_loadavg(uint32_t avg[3])
{
	uint32_t n = 0;

	for (unsigned i = 0; i < ncpus; i++)
		if (cpus[i].c_online)
			n += cpus[i].c_nqueued +
			     (cpus[i].c_thread != cpus[i].c_idle);
	avg[0] = avg[1] = avg[2] = n * 2048;
}

/* The best that waits for `from` and may run on c; NULL: none. */
static struct thread *
find_for(const struct cpu *c, const struct cpu *from)
{
	struct thread *td;

	for (unsigned pri = best_priority(from); pri < PRI_COUNT; pri++)
		LIST_FOREACH (td, &from->c_queue[pri], td_qlink)
			if (may_use(td, c))
				return (td);
	return (NULL);
}

/* Takes a runnable thread from another CPU's queue. */
static bool
steal(struct cpu *c)
{
	struct thread *found = NULL;

	for (unsigned i = 1; i < ncpus && found == NULL; i++) {
		struct cpu *from = &cpus[(c->c_id + i) % ncpus];

		if (!from->c_online || from->c_nqueued == 0)
			continue;
		lock_both(c, from);
		found = find_for(c, from);
		if (found != NULL) {
			queue_remove(from, found);
			found->td_cpu = c->c_id;
			queue_insert(c, found);
		}
		spin_unlock(&from->c_lock);
		spin_unlock(&c->c_lock);
	}
	return (found != NULL);
}

void (*sched_idle_over)(void);

void
sched_idle_loop(void)
{
	struct cpu *c = curcpu();
	void (*over)(void);

	for (;;) {
		(void)intr_disable();
		atomic_and(&c->c_idle->td_flags, ~TDF_RESCHED);
		atomic_store(&c->c_idling, true);
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		if (c->c_nqueued == 0 && (ncpus == 1 || !steal(c)))
			cpu_idle_wait();
		(void)intr_disable();
		(void)atomic_swap(&c->c_idling, false);
		spin_lock(&c->c_lock);
		over = c->c_nqueued > 0 ? atomic_load(&sched_idle_over) : NULL;
		if (over != NULL) {
			spin_unlock(&c->c_lock);
			over();
			spin_lock(&c->c_lock);
		}
		if (c->c_nqueued > 0)
			switch_away(c);
		else
			spin_unlock(&c->c_lock);
		intr_enable();
	}
}

static void
cpu_init(struct cpu *c, struct thread *idle)
{
	spin_init(&c->c_lock, "runq");
	spin_init(&c->c_callout_lock, "callout");
	for (unsigned i = 0; i < PRI_COUNT; i++)
		list_init(&c->c_queue[i]);
	c->c_tick = NO_DEADLINE;
	c->c_idle = idle;
	c->c_thread = idle;
	idle->td_state = TD_RUNNING;
	idle->td_oncpu = true;
	idle->td_cpu = c->c_id;
	idle->td_priority = PRI_COUNT - 1;
	idle->td_affinity = 1u << c->c_id;
}

/* The boot CPU's idle thread is the one that boots. */
void
sched_init(void)
{
	for (unsigned i = 0; i < ncpus; i++)
		cpu_init(&cpus[i], thread_idle(i));
	cpus[0].c_online = true;
}

void
sched_ap_enter(void)
{
	struct cpu *c = curcpu();

	c->c_switched = clock_ns();
	c->c_online = true;
	atomic_or(&cpus_online, 1u << c->c_id);
	sched_idle_loop();
}
