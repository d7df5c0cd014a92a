/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stalled CASE: a disk that doesn't answer for a while.  Who waits for it can
 * be killed at once, whatever he asked for, and what he has begun comes to its
 * end without him; and nobody waits who asks for what
 * is in memory, even if it is the same file.
 */
#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "failing.h"

/* What the C library doesn't have. */
#define SYS_MINHERIT  250
#define INHERIT_SHARE 0

#define LIMIT	      60 /* seconds, after which it hangs */

/* A file's bytes, more than its inode, or the first page of a FAT, leads to. */
static uint32_t big = 3 << 20;
/* Where nobody has read it yet. */
#define COLD ((off_t)big / 4 * 3)

/* Nothing is read from now on. */
static void
stall(void)
{
	give_order(FAIL_READ, 0, FAIL_ALL, 0, 0, true);
}

/* Somebody waits for the disk. */
static void
await_held(uint32_t least)
{
	static union fail_orders o;

	do {
		usleep(1000);
		if (pread(orders_fd, &o, sizeof(o), 0) != sizeof(o))
			quit(ORDERS);
	} while (o.held < least);
}

static char
read_at(int fd, off_t at)
{
	char c;

	must(pread(fd, &c, 1, at) == 1, "pread");
	return (c);
}

static void
read_cold(int fd)
{
	(void)read_at(fd, COLD);
}

static void
touch_cold(int fd)
{
	volatile char *map = mmap(NULL, big, PROT_READ, MAP_SHARED, fd, 0);

	must(map != MAP_FAILED, "mmap");
	(void)map[COLD];
}

static void
write_cold(int fd)
{
	must(pwrite(fd, "x", 1, COLD) == 1, "pwrite");
}

