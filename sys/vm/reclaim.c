/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reclaim: the pages that memory is got back from.
 *
 * A page that its object's storage has as well, or will have, is in a queue as
 * long as it is in the object.  Each CPU has two queues, and a page goes into
 * those of the CPU that puts it into the object, so that CPUs share no lock
 * for that.
 *
 * New pages are at the end of the inactive queue.  What comes to its front is
 * looked at: a page that was used again, after its first use, becomes active;
 * one that can't be freed now, because it is dirty, say, goes round once more;
 * all others are freed.  The active queue is looked at when it is much longer:
 * what wasn't used since last time becomes inactive, so that it is freed if
 * nobody uses it meanwhile.  Uses are those by read and write (PG_USED) and by
 * way of mappings, where the CPU notes them in page tables, and what is locked
 * is in use.  So what is read once from end to end drives nothing else out, and
 * a look costs the same however many files there are.
 *
 * Only pages that are freed or looked at are taken from a queue: a use moves
 * nothing.  From a page to its object leads the queue's lock: while a page is
 * in a queue its object exists, and what is about to go waits for o_lock.  That
 * is only tried with the queue locked, since others take the two in the other
 * order, and several are held until TLBs have been flushed for all of them.
 */
#include "core/count.h"
#include "core/printf.h"
#include "core/sched.h"
#include "vm/map.h"

#define PAGES	64u /* looked at together, at most, */
#define OBJECTS 8u  /* of so many objects */
#define LOOKS	3   /* a page needs to be freed: active, inactive, gone */

enum { INACTIVE, ACTIVE };

/* Guarded by (l) q_lock. */
static struct queue {
	struct spin q_lock;
	struct list q_pages[2]; /* (l) by how long ago they were looked at */
	unsigned q_count[2];	/* (l) */
} __aligned(64) queues[MAXCPU];

/* Pages that are looked at, and their objects, which are locked. */
struct look {
	unsigned npages, nobjects;
	struct page *pages[PAGES];
	struct vm_object *objects[OBJECTS];
};

void
reclaim_init(void)
{
	for (unsigned i = 0; i < MAXCPU; i++) {
		spin_init(&queues[i].q_lock, "page queue");
		list_init(&queues[i].q_pages[INACTIVE]);
		list_init(&queues[i].q_pages[ACTIVE]);
	}
}

/* q_lock held. */
static void
put(struct queue *q, struct page *pg, unsigned which)
{
	list_push_back(&q->q_pages[which], &pg->pg_link);
	q->q_count[which]++;
	pg->pg_queue = (uint8_t)(1 + 2 * (q - queues) + which);
}

/* q_lock held. */
static void
take(struct queue *q, struct page *pg)
{
	list_remove(&pg->pg_link);
	q->q_count[(pg->pg_queue - 1u) % 2]--;
	pg->pg_queue = 0;
}

void
reclaim_add(struct page *const *pages, unsigned n)
{
	struct queue *q = &queues[curcpu()->c_id];

	spin_lock(&q->q_lock);
	for (unsigned i = 0; i < n; i++)
		put(q, pages[i], INACTIVE);
	spin_unlock(&q->q_lock);
}

static struct queue *
queue_of(const struct page *pg)
{
	return (&queues[(pg->pg_queue - 1u) / 2]);
}

void
reclaim_drop(struct page *pg)
{
	struct queue *q;

	if (pg->pg_queue == 0)
		return;
	q = queue_of(pg);
	spin_lock(&q->q_lock);
	take(q, pg);
	spin_unlock(&q->q_lock);
}

static void
move(struct page *pg, unsigned which)
{
	struct queue *q = queue_of(pg);

	spin_lock(&q->q_lock);
	take(q, pg);
	put(q, pg, which);
	spin_unlock(&q->q_lock);
}

static bool
has_locked(const struct look *l, const struct vm_object *o)
{
	for (unsigned i = l->nobjects; i-- > 0;)
		if (l->objects[i] == o)
			return (true);
	return (false);
}

/* Goes over up to `most` pages, which become the last ones; l gets those whose
 * object isn't locked by others.  How many. */
static unsigned
gather(struct queue *q, unsigned which, unsigned most, struct look *l)
{
	unsigned n;

	l->npages = l->nobjects = 0;
	spin_lock(&q->q_lock);
	most = MIN(most, MIN(q->q_count[which], PAGES));
	for (n = 0; n < most; n++) {
		struct page *pg =
		    LIST_FIRST(&q->q_pages[which], struct page, pg_link);
		struct vm_object *o = pg->pg_object;
		bool locked = has_locked(l, o);

		if (!locked && l->nobjects == OBJECTS)
			break;
		if (!locked && mutex_trylock(&o->o_lock)) {
			l->objects[l->nobjects++] = o;
			locked = true;
		}
		if (locked)
			l->pages[l->npages++] = pg;
		list_remove(&pg->pg_link);
		list_push_back(&q->q_pages[which], &pg->pg_link);
	}
	spin_unlock(&q->q_lock);
	return (n);
}

