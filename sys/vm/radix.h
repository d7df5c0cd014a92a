/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Radix trees: 64-bit index (a page number within an object, a descriptor)
 * to pointer.  An empty tree takes no memory, a tree with index 0 alone
 * none either; depth grows with the largest index.  The caller locks.
 *
 * Values can be marked, and those that are found without a look at the others:
 * dirty pages among clean ones.  A mark goes with its value.
 *
 * A tree can be copied at once by sharing its nodes, which are copied one by
 * one when a tree is going to be changed below them.  Values are counted then:
 * each node, or height 0, has a reference to each of its own.  Trees that share
 * nodes may have locks of their own.
 */
#ifndef VM_RADIX_H
#define VM_RADIX_H

#include "lib/types.h"

struct radix {
	void *root;
	unsigned height; /* 0: root is the value at index 0 */
	bool marked;	 /* height 0: that one is */
};

static inline void
radix_init(struct radix *r)
{
	r->root = NULL;
	r->height = 0;
	r->marked = false;
}

void *radix_get(const struct radix *r, uint64_t index);
/* Stores value (not NULL) at index, replacing; a mark stays. 0, or ENOMEM. */
int radix_set(struct radix *r, uint64_t index, void *value);
/* Takes index out; returns what was there, or NULL. Frees empty nodes. */
void *radix_del(struct radix *r, uint64_t index);
/* The first value at an index >= *index, with *index set; NULL: none. */
void *radix_next(const struct radix *r, uint64_t *index);

/* The value at index, if there is one, is marked from now on, or isn't. */
void radix_mark(struct radix *r, uint64_t index);
void radix_unmark(struct radix *r, uint64_t index);
/* As radix_next(), among those that are marked. */
void *radix_next_marked(const struct radix *r, uint64_t *index);

/* Empties the tree, calling fn, if there is one, for each value whose last node
 * goes, in order. */
void radix_clear(
    struct radix *r, void (*fn)(void *arg, void *value), void *arg);
/* The same of [first, last]; nodes on the ways to these two aren't shared. */
void radix_cut(struct radix *r, uint64_t first, uint64_t last,
    void (*fn)(void *arg, void *value), void *arg);

/* Makes copy a copy of r by sharing its nodes.  No value is marked. */
void radix_share(
    const struct radix *r, struct radix *copy, void (*hold)(void *value));
/* As radix_get(); *own: no node on the way to index is shared, so that values
 * may be set there and taken out. */
void *radix_look(const struct radix *r, uint64_t index, bool *own);
/* Makes that so. `release` is for values of a node that others let go of
 * meanwhile. 0, ENOMEM. */
int radix_own(struct radix *r, uint64_t index, void (*hold)(void *value),
    void (*release)(void *arg, void *value), void *arg);

#endif
