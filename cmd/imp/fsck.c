/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * imp fsck: checks the UFS file system in a file, or in a partition of the disk
 * that the file is, with the checker of the base system.
 */

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "../../base/fsck/file.h"
#include "imp.h"
#include "partition.h"

/* QEMU holds locks on some bytes of a disk that it uses, from the hundredth. */
static bool
in_use(int fd)
{
#ifdef F_OFD_GETLK
	struct flock lock = {.l_type = F_WRLCK,
	    .l_whence = SEEK_SET,
	    .l_start = 100,
	    .l_len = 200};

	return (fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK);
#else
	(void)fd;
	return (false);
#endif
}

static void
open_file(struct check_file *f, const char *name, bool write)
{
	struct partition_place place;

	partition_open(name, write, &place);
	if (write && in_use(place.fd))
		errx(EXIT_IMP, "%s: a machine is using it", name);
	check_file_init(f, place.fd, place.start, place.size, write);
}

/* The options; returns false if there is nothing to be done but help. */
static bool
parse(int argc, char **argv, struct check_options *opt)
{
	static const struct option longs[] = {
	    {"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
	static const char letters[] = "npy";
	static const enum check_mode modes[] = {
	    CHECK_REPORT, CHECK_PREEN, CHECK_REPAIR};
	const char *letter, *chosen = NULL;
	bool force = false;
	int ch;

	while ((ch = getopt_long(argc, argv, "+fhnpy", longs, NULL)) != -1) {
		if (ch == 'h')
			return (false);
		if (ch == 'f') {
			force = true;
			continue;
		}
		letter = strchr(letters, ch);
		if (letter == NULL)
			exit(EXIT_IMP);
		if (chosen != NULL && letter != chosen)
			errx(EXIT_IMP, "fsck: only one of -n, -p and -y");
		chosen = letter;
		opt->mode = modes[letter - letters];
	}
	if (optind != argc - 1)
		errx(EXIT_IMP, "fsck: %s; try: imp help fsck",
		    optind == argc ? "which disk?" : "one disk at a time");
	if (chosen == NULL && isatty(STDIN_FILENO)) {
		opt->mode = CHECK_REPAIR;
		opt->confirm = check_ask;
	}
	opt->skip_clean = opt->mode == CHECK_PREEN && !force;
	return (true);
}

int
cmd_fsck(int argc, char **argv)
{
	struct check_options opt = {
	    .mode = CHECK_REPORT, .out = stdout, .now = (int64_t)time(NULL)};
	struct check_result res;
	struct check_file f;

	if (!parse(argc, argv, &opt))
		return (help_command("fsck"));
	open_file(&f, argv[optind], opt.mode != CHECK_REPORT);
	check_run(&f.device, &opt, &res);
	if (fflush(stdout) != 0)
		err(EXIT_IMP, "standard output");
	close(f.fd);
	if (res.status == CHECK_FAILED)
		errx(EXIT_IMP, "%s: %s", argv[optind], res.reason);
	return (check_exit(&res, opt.mode));
}
