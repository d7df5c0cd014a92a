/* SPDX-License-Identifier: BSD-2-Clause */
/* The calls about users, groups, sessions and login names. */
#include "freebsd.h"

enum {
	SYS_setuid = 23,
	SYS_getuid = 24,
	SYS_geteuid = 25,
	SYS_getppid = 39,
	SYS_getegid = 43,
	SYS_getgid = 47,
	SYS_getlogin = 49,
	SYS_setlogin = 50,
	SYS_freebsd14_getgroups = 79,
	SYS_freebsd14_setgroups = 80,
	SYS_getpgrp = 81,
	SYS_getdtablesize = 89,
	SYS_getpriority = 100,
	SYS_setpriority = 96,
	SYS_setreuid = 126,
	SYS_setregid = 127,
	SYS_setsid = 147,
	SYS_setgid = 181,
	SYS_setegid = 182,
	SYS_seteuid = 183,
	SYS_getpgid = 207,
	SYS_issetugid = 253,
	SYS_getsid = 310,
	SYS_setresuid = 311,
	SYS_setresgid = 312,
	SYS_getresuid = 360,
	SYS_getresgid = 361,
	SYS_getgroups = 595,
	SYS_setcred = 591,
	SYS_setgroups = 596,
};

#define KEEP (-1)

/* The three of a kind are these? */
static void
expect(int call, unsigned real, unsigned effective, unsigned saved)
{
	unsigned r = 77, e = 77, s = 77;

	CHECK_EQ(SYS(call, &r, &e, &s), 0);
	CHECK_EQ(r, real);
	CHECK_EQ(e, effective);
	CHECK_EQ(s, saved);
}

/* In a process of its own: what it gives up is gone for good. */
static void
apart(void (*fn)(void))
{
	int status = -1;

	if (SYS(SYS_fork) == 0) {
		failures = 0;
		fn();
		(void)SYS(SYS_exit, failures);
	}
	(void)SYS(SYS_wait4, -1, &status, 0, NULL);
	CHECK_EQ(status, 0);
}

static void
users(void)
{
	CHECK_EQ(SYS(SYS_getuid), 0);
	CHECK_EQ(SYS(SYS_issetugid), 0);
	CHECK_EQ(SYS(SYS_setresuid, KEEP, 100, 200), 0);
	expect(SYS_getresuid, 0, 100, 200);
	CHECK_EQ(SYS(SYS_geteuid), 100);
	CHECK_EQ(SYS(SYS_issetugid), 1);
	/* To any of the three, not to others. */
	CHECK_EQ(SYS(SYS_seteuid, 300), -EPERM);
	CHECK_EQ(SYS(SYS_setuid, 300), -EPERM);
	CHECK_EQ(SYS(SYS_seteuid, 200), 0);
	CHECK_EQ(SYS(SYS_seteuid, 0), 0);
	/* Root gives up all three. */
	CHECK_EQ(SYS(SYS_setuid, 300), 0);
	expect(SYS_getresuid, 300, 300, 300);
	CHECK_EQ(SYS(SYS_seteuid, 0), -EPERM);
	CHECK_EQ(SYS(SYS_setreuid, 300, KEEP), 0);
	CHECK_EQ(SYS(SYS_setreuid, 0, KEEP), -EPERM);
	CHECK_EQ(SYS(SYS_setlogin, "mallory"), -EPERM);
	CHECK_EQ(SYS(SYS_setpriority, 0, 0, -5), -EACCES);
	CHECK_EQ(SYS(SYS_setpriority, 0, 0, 5), 0);
	CHECK_EQ(SYS(SYS_getpriority, 0, 0), 5);
	CHECK_EQ(SYS(SYS_kill, SYS(SYS_getppid), SIGUSR1), -EPERM);
}

static void
groups(void)
{
	static const int three[] = {5, 6, 7};
	int list[20];

	CHECK_EQ(SYS(SYS_setresgid, 1, 2, 3), 0);
	expect(SYS_getresgid, 1, 2, 3);
	CHECK_EQ(SYS(SYS_getgid), 1);
	CHECK_EQ(SYS(SYS_getegid), 2);
	CHECK_EQ(SYS(SYS_setegid, 3), 0);
	CHECK_EQ(SYS(SYS_setregid, 4, 5), 0);
	CHECK_EQ(SYS(SYS_setgroups, 3, three), 0);
	CHECK_EQ(SYS(SYS_getgroups, 0, NULL), 3);
	CHECK_EQ(SYS(SYS_getgroups, 20, list), 3);
	CHECK_EQ(list[0] * 100 + list[1] * 10 + list[2], 567);
	CHECK_EQ(SYS(SYS_getgroups, 2, list), -EINVAL);
	CHECK_EQ(SYS(SYS_getgroups, 20, 8), -EFAULT);
	/* Before release 15 the first was the effective one. */
	CHECK_EQ(SYS(SYS_freebsd14_getgroups, 20, list), 4);
	CHECK_EQ(list[0], 5);
	CHECK_EQ(SYS(SYS_freebsd14_setgroups, 2, three), 0);
	CHECK_EQ(SYS(SYS_getegid), 5);
	CHECK_EQ(SYS(SYS_getgroups, 20, list), 1);
	CHECK_EQ(list[0], 6);
	CHECK_EQ(SYS(SYS_setgroups, 100000, three), -EINVAL);
	CHECK_EQ(SYS(SYS_setgid, 9), 0);
	expect(SYS_getresgid, 9, 9, 9);
	CHECK_EQ(SYS(SYS_setuid, 100), 0);
	CHECK_EQ(SYS(SYS_setgroups, 3, three), -EPERM);
	CHECK_EQ(SYS(SYS_setgid, 0), -EPERM);
	CHECK_EQ(SYS(SYS_setresgid, KEEP, KEEP, 0), -EPERM);
}

