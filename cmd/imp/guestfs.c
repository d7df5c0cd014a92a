/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * What is in the guest: an archive with
 *
 *	imp.run		what to run, and how; the kernel reads and hides it
 *	...		the files that the user asked for with -v
 *	/libexec ...	a dynamic linker and libraries, for who needs them
 *	/etc ...	the little that every program may expect
 *	the program	last, so that its pages end in zeros
 *
 * The first to take a name has it; the program's own name is taken before all.
 */

#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "archive.h"
#include "imp.h"
#include "user.h"

/* What -v says: a file or folder here, and its path in the guest. */
struct bind {
	char *host, *guest;
	struct stat st;
};

struct guestfs {
	struct archive archive;
	void *names; /* tsearch(3): every path that is taken */
	uint64_t now;
	struct user user;
	struct bind *binds; /* nbinds of them, in their order */
	size_t nbinds;
	const char *program; /* guest's path */
	const char *cwd;     /* guest's path */
};

/* What every program may expect. */
static const struct {
	const char *path;
	unsigned mode;
	const char *text; /* NULL: a folder */
} skeleton[] = {
    {"/bin", 0755, NULL},
    {"/dev", 0755, NULL},
    {"/etc", 0755, NULL},
    {"/etc/group", 0644, "wheel:*:0:root\nnogroup:*:65533:\n"},
    {"/etc/hosts", 0644, "127.0.0.1 localhost\n::1 localhost\n"},
    {"/etc/passwd", 0644,
	"root:*:0:0:root:/root:/bin/sh\n"
	"nobody:*:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n"},
    {"/proc", 0555, NULL},
    {"/root", 0700, NULL},
    {"/sbin", 0755, NULL},
    {"/tmp", 01777, NULL},
    {"/usr", 0755, NULL},
    {"/usr/bin", 0755, NULL},
    {"/usr/sbin", 0755, NULL},
    {"/var", 0755, NULL},
    {"/var/run", 0755, NULL},
    {"/var/tmp", 01777, NULL},
};

static int
compare(const void *a, const void *b)
{
	return (strcmp(a, b));
}

/* Take a name.  False if it was taken before. */
static bool
take(struct guestfs *fs, const char *path)
{
	char *copy = format("%s", path), **found;

	found = tsearch(copy, &fs->names, compare);
	if (found == NULL)
		err(EXIT_IMP, "memory");
	if (*found == copy)
		return (true);
	free(copy);
	return (false);
}

/* What is written last fails first when there is no room. */
static void
check(int result, const char *path)
{
	if (result != 0)
		err(EXIT_IMP, "can't put %s into the guest", path);
}

/* What a folder gets that nobody described. */
static struct archive_attr
folder_attributes(const struct guestfs *fs, const char *path)
{
	struct archive_attr attr = {0755, fs->now};

	for (size_t i = 0; i < sizeof(skeleton) / sizeof(skeleton[0]); i++)
		if (strcmp(skeleton[i].path, path) == 0)
			attr.mode = skeleton[i].mode;
	return (attr);
}

/* Make a folder and the folders above it, where they aren't yet. */
static void
add_folder(struct guestfs *fs, const char *path, struct archive_attr attr)
{
	char *parent, *slash;

	if (path[0] != '/' || path[1] == '\0')
		return;
	parent = format("%s", path);
	slash = strrchr(parent, '/');
	*slash = '\0';
	add_folder(fs, parent, folder_attributes(fs, parent));
	free(parent);
	if (take(fs, path))
		check(archive_dir(&fs->archive, path + 1, attr), path);
}

static void
add_parents(struct guestfs *fs, const char *path)
{
	char *folder = format("%s", path);

	*strrchr(folder, '/') = '\0';
	add_folder(fs, folder, folder_attributes(fs, folder));
	free(folder);
}

static struct archive_attr
attributes(const struct stat *st)
{
	return ((struct archive_attr){st->st_mode & 07777,
	    st->st_mtime > 0 ? (uint64_t)st->st_mtime : 0});
}

