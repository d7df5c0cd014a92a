/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

/* The numbers B9600 and so on are the speeds themselves. */
int
cfsetospeed(struct termios *tio, speed_t speed)
{
	tio->c_ospeed = speed;
	return (0);
}

int
cfsetispeed(struct termios *tio, speed_t speed)
{
	tio->c_ispeed = speed;
	return (0);
}

int
cfsetspeed(struct termios *tio, speed_t speed)
{
	tio->c_ispeed = tio->c_ospeed = speed;
	return (0);
}
