/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * membarrier(2): threads that run elsewhere pass a barrier, so that they need
 * none of their own on a way that is taken more often.
 *
 * Every kind interrupts those who run: the slow ones (GLOBAL) could wait until
 * each CPU has changed its thread, but that takes as long as a program likes to
 * run.
 */
#include "abi/freebsd/sysargs.h"
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "proc/proc.h"
#include "vm/vm.h"

#define MEMBARRIER_CMD_QUERY				    0x00
#define MEMBARRIER_CMD_GLOBAL				    0x01
#define MEMBARRIER_CMD_GLOBAL_EXPEDITED			    0x02
#define MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED	    0x04
#define MEMBARRIER_CMD_PRIVATE_EXPEDITED		    0x08
#define MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED	    0x10
#define MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE	    0x20
#define MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE 0x40
#define ALL_COMMANDS					    0x7f

static int
enroll(struct proc *p, uint32_t flag)
{
	spin_lock(&p->p_lock);
	proc_flags_set(p, flag);
	spin_unlock(&p->p_lock);
	return (0);
}

/* Who wants it fast says so first. */
static int
barrier(const struct proc *p, uint32_t flag, struct pmap *pm)
{
	if ((p->p_flags & flag) != flag)
		return (EPERM);
	pmap_fence(pm);
	return (0);
}

int
sys_membarrier(struct thread *td, const struct membarrier_args *a)
{
	struct proc *p = td->td_proc;
	struct pmap *pm = td_vmspace(td)->vs_pmap;

	if (a->flags != 0)
		return (EINVAL);
	switch (a->cmd) {
	case MEMBARRIER_CMD_QUERY:
		td->td_retval[0] = ALL_COMMANDS;
		return (0);
	case MEMBARRIER_CMD_GLOBAL:
		return (barrier(p, 0, NULL));
	case MEMBARRIER_CMD_GLOBAL_EXPEDITED:
		return (barrier(p, P_BARRIER_GLOBAL, NULL));
	case MEMBARRIER_CMD_PRIVATE_EXPEDITED:
		return (barrier(p, P_BARRIER_PRIVATE, pm));
	case MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE:
		return (barrier(p, P_BARRIER_CORE, pm));
	case MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED:
		return (enroll(p, P_BARRIER_GLOBAL));
	case MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED:
		return (enroll(p, P_BARRIER_PRIVATE));
	case MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE:
		return (enroll(p, P_BARRIER_CORE));
	default:
		return (EINVAL);
	}
}
