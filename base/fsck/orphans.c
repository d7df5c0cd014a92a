/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inodes without a name.  They are what a cut leaves of files that were being
 * made or removed.  A file system with soft updates promises that they are
 * nothing else, so there, as long as it isn't damaged, they are freed.
 * Elsewhere they get names in lost+found, but for those with nothing in them.
 */
#include <stdio.h>
#include <string.h>

#include "impl.h"

#define LOST	  "lost+found"
#define LOST_MODE (0040000 | 01777)
#define ROOT_MODE (0040000 | 0755)
#define CLIMB_MAX 64 /* levels that a lost tree is followed up */

/* The highest directory of a lost tree, by what they say themselves. */
static struct directory *
top_of(struct check *c, struct directory *dir)
{
	struct directory *up;

	for (int i = 0; i < CLIMB_MAX; i++) {
		up = directory_find(c, dotdot_get(c, dir->ino));
		if (up == NULL || up == dir || up->parent != 0 ||
		    up->ino == UFS_ROOT_INO ||
		    c->inodes[up->ino].type != DT_DIR)
			break;
		dir = up;
	}
	return (dir);
}

static void
orphan_directory(struct check *c, struct directory *dir, bool clear)
{
	report(c, CHECK_UNREFERENCED, HARMLESS,
	    "inode %u: a directory without a name", dir->ino);
	if (clear) {
		inode_clear(c, dir->ino);
		return;
	}
	dir->parent = PARENT_LOST;
	tree_walk(c, dir);
	if (c->inodes[dir->ino].type != DT_DIR)
		return;
	if (dir->entries == 0) {
		blocks_release(c, dir->ino);
		inode_clear(c, dir->ino);
		dir->parent = 0;
	} else
		c->inodes[dir->ino].marks |= INODE_REJOIN;
}

static void
orphan_file(struct check *c, uint64_t ino, bool clear)
{
	struct ufs2_dinode di;

	inode_get(c, ino, &di);
	report(c, CHECK_UNREFERENCED, HARMLESS,
	    "inode %llu: a file of %llu bytes without a name",
	    (unsigned long long)ino, (unsigned long long)di.di_size);
	if (clear || di.di_nlink <= 0 || di.di_size == 0) {
		inode_clear(c, ino);
		return;
	}
	(void)blocks_claim(c, ino);
	c->inodes[ino].marks |= INODE_REJOIN;
}

/* The root's inode holds something else, or nothing. */
static void
root_lost(struct check *c)
{
	c->late = false;
	report(c, CHECK_DAMAGE, HARD, "inode %d: the root directory is lost",
	    UFS_ROOT_INO);
	c->late = true;
	if (c->inodes[UFS_ROOT_INO].type != 0) {
		if (c->inodes[UFS_ROOT_INO].marks & INODE_CLAIMED)
			blocks_release(c, UFS_ROOT_INO);
		inode_clear(c, UFS_ROOT_INO);
	}
}

void
orphans_find(struct check *c)
{
	bool clear;

	if (c->inodes[UFS_ROOT_INO].type != DT_DIR)
		root_lost(c);
	clear = (c->fs.fs_sb.fs_flags & (UFS_SOFTUPDATES | UFS_SUJ)) &&
		c->res->found[CHECK_DAMAGE] == 0;
	for (size_t i = 0; i < c->ndirs; i++) {
		struct directory *dir = &c->dirs[i];

		while (c->inodes[dir->ino].type == DT_DIR && dir->parent == 0)
			orphan_directory(
			    c, clear ? dir : top_of(c, dir), clear);
	}
	for (uint64_t ino = UFS_ROOT_INO; ino < c->fs.fs_inodes; ino++) {
		const struct inode_info *in = &c->inodes[ino];

		if (in->type == 0 || in->type == DT_DIR ||
		    (in->marks & INODE_CLAIMED))
			continue;
		if (in->names > 0)
			(void)blocks_claim(c, ino);
		else
			orphan_file(c, ino, clear);
	}
}

