/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef IPC_SYSV_MSG_H
#define IPC_SYSV_MSG_H

#include "lib/types.h"

struct msqid_ds;
struct thread;

/* msgget(2) and kin; msg is in user memory, behind the type.  EINVAL, ENOENT,
 * EEXIST, ENOSPC, ENOMEM; EACCES, EFAULT; EAGAIN, ENOMSG, E2BIG; EIDRM, EINTR.
 */
int kern_msgget(struct thread *td, long key, int flags, int *id) __sleeps;
int kern_msgsnd(struct thread *td, int id, long type, const void *msg,
    size_t size, int flags) __sleeps;
/* *type: which, and which it was; *sizep: room, and what was received. */
int kern_msgrcv(struct thread *td, int id, long *type, void *msg, size_t *sizep,
    int flags) __sleeps;
/* ds: what to set, or what is. */
int kern_msgctl(
    struct thread *td, int id, int cmd, struct msqid_ds *ds) __sleeps;

#endif
