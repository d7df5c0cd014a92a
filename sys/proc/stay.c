/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A thread that stays behind when its process is killed, because it is in the
 * middle of something and waits for a disk, or for who does.
 *
 * It takes place in the process's thread itself: another one becomes what this
 * one was in the process, and ends it; this one goes on as the kernel's, with
 * all that it has locked and holds.  Where its process's memory was it has
 * none, so that whatever touches it fails; and not another one's, as threads
 * that have never been in user mode may find.
 */
#include "amd64/md.h"
#include "fbsd/signal.h"
#include "core/printf.h"
#include "lib/string.h"
#include "proc/proc.h"
#include "proc/thread.h"
#include "vm/vm.h"

static void
end_killed(void *arg)
{
	kern_exit(curthread(), 0, SIGKILL);
}

/* Process 0's memory: there is none. */
static struct vmspace *
no_memory(void)
{
	struct vmspace *vs = atomic_load(&proc0.p_image.vm), *none = NULL;

	if (vs != NULL)
		return (vs);
	vs = vmspace_create(0);
	if (vs != NULL && !atomic_cas(&proc0.p_image.vm, &none, vs)) {
		vmspace_release(vs);
		vs = none;
	}
	return (vs);
}

/* May td go? Not while it ends the process, or is alone to exchange it. */
static bool
may_leave(const struct thread *td, struct proc *p)
{
	bool may;

	spin_lock(&p->p_lock);
	may = (p->p_flags & P_EXITING) == 0 && p->p_single != td;
	spin_unlock(&p->p_lock);
	return (may);
}

void
thread_stay(struct thread *td)
{
	struct proc *p = td->td_proc;
	struct thread *heir = NULL;

	td->td_must_wait = true;
	if (may_leave(td, p) && no_memory() != NULL)
		heir = thread_copy(p, td);
	if (heir == NULL)
		return;
	md_thread_entry(heir, end_killed, NULL);
	thread_replace(td, heir, &proc0);
	sched_run(heir);
	atomic_and(&td->td_flags, ~(TDF_SUSPEND | TDF_SIGPENDING));
	atomic_or(&td->td_flags, TDF_STAYED | TDF_AST);
	vmspace_activate(proc0.p_image.vm);
}
