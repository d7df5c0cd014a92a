/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory disks: made, asked for, resized and taken away by /dev/mdctl, as
 * mdconfig(8) does; what is on them; and what happens to those who use one that
 * goes.
 */
#include "files.h"

#include "fbsd/disk.h"
#include "fbsd/mdioctl.h"
#include "mounting.h"

enum { SYS_ioctl = 54 };

#define KB   1024l
#define MB   (1024 * KB)
#define BAD  ((char *)0x10)
#define ROOM 4096

static char buf[64 * KB], page[ROOM];
static int ctl;

static long
control(unsigned long cmd, struct md_ioctl *mio)
{
	return (SYS(SYS_ioctl, ctl, cmd, mio));
}

/* The number of a new one; it is as large as that. */
static long
attach_sized(int type, long size, unsigned options)
{
	struct md_ioctl mio = {.md_type = type,
	    .md_mediasize = size,
	    .md_options = options | MD_AUTOUNIT};
	long error = control(MDIOCATTACH, &mio);

	return (error != 0 ? error : (long)mio.md_unit);
}

static char *
text(const char *s)
{
	return ((char *)(uintptr_t)s);
}

static long
attach_file(const char *path, long size, unsigned options)
{
	struct md_ioctl mio = {.md_type = MD_VNODE,
	    .md_file = text(path),
	    .md_mediasize = size,
	    .md_options = options | MD_AUTOUNIT};
	long error = control(MDIOCATTACH, &mio);

	return (error != 0 ? error : (long)mio.md_unit);
}

static long
detach(long unit, unsigned options)
{
	struct md_ioctl mio = {
	    .md_unit = (unsigned)unit, .md_options = options};

	return (control(MDIOCDETACH, &mio));
}

static long
resize(long unit, long size, unsigned options)
{
	struct md_ioctl mio = {.md_unit = (unsigned)unit,
	    .md_mediasize = size,
	    .md_options = options};

	return (control(MDIOCRESIZE, &mio));
}

/* "/dev/md7" and what is behind. */
static const char *
node(long unit, const char *rest)
{
	static char path[32];
	char *p = path + 7;

	memcpy(path, "/dev/md", 7);
	if (unit >= 10)
		*p++ = (char)('0' + unit / 10);
	*p++ = (char)('0' + unit % 10);
	memcpy(p, rest, length(rest) + 1);
	return (path);
}

static long
open_node(long unit, int flags)
{
	return (SYS(SYS_open, node(unit, ""), flags));
}

static bool
all(const char *p, size_t n, char c)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] != c)
			return (false);
	return (true);
}

/* Both are there, and nothing else is in between. */
static void
bytes(long fd, long last)
{
	CHECK_EQ(SYS(SYS_pread, fd, buf, sizeof(buf), 0), sizeof(buf));
	CHECK(all(buf, sizeof(buf), 0));
	memset(buf, 'x', sizeof(buf));
	CHECK_EQ(SYS(SYS_pwrite, fd, buf, 5 * KB, 3 * KB), 5 * KB);
	CHECK_EQ(SYS(SYS_pwrite, fd, buf, 512, last), 512);
	CHECK_EQ(SYS(SYS_pwrite, fd, buf, 512, last + 512), 0);
	CHECK_EQ(SYS(SYS_pread, fd, buf, 12 * KB, 0), 12 * KB);
	CHECK(all(buf, 3 * KB, 0) && all(buf + 3 * KB, 5 * KB, 'x') &&
	      all(buf + 8 * KB, 4 * KB, 0));
	CHECK_EQ(SYS(SYS_pread, fd, buf, 512, last), 512);
	CHECK(all(buf, 512, 'x'));
}

