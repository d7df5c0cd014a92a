/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pseudo-terminals: a terminal whose device is a file, the master.  What a
 * program writes to the master is the terminal's input; what programs write to
 * the terminal, the master reads.
 *
 * posix_openpt(2) and /dev/ptmx make a pair; the terminal is /dev/pts/N.  A
 * pair whose master was closed, and that nobody has open any more, nor a
 * session as its terminal, is used again under the same number, with a new
 * device, which is the user's who makes the pair.
 */
#include "lib/printf.h"
#include "lib/string.h"
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "fbsd/event.h"
#include "fbsd/fcntl.h"
#include "fbsd/poll.h"
#include "fbsd/stat.h"
#include "fbsd/user.h"
#include "core/device.h"
#include "tty/pty.h"
#include "tty/tty_impl.h"
#include "file/cdev.h"
#include "vm/kmem.h"

#define PTY_MAX 1024

/* (g) ptys_lock, (l) pt_lock, (!) set once. */
struct pty {
	struct list pt_link; /* (!) all pairs */
	unsigned pt_number;  /* (!) */
	struct tty *pt_tty;  /* (!) */
	bool pt_master;	     /* (g) the master is open */
	struct spin pt_lock;
	bool pt_opened;		       /* (l) the terminal was open since */
	struct cv pt_output;	       /* (l) output came, or an end */
	struct cv pt_room;	       /* (l) the terminal takes input */
	struct event_source pt_events; /* both */
};

static struct mutex ptys_lock = MUTEX_INITIALIZER(ptys_lock, "ptys");
static struct list ptys = LIST_INITIALIZER(ptys); /* (g) */
static unsigned pty_count;			  /* (g) */

static void
wake(struct pty *pt)
{
	spin_lock(&pt->pt_lock);
	cv_broadcast(&pt->pt_output);
	cv_broadcast(&pt->pt_room);
	spin_unlock(&pt->pt_lock);
	event_notify(&pt->pt_events, 0);
}

static void
pty_start(struct tty *tp, void *arg)
{
	wake(arg);
}

static void
pty_unthrottle(struct tty *tp, void *arg)
{
	wake(arg);
}

static void
pty_terminal_closed(struct tty *tp, void *arg)
{
	struct pty *pt = arg;

	spin_lock(&pt->pt_lock);
	pt->pt_opened = true;
	spin_unlock(&pt->pt_lock);
	wake(pt);
}

static const struct ttydev_ops pty_ops = {
    .td_start = pty_start,
    .td_unthrottle = pty_unthrottle,
    .td_closed = pty_terminal_closed,
    .td_discards = true,
};

/* Has everybody closed the terminal, who had it open? */
static bool
terminal_closed(struct pty *pt)
{
	return (pt->pt_opened && pt->pt_tty->t_opens == 0);
}

/* What the terminal puts out, into buf; waits for some. 0: the end. */
static int
get_output(struct pty *pt, char *buf, size_t n, bool nonblock, size_t *got)
{
	int error = 0;

	while ((*got = tty_output_get(pt->pt_tty, buf, n)) == 0 && error == 0) {
		spin_lock(&pt->pt_lock);
		if (tty_out_used(pt->pt_tty) == 0 || pt->pt_tty->t_stopped) {
			if (terminal_closed(pt)) {
				spin_unlock(&pt->pt_lock);
				return (0);
			}
			error = nonblock ? EAGAIN
					 : cv_wait_spin_sig(&pt->pt_output,
					       &pt->pt_lock, NO_DEADLINE);
		}
		spin_unlock(&pt->pt_lock);
	}
	return (error);
}

static int
master_read(struct file *fp, struct uio *uio, int flags)
{
	bool nonblock = file_nonblock(fp);
	struct pty *pt = fp->f_data;
	char buf[256];
	size_t n;
	int error;

	if (uio->uio_resid == 0)
		return (0);
	error =
	    get_output(pt, buf, MIN(sizeof(buf), uio->uio_resid), nonblock, &n);
	while (error == 0 && n > 0) {
		error = uiomove(buf, n, uio);
		if (uio->uio_resid == 0)
			break;
		n = tty_output_get(
		    pt->pt_tty, buf, MIN(sizeof(buf), uio->uio_resid));
	}
	return (error);
}

static bool
has_room(const struct pty *pt)
{
	return (pt->pt_tty->t_in_last - pt->pt_tty->t_in_first < TTY_LINE_MAX);
}

