/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Terminals: the file that programs open, job control, and the device's side.
 * What happens to characters is tty_ldisc.c's.
 *
 * Signals for the foreground group are sent by a thread of their own, since
 * characters arrive in interrupts, where proctree_lock can't be taken.
 */
#include "lib/printf.h"
#include "lib/string.h"
#include "fbsd/errno.h"
#include "fbsd/event.h"
#include "fbsd/fcntl.h"
#include "fbsd/poll.h"
#include "fbsd/stat.h"
#include "core/sysctl.h"
#include "core/printf.h"
#include "proc/signal.h"
#include "tty/tty_impl.h"
#include "file/cdev.h"
#include "vm/kmem.h"

#define DRAINWAIT      300 /* seconds, at first */
#define GID_TTY	       4
#define INPUT_AT_ONCE  256 /* characters with t_lock held */
#define OUTPUT_AT_ONCE 256 /* of their echo, but for the last one's */

static struct {
	struct spin lock;
	struct list ttys; /* (lock) with t_signals to send */
	struct cv cv;	  /* with lock */
	bool running;	  /* (lock) the thread exists */
} tty_signals = {.lock = SPIN_INITIALIZER("ttysig"),
    .ttys = LIST_INITIALIZER(tty_signals.ttys),
    .cv = CV_INITIALIZER(tty_signals.cv, "ttysig")};

/* In the order that they were made. */
static struct {
	struct spin lock;
	struct list ttys; /* (lock) */
} all = {SPIN_INITIALIZER("ttys"), LIST_INITIALIZER(all.ttys)};

void
tty_signal(struct tty *tp, int sig)
{
	/* Nobody hears it, nor shall one who comes before it is sent. */
	if (atomic_load(&tp->t_pgrp) == NULL)
		return;
	atomic_or(&tp->t_signals, 1ul << sig);
	spin_lock(&tty_signals.lock);
	if (!list_linked(&tp->t_siglink))
		list_push_back(&tty_signals.ttys, &tp->t_siglink);
	spin_unlock(&tty_signals.lock);
	cv_signal(&tty_signals.cv);
}

static void
send_signals(struct tty *tp)
{
	uint64_t signals = atomic_swap(&tp->t_signals, 0);

	mutex_lock(&proctree_lock);
	for (int sig = 1; sig < 64; sig++)
		if ((signals >> sig & 1) && tp->t_pgrp != NULL)
			sig_send_pgrp(tp->t_pgrp, sig);
	mutex_unlock(&proctree_lock);
}

static void
signal_thread(void *arg)
{
	for (;;) {
		struct tty *tp;

		spin_lock(&tty_signals.lock);
		while ((tp = LIST_FIRST(
			    &tty_signals.ttys, struct tty, t_siglink)) == NULL)
			cv_wait_spin(&tty_signals.cv, &tty_signals.lock);
		list_remove(&tp->t_siglink);
		spin_unlock(&tty_signals.lock);
		send_signals(tp);
	}
}

const struct termios tty_initial_termios = {
    .c_iflag = BRKINT | ICRNL | IMAXBEL | IXON | IXANY,
    .c_oflag = OPOST | ONLCR,
    .c_cflag = CREAD | CS8 | HUPCL,
    .c_lflag = ECHO | ICANON | ISIG | IEXTEN | ECHOE | ECHOKE | ECHOCTL,
    .c_cc = {[VEOF] = 4,
	[VEOL] = 0xff,
	[VEOL2] = 0xff,
	[VERASE] = 0x7f,
	[VWERASE] = 0x17,
	[VKILL] = 0x15,
	[VREPRINT] = 0x12,
	[VERASE2] = 8,
	[VINTR] = 3,
	[VQUIT] = 0x1c,
	[VSUSP] = 0x1a,
	[VDSUSP] = 0x19,
	[VSTART] = 0x11,
	[VSTOP] = 0x13,
	[VLNEXT] = 0x16,
	[VDISCARD] = 0xf,
	[VMIN] = 1,
	[VTIME] = 0,
	[VSTATUS] = 0x14,
	[19] = 0xff},
    .c_ispeed = 115200,
    .c_ospeed = 115200,
};

