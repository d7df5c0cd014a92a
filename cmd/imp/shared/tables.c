/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Partition tables in a file, by the kernel's parsers, whose headers aren't for
 * the side of the host's C library.  Sectors are those of the usual disk.
 */
#include "dev/part_table.h"
#include "lib/string.h"
#include "tables.h"

#define SECTOR	      512u
#define LOGICAL_FIRST 5
#define LOGICAL_MAX   60

struct reading {
	struct table_source *src;
	struct part_disk pd;
	struct table_entry *list;
	int count;
	uint8_t sector[SECTOR];
};

static bool
read_sector(struct reading *r, uint64_t lba)
{
	return (lba < r->pd.pd_sectors &&
		r->src->read(r->src, lba * SECTOR, r->sector, SECTOR));
}

static void
add(struct reading *r, const struct part *pt, char kind)
{
	struct table_entry *e = &r->list[r->count];
	char digits[10], *name = e->name;
	unsigned n = 0;

	if (r->count == TABLE_MAX)
		return;
	r->count++;
	e->start = pt->pt_start;
	e->size = pt->pt_size;
	memcpy(e->label, pt->pt_label, sizeof(e->label));
	for (unsigned i = pt->pt_index; i != 0; i /= 10)
		digits[n++] = (char)('0' + i % 10);
	*name++ = kind;
	while (n > 0 && name < e->name + sizeof(e->name) - 1)
		*name++ = digits[--n];
	*name = '\0';
}

/* One copy of a GPT. */
static bool
gpt_at(struct reading *r, uint64_t lba, uint8_t *table)
{
	struct gpt_header gh;
	struct part pt;
	size_t size;

	if (!read_sector(r, lba) ||
	    !gpt_parse_header(r->sector, &r->pd, lba, &gh))
		return (false);
	size = (size_t)gh.gh_entries * gh.gh_entry_size;
	if (size > TABLE_SCRATCH ||
	    !r->src->read(r->src, gh.gh_table * SECTOR, table, size) ||
	    !gpt_table_good(&gh, table))
		return (false);
	for (unsigned i = 0; i < gh.gh_entries; i++)
		if (gpt_parse_entry(&gh, &r->pd, table, i, &pt))
			add(r, &pt, 'p');
	return (true);
}

/* A chain of tables, each with one partition. */
static void
logical(struct reading *r, const struct part *extended)
{
	uint64_t base = extended->pt_start / SECTOR, at = base;
	struct part pt, next;

	for (unsigned i = 0; i < LOGICAL_MAX; i++) {
		if (!read_sector(r, at) || !mbr_good(r->sector))
			return;
		if (mbr_parse_entry(r->sector, &r->pd, 0, at, &pt)) {
			pt.pt_index = LOGICAL_FIRST + i;
			add(r, &pt, 's');
		}
		if (!mbr_parse_entry(r->sector, &r->pd, 1, base, &next) ||
		    !mbr_is_extended(&next))
			return;
		at = next.pt_start / SECTOR;
	}
}

static void
mbr(struct reading *r)
{
	struct part pt, extended = {.pt_size = 0};

	for (unsigned i = 0; i < 4; i++) {
		if (!mbr_parse_entry(r->sector, &r->pd, i, 0, &pt))
			continue;
		add(r, &pt, 's');
		if (mbr_is_extended(&pt))
			extended = pt;
	}
	if (extended.pt_size != 0)
		logical(r, &extended);
}

int
table_read(struct table_source *src, struct table_entry *list, uint8_t *scratch,
    const char **why)
{
	struct reading r = {
	    .src = src, .pd = {SECTOR, src->size / SECTOR}, .list = list};
	bool good;

	*why = NULL;
	if (!read_sector(&r, 0))
		return (-1);
	good = mbr_good(r.sector);
	if (good && !mbr_is_protective(r.sector)) {
		mbr(&r);
		return (r.count == 0 ? -1 : r.count);
	}
	if (gpt_at(&r, 1, scratch) ||
	    (r.pd.pd_sectors > 2 && gpt_at(&r, r.pd.pd_sectors - 1, scratch)))
		return (r.count);
	if (good)
		*why = "the GPT and its backup are damaged";
	return (-1);
}
