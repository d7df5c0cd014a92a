/* SPDX-License-Identifier: BSD-2-Clause */
/* Advisory locks and named pipes, between processes. */
#include "files.h"

#include "fbsd/resource.h"

enum { SYS_rfork = 251 };

static long
lock(long fd, int cmd, int type, off_t start, off_t len)
{
	struct flock fl = {
	    .l_start = start, .l_len = len, .l_type = (int16_t)type};

	return (SYS(SYS_fcntl, fd, cmd, &fl));
}

static long fd, fd2;

/* What the parent has locked, seen from a child. */
static int
other(void)
{
	struct flock fl = {.l_start = 0, .l_len = 0, .l_type = F_WRLCK};

	CHECK_EQ(SYS(SYS_fcntl, fd, F_GETLK, &fl), 0);
	CHECK_EQ(fl.l_type, F_WRLCK);
	CHECK_EQ(fl.l_start, 10);
	CHECK_EQ(fl.l_len, 5);
	CHECK_EQ(lock(fd, F_SETLK, F_WRLCK, 0, 10), 0);
	CHECK_EQ(lock(fd, F_SETLK, F_WRLCK, 9, 2), -EAGAIN);
	CHECK_EQ(lock(fd, F_SETLK, F_RDLCK, 14, 1), -EAGAIN);
	CHECK_EQ(lock(fd, F_SETLK, F_RDLCK, 20, 1), 0);
	CHECK_EQ(lock(fd, F_SETLK, F_WRLCK, 25, 1), -EAGAIN);
	CHECK_EQ(SYS(SYS_flock, fd2, LOCK_EX | LOCK_NB), -EAGAIN);
	return (failures);
}

static int
free_now(void)
{
	CHECK_EQ(lock(fd, F_SETLK, F_WRLCK, 0, 0), 0);
	return (failures);
}

static void
ranges(void)
{
	fd = xopen("lk", O_RDWR | O_CREAT, 0644);
	fd2 = xopen("lk", O_RDONLY, 0);
	CHECK_EQ(lock(fd2, F_SETLK, F_WRLCK, 0, 1), -EBADF);
	CHECK_EQ(lock(fd, F_SETLK, F_WRLCK, -1, 1), -EINVAL);
	CHECK_EQ(lock(fd, F_SETLK, 77, 0, 1), -EINVAL);
	/* [10, 15) for writing, [20, 30) for reading, out of larger ones. */
	CHECK_EQ(lock(fd, F_SETLK, F_WRLCK, 0, 20), 0);
	CHECK_EQ(lock(fd, F_SETLK, F_UNLCK, 0, 10), 0);
	CHECK_EQ(lock(fd, F_SETLK, F_UNLCK, 15, 5), 0);
	CHECK_EQ(lock(fd, F_SETLK, F_RDLCK, 20, 0), 0);
	CHECK_EQ(lock(fd, F_SETLK, F_UNLCK, 30, 0), 0);
	CHECK_EQ(in_child(other), 0);
	/* Closing any descriptor of the file drops them. */
	CHECK_EQ(SYS(SYS_close, fd2), 0);
	CHECK_EQ(in_child(free_now), 0);
}

static void
whole_files(void)
{
	long a = xopen("lk", O_RDWR, 0), b = xopen("lk", O_RDWR, 0), c;

	CHECK_EQ(SYS(SYS_flock, a, LOCK_SH), 0);
	CHECK_EQ(SYS(SYS_flock, b, LOCK_SH | LOCK_NB), 0);
	CHECK_EQ(SYS(SYS_flock, b, LOCK_EX | LOCK_NB), -EAGAIN);
	CHECK_EQ(SYS(SYS_flock, a, LOCK_UN), 0);
	CHECK_EQ(SYS(SYS_flock, b, LOCK_EX | LOCK_NB), 0);
	c = SYS(SYS_dup, b);
	CHECK_EQ(SYS(SYS_close, b), 0);
	CHECK_EQ(SYS(SYS_flock, a, LOCK_SH | LOCK_NB), -EAGAIN);
	CHECK_EQ(xopen("lk", O_RDONLY | O_SHLOCK | O_NONBLOCK, 0), -EAGAIN);
	CHECK_EQ(SYS(SYS_close, c), 0);
	CHECK_EQ(SYS(SYS_flock, a, LOCK_SH | LOCK_NB), 0);
	CHECK_EQ(SYS(SYS_close, a), 0);
}

