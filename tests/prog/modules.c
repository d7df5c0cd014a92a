/* SPDX-License-Identifier: BSD-2-Clause */
/* What base programs ask for and a machine like this has little of: kernel
 * modules, login classes, identifiers, jails. */
#include "freebsd.h"

enum {
	SYS_modnext = 300,
	SYS_modstat = 301,
	SYS_modfnext = 302,
	SYS_modfind = 303,
	SYS_kldfind = 306,
	SYS_kldnext = 307,
	SYS_kldstat = 308,
	SYS_kldfirstmod = 309,
	SYS_utrace = 335,
	SYS_kldsym = 337,
	SYS_setuid = 23,
	SYS_uuidgen = 392,
	SYS_jail_get = 506,
	SYS_cap_getmode = 517,
	SYS_getloginclass = 523,
	SYS_setloginclass = 524,
};

static struct {
	int version;
	char name[1024];
	int refs, id;
	unsigned long address;
	unsigned long size;
	char pathname[1024];
} st;

static bool
is(const char *a, const char *b)
{
	while (*a == *b && *a != '\0')
		a++, b++;
	return (*a == *b);
}

static void
modules(void)
{
	struct {
		int version;
		const char *name;
		unsigned long value, size;
	} look = {32, "panic", 0, 0};

	CHECK_EQ(SYS(SYS_kldnext, 0), 1);
	CHECK_EQ(SYS(SYS_kldnext, 1), 0);
	CHECK_EQ(SYS(SYS_kldnext, 2), -ENOENT);
	CHECK_EQ(SYS(SYS_kldfind, "/boot/kernel/kernel"), 1);
	CHECK_EQ(SYS(SYS_kldfind, "zfs.ko"), -ENOENT);
	st.version = sizeof(st);
	CHECK_EQ(SYS(SYS_kldstat, 1, &st), 0);
	CHECK(is(st.name, "kernel") && st.id == 1 && st.size > 100000);
	CHECK(is(st.pathname, "/boot/kernel/kernel"));
	st.version = 5;
	CHECK_EQ(SYS(SYS_kldstat, 1, &st), -EINVAL);
	CHECK_EQ(SYS(SYS_kldfirstmod, 1), 0);
	CHECK_EQ(SYS(SYS_kldsym, 0, 1, &look), 0);
	CHECK(look.value > st.address && look.value < st.address + st.size);
	look.name = "no_such_function";
	CHECK_EQ(SYS(SYS_kldsym, 0, 1, &look), -ENOENT);
	CHECK_EQ(SYS(SYS_modnext, 0), 0);
	CHECK_EQ(SYS(SYS_modfind, "ufs"), -ENOENT);
	CHECK_EQ(SYS(SYS_modfnext, 1), -ENOENT);
	CHECK_EQ(SYS(SYS_modstat, 1, &st), -ENOENT);
}

static int
nobody(void)
{
	char name[33];

	CHECK_EQ(SYS(SYS_getloginclass, name, sizeof(name)), 0);
	CHECK(is(name, "staff"));
	CHECK_EQ(SYS(SYS_setuid, 1001), 0);
	CHECK_EQ(SYS(SYS_setloginclass, "root"), -EPERM);
	return (failures);
}

static void
classes(void)
{
	char name[33];
	int status;
	long pid;

	CHECK_EQ(SYS(SYS_getloginclass, name, sizeof(name)), 0);
	CHECK(is(name, "default"));
	CHECK_EQ(SYS(SYS_getloginclass, name, 7), -ERANGE);
	CHECK_EQ(SYS(SYS_setloginclass, ""), -EINVAL);
	CHECK_EQ(SYS(SYS_setloginclass, "a-name-that-is-longer-than-any-can"),
	    -EINVAL);
	CHECK_EQ(SYS(SYS_setloginclass, "staff"), 0);
	pid = SYS(SYS_fork);
	if (pid == 0)
		SYS(SYS_exit, nobody());
	CHECK_EQ(SYS(SYS_wait4, pid, &status, 0, NULL), pid);
	CHECK_EQ(status, 0);
}

static void
identifiers(void)
{
	static unsigned char id[3][16];

	CHECK_EQ(SYS(SYS_uuidgen, id, 3), 0);
	for (int i = 0; i < 3; i++)
		CHECK(id[i][7] >> 4 == 1 && id[i][8] >> 6 == 2);
	CHECK(id[0][0] != id[1][0] && id[1][0] != id[2][0]);
	CHECK_EQ(SYS(SYS_uuidgen, id, 0), -EINVAL);
	CHECK_EQ(SYS(SYS_uuidgen, 16, 1), -EFAULT);
}

int
main(int argc, char **argv)
{
	unsigned mode = 7;

	modules();
	classes();
	identifiers();
	CHECK_EQ(SYS(SYS_jail_get, NULL, 0, 0), -ENOENT);
	CHECK_EQ(SYS(SYS_cap_getmode, &mode), 0);
	CHECK_EQ(mode, 0);
	CHECK_EQ(SYS(SYS_utrace, "x", 1L), 0);
	return (result("modules"));
}