/* A block more of inodes that were never written. */
static uint32_t
init_more(struct check *c, uint32_t group)
{
	const struct ufs_superblock *sb = &c->fs.fs_sb;
	uint32_t ino = group * sb->fs_ipg + c->inited[group];
	struct ufs2_dinode none;

	memset(&none, 0, sizeof(none));
	for (uint32_t i = 0; i < sb->fs_inopb; i++)
		inode_put(c, ino + i, &none);
	c->inited[group] += sb->fs_inopb;
	return (ino);
}

static uint32_t
inode_alloc(struct check *c)
{
	const struct ufs_superblock *sb = &c->fs.fs_sb;

	for (uint32_t group = 0; group < sb->fs_ncg; group++) {
		uint32_t first = group * sb->fs_ipg;

		for (uint32_t i = 0; i < c->inited[group]; i++)
			if (first + i > UFS_ROOT_INO &&
			    c->inodes[first + i].type == 0)
				return (first + i);
		if (sb->fs_ipg - c->inited[group] >= sb->fs_inopb)
			return (init_more(c, group));
	}
	return (0);
}

static bool
root_make(struct check *c)
{
	if (c->inodes[UFS_ROOT_INO].type == DT_DIR)
		return (true);
	return (directory_create(c, UFS_ROOT_INO, UFS_ROOT_INO, ROOT_MODE));
}

/* An existing one, whatever else is in it, or 0. */
static uint32_t
lost_find(struct check *c)
{
	struct ufs_inode root;
	struct directory *dir;
	uint64_t ino;

	if (ufs_inode_get(&c->fs, UFS_ROOT_INO, &root) != 0 ||
	    ufs_dir_lookup(&c->fs, &root, LOST, strlen(LOST), &ino) != 0)
		return (0);
	dir = directory_find(c, ino);
	return (dir != NULL && c->inodes[ino].type == DT_DIR &&
			dir->parent == UFS_ROOT_INO
		    ? (uint32_t)ino
		    : 0);
}

static uint32_t
lost_make(struct check *c)
{
	uint32_t ino = inode_alloc(c);

	if (ino == 0 || !directory_create(c, ino, UFS_ROOT_INO, LOST_MODE))
		return (0);
	if (!entry_add(c, UFS_ROOT_INO, LOST, ino, DT_DIR)) {
		blocks_release(c, ino);
		inode_clear(c, ino);
		return (0);
	}
	inode_links(c, UFS_ROOT_INO, 1);
	c->inodes[UFS_ROOT_INO].names++;
	return (ino);
}

static bool
rejoin(struct check *c, uint32_t lost, uint32_t ino)
{
	struct directory *dir = directory_find(c, ino);
	uint8_t type = c->inodes[ino].type;
	char name[16];

	snprintf(name, sizeof(name), "#%u", ino);
	if (!entry_add(c, lost, name, ino, type))
		return (false);
	c->inodes[ino].names++;
	c->inodes[ino].marks &= (uint8_t)~INODE_REJOIN;
	if (type == DT_DIR && dir != NULL) {
		dir->parent = lost;
		dotdot_set(c, dir, lost);
		inode_links(c, lost, 1);
	}
	return (true);
}

void
orphans_rejoin(struct check *c)
{
	uint32_t lost = 0;

	if (!root_make(c)) {
		c->incomplete = true;
		return;
	}
	for (uint64_t ino = UFS_ROOT_INO; ino < c->fs.fs_inodes; ino++) {
		if ((c->inodes[ino].marks & INODE_REJOIN) == 0)
			continue;
		if (lost == 0)
			lost = lost_find(c);
		if (lost == 0)
			lost = lost_make(c);
		if (lost == 0 || !rejoin(c, lost, (uint32_t)ino)) {
			c->incomplete = true;
			return;
		}
	}
}
