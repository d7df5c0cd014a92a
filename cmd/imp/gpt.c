/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * Writes a GUID partition table (UEFI specification 2.10, section 5.3): an MBR
 * that keeps others off, header and entries behind it, and both again at the
 * disk's end.
 */

#include <err.h>
#include <stddef.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "image.h"
#include "imp.h"
#include "lib/crc32.h"

#define SECTOR	      512
#define ENTRIES	      128
#define TABLE_SIZE    (ENTRIES * sizeof(struct entry))
#define TABLE_SECTORS (TABLE_SIZE / SECTOR)
#define MBR_TABLE     446

struct header {
	char signature[8];
	uint32_t revision;
	uint32_t size;
	uint32_t crc; /* of the header, with this 0 */
	uint32_t reserved;
	uint64_t here, other; /* sectors, as those that follow */
	uint64_t first, last;
	uint8_t guid[16];
	uint64_t table;
	uint32_t entries;
	uint32_t entry_size;
	uint32_t table_crc;
} __attribute__((packed));
_Static_assert(sizeof(struct header) == 92, "GPT header");

struct entry {
	uint8_t type[16];
	uint8_t guid[16];
	uint64_t first, last;
	uint64_t attributes;
	uint16_t name[GPT_LABEL_MAX];
};
_Static_assert(sizeof(struct entry) == 128, "GPT entry");

/* 516e7cb6-6ecf-11d6-8ff8-00022d09712b, as it lies on the disk. */
static const uint8_t freebsd_ufs[16] = {0xb6, 0x7c, 0x6e, 0x51, 0xcf, 0x6e,
    0xd6, 0x11, 0x8f, 0xf8, 0x00, 0x02, 0x2d, 0x09, 0x71, 0x2b};

/* A random one: version 4, variant 1. */
static void
make_guid(uint8_t *guid)
{
	if (getrandom(guid, 16, 0) != 16)
		err(EXIT_IMP, "random numbers");
	guid[7] = (guid[7] & 0x0f) | 0x40;
	guid[8] = (guid[8] & 0x3f) | 0x80;
}

static void
put(int fd, const void *data, size_t size, uint64_t sector)
{
	if (pwrite(fd, data, size, (off_t)(sector * SECTOR)) != (ssize_t)size)
		err(EXIT_IMP, "writing the partition table");
}

/* One partition that is all of the disk, of a type that nobody touches. */
static void
put_mbr(int fd, uint64_t sectors)
{
	uint8_t mbr[SECTOR] = {[510] = 0x55, [511] = 0xaa};
	const uint32_t start = 1;
	uint32_t size =
	    sectors - 1 > UINT32_MAX ? UINT32_MAX : (uint32_t)sectors - 1;
	static const uint8_t first_chs[] = {0x00, 0x02, 0x00};
	static const uint8_t last_chs[] = {0xff, 0xff, 0xff};
	uint8_t *e = mbr + MBR_TABLE;

	memcpy(e + 1, first_chs, 3);
	e[4] = 0xee;
	memcpy(e + 5, last_chs, 3);
	memcpy(e + 8, &start, 4);
	memcpy(e + 12, &size, 4);
	put(fd, mbr, sizeof(mbr), 0);
}

static void
put_header(
    int fd, struct header h, uint64_t here, uint64_t other, uint64_t table)
{
	uint8_t sector[SECTOR] = {0};

	h.here = here;
	h.other = other;
	h.table = table;
	h.crc = 0;
	h.crc = crc32(&h, sizeof(h));
	memcpy(sector, &h, sizeof(h));
	put(fd, sector, sizeof(sector), here);
}

/* The label is ASCII: imp image create has looked. */
void
gpt_write(int fd, uint64_t size, uint64_t part_size, const char *label)
{
	static struct entry table[ENTRIES];
	/* The root's place on FreeBSD's own disks: vtbd0p4. */
	struct entry *root = &table[3];
	const uint64_t last = size / SECTOR - 1;
	struct header h = {.signature = "EFI PART",
	    .revision = 0x10000,
	    .size = sizeof(h),
	    .first = 2 + TABLE_SECTORS,
	    .last = last - TABLE_SECTORS - 1,
	    .entries = ENTRIES,
	    .entry_size = sizeof(struct entry)};

	make_guid(h.guid);
	memcpy(root->type, freebsd_ufs, sizeof(freebsd_ufs));
	make_guid(root->guid);
	root->first = GPT_START / SECTOR;
	root->last = (GPT_START + part_size) / SECTOR - 1;
	for (size_t i = 0; i < GPT_LABEL_MAX && label[i] != '\0'; i++)
		root->name[i] = (uint8_t)label[i];
	h.table_crc = crc32(table, TABLE_SIZE);
	put_mbr(fd, last + 1);
	put(fd, table, TABLE_SIZE, 2);
	put_header(fd, h, 1, last, 2);
	put(fd, table, TABLE_SIZE, last - TABLE_SECTORS);
	put_header(fd, h, last, 1, last - TABLE_SECTORS);
}
