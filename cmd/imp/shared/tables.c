/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Partition tables in a file, by the kernel's code, whose headers aren't for
 * the side of the host's C library.  Sectors are those of the usual disk.
 */
#include "disk/part_table.h"
#include "fbsd/errno.h"
#include "lib/string.h"
#include "tables.h"

#define SECTOR 512u

struct reading {
	struct part_reader reader;
	struct table_source *src;
	struct table_entry *list;
	int count;
	uint8_t *scratch;
	uint8_t sector[SECTOR];
};

static int
read_source(struct part_reader *pr, uint64_t offset, void *buf, size_t size)
{
	struct table_source *src = ((struct reading *)pr)->src;

	return (src->read(src, offset, buf, size) ? 0 : EIO);
}

static void *
get_memory(struct part_reader *pr, size_t size)
{
	return (size <= TABLE_SCRATCH ? ((struct reading *)pr)->scratch : NULL);
}

static void
add(struct part_reader *pr, const struct part *pt)
{
	struct reading *r = (struct reading *)pr;
	struct table_entry *e = &r->list[r->count];

	if (r->count == TABLE_MAX)
		return;
	r->count++;
	e->start = pt->pt_start;
	e->size = pt->pt_size;
	memcpy(e->name, pt->pt_name, sizeof(e->name));
	memcpy(e->label, pt->pt_label, sizeof(e->label));
}

int
table_read(struct table_source *src, struct table_entry *list, uint8_t *scratch,
    const char **why)
{
	struct reading r = {
	    .reader = {.pr_disk = {SECTOR, src->size / SECTOR},
		.pr_read = read_source,
		.pr_memory = get_memory,
		.pr_add = add},
	    .src = src,
	    .list = list,
	    .scratch = scratch,
	};

	r.reader.pr_sector = r.sector;
	part_walk(&r.reader);
	*why = r.reader.pr_scheme == PART_GPT_DAMAGED
		   ? "the GPT and its backup are damaged"
		   : NULL;
	return (r.reader.pr_scheme < PART_GPT ? -1 : r.count);
}
