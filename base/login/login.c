/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * login: asks for a password and becomes the user's shell.
 *
 * An account whose password field is empty gets in without being asked, but
 * only on a terminal that /etc/ttys calls secure; so does root.  Nothing waits
 * after a wrong password: after the third login ends, and init(8), which
 * starts the next getty, pauses if that happens too often.
 */

#include <err.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <time.h>
#include <ttyent.h>
#include <unistd.h>

#include "master.h"

#define ATTEMPTS 3
#define LIMIT	 300 /* seconds for all of them */
#define NOLOGIN	 "/var/run/nologin"
#define MOTD	 "/var/run/motd"
/* Of no password, so that an unknown name takes as long as a wrong one. */
#define NO_HASH "$6$0123456789abcdef$-"

static void
too_late(int signo)
{
	static const char text[] = "\nlogin timed out\n";

	(void)signo;
	(void)!write(1, text, sizeof(text) - 1);
	_exit(1);
}

/* One line from the terminal; ends at the end of file. */
static void
read_line(char *line, size_t size)
{
	if (fgets(line, (int)size, stdin) == NULL)
		exit(1);
	line[strcspn(line, "\n")] = '\0';
}

static void
ask_name(char *name, size_t size)
{
	do {
		printf("login: ");
		fflush(stdout);
		read_line(name, size);
	} while (name[0] == '\0' || name[0] == '-');
}

static void
ask_password(char *typed, size_t size)
{
	struct termios with, without;
	bool terminal = tcgetattr(0, &with) == 0;

	without = with;
	without.c_lflag &= ~(tcflag_t)ECHO;
	without.c_lflag |= ECHONL;
	if (terminal)
		(void)tcsetattr(0, TCSADRAIN, &without);
	printf("Password:");
	fflush(stdout);
	read_line(typed, size);
	if (terminal)
		(void)tcsetattr(0, TCSADRAIN, &with);
}

/* /dev/ttyu0 is secure if /etc/ttys says so of ttyu0. */
static bool
on_secure_terminal(const char *tty)
{
	struct ttyent *t = tty != NULL ? getttynam(tty + 5) : NULL;

	return (t != NULL && (t->ty_status & TTY_SECURE) != 0);
}

/* Who it is, and that it is; `trusted`: root says so. */
static bool
is_allowed(const char *name, struct master *user, bool secure, bool trusted)
{
	bool known = master_find(user, name), right;
	char typed[256];

	if (trusted)
		return (known);
	if (known && user->password[0] == '\0' && secure)
		right = true;
	else {
		if (!known || user->password[0] == '\0')
			user->password = NO_HASH;
		ask_password(typed, sizeof(typed));
		right = master_check(user, typed) && known;
		explicit_bzero(typed, sizeof(typed));
	}
	return (right && (user->uid != 0 || secure));
}

static void
show_file(const char *path)
{
	char buffer[1024];
	ssize_t n;
	int fd = open(path, O_RDONLY);

	while (fd >= 0 && (n = read(fd, buffer, sizeof(buffer))) > 0)
		(void)!write(1, buffer, (size_t)n);
	if (fd >= 0)
		close(fd);
}

/* What ends it though the password is right. */
static void
check_account(const struct master *user)
{
	if (user->uid != 0 && access(NOLOGIN, F_OK) == 0) {
		show_file(NOLOGIN);
		exit(1);
	}
	if (user->expire != 0 && time(NULL) >= user->expire)
		errx(1, "Sorry -- your account has expired.");
}

static void
give_terminal(const struct master *user, const char *tty)
{
	struct group *group = getgrnam("tty");

	if (tty == NULL)
		return;
	(void)chown(tty, user->uid, group != NULL ? group->gr_gid : user->gid);
	(void)chmod(tty, 0620);
}

static void
become(const struct master *user)
{
	if (setlogin(user->name) != 0 || setgid(user->gid) != 0 ||
	    initgroups(user->name, user->gid) != 0 || setuid(user->uid) != 0)
		err(1, "%s", user->name);
	if (chdir(user->home) != 0) {
		printf("No home directory.\nLogging in with home = \"/\".\n");
		if (chdir("/") != 0)
			err(1, "/");
	}
}

static void
set_environment(const struct master *user, bool keep)
{
	const char *term = getenv("TERM");
	static char saved[64] = "dumb";

	if (term != NULL)
		snprintf(saved, sizeof(saved), "%s", term);
	if (!keep)
		(void)clearenv();
	if (setenv("TERM", saved, 1) != 0 ||
	    setenv("HOME", user->home, 1) != 0 ||
	    setenv("SHELL", user->shell, 1) != 0 ||
	    setenv("USER", user->name, 1) != 0 ||
	    setenv("LOGNAME", user->name, 1) != 0 ||
	    setenv("PATH", "/sbin:/bin:/usr/sbin:/usr/bin", 1) != 0)
		err(1, "the environment");
}

static _Noreturn void
run_shell(const struct master *user)
{
	const char *slash = strrchr(user->shell, '/');
	char name[64];

	(void)signal(SIGINT, SIG_DFL);
	(void)signal(SIGQUIT, SIG_DFL);
	snprintf(
	    name, sizeof(name), "-%s", slash != NULL ? slash + 1 : user->shell);
	execl(user->shell, name, (char *)NULL);
	err(1, "%s", user->shell);
}

/* By name, or by asking until it is right. */
static void
authenticate(
    char *name, size_t size, struct master *user, const char *tty, bool trusted)
{
	bool secure = on_secure_terminal(tty);

	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGQUIT, SIG_IGN);
	(void)signal(SIGALRM, too_late);
	(void)alarm(LIMIT);
	for (int i = 0; i < ATTEMPTS; i++) {
		if (name[0] == '\0')
			ask_name(name, size);
		if (is_allowed(name, user, secure, trusted)) {
			(void)alarm(0);
			return;
		}
		printf("Login incorrect\n");
		name[0] = '\0';
	}
	exit(1);
}

int
main(int argc, char **argv)
{
	bool keep = false, force = false;
	char name[64] = "";
	struct master user;
	const char *tty;
	int c;

	while ((c = getopt(argc, argv, "fp")) != -1) {
		if (c != 'f' && c != 'p')
			errx(1, "usage: login [-fp] [name]");
		force |= c == 'f';
		keep |= c == 'p';
	}
	if (geteuid() != 0)
		errx(1, "only root, or getty(8), can start it");
	if (argv[optind] != NULL)
		snprintf(name, sizeof(name), "%s", argv[optind]);
	setvbuf(stdin, NULL, _IONBF, 0);
	tty = ttyname(0);
	authenticate(name, sizeof(name), &user, tty, force && getuid() == 0);
	check_account(&user);
	give_terminal(&user, tty);
	set_environment(&user, keep);
	become(&user);
	if (access(".hushlogin", F_OK) != 0)
		show_file(MOTD);
	run_shell(&user);
}
