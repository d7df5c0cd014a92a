/* SPDX-License-Identifier: BSD-2-Clause */
/* How the system ends. */
#ifndef HOST_REBOOT_H
#define HOST_REBOOT_H

#include "fbsd/num/reboot.h"

struct thread;

/*
 * Ends the machine as howto says; doesn't return then.  File systems are
 * written back and unmounted first, unless RB_NOSYNC.  EPERM; EOPNOTSUPP for
 * another root.  Sleeps.
 */
int kern_reboot(struct thread *td, int howto) __sleeps;
/* The end, with a last word on the console. */
__noreturn void machine_end(const char *why);

#endif