static void
let_go(struct look *l)
{
	while (l->nobjects > 0)
		mutex_unlock(&l->objects[--l->nobjects]->o_lock);
	sched_maybe_yield();
}

/* Since last asked. Flags of one that is being read aren't ours. o_lock held.
 */
static bool
was_used(struct page *pg)
{
	bool used;

	if (atomic_load(&pg->pg_flags) & PG_BUSY)
		return (false);
	used = (pg->pg_flags & PG_USED) != 0;
	pg->pg_flags &= (uint16_t)~PG_USED;
	return (object_page_touched(pg->pg_object, pg) || used);
}

/* Some of the active pages; how many. */
static unsigned
look_at_active(struct queue *q, unsigned most)
{
	struct look l;
	unsigned n = gather(q, ACTIVE, most, &l);

	for (unsigned i = 0; i < l.npages; i++)
		if (!was_used(l.pages[i]))
			move(l.pages[i], INACTIVE);
	let_go(&l);
	return (n);
}

/* Nor can one go that is being read, unless that failed. o_lock held. */
static bool
can_go(struct page *pg)
{
	const unsigned flags = atomic_load(&pg->pg_flags);

	return (!(flags & (PG_DIRTY | PG_WRITING)) &&
		(flags & (PG_BUSY | PG_FAILED)) != PG_BUSY &&
		atomic_load(&pg->pg_refs) == 1);
}

/* The same of inactive ones; those that can be are freed.  Nobody maps one
 * again before it is: that takes o_lock. */
static unsigned
look_at_inactive(struct queue *q, unsigned most, uint64_t *freed)
{
	struct look l;
	unsigned n = gather(q, INACTIVE, most, &l), going = 0;
	uint32_t stale = 0;

	for (unsigned i = 0; i < l.npages; i++) {
		struct page *pg = l.pages[i];

		if (was_used(pg)) {
			count(COUNT_REACTIVATED);
			move(pg, ACTIVE);
		} else if (can_go(pg)) {
			object_unmap_later(pg->pg_object, pg, &stale);
			l.pages[going++] = pg;
		}
	}
	pmap_flush(stale);
	for (unsigned i = 0; i < going; i++)
		object_free_pages(l.pages[i]->pg_object, l.pages[i]->pg_index,
		    l.pages[i]->pg_index + 1);
	*freed += going;
	let_go(&l);
	return (n);
}

static uint64_t
length_of(const struct queue *q)
{
	return ((uint64_t)atomic_load(&q->q_count[INACTIVE]) +
		atomic_load(&q->q_count[ACTIVE]));
}

uint64_t
reclaim_inactive(void)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < ncpus; i++)
		n += atomic_load(&queues[i].q_count[INACTIVE]);
	return (n);
}

/* Looks at about `share` pages of q. How many. */
static uint64_t
look_at(struct queue *q, uint64_t share, uint64_t *freed)
{
	uint64_t looked = 0;
	unsigned n;

	do {
		const unsigned most = (unsigned)MIN(share - looked, PAGES);

		n = 0;
		if (atomic_load(&q->q_count[ACTIVE]) / 2 >
		    atomic_load(&q->q_count[INACTIVE]))
			n = look_at_active(q, most);
		n += look_at_inactive(q, most, freed);
		looked += n;
	} while (n > 0 && looked < share);
	return (looked);
}

static uint64_t
count_all(void)
{
	uint64_t all = 0;

	for (unsigned i = 0; i < ncpus; i++)
		all += length_of(&queues[i]);
	return (all);
}

uint64_t
reclaim_pages(uint64_t want)
{
	uint64_t looked = 0, freed = 0, all, n;

	do {
		n = 0;
		all = count_all();
		/* From each queue by its length, so that pages of the same age
		 * are looked at at the same time. Others change the lengths
		 * meanwhile. */
		for (unsigned i = 0; i < ncpus && freed < want; i++) {
			const uint64_t length = length_of(&queues[i]);

			if (length > 0)
				n += look_at(&queues[i],
				    1 + PAGES * length / MAX(all, length),
				    &freed);
		}
		looked += n;
	} while (n > 0 && freed < want && looked < LOOKS * all);
	count_add(COUNT_DAEMON_PAGES, looked);
	return (freed);
}
