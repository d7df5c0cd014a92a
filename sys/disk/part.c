/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Partition tables of the kernel's disks: part_walk.c finds what is in them,
 * and a damaged one is spoken of.
 */
#include "disk/part_table.h"
#include "fbsd/errno.h"
#include "disk/bio.h"
#include "core/module.h"
#include "core/printf.h"
#include "vm/kmem.h"

struct disk_reader {
	struct part_reader dr_reader;
	struct disk *dr_disk;
	void *dr_memory;
	size_t dr_size; /* of dr_memory */
};

static int
read_disk(struct part_reader *pr, uint64_t offset, void *buf, size_t size)
{
	struct disk_reader *dr = (struct disk_reader *)pr;

	return (disk_read(dr->dr_disk, offset, buf, size));
}

static void *
get_memory(struct part_reader *pr, size_t size)
{
	struct disk_reader *dr = (struct disk_reader *)pr;

	if (dr->dr_memory != NULL)
		kmem_free(dr->dr_memory, dr->dr_size);
	dr->dr_memory = kmem_alloc(size, 0);
	dr->dr_size = size;
	return (dr->dr_memory);
}

static enum disk_scheme
scheme_of(const struct part_reader *pr)
{
	static const enum disk_scheme schemes[] = {
	    [PART_GPT] = DISK_GPT,
	    [PART_GPT_BACKUP] = DISK_GPT,
	    [PART_MBR] = DISK_MBR,
	    [PART_BSD] = DISK_BSD,
	};

	return (schemes[pr->pr_scheme]);
}

static void
add_part(struct part_reader *pr, const struct part *pt)
{
	struct disk *dp = ((struct disk_reader *)pr)->dr_disk;

	dp->d_scheme = scheme_of(pr);
	disk_add_part(dp, pt);
}

static void
complain(const struct disk *dp, enum part_scheme scheme)
{
	static const char *const complaints[] = {
	    [PART_UNREADABLE] = "can't read its partition table",
	    [PART_GPT_BACKUP] =
		"the first GPT is damaged, the backup at the end is used",
	    [PART_GPT_DAMAGED] = "the GPT and its backup are damaged",
	    [PART_BSD] = NULL,
	};

	if (complaints[scheme] != NULL)
		kprintf("%s: %s\n", dp->d_name, complaints[scheme]);
}

void
part_taste(struct disk *dp)
{
	struct disk_reader dr = {
	    .dr_reader = {.pr_disk = {dp->d_sector, dp->d_size / dp->d_sector},
		.pr_read = read_disk,
		.pr_memory = get_memory,
		.pr_add = add_part},
	    .dr_disk = dp};

	if (dr.dr_reader.pr_disk.pd_sectors < 4)
		return;
	dr.dr_reader.pr_sector = kmem_alloc(dp->d_sector, 0);
	if (dr.dr_reader.pr_sector == NULL)
		return;
	part_walk(&dr.dr_reader);
	dp->d_scheme = scheme_of(&dr.dr_reader);
	complain(dp, dr.dr_reader.pr_scheme);
	kmem_free(dr.dr_reader.pr_sector, dp->d_sector);
	if (dr.dr_memory != NULL)
		kmem_free(dr.dr_memory, dr.dr_size);
	part_ufs_label(dp);
}

MODULE(g_part, "g_part");
MODULE(g_part_bsd, "g_part_bsd");
MODULE(g_part_ebr, "g_part_ebr");
MODULE(g_part_gpt, "g_part_gpt");
MODULE(g_part_mbr, "g_part_mbr");
