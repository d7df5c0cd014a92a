/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef _SYS_EVENT_H
#define _SYS_EVENT_H

#ifdef __cplusplus
extern "C" {
#endif

#include <stdint.h>
#define __NEED_struct_timespec
#define __NEED_time_t
#include <bits/alltypes.h>
#include <fbsd/event.h>

struct kevent {
	uintptr_t ident;
	short filter;
	unsigned short flags;
	unsigned fflags;
	int64_t data;
	void *udata;
	uint64_t ext[4];
};

#define EV_SET(kev, i, fi, fl, ff, d, u)                                       \
	(*(kev) = (struct kevent){.ident = (uintptr_t)(i),                     \
	     .filter = (fi),                                                   \
	     .flags = (fl),                                                    \
	     .fflags = (ff),                                                   \
	     .data = (d),                                                      \
	     .udata = (u)})

int kqueue(void);
int kevent(int, const struct kevent *, int, struct kevent *, int,
    const struct timespec *);

#ifdef __cplusplus
}
#endif

#endif
