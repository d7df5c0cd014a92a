/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A file system that is larger than it was when it was mounted, because
 * somebody made it so below, as growfs(8) does: DISK's, which is read, becomes
 * what OTHER has, and goes on.
 */
#include <sys/statvfs.h>

#include "mounted.h"

#define ON    "/mnt"
#define OTHER "/dev/vtbd1"

static int failures;
#define CHECK(x) check((x), #x, __LINE__)

static void
check(bool good, const char *what, int line)
{
	if (good)
		return;
	failures++;
	printf("line %d: not true: %s (errno %d)\n", line, what, errno);
}

static unsigned long
blocks(void)
{
	struct statvfs sv = {0};

	CHECK(statvfs(ON, &sv) == 0);
	return (sv.f_blocks * sv.f_frsize);
}

static char buf[1 << 20], old[1 << 20];

/* What differs is written. */
static void
copy_disk(const char *from, const char *to)
{
	int in = open(from, O_RDONLY), out = open(to, O_RDWR);
	off_t at = 0;
	ssize_t n;

	must(in >= 0 && out >= 0, to);
	for (; (n = pread(in, buf, sizeof(buf), at)) > 0; at += n) {
		must(pread(out, old, (size_t)n, at) == n, "pread");
		if (memcmp(buf, old, (size_t)n) != 0)
			must(pwrite(out, buf, (size_t)n, at) == n, "pwrite");
	}
	CHECK(n == 0 && close(in) == 0 && close(out) == 0);
}

/* More than there was room for. */
static void
fill(unsigned long size)
{
	int fd = open(ON "/big", O_RDWR | O_CREAT, 0644);

	memset(buf, 'b', sizeof(buf));
	for (unsigned long done = 0; done < size; done += sizeof(buf))
		must(write(fd, buf, sizeof(buf)) == sizeof(buf), "write");
	CHECK(fsync(fd) == 0 && close(fd) == 0);
}

int
main(void)
{
	unsigned long before;

	setvbuf(stdout, NULL, _IONBF, 0);
	mkdir(ON, 0755);
	must(mount_disk("ufs", DISK, ON, true) == 0, "mount");
	before = blocks();
	copy_disk(OTHER, DISK);
	CHECK(blocks() == before);
	must(update_disk(ON, "ro", "reload") == 0, "reload");
	CHECK(blocks() > before + (20 << 20));
	CHECK(update_disk(ON, "rw", NULL) == 0);
	fill(before + (4 << 20));
	CHECK(mkdir(ON "/d", 0755) == 0);
	CHECK(unmount_disk(ON) == 0);
	CHECK(mount_disk("ufs", DISK, ON, false) == 0);
	CHECK(blocks() > before + (20 << 20) && access(ON "/big", R_OK) == 0);
	CHECK(unmount_disk(ON) == 0);
	/* Smaller than it is mounted it can't become. */
	CHECK(mount_disk("ufs", OTHER, ON, true) == 0);
	copy_disk("/dev/vtbd2", OTHER);
	CHECK(update_disk(ON, "ro", "reload") == -1 && errno == EINVAL);
	CHECK(unmount_disk(ON) == 0);
	return (failures != 0);
}
