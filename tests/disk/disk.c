/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Disks as a program sees them.  tests/disk/run.sh makes the images and says
 * what to do with them:
 *
 *	show NAME ...		one line for each: size, sector, rights, label
 *	disks			kern.disks
 *	text NAME OFFSET	what is written there
 *	pattern NAME		write everywhere, from 4 threads, and read back
 *	check NAME		read back only
 *	rules NAME		what the device refuses, and its requests
 *	readonly NAME		a disk that can't be written
 *	fails NAME OFFSET	reading there is an I/O error, elsewhere is not
 *	list DIRECTORY		the names in it
 */
#include "../prog/files.h"

#include "fbsd/disk.h"

#define THREADS 4
#define CHUNK	65536

enum { SYS_ioctl = 54 };

static char path[128];

static const char *
dev(const char *name)
{
	static const char prefix[] = "/dev/";
	size_t n = length(name);

	memcpy(path, prefix, 5);
	memcpy(path + 5, name, n + 1);
	return (path);
}

static long
number(const char *s)
{
	long n = 0;

	for (; *s >= '0' && *s <= '9'; s++)
		n = n * 10 + *s - '0';
	return (n);
}

static long
media_size(long fd)
{
	int64_t size = -1;

	CHECK_EQ(SYS(SYS_ioctl, fd, DIOCGMEDIASIZE, &size), 0);
	return (size);
}

static void
show(const char *name)
{
	static struct disk_path provider;
	static struct disk_ident ident;
	unsigned sector = 0;
	long fd = xopen(dev(name), O_RDONLY, 0), writable;

	say(name);
	if (fd < 0) {
		say(": error ");
		say_number(-fd);
		say("\n");
		return;
	}
	CHECK_EQ(SYS(SYS_ioctl, fd, DIOCGSECTORSIZE, &sector), 0);
	CHECK_EQ(SYS(SYS_ioctl, fd, DIOCGPROVIDERNAME, &provider), 0);
	say(": ");
	say(provider.text);
	say(" ");
	say_number(media_size(fd));
	say(" ");
	say_number(sector);
	if (SYS(SYS_ioctl, fd, DIOCGIDENT, &ident) == 0) {
		say(" ");
		say(ident.text);
	}
	(void)SYS(SYS_close, fd);
	writable = xopen(dev(name), O_RDWR, 0);
	say(writable == -EROFS ? " read-only\n" : "\n");
	(void)SYS(SYS_close, writable);
}

static void
disks(void)
{
	static char names[256];
	size_t size = sizeof(names);
	static const char key[] = "kern.disks";

	CHECK_EQ(
	    SYS(SYS___sysctlbyname, key, length(key), names, &size, 0, 0), 0);
	say(names);
	say("\n");
}

struct devstat {
	uint32_t sequence0, allocated, started, ended;
	uint64_t busy_from[2], spare;
	uint32_t number;
	char name[16];
	int unit;
	uint64_t bytes[4], operations[4];
	uint64_t duration[4][2], busy[2], created[2];
	uint32_t block_size;
	uint64_t tags[3];
	int flags, type, priority;
	uint64_t id;
	uint32_t sequence1;
};

static void
device_statistics(struct devstat *all, int want)
{
	static struct {
		long generation;
		struct devstat all[2];
	} got;
	static const char key[] = "kern.devstat.all";
	size_t size = sizeof(got);

	CHECK_EQ(
	    SYS(SYS___sysctlbyname, key, length(key), &got, &size, 0, 0), 0);
	CHECK_EQ(size, sizeof(long) + (size_t)want * sizeof(*all));
	memcpy(all, got.all, (size_t)want * sizeof(*all));
}

