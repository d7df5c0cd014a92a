/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Callouts: a tree by deadline for each CPU.  The CPU's one-shot timer is
 * armed for the earliest, or for the end of the running thread's time slice
 * if that comes first.
 */
#include "amd64/md.h"
#include "core/callout.h"
#include "core/sched.h"

#define SPELL_NS (50 * 1000ul) /* calls in one interrupt, about */
#define REST_NS	 (10 * 1000ul) /* at least, before the next */

void
callout_init(struct callout *co, void (*fn)(void *), void *arg)
{
	co->co_fn = fn;
	co->co_arg = arg;
	co->co_deadline = NO_DEADLINE;
	co->co_cpu = -1;
}

static struct callout *
first(struct cpu *c)
{
	struct rb_node *n = rb_first(&c->c_callouts);

	return (n != NULL ? container_of(n, struct callout, co_node) : NULL);
}

/* The timer of this CPU, which is c; c_callout_lock held. */
static void
arm(struct cpu *c)
{
	struct callout *co = first(c);
	uint64_t deadline = c->c_tick;

	if (co != NULL)
		deadline =
		    MIN(deadline, MAX(co->co_deadline, c->c_callout_rest));
	clock_arm(deadline);
}

void
callout_arm_tick(struct cpu *c)
{
	spin_lock(&c->c_callout_lock);
	arm(c);
	spin_unlock(&c->c_callout_lock);
}

static void
insert(struct cpu *c, struct callout *co)
{
	struct rb_node **link = &c->c_callouts.root, *parent = NULL;

	while (*link != NULL) {
		struct callout *other =
		    container_of(*link, struct callout, co_node);

		parent = *link;
		link = co->co_deadline < other->co_deadline ? &parent->left
							    : &parent->right;
	}
	rb_insert(&c->c_callouts, &co->co_node, parent, link);
	co->co_cpu = (int)c->c_id;
}

bool
callout_cancel(struct callout *co)
{
	int cpu;
	bool was_set = false;

	while (!was_set && (cpu = atomic_load(&co->co_cpu)) >= 0) {
		struct cpu *c = &cpus[cpu];

		spin_lock(&c->c_callout_lock);
		if (co->co_cpu == cpu) {
			rb_remove(&c->c_callouts, &co->co_node);
			co->co_cpu = -1;
			was_set = true;
		}
		spin_unlock(&c->c_callout_lock);
	}
	/* The timer stays armed: an early interrupt is cheaper than arming
	 * anew for every sleep that ends in time. */
	return (was_set);
}

bool
callout_drain(struct callout *co)
{
	bool was_set = callout_cancel(co);

	/* Also if it was set: by its function, perhaps, which goes on. */
	for (unsigned i = 0; i < ncpus; i++)
		while (atomic_load(&cpus[i].c_callout_now) == co)
			cpu_relax();
	return (was_set);
}

void
callout_set(struct callout *co, uint64_t deadline)
{
	struct cpu *c;

	callout_cancel(co);
	uint64_t flags = intr_disable();
	c = curcpu();
	spin_lock(&c->c_callout_lock);
	co->co_deadline = deadline;
	insert(c, co);
	if (first(c) == co)
		arm(c);
	spin_unlock(&c->c_callout_lock);
	intr_restore(flags);
}

/*
 * What was due when the interrupt came is called, and a callout that sets
 * itself again waits for the next interrupt.  That is as far away as this one
 * took: however many timers there are and however short, threads get at least
 * half of the CPU.
 */
static uint64_t
call_due(struct cpu *c, uint64_t start)
{
	struct callout *co;
	uint64_t now = start;

	while ((co = first(c)) != NULL && co->co_deadline <= start &&
	       now - start < SPELL_NS) {
		/* The function may free its callout: copy first. */
		void (*fn)(void *) = co->co_fn;
		void *arg = co->co_arg;

		rb_remove(&c->c_callouts, &co->co_node);
		atomic_store(&c->c_callout_now, co);
		co->co_cpu = -1;
		spin_unlock(&c->c_callout_lock);
		fn(arg);
		spin_lock(&c->c_callout_lock);
		atomic_store(&c->c_callout_now, NULL);
		now = clock_ns();
		c->c_callout_rest = now + MAX(now - start, REST_NS);
	}
	return (now);
}

void
callout_interrupt(void)
{
	struct cpu *c = curcpu();
	uint64_t now = clock_ns();

	spin_lock(&c->c_callout_lock);
	if (c->c_callout_rest <= now)
		now = call_due(c, now);
	spin_unlock(&c->c_callout_lock);
	if (c->c_tick <= now)
		sched_tick();
	callout_arm_tick(c);
}

uint64_t
interval_expire(uint64_t *next, uint64_t interval, uint64_t now)
{
	uint64_t n;

	if (*next > now)
		return (0);
	if (interval == 0) {
		*next = NO_DEADLINE;
		return (1);
	}
	n = (now - *next) / interval + 1;
	/* Never, if it is beyond the clock's end. */
	if (__builtin_add_overflow(*next, n * interval, next))
		*next = NO_DEADLINE;
	return (n);
}
