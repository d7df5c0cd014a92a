/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Objects' pages when they are asked for: found, made, or read from storage.
 *
 * Nothing is locked while storage is read, and nobody's stack is needed for
 * it.  Who finds that a page isn't there puts an empty one into the object, and
 * some behind it that are read along, all busy (PG_BUSY), lets go of o_lock,
 * and has the pager begin to fill them.  Then he waits as others do who come
 * for one of them.  The end of the last request ends the reading, in whatever
 * context that is.  The rules:
 *
 *   What is in a busy page belongs to its reading, which alone says that it
 *   isn't busy any more.  Nobody else looks at it, maps the page, makes it
 *   dirty or, but to wait for it, refers to it.
 *
 *   A page that couldn't be read stays busy, but without a reading (PG_FAILED);
 *   who wants it puts another one in its place, and has it read alone if it
 *   wasn't.
 *
 *   A busy page may be taken from its object, when that is cut, or when all of
 *   the page is going to be overwritten.  Its reading has the object's
 *   reference then, and frees it in the end.  So nobody waits who doesn't need
 *   what is read, and an object can go while it is being read.
 *
 *   Who holds locks that a reader of storage may need, or that others should
 *   not wait for, only asks for what is there: EBUSY tells it to let go of
 *   them, to have the page read, and to begin anew.
 *
 * Who waits stops doing so when it is killed; the reading goes on.
 */
#include "core/count.h"
#include "fbsd/errno.h"
#include "core/sched.h"
#include "lib/string.h"
#include "vm/kmem.h"
#include "vm/map.h"
#include "vm/pageout.h"

/*
 * Guards PG_BUSY and what goes with it of pages that have it, and that they
 * belong to an object: for interrupts, which can't take o_lock.
 */
static struct spin busy_lock = SPIN_INITIALIZER("busy page");

/* Where threads wait for busy pages, by frame number. */
static struct cv busy[64];

void
pager_init(void)
{
	for (unsigned i = 0; i < nitems(busy); i++)
		cv_init(&busy[i], "pagein");
}

static struct cv *
busy_cv(const struct page *pg)
{
	return (&busy[(size_t)(pg - page_array) % nitems(busy)]);
}

/* busy_lock held. */
static bool
being_read(const struct page *pg)
{
	return ((pg->pg_flags & (PG_BUSY | PG_FAILED)) == PG_BUSY);
}

bool
page_leave_busy(struct page *pg)
{
	bool reading;

	spin_lock(&busy_lock);
	reading = being_read(pg);
	atomic_store(&pg->pg_object, NULL);
	if (pg->pg_flags & PG_WANTED)
		cv_broadcast(busy_cv(pg));
	spin_unlock(&busy_lock);
	return (reading);
}

/* Makes a page for index, which has none. o_lock held. */
static int
make_page(struct vm_object *o, uint64_t index, unsigned flags, struct page **pp)
{
	const struct vm_object_ops *ops = o->o_ops;
	struct page *pg;
	int error;

	/*
	 * A page that is to be overwritten is zeroed nevertheless: others can
	 * see it before the new contents have come.
	 */
	if (ops->vo_read != NULL && !(flags & VM_PAGE_OVERWRITE))
		return (EBUSY);
	if (ops->vo_get != NULL && !(flags & VM_PAGE_OVERWRITE)) {
		error = ops->vo_get(o, index, &pg);
		if (error != 0)
			return (error);
	} else if ((pg = page_alloc(0, PAGE_ZEROED)) == NULL) {
		return (ENOMEM);
	}
	error = vm_object_insert(o, index, pg);
	if (error != 0) {
		page_release(pg);
		return (error);
	}
	if (ops->vo_read != NULL)
		reclaim_add(&pg, 1);
	*pp = pg;
	return (0);
}

/* The first use isn't one again. o_lock held. */
static void
note_use(struct page *pg)
{
	pg->pg_flags |=
	    PG_SEEN | (pg->pg_flags & PG_SEEN) * (PG_USED / PG_SEEN);
}

int
object_page(
    struct vm_object *o, uint64_t index, unsigned flags, struct page **pp)
{
	struct page *pg;
	int error;