void
tty_reset(struct tty *tp)
{
	spin_lock(&tp->t_lock);
	tp->t_termios = tty_initial_termios;
	memset(&tp->t_winsize, 0, sizeof(tp->t_winsize));
	ldisc_flush_input(tp);
	ldisc_flush_output(tp);
	tp->t_column = 0;
	tp->t_stopped = tp->t_throttled = tp->t_held = false;
	tp->t_gone = tp->t_lnext = false;
	tp->t_drainwait = DRAINWAIT;
	spin_unlock(&tp->t_lock);
}

struct tty *
tty_create(const struct ttydev_ops *ops, void *arg, const char *name)
{
	struct tty *tp = kmem_alloc(sizeof(*tp), KM_ZERO);
	bool start;

	if (tp == NULL)
		return (NULL);
	spin_init(&tp->t_lock, "tty");
	cv_init(&tp->t_in_cv, "ttyin");
	cv_init(&tp->t_out_cv, "ttyout");
	event_source_init(&tp->t_events, "tty events");
	list_init(&tp->t_siglink);
	tp->t_ops = ops;
	tp->t_arg = arg;
	tp->t_termios = tty_initial_termios;
	tp->t_drainwait = DRAINWAIT;
	tp->t_generation = 1;
	mutex_init(&tp->t_rings, "ttyrings");
	strlcpy(tp->t_name, name, sizeof(tp->t_name));
	spin_lock(&all.lock);
	list_push_back(&all.ttys, &tp->t_link);
	spin_unlock(&all.lock);
	spin_lock(&tty_signals.lock);
	start = !tty_signals.running;
	tty_signals.running = true;
	spin_unlock(&tty_signals.lock);
	if (start && kthread_create("ttysig", signal_thread, NULL) == NULL)
		panic("no memory for the terminals' thread");
	return (tp);
}

struct tty *
tty_next(struct tty *tp)
{
	struct tty *next;

	spin_lock(&all.lock);
	next = tp == NULL ? LIST_FIRST(&all.ttys, struct tty, t_link)
			  : LIST_NEXT(tp, &all.ttys, t_link);
	spin_unlock(&all.lock);
	return (next);
}

int
tty_publish(struct tty *tp, uid_t uid)
{
	struct cdev *dev = tp->t_dev;

	spin_lock(&tp->t_lock);
	tp->t_dev = NULL;
	spin_unlock(&tp->t_lock);
	if (dev != NULL)
		destroy_dev(dev);
	dev = new_dev(&tty_fileops, tp, 0620, uid, GID_TTY, "%s", tp->t_name);
	if (dev == NULL)
		return (ENOMEM);
	tty_set_device(dev);
	publish_dev(dev);
	spin_lock(&tp->t_lock);
	tp->t_dev = dev;
	spin_unlock(&tp->t_lock);
	return (0);
}

int
tty_need_rings(struct tty *tp)
{
	uint16_t *in;
	char *out;
	int error = 0;

	if (atomic_load(&tp->t_out) != NULL)
		return (0);
	mutex_lock(&tp->t_rings);
	if (tp->t_out == NULL) {
		in = kmem_alloc(TTY_INPUT * sizeof(*in), 0);
		out = in == NULL ? NULL : kmem_alloc(TTY_OUTPUT, 0);
		if (out != NULL) {
			tp->t_in = in;
			atomic_store(&tp->t_out, out);
		} else {
			if (in != NULL)
				kmem_free(in, TTY_INPUT * sizeof(*in));
			error = ENOMEM;
		}
	}
	mutex_unlock(&tp->t_rings);
	return (error);
}

void
tty_start(struct tty *tp)
{
	if (tty_out_used(tp) > 0 && !tp->t_stopped)
		tp->t_ops->td_start(tp, tp->t_arg);
}

/* Of all terminals, for iostat(8); atomic. */
static uint64_t bytes_in, bytes_out;
SYSCTL_NODE_(kern_tty_nin, "kern.tty_nin", CTL_AUTO, CTLTYPE_ULONG | CTLFLAG_RD,
    "LU", sysctl_handle_opaque, &bytes_in, sizeof(bytes_in), NULL);
SYSCTL_NODE_(kern_tty_nout, "kern.tty_nout", CTL_AUTO,
    CTLTYPE_ULONG | CTLFLAG_RD, "LU", sysctl_handle_opaque, &bytes_out,
    sizeof(bytes_out), NULL);

