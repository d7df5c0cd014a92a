/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The virtio console's ports (specification 5.3): streams of bytes between
 * the guest and the host, each with a name that the host gave it.
 */
#ifndef DEV_VIRTIO_CONSOLE_H
#define DEV_VIRTIO_CONSOLE_H

#include "dev/virtio/virtio.h"
#include "core/event.h"
#include "core/sync.h"

struct uio;
struct vport;

/*
 * The port of this name, once the host has opened it; NULL if that doesn't
 * happen before clock_ns() reaches deadline, or there is no console. Sleeps.
 */
struct vport *vport_find(const char *name, uint64_t deadline) __sleeps;

/*
 * Who wants to know what happens at a port.  All are optional, and called
 * without locks, in any context, interrupts included.
 */
struct vport_client {
	void (*vc_input)(void *arg); /* there is input, or its end */
	void (*vc_room)(void *arg);  /* there is room for output again */
	void (*vc_idle)(void *arg);  /* all output was handed over */
};
void vport_set_client(
    struct vport *vp, const struct vport_client *client, void *arg);

/*
 * Lets input in, count buffers of size bytes each; before that it waits at the
 * host.  0 (also if it was done before), or ENOMEM.
 */
int vport_listen(struct vport *vp, unsigned count, size_t size);

/*
 * Reads what is there, at least a byte, up to the uio's length: then 0, as
 * well as at the end of input with nothing moved. Sleeps for it unless
 * nonblock: EAGAIN. EINTR or ERESTART for a signal, EFAULT.
 */
int vport_read(struct vport *vp, struct uio *uio, bool nonblock) __sleeps;
/* Any context; takes what is there, up to n; 0 if there is nothing. */
size_t vport_get(struct vport *vp, char *buf, size_t n);
size_t vport_readable(struct vport *vp);
bool vport_eof(struct vport *vp); /* input has ended, and all was read */

/*
 * Writes all, sleeping while too much is on its way; nonblock: what there is
 * room for, EAGAIN if none. EPIPE once the reader has gone; EINTR, ERESTART,
 * EFAULT, ENOMEM; bytes before an error are as the uio tells.
 */
int vport_write(struct vport *vp, struct uio *uio, bool nonblock) __sleeps;
/* Any context; all or nothing, never sleeps: up to VPORT_PUT_MAX bytes. false:
 * vc_room will be called, or the reader has gone, or there is no memory. */
#define VPORT_PUT_MAX 512
bool vport_put(struct vport *vp, const char *s, size_t n) __sleeps;
/* From now on vport_put() always finds memory.  0 or ENOMEM. */
int vport_reserve(struct vport *vp);
size_t vport_writable(struct vport *vp); /* bytes of room */
/* Waits until the host has taken all that was written before, whatever signals
 * come. */
void vport_drain(struct vport *vp) __sleeps;
bool vport_idle(struct vport *vp);

/* The reader at the host's end has gone: further writes get EPIPE. */
void vport_reader_gone(struct vport *vp);
bool vport_broken(struct vport *vp);

struct event_source *vport_events(struct vport *vp);

#endif
