/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's messages for programs: kern.msgbuf for dmesg(8), and /dev/klog
 * for syslogd(8), which has one reader and waits for more.
 *
 * kprintf() may come with any lock held, and readers are woken only where it
 * came with none: else the next message does.
 */
#include "amd64/md.h"
#include "core/device.h"
#include "fbsd/errno.h"
#include "fbsd/event.h"
#include "fbsd/fcntl.h"
#include "fbsd/filio.h"
#include "fbsd/poll.h"
#include "core/event.h"
#include "file/file.h"
#include "core/printf.h"
#include "proc/proc.h"
#include "core/sched.h"
#include "core/sysctl.h"
#include "lib/string.h"
#include "file/cdev.h"

static struct {
	struct spin kl_lock;
	bool kl_open;	 /* (kl_lock) */
	uint64_t kl_pos; /* (kl_lock) where reading goes on */
	struct cv kl_cv; /* with kl_lock: there is more */
	struct event_source kl_events;
} klog = {.kl_lock = SPIN_INITIALIZER("klog"),
    .kl_cv = CV_INITIALIZER(klog.kl_cv, "klog")};

static void
klog_wake(void)
{
	uint64_t flags = intr_disable();
	bool safe = curcpu()->c_spins == 0;

	intr_restore(flags);
	if (!safe)
		return;
	spin_lock(&klog.kl_lock);
	cv_broadcast(&klog.kl_cv);
	spin_unlock(&klog.kl_lock);
	event_notify(&klog.kl_events, 0);
}

static int
klog_open(struct cdev *dev, struct file *fp, struct thread *td)
{
	int error = 0;

	spin_lock(&klog.kl_lock);
	if (klog.kl_open)
		error = EBUSY;
	klog.kl_open = true;
	spin_unlock(&klog.kl_lock);
	if (error == 0)
		msgbuf_set_listener(klog_wake);
	return (error);
}

static void
klog_close(struct file *fp)
{
	msgbuf_set_listener(NULL);
	spin_lock(&klog.kl_lock);
	klog.kl_open = false;
	spin_unlock(&klog.kl_lock);
}

static int
klog_read(struct file *fp, struct uio *uio, int flags)
{
	bool nonblock = file_nonblock(fp);
	char part[256];
	size_t n = 0;
	int error = 0;

	spin_lock(&klog.kl_lock);
	while (error == 0 &&
	       (n = msgbuf_read(&klog.kl_pos, part,
		    MIN(sizeof(part), uio->uio_resid))) == 0 &&
	       uio->uio_resid > 0)
		error = nonblock ? EAGAIN
				 : cv_wait_spin_sig(
				       &klog.kl_cv, &klog.kl_lock, NO_DEADLINE);
	spin_unlock(&klog.kl_lock);
	while (error == 0 && n > 0) {
		error = uiomove(part, n, uio);
		spin_lock(&klog.kl_lock);
		n = error != 0 ? 0
			       : msgbuf_read(&klog.kl_pos, part,
				     MIN(sizeof(part), uio->uio_resid));
		spin_unlock(&klog.kl_lock);
	}
	return (error);
}

static size_t
klog_unread(void)
{
	size_t n;

	spin_lock(&klog.kl_lock);
	n = msgbuf_unread(klog.kl_pos);
	spin_unlock(&klog.kl_lock);
	return (n);
}

static int
klog_ioctl(struct file *fp, unsigned long cmd, void *data, struct thread *td)
{
	switch (cmd) {
	case FIONREAD:
		*(int *)data = (int)klog_unread();
		return (0);
	case FIONBIO:
	case FIOASYNC:
		return (0);
	default:
		return (ENOTTY);
	}
}

static int
klog_poll(struct file *fp, int events)
{
	return (klog_unread() > 0 ? events & (POLLIN | POLLRDNORM) : 0);
}

static struct event_source *
klog_events(struct file *fp)
{
	return (&klog.kl_events);
}

static int64_t
klog_ready(struct file *fp, int filter)
{
	return (filter == EVFILT_READ ? (int64_t)klog_unread() : 0);
}

static const struct fileops klog_fileops = {
    .fo_read = klog_read,
    .fo_ioctl = klog_ioctl,
    .fo_poll = klog_poll,
    .fo_events = klog_events,
    .fo_ready = klog_ready,
    .fo_close = klog_close,
    .fo_passable = true,
    .fo_device = true,
};

static void
klog_attach(void)
{
	event_source_init(&klog.kl_events, "klog");
	(void)make_open_dev(&klog_fileops, klog_open, 0600, "klog");
}

static const struct driver klog_driver = {
    .d_name = "klog", .d_attach = klog_attach, .d_late = true};
DRIVER_SET(klog_driver);

/* The kernel's messages; with the number 0 after the name, too. */
static int
sysctl_msgbuf(const struct sysctl_node *node, struct sysctl_req *req)
{
	uint64_t pos = 0;
	char part[256];
	size_t n;
	int error = 0;

	while (error == 0 && (n = msgbuf_read(&pos, part, sizeof(part))) > 0)
		error = sysctl_out(req, part, n);
	return (error != 0 ? error : sysctl_out(req, "", 1));
}
SYSCTL_PROC(kern_msgbuf, "kern.msgbuf", CTL_AUTO, CTLTYPE_STRING | CTLFLAG_RD,
    "A", sysctl_msgbuf, NULL, "The kernel's messages");

static int
sysctl_msgbuf_clear(const struct sysctl_node *node, struct sysctl_req *req)
{
	int clear = 0, error;

	error = sysctl_out(req, &clear, sizeof(clear));
	if (error == 0)
		error = sysctl_in(req, &clear, sizeof(clear));
	if (error == 0 && clear != 0)
		msgbuf_clear();
	return (error);
}
SYSCTL_PROC(kern_msgbuf_clear, "kern.msgbuf_clear", CTL_AUTO,
    CTLTYPE_INT | CTLFLAG_RW, "I", sysctl_msgbuf_clear, NULL,
    "Forget the kernel's messages");

static int
sysctl_consmute(const struct sysctl_node *node, struct sysctl_req *req)
{
	int mute = kconsole_mute(-1), error;

	error = sysctl_out(req, &mute, sizeof(mute));
	if (error == 0)
		error = sysctl_in(req, &mute, sizeof(mute));
	if (error == 0 && sysctl_has_new(req))
		(void)kconsole_mute(mute != 0);
	return (error);
}
SYSCTL_PROC(kern_consmute, "kern.consmute", CTL_AUTO, CTLTYPE_INT | CTLFLAG_RW,
    "I", sysctl_consmute, NULL);

/* What the console is, and what it could be: the same. */
static int
sysctl_console(const struct sysctl_node *node, struct sysctl_req *req)
{
	const char *name = kconsole_name();
	int error;

	if (name == NULL)
		return (sysctl_out_string(req, "/"));
	error = sysctl_out(req, name, strlen(name));
	if (error == 0)
		error = sysctl_out(req, ",/", 2);
	if (error == 0)
		error = sysctl_out(req, name, strlen(name));
	return (error != 0 ? error : sysctl_out_string(req, ","));
}
SYSCTL_PROC(kern_console, "kern.console", CTL_AUTO, CTLTYPE_STRING | CTLFLAG_RD,
    "A", sysctl_console, NULL);