	if (index >= atop(o->o_size + PAGE_MASK))
		return (EINVAL);
	*pp = pg = radix_get(&o->o_pages, index);
	if (pg != NULL &&
	    __predict_false(atomic_load(&pg->pg_flags) & PG_BUSY)) {
		if (!(flags & VM_PAGE_OVERWRITE))
			return (EBUSY);
		object_free_pages(o, index, index + 1);
		*pp = pg = NULL;
	}
	if (pg == NULL) {
		error = make_page(o, index, flags, pp);
		if (error != 0)
			return (error);
		pg = *pp;
	}
	note_use(pg);
	if (flags & (VM_PAGE_WRITE | VM_PAGE_OVERWRITE))
		object_dirty(o, pg);
	return (0);
}

/*
 * How much of a file to read at once: twice as much each time while its pages
 * are asked for in order, one page otherwise.
 */
static uint64_t
window(struct vm_object *o, uint64_t index)
{
	if (o->o_ops->vo_first == 0)
		return (1);
	if (index == 0)
		o->o_ahead = o->o_ops->vo_first;
	else if (index == o->o_next && o->o_ahead > 0)
		o->o_ahead = MIN(o->o_ahead * 2, VM_READ_MAX);
	else
		o->o_ahead = 1;
	return (MIN(o->o_ahead, atop(o->o_size + PAGE_MASK) - index));
}

static struct vm_read *
read_alloc(struct vm_object *o, uint64_t index, uint64_t room)
{
	struct vm_read *rd =
	    kmem_alloc(sizeof(*rd) + room * sizeof(struct page *), 0);

	if (rd == NULL)
		return (NULL);
	rd->vr_object = o;
	rd->vr_index = index;
	rd->vr_valid = 0;
	rd->vr_parts = 1;
	rd->vr_error = 0;
	rd->vr_n = 0;
	rd->vr_room = (unsigned)room;
	return (rd);
}

static void
read_free(struct vm_read *rd)
{
	kmem_free(rd, sizeof(*rd) + rd->vr_room * sizeof(struct page *));
}

/* Puts busy pages where index and those behind it have none, as many as rd has
 * room for.  o_lock held. */
static void
fill_with_busy(struct vm_object *o, struct vm_read *rd)
{
	struct page *pg;
	uint64_t index;

	while (rd->vr_n < rd->vr_room) {
		index = rd->vr_index + rd->vr_n;
		if (rd->vr_n > 0 && radix_get(&o->o_pages, index) != NULL)
			break;
		pg = page_alloc(0, 0);
		if (pg == NULL)
			break;
		if (vm_object_insert(o, index, pg) != 0) {
			page_release(pg);
			break;
		}
		pg->pg_flags = PG_BUSY;
		rd->vr_pages[rd->vr_n++] = pg;
	}
	reclaim_add(rd->vr_pages, rd->vr_n);
	o->o_next = rd->vr_index + rd->vr_n;
}

/* A reading of the page at w's place, which is now busy; 0, ENOMEM. o_lock
 * held. */
static int
claim(struct vm_object *o, struct vm_wait *w)
{
	const uint64_t index = w->vw_index;
	struct vm_read *rd =
	    read_alloc(o, index, index == w->vw_alone ? 1 : window(o, index));

	if (rd == NULL)
		return (ENOMEM);
	fill_with_busy(o, rd);
	if (rd->vr_n == 0) {
		read_free(rd);
		return (ENOMEM);
	}
	w->vw_read = rd;
	w->vw_page = rd->vr_pages[0];
	return (0);
}

/* What the object has not of the pages is zero. */
static void
zero_behind(struct vm_read *rd)
{
	for (unsigned i = rd->vr_n; i-- > 0;) {
		const uint64_t at = ptoa(rd->vr_index + i);
		const uint64_t valid = rd->vr_valid - MIN(at, rd->vr_valid);

		if (valid >= PAGE_SIZE)
			break;
		memset((char *)page_virt(rd->vr_pages[i]) + valid, 0,
		    PAGE_SIZE - valid);
	}
}

static void
end_reading(struct vm_read *rd)
{
	const bool good = rd->vr_error == 0;

	if (good)
		zero_behind(rd);
	spin_lock(&busy_lock);
	for (unsigned i = 0; i < rd->vr_n; i++) {
		struct page *pg = rd->vr_pages[i];

		if (__predict_false(pg->pg_flags & PG_WANTED))
			cv_broadcast(busy_cv(pg));
		/* The first one was asked for. */
		atomic_store(
		    &pg->pg_flags, (uint16_t)(!good    ? PG_BUSY | PG_FAILED
					      : i == 0 ? PG_SEEN
						       : 0));
		if (__predict_false(pg->pg_object != rd->vr_object))
			page_release(pg);
	}
	spin_unlock(&busy_lock);
	read_free(rd);
}

