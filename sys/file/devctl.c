/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * /dev/devctl: what happens to devices, line by line, for devd(8).  What
 * happens is kept from the first opening on, also while nobody has it open, so
 * that a new devd goes on where the one before ended.  If there is too much the
 * oldest goes.
 */
#include "file/devctl.h"
#include "core/device.h"
#include "core/sysctl.h"
#include "fbsd/errno.h"
#include "fbsd/event.h"
#include "fbsd/poll.h"
#include "file/cdev.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "vm/kmem.h"

#define LINE_MAX  1016 /* FreeBSD's, with the NUL */
#define QUEUE_MAX 10000

struct line {
	struct list ln_link;
	size_t ln_len; /* of the text, which has no NUL */
	char ln_text[];
};

/* (l) lock, (a) atomic. */
static struct {
	struct spin lock;
	struct list lines;	    /* (l) */
	unsigned count;		    /* (l) */
	unsigned most;		    /* (l) how many are kept */
	bool open;		    /* (l) by one at a time */
	bool wanted;		    /* (a) it was opened once */
	struct cv cv;		    /* there is a line */
	struct event_source events; /* the same */
} devctl = {.lock = SPIN_INITIALIZER("devctl"),
    .lines = LIST_INITIALIZER(devctl.lines),
    .most = 1000,
    .cv = CV_INITIALIZER(devctl.cv, "dev cv")};

/* The oldest, or NULL. (l) */
static struct line *
take_line(void)
{
	struct line *ln = LIST_FIRST(&devctl.lines, struct line, ln_link);

	if (ln != NULL) {
		list_remove(&ln->ln_link);
		devctl.count--;
	}
	return (ln);
}

static void
free_line(struct line *ln)
{
	kmem_free(ln, sizeof(*ln) + ln->ln_len);
}

/* Down to so many. */
static void
forget_lines(unsigned most)
{
	struct line *ln;

	do {
		spin_lock(&devctl.lock);
		ln = devctl.count > most ? take_line() : NULL;
		spin_unlock(&devctl.lock);
		if (ln != NULL)
			free_line(ln);
	} while (ln != NULL);
}

static void
add_line(const char *text, size_t len)
{
	struct line *ln = kmem_alloc(sizeof(*ln) + len, 0);
	unsigned most;

	if (ln == NULL)
		return;
	ln->ln_len = len;
	memcpy(ln->ln_text, text, len);
	spin_lock(&devctl.lock);
	list_push_back(&devctl.lines, &ln->ln_link);
	devctl.count++;
	most = devctl.most;
	cv_signal(&devctl.cv);
	spin_unlock(&devctl.lock);
	event_notify(&devctl.events, 0);
	forget_lines(most);
}

void
devctl_notify(const char *system, const char *subsystem, const char *type,
    const char *fmt, ...)
{
	char text[256], line[LINE_MAX];
	va_list ap;
	int len;

	if (__predict_true(!atomic_load(&devctl.wanted)))
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	len = snprintf(line, sizeof(line),
	    "!system=%s subsystem=%s type=%s%s%s\n", system, subsystem, type,
	    text[0] != '\0' ? " " : "", text);
	if (len < (int)sizeof(line))
		add_line(line, (size_t)len);
}

static int
devctl_open(struct cdev *dev, struct file *fp, struct thread *td)
{
	int error = 0;

	spin_lock(&devctl.lock);
	if (devctl.open)
		error = EBUSY;
	devctl.open = true;
	atomic_store(&devctl.wanted, true);
	spin_unlock(&devctl.lock);
	return (error);
}

static void
devctl_close(struct file *fp)
{
	spin_lock(&devctl.lock);
	devctl.open = false;
	spin_unlock(&devctl.lock);
}

/* A line each time, whether there is room for all of it or not. */
static int
devctl_read(struct file *fp, struct uio *uio, int flags)
{
	struct line *ln;
	int error = 0;

	spin_lock(&devctl.lock);
	while ((ln = take_line()) == NULL && error == 0)
		error = file_wait(fp, &devctl.cv, &devctl.lock);
	spin_unlock(&devctl.lock);
	if (ln == NULL)
		return (error);
	error = uiomove(ln->ln_text, ln->ln_len, uio);
	free_line(ln);
	return (error);
}

static unsigned
lines_waiting(void)
{
	unsigned n;

	spin_lock(&devctl.lock);
	n = devctl.count;
	spin_unlock(&devctl.lock);
	return (n);
}

static int
devctl_poll(struct file *fp, int events)
{
	return (lines_waiting() > 0 ? events & (POLLIN | POLLRDNORM) : 0);
}

static struct event_source *
devctl_events(struct file *fp)
{
	return (&devctl.events);
}

static int64_t
devctl_ready(struct file *fp, int filter)
{
	return (filter == EVFILT_READ ? lines_waiting() : 0);
}

static const struct fileops devctl_fileops = {
    .fo_read = devctl_read,
    .fo_poll = devctl_poll,
    .fo_events = devctl_events,
    .fo_ready = devctl_ready,
    .fo_close = devctl_close,
    .fo_passable = true,
    .fo_device = true,
};

static void
devctl_attach(void)
{
	event_source_init(&devctl.events, "devctl");
	(void)make_open_dev(&devctl_fileops, devctl_open, 0600, "devctl");
}

static const struct driver devctl_driver = {
    .d_name = "devctl", .d_attach = devctl_attach, .d_late = true};
DRIVER_SET(devctl_driver);

/* How many lines are kept. */
static int
sysctl_queue(const struct sysctl_node *node, struct sysctl_req *req)
{
	int most, error;

	spin_lock(&devctl.lock);
	most = (int)devctl.most;
	spin_unlock(&devctl.lock);
	error = sysctl_out(req, &most, sizeof(most));
	if (error != 0 || !sysctl_has_new(req))
		return (error);
	error = sysctl_in(req, &most, sizeof(most));
	if (error != 0)
		return (error);
	if (most < 0 || most > QUEUE_MAX)
		return (EINVAL);
	spin_lock(&devctl.lock);
	devctl.most = (unsigned)most;
	spin_unlock(&devctl.lock);
	forget_lines((unsigned)most);
	return (0);
}
SYSCTL_PROC(devctl_queue, "hw.bus.devctl_queue", CTL_AUTO,
    CTLTYPE_INT | CTLFLAG_RW, "I", sysctl_queue, NULL);
/* Whether devices without a driver are told of; there never are any. */
static uint8_t nomatch_enabled = 1;
SYSCTL_NODE_(devctl_nomatch, "hw.bus.devctl_nomatch_enabled", CTL_AUTO,
    CTLTYPE_U8 | CTLFLAG_RW, "CU", sysctl_handle_opaque, &nomatch_enabled,
    sizeof(nomatch_enabled), NULL);
