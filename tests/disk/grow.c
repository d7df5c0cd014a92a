/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A file system that is larger than it was when it was mounted, because
 * somebody made it so below, as growfs(8) does: DISK's, which is read, becomes
 * what OTHER has, and goes on.
 */
#include <sys/ioctl.h>
#include <sys/statvfs.h>
#include <sys/wait.h>

#include "fs/ufs/ufs_format.h"
#include "mounted.h"

#define ON	   "/mnt"
#define OTHER	   "/dev/vtbd1"
#define GROWN	   "/dev/vtbd3" /* 7 groups, and */
#define MORE	   "/dev/vtbd4" /* 11 of the same */

#define UFSSUSPEND 0x80085501ul
#define UFSRESUME  0x20005502ul

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

static uint32_t
crc32c(const uint8_t *p, size_t n)
{
	uint32_t crc = ~0u;

	for (; n > 0; n--, p++) {
		crc ^= *p;
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (0x82f63b78 & -(crc & 1));
	}
	return (crc);
}

static union {
	struct ufs_superblock sb;
	uint8_t bytes[UFS_SB_SIZE];
} now, more;

#define SUMS (512 / sizeof(struct ufs_csum))
static struct ufs_csum cs[SUMS];

static void
read_at(const char *path, off_t at, void *to, size_t n)
{
	int fd = open(path, O_RDONLY);

	must(fd >= 0 && pread(fd, to, n, at) == (ssize_t)n, path);
	close(fd);
}

/* The groups that MORE has besides, and how much is free with them. */
static void
add_groups(int fd)
{
	struct ufs_superblock *sb = &now.sb;
	const off_t groups = (off_t)sb->fs_fpg * sb->fs_fsize;
	const off_t summary = sb->fs_csaddr * sb->fs_fsize;
	struct ufs_csum added[SUMS];

	read_at(MORE, summary, added, 512);
	for (unsigned i = sb->fs_ncg; i < more.sb.fs_ncg; i++) {
		cs[i] = added[i];
		sb->fs_cs_nbfree += cs[i].cs_nbfree;
		sb->fs_cs_nifree += cs[i].cs_nifree;
		sb->fs_cs_nffree += cs[i].cs_nffree;
	}
	must(pwrite(fd, cs, 512, summary) == 512, "summary");
	for (off_t at = sb->fs_ncg * groups; at < more.sb.fs_ncg * groups;
	     at += 1 << 16) {
		read_at(MORE, at, buf, 1 << 16);
		must(pwrite(fd, buf, 1 << 16, at) == 1 << 16, "groups");
	}
	sb->fs_ncg = more.sb.fs_ncg;
	sb->fs_size = more.sb.fs_size;
	sb->fs_dsize = more.sb.fs_dsize;
	sb->fs_ckhash = 0;
	if (sb->fs_metackhash & UFS_CK_SUPERBLOCK)
		sb->fs_ckhash = crc32c(now.bytes, (size_t)sb->fs_sbsize);
	must(pwrite(fd, &now, UFS_SB_SIZE, 65536) == UFS_SB_SIZE, "superblock");
}

/* Files come and go until somebody tells it by the pipe to end. */
static void
work(int told, int ready)
{
	char name[32], byte;
	int fd;

	fcntl(told, F_SETFL, O_NONBLOCK);
	for (int i = 0; read(told, &byte, 1) < 0; i++) {
		snprintf(name, sizeof(name), ON "/w%d", i % 50);
		fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0644);
		must(fd >= 0 && write(fd, name, 32) == 32, name);
		must((i % 7 != 0 || fsync(fd) == 0) && close(fd) == 0, name);
		must(i % 5 != 0 || unlink(name) == 0, name);
		if (i == 20)
			must(write(ready, "r", 1) == 1, "ready");
	}
	_exit(0);
}

/* While it is written, by /dev/ufssuspend. */
static void
while_written(void)
{
	unsigned long before;
	struct statfs sf;
	int fd, tell[2], hear[2], status;
	char byte;
	pid_t pid;

	must(mount_disk("ufs", GROWN, ON, false) == 0, "mount");
	before = blocks();
	must(pipe(tell) == 0 && pipe(hear) == 0, "pipe");
	pid = fork();
	if (pid == 0)
		work(tell[0], hear[1]);
	must(read(hear[0], &byte, 1) == 1, "ready");
	CHECK(statfs(ON, &sf) == 0);
	fd = open("/dev/ufssuspend", O_RDWR);
	CHECK(fd >= 0);
	CHECK(pread(fd, buf, 512, 0) == -1 && errno == ENXIO);
	CHECK(ioctl(fd, UFSRESUME) == -1 && errno == ENOENT);
	/* growfs(8) reads them as early. */
	read_at(GROWN, 65536, &now, UFS_SB_SIZE);
	read_at(GROWN, now.sb.fs_csaddr * now.sb.fs_fsize, cs, 512);
	must(ioctl(fd, UFSSUSPEND, &sf.f_fsid) == 0, "suspend");
	CHECK(ioctl(fd, UFSSUSPEND, &sf.f_fsid) == -1 && errno == EBUSY);
	CHECK(update_disk(ON, "ro", NULL) == -1 && errno == EBUSY);
	read_at(MORE, 65536, &more, UFS_SB_SIZE);
	add_groups(fd);
	CHECK(waitpid(pid, &status, WNOHANG) == 0);
	CHECK(access(ON "/w7", R_OK) == 0);
	CHECK(ioctl(fd, UFSRESUME) == 0 && close(fd) == 0);
	CHECK(blocks() > before + (20 << 20));
	/* A second time, and the descriptor's end goes on. */
	fd = open("/dev/ufssuspend", O_RDWR);
	CHECK(ioctl(fd, UFSSUSPEND, &sf.f_fsid) == 0 && close(fd) == 0);
	must(write(tell[1], "e", 1) == 1, "end");
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
	fill(before + (4 << 20));
	CHECK(unmount_disk(ON) == 0);
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
	while_written();
	return (failures != 0);
}
