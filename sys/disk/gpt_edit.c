/* SPDX-License-Identifier: BSD-2-Clause */
#include "disk/gpt_edit.h"
#include "core/random.h"
#include "disk/bio.h"
#include "fbsd/errno.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "vm/kmem.h"

#define ALIGNMENT 4096

static uint64_t
last_sector(const struct gpt_edit *ge)
{
	return (ge->ge_pd.pd_sectors - 1);
}

static uint64_t
table_sectors(const struct gpt_edit *ge)
{
	return (ge->ge_size / ge->ge_pd.pd_sector);
}

static struct gpt_edit *
new_edit(struct disk *dp)
{
	struct gpt_edit *ge = kmem_alloc(sizeof(*ge), KM_ZERO);

	if (ge == NULL)
		return (NULL);
	list_init(&ge->ge_link);
	disk_hold(dp);
	ge->ge_disk = dp;
	ge->ge_pd = (struct part_disk){dp->d_sector, dp->d_size / dp->d_sector};
	return (ge);
}

void
gpt_edit_free(struct gpt_edit *ge)
{
	if (ge->ge_table != NULL)
		kmem_free(ge->ge_table, ge->ge_size);
	disk_release(ge->ge_disk);
	kmem_free(ge, sizeof(*ge));
}

static int
alloc_table(struct gpt_edit *ge)
{
	const size_t bytes =
	    (size_t)ge->ge_header.entries * ge->ge_header.entry_size;

	ge->ge_size = roundup2(bytes, (size_t)ge->ge_pd.pd_sector);
	ge->ge_table = kmem_alloc(ge->ge_size, KM_ZERO);
	return (ge->ge_table != NULL ? 0 : ENOMEM);
}

/* One copy, with its header in the sector `lba`: EINVAL, it is none. */
static int
load_copy(struct gpt_edit *ge, uint64_t lba, uint8_t *sector)
{
	struct disk *dp = ge->ge_disk;
	struct gpt_header gh;
	int error;

	error = disk_read(dp, lba * dp->d_sector, sector, dp->d_sector);
	if (error == 0 && !gpt_parse_header(sector, &ge->ge_pd, lba, &gh))
		error = EINVAL;
	if (error != 0)
		return (error);
	memcpy(&ge->ge_header, sector, sizeof(ge->ge_header));
	error = alloc_table(ge);
	if (error == 0)
		error = disk_read(
		    dp, gh.gh_table * dp->d_sector, ge->ge_table, ge->ge_size);
	if (error == 0 && !gpt_table_good(&gh, ge->ge_table))
		error = EINVAL;
	if (error != 0 && ge->ge_table != NULL) {
		kmem_free(ge->ge_table, ge->ge_size);
		ge->ge_table = NULL;
	}
	return (error);
}

/* Is the second copy there, in the last sector, and the same? */
static bool
second_good(struct gpt_edit *ge, uint8_t *sector)
{
	struct gpt_edit second = {.ge_disk = ge->ge_disk, .ge_pd = ge->ge_pd};
	bool good = ge->ge_header.alternate_lba == last_sector(ge) &&
		    load_copy(&second, last_sector(ge), sector) == 0;

	if (!good)
		return (false);
	good = second.ge_size == ge->ge_size &&
	       memcmp(second.ge_table, ge->ge_table, ge->ge_size) == 0;
	kmem_free(second.ge_table, second.ge_size);
	return (good);
}

static int
load_both(struct gpt_edit *ge, uint8_t *sector)
{
	int error;

	error = disk_read(ge->ge_disk, 0, sector, ge->ge_pd.pd_sector);
	if (error != 0)
		return (error);
	memcpy(ge->ge_mbr, sector, sizeof(ge->ge_mbr));
	error = load_copy(ge, 1, sector);
	if (error == 0)
		ge->ge_corrupt = !mbr_good(ge->ge_mbr) ||
				 !mbr_is_protective(ge->ge_mbr) ||
				 !second_good(ge, sector);
	else if (error == EINVAL && mbr_good(ge->ge_mbr) &&
		 mbr_is_protective(ge->ge_mbr)) {
		error = load_copy(ge, last_sector(ge), sector);
		ge->ge_corrupt = true;
	}
	return (error == EINVAL ? ENOENT : error);
}

int
gpt_edit_load(struct disk *dp, struct gpt_edit **gep)
{
	struct gpt_edit *ge;
	uint8_t *sector;
	int error;

	if (dp->d_size / dp->d_sector < 4)
		return (ENOENT);
	ge = new_edit(dp);
	sector = kmem_alloc(dp->d_sector, 0);
	if (ge == NULL || sector == NULL)
		error = ENOMEM;
	else
		error = load_both(ge, sector);
	if (sector != NULL)
		kmem_free(sector, dp->d_sector);
	if (error == 0)
		*gep = ge;
	else if (ge != NULL)
		gpt_edit_free(ge);
	return (error);
}

static void
fill_guid(uint8_t *guid)
{
	random_bytes(guid, 16);
	gpt_mark_guid(guid);
}

