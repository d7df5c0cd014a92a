/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is in a tree: a line for each file, with all that a file system keeps
 * of it, so that two trees can be compared that two systems read.  For Imp and
 * for Linux, where it also is /init and reads what Imp wrote:
 *
 *	manifest DIR		of this tree
 *	manifest		of each partition of the first disk, mounted
 *				read-only one after the other, or of all of it
 *
 * A line: "= NAME TYPE MODE UID GID LINKS SIZE MTIME CONTENT".  It has no
 * links and no size for a folder, since file systems count those differently;
 * but where one mounts here, a folder has as many links as it should.
 */
#include <dirent.h>
#include <stdint.h>

#include "mounted.h"

#define NAME_ROOM 4096
#define ON	  "/mnt"

static bool ours; /* it is a UFS: a folder has 2 links, and one each below */

static void
print_name(const char *s)
{
	if (*s == '\0')
		putchar('.');
	for (; *s != '\0'; s++)
		if (*s > ' ' && *s < 127 && *s != '%')
			putchar(*s);
		else
			printf("%%%02x", (unsigned char)*s);
}

static void
print_content(const char *path, const struct stat *st)
{
	static char buf[65536];
	uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */
	ssize_t n;
	int fd;

	if (S_ISLNK(st->st_mode)) {
		n = readlink(path, buf, sizeof(buf) - 1);
		if (n < 0)
			quit(path);
		buf[n] = '\0';
		print_name(buf);
		return;
	}
	if (!S_ISREG(st->st_mode)) {
		putchar('-');
		return;
	}
	fd = open(path, O_RDONLY);
	if (fd < 0)
		quit(path);
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		for (ssize_t i = 0; i < n; i++)
			hash = (hash ^ (unsigned char)buf[i]) *
			       UINT64_C(0x100000001b3);
	if (n < 0)
		quit(path);
	close(fd);
	printf("%016llx", (unsigned long long)hash);
}

static char
type_of(mode_t mode)
{
	return (S_ISREG(mode)	 ? 'f'
		: S_ISDIR(mode)	 ? 'd'
		: S_ISLNK(mode)	 ? 'l'
		: S_ISFIFO(mode) ? 'p'
				 : '?');
}

static void
print_line(const char *path, const char *name, const struct stat *st)
{
	printf("= ");
	print_name(name);
	printf(" %c %04o %u %u ", type_of(st->st_mode),
	    (unsigned)st->st_mode & 07777, (unsigned)st->st_uid,
	    (unsigned)st->st_gid);
	if (S_ISDIR(st->st_mode))
		printf("- - ");
	else
		printf("%lu %lld ", (unsigned long)st->st_nlink,
		    (long long)st->st_size);
	printf("%lld.%09ld ", (long long)st->st_mtim.tv_sec,
	    (long)st->st_mtim.tv_nsec);
	print_content(path, st);
	putchar('\n');
}

/* `path` is a buffer that names are added to; `base` of it isn't shown. */
static void
walk(char *path, size_t base)
{
	const size_t len = strlen(path);
	unsigned long links = 2;
	struct dirent *de;
	struct stat st;
	DIR *d;

	if (lstat(path, &st) != 0)
		quit(path);
	print_line(path, len > base ? path + base + 1 : "", &st);
	if (!S_ISDIR(st.st_mode))
		return;
	d = opendir(path);
	if (d == NULL)
		quit(path);
	while (errno = 0, (de = readdir(d)) != NULL) {
		if (strcmp(de->d_name, ".") == 0 ||
		    strcmp(de->d_name, "..") == 0)
			continue;
		if (len + strlen(de->d_name) + 2 > NAME_ROOM)
			errno = ENAMETOOLONG, quit(path);
		sprintf(path + len, "/%s", de->d_name);
		links += de->d_type == DT_DIR;
		walk(path, base);
		path[len] = '\0';
	}
	if (errno != 0)
		quit(path);
	closedir(d);
	if (ours && st.st_nlink != links)
		printf("%s: %lu links, not %lu\n", path,
		    (unsigned long)st.st_nlink, links);
}

static void
of_tree(const char *dir)
{
	static char path[NAME_ROOM];

	snprintf(path, sizeof(path), "%s", dir);
	walk(path, strlen(dir));
}

static void
of_disk(const char *dev)
{
	printf("disk %s\n", strrchr(dev, '/') + 1);
	if (mount_disk("ufs", dev, ON, true) != 0) {
		printf("%s: %s\n", dev, strerror(errno));
		return;
	}
	of_tree(ON);
	if (unmount_disk(ON) != 0)
		quit("unmount");
}

int
main(int argc, char **argv)
{
	if (argc > 1) {
		of_tree(argv[1]);
		return (0);
	}
	system_start();
	ours = true;
	(void)mkdir(ON, 0755);
	(void)each_disk(of_disk);
	printf("end\n");
	return (0);
}
