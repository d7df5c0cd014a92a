/* SPDX-License-Identifier: BSD-2-Clause */
/* poll(2) and select(2). */
#ifndef FBSD_POLL_H
#define FBSD_POLL_H

#include "lib/types.h"

struct pollfd {
	int32_t fd;
	int16_t events;
	int16_t revents;
};
_Static_assert(sizeof(struct pollfd) == 8, "struct pollfd");

#define POLLIN	     0x0001
#define POLLPRI	     0x0002
#define POLLOUT	     0x0004
#define POLLRDNORM   0x0040
#define POLLWRNORM   POLLOUT
#define POLLRDBAND   0x0080
#define POLLWRBAND   0x0100
#define POLLINIGNEOF 0x2000
#define POLLRDHUP    0x4000
#define POLLERR	     0x0008
#define POLLHUP	     0x0010
#define POLLNVAL     0x0020

#define FD_SETSIZE   1024

#endif
