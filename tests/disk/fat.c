/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * FAT file systems, on the first disk or on each of its partitions:
 *
 *	fat read	prints what is there: "= NAME TYPE SIZE MTIME"
 *	fat compare DIR	compares it with a tree
 *	fat copy DIR	copies a tree into it
 *	fat life SEED COUNT [calm]
 *			does as many things at random, to it and to a
 *			folder of the root alike, and compares the two,
 *			before and after it was mounted anew
 *	fat rules	does what FAT can't, and what its names are
 */
#include <dirent.h>
#include <stdint.h>
#include <sys/mman.h>
#include <utime.h>

#include "mounted.h"

#define ON	  "/mnt"
#define TWIN	  "/twin"
#define PATH_ROOM 2000

static void
mount_fat(const char *dev, bool rdonly)
{
	must(mount_disk("msdosfs", dev, ON, rdonly) == 0, "mount");
}

static void
unmount_fat(void)
{
	must(unmount_disk(ON) == 0, "unmount");
}

static uint64_t
hash_file(const char *path)
{
	static unsigned char buf[65536];
	uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */
	int fd = open(path, O_RDONLY);
	ssize_t n;

	must(fd >= 0, path);
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		for (ssize_t i = 0; i < n; i++)
			hash = (hash ^ buf[i]) * UINT64_C(0x100000001b3);
	must(n == 0, path);
	close(fd);
	return (hash);
}

/* Calls fn for all below path, which is a buffer that names are added to. */
static void
walk(char *path, void (*fn)(char *path, const struct stat *st))
{
	const size_t len = strlen(path);
	struct dirent *de;
	struct stat st;
	DIR *d = opendir(path);

	must(d != NULL, path);
	while (errno = 0, (de = readdir(d)) != NULL) {
		if (strcmp(de->d_name, ".") == 0 ||
		    strcmp(de->d_name, "..") == 0)
			continue;
		must(len + strlen(de->d_name) + 2 < PATH_ROOM, path);
		sprintf(path + len, "/%s", de->d_name);
		must(stat(path, &st) == 0, path);
		must(st.st_ino == de->d_ino, "the number in readdir");
		must((de->d_type == DT_DIR) == !!S_ISDIR(st.st_mode),
		    "the type in readdir");
		fn(path, &st);
		if (S_ISDIR(st.st_mode))
			walk(path, fn);
		path[len] = '\0';
	}
	must(errno == 0, path);
	closedir(d);
}

static void
print(char *path, const struct stat *st)
{
	const bool dir = S_ISDIR(st->st_mode);

	printf("= %s %c %lld %lld\n", path + strlen(ON) + 1, dir ? 'd' : 'f',
	    dir ? 0 : (long long)st->st_size,
	    dir ? 0 : (long long)st->st_mtim.tv_sec);
}

static void
do_read(const char *dev)
{
	static char path[PATH_ROOM] = ON;
	struct statfs fs;

	mount_fat(dev, true);
	must(statfs(ON, &fs) == 0, "statfs");
	printf("room %llu of %llu\n",
	    (unsigned long long)(fs.f_bfree * fs.f_bsize),
	    (unsigned long long)(fs.f_blocks * fs.f_bsize));
	walk(path, print);
	must(open(ON "/new", O_CREAT | O_WRONLY, 0644) < 0 && errno == EROFS,
	    "making a file where it is read-only");
	unmount_fat();
}

/* copy */
static size_t from_len;

static void
copy_one(char *path, const struct stat *st)
{
	static char buf[100000], to[PATH_ROOM];
	const struct utimbuf times = {st->st_mtime, st->st_mtime};
	int in, out;
	ssize_t n;

	snprintf(to, sizeof(to), ON "%s", path + from_len);
	if (S_ISDIR(st->st_mode)) {
		must(mkdir(to, 0755) == 0, to);
		return;
	}
	in = open(path, O_RDONLY);
	out = open(to, O_WRONLY | O_CREAT | O_EXCL, 0644);
	must(in >= 0 && out >= 0, to);
	while ((n = read(in, buf, sizeof(buf))) > 0)
		must(write(out, buf, (size_t)n) == n, to);
	must(n == 0 && close(in) == 0 && close(out) == 0, to);
	must(utime(to, &times) == 0, to);
}

