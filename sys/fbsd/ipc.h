/* SPDX-License-Identifier: BSD-2-Clause */
/* System V IPC: numbers and structures. */
#ifndef FBSD_IPC_H
#define FBSD_IPC_H

#include "lib/types.h"

#define IPC_CREAT   01000
#define IPC_EXCL    02000
#define IPC_NOWAIT  04000
#define IPC_PRIVATE 0

#define IPC_RMID    0
#define IPC_SET	    1
#define IPC_STAT    2

/* Rights; the mode's other bits are for groups and all others. */
#define IPC_R 0400
#define IPC_W 0200
#define IPC_M 010000 /* change or remove it: owner and creator */

struct ipc_perm {
	uid_t cuid; /* creator's */
	gid_t cgid;
	uid_t uid; /* owner's */
	gid_t gid;
	mode_t mode;
	uint16_t seq;
	int64_t key;
};
_Static_assert(sizeof(struct ipc_perm) == 32, "struct ipc_perm");

#define SHM_RDONLY 010000
#define SHM_RND	   020000
#define SHM_REMAP  040000

/* In shm_perm.mode, for ipcs(1). */
#define SHMSEG_FREE	 0x0200
#define SHMSEG_REMOVED	 0x0400
#define SHMSEG_ALLOCATED 0x0800

struct shmid_ds {
	struct ipc_perm shm_perm;
	uint64_t shm_segsz; /* bytes */
	pid_t shm_lpid;
	pid_t shm_cpid;
	uint32_t shm_nattch;
	int64_t shm_atime;
	int64_t shm_dtime;
	int64_t shm_ctime;
};
_Static_assert(sizeof(struct shmid_ds) == 80, "struct shmid_ds");

#define SEM_UNDO  010000

#define GETNCNT	  3
#define GETPID	  4
#define GETVAL	  5
#define GETALL	  6
#define GETZCNT	  7
#define SETVAL	  8
#define SETALL	  9
#define SEM_STAT  10 /* IPC_STAT of a place */

#define SEM_ALLOC 01000 /* in sem_perm.mode, for ipcs(1) */

struct sembuf {
	uint16_t sem_num;
	int16_t sem_op;
	int16_t sem_flg;
};

struct semid_ds {
	struct ipc_perm sem_perm;
	uint64_t sem_base; /* the kernel's: 0 */
	uint16_t sem_nsems;
	int64_t sem_otime; /* of the last semop(2) */
	int64_t sem_ctime;
};
_Static_assert(sizeof(struct semid_ds) == 64, "struct semid_ds");

union semun {
	int val;
	uint64_t buf;
	uint64_t array;
};

#define MSG_NOERROR 010000 /* a longer message is cut */

struct msqid_ds {
	struct ipc_perm msg_perm;
	uint64_t msg_first; /* the kernel's: 0 */
	uint64_t msg_last;
	uint64_t msg_cbytes; /* bytes in it, */
	uint64_t msg_qnum;   /* messages, */
	uint64_t msg_qbytes; /* and most bytes */
	pid_t msg_lspid;
	pid_t msg_lrpid;
	int64_t msg_stime;
	int64_t msg_rtime;
	int64_t msg_ctime;
};
_Static_assert(sizeof(struct msqid_ds) == 104, "struct msqid_ds");

/* What kern.ipc.shmsegs, sema and msqids have for each place in the table. */
struct shmid_kernel {
	struct shmid_ds u;
	uint64_t spare[3];
};

struct semid_kernel {
	struct semid_ds u;
	uint64_t spare[2];
};

struct msqid_kernel {
	struct msqid_ds u;
	uint64_t spare[2];
};

#endif
