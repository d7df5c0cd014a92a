/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files on terminals: how they begin, and how they end before they are closed.
 *
 * A terminal has a generation, and each file on it remembers the one that it
 * was opened in.  revoke(2), and the end of the session whose terminal it is,
 * begin a new generation: older files are dead from then on, wherever they
 * are, so that who logs in next shares the terminal with nobody.
 */
#include "fbsd/errno.h"
#include "fbsd/signal.h"
#include "core/device.h"
#include "proc/signal.h"
#include "tty/tty_impl.h"
#include "file/cdev.h"

#define FOREVER UINTPTR_MAX /* a generation that doesn't end */

/* How long a last close waits for the device at most, and without progress. */
#define CLOSE_PATIENCE	  (10 * NSEC_PER_SEC)
#define PROGRESS_PATIENCE NSEC_PER_SEC

bool
tty_revoked(const struct file *fp)
{
	const struct tty *tp = fp->f_data;
	const uintptr_t opened = (uintptr_t)fp->f_private;

	return (opened != FOREVER && opened != atomic_load(&tp->t_generation));
}

void
tty_add_file(struct tty *tp, struct file *fp, bool forever)
{
	tp->t_opens++;
	if (!forever)
		tp->t_revocable++;
	fp->f_private = (void *)(forever ? FOREVER : tp->t_generation);
}

/* dev: by that device, or NULL. */
static int
tty_opened(struct tty *tp, struct cdev *dev, struct file *fp)
{
	int error = tty_need_rings(tp);

	if (error != 0)
		return (error);
	spin_lock(&tp->t_lock);
	/* Who was let in by its rights may be too late. */
	if (dev != NULL && dev != tp->t_dev)
		error = ENXIO;
	else if (tp->t_exclusive && priv_check(curthread()) != 0)
		error = EBUSY;
	else
		tty_add_file(tp, fp, false);
	spin_unlock(&tp->t_lock);
	return (error);
}

static void
last_closed(struct tty *tp)
{
	if (tp->t_ops->td_closed != NULL)
		tp->t_ops->td_closed(tp, tp->t_arg);
}

/* Before the last close: what was written is taken soon, or lost.  Signals
 * don't end that, as an exit's close waits, too. (l) */
static void
wait_for_device(struct tty *tp, const struct file *fp)
{
	uint64_t now = clock_ns(), end = now + CLOSE_PATIENCE, until;
	unsigned sent;
	int error = 0;

	while (error == 0 && !tty_revoked(fp) && tp->t_opens == 1 &&
	       !tp->t_gone && tp->t_out_sent != tp->t_out_last) {
		sent = tp->t_out_sent;
		until = MIN(now + PROGRESS_PATIENCE, end);
		error = cv_timedwait_spin(&tp->t_out_cv, &tp->t_lock, until);
		if (sent != tp->t_out_sent)
			now = clock_ns();
	}
	if (tp->t_opens == 1 && !tty_revoked(fp))
		ldisc_flush_output(tp);
}

void
tty_close(struct file *fp)
{
	struct tty *tp = fp->f_data;
	bool last = false;

	spin_lock(&tp->t_lock);
	if (tp->t_ops->td_discards)
		wait_for_device(tp, fp);
	/* revoke(2) has taken its own off the count. */
	if (!tty_revoked(fp)) {
		if ((uintptr_t)fp->f_private != FOREVER)
			tp->t_revocable--;
		last = --tp->t_opens == 0;
		if (last)
			tp->t_exclusive = false;
	}
	spin_unlock(&tp->t_lock);
	if (last)
		last_closed(tp);
}

void
tty_revoke(struct tty *tp, bool drop_output)
{
	bool last;

	spin_lock(&tp->t_lock);
	last = tp->t_revocable > 0 && tp->t_opens == tp->t_revocable;
	atomic_store(&tp->t_generation, tp->t_generation + 1);
	tp->t_opens -= tp->t_revocable;
	tp->t_revocable = 0;
	tp->t_exclusive = false;
	ldisc_flush_input(tp);
	if (drop_output)
		ldisc_flush_output(tp);
	cv_broadcast(&tp->t_in_cv);
	cv_broadcast(&tp->t_out_cv);
	spin_unlock(&tp->t_lock);
	event_notify(&tp->t_events, 0);
	if (last)
		last_closed(tp);
}

void
tty_forget_session(struct tty *tp)
{
	if (tp->t_session != NULL)
		tp->t_session->s_tty = NULL;
	tp->t_session = NULL;
	tp->t_pgrp = NULL;
}

void
tty_session_gone(struct tty *tp, struct session *s)
{
	if (tp->t_pgrp != NULL) {
		sig_send_pgrp_locked(tp->t_pgrp, SIGHUP);
		sig_send_pgrp_locked(tp->t_pgrp, SIGCONT);
	}
	tty_forget_session(tp);
	tty_revoke(tp, false);
}

int
tty_open_file(struct thread *td, struct tty *tp, int flags, struct file **fpp)
{
	int error;

	*fpp = file_alloc(td, DTYPE_DEV, flags, &tty_fileops, tp);
	if (*fpp == NULL)
		return (ENFILE);
	error = tty_opened(tp, NULL, *fpp);
	if (error != 0)
		file_release(*fpp);
	return (error);
}

/* /dev/NAME is opened. */
static int
device_open(struct cdev *dev, struct file *fp, struct thread *td)
{
	return (tty_opened(cdev_data(dev), dev, fp));
}

void
tty_device_revoke(struct cdev *dev)
{
	struct tty *tp = cdev_data(dev);

	if (dev->cd_gone)
		return;
	mutex_lock(&proctree_lock);
	tty_forget_session(tp);
	mutex_unlock(&proctree_lock);
	tty_revoke(tp, true);
}

void
tty_set_device(struct cdev *dev)
{
	cdev_set_open(dev, device_open);
	cdev_set_revoke(dev, tty_device_revoke);
}

/* /dev/tty is opened: the controlling terminal, whatever its name. */
static int
own_open(struct cdev *dev, struct file *fp, struct thread *td)
{
	struct tty *tp;
	int error = ENXIO;

	mutex_lock(&proctree_lock);
	tp = td->td_proc->p_pgrp->pg_session->s_tty;
	if (tp != NULL && (td->td_proc->p_flags & P_CONTROLT) != 0) {
		error = tty_opened(tp, NULL, fp);
		fp->f_data = tp;
	}
	mutex_unlock(&proctree_lock);
	return (error);
}

static void
own_attach(void)
{
	(void)make_open_dev(&tty_fileops, own_open, 0666, "tty");
}

static const struct driver own_tty = {
    .d_name = "tty", .d_attach = own_attach, .d_late = true};
DRIVER_SET(own_tty);
