/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who knows what the time is when the machine starts: KVM's paravirtual clock
 * and the real-time clock of the PC, either of which may be missing.
 */
#ifndef AMD64_PVCLOCK_H
#define AMD64_PVCLOCK_H

#include "lib/types.h"

/* The time-stamp counter's rate in Hz as KVM tells it; 0: not under KVM. */
uint64_t kvmclock_frequency(void);
/* Wall-clock time now, ns since 1970; 0: nobody knows.  The boot CPU, once
 * kvmclock_frequency() has been called. */
uint64_t kvmclock_wall(void);
uint64_t rtc_wall(void); /* with device atrtc */

#endif
