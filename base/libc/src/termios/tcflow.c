/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

int
tcflow(int fd, int action)
{
	struct termios tio;
	unsigned char c;

	switch (action) {
	case TCOOFF:
		return (ioctl(fd, TIOCSTOP));
	case TCOON:
		return (ioctl(fd, TIOCSTART));
	case TCIOFF:
	case TCION:
		if (tcgetattr(fd, &tio) != 0)
			return (-1);
		c = tio.c_cc[action == TCIOFF ? VSTOP : VSTART];
		return (write(fd, &c, 1) == 1 ? 0 : -1);
	default:
		errno = EINVAL;
		return (-1);
	}
}
