/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pending signals, and what proc/sig*.c share among themselves.
 */
#ifndef PROC_SIGQUEUE_H
#define PROC_SIGQUEUE_H

#include "proc/signal.h"

/* What a signal does where nobody says otherwise; the deadly ones first. */
enum sig_default { SD_KILL, SD_CORE, SD_IGNORE, SD_STOP, SD_TTYSTOP, SD_CONT };
enum sig_default sig_default(int sig);

static inline bool
sig_is_stop(int sig)
{
	return (sig == SIGSTOP || sig == SIGTSTP || sig == SIGTTIN ||
		sig == SIGTTOU);
}

static inline sigset_t
sigset_or(sigset_t a, sigset_t b)
{
	for (int i = 0; i < 4; i++)
		a.bits[i] |= b.bits[i];
	return (a);
}

static inline sigset_t
sigset_and(sigset_t a, sigset_t b)
{
	for (int i = 0; i < 4; i++)
		a.bits[i] &= b.bits[i];
	return (a);
}

static inline sigset_t
sigset_less(sigset_t a, sigset_t b)
{
	for (int i = 0; i < 4; i++)
		a.bits[i] &= ~b.bits[i];
	return (a);
}

static inline bool
sigset_equal(const sigset_t *a, const sigset_t *b)
{
	return (
	    ((a->bits[0] ^ b->bits[0]) | (a->bits[1] ^ b->bits[1]) |
		(a->bits[2] ^ b->bits[2]) | (a->bits[3] ^ b->bits[3])) == 0);
}

/* Lowest member, 0: none. */
static inline int
sigset_first(const sigset_t *s)
{
	for (int i = 0; i < 4; i++)
		if (s->bits[i] != 0)
			return (i * 32 + __builtin_ctz(s->bits[i]) + 1);
	return (0);
}

/* SIGKILL and SIGSTOP can't be blocked. */
static inline void
sigset_cantmask(sigset_t *s)
{
	s->bits[0] &= ~(1u << (SIGKILL - 1) | 1u << (SIGSTOP - 1));
}

/* All with p_lock held. */
/* 0, or EAGAIN: a story that had to be kept found no room. */
int sigqueue_add(struct sigqueue *sq, int sig, const struct siginfo *info);
/* A story of the caller's, which stays its owner; not in a queue now. */
void sigqueue_add_static(struct sigqueue *sq, struct ksiginfo *ksi);
/* Takes one `sig` that is pending off the queue. */
void sigqueue_take(struct sigqueue *sq, int sig, struct siginfo *info);
/* Forgets `sig`, all of it. */
void sigqueue_delete(struct sigqueue *sq, int sig);
/* Takes a static story out of its queue, if it is in one. */
void sigqueue_withdraw(struct ksiginfo *ksi);

/* For time/ktimer.c: as sig_send_locked() with a static story; td NULL: to
 * the process. False if the signal is ignored, so that it wasn't queued. */
bool sig_send_static(struct proc *p, struct thread *td, struct ksiginfo *ksi);
int sig_send_thread_locked(
    struct thread *td, int sig, const struct siginfo *info);

/* The parent waits for a vfork(2) child, so that stopping would hang both:
 * that has to wait for its exec. p_lock held. */
static inline bool
sig_held_back(const struct proc *p, int sig)
{
	return ((p->p_flags & P_VFORK) && sig_is_stop(sig));
}
/* Signals that td would take now. p_lock held. */
sigset_t sig_deliverable(struct thread *td);
/* Nobody has `sig` pending any more. p_lock held. */
void sig_forget(struct proc *p, int sig);
/* Asks threads that can take them to look at the process's signals in set. */
void sig_reassign(struct proc *p, sigset_t set);
/* Does the default action of a stop signal stop p; do it. */
bool sig_stops(struct proc *p, int sig);
void sig_stop_process(struct proc *p, int sig);
/* td is to look at its signals before it goes on. */
void sig_poke(struct thread *td);
/* The action of sig becomes the default. sa_lock held. */
void sigacts_reset(struct sigacts *sa, int sig);

/* Timer signals: how often it expired since the last one was taken. */
int ktimer_overrun_taken(struct ktimer *kt);

#endif
