/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Objects' pages when they are asked for: found, made, or read from storage.
 *
 * Nothing is locked while storage is read.  Who finds that a page isn't there
 * puts an empty one into the object, and some behind it that are read along,
 * all busy (PG_BUSY), lets go of o_lock, has the pager fill them, and ends that
 * with o_lock held again.  The rules:
 *
 *   A busy page belongs to the thread that made it so, which alone says that
 *   it isn't busy any more.  Nobody else looks at what is in it, maps it, makes
 *   it dirty or refers to it: they wait, with no lock held, and then look
 * again.
 *
 *   It may be taken from its object nevertheless, when that is cut, or when
 *   all of the page is going to be overwritten.  Its thread has the object's
 *   reference then, and frees it when it has been filled.  So nobody waits who
 *   doesn't need what is read.
 *
 *   Who holds locks that a reader of storage may need, or that others should
 *   not wait for, only asks for what is there: EBUSY tells it to let go of
 *   them, to have the page read, and to begin anew.
 *
 * Who waits for another one's reading stops doing so when it is killed.
 */
#include "fbsd/errno.h"
#include "core/printf.h"
#include "core/thread.h"
#include "vm/map.h"
#include "vm/pageout.h"

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
	if (error == 0)
		*pp = pg;
	else
		page_release(pg);
	return (error);
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
	if (pg != NULL && __predict_false(pg->pg_flags & PG_BUSY)) {
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
	pg->pg_flags |= PG_USED;
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

/* Puts busy pages where rd->index and those behind it have none; 0, ENOMEM.
 * o_lock held. */
static int
claim(struct vm_object *o, struct vm_read *rd)
{
	const uint64_t index = rd->index, most = window(o, index);
	unsigned n;

	for (n = 0; n < most; n++) {
		struct page *pg;

		if (n > 0 && radix_get(&o->o_pages, index + n) != NULL)
			break;
		pg = page_alloc(0, 0);
		if (pg == NULL)
			break;
		if (vm_object_insert(o, index + n, pg) != 0) {
			page_release(pg);
			break;
		}
		pg->pg_flags = PG_BUSY;
		rd->pages[n] = pg;
	}
	o->o_next = index + n;
	rd->n = n;
	return (n > 0 ? 0 : ENOMEM);
}

/* The pages aren't busy any more, and leave the object if they couldn't be
 * read; the first one is held, if that is wanted.  True: it had left the object
 * before. */
static bool
end_busy(
    struct vm_object *o, struct page **pages, unsigned n, bool good, bool hold)
{
	bool left;

	mutex_lock(&o->o_lock);
	left = pages[0]->pg_object != o;
	for (unsigned i = 0; i < n; i++) {
		struct page *pg = pages[i];

		if (__predict_false(pg->pg_flags & PG_WANTED))
			cv_broadcast(busy_cv(pg));
		pg->pg_flags = 0;
		if (__predict_false(pg->pg_object != o))
			page_release(pg);
		else if (__predict_false(!good))
			object_free_pages(o, pg->pg_index, pg->pg_index + 1);
	}
	if (hold && good && !left) {
		page_hold(pages[0]);
		pages[0]->pg_flags = PG_USED;
	}
	mutex_unlock(&o->o_lock);
	return (left);
}

/* Until rd's page may not be busy any more.  EINTR: the process ends. */
static int
wait_busy(struct vm_object *o, struct vm_read *rd)
{
	struct page *pg;
	int error = 0;

	mutex_lock(&o->o_lock);
	pg = radix_get(&o->o_pages, rd->index);
	if (pg != NULL && pg->pg_flags & PG_BUSY) {
		pg->pg_flags |= PG_WANTED;
		error = cv_wait_kill(busy_cv(pg), &o->o_lock);
	}
	mutex_unlock(&o->o_lock);
	return (error);
}

int
vm_object_read(struct vm_object *o, struct vm_read *rd, struct page **pp)
{
	unsigned n = rd->n;
	int error;

	*pp = NULL;
	if (n == 0)
		return (wait_busy(o, rd));
	error = o->o_ops->vo_read(o, rd->index, rd->pages, n);
	/* What was asked for may be there all the same. */
	if (error != 0 && n > 1) {
		(void)end_busy(o, rd->pages + 1, n - 1, false, false);
		n = 1;
		error = o->o_ops->vo_read(o, rd->index, rd->pages, n);
	}
	/* One that left its object may have lost its storage. */
	if (end_busy(o, rd->pages, n, error == 0, true))
		return (0);
	if (error == 0)
		*pp = rd->pages[0];
	return (error);
}

int
vm_object_page_or_read(struct vm_object *o, uint64_t index, unsigned flags,
    struct vm_read *rd, struct page **pp)
{
	int error;

	mutex_lock(&o->o_lock);
	error = object_page(o, index, flags, pp);
	if (__predict_true(error == 0)) {
		page_hold(*pp);
	} else if (error == EBUSY) {
		rd->index = index;
		rd->n = 0;
		if (*pp == NULL && claim(o, rd) != 0)
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
	struct vm_read rd;
	int error;

	for (;;) {
		error = vm_object_page_or_read(o, index, flags, &rd, pp);
		if (__predict_true(error != EBUSY))
			return (error);
		error = vm_object_read(o, &rd, pp);
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
