/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * A console port's bytes.
 *
 * Input: the device fills buffers that we gave it; filled ones wait in a list
 * until somebody reads, and then go back.  A reader that is slow leaves the
 * device without buffers, and the host stops sending.
 *
 * Output: a writer copies its bytes into a block, gives that to the device, and
 * goes on.  How much may be on its way is limited; who wants more waits.  As a
 * rule the device is done with the block when virtqueue_kick() returns, so the
 * writer frees it, and interrupts are asked for only if not.
 */

#include "amd64/md.h"
#include "dev/virtio_port.h"
#include "fbsd/errno.h"
#include "core/printf.h"
#include "kern/uio.h"
#include "lib/string.h"
#include "vm/kmem.h"
#include "vm/page.h"

#define QUEUE_SIZE 64

/* Output on its way, bytes: enough to keep a host's socket full. */
#define FLYING_MAX (256 * 1024u)

/* The largest block: 2^3 pages with its head. */
#define BLOCK_ORDER 3
#define BLOCK_MAX   ((PAGE_SIZE << BLOCK_ORDER) - sizeof(struct block))

/* Input buffers that may be given back without telling the device. */
#define UNKICKED_MAX 4

/* Output on its way: head and bytes in one piece of memory. */
struct block {
	uint32_t size;	/* of the bytes */
	uint32_t order; /* pages, or KMEM */
	char data[];
};
#define BLOCK_KMEM  UINT32_MAX
#define BLOCK_SPARE (UINT32_MAX - 1)

static struct block *
block_alloc(size_t size)
{
	size_t total = sizeof(struct block) + size;
	unsigned order = 0;
	struct block *b;
	struct page *pg;

	if (total <= PAGE_SIZE / 2) {
		b = kmem_alloc(total, 0);
		order = BLOCK_KMEM;
	} else {
		while (PAGE_SIZE << order < total)
			order++;
		pg = page_alloc(order, 0);
		b = pg == NULL ? NULL : page_virt(pg);
	}
	if (b != NULL) {
		b->size = size;
		b->order = order;
	}
	return (b);
}

static void
block_free(struct block *b)
{
	if (b->order == BLOCK_KMEM)
		kmem_free(b, sizeof(*b) + b->size);
	else
		page_free(phys_to_page(virt_to_phys(b)), b->order);
}

/* What the client is to be told, once the lock is released. */
enum { TELL_INPUT = 1, TELL_ROOM = 2, TELL_IDLE = 4 };

static void
tell(struct vport *vp, unsigned what)
{
	const struct vport_client *client = atomic_load(&vp->vp_client);

	if (what == 0)
		return;
	if (event_wanted(&vp->vp_events))
		event_notify(&vp->vp_events, 0);
	if (client == NULL)
		return;
	if ((what & TELL_INPUT) != 0 && client->vc_input != NULL)
		client->vc_input(vp->vp_client_arg);
	/* Of room it hears only if it was refused some. */
	if ((what & TELL_ROOM) != 0 && client->vc_room != NULL &&
	    atomic_swap(&vp->vp_refused, false))
		client->vc_room(vp->vp_client_arg);
	if ((what & TELL_IDLE) != 0 && client->vc_idle != NULL)
		client->vc_idle(vp->vp_client_arg);
}

/* Takes filled buffers off the queue.  (p) held. */
static unsigned
take_input(struct vport *vp)
{
	unsigned what = 0;
	struct vport_rx *rx;
	uint32_t length;

	while ((rx = virtqueue_take(&vp->vp_rxq, &length)) != NULL) {
		rx->rx_start = 0;
		rx->rx_end = MIN(length, rx->rx_size);
		vp->vp_readable += rx->rx_end;
		list_push_back(&vp->vp_filled, &rx->rx_link);
		what = TELL_INPUT;
	}
	if (what != 0)
		cv_broadcast(&vp->vp_input);
	return (what);
}

/* Bytes are no longer on their way.  (p) held. */
static unsigned
land(struct vport *vp, size_t bytes)
{
	vp->vp_flying -= bytes;
	vp->vp_slots--;
	cv_broadcast(&vp->vp_room);
	return (vp->vp_slots == 0 ? TELL_ROOM | TELL_IDLE : TELL_ROOM);
}

/* A block that is sent, or won't be.  (p) held. */
static void
block_done(struct vport *vp, struct block *b)
{
	if (b->order == BLOCK_SPARE)
		vp->vp_spare = b;
	else
		block_free(b);
}

