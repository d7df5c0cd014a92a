/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Radix trees of 64-way nodes.  A tree of height h covers the indices below
 * 64^h; height 0 is a single value for index 0.  A node knows which of its
 * slots are in use, and which have marked values in or below them, so that a
 * walk skips what it isn't looking for.
 *
 * A node with more than one reference never changes.  One with a single
 * reference isn't shared if none above it is: only who has a way to a node
 * gives it to others.
 */
#include "vm/radix.h"
#include "core/sync.h"
#include "fbsd/errno.h"
#include "lib/string.h"
#include "vm/kmem.h"

#define BITS  6
#define SLOTS (1u << BITS)

struct node {
	uint64_t used;	 /* bit n: slots[n] isn't NULL */
	uint64_t marked; /* bit n: what is there, or something below, is */
	unsigned refs;	 /* atomic: nodes above and trees */
	void *slots[SLOTS];
};

static struct node *
node_alloc(void)
{
	struct node *n = kmem_alloc(sizeof(*n), KM_ZERO);

	if (n != NULL)
		n->refs = 1;
	return (n);
}

static void
node_free(struct node *n)
{
	kmem_free(n, sizeof(*n));
}

static bool
is_shared(const struct node *n)
{
	return (atomic_load(&n->refs) != 1);
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

/* Frees levels at the top that hold nothing but their first child. */
static void
collapse(struct radix *r)
{
	while (r->height > 0) {
		struct node *top = r->root;

		if (top->used != 1 || is_shared(top))
			break;
		r->root = top->slots[0];
		r->marked = top->marked & 1;
		r->height--;
		node_free(top);
	}
}

/* Frees the nodes on the way to index that have become empty, and levels that
 * aren't needed any more. */
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
	collapse(r);
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

/* Gives up a reference to what is at height h: a value, or a node, with the
 * values below that nobody else has. */
static void
drop(void *p, unsigned h, void (*fn)(void *arg, void *value), void *arg)
{
	struct node *n = p;

	if (h == 0) {
		if (fn != NULL)
			fn(arg, p);
		return;
	}
	if (!refcount_drop(&n->refs))
		return;
	for (uint64_t todo = n->used; todo != 0; todo &= todo - 1)
		drop(n->slots[__builtin_ctzll(todo)], h - 1, fn, arg);
	node_free(n);
}

void
radix_clear(struct radix *r, void (*fn)(void *arg, void *value), void *arg)
{
	struct radix old = *r;

	radix_init(r);
	if (old.root != NULL)
		drop(old.root, old.height, fn, arg);
}

/* The last index of a subtree of height h. */
static uint64_t
last_of(unsigned h)
{
	return (h * BITS < 64 ? (1ul << h * BITS) - 1 : UINT64_MAX);
}

/* Takes [first, last] out of a node at height h, counted from its own first. */
static void
cut_below(struct node *n, unsigned h, uint64_t first, uint64_t last,
    void (*fn)(void *arg, void *value), void *arg)
{
	const unsigned from = slot(first, h), to = slot(last, h);
	const uint64_t all = last_of(h - 1);
	uint64_t todo = n->used & ~0ul << from & ~0ul >> (SLOTS - 1 - to);

	for (; todo != 0; todo &= todo - 1) {
		unsigned s = (unsigned)__builtin_ctzll(todo);
		uint64_t low = s == from ? first & all : 0;
		uint64_t high = s == to ? last & all : all;
		struct node *child = n->slots[s];

		if (low != 0 || high != all) {
			cut_below(child, h - 1, low, high, fn, arg);
			if (child->marked == 0)
				n->marked &= ~(1ul << s);
			if (child->used != 0)
				continue;
		}
		n->slots[s] = NULL;
		n->used &= ~(1ul << s);
		n->marked &= ~(1ul << s);
		drop(child, h - 1, fn, arg);
	}
}

void
radix_cut(struct radix *r, uint64_t first, uint64_t last,
    void (*fn)(void *arg, void *value), void *arg)
{
	const uint64_t all = last_of(r->height);

	if (r->root == NULL || first > all)
		return;
	if (first != 0 || last < all)
		cut_below(r->root, r->height, first, MIN(last, all), fn, arg);
	if ((first == 0 && last >= all) || ((struct node *)r->root)->used == 0)
		radix_clear(r, fn, arg);
	else
		collapse(r);
}

void
radix_share(
    const struct radix *r, struct radix *copy, void (*hold)(void *value))
{
	*copy = *r;
	if (r->height == 0 && r->root != NULL)
		hold(r->root);
	else if (r->root != NULL)
		refcount_take(&((struct node *)r->root)->refs);
}

void *
radix_look(const struct radix *r, uint64_t index, bool *own)
{
	void *p = r->root;

	*own = true;
	if (too_high(index, r->height))
		return (NULL);
	for (unsigned h = r->height; h > 0 && p != NULL; h--) {
		struct node *n = p;

		if (is_shared(n))
			*own = false;
		p = n->slots[slot(index, h)];
	}
	return (p);
}

/* Another node at height h with what is in n. */
static struct node *
copy_node(const struct node *n, unsigned h, void (*hold)(void *value))
{
	struct node *copy = kmem_alloc(sizeof(*copy), 0);

	if (copy == NULL)
		return (NULL);
	memcpy(copy, n, sizeof(*copy));
	copy->refs = 1;
	for (uint64_t todo = n->used; todo != 0; todo &= todo - 1) {
		void *p = n->slots[__builtin_ctzll(todo)];

		if (h == 1)
			hold(p);
		else
			refcount_take(&((struct node *)p)->refs);
	}
	return (copy);
}

int
radix_own(struct radix *r, uint64_t index, void (*hold)(void *value),
    void (*release)(void *arg, void *value), void *arg)
{
	void **link = &r->root;

	if (too_high(index, r->height))
		return (0);
	for (unsigned h = r->height; h > 0 && *link != NULL; h--) {
		struct node *n = *link;

		if (is_shared(n)) {
			struct node *copy = copy_node(n, h, hold);

			if (copy == NULL)
				return (ENOMEM);
			*link = copy;
			drop(n, h, release, arg);
			n = copy;
		}
		link = &n->slots[slot(index, h)];
	}
	return (0);
}
