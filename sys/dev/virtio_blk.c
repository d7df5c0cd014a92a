/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * The virtio block device (specification 5.2): vtbd0, vtbd1, ...
 *
 * A bio waits in a queue until there is a request for it; one with more
 * segments than a request has room for is cut in parts, which are under way
 * side by side.  A request is a header that the device reads, the data, and a
 * byte of status that the device writes, described by a table of its own where
 * the device takes indirect descriptors, so that each occupies only one place
 * in the queue.
 *
 * The device may keep what was written in a cache until it is told to flush,
 * if it knows how to: agreeing on VIRTIO_BLK_F_FLUSH is what makes it so.
 */

#include "amd64/md.h"
#include "dev/virtio/virtio.h"
#include "fbsd/errno.h"
#include "disk/bio.h"
#include "core/module.h"
#include "core/printf.h"
#include "core/sync.h"
#include "lib/printf.h"
#include "vm/kmem.h"

#define VIRTIO_BLK_F_SIZE_MAX (UINT64_C(1) << 1)
#define VIRTIO_BLK_F_SEG_MAX  (UINT64_C(1) << 2)
#define VIRTIO_BLK_F_RO	      (UINT64_C(1) << 5)
#define VIRTIO_BLK_F_BLK_SIZE (UINT64_C(1) << 6)
#define VIRTIO_BLK_F_FLUSH    (UINT64_C(1) << 9)
#define VIRTIO_BLK_F_TOPOLOGY (UINT64_C(1) << 10)
#define VIRTIO_BLK_F_DISCARD  (UINT64_C(1) << 13)

/* struct virtio_blk_config: 5.2.4. */
#define CONFIG_CAPACITY		   0 /* 64 bits, of 512-byte sectors */
#define CONFIG_SIZE_MAX		   8
#define CONFIG_SEG_MAX		   12
#define CONFIG_BLK_SIZE		   20
#define CONFIG_TOPOLOGY		   24 /* first byte: log2 of blocks together */
#define CONFIG_MAX_DISCARD_SECTORS 36

#define VIRTIO_BLK_T_IN		   0
#define VIRTIO_BLK_T_OUT	   1
#define VIRTIO_BLK_T_FLUSH	   4
#define VIRTIO_BLK_T_GET_ID	   8
#define VIRTIO_BLK_T_DISCARD	   11

#define VIRTIO_BLK_S_OK		   0
#define VIRTIO_BLK_S_IOERR	   1
#define VIRTIO_BLK_S_UNSUPP	   2

#define SECTOR			   512
#define REQUESTS		   32
#define SEGMENTS		   56 /* of data in one request, at most */

/* struct virtio_blk_req, before and behind the data. */
struct blk_header {
	uint32_t type;
	uint32_t ioprio;
	uint64_t sector;
};
_Static_assert(sizeof(struct blk_header) == 16, "virtio_blk_req");

struct blk_discard {
	uint64_t sector;
	uint32_t num_sectors;
	uint32_t flags;
};
_Static_assert(
    sizeof(struct blk_discard) == 16, "virtio_blk_discard_write_zeroes");

/* All (b), or the device's. */
struct request {
	struct list r_link; /* free, or in flight */
	struct bio *r_bio;
	struct blk_header r_header;
	struct blk_discard r_discard;
	uint8_t r_status;
	struct virtio_table r_table[SEGMENTS + 2];
};

/* (b) vb_lock, (!) set before the device runs. */
struct vtblk {
	struct spin vb_lock;
	struct virtio_device *vb_dev; /* (!) */
	struct virtqueue vb_queue;    /* (b) */
	struct list vb_waiting;	      /* (b) bios with parts not begun */
	struct list vb_free;	      /* (b) requests */
	struct list vb_flying;	      /* (b) requests */
	struct request *vb_requests;  /* (!) */
	unsigned vb_segments;	      /* (!) of data in a request */
	uint32_t vb_size_max;	      /* (!) bytes in a segment */
	uint64_t vb_discard_max;      /* (!) bytes in a request; or 0 */
	bool vb_flush;		      /* (!) there is a cache to flush */
	bool vb_dead;		      /* (b) the device made no sense */
	struct disk vb_disk;
	struct virtio_buf vb_bufs[SEGMENTS + 2]; /* (b) of the next request */
};

static unsigned units; /* (!) while booting */

