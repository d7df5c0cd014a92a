/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The device's bytes in pages.  A changed page stays until it is flushed; of
 * the others only so many are kept, those that were used of late.
 */
#include <stdlib.h>
#include <string.h>

#include "impl.h"

#define BUCKETS	  4096u
#define CLEAN_MAX 256u	/* pages */
#define DIRTY_MAX 4096u /* pages: 64 MB */

static size_t
page_bytes(const struct check *c, uint64_t number)
{
	uint64_t left = c->dev->cd_size - number * PAGE_BYTES;

	return (left < PAGE_BYTES ? (size_t)left : PAGE_BYTES);
}

static void
unhash(struct check *c, struct page *pg)
{
	struct page **at = &c->buckets[pg->number % BUCKETS];

	while (*at != pg)
		at = &(*at)->next;
	*at = pg->next;
}

static struct page *
victim(struct check *c)
{
	for (;; c->hand++) {
		struct page *pg = c->pages[c->hand % c->npages];

		if (!pg->dirty && !pg->recent)
			return (pg);
		pg->recent = false;
	}
}

/* A page to read into, which belongs to no bucket. */
static struct page *
page_new(struct check *c)
{
	struct page *pg;

	if (c->buckets == NULL)
		c->buckets = check_alloc(c, BUCKETS, sizeof(*c->buckets));
	if (c->npages - c->ndirty >= CLEAN_MAX) {
		pg = victim(c);
		unhash(c, pg);
		return (pg);
	}
	c->pages = check_grow(
	    c, c->pages, c->npages, &c->room_pages, sizeof(*c->pages));
	pg = check_alloc(c, 1, sizeof(*pg));
	c->pages[c->npages++] = pg;
	return (pg);
}

static struct page *
page_get(struct check *c, uint64_t number)
{
	struct page *pg = NULL;

	if (c->buckets != NULL)
		pg = c->buckets[number % BUCKETS];
	while (pg != NULL && pg->number != number)
		pg = pg->next;
	if (pg == NULL) {
		pg = page_new(c);
		pg->number = number;
		pg->next = c->buckets[number % BUCKETS];
		c->buckets[number % BUCKETS] = pg;
		if (c->dev->cd_read(c->dev, number * PAGE_BYTES, pg->data,
			page_bytes(c, number)) != 0)
			check_fail(c, "can't be read at byte %llu",
			    (unsigned long long)(number * PAGE_BYTES));
	}
	pg->recent = true;
	return (pg);
}

void
cache_read(struct check *c, uint64_t offset, void *buf, size_t size)
{
	size_t at, n;

	if (offset > c->dev->cd_size || size > c->dev->cd_size - offset)
		check_fail(c, "something leads beyond its end");
	for (; size > 0; size -= n, offset += n) {
		at = offset % PAGE_BYTES;
		n = size < PAGE_BYTES - at ? size : PAGE_BYTES - at;
		memcpy(buf, page_get(c, offset / PAGE_BYTES)->data + at, n);
		buf = (char *)buf + n;
	}
}

static void
page_change(struct check *c, struct page *pg)
{
	if (pg->dirty)
		return;
	if (c->ndirty >= DIRTY_MAX && c->mark != MARKING) {
		if (c->opt->mode != CHECK_REPAIR || c->opt->confirm != NULL)
			check_fail(
			    c, "too much is damaged to repair it in memory");
		cache_flush(c);
	}
	pg->dirty = true;
	c->ndirty++;
}

void
cache_write(struct check *c, uint64_t offset, const void *buf, size_t size)
{
	struct page *pg;
	size_t at, n;

	if (offset > c->dev->cd_size || size > c->dev->cd_size - offset)
		check_fail(c, "something leads beyond its end");
	for (; size > 0; size -= n, offset += n) {
		at = offset % PAGE_BYTES;
		n = size < PAGE_BYTES - at ? size : PAGE_BYTES - at;
		pg = page_get(c, offset / PAGE_BYTES);
		if (memcmp(pg->data + at, buf, n) != 0) {
			page_change(c, pg);
			memcpy(pg->data + at, buf, n);
		}
		buf = (const char *)buf + n;
	}
}

static void
page_write(struct check *c, struct page *pg)
{
	if (!pg->dirty)
		return;
	if (c->dev->cd_write == NULL ||
	    c->dev->cd_write(c->dev, pg->number * PAGE_BYTES, pg->data,
		page_bytes(c, pg->number)) != 0)
		check_fail(c, "can't be written at byte %llu",
		    (unsigned long long)(pg->number * PAGE_BYTES));
	pg->dirty = false;
	c->ndirty--;
}

static void
sync_device(struct check *c)
{
	if (c->dev->cd_sync != NULL && c->dev->cd_sync(c->dev) != 0)
		check_fail(c, "can't be written to the end");
}

void
cache_flush(struct check *c)
{
	super_begin(c);
	for (size_t i = 0; i < c->npages; i++)
		page_write(c, c->pages[i]);
	sync_device(c);
}

void
cache_flush_at(struct check *c, uint64_t offset)
{
	page_write(c, page_get(c, offset / PAGE_BYTES));
	sync_device(c);
}

void
cache_free(struct check *c)
{
	for (size_t i = 0; i < c->npages; i++)
		free(c->pages[i]);
	free(c->pages);
	free(c->buckets);
}
