/* SPDX-License-Identifier: BSD-2-Clause */
/* System V IPC: each function is a call. */
#include <stdarg.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

#include "syscall.h"

int
msgget(key_t key, int flags)
{
	return (syscall(SYS_msgget, key, flags));
}

int
msgctl(int id, int cmd, struct msqid_ds *buf)
{
	return (syscall(SYS_msgctl, id, cmd, buf));
}

int
msgsnd(int id, const void *msg, size_t size, int flags)
{
	return (syscall_cp(SYS_msgsnd, id, msg, size, flags));
}

ssize_t
msgrcv(int id, void *msg, size_t size, long type, int flags)
{
	return (syscall_cp(SYS_msgrcv, id, msg, size, type, flags));
}

int
semget(key_t key, int n, int flags)
{
	return (syscall(SYS_semget, key, n, flags));
}

int
semop(int id, struct sembuf *ops, size_t n)
{
	return (syscall(SYS_semop, id, ops, n));
}

/* The fourth argument is a union semun, which the kernel wants by address. */
int
semctl(int id, int num, int cmd, ...)
{
	union {
		int val;
		struct semid_ds *buf;
		unsigned short *array;
	} arg = {0};
	va_list ap;

	if (cmd != IPC_RMID && cmd != GETNCNT && cmd != GETZCNT &&
	    cmd != GETPID && cmd != GETVAL) {
		va_start(ap, cmd);
		arg.buf = va_arg(ap, struct semid_ds *);
		va_end(ap);
	}
	return (syscall(SYS___semctl, id, num, cmd, &arg));
}

int
shmget(key_t key, size_t size, int flags)
{
	return (syscall(SYS_shmget, key, size, flags));
}

void *
shmat(int id, const void *addr, int flags)
{
	return ((void *)syscall(SYS_shmat, id, addr, flags));
}

int
shmdt(const void *addr)
{
	return (syscall(SYS_shmdt, addr));
}

int
shmctl(int id, int cmd, struct shmid_ds *buf)
{
	return (syscall(SYS_shmctl, id, cmd, buf));
}