/* vtbd1, of 2 MB, beside vtbd0: what is read and written is counted. */
static void
transfers(const char *name)
{
	enum { SIZE = 8192, READS = 3, WRITES = 2 };
	static struct devstat before[2], after[2];
	static char buf[SIZE];
	const struct devstat *b = &before[1], *a = &after[1];
	long fd = xopen(dev(name), O_RDWR, 0);

	device_statistics(before, 2);
	for (int i = 0; i < READS; i++)
		CHECK_EQ(SYS(SYS_pread, fd, buf, SIZE, i * SIZE), SIZE);
	for (int i = 0; i < WRITES; i++)
		CHECK_EQ(SYS(SYS_pwrite, fd, buf, SIZE, i * SIZE), SIZE);
	device_statistics(after, 2);
	CHECK(same(a->name, "vtbd", 5) && a->unit == 1 && a->number == 1);
	CHECK_EQ(a->block_size, 512);
	CHECK_EQ(a->started, a->ended);
	CHECK_EQ(a->ended - b->ended, READS + WRITES);
	CHECK_EQ(a->operations[1] - b->operations[1], READS);
	CHECK_EQ(a->bytes[1] - b->bytes[1], READS * SIZE);
	CHECK_EQ(a->operations[2] - b->operations[2], WRITES);
	CHECK_EQ(a->bytes[2] - b->bytes[2], WRITES * SIZE);
	CHECK_EQ(a->operations[3], 0);
	CHECK_EQ(a->tags[0], a->ended);
	CHECK(a->busy[0] > b->busy[0] || a->busy[1] > b->busy[1]);
	CHECK(a->duration[2][0] + a->duration[2][1] > 0);
	CHECK_EQ(after[0].ended, before[0].ended);
	CHECK(same(after[0].name, "vtbd", 5) && after[0].unit == 0);
}

/* A disk of 2 MB: swapinfo(8) divides by its pages. */
static void
swap(const char *name)
{
	enum { SYS_swapon = 85, SYS___sysctl = 202, SYS_swapoff = 582 };
	struct {
		uint32_t version;
		uint64_t dev;
		int flags, nblks, used;
	} xsw;
	static const char key[] = "vm.swap_info";
	int name2oid[2] = {0, 3}, oid[8];
	size_t size = sizeof(oid), len;

	CHECK_EQ(
	    SYS(SYS___sysctl, name2oid, 2, oid, &size, key, length(key)), 0);
	len = size / sizeof(oid[0]);
	oid[len++] = 0;
	size = sizeof(xsw);
	CHECK_EQ(SYS(SYS___sysctl, oid, len, &xsw, &size, 0, 0), -ENOENT);
	CHECK_EQ(SYS(SYS_swapon, dev(name)), 0);
	size = sizeof(xsw);
	CHECK_EQ(SYS(SYS___sysctl, oid, len, &xsw, &size, 0, 0), 0);
	CHECK_EQ(size, sizeof(xsw));
	CHECK_EQ(xsw.version, 2);
	CHECK_EQ(xsw.nblks, 512);
	CHECK_EQ(xsw.used, 0);
	CHECK_EQ(SYS(SYS_swapoff, dev(name), 0), 0);
}

static void
geom(const char *key)
{
	static char xml[65536], again[65536];
	size_t size = 0, room = sizeof(again);

	CHECK_EQ(
	    SYS(SYS___sysctlbyname, key, length(key), NULL, &size, 0, 0), 0);
	CHECK(size < sizeof(xml));
	CHECK_EQ(
	    SYS(SYS___sysctlbyname, key, length(key), xml, &size, 0, 0), 0);
	CHECK_EQ(size, length(xml) + 1);
	CHECK_EQ(
	    SYS(SYS___sysctlbyname, key, length(key), again, &room, 0, 0), 0);
	CHECK_EQ(room, size);
	room = size - 1;
	CHECK_EQ(SYS(SYS___sysctlbyname, key, length(key), again, &room, 0, 0),
	    -ENOMEM);
	say(xml);
}