static void
do_copy(const char *dev, const char *from)
{
	static char path[PATH_ROOM];

	mount_fat(dev, false);
	strcpy(path, from);
	from_len = strlen(from);
	walk(path, copy_one);
	unmount_fat();
}

/* life */
static uint64_t state;
static bool calm; /* nothing gets another name */

static uint32_t
number(uint32_t below)
{
	state = state * UINT64_C(6364136223846793005) +
		UINT64_C(1442695040888963407);
	return ((uint32_t)(state >> 33) % below);
}

/* One of few names, so that they are met again; some need a long one. */
static void
pick_name(char *name, size_t size)
{
	static const char *const forms[] = {"%s/F%u", "%s/D%u.TXT",
	    "%s/a rather long name, number %u", "%s/mixedCase%u.c",
	    "%s/\303\244\303\266\303\274 %u"};
	char dir[40] = "";

	for (unsigned depth = number(3); depth > 0; depth--)
		sprintf(dir + strlen(dir), "/dir%u", number(3));
	snprintf(name, size, forms[number(5)], dir, number(6));
}

static int
write_some(const char *path, int flags, off_t at, size_t size, uint32_t seed)
{
	static char buf[40000];
	int fd = open(path, O_WRONLY | flags, 0644);
	ssize_t n;

	if (fd < 0)
		return (errno);
	for (size_t i = 0; i < size; i++)
		buf[i] = (char)(seed + i * 7 + i / 251);
	n = flags & O_APPEND ? write(fd, buf, size) : pwrite(fd, buf, size, at);
	if (number(8) == 0)
		must(fsync(fd) == 0, "fsync");
	close(fd);
	return (n == (ssize_t)size ? 0 : n < 0 ? errno : ENOSPC);
}

/* The same to both: numbers come from the same state. 0 or an errno. */
static int
act(const char *top, unsigned what)
{
	char name[100], other[100], path[200], to[200];

	pick_name(name, sizeof(name));
	pick_name(other, sizeof(other));
	snprintf(path, sizeof(path), "%s%s", top, name);
	snprintf(to, sizeof(to), "%s%s", top, other);
	switch (what) {
	case 0:
		sprintf(path + strlen(top), "/dir%u", number(3));
		if (number(2))
			sprintf(path + strlen(path), "/dir%u", number(3));
		return (mkdir(path, 0755) == 0 ? 0 : errno);
	case 1:
		return (unlink(path) == 0 ? 0 : errno);
	case 2:
	case 3:
		if (calm)
			return (0);
		return (rename(path, to) == 0 ? 0 : errno);
	case 4:
		sprintf(
		    path + strlen(top), "/dir%u/dir%u", number(3), number(3));
		if (number(2) || calm)
			return (rmdir(path) == 0 ? 0 : errno);
		sprintf(to + strlen(top), "/dir%u/dir%u", number(3), number(3));
		return (rename(path, to) == 0 ? 0 : errno);
	case 5:
	case 6:
		return (truncate(path, number(60000)) == 0 ? 0 : errno);
	case 7:
	case 8:
		return (write_some(
		    path, O_CREAT | O_APPEND, 0, number(20000), number(256)));
	case 9:
		return (write_some(
		    path, O_CREAT | O_TRUNC, 0, number(9000), number(256)));
	default:
		return (write_some(
		    path, O_CREAT, number(80000), number(20000), number(256)));
	}
}

static unsigned compared;
static const char *twin_top = TWIN;

