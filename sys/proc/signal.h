/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PROC_SIGNAL_H
#define PROC_SIGNAL_H

#include "proc/proc.h"

void sigacts_init(struct sigacts *sa);
struct sigacts *sigacts_copy(struct sigacts *sa); /* or NULL */
void sigacts_release(struct sigacts *sa);
int sigacts_fork(struct proc *p, struct proc *parent, bool share); /* ENOMEM */
/* For execve(2): *own is a copy of what p shares with others, or NULL if it
 * doesn't; ENOMEM. */
int sigacts_exec_copy(struct proc *p, struct sigacts **own);
/* The action of sig in a process that needn't be the caller's; sa_lock and
 * p_lock not held. */
struct sigaction sigacts_action(struct proc *p, int sig);
void sigqueue_init(struct sigqueue *sq);
void sigqueue_flush(struct sigqueue *sq); /* (p) held */
void sig_exec(struct proc *p);		 /* handlers to default, altstack off */
void sig_thread_exit(struct thread *td); /* pass on what's pending */

/*
 * Sends a signal: any context, no p_lock held. The _locked form with p_lock
 * held.  info may be NULL (kernel's own).  0, or EAGAIN if the queue is full
 * (sigqueue(2) only).
 */
int sig_send(struct proc *p, int sig, const struct siginfo *info);
int sig_send_locked(struct proc *p, int sig, const struct siginfo *info);
int sig_send_thread(struct thread *td, int sig, const struct siginfo *info);
/*
 * SIGCHLD to p's parent, with what has become of p: one for each child that has
 * news, and the newest of each; and back, when wait(2) has told of them or the
 * parent is to be another. (t) held.
 */
void sig_send_news(struct proc *p, int code, int status, uid_t ruid);
void sig_withdraw_news(struct proc *p);
/* (t) held; the first may let go of it meanwhile. */
void sig_send_pgrp(struct pgrp *pg, int sig) __sleeps;
void sig_send_pgrp_locked(struct pgrp *pg, int sig);
/* A trap of the current thread: can't be blocked or ignored (kills then). */
void trap_signal(
    struct thread *td, int sig, int code, uint64_t addr, int trapno) __sleeps;

/* From ast(): delivers all that can be, by sendsig() or default action. */
void sig_deliver(struct thread *td) __sleeps;

/*
 * Wait for signals out of set, taken off the queue into info. deadline as in
 * cv_timedwait. 0, EAGAIN (timeout), EINTR.
 */
int kern_sigtimedwait(struct thread *td, const sigset_t *set,
    struct siginfo *info, uint64_t deadline) __sleeps;
int kern_sigsuspend(struct thread *td, const sigset_t *mask) __sleeps;
int kern_sigprocmask(
    struct thread *td, int how, const sigset_t *set, sigset_t *old);
int kern_sigaction(struct thread *td, int sig, const struct sigaction *act,
    struct sigaction *old);
int kern_kill(
    struct thread *td, pid_t pid, int sig, const struct siginfo *info) __sleeps;
/* (t) held: the same for p, if td may; sig 0 only asks. */
int kill_proc(
    struct thread *td, struct proc *p, int sig, const struct siginfo *info);
/* One thread, or with tid -1 all but the caller; pid: whose. */
int kern_thr_kill(struct thread *td, pid_t pid, int64_t tid, int sig,
    const struct siginfo *info) __sleeps;
/* Tell the parent that all threads have stopped, or run again; called from
 * thread_suspend_check() without locks, may sleep. */
void sig_stopped(struct proc *p) __sleeps;
void sig_continued(struct proc *p) __sleeps;
/* p_events' hint for EVFILT_SIGNAL: NOTE_SIGNAL | signal number. */
#define NOTE_SIGNAL 0x08000000L
void sig_set_mask(struct thread *td, const sigset_t *mask);
/* The mask for one call (pselect, ppoll, sigsuspend): ast() puts the old one
 * back after signals were delivered. */
void sig_push_mask(struct thread *td, const sigset_t *mask);
/* The call ends, and not by a signal: from now on none gets through that the
 * old mask blocks. Nothing if no mask was pushed. */
void sig_pop_mask(struct thread *td);

#endif
