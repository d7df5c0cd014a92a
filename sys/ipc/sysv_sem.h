/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef IPC_SYSV_SEM_H
#define IPC_SYSV_SEM_H

#include "fbsd/ipc.h"

struct proc;
struct thread;

/* semget(2) and kin.  EINVAL, ENOENT, EEXIST, ENOSPC, ENOMEM; EACCES. */
int kern_semget(
    struct thread *td, long key, int n, int flags, int *id) __sleeps;
/* ops may be looked at by others until it returns.  EFBIG: no such semaphore;
 * EAGAIN, ERANGE; EIDRM, EINTR. */
int kern_semop(
    struct thread *td, int id, const struct sembuf *ops, unsigned n) __sleeps;

/* What semctl(2) takes and gives. */
struct sem_control {
	struct semid_ds ds;
	uint16_t *values; /* GETALL, SETALL: of sem_count()'s length */
	int value;	  /* SETVAL */
	int result;
};
int kern_semctl(struct thread *td, int id, int num, int cmd,
    struct sem_control *c) __sleeps;
/* As many operations may one semop(2) have. */
unsigned sem_most_ops(void) __sleeps;
/* How many semaphores there are in a set; EINVAL. */
int sem_count(int id, unsigned *n) __sleeps;

/* The end of p, which has used SEM_UNDO. */
void sem_exit(struct proc *p) __sleeps;

#endif