int
gpt_edit_create(struct disk *dp, uint32_t entries, struct gpt_edit **gep)
{
	struct gpt_edit *ge = new_edit(dp);
	int error;

	if (ge == NULL)
		return (ENOMEM);
	gpt_begin_header(&ge->ge_header, entries);
	fill_guid(ge->ge_header.disk_guid);
	error = alloc_table(ge);
	if (error == 0 &&
	    ge->ge_pd.pd_sectors < 3 + 2 * table_sectors(ge) + entries)
		error = ENOSPC;
	if (error != 0) {
		gpt_edit_free(ge);
		return (error);
	}
	gpt_edit_renew(ge);
	*gep = ge;
	return (0);
}

struct gpt_disk_entry
gpt_edit_get(const struct gpt_edit *ge, unsigned i)
{
	struct gpt_disk_entry de;

	memcpy(&de, ge->ge_table + (size_t)i * ge->ge_header.entry_size,
	    sizeof(de));
	return (de);
}

void
gpt_edit_set(struct gpt_edit *ge, unsigned i, const struct gpt_disk_entry *de)
{
	struct gpt_disk_entry copy = *de;
	static const uint8_t none[16];

	if (gpt_entry_used(&copy) && memcmp(copy.uuid, none, 16) == 0)
		fill_guid(copy.uuid);
	memcpy(ge->ge_table + (size_t)i * ge->ge_header.entry_size, &copy,
	    sizeof(copy));
}

bool
gpt_entry_used(const struct gpt_disk_entry *de)
{
	static const uint8_t none[16];

	return (memcmp(de->type, none, sizeof(none)) != 0);
}

void
gpt_edit_renew(struct gpt_edit *ge)
{
	const uint64_t sectors = table_sectors(ge),
		       step = MAX(ALIGNMENT / ge->ge_pd.pd_sector, 1);
	uint64_t first = 2 + sectors, last = last_sector(ge) - sectors - 1;
	uint64_t low = last, high = first, at;
	struct gpt_disk_entry de;

	gpt_protect(ge->ge_mbr, ge->ge_pd.pd_sectors);
	for (unsigned i = 0; i < ge->ge_header.entries; i++) {
		de = gpt_edit_get(ge, i);
		if (!gpt_entry_used(&de))
			continue;
		low = MIN(low, de.first);
		high = MAX(high, de.last);
	}
	at = (first + step - 1) / step * step;
	if (at <= low)
		first = at;
	at = last - (last + 1) % step;
	if (at >= high)
		last = at;
	ge->ge_header.first_usable = first;
	ge->ge_header.last_usable = last;
	ge->ge_corrupt = false;
}

bool
gpt_edit_part(const struct gpt_edit *ge, unsigned i, struct part *pt)
{
	const struct gpt_header gh = {ge->ge_header.first_usable,
	    ge->ge_header.last_usable, 2, ge->ge_header.entries,
	    ge->ge_header.entry_size, 0};

	if (!gpt_parse_entry(&gh, &ge->ge_pd, ge->ge_table, i, pt))
		return (false);
	snprintf(pt->pt_name, sizeof(pt->pt_name), "p%u", i + 1);
	return (true);
}

/* A header in its sector, and the table in its place. */
static int
write_copy(struct gpt_edit *ge, uint64_t here, uint64_t other, uint64_t table,
    uint8_t *sector)
{
	struct disk *dp = ge->ge_disk;
	int error;

	gpt_finish_header(&ge->ge_header, here, other, table, ge->ge_table);
	memset(sector, 0, dp->d_sector);
	memcpy(sector, &ge->ge_header, sizeof(ge->ge_header));
	error = disk_write(dp, table * dp->d_sector, ge->ge_table, ge->ge_size);
	if (error == 0)
		error =
		    disk_write(dp, here * dp->d_sector, sector, dp->d_sector);
	return (error);
}

static int
write_mbr(struct gpt_edit *ge, uint8_t *sector)
{
	struct disk *dp = ge->ge_disk;
	int error = disk_read(dp, 0, sector, dp->d_sector);

	memcpy(sector, ge->ge_mbr, sizeof(ge->ge_mbr));
	return (error != 0 ? error : disk_write(dp, 0, sector, dp->d_sector));
}

static int
wipe(struct gpt_edit *ge, uint8_t *sector)
{
	const uint64_t places[] = {0, 1, last_sector(ge)};
	struct disk *dp = ge->ge_disk;
	int error = 0;

	memset(sector, 0, dp->d_sector);
	for (unsigned i = 0; i < nitems(places) && error == 0; i++)
		error = disk_write(
		    dp, places[i] * dp->d_sector, sector, dp->d_sector);
	return (error);
}

static int
write_all(struct gpt_edit *ge, uint8_t *sector)
{
	const uint64_t last = last_sector(ge);
	int error = write_mbr(ge, sector);

	if (error == 0)
		error = write_copy(ge, 1, last, 2, sector);
	if (error == 0)
		error =
		    write_copy(ge, last, 1, last - table_sectors(ge), sector);
	return (error);
}

int
gpt_edit_write(struct gpt_edit *ge)
{
	const uint32_t size = ge->ge_pd.pd_sector;
	uint8_t *sector = kmem_alloc(size, 0);
	int error;

	if (sector == NULL)
		return (ENOMEM);
	error = ge->ge_destroyed ? wipe(ge, sector) : write_all(ge, sector);
	if (error == 0)
		error = disk_flush(ge->ge_disk);
	kmem_free(sector, size);
	return (error);
}
