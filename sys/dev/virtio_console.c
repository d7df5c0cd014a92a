/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * The virtio console with many ports (specification 5.3, feature MULTIPORT):
 * the device, and the messages on its control queues.  The ports' bytes are
 * virtio_port.c's subject.
 *
 * Two queues belong to each port, and two are for control; their numbers are
 * fixed.  The start is a conversation: we say that the driver is ready, the
 * device lists its ports, for each we say that it is ready, and the device
 * tells its name and whether the host has it open.  QEMU under software
 * emulation has answered when the register write that kicked it returns, so we
 * look at once and need no interrupt.
 */

#include "amd64/md.h"
#include "dev/virtio_port.h"
#include "fbsd/errno.h"
#include "core/module.h"
#include "core/printf.h"
#include "lib/string.h"
#include "vm/kmem.h"

#define VIRTIO_CONSOLE_F_MULTIPORT (UINT64_C(1) << 1)
#define CONFIG_MAX_NR_PORTS	   4 /* offset of a 32-bit word */

/* Ports that we care for; the device may have more. */
#define PORTS_MAX 16

/* struct virtio_console_control; names follow it without a NUL. */
struct control {
	uint32_t id;
	uint16_t event;
	uint16_t value;
};
_Static_assert(sizeof(struct control) == 8, "virtio_console_control");

enum {
	VIRTIO_CONSOLE_DEVICE_READY = 0,
	VIRTIO_CONSOLE_DEVICE_ADD = 1,
	VIRTIO_CONSOLE_DEVICE_REMOVE = 2,
	VIRTIO_CONSOLE_PORT_READY = 3,
	VIRTIO_CONSOLE_PORT_OPEN = 6,
	VIRTIO_CONSOLE_PORT_NAME = 7,
};

/* A message that doesn't find a buffer is lost: so there is one for each port
 * at least. */
#define CONTROL_BUFFERS 32
struct control_buffer {
	struct control head;
	char name[VPORT_NAME_MAX];
};

/* (!) set before the device runs; (c) vc_lock. */
struct vconsole {
	struct virtio_device *vc_dev; /* (!) */
	unsigned vc_nports;	      /* (!) */
	struct vport *vc_ports;	      /* (!) by number */
	struct spin vc_lock;
	struct virtqueue vc_rxq; /* (c) control, from the device */
	struct virtqueue vc_txq; /* (c) control, to the device */
	struct cv vc_changed;	 /* (c) a port got its name or state */
	struct control_buffer vc_buffers[CONTROL_BUFFERS];
};

/* The first one; `imp run` has no more. */
static struct vconsole *console;

/* (c) held. */
static void
control_send(struct vconsole *vc, unsigned port, unsigned event, unsigned value)
{
	struct control *msg;
	struct virtio_buf buf;
	uint32_t written;
	void *done;

	msg = kmem_alloc(sizeof(*msg), 0);
	if (msg == NULL)
		return;
	*msg = (struct control){port, (uint16_t)event, (uint16_t)value};
	buf = (struct virtio_buf){msg, sizeof(*msg)};
	if (virtqueue_add(&vc->vc_txq, &buf, 1, 0, msg) != 0)
		kmem_free(msg, sizeof(*msg));
	virtqueue_kick(&vc->vc_txq);
	while ((done = virtqueue_take(&vc->vc_txq, &written)) != NULL)
		kmem_free(done, sizeof(*msg));
}

static void
set_name(struct vport *vp, const char *name, size_t length)
{
	length = MIN(length, sizeof(vp->vp_name) - 1);
	memcpy(vp->vp_name, name, length);
	vp->vp_name[length] = '\0';
}

/* One message from the device, length bytes of it.  (c) held. */
static void
control_receive(
    struct vconsole *vc, const struct control_buffer *msg, size_t length)
{
	struct vport *vp;

	if (length < sizeof(msg->head) || msg->head.id >= vc->vc_nports)
		return;
	vp = &vc->vc_ports[msg->head.id];
	switch (msg->head.event) {
	case VIRTIO_CONSOLE_DEVICE_ADD:
		control_send(vc, vp->vp_number, VIRTIO_CONSOLE_PORT_READY, 1);
		break;
	case VIRTIO_CONSOLE_PORT_NAME:
		set_name(vp, msg->name,
		    MIN(length, sizeof(*msg)) - sizeof(msg->head));
		break;
	case VIRTIO_CONSOLE_PORT_OPEN:
		vport_host_open(vp, msg->head.value != 0);
		break;
	case VIRTIO_CONSOLE_DEVICE_REMOVE:
		vport_host_open(vp, false);
		break;
	}
	cv_broadcast(&vc->vc_changed);
}

static void
give_buffer(struct vconsole *vc, struct control_buffer *cb)
{
	struct virtio_buf buf = {cb, sizeof(*cb)};

	(void)virtqueue_add(&vc->vc_rxq, &buf, 0, 1, cb);
}

