/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * virtio over memory-mapped registers (specification 4.2), which is how
 * QEMU's microvm and Firecracker have it.  The kernel command line says where
 * the devices are; QEMU names those places only where there is a device.
 *
 * Version 2 is the specification's, version 1 the legacy interface (4.2.4),
 * which QEMU speaks unless it is told otherwise.  They differ in how a queue's
 * place is told, and in the negotiation's last step.  Firecracker has no
 * version 1, so that can be left out: options virtio_legacy.
 */

#include "amd64/md.h"
#include "core/module.h"
#include "core/device.h"
#include "dev/virtio/mmio_cmdline.h"
#include "dev/virtio/virtio.h"
#include "fbsd/errno.h"
#include "core/printf.h"
#include "lib/printf.h"
#include "vm/kmem.h"

/* Registers: table 4.1, and 4.3 for the legacy ones. */
#define MMIO_MAGIC		 0x000
#define MMIO_VERSION		 0x004
#define MMIO_DEVICE_ID		 0x008
#define MMIO_VENDOR_ID		 0x00c
#define MMIO_DEVICE_FEATURES	 0x010
#define MMIO_DEVICE_FEATURES_SEL 0x014
#define MMIO_DRIVER_FEATURES	 0x020
#define MMIO_DRIVER_FEATURES_SEL 0x024
#define MMIO_GUEST_PAGE_SIZE	 0x028 /* legacy */
#define MMIO_QUEUE_SEL		 0x030
#define MMIO_QUEUE_NUM_MAX	 0x034
#define MMIO_QUEUE_NUM		 0x038
#define MMIO_QUEUE_ALIGN	 0x03c /* legacy */
#define MMIO_QUEUE_PFN		 0x040 /* legacy */
#define MMIO_QUEUE_READY	 0x044
#define MMIO_QUEUE_NOTIFY	 0x050
#define MMIO_INTERRUPT_STATUS	 0x060
#define MMIO_INTERRUPT_ACK	 0x064
#define MMIO_STATUS		 0x070
#define MMIO_QUEUE_DESC		 0x080 /* two words each */
#define MMIO_QUEUE_DRIVER	 0x090
#define MMIO_QUEUE_DEVICE	 0x0a0
#define MMIO_CONFIG		 0x100

#define MMIO_MAGIC_VALUE	 0x74726976 /* "virt" */
#define MMIO_SIZE_MIN		 0x200

/* Device status: section 2.1. */
#define STATUS_ACKNOWLEDGE 1
#define STATUS_DRIVER	   2
#define STATUS_DRIVER_OK   4
#define STATUS_FEATURES_OK 8
#define STATUS_FAILED	   128

/* All (!): set before the device's interrupt is. */
struct virtio_device {
	volatile char *vd_regs;
	unsigned vd_version; /* 1: legacy, or 2 */
	unsigned vd_irq;
	uint64_t vd_features;
	struct list vd_queues;
	struct device vd_transport; /* in the tree of devices, */
	struct device vd_device;    /* and what is behind it */
};

SET_DECLARE(virtio_driver);

#ifdef OPT_VIRTIO_LEGACY
#define VERSION_MIN 1
#else
#define VERSION_MIN 2
#endif

/* A constant where there is only one answer. */
static inline bool
legacy(const struct virtio_device *dev)
{
	return (VERSION_MIN == 1 && dev->vd_version == 1);
}

static inline uint32_t
mmio_read(const struct virtio_device *dev, unsigned reg)
{
	return (*(volatile uint32_t *)(dev->vd_regs + reg));
}

static inline void
mmio_write(const struct virtio_device *dev, unsigned reg, uint32_t value)
{
	*(volatile uint32_t *)(dev->vd_regs + reg) = value;
}

static void
mmio_write64(const struct virtio_device *dev, unsigned reg, uint64_t value)
{
	mmio_write(dev, reg, (uint32_t)value);
	mmio_write(dev, reg + 4, (uint32_t)(value >> 32));
}

