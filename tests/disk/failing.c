/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * failing CASE: what a UFS2 disk does to those who use it when some of it can't
 * be read: operations that fail haven't happened, and the rest can be had.
 */
#include <dirent.h>

#include "failing.h"

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

int
main(int argc, char *argv[])
{
	static const struct fail_case cases[] = {{"cut", cut},
	    {"removal", removal}, {"ahead", ahead}, {"names", names},
	    {"folder", folder}, {NULL, NULL}};

	return (run_case(cases, argv[1]));
}
