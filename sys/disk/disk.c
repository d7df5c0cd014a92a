/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The list of disks, and the way of a request.
 *
 * A partition is a place on a whole disk: bio_start() checks a request against
 * the disk it was made for, adds the partition's start and hands it to the
 * driver, which sees nothing but the whole disk.  A disk that has gone is on
 * the list until its last reference goes, so that who walks it goes on from
 * there.
 *
 * Tables are read lazily, under taste_lock, which is held while sleeping;
 * disks_lock is only for the list, and nobody sleeps with it for long.
 */
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "disk/bio.h"
#include "disk/part.h"
#include "file/devctl.h"
#include "core/module.h"
#include "core/printf.h"
#include "core/sync.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "vm/kmem.h"

static struct mutex disks_lock = MUTEX_INITIALIZER(disks_lock, "disks");
static struct rwlock taste_lock = RW_INITIALIZER(taste_lock, "disk taste");
static struct list disks = LIST_INITIALIZER(disks); /* (disks_lock) */
static unsigned untasted;    /* (a) whole disks to be looked at */
static uint32_t last_number; /* (disks_lock) */
static unsigned generation;  /* (disks_lock a) */

/* (disks_lock) behind `after` in the list. */
static void
enter(struct disk *dp, struct list *after)
{
	dp->d_refs = 1;
	dp->d_listed = true;
	dp->d_number = ++last_number;
	list_push_front(after, &dp->d_link);
	atomic_add(&generation, 1);
}

void
disk_add(struct disk *dp)
{
	dp->d_whole = dp;
	disk_errors_init(dp);
	dp->d_stats.ds_created = clock_ns();
	mutex_lock(&disks_lock);
	enter(dp, disks.prev);
	mutex_unlock(&disks_lock);
	atomic_add(&untasted, 1);
}

unsigned
disk_generation(void)
{
	return (atomic_load(&generation));
}

void
disk_release(struct disk *dp)
{
	struct disk *whole = dp->d_whole;

	if (!refcount_drop(&dp->d_refs))
		return;
	mutex_lock(&disks_lock);
	list_remove(&dp->d_link);
	mutex_unlock(&disks_lock);
	if (dp == whole) {
		disk_stats_end(dp);
		dp->d_free(dp);
		return;
	}
	kmem_free(dp, sizeof(*dp));
	disk_release(whole);
}

static void
add_part(struct disk *whole, const struct part *pt)
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
	disk_hold(whole);
	dp->d_start = pt->pt_start;
	memcpy(dp->d_type, pt->pt_type, sizeof(dp->d_type));
	dp->d_attributes = pt->pt_attributes;
	strlcpy(dp->d_gpt, pt->pt_label, sizeof(dp->d_gpt));
	strlcpy(dp->d_gptid, pt->pt_uuid, sizeof(dp->d_gptid));
	part_ufs_label(dp, dp->d_ufs);
	mutex_lock(&disks_lock);
	LIST_FOREACH (d, &disks, d_link)
		if (d->d_whole == whole)
			after = d;
	enter(dp, &after->d_link);
	mutex_unlock(&disks_lock);
	disk_make_devs(dp);
}

static struct disk *
next_untasted(void)
{
	struct disk *dp, *found = NULL;

	mutex_lock(&disks_lock);
	LIST_FOREACH (dp, &disks, d_link)
		if (!dp->d_tasted && !dp->d_gone) {
			disk_hold(dp);
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
		if (dp->d_devs[0] == NULL)
			disk_make_devs(dp);
		mutex_lock(&disks_lock);
		dp->d_tasted = true;
		mutex_unlock(&disks_lock);
		atomic_sub(&untasted, 1);
		disk_release(dp);
	}
	rw_wunlock(&taste_lock);
	return (true);
}

/* (disks_lock) What the list has of a whole disk's partitions. */
static bool
is_part_of(const struct disk *dp, const struct disk *whole)
{
	return (dp->d_whole == whole && dp != whole && dp->d_listed);
}

