/* SPDX-License-Identifier: BSD-2-Clause */
/* System calls of System V IPC. */
#include "abi/freebsd/sysargs.h"
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "fbsd/ipc.h"
#include "ipc/sysv_shm.h"
#include "proc/proc.h"

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
