/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls and structures as programs use them that were built for older
 * releases. */
#include "freebsd.h"
#include "fbsd/fcntl.h"
#include "fbsd/mount.h"
#include "fbsd/stat.h"
#include "fbsd/unistd.h"

enum {
	SYS_open = 5,
	SYS_unlink = 10,
	SYS_freebsd4_getfsstat = 18,
	SYS_olseek = 19,
	SYS_oftruncate = 130,
	SYS_freebsd4_statfs = 157,
	SYS_freebsd4_fstatfs = 158,
	SYS_freebsd4_getdomainname = 162,
	SYS_freebsd4_setdomainname = 163,
	SYS_freebsd4_uname = 164,
	SYS_freebsd6_pread = 173,
	SYS_freebsd6_pwrite = 174,
	SYS_freebsd6_lseek = 199,
	SYS_freebsd6_ftruncate = 201,
	SYS_nstat = 278,
	SYS_nfstat = 279,
	SYS_nlstat = 280,
	SYS_symlink = 57,
	SYS_fstat = 551,
};

static void
systems(int fd)
{
	static struct freebsd4_statfs all[8], one;
	char names[5][32], domain[16];
	long n;

	CHECK_EQ(SYS(SYS_freebsd4_statfs, "/", &one), 0);
	CHECK(same_text(one.f_mntonname, "/"));
	CHECK(one.f_bsize > 0 && one.f_blocks > 0);
	CHECK_EQ(SYS(SYS_freebsd4_fstatfs, fd, &all[0]), 0);
	CHECK(same_text(all[0].f_fstypename, one.f_fstypename));
	n = SYS(SYS_freebsd4_getfsstat, NULL, 0, MNT_NOWAIT);
	CHECK(n >= 2);
	CHECK_EQ(SYS(SYS_freebsd4_getfsstat, all, sizeof(all), MNT_NOWAIT), n);
	CHECK(same_text(all[0].f_mntonname, "/"));
	CHECK(same_text(all[1].f_fstypename, "devfs"));
	CHECK_EQ(SYS(SYS_freebsd4_statfs, "/", 16), -EFAULT);
	CHECK_EQ(SYS(SYS_freebsd4_uname, names), 0);
	CHECK(same_text(names[0], "FreeBSD"));
	CHECK(names[1][0] != '\0');
	CHECK(same_text(names[2], "15.0-RELEASE"));
	CHECK(same_text(names[4], "amd64"));
	CHECK_EQ(SYS(SYS_freebsd4_uname, 16), -EFAULT);
	CHECK_EQ(SYS(SYS_freebsd4_setdomainname, "yp.example", 10), 0);
	CHECK_EQ(SYS(SYS_freebsd4_getdomainname, domain, 16), 0);
	CHECK(same_text(domain, "yp.example"));
	CHECK_EQ(SYS(SYS_freebsd4_getdomainname, domain, -1), -EINVAL);
	CHECK_EQ(SYS(SYS_freebsd4_setdomainname, domain, 256), -EINVAL);
}

static void
files(int fd)
{
	struct nstat ns;
	struct stat st;

	CHECK_EQ(SYS(SYS_fstat, fd, &st), 0);
	CHECK_EQ(SYS(SYS_nfstat, fd, &ns), 0);
	CHECK_EQ(ns.st_ino, (uint32_t)st.st_ino);
	CHECK_EQ(ns.st_mode, S_IFREG | 0600);
	CHECK_EQ(ns.st_nlink, 1);
	CHECK_EQ(ns.st_mtim.tv_sec, st.st_mtim.tv_sec);
	CHECK_EQ(ns.st_birthtim.tv_nsec, st.st_birthtim.tv_nsec);
	CHECK_EQ(SYS(SYS_symlink, "/tmp/old", "/tmp/link"), 0);
	CHECK_EQ(SYS(SYS_nstat, "/tmp/link", &ns), 0);
	CHECK_EQ(ns.st_ino, (uint32_t)st.st_ino);
	CHECK_EQ(SYS(SYS_nlstat, "/tmp/link", &ns), 0);
	CHECK_EQ(ns.st_mode & S_IFMT, S_IFLNK);
	CHECK_EQ(SYS(SYS_nstat, "/tmp/none", &ns), -ENOENT);
	CHECK_EQ(SYS(SYS_unlink, "/tmp/link"), 0);
}

int
main(int argc, char **argv)
{
	char b[8] = {0};
	int fd;

	(void)argc;
	(void)argv;
	fd = (int)SYS(SYS_open, "/tmp/old", O_RDWR | O_CREAT, 0600);
	CHECK_EQ(fd, 3);
	CHECK_EQ(SYS(SYS_freebsd6_pwrite, fd, "abc", 3, -1, 5), 3);
	CHECK_EQ(SYS(SYS_freebsd6_lseek, fd, -1, 0, SEEK_END), 8);
	CHECK_EQ(SYS(SYS_olseek, fd, -2, SEEK_CUR), 6);
	CHECK_EQ(SYS(SYS_read, fd, b, 8), 2);
	CHECK(b[0] == 'b' && b[1] == 'c');
	CHECK_EQ(SYS(SYS_freebsd6_ftruncate, fd, -1, 6), 0);
	CHECK_EQ(SYS(SYS_freebsd6_pread, fd, b, 8, -1, 4), 2);
	CHECK(b[0] == 0 && b[1] == 'a');
	CHECK_EQ(SYS(SYS_freebsd6_pread, fd, b, 8, 0, -1), -EINVAL);
	CHECK_EQ(SYS(SYS_oftruncate, fd, 1), 0);
	CHECK_EQ(SYS(SYS_olseek, fd, 0, SEEK_END), 1);
	CHECK_EQ(SYS(SYS_olseek, 99, 0, SEEK_END), -EBADF);
	files(fd);
	systems(fd);
	CHECK_EQ(SYS(SYS_unlink, "/tmp/old"), 0);
	return (result("oldcalls"));
}
