/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Process descriptors (pdfork(2)): see procdesc.c.
 */
#ifndef FILE_PROCDESC_H
#define FILE_PROCDESC_H

#include "core/event.h"
#include "file/file.h"

struct wait_result;

/*
 * For fork.c: a descriptor's file, without a process yet; EINVAL (flags other
 * than PD_*), ENOMEM, ENFILE.  procdesc_bind() gives it the process, (t) held.
 */
int procdesc_create(struct thread *td, int flags, struct file **fpp);
void procdesc_bind(struct file *fp, struct proc *p);

/*
 * For EVFILT_PROCDESC: attaches ew, which hears NOTE_EXIT | status.  EINVAL:
 * no process descriptor.  *status is the process's if it has ended, else -1.
 */
int procdesc_watch(
    struct file *fp, struct event_waiter *ew, int *status) __sleeps;

/* The number of the process behind a descriptor: EBADF. */
int kern_pdgetpid(struct thread *td, int fd, pid_t *pid) __sleeps;
pid_t procdesc_pid(const struct file *fp);
/* EINVAL, EBADF, ESRCH (waited for), EPERM. */
int kern_pdkill(struct thread *td, int fd, int sig) __sleeps;
/* As kern_wait(), for anybody who has the descriptor; ESRCH if the process was
 * waited for already. */
int kern_pdwait(
    struct thread *td, int fd, int options, struct wait_result *wr) __sleeps;

#endif
