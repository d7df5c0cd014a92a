/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * imp image create: a disk with a GUID partition table and, in its one
 * partition, a UFS2 file system with what is in a folder.
 *
 * makefs(8) makes the file system.  It goes by a list in mtree(5)'s form that
 * is written here first, which gives everything to root and wheel; it can't
 * leave room in front of the file system, so that this is copied behind the
 * table, without what is empty.  All of that happens in a folder beside the
 * disk to be, which then gets its name, so that there is all of it or nothing.
 */

#include <ctype.h>
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "image.h"
#include "imp.h"

#define MB	    (UINT64_C(1) << 20)
#define BLOCK	    UINT64_C(32768)
#define FRAGMENT    UINT64_C(4096)
#define INODE	    UINT64_C(256) /* bytes */
#define ROOM	    (64 * MB)	  /* at least, if no size is given */
#define PER_INODE   16384	  /* bytes, as newfs(8) has it */
#define CHUNK	    ((size_t)65536)
#define OUTPUT_SIZE 4096

static struct {
	const char *output, *folder, *label;
	const char *mtree; /* NULL: a list of our own */
	uint64_t size;	   /* bytes, of the disk; 0: as needed */
} opt = {.label = "rootfs"};

/* What is in the folder. */
static uint64_t files, bytes;

/* The folder with what isn't ready yet, and what is in it. */
static struct {
	char *dir, *spec, *fs, *disk;
	pid_t makefs;
} work;

/* By exit(3), and in a signal's handler. */
static void
clean_up(void)
{
	if (work.dir == NULL)
		return;
	(void)unlink(work.spec);
	(void)unlink(work.fs);
	(void)unlink(work.disk);
	(void)rmdir(work.dir);
}

static void
interrupted(int signo)
{
	if (work.makefs > 0)
		(void)kill(work.makefs, SIGKILL);
	clean_up();
	(void)signal(signo, SIG_DFL);
	(void)raise(signo);
}

static void
make_work(void)
{
	static const int signals[] = {SIGHUP, SIGINT, SIGTERM};
	char *dir = format("%s.XXXXXX", opt.output);

	work.spec = format("%s/spec", dir);
	work.fs = format("%s/fs", dir);
	work.disk = format("%s/disk", dir);
	if (mkdtemp(dir) == NULL)
		err(EXIT_IMP, "%s", opt.output);
	memcpy(work.spec, dir, strlen(dir));
	memcpy(work.fs, dir, strlen(dir));
	memcpy(work.disk, dir, strlen(dir));
	work.dir = dir;
	(void)atexit(clean_up);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		(void)signal(signals[i], interrupted);
}

/* A name in mtree's form, where some characters mean something. */
static void
put_name(FILE *spec, const char *name)
{
	for (; *name != '\0'; name++)
		if (isgraph((unsigned char)*name) &&
		    strchr("\\#*?[]", *name) == NULL)
			fputc(*name, spec);
		else
			fprintf(spec, "\\%03o", (unsigned char)*name);
}

static const char *
type_name(mode_t mode, const char *path)
{
	if (S_ISDIR(mode))
		return ("dir");
	if (S_ISREG(mode))
		return ("file");
	if (S_ISLNK(mode))
		return ("link");
	if (S_ISFIFO(mode))
		return ("fifo");
	if (S_ISCHR(mode))
		return ("char");
	if (S_ISBLK(mode))
		return ("block");
	errx(EXIT_IMP, "%s: a socket can't be in an image", path);
}

/* Counts the file, and lists it. */
static void
take(FILE *spec, const char *path, const char *inside)
{
	struct stat st;

	if (lstat(path, &st) != 0)
		err(EXIT_IMP, "%s", path);
	files++;
	if (S_ISREG(st.st_mode) && access(path, R_OK) != 0)
		err(EXIT_IMP, "%s", path);
	if (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode))
		bytes +=
		    ((uint64_t)st.st_size + FRAGMENT) / FRAGMENT * FRAGMENT;
	/* Beyond its twelfth block a file needs blocks of addresses. */
	if ((uint64_t)st.st_size > 12 * BLOCK)
		bytes +=
		    ((uint64_t)st.st_size / BLOCK / (BLOCK / 8) + 1) * BLOCK;
	put_name(spec, inside);
	fprintf(spec, " type=%s uid=0 gid=0\n", type_name(st.st_mode, path));
}

