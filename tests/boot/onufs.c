/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Process 1 of a machine whose root is a UFS disk: runs the program that /prog
 * names, with the console as its terminal, says how it ended, and ends the
 * machine.
 */
#include "fbsd/fcntl.h"
#include "freebsd.h"

enum { SYS_open = 5, SYS_reboot = 55, SYS_execve = 59, SYS_dup2 = 90 };

#define RB_POWEROFF 0x4000

static char text[] = "status ???\n";

int
main(int argc, char **argv)
{
	static char path[64];
	const char *args[] = {path, NULL}, *env[] = {NULL};
	int status = -1;
	long pid, fd = SYS(SYS_open, "/dev/console", O_RDWR, 0);

	for (int i = 0; i < 3; i++)
		SYS(SYS_dup2, fd, i);
	fd = SYS(SYS_open, "/prog", O_RDONLY, 0);
	SYS(SYS_read, fd, path, sizeof(path) - 1);
	SYS(SYS_close, fd);
	pid = SYS(SYS_fork);
	if (pid == 0) {
		SYS(SYS_execve, args[0], args, env);
		SYS(SYS_exit, 127);
	}
	while (SYS(SYS_wait4, -1, &status, 0, NULL) != pid)
		;
	/* Its exit status, or 128 and the signal. */
	status = status & 127 ? 128 + (status & 127) : status >> 8 & 255;
	text[7] = (char)('0' + status / 100);
	text[8] = (char)('0' + status / 10 % 10);
	text[9] = (char)('0' + status % 10);
	SYS(SYS_write, 1, text, sizeof(text) - 1);
	SYS(SYS_reboot, RB_POWEROFF);
	return (0);
}