/* Frees what the device is done with.  (p) held. */
static unsigned
take_output(struct vport *vp)
{
	unsigned what = 0;
	struct block *b;
	uint32_t length;

	while ((b = virtqueue_take(&vp->vp_txq, &length)) != NULL) {
		vp->vp_taken++;
		what |= land(vp, b->size);
		block_done(vp, b);
	}
	return (what);
}

static void
input_interrupt(void *arg)
{
	struct vport *vp = arg;
	unsigned what = 0;

	spin_lock(&vp->vp_lock);
	do {
		what |= take_input(vp);
	} while (virtqueue_listen(&vp->vp_rxq));
	spin_unlock(&vp->vp_lock);
	tell(vp, what);
}

/* As above, for output; interrupts are needed while some is on its way. */
static unsigned
finish_output(struct vport *vp)
{
	unsigned what;

	what = take_output(vp);
	while (vp->vp_txq.vq_nfree < vp->vp_txq.vq_size &&
	       virtqueue_listen(&vp->vp_txq))
		what |= take_output(vp);
	return (what);
}

static void
output_interrupt(void *arg)
{
	struct vport *vp = arg;
	unsigned what;

	spin_lock(&vp->vp_lock);
	what = finish_output(vp);
	spin_unlock(&vp->vp_lock);
	tell(vp, what);
}

int
vport_init(struct vport *vp, struct vconsole *vc, struct virtio_device *dev,
    unsigned number)
{
	/* Port 0 has queues 0 and 1; 2 and 3 are for control. */
	unsigned queue = 2 * number + 2;
	int error;

	vp->vp_console = vc;
	vp->vp_number = number;
	spin_init(&vp->vp_lock, "vport");
	event_source_init(&vp->vp_events, "vport events");
	list_init(&vp->vp_filled);
	cv_init(&vp->vp_input, "vpin");
	cv_init(&vp->vp_room, "vpout");
	error = virtqueue_init(
	    &vp->vp_rxq, dev, queue, QUEUE_SIZE, input_interrupt, vp);
	if (error == 0)
		error = virtqueue_init(&vp->vp_txq, dev, queue + 1, QUEUE_SIZE,
		    output_interrupt, vp);
	return (error);
}

void
vport_set_client(struct vport *vp, const struct vport_client *client, void *arg)
{
	spin_lock(&vp->vp_lock);
	vp->vp_client_arg = arg;
	atomic_store(&vp->vp_client, client);
	spin_unlock(&vp->vp_lock);
}

/*
 * A host that closes its end sends no more, after all that it sent; and has
 * nobody who reads.
 */
void
vport_host_open(struct vport *vp, bool open)
{
	unsigned what = 0;

	spin_lock(&vp->vp_lock);
	vp->vp_host_open = open;
	if (open)
		vp->vp_was_open = true;
	else if (vp->vp_was_open) {
		what = take_input(vp) | TELL_INPUT | TELL_ROOM;
		vp->vp_ended = true;
		vp->vp_broken = true;
		cv_broadcast(&vp->vp_input);
		cv_broadcast(&vp->vp_room);
	}
	spin_unlock(&vp->vp_lock);
	tell(vp, what);
}

/* Gives a buffer to the device, which isn't told.  (p) held. */
static void
give_buffer(struct vport *vp, struct vport_rx *rx)
{
	struct virtio_buf buf = {rx->rx_data, rx->rx_size};

	(void)virtqueue_add(&vp->vp_rxq, &buf, 0, 1, rx);
}

/* One buffer with its head, never freed: as a port isn't either. */
static struct vport_rx *
make_buffer(size_t size)
{
	struct vport_rx *rx = kmem_alloc(sizeof(*rx), KM_ZERO);

	if (rx == NULL)
		return (NULL);
	rx->rx_data = kmem_alloc(size, KM_PHYS);
	if (rx->rx_data == NULL) {
		kmem_free(rx, sizeof(*rx));
		return (NULL);
	}
	rx->rx_size = size;
	return (rx);
}

int
vport_listen(struct vport *vp, unsigned count, size_t size)
{
	unsigned made, what = 0;
	struct vport_rx *rx;

	if (atomic_load(&vp->vp_listening))
		return (0);
	/*
	 * In this order: QEMU looks whether we are open, and whether there is
	 * room, when it is told of buffers, but not when it is told of opening.
	 */
	vconsole_announce_open(vp);
	for (made = 0; made < MIN(count, QUEUE_SIZE); made++) {
		rx = make_buffer(size);
		if (rx == NULL)
			break;
		spin_lock(&vp->vp_lock);
		give_buffer(vp, rx);
		spin_unlock(&vp->vp_lock);
	}
	if (made == 0)
		return (ENOMEM);
	spin_lock(&vp->vp_lock);
	atomic_store(&vp->vp_listening, true);
	vp->vp_rx_count += made;
	virtqueue_kick(&vp->vp_rxq);
	while (virtqueue_listen(&vp->vp_rxq))
		what |= take_input(vp);
	spin_unlock(&vp->vp_lock);
	tell(vp, what);
	return (0);
}

