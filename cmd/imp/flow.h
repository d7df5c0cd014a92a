/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef IMP_FLOW_H
#define IMP_FLOW_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * One direction of one stream: bytes on their way from a descriptor to
 * another, through a buffer.  It reads only when the buffer is empty, so that
 * a slow receiver slows the sender down.
 */
struct flow {
	int from;      /* -1: its end was reached, or it was never there */
	int to;	       /* -1: nobody receives; what comes is dropped */
	bool paused;   /* don't read for now */
	bool to_end;   /* tell the receiver when the end is reached: */
	bool broken;   /* the receiver has gone; set once, for the owner */
	bool cautious; /* to can block: only what poll(2) has room for */
	bool socket;   /* to is a socket */
	bool reopened; /* to is ours alone */
	struct flow_tail *tail; /* keeps the last of it, or NULL */
	size_t start, end;	/* what of the buffer is still to be sent */
	char *buffer;
};

/* The last bytes that went through. */
struct flow_tail {
	char text[32 * 1024];
	size_t size;
};

#define FLOW_POLL 2 /* entries that one flow needs at most */

/* Both descriptors may be -1.  Descriptors below 3 are treated with respect:
 * they are shared with others, and never set to O_NONBLOCK. */
void flow_init(struct flow *flow, int from, int to);
/* Nothing more will come through it. */
bool flow_done(const struct flow *flow);
/* What the sender has sent so far is delivered. */
bool flow_drained(const struct flow *flow);
/* Enter what the flow waits for; returns how many entries that are. */
int flow_poll(const struct flow *flow, struct pollfd *fds);
/* Carry what can be carried; fds as flow_poll() made it, after poll(2). */
void flow_run(struct flow *flow, const struct pollfd *fds, int count);
/* Stop reading: close(2) of the sending descriptor, where it isn't shared. */
void flow_stop(struct flow *flow);
/* From now on what comes is dropped; closes to where it isn't shared. */
void flow_drop(struct flow *flow);

#endif
