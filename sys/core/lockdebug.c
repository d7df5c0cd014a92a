/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a kernel with `options LOCKDEBUG` checks of locks.
 *
 * All locks of one kind with the same name are a class.  Whenever a lock is
 * taken with others held, their classes get an edge to its class in a graph
 * of orders that only grows.  As long as the graph has no circle, no set of
 * threads can wait for one another in one; so an edge that would close a
 * circle is reported the first time, even though nobody waited this time, and
 * left out of the graph.  Two locks of one class are a circle by themselves,
 * unless whoever takes the second has said by X_will_nest() that there is an
 * order among them.
 *
 * Spin locks are held by CPUs, the other locks by threads.  No lock that may
 * sleep is taken with a spin lock held, so there are no edges between the
 * two, and it is enough that spin locks look at the CPU's and the others at
 * the thread's.
 */
#include "core/lockdebug.h"

#ifdef OPT_LOCKDEBUG
#include "lib/string.h"
#include "amd64/md.h"
#include "core/ksyms.h"
#include "core/printf.h"
#include "core/thread.h"
#include "core/sched.h"

#define CLASSES	 256u
#define ORDERS	 2048u
#define NAMES	 512u /* a power of two: hash table of names' addresses */
#define NO_CLASS UINT16_MAX

static struct held_locks cpu_held[MAXCPU]; /* the CPU's own, interrupts off */

/* Guarded by (g) graph.busy for changes; readers see what was, in order. */
static struct {
	uint32_t busy;
	unsigned nclasses; /* (g) */
	unsigned norders;  /* (g) */
	const char *name[CLASSES];
	enum lock_kind kind[CLASSES];
	bool contents[CLASSES];		       /* is in contents_locks */
	uint64_t seen[CLASSES][CLASSES / 64];  /* orders, or reported */
	uint64_t after[CLASSES][CLASSES / 64]; /* (g) orders */
	struct lock_order order[ORDERS];       /* (g) */
	struct {
		const char *name;
		uint16_t class[LOCK_RW + 1]; /* + 1; 0: not known yet */
	} names[NAMES];
} graph;

void (*lockdebug_report)(const struct lock_circle *);

/*
 * Touching user memory may wait for memory, and that for the end of a process.
 * So only locks may be held of what is copied from or to: none that an exit
 * needs, like that of the process tree.
 */
static const char *const contents_locks[] = {
    "file offset", "umtx busy", "vnode"};

static const char *const kinds[] = {"spin lock", "mutex", "rwlock"};

static struct held_locks *
held_of(enum lock_kind kind)
{
	return (kind == LOCK_SPIN ? &cpu_held[curcpu()->c_id]
				  : &curthread()->td_held);
}

static void
print_use(const char *what, const struct lock_use *use)
{
	uintptr_t off = 0;
	const char *name = ksym_lookup(use->where, &off);

	kprintf("  %s %s \"%s\" at %s+0x%lx\n", what, kinds[use->kind],
	    use->name, name != NULL ? name : "?", off);
}

static void
print_held(struct held_locks *h)
{
	unsigned n = h->n;

	h->n = 0; /* printing takes locks, too */
	for (unsigned i = 0; i < n; i++)
		print_use("held:", &h->use[i]);
}

static __noreturn void
complain(const char *what, const char *name)
{
	kconsole_seize();
	print_held(held_of(LOCK_SPIN));
	if (curthread() != NULL)
		print_held(held_of(LOCK_MUTEX));
	panic("%s %s", what, name);
}

static __noreturn void
complain_of_circle(const struct lock_circle *c)
{
	kconsole_seize();
	held_of(LOCK_SPIN)->n = 0;
	kprintf("locks are taken in different orders:\n");
	for (unsigned i = 0; i < c->n; i++) {
		print_use(i == 0 ? "now:     held" : "earlier: held",
		    &c->order[i].held);
		print_use("         taken", &c->order[i].taken);
	}
	panic("lock order reversal: %s, %s", c->order[0].held.name,
	    c->order[0].taken.name);
}