static void
add_file(struct guestfs *fs, const char *host, const char *guest,
    const struct stat *st)
{
	int fd;

	fd = open(host, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		err(EXIT_IMP, "%s", host);
	check(archive_copy(&fs->archive, guest + 1, fd, (uint64_t)st->st_size,
		  attributes(st)),
	    host);
	close(fd);
}

static void
add_symlink(struct guestfs *fs, const char *host, const char *guest,
    const struct stat *st)
{
	char target[4096];
	ssize_t n;

	n = readlink(host, target, sizeof(target) - 1);
	if (n < 0)
		err(EXIT_IMP, "%s", host);
	target[n] = '\0';
	check(archive_symlink(&fs->archive, guest + 1, target, attributes(st)),
	    host);
}

enum depth { WHOLE_TREE, FILES_ONLY };

static void add_folder_tree(struct guestfs *fs, const char *host,
    const char *guest, const struct stat *st, enum depth depth);

/*
 * Add what is at the host's path, whatever it is.  Sockets and devices mean
 * nothing in another system, and are left out.
 */
static void
add_tree(struct guestfs *fs, const char *host, const char *guest,
    const struct stat *st, enum depth depth)
{
	if (S_ISDIR(st->st_mode)) {
		add_folder_tree(fs, host, guest, st, depth);
		return;
	}
	if (!take(fs, guest))
		return;
	if (S_ISREG(st->st_mode))
		add_file(fs, host, guest, st);
	else if (S_ISLNK(st->st_mode))
		add_symlink(fs, host, guest, st);
	else if (S_ISFIFO(st->st_mode))
		check(archive_fifo(&fs->archive, guest + 1, attributes(st)),
		    host);
}

static void
add_folder_tree(struct guestfs *fs, const char *host, const char *guest,
    const struct stat *st, enum depth depth)
{
	struct dirent *entry;
	struct stat inner;
	char *from, *to;
	DIR *dir;

	add_folder(fs, guest, attributes(st));
	dir = opendir(host);
	if (dir == NULL)
		err(EXIT_IMP, "%s", host);
	while ((entry = readdir(dir)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0)
			continue;
		from = format("%s/%s", host, entry->d_name);
		to = format(
		    "%s/%s", guest[1] == '\0' ? "" : guest, entry->d_name);
		if (lstat(from, &inner) != 0)
			err(EXIT_IMP, "%s", from);
		if (depth == WHOLE_TREE || !S_ISDIR(inner.st_mode))
			add_tree(fs, from, to, &inner, depth);
		free(from);
		free(to);
	}
	closedir(dir);
}

/*
 * HOSTPATH:GUESTPATH, or HOSTPATH alone to have it at the same place.  Only a
 * colon before a slash divides, for others may be part of a name.
 */
static void
split_bind(struct bind *b, const char *text)
{
	char *colon = NULL;

	b->host = format("%s", text);
	for (char *c = b->host; *c != '\0'; c++)
		if (c[0] == ':' && c[1] == '/')
			colon = c;
	if (colon != NULL)
		*colon = '\0';
	if (stat(b->host, &b->st) != 0)
		err(EXIT_IMP, "-v %s", b->host);
	if (colon != NULL)
		b->guest = path_absolute("/", colon + 1);
	else
		b->guest = realpath(b->host, NULL);
	if (b->guest == NULL)
		err(EXIT_IMP, "-v %s", b->host);
}

static void
split_binds(struct guestfs *fs, const struct strings *texts)
{
	fs->binds = calloc(texts->count + 1, sizeof(*fs->binds));
	if (fs->binds == NULL)
		err(EXIT_IMP, "memory");
	for (; fs->nbinds < texts->count; fs->nbinds++)
		split_bind(&fs->binds[fs->nbinds], texts->items[fs->nbinds]);
}

static void
add_bind(struct guestfs *fs, const struct bind *b)
{
	add_parents(fs, b->guest);
	add_tree(fs, b->host, b->guest, &b->st, WHOLE_TREE);
}

/* What the guest will have under this name, if it is one of -v's. */
static FILE *
open_bound(const struct guestfs *fs, const char *path)
{
	FILE *file = NULL;
	size_t length;
	char *name;

	for (size_t i = 0; i < fs->nbinds && file == NULL; i++) {
		const struct bind *b = &fs->binds[i];

		length = b->guest[1] == '\0' ? 0 : strlen(b->guest);
		if (strncmp(path, b->guest, length) == 0 &&
		    (path[length] == '\0' || path[length] == '/')) {
			name = format("%s%s", b->host, path + length);
			file = fopen(name, "re");
			free(name);
		}
	}
	return (file);
}

/*
 * What a dynamically linked program needs: ours, unless the user brings a
 * dynamic linker, for that wants libraries of its own kind.
 */
static void
add_rtld(struct guestfs *fs, const char *program)
{
	static const char linker[] = "/libexec/ld-elf.so.1";
	static const char *const files[] = {
	    linker, "/lib/libc.so.7", "/lib/libgcc_s.so.1"};
	char *folder, *text;
	struct bind b;

	if (tfind(linker, &fs->names, compare) != NULL)
		return;
	folder = path_rtld();
	if (folder == NULL)
		errx(EXIT_NOTFOUND,
		    "%s: its dynamic linker %s isn't there: make rtld builds "
		    "one, or give FreeBSD's and its libraries with -v",
		    program, linker);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		text =
		    format("%s%s:%s", folder, strrchr(files[i], '/'), files[i]);
		split_bind(&b, text);
		add_bind(fs, &b);
		free(text);
		free(b.host);
		free(b.guest);
	}
	free(folder);
}

