/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * mount and umount: file systems, by hand or as /etc/fstab has them.  All that
 * the kernel is told are nmount(2)'s pairs of strings, so that this program
 * needn't know any file system's options.
 */

#include <err.h>
#include <errno.h>
#include <mntent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/uio.h>
#include <unistd.h>

#define FSTAB	  "/etc/fstab"
#define PAIRS_MAX 64

/* What is mounted, where, and how. */
struct request {
	const char *from, *on, *type;
	const char *options; /* from fstab, or NULL */
	bool update;
};

/* The command line's. */
static struct {
	char options[1024]; /* -o, -r, -w: these come last, and win */
	const char *type;
	bool all, verbose, force, update, table;
} flags;

static struct iovec pairs[PAIRS_MAX];
static unsigned npairs;

static void
add_pair(const char *name, const void *value, size_t size)
{
	if (npairs + 2 > PAIRS_MAX)
		errx(1, "too many options");
	pairs[npairs++] = (struct iovec){(void *)name, strlen(name) + 1};
	pairs[npairs++] = (struct iovec){(void *)value, size};
}

static void
add_text(const char *name, const char *value)
{
	add_pair(name, value, value != NULL ? strlen(value) + 1 : 0);
}

/* Options that fstab or a user has and the kernel needn't know. */
static bool
is_ours(const char *option)
{
	static const char *const list[] = {"auto", "noauto", "late", "failok",
	    "current", "userquota", "groupquota", "defaults", "xx", "rq", "sw"};

	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)
		if (strcmp(option, list[i]) == 0)
			return (true);
	return (false);
}

/* From "ro,size=1m" to pairs, which point into the text. */
static void
add_options(char *text)
{
	char *option, *value;

	while ((option = strsep(&text, ",")) != NULL) {
		if (option[0] == '\0' || is_ours(option))
			continue;
		value = strchr(option, '=');
		if (value != NULL)
			*value++ = '\0';
		add_text(option, value);
	}
}

static bool
has_option(const char *options, const char *name)
{
	const struct mntent m = {.mnt_opts = (char *)options};

	return (hasmntopt(&m, name) != NULL);
}

/* Mounts it; says why not. */
static bool
do_mount(const struct request *rq)
{
	char *given = strdup(rq->options != NULL ? rq->options : "");
	char *wanted = strdup(flags.options);
	char why[256] = "";

	if (given == NULL || wanted == NULL)
		err(1, NULL);
	npairs = 0;
	add_text("fstype", rq->type);
	add_text("fspath", rq->on);
	add_text("from", rq->from);
	add_pair("errmsg", why, sizeof(why));
	if (rq->update)
		add_text("update", NULL);
	if (flags.force)
		add_text("force", NULL);
	add_options(given);
	add_options(wanted);
	if (nmount(pairs, npairs, 0) != 0) {
		if (why[0] != '\0')
			warnx("%s: %s", rq->from, why);
		else
			warn("%s", rq->from);
		free(given);
		free(wanted);
		return (false);
	}
	if (flags.verbose)
		printf("%s on %s (%s)\n", rq->from, rq->on, rq->type);
	free(given);
	free(wanted);
	return (true);
}

static int
mounted(struct statfs **list)
{
	int n = getmntinfo(list, MNT_NOWAIT);

	if (n == 0)
		err(1, "what is mounted");
	return (n);
}

/* The newest that is there, or else comes from there. */
static struct statfs *
find_mounted(const char *name)
{
	struct statfs *list;
	int count = mounted(&list);

	for (int n = count; n-- > 0;)
		if (strcmp(list[n].f_mntonname, name) == 0)
			return (&list[n]);
	for (int n = count; n-- > 0;)
		if (strcmp(list[n].f_mntfromname, name) == 0)
			return (&list[n]);
	return (NULL);
}

static const struct {
	uint64_t flag;
	const char *words, *option;
} flag_words[] = {
    {MNT_RDONLY, "read-only", "ro"},
    {MNT_SYNCHRONOUS, "synchronous", "sync"},
    {MNT_ASYNC, "asynchronous", "async"},
    {MNT_NOEXEC, "noexec", "noexec"},
    {MNT_NOSUID, "nosuid", "nosuid"},
    {MNT_NOATIME, "noatime", "noatime"},
    {MNT_NOSYMFOLLOW, "nosymfollow", "nosymfollow"},
    {MNT_NOCLUSTERR, "noclusterr", "noclusterr"},
    {MNT_NOCLUSTERW, "noclusterw", "noclusterw"},
    {MNT_SOFTDEP, "soft-updates", NULL},
    {MNT_LOCAL, "local", NULL},
};
#define NWORDS (sizeof(flag_words) / sizeof(flag_words[0]))

