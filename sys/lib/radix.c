/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A tree of height h maps indices below 2^(6h); the value at index 0 of a
 * tree of height 0 is the root itself.
 */
#include "lib/radix.h"
#include "lib/string.h"
#include "fbsd/errno.h"
#include "vm/kmem.h"

#define BITS	6
#define SLOTS	(1u << BITS)
#define HEIGHT_MAX 11		/* 66 bits */

struct node {
	void *slot[SLOTS];
	unsigned used;
};

static unsigned
slot_of(uint64_t index, unsigned height)
{
	return (index >> (BITS * (height - 1)) & (SLOTS - 1));
}

static bool
fits(uint64_t index, unsigned height)
{
	return (height >= HEIGHT_MAX || index >> (BITS * height) == 0);
}

void *
radix_get(const struct radix *r, uint64_t index)
{
	void *p = r->root;

	if (!fits(index, r->height))
		return (NULL);
	for (unsigned h = r->height; h > 0 && p != NULL; h--)
		p = ((struct node *)p)->slot[slot_of(index, h)];
	return (p);
}

static int
grow(struct radix *r, uint64_t index)
{
	while (!fits(index, r->height)) {
		if (r->root != NULL) {
			struct node *n = kmem_alloc(sizeof(*n), KM_ZERO);

			if (n == NULL)
				return (ENOMEM);
			n->slot[0] = r->root;
			n->used = 1;
			r->root = n;
		}
		r->height++;
	}
	return (0);
}

int
radix_set(struct radix *r, uint64_t index, void *value)
{
	void **p = &r->root;
	struct node *above = NULL;

	if (grow(r, index) != 0)
		return (ENOMEM);
	for (unsigned h = r->height; h > 0; h--) {
		struct node *n = *p;

		if (n == NULL) {
			n = kmem_alloc(sizeof(*n), KM_ZERO);
			if (n == NULL)
				return (ENOMEM);
			*p = n;
			if (above != NULL)
				above->used++;
		}
		above = n;
		p = &n->slot[slot_of(index, h)];
	}
	if (*p == NULL && above != NULL)
		above->used++;
	*p = value;
	return (0);
}

void *
radix_del(struct radix *r, uint64_t index)
{
	void **path[HEIGHT_MAX + 1];
	void **p = &r->root;
	void *value;
	unsigned h;

	if (!fits(index, r->height))
		return (NULL);
	for (h = r->height; h > 0 && *p != NULL; h--) {
		path[h] = p;
		p = &((struct node *)*p)->slot[slot_of(index, h)];
	}
	value = *p;
	if (value == NULL)
		return (NULL);
	*p = NULL;
	for (h = 1; h <= r->height; h++) {
		struct node *n = *path[h];

		if (--n->used > 0)
			return (value);
		kmem_free(n, sizeof(*n));
		*path[h] = NULL;
	}
	r->height = 0;
	return (value);
}

/* The first value in the subtree at or after index within it. */
static void *
next_in(void *p, unsigned height, uint64_t *index)
{
	struct node *n = p;
	unsigned shift = BITS * (height - 1);
	unsigned first = slot_of(*index, height);

	if (height == 0)
		return (p);
	for (unsigned i = first; i < SLOTS; i++) {
		if (i != first)
			*index = (*index >> shift << shift) + (1ul << shift);
		if (n->slot[i] != NULL) {
			void *v = next_in(n->slot[i], height - 1, index);

			if (v != NULL)
				return (v);
			/* The subtree moved index to its own end. */
			*index = ((*index >> shift) << shift);
		}
	}
	return (NULL);
}

void *
radix_next(const struct radix *r, uint64_t *index)
{
	uint64_t i = *index;
	void *v;

	if (r->root == NULL || !fits(i, r->height))
		return (NULL);
	if (r->height == 0)
		return (i == 0 ? r->root : NULL);
	v = next_in(r->root, r->height, &i);
	if (v != NULL)
		*index = i;
	return (v);
}
