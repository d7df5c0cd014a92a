/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * still: the system powers off while programs of all kinds go on: that write
 * to the disk, by calls and by mappings; that start others by fork and vfork;
 * that wait for one another, for time, or for a signal; with many threads.
 */
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/reboot.h>
#include <sys/wait.h>

#include "mounted.h"

#define ON "/mnt"

/* One for each kind of program: how often it went round. */
static volatile unsigned long *rounds;

static void
writer(int i)
{
	char name[32], data[5000];

	snprintf(name, sizeof(name), ON "/written%d", i);
	memset(data, i, sizeof(data));
	for (;;) {
		int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0644);

		if (fd < 0 || write(fd, data, sizeof(data)) < 0)
			pause(); /* the disk is read-only by now */
		close(fd);
		unlink(name);
		rounds[i]++;
	}
}

static void
mapper(int i)
{
	int fd = open(ON "/mapped", O_RDWR | O_CREAT, 0644);
	char *map;

	if (ftruncate(fd, 1 << 20) != 0)
		quit("mapped");
	map = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	for (unsigned at = 0;; at = (at + 4096) % (1 << 20)) {
		map[at]++;
		rounds[i]++;
	}
}

static void
forker(int i)
{
	for (;;) {
		if (fork() == 0)
			_exit(0);
		wait(NULL);
		rounds[i]++;
	}
}

static void
vforker(int i)
{
	for (;;) {
		if (vfork() == 0)
			_exit(0);
		wait(NULL);
		rounds[i]++;
	}
}

static void
talker(int i)
{
	int ask[2], answer[2];
	char c = 0;

	if (pipe(ask) != 0 || pipe(answer) != 0)
		quit("pipe");
	if (fork() == 0) {
		while (read(ask[0], &c, 1) == 1)
			(void)!write(answer[1], &c, 1);
		_exit(0);
	}
	for (;;) {
		(void)!write(ask[1], &c, 1);
		(void)!read(answer[0], &c, 1);
		rounds[i]++;
	}
}

static void *
waiter(void *arg)
{
	while (poll(NULL, 0, -1) == 0)
		;
	return (NULL);
}

static void
threaded(int i)
{
	pthread_t td;

	for (int n = 0; n < 4; n++)
		pthread_create(&td, NULL, waiter, NULL);
	for (;;) {
		poll(NULL, 0, 1);
		rounds[i]++;
	}
}

static void
stopped(int i)
{
	rounds[i]++;
	raise(SIGSTOP);
	_exit(0);
}

static void (*const kinds[])(int) = {
    writer, writer, mapper, forker, vforker, talker, threaded, stopped};
#define KINDS (int)(sizeof(kinds) / sizeof(kinds[0]))

int
main(void)
{
	mkdir(ON, 0755);
	must(mount_disk("ufs", DISK, ON, false) == 0, "mount");
	rounds = mmap(
	    NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANON, -1, 0);
	for (int i = 0; i < KINDS; i++)
		if (fork() == 0)
			kinds[i](i);
	/* Each must have been at it, however slow the machine is. */
	for (int i = 0; i < KINDS; i++)
		while (rounds[i] < (kinds[i] == stopped ? 1 : 3))
			usleep(1000);
	printf("all are at it\n");
	fflush(stdout);
	reboot(RB_POWEROFF);
	quit("reboot");
}
