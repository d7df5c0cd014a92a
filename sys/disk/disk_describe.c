/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is on a disk, by looking; and the labels of file systems.
 */
#include "core/module.h"
#include "disk/part_describe.h"
#include "disk/part_table.h"
#include "fbsd/errno.h"
#include "disk/bio.h"
#include "lib/string.h"
#include "vm/kmem.h"

static bool
is_geli(struct disk *dp)
{
	uint8_t *sector = kmem_alloc(dp->d_sector, 0);
	bool is;

	if (sector == NULL)
		return (false);
	is = disk_read(dp, dp->d_size - dp->d_sector, sector, dp->d_sector) ==
		 0 &&
	     part_is_geli(sector);
	kmem_free(sector, dp->d_sector);
	return (is);
}

/* Those that leave no traces on the disk. */
static const char *
name_by_type(const struct disk *dp)
{
	const char *type;

	if (dp->d_whole->d_scheme != DISK_GPT || dp->d_whole == dp)
		return (NULL);
	type = part_type_name(dp->d_type);
	if (type == NULL)
		return (NULL);
	if (strcmp(type, "freebsd-swap") == 0)
		return ("swap space");
	if (strcmp(type, "freebsd-boot") == 0)
		return ("FreeBSD's boot program");
	return (NULL);
}

static const char *
describe_start(struct disk *dp)
{
	size_t size = MIN(dp->d_size, (uint64_t)PART_DESCRIBE_SIZE);
	uint8_t *data = kmem_alloc(size, 0);
	const char *name;

	if (data == NULL)
		return ("unreadable (no memory to look)");
	if (disk_read(dp, 0, data, size) != 0)
		name = "unreadable";
	else
		name = part_describe(data, size);
	kmem_free(data, size);
	return (name);
}

const char *
disk_describe(struct disk *dp)
{
	const char *name;

	if (dp->d_size == 0)
		return ("nothing (its size is 0)");
	(void)disk_taste();
	if (is_geli(dp))
		return ("encrypted data (GELI)");
	name = name_by_type(dp);
	if (name == NULL)
		name = describe_start(dp);
	return (name != NULL ? name : "unknown data");
}

/* Is the partition one that UFS might be in? */
static bool
may_be_ufs(const struct disk *dp)
{
	const char *type;

	if (dp->d_whole == dp)
		return (dp->d_scheme == DISK_PLAIN);
	if (dp->d_whole->d_scheme != DISK_GPT)
		return (true);
	type = part_type_name(dp->d_type);
	return (type != NULL && strcmp(type, "freebsd-ufs") == 0);
}

/* UFS2's superblock, and UFS1's. */
void
part_ufs_label(struct disk *dp, char *label)
{
	static const unsigned places[] = {65536, 8192};
	const size_t size = PAGE_SIZE;
	const uint8_t *name;
	uint8_t *sb;
	size_t n;

	label[0] = '\0';
	sb = may_be_ufs(dp) ? kmem_alloc(size, 0) : NULL;
	if (sb == NULL)
		return;
	for (unsigned i = 0; i < nitems(places); i++) {
		if (places[i] + size > dp->d_size ||
		    disk_read(dp, places[i], sb, size) != 0 ||
		    ufs_version(sb) == UFS_NONE)
			continue;
		name = ufs_volume_name(sb, &n);
		if (!part_label(name, n, label, DISK_LABEL_MAX))
			label[0] = '\0';
		break;
	}
	kmem_free(sb, size);
}

MODULE(g_label, "g_label");
