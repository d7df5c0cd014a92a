/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * failing CASE: what a UFS2 disk does to those who use it when it fails, at
 * moments that this program chooses: by faildisk's second disk it says which
 * requests do.
 */
#include <dirent.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/param.h>
#include <sys/sysctl.h>

#include "faildisk.h"
#include "mounted.h"

#define ON     "/mnt"
#define ORDERS "/dev/vtbd1"
#define BLOCK  4096

static int orders_fd = -1;

static _Noreturn void
wrong(const char *what, long n)
{
	printf("%s: %ld\n", what, n);
	fflush(stdout);
	exit(1);
}

/* After `pass` requests of a kind, `fail` of them do. */
static void
order_within(
    int kind, uint32_t pass, uint32_t fail, uint64_t start, uint64_t end)
{
	static union fail_orders o;

	memset(&o, 0, sizeof(o));
	o.order[kind] = (struct fail_order){pass, fail, start, end};
	if (orders_fd < 0)
		orders_fd = open(ORDERS, O_RDWR);
	if (pwrite(orders_fd, &o, sizeof(o), 0) != sizeof(o))
		quit(ORDERS);
}

static void
order(int kind, uint32_t pass, uint32_t fail)
{
	order_within(kind, pass, fail, 0, 0);
}

/* All is well from now on; how many requests failed before. */
static uint32_t
well(void)
{
	static union fail_orders o;

	if (pread(orders_fd, &o, sizeof(o), 0) != sizeof(o))
		quit(ORDERS);
	order(FAIL_READ, 0, 0);
	return (o.failed);
}

static const char *type = "ufs";

static void
mount_it(void)
{
	if (mount_disk(type, DISK, ON, false) != 0)
		quit("mount");
}

/* Nothing is known to the kernel any more. */
static void
remount(void)
{
	if (unmount_disk(ON) != 0)
		quit("unmount");
	mount_it();
}

static int
open_file(const char *path, int flags)
{
	int fd = open(path, flags, 0644);

	if (fd < 0)
		quit(path);
	return (fd);
}

/* What a file has at each byte. */
static uint8_t
byte_at(uint32_t at)
{
	return ((uint8_t)(at / BLOCK * 7 + at % 251 + 1));
}

static void
write_file(const char *path, uint32_t size)
{
	static uint8_t buf[BLOCK];
	int fd = open_file(path, O_WRONLY | O_CREAT | O_TRUNC);

	for (uint32_t at = 0; at < size; at += BLOCK) {
		for (uint32_t i = 0; i < BLOCK; i++)
			buf[i] = byte_at(at + i);
		if (write(fd, buf, MIN(BLOCK, size - at)) < 0)
			quit(path);
	}
	close(fd);
}

/* The file has `whole` bytes of what was written, and zeroes up to `size`. */
static void
check_file(int fd, uint32_t whole, uint32_t size)
{
	static uint8_t buf[BLOCK];
	struct stat st;

	if (fstat(fd, &st) != 0 || st.st_size != size)
		wrong("size", (long)st.st_size);
	for (uint32_t at = 0; at < size; at += BLOCK) {
		ssize_t n = pread(fd, buf, BLOCK, at);

		if (n != (ssize_t)MIN(BLOCK, size - at))
			wrong("read at", at);
		for (uint32_t i = 0; i < n; i++)
			if (buf[i] != (at + i < whole ? byte_at(at + i) : 0))
				wrong("differs at", at + i);
	}
}

/*
 * A file that is cut when its indirect blocks can't be read keeps all that it
 * has; cut later, nothing of it comes back.
 */
