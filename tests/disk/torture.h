/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A long and deterministic sequence of changes to a tree, from a seed, for the
 * tests of power cuts.  torture.c carries it out on a disk; replay.c goes
 * through the same sequence and knows what had to be there at which moment.
 *
 * The plan keeps a model of the tree.  A node is a file or folder, from its
 * creation on; a key is a place in a folder that may have a name: (folder,
 * number of the name).  Each operation leaves records of what it did to keys
 * and nodes, and of what became safe by it.
 */
#ifndef TESTS_DISK_TORTURE_H
#define TESTS_DISK_TORTURE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define NAMES	    20	 /* in a folder */
#define MAX_NODES   2000 /* ever */
#define MAX_FOLDERS 250	 /* of them, and they come first in keys */
#define MAX_RECORDS 60000
#define MAX_SIZE    300000 /* bytes of a file */
#define MAX_FILES   60	   /* at a time */
#define MAX_DEPTH   5
#define NONE	    0 /* no node; the root is 1 */
#define ROOT	    1

struct key {
	uint16_t folder; /* the node's `number` */
	uint16_t name;
};

struct node {
	bool is_folder;
	uint16_t number; /* among the folders */
	uint16_t links;	 /* names */
	uint16_t used;	 /* names in it */
	struct key at;	 /* a folder's place */
	uint32_t size;
};

enum op_kind {
	OP_CREATE,
	OP_MKDIR,
	OP_WRITE,
	OP_TRUNCATE,
	OP_RENAME,
	OP_LINK,
	OP_UNLINK,
	OP_RMDIR,
	OP_FSYNC,
	OP_FSYNC_FOLDER,
	OP_SYNC,
};

struct op {
	uint32_t number; /* from 1 on */
	enum op_kind kind;
	struct key key, to;
	uint16_t node;
	uint32_t offset, length; /* length is the new size of OP_TRUNCATE */
};

enum record_kind {
	REC_BIND,	  /* the key leads to the node (or to NONE) */
	REC_LINKS,	  /* so many names has the node now */
	REC_WRITE,	  /* offset, length */
	REC_TRUNCATE,	  /* length */
	REC_SAFE_KEY,	  /* what the key leads to is safe */
	REC_SAFE_NODE,	  /* that the node is there is safe */
	REC_SAFE_CONTENT, /* and what is in it */
	REC_SAFE_ALL,
};

struct record {
	uint32_t op;
	enum record_kind kind;
	struct key key;
	uint16_t node;
	uint32_t offset, length;
};

struct plan {
	uint64_t random;
	uint32_t ops;
	unsigned files;
	unsigned nnodes, nfolders;
	struct node nodes[MAX_NODES];
	uint16_t folders[MAX_FOLDERS]; /* the node of each */
	uint16_t bound[MAX_FOLDERS][NAMES];
	unsigned nrecords;
	struct record records[MAX_RECORDS];
};

static inline uint64_t
plan_mix(uint64_t x)
{
	x ^= x >> 31;
	x *= 0x9e3779b97f4a7c15;
	x ^= x >> 29;
	x *= 0xd6e8feb86659fd93;
	return (x ^ x >> 32);
}

static inline uint32_t
plan_random(struct plan *p, uint32_t below)
{
	p->random += 0x9e3779b97f4a7c15;
	return ((uint32_t)(plan_mix(p->random) >> 16) % below);
}

/* What an operation writes to a node from an offset on. */
static inline void
plan_fill(uint16_t node, uint32_t op, uint32_t offset, uint8_t *buf, uint32_t n)
{
	uint64_t word = 0;

	for (uint32_t i = 0; i < n; i++, offset++) {
		if (i == 0 || (offset & 7) == 0)
			word = plan_mix((uint64_t)op << 40 |
					(uint64_t)node << 28 | offset >> 3);
		buf[i] = (uint8_t)(word >> (offset & 7) * 8);
	}
}

/* Names of many lengths, so that folders have several blocks. */
static inline void
plan_name(unsigned name, char *buf)
{
	int n = sprintf(buf, "n%u", name);

	if (name % 4 == 3)
		n += sprintf(buf + n, "%0*u", (int)(name * 11), 0);
	buf[n] = '\0';
}

static inline bool
same_key(struct key a, struct key b)
{
	return (a.folder == b.folder && a.name == b.name);
}

static inline uint16_t
plan_at(const struct plan *p, struct key key)
{
	return (p->bound[key.folder][key.name]);
}

static inline struct record *
plan_record(
    struct plan *p, enum record_kind kind, struct key key, uint16_t node)
{
	struct record *r = &p->records[p->nrecords++];

	*r = (struct record){p->ops, kind, key, node, 0, 0};
	return (r);
}