static void
compare(char *path, const struct stat *st)
{
	char twin[PATH_ROOM];
	struct stat other;

	snprintf(twin, sizeof(twin), "%s%s", twin_top, path + strlen(ON));
	must(stat(twin, &other) == 0, twin);
	compared++;
	if (S_ISDIR(st->st_mode)) {
		must(S_ISDIR(other.st_mode), twin);
		return;
	}
	if (st->st_size != other.st_size ||
	    hash_file(path) != hash_file(twin)) {
		printf("%s: differs\n", path);
		exit(1);
	}
}

static void
count_file(char *path, const struct stat *st)
{
	compared--;
}

static void
compare_all(void)
{
	static char path[PATH_ROOM];

	compared = 0;
	strcpy(path, ON);
	walk(path, compare);
	strcpy(path, twin_top);
	walk(path, count_file);
	if (compared != 0) {
		printf("files are missing\n");
		exit(1);
	}
}

static void
do_compare(const char *dev, const char *dir)
{
	mount_fat(dev, true);
	twin_top = dir;
	compare_all();
	unmount_fat();
}

static void
do_life(const char *dev, unsigned seed, unsigned count)
{
	uint64_t before;
	int one, two;

	state = seed;
	mount_fat(dev, false);
	must(mkdir(TWIN, 0755) == 0, TWIN);
	for (unsigned i = 0; i < count; i++) {
		unsigned what = number(11);

		before = state;
		one = act(TWIN, what);
		state = before;
		two = act(ON, what);
		if (one != two) {
			printf("step %u, %u: %s and %s\n", i, what,
			    strerror(one), strerror(two));
			exit(1);
		}
	}
	compare_all();
	unmount_fat();
	mount_fat(dev, true);
	compare_all();
	unmount_fat();
}

/* rules */
static void
make(const char *path)
{
	int fd = open(path, O_CREAT | O_EXCL | O_RDWR, 0644);

	must(fd >= 0, path);
	close(fd);
}

static void
fails(int result, int error, const char *what)
{
	if (result == 0 || errno != error) {
		printf("%s: %s, not %s\n", what,
		    result == 0 ? "no error" : strerror(errno),
		    strerror(error));
		exit(1);
	}
}

/* Is it one of those in the root, to the byte? */
static bool
find_name(const char *name)
{
	struct dirent *de;
	bool found = false;
	DIR *d = opendir(ON);

	must(d != NULL, ON);
	while ((de = readdir(d)) != NULL)
		found |= strcmp(de->d_name, name) == 0;
	closedir(d);
	return (found);
}

static void
try_names(void)
{
	struct stat a, b;

	make(ON "/Case");
	must(stat(ON "/Case", &a) == 0 && stat(ON "/cASE", &b) == 0, "case");
	must(a.st_ino == b.st_ino, "case");
	fails(mkdir(ON "/CASE", 0755), EEXIST, "a name that differs in case");
	make(ON "/a long name.text");
	must(stat(ON "/ALONGN~1.TEX", &a) == 0, "the short name");
	make(ON "/a long name.texts");
	must(stat(ON "/ALONGN~2.TEX", &b) == 0, "the second short name");
	must(a.st_ino != b.st_ino, "short names");
	/* One that takes two units of UTF-16. */
	make(ON "/\360\237\231\202");
	must(find_name("\360\237\231\202"), "a name beyond 65535");
	fails(mkdir(ON "/a:b", 0755), EINVAL, "a colon");
	fails(mkdir(ON "/dot.", 0755), EINVAL, "a dot at the end");
	fails(mkdir(ON "/\377", 0755), EINVAL, "a name that isn't UTF-8");
	fails(link(ON "/Case", ON "/b"), EPERM, "link");
	fails(symlink("x", ON "/b"), EOPNOTSUPP, "symlink");
}

static bool
is_there(const char *path)
{
	struct stat st;

	return (stat(path, &st) == 0);
}

/* However a name was spelt when it was asked for, and whether there was one:
 * what is remembered of it changes with the file. */
