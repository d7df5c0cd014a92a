/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a thread was asked to do before it is back in user mode.
 */
#include "proc/signal.h"

void
ast(struct thread *td)
{
	uint32_t flags;

	do {
		flags = atomic_and(&td->td_flags, ~(TDF_AST | TDF_RESCHED));
		if (flags & TDF_RESCHED)
			sched_yield();
		if (td->td_late_files != NULL)
			files_end_late(td);
		if (flags & TDF_STAYED)
			thread_exit(td);
		if (flags & TDF_SUSPEND)
			(void)thread_suspend_check(td, false);
		if (flags & (TDF_SIGPENDING | TDF_OLDMASK))
			sig_deliver(td);
		sig_pop_mask(td);
	} while (td->td_flags & TDF_AST);
}
