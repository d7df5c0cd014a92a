/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * BSD labels: the second sector of a slice, or of a disk, divides it further.
 * FreeBSD's older images and its memory sticks have one within an MBR's slice.
 * The layout is that of disklabel(5) for this processor.
 */
#include "disk/part_table.h"
#include "lib/string.h"

#define BSD_MAGIC   0x82564557u
#define BSD_ENTRIES 20 /* more have no letter that anybody knows */
#define BSD_RAW	    2  /* "c": all of it, and no partition */

struct bsd_label {
	uint32_t magic;
	uint8_t geometry1[36];
	uint32_t sector_size;
	uint8_t geometry2[88];
	uint32_t magic2;
	uint16_t checksum; /* so that all 16-bit words' XOR is 0 */
	uint16_t entries;
	uint8_t sizes[8];
} __packed;
_Static_assert(sizeof(struct bsd_label) == 148, "BSD label");

struct bsd_entry {
	uint32_t size;	/* sectors */
	uint32_t start; /* counted as the raw partition's is */
	uint32_t fragment;
	uint8_t type;
	uint8_t fragments;
	uint16_t group;
} __packed;
_Static_assert(sizeof(struct bsd_entry) == 16, "BSD label's entry");

static struct bsd_entry
get_entry(const uint8_t *sector, unsigned i)
{
	struct bsd_entry e;

	memcpy(
	    &e, sector + sizeof(struct bsd_label) + i * sizeof(e), sizeof(e));
	return (e);
}

unsigned
bsd_label_entries(const uint8_t *sector, const struct part_disk *pd)
{
	struct bsd_label bl;
	uint16_t sum = 0, word;
	size_t size;

	memcpy(&bl, sector, sizeof(bl));
	if (bl.magic != BSD_MAGIC || bl.magic2 != BSD_MAGIC ||
	    bl.sector_size != pd->pd_sector || bl.entries <= BSD_RAW ||
	    bl.entries > BSD_ENTRIES)
		return (0);
	size = sizeof(bl) + bl.entries * sizeof(struct bsd_entry);
	for (size_t i = 0; i < size; i += sizeof(word)) {
		memcpy(&word, sector + i, sizeof(word));
		sum ^= word;
	}
	return (sum == 0 ? bl.entries : 0);
}

bool
bsd_parse_entry(const uint8_t *sector, const struct part_disk *pd,
    const struct part *within, unsigned i, struct part *pt)
{
	const struct bsd_entry e = get_entry(sector, i),
			       raw = get_entry(sector, BSD_RAW);
	const uint64_t sectors = within->pt_size / pd->pd_sector;
	uint64_t start;

	if (i == BSD_RAW || e.size == 0 || e.start < raw.start)
		return (false);
	start = e.start - raw.start;
	if (start >= sectors || e.size > sectors - start)
		return (false);
	memset(pt, 0, sizeof(*pt));
	pt->pt_start = within->pt_start + start * pd->pd_sector;
	pt->pt_size = (uint64_t)e.size * pd->pd_sector;
	pt->pt_type[0] = e.type;
	return (true);
}
