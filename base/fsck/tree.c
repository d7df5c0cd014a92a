/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tree of directories, walked in breadth from the root, so that neither
 * depth nor circles matter: the entry that leads to a directory first is its
 * name, and what else leads there is dealt with when all have been read.
 */
#include <stdlib.h>

#include "impl.h"

#define CLIMB_MAX  4096	    /* directories, one in the other */
#define CLIMBS_MAX 20000000 /* in all, lest hostile trees take forever */

void
directory_add(struct check *c, uint64_t ino)
{
	c->dirs =
	    check_grow(c, c->dirs, c->ndirs, &c->room_dirs, sizeof(*c->dirs));
	c->dirs[c->ndirs++] = (struct directory){.ino = (uint32_t)ino};
}

/* Inodes were scanned, and directories added, by number. */
struct directory *
directory_find(struct check *c, uint64_t ino)
{
	size_t low = 0, high = c->ndirs;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (c->dirs[middle].ino == ino)
			return (&c->dirs[middle]);
		if (c->dirs[middle].ino < ino)
			low = middle + 1;
		else
			high = middle;
	}
	return (NULL);
}

/* A name as it can be shown on one line. */
static const char *
show(const struct entry *e, char *text)
{
	for (unsigned i = 0; i < e->namlen; i++)
		text[i] =
		    e->name[i] >= ' ' && e->name[i] != 0x7f ? e->name[i] : '?';
	text[e->namlen] = '\0';
	return (text);
}

static void
second_add(
    struct check *c, struct directory *dir, uint32_t child, uint64_t where)
{
	c->seconds = check_grow(
	    c, c->seconds, c->nseconds, &c->room_seconds, sizeof(*c->seconds));
	c->seconds[c->nseconds++] =
	    (struct second_name){dir->ino, child, where};
}

static void
child_found(struct check *c, struct directory *dir, const struct entry *e)
{
	struct directory *child = directory_find(c, e->ino);

	if (e->ino == UFS_ROOT_INO || child == NULL || child->parent != 0) {
		second_add(c, dir, e->ino, e->where);
		return;
	}
	child->parent = dir->ino;
	child->where = e->where;
	c->inodes[e->ino].names++;
	c->queue[c->queue_tail++] = (size_t)(child - c->dirs);
}

static enum verdict
entry_look(struct check *c, struct directory *dir, struct entry *e)
{
	enum verdict verdict = KEEP;
	struct inode_info *in;
	char text[UFS_NAME_MAX + 1];

	if (e->type == DT_WHT && e->ino == 1)
		return (KEEP);
	if (e->ino < UFS_ROOT_INO || e->ino >= c->fs.fs_inodes ||
	    c->inodes[e->ino].type == 0) {
		report(c, CHECK_DAMAGE, HARD,
		    "directory %u: '%s' leads to inode %u, which isn't in use",
		    dir->ino, show(e, text), e->ino);
		return (REMOVE);
	}
	in = &c->inodes[e->ino];
	if (e->type != in->type) {
		report(c, CHECK_DAMAGE, HARMLESS,
		    "directory %u: '%s' has the wrong type", dir->ino,
		    show(e, text));
		e->type = in->type;
		verdict = CHANGED;
	}
	dir->entries++;
	if (c->late)
		in->marks |= INODE_LATE;
	if (in->type == DT_DIR)
		child_found(c, dir, e);
	else
		in->names++;
	return (verdict);
}

/* A directory that can't be one. */
static void
directory_drop(struct check *c, struct directory *dir)
{
	struct directory *parent = directory_find(c, dir->parent);

	report(c, CHECK_DAMAGE, HARD, "directory %u: it has no contents",
	    dir->ino);
	blocks_release(c, dir->ino);
	if (parent != NULL && parent != dir) {
		entry_remove(c, dir->parent, dir->where);
		parent->entries--;
	}
	dir->parent = 0;
	inode_clear(c, dir->ino);
}

/* Is a directory another one, or below it? If it takes too long to find out it
 * is taken for that. */
static bool
is_inside(struct check *c, uint32_t ino, uint32_t child)
{
	struct directory *dir;

	for (int i = 0; i < CLIMB_MAX && c->climbs < CLIMBS_MAX; i++) {
		c->climbs++;
		if (ino == child)
			return (true);
		if (ino == UFS_ROOT_INO)
			return (false);
		dir = directory_find(c, ino);
		if (dir == NULL || dir->parent == 0)
			return (false);
		ino = dir->parent;
	}
	return (true);
}

/* The name that goes, of the two that a directory has: that in the directory
 * where its .. doesn't lead. */
static void
second_resolve(struct check *c, const struct second_name *s)
{
	struct directory *child = directory_find(c, s->child);
	uint32_t dir = s->dir;
	uint64_t where = s->where;

	if (child != NULL && c->inodes[s->child].type == DT_DIR) {
		bool circle = is_inside(c, s->dir, s->child);

		report(c, circle ? CHECK_DAMAGE : CHECK_NAMES,
		    circle ? HARD : HARMLESS,
		    "directory %u: directory %u has a name for it, too",
		    s->child, s->dir);
		child->two_names = true;
		if (!circle && child->parent != PARENT_LOST &&
		    child->dotdot == s->dir && child->parent != s->dir) {
			dir = child->parent;
			where = child->where;
			child->parent = s->dir;
			child->where = s->where;
		}
	}
	entry_remove(c, dir, where);
	child = directory_find(c, dir);
	if (child != NULL)
		child->entries--;
}

void
tree_walk(struct check *c, struct directory *from)
{
	if (c->queue == NULL)
		c->queue = check_alloc(c, c->ndirs, sizeof(*c->queue));
	if (from == NULL)
		return;
	if (from->ino == UFS_ROOT_INO)
		from->parent = UFS_ROOT_INO;
	c->queue_head = c->queue_tail = 0;
	c->queue[c->queue_tail++] = (size_t)(from - c->dirs);
	while (c->queue_head < c->queue_tail) {
		struct directory *dir = &c->dirs[c->queue[c->queue_head++]];

		if (blocks_claim(c, dir->ino))
			directory_read(c, dir, entry_look);
		else
			directory_drop(c, dir);
	}
	for (size_t i = 0; i < c->nseconds; i++)
		second_resolve(c, &c->seconds[i]);
	c->nseconds = 0;
}

void
files_claim(struct check *c)
{
	for (uint64_t ino = UFS_ROOT_INO; ino < c->fs.fs_inodes; ino++) {
		const struct inode_info *in = &c->inodes[ino];

		if (in->type != 0 && in->type != DT_DIR && in->names > 0)
			(void)blocks_claim(c, ino);
	}
}

/* Every directory leads back to the one that it is in; and these are names,
 * too. */
void
tree_check(struct check *c)
{
	for (size_t i = 0; i < c->ndirs; i++) {
		struct directory *dir = &c->dirs[i];

		if (c->inodes[dir->ino].type != DT_DIR || dir->parent == 0 ||
		    dir->parent == PARENT_LOST)
			continue;
		if (dir->dotdot != dir->parent) {
			report(c, dir->two_names ? CHECK_NAMES : CHECK_DAMAGE,
			    HARMLESS,
			    "directory %u: its .. leads to %u, but it is in %u",
			    dir->ino, dir->dotdot, dir->parent);
			dotdot_set(c, dir, dir->parent);
		}
		c->inodes[dir->ino].names++;
		c->inodes[dir->parent].names++;
	}
}