void
assert_may_sleep(const char *what)
{
	static bool on; /* not yet while the kernel starts */

	if (curcpu()->c_spins > 0)
		complain("a spin lock is held at a sleep in", what);
	if (curcpu()->c_section % 2 != 0)
		complain("a section isn't over at a sleep in", what);
	if (intr_enabled())
		atomic_store(&on, true);
	else if (atomic_load(&on))
		complain("interrupts are off at a sleep in", what);
}

/* Not a struct spin, which would be checked. */
static uint64_t
graph_lock(void)
{
	uint64_t flags = intr_disable();

	while (atomic_swap(&graph.busy, 1) != 0)
		cpu_relax();
	return (flags);
}

static void
graph_unlock(uint64_t flags)
{
	atomic_store(&graph.busy, 0);
	intr_restore(flags);
}

static uint16_t
find_class(enum lock_kind kind, const char *name)
{
	unsigned i;

	for (i = 0; i < graph.nclasses; i++)
		if (graph.kind[i] == kind && strcmp(graph.name[i], name) == 0)
			return ((uint16_t)i);
	if (i == CLASSES)
		complain("too many lock classes before", name);
	graph.kind[i] = kind;
	graph.name[i] = name;
	for (unsigned j = 0; j < nitems(contents_locks); j++)
		if (strcmp(name, contents_locks[j]) == 0)
			graph.contents[i] = true;
	graph.nclasses++;
	return ((uint16_t)i);
}

/* Names are constants, so an address that was seen means the same name. */
static uint16_t
class_of(enum lock_kind kind, const char *name)
{
	unsigned i = (unsigned)((uintptr_t)name * 0x9e3779b97f4a7c15 >> 55);
	uint64_t flags;
	uint16_t class;

	for (; atomic_load(&graph.names[i].name) != NULL; i = (i + 1) % NAMES)
		if (graph.names[i].name == name) {
			class = atomic_load(&graph.names[i].class[kind]);
			if (class != 0)
				return (class - 1);
			break;
		}
	flags = graph_lock();
	class = find_class(kind, name);
	while (graph.names[i].name != NULL && graph.names[i].name != name)
		i = (i + 1) % NAMES;
	atomic_store(&graph.names[i].class[kind], class + 1);
	atomic_store(&graph.names[i].name, name);
	graph_unlock(flags);
	return (class);
}

static bool
bit_test(const uint64_t *bits, unsigned i)
{
	return (atomic_load(&bits[i / 64]) >> (i % 64) & 1);
}

static void
bit_set(uint64_t *bits, unsigned i)
{
	atomic_or(&bits[i / 64], 1ul << (i % 64));
}

/* Breadth first from class `from` until `to` is met; via[] leads back. */
static bool
find_path(unsigned from, unsigned to, uint16_t via[CLASSES])
{
	static uint16_t queue[CLASSES];
	unsigned head = 0, tail = 0;

	for (unsigned i = 0; i < CLASSES; i++)
		via[i] = NO_CLASS;
	queue[tail++] = (uint16_t)from;
	via[from] = (uint16_t)from;
	while (head < tail && via[to] == NO_CLASS) {
		unsigned at = queue[head++];

		for (unsigned i = 0; i < graph.nclasses; i++)
			if (via[i] == NO_CLASS &&
			    bit_test(graph.after[at], i)) {
				via[i] = (uint16_t)at;
				queue[tail++] = (uint16_t)i;
			}
	}
	return (via[to] != NO_CLASS);
}

static const struct lock_order *
find_order(unsigned held, unsigned taken)
{
	for (unsigned i = 0; i < graph.norders; i++)
		if (graph.order[i].held.class == held &&
		    graph.order[i].taken.class == taken)
			return (&graph.order[i]);
	return (NULL);
}

/* The orders on the way from what is taken to what is held, first last. */
static void
describe(struct lock_circle *c, const uint16_t via[CLASSES])
{
	unsigned from = c->order[0].taken.class;
	unsigned at = c->order[0].held.class;
	unsigned steps = 0;

	for (unsigned i = at; i != from; i = via[i])
		steps++;
	for (; at != from; at = via[at], steps--)
		if (steps < LOCK_CIRCLE_MAX)
			c->order[steps] = *find_order(via[at], at);
	for (c->n = 1;
	     c->n < LOCK_CIRCLE_MAX && c->order[c->n].held.name != NULL; c->n++)
		;
}

