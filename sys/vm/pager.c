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
 *   them, to call vm_object_fetch(), and to begin anew.
 *
 * Who waits for another one's reading stops doing so when it is killed.
 */
#include "fbsd/errno.h"
#include "core/printf.h"
#include "core/thread.h"
#include "vm/map.h"
#include "vm/pageout.h"

#define NAP (NSEC_PER_SEC / 50) /* between looks whether it is to die */

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
	if (error != 0)
		page_release(pg);
	*pp = pg;
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
	pg = radix_get(&o->o_pages, index);
	if (pg != NULL && __predict_false(pg->pg_flags & PG_BUSY)) {
		if (!(flags & VM_PAGE_OVERWRITE))
			return (EBUSY);
		object_free_pages(o, index, index + 1);
		pg = NULL;
	}
	if (pg == NULL) {
		error = make_page(o, index, flags, &pg);
		if (error != 0)
			return (error);
	}
	pg->pg_flags |= PG_USED;
	if (flags & (VM_PAGE_WRITE | VM_PAGE_OVERWRITE))
		object_dirty(o, pg);
	*pp = pg;
	return (0);
}

int
vm_object_page(
    struct vm_object *o, uint64_t index, unsigned flags, struct page **pp)
{
	int error;

	for (;;) {
		mutex_lock(&o->o_lock);
		error = object_page(o, index, flags, pp);
		if (error == 0)
			page_hold(*pp);
		mutex_unlock(&o->o_lock);
		if (__predict_true(error != EBUSY) || flags & VM_PAGE_NOWAIT)
			return (error);
		error = vm_object_fetch(o, index);
		if (error != 0)
			return (error);
	}
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

/* Puts busy pages where index and those behind it have none; how many. o_lock
 * held. */
static unsigned
claim(struct vm_object *o, uint64_t index, struct page **pages)
{
	const uint64_t most = window(o, index);
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
		pages[n] = pg;
	}
	o->o_next = index + n;
	return (n);
}

/* The pages aren't busy any more, and leave the object if they couldn't be
 * read.  True: the first one had left it before. */
static bool
end_busy(struct vm_object *o, struct page **pages, unsigned n, bool good)
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
	mutex_unlock(&o->o_lock);
	return (left);
}

/* Has the pages, which are busy, read. */
static int
fill(struct vm_object *o, uint64_t index, struct page **pages, unsigned n)
{
	int error = o->o_ops->vo_read(o, index, pages, n);

	/* What was asked for may be there all the same. */
	if (error != 0 && n > 1) {
		(void)end_busy(o, pages + 1, n - 1, false);
		n = 1;
		error = o->o_ops->vo_read(o, index, pages, n);
	}
	/* One that left its object may have lost its storage. */
	return (end_busy(o, pages, n, error == 0) ? 0 : error);
}

/* Until pg may not be busy any more: look again.  EINTR: the process ends.
 * o_lock held, but not meanwhile. */
static int
wait_busy(struct vm_object *o, struct page *pg)
{
	struct cv *cv = busy_cv(pg);

	pg->pg_flags |= PG_WANTED;
	if (cv_wait_sig(cv, &o->o_lock) == 0)
		return (0);
	if (sig_killed(curthread()))
		return (EINTR);
	/* Other signals are for when the system call or the fault is over. */
	(void)cv_timedwait(cv, &o->o_lock, clock_ns() + NAP);
	return (0);
}

int
vm_object_fetch(struct vm_object *o, uint64_t index)
{
	struct page *pages[VM_READ_MAX], *pg;
	unsigned n = 0;
	int error = 0;

	pageout_check();
	mutex_lock(&o->o_lock);
	pg = radix_get(&o->o_pages, index);
	if (pg != NULL && pg->pg_flags & PG_BUSY)
		error = wait_busy(o, pg);
	else if (pg == NULL && index < atop(o->o_size + PAGE_MASK))
		error = (n = claim(o, index, pages)) == 0 ? ENOMEM : 0;
	mutex_unlock(&o->o_lock);
	return (n > 0 ? fill(o, index, pages, n) : error);
}