static void
text(const char *name, long offset)
{
	static char sector[4096];
	long fd = xopen(dev(name), O_RDONLY, 0);

	CHECK_EQ(
	    SYS(SYS_pread, fd, sector, sizeof(sector), offset), sizeof(sector));
	sector[64] = '\0';
	say(sector);
}

/* What is at an offset, as no other place has it. */
static uint64_t
word_at(uint64_t offset)
{
	return ((offset + 1) * 0x9e3779b97f4a7c15);
}

struct worker {
	const char *name;
	unsigned index;
	bool write;
	long bad;
	long tid;
};

/* Every fourth chunk is one worker's. */
static void
work(void *arg)
{
	struct worker *w = arg;
	uint64_t *buf = map_anon(CHUNK, MAP_ANON_PRIVATE);
	long fd = xopen(w->name, w->write ? O_RDWR : O_RDONLY, 0);
	long size = media_size(fd), n;

	for (long at = w->index * CHUNK; at < size; at += THREADS * CHUNK) {
		n = size - at < CHUNK ? size - at : CHUNK;
		if (w->write) {
			for (long i = 0; i < n; i += 8)
				buf[i / 8] = word_at((uint64_t)(at + i));
			if (SYS(SYS_pwrite, fd, buf, n, at) != n)
				w->bad++;
		} else {
			if (SYS(SYS_pread, fd, buf, n, at) != n)
				w->bad++;
			for (long i = 0; i < n; i += 8)
				if (buf[i / 8] != word_at((uint64_t)(at + i)))
					w->bad++;
		}
	}
	(void)SYS(SYS_close, fd);
	end_thread(&w->tid);
}

static void
everywhere(const char *name, bool write)
{
	static struct worker workers[THREADS];

	for (unsigned i = 0; i < THREADS; i++) {
		workers[i] = (struct worker){
		    .name = dev(name), .index = i, .write = write};
		CHECK_EQ(start_thread(work, &workers[i], &workers[i].tid), 0);
	}
	for (unsigned i = 0; i < THREADS; i++) {
		join_thread(&workers[i].tid);
		CHECK_EQ(workers[i].bad, 0);
	}
}

static void
rules(const char *name)
{
	static char buf[8192];
	long fd = xopen(dev(name), O_RDWR, 0), size = media_size(fd);
	struct disk_range range = {0, 65536};
	struct diocgattr_arg attr = {.name = "GEOM::candelete", .len = 4};
	int64_t stripe = -1;
	int type = 0;

	CHECK_EQ(SYS(SYS_pread, fd, buf, 100, 0), -EINVAL);
	CHECK_EQ(SYS(SYS_pread, fd, buf, 4096, 7), -EINVAL);
	CHECK_EQ(SYS(SYS_pwrite, fd, buf, 513, 0), -EINVAL);
	CHECK_EQ(SYS(SYS_pread, fd, buf, 4096, -4096), -EINVAL);
	CHECK_EQ(SYS(SYS_pread, fd, buf, 8192, size), 0);
	CHECK_EQ(SYS(SYS_pread, fd, buf, 8192, size - 4096), 4096);
	CHECK_EQ(SYS(SYS_pwrite, fd, buf, 8192, size), 0);
	CHECK_EQ(SYS(SYS_pread, fd, buf, 4096, size + 4096), -EIO);
	CHECK_EQ(SYS(SYS_pread, fd, buf, 4096, 0x7ffffffffffff000), -EIO);
	CHECK_EQ(SYS(SYS_pread, fd, 8, 4096, 0), -EFAULT);
	CHECK_EQ(SYS(SYS_pwrite, fd, 8, 4096, 0), -EFAULT);
	CHECK_EQ(SYS(SYS_lseek, fd, 0, SEEK_END), size);
	CHECK_EQ(SYS(SYS_lseek, fd, -4096, SEEK_CUR), size - 4096);
	CHECK_EQ(SYS(SYS_read, fd, buf, 8192), 4096);
	CHECK_EQ(SYS(SYS_read, fd, buf, 8192), 0);
	CHECK_EQ(SYS(SYS_ioctl, fd, FIODTYPE, &type), 0);
	CHECK_EQ(type, D_DISK);
	CHECK_EQ(SYS(SYS_ioctl, fd, DIOCGSTRIPESIZE, &stripe), 0);
	CHECK(stripe >= 0);
	CHECK_EQ(SYS(SYS_ioctl, fd, DIOCGFLUSH, 0), 0);
	CHECK_EQ(SYS(SYS_ioctl, fd, DIOCGATTR, &attr), 0);
	CHECK_EQ(attr.value.i, 1);
	CHECK_EQ(SYS(SYS_ioctl, fd, DIOCGDELETE, &range), 0);
	range.length = 100;
	CHECK_EQ(SYS(SYS_ioctl, fd, DIOCGDELETE, &range), -EINVAL);
	range.offset = size;
	range.length = 4096;
	CHECK_EQ(SYS(SYS_ioctl, fd, DIOCGDELETE, &range), -EIO);
	CHECK_EQ(SYS(SYS_ioctl, fd, _IO('d', 255), 0), -ENOTTY);
	/* What was deleted reads as zeroes, on a file that has holes. */
	CHECK_EQ(SYS(SYS_pread, fd, buf, 8192, 16384), 8192);
	for (unsigned i = 0; i < sizeof(buf); i++)
		CHECK_EQ(buf[i], 0);
	(void)SYS(SYS_close, fd);
}

