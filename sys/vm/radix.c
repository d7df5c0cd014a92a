/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Radix trees of 64-way nodes.  A tree of height h covers the indices below
 * 64^h; height 0 is a single value for index 0.  A node knows which of its
 * slots are in use, and which have marked values in or below them, so that a
 * walk skips what it isn't looking for.
 */
#include "vm/radix.h"
#include "fbsd/errno.h"
#include "vm/kmem.h"

#define BITS  6
#define SLOTS (1u << BITS)

struct node {
	uint64_t used;	 /* bit n: slots[n] isn't NULL */
	uint64_t marked; /* bit n: what is there, or something below, is */
	void *slots[SLOTS];
};

static struct node *
node_alloc(void)
{
	return (kmem_alloc(sizeof(struct node), KM_ZERO));
}

static void
node_free(struct node *n)
{
	kmem_free(n, sizeof(*n));
}

/* Is index beyond what a tree of this height can hold? */
static bool
too_high(uint64_t index, unsigned height)
{
	return (height * BITS < 64 && index >> (height * BITS) != 0);
}

/* Which slot of a node at this height (1: its slots are values). */
static unsigned
slot(uint64_t index, unsigned height)
{
	return (index >> ((height - 1) * BITS) & (SLOTS - 1));
}

void *
radix_get(const struct radix *r, uint64_t index)
{
	void *p = r->root;

	if (too_high(index, r->height))
		return (NULL);
	for (unsigned h = r->height; h > 0 && p != NULL; h--)
		p = ((struct node *)p)->slots[slot(index, h)];
	return (p);
}

/* One level more, with the old root as the first child. */
static int
grow(struct radix *r)
{
	if (r->root != NULL) {
		struct node *n = node_alloc();

		if (n == NULL)
			return (ENOMEM);
		n->slots[0] = r->root;
		n->used = 1;
		n->marked = r->height == 0
				? r->marked
				: ((struct node *)r->root)->marked != 0;
		r->root = n;
	}
	r->height++;
	return (0);
}

/* Frees the nodes on the way to index that have become empty, and levels at
 * the top that hold nothing but their first child. */
static void
prune(struct radix *r, uint64_t index)
{
	struct node *path[64 / BITS + 2];
	unsigned depth = 0;
	void *p = r->root;

	for (unsigned h = r->height; h > 0 && p != NULL; h--) {
		path[depth++] = p;
		p = ((struct node *)p)->slots[slot(index, h)];
	}
	for (; depth > 0 && path[depth - 1]->used == 0; depth--) {
		unsigned h = r->height - (depth - 1);

		node_free(path[depth - 1]);
		if (depth == 1) {
			radix_init(r);
			return;
		}
		path[depth - 2]->slots[slot(index, h + 1)] = NULL;
		path[depth - 2]->used &= ~(1ul << slot(index, h + 1));
		path[depth - 2]->marked &= ~(1ul << slot(index, h + 1));
	}
	while (r->height > 0 && ((struct node *)r->root)->used == 1) {
		struct node *top = r->root;

		r->root = top->slots[0];
		r->marked = top->marked & 1;
		r->height--;
		node_free(top);
	}
}

int
radix_set(struct radix *r, uint64_t index, void *value)
{
	struct node *n;

	while (too_high(index, r->height))
		if (grow(r) != 0)
			return (ENOMEM);
	if (r->height == 0) {
		r->root = value;
		return (0);
	}
	if (r->root == NULL && (r->root = node_alloc()) == NULL)
		return (ENOMEM);
	n = r->root;
	for (unsigned h = r->height; h > 1; h--) {
		unsigned s = slot(index, h);

		if (n->slots[s] == NULL) {
			n->slots[s] = node_alloc();
			if (n->slots[s] == NULL) {
				prune(r, index);
				return (ENOMEM);
			}
			n->used |= 1ul << s;
		}
		n = n->slots[s];
	}
	n->slots[slot(index, 1)] = value;
	n->used |= 1ul << slot(index, 1);
	return (0);
}

void *
radix_del(struct radix *r, uint64_t index)
{
	struct node *n = r->root;
	void *value;
	unsigned s;

	if (n == NULL || too_high(index, r->height))
		return (NULL);
	if (r->height == 0) {
		radix_init(r);
		return (n);
	}
	radix_unmark(r, index);
	for (unsigned h = r->height; h > 1; h--) {
		n = n->slots[slot(index, h)];
		if (n == NULL)
			return (NULL);
	}
	s = slot(index, 1);
	value = n->slots[s];
	if (value == NULL)
		return (NULL);
	n->slots[s] = NULL;
	n->used &= ~(1ul << s);
	if (n->used == 0 || n->used == 1)
		prune(r, index);
	return (value);
}

