/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The journal of soft updates, which FreeBSD keeps in a file of the root.  It
 * isn't read here: a whole check does what it would do.  But FreeBSD must know
 * that it is over, which it does by a time that the superblock and the file's
 * inode have in common; and a superblock that promises one which isn't there,
 * or has holes, could not be mounted by it, or worse.
 */
#include <string.h>

#include "impl.h"

#define JOURNAL	    ".sujournal"
#define JOURNAL_MIN (4u << 20) /* bytes */

static bool
has_hole(struct check *c, const struct ufs_inode *file)
{
	uint64_t blocks = file->i_size >> c->fs.fs_bshift;
	uint64_t frag, run;

	for (uint64_t lbn = 0; lbn < blocks; lbn += run)
		if (ufs_bmap(&c->fs, file, lbn, blocks - lbn, &frag, &run) !=
			0 ||
		    frag == 0)
			return (true);
	return (false);
}

/* Why FreeBSD could not use it, or NULL. */
static const char *
useless(struct check *c)
{
	struct ufs_inode root, file;
	struct ufs2_dinode di;
	uint64_t ino;

	if (ufs_inode_get(&c->fs, UFS_ROOT_INO, &root) != 0 ||
	    ufs_dir_lookup(&c->fs, &root, JOURNAL, strlen(JOURNAL), &ino) != 0)
		return ("isn't there");
	if (ufs_inode_get(&c->fs, ino, &file) != 0 ||
	    DT_OF(file.i_mode) != DT_REG)
		return ("isn't a file");
	if (file.i_size < JOURNAL_MIN)
		return ("is too small");
	if (has_hole(c, &file))
		return ("has holes");
	inode_get(c, ino, &di);
	c->journal_time = (int64_t)di.di_modrev;
	return (NULL);
}

void
journal_check(struct check *c)
{
	struct ufs_superblock *sb = &c->fs.fs_sb;
	const char *why;

	if (c->ufs1 || (sb->fs_flags & UFS_SUJ) == 0)
		return;
	why = useless(c);
	if (why == NULL)
		return;
	report(c, CHECK_DAMAGE, HARMLESS,
	    "superblock: it promises a journal, but " JOURNAL " %s", why);
	sb->fs_flags &= ~UFS_SUJ;
	sb->fs_sujfree = 0;
}

/* It is about another time, and the inodes that it was to free are free. */
void
journal_end(struct check *c)
{
	struct ufs_superblock *sb = &c->fs.fs_sb;

	if ((sb->fs_flags & UFS_SUJ) == 0)
		return;
	sb->fs_mtime = c->opt->now;
	if (sb->fs_mtime == c->journal_time)
		sb->fs_mtime--;
	sb->fs_sujfree = 0;
}
