/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The parsers of partition tables.  They have no state and do no I/O, and any
 * bytes may be thrown at them: what they accept lies within the disk.  The
 * kernel has them, and the host command.
 */
#ifndef DISK_PART_TABLE_H
#define DISK_PART_TABLE_H

#include "disk/gpt_format.h"
#include "disk/part.h"

/* As much as we read of a disk, in its own sectors. */
struct part_disk {
	uint32_t pd_sector; /* bytes, a power of two, 512 to 4096 */
	uint64_t pd_sectors;
};

/* GPT: UEFI specification 2.10, section 5.3. */
struct gpt_header {
	uint64_t gh_first; /* sectors that partitions may use */
	uint64_t gh_last;
	uint64_t gh_table;	/* where the entries are */
	uint32_t gh_entries;	/* at most GPT_TABLE_MAX bytes of them */
	uint32_t gh_entry_size; /* bytes, 128 or more */
	uint32_t gh_table_crc;
};
#define GPT_TABLE_MAX 131072u

/* The header that is in the sector `lba`, all of which is given. */
bool gpt_parse_header(const uint8_t *sector, const struct part_disk *pd,
    uint64_t lba, struct gpt_header *gh);
/* gh_entries * gh_entry_size bytes: are they what the header is about? */
bool gpt_table_good(const struct gpt_header *gh, const uint8_t *table);
/* Entry i of them; false: there is none, or it makes no sense. */
bool gpt_parse_entry(const struct gpt_header *gh, const struct part_disk *pd,
    const uint8_t *table, unsigned i, struct part *pt);

/* A UUID as it lies on the disk, as text with its NUL. */
#define PART_UUID_SIZE 37
void part_uuid_text(const uint8_t *uuid, char *text);
bool part_uuid_parse(const char *text, uint8_t *uuid); /* false: it is none */

/* MBR: what every PC has had since 1983. */
#define MBR_TYPE_GPT	 0xee
#define MBR_TYPE_FREEBSD 0xa5
bool mbr_good(const uint8_t *sector);
bool mbr_is_protective(const uint8_t *sector);
/* Entry i (0 to 3) of the table in a sector, whose numbers count from `base`;
 * false: none, or not within the disk. */
bool mbr_parse_entry(const uint8_t *sector, const struct part_disk *pd,
    unsigned i, uint64_t base, struct part *pt);
bool mbr_is_extended(const struct part *pt);

/* BSD labels: how many entries there are in the one that a sector holds; 0: it
 * holds none. */
unsigned bsd_label_entries(const uint8_t *sector, const struct part_disk *pd);
/* Entry i of them; the label is in `within`, a slice or all of the disk. */
bool bsd_parse_entry(const uint8_t *sector, const struct part_disk *pd,
    const struct part *within, unsigned i, struct part *pt);

/* Makes a label fit for a file's name: what isn't becomes %XX. False: there is
 * none, or it doesn't fit. */
bool part_label(const uint8_t *raw, size_t n, char *label, size_t size);

/* part_walk.c: how one looks at a disk, and what was found there. */
enum part_scheme {
	PART_UNREADABLE,  /* not even the first sector */
	PART_NONE,	  /* no table */
	PART_GPT_DAMAGED, /* and its copy, too */
	/* Those with a table: */
	PART_GPT,
	PART_GPT_BACKUP, /* the first is damaged, its copy was used */
	PART_MBR,
	PART_BSD,
};
struct part_reader {
	struct part_disk pr_disk;
	/* 0 or an errno. */
	int (*pr_read)(
	    struct part_reader *pr, uint64_t offset, void *buf, size_t size);
	/* Memory until the next call; NULL: there is none. */
	void *(*pr_memory)(struct part_reader *pr, size_t size);
	/* A partition, in the order in which they are listed. */
	void (*pr_add)(struct part_reader *pr, const struct part *pt);
	uint8_t *pr_sector; /* a sector's memory */
	/* Known when a partition is added, and in the end. */
	enum part_scheme pr_scheme;
	unsigned pr_count; /* of partitions, from 0 */
};
void part_walk(struct part_reader *pr);

#endif
