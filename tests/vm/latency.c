/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * latency MEGABYTES [DISK]: how late a thread's timer can be on one processor
 * while another thread has the kernel copy, scan or free so much memory; with
 * a disk, also on its UFS.  For a machine whose clock counts instructions.
 */
#include "freebsd.h"
#include "files.h"
#include "mounting.h"

#define LATE_MAX  2000000ul /* instructions, which are nanoseconds */
#define WRITE_MAX 20000ul
#define NAP	  3000000l
#define FILE	  "/tmp/latency"
#define DISKFILE  "/mnt/latency"

enum {
	SYS_mincore = 78,
	SYS_fsync = 95,
	SYS_mlock = 203,
	SYS_getrandom = 563,
};
#define SEEK_HOLE 4

static size_t size;
static char *memory;
static volatile bool stop;
static volatile uint64_t worst;

static void
sleeper(void *arg)
{
	struct timespec ts = {0, NAP};
	uint64_t start, late;

	while (!stop) {
		start = now_ns(CLOCK_MONOTONIC);
		(void)SYS(SYS_nanosleep, &ts, NULL);
		late = now_ns(CLOCK_MONOTONIC) - start - NAP;
		if (late > worst)
			worst = late;
	}
	end_thread(arg);
}

static void
during(const char *what, long (*fn)(void))
{
	long r;

	worst = 0;
	r = fn();
	sleep_ms(8);
	say(what);
	say(": at most ");
	say_number((long)(worst / 1000));
	say(" us late\n");
	CHECK(r >= 0);
	CHECK(worst <= LATE_MAX);
}

static long
touch(void)
{
	memory = map_anon(size, MAP_ANON_PRIVATE);
	for (size_t i = 0; i < size; i += 4096)
		memory[i] = 1;
	return (0);
}

static const char *name;
static int fd;

static long
file_write(void)
{
	fd = (int)SYS(SYS_open, name, O_RDWR | O_CREAT | O_TRUNC, 0644);
	return (SYS(SYS_write, fd, memory, size) == (long)size ? 0 : -1);
}

static long
file_read(void)
{
	return (SYS(SYS_pread, fd, memory, size, 0) == (long)size ? 0 : -1);
}

static long
file_holes(void)
{
	return (SYS(SYS_lseek, fd, 0, SEEK_HOLE));
}

static long
file_map(void)
{
	char *p = (char *)SYS(SYS_mmap, 0, size, 1, 1, fd, 0);

	CHECK_EQ(SYS(SYS_mlock, p, size), 0);
	return (SYS(SYS_munmap, p, size));
}

static long
file_sync(void)
{
	return (SYS(SYS_fsync, fd));
}

static long
file_cut(void)
{
	return (SYS(SYS_ftruncate, fd, 0));
}

static long
file_allocate(void)
{
	return (-SYS(SYS_posix_fallocate, fd, 0, size));
}

static long
file_remove(void)
{
	(void)SYS(SYS_close, fd);
	return (SYS(SYS_unlink, name));
}

static long
read_zero(void)
{
	int zero = (int)SYS(SYS_open, "/dev/zero", O_RDONLY);

	CHECK_EQ(SYS(SYS_read, zero, memory, size), (long)size);
	return (SYS(SYS_close, zero));
}

static long
get_random(void)
{
	return (SYS(SYS_getrandom, memory, size / 64, 0));
}

static long
residence(void)
{
	return (SYS(SYS_mincore, memory, size, memory));
}

/* The child's exit frees its half; the parent's write copies one page, and not
 * what leads to all others. */
static long
fork_exit(void)
{
	long pid = SYS(SYS_fork);
	uint64_t start;

	if (pid == 0) {
		for (size_t i = 0; i < size / 2; i += 4096)
			memory[i] = 2;
		(void)SYS(SYS_exit, 0);
	}
	start = now_ns(CLOCK_MONOTONIC);
	memory[0] = 3;
	CHECK(now_ns(CLOCK_MONOTONIC) - start < WRITE_MAX);
	return (SYS(SYS_wait4, pid, NULL, 0, NULL) == pid ? 0 : -1);
}

static long
unmap(void)
{
	return (SYS(SYS_munmap, memory, size));
}

static long
compute(void)
{
	uint64_t start = now_ns(CLOCK_MONOTONIC);

	while (now_ns(CLOCK_MONOTONIC) - start < 50000000)
		continue;
	return (0);
}

static void
on_file(const char *where)
{
	name = where;
	during("write", file_write);
	during("read", file_read);
	during("SEEK_HOLE", file_holes);
	during("mmap, mlock, munmap", file_map);
	during("fsync", file_sync);
	during("cut", file_cut);
	during("allocate", file_allocate);
	during("remove", file_remove);
}

int
main(int argc, char **argv)
{
	static long tid;

	static const char limit[] = "vm.max_user_wired";
	const uint64_t all = UINT64_MAX / 2;

	size = (size_t)(argc > 1 ? parse_number(argv[1]) : 32) << 20;
	CHECK_EQ(SYS(SYS___sysctlbyname, limit, sizeof(limit) - 1, NULL, NULL,
		     &all, sizeof(all)),
	    0);
	CHECK_EQ(start_thread(sleeper, &tid, &tid), 0);
	during("compute", compute);
	during("touch", touch);
	during("/dev/zero", read_zero);
	during("getrandom", get_random);
	during("mincore", residence);
	on_file(FILE);
	if (argc > 2) {
		(void)SYS(SYS_mkdir, "/mnt", 0755);
		CHECK_EQ(MOUNT("ufs", "/mnt", "from", argv[2]), 0);
		on_file(DISKFILE);
	}
	during("fork, exit", fork_exit);
	during("munmap", unmap);
	stop = true;
	join_thread(&tid);
	return (result("latency"));
}