/* Everything that the device has said so far.  (c) held. */
static void
control_receive_all(struct vconsole *vc)
{
	struct control_buffer *cb, msg;
	uint32_t length;

	do {
		while ((cb = virtqueue_take(&vc->vc_rxq, &length)) != NULL) {
			/* The answer may make the device use it again. */
			msg = *cb;
			give_buffer(vc, cb);
			virtqueue_kick(&vc->vc_rxq);
			control_receive(vc, &msg, length);
		}
	} while (virtqueue_listen(&vc->vc_rxq));
}

static void
control_interrupt(void *arg)
{
	struct vconsole *vc = arg;

	spin_lock(&vc->vc_lock);
	control_receive_all(vc);
	spin_unlock(&vc->vc_lock);
}

void
vconsole_announce_open(struct vport *vp)
{
	struct vconsole *vc = vp->vp_console;

	spin_lock(&vc->vc_lock);
	control_send(vc, vp->vp_number, VIRTIO_CONSOLE_PORT_OPEN, 1);
	control_receive_all(vc);
	spin_unlock(&vc->vc_lock);
}

/* Is it this port, and has the host opened it ever?  (c) held. */
static bool
is_open_as(struct vport *vp, const char *name)
{
	bool open;

	if (strcmp(vp->vp_name, name) != 0)
		return (false);
	spin_lock(&vp->vp_lock);
	open = vp->vp_was_open;
	spin_unlock(&vp->vp_lock);
	return (open);
}

static struct vport *
find_locked(struct vconsole *vc, const char *name)
{
	/* Number 0 is for the console of old. */
	for (unsigned i = 1; i < vc->vc_nports; i++)
		if (is_open_as(&vc->vc_ports[i], name))
			return (&vc->vc_ports[i]);
	return (NULL);
}

struct vport *
vport_find(const char *name, uint64_t deadline)
{
	struct vconsole *vc = console;
	struct vport *vp;
	int error = 0;

	if (vc == NULL)
		return (NULL);
	spin_lock(&vc->vc_lock);
	while ((vp = find_locked(vc, name)) == NULL && error == 0)
		error =
		    cv_wait_spin_sig(&vc->vc_changed, &vc->vc_lock, deadline);
	spin_unlock(&vc->vc_lock);
	return (vp);
}

static int
init_queues(struct vconsole *vc)
{
	int error;

	error = virtqueue_init(
	    &vc->vc_rxq, vc->vc_dev, 2, CONTROL_BUFFERS, control_interrupt, vc);
	if (error == 0)
		error = virtqueue_init(&vc->vc_txq, vc->vc_dev, 3,
		    CONTROL_BUFFERS, control_interrupt, vc);
	for (unsigned i = 1; i < vc->vc_nports && error == 0; i++)
		error = vport_init(&vc->vc_ports[i], vc, vc->vc_dev, i);
	return (error);
}

static int
vconsole_attach(struct virtio_device *dev)
{
	struct vconsole *vc;
	unsigned nports;
	int error;

	if (console != NULL)
		return (EBUSY);
	if ((virtio_features(dev) & VIRTIO_CONSOLE_F_MULTIPORT) == 0)
		return (ENODEV);
	nports = MIN(virtio_config32(dev, CONFIG_MAX_NR_PORTS), PORTS_MAX);
	/* Neither is freed after a failure: the device may know the queues. */
	vc = kmem_alloc(sizeof(*vc), KM_ZERO | KM_PHYS);
	if (vc == NULL)
		return (ENOMEM);
	vc->vc_ports = kmem_alloc(nports * sizeof(struct vport), KM_ZERO);
	if (vc->vc_ports == NULL)
		return (ENOMEM);
	vc->vc_dev = dev;
	vc->vc_nports = nports;
	spin_init(&vc->vc_lock, "vconsole");
	cv_init(&vc->vc_changed, "vcports");
	error = init_queues(vc);
	if (error != 0)
		return (error);
	virtio_ready(dev);
	console = vc;
	spin_lock(&vc->vc_lock);
	for (unsigned i = 0; i < vc->vc_rxq.vq_size; i++)
		give_buffer(vc, &vc->vc_buffers[i]);
	virtqueue_kick(&vc->vc_rxq);
	control_send(vc, 0, VIRTIO_CONSOLE_DEVICE_READY, 1);
	control_receive_all(vc);
	spin_unlock(&vc->vc_lock);
	return (0);
}

static const struct virtio_driver virtio_console = {
    .vd_name = "virtio_console",
    .vd_device = "vtcon",
    .vd_desc = "VirtIO Console Adapter",
    .vd_id = VIRTIO_ID_CONSOLE,
    .vd_features = VIRTIO_CONSOLE_F_MULTIPORT,
    .vd_attach = vconsole_attach,
};
LINKER_SET(virtio_driver, virtio_console);

MODULE(virtio_console, "virtio_mmio/virtio_console");
