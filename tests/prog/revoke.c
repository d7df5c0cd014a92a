/* SPDX-License-Identifier: BSD-2-Clause */
/* revoke(2): terminals that change hands, and the end of a session. */
#include "files.h"

#include "fbsd/poll.h"
#include "fbsd/termios.h"

enum {
	SYS_setuid = 23,
	SYS_ioctl = 54,
	SYS_revoke = 56,
	SYS_setsid = 147,
	SYS_poll = 209,
	SYS_posix_openpt = 504,
};

static char path[] = "/dev/pts/0";
static long master, terminal;
static volatile int *steps; /* shared: how far the children are */

static void
open_pair(void)
{
	int number = -1;

	master = SYS(SYS_posix_openpt, O_RDWR | O_NOCTTY);
	CHECK(master >= 3);
	CHECK_EQ(SYS(SYS_ioctl, master, TIOCGPTN, &number), 0);
	path[9] = (char)('0' + number);
	terminal = xopen(path, O_RDWR | O_NOCTTY, 0);
	CHECK(terminal >= 3);
}

static void
close_pair(void)
{
	CHECK_EQ(SYS(SYS_close, terminal), 0);
	CHECK_EQ(SYS(SYS_close, master), 0);
}

static void
wait_step(int step)
{
	while (*steps < step)
		sleep_ms(1);
}

static void
next_step(void)
{
	__atomic_add_fetch(steps, 1, __ATOMIC_SEQ_CST);
}

/* The file is dead as revoke(2) says. */
static void
check_dead(long fd)
{
	struct pollfd pfd = {(int)fd, POLLIN | POLLOUT, 0};
	struct termios t;
	struct stat st;
	char c;

	CHECK_EQ(SYS(SYS_read, fd, &c, 1), 0);
	CHECK_EQ(SYS(SYS_write, fd, "x", 1), -EIO);
	CHECK_EQ(SYS(SYS_ioctl, fd, TIOCGETA, &t), -ENOTTY);
	CHECK_EQ(SYS(SYS_fstat, fd, &st), -EBADF);
	CHECK_EQ(SYS(SYS_poll, &pfd, 1, 0), 1);
	CHECK_EQ(pfd.revents, POLLHUP | POLLIN);
}

static int
reader(void)
{
	char c;

	next_step();
	CHECK_EQ(SYS(SYS_read, terminal, &c, 1), 0);
	check_dead(terminal);
	return (failures);
}

static void
taken_away(void)
{
	struct pollfd pfd;
	int status = -1;
	char buf[8];
	long pid, new;

	open_pair();
	*steps = 0;
	pid = SYS(SYS_fork);
	if (pid == 0)
		(void)SYS(SYS_exit, reader());
	wait_step(1);
	sleep_ms(5);
	CHECK_EQ(SYS(SYS_ioctl, terminal, TIOCEXCL), 0);
	CHECK_EQ(SYS(SYS_write, master, "typed", 5), 5);
	CHECK_EQ(SYS(SYS_revoke, path), 0);
	CHECK_EQ(SYS(SYS_wait4, pid, &status, 0, NULL), pid);
	CHECK_EQ(status, 0);
	check_dead(terminal);
	/* Nobody has it open: the master sees that. */
	CHECK_EQ(SYS(SYS_ioctl, master, TIOCFLUSH, &(int){0}), 0);
	pfd = (struct pollfd){(int)master, POLLIN, 0};
	CHECK_EQ(SYS(SYS_poll, &pfd, 1, 0), 1);
	CHECK((pfd.revents & POLLHUP) != 0);
	/* Who comes now shares it with nobody, nor reads what was typed. */
	new = xopen(path, O_RDWR | O_NOCTTY | O_NONBLOCK, 0);
	CHECK(new >= 0);
	CHECK_EQ(SYS(SYS_read, new, buf, 8), -EAGAIN);
	CHECK_EQ(SYS(SYS_write, master, "y\n", 2), 2);
	CHECK_EQ(SYS(SYS_read, new, buf, 8), 2);
	check_dead(terminal);
	/* Closing the dead one doesn't close the other. */
	CHECK_EQ(SYS(SYS_close, terminal), 0);
	CHECK_EQ(SYS(SYS_write, new, "z", 1), 1);
	CHECK_EQ(SYS(SYS_close, new), 0);
	CHECK_EQ(SYS(SYS_close, master), 0);
}

