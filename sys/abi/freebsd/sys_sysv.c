/* SPDX-License-Identifier: BSD-2-Clause */
/* System calls of System V IPC. */
#include "abi/freebsd/sysargs.h"
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "fbsd/ipc.h"
#include "ipc/sysv_msg.h"
#include "ipc/sysv_sem.h"
#include "ipc/sysv_shm.h"
#include "proc/proc.h"
#include "vm/kmem.h"

int
sys_shmget(struct thread *td, const struct shmget_args *a)
{
	int id = -1;
	int error = kern_shmget(td, a->key, a->size, a->shmflg, &id);

	td->td_retval[0] = (uint64_t)id;
	return (error);
}

int
sys_shmat(struct thread *td, const struct shmat_args *a)
{
	return (kern_shmat(
	    td, a->shmid, (vaddr_t)a->shmaddr, a->shmflg, &td->td_retval[0]));
}

int
sys_shmdt(struct thread *td, const struct shmdt_args *a)
{
	return (kern_shmdt(td, (vaddr_t)a->shmaddr));
}

int
sys_shmctl(struct thread *td, const struct shmctl_args *a)
{
	struct shmid_ds ds;
	int error = 0;

	if (a->cmd == IPC_SET)
		error = copyin(a->buf, &ds, sizeof(ds));
	if (error == 0)
		error = kern_shmctl(td, a->shmid, a->cmd, &ds);
	if (error == 0 && a->cmd == IPC_STAT)
		error = copyout(&ds, a->buf, sizeof(ds));
	return (error);
}

int
sys_semget(struct thread *td, const struct semget_args *a)
{
	int id = -1;
	int error = kern_semget(td, a->key, a->nsems, a->semflg, &id);

	td->td_retval[0] = (uint64_t)id;
	return (error);
}

#define FEW_OPS 8u

int
sys_semop(struct thread *td, const struct semop_args *a)
{
	struct sembuf few[FEW_OPS], *ops = few;
	size_t size;
	int error;

	if (a->nsops > sem_most_ops())
		return (E2BIG);
	size = a->nsops * sizeof(*ops);
	if (a->nsops > FEW_OPS)
		ops = kmem_alloc(size, 0);
	if (ops == NULL)
		return (ENOMEM);
	error = copyin(a->sops, ops, size);
	if (error == 0)
		error = kern_semop(td, a->semid, ops, (unsigned)a->nsops);
	if (ops != few)
		kmem_free(ops, size);
	return (error);
}

/* GETALL and SETALL: user memory at `array` has the values. */
static int
all_values(struct thread *td, int id, int cmd, uint64_t array)
{
	struct sem_control c;
	unsigned n;
	int error = sem_count(id, &n);

	if (error != 0)
		return (error);
	c.values = kmem_alloc(n * sizeof(*c.values), KM_ZERO);
	if (c.values == NULL)
		return (ENOMEM);
	if (cmd == SETALL)
		error = copyin((void *)array, c.values, n * sizeof(*c.values));
	if (error == 0)
		error = kern_semctl(td, id, 0, cmd, &c);
	if (error == 0 && cmd == GETALL)
		error = copyout(c.values, (void *)array, n * sizeof(*c.values));
	kmem_free(c.values, n * sizeof(*c.values));
	return (error);
}

int
sys___semctl(struct thread *td, const struct __semctl_args *a)
{
	struct sem_control c;
	union semun arg = {0};
	int error = 0;

	switch (a->cmd) {
	case IPC_SET:
	case IPC_STAT:
	case SEM_STAT:
	case SETVAL:
	case GETALL:
	case SETALL:
		error = copyin(a->arg, &arg, sizeof(arg));
	}
	if (error != 0)
		return (error);
	if (a->cmd == GETALL || a->cmd == SETALL)
		return (all_values(td, a->semid, a->cmd, arg.array));
	c.value = arg.val;
	if (a->cmd == IPC_SET)
		error = copyin((void *)arg.buf, &c.ds, sizeof(c.ds));
	if (error == 0)
		error = kern_semctl(td, a->semid, a->semnum, a->cmd, &c);
	if (error == 0 && (a->cmd == IPC_STAT || a->cmd == SEM_STAT))
		error = copyout(&c.ds, (void *)arg.buf, sizeof(c.ds));
	if (error == 0)
		td->td_retval[0] = (uint64_t)c.result;
	return (error);
}

int
sys_msgget(struct thread *td, const struct msgget_args *a)
{
	int id = -1;
	int error = kern_msgget(td, a->key, a->msgflg, &id);

	td->td_retval[0] = (uint64_t)id;
	return (error);
}

/* In user memory a message begins with its type. */
int
sys_msgsnd(struct thread *td, const struct msgsnd_args *a)
{
	const int64_t *msg = a->msgp;
	int64_t type;
	int error = copyin(msg, &type, sizeof(type));

	return (error != 0 ? error
			   : kern_msgsnd(td, a->msqid, type, msg + 1, a->msgsz,
				 a->msgflg));
}

int
sys_msgrcv(struct thread *td, const struct msgrcv_args *a)
{
	int64_t *msg = a->msgp;
	int64_t type = a->msgtyp;
	size_t size = a->msgsz;
	int error = kern_msgrcv(td, a->msqid, &type, msg + 1, &size, a->msgflg);

	if (error == 0)
		error = copyout(&type, msg, sizeof(type));
	td->td_retval[0] = size;
	return (error);
}

int
sys_msgctl(struct thread *td, const struct msgctl_args *a)
{
	struct msqid_ds ds;
	int error = 0;

	if (a->cmd == IPC_SET)
		error = copyin(a->buf, &ds, sizeof(ds));
	if (error == 0)
		error = kern_msgctl(td, a->msqid, a->cmd, &ds);
	if (error == 0 && a->cmd == IPC_STAT)
		error = copyout(&ds, a->buf, sizeof(ds));
	return (error);
}
