/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

int
ttyname_r(int fd, char *name, size_t size)
{
	struct fiodgname_arg arg;
	static const char dev[] = "/dev/";

	if (!isatty(fd))
		return (errno);
	if (size <= sizeof(dev))
		return (ERANGE);
	memcpy(name, dev, sizeof(dev));
	arg.buf = name + sizeof(dev) - 1;
	arg.len = (int)(size - (sizeof(dev) - 1));
	if (ioctl(fd, FIODGNAME, &arg) != 0)
		return (errno == EINVAL ? ERANGE : errno);
	return (0);
}
