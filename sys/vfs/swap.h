/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VFS_SWAP_H
#define VFS_SWAP_H

struct thread;

/* swapon(2) and swapoff(2) with the kernel's copy of the path.  EPERM, the
 * path's errors, ENOTBLK, EBUSY (it is on), ENOSPC (too many); EINVAL (it
 * isn't on). */
int kern_swapon(struct thread *td, const char *path) __sleeps;
int kern_swapoff(struct thread *td, const char *path) __sleeps;

#endif
