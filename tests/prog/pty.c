/* SPDX-License-Identifier: BSD-2-Clause */
/* Pseudo-terminals: line editing, keys that send signals, job control. */
#include "freebsd.h"
#include "fbsd/fcntl.h"
#include "fbsd/filio.h"
#include "fbsd/poll.h"
#include "fbsd/stat.h"
#include "fbsd/termios.h"

enum {
	SYS_open = 5,
	SYS_ioctl = 54,
	SYS_fcntl = 92,
	SYS_setsid = 147,
	SYS_poll = 209,
	SYS_posix_openpt = 504,
	SYS_fstat = 551,
};

static int master, terminal;
static char buf[4096];

/* The next bytes of a descriptor are these. */
#define EXPECT(fd, text) expect((fd), (text), __LINE__)
static void
expect(int fd, const char *text, int line)
{
	size_t n = length(text), got = 0;
	struct pollfd pfd = {fd, POLLIN, 0};
	long r;

	while (got < n && SYS(SYS_poll, &pfd, 1, 2000) == 1) {
		r = SYS(SYS_read, fd, buf + got, n - got);
		if (r <= 0)
			break;
		got += (size_t)r;
	}
	check_eq(got == n && same(buf, text, n), 1, text, line);
	buf[got] = '\0';
	if (got != n || !same(buf, text, n))
		say(buf);
}

static void
type(const char *text)
{
	CHECK_EQ(SYS(SYS_write, master, text, length(text)), length(text));
}

static void
open_pair(void)
{
	char path[] = "/dev/pts/0";
	int number = -1;

	master = (int)SYS(SYS_posix_openpt, O_RDWR | O_NOCTTY);
	CHECK(master >= 3);
	CHECK_EQ(SYS(SYS_ioctl, master, TIOCPTMASTER, 0), 0);
	CHECK_EQ(SYS(SYS_ioctl, master, TIOCGPTN, &number), 0);
	CHECK(number >= 0 && number < 10);
	path[9] = (char)('0' + number);
	terminal = (int)SYS(SYS_open, path, O_RDWR | O_NOCTTY, 0);
	CHECK(terminal >= 3);
}

static void
lines(void)
{
	type("one\n");
	EXPECT(master, "one\r\n");
	EXPECT(terminal, "one\n");
	/* Erase, word erase, kill, and a literal control character. */
	type("twx\177o\n");
	EXPECT(terminal, "two\n");
	EXPECT(master, "twx\b \bo\r\n");
	type("a bc\027d\n");
	EXPECT(terminal, "a d\n");
	type("gone\025left\n");
	EXPECT(terminal, "left\n");
	type("\026\003\n");
	EXPECT(terminal, "\003\n");
	/* End of file at the beginning of a line, and in it. */
	type("\004");
	CHECK_EQ(SYS(SYS_read, terminal, buf, 10), 0);
	type("part\004");
	CHECK_EQ(SYS(SYS_read, terminal, buf, 10), 4);
	CHECK_EQ(SYS(SYS_ioctl, master, TIOCFLUSH, &(int){0}), 0);
}

static void
raw(void)
{
	struct termios saved, t;

	CHECK_EQ(SYS(SYS_ioctl, terminal, TIOCGETA, &saved), 0);
	t = saved;
	t.c_lflag &= ~(uint32_t)(ICANON | ECHO | ISIG);
	t.c_oflag &= ~(uint32_t)OPOST;
	CHECK_EQ(SYS(SYS_ioctl, terminal, TIOCSETA, &t), 0);
	type("a\003b");
	EXPECT(terminal, "a\003b");
	CHECK_EQ(SYS(SYS_write, terminal, "x\n", 2), 2);
	EXPECT(master, "x\n");
	t.c_cc[VMIN] = 0;
	t.c_cc[VTIME] = 1;
	CHECK_EQ(SYS(SYS_ioctl, terminal, TIOCSETA, &t), 0);
	CHECK_EQ(SYS(SYS_read, terminal, buf, 1), 0);
	CHECK_EQ(SYS(SYS_ioctl, terminal, TIOCSETAF, &saved), 0);
}

