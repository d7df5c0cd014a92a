/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What must be there after a power cut, by the records of torture.h's plan.
 *
 * A key (a name in a folder) may lead to where it led when that was last made
 * safe, or to where any operation since then made it lead.  A node that was
 * safe, and has had a name all the time since, is there under some name: a
 * rename leaves the old name, or the new one, or both.  A file has the content
 * that was made safe, but for what was written or cut off since; and each byte
 * is one that the file had at some time since then, or, where it was cut or has
 * grown, 0: never what another file had.
 */

#include "judge.h"

#include <stdarg.h>
#include <stdlib.h>

#include "torture.h"

#define CHOICES 48

struct key_state {
	bool seen;
	uint16_t now;
	unsigned n;
	uint16_t allowed[CHOICES];
};

struct node_state {
	bool must_be, found;
	uint16_t links;
	unsigned safe; /* records that the safe content is made of */
};

static struct plan plan;
static char names[NAMES][256];
static uint64_t ino_of[MAX_NODES];

static struct key_state keys[MAX_FOLDERS][NAMES];
static struct node_state nodes[MAX_NODES];
static unsigned nrecords; /* that may have happened */
static unsigned faults;
static struct ufs fs;

static void __attribute__((format(printf, 1, 2))) fault(const char *format, ...)
{
	va_list ap;

	faults++;
	printf("  ");
	va_start(ap, format);
	vprintf(format, ap);
	va_end(ap);
	putchar('\n');
}

void
judge_begin(uint64_t seed, uint32_t ops, const uint64_t *inos)
{
	struct op op;

	for (unsigned i = 0; i < NAMES; i++)
		plan_name(i, names[i]);
	plan_begin(&plan, seed);
	ino_of[ROOT] = UFS_ROOT_INO;
	for (uint32_t i = 1; i <= ops; i++) {
		plan_next(&plan, &op);
		if (op.kind == OP_CREATE || op.kind == OP_MKDIR)
			ino_of[op.node] = inos[i];
	}
}

static struct key_state *
key_state(struct key key)
{
	return (&keys[key.folder][key.name]);
}

/* The newest is the last. */
static void
allow(struct key_state *k, uint16_t node)
{
	unsigned n = 0;

	k->now = node;
	for (unsigned i = 0; i < k->n; i++)
		if (k->allowed[i] != node)
			k->allowed[n++] = k->allowed[i];
	if (n == CHOICES)
		abort();
	k->allowed[n++] = node;
	k->n = n;
}

static void
only(struct key_state *k)
{
	k->n = 1;
	k->allowed[0] = k->now;
}

static void
all_safe(unsigned at)
{
	for (unsigned f = 0; f < plan.nfolders; f++)
		for (unsigned i = 0; i < NAMES; i++)
			only(&keys[f][i]);
	for (unsigned i = 0; i < plan.nnodes; i++) {
		nodes[i].must_be = nodes[i].links > 0;
		nodes[i].safe = at;
	}
}

static void
one_record(const struct record *r, unsigned at, bool whole)
{
	struct node_state *n = &nodes[r->node];

	switch (r->kind) {
	case REC_BIND:
		allow(key_state(r->key), r->node);
		return;
	case REC_LINKS:
		n->links = (uint16_t)r->length;
		n->must_be = n->must_be && n->links > 0;
		return;
	case REC_WRITE:
	case REC_TRUNCATE:
		return;
	default:
		break;
	}
	/* What isn't done makes nothing safe. */
	if (!whole)
		return;
	if (r->kind == REC_SAFE_KEY)
		only(key_state(r->key));
	else if (r->kind == REC_SAFE_NODE)
		n->must_be = true;
	else if (r->kind == REC_SAFE_CONTENT)
		n->safe = at;
	else
		all_safe(at);
}

/* What is allowed when so many operations are done. */
static void
allowed_after(uint32_t done)
{
	memset(keys, 0, sizeof(keys));
	memset(nodes, 0, sizeof(nodes));
	nodes[ROOT].links = 1;
	nodes[ROOT].found = true;
	for (unsigned f = 0; f < plan.nfolders; f++)
		for (unsigned i = 0; i < NAMES; i++)
			only(&keys[f][i]);
	for (nrecords = 0;
	     nrecords < plan.nrecords && plan.records[nrecords].op <= done + 1;
	     nrecords++)
		one_record(&plan.records[nrecords], nrecords,
		    plan.records[nrecords].op <= done);
}

/* The content that was safe, and its size. */
static uint32_t
safe_content(uint16_t node, uint8_t *buf)
{
	uint32_t size = 0;

	memset(buf, 0, MAX_SIZE);
	for (unsigned i = 0; i < nodes[node].safe; i++) {
		const struct record *r = &plan.records[i];

		if (r->node != node)
			continue;
		if (r->kind == REC_WRITE) {
			plan_fill(
			    node, r->op, r->offset, buf + r->offset, r->length);
			if (r->offset + r->length > size)
				size = r->offset + r->length;
		} else if (r->kind == REC_TRUNCATE) {
			if (r->length < size)
				memset(buf + r->length, 0, size - r->length);
			size = r->length;
		}
	}
	return (size);
}

/* Bytes of `data` that a later write may have left there are taken. */
static void
take_write(
    const struct record *r, const uint8_t *data, uint32_t size, bool *taken)
{
	static uint8_t buf[MAX_SIZE];

	plan_fill(r->node, r->op, r->offset, buf, r->length);
	for (uint32_t i = 0; i < r->length && r->offset + i < size; i++)
		if (data[r->offset + i] == buf[i])
			taken[r->offset + i] = true;
}