size_t
tty_input(struct tty *tp, const char *s, size_t n)
{
	size_t taken = 0, end;
	bool room = true;
	unsigned from;

	/* Interrupts are off, and a character can have a long echo. */
	while (taken < n && room) {
		spin_lock(&tp->t_lock);
		from = tp->t_out_last;
		for (end = MIN(n, taken + INPUT_AT_ONCE);
		     taken < end && tp->t_out_last - from < OUTPUT_AT_ONCE;
		     taken++) {
			room = ldisc_input(tp, (unsigned char)s[taken]);
			if (!room)
				break;
		}
		ldisc_throttle(tp, !room);
		spin_unlock(&tp->t_lock);
	}
	atomic_add(&bytes_in, taken);
	event_notify(&tp->t_events, 0);
	tty_start(tp);
	return (taken);
}

void
tty_input_fault(struct tty *tp, enum tty_fault fault, char c)
{
	spin_lock(&tp->t_lock);
	if (fault == TTY_BREAK)
		ldisc_break(tp);
	else
		ldisc_bad_char(tp, (unsigned char)c);
	spin_unlock(&tp->t_lock);
	event_notify(&tp->t_events, 0);
	tty_start(tp);
}

/* (l) */
static size_t
take_output(struct tty *tp, char *buf, size_t n)
{
	size_t done = 0;

	while (done < n && tty_out_used(tp) > 0)
		buf[done++] = tp->t_out[tp->t_out_first++ % TTY_OUTPUT];
	return (done);
}

size_t
tty_output_take(struct tty *tp, char *buf, size_t n)
{
	size_t done = 0;

	spin_lock(&tp->t_lock);
	if (!tp->t_stopped)
		done = take_output(tp, buf, n);
	spin_unlock(&tp->t_lock);
	return (done);
}

void
tty_output_sent(struct tty *tp, unsigned position)
{
	spin_lock(&tp->t_lock);
	/* Reports may come in another order than they were made. */
	if ((int)(position - tp->t_out_sent) > 0)
		tp->t_out_sent = position;
	if (tty_out_used(tp) <= TTY_OUTPUT / 2)
		cv_broadcast(&tp->t_out_cv);
	spin_unlock(&tp->t_lock);
	event_notify(&tp->t_events, 0);
}

size_t
tty_output_get(struct tty *tp, char *buf, size_t n)
{
	size_t done = tty_output_take(tp, buf, n);

	if (done > 0)
		tty_output_sent(tp, tp->t_out_first);
	return (done);
}

void
tty_output_seize(struct tty *tp)
{
	spin_seize(&tp->t_lock);
}

size_t
tty_output_rest(struct tty *tp, char *buf, size_t n)
{
	return (take_output(tp, buf, n));
}

void
tty_hangup(struct tty *tp)
{
	spin_lock(&tp->t_lock);
	tp->t_gone = true;
	ldisc_flush_output(tp);
	cv_broadcast(&tp->t_in_cv);
	spin_unlock(&tp->t_lock);
	event_notify(&tp->t_events, 0);
	tty_signal(tp, SIGHUP);
	tty_signal(tp, SIGCONT);
}

void
tty_set_winsize(struct tty *tp, const struct winsize *ws)
{
	bool changed;

	spin_lock(&tp->t_lock);
	changed = memcmp(&tp->t_winsize, ws, sizeof(*ws)) != 0;
	tp->t_winsize = *ws;
	spin_unlock(&tp->t_lock);
	if (changed)
		tty_signal(tp, SIGWINCH);
}

dev_t
tty_dev(struct tty *tp)
{
	return (tp == NULL || tp->t_dev == NULL ? (dev_t)-1
						: cdev_number(tp->t_dev));
}

const char *
tty_name(struct tty *tp)
{
	return (tp->t_name);
}

int
tty_set_controlling(struct tty *tp, struct proc *p)
{
	struct session *s;
	int error = 0;

	mutex_lock(&proctree_lock);
	s = p->p_pgrp->pg_session;
	if (s->s_leader != p)
		error = EPERM;
	else if (s->s_tty == tp)
		error = 0;
	else if (s->s_tty != NULL || tp->t_session != NULL)
		error = EPERM;
	if (error == 0) {
		s->s_tty = tp;
		tp->t_session = s;
		tp->t_pgrp = p->p_pgrp;
		spin_lock(&p->p_lock);
		proc_flags_set(p, P_CONTROLT);
		spin_unlock(&p->p_lock);
	}
	mutex_unlock(&proctree_lock);
	return (error);
}

bool
tty_is_controlling(const struct tty *tp, const struct proc *p)
{
	return (tp->t_session != NULL &&
		p->p_pgrp->pg_session == tp->t_session &&
		(p->p_flags & P_CONTROLT) != 0);
}