static void
cut_to(uint32_t size)
{
	const uint32_t all = 3 << 20;
	uint32_t failed;
	int fd, ret;

	for (uint32_t pass = 0;; pass++) {
		write_file(ON "/f", all);
		remount();
		fd = open_file(ON "/f", O_RDWR);
		/* It is in memory alone. */
		if (pwrite(fd, "\001", 1, 0) != 1)
			quit("write");
		order(FAIL_READ, pass, FAIL_ALL);
		ret = ftruncate(fd, size);
		failed = well();
		if (failed == 0)
			break;
		if (ret != -1 || errno != EIO)
			wrong("truncate", errno);
		check_file(fd, all, all);
		if (ftruncate(fd, size) != 0 || ftruncate(fd, all) != 0)
			quit("truncate");
		check_file(fd, size, all);
		close(fd);
		if (pass == 0)
			continue;
		remount();
		fd = open_file(ON "/f", O_RDONLY);
		check_file(fd, size, all);
		close(fd);
	}
	if (ret != 0)
		quit("truncate");
	check_file(fd, size, size);
	close(fd);
}

static void
cut(void)
{
	cut_to(0);
	cut_to(13 * BLOCK + 100);
	cut_to(600 * BLOCK);
}

/* A file is removed although what leads to its blocks, or says which are free,
 * can't be read at first: what it had is free in the end, as fsck sees. */
static void
removal(void)
{
	uint32_t failed = 1;

	for (uint32_t pass = 0; failed > 0; pass++) {
		write_file(ON "/f", 3 << 20);
		remount();
		if (unlink(ON "/f") != 0)
			quit("unlink");
		order(FAIL_READ, pass, 2);
		sync();
		sync();
		failed = well();
		remount();
	}
}

/* Where the disk has the block of a file that begins with these bytes. */
static uint64_t
find_block(const uint8_t *data)
{
	static uint8_t buf[BLOCK];
	int fd = open_file(DISK, O_RDONLY);
	ssize_t n;

	for (uint64_t at = 0; (n = pread(fd, buf, BLOCK, (off_t)at)) > 0;
	     at += BLOCK)
		if (memcmp(buf, data, BLOCK) == 0) {
			close(fd);
			return (at);
		}
	wrong("no such block", n);
}

/* Of a file one block of which can't be read, all others can. */
static void
ahead(void)
{
	static uint8_t buf[BLOCK], bad[BLOCK];
	const uint32_t blocks = 40, which = 5;
	uint64_t at;
	ssize_t n;
	int fd;

	write_file(ON "/f", blocks * BLOCK);
	remount();
	for (uint32_t i = 0; i < BLOCK; i++)
		bad[i] = byte_at(which * BLOCK + i);
	at = find_block(bad);
	order_within(FAIL_READ, 0, FAIL_ALL, at, at + BLOCK);
	fd = open_file(ON "/f", O_RDONLY);
	for (uint32_t i = 0; i < blocks; i++) {
		n = pread(fd, buf, BLOCK, i * BLOCK);
		if (n != (i == which ? -1 : BLOCK))
			wrong("read", i);
		if (n > 0 && buf[100] != byte_at(i * BLOCK + 100))
			wrong("differs", i);
	}
	if (well() == 0)
		wrong("nothing failed", 0);
	if (pread(fd, buf, BLOCK, which * BLOCK) != BLOCK)
		quit("read");
	close(fd);
}

/* What one name stands for. */
static uint64_t
name_sum(const char *dir, const char *name)
{
	char path[600];
	struct stat st;
	uint64_t sum = 0;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (lstat(path, &st) != 0)
		quit(path);
	for (const char *s = path; *s != '\0'; s++)
		sum = sum * 31 + (uint8_t)*s;
	sum = (sum * 31 + st.st_ino) * 31 + st.st_nlink;
	if (S_ISDIR(st.st_mode) && name[0] != '.') {
		strcat(path, "/..");
		if (stat(path, &st) != 0)
			quit(path);
		sum = sum * 31 + st.st_ino;
	}
	return (sum * UINT64_C(0x9e3779b97f4a7c15));
}

/* All names in two folders, and what they stand for. */
static uint64_t
names_sum(void)
{
	static const char *const dirs[] = {ON "/a", ON "/b"};
	struct dirent *d;
	uint64_t sum = 0;
	DIR *dir;

	for (int i = 0; i < 2; i++) {
		dir = opendir(dirs[i]);
		if (dir == NULL)
			quit(dirs[i]);
		while ((d = readdir(dir)) != NULL)
			sum += name_sum(dirs[i], d->d_name);
		closedir(dir);
	}
	return (sum);
}