/* NULL, or what is wrong with the content. */
static const char *
wrong_content(uint16_t node, const uint8_t *data, uint32_t size)
{
	static bool taken[MAX_SIZE];
	static uint8_t safe[MAX_SIZE];
	static char text[100];
	uint32_t now = safe_content(node, safe), least = now;
	bool size_fits = size == now;

	for (uint32_t i = 0; i < size; i++)
		taken[i] = i < now && data[i] == safe[i];
	for (unsigned i = nodes[node].safe; i < nrecords; i++) {
		const struct record *r = &plan.records[i];
		uint32_t end = r->offset + r->length;

		if (r->node != node)
			continue;
		if (r->kind == REC_WRITE) {
			take_write(r, data, size, taken);
			if (end > now) {
				size_fits |= size >= now && size <= end;
				now = end;
			}
		} else if (r->kind == REC_TRUNCATE) {
			now = r->length;
			size_fits |= size == now;
			least = now < least ? now : least;
		}
	}
	if (!size_fits) {
		snprintf(
		    text, sizeof(text), "a size of %u (and not %u)", size, now);
		return (text);
	}
	for (uint32_t i = 0; i < size; i++)
		if (!taken[i] && (data[i] != 0 || i < least)) {
			snprintf(text, sizeof(text),
			    "a byte %02x at %u that it never had", data[i], i);
			return (text);
		}
	return (NULL);
}

/* NULL, or why the inode can't be this node. */
static const char *
wrong_inode(uint16_t node, const struct ufs_inode *ip)
{
	static uint8_t data[MAX_SIZE];
	size_t done;

	if (ino_of[node] != 0 && ino_of[node] != ip->i_ino)
		return ("another inode");
	if (plan.nodes[node].is_folder)
		return ((ip->i_mode & 0170000) == 0040000 ? NULL : "no folder");
	if ((ip->i_mode & 0170000) != 0100000)
		return ("no file");
	if (ip->i_size > MAX_SIZE)
		return ("a size that no file ever had");
	if (ufs_read(&fs, ip, 0, data, ip->i_size, &done) != 0 ||
	    done != ip->i_size)
		return ("a read error");
	return (wrong_content(node, data, (uint32_t)done));
}

/* The node that this entry leads to, NONE and a fault if it is none of those
 * that it may lead to. */
static uint16_t
entry(struct key key, uint64_t ino)
{
	struct key_state *k = key_state(key);
	const char *why = "no operation made that name", *reason;
	struct ufs_inode inode;

	k->seen = true;
	if (ufs_inode_get(&fs, ino, &inode) != 0) {
		fault("%s in folder %u leads to no inode", names[key.name],
		    key.folder);
		return (NONE);
	}
	/* An inode that is used again is the newest that it may be. */
	for (unsigned i = k->n; i-- > 0;) {
		if (k->allowed[i] == NONE)
			continue;
		reason = wrong_inode(k->allowed[i], &inode);
		if (reason == NULL) {
			nodes[k->allowed[i]].found = true;
			return (k->allowed[i]);
		}
		why = reason;
	}
	fault("%s in folder %u, inode %llu: %s", names[key.name], key.folder,
	    (unsigned long long)ino, why);
	return (NONE);
}

static bool
key_of(uint16_t folder, const char *name, struct key *key)
{
	for (uint16_t i = 0; i < NAMES; i++)
		if (strcmp(name, names[i]) == 0) {
			*key = (struct key){folder, i};
			return (true);
		}
	return (false);
}

static void
missing_in(uint16_t folder)
{
	for (unsigned i = 0; i < NAMES; i++) {
		const struct key_state *k = &keys[folder][i];
		bool may = k->seen;

		for (unsigned c = 0; c < k->n; c++)
			may = may || k->allowed[c] == NONE;
		if (!may)
			fault("%s in folder %u is missing", names[i], folder);
	}
}

static void
walk(uint16_t folder, uint64_t ino, unsigned depth)
{
	struct ufs_dirent de = {.de_next = 0};
	struct ufs_inode dir;
	struct key key;
	uint16_t node;
	int error;

	if (depth > MAX_FOLDERS || ufs_inode_get(&fs, ino, &dir) != 0) {
		fault("folder %u can't be read", folder);
		return;
	}
	while ((error = ufs_dir_next(&fs, &dir, de.de_next, &de)) == 0) {
		if (strcmp(de.de_name, ".") == 0 ||
		    strcmp(de.de_name, "..") == 0 ||
		    (folder == 0 && strcmp(de.de_name, "lost+found") == 0) ||
		    (folder == 0 && strcmp(de.de_name, ".snap") == 0))
			continue; /* made by repairs; by newfs */
		if (!key_of(folder, de.de_name, &key)) {
			fault("%s in folder %u: an unknown name", de.de_name,
			    folder);
			continue;
		}
		node = entry(key, de.de_ino);
		if (node != NONE && plan.nodes[node].is_folder)
			walk(plan.nodes[node].number, de.de_ino, depth + 1);
	}
	if (error != 2) /* ENOENT: the end */
		fault("folder %u: error %d", folder, error);
	missing_in(folder);
}

unsigned
judge_tree(struct ufs_device *dev, uint32_t done)
{
	const char *why;

	faults = 0;
	allowed_after(done);
	if (ufs_open(&fs, dev, &why) != 0) {
		fault("the file system: %s", why);
		return (faults);
	}
	if (why != NULL && ufs_unclean(&fs) == NULL)
		fault("the file system: %s", why);
	walk(0, UFS_ROOT_INO, 0);
	for (unsigned i = ROOT; i < plan.nnodes; i++)
		if (nodes[i].must_be && !nodes[i].found)
			fault("the %s of inode %llu is lost",
			    plan.nodes[i].is_folder ? "folder" : "file",
			    (unsigned long long)ino_of[i]);
	return (faults);
}
