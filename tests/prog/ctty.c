/* SPDX-License-Identifier: BSD-2-Clause */
/* Controlling terminals: who has one, who gives it up, who may type for whom.
 */
#include "freebsd.h"
#include "fbsd/fcntl.h"
#include "fbsd/poll.h"
#include "fbsd/termios.h"
#include "fbsd/wait.h"

enum {
	SYS_open = 5,
	SYS_setuid = 23,
	SYS_ioctl = 54,
	SYS_fchmod = 124,
	SYS_setsid = 147,
	SYS_poll = 209,
	SYS_posix_openpt = 504,
};
#define NOBODY 65534

static int master, terminal;
static char path[] = "/dev/pts/0";
static char buf[64];

static void
open_pair(void)
{
	int number = -1;

	master = (int)SYS(SYS_posix_openpt, O_RDWR | O_NOCTTY);
	CHECK(master >= 3);
	CHECK_EQ(SYS(SYS_ioctl, master, TIOCGPTN, &number), 0);
	CHECK(number >= 0 && number < 10);
	path[9] = (char)('0' + number);
	terminal = (int)SYS(SYS_open, path, O_RDWR | O_NOCTTY, 0);
	CHECK(terminal >= 3);
}

static void
close_pair(void)
{
	CHECK_EQ(SYS(SYS_close, master), 0);
	CHECK_EQ(SYS(SYS_close, terminal), 0);
}

static void
become_leader(void)
{
	CHECK(SYS(SYS_setsid) > 0);
	CHECK_EQ(SYS(SYS_ioctl, terminal, TIOCSCTTY), 0);
}

/* fn in a process of its own, whose failures count here. */
static void
apart(void (*fn)(void))
{
	int status = -1;
	long pid = SYS(SYS_fork);

	if (pid == 0) {
		failures = 0;
		fn();
		SYS(SYS_exit, failures != 0);
	}
	CHECK_EQ(SYS(SYS_wait4, pid, &status, 0, NULL), pid);
	CHECK_EQ(status, 0);
}

static void
no_echo(void)
{
	struct termios t;

	CHECK_EQ(SYS(SYS_ioctl, terminal, TIOCGETA, &t), 0);
	t.c_lflag &= ~(uint32_t)(ECHO | ICANON);
	CHECK_EQ(SYS(SYS_ioctl, terminal, TIOCSETA, &t), 0);
}

static long
simulate(int fd, const char *text)
{
	long error = 0;

	for (; *text != '\0' && error == 0; text++)
		error = SYS(SYS_ioctl, fd, TIOCSTI, text);
	return (error);
}

/* One's own terminal, as anybody, through a file that may read. */
static void
type_for_oneself(void)
{
	long ro, wo;

	become_leader();
	no_echo();
	ro = SYS(SYS_open, "/dev/tty", O_RDONLY, 0);
	wo = SYS(SYS_open, "/dev/tty", O_WRONLY, 0);
	CHECK(ro >= 0 && wo >= 0);
	CHECK_EQ(simulate((int)wo, "r"), 0);
	CHECK_EQ(SYS(SYS_setuid, NOBODY), 0);
	CHECK_EQ(simulate(terminal, "wx"), 0);
	CHECK_EQ(simulate((int)ro, "yz"), 0);
	CHECK_EQ(simulate((int)wo, "n"), -EPERM);
	CHECK_EQ(SYS(SYS_ioctl, ro, TIOCSTI, (void *)16), -EFAULT);
	CHECK_EQ(SYS(SYS_read, terminal, buf, sizeof(buf)), 5);
	CHECK(same(buf, "rwxyz", 5));
}

/* Another's, as anybody else than the super-user. */
static void
type_for_another(void)
{
	CHECK(SYS(SYS_setsid) > 0);
	CHECK_EQ(SYS(SYS_setuid, NOBODY), 0);
	CHECK_EQ(simulate(terminal, "x"), -EACCES);
	CHECK_EQ(simulate(master, "x"), -EACCES);
}

/* The super-user may, from the master's side too; a signal's key is one. */
static void
type_for_all(void)
{
	no_echo();
	CHECK_EQ(simulate(master, "ab\n"), 0);
	CHECK_EQ(SYS(SYS_read, terminal, buf, sizeof(buf)), 3);
	CHECK(same(buf, "ab\n", 3));
}

/* The leader gives the terminal up: it lives, has none, and may have it again.
 */
