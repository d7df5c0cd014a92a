/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

/* A cancellation point in name only: the wait ends with the output. */
int
tcdrain(int fd)
{
	return (ioctl(fd, TIOCDRAIN));
}
