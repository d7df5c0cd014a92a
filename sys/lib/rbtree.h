/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Balanced search trees through a member of the linked structures.  The
 * caller walks down to find the place, links the node there and lets
 * rb_insert() restore the balance:
 *
 *	struct rb_node **link = &tree->root, *parent = NULL;
 *	while (*link != NULL) { parent = *link; link = less ? &parent->left
 *	    : &parent->right; }
 *	rb_insert(tree, node, parent, link);
 */
#ifndef LIB_RBTREE_H
#define LIB_RBTREE_H

#include "lib/types.h"

struct rb_node {
	struct rb_node *left;
	struct rb_node *right;
	uintptr_t parent; /* the parent; bit 0: red */
};

struct rb_tree {
	struct rb_node *root;
};

void rb_insert(struct rb_tree *t, struct rb_node *n, struct rb_node *parent,
    struct rb_node **link);
void rb_remove(struct rb_tree *t, struct rb_node *n);
struct rb_node *rb_first(const struct rb_tree *t);
struct rb_node *rb_last(const struct rb_tree *t);
struct rb_node *rb_next(const struct rb_node *n);
struct rb_node *rb_prev(const struct rb_node *n);

#endif
