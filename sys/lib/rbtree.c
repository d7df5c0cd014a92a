/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Red-black trees (Cormen et al., Introduction to Algorithms, chapter 13):
 * no red node has a red child, and every path down has as many black nodes.
 */
#include "lib/rbtree.h"

#define RED 1ul

static struct rb_node *
parent_of(const struct rb_node *n)
{
	return ((struct rb_node *)(n->parent & ~RED));
}

static bool
is_red(const struct rb_node *n)
{
	return (n != NULL && (n->parent & RED));
}

static void
set_red(struct rb_node *n, bool red)
{
	n->parent = (n->parent & ~RED) | (red ? RED : 0);
}

static void
set_parent(struct rb_node *n, struct rb_node *parent)
{
	n->parent = (uintptr_t)parent | (n->parent & RED);
}

/* Puts `new` where `old` hung below `parent`. */
static void
replace_child(struct rb_tree *t, struct rb_node *parent, struct rb_node *old,
    struct rb_node *new)
{
	if (parent == NULL)
		t->root = new;
	else if (parent->left == old)
		parent->left = new;
	else
		parent->right = new;
}

/* Turns n down to the left (or right), its other child up. */
static void
rotate(struct rb_tree *t, struct rb_node *n, bool left)
{
	struct rb_node *up = left ? n->right : n->left;
	struct rb_node *inner = left ? up->left : up->right;
	struct rb_node *parent = parent_of(n);

	if (left) {
		n->right = inner;
		up->left = n;
	} else {
		n->left = inner;
		up->right = n;
	}
	if (inner != NULL)
		set_parent(inner, n);
	set_parent(up, parent);
	set_parent(n, up);
	replace_child(t, parent, n, up);
}

void
rb_insert(struct rb_tree *t, struct rb_node *n, struct rb_node *parent,
    struct rb_node **link)
{
	n->left = n->right = NULL;
	n->parent = (uintptr_t)parent | RED;
	*link = n;
	while (is_red(parent = parent_of(n))) {
		struct rb_node *grand = parent_of(parent);
		bool left = grand->left == parent;
		struct rb_node *uncle = left ? grand->right : grand->left;

		if (is_red(uncle)) {
			set_red(parent, false);
			set_red(uncle, false);
			set_red(grand, true);
			n = grand;
			continue;
		}
		if (n == (left ? parent->right : parent->left)) {
			rotate(t, parent, left);
			n = parent;
			parent = parent_of(n);
		}
		set_red(parent, false);
		set_red(grand, true);
		rotate(t, grand, !left);
	}
	set_red(t->root, false);
}

/* n (perhaps NULL) below parent lacks a black node. */
static void
rebalance(struct rb_tree *t, struct rb_node *n, struct rb_node *parent)
{
	while (parent != NULL && !is_red(n)) {
		bool left = parent->left == n;
		struct rb_node *s = left ? parent->right : parent->left;

		if (is_red(s)) {
			set_red(s, false);
			set_red(parent, true);
			rotate(t, parent, left);
			s = left ? parent->right : parent->left;
		}
		struct rb_node *near = left ? s->left : s->right;
		struct rb_node *far = left ? s->right : s->left;

		if (!is_red(near) && !is_red(far)) {
			set_red(s, true);
			n = parent;
			parent = parent_of(n);
			continue;
		}
		if (!is_red(far)) {
			set_red(near, false);
			set_red(s, true);
			rotate(t, s, !left);
			s = left ? parent->right : parent->left;
			far = left ? s->right : s->left;
		}
		set_red(s, is_red(parent));
		set_red(parent, false);
		set_red(far, false);
		rotate(t, parent, left);
		return;
	}
	if (n != NULL)
		set_red(n, false);
}

void
rb_remove(struct rb_tree *t, struct rb_node *n)
{
	struct rb_node *child, *parent;
	bool black;

	if (n->left != NULL && n->right != NULL) {
		/* The successor takes n's place and colour. */
		struct rb_node *next = n->right;

		while (next->left != NULL)
			next = next->left;
		child = next->right;
		parent = parent_of(next);
		black = !is_red(next);
		if (parent == n) {
			parent = next;
		} else {
			parent->left = child;
			if (child != NULL)
				set_parent(child, parent);
			next->right = n->right;
			set_parent(n->right, next);
		}
		next->left = n->left;
		set_parent(n->left, next);
		replace_child(t, parent_of(n), n, next);
		next->parent = n->parent;
	} else {
		child = n->left != NULL ? n->left : n->right;
		parent = parent_of(n);
		black = !is_red(n);
		replace_child(t, parent, n, child);
		if (child != NULL)
			set_parent(child, parent);
	}
	if (black)
		rebalance(t, child, parent);
}

struct rb_node *
rb_first(const struct rb_tree *t)
{
	struct rb_node *n = t->root;

	while (n != NULL && n->left != NULL)
		n = n->left;
	return (n);
}

struct rb_node *
rb_last(const struct rb_tree *t)
{
	struct rb_node *n = t->root;

	while (n != NULL && n->right != NULL)
		n = n->right;
	return (n);
}

struct rb_node *
rb_next(const struct rb_node *n)
{
	struct rb_node *p;

	if (n->right != NULL) {
		for (p = n->right; p->left != NULL; p = p->left)
			;
		return (p);
	}
	for (p = parent_of(n); p != NULL && n == p->right; p = parent_of(p))
		n = p;
	return (p);
}

struct rb_node *
rb_prev(const struct rb_node *n)
{
	struct rb_node *p;

	if (n->left != NULL) {
		for (p = n->left; p->right != NULL; p = p->right)
			;
		return (p);
	}
	for (p = parent_of(n); p != NULL && n == p->left; p = parent_of(p))
		n = p;
	return (p);
}