static int
nobody(void)
{
	CHECK_EQ(SYS(SYS_setuid, 1001), 0);
	CHECK_EQ(SYS(SYS_revoke, path), -EPERM);
	return (failures);
}

static int
owner(void)
{
	CHECK_EQ(SYS(SYS_setuid, 1002), 0);
	CHECK_EQ(SYS(SYS_revoke, path), 0);
	return (failures);
}

static void
rights(void)
{
	open_pair();
	CHECK_EQ(in_child(nobody), 0);
	CHECK_EQ(SYS(SYS_chown, path, 1002, 4), 0);
	CHECK_EQ(in_child(owner), 0);
	check_dead(terminal);
	CHECK_EQ(SYS(SYS_chown, path, 0, 4), 0);
	CHECK_EQ(put("/file", ""), 0);
	CHECK_EQ(SYS(SYS_revoke, "/file"), -EINVAL);
	CHECK_EQ(SYS(SYS_revoke, "/"), -EINVAL);
	CHECK_EQ(SYS(SYS_revoke, "/dev/null"), -EOPNOTSUPP);
	CHECK_EQ(SYS(SYS_revoke, "/nothing"), -ENOENT);
	CHECK_EQ(SYS(SYS_revoke, 8), -EFAULT);
	close_pair();
}

/* A process that outlives its session's leader, deaf to SIGHUP. */
static int
left_behind(void)
{
	char c;

	CHECK_EQ(handle(SIGHUP, (void *)SIG_IGN, 0), 0);
	next_step();
	CHECK_EQ(SYS(SYS_read, terminal, &c, 1), 0);
	check_dead(terminal);
	CHECK_EQ(xopen("/dev/tty", O_RDWR, 0), -ENXIO);
	*steps = failures == 0 ? 100 : 200;
	return (failures);
}

static int
leader(void)
{
	CHECK(SYS(SYS_setsid) > 0);
	CHECK_EQ(SYS(SYS_ioctl, terminal, TIOCSCTTY, 0), 0);
	if (SYS(SYS_fork) == 0)
		(void)SYS(SYS_exit, left_behind());
	wait_step(1);
	sleep_ms(5);
	return (failures);
}

static void
end_of_session(void)
{
	open_pair();
	*steps = 0;
	CHECK_EQ(in_child(leader), 0);
	wait_step(100);
	CHECK_EQ(*steps, 100);
	check_dead(terminal);
	close_pair();
}

/* A session whose terminal is revoked has none; another may have it. */
static int
second(void)
{
	long new = xopen(path, O_RDWR, 0);

	CHECK(SYS(SYS_setsid) > 0);
	CHECK_EQ(SYS(SYS_ioctl, new, TIOCSCTTY, 0), -EPERM);
	CHECK_EQ(SYS(SYS_revoke, path), 0);
	new = xopen(path, O_RDWR, 0);
	CHECK_EQ(SYS(SYS_ioctl, new, TIOCSCTTY, 0), 0);
	CHECK(xopen("/dev/tty", O_RDWR, 0) >= 0);
	return (failures);
}

static int
first(void)
{
	CHECK(SYS(SYS_setsid) > 0);
	CHECK_EQ(SYS(SYS_ioctl, terminal, TIOCSCTTY, 0), 0);
	CHECK_EQ(in_child(second), 0);
	check_dead(terminal);
	CHECK_EQ(xopen("/dev/tty", O_RDWR, 0), -ENXIO);
	return (failures);
}

static void
changes_hands(void)
{
	open_pair();
	CHECK_EQ(in_child(first), 0);
	close_pair();
}

