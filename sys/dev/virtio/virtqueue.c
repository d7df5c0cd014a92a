/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * Split virtqueues (specification 2.7).
 *
 * Three arrays in one piece of memory, which the device sees too:
 *
 *	descriptors	pieces of memory, chained where a request has several
 *	available	ring of first descriptors, written by us
 *	used		ring of those that are done with, written by the device
 *
 * Both sides say when they want to hear from the other: with "event idx" by
 * the index at which they do, else by a flag.  The order of memory accesses
 * matters in two places: an index must not be seen before what it announces,
 * which x86 does by itself once the compiler is told; and "I wrote my index,
 * then read whether you sleep" needs a full barrier, for else both might miss
 * each other.
 */

#include "amd64/md.h"
#include "dev/virtio/virtio.h"
#include "fbsd/errno.h"
#include "core/printf.h"
#include "core/sync.h"
#include "vm/kmem.h"
#include "vm/page.h"

#define VRING_DESC_F_NEXT	   1
#define VRING_DESC_F_WRITE	   2
#define VRING_DESC_F_INDIRECT	   4
#define VRING_AVAIL_F_NO_INTERRUPT 1
#define VRING_USED_F_NO_NOTIFY	   1

struct vring_desc {
	uint64_t addr;
	uint32_t len;
	uint16_t flags;
	uint16_t next;
};
_Static_assert(sizeof(struct vring_desc) == 16, "virtq_desc");
_Static_assert(
    sizeof(struct virtio_table) == sizeof(struct vring_desc), "virtq_desc");

/* ring[] is followed by one more word: the used event. */
struct vring_avail {
	uint16_t flags;
	uint16_t idx;
	uint16_t ring[];
};
_Static_assert(offsetof(struct vring_avail, ring) == 4, "virtq_avail");

struct vring_used_elem {
	uint32_t id;
	uint32_t len;
};

/* ring[] is followed by one 16-bit word: the avail event. */
struct vring_used {
	uint16_t flags;
	uint16_t idx;
	struct vring_used_elem ring[];
};
_Static_assert(offsetof(struct vring_used, ring) == 4, "virtq_used");

static inline volatile uint16_t *
used_event(struct virtqueue *vq)
{
	return (&vq->vq_avail->ring[vq->vq_size]);
}

static inline uint16_t
avail_event(const struct virtqueue *vq)
{
	return (*(volatile uint16_t *)&vq->vq_used->ring[vq->vq_size]);
}

static inline uint16_t
used_index(const struct virtqueue *vq)
{
	return (__atomic_load_n(&vq->vq_used->idx, __ATOMIC_ACQUIRE));
}

static size_t
avail_offset(unsigned size)
{
	return (size * sizeof(struct vring_desc));
}

static size_t
used_offset(unsigned size)
{
	size_t end;

	end = avail_offset(size) + sizeof(struct vring_avail) +
	      (size + 1) * sizeof(uint16_t);
	return (roundup2(end, VIRTQUEUE_ALIGN));
}

static unsigned
ring_order(unsigned size)
{
	size_t bytes;
	unsigned order = 0;

	bytes = used_offset(size) + sizeof(struct vring_used) +
		size * sizeof(struct vring_used_elem) + sizeof(uint16_t);
	while (PAGE_SIZE << order < bytes)
		order++;
	return (order);
}

static void
lay_out(struct virtqueue *vq, char *memory)
{
	vq->vq_desc = (struct vring_desc *)memory;
	vq->vq_avail =
	    (struct vring_avail *)(memory + avail_offset(vq->vq_size));
	vq->vq_used = (struct vring_used *)(memory + used_offset(vq->vq_size));
	for (unsigned i = 0; i < vq->vq_size; i++)
		vq->vq_desc[i].next = i + 1;
	vq->vq_nfree = vq->vq_size;
}

int
virtqueue_init(struct virtqueue *vq, struct virtio_device *dev, unsigned index,
    unsigned size, void (*done)(void *arg), void *arg)
{
	unsigned limit = virtio_queue_limit(dev, index);
	struct page *pg;

	while (size > limit)
		size /= 2;
	if (size == 0)
		return (ENXIO);
	*vq = (struct virtqueue){.vq_dev = dev,
	    .vq_index = index,
	    .vq_size = size,
	    .vq_done = done,
	    .vq_arg = arg};
	vq->vq_events = (virtio_features(dev) & VIRTIO_RING_F_EVENT_IDX) != 0;
	vq->vq_cookies = kmem_alloc(size * sizeof(void *), KM_ZERO);
	if (vq->vq_cookies == NULL)
		return (ENOMEM);
	pg = page_alloc(ring_order(size), PAGE_ZEROED);
	if (pg == NULL) {
		kmem_free(vq->vq_cookies, size * sizeof(void *));
		return (ENOMEM);
	}
	lay_out(vq, page_virt(pg));
	virtqueue_quiet(vq);
	virtio_queue_start(vq);
	return (0);
}

