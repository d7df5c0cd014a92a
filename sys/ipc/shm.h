/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef IPC_SHM_H
#define IPC_SHM_H

#include "lib/types.h"

struct file;
struct kinfo_file;
struct thread;

/*
 * Shared memory by name (kernel strings; names begin with '/'); NULL: an
 * object without one. flags are O_*, shmflags SHM_*. EINVAL, EACCES, ENOENT,
 * EEXIST, ENOMEM, ENFILE, EMFILE.
 */
int kern_shm_open(struct thread *td, const char *name, int flags, mode_t mode,
    int shmflags, int *fdp) __sleeps;
/* The same without a descriptor. */
int shm_open_file(struct thread *td, const char *name, int flags, mode_t mode,
    int shmflags, struct file **fpp) __sleeps;
int kern_shm_unlink(struct thread *td, const char *name) __sleeps;
/* Calls fn, without locks, for each that has a name, described in *kf; stops at
 * its first error, which it returns, or ENOMEM. */
int shm_walk(struct kinfo_file *kf, int (*fn)(void *arg), void *arg) __sleeps;
int kern_shm_rename(
    struct thread *td, const char *from, const char *to, int flags) __sleeps;

#endif
