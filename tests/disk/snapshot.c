/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A disk with a snapshot, which is made here out of a file: it can be read, and
 * the snapshot as well, but nothing may be written.  The disk is empty and
 * small, with blocks of 32 KB, and without check hashes.
 */
#include "mounted.h"

#define ON	   "/mnt"
#define BLOCK	   32768
#define OWNER	   7777 /* no other file's */
#define SNAPSHOT   0x00200000
#define SUPERBLOCK 65536
#define SB_SNAPS   1116 /* fs_snapinum[0] */
/* struct ufs2_dinode */
#define DINODE	 256
#define DI_UID	 4
#define DI_FLAGS 88
#define DI_DB	 112

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

static bool
fails(int result, int error)
{
	return (result == -1 && errno == error);
}

static char block[BLOCK], other[BLOCK];

static void
make_file(void)
{
	int fd = open(ON "/snap", O_RDWR | O_CREAT, 0400);

	for (int i = 0; i < 3; i++) {
		memset(block, 'a' + i, BLOCK);
		must(write(fd, block, BLOCK) == BLOCK, "write");
	}
	must(fchown(fd, OWNER, 0) == 0 && close(fd) == 0, "snap");
}

/* The inode of OWNER's file. */
static off_t
find_inode(void)
{
	const int disk = open(DISK, O_RDONLY);
	uint32_t uid;
	ssize_t n;

	for (off_t at = 0; (n = pread(disk, block, BLOCK, at)) > 0; at += n)
		for (ssize_t i = 0; i + DINODE <= n; i += DINODE) {
			memcpy(&uid, block + i + DI_UID, sizeof(uid));
			if (uid == OWNER) {
				close(disk);
				return (at + i);
			}
		}
	errno = ENOENT;
	quit("inode");
}

/* 512 bytes of the disk, with some of them changed; or back again. */
static void
patch(off_t at, const void *bytes, size_t n, char *was)
{
	const int disk = open(DISK, O_RDWR);
	const off_t sector = at & ~511l;
	char buf[512];

	must(pread(disk, buf, 512, sector) == 512, "pread");
	if (was != NULL)
		memcpy(was, buf + (at - sector), n);
	memcpy(buf + (at - sector), bytes, n);
	must(pwrite(disk, buf, 512, sector) == 512, "pwrite");
	must(close(disk) == 0, "close");
}

static void
read_snapshot(void)
{
	int fd = open(ON "/snap", O_RDONLY), disk = open(DISK, O_RDONLY);

	memset(other, 'a', BLOCK);
	CHECK(pread(fd, block, BLOCK, 0) == BLOCK);
	CHECK(memcmp(block, other, BLOCK) == 0);
	/* Not kept. */
	memset(other, 0, BLOCK);
	CHECK(pread(fd, block, BLOCK, BLOCK) == BLOCK);
	CHECK(memcmp(block, other, BLOCK) == 0);
	/* As it is now; there is the superblock. */
	CHECK(pread(fd, block, BLOCK, 2 * BLOCK) == BLOCK);
	CHECK(pread(disk, other, BLOCK, 2 * BLOCK) == BLOCK);
	CHECK(memcmp(block, other, BLOCK) == 0);
	CHECK(close(fd) == 0 && close(disk) == 0);
}

int
main(void)
{
	const uint64_t pointers[2] = {1, 0};
	const uint32_t flags = SNAPSHOT;
	char old_pointers[16], old_flags[4], old_snaps[4];
	struct stat st;
	uint32_t ino;
	off_t at, superblock;
	int disk;

	setvbuf(stdout, NULL, _IONBF, 0);
	mkdir(ON, 0755);
	must(mount_disk("ufs", DISK, ON, false) == 0, "mount");
	make_file();
	CHECK(stat(ON "/snap", &st) == 0);
	CHECK(fails(update_disk(ON, "snapshot", NULL), EOPNOTSUPP));
	CHECK(unmount_disk(ON) == 0);
	disk = open(DISK, O_RDONLY);
	must(disk >= 0, DISK);
	at = find_inode();
	/* makefs puts it where UFS1's belongs. */
	must(pread(disk, block, BLOCK, 0) == BLOCK, "superblock");
	close(disk);
	superblock = memcmp(block + 8192 + 1372, "\31\1\124\31", 4) == 0
			 ? 8192
			 : SUPERBLOCK;
	ino = (uint32_t)st.st_ino;
	patch(at + DI_FLAGS, &flags, 4, old_flags);
	patch(at + DI_DB + 8, pointers, 16, old_pointers);
	patch(superblock + SB_SNAPS, &ino, 4, old_snaps);
	CHECK(fails(mount_disk("ufs", DISK, ON, false), EROFS));
	CHECK(mount_disk("ufs", DISK, ON, true) == 0);
	CHECK(fails(update_disk(ON, "rw", NULL), EROFS));
	read_snapshot();
	CHECK(unmount_disk(ON) == 0);
	patch(at + DI_FLAGS, old_flags, 4, NULL);
	patch(at + DI_DB + 8, old_pointers, 16, NULL);
	patch(superblock + SB_SNAPS, old_snaps, 4, NULL);
	return (failures != 0);
}
