/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * journal IMAGE: what FreeBSD would make of the journal of soft updates in a
 * UFS2, by the rules of its fsck_ffs(8) and of its kernel, in one word:
 *
 *	none	the superblock promises none
 *	replay	fsck_ffs would do what it says, if the file system isn't clean
 *	over	it is of another time; the kernel may begin a new one
 *	broken	it would not be mounted for writing, or not as it should be
 */

#include <stdio.h>

#include "image.h"

#define JOURNAL_MIN   (4u << 20)
#define JOURNAL_FLAGS (0x00020000u | 0x00100000u) /* schg, sunlnk */

static bool
whole(uint64_t ino)
{
	struct ufs_inode in;
	uint64_t frag, run;

	if (ufs_inode_get(&fs, ino, &in) != 0)
		return (false);
	for (uint64_t lbn = 0; lbn < in.i_size >> fs.fs_bshift; lbn++)
		if (ufs_bmap(&fs, &in, lbn, 1, &frag, &run) != 0 || frag == 0)
			return (false);
	return (true);
}

static const char *
state(void)
{
	struct ufs_inode root;
	struct ufs2_dinode *di;
	uint64_t ino;

	if ((sb->fs_flags & UFS_SUJ) == 0)
		return (sb->fs_sujfree == 0 ? "none" : "broken");
	if (ufs_inode_get(&fs, UFS_ROOT_INO, &root) != 0 ||
	    ufs_dir_lookup(&fs, &root, ".sujournal", 10, &ino) != 0)
		return ("broken");
	di = inode(ino);
	if (di->di_mode != 0100400 || di->di_nlink != 1 ||
	    (di->di_flags & JOURNAL_FLAGS) != JOURNAL_FLAGS ||
	    di->di_size < JOURNAL_MIN || !whole(ino))
		return ("broken");
	if (di->di_modrev == (uint64_t)sb->fs_mtime)
		return ("replay");
	return (sb->fs_sujfree == 0 ? "over" : "broken");
}

int
main(int argc, char **argv)
{
	if (argc != 2)
		errx(2, "usage: journal IMAGE");
	open_image(argv[1]);
	puts(state());
	return (0);
}
