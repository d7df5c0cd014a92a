/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

speed_t
cfgetospeed(const struct termios *tio)
{
	return (tio->c_ospeed);
}

speed_t
cfgetispeed(const struct termios *tio)
{
	return (tio->c_ispeed);
}