/* The next segments of a bio into vb_bufs, from the second on; how many. */
static unsigned
take_segments(struct vtblk *vb, struct bio *bp)
{
	unsigned n = 0;

	while (n < vb->vb_segments && bp->b_seg < bp->b_nsegs) {
		const struct bio_seg *seg = &bp->b_segs[bp->b_seg];
		uint32_t len = MIN(seg->len - bp->b_segoff, vb->vb_size_max);

		vb->vb_bufs[1 + n++] = (struct virtio_buf){
		    phys_to_virt(seg->pa + bp->b_segoff), len};
		bp->b_begun += len;
		bp->b_segoff += len;
		if (bp->b_segoff == seg->len) {
			bp->b_segoff = 0;
			bp->b_seg++;
		}
	}
	return (n);
}

/* What a discard is about goes to the device as data. */
static unsigned
take_discard(struct vtblk *vb, struct bio *bp, struct request *r)
{
	uint64_t bytes = MIN(bp->b_length - bp->b_begun, vb->vb_discard_max);

	r->r_discard = (struct blk_discard){
	    .sector = r->r_header.sector, .num_sectors = bytes / SECTOR};
	r->r_header.sector = 0;
	vb->vb_bufs[1] =
	    (struct virtio_buf){&r->r_discard, sizeof(r->r_discard)};
	bp->b_begun += bytes;
	return (1);
}

/* Has all of it been given to the device? */
static bool
all_begun(const struct bio *bp)
{
	switch (bp->b_cmd) {
	case BIO_FLUSH:
		return (true);
	case BIO_DELETE:
		return (bp->b_begun == bp->b_length);
	default:
		return (bp->b_seg == bp->b_nsegs);
	}
}

/* Fills a request with the next part of a bio: in vb_bufs, with what the
 * device reads before what it writes. */
static void
fill_request(struct vtblk *vb, struct bio *bp, struct request *r, unsigned *out,
    unsigned *in)
{
	static const uint32_t types[] = {[BIO_READ] = VIRTIO_BLK_T_IN,
	    [BIO_WRITE] = VIRTIO_BLK_T_OUT,
	    [BIO_DELETE] = VIRTIO_BLK_T_DISCARD,
	    [BIO_FLUSH] = VIRTIO_BLK_T_FLUSH,
	    [BIO_IDENT] = VIRTIO_BLK_T_GET_ID};
	bool reads = bp->b_cmd == BIO_READ || bp->b_cmd == BIO_IDENT;
	unsigned n = 0;

	r->r_bio = bp;
	r->r_status = VIRTIO_BLK_S_IOERR;
	r->r_header = (struct blk_header){.type = types[bp->b_cmd]};
	if (bp->b_cmd != BIO_FLUSH && bp->b_cmd != BIO_IDENT)
		r->r_header.sector = (bp->b_position + bp->b_begun) / SECTOR;
	if (bp->b_cmd == BIO_DELETE)
		n = take_discard(vb, bp, r);
	else if (bp->b_cmd != BIO_FLUSH)
		n = take_segments(vb, bp);
	vb->vb_bufs[0] = (struct virtio_buf){&r->r_header, sizeof(r->r_header)};
	vb->vb_bufs[n + 1] = (struct virtio_buf){&r->r_status, 1};
	*out = reads ? 1 : n + 1;
	*in = reads ? n + 1 : 1;
}

static bool
indirect(const struct vtblk *vb)
{
	return (
	    (virtio_features(vb->vb_dev) & VIRTIO_RING_F_INDIRECT_DESC) != 0);
}

/* Is there room in the queue for a request of any size? (b) held. */
static bool
has_room(const struct vtblk *vb)
{
	unsigned need = indirect(vb) ? 1 : vb->vb_segments + 2;

	return (!list_empty(&vb->vb_free) && vb->vb_queue.vq_nfree >= need);
}

/* Gives the device what waits, as far as there is room.  (b) held. */
static void
start_waiting(struct vtblk *vb)
{
	struct request *r;
	struct bio *bp;
	unsigned out, in;

	while ((bp = LIST_FIRST(&vb->vb_waiting, struct bio, b_link)) != NULL &&
	       has_room(vb)) {
		r = LIST_FIRST(&vb->vb_free, struct request, r_link);
		list_remove(&r->r_link);
		list_push_back(&vb->vb_flying, &r->r_link);
		fill_request(vb, bp, r, &out, &in);
		bp->b_parts++;
		if (all_begun(bp))
			list_remove(&bp->b_link);
		/* has_room() has seen to it that these succeed. */
		if (indirect(vb))
			(void)virtqueue_add_indirect(
			    &vb->vb_queue, r->r_table, vb->vb_bufs, out, in, r);
		else
			(void)virtqueue_add(
			    &vb->vb_queue, vb->vb_bufs, out, in, r);
	}
	virtqueue_kick(&vb->vb_queue);
}

/*
 * A request is through.  Once a bio failed, what it has left isn't begun; it
 * goes to `done` with its last part.  (b) held.
 */
