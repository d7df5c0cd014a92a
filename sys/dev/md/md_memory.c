/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Contents that are memory.  A page comes when something is written to it, and
 * goes when that isn't needed any more; what has no page reads as zeroes.
 */
#include "dev/md/md.h"
#include "fbsd/errno.h"
#include "lib/string.h"
#include "vm/page.h"
#include "vm/pageout.h"

/* A page at index, where there is none, with md_lock held; or NULL. */
static struct page *
add_page(struct md *md, uint64_t index)
{
	struct page *pg = page_low() ? NULL : page_alloc(0, PAGE_ZEROED);

	if (pg != NULL && radix_set(&md->md_pages, index, pg) != 0) {
		page_release(pg);
		pg = NULL;
	}
	return (pg);
}

/* n bytes within a page, between it and buf. */
static int
move_within(struct md *md, enum bio_cmd cmd, uint64_t at, void *buf, size_t n)
{
	struct page *pg;
	int error = 0;

	mutex_lock(&md->md_lock);
	pg = radix_get(&md->md_pages, atop(at));
	if (md->md_ending)
		error = ENXIO;
	else if (cmd == BIO_READ && pg == NULL)
		memset(buf, 0, n);
	else if (cmd == BIO_READ)
		memcpy(buf, (char *)page_virt(pg) + (at & PAGE_MASK), n);
	else if (md->md_type != MD_NULL) {
		if (pg == NULL)
			pg = add_page(md, atop(at));
		if (pg != NULL)
			memcpy(
			    (char *)page_virt(pg) + (at & PAGE_MASK), buf, n);
		else
			error = EAGAIN;
	}
	mutex_unlock(&md->md_lock);
	return (error);
}

static int
move(struct md *md, struct bio *bp)
{
	uint64_t at = bp->b_position;
	int error = 0;
	size_t n;

	for (unsigned i = 0; i < bp->b_nsegs; i++) {
		char *buf = phys_to_virt(bp->b_segs[i].pa);

		for (size_t left = bp->b_segs[i].len; left > 0 && error == 0;
		     left -= n, buf += n, at += n) {
			n = MIN(left, PAGE_SIZE - (at & PAGE_MASK));
			error = move_within(md, bp->b_cmd, at, buf, n);
		}
	}
	pageout_check();
	return (error);
}

static void
free_page(void *arg, void *value)
{
	page_release(value);
}

/* Pages that are in it as a whole go, unless they are there for good. */
static int
forget(struct md *md, uint64_t at, uint64_t end)
{
	struct page *pg;
	uint64_t index, next;
	int error = 0;

	mutex_lock(&md->md_lock);
	if (md->md_ending)
		error = ENXIO;
	for (index = atop(at);
	     error == 0 && (pg = radix_next(&md->md_pages, &index)) != NULL &&
	     ptoa(index) < end;
	     index++) {
		at = MAX(at, ptoa(index));
		next = MIN(end, ptoa(index + 1));
		if (next - at == PAGE_SIZE && !(md->md_options & MD_RESERVE))
			page_release(radix_del(&md->md_pages, index));
		else
			memset((char *)page_virt(pg) + (at & PAGE_MASK), 0,
			    next - at);
	}
	mutex_unlock(&md->md_lock);
	return (error);
}

int
md_memory_io(struct md *md, struct bio *bp)
{
	switch (bp->b_cmd) {
	case BIO_FLUSH:
		return (0);
	case BIO_DELETE:
		return (
		    forget(md, bp->b_position, bp->b_position + bp->b_length));
	default:
		return (move(md, bp));
	}
}

void
md_memory_cut(struct md *md, uint64_t first)
{
	radix_cut(&md->md_pages, first, UINT64_MAX, free_page, NULL);
}

int
md_memory_reserve(struct md *md, uint64_t first, uint64_t end)
{
	uint64_t index = first;
	bool enough = end - first <= page_free_count();

	while (enough && index < end) {
		mutex_lock(&md->md_lock);
		enough = radix_get(&md->md_pages, index) != NULL ||
			 add_page(md, index) != NULL;
		mutex_unlock(&md->md_lock);
		if (enough)
			index++;
		else
			enough = pageout_wait();
	}
	if (enough)
		return (0);
	mutex_lock(&md->md_lock);
	md_memory_cut(md, first);
	mutex_unlock(&md->md_lock);
	return (ENOMEM);
}