static inline void
plan_links(struct plan *p, uint16_t node, int change)
{
	struct node *n = &p->nodes[node];

	n->links = (uint16_t)(n->links + change);
	plan_record(p, REC_LINKS, (struct key){0, 0}, node)->length = n->links;
	if (n->links == 0 && !n->is_folder)
		p->files--;
}

static inline void
plan_bind(struct plan *p, struct key key, uint16_t node)
{
	uint16_t *at = &p->bound[key.folder][key.name];
	struct node *folder = &p->nodes[p->folders[key.folder]];

	folder->used =
	    (uint16_t)(folder->used + (*at == NONE) - (node == NONE));
	*at = node;
	if (node != NONE)
		p->nodes[node].at = key;
	plan_record(p, REC_BIND, key, node);
}

static inline uint16_t
plan_node(struct plan *p, bool is_folder)
{
	uint16_t id = (uint16_t)p->nnodes++;
	struct node *n = &p->nodes[id];

	memset(n, 0, sizeof(*n));
	n->is_folder = is_folder;
	if (is_folder) {
		n->number = (uint16_t)p->nfolders;
		p->folders[p->nfolders++] = id;
	} else
		p->files++;
	return (id);
}

static inline void
plan_begin(struct plan *p, uint64_t seed)
{
	memset(p, 0, sizeof(*p));
	p->random = plan_mix(seed);
	p->nnodes = ROOT;
	(void)plan_node(p, true);
	p->nodes[ROOT].links = 1;
}

static inline unsigned
plan_depth(const struct plan *p, uint16_t folder)
{
	unsigned depth = 0;

	for (uint16_t id = p->folders[folder]; id != ROOT;
	     id = p->folders[p->nodes[id].at.folder])
		depth++;
	return (depth);
}

static inline bool
plan_below(const struct plan *p, uint16_t folder, uint16_t node)
{
	uint16_t id = p->folders[folder];

	for (; id != ROOT; id = p->folders[p->nodes[id].at.folder])
		if (id == node)
			return (true);
	return (id == node);
}

static inline bool
plan_exists(const struct plan *p, uint16_t folder)
{
	return (p->nodes[p->folders[folder]].links != 0);
}

/* A key that leads to a file, or to a folder, or to nothing. */
enum wanted { WANT_FILE, WANT_FOLDER, WANT_FREE };

static inline bool
plan_pick(struct plan *p, enum wanted wanted, struct key *key)
{
	const unsigned all = p->nfolders * NAMES;
	unsigned at = plan_random(p, all);
	uint16_t node;

	for (unsigned i = 0; i < all; i++, at = (at + 1) % all) {
		key->folder = (uint16_t)(at / NAMES);
		key->name = (uint16_t)(at % NAMES);
		if (!plan_exists(p, key->folder))
			continue;
		node = plan_at(p, *key);
		if (node == NONE
			? wanted == WANT_FREE
			: wanted == (p->nodes[node].is_folder ? WANT_FOLDER
							      : WANT_FILE))
			return (true);
	}
	return (false);
}

static inline bool
plan_create(struct plan *p, struct op *op)
{
	const bool is_folder = op->kind == OP_MKDIR;

	if (p->nnodes == MAX_NODES || !plan_pick(p, WANT_FREE, &op->key) ||
	    (is_folder ? p->nfolders == MAX_FOLDERS ||
			     plan_depth(p, op->key.folder) >= MAX_DEPTH
		       : p->files >= MAX_FILES))
		return (false);
	op->node = plan_node(p, is_folder);
	plan_bind(p, op->key, op->node);
	plan_links(p, op->node, 1);
	return (true);
}

static inline bool
plan_change(struct plan *p, struct op *op)
{
	struct node *n;
	struct record *r;

	if (!plan_pick(p, WANT_FILE, &op->key))
		return (false);
	op->node = plan_at(p, op->key);
	n = &p->nodes[op->node];
	op->offset =
	    plan_random(p, 4) == 0 ? plan_random(p, n->size + 20000) : n->size;
	op->length = 1 + plan_random(p, plan_random(p, 5) == 0 ? 100000 : 6000);
	if (op->kind == OP_TRUNCATE) {
		op->length = plan_random(p, n->size + 5000);
		n->size = op->length;
	} else if (op->offset + op->length > MAX_SIZE)
		return (false);
	else if (op->offset + op->length > n->size)
		n->size = op->offset + op->length;
	r = plan_record(p, op->kind == OP_WRITE ? REC_WRITE : REC_TRUNCATE,
	    op->key, op->node);
	r->offset = op->offset;
	r->length = op->length;
	return (true);
}

