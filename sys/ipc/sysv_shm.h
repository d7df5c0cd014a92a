/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef IPC_SYSV_SHM_H
#define IPC_SYSV_SHM_H

#include "lib/types.h"

struct shmid_ds;
struct thread;
struct vmspace;

/* shmget(2) and kin.  EINVAL, ENOENT, EEXIST, ENOSPC, ENOMEM; EACCES; EMFILE:
 * kern.ipc.shmseg segments are attached. */
int kern_shmget(
    struct thread *td, long key, size_t size, int flags, int *id) __sleeps;
int kern_shmat(
    struct thread *td, int id, vaddr_t addr, int flags, vaddr_t *at) __sleeps;
int kern_shmdt(struct thread *td, vaddr_t addr) __sleeps;
/* ds: what to set, or what is. */
int kern_shmctl(
    struct thread *td, int id, int cmd, struct shmid_ds *ds) __sleeps;

/* vmspace_fork(), and the copy has the segments attached that vs has. */
struct vmspace *shm_fork_space(struct vmspace *vs) __sleeps;

#endif
