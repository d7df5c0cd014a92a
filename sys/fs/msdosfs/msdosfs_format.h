/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * FAT on the disk, by Microsoft's "FAT: General Overview of On-Disk Format"
 * (version 1.03), and what can be told from it without I/O: the boot sector's
 * sense, and names.  Numbers are little-endian.
 */
#ifndef FS_MSDOSFS_FORMAT_H
#define FS_MSDOSFS_FORMAT_H

#include "lib/types.h"

#define FAT_DIRENT   32
#define FAT_SHORT    11	 /* a short name: 8 characters and 3 */
#define FAT_UNITS    13	 /* of UTF-16 in a long name's slot */
#define FAT_LONG_MAX 255 /* units of a long name */
#define FAT_SLOTS    20	 /* that a long name takes, at most */
#define FAT_DIR_MAX  (65536u * FAT_DIRENT)

/* A directory's slot: a file, */
struct fat_dirent {
	uint8_t d_name[FAT_SHORT];
	uint8_t d_attr;
	uint8_t d_case; /* FAT_LOWER_* */
	uint8_t d_ctenths;
	uint16_t d_ctime;
	uint16_t d_cdate;
	uint16_t d_adate;
	uint16_t d_start_high; /* FAT32 */
	uint16_t d_mtime;
	uint16_t d_mdate;
	uint16_t d_start;
	uint32_t d_size;
};
_Static_assert(sizeof(struct fat_dirent) == FAT_DIRENT, "directory entry");

/* or a part of the long name of the file behind it, the last part first. */
struct fat_longname {
	uint8_t l_order; /* from 1; FAT_LAST in the first slot */
	uint8_t l_units1[10];
	uint8_t l_attr; /* FAT_ATTR_LONG */
	uint8_t l_type;
	uint8_t l_sum; /* of the short name */
	uint8_t l_units2[12];
	uint16_t l_start; /* 0 */
	uint8_t l_units3[4];
};
_Static_assert(sizeof(struct fat_longname) == FAT_DIRENT, "long name");

#define FAT_FREE_END   0x00 /* in d_name[0]: this and all behind it are free */
#define FAT_FREE       0xe5
#define FAT_IS_E5      0x05 /* stands for a character 0xe5 */
#define FAT_READONLY   0x01
#define FAT_HIDDEN     0x02
#define FAT_SYSTEM     0x04
#define FAT_VOLUME     0x08
#define FAT_DIRECTORY  0x10
#define FAT_ARCHIVE    0x20
#define FAT_ATTR_LONG  0x0f
#define FAT_ATTR_MASK  0x3f
#define FAT_LAST       0x40
#define FAT_LOWER_BASE 0x08
#define FAT_LOWER_EXT  0x10

#define FAT_FIRST      2u	   /* cluster */
#define FAT_EOC	       0x0fffffffu /* the end of a chain, as we have it */

/* What the boot sector says.  All is within the disk's size. */
struct fat_layout {
	unsigned bits; /* 12, 16 or 32 */
	uint32_t sector;
	uint32_t cluster; /* bytes */
	unsigned cluster_shift;
	unsigned nfats;	    /* copies that are written, from fat_start on */
	uint64_t fat_start; /* bytes: the first that is used */
	uint64_t fat_size;  /* bytes of each */
	uint64_t root_start;
	uint32_t root_size;    /* bytes; 0 on FAT32 */
	uint32_t root_cluster; /* FAT32 */
	uint64_t info_start;   /* FAT32's hints, or 0 */
	uint64_t data_start;   /* of cluster 2 */
	uint32_t max_cluster;  /* the last one there is */
};

/* From the first 512 bytes of a disk of that size and sector: NULL, or what is
 * wrong with it. */
const char *fat_parse_boot(const uint8_t *boot, uint64_t disk_size,
    uint32_t disk_sector, struct fat_layout *l);

static inline uint64_t
fat_cluster_at(const struct fat_layout *l, uint32_t cluster)
{
	return (l->data_start +
		((uint64_t)(cluster - FAT_FIRST) << l->cluster_shift));
}

static inline bool
fat_is_cluster(const struct fat_layout *l, uint32_t cluster)
{
	return (cluster >= FAT_FIRST && cluster <= l->max_cluster);
}

/* msdosfs_name.c.  Names are UTF-8, without a NUL at their end. */
#define FAT_NAME_MAX 255
uint8_t fat_name_sum(const uint8_t *name);
/* A short name as it is shown; buf has FAT_NAME_MAX bytes. 0: it has none. */
size_t fat_short_name(const struct fat_dirent *d, bool lower, char *buf);
/* 0: it can't be shown, and the short name is. */
size_t fat_long_name(const uint16_t *units, size_t n, char *buf);
/* Units of a slot, 0 to FAT_UNITS - 1. */
uint16_t fat_get_unit(const struct fat_longname *l, unsigned i);
void fat_put_unit(struct fat_longname *l, unsigned i, uint16_t unit);
/* Are they the same, whether letters are capitals or not? */
bool fat_same_name(const char *a, size_t alen, const char *b, size_t blen);
/* To a long name; 0: it can't be one. */
size_t fat_to_units(const char *name, size_t len, uint16_t *units);
/* To a short name.  True: that is all of it, but for capitals (*exact: with
 * those, too); false: a tail must tell it from others. */
bool fat_to_short(
    const char *name, size_t len, uint8_t short_name[FAT_SHORT], bool *exact);
/* The same with "~number" at the end of the first part; and which number it
 * has, 0: none. */
#define FAT_TAIL_MAX 999999
void fat_short_tail(uint8_t short_name[FAT_SHORT], uint32_t number);
uint32_t fat_tail_number(const uint8_t short_name[FAT_SHORT]);

#endif