/* One of them that has gone itself, or whose disk has, while taste_lock is
 * held. */
static struct disk *
gone_part(const struct disk *whole)
{
	struct disk *dp, *found = NULL;

	mutex_lock(&disks_lock);
	LIST_FOREACH (dp, &disks, d_link)
		if (is_part_of(dp, whole) && disk_is_gone(dp))
			found = dp;
	mutex_unlock(&disks_lock);
	return (found);
}

/* With taste_lock: nobody comes to it any more. */
static void
drop(struct disk *dp)
{
	disk_destroy_devs(dp);
	mutex_lock(&disks_lock);
	atomic_store(&dp->d_gone, true);
	dp->d_listed = false;
	atomic_add(&generation, 1);
	mutex_unlock(&disks_lock);
	disk_release(dp);
}

static void
drop_gone_parts(const struct disk *whole)
{
	struct disk *dp;

	while ((dp = gone_part(whole)) != NULL)
		drop(dp);
}

/* (disks_lock) From now on nobody finds it. EBUSY, ENXIO. */
static int
begin_removal(struct disk *whole, bool force)
{
	struct disk *dp;

	if (whole->d_gone)
		return (ENXIO);
	LIST_FOREACH (dp, &disks, d_link)
		if (dp->d_whole == whole && !force &&
		    (dp->d_opens != 0 || dp->d_claims != 0))
			return (EBUSY);
	atomic_store(&whole->d_gone, true);
	return (0);
}

int
disk_remove(struct disk *whole, bool force)
{
	int error;

	mutex_lock(&disks_lock);
	error = begin_removal(whole, force);
	mutex_unlock(&disks_lock);
	if (error != 0)
		return (error);
	whole->d_stop(whole);
	rw_wlock(&taste_lock);
	if (!whole->d_tasted)
		atomic_sub(&untasted, 1);
	drop_gone_parts(whole);
	drop(whole);
	rw_wunlock(&taste_lock);
	return (0);
}

/* The one that a disk's name and place belong to; or, unless those are all,
 * what it lies within if it has a letter behind that; or NULL. */
static const struct part *
part_for(const struct disk *dp, const struct part *parts, unsigned n, bool all)
{
	const char *name = dp->d_name + strlen(dp->d_whole->d_name);
	const size_t len = strlen(name);

	for (unsigned i = 0; i < n; i++) {
		const size_t known = strlen(parts[i].pt_name);

		if (strncmp(name, parts[i].pt_name, known) != 0)
			continue;
		if (known == len && dp->d_start == parts[i].pt_start)
			return (&parts[i]);
		if (!all && known + 1 == len && name[known] >= 'a')
			return (&parts[i]);
	}
	return (NULL);
}

/* (disks_lock) Those that aren't among them go: EBUSY. */
static int
begin_change(
    const struct disk *whole, const struct part *parts, unsigned n, bool all)
{
	struct disk *dp;

	LIST_FOREACH (dp, &disks, d_link)
		if (is_part_of(dp, whole) &&
		    part_for(dp, parts, n, all) == NULL &&
		    (dp->d_opens != 0 || dp->d_claims != 0))
			return (EBUSY);
	LIST_FOREACH (dp, &disks, d_link)
		if (is_part_of(dp, whole) &&
		    part_for(dp, parts, n, all) == NULL)
			atomic_store(&dp->d_gone, true);
	return (0);
}

/* The disk that a partition is already; with taste_lock, which keeps it. */
static struct disk *
disk_for(const struct disk *whole, const struct part *pt)
{
	const size_t n = strlen(whole->d_name);
	struct disk *dp, *found = NULL;

	mutex_lock(&disks_lock);
	LIST_FOREACH (dp, &disks, d_link)
		if (is_part_of(dp, whole) &&
		    strcmp(dp->d_name + n, pt->pt_name) == 0)
			found = dp;
	mutex_unlock(&disks_lock);
	return (found);
}

