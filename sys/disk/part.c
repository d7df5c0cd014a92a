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
#include "lib/string.h"
#include "vm/kmem.h"

struct disk_reader {
	struct part_reader dr_reader;
	struct disk *dr_disk;
	void *dr_memory;
	size_t dr_size; /* of dr_memory */
	struct part *dr_parts;
	unsigned dr_count, dr_room; /* of them */
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

/* One that there is no memory for is left out. */
static void
add_part(struct part_reader *pr, const struct part *pt)
{
	struct disk_reader *dr = (struct disk_reader *)pr;
	const unsigned room = dr->dr_room == 0 ? 8 : 2 * dr->dr_room;
	struct part *parts;

	if (dr->dr_count == dr->dr_room) {
		parts = kmem_alloc(room * sizeof(*parts), 0);
		if (parts == NULL)
			return;
		if (dr->dr_room != 0) {
			memcpy(
			    parts, dr->dr_parts, dr->dr_room * sizeof(*parts));
			kmem_free(dr->dr_parts, dr->dr_room * sizeof(*parts));
		}
		dr->dr_parts = parts;
		dr->dr_room = room;
	}
	dr->dr_parts[dr->dr_count++] = *pt;
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

	char label[DISK_LABEL_MAX];

	if (dr.dr_reader.pr_disk.pd_sectors < 4)
		return;
	dr.dr_reader.pr_sector = kmem_alloc(dp->d_sector, 0);
	if (dr.dr_reader.pr_sector == NULL)
		return;
	part_walk(&dr.dr_reader);
	complain(dp, dr.dr_reader.pr_scheme);
	/* What is in use stays what it is. */
	if (dr.dr_reader.pr_scheme != PART_UNREADABLE)
		(void)disk_found_parts(
		    dp, dr.dr_parts, dr.dr_count, scheme_of(&dr.dr_reader));
	kmem_free(dr.dr_reader.pr_sector, dp->d_sector);
	if (dr.dr_memory != NULL)
		kmem_free(dr.dr_memory, dr.dr_size);
	if (dr.dr_room != 0)
		kmem_free(dr.dr_parts, dr.dr_room * sizeof(struct part));
	part_ufs_label(dp, label);
	if (strcmp(label, dp->d_ufs) != 0)
		disk_rename(dp, 2, label);
}

MODULE(g_part, "g_part");
MODULE(g_part_bsd, "g_part_bsd");
MODULE(g_part_ebr, "g_part_ebr");
MODULE(g_part_gpt, "g_part_gpt");
MODULE(g_part_mbr, "g_part_mbr");
