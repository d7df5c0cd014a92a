/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A slow disk with much to write on it: whoever changes something else
 * meanwhile doesn't wait until the data are there.
 */
#include <pthread.h>
#include <time.h>

#include "mounted.h"

#define ON    "/mnt"
#define DATA  (32 << 20)
#define TRIES 5

static volatile bool over;
static long changes;

static double
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ((double)ts.tv_sec + (double)ts.tv_nsec / 1e9);
}

/* New data in a file, or the same storage again. */
static void
fill(int fd)
{
	static char buf[1 << 16];

	memset(buf, 'x', sizeof(buf));
	for (off_t at = 0; at < DATA; at += (off_t)sizeof(buf))
		must(pwrite(fd, buf, sizeof(buf), at) == sizeof(buf), "write");
}

static void *
change(void *arg)
{
	double *longest = arg, before = now(), after;

	while (!over) {
		must(
		    chmod(ON "/file", changes % 2 ? 0600 : 0644) == 0, "chmod");
		changes++;
		after = now();
		if (after - before > *longest)
			*longest = after - before;
		before = after;
	}
	return (NULL);
}

/* False: somebody else had written the data already. */
static bool
check(int fd, const char *what)
{
	double longest = 0, start, took;
	pthread_t other;

	fill(fd);
	over = false;
	changes = 0;
	must(pthread_create(&other, NULL, change, &longest) == 0, "thread");
	while (*(volatile long *)&changes == 0)
		usleep(1000);
	start = now();
	must(fsync(fd) == 0, "fsync");
	took = now() - start;
	over = true;
	pthread_join(other, NULL);
	if (took < 0.5)
		return (false);
	if (longest > took / 2) {
		printf("%s: fsync took %f s, a change %f s\n", what, took,
		    longest);
		exit(1);
	}
	return (true);
}

int
main(void)
{
	bool done = false;
	int fd;

	system_start();
	(void)mkdir(ON, 0755);
	must(mount_disk("ufs", DISK, ON, false) == 0, DISK);
	fd = open(ON "/file", O_WRONLY | O_CREAT, 0644);
	must(fd >= 0 && close(fd) == 0, ON "/file");
	sync();
	for (int tries = 0; !done && tries < TRIES; tries++) {
		fd = open(ON "/large", O_RDWR | O_CREAT | O_TRUNC, 0644);
		must(fd >= 0, ON "/large");
		done = check(fd, "a new file") && check(fd, "what it has");
		close(fd);
	}
	must(done, "fsync had nothing to write");
	must(unmount_disk(ON) == 0, "unmount");
	return (0);
}
