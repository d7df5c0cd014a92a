/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the guest has to say to the host, in lines on imp.ctl: none is lost,
 * however late the host reads.
 */
#ifndef HOST_RUN_TELL_H
#define HOST_RUN_TELL_H

#include "lib/types.h"

struct vport;

/* From now on there is a host that listens; until then lines go nowhere. 0 or
 * ENOMEM. */
int run_tell_start(struct vport *ctl);
/* A line of at most 255 bytes; any context. */
void run_tell(const char *fmt, ...) __printflike(1, 2);
/* Sleeps until the lines that wait are few: for who would say any number. */
void run_tell_pause(void) __sleeps;
/* Sleeps until the host has all lines, or is gone. */
void run_tell_drain(void) __sleeps;

#endif
