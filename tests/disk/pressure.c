/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A file larger than memory, on a UFS2 disk: changed through a mapping, twice,
 * and then read where nothing may be written; what was read once is inactive,
 * as long as it is there, and what is locked stays.  Meanwhile a program runs
 * again and again whose name others take, and whose pages memory has no room
 * for.
 */
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/sysctl.h>
#include <sys/wait.h>

#include "mounted.h"

#define ON	 "/mnt"
#define SIZE	 (40u << 20)
#define PAGE	 4096u
#define INACTIVE 256u /* pages, at least */
#define LOCKED	 (256u << 10)
#define IN_CORE	 1 /* in what mincore(2) says of a page */

static uint32_t
value(uint32_t at, uint32_t pass)
{
	return ((at ^ 0x5a5a5a5a) * 2654435761u + pass);
}

static _Noreturn void
wrong(uint32_t at)
{
	printf("at %u: not what was written (errno %d)\n", at, errno);
	exit(1);
}

static void
change(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT, 0644);
	uint32_t *map;

	if (fd < 0 || ftruncate(fd, SIZE) != 0)
		quit(path);
	map = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		quit("mmap");
	for (uint32_t pass = 0; pass < 2; pass++) {
		for (uint32_t at = 0; at < SIZE; at += PAGE)
			map[at / 4] = map[at / 4 + 1023] = value(at, pass);
		for (uint32_t at = 0; at < SIZE; at += PAGE)
			if (map[at / 4] != value(at, pass) ||
			    map[at / 4 + 1023] != value(at, pass))
				wrong(at);
	}
	munmap(map, SIZE);
	close(fd);
}

/* Each page is used twice, so that it becomes active. */
static void
look_at_all(int fd)
{
	uint32_t found;

	for (uint32_t at = 0; at < SIZE; at += PAGE)
		for (int i = 0; i < 2; i++)
			if (pread(fd, &found, 4, at + 4092 * i) != 4 ||
			    found != value(at, 1))
				wrong(at);
}

/* What is locked stays, however often the rest goes by. */
static void
look(const char *path)
{
	int fd = open(path, O_RDONLY);
	char there[LOCKED / PAGE];
	void *map;

	if (fd < 0)
		quit(path);
	map = mmap(NULL, LOCKED, PROT_READ, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED || mlock(map, LOCKED) != 0)
		quit("mlock");
	for (int i = 0; i < 3; i++)
		look_at_all(fd);
	if (mincore(map, LOCKED, (void *)there) != 0)
		quit("mincore");
	for (size_t i = 0; i < sizeof(there); i++)
		if ((there[i] & IN_CORE) == 0)
			quit("a locked page is gone");
	munmap(map, LOCKED);
	close(fd);
}

static void
copy(const char *from, const char *to)
{
	int in = open(from, O_RDONLY);
	int out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0755);
	static char buf[65536];
	ssize_t n;

	if (in < 0 || out < 0)
		quit(to);
	while ((n = read(in, buf, sizeof(buf))) > 0)
		if (write(out, buf, (size_t)n) != n)
			quit(to);
	close(in);
	close(out);
}

/* Ends with 7, if it is what it should be. */
static void
run(const char *path)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		/* Another program may have to end first. */
		for (int i = 0; i < 5000; i++) {
			execl(path, path, "seven", (char *)NULL);
			if (errno != ENOMEM)
				break;
			usleep(1000);
		}
		printf("%s: %s\n", path, strerror(errno));
		fflush(stdout);
		_exit(1);
	}
	while (waitpid(pid, &status, 0) != pid)
		if (errno != EINTR)
			quit("wait");
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 7) {
		printf("%s: %#x\n", path, (unsigned)status);
		exit(1);
	}
}

static volatile sig_atomic_t enough;

static void
on_term(int sig)
{
	enough = 1;
}

static _Noreturn void
run_others(const char *self)
{
	signal(SIGTERM, on_term);
	while (!enough) {
		copy(self, ON "/new");
		if (rename(ON "/new", ON "/prog") != 0)
			quit("rename");
		run(ON "/prog");
	}
	_exit(0);
}

static unsigned
inactive(void)
{
	unsigned n;
	size_t len = sizeof(n);

	if (sysctlbyname("vm.stats.vm.v_inactive_count", &n, &len, NULL, 0) !=
	    0)
		quit("v_inactive_count");
	return (n);
}

int
main(int argc, char *argv[])
{
	int status;
	pid_t pid;

	if (argc > 1)
		return (7);
	mkdir(ON, 0755);
	if (mount_disk("ufs", DISK, ON, false) != 0)
		quit("mount");
	pid = fork();
	if (pid == 0)
		run_others(argv[0]);
	change(ON "/large");
	kill(pid, SIGTERM);
	if (waitpid(pid, &status, 0) != pid || status != 0)
		return (1);
	if (unmount_disk(ON) != 0 || mount_disk("ufs", DISK, ON, true) != 0)
		quit("again");
	look(ON "/large");
	if (inactive() < INACTIVE)
		quit("few are inactive");
	if (unmount_disk(ON) != 0)
		quit("unmount");
	if (inactive() >= INACTIVE)
		quit("inactive afterwards");
	printf("pressure: ok\n");
	return (0);
}