static void
set_mode(const struct termios *t)
{
	CHECK_EQ(SYS(SYS_ioctl, terminal, TIOCSETA, t), 0);
}

static int
queued(int fd)
{
	int n = -1;

	CHECK_EQ(SYS(SYS_ioctl, fd, FIONREAD, &n), 0);
	return (n);
}

/* What is queued means what the mode says now, not when it was typed. */
static void
look_anew(void)
{
	struct termios saved, t, cooked;

	CHECK_EQ(SYS(SYS_ioctl, terminal, TIOCGETA, &saved), 0);
	cooked = saved;
	cooked.c_lflag &= ~(uint32_t)ECHO;
	t = cooked;
	t.c_lflag &= ~(uint32_t)ICANON;
	set_mode(&cooked);
	/* An end becomes a character, what follows it is no more a line of its
	 * own; quoted ones are none in any mode. */
	type("one\004two");
	CHECK_EQ(queued(terminal), 3);
	set_mode(&t);
	CHECK_EQ(queued(terminal), 7);
	EXPECT(terminal, "one\004two");
	/* And the other way round; what isn't a line is edited again. */
	type("one\004twx");
	CHECK_EQ(queued(terminal), 7);
	set_mode(&cooked);
	CHECK_EQ(queued(terminal), 3);
	CHECK_EQ(SYS(SYS_read, terminal, buf, 10), 3);
	CHECK_EQ(queued(terminal), 0);
	type("\177o\n");
	EXPECT(terminal, "two\n");
	type("\026\004x\n");
	set_mode(&t);
	set_mode(&cooked);
	EXPECT(terminal, "\004x\n");
	/* Another VEOF, and VEOL. */
	type("one\004two\006");
	t = cooked;
	t.c_cc[VEOF] = 6;
	set_mode(&t);
	CHECK_EQ(queued(terminal), 7);
	CHECK_EQ(SYS(SYS_read, terminal, buf, 10), 7);
	CHECK(same(buf, "one\004two", 7));
	type("a;b\n");
	t.c_cc[VEOL] = ';';
	set_mode(&t);
	CHECK_EQ(queued(terminal), 2);
	CHECK_EQ(SYS(SYS_read, terminal, buf, 10), 2);
	CHECK_EQ(SYS(SYS_read, terminal, buf, 10), 2);
	/* An end alone is an end of file. */
	t = cooked;
	t.c_lflag &= ~(uint32_t)ICANON;
	set_mode(&t);
	type("\004");
	set_mode(&cooked);
	CHECK_EQ(queued(terminal), 0);
	CHECK_EQ(SYS(SYS_read, terminal, buf, 10), 0);
	CHECK_EQ(SYS(SYS_ioctl, terminal, TIOCSETAF, &saved), 0);
	/* Typed at a line's begin it is shown, and the cursor goes back. */
	type("\004");
	EXPECT(master, "^D\b\b");
	CHECK_EQ(SYS(SYS_read, terminal, buf, 10), 0);
}

/* A full queue holds the other side back by VSTOP, and by refusing. */
static void
flow(void)
{
	struct termios saved, t;
	struct pollfd pfd = {master, POLLIN, 0};
	long n, sent = 0, got = 0;

	CHECK_EQ(SYS(SYS_ioctl, terminal, TIOCGETA, &saved), 0);
	t = saved;
	t.c_lflag &= ~(uint32_t)(ICANON | ECHO);
	t.c_iflag |= IXOFF;
	set_mode(&t);
	CHECK_EQ(SYS(SYS_fcntl, master, F_SETFL, O_NONBLOCK), 0);
	while ((n = SYS(SYS_write, master, buf, 1000)) > 0 && sent < 100000)
		sent += n;
	CHECK_EQ(n, -EAGAIN);
	EXPECT(master, "\023");
	while (got < sent && (n = SYS(SYS_read, terminal, buf, 4000)) > 0)
		got += n;
	CHECK_EQ(got, sent);
	EXPECT(master, "\021");
	CHECK_EQ(SYS(SYS_fcntl, master, F_SETFL, 0), 0);
	/* ^S and ^Q hold back output. */
	type("\023");
	CHECK_EQ(SYS(SYS_write, terminal, "held", 4), 4);
	CHECK_EQ(SYS(SYS_poll, &pfd, 1, 20), 0);
	type("\021");
	EXPECT(master, "held");
	set_mode(&saved);
}

