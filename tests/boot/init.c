/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An init for tests over the serial line: process 1 of a machine whose
 * archive holds little else.  It takes the console as its terminal and does
 * what lines typed there say, each answered by a line; see the table.
 */
#include "freebsd.h"
#include "fbsd/fcntl.h"
#include "fbsd/termios.h"
#include "fbsd/wait.h"

enum {
	SYS_open = 5,
	SYS_getsid = 310,
	SYS_setsid = 147,
	SYS_ioctl = 54,
	SYS_reboot = 55,
	SYS_dup2 = 90,
	SYS_swapon = 85,
	SYS_kenv = 390,
	SYS_swapoff = 582,
	/* Isn't there, and the console says so if asked to. */
	SYS_rctl_get_racct = 525,
};

static char line[4096];

static bool
begins(const char *s, const char *word)
{
	while (*word != '\0' && *s == *word)
		s++, word++;
	return (*word == '\0');
}

static void
answer(const char *what, long n)
{
	say(what);
	say(" ");
	say_number(n);
	say("\n");
}

static void
foreground(long pgrp)
{
	int id = (int)pgrp;

	(void)SYS(SYS_ioctl, 0, TIOCSPGRP, &id);
}

/* A job in the foreground, until the terminal stops or ends it. */
static void
job(const char *arg)
{
	int status = 0;
	long pid;

	(void)arg;
	(void)handle(SIGTTOU, (void *)SIG_IGN, 0);
	pid = SYS(SYS_fork);
	if (pid == 0) {
		(void)SYS(SYS_setpgid, 0, 0);
		foreground(SYS(SYS_getpid));
		say("job runs\n");
		for (;;)
			sleep_ms(60000);
	}
	(void)SYS(SYS_wait4, pid, &status, WUNTRACED, NULL);
	foreground(SYS(SYS_getpid));
	if ((status & 0xff) == 0x7f) {
		answer("stopped", status >> 8);
		(void)SYS(SYS_kill, pid, SIGKILL);
		(void)SYS(SYS_wait4, pid, &status, 0, NULL);
	} else
		answer("killed", status & 0x7f);
}

static void
bulk(const char *arg)
{
	long n = parse_number(arg);

	for (long i = 0; i < n; i++)
		answer("line", i);
	say("bulk done\n");
}

/* A process that dies is reported by the kernel. */
static void
die(unsigned times)
{
	int status;
	long pid;

	for (unsigned i = 0; i < times; i++) {
		pid = SYS(SYS_fork);
		if (pid == 0)
			(void)SYS(SYS_kill, SYS(SYS_getpid), SIGSEGV);
		(void)SYS(SYS_wait4, pid, &status, 0, NULL);
	}
}

/* Lines from here and from the kernel at once, and then the machine's end,
 * before they are all out: nothing may be missing.  It powers off, or process 1
 * ends, which is a panic. */
static void
flood(const char *arg, bool panic)
{
	static char text[] = "flood 00000 and more of it, to the end of line\n";
	long n = parse_number(arg), child;
	int status;

	say("\n");
	child = SYS(SYS_fork);
	if (child == 0) {
		die(100);
		(void)SYS(SYS_exit, 0);
	}
	for (long i = 0; i < n; i++) {
		for (long digit = 10, rest = i; digit > 5; rest /= 10)
			text[digit--] = (char)('0' + rest % 10);
		(void)SYS(SYS_write, 1, text, sizeof(text) - 1);
	}
	(void)SYS(SYS_wait4, child, &status, 0, NULL);
	(void)SYS(SYS_write, 1, "flood ends\n", 11);
	if (panic)
		(void)SYS(SYS_exit, 3);
	(void)SYS(SYS_reboot, 0x4000);
}

static void
flood_off(const char *arg)
{
	flood(arg, false);
}

static void
flood_panic(const char *arg)
{
	flood(arg, true);
}

/* Half a line, while the kernel says something of its own. */
static void
half(const char *arg)
{
	(void)arg;
	say("half a line: ");
	(void)SYS(SYS_ioctl, 0, TIOCDRAIN);
	(void)set_sysctl("kern.lognosys", 1);
	(void)SYS(SYS_rctl_get_racct);
	say("the rest\n");
}

static void
echo(const char *arg)
{
	say("=");
	say(arg);
	say("\n");
}

static void
password(const char *arg)
{
	struct termios t;

	(void)arg;
	(void)SYS(SYS_ioctl, 0, TIOCGETA, &t);
	t.c_lflag &= ~(uint32_t)ECHO;
	(void)SYS(SYS_ioctl, 0, TIOCSETAF, &t);
	say("Password:");
	line[SYS(SYS_read, 0, line, sizeof(line) - 1) - 1] = '\0';
	t.c_lflag |= ECHO;
	(void)SYS(SYS_ioctl, 0, TIOCSETA, &t);
	say("\n");
	echo(line);
}

/* Signals that would end or stop another process. */
static void
harm(const char *arg)
{
	static const int signals[] = {SIGTERM, SIGKILL, SIGSTOP, SIGSEGV};

	(void)arg;
	for (unsigned i = 0; i < nitems(signals); i++)
		(void)SYS(SYS_kill, 1, signals[i]);
	say("unharmed\n");
}