/* A terminal belongs to who made the pair, whatever its name was before. */
static int
makes_pair(void)
{
	struct stat st;

	CHECK_EQ(SYS(SYS_setuid, 1002), 0);
	open_pair();
	CHECK_EQ(SYS(SYS_fstatat, AT_FDCWD, path, &st, 0), 0);
	CHECK_EQ(st.st_uid, 1002);
	CHECK_EQ(st.st_gid, 4);
	CHECK_EQ(st.st_mode, S_IFCHR | 0620);
	CHECK_EQ(SYS(SYS_fstat, terminal, &st), 0);
	CHECK_EQ(st.st_uid, 1002);
	return (failures);
}

static void
owners(void)
{
	open_pair();
	CHECK_EQ(SYS(SYS_chmod, path, 0666), 0);
	CHECK_EQ(SYS(SYS_chown, path, 1001, 1001), 0);
	close_pair();
	CHECK_EQ(in_child(makes_pair), 0);
}

/* The session whose terminal it was still lives when its pair is closed. */
static int
clings(void)
{
	char buf[16];
	long own;

	CHECK(SYS(SYS_setsid) > 0);
	open_pair();
	CHECK_EQ(SYS(SYS_ioctl, terminal, TIOCSCTTY, 0), 0);
	handle(SIGHUP, (void *)1, 0);
	close_pair();
	next_step();
	wait_step(2);
	own = xopen("/dev/tty", O_RDWR | O_NONBLOCK, 0);
	CHECK(own < 0 || SYS(SYS_read, own, buf, sizeof(buf)) <= 0);
	return (failures);
}

static int
takes_control(void)
{
	CHECK(SYS(SYS_setsid) > 0);
	CHECK_EQ(SYS(SYS_ioctl, terminal, TIOCSCTTY, 0), 0);
	CHECK_EQ(SYS(SYS_write, master, "secret\n", 7), 7);
	next_step();
	wait_step(3);
	return (failures);
}

static void
not_used_again(void)
{
	int status = -1;
	long pid;

	*steps = 0;
	pid = SYS(SYS_fork);
	if (pid == 0) {
		status = clings();
		next_step();
		(void)SYS(SYS_exit, status);
	}
	wait_step(1);
	open_pair();
	CHECK_EQ(in_child(takes_control), 0);
	CHECK_EQ(SYS(SYS_wait4, pid, &status, 0, NULL), pid);
	CHECK_EQ(status, 0);
	close_pair();
}

/* Many who read, write and open, while it is revoked again and again. */
static int
user(void)
{
	char buf[16];

	while (*steps == 0) {
		long fd = xopen(path, O_RDWR | O_NOCTTY, 0);

		(void)SYS(SYS_write, fd, "some text\n", 10);
		(void)SYS(SYS_read, fd, buf, 16);
		(void)SYS(SYS_close, fd);
	}
	return (0);
}

static void
storm(void)
{
	int status;
	long pid[3];
	char buf[256];

	open_pair();
	*steps = 0;
	for (int i = 0; i < 3; i++) {
		pid[i] = SYS(SYS_fork);
		if (pid[i] == 0)
			(void)SYS(SYS_exit, user());
	}
	CHECK_EQ(SYS(SYS_fcntl, master, F_SETFL, O_NONBLOCK), 0);
	for (int i = 0; i < 300; i++) {
		(void)SYS(SYS_write, master, "in\n", 3);
		CHECK_EQ(SYS(SYS_revoke, path), 0);
		(void)SYS(SYS_read, master, buf, 256);
		(void)SYS(SYS_sched_yield);
	}
	*steps = 1;
	for (int i = 0; i < 3; i++) {
		while (SYS(SYS_wait4, pid[i], &status, 1, NULL) == 0) {
			CHECK_EQ(SYS(SYS_revoke, path), 0);
			sleep_ms(1);
		}
		CHECK_EQ(status, 0);
	}
	close_pair();
}

int
main(int argc, char **argv)
{
	steps = map_anon(4096, MAP_ANON_SHARED);
	taken_away();
	rights();
	end_of_session();
	changes_hands();
	owners();
	not_used_again();
	storm();
	return (result("revoke"));
}
