/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NEWFS_FORMAT_H
#define NEWFS_FORMAT_H

/* An empty UFS2 file system: how large its parts are, and what is written. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fs/ufs/ufs_format.h"

struct format_options {
	uint64_t size; /* bytes */
	uint32_t bsize, fsize;
	uint32_t density; /* bytes for each inode */
	uint32_t minfree; /* per cent */
	uint32_t avgfilesize, avgfpdir;
	bool softupdates;
	bool snap; /* with a directory .snap */
	const char *label;
	int64_t now; /* seconds since the epoch */
	uint32_t (*random)(void);
};

struct format_target {
	/* 0, or -1 with errno. */
	int (*ft_write)(struct format_target *target, uint64_t offset,
	    const void *buf, size_t size);
};

/* NULL, or why it can't be. */
const char *format_layout(
    const struct format_options *opt, struct ufs_superblock *sb);
/* 0, or -1 with errno.  The superblock is written last. */
int format_write(struct format_target *target, const struct format_options *opt,
    struct ufs_superblock *sb);
/* What format_write() ends with, once more for other sums of the groups
 * (fs_cssize bytes): those, and the superblock with its copies. */
int format_finish(struct format_target *target, struct ufs_superblock *sb,
    const struct ufs_csum *sums);

#endif
