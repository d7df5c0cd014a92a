/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is on a whole disk: a GPT, slices of an MBR, a BSD label, or no table.
 * The kernel and the host command look by this code; it gets at sectors, and
 * tells of partitions, through a struct part_reader.
 *
 * A disk with a GPT has an MBR that keeps others off it.  The GPT's first copy
 * is behind that, the second in the last sector; whichever is good is used,
 * the first if both are.
 */
#include "disk/part_describe.h"
#include "disk/part_table.h"
#include "fbsd/errno.h"
#include "lib/string.h"

/* Partitions that get a name; a hostile table may have many more. */
#define PARTS_MAX 128
/* Logical partitions are a chain, which might not end. */
#define LOGICAL_FIRST 5
#define LOGICAL_MAX   60

static int
read_sector(struct part_reader *pr, uint64_t lba)
{
	if (lba >= pr->pr_disk.pd_sectors)
		return (EIO);
	return (pr->pr_read(pr, lba * pr->pr_disk.pd_sector, pr->pr_sector,
	    pr->pr_disk.pd_sector));
}

/* "p4", "s1" */
static void
set_name(struct part *pt, char kind, unsigned index)
{
	char digits[10], *name = pt->pt_name;
	unsigned n = 0;

	for (; index != 0; index /= 10)
		digits[n++] = (char)('0' + index % 10);
	*name++ = kind;
	while (n > 0 && name < pt->pt_name + sizeof(pt->pt_name) - 2)
		*name++ = digits[--n];
	*name = '\0';
}

static void
add(struct part_reader *pr, const struct part *pt)
{
	if (pr->pr_count++ < PARTS_MAX)
		pr->pr_add(pr, pt);
}

/* What a label says of the disk, slice or partition that it is in the second
 * sector of; that sector has been read. */
static void
add_label(
    struct part_reader *pr, const struct part *within, enum part_scheme scheme)
{
	const unsigned n = bsd_label_entries(pr->pr_sector, &pr->pr_disk);
	const size_t len = strlen(within->pt_name);
	struct part pt;

	if (n != 0)
		pr->pr_scheme = scheme;
	for (unsigned i = 0; i < n; i++) {
		if (!bsd_parse_entry(
			pr->pr_sector, &pr->pr_disk, within, i, &pt))
			continue;
		memcpy(pt.pt_name, within->pt_name, len);
		pt.pt_name[len] = (char)('a' + i);
		add(pr, &pt);
	}
}

/* A partition, and what it is divided into. */
static void
add_divided(struct part_reader *pr, const struct part *pt)
{
	add(pr, pt);
	if (read_sector(pr, pt->pt_start / pr->pr_disk.pd_sector + 1) == 0)
		add_label(pr, pt, pr->pr_scheme);
}

/* One copy of a GPT: 0, EINVAL if it is none, or why it can't be read. */
static int
add_gpt(struct part_reader *pr, uint64_t lba, enum part_scheme scheme)
{
	struct gpt_header gh;
	const char *type;
	uint8_t *table;
	struct part pt;
	size_t size;
	int error;

	error = read_sector(pr, lba);
	if (error != 0)
		return (error);
	if (!gpt_parse_header(pr->pr_sector, &pr->pr_disk, lba, &gh))
		return (EINVAL);
	size = roundup2((size_t)gh.gh_entries * gh.gh_entry_size,
	    (size_t)pr->pr_disk.pd_sector);
	table = pr->pr_memory(pr, size);
	if (table == NULL)
		return (ENOMEM);
	error =
	    pr->pr_read(pr, gh.gh_table * pr->pr_disk.pd_sector, table, size);
	if (error != 0 || !gpt_table_good(&gh, table))
		return (error != 0 ? error : EINVAL);
	pr->pr_scheme = scheme;
	for (unsigned i = 0; i < gh.gh_entries; i++) {
		if (!gpt_parse_entry(&gh, &pr->pr_disk, table, i, &pt))
			continue;
		set_name(&pt, 'p', i + 1);
		type = part_type_name(pt.pt_type);
		if (type != NULL && strcmp(type, "freebsd") == 0)
			add_divided(pr, &pt);
		else
			add(pr, &pt);
	}
	return (0);
}

static void
walk_gpt(struct part_reader *pr)
{
	if (add_gpt(pr, 1, PART_GPT) != 0 &&
	    add_gpt(pr, pr->pr_disk.pd_sectors - 1, PART_GPT_BACKUP) != 0)
		pr->pr_scheme = PART_GPT_DAMAGED;
}

/* Logical partitions: each has a table with itself and where the next one's
 * table is, from the start of the extended partition. */
static void
add_logical(struct part_reader *pr, const struct part *extended)
{
	uint64_t base = extended->pt_start / pr->pr_disk.pd_sector, at = base;
	struct part pt, next;
	bool more;

	for (unsigned i = 0; i < LOGICAL_MAX; i++) {
		bool good;

		if (read_sector(pr, at) != 0 || !mbr_good(pr->pr_sector))
			return;
		good = mbr_parse_entry(pr->pr_sector, &pr->pr_disk, 0, at, &pt);
		more = mbr_parse_entry(
			   pr->pr_sector, &pr->pr_disk, 1, base, &next) &&
		       mbr_is_extended(&next);
		if (good) {
			set_name(&pt, 's', LOGICAL_FIRST + i);
			add(pr, &pt);
		}
		if (!more)
			return;
		at = next.pt_start / pr->pr_disk.pd_sector;
	}
}

/* False: there are no slices. */
static bool
walk_mbr(struct part_reader *pr)
{
	const struct part *extended = NULL;
	struct part slices[4];
	unsigned n = 0;

	for (unsigned i = 0; i < nitems(slices); i++)
		if (mbr_parse_entry(
			pr->pr_sector, &pr->pr_disk, i, 0, &slices[n]))
			set_name(&slices[n++], 's', i + 1);
	if (n != 0)
		pr->pr_scheme = PART_MBR;
	for (unsigned i = 0; i < n; i++) {
		if (slices[i].pt_type[0] == MBR_TYPE_FREEBSD)
			add_divided(pr, &slices[i]);
		else
			add(pr, &slices[i]);
		if (mbr_is_extended(&slices[i]))
			extended = &slices[i];
	}
	if (extended != NULL)
		add_logical(pr, extended);
	return (n > 0);
}

void
part_walk(struct part_reader *pr)
{
	const struct part whole = {
	    .pt_size = pr->pr_disk.pd_sectors * pr->pr_disk.pd_sector};
	bool mbr, empty;

	pr->pr_scheme = PART_UNREADABLE;
	if (read_sector(pr, 0) != 0)
		return;
	pr->pr_scheme = PART_NONE;
	mbr = mbr_good(pr->pr_sector);
	empty = memcmp(pr->pr_sector, "\0\0\0\0\0\0\0\0", 8) == 0;
	if (mbr && mbr_is_protective(pr->pr_sector))
		walk_gpt(pr);
	else if ((mbr && walk_mbr(pr)) || read_sector(pr, 1) != 0)
		return;
	/* A lost first sector doesn't lose the GPT behind it. */
	else if (!mbr && empty && memcmp(pr->pr_sector, "EFI PART", 8) == 0)
		walk_gpt(pr);
	else
		add_label(pr, &whole, PART_BSD);
}
