/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

void
cfmakeraw(struct termios *tio)
{
	tio->c_iflag &= ~(IMAXBEL | IXOFF | INPCK | BRKINT | PARMRK | ISTRIP |
			  INLCR | IGNCR | ICRNL | IXON | IGNPAR);
	tio->c_iflag |= IGNBRK;
	tio->c_oflag &= ~OPOST;
	tio->c_lflag &= ~(ECHO | ECHOE | ECHOK | ECHONL | ICANON | ISIG |
			  IEXTEN | NOFLSH | TOSTOP | PENDIN);
	tio->c_cflag &= ~(CSIZE | PARENB);
	tio->c_cflag |= CS8 | CREAD;
	tio->c_cc[VMIN] = 1;
	tio->c_cc[VTIME] = 0;
}
