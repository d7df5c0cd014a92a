/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Terminals: ioctl(2).
 */
#include "fbsd/errno.h"
#include "lib/string.h"
#include "proc/signal.h"
#include "tty/tty_impl.h"

#define TTYDISC 0

int
tty_drain(struct tty *tp, uint64_t patience)
{
	uint64_t since = clock_ns();
	unsigned sent;
	int error = 0;

	tty_start(tp);
	spin_lock(&tp->t_lock);
	sent = tp->t_out_sent;
	while (tp->t_out_sent != tp->t_out_last && !tp->t_gone && error == 0) {
		if (sent != tp->t_out_sent) {
			sent = tp->t_out_sent;
			since = clock_ns();
		}
		error = tty_wait(tp, &tp->t_out_cv,
		    patience == 0 ? NO_DEADLINE : since + patience);
	}
	spin_unlock(&tp->t_lock);
	return (error == ETIMEDOUT ? EAGAIN : error);
}

/* As long as tcdrain(3) may take. */
static int
drain(struct tty *tp)
{
	return (tty_drain(
	    tp, (uint64_t)atomic_load(&tp->t_drainwait) * NSEC_PER_SEC));
}

static uint32_t
keep(uint32_t old, uint32_t new, uint32_t fixed)
{
	return ((new & ~fixed) | (old & fixed));
}

/* Takes what is asked for, but for what is fixed. (l) */
static void
change_termios(struct tty *tp, const struct termios *new)
{
	const struct termios *fixed = &tp->t_fixed, old = tp->t_termios;
	struct termios *t = &tp->t_termios;

	*t = *new;
	t->c_iflag = keep(old.c_iflag, new->c_iflag, fixed->c_iflag);
	t->c_oflag = keep(old.c_oflag, new->c_oflag, fixed->c_oflag);
	t->c_cflag = keep(old.c_cflag, new->c_cflag, fixed->c_cflag);
	t->c_lflag = keep(old.c_lflag, new->c_lflag, fixed->c_lflag);
	for (unsigned i = 0; i < NCCS; i++)
		if (fixed->c_cc[i] != 0)
			t->c_cc[i] = old.c_cc[i];
	if (fixed->c_ispeed != 0)
		t->c_ispeed = old.c_ispeed;
	if (fixed->c_ospeed != 0)
		t->c_ospeed = old.c_ospeed;
}

static int
set_termios(struct tty *tp, unsigned long cmd, const struct termios *new)
{
	struct termios old;
	int error = cmd == TIOCSETA ? 0 : drain(tp);

	if (error != 0)
		return (error);
	spin_lock(&tp->t_lock);
	old = tp->t_termios;
	if (cmd == TIOCSETAF)
		ldisc_flush_input(tp);
	change_termios(tp, new);
	if (!(tp->t_termios.c_iflag & IXON))
		tp->t_stopped = false;
	ldisc_mode_changed(tp, &old);
	spin_unlock(&tp->t_lock);
	event_notify(&tp->t_events, 0);
	if (tp->t_ops->td_param != NULL)
		tp->t_ops->td_param(tp, tp->t_arg);
	tty_start(tp);
	return (0);
}

static void
flush(struct tty *tp, int what)
{
	bool unthrottle;

	spin_lock(&tp->t_lock);
	if (what == 0 || (what & FREAD))
		ldisc_flush_input(tp);
	if (what == 0 || (what & FWRITE))
		ldisc_flush_output(tp);
	unthrottle = tp->t_throttled;
	spin_unlock(&tp->t_lock);
	if (unthrottle)
		tp->t_ops->td_unthrottle(tp, tp->t_arg);
}

/* What concerns sessions and groups; proctree_lock held. */
static int
group_ioctl(struct tty *tp, unsigned long cmd, int *value, struct proc *p)
{
	struct session *s = p->p_pgrp->pg_session;
	struct pgrp *pg;

	/* Who has given it up may do that again: it is the session's still. */
	if (cmd == TIOCNOTTY ? tp->t_session != s : !tty_is_controlling(tp, p))
		return (ENOTTY);
	switch (cmd) {
	case TIOCGPGRP:
		/* Nobody in front: a number that no group has. */
		*value = tp->t_pgrp != NULL ? tp->t_pgrp->pg_id : PID_MAX + 1;
		return (0);
	case TIOCSPGRP:
		pg = pgrp_find(*value);
		if (pg == NULL || pg->pg_session != tp->t_session)
			return (EPERM);
		tp->t_pgrp = pg;
		return (0);
	case TIOCGSID:
		*value = tp->t_session->s_sid;
		return (0);
	default: /* TIOCNOTTY: a leader gives it up for the session */
		if (s->s_leader == p)
			tty_forget_session(tp);
		spin_lock(&p->p_lock);
		proc_flags_clear(p, P_CONTROLT);
		spin_unlock(&p->p_lock);
		return (0);
	}
}

/* TIOCSTI: as if it had been typed.  One's own terminal, if one may read it;
 * others' are the super-user's. */
