/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The list of disks, and the way of a request.
 *
 * A partition is a place on a whole disk: bio_start() checks a request against
 * the disk it was made for, adds the partition's start and hands it to the
 * driver, which sees nothing but the whole disk.  Disks are never taken off
 * the list, so a pointer to one is good for ever.
 *
 * Tables are read lazily, under taste_lock, which is held while sleeping;
 * disks_lock is only for the list, and nobody sleeps with it for long.
 */
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "disk/bio.h"
#include "disk/part.h"
#include "core/printf.h"
#include "core/sync.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "vm/kmem.h"

static struct mutex disks_lock = MUTEX_INITIALIZER(disks_lock, "disks");
static struct rwlock taste_lock = RW_INITIALIZER(taste_lock, "disk taste");
static struct list disks = LIST_INITIALIZER(disks); /* (disks_lock) */
static unsigned untasted; /* (a) whole disks to be looked at */

void
disk_add(struct disk *dp)
{
	dp->d_whole = dp;
	disk_errors_init(dp);
	dp->d_stats.ds_created = clock_ns();
	mutex_lock(&disks_lock);
	list_push_back(&disks, &dp->d_link);
	mutex_unlock(&disks_lock);
	atomic_add(&untasted, 1);
}

void
disk_add_part(struct disk *whole, const struct part *pt)
{
	struct disk *dp = kmem_alloc(sizeof(*dp), KM_ZERO), *after = whole, *d;

	if (dp == NULL)
		return;
	snprintf(
	    dp->d_name, sizeof(dp->d_name), "%s%s", whole->d_name, pt->pt_name);
	dp->d_sector = whole->d_sector;
	dp->d_stripe = whole->d_stripe;
	dp->d_size = pt->pt_size;
	dp->d_readonly = whole->d_readonly;
	dp->d_delete = whole->d_delete;
	dp->d_tasted = true;
	dp->d_whole = whole;
	dp->d_start = pt->pt_start;
	memcpy(dp->d_type, pt->pt_type, sizeof(dp->d_type));
	strlcpy(dp->d_gpt, pt->pt_label, sizeof(dp->d_gpt));
	strlcpy(dp->d_gptid, pt->pt_uuid, sizeof(dp->d_gptid));
	part_ufs_label(dp);
	mutex_lock(&disks_lock);
	LIST_FOREACH (d, &disks, d_link)
		if (d->d_whole == whole)
			after = d;
	list_push_front(&after->d_link, &dp->d_link);
	mutex_unlock(&disks_lock);
	disk_make_devs(dp);
}

static struct disk *
next_untasted(void)
{
	struct disk *dp, *found = NULL;

	mutex_lock(&disks_lock);
	LIST_FOREACH (dp, &disks, d_link)
		if (!dp->d_tasted) {
			found = dp;
			break;
		}
	mutex_unlock(&disks_lock);
	return (found);
}

bool
disk_taste(void)
{
	struct disk *dp;

	if (__predict_true(atomic_load(&untasted) == 0))
		return (false);
	rw_wlock(&taste_lock);
	while ((dp = next_untasted()) != NULL) {
		part_taste(dp);
		disk_make_devs(dp);
		mutex_lock(&disks_lock);
		dp->d_tasted = true;
		mutex_unlock(&disks_lock);
		atomic_sub(&untasted, 1);
	}
	rw_wunlock(&taste_lock);
	return (true);
}

const char *
disk_label(const struct disk *dp, unsigned i, const char **folder)
{
	static const char *const folders[DISK_LABELS] = {"gpt", "gptid", "ufs"};
	const char *const labels[DISK_LABELS] = {
	    dp->d_gpt, dp->d_gptid, dp->d_ufs};

	*folder = folders[i];
	return (labels[i]);
}

static bool
answers_to(const struct disk *dp, const char *name)
{
	const char *label, *folder;
	size_t n;

	if (strcmp(dp->d_name, name) == 0)
		return (true);
	for (unsigned i = 0; i < DISK_LABELS; i++) {
		label = disk_label(dp, i, &folder);
		n = strlen(folder);
		if (strncmp(name, folder, n) == 0 && name[n] == '/')
			return (name[n + 1] != '\0' &&
				strcmp(label, name + n + 1) == 0);
	}
	return (false);
}

bool
disk_label_taken(struct disk *dp, const char *label)
{
	struct disk *d;
	bool taken = false;

	mutex_lock(&disks_lock);
	LIST_FOREACH (d, &disks, d_link)
		if (d != dp && label[0] != '\0' &&
		    (label == dp->d_gpt ? strcmp(d->d_gpt, label)
					: strcmp(d->d_ufs, label)) == 0)
			taken = true;
	mutex_unlock(&disks_lock);
	return (taken);
}

struct disk *
disk_find(const char *name)
{
	struct disk *dp, *found = NULL;

	if (strncmp(name, "/dev/", 5) == 0)
		name += 5;
	(void)disk_taste();
	mutex_lock(&disks_lock);
	LIST_FOREACH (dp, &disks, d_link)
		if (answers_to(dp, name)) {
			found = dp;
			break;
		}
	mutex_unlock(&disks_lock);
	return (found);
}