static void
add_status(const struct virtio_device *dev, uint32_t bits)
{
	mmio_write(dev, MMIO_STATUS, mmio_read(dev, MMIO_STATUS) | bits);
}

/*
 * The line is edge-triggered and stays up until acknowledged.  Acknowledging
 * first means that what happens from then on gives a new edge.
 */
static void
virtio_interrupt(void *arg)
{
	struct virtio_device *dev = arg;
	struct virtqueue *vq;

	mmio_write(
	    dev, MMIO_INTERRUPT_ACK, mmio_read(dev, MMIO_INTERRUPT_STATUS));
	LIST_FOREACH (vq, &dev->vd_queues, vq_link)
		if (virtqueue_pending(vq))
			vq->vq_done(vq->vq_arg);
}

uint64_t
virtio_features(const struct virtio_device *dev)
{
	return (dev->vd_features);
}

uint32_t
virtio_config32(struct virtio_device *dev, unsigned offset)
{
	return (mmio_read(dev, MMIO_CONFIG + offset));
}

void
virtio_ready(struct virtio_device *dev)
{
	add_status(dev, STATUS_DRIVER_OK);
}

void
virtio_stop(struct virtio_device *dev)
{
	mmio_write(dev, MMIO_STATUS, 0);
}

void
virtio_notify(struct virtio_device *dev, unsigned queue)
{
	mmio_write(dev, MMIO_QUEUE_NOTIFY, queue);
}

unsigned
virtio_queue_limit(struct virtio_device *dev, unsigned queue)
{
	mmio_write(dev, MMIO_QUEUE_SEL, queue);
	return (mmio_read(dev, MMIO_QUEUE_NUM_MAX));
}

void
virtio_queue_start(struct virtqueue *vq)
{
	struct virtio_device *dev = vq->vq_dev;

	list_push_back(&dev->vd_queues, &vq->vq_link);
	mmio_write(dev, MMIO_QUEUE_SEL, vq->vq_index);
	mmio_write(dev, MMIO_QUEUE_NUM, vq->vq_size);
	if (legacy(dev)) {
		mmio_write(dev, MMIO_QUEUE_ALIGN, VIRTQUEUE_ALIGN);
		mmio_write(
		    dev, MMIO_QUEUE_PFN, atop(virt_to_phys(vq->vq_desc)));
		return;
	}
	mmio_write64(dev, MMIO_QUEUE_DESC, virt_to_phys(vq->vq_desc));
	mmio_write64(dev, MMIO_QUEUE_DRIVER, virt_to_phys(vq->vq_avail));
	mmio_write64(
	    dev, MMIO_QUEUE_DEVICE, virt_to_phys((const void *)vq->vq_used));
	mmio_write(dev, MMIO_QUEUE_READY, 1);
}

/* Agree on features: the device's that we know.  0 or ENODEV. */
static int
negotiate(struct virtio_device *dev, const struct virtio_driver *driver)
{
	uint64_t known =
	    driver->vd_features | VIRTIO_RING_F_EVENT_IDX | VIRTIO_F_VERSION_1;

	for (unsigned word = 0; word < 2; word++) {
		/* The legacy interface has one word. */
		if (word == 1 && legacy(dev))
			break;
		mmio_write(dev, MMIO_DEVICE_FEATURES_SEL, word);
		dev->vd_features |=
		    known & (uint64_t)mmio_read(dev, MMIO_DEVICE_FEATURES)
				<< (32 * word);
		mmio_write(dev, MMIO_DRIVER_FEATURES_SEL, word);
		mmio_write(dev, MMIO_DRIVER_FEATURES,
		    (uint32_t)(dev->vd_features >> (32 * word)));
	}
	if (legacy(dev)) {
		mmio_write(dev, MMIO_GUEST_PAGE_SIZE, PAGE_SIZE);
		return (0);
	}
	add_status(dev, STATUS_FEATURES_OK);
	if ((dev->vd_features & VIRTIO_F_VERSION_1) == 0 ||
	    (mmio_read(dev, MMIO_STATUS) & STATUS_FEATURES_OK) == 0)
		return (ENODEV);
	return (0);
}