static void
give_up(void)
{
	struct winsize ws = {1, 2, 3, 4};
	int id;

	become_leader();
	CHECK_EQ(SYS(SYS_ioctl, terminal, TIOCGSID, &id), 0);
	CHECK_EQ(SYS(SYS_ioctl, terminal, TIOCNOTTY), 0);
	CHECK_EQ(SYS(SYS_open, "/dev/tty", O_RDWR, 0), -ENXIO);
	CHECK_EQ(SYS(SYS_ioctl, terminal, TIOCGSID, &id), -ENOTTY);
	CHECK_EQ(SYS(SYS_ioctl, terminal, TIOCGPGRP, &id), -ENOTTY);
	CHECK_EQ(SYS(SYS_ioctl, terminal, TIOCNOTTY), -ENOTTY);
	/* The files still are what they were. */
	CHECK_EQ(SYS(SYS_write, terminal, "x", 1), 1);
	CHECK_EQ(SYS(SYS_read, master, buf, 1), 1);
	CHECK_EQ(SYS(SYS_ioctl, terminal, TIOCSWINSZ, &ws), 0);
	CHECK_EQ(SYS(SYS_ioctl, terminal, TIOCSCTTY), 0);
	CHECK_EQ(SYS(SYS_ioctl, terminal, TIOCSCTTY), 0);
	CHECK(SYS(SYS_open, "/dev/tty", O_RDWR, 0) >= 0);
	CHECK_EQ(SYS(SYS_ioctl, terminal, TIOCNOTTY), 0);
}

/* Another session takes it after the first gave it up. */
static void
take_over(void)
{
	apart(give_up);
	CHECK(SYS(SYS_setsid) > 0);
	CHECK_EQ(SYS(SYS_ioctl, terminal, TIOCSCTTY), 0);
}

/* Who doesn't lead gives it up for himself alone. */
static void
member(void)
{
	int id = -1;

	CHECK(SYS(SYS_open, "/dev/tty", O_RDWR, 0) >= 0);
	CHECK_EQ(SYS(SYS_ioctl, terminal, TIOCSCTTY), -EPERM);
	CHECK_EQ(SYS(SYS_ioctl, terminal, TIOCNOTTY), 0);
	CHECK_EQ(SYS(SYS_open, "/dev/tty", O_RDWR, 0), -ENXIO);
	CHECK_EQ(SYS(SYS_ioctl, terminal, TIOCGPGRP, &id), -ENOTTY);
	/* It is the session's still, so that one may give it up again. */
	CHECK_EQ(SYS(SYS_ioctl, terminal, TIOCNOTTY), 0);
	/* With none of its own it isn't in the background of this one. */
	CHECK_EQ(SYS(SYS_setpgid, 0, 0), 0);
	CHECK_EQ(SYS(SYS_ioctl, terminal, TIOCSTART), 0);
}

static void
leader(void)
{
	int id = -1;

	/* Opening makes no terminal one's own, with or without O_NOCTTY. */
	CHECK(SYS(SYS_setsid) > 0);
	CHECK(SYS(SYS_open, path, O_RDWR, 0) >= 0);
	CHECK_EQ(SYS(SYS_open, "/dev/tty", O_RDWR, 0), -ENXIO);
	CHECK_EQ(SYS(SYS_ioctl, terminal, TIOCNOTTY), -ENOTTY);
	CHECK_EQ(SYS(SYS_ioctl, terminal, TIOCSCTTY), 0);
	apart(member);
	CHECK_EQ(SYS(SYS_ioctl, terminal, TIOCGPGRP, &id), 0);
	CHECK_EQ(id, SYS(SYS_getpid));
	/* The master tells it too, though it isn't its terminal. */
	id = -1;
	CHECK_EQ(SYS(SYS_ioctl, master, TIOCGSID, &id), 0);
	CHECK_EQ(id, SYS(SYS_getpid));
}

/* Another session's terminal can't be taken. */
static void
thief(void)
{
	CHECK(SYS(SYS_setsid) > 0);
	CHECK_EQ(SYS(SYS_ioctl, terminal, TIOCSCTTY), -EPERM);
	CHECK_EQ(SYS(SYS_open, "/dev/tty", O_RDWR, 0), -ENXIO);
}

static void
robbed(void)
{
	become_leader();
	apart(thief);
}

/* Nobody may be between, when the terminal has no session any more. */
static void
background(void)
{
	int status, zero = 0;
	long pid;

	become_leader();
	pid = SYS(SYS_fork);
	if (pid == 0) {
		(void)SYS(SYS_setpgid, 0, 0);
		(void)SYS(SYS_ioctl, terminal, TIOCSTI, &zero);
		SYS(SYS_exit, 9);
	}
	/* A key for the terminal is typed from the foreground only. */
	CHECK_EQ(SYS(SYS_wait4, pid, &status, WUNTRACED, NULL), pid);
	CHECK_EQ(status, SIGTTOU << 8 | 0x7f);
	CHECK_EQ(SYS(SYS_kill, pid, SIGKILL), 0);
	CHECK_EQ(SYS(SYS_wait4, pid, &status, 0, NULL), pid);
}

int
main(int argc, char **argv)
{
	static void (*const tests[])(void) = {type_for_oneself,
	    type_for_another, type_for_all, give_up, take_over, leader, robbed,
	    background};

	(void)argc;
	(void)argv;
	for (unsigned i = 0; i < nitems(tests); i++) {
		open_pair();
		apart(tests[i]);
		close_pair();
	}
	return (result("ctty"));
}