static void
deletion(long fd)
{
	struct disk_range range = {4 * KB + 512, 4 * KB - 512};

	CHECK_EQ(SYS(SYS_ioctl, fd, DIOCGDELETE, &range), 0);
	CHECK_EQ(SYS(SYS_pread, fd, buf, 12 * KB, 0), 12 * KB);
	CHECK(all(buf, 3 * KB, 0) && all(buf + 3 * KB, KB + 512, 'x') &&
	      all(buf + 4 * KB + 512, 8 * KB - 512, 0));
	CHECK_EQ(SYS(SYS_ioctl, fd, DIOCGFLUSH), 0);
}

static void
memory_disk(int type, unsigned options)
{
	long unit = attach_sized(type, 4 * MB, options), fd, size = 0;
	struct md_ioctl mio = {.md_unit = (unsigned)unit};
	unsigned sector = 0;

	CHECK_EQ(unit, 0);
	CHECK_EQ(control(MDIOCQUERY, &mio), 0);
	CHECK_EQ(mio.md_type, type);
	CHECK_EQ(mio.md_mediasize, 4 * MB);
	CHECK_EQ(mio.md_sectorsize, 512);
	CHECK_EQ(mio.md_options, options);
	fd = open_node(unit, O_RDWR);
	CHECK(fd >= 0);
	CHECK_EQ(SYS(SYS_ioctl, fd, DIOCGSECTORSIZE, &sector), 0);
	CHECK_EQ(SYS(SYS_ioctl, fd, DIOCGMEDIASIZE, &size), 0);
	CHECK_EQ(sector, 512);
	CHECK_EQ(size, 4 * MB);
	bytes(fd, 4 * MB - 512);
	deletion(fd);
	CHECK_EQ(detach(unit, 0), -EBUSY);
	CHECK_EQ(SYS(SYS_close, fd), 0);
	CHECK_EQ(detach(unit, 0), 0);
	CHECK_EQ(detach(unit, 0), -ENOENT);
	CHECK_EQ(open_node(unit, O_RDONLY), -ENOENT);
}

/* What is read there was never written. */
static void
nothing(void)
{
	long unit = attach_sized(MD_NULL, MB, 0), fd = open_node(unit, O_RDWR);

	memset(buf, 'x', sizeof(buf));
	CHECK_EQ(SYS(SYS_pwrite, fd, buf, 8 * KB, 0), 8 * KB);
	CHECK_EQ(SYS(SYS_pread, fd, buf, 8 * KB, 0), 8 * KB);
	CHECK(all(buf, 8 * KB, 0));
	CHECK_EQ(SYS(SYS_close, fd), 0);
	CHECK_EQ(detach(unit, 0), 0);
}

static void
units(void)
{
	struct md_ioctl mio = {
	    .md_type = MD_SWAP, .md_mediasize = MB, .md_unit = 7};

	CHECK_EQ(control(MDIOCATTACH, &mio), 0);
	CHECK_EQ(control(MDIOCATTACH, &mio), -EBUSY);
	CHECK_EQ(attach_sized(MD_SWAP, MB, 0), 0);
	CHECK_EQ(attach_sized(MD_SWAP, MB, 0), 1);
	CHECK_EQ(detach(0, 0), 0);
	CHECK_EQ(attach_sized(MD_SWAP, MB, 0), 0);
	for (long unit = 0; unit < 2; unit++)
		CHECK_EQ(detach(unit, 0), 0);
	CHECK_EQ(detach(7, 0), 0);
}

/* The memory of a disk is there again when it has gone. */
static void
accounting(void)
{
	long free = get_sysctl("vm.stats.vm.v_free_count"), unit, fd, now;

	unit = attach_sized(MD_SWAP, 8 * MB, 0);
	fd = open_node(unit, O_RDWR);
	memset(buf, 'x', sizeof(buf));
	for (long at = 0; at < 8 * MB; at += (long)sizeof(buf))
		CHECK_EQ(
		    SYS(SYS_pwrite, fd, buf, sizeof(buf), at), sizeof(buf));
	now = get_sysctl("vm.stats.vm.v_free_count");
	CHECK(now <= free - 2048);
	CHECK_EQ(SYS(SYS_close, fd), 0);
	CHECK_EQ(detach(unit, 0), 0);
	now = get_sysctl("vm.stats.vm.v_free_count");
	CHECK(now >= free - 256);
	unit = attach_sized(MD_MALLOC, 8 * MB, MD_RESERVE);
	CHECK(get_sysctl("vm.stats.vm.v_free_count") <= free - 2048 + 256);
	CHECK_EQ(detach(unit, 0), 0);
}

