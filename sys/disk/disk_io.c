/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Requests to a disk that their maker waits for.
 */
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "disk/bio.h"
#include "core/sched.h"
#include "lib/string.h"
#include "vm/kmem.h"

/* One for all: the waiter's stack may go as soon as it is let go of. */
static struct spin wait_lock = SPIN_INITIALIZER("bio wait");

/* What memory outside of the physmap is copied through. */
#define BOUNCE_SIZE 65536ul

/* (wait_lock), but for the request. */
struct bio_wait {
	struct bio bw_bio;
	struct cv bw_cv;
	bool bw_done;
};

static void
wake_waiter(struct bio *bp)
{
	struct bio_wait *bw = container_of(bp, struct bio_wait, bw_bio);

	spin_lock(&wait_lock);
	bw->bw_done = true;
	cv_signal(&bw->bw_cv);
	spin_unlock(&wait_lock);
}

/* Starts a request like this and waits for its end; its error. */
static int
bio_run(struct disk *dp, const struct bio *bp)
{
	struct bio_wait bw = {.bw_bio = *bp, .bw_done = false};

	cv_init(&bw.bw_cv, "biowait");
	bw.bw_bio.b_done = wake_waiter;
	bio_start(dp, &bw.bw_bio);
	spin_lock(&wait_lock);
	while (!bw.bw_done)
		cv_wait_spin(&bw.bw_cv, &wait_lock);
	spin_unlock(&wait_lock);
	sched_maybe_yield();
	return (bw.bw_bio.b_error);
}

/* Memory in the physmap, at most 2 GB of it. */
static int
transfer(struct disk *dp, enum bio_cmd cmd, uint64_t offset, const void *buf,
    size_t len)
{
	struct bio_seg seg = {virt_to_phys(buf), (uint32_t)len};
	const struct bio b = {
	    .b_cmd = cmd, .b_offset = offset, .b_segs = &seg, .b_nsegs = 1};

	return (bio_run(dp, &b));
}

static int
bounce(
    struct disk *dp, enum bio_cmd cmd, uint64_t offset, void *buf, size_t len)
{
	size_t size = MIN(len, BOUNCE_SIZE), n;
	char *at = buf, *copy = kmem_alloc(size, KM_PHYS);
	int error = 0;

	if (copy == NULL)
		return (ENOMEM);
	for (; error == 0 && len > 0; len -= n, at += n, offset += n) {
		n = MIN(len, size);
		if (cmd == BIO_WRITE)
			memcpy(copy, at, n);
		error = transfer(dp, cmd, offset, copy, n);
		if (error == 0 && cmd == BIO_READ)
			memcpy(at, copy, n);
	}
	kmem_free(copy, size);
	return (error);
}

static int
disk_io(
    struct disk *dp, enum bio_cmd cmd, uint64_t offset, void *buf, size_t len)
{
	const size_t most = 1ul << 30;
	char *at = buf;
	size_t n;
	int error = 0;

	if (!in_physmap(buf))
		return (bounce(dp, cmd, offset, buf, len));
	for (; error == 0 && len > 0; len -= n, at += n, offset += n) {
		n = MIN(len, most);
		error = transfer(dp, cmd, offset, at, n);
	}
	return (error);
}

int
disk_read(struct disk *dp, uint64_t offset, void *buf, size_t len)
{
	return (disk_io(dp, BIO_READ, offset, buf, len));
}

int
disk_write(struct disk *dp, uint64_t offset, const void *buf, size_t len)
{
	return (disk_io(dp, BIO_WRITE, offset, (void *)(uintptr_t)buf, len));
}

int
disk_flush(struct disk *dp)
{
	const struct bio b = {.b_cmd = BIO_FLUSH};

	return (bio_run(dp, &b));
}

int
disk_delete(struct disk *dp, uint64_t offset, uint64_t len)
{
	const struct bio b = {
	    .b_cmd = BIO_DELETE, .b_offset = offset, .b_length = len};

	return (bio_run(dp, &b));
}

int
disk_ident(struct disk *dp, char *buf)
{
	char *copy = kmem_alloc(DISK_IDENT_MAX, KM_ZERO);
	int error;

	if (copy == NULL)
		return (ENOMEM);
	error = transfer(dp, BIO_IDENT, 0, copy, DISK_IDENT_MAX);
	memcpy(buf, copy, DISK_IDENT_MAX);
	buf[error == 0 ? DISK_IDENT_MAX : 0] = '\0';
	kmem_free(copy, DISK_IDENT_MAX);
	return (error);
}