/* The device gets a chain, at the next kick. */
static void
make_available(struct virtqueue *vq, uint16_t first, void *cookie)
{
	vq->vq_cookies[first] = cookie;
	vq->vq_avail->ring[vq->vq_added++ & (vq->vq_size - 1)] = first;
	__atomic_store_n(&vq->vq_avail->idx, vq->vq_added, __ATOMIC_RELEASE);
}

int
virtqueue_add(struct virtqueue *vq, const struct virtio_buf *bufs, unsigned out,
    unsigned in, void *cookie)
{
	uint16_t first = vq->vq_free, at = first;
	struct vring_desc *desc = NULL;

	if (vq->vq_nfree < out + in)
		return (ENOSPC);
	for (unsigned i = 0; i < out + in; i++) {
		desc = &vq->vq_desc[at];
		desc->addr = virt_to_phys(bufs[i].data);
		desc->len = bufs[i].size;
		desc->flags =
		    VRING_DESC_F_NEXT | (i < out ? 0 : VRING_DESC_F_WRITE);
		at = desc->next;
	}
	desc->flags &= ~VRING_DESC_F_NEXT;
	vq->vq_free = at;
	vq->vq_nfree -= out + in;
	make_available(vq, first, cookie);
	return (0);
}

int
virtqueue_add_indirect(struct virtqueue *vq, struct virtio_table *table,
    const struct virtio_buf *bufs, unsigned out, unsigned in, void *cookie)
{
	struct vring_desc *list = (struct vring_desc *)table, *desc;
	uint16_t first = vq->vq_free;

	if (vq->vq_nfree == 0)
		return (ENOSPC);
	for (unsigned i = 0; i < out + in; i++)
		list[i] =
		    (struct vring_desc){.addr = virt_to_phys(bufs[i].data),
			.len = bufs[i].size,
			.flags = (i + 1 < out + in ? VRING_DESC_F_NEXT : 0) |
				 (i < out ? 0 : VRING_DESC_F_WRITE),
			.next = (uint16_t)(i + 1)};
	desc = &vq->vq_desc[first];
	desc->addr = virt_to_phys(table);
	desc->len = (out + in) * sizeof(*list);
	desc->flags = VRING_DESC_F_INDIRECT;
	vq->vq_free = desc->next;
	vq->vq_nfree--;
	make_available(vq, first, cookie);
	return (0);
}

void
virtqueue_kick(struct virtqueue *vq)
{
	uint16_t before = vq->vq_kicked;
	bool wanted;

	if (before == vq->vq_added)
		return;
	vq->vq_kicked = vq->vq_added;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	/* Does the event lie among what was added since? Section 2.7.10. */
	if (vq->vq_events)
		wanted = (uint16_t)(vq->vq_added - avail_event(vq) - 1) <
			 (uint16_t)(vq->vq_added - before);
	else
		wanted = (vq->vq_used->flags & VRING_USED_F_NO_NOTIFY) == 0;
	if (wanted)
		virtio_notify(vq->vq_dev, vq->vq_index);
}

bool
virtqueue_pending(const struct virtqueue *vq)
{
	return (used_index(vq) != vq->vq_taken && !vq->vq_broken);
}

/* Puts a chain back among the free; false if it doesn't end. */
static bool
free_chain(struct virtqueue *vq, uint16_t first)
{
	uint16_t last = first;
	unsigned count = 1;

	while ((vq->vq_desc[last].flags & VRING_DESC_F_NEXT) != 0) {
		last = vq->vq_desc[last].next;
		if (last >= vq->vq_size || ++count > vq->vq_size)
			return (false);
	}
	vq->vq_desc[last].next = vq->vq_free;
	vq->vq_free = first;
	vq->vq_nfree += count;
	return (true);
}

void *
virtqueue_take(struct virtqueue *vq, uint32_t *written)
{
	struct vring_used_elem elem;
	void *cookie;

	if (!virtqueue_pending(vq))
		return (NULL);
	elem = *(struct vring_used_elem *)&vq->vq_used
		    ->ring[vq->vq_taken & (vq->vq_size - 1)];
	cookie = elem.id < vq->vq_size ? vq->vq_cookies[elem.id] : NULL;
	if (cookie == NULL || !free_chain(vq, elem.id)) {
		kprintf("virtio: queue %u: the device returned descriptor %u, "
			"which it doesn't have\n",
		    vq->vq_index, elem.id);
		vq->vq_broken = true;
		return (NULL);
	}
	vq->vq_cookies[elem.id] = NULL;
	vq->vq_taken++;
	*written = elem.len;
	return (cookie);
}

bool
virtqueue_listen(struct virtqueue *vq)
{
	if (vq->vq_events)
		*used_event(vq) = vq->vq_taken;
	else
		vq->vq_avail->flags = 0;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return (virtqueue_pending(vq));
}

void
virtqueue_quiet(struct virtqueue *vq)
{
	/* An event half the ring of numbers away. */
	if (vq->vq_events)
		*used_event(vq) = vq->vq_taken + 0x8000;
	else
		vq->vq_avail->flags = VRING_AVAIL_F_NO_INTERRUPT;
}