/* Of sys/ucred.h. */
struct setcred {
	unsigned uid, ruid, svuid, gid, rgid, svgid, pad, ngroups;
	const unsigned *groups;
	void *label;
};

/* setcred(2): all at once, of which each has a flag. */
static void
at_once(void)
{
	static const unsigned some[] = {9, 4, 9, 6};
	struct setcred sc = {10, 11, 12, 20, 21, 22, 0, 4, some, NULL};
	const size_t size = sizeof(sc);
	unsigned list[4];

	CHECK_EQ(SYS(SYS_setcred, 0x100, &sc, size), -EINVAL);
	CHECK_EQ(SYS(SYS_setcred, 0x3f, &sc, size - 8), -EINVAL);
	CHECK_EQ(SYS(SYS_setcred, 0x3f, NULL, size), -EFAULT);
	CHECK_EQ(SYS(SYS_setcred, 0x80, &sc, size), -EOPNOTSUPP);
	sc.ngroups = 2000;
	CHECK_EQ(SYS(SYS_setcred, 0x40, &sc, size), -EINVAL);
	sc.ngroups = 4;
	sc.groups = (void *)8;
	CHECK_EQ(SYS(SYS_setcred, 0x40, &sc, size), -EFAULT);
	sc.groups = some;
	expect(SYS_getresuid, 0, 0, 0);
	CHECK_EQ(SYS(SYS_setcred, 0x6a, &sc, size), 0);
	expect(SYS_getresuid, 11, 0, 0);
	expect(SYS_getresgid, 0, 20, 22);
	/* Each group once. */
	CHECK_EQ(SYS(SYS_getgroups, 4, list), 3);
	CHECK(list[0] == 4 && list[1] == 6 && list[2] == 9);
	sc.ngroups = 0;
	CHECK_EQ(SYS(SYS_setcred, 0x7f, &sc, size), 0);
	expect(SYS_getresuid, 11, 10, 12);
	expect(SYS_getresgid, 21, 20, 22);
	CHECK_EQ(SYS(SYS_getgroups, 0, NULL), 0);
	CHECK_EQ(SYS(SYS_setcred, 0, &sc, size), -EPERM);
}

static void
sessions(void)
{
	long self = SYS(SYS_getpid);

	CHECK_EQ(SYS(SYS_getsid, 0), SYS(SYS_getppid));
	CHECK_EQ(SYS(SYS_getpgrp), SYS(SYS_getppid));
	CHECK_EQ(SYS(SYS_getpgid, SYS(SYS_getppid)), SYS(SYS_getppid));
	CHECK_EQ(SYS(SYS_getpgid, 9999), -ESRCH);
	CHECK_EQ(SYS(SYS_getsid, 9999), -ESRCH);
	CHECK_EQ(SYS(SYS_getsid, -1), -ESRCH);
	CHECK_EQ(SYS(SYS_getpgid, -1), -ESRCH);
	CHECK_EQ(SYS(SYS_setsid), self);
	CHECK_EQ(SYS(SYS_setsid), -EPERM);
	CHECK_EQ(SYS(SYS_getsid, self), self);
	CHECK_EQ(SYS(SYS_getpgid, 0), self);
	CHECK_EQ(SYS(SYS_setpgid, 0, 9999), -EPERM);
}

static void
login(void)
{
	char name[40];

	CHECK_EQ(SYS(SYS_setlogin, "joe"), 0);
	CHECK_EQ(SYS(SYS_getlogin, name, sizeof(name)), 0);
	CHECK(name[0] == 'j' && name[1] == 'o' && name[2] == 'e' &&
	      name[3] == '\0');
	CHECK_EQ(SYS(SYS_getlogin, name, 3), -ERANGE);
	CHECK_EQ(SYS(SYS_setlogin,
		     "a-name-that-is-longer-than-any-user's-name-may-be"),
	    -EINVAL);
}

/* "ids are N": whom `imp run -u` has made us, who opens no file of root's. */
static int
are(const char *number)
{
	long id = parse_number(number);

	expect(SYS_getresuid, id, id, id);
	expect(SYS_getresgid, id, id, id);
	CHECK_EQ(SYS(SYS_getgroups, 0, 0), 0);
	CHECK_EQ(SYS(SYS_issetugid), 0);
	CHECK_EQ(SYS(SYS_setuid, 0), id == 0 ? 0 : -EPERM);
	return (result("ids"));
}

int
main(int argc, char **argv)
{
	if (argc > 2 && same_text(argv[1], "are"))
		return (are(argv[2]));
	apart(users);
	apart(groups);
	apart(at_once);
	apart(sessions);
	apart(login);
	expect(SYS_getresuid, 0, 0, 0);
	expect(SYS_getresgid, 0, 0, 0);
	CHECK(SYS(SYS_getdtablesize) >= 1024);
	return (result("ids"));
}