static void
sizes(void)
{
	long unit = attach_sized(MD_SWAP, MB, 0), fd, size = 0;

	CHECK_EQ(resize(unit, 2 * MB, 0), 0);
	fd = open_node(unit, O_RDWR);
	CHECK_EQ(SYS(SYS_ioctl, fd, DIOCGMEDIASIZE, &size), 0);
	CHECK_EQ(size, 2 * MB);
	memset(buf, 'x', sizeof(buf));
	CHECK_EQ(SYS(SYS_pwrite, fd, buf, 512, 2 * MB - 512), 512);
	CHECK_EQ(resize(unit, MB, 0), -EBUSY);
	CHECK_EQ(resize(unit, MB + 512, MD_FORCE), -EDOM);
	CHECK_EQ(resize(unit, 0, MD_FORCE), -EINVAL);
	CHECK_EQ(resize(unit, MB, MD_AUTOUNIT), -EINVAL);
	CHECK_EQ(resize(unit, MB, MD_FORCE), 0);
	CHECK_EQ(resize(unit, 2 * MB, MD_RESERVE), 0);
	CHECK_EQ(SYS(SYS_pread, fd, buf, 512, 2 * MB - 512), 512);
	CHECK(all(buf, 512, 0));
	CHECK_EQ(resize(unit, 1l << 60, MD_RESERVE), -EDOM);
	CHECK_EQ(SYS(SYS_close, fd), 0);
	CHECK_EQ(detach(unit, 0), 0);
	CHECK_EQ(resize(unit, MB, 0), -ENOENT);
	unit = attach_sized(MD_MALLOC, MB, 0);
	CHECK_EQ(resize(unit, 2 * MB, 0), -EOPNOTSUPP);
	CHECK_EQ(detach(unit, 0), 0);
}

static void
arguments(void)
{
	struct md_ioctl mio = {.md_type = MD_SWAP, .md_mediasize = MB};
	static char name[2 * KB];

	CHECK_EQ(SYS(SYS_ioctl, ctl, MDIOCATTACH, BAD), -EFAULT);
	CHECK_EQ(SYS(SYS_ioctl, ctl, _IO('m', 9), 0), -ENOTTY);
	mio.md_version = 1;
	CHECK_EQ(control(MDIOCATTACH, &mio), -EINVAL);
	CHECK_EQ(control(MDIOCQUERY, &mio), -EINVAL);
	mio = (struct md_ioctl){.md_type = 9, .md_mediasize = MB};
	CHECK_EQ(control(MDIOCATTACH, &mio), -EINVAL);
	mio.md_type = MD_PRELOAD;
	CHECK_EQ(control(MDIOCATTACH, &mio), -EOPNOTSUPP);
	CHECK_EQ(attach_sized(MD_SWAP, -MB, 0), -EINVAL);
	CHECK_EQ(attach_sized(MD_SWAP, 511, 0), -EINVAL);
	CHECK_EQ(attach_sized(MD_SWAP, MB + 512, 0), -EDOM);
	CHECK_EQ(attach_sized(MD_SWAP, 1l << 62, MD_RESERVE), -EDOM);
	CHECK_EQ(attach_sized(MD_MALLOC, INT64_MAX, MD_RESERVE), -ENOMEM);
	CHECK_EQ(attach_sized(MD_MALLOC, MB, MD_READONLY), -EINVAL);
	for (unsigned size = 1; size != 0; size <<= 4) {
		mio = (struct md_ioctl){.md_type = MD_SWAP,
		    .md_mediasize = MB,
		    .md_sectorsize = size + 1};
		CHECK_EQ(control(MDIOCATTACH, &mio), -EINVAL);
	}
	mio = (struct md_ioctl){
	    .md_type = MD_SWAP, .md_mediasize = MB, .md_label = BAD};
	CHECK_EQ(control(MDIOCATTACH, &mio), -EFAULT);
	memset(name, 'n', sizeof(name));
	mio.md_label = name;
	CHECK_EQ(control(MDIOCATTACH, &mio), -ENAMETOOLONG);
	mio.md_label = NULL;
	mio.md_unit = 0x80000000u;
	CHECK_EQ(control(MDIOCATTACH, &mio), -EINVAL);
	CHECK_EQ(attach_file(NULL, MB, 0), -EFAULT);
	CHECK_EQ(attach_file(BAD, MB, 0), -EFAULT);
	CHECK_EQ(attach_file("/no/such/file", MB, 0), -ENOENT);
	CHECK_EQ(attach_file("/dev/null", MB, 0), -EINVAL);
	CHECK_EQ(attach_file("/dev", MB, 0), -EISDIR);
	/* None of them left anything. */
	CHECK_EQ(attach_sized(MD_SWAP, 1l << 60, 0), 0);
	CHECK_EQ(detach(0, MD_RESERVE), -EINVAL);
	CHECK_EQ(detach(0, 0), 0);
}

