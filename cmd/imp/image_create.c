/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * imp image create: a disk with a GUID partition table and, in its one
 * partition, a UFS2 file system with what is in a folder.  It is made in a file
 * beside the disk to be, which then gets its name, so that there is all of it
 * or nothing.
 */

#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image.h"
#include "image_tree.h"
#include "imp.h"

#define MB   (UINT64_C(1) << 20)
#define ROOM (64 * MB) /* at least, if no size is given */

static struct {
	const char *output, *folder, *label;
	const char *mtree; /* NULL: everything is root's */
	uint64_t size;	   /* bytes, of the disk; 0: as needed */
} opt = {.label = "rootfs"};

/* The disk that isn't ready yet, NULL if there is none. */
static char *unready;

/* By exit(3), and in a signal's handler. */
static void
clean_up(void)
{
	if (unready != NULL)
		(void)unlink(unready);
}

static void
interrupted(int signo)
{
	clean_up();
	(void)signal(signo, SIG_DFL);
	(void)raise(signo);
}

/* As large as it is to be, and empty. */
static int
open_disk(uint64_t size)
{
	static const int signals[] = {SIGHUP, SIGINT, SIGTERM};
	char *name = format("%s.XXXXXX", opt.output);
	mode_t mask = umask(0);
	int fd;

	(void)umask(mask);
	fd = mkostemp(name, O_CLOEXEC);
	if (fd < 0)
		err(EXIT_IMP, "%s", opt.output);
	unready = name;
	(void)atexit(clean_up);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		(void)signal(signals[i], interrupted);
	if (fchmod(fd, 0666 & ~mask) != 0 || ftruncate(fd, (off_t)size) != 0)
		err(EXIT_IMP, "%s", opt.output);
	return (fd);
}

/* Of the file system: what was asked for less the tables, or what is needed
 * and a quarter of it. */
static uint64_t
fs_size(const struct fill_need *need)
{
	uint64_t least = fill_least(need, 0), size;

	if (opt.size == 0) {
		size = least + (least / 4 > ROOM ? least / 4 : ROOM);
		return (fill_least(need, (size + MB - 1) / MB * MB));
	}
	size = opt.size < GPT_START + GPT_END
		   ? 0
		   : (opt.size - GPT_START - GPT_END) / 4096 * 4096;
	if (fill_least(need, size) != size)
		errx(EXIT_IMP, "%s: it would be too small: %s takes %llu MB",
		    opt.output, opt.folder,
		    (unsigned long long)((least + GPT_START + GPT_END + MB -
					     1) /
					 MB));
	return (size);
}

static uint64_t
disk_size(uint64_t part)
{
	uint64_t size = GPT_START + part + GPT_END;

	return (
	    opt.size != 0 ? opt.size / 512 * 512 : (size + MB - 1) / MB * MB);
}

static void
make_disk(struct node *root)
{
	struct fill_need need;
	struct fill_place place = {.start = GPT_START, .label = opt.label};
	uint64_t size;

	fill_count(root, &need);
	place.size = fs_size(&need);
	size = disk_size(place.size);
	place.fd = open_disk(size);
	fill_write(root, &need, &place);
	gpt_write(place.fd, size, place.size, opt.label);
	if (close(place.fd) != 0 || rename(unready, opt.output) != 0)
		err(EXIT_IMP, "%s", opt.output);
	unready = NULL;
}

static uint64_t
parse_size(const char *text)
{
	const char *units = "kmgt", *unit;
	unsigned shift = 20;
	char *end;
	uint64_t n;

	errno = 0;
	n = strtoull(text, &end, 10);
	if (end != text && *end != '\0' && end[1] == '\0' &&
	    (unit = strchr(units, tolower((unsigned char)*end))) != NULL) {
		shift = 10 * (unsigned)(unit - units + 1);
		end++;
	}
	if (!isdigit((unsigned char)text[0]) || *end != '\0' || errno != 0 ||
	    n > (UINT64_C(1) << 62) >> shift || n == 0)
		errx(EXIT_IMP, "-s %s: it isn't a size", text);
	return (n << shift);
}

static const char *
parse_label(const char *text)
{
	size_t n = strlen(text);

	if (n == 0 || n > GPT_LABEL_MAX)
		errx(EXIT_IMP, "--label %s: 1 to %d characters are possible",
		    text, GPT_LABEL_MAX);
	for (size_t i = 0; i < n; i++)
		if (!isgraph((unsigned char)text[i]) || text[i] == '/')
			errx(EXIT_IMP,
			    "--label %s: it would be no name below /dev/gpt",
			    text);
	return (text);
}

static void
parse_options(int argc, char **argv)
{
	enum { OPT_LABEL = 256, OPT_MTREE };
	static const struct option long_options[] = {
	    {"help", no_argument, NULL, 'h'},
	    {"label", required_argument, NULL, OPT_LABEL},
	    {"mtree", required_argument, NULL, OPT_MTREE},
	    {"output", required_argument, NULL, 'o'},
	    {"size", required_argument, NULL, 's'},
	    {NULL, 0, NULL, 0},
	};
	static char name[] = "imp";
	int option;

	argv[0] = name;
	while ((option = getopt_long(
		    argc, argv, "ho:s:", long_options, NULL)) != -1)
		switch (option) {
		case 'h':
			exit(help_command("image"));
		case 'o':
			opt.output = optarg;
			break;
		case 's':
			opt.size = parse_size(optarg);
			break;
		case OPT_LABEL:
			opt.label = parse_label(optarg);
			break;
		case OPT_MTREE:
			opt.mtree = optarg;
			break;
		default:
			exit(EXIT_IMP);
		}
	if (opt.output == NULL)
		errx(EXIT_IMP, "image create: -o says which disk; it's needed");
	if (argc - optind != 1)
		errx(EXIT_IMP, "image create: one folder is needed");
	opt.folder = argv[optind];
}

int
image_create(int argc, char **argv)
{
	struct stat st;
	struct node *root;

	parse_options(argc, argv);
	if (stat(opt.output, &st) == 0 && !S_ISREG(st.st_mode))
		errx(EXIT_IMP, "%s: it isn't a file", opt.output);
	root = tree_read(opt.folder);
	if (opt.mtree != NULL)
		mtree_apply(root, opt.mtree, opt.folder);
	make_disk(root);
	return (0);
}