static int
simulate_input(struct tty *tp, char c, uint32_t fflag, struct thread *td)
{
	bool own;

	if ((fflag & FREAD) == 0 && priv_check(td) != 0)
		return (EPERM);
	mutex_lock(&proctree_lock);
	own = tty_is_controlling(tp, td->td_proc);
	mutex_unlock(&proctree_lock);
	if (!own && priv_check(td) != 0)
		return (EACCES);
	(void)tty_input(tp, &c, 1);
	return (0);
}

static bool
changes_terminal(unsigned long cmd)
{
	switch (cmd) {
	case TIOCCBRK:
	case TIOCDRAIN:
	case TIOCEXCL:
	case TIOCFLUSH:
	case TIOCNXCL:
	case TIOCSBRK:
	case TIOCSCTTY:
	case TIOCSETA:
	case TIOCSETAF:
	case TIOCSETAW:
	case TIOCSPGRP:
	case TIOCSTART:
	case TIOCSTI:
	case TIOCSTOP:
	case TIOCSWINSZ:
		return (true);
	default:
		return (false);
	}
}

static void
set_stopped(struct tty *tp, bool stopped)
{
	spin_lock(&tp->t_lock);
	tp->t_stopped = stopped;
	spin_unlock(&tp->t_lock);
	tty_start(tp);
}

static int
device_name(struct tty *tp, const struct fiodgname_arg *fg)
{
	size_t n = strlen(tp->t_name) + 1;

	if (fg->len < (int)n)
		return (EINVAL);
	return (copyout(tp->t_name, fg->buf, n));
}

static void
set_exclusive(struct tty *tp, bool exclusive)
{
	spin_lock(&tp->t_lock);
	tp->t_exclusive = exclusive;
	spin_unlock(&tp->t_lock);
}

static int
set_drainwait(struct tty *tp, int seconds, struct thread *td)
{
	int error = priv_check(td);

	if (error == 0 && seconds < 0)
		error = EINVAL;
	if (error == 0)
		atomic_store(&tp->t_drainwait, (unsigned)seconds);
	return (error);
}

int
tty_ioctl(struct tty *tp, unsigned long cmd, void *data, uint32_t fflag,
    struct thread *td)
{
	int *value = data, error;

	if (tp->t_ops->td_ioctl != NULL) {
		error = tp->t_ops->td_ioctl(tp, tp->t_arg, cmd, data);
		if (error != ENOTTY)
			return (error);
	}
	switch (cmd) {
	case TIOCGETA:
		spin_lock(&tp->t_lock);
		*(struct termios *)data = tp->t_termios;
		spin_unlock(&tp->t_lock);
		return (0);
	case TIOCSETA:
	case TIOCSETAW:
	case TIOCSETAF:
		return (set_termios(tp, cmd, data));
	case TIOCGWINSZ:
		spin_lock(&tp->t_lock);
		*(struct winsize *)data = tp->t_winsize;
		spin_unlock(&tp->t_lock);
		return (0);
	case TIOCSWINSZ:
		tty_set_winsize(tp, data);
		return (0);
	case TIOCSCTTY:
		return (tty_set_controlling(tp, td->td_proc));
	case TIOCGPGRP:
	case TIOCSPGRP:
	case TIOCGSID:
	case TIOCNOTTY:
		mutex_lock(&proctree_lock);
		error = group_ioctl(tp, cmd, value, td->td_proc);
		mutex_unlock(&proctree_lock);
		return (error);
	case TIOCFLUSH:
		flush(tp, *value);
		return (0);
	case TIOCDRAIN:
		return (drain(tp));
	case TIOCSTOP:
	case TIOCSTART:
		set_stopped(tp, cmd == TIOCSTOP);
		return (0);
	case TIOCEXCL:
	case TIOCNXCL:
		set_exclusive(tp, cmd == TIOCEXCL);
		return (0);
	case TIOCSTI:
		return (simulate_input(tp, *(char *)data, fflag, td));
	case TIOCGDRAINWAIT:
		*value = (int)atomic_load(&tp->t_drainwait);
		return (0);
	case TIOCSDRAINWAIT:
		return (set_drainwait(tp, *value, td));
	case TIOCGETD:
		*value = TTYDISC;
		return (0);
	case TIOCSETD:
		return (*value == TTYDISC ? 0 : ENXIO);
	case TIOCOUTQ:
	case FIONWRITE:
		*value = (int)tty_out_used(tp);
		return (0);
	case TIOCSBRK:
	case TIOCCBRK:
	case FIONBIO:
	case FIOASYNC:
		return (0);
	case FIONREAD:
		spin_lock(&tp->t_lock);
		*value = (int)ldisc_readable(tp);
		spin_unlock(&tp->t_lock);
		return (0);
	case FIODGNAME:
		return (device_name(tp, data));
	default:
		return (ENOTTY);
	}
}

int
tty_file_ioctl(
    struct file *fp, unsigned long cmd, void *data, struct thread *td)
{
	int error = 0;

	if (tty_revoked(fp))
		return (ENOTTY);
	if (changes_terminal(cmd))
		error = tty_check_foreground(fp->f_data, SIGTTOU);
	if (error == 0)
		error = tty_ioctl(fp->f_data, cmd, data, fp->f_flag, td);
	return (error);
}