static void
take_folder(FILE *spec, const char *path, const char *inside)
{
	DIR *dir = opendir(path);
	struct dirent *de;
	char *whole, *name;
	struct stat st;

	if (dir == NULL)
		err(EXIT_IMP, "%s", path);
	while ((de = readdir(dir)) != NULL) {
		if (strcmp(de->d_name, ".") == 0 ||
		    strcmp(de->d_name, "..") == 0)
			continue;
		whole = format("%s/%s", path, de->d_name);
		name = format("%s/%s", inside, de->d_name);
		take(spec, whole, name);
		if (lstat(whole, &st) == 0 && S_ISDIR(st.st_mode))
			take_folder(spec, whole, name);
		free(whole);
		free(name);
	}
	closedir(dir);
}

static void
write_spec(void)
{
	FILE *spec = fopen(work.spec, "we");

	if (spec == NULL)
		err(EXIT_IMP, "%s", work.spec);
	fputs("#mtree\n", spec);
	take(spec, opt.folder, ".");
	take_folder(spec, opt.folder, ".");
	if (ferror(spec) || fclose(spec) != 0)
		err(EXIT_IMP, "%s", work.spec);
}

/* Of the file system: what was asked for less the tables, or what is needed
 * and a quarter of it. */
static uint64_t
fs_size(void)
{
	uint64_t need = bytes + files * INODE * 2 + MB;
	uint64_t room = need / 4 > ROOM ? need / 4 : ROOM;

	if (opt.size == 0)
		return ((need + room + MB - 1) / MB * MB);
	if (opt.size <= GPT_START + GPT_END + MB)
		errx(EXIT_IMP, "%s: less than 3 MB is too small for a disk",
		    opt.output);
	return ((opt.size - GPT_START - GPT_END) / BLOCK * BLOCK);
}

static uint64_t
disk_size(uint64_t part)
{
	uint64_t size = GPT_START + part + GPT_END;

	return (
	    opt.size != 0 ? opt.size / 512 * 512 : (size + MB - 1) / MB * MB);
}

/* Not only where it is in PATH, which of a user lacks the sbin folders. */
static char *
find_makefs(void)
{
	static const char *const places[] = {
	    "makefs", "/usr/sbin/makefs", "/usr/local/sbin/makefs"};
	char *path;

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if ((path = path_search(places[i])) != NULL)
			return (path);
	errx(EXIT_IMP, "makefs isn't in PATH: it makes the file system "
		       "(Debian's package makefs)");
}

static struct strings
makefs_line(uint64_t size)
{
	struct strings args = {0};
	uint64_t density = size / (files + files / 4 + 1024);
	char *group = format("%s/etc/group", opt.folder);
	char *users = format("%s/etc/master.passwd", opt.folder);

	if (density > PER_INODE)
		density = PER_INODE;
	strings_add(&args, find_makefs());
	strings_add(&args, "-t");
	strings_add(&args, "ffs");
	strings_add(&args, "-o");
	strings_addf(&args, "version=2,bsize=%llu,fsize=%llu,density=%llu",
	    (unsigned long long)BLOCK, (unsigned long long)FRAGMENT,
	    (unsigned long long)density);
	strings_add(&args, "-s");
	strings_addf(&args, "%llu", (unsigned long long)size);
	strings_add(&args, "-F");
	strings_add(&args, opt.mtree != NULL ? opt.mtree : work.spec);
	/* The names of users in the list are those of the image. */
	if (access(group, R_OK) == 0 && access(users, R_OK) == 0) {
		strings_add(&args, "-N");
		strings_addf(&args, "%s/etc", opt.folder);
	}
	strings_add(&args, work.fs);
	strings_add(&args, opt.folder);
	free(group);
	free(users);
	return (args);
}

/* Starts it; returns where its words can be read. */
static int
start_makefs(const struct strings *args)
{
	int words[2];

	if (pipe2(words, O_CLOEXEC) != 0)
		err(EXIT_IMP, "pipe");
	work.makefs = fork();
	if (work.makefs < 0)
		err(EXIT_IMP, "fork");
	if (work.makefs == 0) {
		(void)dup2(words[1], 1);
		(void)dup2(words[1], 2);
		execv(args->items[0], args->items);
		err(EXIT_IMP, "%s", args->items[0]);
	}
	close(words[1]);
	return (words[0]);
}

static uint64_t
written_so_far(void)
{
	struct stat st;

	return (stat(work.fs, &st) == 0 ? (uint64_t)st.st_blocks * 512 : 0);
}

