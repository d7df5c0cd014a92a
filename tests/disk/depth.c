/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A directory's inode says how far it is from the root, also when it was moved,
 * as FreeBSD's fsck wants it; those within it aren't told, as on FreeBSD.
 */
#include "fs/ufs/ufs_format.h"
#include "mounted.h"

#define ON "/mnt"

static struct ufs_superblock sb;

static void
take(int fd, uint64_t offset, void *buf, size_t size)
{
	static char sectors[UFS_SB_SIZE];
	size_t before = offset % 512;

	must(pread(fd, sectors, sizeof(sectors), (off_t)(offset - before)) ==
		 (ssize_t)sizeof(sectors),
	    "read");
	memcpy(buf, sectors + before, size);
}

static uint32_t
depth(int fd, uint64_t ino)
{
	struct ufs2_dinode di;
	uint64_t frag =
	    ino / sb.fs_ipg * (uint64_t)sb.fs_fpg + (uint64_t)sb.fs_iblkno;

	take(fd, frag * (uint64_t)sb.fs_fsize + ino % sb.fs_ipg * sizeof(di),
	    &di, sizeof(di));
	return (di.di_dirdepth);
}

static uint64_t
number(const char *path)
{
	struct stat st;

	must(stat(path, &st) == 0, path);
	return (st.st_ino);
}

int
main(void)
{
	static const char *const made[] = {
	    ON "/a", ON "/a/b", ON "/a/b/c", ON "/e"};
	static const struct {
		const char *path;
		uint32_t depth;
	} want[] = {{ON, 0}, {ON "/a", 1}, {ON "/b", 1}, {ON "/b/c", 3},
	    {ON "/b/d", 2}, {ON "/a/e", 2}};
	uint64_t inodes[sizeof(want) / sizeof(want[0])];
	const size_t n = sizeof(want) / sizeof(want[0]);
	int fd, bad = 0;

	(void)mkdir(ON, 0755);
	must(mount_disk("ufs", DISK, ON, false) == 0, DISK);
	for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++)
		must(mkdir(made[i], 0755) == 0, made[i]);
	must(rename(ON "/a/b", ON "/b") == 0, "rename to the root");
	must(mkdir(ON "/b/d", 0755) == 0, "mkdir");
	must(rename(ON "/e", ON "/a/e") == 0, "rename from the root");
	for (size_t i = 0; i < n; i++)
		inodes[i] = number(want[i].path);
	must(unmount_disk(ON) == 0, "unmount");
	fd = open(DISK, O_RDONLY);
	must(fd >= 0, DISK);
	take(fd, 65536, &sb, sizeof(sb));
	if (sb.fs_magic != UFS2_MAGIC || sb.fs_sblockloc != 65536)
		take(fd, 8192, &sb, sizeof(sb));
	for (size_t i = 0; i < n; i++)
		if (depth(fd, inodes[i]) != want[i].depth) {
			printf("%s: %u, not %u\n", want[i].path,
			    depth(fd, inodes[i]), want[i].depth);
			bad = 1;
		}
	return (bad);
}
