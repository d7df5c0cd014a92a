/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * shutdown: ends the system at a given time.  Until then it waits in the
 * background, warns those at terminals, and near the end keeps others out;
 * init(8) does the rest.
 */

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define NOLOGIN	       "/var/run/nologin"
#define NOLOGIN_BEFORE 300 /* seconds */

/* How long before the end there is a warning, in seconds. */
static const long warnings[] = {
    36000, 18000, 7200, 3600, 1800, 600, 300, 120, 60, 30, 0};
#define NWARNINGS (sizeof(warnings) / sizeof(warnings[0]))

static char message[512];
static int signo = SIGTERM; /* for init: single user */
static bool pretend;	    /* only say so */

static void
tell(const char *terminal, const char *text)
{
	int fd = open(terminal, O_WRONLY | O_NOCTTY | O_NONBLOCK);

	if (fd < 0)
		return;
	dprintf(fd, "\r\n*** System shutdown: %s ***\r\n", text);
	if (message[0] != '\0')
		dprintf(fd, "%s\r\n", message);
	close(fd);
}

static void
tell_all(long left)
{
	char text[64] = "NOW";
	glob_t terminals;

	if (left >= 60)
		snprintf(text, sizeof(text), "in %ld minute%s", left / 60,
		    left / 60 == 1 ? "" : "s");
	else if (left > 0)
		snprintf(text, sizeof(text), "in %ld seconds", left);
	tell("/dev/console", text);
	if (glob("/dev/pts/[0-9]*", 0, NULL, &terminals) == 0) {
		for (size_t i = 0; i < terminals.gl_pathc; i++)
			tell(terminals.gl_pathv[i], text);
		globfree(&terminals);
	}
}

/* login(1) shows this file instead of a shell. */
static void
keep_out(void)
{
	int fd = open(NOLOGIN, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	if (fd < 0)
		return;
	dprintf(fd, "NO LOGINS: System going down\n%s%s", message,
	    message[0] != '\0' ? "\n" : "");
	close(fd);
}

static void
cancelled(int sig)
{
	(void)sig;
	(void)unlink(NOLOGIN);
	_exit(0);
}

static void
sleep_until(time_t when)
{
	struct timespec t = {.tv_sec = when};

	while (
	    clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &t, NULL) == EINTR)
		continue;
}

static void
wait_and_warn(time_t when)
{
	for (size_t i = 0; i < NWARNINGS; i++) {
		if (when - warnings[i] < time(NULL) && warnings[i] != 0)
			continue;
		if (warnings[i] < NOLOGIN_BEFORE &&
		    access(NOLOGIN, F_OK) != 0 && !pretend)
			keep_out();
		sleep_until(when - warnings[i]);
		tell_all(warnings[i]);
	}
}

/* now, +minutes, hhmm or hh:mm; -1: none of these. */
static time_t
parse_time(const char *text)
{
	time_t now = time(NULL);
	unsigned hour, minute;
	char rest, *end;
	struct tm tm;
	long n;

	if (strcmp(text, "now") == 0)
		return (now);
	if (text[0] == '+') {
		n = strtol(text + 1, &end, 10);
		return (end == text + 1 || *end != '\0' || n < 0 || n > 527040
			    ? -1
			    : now + n * 60);
	}
	if ((sscanf(text, "%2u:%2u%c", &hour, &minute, &rest) != 2 &&
		(strlen(text) != 4 ||
		    sscanf(text, "%2u%2u%c", &hour, &minute, &rest) != 2)) ||
	    hour > 23 || minute > 59 || localtime_r(&now, &tm) == NULL)
		return (-1);
	tm.tm_hour = (int)hour;
	tm.tm_min = (int)minute;
	tm.tm_sec = 0;
	return (mktime(&tm) < now ? mktime(&tm) + 86400 : mktime(&tm));
}

static _Noreturn void
usage(void)
{
	fprintf(stderr, "usage: shutdown [-c | -h | -k | -p | -r] time "
			"[message ...]\n");
	exit(1);
}

static void
parse_options(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "chkpr")) != -1) {
		switch (c) {
		case 'c':
			signo = SIGWINCH;
			break;
		case 'h':
			signo = SIGUSR1;
			break;
		case 'k':
			pretend = true;
			break;
		case 'p':
			signo = SIGUSR2;
			break;
		case 'r':
			signo = SIGINT;
			break;
		default:
			usage();
		}
	}
}

/* On, without the shell and its terminal. */
static void
go_to_background(time_t when)
{
	pid_t pid;

	printf("Shutdown at %.24s.\n", ctime(&when));
	fflush(stdout);
	pid = fork();
	if (pid < 0)
		err(1, "fork");
	if (pid > 0) {
		printf("shutdown: [pid %d]\n", (int)pid);
		exit(0);
	}
	(void)setsid();
	(void)signal(SIGTERM, cancelled);
	(void)signal(SIGHUP, SIG_IGN);
	(void)chdir("/");
	closefrom(0);
}

int
main(int argc, char **argv)
{
	time_t when;

	parse_options(argc, argv);
	if (optind == argc)
		usage();
	when = parse_time(argv[optind]);
	if (when < 0)
		errx(1, "%s: it isn't now, +minutes or hh:mm", argv[optind]);
	for (int i = optind + 1; i < argc; i++)
		snprintf(message + strlen(message),
		    sizeof(message) - strlen(message), "%s%s",
		    i > optind + 1 ? " " : "", argv[i]);
	if (geteuid() != 0)
		errx(1, "only root can do this");
	if (when > time(NULL)) {
		go_to_background(when);
		wait_and_warn(when);
	} else
		tell_all(0);
	if (pretend)
		return (0);
	if (kill(1, signo) != 0)
		err(1, "init");
	return (0);
}