/* An order not seen before. */
static void
new_order(const struct lock_use *held, const struct lock_use *taken)
{
	static uint16_t via[CLASSES]; /* (g) */
	struct lock_circle c = {.order[0] = {*held, *taken}};
	uint64_t flags = graph_lock();
	bool bad = false;

	if (!bit_test(graph.seen[held->class], taken->class)) {
		bad = find_path(taken->class, held->class, via);
		if (bad)
			describe(&c, via);
		else if (graph.norders == ORDERS)
			complain("too many lock orders before", taken->name);
		else {
			graph.order[graph.norders++] = c.order[0];
			bit_set(graph.after[held->class], taken->class);
		}
		bit_set(graph.seen[held->class], taken->class);
	}
	graph_unlock(flags);
	if (!bad)
		return;
	if (lockdebug_report == NULL)
		complain_of_circle(&c);
	lockdebug_report(&c);
}

void
spin_will_nest(const struct spin *s)
{
	held_of(LOCK_SPIN)->nested = s;
}

void
mutex_will_nest(const struct mutex *m)
{
	held_of(LOCK_MUTEX)->nested = m;
}

void
rw_will_nest(const struct rwlock *rw)
{
	held_of(LOCK_RW)->nested = rw;
}

static void
assert_held(enum lock_kind kind, const void *lock, const char *name)
{
	const struct held_locks *h = held_of(kind);

	for (unsigned i = 0; i < h->n; i++)
		if (h->use[i].lock == lock)
			return;
	complain("isn't held:", name);
}

void
spin_assert_held(const struct spin *s)
{
	assert_held(LOCK_SPIN, s, s->s_name);
}

void
mutex_assert_held(const struct mutex *m)
{
	assert_held(LOCK_MUTEX, m, m->m_name);
}

void
rw_assert_held(const struct rwlock *rw, bool write)
{
	assert_held(LOCK_RW, rw, rw->rw_name);
	if (write && !(atomic_load(&rw->rw_state) & RW_WRITER))
		complain("isn't held for writing:", rw->rw_name);
}

void
lockdebug_user_memory(void)
{
	const struct held_locks *h = held_of(LOCK_MUTEX);

	assert_may_sleep("user memory");
	/* Nobody waits for a page then. */
	if (curthread()->td_md.md_nofault)
		return;
	for (unsigned i = 0; i < h->n; i++)
		if (!graph.contents[h->use[i].class])
			complain("user memory is touched with", h->use[i].name);
}

void
lockdebug_take(struct lock_use use)
{
	struct held_locks *h = held_of(use.kind);

	if (use.kind != LOCK_SPIN)
		assert_may_sleep(use.name);
	use.class = class_of(use.kind, use.name);
	for (unsigned i = 0; i < h->n; i++) {
		const struct lock_use *held = &h->use[i];

		if (held->lock == use.lock)
			complain("taken twice:", use.name);
		if (held->class == use.class && h->nested == use.lock)
			continue;
		if (!bit_test(graph.seen[held->class], use.class))
			new_order(held, &use);
	}
}

void
lockdebug_taken(struct lock_use use)
{
	struct held_locks *h = held_of(use.kind);

	if (h->n == HELD_MAX)
		complain("too many locks before", use.name);
	if (h->nested == use.lock)
		h->nested = NULL;
	use.class = class_of(use.kind, use.name);
	h->use[h->n++] = use;
}

void
lockdebug_release(enum lock_kind kind, const void *lock)
{
	struct held_locks *h = held_of(kind);

	for (unsigned i = h->n; i-- > 0;)
		if (h->use[i].lock == lock) {
			h->n--;
			for (; i < h->n; i++)
				h->use[i] = h->use[i + 1];
			return;
		}
	complain("released, but not held:", kinds[kind]);
}
#endif