/*
 * go test -exec runs PACKAGE.test -test.something in the package's folder, and
 * the test expects to find what belongs to the package there.
 */
static bool
is_go_test(const struct options *opt)
{
	size_t length = strlen(opt->argv[0]);

	if (length < 5 || strcmp(opt->argv[0] + length - 5, ".test") != 0)
		return (false);
	for (char **arg = opt->argv + 1; *arg != NULL; arg++)
		if (strncmp(*arg, "-test.", 6) == 0)
			return (true);
	return (false);
}

/* The files of the folder, and the tree named testdata: Go's convention. */
static void
add_go_package(struct guestfs *fs)
{
	char *testdata;
	struct stat st;

	if (stat(fs->cwd, &st) != 0)
		err(EXIT_IMP, "%s", fs->cwd);
	add_parents(fs, fs->cwd);
	add_tree(fs, fs->cwd, fs->cwd, &st, FILES_ONLY);
	testdata = format("%s/testdata", fs->cwd);
	if (stat(testdata, &st) == 0 && S_ISDIR(st.st_mode))
		add_tree(fs, testdata, testdata, &st, WHOLE_TREE);
	free(testdata);
}

static void
add_skeleton(struct guestfs *fs)
{
	struct archive_attr attr = {.mtime = fs->now};

	for (size_t i = 0; i < sizeof(skeleton) / sizeof(skeleton[0]); i++) {
		const char *path = skeleton[i].path, *text = skeleton[i].text;

		attr.mode = skeleton[i].mode;
		if (text == NULL)
			add_folder(fs, path, attr);
		else if (take(fs, path))
			check(archive_data(&fs->archive, path + 1, text,
				  strlen(text), attr),
			    path);
	}
}

static const char *
skeleton_text(const char *path)
{
	for (size_t i = 0; i < sizeof(skeleton) / sizeof(skeleton[0]); i++)
		if (strcmp(skeleton[i].path, path) == 0)
			return (skeleton[i].text);
	return (NULL);
}

static void
choose_user(struct guestfs *fs, const struct options *opt)
{
	static const char path[] = "/etc/passwd";
	const char *text = skeleton_text(path);
	FILE *passwd;

	if (opt->user == NULL) {
		fs->user = (struct user){0, 0, "root", "/root"};
		return;
	}
	passwd = open_bound(fs, path);
	if (passwd == NULL)
		passwd = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
	if (passwd == NULL)
		err(EXIT_IMP, "memory");
	user_find(&fs->user, opt->user, passwd);
	fclose(passwd);
}

/* Is the variable set by -e?  Then our own value gives way. */
static bool
has_variable(const struct strings *env, const char *name)
{
	size_t length = strlen(name);

	for (size_t i = 0; i < env->count; i++)
		if (strncmp(env->items[i], name, length) == 0 &&
		    env->items[i][length] == '=')
			return (true);
	return (false);
}

static void
put_environment(FILE *out, const struct options *opt, const struct user *user,
    bool terminal)
{
	const char *term = terminal ? getenv("TERM") : NULL;
	const struct {
		const char *name, *value;
	} own[] = {
	    {"HOME", user->home},
	    {"PATH", "/sbin:/bin:/usr/sbin:/usr/bin"},
	    {"TERM", term},
	    {"USER", user->name},
	};

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (own[i].value != NULL &&
		    !has_variable(&opt->env, own[i].name))
			fprintf(out, "env=%s=%s%c", own[i].name, own[i].value,
			    '\0');
	for (size_t i = 0; i < opt->env.count; i++)
		fprintf(out, "env=%s%c", opt->env.items[i], '\0');
}

/* The first member: the run protocol's half that is known beforehand. */
static void
add_run(
    struct guestfs *fs, const struct options *opt, const struct terminal *tty)
{
	struct timespec now;
	char *text = NULL;
	size_t size = 0;
	FILE *out;

