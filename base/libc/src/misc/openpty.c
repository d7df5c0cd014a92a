/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pty.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

int
openpty(int *master, int *slave, char *name, const struct termios *tio,
    const struct winsize *ws)
{
	char buf[32];
	int m, s;

	if (name == NULL)
		name = buf;
	if ((m = posix_openpt(O_RDWR | O_NOCTTY)) < 0)
		return (-1);
	if (grantpt(m) != 0 || unlockpt(m) != 0 ||
	    ptsname_r(m, name, sizeof(buf)) != 0 ||
	    (s = open(name, O_RDWR | O_NOCTTY)) < 0) {
		close(m);
		return (-1);
	}
	if (tio != NULL)
		tcsetattr(s, TCSANOW, tio);
	if (ws != NULL)
		ioctl(s, TIOCSWINSZ, ws);
	*master = m;
	*slave = s;
	return (0);
}
