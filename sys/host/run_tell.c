/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lines for the host wait in a queue when the port has no room.  Each is said
 * once a run (the program's input and outputs, its end), but for the answers to
 * the host's signals: their thread pauses while the queue is half full.  So the
 * other half has room for all the rest.
 */
#include "dev/virtio_console.h"
#include "fbsd/errno.h"
#include "host/pump.h"
#include "host/run_tell.h"
#include "core/printf.h"
#include "lib/printf.h"
#include "lib/string.h"

#define LINE_MAX 256

static struct {
	struct vport *port; /* (!) NULL: nobody to talk to */
	struct pump pump;
	struct spin lock;
	char queue[16 * LINE_MAX]; /* (lock) */
	size_t used;		   /* (lock) */
	struct cv room;		   /* with lock: less is used */
} lines;

/* Some of the queue to the port; false if there is none, or it has no room. */
static bool
send_step(struct pump *pu)
{
	spin_lock(&lines.lock);
	if (pu->pu_end == 0) {
		pu->pu_end = MIN(lines.used, sizeof(pu->pu_buf));
		memcpy(pu->pu_buf, lines.queue, pu->pu_end);
	}
	spin_unlock(&lines.lock);
	if (pu->pu_end == 0 ||
	    (!vport_put(lines.port, pu->pu_buf, pu->pu_end) &&
		!vport_broken(lines.port)))
		return (false);
	spin_lock(&lines.lock);
	lines.used -= pu->pu_end;
	memmove(lines.queue, lines.queue + pu->pu_end, lines.used);
	pu->pu_end = 0;
	cv_broadcast(&lines.room);
	spin_unlock(&lines.lock);
	return (true);
}

static void
port_room(void *arg)
{
	pump_run(&lines.pump, send_step);
}

static const struct vport_client client = {.vc_room = port_room};

int
run_tell_start(struct vport *ctl)
{
	int error = vport_reserve(ctl);

	if (error != 0)
		return (error);
	spin_init(&lines.lock, "runtell");
	spin_init(&lines.pump.pu_lock, "runtellpump");
	cv_init(&lines.room, "runtell");
	vport_set_client(ctl, &client, NULL);
	lines.port = ctl;
	return (0);
}

void
run_tell(const char *fmt, ...)
{
	char line[LINE_MAX];
	va_list ap;
	size_t n;

	if (lines.port == NULL)
		return;
	va_start(ap, fmt);
	n = MIN(
	    (size_t)vsnprintf(line, sizeof(line), fmt, ap), sizeof(line) - 1);
	va_end(ap);
	spin_lock(&lines.lock);
	kassert(lines.used + n <= sizeof(lines.queue));
	memcpy(lines.queue + lines.used, line, n);
	lines.used += n;
	spin_unlock(&lines.lock);
	pump_run(&lines.pump, send_step);
}

/* Sleeps until no more than that waits. */
static void
wait_used(size_t limit)
{
	spin_lock(&lines.lock);
	while (lines.used > limit)
		cv_wait_spin(&lines.room, &lines.lock);
	spin_unlock(&lines.lock);
}

void
run_tell_pause(void)
{
	wait_used(sizeof(lines.queue) / 2);
}

void
run_tell_drain(void)
{
	if (lines.port == NULL)
		return;
	wait_used(0);
	vport_drain(lines.port);
}