	out = open_memstream(&text, &size);
	if (out == NULL)
		err(EXIT_IMP, "memory");
	fprintf(out, "path=%s%c", fs->program, '\0');
	for (char **arg = opt->argv; *arg != NULL; arg++)
		fprintf(out, "arg=%s%c", *arg, '\0');
	put_environment(out, opt, &fs->user, tty->mask != 0);
	if (opt->user != NULL)
		fprintf(out, "uid=%u%cgid=%u%c", fs->user.uid, '\0',
		    fs->user.gid, '\0');
	fprintf(out, "cwd=%s%c", fs->cwd, '\0');
	if (tty->mask != 0)
		fprintf(out, "tty=%u%crows=%u%ccols=%u%c", tty->mask, '\0',
		    tty->rows, '\0', tty->cols, '\0');
	if (opt->trace)
		fprintf(out, "trace=1%c", '\0');
	clock_gettime(CLOCK_REALTIME, &now);
	fprintf(
	    out, "time=%lld%09ld%c", (long long)now.tv_sec, now.tv_nsec, '\0');
	if (fclose(out) != 0)
		err(EXIT_IMP, "memory");
	check(archive_data(&fs->archive, "imp.run", text, size,
		  (struct archive_attr){0600, fs->now}),
	    "imp.run");
	free(text);
}

static void
add_program(struct guestfs *fs, const char *name, int program)
{
	struct archive_attr attr;
	struct stat st;

	if (fstat(program, &st) != 0)
		err(EXIT_IMP, "%s", name);
	add_parents(fs, fs->program);
	attr = attributes(&st);
	attr.mode |= 0555;
	if (archive_copy(&fs->archive, fs->program + 1, program,
		(uint64_t)st.st_size, attr) != 0)
		err(EXIT_IMP, "%s", name);
}

/* A file without a name: it is gone when the last one closes it. */
static int
nameless_file(void)
{
#ifdef MFD_CLOEXEC
	int fd = memfd_create("imp", MFD_CLOEXEC);
#else
	char name[] = "/tmp/imp.XXXXXX";
	int fd = mkstemp(name);

	if (fd >= 0) {
		(void)unlink(name);
		(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	}
#endif
	if (fd < 0)
		err(EXIT_IMP, "can't make a file for the guest's root");
	return (fd);
}

/*
 * The program lies where its name, as the user typed it, leads to from the
 * guest's working folder: so a program that runs argv[0] again finds itself.
 * Below /dev it would vanish under the devices.
 */
static void
choose_places(struct guestfs *fs, const struct options *opt)
{
	const char *slash;

	if (opt->cwd != NULL)
		fs->cwd = path_absolute("/", opt->cwd);
	else if (is_go_test(opt))
		fs->cwd = getcwd(NULL, 0);
	else
		fs->cwd = "/";
	if (fs->cwd == NULL)
		err(EXIT_IMP, "working folder");
	fs->program = path_absolute(fs->cwd, opt->argv[0]);
	if (strncmp(fs->program, "/dev/", 5) == 0) {
		slash = strrchr(fs->program, '/');
		fs->program = format("/bin%s", slash);
	}
	for (size_t i = 0; i < sizeof(skeleton) / sizeof(skeleton[0]); i++)
		if (strcmp(fs->program, skeleton[i].path) == 0)
			fs->program = format("/bin%s", fs->program);
}

/*
 * Build the archive for the program that is open as program.  Returns a
 * descriptor of it, closed on exec; its size is the file's.
 */
int
guestfs_build(
    const struct options *opt, const struct terminal *tty, int program)
{
	struct guestfs fs = {.now = (uint64_t)time(NULL)};

	fs.archive.fd = nameless_file();
	choose_places(&fs, opt);
	split_binds(&fs, &opt->binds);
	choose_user(&fs, opt);
	(void)take(&fs, fs.program);
	add_run(&fs, opt, tty);
	for (size_t i = 0; i < fs.nbinds; i++)
		add_bind(&fs, &fs.binds[i]);
	if (opt->dynamic)
		add_rtld(&fs, opt->argv[0]);
	if (opt->cwd == NULL && is_go_test(opt))
		add_go_package(&fs);
	add_folder(&fs, fs.cwd, folder_attributes(&fs, fs.cwd));
	add_skeleton(&fs);
	add_program(&fs, opt->argv[0], program);
	check(archive_end(&fs.archive), "its root");
	return (fs.archive.fd);
}