void
vm_read_begin(struct vm_read *rd)
{
	refcount_take(&rd->vr_parts);
}

void
vm_read_end(struct vm_read *rd, int error)
{
	if (error != 0)
		atomic_store(&rd->vr_error, error);
	if (refcount_drop(&rd->vr_parts))
		end_reading(rd);
}

/* Until w's page isn't read any more, or isn't the object's.  EINTR: the
 * process ends. */
static int
wait_busy(struct vm_object *o, const struct vm_wait *w)
{
	struct page *pg = w->vw_page;
	int error = 0;

	spin_lock(&busy_lock);
	while (error == 0 && being_read(pg) && pg->pg_object == o) {
		pg->pg_flags |= PG_WANTED;
		if (w->vw_nokill)
			cv_wait_spin(busy_cv(pg), &busy_lock);
		else
			error = cv_wait_spin_kill(busy_cv(pg), &busy_lock);
	}
	spin_unlock(&busy_lock);
	/* A fast disk may never let it sleep. */
	sched_maybe_yield();
	return (error);
}

int
vm_object_read(struct vm_object *o, struct vm_wait *w, struct page **pp)
{
	struct page *pg = w->vw_page;
	bool alone = false;
	int error = 0, e;

	if (w->vw_read == NULL) {
		count(COUNT_BUSY);
	} else {
		alone = w->vw_read->vr_n == 1;
		count(COUNT_READS);
		count_add(COUNT_READ_PAGES, w->vw_read->vr_n);
		error = o->o_ops->vo_read(o, w->vw_read);
		vm_read_end(w->vw_read, error);
	}
	e = error == EINTR ? EINTR : wait_busy(o, w);
	*pp = NULL;
	/* One that left its object may have lost its storage. */
	if (e != 0 || atomic_load(&pg->pg_object) != o)
		error = e;
	else if (__predict_true(!(atomic_load(&pg->pg_flags) & PG_BUSY)))
		*pp = pg;
	else if (alone)
		error = error != 0 ? error : EIO;
	else {
		/* What was asked for may be there all the same. */
		w->vw_alone = w->vw_index;
		error = 0;
	}
	if (*pp == NULL)
		page_release(pg);
	return (error);
}

/* The page at w's place isn't there: as if it had never been there if it
 * couldn't be read.  o_lock held. */
static int
prepare_wait(struct vm_object *o, struct vm_wait *w, struct page *pg)
{
	int error = 0;

	w->vw_read = NULL;
	w->vw_page = pg;
	if (pg != NULL && atomic_load(&pg->pg_flags) & PG_FAILED) {
		object_free_pages(o, w->vw_index, w->vw_index + 1);
		pg = NULL;
	}
	if (pg == NULL)
		error = claim(o, w);
	if (error == 0)
		page_hold(w->vw_page);
	return (error);
}

int
vm_object_page_or_read(struct vm_object *o, uint64_t index, unsigned flags,
    struct vm_wait *w, struct page **pp)
{
	int error;

	mutex_lock(&o->o_lock);
	error = object_page(o, index, flags, pp);
	if (__predict_true(error == 0)) {
		page_hold(*pp);
	} else if (error == EBUSY) {
		w->vw_index = index;
		w->vw_nokill = (flags & VM_PAGE_NOKILL) != 0;
		if (prepare_wait(o, w, *pp) != 0)
			error = ENOMEM;
		*pp = NULL;
	}
	mutex_unlock(&o->o_lock);
	if (__predict_false(error == EBUSY))
		pageout_check();
	return (error);
}

int
vm_object_page(
    struct vm_object *o, uint64_t index, unsigned flags, struct page **pp)
{
	struct vm_wait w = VM_WAIT_INITIALIZER;
	int error;

	for (;;) {
		error = vm_object_page_or_read(o, index, flags, &w, pp);
		if (__predict_true(error != EBUSY))
			return (error);
		error = vm_object_read(o, &w, pp);
		if (*pp != NULL)
			page_release(*pp);
		if (error != 0)
			return (error);
	}
}

int
vm_object_fetch(struct vm_object *o, uint64_t index)
{
	struct page *pg;
	int error = vm_object_page(o, index, 0, &pg);

	if (error == 0)
		page_release(pg);
	return (error == EINVAL ? 0 : error);
}