/* Little-endian, at an offset of the page. */
static void
put_le(unsigned at, unsigned n, unsigned long value)
{
	for (unsigned i = 0; i < n; i++)
		page[at + i] = (char)(value >> 8 * i);
}

/* A FAT12 of a megabyte, within a slice from sector 64 on if `start` is that.
 */
static void
make_fat(const char *path, unsigned start)
{
	long fd = SYS(SYS_open, path, O_RDWR | O_CREAT, 0600);

	CHECK(fd >= 0);
	CHECK_EQ(SYS(SYS_ftruncate, fd, MB), 0);
	memset(page, 0, sizeof(page));
	if (start != 0) {
		put_le(446 + 4, 1, 1);
		put_le(446 + 8, 4, start);
		put_le(446 + 12, 4, MB / 512 - start);
		put_le(510, 2, 0xaa55);
		CHECK_EQ(SYS(SYS_pwrite, fd, page, 512, 0), 512);
		memset(page, 0, sizeof(page));
	}
	page[0] = '\xeb';
	put_le(11, 2, 512);
	put_le(13, 1, 4);   /* sectors of a cluster */
	put_le(14, 2, 1);   /* before the FATs */
	put_le(16, 1, 1);   /* FATs */
	put_le(17, 2, 128); /* entries of the root */
	put_le(19, 2, MB / 512 - start);
	put_le(21, 1, 0xf8);
	put_le(22, 2, 2); /* sectors of a FAT */
	put_le(510, 2, 0xaa55);
	put_le(512, 3, 0xfffff8);
	CHECK_EQ(SYS(SYS_pwrite, fd, page, KB, start * 512l), KB);
	CHECK_EQ(SYS(SYS_close, fd), 0);
}

static void
write_file(const char *path, char c)
{
	long fd = SYS(SYS_open, path, O_RDWR | O_CREAT | O_TRUNC, 0600);

	memset(buf, c, sizeof(buf));
	CHECK_EQ(SYS(SYS_write, fd, buf, 8 * KB), 8 * KB);
	CHECK_EQ(SYS(SYS_close, fd), 0);
}

static void
check_file(const char *path, char c)
{
	long fd = SYS(SYS_open, path, O_RDONLY);

	CHECK_EQ(SYS(SYS_read, fd, buf, sizeof(buf)), 8 * KB);
	CHECK(all(buf, 8 * KB, c));
	CHECK_EQ(SYS(SYS_close, fd), 0);
}

