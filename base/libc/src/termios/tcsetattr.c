/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

int
tcsetattr(int fd, int when, const struct termios *tio)
{
	static const unsigned long requests[] = {
	    [TCSANOW] = TIOCSETA,
	    [TCSADRAIN] = TIOCSETAW,
	    [TCSAFLUSH] = TIOCSETAF,
	};

	if ((unsigned)when > TCSAFLUSH) {
		errno = EINVAL;
		return (-1);
	}
	return (ioctl(fd, requests[when], tio));
}
