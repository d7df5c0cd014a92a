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

#include "../../base/fsck/check.h"
#include "imp.h"
#include "partition.h"

/* The manual page promises these. */
enum {
	EXIT_LEFTOVERS = 1,
	EXIT_DAMAGED = 2,
	EXIT_PERSON = 8 /* -p found what a person should see */
};

struct file {
	struct check_device device;
	int fd;
	uint64_t start; /* bytes */
};

static int
read_file(struct check_device *dev, uint64_t offset, void *buf, size_t size)
{
	struct file *f = (struct file *)dev;
	ssize_t n;

	for (size_t done = 0; done < size; done += (size_t)n) {
		n = pread(f->fd, (char *)buf + done, size - done,
		    (off_t)(f->start + offset + done));
		if (n <= 0)
			return (-1);
	}
	return (0);
}

static int
write_file(
    struct check_device *dev, uint64_t offset, const void *buf, size_t size)
{
	struct file *f = (struct file *)dev;
	ssize_t n;

	for (size_t done = 0; done < size; done += (size_t)n) {
		n = pwrite(f->fd, (const char *)buf + done, size - done,
		    (off_t)(f->start + offset + done));
		if (n <= 0)
			return (-1);
	}
	return (0);
}

static int
sync_file(struct check_device *dev)
{
	return (fsync(((struct file *)dev)->fd));
}

static bool
ask(void)
{
	int c, first;

	fputs("Write these repairs? [y/n] ", stderr);
	first = c = getchar();
	while (c != '\n' && c != EOF)
		c = getchar();
	return (first == 'y' || first == 'Y');
}

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
open_file(struct file *f, const char *name, bool writable)
{
	struct partition_place place;

	partition_open(name, writable, &place);
	f->fd = place.fd;
	if (writable && in_use(f->fd))
		errx(EXIT_IMP, "%s: a machine is using it", name);
	f->start = place.start;
	f->device.cd_read = read_file;
	f->device.cd_size = place.size;
	if (writable) {
		f->device.cd_write = write_file;
		f->device.cd_sync = sync_file;
	}
}

static int
status_of(const struct check_result *res, const struct check_options *opt)
{
	switch (res->status) {
	case CHECK_CLEAN:
	case CHECK_REPAIRED:
		return (0);
	case CHECK_LEFTOVER:
		return (
		    opt->mode == CHECK_PREEN ? EXIT_PERSON : EXIT_LEFTOVERS);
	case CHECK_DAMAGED:
		return (opt->mode == CHECK_PREEN ? EXIT_PERSON : EXIT_DAMAGED);
	default:
		return (EXIT_IMP);
	}
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
		opt->confirm = ask;
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
	struct file f = {.fd = -1};

	if (!parse(argc, argv, &opt))
		return (help_command("fsck"));
	open_file(&f, argv[optind], opt.mode != CHECK_REPORT);
	check_run(&f.device, &opt, &res);
	if (fflush(stdout) != 0)
		err(EXIT_IMP, "standard output");
	close(f.fd);
	if (res.status == CHECK_FAILED)
		errx(EXIT_IMP, "%s: %s", argv[optind], res.reason);
	return (status_of(&res, &opt));
}
