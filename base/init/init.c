/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * init: process 1.  It brings the system up with /etc/rc, keeps a getty on the
 * terminals of /etc/ttys, takes the children that nobody waits for, and in the
 * end ends them all and the machine.
 *
 * It is always in one of the states below, each a function that returns the
 * next.  Signals are blocked for good; they are taken, one at a time, where
 * init waits, so nothing ever happens in between.  What they ask for is kept in
 * `wish` until a state looks at it.
 */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/reboot.h>
#include <sys/sysctl.h>
#include <sys/wait.h>
#include <time.h>
#include <ttyent.h>
#include <unistd.h>

#include "../login/master.h"

#define CONSOLE	  "/dev/console"
#define PATH	  "PATH=/sbin:/bin:/usr/sbin:/usr/bin"
#define MS	  1000
#define PATIENCE  (10 * MS) /* for processes to end */
#define QUICK	  (5 * MS)  /* a session shorter than that is suspicious */
#define QUICK_MAX 4
#define PAUSE	  (30 * MS) /* after so many of them */

enum state { STATE_RC, STATE_SINGLE, STATE_MULTI, STATE_DOWN };

/* What signals asked for. */
static struct {
	bool down;    /* end all processes, and then: */
	bool end;     /* the machine as well, by reboot(2) with */
	int how;      /* this; else be single user */
	bool reread;  /* /etc/ttys */
	bool no_more; /* sessions */
} wish;

/* A terminal of /etc/ttys, and what runs on it. */
struct session {
	struct session *next;
	char name[32], type[32];
	char command[128];
	bool listed; /* still in /etc/ttys */
	pid_t pid;   /* the getty, later login, the shell; 0: none */
	long started, not_before; /* ms */
	int quick;		  /* how often it ended at once */
};
static struct session *sessions;

/* The one child that is waited for. */
static struct {
	pid_t pid;
	bool over;
	int status;
} job;

static sigset_t events;
static bool autoboot = true; /* rc hasn't run yet */

static long
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (t.tv_sec * MS + t.tv_nsec / 1000000);
}

static void __attribute__((format(printf, 1, 2))) say(const char *format, ...)
{
	int fd = open(CONSOLE, O_WRONLY | O_NOCTTY | O_CLOEXEC);
	va_list ap;

	if (fd < 0)
		return;
	va_start(ap, format);
	dprintf(fd, "init: ");
	vdprintf(fd, format, ap);
	dprintf(fd, "\n");
	va_end(ap);
	close(fd);
}

/* A session is over; if it failed at once, again and again, its terminal is
 * broken or somebody tries passwords, and it pauses. */
static void
session_over(struct session *s, int status)
{
	s->pid = 0;
	if (status == 0 || now() - s->started >= QUICK)
		s->quick = 0;
	else if (++s->quick == QUICK_MAX) {
		say("getty repeats too quickly on %s, pausing for %d s",
		    s->name, PAUSE / MS);
		s->quick = 0;
		s->not_before = now() + PAUSE;
	}
}

/* Takes all children that ended; false if there are none left. */
static bool
reap(void)
{
	struct session *s;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG | WUNTRACED)) > 0) {
		if (WIFSTOPPED(status)) {
			if (pid == job.pid)
				(void)kill(pid, SIGCONT);
			continue;
		}
		if (pid == job.pid) {
			job.over = true;
			job.status = status;
		}
		for (s = sessions; s != NULL; s = s->next)
			if (s->pid == pid)
				session_over(s, status);
	}
	return (pid == 0);
}

static void
want_down(bool end, int how)
{
	wish.down = true;
	wish.end = end;
	wish.how = how;
}

/* Waits for a signal, up to `ms` (-1: for ever), and notes what it asks for. */
static void
wait_event(long ms)
{
	struct timespec t = {ms / MS, ms % MS * 1000000};

	switch (ms < 0 ? sigwaitinfo(&events, NULL)
		       : sigtimedwait(&events, NULL, &t)) {
	case SIGCHLD:
		(void)reap();
		break;
	case SIGHUP:
		wish.reread = true;
		break;
	case SIGINT:
		want_down(true, RB_AUTOBOOT);
		break;
	case SIGTERM:
		want_down(false, 0);
		break;
	case SIGTSTP:
		wish.no_more = true;
		break;
	case SIGUSR1:
		want_down(true, RB_HALT);
		break;
	case SIGUSR2:
		want_down(true, RB_HALT | RB_POWEROFF);
		break;
	case SIGWINCH:
		want_down(true, RB_POWERCYCLE);
		break;
	}
}

/* In a child: a session of its own, with the console as its terminal. */
static void
take_console(void)
{
	int fd;

	(void)setsid();
	(void)revoke(CONSOLE);
	fd = open(CONSOLE, O_RDWR);
	if (fd < 0)
		_exit(126);
	(void)ioctl(fd, TIOCSCTTY);
	for (int i = 0; i < 3; i++)
		if (fd != i)
			(void)dup2(fd, i);
	if (fd > 2)
		close(fd);
}

