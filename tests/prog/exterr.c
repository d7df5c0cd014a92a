/* SPDX-License-Identifier: BSD-2-Clause */
/* Extended errors: where exterrctl(2) has them written, by whom, and what. */
#include "freebsd.h"

enum { SYS_execve = 59, SYS_pread = 475, SYS_exterrctl = 592 };
enum { ENABLE = 1, DISABLE, NOTHING, FORCE = 1 };
#define VERSION 0x10010002

struct uexterror {
	uint32_t ver, error, cat, src_line, flags, spare_0;
	uint64_t about[2];
	uint64_t spare_1[4];
	char msg[128];
};

static struct uexterror ue = {.ver = VERSION};
static long thread;

/* An mmap(2) that wants to write to what never may be written. */
static long
contradiction(void)
{
	return (SYS(SYS_mmap, 0, 4096, 2 | 1 << 16, MAP_ANON_PRIVATE, -1, 0));
}

static void
control(void)
{
	static struct uexterror other = {.ver = VERSION + 1};

	CHECK_EQ(SYS(SYS_exterrctl, DISABLE, 0, NULL), -EINVAL);
	CHECK_EQ(SYS(SYS_exterrctl, ENABLE, 2, &ue), -EINVAL);
	CHECK_EQ(SYS(SYS_exterrctl, ENABLE, 0, &other), -EINVAL);
	CHECK_EQ(SYS(SYS_exterrctl, ENABLE, 0, 16), -EFAULT);
	CHECK_EQ(SYS(SYS_exterrctl, ENABLE, 0, &ue), 0);
	CHECK_EQ(SYS(SYS_exterrctl, ENABLE, 0, &ue), -EBUSY);
	CHECK_EQ(SYS(SYS_exterrctl, ENABLE, FORCE, &ue), 0);
	CHECK_EQ(SYS(SYS_exterrctl, 9, 0, &ue), -EINVAL);
}

static void
errors(void)
{
	ue.error = 99;
	CHECK_EQ(SYS(SYS_getpid) > 0, 1);
	CHECK_EQ(ue.error, 99);
	CHECK_EQ(contradiction(), -ENOTSUP);
	CHECK_EQ(ue.error, ENOTSUP);
	CHECK_EQ(ue.cat, 1);
	CHECK_EQ(ue.about[0], 2);
	CHECK_EQ(ue.about[1], 1);
	CHECK(same_text(ue.msg, "prot is not subset of max_prot"));
	CHECK_EQ(ue.ver, VERSION);
	/* One of which no more is known. */
	CHECK_EQ(SYS(SYS_exterrctl, NOTHING, 0, NULL), -EINVAL);
	CHECK_EQ(ue.error, 0);
	CHECK_EQ(SYS(SYS_pread, 0, &ue, 1, -7), -EINVAL);
	CHECK_EQ(ue.error, EINVAL);
	CHECK_EQ(ue.cat, 6);
	CHECK_EQ(ue.about[0], -7);
	CHECK(ue.msg[0] != '\0');
}

static void
child(void)
{
	ue.error = 99;
	CHECK_EQ(contradiction(), -ENOTSUP);
	CHECK_EQ(ue.error, ENOTSUP);
	CHECK_EQ(SYS(SYS_exterrctl, DISABLE, 0, NULL), 0);
	ue.error = 99;
	CHECK_EQ(contradiction(), -ENOTSUP);
	CHECK_EQ(ue.error, 99);
	/* Where nothing can be written any more is a fault. */
	CHECK_EQ(SYS(SYS_exterrctl, ENABLE, 0, &ue), 0);
	CHECK_EQ(SYS(SYS_mprotect, (uintptr_t)&ue & ~4095ul, 4096, 1), 0);
	(void)SYS(SYS_close, -1);
	SYS(SYS_exit, 1);
}

static int
wait_for(long pid)
{
	int status = -1;

	CHECK_EQ(SYS(SYS_wait4, pid, &status, 0, NULL), pid);
	return (status & 0x7f);
}

/* A thread begins without one. */
static void
other_thread(void *arg)
{
	(void)arg;
	ue.error = 99;
	CHECK_EQ(contradiction(), -ENOTSUP);
	CHECK_EQ(ue.error, 99);
	CHECK_EQ(SYS(SYS_exterrctl, DISABLE, 0, NULL), -EINVAL);
	end_thread(&thread);
}

int
main(int argc, char **argv)
{
	const char *again[] = {argv[0], "again", NULL}, *none[] = {NULL};
	long pid;

	control();
	if (argc > 1) /* exec takes it away: control() saw that */
		return (result("exterr"));
	errors();
	pid = SYS(SYS_fork);
	if (pid == 0)
		child();
	CHECK_EQ(wait_for(pid), SIGSEGV);
	CHECK_EQ(start_thread(other_thread, NULL, &thread), 0);
	join_thread(&thread);
	CHECK_EQ(contradiction(), -ENOTSUP);
	CHECK_EQ(ue.error, ENOTSUP);
	if (result("exterr, before exec") != 0)
		return (1);
	SYS(SYS_execve, argv[0], again, none);
	return (1);
}
