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

/* Looks for a table on a whole disk, and adds the partitions it finds. */
void part_taste(struct disk *dp) __sleeps;
/* Fills d_ufs from a superblock, if there is one. */
void part_ufs_label(struct disk *dp) __sleeps;

/* disk.c: a partition of a whole disk. */
void disk_add_part(struct disk *whole, const struct part *pt) __sleeps;

/* disk.c: another name for a partition. */
void disk_set_gpt(struct disk *dp, const char *label) __sleeps;

/* disk.c: has another disk the same label, and had it before? */
bool disk_label_taken(struct disk *dp, const char *label) __sleeps;

#endif