/* As `mount` shows it, or as a line for fstab. */
static void
show(const struct statfs *fs)
{
	const char *text;

	if (!flags.table)
		printf("%s on %s (%s", fs->f_mntfromname, fs->f_mntonname,
		    fs->f_fstypename);
	else
		printf("%s\t%s\t%s\t%s", fs->f_mntfromname, fs->f_mntonname,
		    fs->f_fstypename, fs->f_flags & MNT_RDONLY ? "ro" : "rw");
	for (size_t i = 0; i < NWORDS; i++) {
		text = flags.table ? flag_words[i].option : flag_words[i].words;
		if (text == NULL || (fs->f_flags & flag_words[i].flag) == 0 ||
		    (flags.table && flag_words[i].flag == MNT_RDONLY))
			continue;
		printf("%s%s", flags.table ? "," : ", ", text);
	}
	if (flags.verbose && !flags.table)
		printf(", writes: sync %ju async %ju, reads: sync %ju async "
		       "%ju, fsid %08x%08x",
		    (uintmax_t)fs->f_syncwrites, (uintmax_t)fs->f_asyncwrites,
		    (uintmax_t)fs->f_syncreads, (uintmax_t)fs->f_asyncreads,
		    (unsigned)fs->f_fsid.val[0], (unsigned)fs->f_fsid.val[1]);
	puts(flags.table ? "\t0 0" : ")");
}

static bool
wanted_type(const char *type)
{
	const struct mntent m = {.mnt_opts = (char *)flags.type};

	if (flags.type == NULL)
		return (true);
	if (strncmp(flags.type, "no", 2) == 0) {
		const struct mntent rest = {.mnt_opts = (char *)flags.type + 2};

		return (hasmntopt(&rest, type) == NULL);
	}
	return (hasmntopt(&m, type) != NULL);
}

static void
show_all(void)
{
	struct statfs *list;
	int n = mounted(&list);

	for (int i = 0; i < n; i++)
		if (wanted_type(list[i].f_fstypename))
			show(&list[i]);
}

/* The line of fstab for a file system, by either of its names, or NULL. */
static struct mntent *
find_fstab(const char *name)
{
	FILE *fp = setmntent(FSTAB, "r");
	struct mntent *m = NULL;

	while (fp != NULL && (m = getmntent(fp)) != NULL)
		if (strcmp(m->mnt_dir, name) == 0 ||
		    strcmp(m->mnt_fsname, name) == 0)
			break;
	if (fp != NULL)
		endmntent(fp);
	return (m);
}

/* All of fstab in its order, but for what is there already and the root. */
static bool
mount_all(void)
{
	FILE *fp = setmntent(FSTAB, "r");
	bool good = true;
	struct mntent *m;

	if (fp == NULL)
		err(1, FSTAB);
	while ((m = getmntent(fp)) != NULL) {
		struct request rq = {.from = m->mnt_fsname,
		    .on = m->mnt_dir,
		    .type = m->mnt_type,
		    .options = m->mnt_opts};
		struct statfs *there = find_mounted(m->mnt_dir);

		if (strcmp(m->mnt_type, "swap") == 0 ||
		    has_option(m->mnt_opts, "noauto") ||
		    !wanted_type(m->mnt_type) || strcmp(m->mnt_dir, "/") == 0 ||
		    (there != NULL &&
			strcmp(there->f_fstypename, m->mnt_type) == 0))
			continue;
		if (!do_mount(&rq) && !has_option(m->mnt_opts, "failok"))
			good = false;
	}
	endmntent(fp);
	return (good);
}

/* The options that it is mounted with. */
static const char *
current_options(const struct statfs *fs)
{
	static char text[256];
	size_t n = 0;

	for (size_t i = 0; i < NWORDS; i++)
		if (flag_words[i].option != NULL &&
		    (fs->f_flags & flag_words[i].flag) != 0)
			n += (size_t)snprintf(text + n, sizeof(text) - n, "%s,",
			    flag_words[i].option);
	return (text);
}

/* mount NAME: by fstab. With -u, what is mounted there, with the options of
 * fstab, or else those it has. */
