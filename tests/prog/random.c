/* SPDX-License-Identifier: BSD-2-Clause */
/* getrandom(2), /dev/random, kern.arandom: bytes, as many as were asked for,
 * and never the same twice. */
#include "freebsd.h"

enum { SYS_open = 5, SYS___sysctl = 202, SYS_getrandom = 563 };

static unsigned char one[100000], two[sizeof(one)];

/* Are n bytes of them all different in about every place? */
static bool
unlike(size_t n)
{
	size_t same = 0;

	for (size_t i = 0; i < n; i++)
		same += one[i] == two[i];
	/* One in 256 is so by chance. */
	return (same < n / 16 + 4);
}

/* Each value of a byte comes about equally often. */
static bool
even(const unsigned char *p, size_t n)
{
	size_t count[256];

	memset(count, 0, sizeof(count));
	for (size_t i = 0; i < n; i++)
		count[p[i]]++;
	for (int i = 0; i < 256; i++)
		if (count[i] < n / 512 || count[i] > n / 128)
			return (false);
	return (true);
}

static void
test_getrandom(void)
{
	CHECK_EQ(SYS(SYS_getrandom, one, sizeof(one), 0), sizeof(one));
	CHECK_EQ(SYS(SYS_getrandom, two, sizeof(two), 1), sizeof(two));
	CHECK(unlike(sizeof(one)));
	CHECK(even(one, sizeof(one)));
	CHECK_EQ(SYS(SYS_getrandom, one, 16, 2), 16);
	CHECK_EQ(SYS(SYS_getrandom, one, 16, 4), 16);
	CHECK_EQ(SYS(SYS_getrandom, one, 16, 6), -EINVAL);
	CHECK_EQ(SYS(SYS_getrandom, one, 16, 8), -EINVAL);
	CHECK_EQ(SYS(SYS_getrandom, one, 0, 0), 0);
	CHECK_EQ(SYS(SYS_getrandom, one, -1, 0), -EINVAL);
	CHECK_EQ(SYS(SYS_getrandom, 8, 16, 0), -EFAULT);
	/* Only what was asked for is written. */
	memset(one, 0, sizeof(one));
	CHECK_EQ(SYS(SYS_getrandom, one, 300, 0), 300);
	for (int i = 300; i < 400; i++)
		CHECK_EQ(one[i], 0);
}

static void
test_device(const char *name)
{
	long fd = SYS(SYS_open, name, 2);

	CHECK(fd >= 0);
	CHECK_EQ(SYS(SYS_read, fd, one, sizeof(one)), sizeof(one));
	CHECK_EQ(SYS(SYS_read, fd, two, sizeof(two)), sizeof(two));
	CHECK(unlike(sizeof(one)) && even(two, sizeof(two)));
	/* What is written is stirred in, and takes nothing away. */
	CHECK_EQ(SYS(SYS_write, fd, one, 1000), 1000);
	CHECK_EQ(SYS(SYS_read, fd, one, sizeof(one)), sizeof(one));
	CHECK(unlike(sizeof(one)) && even(one, sizeof(one)));
	CHECK_EQ(SYS(SYS_close, fd), 0);
}

static void
test_sysctl(void)
{
	int name[] = {1, 37};
	size_t size = 256;

	CHECK_EQ(SYS(SYS___sysctl, name, 2, one, &size, NULL, 0), 0);
	CHECK_EQ(SYS(SYS___sysctl, name, 2, two, &size, NULL, 0), 0);
	CHECK_EQ(size, 256);
	CHECK(unlike(size));
}

int
main(int argc, char **argv)
{
	test_getrandom();
	test_device("/dev/random");
	test_device("/dev/urandom");
	test_sysctl();
	return (result("random"));
}
