/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * newfs: makes an empty UFS2 file system on a disk, or in a file.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../fsck/file.h"
#include "format.h"

/* FreeBSD's <sys/disk.h>. */
#define DIOCGSECTORSIZE 0x40046480ul
#define DIOCGMEDIASIZE	0x40086481ul

struct file {
	struct format_target target;
	int fd;
};

static int
write_file(
    struct format_target *target, uint64_t offset, const void *buf, size_t size)
{
	return (write_at(((struct file *)target)->fd, offset, buf, size));
}

static uint32_t
random_number(void)
{
	uint32_t n;

	if (getentropy(&n, sizeof(n)) != 0)
		err(1, "random numbers");
	return (n);
}

/* A number, with one of the suffixes k, m, g and t. */
static uint64_t
number(const char *what, const char *text, uint64_t least, uint64_t most)
{
	static const char suffixes[] = "kmgt";
	char *end;
	const char *suffix;
	uint64_t n;

	errno = 0;
	n = strtoull(text, &end, 10);
	if (errno != 0 || end == text || text[0] == '-')
		errx(1, "%s: %s: not a number", what, text);
	if (*end != '\0') {
		suffix = strchr(suffixes, *end | 0x20);
		if (suffix == NULL || end[1] != '\0')
			errx(1, "%s: %s: not a number", what, text);
		for (; suffix >= suffixes && n <= UINT64_MAX >> 10; suffix--)
			n <<= 10;
	}
	if (n < least || n > most)
		errx(1, "%s: %s: it is %llu to %llu", what, text,
		    (unsigned long long)least, (unsigned long long)most);
	return (n);
}

/* Bytes of a disk, or of a file, and its sectors'. */
static uint64_t
measure(int fd, const char *name, uint32_t *sector)
{
	struct stat st;
	int64_t media;

	if (fstat(fd, &st) != 0)
		err(1, "%s", name);
	*sector = 512;
	if (S_ISREG(st.st_mode))
		return ((uint64_t)st.st_size);
	if (ioctl(fd, DIOCGSECTORSIZE, sector) != 0 ||
	    ioctl(fd, DIOCGMEDIASIZE, &media) != 0)
		err(1, "%s: not a disk", name);
	return ((uint64_t)media);
}

static void
show(const char *name, const struct ufs_superblock *sb)
{
	printf("%s: %.1fMB (%lld sectors) block size %d, fragment size %d\n",
	    name, (double)sb->fs_size * sb->fs_fsize / 1048576,
	    (long long)sb->fs_size << sb->fs_fsbtodb, sb->fs_bsize,
	    sb->fs_fsize);
	printf("\tusing %u cylinder groups of %.2fMB, %d blks, %u inodes.\n",
	    sb->fs_ncg, (double)sb->fs_fpg * sb->fs_fsize / 1048576,
	    sb->fs_fpg / sb->fs_frag, sb->fs_ipg);
	if (sb->fs_flags & UFS_SOFTUPDATES)
		printf("\twith soft updates\n");
}

static _Noreturn void
usage(void)
{
	fprintf(stderr,
	    "usage: newfs [-NUn] [-L label] [-O 2] [-b block-size] [-f "
	    "frag-size]\n"
	    "             [-g average-size] [-h average-files] [-i bytes]\n"
	    "             [-m free-space] [-s sectors] device\n");
	exit(1);
}

static void
make(const char *name, const struct format_options *given, uint64_t sectors,
    bool only_show)
{
	struct format_options opt = *given;
	struct file f = {.target = {write_file}};
	struct ufs_superblock sb;
	uint32_t sector;
	uint64_t room;
	const char *why;

	f.fd = open(name,
	    only_show ? O_RDONLY : O_RDWR | (sectors ? O_CREAT : 0), 0666);
	if (f.fd < 0)
		err(1, "%s", name);
	room = measure(f.fd, name, &sector);
	opt.size = sectors != 0 ? sectors * 512 : room;
	if (opt.fsize < sector)
		errx(1, "%s: its sectors have %u bytes, more than a fragment",
		    name, sector);
	why = format_layout(&opt, &sb);
	if (why != NULL)
		errx(1, "%s: %s", name, why);
	show(name, &sb);
	if (only_show)
		return;
	if (opt.size > room && ftruncate(f.fd, (off_t)opt.size) != 0)
		errx(1, "%s: it has only %llu bytes", name,
		    (unsigned long long)room);
	if (format_write(&f.target, &opt, &sb) != 0 || fsync(f.fd) != 0 ||
	    close(f.fd) != 0)
		err(1, "%s", name);
}

static uint32_t
number32(const char *what, const char *text, uint64_t least, uint64_t most)
{
	return ((uint32_t)number(what, text, least, most));
}

/* One option; false: there is no such. */
static bool
option(int ch, struct format_options *opt)
{
	switch (ch) {
	case 'L':
		opt->label = optarg;
		break;
	case 'O':
		(void)number("-O: UFS2 is what is made", optarg, 2, 2);
		break;
	case 'U':
		opt->softupdates = true;
		break;
	case 'b':
		opt->bsize = number32("-b", optarg, 4096, 65536);
		break;
	case 'f':
		opt->fsize = number32("-f", optarg, 512, 65536);
		break;
	case 'g':
		opt->avgfilesize = number32("-g", optarg, 1, INT32_MAX);
		break;
	case 'h':
		opt->avgfpdir = number32("-h", optarg, 1, INT32_MAX);
		break;
	case 'i':
		opt->density = number32("-i", optarg, 512, INT32_MAX);
		break;
	case 'm':
		opt->minfree = number32("-m", optarg, 0, 99);
		break;
	case 'n':
		opt->snap = false;
		break;
	default:
		return (false);
	}
	return (true);
}

/* A block has eight fragments unless both sizes are given. */
static void
defaults(struct format_options *opt)
{
	if (opt->bsize == 0 && opt->fsize == 0)
		opt->bsize = 32768;
	else if (opt->bsize == 0)
		opt->bsize = opt->fsize < 8192 ? opt->fsize * 8 : 65536;
	if (opt->fsize == 0)
		opt->fsize = opt->bsize / 8;
	if (opt->density == 0)
		opt->density = 2 * opt->fsize;
}

int
main(int argc, char **argv)
{
	struct format_options opt = {.minfree = 8,
	    .avgfilesize = 16384,
	    .avgfpdir = 64,
	    .snap = true,
	    .random = random_number};
	uint64_t sectors = 0;
	bool only_show = false;
	int ch;

	opt.now = (int64_t)time(NULL);
	while ((ch = getopt(argc, argv, "L:NO:Ub:f:g:h:i:m:ns:")) != -1) {
		if (ch == 'N')
			only_show = true;
		else if (ch == 's')
			sectors = number("-s", optarg, 1, INT64_MAX / 512);
		else if (!option(ch, &opt))
			usage();
	}
	if (optind != argc - 1)
		usage();
	defaults(&opt);
	make(argv[optind], &opt, sectors, only_show);
	return (0);
}