/* The child is to share what so far is a private mapping. */
static void
fork_cold(int fd)
{
	volatile char *map =
	    mmap(NULL, big, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	int status;
	pid_t pid;

	must(map != MAP_FAILED, "mmap");
	map[0] = 'x';
	must(syscall(SYS_MINHERIT, map, (size_t)big, INHERIT_SHARE) == 0,
	    "minherit");
	pid = fork();
	if (pid == 0) {
		if (map[0] == 'x' && map[COLD + 1] == (char)byte_at(COLD + 1))
			map[COLD] = 'y';
		_exit(0);
	}
	must(waitpid(pid, &status, 0) == pid && status == 0, "waitpid");
	must(map[COLD] == 'y', "not shared");
}

static void
stat_cold(int fd)
{
	struct stat st;

	(void)stat(ON "/dir/cold", &st);
}

static void
list_cold(int fd)
{
	DIR *d = opendir(ON "/dir");

	must(d != NULL, "opendir");
	while (readdir(d) != NULL)
		;
	closedir(d);
}

static void
run_cold(int fd)
{
	execl(ON "/prog", "prog", NULL);
}

/* Does it in a child, which is to wait for the disk. */
static pid_t
begin(void (*what)(int), int fd, uint32_t held)
{
	pid_t pid = fork();

	if (pid == 0) {
		what(fd);
		_exit(0);
	}
	await_held(held);
	return (pid);
}

static void
end_killed(pid_t pid)
{
	int status;

	must(kill(pid, SIGKILL) == 0, "kill");
	must(waitpid(pid, &status, 0) == pid, "waitpid");
	if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
		wrong("not killed", status);
}

static void
end_well(pid_t pid)
{
	int status;

	must(waitpid(pid, &status, 0) == pid, "waitpid");
	if (status != 0)
		wrong("ended with", status);
}

static void
make_files(void)
{
	write_file(ON "/big", big);
	write_file(ON "/prog", BLOCK);
	(void)chmod(ON "/prog", 0755);
	must(mkdir(ON "/dir", 0755) == 0, "mkdir");
	write_file(ON "/dir/cold", 10);
}

/* Whoever waits for something that isn't in memory is killed at once; what he
 * had asked for is there, or can be had, when the disk is well again. */
static void
killed(void)
{
	static void (*const asks[])(int) = {read_cold, touch_cold, stat_cold,
	    list_cold, run_cold, write_cold, fork_cold};
	struct stat st;
	pid_t pid;
	int fd;

	make_files();
	for (unsigned i = 0; i < sizeof(asks) / sizeof(asks[0]); i++) {
		remount();
		fd = open_file(ON "/big", O_RDWR);
		(void)read_at(fd, 0);
		stall();
		pid = begin(asks[i], fd, 1);
		end_killed(pid);
		/* Two of them, who wait for the same. */
		pid = begin(asks[i], fd, 1);
		end_killed(begin(asks[i], fd, 1));
		end_killed(pid);
		if (i % 2 == 0)
			must(ftruncate(fd, big) == 0, "ftruncate");
		(void)well();
		check_file(fd, big, big);
		must(stat(ON "/dir/cold", &st) == 0, "stat");
		close(fd);
	}
}

/* What was being read goes before it is there: the file's end comes before it,
 * and the file system is unmounted. */
static void
gone(void)
{
	pid_t pid;
	int fd;

	make_files();
	remount();
	fd = open_file(ON "/big", O_RDWR);
	/* The indirect blocks, too. */
	(void)read_at(fd, 1 << 20);
	(void)read_at(fd, COLD + 64 * BLOCK);
	(void)read_at(fd, big - 1);
	stall();
	pid = begin(read_cold, fd, 1);
	must(ftruncate(fd, BLOCK) == 0, "ftruncate");
	/* He who waited for it looks again. */
	must(waitpid(pid, NULL, 0) == pid, "waitpid");
	(void)well();
	check_file(fd, BLOCK, BLOCK);
	close(fd);

	write_file(ON "/big", big);
	remount();
	stall();
	fd = open_file(ON, O_RDONLY | O_DIRECTORY);
	close(fd);
	end_killed(begin(stat_cold, -1, 1));
	must(unmount_disk(ON) == 0, "unmount");
	(void)well();
	mount_it();
	fd = open_file(ON "/big", O_RDONLY);
	check_file(fd, big, big);
	close(fd);
}

/* The same file, as far as it is in memory. */
static void
use_cached(int fd)
{
	struct stat st;

	(void)read_at(fd, 0);
	must(fstat(fd, &st) == 0 && st.st_size == big, "fstat");
	must(stat(ON "/big", &st) == 0, "stat");
}

/* Others use what is there of a file while somebody waits for what leads to the
 * rest. */
static void
beside(void)
{
	static void (*const asks[])(int) = {
	    read_cold, touch_cold, write_cold, fork_cold};
	pid_t pid, writer;
	int fd;

	write_file(ON "/big", big);
	for (unsigned i = 0; i < sizeof(asks) / sizeof(asks[0]); i++) {
		remount();
		fd = open_file(ON "/big", O_RDWR);
		use_cached(fd);
		stall();
		pid = begin(asks[i], fd, 1);
		use_cached(fd);
		/* Who overwrites what is there. */
		must(pwrite(fd, "\001", 1, 0) == 1, "pwrite");
		/* Who waits for the same, to write it. */
		writer = begin(write_cold, fd, 1);
		use_cached(fd);
		(void)well();
		end_well(pid);
		end_well(writer);
		use_cached(fd);
		must(pwrite(fd, &(char){(char)byte_at(COLD)}, 1, COLD) == 1,
		    "pwrite");
		check_file(fd, big, big);
		close(fd);
	}
}

static void *
fork_beside(void *arg)
{
	fork_cold(*(int *)arg);
	return (NULL);
}

/* A process changes its memory while a thread of it that forks waits. */
static void
forking(void)
{
	pthread_t thread;
	char *map;
	int fd;

	write_file(ON "/big", big);
	remount();
	fd = open_file(ON "/big", O_RDWR);
	(void)read_at(fd, 0);
	stall();
	must(pthread_create(&thread, NULL, fork_beside, &fd) == 0,
	    "pthread_create");
	await_held(1);
	map = mmap(
	    NULL, BLOCK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);
	must(map != MAP_FAILED, "mmap");
	map[0] = 1;
	must(munmap(map, BLOCK) == 0, "munmap");
	(void)well();
	must(pthread_join(thread, NULL) == 0, "pthread_join");
	check_file(fd, big, big);
	close(fd);
}

/* Nothing is written, or made to stay, from now on. */
static void
stall_writes(void)
{
	static union fail_orders o;

	memset(&o, 0, sizeof(o));
	o.order[FAIL_WRITE] = o.order[FAIL_FLUSH] =
	    (struct fail_order){0, FAIL_ALL, 0, 0, true};
	must(pwrite(orders_fd, &o, sizeof(o), 0) == sizeof(o), ORDERS);
}

static void
sync_file(int fd)
{
	(void)fsync(fd);
}

static void
sync_all(int fd)
{
	sync();
}

static void
write_safely(int fd)
{
	fd = open(ON "/big", O_WRONLY | O_SYNC);
	(void)pwrite(fd, "\001", 1, 0);
}

static void
become_readonly(int fd)
{
	(void)update_disk(ON, "ro", "force");
}

static void
sync_map(int fd)
{
	char *map =
	    mmap(NULL, BLOCK, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	must(map != MAP_FAILED, "mmap");
	*(volatile char *)map = 1;
	(void)msync(map, BLOCK, MS_SYNC);
}

/* Who makes something safe is killed at once; it is safe when the disk is well
 * again, and the next one who asks waits for that. */
static void
writing(void)
{
	static void (*const asks[])(int) = {
	    sync_file, sync_all, write_safely, sync_map, become_readonly};
	pid_t pid, other;
	int fd;

	make_files();
	give_order(FAIL_READ, 0, 0, 0, 0, false);
	for (unsigned i = 0; i < sizeof(asks) / sizeof(asks[0]); i++) {
		remount();
		fd = open_file(ON "/big", O_RDWR);
		/* With what only a commit writes, or without. */
		for (unsigned k = 0; k < 2; k++) {
			must(pwrite(fd, "\001", 1, 0) == 1, "pwrite");
			if (k == 0)
				write_file(ON "/another", BLOCK);
			stall_writes();
			pid = begin(asks[i], fd, 1);
			other = begin(sync_file, fd, 1);
			end_killed(pid);
			end_killed(other);
			(void)well();
			(void)update_disk(ON, "rw", NULL);
			must(fsync(fd) == 0, "fsync");
			check_file(fd, big, big);
		}
		close(fd);
	}
}

/* The disk by itself. */
static void
read_raw(int fd)
{
	static char buf[BLOCK];

	(void)pread(open(DISK, O_RDONLY), buf, sizeof(buf), BLOCK);
}

static void
write_raw(int fd)
{
	static char buf[BLOCK];

	fd = open(DISK, O_RDWR);
	(void)pread(fd, buf, sizeof(buf), 0);
	stall_writes();
	(void)pwrite(fd, buf, sizeof(buf), 0);
}

static void
mount_cold(int fd)
{
	(void)mount_disk(disk_type, DISK, ON, false);
}

/* Nothing is mounted. */
static void
raw(void)
{
	static void (*const asks[])(int) = {read_raw, write_raw, mount_cold};

	give_order(FAIL_READ, 0, 0, 0, 0, false);
	must(unmount_disk(ON) == 0, "unmount");
	for (unsigned i = 0; i < sizeof(asks) / sizeof(asks[0]); i++) {
		if (asks[i] != write_raw)
			stall();
		end_killed(begin(asks[i], -1, 1));
		(void)well();
	}
	/* What was begun may have come to its end, or just come there. */
	while (mount_disk(disk_type, DISK, ON, false) != 0 && errno == EBUSY)
		if (unmount_disk(ON) != 0)
			usleep(1000);
}

static void
append_cold(int fd)
{
	must(pwrite(fd, "x", 1, (off_t)big) == 1, "pwrite");
}

static void
cut_cold(int fd)
{
	must(ftruncate(fd, BLOCK) == 0, "ftruncate");
}

/* Others use what is there of a file while somebody waits for what he needs to
 * change its size. */
static void
change(void)
{
	static void (*const asks[])(int) = {append_cold, cut_cold};
	pid_t pid;
	int fd;

	for (unsigned i = 0; i < sizeof(asks) / sizeof(asks[0]); i++) {
		write_file(ON "/big", big);
		remount();
		fd = open_file(ON "/big", O_RDWR);
		use_cached(fd);
		stall();
		pid = begin(asks[i], fd, 1);
		use_cached(fd);
		(void)well();
		end_well(pid);
		close(fd);
	}
}

/* Nobody waits for a directory because another one reads what is in it. */
static void
look(void)
{
	static void (*const asks[])(int) = {stat_cold, list_cold};
	struct stat st;
	pid_t pid;
	int fd;

	make_files();
	for (unsigned i = 0; i < sizeof(asks) / sizeof(asks[0]); i++) {
		remount();
		fd = open_file(ON "/dir", O_RDONLY | O_DIRECTORY);
		stall();
		pid = begin(asks[i], -1, 1);
		must(fchmod(fd, 0755) == 0, "fchmod");
		must(fstat(fd, &st) == 0, "fstat");
		(void)well();
		end_well(pid);
		close(fd);
	}
}

static void
beside_fat(void)
{
	big = 12 << 20;
	beside();
}

static void
change_fat(void)
{
	big = 12 << 20;
	change();
}

static const struct fail_case cases[] = {{"killed", killed}, {"gone", gone},
    {"beside", beside}, {"forking", forking}, {"writing", writing},
    {"raw", raw}, {"look", look}, {"change", change},
    {"fat-change", change_fat}, {"fat-killed", killed},
    {"fat-beside", beside_fat}, {"fat-look", look}, {NULL, NULL}};

/* QEMU ends with the last request only. */
static void
too_late(int sig)
{
	(void)well();
	_exit(1);
}

int
main(int argc, char **argv)
{
	signal(SIGALRM, too_late);
	alarm(LIMIT);
	return (run_case(cases, argv[1]));
}
