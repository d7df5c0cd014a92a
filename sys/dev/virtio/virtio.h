/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a virtio driver sees: a device with features and configuration, and
 * queues of buffers that go to the device and come back.
 *
 * Numbers and layouts are those of the Virtual I/O Device specification 1.2;
 * "legacy" is its name for what was before version 1.0.
 */
#ifndef VIRTIO_VIRTIO_H
#define VIRTIO_VIRTIO_H

#include "lib/list.h"

struct virtio_device;
struct vring_avail;
struct vring_desc;
struct vring_used;

/* Device types: section 5. */
#define VIRTIO_ID_BLOCK	  2
#define VIRTIO_ID_CONSOLE 3
#define VIRTIO_ID_ENTROPY 4

/* Features that all devices share: section 6. */
#define VIRTIO_RING_F_INDIRECT_DESC (UINT64_C(1) << 28)
#define VIRTIO_RING_F_EVENT_IDX	    (UINT64_C(1) << 29)
#define VIRTIO_F_VERSION_1	    (UINT64_C(1) << 32)

/* A driver; LINKER_SET(virtio_driver, it) makes it known. */
struct virtio_driver {
	const char *vd_name;
	const char *vd_device; /* "vtblk", in the tree of devices */
	const char *vd_desc;   /* there, for people */
	uint32_t vd_id;	       /* VIRTIO_ID_* */
	uint64_t vd_features;  /* those of the device it can use */
	/*
	 * Sets queues up, calls virtio_ready(), and from then on may use
	 * them.  0 or an errno: then the device is left alone.
	 */
	int (*vd_attach)(struct virtio_device *dev);
};

uint64_t virtio_features(const struct virtio_device *dev); /* agreed on */
uint32_t virtio_config32(struct virtio_device *dev, unsigned offset);
void virtio_ready(struct virtio_device *dev);
/* The device is to forget all that it was given; it is of no use after that. */
void virtio_stop(struct virtio_device *dev);

/*
 * A queue.  The driver serialises all calls for one queue, with a spin lock
 * that its done function takes as well: (d).  (!) set by virtqueue_init().
 */
struct virtqueue {
	struct list vq_link;	      /* (!) the device's queues */
	struct virtio_device *vq_dev; /* (!) */
	unsigned vq_index;	      /* (!) */
	uint16_t vq_size;	      /* (!) descriptors; a power of two */
	bool vq_events;		      /* (!) VIRTIO_RING_F_EVENT_IDX */
	bool vq_broken;		      /* (d) the device made no sense */
	struct vring_desc *vq_desc;   /* (!) */
	struct vring_avail *vq_avail; /* (!) */
	volatile struct vring_used *vq_used; /* (!) */
	void **vq_cookies;	    /* (d) by first descriptor; NULL: free */
	uint16_t vq_free;	    /* (d) first free descriptor */
	uint16_t vq_nfree;	    /* (d) */
	uint16_t vq_added;	    /* (d) avail index */
	uint16_t vq_kicked;	    /* (d) avail index at the last kick */
	uint16_t vq_taken;	    /* (d) used index */
	void (*vq_done)(void *arg); /* (!) */
	void *vq_arg;		    /* (!) */
};

/* Memory for the device; in the physmap, physically contiguous. */
struct virtio_buf {
	void *data;
	uint32_t size;
};

/*
 * Sets a queue of at most size descriptors up.  done(arg) is called in
 * interrupt context, without locks, when there is something to take and
 * interrupts were asked for by virtqueue_listen(). 0, ENXIO, ENOMEM.
 */
int virtqueue_init(struct virtqueue *vq, struct virtio_device *dev,
    unsigned index, unsigned size, void (*done)(void *arg), void *arg);

/*
 * Gives buffers to the device: first `out` that it reads, then `in` that it
 * writes.  The cookie, not NULL, comes back by virtqueue_take(). The device
 * learns of them by virtqueue_kick(). 0, or ENOSPC.
 */
int virtqueue_add(struct virtqueue *vq, const struct virtio_buf *bufs,
    unsigned out, unsigned in, void *cookie);
/*
 * The same by a table of the driver's, with room for out + in entries, which
 * is the device's until the cookie comes back: it takes one place in the
 * queue.  Only with VIRTIO_RING_F_INDIRECT_DESC.
 */
struct virtio_table {
	uint64_t words[2];
};
int virtqueue_add_indirect(struct virtqueue *vq, struct virtio_table *table,
    const struct virtio_buf *bufs, unsigned out, unsigned in, void *cookie);
void virtqueue_kick(struct virtqueue *vq);

/* Takes back what the device is done with: the cookie, and how many bytes it
 * wrote; or NULL. */
void *virtqueue_take(struct virtqueue *vq, uint32_t *written);

/* Asks for an interrupt for the next one to take. True: there is one already,
 * and there may be no interrupt for it. */
bool virtqueue_listen(struct virtqueue *vq);
/* No interrupts for now (but one may be under way). */
void virtqueue_quiet(struct virtqueue *vq);

/* Transport's side. */
bool virtqueue_pending(const struct virtqueue *vq);
void virtio_notify(struct virtio_device *dev, unsigned queue);
unsigned virtio_queue_limit(struct virtio_device *dev, unsigned queue);
void virtio_queue_start(struct virtqueue *vq);

#define VIRTQUEUE_ALIGN 64 /* of the used ring */

#endif