void
tty_pgrp_gone(struct pgrp *pg)
{
	struct tty *tp = pg->pg_session->s_tty;

	if (tp != NULL && tp->t_pgrp == pg)
		tp->t_pgrp = NULL;
}

int
tty_check_foreground(struct tty *tp, int sig)
{
	struct thread *td = curthread();
	struct proc *p = td->td_proc;
	int error = 0;

	if (!(p->p_flags & P_CONTROLT))
		return (0);
	mutex_lock(&proctree_lock);
	if (tty_is_controlling(tp, p) && tp->t_pgrp != p->p_pgrp) {
		bool deaf = sigismember(&td->td_sigmask, sig) ||
			    sigismember(&p->p_sigacts->sa_ignore, sig);

		if (deaf || p->p_pgrp->pg_jobc == 0 || (p->p_flags & P_VFORK))
			error = sig == SIGTTIN || (!deaf && sig == SIGTTOU)
				    ? EIO
				    : 0;
		else {
			sig_send_pgrp(p->p_pgrp, sig);
			error = ERESTART;
		}
	}
	mutex_unlock(&proctree_lock);
	return (error);
}

int
tty_wait(struct tty *tp, struct cv *cv, uint64_t deadline)
{
	const uintptr_t generation = tp->t_generation;
	int error = cv_wait_spin_sig(cv, &tp->t_lock, deadline);

	return (
	    error == 0 && generation != tp->t_generation ? ERESTART : error);
}

/*
 * Waits until a read of `want` bytes may return: with a line, or as MIN and
 * TIME of non-canonical mode say (termios(4), four cases).  What the mode is,
 * is looked at anew after each wait.  t_lock held.
 */
static int
wait_for_input(struct tty *tp, struct file *fp, size_t want)
{
	uint64_t since = clock_ns(); /* TIME runs from the last byte on */
	size_t had = 0;
	int error = 0;

	while (error == 0 && !tp->t_gone) {
		const struct termios *t = &tp->t_termios;
		bool canonical = (t->c_lflag & ICANON) != 0;
		size_t have = tp->t_in_ready - tp->t_in_first;
		size_t min = canonical ? 1 : MIN(t->c_cc[VMIN], want);
		uint64_t time = canonical ? 0 : t->c_cc[VTIME] * 100000000ul;
		bool timed = time != 0 && (min == 0 || have > 0);

		if (have >= MAX(min, 1ul) || (min == 0 && time == 0))
			break;
		if (file_nonblock(fp))
			return (have > 0 ? 0 : EAGAIN);
		if (have != had)
			since = clock_ns();
		had = have;
		error = tty_wait(
		    tp, &tp->t_in_cv, timed ? since + time : NO_DEADLINE);
	}
	return (error == ETIMEDOUT ? 0 : error);
}

/* Up to one line into buf: how many bytes; *end says that a line ended. */
static size_t
take_line(struct tty *tp, char *buf, size_t n, bool *end)
{
	bool canonical = tp->t_termios.c_lflag & ICANON;
	size_t done = 0;

	while (done < n && tp->t_in_first != tp->t_in_ready && !*end) {
		uint16_t c = tp->t_in[tp->t_in_first++ % TTY_INPUT];

		if (!canonical || !(c & TC_EOF))
			buf[done++] = (char)c;
		*end = canonical && (c & TC_END);
	}
	ldisc_input_taken(tp);
	return (done);
}

static int
tty_read(struct file *fp, struct uio *uio, int flags)
{
	struct tty *tp = fp->f_data;
	char buf[256];
	bool end = false, unthrottle;
	size_t n;
	int error;

	if (tty_revoked(fp))
		return (0);
	error = tty_check_foreground(tp, SIGTTIN);
	if (error != 0 || uio->uio_resid == 0)
		return (error);
	spin_lock(&tp->t_lock);
	error = wait_for_input(tp, fp, uio->uio_resid);
	while (error == 0 && uio->uio_resid > 0) {
		n = take_line(tp, buf, MIN(sizeof(buf), uio->uio_resid), &end);
		unthrottle = tp->t_throttled;
		spin_unlock(&tp->t_lock);
		if (unthrottle)
			tp->t_ops->td_unthrottle(tp, tp->t_arg);
		tty_start(tp); /* VSTART may be in it */
		if (n > 0)
			error = uiomove(buf, n, uio);
		spin_lock(&tp->t_lock);
		/* What comes after a revoke(2) is for others. */
		if (n == 0 || end || tty_revoked(fp))
			break;
	}
	spin_unlock(&tp->t_lock);
	return (error);
}