static pid_t
start(void (*child)(void *), void *arg)
{
	sigset_t none;
	pid_t pid = fork();

	if (pid < 0)
		say("cannot fork: %s", strerror(errno));
	if (pid != 0)
		return (pid);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	child(arg);
	_exit(127);
}

/*
 * Runs a child to its end: its status, or -1 when it couldn't be started, took
 * longer than `limit` ms (-1: any time) or, if `may_go`, init shall go down.
 */
static int
run(void (*child)(void *), void *arg, long limit, bool may_go)
{
	long until = limit < 0 ? -1 : now() + limit;

	job.over = false;
	job.pid = start(child, arg);
	while (job.pid > 0 && !job.over && !(may_go && wish.down)) {
		long left = until < 0 ? -1 : until - now();

		if (until >= 0 && left <= 0)
			break;
		wait_event(left);
	}
	job.pid = 0;
	return (job.over ? job.status : -1);
}

/* /bin/sh with a script and an argument. */
static void
script(void *arg)
{
	char **words = arg;
	char shell[] = "sh", path[] = PATH, home[] = "HOME=/";
	char *argv[] = {shell, words[0], words[1], NULL};
	char *envp[] = {path, home, NULL};

	take_console();
	execve("/bin/sh", argv, envp);
	printf("init: /bin/sh: %s\n", strerror(errno));
	fflush(stdout);
}

static enum state
state_rc(void)
{
	char rc[] = "/etc/rc", how[] = "autoboot";
	char *words[] = {rc, autoboot ? how : NULL, NULL};
	int status;

	autoboot = false;
	status = run(script, words, -1, true);
	if (wish.down)
		return (STATE_DOWN);
	if (status == 0)
		return (STATE_MULTI);
	if (WIFEXITED(status))
		say("/etc/rc ended with status %d, so you are the single user",
		    WEXITSTATUS(status));
	else
		say("/etc/rc did not end by itself, so you are the single "
		    "user");
	return (STATE_SINGLE);
}

/* A console that isn't secure is no place to be root without asking. */
static void
ask_password(void)
{
	struct ttyent *tty = getttynam("console");
	struct master root;
	const char *typed;

	if (tty == NULL || (tty->ty_status & TTY_SECURE) != 0 ||
	    !master_find(&root, "root"))
		return;
	do {
		typed = getpass("Enter root password, or ^D to go multi-user\n"
				"Password:");
		if (typed == NULL || typed[0] == '\0')
			_exit(0);
	} while (!master_check(&root, typed));
}

static void
single_shell(void *arg)
{
	char name[] = "-sh", path[] = PATH, home[] = "HOME=/root";
	char term[] = "TERM=vt100", user[] = "USER=root";
	char *argv[] = {name, NULL}, *envp[] = {path, home, term, user, NULL};
	char shell[256];

	(void)arg;
	take_console();
	ask_password();
	printf("Enter full pathname of shell or RETURN for /bin/sh: ");
	fflush(stdout);
	if (fgets(shell, sizeof(shell), stdin) == NULL)
		_exit(0);
	shell[strcspn(shell, "\n")] = '\0';
	if (shell[0] != '\0')
		execve(shell, argv, envp);
	if (shell[0] != '\0')
		printf("%s: %s\n", shell, strerror(errno));
	execve("/bin/sh", argv, envp);
	printf("/bin/sh: %s\n", strerror(errno));
	fflush(stdout);
}

/* When its shell ends the system goes on to be for all. */
static enum state
state_single(void)
{
	int status = run(single_shell, NULL, -1, true);

	if (wish.down)
		return (STATE_DOWN);
	if (status == -1 || (WIFEXITED(status) && WEXITSTATUS(status) >= 126)) {
		say("no shell for a single user");
		want_down(true, RB_HALT);
		return (STATE_DOWN);
	}
	return (STATE_RC);
}

static struct session *
find_session(const char *name)
{
	struct session *s;

	for (s = sessions; s != NULL; s = s->next)
		if (strcmp(s->name, name) == 0)
			return (s);
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return (NULL);
	snprintf(s->name, sizeof(s->name), "%s", name);
	s->next = sessions;
	sessions = s;
	return (s);
}

/* What isn't listed any more is hung up, and forgotten when it ended. */
static void
forget_sessions(void)
{
	struct session **at = &sessions, *s;

	while ((s = *at) != NULL) {
		if (!s->listed && s->pid == 0) {
			*at = s->next;
			free(s);
			continue;
		}
		if (!s->listed)
			(void)kill(s->pid, SIGHUP);
		at = &s->next;
	}
}

static void
read_ttys(void)
{
	struct ttyent *tty;
	struct session *s;

	wish.reread = false;
	for (s = sessions; s != NULL; s = s->next)
		s->listed = false;
	while ((tty = getttyent()) != NULL) {
		if (!(tty->ty_status & TTY_ON) || tty->ty_getty == NULL ||
		    (s = find_session(tty->ty_name)) == NULL)
			continue;
		s->listed = true;
		s->not_before = 0;
		snprintf(s->command, sizeof(s->command), "%s", tty->ty_getty);
		snprintf(s->type, sizeof(s->type), "%s",
		    tty->ty_type != NULL ? tty->ty_type : "dumb");
	}
	endttyent();
	forget_sessions();
}

