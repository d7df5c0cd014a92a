/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

int
tcgetattr(int fd, struct termios *tio)
{
	return (ioctl(fd, TIOCGETA, tio));
}
