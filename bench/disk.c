/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What files on a disk cost.  The same source is built for Imp, where it mounts
 * a UFS2 disk, and for Linux, where it is /init and mounts an ext4 one.
 *
 * The guest's clock can't count the instructions here: it goes on while the
 * disk works.  bench/count.c counts them, from one call of mark() to the next;
 * this program prints the names of what lies between, in order, each with the
 * number of operations that it was.
 */
#include <stdint.h>

#include "../tests/disk/mounted.h"

#ifdef __linux__
#define TYPE "ext4"
#else
#define TYPE "ufs"
#endif

#define ON	   "/mnt"
#define LARGE	   ON "/large"
#define MB	   (1 << 20)
#define LARGE_MB   256
#define CHUNK	   65536
#define SMALL	   10000 /* files, a hundred in each folder */
#define SMALL_SIZE 1000
#define RANDOM	   4000 /* reads */
#define SYNCS	   500

static char buf[CHUNK];

/* The plugin sees this address executed. */
__attribute__((noinline)) void mark(void);
void
mark(void)
{
	__asm__ volatile("" ::: "memory");
}

static void
mount_it(void)
{
	must(mount_disk(TYPE, DISK, ON, false) == 0, DISK);
}

/* So that nothing is cached. */
static void
remount(void)
{
	must(unmount_disk(ON) == 0, "unmount");
	mount_it();
}

static void
measure(const char *name, long operations, void (*op)(void))
{
	mark();
	op();
	mark();
	printf("%s %ld\n", name, operations);
}

static void
write_large(void)
{
	int fd = open(LARGE, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	must(fd >= 0, LARGE);
	for (int i = 0; i < LARGE_MB * (MB / CHUNK); i++)
		must(write(fd, buf, CHUNK) == CHUNK, LARGE);
	must(fsync(fd) == 0, "fsync");
	close(fd);
}

static void
read_large(void)
{
	int fd = open(LARGE, O_RDONLY);

	must(fd >= 0, LARGE);
	for (int i = 0; i < LARGE_MB * (MB / CHUNK); i++)
		must(read(fd, buf, CHUNK) == CHUNK, LARGE);
	close(fd);
}

/* Each page at most once: this sequence takes 65,536 values before it repeats.
 */
static void
read_random(void)
{
	int fd = open(LARGE, O_RDONLY);
	uint32_t x = 1;

	must(fd >= 0, LARGE);
	for (int i = 0; i < RANDOM; i++) {
		x = (x * 25173 + 13849) % (LARGE_MB * (MB / 4096));
		must(pread(fd, buf, 4096, (off_t)x * 4096) == 4096, LARGE);
	}
	close(fd);
}

static const char *
small_name(int i)
{
	static char name[64];

	snprintf(name, sizeof(name), ON "/%d/%d", i / 100, i % 100);
	return (name);
}

static void
make_folders(void)
{
	char name[64];

	for (int i = 0; i < SMALL / 100; i++) {
		snprintf(name, sizeof(name), ON "/%d", i);
		must(mkdir(name, 0755) == 0, name);
	}
	sync();
}

static void
create_small(void)
{
	for (int i = 0; i < SMALL; i++) {
		int fd = open(small_name(i), O_WRONLY | O_CREAT | O_EXCL, 0644);

		must(fd >= 0 && write(fd, buf, SMALL_SIZE) == SMALL_SIZE,
		    small_name(i));
		close(fd);
	}
	sync();
}

static void
stat_small(void)
{
	struct stat st;

	for (int i = 0; i < SMALL; i++)
		must(stat(small_name(i), &st) == 0, small_name(i));
}

static void
unlink_small(void)
{
	for (int i = 0; i < SMALL; i++)
		must(unlink(small_name(i)) == 0, small_name(i));
	sync();
}

static void
write_and_sync(void)
{
	int fd = open(ON "/log", O_WRONLY | O_CREAT, 0644);

	must(fd >= 0, ON "/log");
	for (int i = 0; i < SYNCS; i++) {
		must(write(fd, buf, 4096) == 4096, ON "/log");
		must(fsync(fd) == 0, "fsync");
	}
	close(fd);
}

static void
overwrite_and_sync(void)
{
	int fd = open(ON "/log", O_WRONLY);

	must(fd >= 0, ON "/log");
	for (int i = 0; i < SYNCS; i++) {
		must(pwrite(fd, buf, 4096, 0) == 4096, ON "/log");
		must(fsync(fd) == 0, "fsync");
	}
	close(fd);
}

int
main(void)
{
	system_start();
	printf("\nbegin\n");
	(void)mkdir(ON, 0755);
	mount_it();
	memset(buf, 'x', sizeof(buf));
	measure("write-1-MB", LARGE_MB, write_large);
	remount();
	measure("read-1-MB-cold", LARGE_MB, read_large);
	measure("read-1-MB-cached", LARGE_MB, read_large);
	remount();
	measure("random-read-4-KB", RANDOM, read_random);
	measure("write-4-KB-fsync", SYNCS, write_and_sync);
	measure("overwrite-4-KB-fsync", SYNCS, overwrite_and_sync);
	make_folders();
	measure("create-small-file", SMALL, create_small);
	measure("stat-small-file", SMALL, stat_small);
	remount();
	measure("stat-small-file-cold", SMALL, stat_small);
	measure("unlink-small-file", SMALL, unlink_small);
	must(unmount_disk(ON) == 0, "unmount");
	printf("end\n");
	return (0);
}
