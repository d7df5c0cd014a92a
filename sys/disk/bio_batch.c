/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Transfers of several pieces of memory, with many requests under way.  Pieces
 * that follow each other on the disk become one request.
 */
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "disk/bio.h"
#include "core/sched.h"
#include "lib/string.h"
#include "vm/kmem.h"
#include "vm/vm.h"

#define SEGMENTS 56
#define FLYING	 8 /* requests under way, at most */

struct bio_request {
	struct bio r_bio;
	struct bio_batch *r_io;	 /* whose end is waited for; or NULL: */
	struct vm_read *r_pages; /* ended by what is read */
	uint64_t r_end;		 /* bytes: where the next piece would follow */
	struct bio_seg r_segs[SEGMENTS];
};

void
bio_batch_init(struct bio_batch *io, struct disk *dp, enum bio_cmd cmd)
{
	memset(io, 0, sizeof(*io));
	io->io_disk = dp;
	io->io_cmd = cmd;
	cv_init(&io->io_cv, "biowait");
}

void
bio_batch_init_pages(
    struct bio_batch *io, struct disk *dp, struct vm_read *pages)
{
	bio_batch_init(io, dp, BIO_READ);
	io->io_pages = pages;
}

/* One lock for all ends: an io may be gone once it is released. */
static struct spin done_lock = SPIN_INITIALIZER("bio batch");

static void
note_error(struct bio_batch *io, int error)
{
	spin_lock(&done_lock);
	if (io->io_error == 0)
		io->io_error = error;
	spin_unlock(&done_lock);
}

static void
part_done(struct bio_batch *io, int error)
{
	spin_lock(&done_lock);
	if (io->io_error == 0)
		io->io_error = error;
	io->io_pending--;
	cv_signal(&io->io_cv);
	spin_unlock(&done_lock);
}

static void
request_done(struct bio *bp)
{
	struct bio_request *r = container_of(bp, struct bio_request, r_bio);
	struct vm_read *pages = r->r_pages;
	struct bio_batch *io = r->r_io;
	int error = bp->b_error;

	kmem_free(r, sizeof(*r));
	if (pages != NULL)
		vm_read_end(pages, error);
	else
		part_done(io, error);
}

static void
wait_until(struct bio_batch *io, unsigned most)
{
	spin_lock(&done_lock);
	while (io->io_pending > most)
		cv_wait_spin(&io->io_cv, &done_lock);
	spin_unlock(&done_lock);
	/* A fast disk may never let it sleep. */
	sched_maybe_yield();
}

/* Starts the request that pieces were added to. */
static void
start_open(struct bio_batch *io)
{
	struct bio_request *r = io->io_open;

	if (r == NULL)
		return;
	io->io_open = NULL;
	if (io->io_pages != NULL) {
		vm_read_begin(io->io_pages);
	} else {
		wait_until(io, FLYING - 1);
		spin_lock(&done_lock);
		io->io_pending++;
		spin_unlock(&done_lock);
	}
	bio_start(io->io_disk, &r->r_bio);
}

/* Without memory for a request: one piece alone, at once. */
static void
do_now(struct bio_batch *io, uint64_t offset, void *buf, uint32_t len)
{
	struct disk *dp = io->io_disk;
	int error;

	/* Where pages are read nobody is there to wait. */
	if (io->io_pages != NULL)
		error = ENOMEM;
	else
		error = io->io_cmd == BIO_READ
			    ? disk_read(dp, offset, buf, len)
			    : disk_write(dp, offset, buf, len);
	if (error != 0)
		note_error(io, error);
}

static bool
open_request(struct bio_batch *io, uint64_t offset)
{
	struct bio_request *r = kmem_alloc(sizeof(*r), 0);

	if (r == NULL)
		return (false);
	memset(&r->r_bio, 0, sizeof(r->r_bio));
	r->r_bio.b_cmd = io->io_cmd;
	r->r_bio.b_offset = offset;
	r->r_bio.b_segs = r->r_segs;
	r->r_bio.b_done = request_done;
	r->r_io = io;
	r->r_pages = io->io_pages;
	r->r_end = offset;
	io->io_open = r;
	return (true);
}

void
bio_batch_add(struct bio_batch *io, uint64_t offset, void *buf, uint32_t len)
{
	struct bio_request *r = io->io_open;
	struct bio_seg *last;

	if (r != NULL && (r->r_end != offset || r->r_bio.b_nsegs == SEGMENTS)) {
		start_open(io);
		r = NULL;
	}
	if (r == NULL && !open_request(io, offset)) {
		do_now(io, offset, buf, len);
		return;
	}
	r = io->io_open;
	last = r->r_bio.b_nsegs > 0 ? &r->r_segs[r->r_bio.b_nsegs - 1] : NULL;
	r->r_end += len;
	if (last != NULL && last->pa + last->len == virt_to_phys(buf))
		last->len += len;
	else
		r->r_segs[r->r_bio.b_nsegs++] =
		    (struct bio_seg){virt_to_phys(buf), len};
}

int
bio_batch_finish(struct bio_batch *io)
{
	start_open(io);
	if (io->io_pages == NULL)
		wait_until(io, 0);
	return (io->io_error);
}
