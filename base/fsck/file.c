/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The checker's device in an open disk or file, and what else its programs for
 * the machine and for the host have in common.
 */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "file.h"

int
read_at(int fd, uint64_t offset, void *buf, size_t size)
{
	ssize_t n;

	for (size_t done = 0; done < size; done += (size_t)n) {
		n = pread(fd, (char *)buf + done, size - done,
		    (off_t)(offset + done));
		if (n == 0)
			errno = EIO;
		if (n <= 0)
			return (-1);
	}
	return (0);
}

int
write_at(int fd, uint64_t offset, const void *buf, size_t size)
{
	ssize_t n;

	for (size_t done = 0; done < size; done += (size_t)n) {
		n = pwrite(fd, (const char *)buf + done, size - done,
		    (off_t)(offset + done));
		if (n == 0)
			errno = ENOSPC;
		if (n <= 0)
			return (-1);
	}
	return (0);
}

static int
file_read(struct check_device *dev, uint64_t offset, void *buf, size_t size)
{
	const struct check_file *f = (const struct check_file *)dev;

	return (read_at(f->fd, f->start + offset, buf, size));
}

static int
file_write(
    struct check_device *dev, uint64_t offset, const void *buf, size_t size)
{
	const struct check_file *f = (const struct check_file *)dev;

	return (write_at(f->fd, f->start + offset, buf, size));
}

static int
file_sync(struct check_device *dev)
{
	return (fsync(((struct check_file *)dev)->fd));
}

void
check_file_init(
    struct check_file *f, int fd, uint64_t start, uint64_t size, bool write)
{
	f->fd = fd;
	f->start = start;
	f->device.cd_read = file_read;
	f->device.cd_write = write ? file_write : NULL;
	f->device.cd_sync = write ? file_sync : NULL;
	f->device.cd_size = size;
}

bool
check_ask(void)
{
	int c, first;

	fflush(stdout);
	fputs("Write these repairs? [y/n] ", stderr);
	first = c = getchar();
	while (c != '\n' && c != EOF)
		c = getchar();
	return (first == 'y' || first == 'Y');
}

int
check_exit(const struct check_result *res, enum check_mode mode)
{
	switch (res->status) {
	case CHECK_CLEAN:
	case CHECK_REPAIRED:
		return (0);
	case CHECK_LEFTOVER:
		return (mode == CHECK_PREEN ? CHECK_EXIT_PERSON
					    : CHECK_EXIT_LEFTOVERS);
	case CHECK_DAMAGED:
		return (mode == CHECK_PREEN ? CHECK_EXIT_PERSON
					    : CHECK_EXIT_DAMAGED);
	default:
		return (CHECK_EXIT_PERSON);
	}
}
