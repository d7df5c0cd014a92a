/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The end of the system.  The machine has no switch that software could
 * turn: restarting, halting and powering off are all a reset, at which QEMU
 * (-no-reboot) ends.
 */
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "core/printf.h"
#include "proc/proc.h"
#include "proc/quiesce.h"
#include "host/reboot.h"
#include "host/run.h"
#include "vfs/vnode.h"

void
machine_end(const char *why)
{
	kconsole_seize();
	kprintf("%s\n", why);
	md_reset();
}

/* Time for programs to come out of the kernel. */
#define PATIENCE (10 * NSEC_PER_SEC)

/*
 * Nothing that a program does may meet the end of the file systems. Who is
 * stuck in the kernel doesn't keep the system from ending.
 */
static void
stand_still(struct thread *td)
{
	pid_t pid = 0;
	int error;

	error = quiesce_begin(td, clock_ns() + PATIENCE, &pid);
	if (error == ETIMEDOUT)
		kprintf(
		    "reboot: pid %d is still in the kernel after 10 s\n", pid);
}

int
kern_reboot(struct thread *td, int howto)
{
	int error = priv_check(td);

	if (error != 0)
		return (error);
	if (howto & RB_REROOT)
		return (EOPNOTSUPP);
	if ((howto & RB_NOSYNC) == 0) {
		stand_still(td);
		vfs_end_storage();
	}
	/* Under `imp run` the host wants to know that this is no accident. */
	run_end(0);
	if (howto & RB_POWEROFF)
		machine_end("The system powers off.");
	if (howto & RB_HALT)
		machine_end("The operating system has halted.");
	machine_end("The system restarts.");
}
