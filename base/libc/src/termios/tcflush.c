/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

int
tcflush(int fd, int queue)
{
	/* 1 stands for what was read, 2 for what was written. */
	if (queue < TCIFLUSH || queue > TCIOFLUSH) {
		errno = EINVAL;
		return (-1);
	}
	return (ioctl(fd, TIOCFLUSH, &queue));
}