static void
end_request(struct vtblk *vb, struct request *r, int error, struct list *done)
{
	struct bio *bp = r->r_bio;

	list_remove(&r->r_link);
	list_push_front(&vb->vb_free, &r->r_link);
	if (error != 0 && bp->b_error == 0) {
		bp->b_error = error;
		list_remove(&bp->b_link);
	}
	if (--bp->b_parts == 0 && (bp->b_error != 0 || all_begun(bp))) {
		disk_ended(&vb->vb_disk, bp);
		list_push_back(done, &bp->b_link);
	}
}

/* The device can't be relied on any more: nothing is left with it. (b) held. */
static void
give_up(struct vtblk *vb, struct list *done)
{
	struct request *r, *next;

	kprintf("%s: the device is broken; it isn't used any more\n",
	    vb->vb_disk.d_name);
	virtio_stop(vb->vb_dev);
	vb->vb_dead = true;
	LIST_FOREACH_SAFE (r, &vb->vb_flying, r_link, next)
		end_request(vb, r, ENXIO, done);
	while (!list_empty(&vb->vb_waiting)) {
		struct bio *bp =
		    LIST_FIRST(&vb->vb_waiting, struct bio, b_link);

		list_remove(&bp->b_link);
		bp->b_error = ENXIO;
		disk_ended(&vb->vb_disk, bp);
		list_push_back(done, &bp->b_link);
	}
}

static int
status_error(struct vtblk *vb, const struct request *r)
{
	int error = r->r_status == VIRTIO_BLK_S_OK	 ? 0
		    : r->r_status == VIRTIO_BLK_S_UNSUPP ? EOPNOTSUPP
							 : EIO;

	if (error == EIO)
		disk_tell_error(
		    &vb->vb_disk, r->r_bio->b_cmd, r->r_header.sector);
	return (error);
}

static void
call_done(struct list *done)
{
	struct bio *bp;

	while ((bp = LIST_FIRST(done, struct bio, b_link)) != NULL) {
		list_remove(&bp->b_link);
		bio_done(bp);
	}
}

static void
vtblk_interrupt(void *arg)
{
	struct vtblk *vb = arg;
	struct list done = LIST_INITIALIZER(done);
	struct request *r;
	uint32_t written;

	spin_lock(&vb->vb_lock);
	do {
		while ((r = virtqueue_take(&vb->vb_queue, &written)) != NULL)
			end_request(vb, r, status_error(vb, r), &done);
	} while (virtqueue_listen(&vb->vb_queue));
	if (vb->vb_queue.vq_broken && !vb->vb_dead)
		give_up(vb, &done);
	if (!vb->vb_dead)
		start_waiting(vb);
	spin_unlock(&vb->vb_lock);
	call_done(&done);
}

static void
vtblk_strategy(struct disk *dp, struct bio *bp)
{
	struct vtblk *vb = dp->d_driver;
	bool dead;

	bp->b_seg = 0;
	bp->b_segoff = 0;
	bp->b_begun = 0;
	bp->b_parts = 0;
	list_init(&bp->b_link);
	if (bp->b_cmd == BIO_FLUSH && !vb->vb_flush) {
		bio_done(bp);
		return;
	}
	spin_lock(&vb->vb_lock);
	dead = vb->vb_dead;
	if (!dead) {
		disk_begun(dp, bp);
		list_push_back(&vb->vb_waiting, &bp->b_link);
		start_waiting(vb);
	}
	spin_unlock(&vb->vb_lock);
	if (dead) {
		bp->b_error = ENXIO;
		bio_done(bp);
	}
}

/* The device's limits, within ours. */
static void
read_limits(struct vtblk *vb)
{
	struct virtio_device *dev = vb->vb_dev;
	uint64_t features = virtio_features(dev);
	uint32_t most;

	vb->vb_segments = SEGMENTS;
	if ((features & VIRTIO_BLK_F_SEG_MAX) != 0) {
		most = virtio_config32(dev, CONFIG_SEG_MAX);
		vb->vb_segments = MAX(1u, MIN(most, vb->vb_segments));
	}
	if (!indirect(vb))
		vb->vb_segments =
		    MIN(vb->vb_segments, vb->vb_queue.vq_size - 2u);
	vb->vb_size_max = 4u << 20;
	if ((features & VIRTIO_BLK_F_SIZE_MAX) != 0) {
		most = virtio_config32(dev, CONFIG_SIZE_MAX);
		most = most / PAGE_SIZE * PAGE_SIZE;
		vb->vb_size_max =
		    MAX((uint32_t)PAGE_SIZE, MIN(most, vb->vb_size_max));
	}
	if ((features & VIRTIO_BLK_F_DISCARD) != 0)
		vb->vb_discard_max =
		    (uint64_t)virtio_config32(dev, CONFIG_MAX_DISCARD_SECTORS) *
		    SECTOR;
	vb->vb_flush = (features & VIRTIO_BLK_F_FLUSH) != 0;
}

