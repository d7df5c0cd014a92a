/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fsck: checks file systems of the machine, those of fstab(5) if none is
 * named.  A root that is mounted read-only may be repaired under its mount,
 * which is then told to read it again.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <mntent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "file.h"

#define DIOCGSECTORSIZE	  0x40046480ul
#define DIOCGMEDIASIZE	  0x40086481ul
#define DIOCGPROVIDERNAME 0x4400648aul
#define PROVIDER_NAME	  1024 /* bytes */

/* Besides check_exit()'s, which rc(8) goes by, as FreeBSD's fsck(8) has it: the
 * root was changed and can't be read again. */
#define EXIT_REBOOT 4

static struct check_options options;
static bool force;

/* The device's size: false if there is none. */
static bool
measure(int fd, uint64_t *size)
{
	struct stat st;
	int64_t media;

	if (fstat(fd, &st) != 0)
		return (false);
	if (S_ISREG(st.st_mode)) {
		*size = (uint64_t)st.st_size;
		return (true);
	}
	if (ioctl(fd, DIOCGMEDIASIZE, &media) != 0)
		return (false);
	*size = (uint64_t)media;
	return (true);
}

/* The disk's own name, when this may be a label of it. */
static bool
provider(const char *name, char *own)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	bool good = fd >= 0 && ioctl(fd, DIOCGPROVIDERNAME, own) == 0;

	if (fd >= 0)
		close(fd);
	return (good);
}

/* Where it is mounted, or NULL. */
static const struct statfs *
mounted(const char *name)
{
	char own[PROVIDER_NAME], other[PROVIDER_NAME];
	struct statfs *list;
	int n = getmntinfo(&list, MNT_NOWAIT);
	bool disk = provider(name, own);

	for (int i = 0; i < n; i++) {
		const char *from = list[i].f_mntfromname;

		if (strcmp(from, name) == 0 ||
		    (disk && strncmp(from, "/dev/", 5) == 0 &&
			provider(from, other) && strcmp(own, other) == 0))
			return (&list[i]);
	}
	return (NULL);
}

static void
pair(struct iovec *iov, unsigned *n, const char *name, const char *value)
{
	iov[*n].iov_base = (void *)(uintptr_t)name;
	iov[(*n)++].iov_len = strlen(name) + 1;
	iov[*n].iov_base = (void *)(uintptr_t)value;
	iov[(*n)++].iov_len = value == NULL ? 0 : strlen(value) + 1;
}

/* Has the kernel read what was written under its mount. */
static int
reload(const struct statfs *mount)
{
	struct iovec iov[10];
	char message[256] = "";
	unsigned n = 0;

	pair(iov, &n, "fstype", mount->f_fstypename);
	pair(iov, &n, "fspath", mount->f_mntonname);
	pair(iov, &n, "from", mount->f_mntfromname);
	pair(iov, &n, "reload", NULL);
	pair(iov, &n, "errmsg", message);
	iov[n - 1].iov_len = sizeof(message);
	if (nmount(iov, n, MNT_UPDATE | MNT_RELOAD | MNT_RDONLY) == 0)
		return (0);
	warn("%s: the kernel can't read it again%s%s", mount->f_mntonname,
	    message[0] != '\0' ? ": " : "", message);
	return (EXIT_REBOOT);
}

/* Why it isn't clean, as far as that isn't seen from what was found. */
static void
explain(const char *name, const struct check_result *res)
{
	if (res->status == CHECK_FAILED)
		warnx("%s: %s", name, res->reason);
	if (res->status == CHECK_DAMAGED && options.mode == CHECK_PREEN)
		warnx("%s: a person is needed: run fsck without -p", name);
}

/* False, after a message, if that can't be. */
static bool
open_disk(struct check_file *f, const char *name, bool write)
{
	int fd = open(name, (write ? O_RDWR : O_RDONLY) | O_CLOEXEC);
	uint64_t size;

	if (fd < 0 && write && (errno == EROFS || errno == EPERM)) {
		write = false; /* it may be clean */
		fd = open(name, O_RDONLY | O_CLOEXEC);
	}
	if (fd >= 0 && measure(fd, &size)) {
		check_file_init(f, fd, 0, size, write);
		return (true);
	}
	warn("%s", name);
	return (false);
}

static int
check(const char *name)
{
	const struct statfs *mount = mounted(name);
	struct check_options opt = options;
	struct check_file f;
	struct check_result res;
	int status;

	if (mount != NULL && (mount->f_flags & MNT_RDONLY) == 0) {
		if (opt.mode == CHECK_PREEN) {
			printf("** %s: mounted for writing, skipped\n", name);
			return (0);
		}
		if (opt.mode == CHECK_REPAIR)
			warnx("%s: it is mounted; nothing is written", name);
		opt.mode = CHECK_REPORT;
	}
	if (!open_disk(&f, name, opt.mode != CHECK_REPORT))
		return (CHECK_EXIT_PERSON);
	printf("** %s\n", name);
	opt.out = stdout;
	opt.now = (int64_t)time(NULL);
	opt.skip_clean = opt.mode == CHECK_PREEN && !force;
	check_run(&f.device, &opt, &res);
	fflush(stdout);
	close(f.fd);
	explain(name, &res);
	status = check_exit(&res, options.mode);
	if (res.status == CHECK_REPAIRED && mount != NULL)
		status = reload(mount);
	return (status);
}

/* The file systems of fstab(5) in the order of their pass number, one after
 * the other; those with 0 aren't checked. */
static int
check_all(void)
{
	int worst = 0, status, next = 1, pass;

	while (next != INT_MAX) {
		FILE *tab = setmntent("/etc/fstab", "r");
		struct mntent *m;

		if (tab == NULL)
			err(CHECK_EXIT_PERSON, "/etc/fstab");
		pass = next;
		next = INT_MAX;
		while ((m = getmntent(tab)) != NULL) {
			if (strcmp(m->mnt_type, "ufs") != 0 ||
			    m->mnt_passno < pass)
				continue;
			if (m->mnt_passno > pass) {
				if (m->mnt_passno < next)
					next = m->mnt_passno;
				continue;
			}
			status = check(m->mnt_fsname);
			if (status > worst)
				worst = status;
		}
		endmntent(tab);
	}
	return (worst);
}

static void
usage(void)
{
	fprintf(stderr, "usage: fsck [-BFf] [-n | -p | -y] [device ...]\n");
	exit(CHECK_EXIT_PERSON);
}

int
main(int argc, char **argv)
{
	bool background = false, chosen = false;
	int ch, status, worst = 0;

	options.mode = CHECK_REPAIR;
	while ((ch = getopt(argc, argv, "BFfnpyt:")) != -1) {
		switch (ch) {
		case 'B':
			background = true;
			break;
		case 'F': /* all are checked in the foreground */
			break;
		case 'f':
			force = true;
			break;
		case 'n':
			options.mode = CHECK_REPORT;
			chosen = true;
			break;
		case 'p':
			options.mode = CHECK_PREEN;
			chosen = true;
			break;
		case 't':
			if (strcmp(optarg, "ufs") != 0)
				errx(CHECK_EXIT_PERSON, "%s: only ufs is known",
				    optarg);
			break;
		case 'y':
			options.mode = CHECK_REPAIR;
			chosen = true;
			break;
		default:
			usage();
		}
	}
	if (background) /* nothing was left for later */
		return (0);
	if (!chosen)
		options.confirm = check_ask;
	if (optind == argc)
		return (check_all());
	for (int i = optind; i < argc; i++) {
		status = check(argv[i]);
		if (status > worst)
			worst = status;
	}
	return (worst);
}
