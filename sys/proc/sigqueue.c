/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pending signals of a thread or a process: a set says which, and a list
 * holds the story (siginfo) of those that have one.  Real-time signals, and
 * others sent by sigqueue(2), a timer or a message queue, are kept each; any
 * other that is pending already is not kept twice.  A signal whose story finds
 * no memory is still delivered, as one without a story; only sigqueue(2) says
 * EAGAIN.
 */
#include "core/sysctl.h"
#include "lib/string.h"
#include "fbsd/errno.h"
#include "proc/sigqueue.h"
#include "vm/kmem.h"

#define SIGQUEUE_MAX 128 /* stories in one queue, but for static ones */

SYSCTL_CONST_INT(p1003_1b_realtime_signals, "p1003_1b.realtime_signals",
    CTL_P1003_1B_REALTIME_SIGNALS, 200112);
SYSCTL_CONST_INT(p1003_1b_rtsig_max, "p1003_1b.rtsig_max",
    CTL_P1003_1B_RTSIG_MAX, SIGRTMAX - SIGRTMIN + 1);
SYSCTL_CONST_INT(p1003_1b_sigqueue_max, "p1003_1b.sigqueue_max",
    CTL_P1003_1B_SIGQUEUE_MAX, SIGQUEUE_MAX);

void
sigqueue_init(struct sigqueue *sq)
{
	sigemptyset(&sq->sq_signals);
	list_init(&sq->sq_list);
	sq->sq_count = 0;
}

static void
unlink_story(struct sigqueue *sq, struct ksiginfo *ksi)
{
	list_remove(&ksi->ksi_link);
	ksi->ksi_queue = NULL;
	if (!ksi->ksi_static)
		sq->sq_count--;
}

static void
drop_story(struct sigqueue *sq, struct ksiginfo *ksi)
{
	unlink_story(sq, ksi);
	if (!ksi->ksi_static)
		kmem_free(ksi, sizeof(*ksi));
}

static struct ksiginfo *
find_story(struct sigqueue *sq, int sig)
{
	struct ksiginfo *ksi;

	LIST_FOREACH (ksi, &sq->sq_list, ksi_link)
		if (ksi->ksi_info.si_signo == sig)
			return (ksi);
	return (NULL);
}

void
sigqueue_flush(struct sigqueue *sq)
{
	struct ksiginfo *ksi, *tmp;

	LIST_FOREACH_SAFE (ksi, &sq->sq_list, ksi_link, tmp)
		drop_story(sq, ksi);
	sigemptyset(&sq->sq_signals);
}

static void
append(struct sigqueue *sq, struct ksiginfo *ksi)
{
	list_push_back(&sq->sq_list, &ksi->ksi_link);
	ksi->ksi_queue = sq;
	if (!ksi->ksi_static)
		sq->sq_count++;
	sigaddset(&sq->sq_signals, ksi->ksi_info.si_signo);
}

int
sigqueue_add(struct sigqueue *sq, int sig, const struct siginfo *info)
{
	bool keep = info != NULL &&
		    (info->si_code == SI_QUEUE || info->si_code == SI_MESGQ);
	struct ksiginfo *ksi;

	if (sigismember(&sq->sq_signals, sig) && !keep &&
	    (sig < SIGRTMIN || info == NULL))
		return (0);
	if (info == NULL || sig == SIGKILL || sig == SIGSTOP) {
		sigaddset(&sq->sq_signals, sig);
		return (0);
	}
	ksi = sq->sq_count < SIGQUEUE_MAX ? kmem_alloc(sizeof(*ksi), 0) : NULL;
	if (ksi == NULL) {
		if (keep)
			return (EAGAIN);
		sigaddset(&sq->sq_signals, sig);
		return (0);
	}
	ksi->ksi_info = *info;
	ksi->ksi_info.si_signo = sig;
	ksi->ksi_timer = NULL;
	ksi->ksi_static = false;
	append(sq, ksi);
	return (0);
}

void
sigqueue_add_static(struct sigqueue *sq, struct ksiginfo *ksi)
{
	append(sq, ksi);
}

void
sigqueue_take(struct sigqueue *sq, int sig, struct siginfo *info)
{
	struct ksiginfo *ksi = find_story(sq, sig);

	if (ksi == NULL) {
		memset(info, 0, sizeof(*info));
		info->si_signo = sig;
		info->si_code = SI_KERNEL;
	} else {
		*info = ksi->ksi_info;
		if (ksi->ksi_timer != NULL)
			info->si_reason.timer.si_overrun =
			    ktimer_overrun_taken(ksi->ksi_timer);
		drop_story(sq, ksi);
		if (find_story(sq, sig) != NULL)
			return;
	}
	sigdelset(&sq->sq_signals, sig);
}

void
sigqueue_delete(struct sigqueue *sq, int sig)
{
	struct ksiginfo *ksi;

	if (!sigismember(&sq->sq_signals, sig))
		return;
	while ((ksi = find_story(sq, sig)) != NULL)
		drop_story(sq, ksi);
	sigdelset(&sq->sq_signals, sig);
}

void
sigqueue_withdraw(struct ksiginfo *ksi)
{
	struct sigqueue *sq = ksi->ksi_queue;

	if (sq == NULL)
		return;
	unlink_story(sq, ksi);
	if (find_story(sq, ksi->ksi_info.si_signo) == NULL)
		sigdelset(&sq->sq_signals, ksi->ksi_info.si_signo);
}
