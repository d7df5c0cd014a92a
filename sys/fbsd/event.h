/* SPDX-License-Identifier: BSD-2-Clause */
/* kqueue(2). */
#ifndef FBSD_EVENT_H
#define FBSD_EVENT_H

#include "lib/types.h"
#include "fbsd/num/event.h"

struct kevent {
	uint64_t ident;
	short filter;
	unsigned short flags;
	unsigned fflags;
	int64_t data;
	uint64_t udata;
	uint64_t ext[4];
};
_Static_assert(sizeof(struct kevent) == 64, "struct kevent");

/* Programs for release 11 and older. */
struct kevent_freebsd11 {
	uint64_t ident;
	short filter;
	unsigned short flags;
	unsigned fflags;
	int64_t data;
	uint64_t udata;
};
_Static_assert(sizeof(struct kevent_freebsd11) == 32, "kevent_freebsd11");

#define EVFILT_COUNT 13

#endif