struct disk *
disk_next(struct disk *dp)
{
	(void)disk_taste();
	mutex_lock(&disks_lock);
	dp = dp == NULL ? LIST_FIRST(&disks, struct disk, d_link)
			: LIST_NEXT(dp, &disks, d_link);
	mutex_unlock(&disks_lock);
	return (dp);
}

/* Does the request make sense for this disk? 0 or the errno; adds b_length
 * up. */
static int
check_bio(const struct disk *dp, struct bio *bp)
{
	uint64_t end;

	if (bp->b_cmd == BIO_FLUSH || bp->b_cmd == BIO_IDENT)
		return (0);
	if (bp->b_cmd != BIO_DELETE) {
		bp->b_length = 0;
		for (unsigned i = 0; i < bp->b_nsegs; i++)
			bp->b_length += bp->b_segs[i].len;
	}
	if (bp->b_cmd != BIO_READ && dp->d_readonly)
		return (EROFS);
	if (bp->b_cmd == BIO_DELETE && !dp->d_delete)
		return (EOPNOTSUPP);
	if (bp->b_length == 0 ||
	    ((bp->b_offset | bp->b_length) & (dp->d_sector - 1)) != 0)
		return (EINVAL);
	if (__builtin_add_overflow(bp->b_offset, bp->b_length, &end) ||
	    end > dp->d_size)
		return (EIO);
	return (0);
}

void
bio_start(struct disk *dp, struct bio *bp)
{
	bp->b_error = check_bio(dp, bp);
	if (bp->b_error != 0) {
		bio_done(bp);
		return;
	}
	bp->b_position = bp->b_offset + dp->d_start;
	dp->d_whole->d_strategy(dp->d_whole, bp);
}

/* A claim on a disk concerns what it is a part of, and its parts. */
static bool
overlap(const struct disk *a, const struct disk *b)
{
	return (a->d_whole == b->d_whole &&
		a->d_start < b->d_start + b->d_size &&
		b->d_start < a->d_start + a->d_size);
}

/* Is anybody in the way: who claimed it, who claimed it for writing, who has
 * its device open for writing? disks_lock held. */
static bool
disk_busy(const struct disk *dp, bool claims, bool writers)
{
	const struct disk *d;

	LIST_FOREACH (d, &disks, d_link)
		if (((claims && d->d_claims != 0) || d->d_owners != 0 ||
			(writers && d->d_writers != 0)) &&
		    overlap(d, dp))
			return (true);
	return (false);
}

int
disk_claim(struct disk *dp, bool write)
{
	int error = 0;

	if (write && dp->d_readonly)
		return (EROFS);
	mutex_lock(&disks_lock);
	if (disk_busy(dp, write, write))
		error = EBUSY;
	else {
		dp->d_claims++;
		dp->d_owners += write;
	}
	mutex_unlock(&disks_lock);
	return (error);
}

int
disk_reclaim(struct disk *dp, bool write)
{
	int error;

	disk_unclaim(dp, !write);
	error = disk_claim(dp, write);
	/* What there was a moment ago is to be had again. */
	if (error != 0)
		(void)disk_claim(dp, !write);
	return (error);
}

void
disk_unclaim(struct disk *dp, bool write)
{
	mutex_lock(&disks_lock);
	dp->d_claims--;
	dp->d_owners -= write;
	mutex_unlock(&disks_lock);
}

void
disk_users(const struct disk *dp, unsigned *readers, unsigned *writers)
{
	mutex_lock(&disks_lock);
	*readers = dp->d_claims;
	*writers = dp->d_owners + dp->d_writers;
	mutex_unlock(&disks_lock);
}

int
disk_open_write(struct disk *dp)
{
	int error = 0;

	if (dp->d_readonly)
		return (EROFS);
	mutex_lock(&disks_lock);
	if (disk_busy(dp, false, false))
		error = EPERM;
	else
		dp->d_writers++;
	mutex_unlock(&disks_lock);
	return (error);
}

void
disk_close_write(struct disk *dp)
{
	mutex_lock(&disks_lock);
	dp->d_writers--;
	dp->d_edition++;
	mutex_unlock(&disks_lock);
}

unsigned
disk_edition(const struct disk *dp)
{
	const struct disk *d;
	unsigned edition = 0;

	mutex_lock(&disks_lock);
	LIST_FOREACH (d, &disks, d_link)
		if (overlap(d, dp))
			edition += d->d_edition;
	mutex_unlock(&disks_lock);
	return (edition);
}

void
disk_list(void)
{
	struct disk *dp = NULL;

	if (disk_next(NULL) == NULL)
		kprintf("There are no disks.\n");
	while ((dp = disk_next(dp)) != NULL) {
		kprintf("  %-10s %8lu MB  %s", dp->d_name, dp->d_size >> 20,
		    disk_describe(dp));
		if (dp->d_gpt[0] != '\0')
			kprintf("  gpt/%s", dp->d_gpt);
		if (dp->d_ufs[0] != '\0')
			kprintf("  ufs/%s", dp->d_ufs);
		kprintf("\n");
	}
}
