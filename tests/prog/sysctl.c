/* SPDX-License-Identifier: BSD-2-Clause */
/* sysctl(3): by number and by name, the ways to explore it, and errors. */
#include "freebsd.h"

enum { SYS___sysctl = 202, SYS___sysctlbyname = 570 };

#define BAD ((void *)0x10)

static bool
same(const char *a, const char *b)
{
	while (*a != '\0' && *a == *b) {
		a++;
		b++;
	}
	return (*a == *b);
}

static long
by_name(const char *name, void *old, size_t *len)
{
	return (SYS(SYS___sysctlbyname, name, length(name), old, len, 0, 0));
}

static void
values(void)
{
	int osreldate = 0, ostype[2] = {1, 1}, value;
	char text[64];
	size_t len = sizeof(text);
	uint64_t size;

	CHECK_EQ(SYS(SYS___sysctl, ostype, 2, text, &len, 0, 0), 0);
	CHECK(same(text, "FreeBSD"));
	CHECK_EQ(len, 8);
	len = sizeof(osreldate);
	CHECK_EQ(by_name("kern.osreldate", &osreldate, &len), 0);
	CHECK_EQ(osreldate, 1500068);
	len = sizeof(value);
	CHECK_EQ(by_name("hw.ncpu", &value, &len), 0);
	CHECK(value >= 1 && value <= 16);
	len = sizeof(value);
	CHECK_EQ(by_name("hw.pagesize", &value, &len), 0);
	CHECK_EQ(value, 4096);
	len = sizeof(size);
	CHECK_EQ(by_name("hw.physmem", &size, &len), 0);
	CHECK(size > 1 << 20);
}

static void
errors(void)
{
	int none[2] = {1, 30000}, inner[2] = {1, 14}, ostype[2] = {1, 1};
	size_t len = 3;
	char text[64];

	/* Too short: what fits, and an error. */
	CHECK_EQ(SYS(SYS___sysctl, ostype, 2, text, &len, 0, 0), -ENOMEM);
	CHECK_EQ(len, 3);
	CHECK(text[0] == 'F' && text[2] == 'e');
	/* No buffer: the length. */
	CHECK_EQ(SYS(SYS___sysctl, ostype, 2, 0, &len, 0, 0), 0);
	CHECK_EQ(len, 8);
	CHECK_EQ(SYS(SYS___sysctl, none, 2, text, &len, 0, 0), -ENOENT);
	CHECK_EQ(SYS(SYS___sysctl, inner, 2, text, &len, 0, 0), -EISDIR);
	CHECK_EQ(SYS(SYS___sysctl, ostype, 25, text, &len, 0, 0), -EINVAL);
	CHECK_EQ(SYS(SYS___sysctl, ostype, 2, BAD, &len, 0, 0), -EFAULT);
	CHECK_EQ(SYS(SYS___sysctl, ostype, 2, text, BAD, 0, 0), -EFAULT);
	CHECK_EQ(SYS(SYS___sysctl, BAD, 2, text, &len, 0, 0), -EFAULT);
	CHECK_EQ(SYS(SYS___sysctl, ostype, 2, 0, 0, "x", 1), -EPERM);
	len = sizeof(text);
	CHECK_EQ(by_name("kern.nosuchthing", text, &len), -ENOENT);
	CHECK_EQ(by_name("", text, &len), -ENOENT);
	CHECK_EQ(SYS(SYS___sysctlbyname, text, 100000, text, &len, 0, 0),
	    -ENAMETOOLONG);
}

static void
writes(void)
{
	char text[64];
	size_t len = sizeof(text);
	static const char name[] = "kern.hostname";

	CHECK_EQ(
	    SYS(SYS___sysctlbyname, name, sizeof(name) - 1, 0, 0, "box", 3), 0);
	CHECK_EQ(by_name(name, text, &len), 0);
	CHECK(same(text, "box"));
}

/* Every leaf in order, each with a name that leads back to it. */
static void
explore(void)
{
	int next[26] = {0, 2}, name[26] = {0, 1}, found[24];
	int name2oid[2] = {0, 3};
	size_t depth = 0, len, leaves = 0;
	char text[256];

	for (;;) {
		len = sizeof(found);
		if (SYS(SYS___sysctl, next, 2 + depth, found, &len, 0, 0) != 0)
			break;
		depth = len / sizeof(int);
		for (size_t i = 0; i < depth; i++)
			next[2 + i] = name[2 + i] = found[i];
		len = sizeof(text);
		CHECK_EQ(
		    SYS(SYS___sysctl, name, 2 + depth, text, &len, 0, 0), 0);
		len = sizeof(found);
		CHECK_EQ(SYS(SYS___sysctl, name2oid, 2, found, &len, text,
			     length(text)),
		    0);
		CHECK_EQ(len, depth * sizeof(int));
		CHECK_EQ(found[depth - 1], next[1 + depth]);
		if (++leaves > 2000)
			break;
	}
	CHECK(leaves > 40 && leaves < 2000);
}

int
main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	values();
	errors();
	writes();
	explore();
	return (result("sysctl"));
}