static long
mount_node(long unit, const char *rest, bool readonly)
{
	if (readonly)
		return (MOUNT(
		    "msdosfs", "/mnt", "from", node(unit, rest), "ro", NULL));
	return (MOUNT("msdosfs", "/mnt", "from", node(unit, rest)));
}

/* A file system within a file, as a whole disk's and as a slice's. */
static void
file_disk(unsigned start)
{
	const char *part = start != 0 ? "s1" : "";
	struct md_ioctl mio = {.md_file = buf, .md_label = page};
	long unit;

	make_fat("/tmp/image", start);
	unit = attach_file("/tmp/image", MB, 0);
	CHECK_EQ(unit, 0);
	CHECK_EQ(control(MDIOCQUERY, &mio), 0);
	CHECK(same_text(buf, "/tmp/image") && page[0] == '\0');
	CHECK_EQ(mount_node(unit, part, false), 0);
	write_file("/mnt/file", 'f');
	CHECK_EQ(detach(unit, 0), -EBUSY);
	CHECK_EQ(SYS(SYS_unmount, "/mnt", 0), 0);
	CHECK_EQ(detach(unit, 0), 0);
	unit = attach_file("/tmp/image", MB, MD_READONLY);
	CHECK_EQ(open_node(unit, O_RDWR), -EROFS);
	CHECK_EQ(mount_node(unit, part, false), -EROFS);
	CHECK_EQ(mount_node(unit, part, true), 0);
	check_file("/mnt/file", 'f');
	CHECK_EQ(SYS(SYS_unmount, "/mnt", 0), 0);
	CHECK_EQ(detach(unit, 0), 0);
	CHECK_EQ(SYS(SYS_unlink, "/tmp/image"), 0);
}

/* One that goes: those who have it open or mounted get errors, and can end. */
static void
forced(bool file)
{
	long unit, fd, left;

	make_fat("/tmp/image", 0);
	unit = file ? attach_file("/tmp/image", MB, 0)
		    : attach_sized(MD_SWAP, MB, 0);
	if (!file) {
		fd = SYS(SYS_open, "/tmp/image", O_RDONLY);
		CHECK_EQ(SYS(SYS_read, fd, buf, 2 * KB), 2 * KB);
		SYS(SYS_close, fd);
		fd = open_node(unit, O_RDWR);
		CHECK_EQ(SYS(SYS_write, fd, buf, 2 * KB), 2 * KB);
		SYS(SYS_close, fd);
	}
	CHECK_EQ(mount_node(unit, "", false), 0);
	write_file("/mnt/file", 'f');
	fd = open_node(unit, O_RDONLY);
	CHECK(fd >= 0);
	CHECK_EQ(detach(unit, MD_FORCE), 0);
	CHECK_EQ(SYS(SYS_pread, fd, buf, 512, 0), -ENXIO);
	CHECK_EQ(SYS(SYS_ioctl, fd, DIOCGMEDIASIZE, &left), -ENXIO);
	CHECK_EQ(open_node(unit, O_RDONLY), -ENOENT);
	CHECK_EQ(SYS(SYS_unlink, "/tmp/image"), 0);
	CHECK(SYS(SYS_unmount, "/mnt", 0) != 0);
	CHECK_EQ(SYS(SYS_unmount, "/mnt", MNT_FORCE), 0);
	/* Its number is another's already. */
	CHECK_EQ(attach_sized(MD_SWAP, MB, 0), unit);
	CHECK_EQ(SYS(SYS_pread, fd, buf, 512, 0), -ENXIO);
	CHECK_EQ(SYS(SYS_close, fd), 0);
	CHECK_EQ(detach(unit, 0), 0);
}