/* What there is to know of the disk; false if it makes no sense. */
static bool
describe(struct vtblk *vb)
{
	struct virtio_device *dev = vb->vb_dev;
	struct disk *dp = &vb->vb_disk;
	uint64_t features = virtio_features(dev), sectors;
	unsigned exponent;

	sectors = virtio_config32(dev, CONFIG_CAPACITY) |
		  (uint64_t)virtio_config32(dev, CONFIG_CAPACITY + 4) << 32;
	dp->d_sector = SECTOR;
	if ((features & VIRTIO_BLK_F_BLK_SIZE) != 0)
		dp->d_sector = virtio_config32(dev, CONFIG_BLK_SIZE);
	if (dp->d_sector < SECTOR || dp->d_sector > PAGE_SIZE ||
	    (dp->d_sector & (dp->d_sector - 1)) != 0 ||
	    sectors > INT64_MAX / SECTOR)
		return (false);
	dp->d_size = sectors * SECTOR & ~(uint64_t)(dp->d_sector - 1);
	if ((features & VIRTIO_BLK_F_TOPOLOGY) != 0) {
		exponent = virtio_config32(dev, CONFIG_TOPOLOGY) & 0xff;
		if (exponent > 0 && exponent < 16)
			dp->d_stripe = dp->d_sector << exponent;
	}
	dp->d_readonly = (features & VIRTIO_BLK_F_RO) != 0;
	dp->d_delete = vb->vb_discard_max != 0 && !dp->d_readonly;
	dp->d_strategy = vtblk_strategy;
	dp->d_driver = vb;
	snprintf(dp->d_name, sizeof(dp->d_name), "vtbd%u", units++);
	return (true);
}

static int
vtblk_start(struct vtblk *vb, struct virtio_device *dev)
{
	int error;

	vb->vb_requests =
	    kmem_alloc(REQUESTS * sizeof(struct request), KM_PHYS);
	if (vb->vb_requests == NULL)
		return (ENOMEM);
	for (unsigned i = 0; i < REQUESTS; i++)
		list_push_back(&vb->vb_free, &vb->vb_requests[i].r_link);
	error = virtqueue_init(
	    &vb->vb_queue, dev, 0, 4 * REQUESTS, vtblk_interrupt, vb);
	if (error != 0)
		return (error);
	if (vb->vb_queue.vq_size < 3)
		return (ENXIO);
	read_limits(vb);
	if (!describe(vb))
		return (EINVAL);
	virtio_ready(dev);
	virtqueue_listen(&vb->vb_queue);
	disk_add(&vb->vb_disk);
	return (0);
}

static int
vtblk_attach(struct virtio_device *dev)
{
	struct vtblk *vb = kmem_alloc(sizeof(*vb), KM_ZERO);
	int error;

	if (vb == NULL)
		return (ENOMEM);
	spin_init(&vb->vb_lock, "vtblk");
	list_init(&vb->vb_waiting);
	list_init(&vb->vb_free);
	list_init(&vb->vb_flying);
	vb->vb_dev = dev;
	error = vtblk_start(vb, dev);
	/* Once there is a queue, the interrupt's handler knows of it. */
	if (error != 0 && vb->vb_queue.vq_desc == NULL) {
		if (vb->vb_requests != NULL)
			kmem_free(
			    vb->vb_requests, REQUESTS * sizeof(struct request));
		kmem_free(vb, sizeof(*vb));
	}
	return (error);
}

static const struct virtio_driver virtio_blk = {
    .vd_name = "virtio_blk",
    .vd_device = "vtblk",
    .vd_desc = "VirtIO Block Adapter",
    .vd_id = VIRTIO_ID_BLOCK,
    .vd_features = VIRTIO_BLK_F_SIZE_MAX | VIRTIO_BLK_F_SEG_MAX |
		   VIRTIO_BLK_F_RO | VIRTIO_BLK_F_BLK_SIZE |
		   VIRTIO_BLK_F_FLUSH | VIRTIO_BLK_F_TOPOLOGY |
		   VIRTIO_BLK_F_DISCARD | VIRTIO_RING_F_INDIRECT_DESC,
    .vd_attach = vtblk_attach,
};
LINKER_SET(virtio_driver, virtio_blk);

MODULE(virtio_blk, "virtio_mmio/virtio_blk");