/* What the master has to read, tcdrain(3), and how long that waits. */
static void
drain(void)
{
	int wait = 0, status;
	long pid;

	CHECK_EQ(queued(master), 0);
	CHECK_EQ(SYS(SYS_ioctl, terminal, TIOCDRAIN), 0);
	CHECK_EQ(SYS(SYS_write, terminal, "Hello", 5), 5);
	CHECK_EQ(queued(master), 5);
	CHECK_EQ(SYS(SYS_ioctl, terminal, TIOCGDRAINWAIT, &wait), 0);
	CHECK_EQ(wait, 300);
	wait = -1;
	CHECK_EQ(SYS(SYS_ioctl, terminal, TIOCSDRAINWAIT, &wait), -EINVAL);
	wait = 1;
	CHECK_EQ(SYS(SYS_ioctl, terminal, TIOCSDRAINWAIT, &wait), 0);
	CHECK_EQ(SYS(SYS_ioctl, terminal, TIOCDRAIN), -EAGAIN);
	pid = SYS(SYS_fork);
	if (pid == 0)
		SYS(SYS_exit, SYS(SYS_ioctl, terminal, TIOCDRAIN) == 0 ? 0 : 1);
	EXPECT(master, "Hello");
	CHECK_EQ(SYS(SYS_wait4, pid, &status, 0, 0), pid);
	CHECK_EQ(status, 0);
	CHECK_EQ(queued(master), 0);
}

/* What kern.ttys tells of the terminal; false: it doesn't. */
static bool
listed(struct xtty *found)
{
	static struct xtty all[64];
	size_t len = sizeof(all);
	struct stat st;

	CHECK_EQ(SYS(SYS_fstat, terminal, &st), 0);
	CHECK_EQ(
	    SYS(SYS___sysctlbyname, "kern.ttys", 9, all, &len, NULL, 0), 0);
	CHECK_EQ(len % sizeof(all[0]), 0);
	for (size_t i = 0; i < len / sizeof(all[0]); i++) {
		CHECK_EQ(all[i].xt_size, sizeof(all[0]));
		*found = all[i];
		if (found->xt_dev == (uint32_t)st.st_rdev)
			return (true);
	}
	return (false);
}

static void
list(void)
{
	struct xtty xt;

	CHECK(listed(&xt));
	CHECK(xt.xt_insize > 0 && xt.xt_outsize > 0);
	CHECK_EQ(xt.xt_incc + xt.xt_inlc + xt.xt_outcc, 0);
	CHECK_EQ(xt.xt_flags, TF_OPENED_IN);
	CHECK_EQ(xt.xt_sid | xt.xt_pgid, 0);
	type("line\nrest");
	CHECK_EQ(SYS(SYS_ioctl, terminal, TIOCEXCL), 0);
	CHECK(listed(&xt));
	CHECK_EQ(xt.xt_incc, 5);
	CHECK_EQ(xt.xt_inlc, 4);
	CHECK_EQ(xt.xt_outcc, 10);
	CHECK_EQ(xt.xt_column, 4);
	CHECK_EQ(xt.xt_flags, TF_OPENED_IN | TF_EXCLUDE);
	CHECK_EQ(SYS(SYS_ioctl, terminal, TIOCNXCL), 0);
	EXPECT(master, "line\r\nrest");
	type("\n");
	EXPECT(master, "\r\n");
	EXPECT(terminal, "line\nrest\n");
}

/* With the last close what nobody read is gone. */
static void
discard(void)
{
	CHECK_EQ(SYS(SYS_write, terminal, "Hello", 5), 5);
	CHECK_EQ(SYS(SYS_close, terminal), 0);
	CHECK_EQ(queued(master), 0);
	CHECK_EQ(SYS(SYS_read, master, buf, 10), 0);
	CHECK_EQ(SYS(SYS_close, master), 0);
}