static uint64_t
bits(const struct node *n, bool marked)
{
	return (marked ? n->marked : n->used);
}

/* The first index behind the subtree of height h that `index` is in; 0: there
 * is none. */
static uint64_t
behind(uint64_t index, unsigned h)
{
	return (h * BITS < 64 ? (index | ((1ul << h * BITS) - 1)) + 1 : 0);
}

/* Index of the first value at or after *index, among all or those marked. */
static void *
next(const struct radix *r, uint64_t *index, bool marked)
{
	struct node *path[64 / BITS + 2], *n;
	unsigned h = r->height, from, to;
	uint64_t at = *index, todo;

	path[h] = r->root;
	for (;;) {
		n = path[h];
		from = slot(at, h);
		todo = bits(n, marked) >> from;
		if (todo == 0) {
			/* Up, to the first node that goes on there. */
			at = behind(at, h);
			if (at == 0)
				return (NULL);
			do
				if (h++ == r->height)
					return (NULL);
			while (slot(at, h) == 0);
			continue;
		}
		to = from + (unsigned)__builtin_ctzll(todo);
		if (to != from) {
			at &= ~((1ul << (h - 1) * BITS) - 1);
			at += (uint64_t)(to - from) << (h - 1) * BITS;
		}
		if (h == 1)
			break;
		path[--h] = n->slots[to];
	}
	*index = at;
	return (n->slots[to]);
}

void *
radix_next(const struct radix *r, uint64_t *index)
{
	if (r->root == NULL || too_high(*index, r->height))
		return (NULL);
	return (r->height == 0 ? r->root : next(r, index, false));
}

void *
radix_next_marked(const struct radix *r, uint64_t *index)
{
	if (r->root == NULL || too_high(*index, r->height))
		return (NULL);
	if (r->height == 0)
		return (r->marked ? r->root : NULL);
	return (next(r, index, true));
}

/* The nodes on the way to index, path[1] the last; NULL: it has no value. */
static void *
find_path(const struct radix *r, uint64_t index, struct node **path)
{
	void *p = r->root;

	if (too_high(index, r->height))
		return (NULL);
	for (unsigned h = r->height; h > 0 && p != NULL; h--) {
		path[h] = p;
		p = path[h]->slots[slot(index, h)];
	}
	return (p);
}

void
radix_mark(struct radix *r, uint64_t index)
{
	struct node *path[64 / BITS + 2];

	if (find_path(r, index, path) == NULL)
		return;
	if (r->height == 0)
		r->marked = true;
	for (unsigned h = 1; h <= r->height; h++)
		path[h]->marked |= 1ul << slot(index, h);
}

void
radix_unmark(struct radix *r, uint64_t index)
{
	struct node *path[64 / BITS + 2];

	if (find_path(r, index, path) == NULL)
		return;
	if (r->height == 0)
		r->marked = false;
	for (unsigned h = 1; h <= r->height; h++) {
		path[h]->marked &= ~(1ul << slot(index, h));
		if (path[h]->marked != 0)
			break;
	}
}

static void
clear_below(void *p, unsigned h, void (*fn)(void *arg, void *value), void *arg)
{
	struct node *n = p;

	if (h == 0) {
		if (fn != NULL)
			fn(arg, p);
		return;
	}
	for (uint64_t todo = n->used; todo != 0; todo &= todo - 1)
		clear_below(n->slots[__builtin_ctzll(todo)], h - 1, fn, arg);
	node_free(n);
}

void
radix_clear(struct radix *r, void (*fn)(void *arg, void *value), void *arg)
{
	struct radix old = *r;

	radix_init(r);
	if (old.root != NULL)
		clear_below(old.root, old.height, fn, arg);
}

/* Copies a subtree of height h > 0; on failure *to has a part of it. */
static int
copy_below(
    const struct node *from, unsigned h, void **to, void (*fn)(void *value))
{
	struct node *n = node_alloc();
	int error = 0;

	if (n == NULL)
		return (ENOMEM);
	*to = n;
	for (uint64_t todo = from->used; todo != 0 && error == 0;
	     todo &= todo - 1) {
		unsigned s = (unsigned)__builtin_ctzll(todo);

		if (h == 1) {
			n->slots[s] = from->slots[s];
			fn(n->slots[s]);
		} else {
			error =
			    copy_below(from->slots[s], h - 1, &n->slots[s], fn);
		}
		if (n->slots[s] != NULL)
			n->used |= 1ul << s;
	}
	return (error);
}

int
radix_copy(const struct radix *r, struct radix *copy, void (*fn)(void *value))
{
	if (r->root == NULL)
		return (0);
	copy->height = r->height;
	if (r->height == 0) {
		copy->root = r->root;
		fn(copy->root);
		return (0);
	}
	return (copy_below(r->root, r->height, &copy->root, fn));
}