/* A disk as swap space: taken, and reported empty. */
static void
swap(const char *arg)
{
	static const char info[] = "vm.nswapdev";
	size_t size = sizeof(int);
	int n = -1;

	answer("on", SYS(SYS_swapon, arg));
	answer("again", SYS(SYS_swapon, arg));
	answer("null", SYS(SYS_swapon, "/dev/null"));
	answer("none", SYS(SYS_swapon, "/dev/none"));
	(void)SYS(
	    SYS___sysctlbyname, info, sizeof(info) - 1, &n, &size, NULL, 0);
	answer("devices", n);
	answer("off", SYS(SYS_swapoff, arg, 0));
	answer("no longer", SYS(SYS_swapoff, arg, 0));
}

static void
modem(const char *arg)
{
	int lines = 0, dtr = TIOCM_DTR;

	(void)arg;
	(void)SYS(SYS_ioctl, 0, TIOCMGET, &lines);
	answer("modem lines", lines);
	(void)SYS(SYS_ioctl, 0, TIOCMBIC, &dtr);
	(void)SYS(SYS_ioctl, 0, TIOCMGET, &lines);
	answer("without DTR", lines);
	(void)SYS(SYS_ioctl, 0, TIOCSDTR);
}

/* The line's other names. */
static void
names(const char *arg)
{
	struct termios t;
	long fd;

	(void)arg;
	answer("cuau0", SYS(SYS_open, "/dev/cuau0", O_RDWR, 0));
	fd = SYS(SYS_open, "/dev/ttyu0", O_RDWR, 0);
	answer("ttyu0", fd);
	(void)SYS(SYS_close, fd);
	fd = SYS(SYS_open, "/dev/cuau0.lock", O_RDWR, 0);
	answer("lock", SYS(SYS_ioctl, fd, TIOCGETA, &t));
	answer("locked", t.c_iflag | t.c_cflag | t.c_ospeed);
	(void)SYS(SYS_close, fd);
	fd = SYS(SYS_open, "/dev/ttyu0.init", O_RDWR, 0);
	answer("init", SYS(SYS_ioctl, fd, TIOCGETA, &t));
	answer("speed", t.c_ospeed);
	(void)SYS(SYS_close, fd);
}

static void
speed(const char *arg)
{
	struct termios t;

	(void)SYS(SYS_ioctl, 0, TIOCGETA, &t);
	t.c_ispeed = t.c_ospeed = (uint32_t)parse_number(arg);
	t.c_cflag |= CRTSCTS;
	answer("set", SYS(SYS_ioctl, 0, TIOCSETAW, &t));
	(void)SYS(SYS_ioctl, 0, TIOCGETA, &t);
	answer("speed", t.c_ospeed);
}

static void
kenv(const char *arg)
{
	char value[129];
	long n = SYS(SYS_kenv, 0, arg, value, sizeof(value));

	if (n < 0)
		answer("kenv", n);
	else
		echo(value);
}

static void
end(const char *arg)
{
	answer("reboot", SYS(SYS_reboot, parse_number(arg)));
}

static void
leave(const char *arg)
{
	(void)SYS(SYS_exit, parse_number(arg));
}

static const struct command {
	const char *word;
	void (*run)(const char *arg);
} commands[] = {
    {"bulk ", bulk},
    {"echo ", echo},
    {"exit ", leave},
    {"flood off ", flood_off},
    {"flood panic ", flood_panic},
    {"half", half},
    {"harm", harm},
    {"job", job},
    {"kenv ", kenv},
    {"modem", modem},
    {"names", names},
    {"password", password},
    {"reboot ", end},
    {"speed ", speed},
    {"swap ", swap},
};

static void
obey(const char *s)
{
	for (unsigned i = 0; i < nitems(commands); i++)
		if (begins(s, commands[i].word)) {
			commands[i].run(s + length(commands[i].word));
			return;
		}
	say("?\n");
}

int
main(int argc, char **argv)
{
	long n;

	/* Nothing is open yet. */
	CHECK_EQ(SYS(SYS_open, "/dev/console", O_RDWR, 0), 0);
	(void)SYS(SYS_dup2, 0, 1);
	(void)SYS(SYS_dup2, 0, 2);
	CHECK_EQ(SYS(SYS_getpid), 1);
	CHECK_EQ(SYS(SYS_setsid), 1);
	CHECK_EQ(SYS(SYS_getsid, 0), 1);
	CHECK_EQ(SYS(SYS_ioctl, 0, TIOCSCTTY), 0);
	say(argv[0]);
	if (argc > 1) {
		say(" ");
		say(argv[1]);
	}
	say(failures == 0 ? ": ready\n" : ": not as it should be\n");
	for (;;) {
		say("> ");
		n = SYS(SYS_read, 0, line, sizeof(line) - 1);
		if (n <= 0) {
			answer("read", n);
			if (n != -EINTR)
				return (9);
			continue;
		}
		line[n - 1] = '\0';
		obey(line);
	}
}
