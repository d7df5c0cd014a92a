/* SPDX-License-Identifier: BSD-2-Clause */
/* What base programs ask for and a machine like this has little of: kernel
 * modules, login classes, identifiers, jails. */
#include "freebsd.h"

enum {
	SYS_modnext = 300,
	SYS_modstat = 301,
	SYS_modfnext = 302,
	SYS_modfind = 303,
	SYS_kldload = 304,
	SYS_kldunload = 305,
	SYS_kldfind = 306,
	SYS_kldnext = 307,
	SYS_kldstat = 308,
	SYS_kldfirstmod = 309,
	SYS_utrace = 335,
	SYS_kldsym = 337,
	SYS_open = 5,
	SYS_unlink = 10,
	SYS_setuid = 23,
	SYS_mkdir = 136,
	SYS_uuidgen = 392,
	SYS_jail_get = 506,
	SYS_kldunloadf = 444,
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
	CHECK_EQ(SYS(SYS_kldfirstmod, 2), -ENOENT);
	CHECK_EQ(SYS(SYS_kldsym, 0, 1, &look), 0);
	CHECK(look.value > st.address && look.value < st.address + st.size);
	look.name = "no_such_function";
	CHECK_EQ(SYS(SYS_kldsym, 0, 1, &look), -ENOENT);
}

static struct {
	int version;
	char name[1024];
	int refs, id;
	long data;
} ms;

static struct {
	int version;
	char name[32];
	int refs, id;
	long data;
} old;

/* Each by its number and by its name, in all forms. */
static void
one_module(long id)
{
	ms.version = sizeof(ms);
	CHECK_EQ(SYS(SYS_modstat, id, &ms), 0);
	CHECK_EQ(ms.id, id);
	CHECK_EQ(ms.refs, 1);
	CHECK_EQ(SYS(SYS_modfind, ms.name), id);
	for (int size = 44; size <= 56; size += 12) {
		old.version = size;
		old.data = 7;
		CHECK_EQ(SYS(SYS_modstat, id, &old), 0);
		CHECK(is(old.name, ms.name) && old.id == id && old.refs == 1);
		CHECK_EQ(old.data, size == 44 ? 7 : 0);
	}
}

static void
built_in(void)
{
	static const char *const names[] = {"rootbus", "g_md", "g_part",
	    "g_label", "ufs", "tmpfs", "nullfs", "msdosfs", "procfs", "devfs",
	    "virtio_mmio/virtio_blk", "elf64", "aio", "sem", "sysvmsg",
	    "sysvsem", "sysvshm", "mqueuefs"};
	long id = SYS(SYS_kldfirstmod, 1), n = 0;

	CHECK_EQ(SYS(SYS_modnext, 0), id);
	for (; id > 0 && n < 1000; n++) {
		one_module(id);
		CHECK_EQ(SYS(SYS_modnext, id), SYS(SYS_modfnext, id));
		id = SYS(SYS_modfnext, id);
	}
	CHECK_EQ(id, 0);
	CHECK(n > 12);
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		CHECK(SYS(SYS_modfind, names[i]) > 0);
	CHECK_EQ(SYS(SYS_modfind, "zfs"), -ENOENT);
	CHECK_EQ(SYS(SYS_modfind, 16), -EFAULT);
	for (int bad = -1; bad <= 1; bad++) {
		CHECK_EQ(SYS(SYS_modfnext, bad * n * 2), -ENOENT);
		CHECK_EQ(SYS(SYS_modstat, bad * n * 2, &ms), -ENOENT);
	}
	CHECK_EQ(SYS(SYS_modnext, -1), -ENOENT);
	CHECK_EQ(SYS(SYS_modstat, 1, NULL), -EFAULT);
	ms.version = 0;
	CHECK_EQ(SYS(SYS_modstat, 1, &ms), -EINVAL);
}

/* What is in is known as such, by any of its names; else the file decides. */
static void
loading(void)
{
	static const char *const names[] = {
	    "ufs", "geom_md", "g_md", "virtio_blk", "kernel"};
	long fd;

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		CHECK_EQ(SYS(SYS_kldload, names[i]), -EEXIST);
	CHECK_EQ(SYS(SYS_kldload, "zfs"), -ENOENT);
	CHECK_EQ(SYS(SYS_kldload, "ufs.ko"), -ENOENT);
	CHECK_EQ(SYS(SYS_kldload, "/boot/kernel/zfs.ko"), -ENOENT);
	CHECK_EQ(SYS(SYS_kldload, ""), -ENOENT);
	CHECK_EQ(SYS(SYS_kldload, 16), -EFAULT);
	(void)SYS(SYS_mkdir, "/boot", 0755);
	(void)SYS(SYS_mkdir, "/boot/modules", 0755);
	fd = SYS(SYS_open, "/boot/modules/zfs.ko", 0x202, 0644);
	CHECK(fd >= 0);
	CHECK_EQ(SYS(SYS_kldload, "zfs"), -ENOEXEC);
	CHECK_EQ(SYS(SYS_kldload, "zfs.ko"), -ENOEXEC);
	CHECK_EQ(SYS(SYS_kldload, "/boot/modules/zfs.ko"), -ENOEXEC);
	CHECK_EQ(SYS(SYS_unlink, "/boot/modules/zfs.ko"), 0);
	CHECK_EQ(SYS(SYS_kldunload, 1), -EBUSY);
	CHECK_EQ(SYS(SYS_kldunloadf, 1, 1), -EBUSY);
	CHECK_EQ(SYS(SYS_kldunloadf, 1, 2), -EINVAL);
	CHECK_EQ(SYS(SYS_kldunload, 2), -ENOENT);
}

static int
nobody(void)
{
	char name[33];

	CHECK_EQ(SYS(SYS_getloginclass, name, sizeof(name)), 0);
	CHECK(is(name, "staff"));
	CHECK_EQ(SYS(SYS_setuid, 1001), 0);
	CHECK_EQ(SYS(SYS_setloginclass, "root"), -EPERM);
	CHECK_EQ(SYS(SYS_kldload, "ufs"), -EPERM);
	CHECK_EQ(SYS(SYS_kldload, 16), -EFAULT);
	CHECK_EQ(SYS(SYS_kldunload, 1), -EPERM);
	CHECK(SYS(SYS_modfind, "ufs") > 0);
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
	built_in();
	loading();
	classes();
	identifiers();
	CHECK_EQ(SYS(SYS_jail_get, NULL, 0, 0), -ENOENT);
	CHECK_EQ(SYS(SYS_cap_getmode, &mode), 0);
	CHECK_EQ(mode, 0);
	CHECK_EQ(SYS(SYS_utrace, "x", 1L), 0);
	return (result("modules"));
}