/* Slices of `size` sectors each, from sector 64 on. */
static void
write_slices(long fd, unsigned n, unsigned size)
{
	memset(page, 0, sizeof(page));
	for (unsigned i = 0; i < n; i++) {
		put_le(446 + 16 * i + 4, 1, 0x83);
		put_le(446 + 16 * i + 8, 4, 64 + i * size);
		put_le(446 + 16 * i + 12, 4, size);
	}
	put_le(510, 2, n != 0 ? 0xaa55 : 0);
	CHECK_EQ(SYS(SYS_pwrite, fd, page, 512, 0), 512);
}

static long
size_of(const char *path)
{
	long fd = SYS(SYS_open, path, O_RDONLY), size = -1;

	if (fd < 0)
		return (fd);
	CHECK_EQ(SYS(SYS_ioctl, fd, DIOCGMEDIASIZE, &size), 0);
	CHECK_EQ(SYS(SYS_close, fd), 0);
	return (size);
}

/* A UFS2 superblock's magic and name. */
static void
write_label(long fd, const char *name)
{
	memset(page, 0, sizeof(page));
	if (name != NULL) {
		put_le(1372, 4, 0x19540119);
		memcpy(page + 680, name, length(name));
	}
	CHECK_EQ(SYS(SYS_pwrite, fd, page, 4 * KB, 64 * KB), 4 * KB);
}

/* Tables and labels that are written are seen when that is over. */
static void
rewritten(void)
{
	long unit = attach_sized(MD_SWAP, MB, 0), fd, part;

	fd = open_node(unit, O_RDWR);
	write_slices(fd, 2, 800);
	CHECK_EQ(size_of("/dev/md0s1"), -ENOENT);
	CHECK_EQ(SYS(SYS_close, fd), 0);
	CHECK_EQ(size_of("/dev/md0s1"), 800 * 512);
	CHECK_EQ(size_of("/dev/md0s2"), 800 * 512);
	/* One that is open stays, and with it the others. */
	part = SYS(SYS_open, "/dev/md0s2", O_RDONLY);
	fd = open_node(unit, O_RDWR);
	write_slices(fd, 1, 900);
	CHECK_EQ(SYS(SYS_close, fd), 0);
	CHECK_EQ(size_of("/dev/md0s1"), 800 * 512);
	CHECK_EQ(SYS(SYS_close, part), 0);
	fd = open_node(unit, O_RDWR);
	write_slices(fd, 1, 900);
	CHECK_EQ(SYS(SYS_close, fd), 0);
	CHECK_EQ(size_of("/dev/md0s1"), 900 * 512);
	CHECK_EQ(size_of("/dev/md0s2"), -ENOENT);
	/* By one of the slices. */
	fd = SYS(SYS_open, "/dev/md0s1", O_RDWR);
	write_label(fd, "first");
	CHECK_EQ(SYS(SYS_close, fd), 0);
	CHECK_EQ(size_of("/dev/ufs/first"), 900 * 512);
	fd = SYS(SYS_open, "/dev/ufs/first", O_RDWR);
	write_label(fd, "other");
	CHECK_EQ(SYS(SYS_close, fd), 0);
	CHECK_EQ(size_of("/dev/ufs/first"), -ENOENT);
	CHECK_EQ(size_of("/dev/ufs/other"), 900 * 512);
	/* No table, but a file system. */
	fd = open_node(unit, O_RDWR);
	write_slices(fd, 0, 0);
	write_label(fd, "whole");
	CHECK_EQ(SYS(SYS_close, fd), 0);
	CHECK_EQ(size_of("/dev/ufs/other"), -ENOENT);
	CHECK_EQ(size_of("/dev/md0s1"), -ENOENT);
	CHECK_EQ(size_of("/dev/ufs/whole"), MB);
	CHECK_EQ(detach(unit, 0), 0);
	CHECK_EQ(size_of("/dev/ufs/whole"), -ENOENT);
}

static bool
contains(const char *text, size_t n, const char *word)
{
	for (size_t i = 0; i + length(word) <= n; i++)
		if (same(text + i, word, length(word)))
			return (true);
	return (false);
}

