/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * failing CASE: what a UFS2 disk does to those who use it when it fails, at
 * moments that this program chooses: by faildisk's second disk it says which
 * requests do.
 */
#include <stdint.h>
#include <sys/param.h>

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

static void
mount_it(void)
{
	if (mount_disk("ufs", DISK, ON, false) != 0)
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

/* A file is removed although its indirect blocks can't be read at first: what
 * it had is free in the end, as fsck sees. */
static void
removal(void)
{
	write_file(ON "/f", 3 << 20);
	remount();
	if (unlink(ON "/f") != 0)
		quit("unlink");
	order(FAIL_READ, 1, 2);
	sync();
	sync();
	if (well() != 2)
		wrong("nothing failed", 0);
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

int
main(int argc, char *argv[])
{
	static const struct {
		const char *name;
		void (*run)(void);
	} cases[] = {{"cut", cut}, {"removal", removal}, {"ahead", ahead}};

	mkdir(ON, 0755);
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (argc != 2 || strcmp(cases[i].name, argv[1]) != 0)
			continue;
		mount_it();
		cases[i].run();
		if (unmount_disk(ON) != 0)
			quit("unmount");
		printf("failing: ok\n");
		return (0);
	}
	return (2);
}
