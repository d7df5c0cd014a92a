/* SPDX-License-Identifier: BSD-2-Clause */
/* kern.ttys, as pstat(8) reads it: what is in terminals' buffers, and whose
 * they are. */
#include "lib/string.h"
#include "core/sysctl.h"
#include "proc/proc.h"
#include "tty/tty_impl.h"

/* (l) */
static uint32_t
flags_of(const struct tty *tp)
{
	return ((tp->t_opens > 0 ? TF_OPENED_IN : 0) |
		(tp->t_lnext ? TF_LITERAL : 0) |
		(tp->t_throttled ? TF_HIWAT_IN : 0) |
		(tp->t_stopped ? TF_STOPPED : 0) |
		(tp->t_exclusive ? TF_EXCLUDE : 0) |
		(tp->t_gone ? TF_ZOMBIE : 0) |
		(atomic_load(&tp->t_writing) > 0 ? TF_BUSY_OUT : 0));
}

/* (t), (l) */
static void
fill(struct tty *tp, struct xtty *xt)
{
	memset(xt, 0, sizeof(*xt));
	xt->xt_size = sizeof(*xt);
	if (tp->t_out != NULL) {
		xt->xt_insize = TTY_INPUT;
		xt->xt_inlow = TTY_INPUT / 2;
		xt->xt_outsize = TTY_OUTPUT;
		xt->xt_outlow = TTY_OUTPUT / 2;
	}
	xt->xt_incc = tp->t_in_ready - tp->t_in_first;
	xt->xt_inlc = tp->t_in_last - tp->t_in_ready;
	xt->xt_outcc = tty_out_used(tp);
	xt->xt_column = tp->t_column;
	xt->xt_pgid = tp->t_pgrp != NULL ? tp->t_pgrp->pg_id : 0;
	xt->xt_sid = tp->t_session != NULL ? tp->t_session->s_sid : 0;
	xt->xt_flags = flags_of(tp);
	xt->xt_dev = (uint32_t)tty_dev(tp);
}

/* Is it anybody's, or could it be?  A pair without a master is nobody's until
 * it has a new one. (t), (l) */
static bool
in_use(const struct tty *tp)
{
	return (!tp->t_gone || tp->t_opens > 0 || tp->t_session != NULL ||
		!tp->t_ops->td_discards);
}

/* A session's terminal is seen by who sees its leader. (t) */
static bool
visible(struct thread *td, const struct tty *tp)
{
	const struct session *s = tp->t_session;
	struct proc *leader = s != NULL ? s->s_leader : NULL;
	bool seen = true;

	if (leader != NULL) {
		spin_lock(&leader->p_lock);
		seen = p_cansee(td, leader) == 0;
		spin_unlock(&leader->p_lock);
	}
	return (seen);
}

static bool
describe(struct thread *td, struct tty *tp, struct xtty *xt)
{
	bool wanted;

	mutex_lock(&proctree_lock);
	wanted = visible(td, tp);
	spin_lock(&tp->t_lock);
	wanted = wanted && in_use(tp);
	if (wanted)
		fill(tp, xt);
	spin_unlock(&tp->t_lock);
	mutex_unlock(&proctree_lock);
	return (wanted);
}

static int
sysctl_ttys(const struct sysctl_node *node, struct sysctl_req *req)
{
	struct tty *tp = NULL;
	struct xtty xt;
	int error = 0;

	while (error == 0 && (tp = tty_next(tp)) != NULL)
		if (describe(req->td, tp, &xt))
			error = sysctl_out(req, &xt, sizeof(xt));
	return (error);
}
SYSCTL_PROC(kern_ttys, "kern.ttys", CTL_AUTO, CTLTYPE_OPAQUE | CTLFLAG_RD,
    "S,xtty", sysctl_ttys, NULL, "All terminals");
