/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A serial line has one terminal and seven names.  ttyX is for calls that
 * come in: its opening waits for the carrier, unless CLOCAL says there is
 * none.  cuaX is for calling out; while one is open the other is busy.
 * Their termios begin, whenever the line is opened anew, as ttyX.init and
 * cuaX.init say, and what is set in ttyX.lock and cuaX.lock stays so.
 */
#include "lib/printf.h"
#include "lib/string.h"
#include "fbsd/errno.h"
#include "fbsd/fcntl.h"
#include "fbsd/filio.h"
#include "tty/tty_impl.h"
#include "tty/tty_serial.h"
#include "file/cdev.h"
#include "vm/kmem.h"

/* What a state device, *.init or *.lock, holds. */
struct state {
	struct serial *st_serial; /* (!) */
	struct termios st_value;  /* (l) t_lock of the terminal */
};

/* Which way a line is used. */
enum way { WAY_IN, WAY_OUT, WAYS };

/* (!) set once, (l) t_lock of the terminal. */
struct serial {
	struct serial_ops se_ops; /* (!) with our td_closed */
	void *se_arg;		  /* (!) */
	struct tty *se_tty;	  /* (!) */
	struct cdev *se_out;	  /* (!) cuaX */
	bool se_console;	  /* (!) */
	struct cdev *se_consdev;  /* (!) /dev/console, or NULL */
	enum way se_way;	  /* (l) while it is open */
	unsigned se_waiting;	  /* (l) openings that wait for a carrier */
	struct cv se_cv;	  /* with t_lock: carrier, or closed */
	struct state se_init[WAYS];
	struct state se_lock[WAYS];
};

struct tty *
serial_tty(struct serial *se)
{
	return (se->se_tty);
}

/* The first opening: as new, as the state devices say. (l) */
static void
start_line(struct serial *se, enum way way)
{
	struct tty *tp = se->se_tty;

	se->se_way = way;
	tp->t_termios = se->se_init[way].st_value;
	tp->t_fixed = se->se_lock[way].st_value;
	tp->t_gone = tp->t_stopped = tp->t_lnext = false;
	if (way == WAY_OUT || se->se_console)
		tp->t_termios.c_cflag |= CLOCAL;
}

static bool
needs_carrier(struct serial *se, enum way way, struct file *fp)
{
	return (way == WAY_IN && (fp->f_flag & O_NONBLOCK) == 0 &&
		(se->se_tty->t_termios.c_cflag & CLOCAL) == 0 &&
		!se->se_ops.so_carrier(se->se_arg));
}

/* The driver's calls are made without the lock; openings and closings at the
 * same time are put right by the last of them looking again. */
static void
tell_driver(struct serial *se)
{
	struct tty *tp = se->se_tty;
	bool open, hang_up;

	spin_lock(&tp->t_lock);
	open = tp->t_opens + se->se_waiting > 0;
	hang_up = (tp->t_termios.c_cflag & HUPCL) != 0;
	spin_unlock(&tp->t_lock);
	if (open) {
		se->se_ops.so_open(se->se_arg);
		se->se_ops.so_tty.td_param(tp, se->se_arg);
	} else
		se->se_ops.so_close(se->se_arg, hang_up);
}

/* Waits for its turn and for the carrier. (l), let go of meanwhile */
static int
wait_for_line(struct serial *se, enum way way, struct file *fp)
{
	struct tty *tp = se->se_tty;
	int error = 0;

	se->se_waiting++;
	while (error == 0) {
		if (tp->t_opens == 0) {
			if (se->se_way != way || se->se_waiting == 1)
				start_line(se, way);
		} else if (se->se_way != way) {
			error = EBUSY;
			break;
		}
		spin_unlock(&tp->t_lock);
		tell_driver(se);
		spin_lock(&tp->t_lock);
		if (!needs_carrier(se, way, fp))
			break;
		error = cv_wait_spin_sig(&se->se_cv, &tp->t_lock, NO_DEADLINE);
	}
	se->se_waiting--;
	return (error);
}

static int
line_open(struct cdev *dev, struct file *fp, struct thread *td)
{
	struct tty *tp = cdev_data(dev);
	struct serial *se = tp->t_arg;
	enum way way = dev == se->se_out ? WAY_OUT : WAY_IN;
	int error = tty_need_rings(tp);

	if (error != 0)
		return (error);
	spin_lock(&tp->t_lock);
	if (tp->t_opens == 0)
		error = wait_for_line(se, way, fp);
	else if (se->se_way != way)
		error = EBUSY;
	else if (tp->t_exclusive && td->td_cred->cr_uid != 0)
		error = EBUSY;
	if (error == 0)
		tty_add_file(tp, fp, dev == se->se_consdev);
	spin_unlock(&tp->t_lock);
	if (error != 0)
		tell_driver(se);
	return (error);
}

