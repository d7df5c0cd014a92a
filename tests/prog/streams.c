/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What tests/imp/guest.sh lets `imp run` run: the first argument says what to
 * do.  Without one it looks at its own standard descriptors.
 */
#include "freebsd.h"
#include "fbsd/fcntl.h"
#include "fbsd/stat.h"
#include "fbsd/termios.h"

enum {
	SYS_open = 5,
	SYS_rctl_get_racct = 525,
	SYS_ioctl = 54,
	SYS_fcntl = 92,
	SYS___getcwd = 326,
	SYS_lseek = 478,
	SYS_openat = 499,
	SYS_fstat = 551,
};

static char buf[65536];

static int
descriptors(void)
{
	struct stat st;

	for (int fd = 0; fd < 3; fd++) {
		CHECK_EQ(SYS(SYS_fstat, fd, &st), 0);
		CHECK(S_ISFIFO(st.st_mode) || S_ISCHR(st.st_mode));
	}
	CHECK_EQ(SYS(SYS_fstat, 3, &st), -EBADF);
	return (result("streams"));
}

static int
cat(void)
{
	long n, total = 0;

	while ((n = SYS(SYS_read, 0, buf, sizeof(buf))) > 0) {
		if (SYS(SYS_write, 1, buf, n) != n)
			return (1);
		total += n;
	}
	return (n == 0 ? 0 : 1);
}

static int
pattern(long size)
{
	long part;

	for (size_t i = 0; i < sizeof(buf); i++)
		buf[i] = (char)('a' + i % 26);
	for (; size > 0; size -= part) {
		part = size < (long)sizeof(buf) ? size : (long)sizeof(buf);
		if (SYS(SYS_write, 1, buf, part) != part)
			return (1);
	}
	return (0);
}

/* Writes until nobody reads: with SIGPIPE ignored there is an error. */
static int
yes(void)
{
	long n;

	handle(SIGPIPE, (void *)SIG_IGN, 0);
	while ((n = SYS(SYS_write, 1, "y\n", 2)) == 2)
		continue;
	return (n == -EPIPE ? 0 : 1);
}

static volatile int caught;

static void
handler(int sig)
{
	caught = sig;
}

/* Says which signal came, and the terminal's size if it was that. */
static int
wait_for_signal(void)
{
	static const int signals[] = {
	    SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGWINCH};
	struct winsize ws = {0, 0, 0, 0};
	int sig;

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		handle(signals[i], (void *)handler, 0);
	say("ready\n");
	while (caught == 0)
		sleep_ms(10);
	/* Before anybody can answer by the next one. */
	sig = caught;
	caught = 0;
	say("signal ");
	say_number(sig);
	if (sig == SIGWINCH) {
		(void)SYS(SYS_ioctl, 0, TIOCGWINSZ, &ws);
		say(" ");
		say_number(ws.ws_row);
		say("x");
		say_number(ws.ws_col);
	}
	say("\n");
	return (0);
}

/* Takes so many signals, and lives on for longer than imp would wait. */
static int
stubborn(long n)
{
	while (n-- > 0)
		(void)wait_for_signal();
	sleep_ms(3000);
	return (0);
}

/* Leaves a process that writes on and on. */
static int
leave_writer(long status)
{
	int ends[2];

	CHECK_EQ(SYS(SYS_pipe2, ends, 0), 0);
	if (SYS(SYS_fork) == 0)
		for (;;) {
			(void)pattern(sizeof(buf));
			(void)SYS(SYS_write, ends[1], "x", 1);
		}
	/* It is at it. */
	CHECK_EQ(SYS(SYS_read, ends[0], buf, 1), 1);
	return ((int)status);
}

/* Something for the trace to show. */
static int
calls(void)
{
	long fd = SYS(SYS_open, "/tmp/a", O_RDWR | O_CREAT | O_EXCL, 0600);

	(void)SYS(SYS_lseek, fd, 5000000000, 0);
	(void)map_anon(8192, MAP_ANON_PRIVATE);
	(void)SYS(SYS_munmap, 0, 8192);
	(void)SYS(SYS_fcntl, fd, F_GETFD, 0);
	(void)SYS(SYS_openat, AT_FDCWD, "/none", O_RDONLY, 0);
	(void)SYS(SYS___getcwd, buf, 20);
	(void)SYS(SYS_sigprocmask, SIG_BLOCK, NULL, NULL);
	handle(SIGUSR1, (void *)handler, 0);
	(void)SYS(SYS_kill, SYS(SYS_getpid), SIGUSR1);
	return (0);
}

/* Two programs' worth of a call that isn't there. */
static int
missing(void)
{
	long pid = SYS(SYS_fork);

	if (pid != 0)
		(void)SYS(SYS_wait4, pid, NULL, 0, NULL);
	CHECK_EQ(SYS(SYS_rctl_get_racct, NULL), -ENOSYS);
	return (failures != 0);
}

int
main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	long n = argc > 2 ? parse_number(argv[2]) : 0;

	if (argc < 2)
		return (descriptors());
	if (same_text(what, "cat"))
		return (cat());
	if (same_text(what, "pattern"))
		return (pattern(n));
	if (same_text(what, "yes"))
		return (yes());
	if (same_text(what, "signal"))
		return (wait_for_signal());
	if (same_text(what, "stubborn"))
		return (stubborn(n));
	if (same_text(what, "exit"))
		return ((int)n);
	if (same_text(what, "calls"))
		return (calls());
	if (same_text(what, "missing"))
		return (missing());
	if (same_text(what, "leave"))
		return (leave_writer(n));
	if (same_text(what, "kill"))
		(void)SYS(SYS_kill, SYS(SYS_getpid), n);
	if (same_text(what, "both")) {
		say("out\n");
		(void)SYS(SYS_write, 2, "err\n", 4);
	}
	if (same_text(what, "close")) {
		say("last words\n");
		(void)SYS(SYS_close, 1);
	}
	if (same_text(what, "sleep") || same_text(what, "close"))
		sleep_ms(1000000);
	return (0);
}