/* What mdconfig -l looks at. */
static void
tree(void)
{
	static const char *const words[] = {"<name>MD</name>",
	    "<name>md0</name>", "<type>vnode</type>",
	    "<file>/tmp/&#38;image</file>", "<length>1048576</length>",
	    "<label>a &#60;label</label>", "<unit>0</unit>"};
	struct md_ioctl mio = {.md_type = MD_VNODE,
	    .md_file = text("/tmp/&image"),
	    .md_label = text("a <label"),
	    .md_mediasize = MB};
	size_t len = sizeof(buf);

	make_fat("/tmp/&image", 0);
	CHECK_EQ(control(MDIOCATTACH, &mio), 0);
	CHECK_EQ(
	    SYS(SYS___sysctlbyname, "kern.geom.confxml", 17, buf, &len, 0, 0),
	    0);
	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		CHECK(contains(buf, len, words[i]));
	mio.md_label = page;
	mio.md_file = BAD;
	CHECK_EQ(control(MDIOCQUERY, &mio), -EFAULT);
	CHECK(same_text(page, "a <label"));
	CHECK_EQ(detach(0, 0), 0);
	CHECK_EQ(SYS(SYS_unlink, "/tmp/&image"), 0);
}

/* What gstat(8) maps: a disk's record, or NULL. */
struct record {
	unsigned sequence0;
	int allocated;
	unsigned start_count, end_count;
	long busy_from[2], spare;
	unsigned number;
	char name[16];
	int unit;
	unsigned long bytes[4], operations[4];
	char rest[288 - 128];
};

static volatile struct record *
find_record(char *map, long size, int unit)
{
	struct record *r;

	for (long at = 0; at < size; at += 4096)
		for (unsigned i = 0; i < 4096 / sizeof(*r); i++) {
			r = (struct record *)(void *)(map + at) + i;
			if (r->allocated && same_text(r->name, "md") &&
			    r->unit == unit)
				return (r);
		}
	return (NULL);
}

/* It is up to date without a call. */
static void
statistics(void)
{
	long unit = attach_sized(MD_SWAP, MB, 0), fd, size = 0, disk;
	volatile struct record *r;
	unsigned long was;
	char *map;

	fd = SYS(SYS_open, "/dev/devstat", O_RDONLY);
	CHECK_EQ(SYS(SYS_ioctl, fd, DIOCGMEDIASIZE, &size), 0);
	CHECK(size > 0 && size % 4096 == 0);
	CHECK_EQ(SYS(SYS_mmap, 0, size, 1, 2, fd, 0), -EINVAL);
	CHECK_EQ(SYS(SYS_mmap, 0, size, 3, 1, fd, 0), -EACCES);
	map = (char *)SYS(SYS_mmap, 0, size, 1, 1, fd, 0);
	r = find_record(map, size, (int)unit);
	CHECK(r != NULL);
	if (r == NULL)
		return;
	was = r->operations[2];
	disk = open_node(unit, O_RDWR);
	CHECK_EQ(SYS(SYS_pwrite, disk, buf, 4 * KB, 0), 4 * KB);
	CHECK_EQ(r->operations[2], was + 1);
	CHECK_EQ(r->bytes[2], 4 * KB);
	CHECK_EQ(r->start_count, r->end_count);
	CHECK_EQ(SYS(SYS_close, disk), 0);
	CHECK_EQ(detach(unit, 0), 0);
	CHECK_EQ(r->allocated, 0);
	for (unsigned i = 0; i < 40; i++)
		CHECK_EQ(attach_sized(MD_SWAP, MB, 0), i);
	CHECK_EQ(SYS(SYS_ioctl, fd, DIOCGMEDIASIZE, &size), 0);
	CHECK(size >= 3 * 4096);
	CHECK_EQ(SYS(SYS_munmap, map, 4096), 0);
	map = (char *)SYS(SYS_mmap, 0, size, 1, 1, fd, 0);
	for (int i = 0; i < 40; i++) {
		CHECK(find_record(map, size, i) != NULL);
		CHECK_EQ(detach(i, 0), 0);
		CHECK(find_record(map, size, i) == NULL);
	}
	CHECK_EQ(SYS(SYS_munmap, map, size), 0);
	CHECK_EQ(SYS(SYS_close, fd), 0);
}

