/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef IPC_SHM_H
#define IPC_SHM_H

#include "lib/types.h"

struct file;
struct thread;

/*
 * Shared memory by name (kernel strings; names begin with '/'); NULL: an
 * object without one. flags are O_*, shmflags SHM_*. EINVAL, EACCES, ENOENT,
 * EEXIST, ENOMEM, ENFILE, EMFILE.
 */
int kern_shm_open(struct thread *td, const char *name, int flags, mode_t mode,
    int shmflags, int *fdp);
int kern_shm_unlink(struct thread *td, const char *name);
int kern_shm_rename(
    struct thread *td, const char *from, const char *to, int flags);

/* fcntl(2)'s F_GET_SEALS, and F_ADD_SEALS: EINVAL, EPERM (sealed against
 * more), EBUSY (F_SEAL_WRITE while somebody may write to a mapping). */
int shm_get_seals(struct file *fp);
int shm_add_seals(struct file *fp, int seals);

#endif
