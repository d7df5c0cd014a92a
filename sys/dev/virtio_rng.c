/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * The virtio entropy device (specification 5.4): what the host gives is
 * stirred into the kernel's generator, at the start and then now and then.
 */

#include "amd64/md.h"
#include "dev/virtio/virtio.h"
#include "fbsd/errno.h"
#include "core/module.h"
#include "core/callout.h"
#include "core/random.h"
#include "core/sync.h"
#include "vm/kmem.h"

#define REQUEST_SIZE   32
#define REQUEST_PERIOD (600 * NSEC_PER_SEC)

struct vrng {
	struct spin vr_lock;
	struct virtqueue vr_queue; /* (vr_lock) */
	struct callout vr_callout;
	char vr_data[REQUEST_SIZE]; /* the device's, or (vr_lock) */
};

static void
request(void *arg)
{
	struct vrng *vr = arg;
	struct virtio_buf buf = {vr->vr_data, REQUEST_SIZE};

	spin_lock(&vr->vr_lock);
	if (virtqueue_add(&vr->vr_queue, &buf, 0, 1, vr) == 0)
		virtqueue_kick(&vr->vr_queue);
	spin_unlock(&vr->vr_lock);
}

/* Takes what has come; true if something had.  vr_lock held. */
static bool
stir(struct vrng *vr)
{
	uint32_t written;
	bool any = false;

	do {
		while (virtqueue_take(&vr->vr_queue, &written) != NULL) {
			random_stir(vr->vr_data, MIN(written, REQUEST_SIZE));
			any = true;
		}
	} while (virtqueue_listen(&vr->vr_queue));
	return (any);
}

static void
vrng_interrupt(void *arg)
{
	struct vrng *vr = arg;
	bool any;

	spin_lock(&vr->vr_lock);
	any = stir(vr);
	spin_unlock(&vr->vr_lock);
	if (any)
		callout_set(&vr->vr_callout, clock_ns() + REQUEST_PERIOD);
}

static int
vrng_attach(struct virtio_device *dev)
{
	struct vrng *vr;
	int error;

	vr = kmem_alloc(sizeof(*vr), KM_ZERO);
	if (vr == NULL)
		return (ENOMEM);
	spin_init(&vr->vr_lock, "vrng");
	callout_init(&vr->vr_callout, request, vr);
	error = virtqueue_init(&vr->vr_queue, dev, 0, 4, vrng_interrupt, vr);
	if (error != 0)
		return (error);
	random_source_add(RANDOM_PURE_VIRTIO);
	virtio_ready(dev);
	virtqueue_listen(&vr->vr_queue);
	request(vr);
	return (0);
}

static const struct virtio_driver virtio_rng = {
    .vd_name = "virtio_random",
    .vd_device = "vtrnd",
    .vd_desc = "VirtIO Entropy Adapter",
    .vd_id = VIRTIO_ID_ENTROPY,
    .vd_attach = vrng_attach,
};
LINKER_SET(virtio_driver, virtio_rng);

MODULE(virtio_random, "virtio_mmio/virtio_random");
