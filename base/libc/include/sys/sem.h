/* SPDX-License-Identifier: BSD-2-Clause */
/* System V semaphores, with FreeBSD's numbers. */
#ifndef _SYS_SEM_H
#define _SYS_SEM_H

#ifdef __cplusplus
extern "C" {
#endif

#define __NEED_size_t
#define __NEED_pid_t
#define __NEED_time_t
#include <bits/alltypes.h>
#include <sys/ipc.h>

#define SEM_UNDO 010000

#define GETNCNT	 3
#define GETPID	 4
#define GETVAL	 5
#define GETALL	 6
#define GETZCNT	 7
#define SETVAL	 8
#define SETALL	 9
#define SEM_STAT 10

#define SEM_A	 IPC_W
#define SEM_R	 IPC_R

struct sembuf {
	unsigned short sem_num;
	short sem_op;
	short sem_flg;
};

struct semid_ds {
	struct ipc_perm sem_perm;
	void *__sem_base;
	unsigned short sem_nsems;
	time_t sem_otime;
	time_t sem_ctime;
};

int semctl(int, int, int, ...);
int semget(key_t, int, int);
int semop(int, struct sembuf *, size_t);

#ifdef __cplusplus
}
#endif

#endif
