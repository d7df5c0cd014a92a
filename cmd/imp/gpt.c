/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * Writes a GUID partition table (disk/gpt_format.h).
 */

#include <err.h>
#include <stddef.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "disk/gpt_format.h"
#include "image.h"
#include "imp.h"

#define SECTOR	      512
#define ENTRIES	      128
#define TABLE_SIZE    (ENTRIES * sizeof(struct gpt_disk_entry))
#define TABLE_SECTORS (TABLE_SIZE / SECTOR)

_Static_assert(GPT_LABEL_MAX == GPT_NAME_UNITS, "a label's length");

static void
make_guid(uint8_t *guid)
{
	if (getrandom(guid, 16, 0) != 16)
		err(EXIT_IMP, "random numbers");
	gpt_mark_guid(guid);
}

static void
put(int fd, const void *data, size_t size, uint64_t sector)
{
	if (pwrite(fd, data, size, (off_t)(sector * SECTOR)) != (ssize_t)size)
		err(EXIT_IMP, "writing the partition table");
}

static void
put_copy(int fd, struct gpt_disk_header dh, uint64_t here, uint64_t other,
    uint64_t lba, const struct gpt_disk_entry *table)
{
	uint8_t sector[SECTOR] = {0};

	gpt_finish_header(&dh, here, other, lba, table);
	memcpy(sector, &dh, sizeof(dh));
	put(fd, table, TABLE_SIZE, lba);
	put(fd, sector, sizeof(sector), here);
}

/* The label is ASCII: imp image create has looked. */
void
gpt_write(int fd, uint64_t size, uint64_t part_size, const char *label)
{
	static struct gpt_disk_entry table[ENTRIES];
	/* The root's place on FreeBSD's own disks: vtbd0p4. */
	struct gpt_disk_entry *root = &table[3];
	const uint64_t last = size / SECTOR - 1;
	struct gpt_disk_header dh = {.first_usable = 2 + TABLE_SECTORS,
	    .last_usable = last - TABLE_SECTORS - 1};
	uint8_t mbr[SECTOR] = {0};

	gpt_begin_header(&dh, ENTRIES);
	make_guid(dh.disk_guid);
	memcpy(root->type, part_type_find("freebsd-ufs"), sizeof(root->type));
	make_guid(root->uuid);
	root->first = GPT_START / SECTOR;
	root->last = (GPT_START + part_size) / SECTOR - 1;
	for (size_t i = 0; i < GPT_LABEL_MAX && label[i] != '\0'; i++)
		root->name[i] = (uint8_t)label[i];
	gpt_protect(mbr, last + 1);
	put(fd, mbr, sizeof(mbr), 0);
	put_copy(fd, dh, 1, last, 2, table);
	put_copy(fd, dh, last, 1, last - TABLE_SECTORS, table);
}
