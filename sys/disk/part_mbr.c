/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Master boot records, and labels as names.
 */
#include "disk/part_table.h"
#include "lib/string.h"

#define MBR_TABLE     446
#define MBR_SIGNATURE 510
#define MBR_ENTRIES   4

struct mbr_entry {
	uint8_t status; /* 0x80: boots */
	uint8_t first_chs[3];
	uint8_t type;
	uint8_t last_chs[3];
	uint32_t start;
	uint32_t size;
} __packed;
_Static_assert(sizeof(struct mbr_entry) == 16, "MBR entry");

static struct mbr_entry
get_entry(const uint8_t *sector, unsigned i)
{
	struct mbr_entry e;

	memcpy(&e, sector + MBR_TABLE + i * sizeof(e), sizeof(e));
	return (e);
}

/* Boot sectors of file systems have the signature too, but program text where
 * the table would be. */
bool
mbr_good(const uint8_t *sector)
{
	if (sector[MBR_SIGNATURE] != 0x55 || sector[MBR_SIGNATURE + 1] != 0xaa)
		return (false);
	for (unsigned i = 0; i < MBR_ENTRIES; i++)
		if ((get_entry(sector, i).status & 0x7f) != 0)
			return (false);
	return (true);
}

bool
mbr_is_protective(const uint8_t *sector)
{
	for (unsigned i = 0; i < MBR_ENTRIES; i++)
		if (get_entry(sector, i).type == MBR_TYPE_GPT)
			return (true);
	return (false);
}

void
gpt_protect(uint8_t *sector, uint64_t sectors)
{
	const struct mbr_entry e = {.first_chs = {0x00, 0x02, 0x00},
	    .type = MBR_TYPE_GPT,
	    .last_chs = {0xff, 0xff, 0xff},
	    .start = 1,
	    .size = (uint32_t)MIN(sectors - 1, UINT32_MAX)};

	memset(sector + MBR_TABLE, 0, MBR_ENTRIES * sizeof(e));
	memcpy(sector + MBR_TABLE, &e, sizeof(e));
	sector[MBR_SIGNATURE] = 0x55;
	sector[MBR_SIGNATURE + 1] = 0xaa;
}

bool
mbr_parse_entry(const uint8_t *sector, const struct part_disk *pd, unsigned i,
    uint64_t base, struct part *pt)
{
	struct mbr_entry e = get_entry(sector, i);
	uint64_t start = base + e.start;

	if (e.type == 0 || e.size == 0 || e.start == 0 ||
	    start >= pd->pd_sectors || e.size > pd->pd_sectors - start)
		return (false);
	memset(pt, 0, sizeof(*pt));
	pt->pt_start = start * pd->pd_sector;
	pt->pt_size = (uint64_t)e.size * pd->pd_sector;
	pt->pt_type[0] = e.type;
	return (true);
}

bool
mbr_is_extended(const struct part *pt)
{
	uint8_t type = pt->pt_type[0];

	return (type == 0x05 || type == 0x0f || type == 0x85);
}

/* Bytes that a name in /dev may have as they are. */
static bool
plain(uint8_t c)
{
	return (c > ' ' && c < 0x7f && c != '/' && c != '%' && c != '"' &&
		c != '\'' && c != '\\');
}

bool
part_label(const uint8_t *raw, size_t n, char *label, size_t size)
{
	static const char digits[] = "0123456789ABCDEF";
	size_t at = 0;

	for (size_t i = 0; i < n && raw[i] != '\0'; i++) {
		if (at + 3 >= size)
			return (false);
		if (plain(raw[i]) || raw[i] >= 0x80) {
			label[at++] = (char)raw[i];
			continue;
		}
		label[at++] = '%';
		label[at++] = digits[raw[i] >> 4];
		label[at++] = digits[raw[i] & 15];
	}
	label[at] = '\0';
	return (at > 0 && strcmp(label, ".") != 0 && strcmp(label, "..") != 0);
}