/* Other blocks of metadata take the place of all that the kernel knew: those
 * of a file with nothing but indirect ones. */
#define FORGET_BYTES (4 << 20) /* more than it keeps */

static void
forget(bool make)
{
	int fd = open_file(ON "/forget", O_RDWR | O_CREAT);
	struct stat st;
	off_t step, end;

	if (fstat(fd, &st) != 0)
		quit("forget");
	step = (off_t)st.st_blksize * (st.st_blksize / 8);
	end = step * (FORGET_BYTES / st.st_blksize);
	for (off_t at = step; at < end; at += step)
		if ((make ? pwrite(fd, "x", 1, at) : lseek(fd, at, SEEK_DATA)) <
		    0)
			quit("forget");
	close(fd);
}

static char long_text[300];

static int
op_rename(const char *from, const char *to)
{
	return (rename(from, to));
}

static int
op_create(const char *a, const char *b)
{
	int fd = open(a, O_CREAT | O_EXCL | O_WRONLY, 0644);

	if (fd >= 0)
		close(fd);
	return (fd >= 0 ? 0 : -1);
}

static int
op_mkdir(const char *a, const char *b)
{
	return (mkdir(a, 0755));
}

static int
op_rmdir(const char *a, const char *b)
{
	return (rmdir(a));
}

static int
op_unlink(const char *a, const char *b)
{
	return (unlink(a));
}

static int
op_symlink(const char *a, const char *b)
{
	return (symlink(long_text, a));
}

static int
op_link(const char *a, const char *b)
{
	return (link(a, b));
}

struct name_op {
	int (*op)(const char *, const char *);
	const char *a, *b;
};

/* One is done and undone, with the disk failing after ever more requests. */
static void
names_of(const struct name_op *do_it, const struct name_op *undo)
{
	uint64_t before = names_sum();
	uint32_t failed;
	int ret;

	for (uint32_t pass = 0;; pass++) {
		if (do_it->op == op_create && access(do_it->a, F_OK) == 0)
			wrong("exists", pass);
		forget(false);
		order(FAIL_READ, pass, FAIL_ALL);
		ret = do_it->op(do_it->a, do_it->b);
		failed = well();
		if (ret != 0 && errno != EIO)
			quit(do_it->a);
		if (ret != 0 && names_sum() != before) {
			printf("%s failed, but happened: ", do_it->a);
			wrong("pass", pass);
		}
		if (ret == 0 && undo->op(undo->a, undo->b) != 0)
			quit(undo->a);
		sync();
		if (names_sum() != before)
			wrong("names differ", pass);
		if (failed == 0)
			break;
		if (ret == 0)
			continue;
	}
	if (ret != 0)
		quit(do_it->a);
}

#define A ON "/a/"
#define B ON "/b/"

/* The first block of a folder is full: two names in 512 bytes, where those of
 * "." and ".." leave less for one of them. */
static void
fill_folder(void)
{
	char path[300];

	write_file(A "filler", 1);
	for (int i = 0; i < 139; i++) {
		snprintf(path, sizeof(path), B "%0*d", i == 0 ? 224 : 240, i);
		if (link(A "filler", path) != 0)
			quit(path);
	}
}