static void
change_part(struct disk *dp, const struct part *pt)
{
	char ufs[DISK_LABEL_MAX];
	const char *const labels[DISK_LABELS] = {
	    pt->pt_label, pt->pt_uuid, ufs};
	const char *folder;

	mutex_lock(&disks_lock);
	memcpy(dp->d_type, pt->pt_type, sizeof(dp->d_type));
	atomic_store(&dp->d_attributes, pt->pt_attributes);
	mutex_unlock(&disks_lock);
	part_ufs_label(dp, ufs);
	for (unsigned i = 0; i < DISK_LABELS; i++)
		if (strcmp(disk_label(dp, i, &folder), labels[i]) != 0)
			disk_rename(dp, i, labels[i]);
	if (dp->d_size != pt->pt_size)
		disk_resize(dp, pt->pt_size);
}

/* With taste_lock. */
static int
set_parts(struct disk *whole, const struct part *parts, unsigned n, bool all,
    enum disk_scheme scheme)
{
	struct disk *dp;
	int error;

	mutex_lock(&disks_lock);
	error =
	    disk_is_gone(whole) ? ENXIO : begin_change(whole, parts, n, all);
	if (error == 0)
		whole->d_scheme = scheme;
	mutex_unlock(&disks_lock);
	drop_gone_parts(whole);
	for (unsigned i = 0; i < n && error == 0; i++) {
		dp = disk_for(whole, &parts[i]);
		if (dp != NULL)
			change_part(dp, &parts[i]);
		else
			add_part(whole, &parts[i]);
	}
	return (error);
}

int
disk_found_parts(
    struct disk *whole, const struct part *parts, unsigned n, unsigned scheme)
{
	return (set_parts(whole, parts, n, true, (enum disk_scheme)scheme));
}

int
disk_set_parts(struct disk *whole, const struct part *parts, unsigned n,
    enum disk_scheme scheme)
{
	int error;

	rw_wlock(&taste_lock);
	error = set_parts(whole, parts, n, false, scheme);
	rw_wunlock(&taste_lock);
	return (error);
}

void
disk_resize(struct disk *dp, uint64_t size)
{
	mutex_lock(&disks_lock);
	atomic_store(&dp->d_size, size);
	mutex_unlock(&disks_lock);
	devctl_notify("GEOM", "DEV", "SIZECHANGE", "cdev=%s", dp->d_name);
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

	if (disk_is_gone(dp))
		return (false);
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

void
disk_set_label(struct disk *dp, unsigned i, const char *label)
{
	char *const labels[DISK_LABELS] = {dp->d_gpt, dp->d_gptid, dp->d_ufs};

	mutex_lock(&disks_lock);
	strlcpy(labels[i], label, DISK_LABEL_MAX);
	mutex_unlock(&disks_lock);
}

bool
disk_label_taken(struct disk *dp, unsigned i)
{
	const char *folder, *label = disk_label(dp, i, &folder);
	struct disk *d;
	bool taken = false;

	mutex_lock(&disks_lock);
	LIST_FOREACH (d, &disks, d_link)
		if (d != dp && !disk_is_gone(d) && label[0] != '\0' &&
		    strcmp(disk_label(d, i, &folder), label) == 0)
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
			disk_hold(dp);
			found = dp;
			break;
		}
	mutex_unlock(&disks_lock);
	return (found);
}

struct disk *
disk_next(struct disk *dp)
{
	struct list *l;
	struct disk *next = NULL;

	(void)disk_taste();
	mutex_lock(&disks_lock);
	for (l = dp == NULL ? disks.next : dp->d_link.next;
	     l != &disks && next == NULL; l = l->next) {
		next = container_of(l, struct disk, d_link);
		if (disk_is_gone(next))
			next = NULL;
	}
	if (next != NULL)
		disk_hold(next);
	mutex_unlock(&disks_lock);
	if (dp != NULL)
		disk_release(dp);
	return (next);
}

/* Does the request make sense for this disk? 0 or the errno; adds b_length
 * up. */
