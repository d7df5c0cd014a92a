/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * reboot, halt, poweroff: end the system, by asking init(8), or at once by
 * reboot(2).
 */

#include <err.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <unistd.h>

static const struct kind {
	const char *name;
	int signo; /* for init */
	int how;   /* for the kernel */
} kinds[] = {
    {"reboot", SIGINT, RB_AUTOBOOT},
    {"fastboot", SIGINT, RB_AUTOBOOT},
    {"halt", SIGUSR1, RB_HALT},
    {"fasthalt", SIGUSR1, RB_HALT},
    {"poweroff", SIGUSR2, RB_HALT | RB_POWEROFF},
};
#define NKINDS (sizeof(kinds) / sizeof(kinds[0]))

static const struct kind *
find(const char *name)
{
	for (size_t i = 0; i < NKINDS; i++)
		if (strcmp(name, kinds[i].name) == 0)
			return (&kinds[i]);
	return (&kinds[0]);
}

int
main(int argc, char **argv)
{
	const char *slash = strrchr(argv[0], '/');
	const struct kind *kind = find(slash != NULL ? slash + 1 : argv[0]);
	bool quick = false, sync_first = true;
	int c;

	while ((c = getopt(argc, argv, "lnpqr")) != -1) {
		switch (c) {
		case 'l': /* what it would say to a log that isn't there */
			break;
		case 'n':
			quick = true;
			sync_first = false;
			break;
		case 'p':
			kind = find("poweroff");
			break;
		case 'q':
			quick = true;
			break;
		case 'r':
			kind = find("reboot");
			break;
		default:
			argc = 0;
		}
	}
	if (optind != argc) {
		fprintf(stderr, "usage: reboot | halt | poweroff [-lnpqr]\n");
		return (1);
	}
	if (geteuid() != 0)
		errx(1, "only root can do this");
	if (!quick) {
		if (kill(1, kind->signo) != 0)
			err(1, "init");
		return (0);
	}
	if (sync_first)
		sync();
	(void)reboot(kind->how | (sync_first ? 0 : RB_NOSYNC));
	err(1, "the kernel");
}
