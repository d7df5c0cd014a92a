/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * GUID partition tables (UEFI specification 2.10, section 5.3).
 */
#include "disk/part_table.h"
#include "lib/crc32.h"
#include "lib/string.h"
#include "lib/utf8.h"

#define GPT_SIGNATURE "EFI PART"
#define GPT_REVISION  0x00010000
#define GPT_ENTRY_MIN 128

static uint32_t
header_crc(const uint8_t *sector, uint32_t size)
{
	uint8_t copy[4096];

	memcpy(copy, sector, size);
	memset(copy + offsetof(struct gpt_disk_header, crc), 0, 4);
	return (crc32(copy, size));
}

/* Entries of the header's, wherever they are on the disk. */
static bool
table_fits(const struct gpt_disk_header *dh, const struct part_disk *pd)
{
	uint64_t sectors;

	if (dh->entry_size < GPT_ENTRY_MIN || dh->entry_size > 4096 ||
	    dh->entry_size % 8 != 0 || dh->entries == 0 ||
	    dh->entries > GPT_TABLE_MAX / dh->entry_size)
		return (false);
	sectors = ((uint64_t)dh->entries * dh->entry_size + pd->pd_sector - 1) /
		  pd->pd_sector;
	return (dh->table_lba > 0 && dh->table_lba < pd->pd_sectors &&
		sectors <= pd->pd_sectors - dh->table_lba);
}

bool
gpt_parse_header(const uint8_t *sector, const struct part_disk *pd,
    uint64_t lba, struct gpt_header *gh)
{
	struct gpt_disk_header dh;

	memcpy(&dh, sector, sizeof(dh));
	if (memcmp(dh.signature, GPT_SIGNATURE, sizeof(dh.signature)) != 0 ||
	    dh.revision < GPT_REVISION || dh.size < sizeof(dh) ||
	    dh.size > pd->pd_sector || header_crc(sector, dh.size) != dh.crc)
		return (false);
	if (dh.my_lba != lba || dh.first_usable > dh.last_usable ||
	    dh.last_usable >= pd->pd_sectors || !table_fits(&dh, pd))
		return (false);
	*gh = (struct gpt_header){dh.first_usable, dh.last_usable, dh.table_lba,
	    dh.entries, dh.entry_size, dh.table_crc};
	return (true);
}

void
gpt_begin_header(struct gpt_disk_header *dh, uint32_t entries)
{
	memcpy(dh->signature, GPT_SIGNATURE, sizeof(dh->signature));
	dh->revision = GPT_REVISION;
	dh->entries = entries;
	dh->entry_size = sizeof(struct gpt_disk_entry);
}

void
gpt_finish_header(struct gpt_disk_header *dh, uint64_t here, uint64_t other,
    uint64_t lba, const void *table)
{
	dh->size = sizeof(*dh);
	dh->my_lba = here;
	dh->alternate_lba = other;
	dh->table_lba = lba;
	dh->table_crc = crc32(table, (size_t)dh->entries * dh->entry_size);
	dh->crc = 0;
	dh->crc = crc32(dh, sizeof(*dh));
}

void
gpt_mark_guid(uint8_t *random)
{
	random[7] = (random[7] & 0x0f) | 0x40;
	random[8] = (random[8] & 0x3f) | 0x80;
}

bool
gpt_table_good(const struct gpt_header *gh, const uint8_t *table)
{
	return (crc32(table, (size_t)gh->gh_entries * gh->gh_entry_size) ==
		gh->gh_table_crc);
}

/* A UUID's first three fields are little-endian on the disk. */
static const uint8_t uuid_order[16] = {
    3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};

void
part_uuid_text(const uint8_t *uuid, char *text)
{
	static const char digits[] = "0123456789abcdef";

	for (unsigned i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*text++ = '-';
		*text++ = digits[uuid[uuid_order[i]] >> 4];
		*text++ = digits[uuid[uuid_order[i]] & 15];
	}
	*text = '\0';
}

bool
part_uuid_parse(const char *text, uint8_t *uuid)
{
	for (unsigned i = 0; i < 16; i++) {
		unsigned byte = 0;

		if ((i == 4 || i == 6 || i == 8 || i == 10) && *text++ != '-')
			return (false);
		for (unsigned k = 0; k < 2; k++, text++) {
			const char c = *text | 0x20;

			if (*text >= '0' && *text <= '9')
				byte = byte * 16 + (unsigned)(*text - '0');
			else if (c >= 'a' && c <= 'f')
				byte = byte * 16 + (unsigned)(c - 'a') + 10;
			else
				return (false);
		}
		uuid[uuid_order[i]] = (uint8_t)byte;
	}
	return (*text == '\0');
}

/* UTF-16 to UTF-8; half a pair of surrogates becomes a question mark. */
static size_t
utf8_from_utf16(const uint16_t *units, unsigned n, char *out, size_t size)
{
	char *p = out;

	for (unsigned i = 0; i < n && units[i] != 0; i++) {
		uint32_t c = units[i];

		if (c >= 0xd800 && c < 0xdc00 && i + 1 < n &&
		    units[i + 1] >= 0xdc00 && units[i + 1] < 0xe000)
			c = 0x10000 + ((c - 0xd800) << 10) +
			    (units[++i] - 0xdc00u);
		else if (c >= 0xd800 && c < 0xe000)
			c = '?';
		p = utf8_put(p, out + size, c);
	}
	return ((size_t)(p - out));
}

bool
gpt_parse_entry(const struct gpt_header *gh, const struct part_disk *pd,
    const uint8_t *table, unsigned i, struct part *pt)
{
	static const uint8_t none[16];
	struct gpt_disk_entry de;
	uint16_t units[GPT_NAME_UNITS];
	char name[3 * GPT_NAME_UNITS]; /* a unit's UTF-8 is no longer */
	size_t n;

	memcpy(&de, table + (size_t)i * gh->gh_entry_size, sizeof(de));
	if (memcmp(de.type, none, sizeof(none)) == 0 ||
	    de.first < gh->gh_first || de.last > gh->gh_last ||
	    de.first > de.last)
		return (false);
	memset(pt, 0, sizeof(*pt));
	pt->pt_start = de.first * pd->pd_sector;
	pt->pt_size = (de.last - de.first + 1) * pd->pd_sector;
	memcpy(pt->pt_type, de.type, sizeof(pt->pt_type));
	part_uuid_text(de.uuid, pt->pt_uuid);
	pt->pt_attributes = de.attributes;
	memcpy(units, de.name, sizeof(units));
	n = utf8_from_utf16(units, GPT_NAME_UNITS, name, sizeof(name));
	if (!part_label(
		(const uint8_t *)name, n, pt->pt_label, sizeof(pt->pt_label)))
		pt->pt_label[0] = '\0';
	return (true);
}