static int
check_bio(const struct disk *dp, struct bio *bp)
{
	uint64_t end;

	if (__predict_false(disk_is_gone(dp)))
		return (ENXIO);
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
	    end > atomic_load(&dp->d_size))
		return (EIO);
	return (0);
}

void
bio_start(struct disk *dp, struct bio *bp)
{
	assert_may_sleep("bio_start");
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
	if (disk_is_gone(dp))
		error = ENXIO;
	else if (disk_busy(dp, write, write))
		error = EBUSY;
	else {
		disk_hold(dp);
		dp->d_claims++;
		dp->d_owners += write;
	}
	mutex_unlock(&disks_lock);
	return (error);
}

int
disk_reclaim(struct disk *dp, bool write)
{
	int error = 0;

	if (write && dp->d_readonly)
		return (EROFS);
	mutex_lock(&disks_lock);
	dp->d_claims--;
	dp->d_owners -= !write;
	if (disk_busy(dp, write, write))
		error = EBUSY;
	dp->d_claims++;
	dp->d_owners += error == 0 ? write : !write;
	mutex_unlock(&disks_lock);
	return (error);
}

void
disk_unclaim(struct disk *dp, bool write)
{
	mutex_lock(&disks_lock);
	dp->d_claims--;
	dp->d_owners -= write;
	mutex_unlock(&disks_lock);
	disk_release(dp);
}

void
disk_users(const struct disk *dp, unsigned *readers, unsigned *writers,
    unsigned *claims)
{
	mutex_lock(&disks_lock);
	*readers = dp->d_claims + dp->d_opens;
	*writers = dp->d_owners + dp->d_writers;
	*claims = dp->d_claims;
	mutex_unlock(&disks_lock);
}

int
disk_open(struct disk *dp, bool write)
{
	int error = 0;

	if (write && dp->d_readonly)
		return (EROFS);
	mutex_lock(&disks_lock);
	if (disk_is_gone(dp))
		error = ENXIO;
	else if (write && disk_busy(dp, false, false))
		error = EPERM;
	else {
		disk_hold(dp);
		dp->d_opens++;
		dp->d_writers += write;
	}
	mutex_unlock(&disks_lock);
	return (error);
}

/* Where tables and labels are, of what a whole disk or a partition begins with;
 * and a GPT's second copy. */
#define FRONT 131072
#define BACK  65536

void
disk_wrote(struct disk *dp, uint64_t offset, uint64_t len)
{
	if (offset < FRONT ||
	    (dp->d_whole == dp && offset + len + BACK > dp->d_size))
		atomic_store(&dp->d_whole->d_rewritten, true);
}

/* (disks_lock) If nobody writes it any more it is to be looked at again. */
static void
begin_retaste(struct disk *whole)
{
	const struct disk *dp;

	if (!whole->d_rewritten || !whole->d_tasted || whole->d_gone)
		return;
	LIST_FOREACH (dp, &disks, d_link)
		if (dp->d_whole == whole && dp->d_writers != 0)
			return;
	atomic_store(&whole->d_rewritten, false);
	whole->d_tasted = false;
	atomic_add(&untasted, 1);
}

void
disk_close(struct disk *dp, bool write)
{
	mutex_lock(&disks_lock);
	dp->d_opens--;
	dp->d_writers -= write;
	dp->d_edition += write;
	if (write)
		begin_retaste(dp->d_whole);
	mutex_unlock(&disks_lock);
	disk_release(dp);
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
	bool any = false;

	while ((dp = disk_next(dp)) != NULL) {
		any = true;
		kprintf("  %-10s %8lu MB  %s", dp->d_name, dp->d_size >> 20,
		    disk_describe(dp));
		if (dp->d_gpt[0] != '\0')
			kprintf("  gpt/%s", dp->d_gpt);
		if (dp->d_ufs[0] != '\0')
			kprintf("  ufs/%s", dp->d_ufs);
		kprintf("\n");
	}
	if (!any)
		kprintf("There are no disks.\n");
}

MODULE(g_dev, "g_dev");
MODULE(g_disk, "g_disk");
MODULE(g_vfs, "g_vfs");
