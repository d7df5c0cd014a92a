/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * pty COMMAND [ARG...]: a person at a terminal.  Runs the command on a new
 * pseudo-terminal of the host, and does what standard input says:
 *
 *	see TEXT	wait until it appears
 *	type TEXT	in both: \n, \r, \\, \ooo octal
 *	say TEXT	to who looks on
 *	size ROWS COLS
 *	patience SECONDS	that each of what follows may take (60)
 *	raw | cooked	the terminal is in that mode now
 *	end STATUS	the command ends so
 *
 * Without an end the command is killed when there is nothing more to do.
 */

#include <err.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

static long patience = 60000; /* milliseconds */
static int master;
static pid_t child;
static char seen[65536];
static size_t seen_size;

static void
start(char **argv)
{
	struct winsize ws = {.ws_row = 24, .ws_col = 80};
	const char *name;
	int fd;

	master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0)
		err(2, "pseudo-terminal");
	name = ptsname(master);
	(void)ioctl(master, TIOCSWINSZ, &ws);
	child = fork();
	if (child < 0)
		err(2, "fork");
	if (child > 0)
		return;
	(void)setsid();
	fd = open(name, O_RDWR);
	for (int i = 0; i < 3; i++)
		(void)dup2(fd, i);
	execvp(argv[0], argv);
	err(2, "%s", argv[0]);
}

static long
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (t.tv_sec * 1000 + t.tv_nsec / 1000000);
}

/* Reads what there is; false at the end, or when patience is. */
static bool
more(long until)
{
	struct pollfd fd = {master, POLLIN, 0};
	ssize_t n;

	if (until <= now() || poll(&fd, 1, (int)(until - now())) != 1)
		return (false);
	n = read(master, seen + seen_size, sizeof(seen) - 1 - seen_size);
	if (n <= 0)
		return (false);
	seen_size += (size_t)n;
	seen[seen_size] = '\0';
	return (true);
}

/* Who goes takes along what goes on. */
static void
take_along(void)
{
	if (child > 0)
		(void)kill(child, SIGKILL);
}

static _Noreturn void
fail(const char *what, const char *text)
{
	fprintf(stderr, "%s: %s\nseen: %s\n", what, text, seen);
	take_along();
	exit(1);
}

static void
see(const char *text)
{
	long until = now() + patience;
	char *found;

	while ((found = strstr(seen, text)) == NULL)
		if (!more(until))
			fail("not seen", text);
	found += strlen(text);
	seen_size -= (size_t)(found - seen);
	memmove(seen, found, seen_size + 1);
}

static void
type(const char *text)
{
	size_t n = strlen(text);

	if (write(master, text, n) != (ssize_t)n)
		err(2, "write");
}

/* \n, \r, \\ and \ooo become what they stand for. */
static void
unescape(char *text)
{
	char *to = text;

	while (*text != '\0') {
		if (*text != '\\') {
			*to++ = *text++;
			continue;
		}
		text++;
		if (*text >= '0' && *text <= '7') {
			*to++ = (char)strtol(text, &text, 8);
			continue;
		}
		*to++ = *text == 'n' ? '\n' : *text == 'r' ? '\r' : *text;
		text += *text != '\0';
	}
	*to = '\0';
}

static void
check_mode(bool raw)
{
	long until = now() + patience;
	struct termios t;

	do {
		if (tcgetattr(master, &t) == 0 &&
		    ((t.c_lflag & ICANON) == 0) == raw)
			return;
		(void)more(now() + 10);
	} while (now() < until);
	fail("the terminal isn't", raw ? "raw" : "cooked");
}

static void
resize(const char *text)
{
	struct winsize ws = {0};

	if (sscanf(text, "%hu %hu", &ws.ws_row, &ws.ws_col) != 2 ||
	    ioctl(master, TIOCSWINSZ, &ws) != 0)
		err(2, "size");
}

static void
end(int wanted)
{
	long until = now() + patience;
	int status;

	while (waitpid(child, &status, WNOHANG) == 0) {
		if (now() > until)
			fail("it doesn't", "end");
		(void)more(now() + 20);
	}
	child = 0;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != wanted)
		fail("it ended in another way", "");
}

int
main(int argc, char **argv)
{
	char line[1024], *text;

	if (argc < 2)
		errx(2, "no command");
	start(argv + 1);
	while (fgets(line, sizeof(line), stdin) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		text = strchr(line, ' ');
		if (text != NULL)
			*text++ = '\0';
		else
			text = line + strlen(line);
		unescape(text);
		if (strcmp(line, "see") == 0)
			see(text);
		else if (strcmp(line, "type") == 0)
			type(text);
		else if (strcmp(line, "say") == 0)
			fprintf(stderr, "%s\n", text);
		else if (strcmp(line, "size") == 0)
			resize(text);
		else if (strcmp(line, "patience") == 0)
			patience = atol(text) * 1000;
		else if (strcmp(line, "raw") == 0)
			check_mode(true);
		else if (strcmp(line, "cooked") == 0)
			check_mode(false);
		else if (strcmp(line, "end") == 0)
			end(atoi(text));
		else
			errx(2, "%s?", line);
	}
	take_along();
	return (0);
}