/*
 * Each of two holds a byte and waits for the other's: whoever comes second
 * hears of it, lets go, and so the first goes on.
 */
static volatile int *holders, *circles;

static void
wait_crosswise(off_t mine, off_t others)
{
	long error;

	CHECK_EQ(lock(fd, F_SETLK, F_WRLCK, mine, 1), 0);
	__atomic_add_fetch(holders, 1, __ATOMIC_SEQ_CST);
	while (*holders != 2)
		sleep_ms(1);
	error = lock(fd, F_SETLKW, F_WRLCK, others, 1);
	if (error == -EDEADLK)
		__atomic_add_fetch(circles, 1, __ATOMIC_SEQ_CST);
	else
		CHECK_EQ(error, 0);
	CHECK_EQ(lock(fd, F_SETLK, F_UNLCK, 0, 0), 0);
}

static void
deadlock(void)
{
	int status;
	long pid;

	holders = map_anon(4096, MAP_ANON_SHARED);
	circles = holders + 1;
	pid = SYS(SYS_fork);
	if (pid == 0) {
		wait_crosswise(1, 0);
		(void)SYS(SYS_exit, failures);
	}
	wait_crosswise(0, 1);
	CHECK_EQ(SYS(SYS_wait4, pid, &status, 0, NULL), pid);
	CHECK_EQ(status, 0);
	CHECK_EQ(*circles, 1);
	CHECK_EQ(SYS(SYS_close, fd), 0);
}

/*
 * Processes with a file each hold that one and wait for the next one's, which
 * is a circle: one of them hears of it, and the others go on.  Then all lock
 * and unlock the files as they come: nobody has one beside another, and nobody
 * waits for ever.
 */
#define RING  4
#define TURNS 150

static volatile int *inside; /* who has the lock of each file, plus one */

static long
ring_file(int i)
{
	static char name[] = "ring0";

	name[4] = (char)('0' + i);
	return (xopen(name, O_RDWR | O_CREAT, 0644));
}

static void
close_circle(const long *files, int me)
{
	long error;

	CHECK_EQ(lock(files[me], F_SETLK, F_WRLCK, 0, 0), 0);
	__atomic_add_fetch(holders, 1, __ATOMIC_SEQ_CST);
	while (*holders != RING)
		sleep_ms(1);
	error = lock(files[(me + 1) % RING], F_SETLKW, F_WRLCK, 5, 1);
	if (error == -EDEADLK)
		__atomic_add_fetch(circles, 1, __ATOMIC_SEQ_CST);
	else
		CHECK_EQ(error, 0);
	for (int i = 0; i < RING; i++)
		CHECK_EQ(lock(files[i], F_SETLK, F_UNLCK, 0, 0), 0);
}

/* Two files in any order: what closes a circle lets go of the first. */
static void
lock_two(const long *files, int a, int b, int me)
{
	long error;

	CHECK_EQ(lock(files[a], F_SETLKW, F_WRLCK, 0, 10), 0);
	CHECK_EQ(__atomic_exchange_n(&inside[a], me + 1, __ATOMIC_SEQ_CST), 0);
	error = lock(files[b], F_SETLKW, F_WRLCK, 0, 10);
	if (error == 0) {
		CHECK_EQ(
		    __atomic_exchange_n(&inside[b], me + 1, __ATOMIC_SEQ_CST),
		    0);
		CHECK_EQ(__atomic_exchange_n(&inside[b], 0, __ATOMIC_SEQ_CST),
		    me + 1);
		CHECK_EQ(lock(files[b], F_SETLK, F_UNLCK, 0, 0), 0);
	} else
		CHECK_EQ(error, -EDEADLK);
	CHECK_EQ(__atomic_exchange_n(&inside[a], 0, __ATOMIC_SEQ_CST), me + 1);
	CHECK_EQ(lock(files[a], F_SETLK, F_UNLCK, 0, 0), 0);
}

static int
in_ring(int me)
{
	long files[RING];

	for (int i = 0; i < RING; i++)
		files[i] = ring_file(i);
	close_circle(files, me);
	for (int i = 0; i < TURNS; i++)
		lock_two(files, (me + i) % RING,
		    (me + i + 1 + i % (RING - 1)) % RING, me);
	return (failures);
}