static void
try_spellings(void)
{
	const char *long1 = ON "/Remember this.txt";
	const char *const spellings[] = {
	    long1, ON "/REMEMBER THIS.TXT", ON "/rememb~1.txt"};
	const unsigned n = sizeof(spellings) / sizeof(spellings[0]);

	for (unsigned round = 0; round < n; round++) {
		for (unsigned i = 0; i < n; i++)
			must(!is_there(spellings[i]), "not yet");
		make(long1);
		for (unsigned i = 0; i < n; i++)
			must(is_there(spellings[i]), "there now");
		must(unlink(spellings[round]) == 0, spellings[round]);
	}
	must(mkdir(ON "/Folder", 0755) == 0 && is_there(ON "/FOLDER"), "mkdir");
	must(!is_there(ON "/folder/F") && !is_there(ON "/FOLDER/f"), "empty");
	make(long1);
	must(is_there(spellings[1]) && is_there(spellings[2]), "there again");
	must(rename(spellings[1], ON "/FOLDER/F") == 0, "rename");
	for (unsigned i = 0; i < n; i++)
		must(!is_there(spellings[i]), "renamed");
	must(is_there(ON "/folder/F") && is_there(ON "/FOLDER/f"), "moved");
	must(rename(ON "/fOLDER", ON "/other") == 0, "rename a folder");
	must(!is_there(ON "/folder/F") && !is_there(ON "/Folder"), "gone");
	must(is_there(ON "/OTHER/f") && is_there(ON "/other/../oTHER"), "new");
	must(chdir(ON "/oTHeR") == 0 && !is_there("../Folder"), "chdir");
	must(is_there("../OTHER/F"), "from below");
	/* The place of another file. */
	make(ON "/y");
	must(is_there(ON "/Y") && rename("F", ON "/y") == 0, "replace");
	must(is_there(ON "/Y") && !is_there("f"), "replaced");
	must(chdir("/") == 0 && rmdir(ON "/OTHER") == 0, "rmdir");
	must(!is_there(ON "/other") && unlink(ON "/y") == 0, "unlink");
}

static void
try_attributes(void)
{
	struct stat st;
	struct utimbuf times = {1000000001, 1000000001};

	fails(chown(ON "/Case", 1, 0), EPERM, "chown");
	must(chown(ON "/Case", 0, 0) == 0, "chown to what it is");
	must(chmod(ON "/Case", 0444) == 0, "chmod");
	must(stat(ON "/Case", &st) == 0 && (st.st_mode & 0777) == 0555,
	    "a file that can't be written");
	must(chmod(ON "/Case", 0644) == 0, "chmod back");
	must(stat(ON "/Case", &st) == 0 && (st.st_mode & 0777) == 0755,
	    "a file that can be written");
	must(utime(ON "/Case", &times) == 0 && stat(ON "/Case", &st) == 0 &&
		 st.st_mtime == 1000000000,
	    "a time of two seconds");
}

/* A file without a name, and a full disk. */
static void
try_space(void)
{
	static char buf[65536];
	struct statfs before, after;
	char back[5];
	int fd;

	fd = open(ON "/gone", O_CREAT | O_RDWR, 0644);
	must(fd >= 0 && unlink(ON "/gone") == 0, "unlink");
	must(write(fd, "still", 5) == 5 && pread(fd, back, 5, 0) == 5 &&
		 memcmp(back, "still", 5) == 0,
	    "a file without a name");
	fails(unmount_disk(ON), EBUSY, "unmount while it is open");
	close(fd);
	must(statfs(ON, &before) == 0, "statfs");
	fd = open(ON "/full", O_CREAT | O_RDWR, 0644);
	/* What was written of the last piece stays: then sectors. */
	while (write(fd, buf, sizeof(buf)) > 0)
		;
	while (write(fd, buf, 512) > 0)
		;
	must(errno == ENOSPC, "a full disk");
	fails(mkdir(ON "/nodir", 0755), ENOSPC, "mkdir on a full disk");
	must(ftruncate(fd, 0) == 0, "truncate");
	close(fd);
	must(unlink(ON "/full") == 0, "unlink");
	sync();
	must(statfs(ON, &after) == 0, "statfs");
	must(before.f_bfree == after.f_bfree, "room as before");
}

