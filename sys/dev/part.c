/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is on a whole disk: a GPT, slices of an MBR, or no table.
 *
 * A disk with a GPT has an MBR that keeps others off it.  The GPT's first copy
 * is behind that, the second in the last sector; whichever is good is used,
 * the first if both are, and a damaged one is spoken of.
 */
#include "dev/part_table.h"
#include "fbsd/errno.h"
#include "kern/bio.h"
#include "kern/printf.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "vm/kmem.h"

/* Partitions that get a name; a hostile table may have many more. */
#define PARTS_MAX 128
/* Logical partitions are a chain, which might not end. */
#define LOGICAL_FIRST 5
#define LOGICAL_MAX   60

/* One copy of a GPT: 0, EINVAL if it is none, or why it can't be read. *table
 * is kmem of the size that the header tells. */
static int
read_gpt(struct disk *dp, const struct part_disk *pd, uint64_t lba,
    uint8_t *sector, struct gpt_header *gh, uint8_t **table)
{
	size_t size;
	int error;

	error = disk_read(dp, lba * pd->pd_sector, sector, pd->pd_sector);
	if (error != 0)
		return (error);
	if (!gpt_parse_header(sector, pd, lba, gh))
		return (EINVAL);
	size = roundup2(
	    (size_t)gh->gh_entries * gh->gh_entry_size, (size_t)pd->pd_sector);
	*table = kmem_alloc(size, 0);
	if (*table == NULL)
		return (ENOMEM);
	error = disk_read(dp, gh->gh_table * pd->pd_sector, *table, size);
	if (error == 0 && !gpt_table_good(gh, *table))
		error = EINVAL;
	if (error != 0)
		kmem_free(*table, size);
	return (error);
}

static void
add_gpt_parts(struct disk *dp, const struct part_disk *pd,
    const struct gpt_header *gh, const uint8_t *table)
{
	struct part pt;
	unsigned n = 0;

	for (unsigned i = 0; i < gh->gh_entries && n < PARTS_MAX; i++) {
		if (!gpt_parse_entry(gh, pd, table, i, &pt))
			continue;
		snprintf(pt.pt_name, sizeof(pt.pt_name), "p%u", pt.pt_index);
		disk_add_part(dp, &pt);
		n++;
	}
}

static void
taste_gpt(struct disk *dp, const struct part_disk *pd, uint8_t *sector)
{
	struct gpt_header gh;
	uint8_t *table;
	int error;

	error = read_gpt(dp, pd, 1, sector, &gh, &table);
	if (error != 0) {
		error =
		    read_gpt(dp, pd, pd->pd_sectors - 1, sector, &gh, &table);
		if (error == 0)
			kprintf("%s: the first GPT is damaged, the backup at "
				"the end is used\n",
			    dp->d_name);
	}
	if (error != 0) {
		kprintf("%s: the GPT and its backup are damaged\n", dp->d_name);
		return;
	}
	dp->d_scheme = DISK_GPT;
	add_gpt_parts(dp, pd, &gh, table);
	kmem_free(table, roundup2((size_t)gh.gh_entries * gh.gh_entry_size,
			     (size_t)pd->pd_sector));
}

/* Logical partitions: each has a table with itself and where the next one's
 * table is, from the start of the extended partition. */
static void
add_logical(struct disk *dp, const struct part_disk *pd, uint8_t *sector,
    const struct part *extended)
{
	uint64_t base = extended->pt_start / pd->pd_sector, at = base;
	struct part pt, next;

	for (unsigned i = 0; i < LOGICAL_MAX; i++) {
		if (disk_read(dp, at * pd->pd_sector, sector, pd->pd_sector) !=
			0 ||
		    !mbr_good(sector))
			return;
		if (mbr_parse_entry(sector, pd, 0, at, &pt)) {
			pt.pt_index = LOGICAL_FIRST + i;
			snprintf(
			    pt.pt_name, sizeof(pt.pt_name), "s%u", pt.pt_index);
			disk_add_part(dp, &pt);
		}
		if (!mbr_parse_entry(sector, pd, 1, base, &next) ||
		    !mbr_is_extended(&next))
			return;
		at = next.pt_start / pd->pd_sector;
	}
}

static void
taste_mbr(struct disk *dp, const struct part_disk *pd, uint8_t *sector)
{
	struct part pt, extended = {.pt_size = 0};

	for (unsigned i = 0; i < 4; i++) {
		if (!mbr_parse_entry(sector, pd, i, 0, &pt))
			continue;
		dp->d_scheme = DISK_MBR;
		snprintf(pt.pt_name, sizeof(pt.pt_name), "s%u", pt.pt_index);
		disk_add_part(dp, &pt);
		if (mbr_is_extended(&pt))
			extended = pt;
	}
	if (extended.pt_size != 0)
		add_logical(dp, pd, sector, &extended);
}

/* With a sector's memory. */
static void
taste(struct disk *dp, const struct part_disk *pd, uint8_t *sector)
{
	int error = disk_read(dp, 0, sector, pd->pd_sector);
	bool mbr;

	if (error != 0) {
		kprintf("%s: can't read its partition table: error %d\n",
		    dp->d_name, error);
		return;
	}
	mbr = mbr_good(sector);
	if (mbr && !mbr_is_protective(sector))
		taste_mbr(dp, pd, sector);
	else if (mbr || memcmp(sector, "\0\0\0\0\0\0\0\0", 8) == 0) {
		/* A lost first sector doesn't lose the GPT behind it. */
		if (!mbr &&
		    (disk_read(dp, pd->pd_sector, sector, pd->pd_sector) != 0 ||
			memcmp(sector, "EFI PART", 8) != 0))
			return;
		taste_gpt(dp, pd, sector);
	}
}

void
part_taste(struct disk *dp)
{
	const struct part_disk pd = {dp->d_sector, dp->d_size / dp->d_sector};
	uint8_t *sector;

	if (pd.pd_sectors < 4)
		return;
	sector = kmem_alloc(pd.pd_sector, 0);
	if (sector == NULL)
		return;
	taste(dp, &pd, sector);
	kmem_free(sector, pd.pd_sector);
	part_ufs_label(dp);
}
