/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * latency MEGABYTES FILE_MEGABYTES [DISK]: how late a thread's timer can be on
 * one processor while another thread has the kernel copy, scan or free so much
 * memory, and files of so much; with a disk, also on its UFS.  For a machine
 * whose clock counts instructions.
 */
#include "late.h"
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

static size_t size, file_size;
static char *memory;

static void
during(const char *what, long (*fn)(void))
{
	CHECK(late_at_most(what, fn, LATE_MAX) >= 0);
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
	return (
	    SYS(SYS_write, fd, memory, file_size) == (long)file_size ? 0 : -1);
}

static long
file_read(void)
{
	return (SYS(SYS_pread, fd, memory, file_size, 0) == (long)file_size
		    ? 0
		    : -1);
}

static long
file_holes(void)
{
	return (SYS(SYS_lseek, fd, 0, SEEK_HOLE));
}

static long
file_map(void)
{
	char *p = (char *)SYS(SYS_mmap, 0, file_size, 1, 1, fd, 0);

	CHECK_EQ(SYS(SYS_mlock, p, file_size), 0);
	return (SYS(SYS_munmap, p, file_size));
}

static long
file_sync(void)
{
	return (SYS(SYS_fsync, fd));
}

static long
sync_all(void)
{
	CHECK_EQ(SYS(SYS_pwrite, fd, memory, file_size, 0), (long)file_size);
	return (SYS(SYS_sync));
}

static long
file_cut(void)
{
	return (SYS(SYS_ftruncate, fd, 0));
}

static long
file_allocate(void)
{
	return (-SYS(SYS_posix_fallocate, fd, 0, file_size));
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

static long
more_memory(void)
{
	char *p = map_anon(size, MAP_ANON_PRIVATE);

	for (size_t i = 0; i < size; i += 4096)
		p[i] = 1;
	return (SYS(SYS_munmap, p, size));
}

/* A file that memory has goes for what is wanted. */
static void
reclaim(void)
{
	name = DISKFILE;
	CHECK_EQ(file_write(), 0);
	CHECK_EQ(file_sync(), 0);
	during("memory that a file has", more_memory);
	CHECK_EQ(file_remove(), 0);
}

static int to_child[2];
static long child;

/* The parent's write copies one page, and not what leads to all others; the
 * child waits before it writes half of it. */
static long
fork_large(void)
{
	uint64_t start;
	char c = 0;

	CHECK_EQ(SYS(SYS_pipe2, to_child, 0), 0);
	child = SYS(SYS_fork);
	if (child == 0) {
		(void)SYS(SYS_read, to_child[0], &c, 1);
		for (size_t i = 0; i < size / 2; i += 4096)
			memory[i] = 2;
		(void)SYS(SYS_exit, 0);
	}
	start = now_ns(CLOCK_MONOTONIC);
	memory[0] = 3;
	CHECK(now_ns(CLOCK_MONOTONIC) - start < WRITE_MAX);
	return (child);
}

static long
exit_large(void)
{
	char c = 0;

	CHECK_EQ(SYS(SYS_write, to_child[1], &c, 1), 1);
	return (SYS(SYS_wait4, child, NULL, 0, NULL) == child ? 0 : -1);
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

static const char *kind;

static void
on_file(const char *what, long (*fn)(void))
{
	say(kind);
	say(" ");
	during(what, fn);
}

static void
on_files(const char *file_system, const char *where)
{
	kind = file_system;
	name = where;
	on_file("write", file_write);
	on_file("read", file_read);
	on_file("SEEK_HOLE", file_holes);
	on_file("mmap, mlock, munmap", file_map);
	on_file("fsync", file_sync);
	on_file("write, sync", sync_all);
	on_file("cut", file_cut);
	on_file("allocate", file_allocate);
	on_file("remove", file_remove);
}

int
main(int argc, char **argv)
{
	static const char limit[] = "vm.max_user_wired";
	const uint64_t all = UINT64_MAX / 2;

	CHECK(argc > 2);
	size = (size_t)parse_number(argv[1]) << 20;
	file_size = (size_t)parse_number(argv[2]) << 20;
	CHECK_EQ(SYS(SYS___sysctlbyname, limit, sizeof(limit) - 1, NULL, NULL,
		     &all, sizeof(all)),
	    0);
	late_begin(NAP, false);
	during("compute", compute);
	during("touch", touch);
	during("/dev/zero", read_zero);
	during("getrandom", get_random);
	during("mincore", residence);
	on_files("tmpfs", FILE);
	if (argc > 3) {
		(void)SYS(SYS_mkdir, "/mnt", 0755);
		CHECK_EQ(MOUNT("ufs", "/mnt", "from", argv[3]), 0);
		on_files("UFS", DISKFILE);
		reclaim();
	}
	during("fork", fork_large);
	during("exit", exit_large);
	during("munmap", unmap);
	late_end();
	return (result("latency"));
}