/* Gives all of buf to the terminal, waiting for room; *done bytes of it. */
static int
put_input(
    struct pty *pt, const char *buf, size_t n, bool nonblock, size_t *done)
{
	int error = 0;

	for (;;) {
		*done += tty_input(pt->pt_tty, buf + *done, n - *done);
		if (*done == n || error != 0)
			return (error);
		if (nonblock)
			return (EAGAIN);
		spin_lock(&pt->pt_lock);
		while (!has_room(pt) && error == 0)
			error = cv_wait_spin_sig(
			    &pt->pt_room, &pt->pt_lock, NO_DEADLINE);
		spin_unlock(&pt->pt_lock);
	}
}

static int
master_write(struct file *fp, struct uio *uio, int flags)
{
	bool nonblock = file_nonblock(fp);
	struct pty *pt = fp->f_data;
	char buf[256];
	int error = 0;

	while (error == 0 && uio->uio_resid > 0) {
		size_t n = MIN(sizeof(buf), uio->uio_resid), done = 0;

		if (terminal_closed(pt))
			return (EIO);
		if (nonblock && !has_room(pt))
			return (EAGAIN);
		error = uiomove(buf, n, uio);
		if (error == 0) {
			error = put_input(pt, buf, n, nonblock, &done);
			uio->uio_resid += n - done;
		}
	}
	return (error);
}

/* The master tells of the terminal's session, whosever it is. */
static int
master_group(struct tty *tp, unsigned long cmd, int *value)
{
	int error = 0;

	mutex_lock(&proctree_lock);
	if (cmd == TIOCGPGRP)
		*value = tp->t_pgrp != NULL ? tp->t_pgrp->pg_id : PID_MAX + 1;
	else if (tp->t_session != NULL)
		*value = tp->t_session->s_sid;
	else
		error = ENOTTY;
	mutex_unlock(&proctree_lock);
	return (error);
}

static int
master_ioctl(struct file *fp, unsigned long cmd, void *data, struct thread *td)
{
	struct pty *pt = fp->f_data;

	switch (cmd) {
	case TIOCPTMASTER:
		return (0);
	case TIOCGPTN:
		*(int *)data = (int)pt->pt_number;
		return (0);
	case FIONREAD:
		*(int *)data = (int)tty_out_used(pt->pt_tty);
		return (0);
	case FIONBIO:
	case FIOASYNC:
		return (0);
	case TIOCGPGRP:
	case TIOCGSID:
		return (master_group(pt->pt_tty, cmd, data));
	case TIOCSETAW:
	case TIOCSETAF:
		/* Who would read the output that is waited for? */
		cmd = TIOCSETA;
		break;
	case TIOCDRAIN:
		return (0);
	}
	/* The rest is the terminal's, in the foreground or not. */
	return (tty_ioctl(pt->pt_tty, cmd, data, fp->f_flag, td));
}

static int
master_poll(struct file *fp, int events)
{
	struct pty *pt = fp->f_data;
	int ready = 0;

	if (tty_out_used(pt->pt_tty) > 0 && !pt->pt_tty->t_stopped)
		ready |= events & (POLLIN | POLLRDNORM);
	if (terminal_closed(pt))
		return (ready | POLLHUP | (events & (POLLIN | POLLRDNORM)));
	if (has_room(pt))
		ready |= events & (POLLOUT | POLLWRNORM);
	return (ready);
}

static struct event_source *
master_events(struct file *fp)
{
	struct pty *pt = fp->f_data;

	return (&pt->pt_events);
}

static int64_t
master_ready(struct file *fp, int filter)
{
	struct pty *pt = fp->f_data;

	if (filter == EVFILT_WRITE)
		return (has_room(pt) ? TTY_LINE_MAX : 0);
	return (tty_out_used(pt->pt_tty));
}

static int
master_stat(struct file *fp, struct stat *st)
{
	struct pty *pt = fp->f_data;

	file_stat_plain(fp, S_IFCHR | S_IRUSR | S_IWUSR, st);
	st->st_nlink = 1;
	st->st_ino = pt->pt_number + 1;
	st->st_blksize = PAGE_SIZE;
	return (0);
}

