/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

int
tcsendbreak(int fd, int duration)
{
	static const struct timespec quarter = {0, 250000000};

	if (ioctl(fd, TIOCSBRK) != 0)
		return (-1);
	nanosleep(&quarter, NULL);
	return (ioctl(fd, TIOCCBRK));
}