static void
try_directories(void)
{
	char cwd[PATH_ROOM];

	must(mkdir(ON "/one", 0755) == 0 && mkdir(ON "/two", 0755) == 0 &&
		 mkdir(ON "/one/inner", 0755) == 0,
	    "mkdir");
	fails(rmdir(ON "/one"), ENOTEMPTY, "rmdir");
	fails(rename(ON "/one", ON "/one/inner/x"), EINVAL, "into itself");
	must(chdir(ON "/one/inner") == 0, "chdir");
	must(rename(ON "/one/inner", ON "/two/Moved there") == 0, "rename");
	must(getcwd(cwd, sizeof(cwd)) != NULL &&
		 strcmp(cwd, ON "/two/Moved there") == 0,
	    "getcwd");
	must(chdir("..") == 0 && getcwd(cwd, sizeof(cwd)) != NULL &&
		 strcmp(cwd, ON "/two") == 0,
	    "..");
	must(chdir("/") == 0, "/");
}

/* What mappings write reaches the disk, whether somebody asks for it or not,
 * and again after that. */
static void
try_mappings(const char *dev)
{
	static const char asked[] = "asked for", unasked[] = "not asked for";
	struct utimbuf past = {1000000000, 1000000000};
	char buf[3 * 4096] = "", *map;
	int fd = open(ON "/mapped", O_CREAT | O_RDWR, 0644);
	struct stat st;

	must(fd >= 0 && write(fd, buf, sizeof(buf)) == sizeof(buf), "write");
	must(utime(ON "/mapped", &past) == 0 && fsync(fd) == 0, "fsync");
	map =
	    mmap(NULL, sizeof(buf), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	must(map != MAP_FAILED, "mmap");
	close(fd);
	strcpy(map, asked);
	must(msync(map, sizeof(buf), MS_SYNC) == 0, "msync");
	strcpy(map + 4096, asked);
	must(msync(map, sizeof(buf), MS_SYNC) == 0, "msync");
	strcpy(map + 8192, unasked);
	must(munmap(map, sizeof(buf)) == 0, "munmap");
	unmount_fat();
	mount_fat(dev, false);
	fd = open(ON "/mapped", O_RDONLY);
	must(read(fd, buf, sizeof(buf)) == sizeof(buf), "read");
	must(strcmp(buf, asked) == 0, "mapped and msync");
	must(strcmp(buf + 4096, asked) == 0, "mapped and msync again");
	must(strcmp(buf + 8192, unasked) == 0, "mapped");
	must(fstat(fd, &st) == 0 && st.st_mtime > 1000000000, "its time");
	close(fd);
}

static void
do_rules(const char *dev)
{
	mount_fat(dev, false);
	try_mappings(dev);
	try_names();
	try_spellings();
	try_attributes();
	try_directories();
	try_space();
	/* It stays mounted: the end of the machine leaves it clean. */
}

static int argc;
static char **argv;

static void
on_disk(const char *dev)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (strcmp(what, "read") == 0)
		do_read(dev);
	else if (strcmp(what, "compare") == 0 && argc == 3)
		do_compare(dev, argv[2]);
	else if (strcmp(what, "copy") == 0 && argc == 3)
		do_copy(dev, argv[2]);
	else if (strcmp(what, "life") == 0 && argc >= 4) {
		calm = argc > 4;
		do_life(dev, (unsigned)atoi(argv[2]), (unsigned)atoi(argv[3]));
	} else if (strcmp(what, "rules") == 0)
		do_rules(dev);
	else
		exit(2);
}

int
main(int count, char **list)
{
	argc = count;
	argv = list;
	(void)mkdir(ON, 0755);
	(void)each_disk(on_disk);
	printf("end\n");
	return (0);
}
