/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For tests of a UFS2 disk that fails at moments that they choose: by
 * faildisk's second disk they say which requests do.  A program has several
 * cases.
 */
#ifndef TESTS_DISK_FAILING_H
#define TESTS_DISK_FAILING_H

#include <stdint.h>
#include <sys/param.h>

#include "faildisk.h"
#include "mounted.h"

#define ON     "/mnt"
#define ORDERS "/dev/vtbd1"
#define BLOCK  4096

static int orders_fd = -1;
static const char *disk_type = "ufs";

static inline _Noreturn void
wrong(const char *what, long n)
{
	printf("%s: %ld\n", what, n);
	fflush(stdout);
	exit(1);
}

/* After `pass` requests of a kind, `fail` of them do. */
static inline void
give_order(int kind, uint32_t pass, uint32_t fail, uint64_t start, uint64_t end,
    bool hold)
{
	static union fail_orders o;

	memset(&o, 0, sizeof(o));
	o.order[kind] = (struct fail_order){pass, fail, start, end, hold};
	if (orders_fd < 0)
		orders_fd = open(ORDERS, O_RDWR);
	if (pwrite(orders_fd, &o, sizeof(o), 0) != sizeof(o))
		quit(ORDERS);
}

static inline void
order_within(
    int kind, uint32_t pass, uint32_t fail, uint64_t start, uint64_t end)
{
	give_order(kind, pass, fail, start, end, false);
}

static inline void
order(int kind, uint32_t pass, uint32_t fail)
{
	order_within(kind, pass, fail, 0, 0);
}

/* All is well from now on; how many requests failed before. */
static inline uint32_t
well(void)
{
	static union fail_orders o;

	if (pread(orders_fd, &o, sizeof(o), 0) != sizeof(o))
		quit(ORDERS);
	order(FAIL_READ, 0, 0);
	return (o.failed);
}

static inline void
mount_it(void)
{
	if (mount_disk(disk_type, DISK, ON, false) != 0)
		quit("mount");
}

/* Nothing is known to the kernel any more. */
static inline void
remount(void)
{
	if (unmount_disk(ON) != 0)
		quit("unmount");
	mount_it();
}

static inline int
open_file(const char *path, int flags)
{
	int fd = open(path, flags, 0644);

	if (fd < 0)
		quit(path);
	return (fd);
}

/* What a file has at each byte. */
static inline uint8_t
byte_at(uint32_t at)
{
	return ((uint8_t)(at / BLOCK * 7 + at % 251 + 1));
}

static inline void
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
static inline void
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

struct fail_case {
	const char *name;
	void (*run)(void);
};

/* The case of that name, with the disk mounted; up to one without a name. */
static inline int
run_case(const struct fail_case *c, const char *name)
{
	for (; c->name != NULL; c++) {
		if (name == NULL || strcmp(c->name, name) != 0)
			continue;
		if (strncmp(name, "fat", 3) == 0)
			disk_type = "msdosfs";
		mkdir(ON, 0755);
		mount_it();
		c->run();
		if (unmount_disk(ON) != 0)
			quit("unmount");
		printf("%s: ok\n", name);
		return (0);
	}
	return (2);
}

#endif
