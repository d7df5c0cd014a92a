/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Between the console's two files: virtio_console.c, which knows the device
 * and its control messages, and virtio_port.c, which moves bytes.
 */
#ifndef DEV_VIRTIO_PORT_H
#define DEV_VIRTIO_PORT_H

#include "dev/virtio_console.h"

#define VPORT_NAME_MAX 32

/* A buffer for input.  (p) while it is with us; the device's otherwise. */
struct vport_rx {
	struct list rx_link; /* in vp_filled */
	char *rx_data;	     /* (!) */
	uint32_t rx_size;    /* (!) */
	uint32_t rx_start;   /* first byte not read yet */
	uint32_t rx_end;
};

struct block;

/*
 * (!) set before the device runs, or once; (c) the console's lock, vc_lock;
 * (p) vp_lock.  Order: vc_lock, vp_lock.
 */
struct vport {
	struct vconsole *vp_console;  /* (!) */
	unsigned vp_number;	      /* (!) */
	char vp_name[VPORT_NAME_MAX]; /* (c) "": not known yet */
	bool vp_host_open;	      /* (p) */
	bool vp_was_open;	      /* (p) since ever */

	struct spin vp_lock;
	struct virtqueue vp_rxq; /* (p) */
	struct virtqueue vp_txq; /* (p) */
	struct event_source vp_events;
	const struct vport_client *vp_client; /* (p) or NULL */
	void *vp_client_arg;		      /* (p) */

	bool vp_listening;     /* (p) */
	bool vp_ended;	       /* (p) no more input will come */
	struct list vp_filled; /* (p) buffers with input, in order */
	size_t vp_readable;    /* (p) bytes in them */
	unsigned vp_unkicked;  /* (p) buffers given back silently */
	unsigned vp_rx_count;  /* (p) buffers there are */
	struct cv vp_input;    /* (p) input, or its end */

	bool vp_broken;		/* (p) nobody reads our output */
	size_t vp_flying;	/* (p) bytes on their way, and those
				   that have a place reserved */
	unsigned vp_slots;	/* (p) descriptors they take */
	uint64_t vp_sent;	/* (p) blocks given to the device, ever */
	uint64_t vp_taken;	/* (p) and done with, in the same order */
	bool vp_refused;	/* (p) set; (a) the client wants to
				   hear of room */
	struct cv vp_room;	/* (p) less is on its way */
	struct block *vp_spare; /* (p) reserved, for want of memory; NULL:
				   it is on its way, or never was */
};

/* 0 or an errno of virtqueue_init(). */
int vport_init(struct vport *vp, struct vconsole *vc, struct virtio_device *dev,
    unsigned number);
/* The host opened its end, or closed it. */
void vport_host_open(struct vport *vp, bool open);
/* Tells the host that we opened our end. */
void vconsole_announce_open(struct vport *vp);

#endif