/* Opens, reads, writes and mounts what comes and goes. */
static int
user(unsigned seed)
{
	unsigned char where[4];
	long fd;

	while (SYS(SYS_access, "/tmp/stop", 0) != 0) {
		fd = open_node(seed & 1, seed & 2 ? O_RDWR : O_RDONLY);
		if (fd >= 0) {
			(void)SYS(SYS_pread, fd, where, 512, 512);
			(void)SYS(SYS_pread, fd, page, 4 * KB, 0);
			(void)SYS(SYS_pwrite, fd, page, 4 * KB, 8 * KB);
			(void)SYS(SYS_close, fd);
		}
		if ((seed & 7) == 7 && mount_node(0, "", false) == 0) {
			fd = SYS(SYS_open, "/mnt/f", O_RDWR | O_CREAT, 0600);
			if (fd >= 0) {
				(void)SYS(SYS_write, fd, buf, sizeof(buf));
				(void)SYS(SYS_close, fd);
			}
			while (SYS(SYS_unmount, "/mnt", MNT_FORCE) == -EBUSY)
				SYS(SYS_sched_yield);
		}
		seed = seed * 1103515245 + 12345;
		seed ^= seed >> 16;
	}
	return (0);
}

/* Disks go while they are used. */
static void
races(void)
{
	long pids[3], unit, status, stop;

	make_fat("/tmp/image", 0);
	for (unsigned i = 0; i < 3; i++) {
		pids[i] = SYS(SYS_fork);
		if (pids[i] == 0)
			SYS(SYS_exit, user(i + 1));
	}
	for (unsigned i = 0; i < 60; i++) {
		unit = i % 3 == 0 ? attach_file("/tmp/image", MB, 0)
				  : attach_sized(MD_SWAP, MB, 0);
		CHECK(unit >= 0 && unit <= 1);
		for (unsigned k = 0; k < i % 5; k++)
			SYS(SYS_sched_yield);
		status = detach(unit, i % 2 == 0 ? MD_FORCE : 0);
		if (status == -EBUSY)
			status = detach(unit, MD_FORCE);
		CHECK_EQ(status, 0);
	}
	stop = SYS(SYS_open, "/tmp/stop", O_CREAT | O_RDWR, 0600);
	CHECK(stop >= 0);
	for (unsigned i = 0; i < 3; i++) {
		status = 0;
		CHECK_EQ(SYS(SYS_wait4, pids[i], &status, 0, NULL), pids[i]);
		CHECK_EQ(status, 0);
	}
	CHECK_EQ(SYS(SYS_close, stop), 0);
	CHECK_EQ(SYS(SYS_unlink, "/tmp/stop"), 0);
	CHECK_EQ(SYS(SYS_unlink, "/tmp/image"), 0);
}

int
main(int argc, char **argv)
{
	(void)SYS(SYS_mkdir, "/tmp", 0700);
	(void)SYS(SYS_mkdir, "/mnt", 0700);
	ctl = (int)SYS(SYS_open, "/dev/mdctl", O_RDWR);
	CHECK(ctl >= 0);
	memory_disk(MD_MALLOC, 0);
	memory_disk(MD_MALLOC, MD_COMPRESS);
	memory_disk(MD_MALLOC, MD_RESERVE);
	memory_disk(MD_SWAP, 0);
	memory_disk(MD_SWAP, MD_RESERVE);
	nothing();
	units();
	accounting();
	sizes();
	arguments();
	file_disk(0);
	file_disk(64);
	forced(true);
	forced(false);
	rewritten();
	tree();
	statistics();
	races();
	return (result("mdisks"));
}