static void
getty(void *arg)
{
	struct session *s = arg;
	char *argv[8], term[48], path[] = PATH, *rest = s->command;
	char *envp[] = {path, term, NULL};
	int argc = 0;

	snprintf(term, sizeof(term), "TERM=%s", s->type);
	while (argc < 6 && (argv[argc] = strsep(&rest, " ")) != NULL)
		argc++;
	argv[argc++] = s->name;
	argv[argc] = NULL;
	(void)setsid();
	execve(argv[0], argv, envp);
	say("%s: %s", argv[0], strerror(errno));
}

/* Starts what is due; returns in how many ms the next is, or -1. */
static long
start_sessions(void)
{
	long time = now(), next = -1;

	for (struct session *s = sessions; s != NULL; s = s->next) {
		if (s->pid != 0 || !s->listed || wish.no_more)
			continue;
		if (s->not_before > time) {
			if (next < 0 || s->not_before - time < next)
				next = s->not_before - time;
			continue;
		}
		s->started = time;
		s->pid = start(getty, s);
		if (s->pid < 0) {
			s->pid = 0;
			s->not_before = time + PAUSE;
		}
	}
	return (next);
}

static enum state
state_multi(void)
{
	wish.no_more = false;
	wish.reread = true;
	while (!wish.down) {
		if (wish.reread)
			read_ttys();
		wait_event(start_sessions());
	}
	return (STATE_DOWN);
}

static void
run_shutdown(void)
{
	char file[] = "/etc/rc.shutdown", end[] = "reboot", single[] = "single";
	char *words[] = {file, wish.end ? end : single};
	int seconds = 120, status;
	size_t size = sizeof(seconds);

	if (access(file, F_OK) != 0)
		return;
	(void)sysctlbyname(
	    "kern.init_shutdown_timeout", &seconds, &size, NULL, 0);
	status = run(script, words, (long)seconds * MS, false);
	if (status == -1)
		say("%s takes more than %d s", file, seconds);
	else if (status != 0)
		say("%s ended with status %d", file, WEXITSTATUS(status));
}

/* Sends it to everybody else and waits until none is left; true if so. */
static bool
kill_all(int signo)
{
	long until = now() + PATIENCE, left;

	if (kill(-1, signo) != 0 && errno == ESRCH)
		return (true);
	(void)kill(-1, SIGCONT);
	while (reap()) {
		left = until - now();
		if (left <= 0)
			return (false);
		wait_event(left);
	}
	return (true);
}

/* All sessions and then all processes end; shells, which ignore SIGTERM, by
 * the SIGHUP. */
static enum state
state_down(void)
{
	struct session *s;

	for (s = sessions; s != NULL; s = s->next) {
		s->listed = false;
		if (s->pid != 0)
			(void)kill(s->pid, SIGHUP);
	}
	run_shutdown();
	(void)kill(-1, SIGHUP);
	if (!kill_all(SIGTERM) && !kill_all(SIGKILL))
		say("some processes would not die");
	if (wish.end) {
		sync();
		(void)reboot(wish.how);
		say("reboot: %s", strerror(errno));
	}
	wish.down = false;
	forget_sessions();
	return (STATE_SINGLE);
}

static void
nothing(int signo)
{
	(void)signo;
}

/* A signal without a handler that is ignored isn't kept for us to wait for. */
static void
prepare_signals(void)
{
	static const int list[] = {SIGCHLD, SIGHUP, SIGINT, SIGTERM, SIGTSTP,
	    SIGUSR1, SIGUSR2, SIGWINCH};
	struct sigaction action = {.sa_handler = nothing};
	sigset_t all;

	sigemptyset(&events);
	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		sigaddset(&events, list[i]);
		(void)sigaction(list[i], &action, NULL);
	}
	sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, NULL);
}

/* Run by a person, it passes a run level of System V's on to the real one. */
static int
tell_init(int argc, char **argv)
{
	static const struct {
		char level;
		int signo;
	} levels[] = {{'0', SIGUSR2}, {'1', SIGTERM}, {'6', SIGINT},
	    {'c', SIGTSTP}, {'q', SIGHUP}};

	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
		if (argc == 2 && argv[1][0] == levels[i].level &&
		    argv[1][1] == '\0') {
			if (kill(1, levels[i].signo) == 0)
				return (0);
			dprintf(2, "init: process 1: %s\n", strerror(errno));
			return (1);
		}
	dprintf(2, "usage: init 0 | 1 | 6 | c | q\n");
	return (1);
}

int
main(int argc, char **argv)
{
	static enum state (*const run_state[])(void) = {
	    state_rc, state_single, state_multi, state_down};
	enum state state = STATE_RC;
	int fd;

	if (getpid() != 1)
		return (tell_init(argc, argv));
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "-s") == 0)
			state = STATE_SINGLE;
	(void)setsid();
	(void)setlogin("root");
	prepare_signals();
	fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd < 2)
		fd = dup(fd);
	for (;;)
		state = run_state[state]();
}
