/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * Signals that we pass on or act upon.  The handler writes the signal's number
 * into a pipe, where poll(2) finds it among the other things that happen.
 */

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <unistd.h>

#include "vm.h"

/*
 * The host's number, which differs from system to system, and FreeBSD's, or 0
 * for what is our own business.
 */
static const struct {
	int host;
	int freebsd;
} caught[] = {
    {SIGHUP, 1},
    {SIGINT, 2},
    {SIGQUIT, 3},
    {SIGTERM, 15},
    {SIGUSR1, 30},
    {SIGUSR2, 31},
    {SIGCHLD, 0},
    {SIGCONT, 0},
    {SIGTSTP, 0},
    {SIGWINCH, 0},
};

#define NCAUGHT (sizeof(caught) / sizeof(caught[0]))

int signals_fd = -1;
static int write_fd = -1;

static void
handler(int signo)
{
	unsigned char byte = (unsigned char)signo;
	int saved = errno;

	/* A full pipe holds thousands already; one more says nothing new. */
	(void)!write(write_fd, &byte, 1);
	errno = saved;
}

void
signals_catch(void)
{
	struct sigaction action = {.sa_flags = SA_RESTART}, old;
	int fds[2];

	if (pipe(fds) != 0)
		err(EXIT_IMP, "pipe");
	for (int i = 0; i < 2; i++) {
		(void)fcntl(fds[i], F_SETFD, FD_CLOEXEC);
		(void)fcntl(fds[i], F_SETFL, O_NONBLOCK);
	}
	signals_fd = fds[0];
	write_fd = fds[1];
	(void)signal(SIGPIPE, SIG_IGN);
	action.sa_handler = handler;
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < NCAUGHT; i++) {
		/* What nohup(1) and the like had ignored stays ignored. */
		if (caught[i].freebsd != 0 &&
		    sigaction(caught[i].host, NULL, &old) == 0 &&
		    old.sa_handler == SIG_IGN)
			continue;
		(void)sigaction(caught[i].host, &action, NULL);
	}
}

void
signals_default(void)
{
	sigset_t none;

	for (size_t i = 0; i < NCAUGHT; i++)
		(void)signal(caught[i].host, SIG_DFL);
	(void)signal(SIGPIPE, SIG_DFL);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/*
 * The next signal that has come, or 0.  *freebsd is its number in the guest if
 * it shall be passed on, else 0.
 */
int
signals_next(int *freebsd)
{
	unsigned char byte;

	*freebsd = 0;
	if (read(signals_fd, &byte, 1) != 1)
		return (0);
	for (size_t i = 0; i < NCAUGHT; i++)
		if (caught[i].host == byte)
			*freebsd = caught[i].freebsd;
	return (byte);
}
