/* SPDX-License-Identifier: BSD-2-Clause */
/* Partition tables: what disk.c has to do with them. */
#ifndef DISK_PART_H
#define DISK_PART_H

#include "lib/types.h"

struct disk;

/* What a table says of a partition. */
struct part {
	char pt_name[12];  /* behind the whole disk's: "p4", "s1", "s1a", "a" */
	uint64_t pt_start; /* bytes, on the whole disk */
	uint64_t pt_size;  /* bytes; within the disk, whole sectors */
	uint8_t pt_type[16];	/* d_type */
	char pt_label[56];	/* GPT's, fit for a file's name; or "" */
	char pt_uuid[56];	/* its own, as text; or "" */
	uint64_t pt_attributes; /* GPT's */
};

/* Looks for a table on a whole disk, whose partitions are what it finds; with
 * taste_lock. */
void part_taste(struct disk *dp) __sleeps;
/* The name in a superblock, of DISK_LABEL_MAX; "" if there is none. */
void part_ufs_label(struct disk *dp, char *label) __sleeps;

/* disk.c: disk_set_parts(), with all that there are, and taste_lock held. */
int disk_found_parts(struct disk *whole, const struct part *parts, unsigned n,
    unsigned scheme) __sleeps;
/* disk.c: its i-th label is another one, but for /dev. */
void disk_set_label(struct disk *dp, unsigned i, const char *label) __sleeps;
/* disk.c: has another disk the same i-th label, and had it before? */
bool disk_label_taken(struct disk *dp, unsigned i) __sleeps;

#endif