static inline bool
plan_rename(struct plan *p, struct op *op)
{
	const bool folder = plan_random(p, 4) == 0;
	const bool replace = plan_random(p, 2) == 0;
	uint16_t gone;

	if (!plan_pick(p, folder ? WANT_FOLDER : WANT_FILE, &op->key) ||
	    !plan_pick(p,
		!replace ? WANT_FREE
		: folder ? WANT_FOLDER
			 : WANT_FILE,
		&op->to))
		return (false);
	op->node = plan_at(p, op->key);
	gone = plan_at(p, op->to);
	if (gone == op->node ||
	    (folder && gone != NONE && p->nodes[gone].used != 0))
		return (false);
	if (folder && (plan_below(p, op->to.folder, op->node) ||
			  plan_depth(p, op->to.folder) >= MAX_DEPTH))
		return (false);
	/* Repairs may undo the rename of a folder that has both names. */
	if (folder && gone != NONE)
		plan_bind(p, op->to, NONE);
	plan_bind(p, op->to, op->node);
	plan_bind(p, op->key, NONE);
	if (gone != NONE)
		plan_links(p, gone, -1);
	return (true);
}

static inline bool
plan_link(struct plan *p, struct op *op)
{
	if (!plan_pick(p, WANT_FILE, &op->key) ||
	    !plan_pick(p, WANT_FREE, &op->to))
		return (false);
	op->node = plan_at(p, op->key);
	plan_bind(p, op->to, op->node);
	plan_links(p, op->node, 1);
	return (true);
}

static inline bool
plan_remove(struct plan *p, struct op *op)
{
	if (!plan_pick(
		p, op->kind == OP_RMDIR ? WANT_FOLDER : WANT_FILE, &op->key))
		return (false);
	op->node = plan_at(p, op->key);
	if (p->nodes[op->node].used != 0)
		return (false);
	plan_bind(p, op->key, NONE);
	plan_links(p, op->node, -1);
	return (true);
}

/*
 * That this name leads to the node is safe from now on, and that the folders
 * above are there; not under which names, when they were clean themselves.
 */
static inline void
plan_safe(struct plan *p, struct key key)
{
	uint16_t node = plan_at(p, key);

	plan_record(p, REC_SAFE_KEY, key, node);
	plan_record(p, REC_SAFE_NODE, key, node);
	for (node = p->folders[key.folder]; node != ROOT;
	     node = p->folders[p->nodes[node].at.folder])
		plan_record(p, REC_SAFE_NODE, key, node);
}

static inline bool
plan_fsync(struct plan *p, struct op *op)
{
	if (!plan_pick(
		p, op->kind == OP_FSYNC ? WANT_FILE : WANT_FOLDER, &op->key))
		return (false);
	op->node = plan_at(p, op->key);
	plan_safe(p, op->key);
	if (op->kind == OP_FSYNC) {
		plan_record(p, REC_SAFE_CONTENT, op->key, op->node);
		return (true);
	}
	for (unsigned i = 0; i < NAMES; i++) {
		struct key key = {p->nodes[op->node].number, (uint16_t)i};

		plan_record(p, REC_SAFE_KEY, key, NONE);
		if (plan_at(p, key) != NONE)
			plan_record(p, REC_SAFE_NODE, key, plan_at(p, key));
	}
	return (true);
}

static inline bool
plan_try(struct plan *p, struct op *op)
{
	static const uint8_t share[] = {14, 5, 32, 6, 14, 5, 10, 3, 9, 1, 1};
	uint32_t at = plan_random(p, 100);

	memset(op, 0, sizeof(*op));
	op->number = p->ops;
	for (op->kind = OP_CREATE; at >= share[op->kind]; op->kind++)
		at -= share[op->kind];
	switch (op->kind) {
	case OP_CREATE:
	case OP_MKDIR:
		return (plan_create(p, op));
	case OP_WRITE:
	case OP_TRUNCATE:
		return (plan_change(p, op));
	case OP_RENAME:
		return (plan_rename(p, op));
	case OP_LINK:
		return (plan_link(p, op));
	case OP_UNLINK:
	case OP_RMDIR:
		return (plan_remove(p, op));
	case OP_FSYNC:
	case OP_FSYNC_FOLDER:
		return (plan_fsync(p, op));
	case OP_SYNC:
		plan_record(p, REC_SAFE_ALL, op->key, NONE);
	}
	return (true);
}

/* The next operation; the plan is as after it. */
static inline void
plan_next(struct plan *p, struct op *op)
{
	p->ops++;
	while (!plan_try(p, op))
		continue;
}

/* What torture.c writes to the disk of marks when an operation is done. */
struct mark {
	uint64_t magic;
	uint32_t op;
	uint32_t pad;
	uint64_t ino; /* of the operation's node */
};
#define MARK_MAGIC 0x6b72616d20706d49

#endif
