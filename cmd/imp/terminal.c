/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * The user's terminal.  While the program runs it passes keys through as they
 * are (the line discipline is the guest's); whatever happens, it gets its old
 * settings back.
 */

#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "imp.h"

static struct termios saved;
static volatile sig_atomic_t is_raw;
static int raw_fd;

/* Find out which of the descriptors 0 to 2 are the terminal. */
void
terminal_find(struct terminal *tty)
{
	tty->fd = -1;
	tty->mask = 0;
	for (int fd = 2; fd >= 0; fd--) {
		if (!isatty(fd))
			continue;
		tty->fd = fd;
		tty->mask |= 1U << fd;
	}
	terminal_size(tty);
}

void
terminal_size(struct terminal *tty)
{
	struct winsize size = {0};

	if (tty->fd >= 0)
		(void)ioctl(tty->fd, TIOCGWINSZ, &size);
	tty->rows = size.ws_row;
	tty->cols = size.ws_col;
}

/* Is it our turn to use the terminal, or are we a background job? */
bool
terminal_foreground(const struct terminal *tty)
{
	return (tty->fd >= 0 && tcgetpgrp(tty->fd) == getpgrp());
}

/* For signals that end us at once. */
static void
die(int signo)
{
	terminal_restore();
	signal(signo, SIG_DFL);
	raise(signo);
}

/*
 * From now on every key goes to the guest.  If standard output is not the
 * terminal somebody else may be writing to it, such as the next command of a
 * pipeline, who counts on newlines being newlines.
 */
void
terminal_raw(const struct terminal *tty)
{
	static const int deadly[] = {
	    SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGSYS, SIGXCPU};
	struct termios raw;
	tcflag_t output;

	if (is_raw || !terminal_foreground(tty) ||
	    tcgetattr(tty->fd, &saved) != 0)
		return;
	raw = saved;
	output = raw.c_oflag;
	cfmakeraw(&raw);
	if ((tty->mask & 2) == 0)
		raw.c_oflag = output;
	for (size_t i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++)
		signal(deadly[i], die);
	atexit(terminal_restore);
	raw_fd = tty->fd;
	is_raw = 1;
	(void)tcsetattr(raw_fd, TCSADRAIN, &raw);
}

/* May be called at any time, also by a signal handler. */
void
terminal_restore(void)
{
	if (!is_raw)
		return;
	is_raw = 0;
	/* Else we would be stopped here if the shell has the terminal now. */
	signal(SIGTTOU, SIG_IGN);
	(void)tcsetattr(raw_fd, TCSANOW, &saved);
}
