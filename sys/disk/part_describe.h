/* SPDX-License-Identifier: BSD-2-Clause */
/* What data on a disk look like; any bytes may be thrown at it. */
#ifndef DISK_PART_DESCRIBE_H
#define DISK_PART_DESCRIBE_H

#include "lib/types.h"

/* The first `size` bytes of a disk; NULL: not known, else words for people. */
const char *part_describe(const uint8_t *data, size_t size);
#define PART_DESCRIBE_SIZE 131072

/* A sector, the disk's last: geli(8)'s metadata. */
bool part_is_geli(const uint8_t *last_sector);

/* A superblock, UFS_SUPER_SIZE bytes. */
enum ufs_version { UFS_NONE, UFS_1, UFS_2, UFS_UNFINISHED };
#define UFS_SUPER_SIZE 1376
enum ufs_version ufs_version(const uint8_t *sb);
const uint8_t *ufs_volume_name(const uint8_t *sb, size_t *n);

#endif
