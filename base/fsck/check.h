/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef FSCK_CHECK_H
#define FSCK_CHECK_H

/*
 * The checker of UFS, for a disk in the machine and for a file on the host.
 *
 * It always repairs, but in its own memory; what changed goes to the disk in
 * the end, or not, as the mode says.  So a check that only reports sees later
 * what the repairs before it would have done, and one that may do no more than
 * what is harmless does all or nothing.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* What is checked.  Offsets and sizes are multiples of the sector's size. */
struct check_device {
	int (*cd_read)(
	    struct check_device *dev, uint64_t offset, void *buf, size_t size);
	/* NULL: it can't be written. */
	int (*cd_write)(struct check_device *dev, uint64_t offset,
	    const void *buf, size_t size);
	int (*cd_sync)(struct check_device *dev);
	uint64_t cd_size; /* bytes */
};

/* How bad a finding is; the class is the first word of its line. */
enum check_class {
	CHECK_SUMMARY,	    /* totals and marks that aren't up to date */
	CHECK_COUNT,	    /* an inode with more links than names */
	CHECK_UNREFERENCED, /* blocks and inodes that nobody uses */
	CHECK_NAMES,	    /* a directory with two names */
	CHECK_DAMAGE,	    /* anything else */
	CHECK_CLASSES
};

enum check_mode {
	CHECK_REPORT, /* changes nothing */
	CHECK_PREEN,  /* repairs all if all is harmless, else nothing */
	CHECK_REPAIR  /* repairs all */
};

struct check_options {
	enum check_mode mode;
	bool skip_clean; /* one that is marked clean isn't looked at */
	FILE *out;	 /* for findings, or NULL */
	int64_t now;	 /* seconds since the epoch, for what is written */
	/* Asked before repairs are written; NULL: they are. */
	bool (*confirm)(void);
};

enum check_status {
	CHECK_CLEAN,	/* nothing was found */
	CHECK_LEFTOVER, /* only what a cut leaves; not repaired */
	CHECK_DAMAGED,	/* more; not repaired */
	CHECK_REPAIRED, /* whatever was found is repaired and written */
	CHECK_FAILED	/* no file system, or an error on the way */
};

struct check_result {
	enum check_status status;
	bool skipped; /* CHECK_CLEAN by its mark only */
	uint64_t found[CHECK_CLASSES];
	uint64_t inodes, directories; /* that are in use */
	uint64_t frags, frags_used;
	char reason[160]; /* CHECK_FAILED */
};

/* Also prints the closing line. */
void check_run(struct check_device *dev, const struct check_options *opt,
    struct check_result *res);

#endif
