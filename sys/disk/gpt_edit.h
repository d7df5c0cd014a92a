/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * GUID partition tables that are changed: all of one in memory, from where it
 * is written to both of its places.
 */
#ifndef DISK_GPT_EDIT_H
#define DISK_GPT_EDIT_H

#include "disk/part_table.h"
#include "lib/list.h"

struct disk;

struct gpt_edit {
	struct list ge_link;
	struct disk *ge_disk; /* a whole one, held */
	struct part_disk ge_pd;
	struct gpt_disk_header ge_header; /* but for places and sums */
	uint8_t ge_mbr[512];		  /* the first sector's beginning */
	uint8_t *ge_table;
	size_t ge_size;	   /* of it: whole sectors */
	bool ge_corrupt;   /* one of the copies isn't what it should be */
	bool ge_destroyed; /* to be written: that there is none */
};

/* What a disk has: ENOENT, there is none; EIO, ENOMEM. */
int gpt_edit_load(struct disk *dp, struct gpt_edit **gep) __sleeps;
/* An empty one, with so many entries.  ENOSPC, ENOMEM. */
int gpt_edit_create(
    struct disk *dp, uint32_t entries, struct gpt_edit **gep) __sleeps;
void gpt_edit_free(struct gpt_edit *ge) __sleeps;
/* To the disk; or, if it is destroyed, zeroes where it was. */
int gpt_edit_write(struct gpt_edit *ge) __sleeps;

/* Entry i (from 0 on), which may be empty: its type is zeroes. */
struct gpt_disk_entry gpt_edit_get(const struct gpt_edit *ge, unsigned i);
void gpt_edit_set(
    struct gpt_edit *ge, unsigned i, const struct gpt_disk_entry *de);
bool gpt_entry_used(const struct gpt_disk_entry *de);
/* The first sector as it must be, and partitions have all of the disk between
 * the copies; on borders of 4 KB if what there is allows it. */
void gpt_edit_renew(struct gpt_edit *ge);
/* Entry i as others see it; false: there is none. */
bool gpt_edit_part(const struct gpt_edit *ge, unsigned i, struct part *pt);

#endif
