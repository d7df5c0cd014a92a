/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a set-user-ID program may rely on: nothing that its user shares with it
 * or has prepared for it gives the user its rights.
 * The copies are SUID, root's with the mode 04755, and PLAIN.
 */
#include "selfcopy.h"
#include "fbsd/procctl.h"
#include "fbsd/wait.h"
#include "mounting.h"

enum {
	SYS_rfork = 251,
	SYS_issetugid = 253,
	SYS_getresuid = 360,
	SYS_procctl = 544,
	SYS_close_range = 575,
};

#define SUID  "/suid"
#define PLAIN "/plain"

static long
control(int command, int value)
{
	long error = SYS(SYS_procctl, P_PID, 0, command, &value);

	return (error != 0 ? error : value);
}

static void
no_new_privs(void)
{
	if (control(PROC_NO_NEW_PRIVS_CTL, PROC_NO_NEW_PRIVS_ENABLE) !=
	    PROC_NO_NEW_PRIVS_ENABLE)
		(void)SYS(SYS_exit, NOT_READY);
}

static void
close_std(void)
{
	(void)SYS(SYS_close_range, 0, 2, 0);
}

/* Standard output goes when the program starts. */
static void
close_later(void)
{
	(void)SYS(SYS_fcntl, 1, F_SETFD, FD_CLOEXEC);
}

/* Messages that would be written into the program itself. */
static void
own_memory(void)
{
	long fd = xopen("/proc/curproc/mem", O_RDWR, 0);

	if (fd < 0 || SYS(SYS_dup2, fd, 2) != 2)
		(void)SYS(SYS_exit, NOT_READY);
}

static void
death_signal(void)
{
	(void)control(PROC_PDEATHSIG_CTL, SIGUSR1);
}

static int
std_open(void)
{
	int open = 0;

	for (int fd = 0; fd < 3; fd++)
		open |= (SYS(SYS_fcntl, fd, F_GETFD, 0) >= 0) << fd;
	return (open);
}

static int
saved_is_effective(void)
{
	unsigned r, e, s;

	(void)SYS(SYS_getresuid, &r, &e, &s);
	return (e == s ? (r == NOBODY) + 1 : 0);
}

static unsigned
euid(void)
{
	unsigned r, e = 77, s;

	(void)SYS(SYS_getresuid, &r, &e, &s);
	return (e);
}

/* Is what is written to descriptor 2 in our memory? */
static int
writes_memory(void)
{
	static volatile char word[] = "before";

	(void)SYS(SYS_lseek, 2, &word, SEEK_SET);
	(void)SYS(SYS_write, 2, "after", 6);
	return (word[0] != 'b');
}

static volatile int marker = 0x11111111;

/* Some time for who has got hold of our memory. */
static int
changed_by_others(void)
{
	for (int i = 0; i < 3 && marker == 0x11111111; i++)
		(void)SYS(SYS_sched_yield);
	return (marker == 0x11111111 && euid() == 0 ? 0 : 1);
}

/* Ends of two pipes: the program says that it is there, and may end. */
enum { GO_READ = 20, GO_WRITE, THERE_READ, THERE_WRITE, PLANTED };

/* Has somebody who shared our descriptors opened one in the meantime? */
static int
wait_for_harm(void)
{
	char c;

	(void)SYS(SYS_write, THERE_WRITE, "x", 1);
	(void)SYS(SYS_read, GO_READ, &c, 1);
	return (SYS(SYS_fcntl, PLANTED, F_GETFD, 0) >= 0 ? 2 : euid() != 0);
}

static int
answer(const char *what)
{
	switch (what[0]) {
	case 'i': /* its ids */
		return ((int)SYS(SYS_issetugid) + (euid() == 0 ? 2 : 0));
	case 'h': /* those of its helper */
		run(PLAIN, "i");
		return (0);
	case 's':
		return (saved_is_effective());
	case 'o':
		return (std_open());
	case 'd':
		return ((int)control(PROC_PDEATHSIG_STATUS, 99));
	case 'n':
		return ((int)control(PROC_NO_NEW_PRIVS_STATUS, 99));
	case 'm':
		return (writes_memory());
	case 'c':
		return (changed_by_others());
	case 'w':
		return (wait_for_harm());
	default:
		return (0);
	}
}

static void
ids(void)
{
	CHECK_EQ(ask(NOBODY, PLAIN, "i", NULL), 0);
	CHECK_EQ(ask(NOBODY, SUID, "i", NULL), 3);
	/* Who is run by it isn't the user's either. */
	CHECK_EQ(ask(NOBODY, SUID, "h", NULL), 3);
	/* Nothing changes for root. */
	CHECK_EQ(ask(0, SUID, "i", NULL), 2);
	/* The effective id is saved by each program's start. */
	CHECK_EQ(ask(NOBODY, PLAIN, "s", NULL), 2);
	CHECK_EQ(ask(NOBODY, SUID, "s", NULL), 2);
	CHECK_EQ(ask(0, PLAIN, "s", NULL), 1);
}

