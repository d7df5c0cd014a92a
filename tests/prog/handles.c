/* SPDX-License-Identifier: BSD-2-Clause */
/* File handles: names that survive renames, for the super-user. */
#include "files.h"

enum {
	SYS_lgetfh = 160,
	SYS_getfh = 161,
	SYS_fhopen = 298,
	SYS_freebsd11_fhstat = 299,
	SYS_setuid = 23,
	SYS_freebsd11_fhstatfs = 398,
	SYS_fhstat = 553,
	SYS_fhstatfs = 558,
	SYS_getfhat = 564,
	SYS_fhlink = 565,
	SYS_fhlinkat = 566,
	SYS_fhreadlink = 567,
};

static struct statfs sf;

static bool
equal(const struct fhandle *a, const struct fhandle *b)
{
	return (same((const char *)a, (const char *)b, sizeof(*a)));
}

static void
follow_a_file(void)
{
	struct freebsd11_stat old;
	struct fhandle fh, fh2;
	struct stat st, st2;
	char buf[16];
	long fd, d, error;

	CHECK_EQ(put("a", "contents"), 0);
	CHECK_EQ(SYS(SYS_mkdir, "d", 0700), 0);
	st = lstat_of("a", &error);
	CHECK_EQ(SYS(SYS_getfh, "a", &fh), 0);
	CHECK_EQ(SYS(SYS_rename, "a", "d/b"), 0);
	CHECK_EQ(SYS(SYS_getfh, "d/b", &fh2), 0);
	CHECK(equal(&fh, &fh2));
	d = xopen("d", O_RDONLY, 0);
	CHECK_EQ(SYS(SYS_getfhat, d, "b", &fh2, 0), 0);
	CHECK(equal(&fh, &fh2));
	CHECK_EQ(SYS(SYS_getfhat, d, "../d/b", &fh2, AT_RESOLVE_BENEATH),
	    -ENOTCAPABLE);
	CHECK_EQ(SYS(SYS_getfhat, d, "b", &fh2, AT_REMOVEDIR), -EINVAL);
	CHECK_EQ(SYS(SYS_fhstat, &fh, &st2), 0);
	CHECK_EQ(st.st_ino, st2.st_ino);
	CHECK_EQ(st2.st_size, 8);
	CHECK_EQ(SYS(SYS_freebsd11_fhstat, &fh, &old), 0);
	CHECK_EQ(old.st_size, 8);
	CHECK_EQ(SYS(SYS_fhstatfs, &fh, &sf), 0);
	CHECK(same(sf.f_mntonname, "/", 2));
	CHECK_EQ(SYS(SYS_freebsd11_fhstatfs, &fh, &sf), 0);
	CHECK_EQ(sf.f_version, FREEBSD11_STATFS_VERSION);
	fd = SYS(SYS_fhopen, &fh, O_RDWR | O_CLOEXEC);
	CHECK(fd >= 0);
	CHECK_EQ(SYS(SYS_fcntl, fd, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(SYS(SYS_read, fd, buf, 16), 8);
	CHECK(same(buf, "contents", 8));
	CHECK_EQ(SYS(SYS_write, fd, "!", 1), 1);
	CHECK_EQ(SYS(SYS_fhopen, &fh, O_RDONLY | O_CREAT), -EINVAL);
	CHECK_EQ(SYS(SYS_fhopen, &fh, O_ACCMODE), -EINVAL);
	CHECK_EQ(SYS(SYS_fhopen, &fh, O_RDONLY | O_DIRECTORY), -ENOTDIR);
	CHECK_EQ(SYS(SYS_fhopen, 8, O_RDONLY), -EFAULT);
	CHECK_EQ(SYS(SYS_fhlink, &fh, "c"), 0);
	CHECK_EQ(SYS(SYS_fhlinkat, &fh, d, "e"), 0);
	CHECK_EQ(SYS(SYS_fhlink, &fh, "c"), -EEXIST);
	CHECK_EQ(SYS(SYS_fstat, fd, &st2), 0);
	CHECK_EQ(st2.st_nlink, 3);
	CHECK_EQ(SYS(SYS_unlink, "c"), 0);
	CHECK_EQ(SYS(SYS_unlink, "d/b"), 0);
	CHECK_EQ(SYS(SYS_fhstat, &fh, &st2), 0);
	CHECK_EQ(SYS(SYS_unlink, "d/e"), 0);
	CHECK_EQ(SYS(SYS_close, fd), 0);
	CHECK_EQ(SYS(SYS_fhstat, &fh, &st2), -ESTALE);
	CHECK_EQ(SYS(SYS_fhopen, &fh, O_RDONLY), -ESTALE);
	/* The number isn't another file's one day. */
	CHECK_EQ(put("a", "new"), 0);
	CHECK_EQ(SYS(SYS_fhopen, &fh, O_RDONLY), -ESTALE);
	CHECK_EQ(SYS(SYS_close, d), 0);
}

static void
links(void)
{
	struct fhandle link, file;
	char buf[16];

	CHECK_EQ(SYS(SYS_symlink, "a", "l"), 0);
	CHECK_EQ(SYS(SYS_lgetfh, "l", &link), 0);
	CHECK_EQ(SYS(SYS_getfh, "l", &file), 0);
	CHECK(!equal(&link, &file));
	CHECK_EQ(SYS(SYS_fhreadlink, &link, buf, 16), 1);
	CHECK_EQ(buf[0], 'a');
	CHECK_EQ(SYS(SYS_fhreadlink, &file, buf, 16), -EINVAL);
	CHECK_EQ(SYS(SYS_fhopen, &link, O_RDONLY), -EMLINK);
}

static void
others(void)
{
	struct fhandle fh, bad;

	CHECK_EQ(SYS(SYS_getfh, "/dev/null", &fh), -EOPNOTSUPP);
	CHECK_EQ(SYS(SYS_getfh, "/", &fh), 0);
	CHECK_EQ(SYS(SYS_fhstatfs, &fh, &sf), 0);
	bad = fh;
	bad.fh_fsid.val[0] = 9999;
	CHECK_EQ(SYS(SYS_fhstatfs, &bad, &sf), -ESTALE);
	bad = fh;
	bad.fh_fid.fid_len = 0xffff;
	CHECK_EQ(SYS(SYS_fhstatfs, &bad, &sf), -ESTALE);
	memset(&bad.fh_fid.fid_data, 0xff, MAXFIDSZ);
	bad.fh_fid.fid_len = fh.fh_fid.fid_len;
	CHECK_EQ(SYS(SYS_fhstatfs, &bad, &sf), -ESTALE);
}

/* Files that come and go while their handles are asked for. */
static struct fhandle *shared;

static int
maker(void)
{
	for (int i = 0; i < 2000; i++) {
		if (put("race", "x") != 0)
			return (1);
		if (SYS(SYS_getfh, "race", shared) != 0)
			return (2);
		if (SYS(SYS_unlink, "race") != 0)
			return (3);
	}
	return (0);
}

static void
race(void)
{
	int status = -1;
	struct stat st;
	long pid, error;

	shared = map_anon(4096, MAP_ANON_SHARED);
	pid = SYS(SYS_fork);
	if (pid == 0)
		(void)SYS(SYS_exit, maker());
	while (SYS(SYS_wait4, pid, &status, 1, NULL) == 0) {
		struct fhandle fh = *shared;

		error = SYS(SYS_fhstat, &fh, &st);
		if (error != 0)
			CHECK_EQ(error, -ESTALE);
	}
	CHECK_EQ(status, 0);
}

static int
nobody(void)
{
	struct fhandle fh;
	struct stat st;

	CHECK_EQ(SYS(SYS_getfh, "/", &fh), 0);
	CHECK_EQ(SYS(SYS_setuid, 1001), 0);
	CHECK_EQ(SYS(SYS_getfh, "/", &fh), -EPERM);
	CHECK_EQ(SYS(SYS_fhopen, &fh, O_RDONLY), -EPERM);
	CHECK_EQ(SYS(SYS_fhstat, &fh, &st), -EPERM);
	CHECK_EQ(SYS(SYS_fhlink, &fh, "x"), -EPERM);
	return (failures);
}

int
main(int argc, char **argv)
{
	CHECK_EQ(SYS(SYS_mkdir, "/t", 0755), 0);
	CHECK_EQ(SYS(SYS_chdir, "/t"), 0);
	follow_a_file();
	links();
	others();
	race();
	CHECK_EQ(in_child(nobody), 0);
	return (result("handles"));
}