/* Until it ends; keeps the last of its words. */
static void
follow(int fd, char *words)
{
	struct pollfd poller = {.fd = fd, .events = POLLIN};
	size_t kept = 0;
	ssize_t n;

	for (;;) {
		if (poll(&poller, 1, 200) == 0) {
			progress(written_so_far());
			continue;
		}
		if (kept > OUTPUT_SIZE / 2) {
			memmove(words, words + kept / 2, kept - kept / 2);
			kept -= kept / 2;
		}
		n = read(fd, words + kept, OUTPUT_SIZE - 1 - kept);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		kept += (size_t)n;
	}
	words[kept] = '\0';
}

/* Its complaint, in a line of ours. */
static _Noreturn void
makefs_failed(char *words)
{
	static const char too_small[] = " is larger than the maxsize of ";
	const char *last = words, *found = strstr(words, too_small), *of;
	unsigned long long need = 0;

	for (char *s = strtok(words, "\n"); s != NULL; s = strtok(NULL, "\n"))
		last = s;
	of = strstr(last, " size of ");
	if (found != NULL && of != NULL &&
	    sscanf(of, " size of %llu", &need) == 1)
		errx(EXIT_IMP, "%s: it would be too small: %s takes %llu MB",
		    opt.output, opt.folder,
		    (need + GPT_START + GPT_END + MB - 1) / MB);
	if (strncmp(last, "makefs: ", 8) == 0)
		last += 8;
	errx(EXIT_IMP, "%s: makefs: %s", opt.output,
	    last[0] != '\0' ? last : "it failed");
}

static void
make_fs(uint64_t size)
{
	struct strings args = makefs_line(size);
	char words[OUTPUT_SIZE];
	int fd = start_makefs(&args), status;

	progress_begin("making the file system", size);
	follow(fd, words);
	while (waitpid(work.makefs, &status, 0) < 0 && errno == EINTR)
		continue;
	work.makefs = 0;
	progress_end();
	close(fd);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		makefs_failed(words);
}

/* The file system to its place on the disk; zeros are holes there. */
static void
copy_fs(int to, uint64_t size)
{
	int from = open(work.fs, O_RDONLY | O_CLOEXEC);
	char *buffer = malloc(CHUNK);
	ssize_t n;

	if (from < 0)
		err(EXIT_IMP, "%s", work.fs);
	if (buffer == NULL)
		err(EXIT_IMP, "memory");
	progress_begin("putting it on the disk", size);
	for (uint64_t at = 0; at < size; at += (uint64_t)n) {
		n = pread(from, buffer, CHUNK, (off_t)at);
		if (n <= 0)
			err(EXIT_IMP, "%s", work.fs);
		if ((buffer[0] != 0 ||
			memcmp(buffer, buffer + 1, (size_t)n - 1) != 0) &&
		    pwrite(to, buffer, (size_t)n, (off_t)(GPT_START + at)) != n)
			err(EXIT_IMP, "%s", opt.output);
		progress(at);
	}
	progress_end();
	free(buffer);
	close(from);
}

static void
make_disk(uint64_t part)
{
	uint64_t size = disk_size(part);
	int fd = open(work.disk, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);

	if (fd < 0 || ftruncate(fd, (off_t)size) != 0)
		err(EXIT_IMP, "%s", opt.output);
	copy_fs(fd, part);
	gpt_write(fd, size, part, opt.label);
	if (close(fd) != 0 || rename(work.disk, opt.output) != 0)
		err(EXIT_IMP, "%s", opt.output);
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

static void
check_arguments(void)
{
	struct stat st;

	if (stat(opt.folder, &st) != 0)
		err(EXIT_NOTFOUND, "%s", opt.folder);
	if (!S_ISDIR(st.st_mode))
		errx(EXIT_IMP, "%s: it isn't a folder", opt.folder);
	if (opt.mtree != NULL && access(opt.mtree, R_OK) != 0)
		err(EXIT_IMP, "%s", opt.mtree);
	if (stat(opt.output, &st) == 0 && !S_ISREG(st.st_mode))
		errx(EXIT_IMP, "%s: it isn't a file", opt.output);
	free(find_makefs());
}

int
image_create(int argc, char **argv)
{
	uint64_t size;

	parse_options(argc, argv);
	check_arguments();
	make_work();
	write_spec();
	size = fs_size();
	make_fs(size);
	make_disk(size);
	return (0);
}