static void
line_closed(struct tty *tp, void *arg)
{
	struct serial *se = tp->t_arg;

	spin_lock(&tp->t_lock);
	if (tp->t_opens == 0)
		ldisc_flush_input(tp);
	spin_unlock(&tp->t_lock);
	tell_driver(se);
	cv_broadcast(&se->se_cv);
}

void
serial_carrier(struct serial *se, bool on)
{
	struct tty *tp = se->se_tty;

	if (on)
		cv_broadcast(&se->se_cv);
	else if (tp->t_opens > 0 && (tp->t_termios.c_cflag & CLOCAL) == 0)
		tty_hangup(tp);
}

/* The terminal's own operations, with the serial line between. */
static void
line_start(struct tty *tp, void *arg)
{
	struct serial *se = arg;

	se->se_ops.so_tty.td_start(tp, se->se_arg);
}

static void
line_unthrottle(struct tty *tp, void *arg)
{
	struct serial *se = arg;

	se->se_ops.so_tty.td_unthrottle(tp, se->se_arg);
}

static void
line_param(struct tty *tp, void *arg)
{
	struct serial *se = arg;

	se->se_ops.so_tty.td_param(tp, se->se_arg);
}

static int
line_ioctl(struct tty *tp, void *arg, unsigned long cmd, void *data)
{
	struct serial *se = arg;

	return (se->se_ops.so_tty.td_ioctl(tp, se->se_arg, cmd, data));
}

static const struct ttydev_ops line_ops = {
    .td_start = line_start,
    .td_unthrottle = line_unthrottle,
    .td_param = line_param,
    .td_closed = line_closed,
    .td_ioctl = line_ioctl,
};

static int
state_ioctl(struct file *fp, unsigned long cmd, void *data, struct thread *td)
{
	struct state *st = fp->f_data;
	struct tty *tp = st->st_serial->se_tty;
	int error = 0;

	switch (cmd) {
	case TIOCGETA:
	case TIOCSETA:
		if (cmd == TIOCSETA && (error = priv_check(td)) != 0)
			return (error);
		spin_lock(&tp->t_lock);
		if (cmd == TIOCGETA)
			*(struct termios *)data = st->st_value;
		else
			st->st_value = *(struct termios *)data;
		spin_unlock(&tp->t_lock);
		return (0);
	default:
		return (ENOTTY);
	}
}

static int
state_io(struct file *fp, struct uio *uio, int flags)
{
	return (ENODEV);
}

static const struct fileops state_fileops = {
    .fo_read = state_io,
    .fo_write = state_io,
    .fo_ioctl = state_ioctl,
    .fo_passable = true,
    .fo_device = true,
    .fo_devtype = D_TTY,
};

static void
make_states(struct serial *se, enum way way, const char *prefix,
    const char *suffix, uid_t uid, gid_t gid)
{
	se->se_init[way].st_serial = se->se_lock[way].st_serial = se;
	se->se_init[way].st_value = tty_initial_termios;
	(void)make_dev(&state_fileops, &se->se_init[way], 0660, uid, gid,
	    "%s%s.init", prefix, suffix);
	(void)make_dev(&state_fileops, &se->se_lock[way], 0660, uid, gid,
	    "%s%s.lock", prefix, suffix);
}

#define UID_UUCP   66
#define GID_DIALER 68

struct serial *
serial_create(
    const struct serial_ops *ops, void *arg, const char *suffix, bool console)
{
	struct serial *se = kmem_alloc(sizeof(*se), KM_ZERO);
	char name[16];

	if (se == NULL)
		return (NULL);
	se->se_ops = *ops;
	se->se_arg = arg;
	se->se_console = console;
	cv_init(&se->se_cv, "ttydcd");
	snprintf(name, sizeof(name), "tty%s", suffix);
	se->se_tty = tty_create(&line_ops, se, name);
	if (se->se_tty == NULL) {
		kmem_free(se, sizeof(*se));
		return (NULL);
	}
	if (tty_publish(se->se_tty, 0) == 0)
		cdev_set_open(se->se_tty->t_dev, line_open);
	make_states(se, WAY_IN, "tty", suffix, 0, 0);
	se->se_out = make_dev(&tty_fileops, se->se_tty, 0660, UID_UUCP,
	    GID_DIALER, "cua%s", suffix);
	if (se->se_out != NULL) {
		cdev_set_open(se->se_out, line_open);
		cdev_set_revoke(se->se_out, tty_device_revoke);
	}
	make_states(se, WAY_OUT, "cua", suffix, UID_UUCP, GID_DIALER);
	if (console) {
		se->se_consdev =
		    make_dev(&tty_fileops, se->se_tty, 0600, 0, 0, "console");
		if (se->se_consdev != NULL)
			cdev_set_open(se->se_consdev, line_open);
	}
	return (se);
}