/*
 * The first buffer with input goes to the caller alone; NULL if there is none.
 * (p) held.
 */
static struct vport_rx *
first_filled(struct vport *vp)
{
	struct vport_rx *rx;

	rx = LIST_FIRST(&vp->vp_filled, struct vport_rx, rx_link);
	if (rx == NULL)
		return (NULL);
	list_remove(&rx->rx_link);
	vp->vp_readable -= rx->rx_end - rx->rx_start;
	return (rx);
}

/* And comes back: with something in it, or to be filled again.  (p) held. */
static void
return_buffer(struct vport *vp, struct vport_rx *rx)
{
	if (rx->rx_start < rx->rx_end) {
		vp->vp_readable += rx->rx_end - rx->rx_start;
		list_push_front(&vp->vp_filled, &rx->rx_link);
		return;
	}
	give_buffer(vp, rx);
	vp->vp_unkicked++;
	if (vp->vp_unkicked >= UNKICKED_MAX || list_empty(&vp->vp_filled)) {
		vp->vp_unkicked = 0;
		virtqueue_kick(&vp->vp_rxq);
	}
}

/* Waits for a filled buffer: 0 with NULL at the end of input.  (p) held. */
static int
wait_filled(struct vport *vp, bool nonblock, struct vport_rx **rxp)
{
	int error;

	while ((*rxp = first_filled(vp)) == NULL) {
		if (vp->vp_ended)
			return (0);
		if (nonblock)
			return (EAGAIN);
		error =
		    cv_wait_spin_sig(&vp->vp_input, &vp->vp_lock, NO_DEADLINE);
		if (error != 0)
			return (error);
	}
	return (0);
}

int
vport_read(struct vport *vp, struct uio *uio, bool nonblock)
{
	struct vport_rx *rx = NULL;
	size_t before, n;
	int error;

	spin_lock(&vp->vp_lock);
	error = wait_filled(vp, nonblock, &rx);
	while (error == 0 && rx != NULL && uio->uio_resid > 0) {
		spin_unlock(&vp->vp_lock);
		before = uio->uio_resid;
		n = MIN(before, rx->rx_end - rx->rx_start);
		error = uiomove(rx->rx_data + rx->rx_start, n, uio);
		rx->rx_start += before - uio->uio_resid;
		spin_lock(&vp->vp_lock);
		return_buffer(vp, rx);
		rx = error == 0 && uio->uio_resid > 0 ? first_filled(vp) : NULL;
	}
	if (rx != NULL)
		return_buffer(vp, rx);
	spin_unlock(&vp->vp_lock);
	return (error);
}

size_t
vport_get(struct vport *vp, char *buf, size_t n)
{
	struct vport_rx *rx;
	size_t got = 0, part;

	spin_lock(&vp->vp_lock);
	while (got < n && (rx = first_filled(vp)) != NULL) {
		part = MIN(n - got, rx->rx_end - rx->rx_start);
		memcpy(buf + got, rx->rx_data + rx->rx_start, part);
		rx->rx_start += part;
		got += part;
		return_buffer(vp, rx);
	}
	spin_unlock(&vp->vp_lock);
	return (got);
}

size_t
vport_readable(struct vport *vp)
{
	return (atomic_load(&vp->vp_readable));
}

bool
vport_eof(struct vport *vp)
{
	bool eof;

	spin_lock(&vp->vp_lock);
	eof = vp->vp_ended && list_empty(&vp->vp_filled);
	spin_unlock(&vp->vp_lock);
	return (eof);
}

/* Is there room for more output?  (p) held. */
static bool
has_room(struct vport *vp)
{
	return (
	    vp->vp_flying < FLYING_MAX && vp->vp_slots < vp->vp_txq.vq_size);
}

/*
 * Reserves a place for n bytes, so that they surely can be sent once they are
 * copied: taking them back from a uio isn't possible.  (p) held; 0, EPIPE, or
 * as cv_wait_spin_sig().
 */
static int
reserve(struct vport *vp, size_t n, bool nonblock)
{
	int error;

	while (!vp->vp_broken && !has_room(vp)) {
		if (nonblock) {
			atomic_store(&vp->vp_refused, true);
			return (EAGAIN);
		}
		error =
		    cv_wait_spin_sig(&vp->vp_room, &vp->vp_lock, NO_DEADLINE);
		if (error != 0)
			return (error);
	}
	if (vp->vp_broken)
		return (EPIPE);
	vp->vp_flying += n;
	vp->vp_slots++;
	return (0);
}