static void
sizes(void)
{
	struct winsize ws = {33, 77, 0, 0}, got = {0, 0, 0, 0};

	CHECK_EQ(SYS(SYS_ioctl, master, TIOCSWINSZ, &ws), 0);
	CHECK_EQ(SYS(SYS_ioctl, terminal, TIOCGWINSZ, &got), 0);
	CHECK_EQ(got.ws_row, 33);
	CHECK_EQ(got.ws_col, 77);
	CHECK_EQ(SYS(SYS_ioctl, 0, TIOCGPTN, &(int){0}), -ENOTTY);
	CHECK_EQ(SYS(SYS_ioctl, terminal, TIOCSWINSZ, (void *)16), -EFAULT);
}

/* Both ends know the terminal's name. */
static void
names(void)
{
	for (int i = 0; i < 2; i++) {
		int fd = i == 0 ? master : terminal;
		struct fiodgname_arg arg = {6, buf};

		CHECK_EQ(SYS(SYS_ioctl, fd, FIODGNAME, &arg), 0);
		CHECK(same(buf, "pts/", 4) && buf[5] == '\0');
		arg.len = 5;
		CHECK_EQ(SYS(SYS_ioctl, fd, FIODGNAME, &arg), -EINVAL);
		arg.len = -1;
		CHECK_EQ(SYS(SYS_ioctl, fd, FIODGNAME, &arg), -EINVAL);
		arg = (struct fiodgname_arg){6, (void *)16};
		CHECK_EQ(SYS(SYS_ioctl, fd, FIODGNAME, &arg), -EFAULT);
	}
}

static volatile int caught;

static void
handler(int sig)
{
	caught = sig;
}

/* In a session of its own, with the terminal: ^C, size, and hang-up. */
static void
session(void)
{
	const sigset_t none = {{0}}, all = {{~0u, ~0u, ~0u, ~0u}};
	int foreground = -1;
	long self = SYS(SYS_getpid);

	if (SYS(SYS_setsid) != self)
		SYS(SYS_exit, 1);
	if (SYS(SYS_ioctl, terminal, TIOCSCTTY, 0) != 0)
		SYS(SYS_exit, 2);
	if (SYS(SYS_ioctl, terminal, TIOCGPGRP, &foreground) != 0 ||
	    foreground != self)
		SYS(SYS_exit, 3);
	if (SYS(SYS_open, "/dev/tty", O_RDWR, 0) < 0)
		SYS(SYS_exit, 4);
	SYS(SYS_close, master);
	handle(SIGINT, (void *)handler, 0);
	handle(SIGWINCH, (void *)handler, 0);
	handle(SIGHUP, (void *)handler, 0);
	/* Signals come while it waits for them, and only then. */
	SYS(SYS_sigprocmask, SIG_BLOCK, &all, NULL);
	SYS(SYS_write, terminal, "ready", 5);
	do {
		SYS(SYS_sigsuspend, &none);
		SYS(SYS_write, terminal, caught == SIGINT ? "I" : "W", 1);
	} while (caught != SIGHUP);
	SYS(SYS_exit, 7);
}

static void
job(void)
{
	struct winsize ws = {1, 2, 0, 0};
	int status = 0;
	long pid;

	pid = SYS(SYS_fork);
	if (pid == 0)
		session();
	SYS(SYS_close, terminal);
	EXPECT(master, "ready");
	type("\003");
	EXPECT(master, "^CI");
	CHECK_EQ(SYS(SYS_ioctl, master, TIOCSWINSZ, &ws), 0);
	EXPECT(master, "W");
	CHECK_EQ(SYS(SYS_close, master), 0);
	CHECK_EQ(SYS(SYS_wait4, pid, &status, 0, 0), pid);
	CHECK_EQ(status, 7 << 8);
}

int
main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	open_pair();
	list();
	lines();
	raw();
	look_anew();
	flow();
	drain();
	sizes();
	names();
	job();
	/* The pair's number is free again. */
	open_pair();
	discard();
	return (result("pty"));
}
