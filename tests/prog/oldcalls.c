/* SPDX-License-Identifier: BSD-2-Clause */
/* Offsets as programs pass them that were built for older releases. */
#include "freebsd.h"
#include "fbsd/fcntl.h"
#include "fbsd/unistd.h"

enum {
	SYS_open = 5,
	SYS_unlink = 10,
	SYS_olseek = 19,
	SYS_oftruncate = 130,
	SYS_freebsd6_pread = 173,
	SYS_freebsd6_pwrite = 174,
	SYS_freebsd6_lseek = 199,
	SYS_freebsd6_ftruncate = 201,
};

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
	CHECK_EQ(SYS(SYS_unlink, "/tmp/old"), 0);
	return (result("oldcalls"));
}
