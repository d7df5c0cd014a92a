/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * GUID partition tables as they lie on a disk (UEFI specification 2.10, section
 * 5.3): an MBR that keeps others off, header and entries behind it, and both
 * again at the disk's end.  The kernel writes them, and the host command.
 */
#ifndef DISK_GPT_FORMAT_H
#define DISK_GPT_FORMAT_H

#include <stdint.h>

#define GPT_NAME_UNITS 36

struct gpt_disk_header {
	char signature[8];
	uint32_t revision;
	uint32_t size;
	uint32_t crc; /* of the header, with this 0 */
	uint32_t reserved;
	uint64_t my_lba; /* sectors, as those that follow */
	uint64_t alternate_lba;
	uint64_t first_usable;
	uint64_t last_usable;
	uint8_t disk_guid[16];
	uint64_t table_lba;
	uint32_t entries;
	uint32_t entry_size;
	uint32_t table_crc;
} __attribute__((packed));
_Static_assert(sizeof(struct gpt_disk_header) == 92, "GPT header");

struct gpt_disk_entry {
	uint8_t type[16];
	uint8_t uuid[16];
	uint64_t first;
	uint64_t last;
	uint64_t attributes;
	uint16_t name[GPT_NAME_UNITS];
} __attribute__((packed));
_Static_assert(sizeof(struct gpt_disk_entry) == 128, "GPT entry");
#define GPT_ATTR_BOOTME	    (UINT64_C(1) << 59)
#define GPT_ATTR_BOOTONCE   (UINT64_C(1) << 58)
#define GPT_ATTR_BOOTFAILED (UINT64_C(1) << 57)

/* A header, all of it zeroes, for so many entries: what is always the same. */
void gpt_begin_header(struct gpt_disk_header *dh, uint32_t entries);
/* A copy's, in the sector `here`, with its table in the sector `lba`; where the
 * other copy is; and the sums. */
void gpt_finish_header(struct gpt_disk_header *dh, uint64_t here,
    uint64_t other, uint64_t lba, const void *table);
/* The first sector of a disk of so many: one entry that is all of it, of a type
 * that nobody touches.  The program before that stays. */
void gpt_protect(uint8_t *sector, uint64_t sectors);
/* Random bytes become a GUID: version 4, variant 1. */
void gpt_mark_guid(uint8_t *random);

/* A partition's type, by gpart(8)'s name; NULL: not known here. */
const char *part_type_name(const uint8_t *type);
const uint8_t *part_type_find(const char *name); /* 16 bytes, or NULL */

#endif