static void
names(void)
{
	static const struct name_op ops[][2] = {
	    {{op_rename, A "dir", B "dir"}, {op_rename, B "dir", A "dir"}},
	    {{op_rename, A "dir", A "other"}, {op_rename, A "other", A "dir"}},
	    {{op_rename, A "file", B "file"}, {op_rename, B "file", A "file"}},
	    {{op_link, A "file", B "file"}, {op_unlink, B "file", NULL}},
	    {{op_unlink, A "two", NULL}, {op_link, A "file", A "two"}},
	    {{op_create, A "new", NULL}, {op_unlink, A "new", NULL}},
	    {{op_symlink, B "new", NULL}, {op_unlink, B "new", NULL}},
	    {{op_mkdir, B "new", NULL}, {op_rmdir, B "new", NULL}}};

	int a, b;

	memset(long_text, 'l', sizeof(long_text) - 1);
	if (mkdir(ON "/a", 0755) != 0 || mkdir(ON "/b", 0755) != 0 ||
	    mkdir(A "dir", 0755) != 0)
		quit("mkdir");
	write_file(A "file", 1000);
	if (link(A "file", A "two") != 0)
		quit("link");
	fill_folder();
	forget(true);
	sync();
	/* While they are open the kernel knows what names they have. */
	a = open_file(ON "/a", O_RDONLY);
	b = open_file(ON "/b", O_RDONLY);
	for (unsigned i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
		names_of(&ops[i][0], &ops[i][1]);
	close(a);
	close(b);
}

/* Of a folder one block of which can't be read, the names in the other can be
 * found, and are listed before the error is. */
static void
folder(void)
{
	static uint8_t buf[BLOCK];
	char first[300], last[300];
	const size_t skip = strlen(B);
	const off_t size = 32768;
	int fd = open_file(DISK, O_RDONLY), names = 0;
	off_t at = 0;
	DIR *dir;

	if (mkdir(ON "/a", 0755) != 0 || mkdir(ON "/b", 0755) != 0)
		quit("mkdir");
	fill_folder();
	snprintf(first, sizeof(first), B "%0*d", 240, 1);
	snprintf(last, sizeof(last), B "%0*d", 240, 138);
	remount();
	while (memmem(buf, BLOCK, last + skip, 240) == NULL) {
		if (pread(fd, buf, BLOCK, at) != BLOCK)
			quit("no such block");
		at += BLOCK;
	}
	close(fd);
	at = (at - BLOCK) / size * size;
	order_within(
	    FAIL_READ, 0, FAIL_ALL, (uint64_t)at, (uint64_t)(at + size));
	if (access(first, F_OK) != 0)
		quit("first name");
	if (access(last, F_OK) == 0 || errno != EIO)
		quit("last name");
	if (access(B "none", F_OK) == 0 || errno != EIO)
		quit("no name");
	dir = opendir(ON "/b");
	while (dir != NULL && (errno = 0, readdir(dir)) != NULL)
		names++;
	if (dir == NULL || errno != EIO || names < 100 || names > 139)
		wrong("names", names);
	closedir(dir);
	well();
	if (access(last, F_OK) != 0)
		quit("last name");
}

static uint32_t
free_pages(void)
{
	uint32_t n = 0;
	size_t size = sizeof(n);

	if (sysctlbyname("vm.stats.vm.v_free_count", &n, &size, NULL, 0) != 0)
		quit("vm.stats.vm.v_free_count");
	return (n);
}

/* What is changed now can't be written, ever; `dead`: nor read. */
static void
die_with_changes(bool dead)
{
	static union fail_orders o;

	memset(&o, 0, sizeof(o));
	o.order[FAIL_READ].fail = dead ? FAIL_ALL : 0;
	o.order[FAIL_WRITE].fail = FAIL_ALL;
	write_file(ON "/new", 1 << 20);
	write_file(ON "/kept", 200 * BLOCK);
	if (mkdir(ON "/dir", 0755) != 0 || unlink(ON "/gone") != 0)
		quit("changes");
	if (pwrite(orders_fd, &o, sizeof(o), 0) != sizeof(o))
		quit(ORDERS);
	sync();
}

/* On a disk that is made anew; what is there stays. */
static void
make_files(void)
{
	if (orders_fd < 0)
		orders_fd = open_file(ORDERS, O_RDWR);
	write_file(ON "/kept", 10 * BLOCK);
	write_file(ON "/gone", 300 * BLOCK);
	remount();
}

/* What had been written before the disk failed. */
static void
check_kept(void)
{
	int fd = open_file(ON "/kept", O_RDONLY);

	check_file(fd, 10 * BLOCK, 10 * BLOCK);
	close(fd);
	fd = open_file(ON "/gone", O_RDONLY);
	check_file(fd, 300 * BLOCK, 300 * BLOCK);
	close(fd);
	if (access(ON "/new", F_OK) == 0 || access(ON "/dir", F_OK) == 0)
		wrong("new names", 0);
}

static void
give_up(bool dead)
{
	uint32_t before = free_pages(), after;
	int fd;

	mount_it();
	die_with_changes(dead);
	if (unmount(ON, 0) == 0 || errno != EIO)
		quit("unmount");
	if (unmount(ON, MNT_FORCE) != 0)
		quit("forced unmount");
	after = free_pages();
	if (after + 64 < before)
		wrong("pages are missing", (long)(before - after));
	well();
	/* The disk is nobody's, and another one can be there. */
	fd = open_file(DISK, O_RDWR);
	close(fd);
	if (mount_disk("tmpfs", "tmpfs", ON, false) != 0)
		quit("tmpfs");
	if (unmount(ON, 0) != 0)
		quit("tmpfs");
	if (mount_disk("ufs", DISK, ON, true) != 0)
		quit("mount");
	check_kept();
	if (unmount(ON, 0) != 0)
		quit("unmount");
}

/* By force a file system is unmounted though its disk can't be written. */
static void
forced(void)
{
	make_files();
	if (unmount(ON, 0) != 0)
		quit("unmount");
	give_up(false);
	give_up(true);
	mount_it();
}

/* A file that is open, and mapped, when its file system becomes read-only and
 * what was written can't be kept. */
static void
become_readonly(bool dead)
{
	int fd = open_file(ON "/kept", O_RDWR), made;
	char *map = mmap(NULL, BLOCK, PROT_READ, MAP_SHARED, fd, 0);

	die_with_changes(dead);
	made = open_file(ON "/new", O_RDWR);
	if (map == MAP_FAILED || pwrite(fd, "changed", 7, 0) != 7 ||
	    memcmp(map, "changed", 7) != 0)
		quit("mmap");
	if (update_disk(ON, "ro", false) == 0 || errno != EBUSY)
		quit("ro");
	if (update_disk(ON, "ro", true) != 0)
		quit("forced ro");
	well();
	if (write(fd, "x", 1) != -1 || errno != EROFS)
		wrong("write", errno);
	if (dead) {
		if (pread(fd, map, 1, 0) != 0)
			wrong("read", errno);
	} else {
		check_file(fd, 10 * BLOCK, 10 * BLOCK);
		if (map[0] != byte_at(0) || map[6] != byte_at(6))
			wrong("mapped", map[0]);
		check_kept();
	}
	/* It was never there. */
	if (pread(made, &made, 1, 0) != 0)
		wrong("new", errno);
	if (update_disk(ON, "rw", false) == 0 || errno != EPERM)
		quit("rw");
	munmap(map, BLOCK);
	close(fd);
	close(made);
	if (unmount(ON, 0) != 0)
		quit("unmount");
}

static void
readonly(void)
{
	uint32_t before = free_pages(), after;

	make_files();
	become_readonly(false);
	mount_it();
	become_readonly(true);
	after = free_pages();
	if (after + 64 < before)
		wrong("pages are missing", (long)(before - after));
	/* The disk says that it's in use. */
	mount_it();
	write_file(ON "/kept", 10 * BLOCK);
	sync();
	die_with_changes(false);
	if (unmount(ON, MNT_FORCE) != 0)
		quit("forced unmount");
	well();
	if (mount_disk("ufs", DISK, ON, false) == 0)
		wrong("mounted", 0);
	if (mount_disk("ufs", DISK, ON, true) != 0)
		quit("mount");
	check_kept();
}

/* The same for a FAT file system, whose names are written at once. */
static void
fat(void)
{
	uint32_t before, after;

	orders_fd = open_file(ORDERS, O_RDWR);
	write_file(ON "/kept", 10 * BLOCK);
	write_file(ON "/gone", 300 * BLOCK);
	if (unmount(ON, 0) != 0)
		quit("unmount");
	before = free_pages();
	mount_it();
	die_with_changes(false);
	if (unmount(ON, 0) == 0 || errno != EIO)
		quit("unmount");
	if (unmount(ON, MNT_FORCE) != 0)
		quit("forced unmount");
	after = free_pages();
	if (after + 64 < before)
		wrong("pages are missing", (long)(before - after));
	well();
	mount_it();
	if (access(ON "/kept", F_OK) != 0 || access(ON "/dir", F_OK) != 0 ||
	    access(ON "/gone", F_OK) == 0)
		wrong("names", 0);
}

/* Who writes more than memory should hold for a disk that takes nothing hears
 * of it, and whatever was accepted is written when it does. */
static void
bounded(void)
{
	static uint8_t buf[BLOCK];
	const uint32_t before = free_pages();
	uint32_t at = 0;
	char path[40];
	int made, fd = open_file(ON "/f", O_RDWR | O_CREAT);

	order(FAIL_WRITE, 0, FAIL_ALL);
	for (;; at += BLOCK) {
		for (uint32_t i = 0; i < BLOCK; i++)
			buf[i] = byte_at(at + i);
		if (pwrite(fd, buf, BLOCK, at) != BLOCK)
			break;
	}
	if (errno != EIO)
		quit("write");
	if (before - free_pages() > 2560)
		wrong("pages gone", (long)(before - free_pages()));
	for (unsigned i = 0;; i++) {
		snprintf(path, sizeof(path), ON "/%u", i);
		made = open(path, O_CREAT | O_WRONLY, 0644);
		if (made < 0)
			break;
		close(made);
	}
	if (errno != EIO)
		quit(path);
	well();
	if (fsync(fd) != 0)
		quit("fsync");
	close(fd);
	remount();
	fd = open_file(ON "/f", O_RDONLY);
	check_file(fd, at, at);
	close(fd);
}

/* How many errors of the disk the console told of by now, each by its line or
 * summed up; and the lines. */
static unsigned
errors_told(unsigned *lines)
{
	static char buf[1 << 20];
	size_t size = sizeof(buf) - 1;
	unsigned told = 0;

	if (sysctlbyname("kern.msgbuf", buf, &size, NULL, 0) != 0)
		quit("kern.msgbuf");
	buf[size] = '\0';
	*lines = 0;
	for (char *s = buf; (s = strstr(s, "vtbd0: ")) != NULL; s++) {
		char *end = strchr(s, '\n');
		unsigned n;

		if (end == NULL)
			break;
		*end = '\0';
		if (strstr(s, " error at sector ") != NULL) {
			++*lines;
			told += sscanf(s, "vtbd0: %u more", &n) == 1 ? n : 1;
		}
		s = end;
	}
	return (told);
}

/* A disk that fails all the time doesn't fill the console. */
static void
flood(void)
{
	static uint8_t buf[BLOCK];
	const unsigned count = 1000;
	int fd = open_file(DISK, O_RDONLY);
	unsigned told = 0, lines = 0;

	order(FAIL_READ, 0, FAIL_ALL);
	for (unsigned i = 0; i < count; i++)
		if (pread(fd, buf, BLOCK, i * BLOCK) != -1 || errno != EIO)
			wrong("read", i);
	close(fd);
	if (well() != count)
		wrong("failed otherwise", 0);
	for (int i = 0; i < 1000 && told < count; i++) {
		usleep(10000);
		told = errors_told(&lines);
	}
	if (told != count)
		wrong("errors told of", told);
	/* Those at first, and one a second. */
	if (lines > 20)
		wrong("lines", lines);
}

int
main(int argc, char *argv[])
{
	static const struct {
		const char *name;
		void (*run)(void);
	} cases[] = {{"cut", cut}, {"removal", removal}, {"ahead", ahead},
	    {"names", names}, {"forced", forced}, {"readonly", readonly},
	    {"bounded", bounded}, {"fat", fat}, {"folder", folder},
	    {"flood", flood}};

	mkdir(ON, 0755);
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (argc != 2 || strcmp(cases[i].name, argv[1]) != 0)
			continue;
		if (strcmp(argv[1], "fat") == 0)
			type = "msdosfs";
		mount_it();
		cases[i].run();
		if (unmount_disk(ON) != 0)
			quit("unmount");
		printf("failing: ok\n");
		return (0);
	}
	return (2);
}
