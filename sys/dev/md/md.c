/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where the contents are memory a request is done at once, by who asks for it.
 * If there is no memory for it just then, and always where they are a file's,
 * the disk's own thread does it, which may wait; it is also what ends the disk.
 */
#include "dev/md/md.h"
#include "core/thread.h"
#include "fbsd/errno.h"
#include "file/file.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "proc/thread.h"
#include "vm/kmem.h"
#include "vm/pageout.h"

static void
finish(struct md *md, struct bio *bp, int error)
{
	bp->b_error = error;
	mutex_lock(&md->md_lock);
	disk_ended(&md->md_disk, bp);
	mutex_unlock(&md->md_lock);
	bio_done(bp);
}

/* For the thread; not if it is to end. */
static bool
enqueue(struct md *md, struct bio *bp)
{
	bool queued;

	mutex_lock(&md->md_lock);
	queued = !md->md_ending;
	if (queued) {
		list_push_back(&md->md_queue, &bp->b_link);
		cv_signal(&md->md_work);
	}
	mutex_unlock(&md->md_lock);
	return (queued);
}

/* A request, or as much of it as can be done: md.h. */
static int
do_io(struct md *md, struct bio *bp)
{
	if (bp->b_cmd == BIO_IDENT)
		return (EOPNOTSUPP);
	/* It may have become smaller than a partition on it. */
	if (bp->b_cmd != BIO_FLUSH &&
	    bp->b_position + bp->b_length > atomic_load(&md->md_disk.d_size))
		return (EIO);
	return (md->md_type == MD_VNODE ? md_file_io(md, bp)
					: md_memory_io(md, bp));
}

static void
md_strategy(struct disk *dp, struct bio *bp)
{
	struct md *md = dp->d_driver;
	int error = EAGAIN;

	list_init(&bp->b_link);
	mutex_lock(&md->md_lock);
	disk_begun(dp, bp);
	mutex_unlock(&md->md_lock);
	if (md->md_type != MD_VNODE)
		error = do_io(md, bp);
	if (error == EAGAIN && enqueue(md, bp))
		return;
	finish(md, bp, error == EAGAIN ? ENXIO : error);
}

/* The next request; NULL: there won't be any more. */
static struct bio *
next_request(struct md *md)
{
	struct bio *bp;

	mutex_lock(&md->md_lock);
	while (list_empty(&md->md_queue) && !md->md_ending)
		cv_wait(&md->md_work, &md->md_lock);
	bp = LIST_FIRST(&md->md_queue, struct bio, b_link);
	if (bp != NULL)
		list_remove(&bp->b_link);
	mutex_unlock(&md->md_lock);
	return (bp);
}

static int
do_request(struct md *md, struct bio *bp)
{
	int error;

	if (disk_is_gone(&md->md_disk))
		return (ENXIO);
	if (md->md_type == MD_VNODE)
		return (do_io(md, bp));
	while ((error = do_io(md, bp)) == EAGAIN && pageout_wait())
		;
	return (error == EAGAIN ? ENOSPC : error);
}

static void
md_main(void *arg)
{
	struct md *md = arg;
	struct bio *bp;

	while ((bp = next_request(md)) != NULL)
		finish(md, bp, do_request(md, bp));
	if (md->md_file != NULL)
		file_release(md->md_file);
	mutex_lock(&md->md_lock);
	md_memory_cut(md, 0);
	md->md_ended = true;
	cv_broadcast(&md->md_through);
	mutex_unlock(&md->md_lock);
	disk_release(&md->md_disk);
	thread_exit(curthread());
}

static void
md_stop(struct disk *dp)
{
	struct md *md = dp->d_driver;

	mutex_lock(&md->md_lock);
	md->md_ending = true;
	cv_signal(&md->md_work);
	while (
	    !md->md_ended && cv_wait_kill(&md->md_through, &md->md_lock) == 0)
		;
	mutex_unlock(&md->md_lock);
}

void
md_free(struct md *md)
{
	if (md->md_label != NULL)
		kmem_strfree(md->md_label);
	if (md->md_path != NULL)
		kmem_strfree(md->md_path);
	kmem_free(md, sizeof(*md));
}

static void
free_disk(struct disk *dp)
{
	md_free(dp->d_driver);
}

static void __printflike(4, 5)
    put_word(disk_put_fn *put, void *arg, const char *key, const char *fmt, ...)
{
	char text[64];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	put(arg, key, text);
}

static void
md_config(const struct disk *dp, disk_put_fn *put, void *arg)
{
	static const char *const types[] = {
	    "malloc", "preload", "vnode", "swap", "null"};
	const struct md *md = dp->d_driver;

	put_word(put, arg, "unit", "%u", md->md_unit);
	put_word(put, arg, "sectorsize", "%u", dp->d_sector);
	put_word(put, arg, "fwheads", "%d", md->md_fwheads);
	put_word(put, arg, "fwsectors", "%d", md->md_fwsectors);
	put_word(put, arg, "length", "%lu", dp->d_size);
	put(arg, "compression", md->md_options & MD_COMPRESS ? "on" : "off");
	put(arg, "access", dp->d_readonly ? "read-only" : "read-write");
	put(arg, "type", types[md->md_type]);
	put(arg, "label", md->md_label != NULL ? md->md_label : "");
	if (md->md_type != MD_VNODE)
		return;
	put_word(
	    put, arg, "ident", "MD-DEV%lu-INO%lu", md->md_fsid, md->md_ino);
	put(arg, "file", md->md_path);
	put(arg, "cache", md->md_options & MD_CACHE ? "on" : "off");
}

int
md_start(struct md *md)
{
	static const struct disk_class class = {"MD", md_config};
	struct disk *dp = &md->md_disk;

	snprintf(dp->d_name, sizeof(dp->d_name), "md%u", md->md_unit);
	dp->d_strategy = md_strategy;
	dp->d_stop = md_stop;
	dp->d_free = free_disk;
	dp->d_class = &class;
	dp->d_driver = md;
	if (kthread_create(dp->d_name, md_main, md) == NULL)
		return (ENOMEM);
	disk_add(dp);
	/* The thread's. */
	disk_hold(dp);
	return (0);
}
