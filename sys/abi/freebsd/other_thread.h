/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ABI_FREEBSD_OTHER_THREAD_H
#define ABI_FREEBSD_OTHER_THREAD_H

#include "proc/proc.h"

/*
 * A thread by its id, or the first one of process pid; both 0: the caller.
 * p_lock of its process is held on success; ESRCH, or what `may` says.
 */
int lock_thread(struct thread *td, pid_t pid, lwpid_t tid,
    int (*may)(struct thread *, struct proc *), struct thread **tdp) __sleeps;

#endif
