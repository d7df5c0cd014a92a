/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * The terminal of `imp run`: a tty on a console port that carries raw bytes
 * both ways.  The host's terminal is in raw mode; ours does the editing, the
 * echo, and the signals.
 */

#include "amd64/md.h"
#include "fbsd/errno.h"
#include "host/pump.h"
#include "host/run_stream.h"
#include "tty/tty.h"

/* (!) set before the port is listened to. */
static struct {
	struct vport *port; /* (!) */
	struct tty *tty;    /* (!) */
	struct pump in;
	struct pump out;
} terminal;

/* Some input to the tty; false if there is none, or it has no room. */
static bool
input_step(struct pump *pu)
{
	if (pu->pu_start == pu->pu_end) {
		pu->pu_start = 0;
		pu->pu_end =
		    vport_get(terminal.port, pu->pu_buf, sizeof(pu->pu_buf));
	}
	if (pu->pu_end == 0) {
		if (vport_eof(terminal.port))
			tty_hangup(terminal.tty);
		return (false);
	}
	pu->pu_start += tty_input(
	    terminal.tty, pu->pu_buf + pu->pu_start, pu->pu_end - pu->pu_start);
	return (pu->pu_start == pu->pu_end);
}

/* Some output to the port; false if there is none, or it has no room. */
static bool
output_step(struct pump *pu)
{
	if (pu->pu_end == 0)
		pu->pu_end = tty_output_get(
		    terminal.tty, pu->pu_buf, sizeof(pu->pu_buf));
	if (pu->pu_end == 0)
		return (false);
	if (!vport_put(terminal.port, pu->pu_buf, pu->pu_end))
		return (false);
	pu->pu_end = 0;
	return (true);
}

static void
port_input(void *arg)
{
	pump_run(&terminal.in, input_step);
}

static void
port_room(void *arg)
{
	pump_run(&terminal.out, output_step);
}

static void
tty_start(struct tty *tp, void *arg)
{
	pump_run(&terminal.out, output_step);
}

static void
tty_unthrottle(struct tty *tp, void *arg)
{
	pump_run(&terminal.in, input_step);
}

static const struct vport_client port_client = {
    .vc_input = port_input,
    .vc_room = port_room,
};

static const struct ttydev_ops tty_ops = {
    .td_start = tty_start,
    .td_unthrottle = tty_unthrottle,
};

void
run_tty_winsize(unsigned rows, unsigned cols)
{
	struct winsize ws = {
	    .ws_row = (uint16_t)rows, .ws_col = (uint16_t)cols};

	if (terminal.tty != NULL)
		tty_set_winsize(terminal.tty, &ws);
}

int
run_tty_create(struct vport *vp, const struct run_config *rc)
{
	spin_init(&terminal.in.pu_lock, "runttyin");
	spin_init(&terminal.out.pu_lock, "runttyout");
	terminal.port = vp;
	if (vport_reserve(vp) != 0)
		return (ENOMEM);
	terminal.tty = tty_create(&tty_ops, NULL, "ttyV0");
	if (terminal.tty == NULL || tty_publish(terminal.tty, 0) != 0)
		return (ENOMEM);
	run_tty_winsize((unsigned)rc->rc_rows, (unsigned)rc->rc_cols);
	vport_set_client(vp, &port_client, NULL);
	return (0);
}

int
run_tty_open(struct thread *td, struct file **fpp)
{
	return (tty_open_file(td, terminal.tty, FREAD | FWRITE, fpp));
}

int
run_tty_start(struct proc *p)
{
	if (terminal.tty == NULL)
		return (0);
	(void)tty_set_controlling(terminal.tty, p);
	return (vport_listen(terminal.port, 4, 1024));
}

void
run_tty_drain(void)
{
	if (terminal.tty == NULL)
		return;
	/*
	 * After a drain the port has room for all that the tty holds.  What
	 * other processes go on writing isn't waited for.
	 */
	for (int i = 0; i < 2; i++) {
		pump_run(&terminal.out, output_step);
		vport_drain(terminal.port);
	}
}