static void
readonly(const char *name)
{
	static char buf[4096];
	struct disk_range range = {0, 4096};
	long fd = xopen(dev(name), O_RDONLY, 0);

	CHECK_EQ(xopen(path, O_RDWR, 0), -EROFS);
	CHECK_EQ(xopen(path, O_WRONLY, 0), -EROFS);
	CHECK_EQ(SYS(SYS_pread, fd, buf, 4096, 0), 4096);
	CHECK_EQ(SYS(SYS_pwrite, fd, buf, 4096, 0), -EBADF);
	CHECK_EQ(SYS(SYS_ioctl, fd, DIOCGDELETE, &range), -EPERM);
}

static void
fails(const char *name, long offset)
{
	static char buf[4096];
	long fd = xopen(dev(name), O_RDONLY, 0);

	CHECK_EQ(SYS(SYS_pread, fd, buf, 4096, offset), -EIO);
	CHECK_EQ(SYS(SYS_pread, fd, buf, 4096, 0), 4096);
}

static void
list(const char *directory)
{
	static char buf[8192];
	long fd = xopen(directory, O_RDONLY, 0), n;

	CHECK(fd >= 0);
	while ((n = SYS(SYS_getdirentries, fd, buf, sizeof(buf), NULL)) > 0)
		for (long at = 0; at < n;) {
			struct dirent *de = (struct dirent *)(buf + at);

			say(de->d_name);
			say("\n");
			at += de->d_reclen;
		}
}

int
main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "", *name = argv[2];

	if (same(what, "show", 5))
		for (int i = 2; i < argc; i++)
			show(argv[i]);
	else if (same(what, "disks", 6))
		disks();
	else if (same(what, "text", 5))
		text(name, number(argv[3]));
	else if (same(what, "pattern", 8)) {
		everywhere(name, true);
		everywhere(name, false);
	} else if (same(what, "check", 6))
		everywhere(name, false);
	else if (same(what, "rules", 6))
		rules(name);
	else if (same(what, "readonly", 9))
		readonly(name);
	else if (same(what, "fails", 6))
		fails(name, number(argv[3]));
	else if (same(what, "transfers", 10))
		transfers(name);
	else if (same(what, "swap", 5))
		swap(name);
	else if (same(what, "geom", 5))
		geom("kern.geom.confxml");
	else if (same(what, "lines", 6))
		geom("kern.geom.conftxt");
	else if (same(what, "list", 5))
		list(name);
	else
		failures++;
	return (failures != 0);
}