static void
privileges(void)
{
	CHECK_EQ(
	    control(PROC_NO_NEW_PRIVS_STATUS, 99), PROC_NO_NEW_PRIVS_DISABLE);
	CHECK_EQ(control(PROC_NO_NEW_PRIVS_CTL, 2), -EINVAL);
	CHECK_EQ(ask(NOBODY, SUID, "i", no_new_privs), 0);
	/* Kept over fork and exec. */
	CHECK_EQ(
	    ask(NOBODY, PLAIN, "n", no_new_privs), PROC_NO_NEW_PRIVS_ENABLE);
	CHECK_EQ(ask(NOBODY, PLAIN, "n", NULL), PROC_NO_NEW_PRIVS_DISABLE);
	CHECK_EQ(ask(NOBODY, PLAIN, "d", death_signal), SIGUSR1);
	CHECK_EQ(ask(NOBODY, SUID, "d", death_signal), 0);
}

static void
descriptors(void)
{
	CHECK_EQ(ask(NOBODY, SUID, "o", close_std), 7);
	CHECK_EQ(ask(NOBODY, SUID, "o", close_later), 7);
	CHECK_EQ(ask(NOBODY, PLAIN, "o", close_std), 0);
	CHECK_EQ(ask(NOBODY, PLAIN, "m", own_memory), 1);
	CHECK_EQ(ask(NOBODY, SUID, "m", own_memory), 0);
}

static void
our_handler(int sig)
{
	(void)SYS(SYS_exit, 66);
}

/*
 * What a child made by rfork(flags) shares with its user's process before it
 * runs SUID it doesn't share afterwards: the handler that is set here isn't
 * called there, the descriptor that is opened here isn't there; and its start
 * doesn't change the handlers here.
 */
static void
sharing(long flags)
{
	struct sigaction old;
	bool signals = (flags & RFSIGSHARE) != 0;
	long pid;
	char c;

	make_pipe(GO_READ, GO_WRITE);
	make_pipe(THERE_READ, THERE_WRITE);
	CHECK_EQ(handle(SIGUSR2, our_handler, 0), 0);
	pid = SYS(SYS_rfork, flags);
	if (pid == 0)
		run(SUID, "w");
	CHECK_EQ(SYS(SYS_read, THERE_READ, &c, 1), 1);
	CHECK_EQ(SYS(SYS_sigaction, SIGUSR2, NULL, &old), 0);
	CHECK_EQ(old.sa_handler, (uint64_t)our_handler);
	CHECK_EQ(handle(SIGUSR1, our_handler, 0), 0);
	CHECK_EQ(SYS(SYS_dup2, 1, PLANTED), PLANTED);
	if (signals)
		CHECK_EQ(SYS(SYS_kill, pid, SIGUSR1), 0);
	CHECK_EQ(SYS(SYS_write, GO_WRITE, "x", 1), 1);
	CHECK_EQ(wait_for(pid), signals ? 1000 + SIGUSR1 : 0);
}

static int
sharing_signals(void)
{
	become(NOBODY);
	sharing(RFPROC | RFFDG | RFSIGSHARE);
	return (failures);
}

static int
sharing_descriptors(void)
{
	become(NOBODY);
	sharing(RFPROC);
	return (failures);
}

static const char *
memory_of(long pid)
{
	static char path[24];
	char *at = path + sizeof(path) - 5;

	memcpy(at, "/mem", 5);
	for (; pid > 0; pid /= 10)
		*--at = (char)('0' + pid % 10);
	at -= 6;
	memcpy(at, "/proc/", 6);
	return (at);
}

/* From the moment that it may until it may not. */
static void
write_marker(long mem, const int *value)
{
	bool could = false;
	long n;

	do {
		n = SYS(SYS_pwrite, mem, value, sizeof(*value), &marker);
		could |= n > 0;
	} while (n != -ESRCH && (n > 0 || !could));
}

/*
 * Somebody writes to a process's memory all the time while it becomes a set-id
 * program: what is written is in the old image.
 */
static int
between(void)
{
	static const int evil = 0x22222222;
	long pid, mem;
	char c;

	become(NOBODY);
	make_pipe(GO_READ, GO_WRITE);
	for (int i = 0; i < 100; i++) {
		pid = SYS(SYS_fork);
		if (pid == 0) {
			(void)SYS(SYS_read, GO_READ, &c, 1);
			run(SUID, "c");
		}
		mem = xopen(memory_of(pid), O_RDWR, 0);
		if (mem < 0)
			return (NOT_READY);
		CHECK_EQ(SYS(SYS_write, GO_WRITE, "x", 1), 1);
		write_marker(mem, &evil);
		CHECK_EQ(wait_for(pid), 0);
		(void)SYS(SYS_close, mem);
	}
	return (failures);
}

int
main(int argc, char **argv)
{
	if (argc > 1)
		return (answer(argv[1]));
	copy_self(SUID, 04755);
	copy_self(PLAIN, 0755);
	(void)SYS(SYS_mkdir, "/proc", 0755);
	CHECK_EQ(MOUNT("procfs", "/proc", NULL), 0);
	ids();
	privileges();
	descriptors();
	CHECK_EQ(in_child(sharing_signals), 0);
	CHECK_EQ(in_child(sharing_descriptors), 0);
	CHECK_EQ(in_child(between), 0);
	return (result("setid"));
}
