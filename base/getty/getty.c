/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * getty: sets a terminal up, says whose it is, takes a name, and becomes
 * login(1).
 */

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <termios.h>
#include <unistd.h>

#define LOGIN "/usr/bin/login"

/* Where nobody sees it otherwise: the terminal can't be used. */
static _Noreturn void
fail(const char *what)
{
	int fd = open("/dev/console", O_WRONLY | O_NOCTTY);

	dprintf(fd >= 0 ? fd : 2, "getty: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* The terminal becomes this session's, with nobody else on it. */
static void
take_terminal(const char *name)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/dev/%s", name);
	(void)chown(path, 0, 0);
	(void)chmod(path, 0600);
	(void)revoke(path);
	fd = open(path, O_RDWR);
	if (fd < 0)
		fail(path);
	(void)setsid();
	if (ioctl(fd, TIOCSCTTY) != 0)
		fail(path);
	for (int i = 0; i < 3; i++)
		if (fd != i && dup2(fd, i) < 0)
			fail(path);
	if (fd > 2)
		close(fd);
}

/* The speed at the end of a type like std.9600 or 3wire.115200, or 0. */
static speed_t
type_speed(const char *type)
{
	const char *dot = strrchr(type, '.');

	type = dot != NULL ? dot + 1 : type;
	return (isdigit((unsigned char)*type) &&
			strspn(type, "0123456789") == strlen(type)
		    ? (speed_t)strtoul(type, NULL, 10)
		    : 0);
}

/* Settings that a person expects, whatever the last one left. */
static void
set_modes(const char *type)
{
	static const cc_t keys[NCCS] = {[VEOF] = 4,
	    [VEOL] = 255,
	    [VEOL2] = 255,
	    [VERASE] = 127,
	    [VERASE2] = 8,
	    [VWERASE] = 23,
	    [VKILL] = 21,
	    [VREPRINT] = 18,
	    [VINTR] = 3,
	    [VQUIT] = 28,
	    [VSUSP] = 26,
	    [VDSUSP] = 25,
	    [VSTART] = 17,
	    [VSTOP] = 19,
	    [VLNEXT] = 22,
	    [VDISCARD] = 15,
	    [VMIN] = 1,
	    [VSTATUS] = 20};
	speed_t speed = type_speed(type);
	struct termios t;

	if (tcgetattr(0, &t) != 0)
		fail("the terminal's settings");
	t.c_iflag = BRKINT | ICRNL | IXON | IMAXBEL | IXANY;
	t.c_oflag = OPOST | ONLCR;
	t.c_lflag = ECHO | ECHOE | ECHOKE | ECHOCTL | ICANON | ISIG | IEXTEN;
	t.c_cflag = CREAD | CS8 | HUPCL;
	/* Three wires are too few for a modem's. */
	if (strncmp(type, "3wire", 5) == 0)
		t.c_cflag |= CLOCAL;
	memcpy(t.c_cc, keys, sizeof(keys));
	if (speed != 0)
		t.c_ispeed = t.c_ospeed = speed;
	if (tcsetattr(0, TCSANOW, &t) != 0)
		fail(type);
}

static void
greet(const char *tty)
{
	struct utsname u;

	(void)uname(&u);
	printf("\n%s/%s (%s) (%s)\n\n", u.sysname, u.machine,
	    u.nodename[0] != '\0' ? u.nodename : "Amnesiac", tty);
}

/* A name that login can't take for an option; false at the end of file. */
static bool
ask_name(char *name, size_t size)
{
	char *at;

	do {
		printf("login: ");
		fflush(stdout);
		if (fgets(name, (int)size, stdin) == NULL)
			return (false);
		name[strcspn(name, "\n")] = '\0';
		for (at = name; isgraph((unsigned char)*at); at++)
			continue;
	} while (name[0] == '\0' || name[0] == '-' || *at != '\0');
	return (true);
}

int
main(int argc, char **argv)
{
	const char *type = argc > 1 ? argv[1] : "default";
	char name[64];

	if (argc > 3) {
		fprintf(stderr, "usage: getty [type [tty]]\n");
		return (1);
	}
	/* Keys for a program that runs there; there is none yet. */
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGQUIT, SIG_IGN);
	if (argc == 3 && strcmp(argv[2], "-") != 0)
		take_terminal(argv[2]);
	set_modes(type);
	/* What is typed ahead is login's: read no more than a line. */
	setvbuf(stdin, NULL, _IONBF, 0);
	greet(argc == 3 ? argv[2] : "-");
	if (!ask_name(name, sizeof(name)))
		return (0);
	execl(LOGIN, "login", "-p", name, (char *)NULL);
	fail(LOGIN);
}