static void
ring(void)
{
	long pid[RING];
	int status;

	holders = map_anon(4096, MAP_ANON_SHARED);
	circles = holders + 1;
	inside = holders + 2;
	for (int i = 0; i < RING; i++) {
		pid[i] = SYS(SYS_fork);
		if (pid[i] == 0)
			(void)SYS(SYS_exit, in_ring(i));
	}
	for (int i = 0; i < RING; i++) {
		CHECK_EQ(SYS(SYS_wait4, pid[i], &status, 0, NULL), pid[i]);
		CHECK_EQ(status, 0);
	}
	CHECK_EQ(*circles, 1);
}

/* Several wait for a file's lock, and don't wake each other meanwhile. */
static int
wait_for_file(void)
{
	long mine = xopen("lk", O_RDWR, 0);

	__atomic_add_fetch(holders, 1, __ATOMIC_SEQ_CST);
	CHECK_EQ(SYS(SYS_flock, mine, LOCK_EX), 0);
	return (failures);
}

static void
quiet_waits(void)
{
	long pid[3], mine = xopen("lk", O_RDWR, 0);
	struct rusage ru;
	int status;

	*holders = 0;
	CHECK_EQ(SYS(SYS_flock, mine, LOCK_EX), 0);
	for (int i = 0; i < 3; i++) {
		pid[i] = SYS(SYS_fork);
		if (pid[i] == 0) {
			CHECK_EQ(SYS(SYS_close, mine), 0);
			(void)SYS(SYS_exit, wait_for_file());
		}
	}
	while (*holders != 3)
		sleep_ms(1);
	sleep_ms(50);
	CHECK_EQ(SYS(SYS_flock, mine, LOCK_UN), 0);
	for (int i = 0; i < 3; i++) {
		CHECK_EQ(SYS(SYS_wait4, pid[i], &status, 0, &ru), pid[i]);
		CHECK_EQ(status, 0);
		CHECK(ru.ru_nvcsw < 30);
	}
	CHECK_EQ(SYS(SYS_close, mine), 0);
}

/*
 * A thread waits for a lock by a descriptor that another one closes: what it
 * gets then doesn't stay. (If it comes too late, the descriptor is closed.)
 */
static long closing;

static void
lock_closing(void *tid)
{
	long error = lock(closing, F_SETLKW, F_WRLCK, 0, 0);

	CHECK(error == 0 || error == -EBADF);
	end_thread(tid);
}

static void
close_while_waiting(const int go[2], const int done[2])
{
	static long tid;
	char byte = 0;

	closing = xopen("lk", O_RDWR, 0);
	CHECK_EQ(start_thread(lock_closing, &tid, &tid), 0);
	sleep_ms(50);
	CHECK_EQ(SYS(SYS_close, closing), 0);
	CHECK_EQ(SYS(SYS_write, done[1], &byte, 1), 1);
	join_thread(&tid);
	CHECK_EQ(SYS(SYS_write, done[1], &byte, 1), 1);
	CHECK_EQ(SYS(SYS_read, go[0], &byte, 1), 1);
	(void)SYS(SYS_exit, failures);
}

static void
closed_meanwhile(void)
{
	int go[2], done[2], status;
	long pid;
	char byte = 0;

	fd = xopen("lk", O_RDWR, 0);
	CHECK_EQ(SYS(SYS_pipe2, go, 0), 0);
	CHECK_EQ(SYS(SYS_pipe2, done, 0), 0);
	CHECK_EQ(lock(fd, F_SETLK, F_WRLCK, 0, 0), 0);
	pid = SYS(SYS_fork);
	if (pid == 0)
		close_while_waiting(go, done);
	CHECK_EQ(SYS(SYS_read, done[0], &byte, 1), 1);
	CHECK_EQ(lock(fd, F_SETLK, F_UNLCK, 0, 0), 0);
	CHECK_EQ(SYS(SYS_read, done[0], &byte, 1), 1);
	CHECK_EQ(lock(fd, F_SETLK, F_WRLCK, 0, 0), 0);
	CHECK_EQ(SYS(SYS_write, go[1], &byte, 1), 1);
	CHECK_EQ(SYS(SYS_wait4, pid, &status, 0, NULL), pid);
	CHECK_EQ(status, 0);
	CHECK_EQ(lock(fd, F_SETLK, F_UNLCK, 0, 0), 0);
}

/* A process's locks go with it, though the table of descriptors stays. */
static void
shared_table(void)
{
	const int rfproc = 1 << 4;
	long pid = SYS(SYS_rfork, rfproc);

	if (pid == 0)
		(void)SYS(SYS_exit, lock(fd, F_SETLK, F_WRLCK, 5, 1) != 0);
	CHECK_EQ(SYS(SYS_wait4, pid, NULL, 0, NULL), pid);
	CHECK_EQ(lock(fd, F_SETLK, F_WRLCK, 0, 0), 0);
	CHECK_EQ(SYS(SYS_close, fd), 0);
}

