/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Calls of parts that aren't there: they fail as on a FreeBSD kernel without
 * the part, some with a signal, others without.
 */
#include "freebsd.h"

static const struct {
	int number;
	bool signal;
	int error;
} calls[] = {
    {38, true, ENOSYS},	  /* ostat */
    {84, true, ENOSYS},	  /* owait */
    {103, true, ENOSYS},  /* osigreturn */
    {91, true, ENOSYS},	  /* nobody's */
    {5000, true, ENOSYS}, /* nor this */
    {155, true, ENOSYS},  /* nfssvc */
    {471, true, ENOSYS},  /* sctp_peeloff */
    {0, true, ENOSYS},	  /* syscall(2) of itself */
    {387, false, ENOSYS}, /* __mac_get_file */
    {446, false, ENOSYS}, /* auditon */
    {447, false, ENOSYS}, /* getauid */
    {528, false, ENOSYS}, /* rctl_add_rule */
    {241, false, ENOSYS}, /* ffclock_getcounter */
    {374, false, ENOSYS}, /* __setugid */
    {72, false, EINVAL},  /* freebsd11_vadvise */
};

static volatile int signals;

static void
count(int sig)
{
	signals++;
}

enum {
	SYS_undelete = 205,
	SYS_setfib = 175,
	SYS_quotactl = 148,
	SYS_extattrctl = 355,
	SYS_abort2 = 463,
};

/* What a file's system would have to do, after the path was found right. */
static void
file_systems(void)
{
	CHECK_EQ(SYS(SYS_quotactl, "/", 0, 0, NULL), -EOPNOTSUPP);
	CHECK_EQ(SYS(SYS_quotactl, "/none", 0, 0, NULL), -ENOENT);
	CHECK_EQ(SYS(SYS_quotactl, 8, 0, 0, NULL), -EFAULT);
	CHECK_EQ(SYS(SYS_extattrctl, "/", 0, NULL, 1, NULL), -EOPNOTSUPP);
	CHECK_EQ(SYS(SYS_extattrctl, "/", 0, "/none", 1, NULL), -ENOENT);
	CHECK_EQ(SYS(SYS_extattrctl, "/", 0, NULL, 1, 8), -EFAULT);
	CHECK_EQ(SYS(SYS_undelete, "/dev/null"), -EEXIST);
	CHECK_EQ(SYS(SYS_undelete, "/none"), -ENOENT);
	CHECK_EQ(SYS(SYS_setfib, 0), 0);
	CHECK_EQ(SYS(SYS_setfib, 1), -EINVAL);
	CHECK_EQ(SYS(SYS_setfib, -1), -EINVAL);
}

/* abort2(2) ends its caller, whatever it is given. */
static void
aborts(const void *why, int nargs, const void *args, int sig)
{
	long pid = SYS(SYS_fork);
	int status = -1;

	if (pid == 0) {
		(void)handle(SIGABRT, count, 0);
		(void)SYS(SYS_abort2, why, nargs, args);
		(void)SYS(SYS_exit, 0);
	}
	CHECK_EQ(SYS(SYS_wait4, pid, &status, 0, NULL), pid);
	CHECK_EQ(status & 0x7f, sig);
}

int
main(int argc, char **argv)
{
	static void *args[16];
	static char lengthy[300];

	CHECK_EQ(handle(SIGSYS, count, 0), 0);
	for (unsigned i = 0; i < nitems(calls); i++) {
		int before = signals;

		CHECK_EQ(
		    SYS(calls[i].number, 0, 0, 0, 0, 0, 0), -calls[i].error);
		CHECK_EQ(signals - before, calls[i].signal);
		if (failures != 0)
			return (calls[i].number % 256);
	}
	file_systems();
	aborts("enough", 0, NULL, SIGABRT);
	aborts(NULL, 16, args, SIGABRT);
	for (unsigned i = 0; i + 1 < sizeof(lengthy); i++)
		lengthy[i] = (char)(1 + i % 255);
	aborts(lengthy, 1, args, SIGABRT);
	aborts("too many", 17, args, SIGKILL);
	aborts("too few", -1, args, SIGKILL);
	aborts("none", 1, NULL, SIGKILL);
	aborts((void *)8, 0, NULL, SIGKILL);
	return (result("absent"));
}