static bool
mount_one(const char *name)
{
	const struct statfs *there = flags.update ? find_mounted(name) : NULL;
	const struct mntent *m =
	    find_fstab(there != NULL ? there->f_mntonname : name);
	struct request rq = {.update = flags.update};

	if (there != NULL) {
		rq.from = there->f_mntfromname;
		rq.on = there->f_mntonname;
		rq.type = there->f_fstypename;
		rq.options = m != NULL ? m->mnt_opts : current_options(there);
		return (do_mount(&rq));
	}
	if (flags.update)
		errx(1, "%s: it isn't mounted", name);
	if (m == NULL)
		errx(1, "%s: it isn't in " FSTAB, name);
	rq.from = m->mnt_fsname;
	rq.on = m->mnt_dir;
	rq.type = m->mnt_type;
	rq.options = m->mnt_opts;
	return (do_mount(&rq));
}

static void
add_flag_option(const char *text)
{
	size_t n = strlen(flags.options);

	if (n + strlen(text) + 2 > sizeof(flags.options))
		errx(1, "the options are too long");
	snprintf(flags.options + n, sizeof(flags.options) - n, "%s%s",
	    n > 0 ? "," : "", text);
}

static _Noreturn void
usage(void)
{
	fprintf(stderr,
	    "usage: mount [-afpruvw] [-o options] [-t type]\n"
	    "       mount [-fruvw] [-o options] special | node\n"
	    "       mount [-fruvw] [-o options] [-t type] special node\n"
	    "       umount [-Aafv] [-t type] [special | node ...]\n");
	exit(1);
}

static int
main_mount(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "afo:prt:uvw")) != -1) {
		switch (c) {
		case 'a':
			flags.all = true;
			break;
		case 'f':
			flags.force = true;
			break;
		case 'o':
			add_flag_option(optarg);
			break;
		case 'p':
			flags.table = true;
			break;
		case 'r':
			add_flag_option("ro");
			break;
		case 't':
			flags.type = optarg;
			break;
		case 'u':
			flags.update = true;
			break;
		case 'v':
			flags.verbose = true;
			break;
		case 'w':
			add_flag_option("noro");
			break;
		default:
			usage();
		}
	}
	argc -= optind;
	argv += optind;
	if (flags.all && argc == 0)
		return (mount_all() ? 0 : 1);
	if (argc == 0)
		show_all();
	else if (argc == 1)
		return (mount_one(argv[0]) ? 0 : 1);
	else if (argc == 2)
		return (do_mount(&(struct request){.from = argv[0],
			    .on = argv[1],
			    .type = flags.type != NULL ? flags.type : "ufs",
			    .update = flags.update})
			    ? 0
			    : 1);
	else
		usage();
	return (0);
}

static bool
do_unmount(const struct statfs *fs)
{
	if (unmount(fs->f_mntonname, flags.force ? MNT_FORCE : 0) != 0) {
		warn("unmount of %s failed", fs->f_mntonname);
		return (false);
	}
	if (flags.verbose)
		printf("%s: unmount from %s\n", fs->f_mntfromname,
		    fs->f_mntonname);
	return (true);
}

/* The newest first; the root and what /dev needs stay. */
static bool
unmount_all(void)
{
	struct statfs *list;
	bool good = true;

	for (int n = mounted(&list); n-- > 0;) {
		const char *on = list[n].f_mntonname;

		if (strcmp(on, "/") == 0 || strncmp(on, "/dev", 4) == 0 ||
		    !wanted_type(list[n].f_fstypename))
			continue;
		good &= do_unmount(&list[n]);
	}
	return (good);
}

static bool
unmount_one(const char *name)
{
	char *path = realpath(name, NULL);
	const struct statfs *fs = find_mounted(name);

	if (fs == NULL && path != NULL)
		fs = find_mounted(path);
	free(path);
	if (fs == NULL) {
		warnx("%s: not a file system root directory", name);
		return (false);
	}
	return (do_unmount(fs));
}

static int
main_umount(int argc, char **argv)
{
	bool good = true;
	int c;

	while ((c = getopt(argc, argv, "Aaft:v")) != -1) {
		switch (c) {
		case 'a':
		case 'A':
			flags.all = true;
			break;
		case 'f':
			flags.force = true;
			break;
		case 't':
			flags.type = optarg;
			break;
		case 'v':
			flags.verbose = true;
			break;
		default:
			usage();
		}
	}
	if (flags.all == (optind < argc))
		usage();
	if (flags.all)
		return (unmount_all() ? 0 : 1);
	for (; optind < argc; optind++)
		good &= unmount_one(argv[optind]);
	return (good ? 0 : 1);
}

int
main(int argc, char **argv)
{
	const char *slash = strrchr(argv[0], '/');
	const char *name = slash != NULL ? slash + 1 : argv[0];

	return (strcmp(name, "umount") == 0 ? main_umount(argc, argv)
					    : main_mount(argc, argv));
}
