/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef FSCK_CGROUP_H
#define FSCK_CGROUP_H

/* A cylinder group's own block in memory, for newfs as well. */

#include "fs/ufs/ufs_format.h"

bool cg_bit(const uint8_t *map, uint32_t i);
void cg_set(uint8_t *map, uint32_t i, bool on);

/* Empties the block, fs_cgsize bytes, but for its header. */
void cg_header(const struct ufs_superblock *sb, uint32_t group, uint32_t frags,
    int64_t now, struct ufs_cg *cg);
/* All sums that follow from the maps of inodes and fragments; cs_ndir isn't
 * one. */
void cg_sum(const struct ufs_superblock *sb, struct ufs_cg *cg);
uint32_t cg_hash(const struct ufs_superblock *sb, const struct ufs_cg *cg);

#endif
