/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/idtable.h"

static struct list *
segment_alloc(const struct idtable *t)
{
	return (t->it_alloc(ID_SEGMENT * sizeof(struct list), 0));
}

bool
idtable_init(struct idtable *t, void *(*alloc)(size_t size, unsigned flags))
{
	*t = (struct idtable){.it_alloc = alloc, .it_buckets = 1};
	t->it_segments[0] = segment_alloc(t);
	if (t->it_segments[0] == NULL)
		return (false);
	list_init(&t->it_segments[0][0]);
	return (true);
}

static struct list *
bucket(const struct idtable *t, unsigned n)
{
	return (&t->it_segments[n / ID_SEGMENT][n % ID_SEGMENT]);
}

/* Where id is: the buckets from it_buckets on aren't made yet, and their
 * entries are still in the one from which they will be. */
static struct list *
bucket_of(const struct idtable *t, uint32_t id)
{
	unsigned n = id & t->it_mask;

	return (bucket(t, n < t->it_buckets ? n : n & t->it_mask >> 1));
}

struct idlink *
idtable_find(const struct idtable *t, uint32_t id)
{
	struct idlink *il;

	LIST_FOREACH (il, bucket_of(t, id), il_link)
		if (il->il_id == id)
			return (il);
	return (NULL);
}

/* One bucket more. */
static void
grow(struct idtable *t)
{
	unsigned n = t->it_buckets;
	struct list **segment = &t->it_segments[n / ID_SEGMENT], *from;
	struct idlink *il, *next;

	if (n == ID_SEGMENT * ID_SEGMENTS)
		return;
	if (*segment == NULL && (*segment = segment_alloc(t)) == NULL)
		return;
	if (n > t->it_mask)
		t->it_mask = t->it_mask << 1 | 1;
	list_init(bucket(t, n));
	from = bucket(t, n & t->it_mask >> 1);
	t->it_buckets++;
	LIST_FOREACH_SAFE (il, from, il_link, next)
		if ((il->il_id & t->it_mask) == n) {
			list_remove(&il->il_link);
			list_push_back(bucket(t, n), &il->il_link);
		}
}

void
idtable_insert(struct idtable *t, struct idlink *il)
{
	if (++t->it_count > t->it_buckets)
		grow(t);
	list_push_front(bucket_of(t, il->il_id), &il->il_link);
}

void
idtable_remove(struct idtable *t, struct idlink *il)
{
	list_remove(&il->il_link);
	t->it_count--;
}
