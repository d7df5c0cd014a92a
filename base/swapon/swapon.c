/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * swapon and swapoff: disks for swap space.  Imp takes them, and doesn't use
 * them; this is for an fstab that names some.
 */

#include <err.h>
#include <mntent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool off, quiet;

static bool
one(const char *name)
{
	if ((off ? swapoff(name, 0) : swapon(name)) != 0) {
		warn("%s", name);
		return (false);
	}
	if (!quiet)
		printf("%s: %s %s as swap device\n", off ? "swapoff" : "swapon",
		    off ? "removing" : "adding", name);
	return (true);
}

static bool
all(void)
{
	FILE *fp = setmntent("/etc/fstab", "r");
	struct mntent *m;
	bool good = true;

	if (fp == NULL)
		err(1, "/etc/fstab");
	while ((m = getmntent(fp)) != NULL)
		if (strcmp(m->mnt_type, "swap") == 0 &&
		    hasmntopt(m, "noauto") == NULL)
			good &= one(m->mnt_fsname);
	endmntent(fp);
	return (good);
}

int
main(int argc, char **argv)
{
	const char *slash = strrchr(argv[0], '/');
	bool whole = false, good = true;
	int c;

	off = strcmp(slash != NULL ? slash + 1 : argv[0], "swapoff") == 0;
	while ((c = getopt(argc, argv, "aq")) != -1) {
		if (c == '?')
			argc = 0;
		whole |= c == 'a';
		quiet |= c == 'q';
	}
	if (whole != (optind >= argc) || argc == 0) {
		fprintf(stderr, "usage: %s [-q] -a | file ...\n",
		    off ? "swapoff" : "swapon");
		return (1);
	}
	if (whole)
		return (all() ? 0 : 1);
	for (; optind < argc; optind++)
		good &= one(argv[optind]);
	return (good ? 0 : 1);
}
