/* SPDX-License-Identifier: BSD-2-Clause */
/* Everything that the reader of UFS can be asked for, of a damaged one. */
#ifndef TESTS_HOST_UFS_VISIT_H
#define TESTS_HOST_UFS_VISIT_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fs/ufs/ufs.h"

#define S_IFMT	0170000
#define S_IFDIR 0040000
#define S_IFLNK 0120000

static unsigned visits; /* left */

static void
read_some(struct ufs *fs, const struct ufs_inode *ip, uint64_t at)
{
	static uint8_t buf[200000];
	size_t done;

	if (ufs_read(fs, ip, at, buf, sizeof(buf), &done) == 0 &&
	    done > sizeof(buf))
		abort();
}

static void
visit(struct ufs *fs, uint64_t ino, int depth)
{
	struct ufs_inode ip;
	struct ufs_dirent de = {.de_next = 0};
	char link[UFS_LINK_MAX];
	size_t len;

	if (depth > 20 || visits == 0 || ufs_inode_get(fs, ino, &ip) != 0)
		return;
	visits--;
	if ((ip.i_mode & S_IFMT) == S_IFLNK) {
		(void)ufs_readlink(fs, &ip, link, &len);
		return;
	}
	read_some(fs, &ip, 0);
	read_some(fs, &ip, ip.i_size / 2);
	read_some(fs, &ip, ip.i_size - ip.i_size % 1000);
	if ((ip.i_mode & S_IFMT) != S_IFDIR)
		return;
	while (visits > 0 && ufs_dir_next(fs, &ip, de.de_next, &de) == 0) {
		if (strlen(de.de_name) != de.de_namlen)
			abort();
		if (strcmp(de.de_name, ".") != 0 &&
		    strcmp(de.de_name, "..") != 0)
			visit(fs, de.de_ino, depth + 1);
	}
}

#endif