static void
master_close(struct file *fp)
{
	struct pty *pt = fp->f_data;

	event_source_drain(&pt->pt_events);
	tty_hangup(pt->pt_tty);
	mutex_lock(&ptys_lock);
	pt->pt_master = false;
	mutex_unlock(&ptys_lock);
}

static void
master_kinfo(struct file *fp, struct kinfo_file *kf)
{
	dev_t dev = tty_dev(((struct pty *)fp->f_data)->pt_tty);

	kf->kf_un.kf_pts.kf_pts_dev = dev;
	kf->kf_un.kf_pts.kf_pts_dev_freebsd11 = (uint32_t)dev;
}

static const struct fileops master_fileops = {
    .fo_read = master_read,
    .fo_write = master_write,
    .fo_ioctl = master_ioctl,
    .fo_poll = master_poll,
    .fo_events = master_events,
    .fo_ready = master_ready,
    .fo_stat = master_stat,
    .fo_kinfo = master_kinfo,
    .fo_close = master_close,
    .fo_passable = true,
    .fo_device = true,
    .fo_devtype = D_TTY,
};

/*
 * Nobody can come to it any more but by its name.  Only who has it open makes
 * it a session's terminal, and who has it as that may open it by /dev/tty: so
 * the session is looked at first.  (g)
 */
static bool
out_of_use(const struct pty *pt)
{
	return (!pt->pt_master && atomic_load(&pt->pt_tty->t_session) == NULL &&
		atomic_load(&pt->pt_tty->t_opens) == 0);
}

/* A pair that is out of use, made as new. (g) */
static struct pty *
reuse(void)
{
	struct pty *pt;

	LIST_FOREACH (pt, &ptys, pt_link) {
		if (!out_of_use(pt))
			continue;
		pt->pt_opened = false;
		tty_reset(pt->pt_tty);
		return (pt);
	}
	return (NULL);
}

/* (g) */
static struct pty *
new_pair(void)
{
	struct pty *pt;
	char name[16];

	if (pty_count == PTY_MAX)
		return (NULL);
	pt = kmem_alloc(sizeof(*pt), KM_ZERO);
	if (pt == NULL)
		return (NULL);
	pt->pt_number = pty_count;
	spin_init(&pt->pt_lock, "pty");
	cv_init(&pt->pt_output, "ptyout");
	cv_init(&pt->pt_room, "ptyin");
	event_source_init(&pt->pt_events, "pty events");
	snprintf(name, sizeof(name), "pts/%u", pt->pt_number);
	pt->pt_tty = tty_create(&pty_ops, pt, name);
	if (pt->pt_tty == NULL) {
		kmem_free(pt, sizeof(*pt));
		return (NULL);
	}
	pty_count++;
	list_push_back(&ptys, &pt->pt_link);
	return (pt);
}

/* A pair for a new master, or NULL. */
static struct pty *
get_pair(struct thread *td)
{
	struct pty *pt;

	mutex_lock(&ptys_lock);
	pt = reuse();
	if (pt == NULL)
		pt = new_pair();
	if (pt != NULL &&
	    (tty_need_rings(pt->pt_tty) != 0 ||
		tty_publish(pt->pt_tty, td->td_cred->cr_ruid) != 0))
		pt = NULL;
	if (pt != NULL)
		pt->pt_master = true;
	mutex_unlock(&ptys_lock);
	return (pt);
}

int
pty_open(struct thread *td, int flags, struct file **fpp)
{
	struct pty *pt = get_pair(td);

	if (pt == NULL)
		return (ENXIO);
	*fpp = file_alloc(td, DTYPE_PTS, FREAD | FWRITE | (flags & O_NONBLOCK),
	    &master_fileops, pt);
	if (*fpp != NULL)
		return (0);
	mutex_lock(&ptys_lock);
	pt->pt_master = false;
	mutex_unlock(&ptys_lock);
	return (ENFILE);
}

/* /dev/ptmx: each opening is a new master. */
static int
ptmx_open(struct cdev *dev, struct file *fp, struct thread *td)
{
	struct pty *pt = get_pair(td);

	if (pt == NULL)
		return (ENXIO);
	fp->f_data = pt;
	return (0);
}

static void
ptmx_attach(void)
{
	(void)make_open_dev(&master_fileops, ptmx_open, 0666, "ptmx");
}

static const struct driver ptmx = {
    .d_name = "ptmx", .d_attach = ptmx_attach, .d_late = true};
DRIVER_SET(ptmx);
