/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The boot sector: where everything is.  No state, no I/O; whatever it says is
 * checked here, so that nobody else needs to.
 */
#include "fs/msdosfs/msdosfs_format.h"
#include "lib/string.h"

/* Offsets in it. */
#define BOOT_SECTOR	 11
#define BOOT_CLUSTER	 13
#define BOOT_RESERVED	 14
#define BOOT_FATS	 16
#define BOOT_ROOT	 17
#define BOOT_TOTAL16	 19
#define BOOT_FATSIZE16	 22
#define BOOT_TOTAL32	 32
#define BOOT_FATSIZE32	 36
#define BOOT_FLAGS	 40
#define BOOT_VERSION	 42
#define BOOT_ROOTCLUSTER 44
#define BOOT_INFO	 48
#define BOOT_SIGNATURE	 510

#define FLAG_ONE_FAT	 0x80 /* only FAT number (flags & 15) is kept */
#define FAT12_CLUSTERS	 4085 /* fewer are FAT12 */
#define FAT16_CLUSTERS	 65525
#define FAT32_CLUSTERS	 0x0ffffff5u

static uint32_t
get(const uint8_t *p, unsigned bytes)
{
	uint32_t v = 0;

	for (unsigned i = 0; i < bytes; i++)
		v |= (uint32_t)p[i] << 8 * i;
	return (v);
}

static bool
power_of_two(uint32_t n)
{
	return (n != 0 && (n & (n - 1)) == 0);
}

static const char *
parse_sizes(const uint8_t *boot, uint32_t disk_sector, struct fat_layout *l)
{
	const uint32_t per_cluster = boot[BOOT_CLUSTER];

	if (get(boot + BOOT_SIGNATURE, 2) != 0xaa55)
		return ("it has no boot sector");
	l->sector = get(boot + BOOT_SECTOR, 2);
	if (!power_of_two(l->sector) || l->sector < 512 || l->sector > 4096)
		return ("its boot sector has no size of sectors");
	if (l->sector < disk_sector)
		return ("its sectors are smaller than the disk's");
	if (!power_of_two(per_cluster) || l->sector * per_cluster > 65536)
		return ("its boot sector has no size of clusters");
	l->cluster = l->sector * per_cluster;
	l->cluster_shift = (unsigned)__builtin_ctz(l->cluster);
	return (NULL);
}

/* Which of the FATs are used. */
static const char *
parse_fats(const uint8_t *boot, struct fat_layout *l)
{
	const uint32_t flags = l->bits == 32 ? get(boot + BOOT_FLAGS, 2) : 0;
	const uint32_t reserved = get(boot + BOOT_RESERVED, 2);

	l->nfats = boot[BOOT_FATS];
	if (reserved == 0 || l->nfats == 0 || l->fat_size == 0)
		return ("its boot sector has no FAT");
	l->fat_start = (uint64_t)reserved * l->sector;
	l->root_start = l->fat_start + l->nfats * l->fat_size;
	if ((flags & FLAG_ONE_FAT) == 0)
		return (NULL);
	if ((flags & 15) >= l->nfats)
		return ("its boot sector names a FAT that isn't there");
	l->fat_start += (flags & 15) * l->fat_size;
	l->nfats = 1;
	return (NULL);
}

/* FAT32 alone: its root is a file like others. */
static const char *
parse_fat32(const uint8_t *boot, struct fat_layout *l)
{
	const uint32_t info = get(boot + BOOT_INFO, 2);

	if (get(boot + BOOT_VERSION, 2) != 0)
		return ("its version of FAT32 isn't known");
	l->root_cluster = get(boot + BOOT_ROOTCLUSTER, 4);
	if (!fat_is_cluster(l, l->root_cluster))
		return ("its boot sector has no root");
	if (info != 0 && info < get(boot + BOOT_RESERVED, 2))
		l->info_start = (uint64_t)info * l->sector;
	return (NULL);
}

const char *
fat_parse_boot(const uint8_t *boot, uint64_t disk_size, uint32_t disk_sector,
    struct fat_layout *l)
{
	uint64_t total = get(boot + BOOT_TOTAL16, 2), clusters, entries;
	const char *why;

	memset(l, 0, sizeof(*l));
	why = parse_sizes(boot, disk_sector, l);
	if (why != NULL)
		return (why);
	if (total == 0)
		total = get(boot + BOOT_TOTAL32, 4);
	total *= l->sector;
	l->fat_size = (uint64_t)get(boot + BOOT_FATSIZE16, 2) * l->sector;
	if (l->fat_size == 0) {
		l->bits = 32;
		l->fat_size =
		    (uint64_t)get(boot + BOOT_FATSIZE32, 4) * l->sector;
	}
	why = parse_fats(boot, l);
	if (why != NULL)
		return (why);
	l->root_size = get(boot + BOOT_ROOT, 2) * FAT_DIRENT;
	if ((l->root_size == 0) != (l->bits == 32))
		return ("its boot sector has no root");
	l->data_start =
	    l->root_start + roundup2((uint64_t)l->root_size, l->sector);
	if (total > disk_size)
		return ("it is larger than the disk");
	if (l->data_start >= total || total - l->data_start < l->cluster)
		return ("it has no room for files");
	clusters = (total - l->data_start) >> l->cluster_shift;
	if (l->bits == 0)
		l->bits = clusters < FAT12_CLUSTERS ? 12 : 16;
	if (clusters >= (l->bits == 32 ? FAT32_CLUSTERS : FAT16_CLUSTERS))
		return ("it has more clusters than a FAT can");
	/* A FAT that is too small for all of them leaves some unused. */
	entries = l->fat_size * 8 / l->bits;
	if (entries <= FAT_FIRST)
		return ("its boot sector has no FAT");
	l->max_cluster = (uint32_t)MIN(clusters + 1, entries - 1);
	return (l->bits == 32 ? parse_fat32(boot, l) : NULL);
}