/* Sends a block that has its place.  (p) held. */
static unsigned
send_block(struct vport *vp, struct block *b)
{
	struct virtio_buf buf = {b->data, b->size};

	if (virtqueue_add(&vp->vp_txq, &buf, 1, 0, b) != 0) {
		/* Only a queue that is broken has fewer than it says. */
		block_done(vp, b);
		return (land(vp, buf.size));
	}
	vp->vp_sent++;
	virtqueue_kick(&vp->vp_txq);
	return (finish_output(vp));
}

/* One block of a write: 0, with n bytes of the uio on their way, or errno. */
static int
write_block(struct vport *vp, struct uio *uio, size_t n, bool nonblock)
{
	unsigned what;
	struct block *b;
	int error;

	b = block_alloc(n);
	if (b == NULL)
		return (ENOMEM);
	spin_lock(&vp->vp_lock);
	error = reserve(vp, n, nonblock);
	spin_unlock(&vp->vp_lock);
	if (error != 0) {
		block_free(b);
		return (error);
	}
	error = uiomove(b->data, n, uio);
	spin_lock(&vp->vp_lock);
	if (error == 0)
		what = send_block(vp, b);
	else
		what = land(vp, n);
	spin_unlock(&vp->vp_lock);
	if (error != 0)
		block_free(b);
	tell(vp, what);
	return (error);
}

int
vport_write(struct vport *vp, struct uio *uio, bool nonblock)
{
	size_t limit = BLOCK_MAX;
	int error = 0;

	while (uio->uio_resid > 0 && error == 0) {
		error =
		    write_block(vp, uio, MIN(uio->uio_resid, limit), nonblock);
		/* Memory may be in pieces; small ones are always there. */
		if (error == ENOMEM && limit > PAGE_SIZE / 4) {
			limit = PAGE_SIZE / 4;
			error = 0;
		}
	}
	return (error);
}

int
vport_reserve(struct vport *vp)
{
	struct block *b = kmem_alloc(sizeof(*b) + VPORT_PUT_MAX, 0);

	if (b == NULL)
		return (ENOMEM);
	b->order = BLOCK_SPARE;
	spin_lock(&vp->vp_lock);
	block_done(vp, b);
	spin_unlock(&vp->vp_lock);
	return (0);
}

/* The reserved block for n bytes, or NULL.  (p) held. */
static struct block *
take_spare(struct vport *vp, size_t n)
{
	struct block *b = vp->vp_spare;

	vp->vp_spare = NULL;
	if (b != NULL)
		b->size = (uint32_t)n;
	else /* it comes back, and makes room */
		atomic_store(&vp->vp_refused, true);
	return (b);
}

bool
vport_put(struct vport *vp, const char *s, size_t n)
{
	struct block *b = block_alloc(n);
	unsigned what = 0;
	int error = ENOMEM;

	kassert(n <= VPORT_PUT_MAX);
	spin_lock(&vp->vp_lock);
	if (b == NULL)
		b = take_spare(vp, n);
	if (b != NULL)
		error = reserve(vp, n, true);
	if (error == 0) {
		memcpy(b->data, s, n);
		what = send_block(vp, b);
	} else if (b != NULL)
		block_done(vp, b);
	spin_unlock(&vp->vp_lock);
	tell(vp, what);
	return (error == 0);
}

size_t
vport_writable(struct vport *vp)
{
	size_t room;

	spin_lock(&vp->vp_lock);
	room = has_room(vp) ? FLYING_MAX - vp->vp_flying : 0;
	spin_unlock(&vp->vp_lock);
	return (room);
}

void
vport_drain(struct vport *vp)
{
	uint64_t sent;

	spin_lock(&vp->vp_lock);
	sent = vp->vp_sent;
	while (vp->vp_taken < sent && vp->vp_host_open)
		cv_wait_spin(&vp->vp_room, &vp->vp_lock);
	spin_unlock(&vp->vp_lock);
}

bool
vport_idle(struct vport *vp)
{
	return (atomic_load(&vp->vp_slots) == 0);
}

void
vport_reader_gone(struct vport *vp)
{
	spin_lock(&vp->vp_lock);
	vp->vp_broken = true;
	cv_broadcast(&vp->vp_room);
	spin_unlock(&vp->vp_lock);
	tell(vp, TELL_ROOM);
}

bool
vport_broken(struct vport *vp)
{
	return (atomic_load(&vp->vp_broken));
}

struct event_source *
vport_events(struct vport *vp)
{
	return (&vp->vp_events);
}