/* Gives a device to its driver: 0, or the errno that the device fails with. */
static int
start_device(struct virtio_device *dev, const struct virtio_driver *driver)
{
	int error;

	mmio_write(dev, MMIO_STATUS, 0);
	mmio_write(dev, MMIO_STATUS, STATUS_ACKNOWLEDGE);
	add_status(dev, STATUS_DRIVER);
	error = negotiate(dev, driver);
	if (error == 0)
		error = intr_establish(dev->vd_irq, false, driver->vd_device,
		    virtio_interrupt, dev);
	if (error == 0)
		error = driver->vd_attach(dev);
	if (error != 0)
		add_status(dev, STATUS_FAILED);
	return (error);
}

static void
tell_pnpinfo(const struct device *dv, char *buf, size_t size)
{
	const struct virtio_device *dev =
	    container_of(dv, const struct virtio_device, vd_device);

	snprintf(buf, size,
	    "vendor=0x%08x device=0x0000 subvendor=0x0000 device_type=0x%08x",
	    mmio_read(dev, MMIO_VENDOR_ID), mmio_read(dev, MMIO_DEVICE_ID));
}

static void
add_to_tree(struct virtio_device *dev, const struct virtio_driver *driver)
{
	dev->vd_transport = (struct device){
	    .dv_name = "virtio_mmio", .dv_desc = "VirtIO MMIO adapter"};
	dev->vd_device = (struct device){.dv_parent = &dev->vd_transport,
	    .dv_name = driver->vd_device,
	    .dv_desc = driver->vd_desc,
	    .dv_pnpinfo = tell_pnpinfo};
	device_add(&dev->vd_transport);
	device_add(&dev->vd_device);
}

static const struct virtio_driver *
find_driver(uint32_t id)
{
	SET_FOREACH (p, virtio_driver) {
		const struct virtio_driver *driver = *p;

		if (driver->vd_id == id)
			return (driver);
	}
	return (NULL);
}

static void
attach_place(const struct mmio_place *place)
{
	const struct virtio_driver *driver;
	struct virtio_device *dev, probe = {.vd_irq = place->irq};
	int error;

	if (place->size < MMIO_SIZE_MIN || (place->base & 3) != 0)
		return;
	probe.vd_regs = md_map_device(place->base, place->size);
	if (probe.vd_regs == NULL ||
	    mmio_read(&probe, MMIO_MAGIC) != MMIO_MAGIC_VALUE)
		return;
	probe.vd_version = mmio_read(&probe, MMIO_VERSION);
	driver = find_driver(mmio_read(&probe, MMIO_DEVICE_ID));
	if (driver == NULL)
		return;
	if (probe.vd_version < VERSION_MIN || probe.vd_version > 2) {
		kprintf("%s at 0x%lx: virtio-mmio version %u, which this "
			"kernel doesn't have\n",
		    driver->vd_name, place->base, probe.vd_version);
		return;
	}
	/* It stays, also if it fails: the interrupt's handler has it. */
	dev = kmem_alloc(sizeof(*dev), KM_ZERO);
	if (dev == NULL)
		return;
	*dev = probe;
	list_init(&dev->vd_queues);
	error = start_device(dev, driver);
	if (error == 0)
		add_to_tree(dev, driver);
	else
		kprintf("%s at 0x%lx: error %d\n", driver->vd_name, place->base,
		    error);
}

static void
virtio_mmio_attach(void)
{
	const char *line = boot_cmdline;
	struct mmio_place place;
	enum mmio_found found;

	while ((found = mmio_cmdline_next(&line, &place)) != MMIO_END) {
		if (found == MMIO_DEVICE)
			attach_place(&place);
		else
			kprintf("virtio_mmio.device: bad word on the command "
				"line\n");
	}
}

static const struct driver virtio_mmio = {
    .d_name = "virtio_mmio", .d_attach = virtio_mmio_attach};
DRIVER_SET(virtio_mmio);

MODULE(virtio_mmio, "nexus/virtio_mmio");