static int
writer(void)
{
	long w = xopen("fifo", O_WRONLY, 0);

	CHECK_EQ(SYS(SYS_write, w, "through", 7), 7);
	return (failures);
}

static void
fifos(void)
{
	char buf[16];
	long r, w, pid;

	CHECK_EQ(SYS(SYS_mkfifo, "fifo", 0644), 0);
	CHECK_EQ(xopen("fifo", O_WRONLY | O_NONBLOCK, 0), -ENXIO);
	pid = SYS(SYS_fork);
	if (pid == 0)
		(void)SYS(SYS_exit, writer());
	r = xopen("fifo", O_RDONLY, 0);
	CHECK_EQ(SYS(SYS_read, r, buf, 16), 7);
	CHECK(same(buf, "through", 7));
	CHECK_EQ(SYS(SYS_read, r, buf, 16), 0);
	CHECK_EQ(SYS(SYS_wait4, pid, NULL, 0, NULL), pid);
	w = xopen("fifo", O_WRONLY | O_NONBLOCK, 0);
	CHECK(w >= 0);
	CHECK_EQ(SYS(SYS_close, r), 0);
	r = xopen("fifo", O_RDONLY | O_NONBLOCK, 0);
	CHECK_EQ(SYS(SYS_read, r, buf, 16), -EAGAIN);
	CHECK_EQ(SYS(SYS_write, w, "x", 1), 1);
	CHECK_EQ(SYS(SYS_lseek, r, 0, SEEK_SET), -ESPIPE);
	CHECK_EQ(SYS(SYS_close, w), 0);
	CHECK_EQ(SYS(SYS_read, r, buf, 16), 1);
	CHECK_EQ(SYS(SYS_read, r, buf, 16), 0);
	CHECK_EQ(SYS(SYS_close, r), 0);
	r = xopen("fifo", O_RDWR, 0);
	CHECK_EQ(SYS(SYS_write, r, "both", 4), 4);
	CHECK_EQ(SYS(SYS_read, r, buf, 16), 4);
}

/* Two directions of renames between directories, and look-ups meanwhile. */
#define ROUNDS 300

static int
shuffler(void)
{
	for (int i = 0; i < ROUNDS; i++) {
		(void)SYS(SYS_rename, "a/x", "b/x");
		(void)SYS(SYS_rename, "a/d", "b/c/d");
		(void)SYS(SYS_rename, "b/c", "a/c");
		(void)exists("a/c/d/../../../b/x");
		(void)SYS(SYS_mkdir, "a/d", 0755);
		(void)SYS(SYS_rmdir, "b/c/d");
	}
	return (0);
}

static void
shuffle(void)
{
	long pid[3];

	CHECK_EQ(SYS(SYS_mkdir, "a", 0755), 0);
	CHECK_EQ(SYS(SYS_mkdir, "b", 0755), 0);
	CHECK_EQ(SYS(SYS_mkdir, "b/c", 0755), 0);
	CHECK_EQ(SYS(SYS_mkdir, "a/d", 0755), 0);
	CHECK_EQ(put("a/x", "x"), 0);
	for (int i = 0; i < 3; i++) {
		pid[i] = SYS(SYS_fork);
		if (pid[i] == 0)
			(void)SYS(SYS_exit, shuffler());
	}
	for (int i = 0; i < ROUNDS; i++) {
		(void)SYS(SYS_rename, "b/x", "a/x");
		(void)SYS(SYS_rename, "b/c/d", "a/d");
		(void)SYS(SYS_rename, "a/c", "b/c");
		(void)SYS(SYS_rename, "b/c", "b/e");
		(void)SYS(SYS_rename, "b/e", "b/c");
	}
	for (int i = 0; i < 3; i++)
		CHECK_EQ(SYS(SYS_wait4, pid[i], NULL, 0, NULL), pid[i]);
	CHECK(exists("a/x") || exists("b/x"));
}

int
main(int argc, char **argv)
{
	CHECK_EQ(SYS(SYS_mkdir, "/t", 0755), 0);
	CHECK_EQ(SYS(SYS_chdir, "/t"), 0);
	ranges();
	whole_files();
	deadlock();
	ring();
	quiet_waits();
	closed_meanwhile();
	shared_table();
	fifos();
	shuffle();
	return (result("locks"));
}