/* As much of buf as there is room for; waits for room unless nonblocking. */
static int
put_output(
    struct tty *tp, struct file *fp, const char *buf, size_t n, size_t *done)
{
	int error = 0;

	spin_lock(&tp->t_lock);
	while (*done < n && error == 0) {
		if (tty_revoked(fp)) {
			error = EIO;
		} else if (tp->t_gone) {
			error = ENXIO;
		} else if (tp->t_termios.c_lflag & FLUSHO) {
			*done = n;
		} else if (ldisc_output(tp, (unsigned char)buf[*done])) {
			(*done)++;
		} else {
			spin_unlock(&tp->t_lock);
			tty_start(tp);
			spin_lock(&tp->t_lock);
			if (TTY_OUTPUT - tty_out_used(tp) >= 8)
				continue;
			if (file_nonblock(fp))
				error = EAGAIN;
			else
				error =
				    tty_wait(tp, &tp->t_out_cv, NO_DEADLINE);
		}
	}
	spin_unlock(&tp->t_lock);
	return (error);
}

static int
tty_write(struct file *fp, struct uio *uio, int flags)
{
	struct tty *tp = fp->f_data;
	char buf[256];
	int error = 0;

	if (tp->t_termios.c_lflag & TOSTOP)
		error = tty_check_foreground(tp, SIGTTOU);
	atomic_add(&tp->t_writing, 1);
	while (error == 0 && uio->uio_resid > 0) {
		size_t n = MIN(sizeof(buf), uio->uio_resid), done = 0;

		error = uiomove(buf, n, uio);
		if (error == 0) {
			error = put_output(tp, fp, buf, n, &done);
			uio->uio_resid += n - done;
			atomic_add(&bytes_out, done);
		}
	}
	atomic_sub(&tp->t_writing, 1);
	/* Also with nothing left: a device may have waited for the end. */
	tp->t_ops->td_start(tp, tp->t_arg);
	return (error);
}

static int
tty_poll(struct file *fp, int events)
{
	struct tty *tp = fp->f_data;
	int ready = 0;

	if (tty_revoked(fp))
		return (POLLHUP | (events & (POLLIN | POLLRDNORM)));
	spin_lock(&tp->t_lock);
	if (tp->t_in_first != tp->t_in_ready || tp->t_gone)
		ready |= events & (POLLIN | POLLRDNORM);
	if (TTY_OUTPUT - tty_out_used(tp) >= 8 && !tp->t_gone)
		ready |= events & POLLOUT;
	if (tp->t_gone)
		ready |= POLLHUP;
	spin_unlock(&tp->t_lock);
	return (ready);
}

static struct event_source *
tty_events(struct file *fp)
{
	struct tty *tp = fp->f_data;

	return (&tp->t_events);
}

static int64_t
tty_ready(struct file *fp, int filter)
{
	struct tty *tp = fp->f_data;
	int64_t n;

	spin_lock(&tp->t_lock);
	n = filter == EVFILT_READ ? (int64_t)ldisc_readable(tp)
				  : (int64_t)(TTY_OUTPUT - tty_out_used(tp));
	spin_unlock(&tp->t_lock);
	return (n);
}

static int
tty_stat(struct file *fp, struct stat *st)
{
	struct tty *tp = fp->f_data;

	if (tty_revoked(fp))
		return (EBADF);
	if (fp->f_vnode != NULL)
		return (file_stat_named(fp, st));
	memset(st, 0, sizeof(*st));
	st->st_mode = S_IFCHR | 0620;
	st->st_nlink = 1;
	st->st_rdev = tty_dev(tp);
	st->st_ino = st->st_rdev;
	st->st_blksize = PAGE_SIZE;
	return (0);
}

const struct fileops tty_fileops = {
    .fo_read = tty_read,
    .fo_write = tty_write,
    .fo_ioctl = tty_file_ioctl,
    .fo_poll = tty_poll,
    .fo_events = tty_events,
    .fo_ready = tty_ready,
    .fo_stat = tty_stat,
    .fo_close = tty_close,
    .fo_passable = true,
    .fo_device = true,
    .fo_devtype = D_TTY,
};
