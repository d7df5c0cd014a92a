/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbered sets of CPUs, who is in them, and threads' own choices; policies of
 * memory. */
#include "freebsd.h"

enum {
	SYS_setuid = 23,
	SYS_cpuset = 484,
	SYS_setid = 485,
	SYS_getid = 486,
	SYS_getaffinity = 487,
	SYS_setaffinity = 488,
	SYS_getdomain = 561,
	SYS_setdomain = 562,
};

enum { ROOT = 1, SET, ITSELF };
enum { TID = 1, PID, CPUSET, JAIL = 5, DOMAIN, EITHER = 9 };

static uint64_t all;

static long
id_of(int level, int which, long id)
{
	int number = -1;
	long error = SYS(SYS_getid, level, which, id, &number);

	return (error != 0 ? error : number);
}

static long
mask_of(int level, int which, long id)
{
	uint64_t mask = 0;
	long error = SYS(SYS_getaffinity, level, which, id, 8, &mask);

	return (error != 0 ? error : (long)mask);
}

static long
set_mask(int level, int which, long id, uint64_t mask)
{
	return (SYS(SYS_setaffinity, level, which, id, 8, &mask));
}

static int
exit_status(long pid)
{
	int status = -1;

	CHECK_EQ(SYS(SYS_wait4, pid, &status, 0, NULL), pid);
	return (status);
}

static void
numbers(void)
{
	int first = -1, second = -1;
	long pid;

	CHECK_EQ(id_of(ROOT, PID, -1), 0);
	CHECK_EQ(id_of(SET, PID, -1), 1);
	CHECK_EQ(id_of(SET, TID, -1), 1);
	CHECK_EQ(id_of(SET, EITHER, SYS(SYS_getpid)), 1);
	CHECK_EQ(id_of(ITSELF, CPUSET, 1), 1);
	CHECK_EQ(id_of(ITSELF, PID, -1), -EINVAL);
	CHECK_EQ(id_of(SET, CPUSET, 12345), -ESRCH);
	CHECK_EQ(id_of(SET, PID, 99998), -ESRCH);
	CHECK_EQ(id_of(SET, DOMAIN, 0), -EINVAL);
	CHECK_EQ(SYS(SYS_cpuset, &first), 0);
	CHECK(first > 1);
	CHECK_EQ(id_of(SET, PID, -1), first);
	CHECK_EQ(id_of(ROOT, CPUSET, first), 0);
	/* Children are in it; who leaves it last ends it. */
	pid = SYS(SYS_fork);
	if (pid == 0)
		(void)SYS(SYS_exit, id_of(SET, PID, -1) != first ||
					SYS(SYS_cpuset, &second) != 0 ||
					second == first ||
					id_of(SET, PID, SYS(39)) != first);
	CHECK_EQ(exit_status(pid), 0);
	CHECK_EQ(SYS(SYS_setid, TID, -1, 1), -EINVAL);
	CHECK_EQ(SYS(SYS_setid, PID, -1, 12345), -ESRCH);
	CHECK_EQ(SYS(SYS_setid, PID, 99998, 1), -ESRCH);
	CHECK_EQ(SYS(SYS_setid, PID, -1, 1), 0);
	CHECK_EQ(id_of(SET, CPUSET, first), -ESRCH);
	CHECK_EQ(SYS(SYS_cpuset, 8), -EFAULT);
	CHECK_EQ(id_of(SET, PID, -1), 1);
}

static void
masks(void)
{
	const uint64_t lowest = all & -all, rest = all & ~lowest;
	int id = -1;
	long pid;

	CHECK_EQ(mask_of(SET, PID, -1), all);
	CHECK_EQ(mask_of(ITSELF, DOMAIN, 0), all);
	CHECK_EQ(mask_of(ITSELF, JAIL, 0), -ESRCH);
	CHECK_EQ(mask_of(4, PID, -1), -EINVAL);
	CHECK_EQ(set_mask(ROOT, PID, -1, lowest), -EPERM);
	CHECK_EQ(set_mask(SET, CPUSET, 12345, lowest), -ESRCH);
	CHECK_EQ(SYS(SYS_cpuset, &id), 0);
	CHECK_EQ(set_mask(SET, PID, -1, 0), -EDEADLK);
	CHECK_EQ(set_mask(SET, PID, -1, all + 1), -EINVAL);
	CHECK_EQ(set_mask(SET, PID, -1, lowest), 0);
	CHECK_EQ(mask_of(SET, CPUSET, id), lowest);
	CHECK_EQ(mask_of(ITSELF, TID, -1), lowest);
	CHECK_EQ(mask_of(ROOT, PID, -1), all);
	if (rest != 0) {
		/* No choice beyond it. */
		CHECK_EQ(set_mask(ITSELF, TID, -1, rest), -EINVAL);
		CHECK_EQ(set_mask(ITSELF, TID, -1, all), -EINVAL);
		CHECK_EQ(set_mask(ITSELF, TID, -1, lowest), 0);
		/* A thread that has chosen must keep one of these. */
		CHECK_EQ(set_mask(SET, PID, -1, rest), -EDEADLK);
		CHECK_EQ(set_mask(SET, PID, -1, all), 0);
		CHECK_EQ(mask_of(ITSELF, TID, -1), lowest);
		CHECK_EQ(set_mask(ITSELF, TID, -1, all), 0);
		CHECK_EQ(set_mask(SET, PID, -1, rest), 0);
		CHECK_EQ(mask_of(ITSELF, PID, -1), rest);
		CHECK_EQ(set_mask(ITSELF, PID, -1, rest), 0);
	}
	/* Only root changes sets, whosever they are. */
	pid = SYS(SYS_fork);
	if (pid == 0) {
		(void)SYS(SYS_setuid, 65534);
		(void)SYS(
		    SYS_exit, set_mask(SET, PID, -1, lowest) != -EPERM ||
				  SYS(SYS_setid, PID, SYS(39), 1) != -EPERM);
	}
	CHECK_EQ(exit_status(pid), 0);
	CHECK_EQ(SYS(SYS_setid, PID, -1, 1), 0);
	CHECK_EQ(set_mask(ITSELF, PID, -1, all), 0);
}

static long
policy_of(int which, long id)
{
	uint64_t mask = 0;
	int policy = -1;
	long error = SYS(SYS_getdomain, ITSELF, which, id, 8, &mask, &policy);

	CHECK(error != 0 || mask == 1);
	return (error != 0 ? error : policy);
}

static long
set_policy(int which, long id, uint64_t mask, int policy)
{
	return (SYS(SYS_setdomain, ITSELF, which, id, 8, &mask, policy));
}

static void
policies(void)
{
	long pid;

	CHECK_EQ(policy_of(PID, -1), 2);
	CHECK_EQ(policy_of(PID, 99998), -ESRCH);
	CHECK_EQ(set_policy(PID, -1, 1, 0), -EINVAL);
	CHECK_EQ(set_policy(PID, -1, 1, 5), -EINVAL);
	CHECK_EQ(set_policy(PID, -1, 2, 1), -EINVAL);
	CHECK_EQ(set_policy(PID, -1, 0, 1), -EDEADLK);
	CHECK_EQ(set_policy(PID, -1, 1, 4), 0);
	CHECK_EQ(policy_of(TID, -1), 4);
	pid = SYS(SYS_fork);
	if (pid == 0)
		(void)SYS(SYS_exit, policy_of(PID, -1) != 4);
	CHECK_EQ(exit_status(pid), 0);
	CHECK_EQ(SYS(SYS_getdomain, ITSELF, PID, -1, 4, &pid, &pid), -ERANGE);
	CHECK_EQ(SYS(SYS_setdomain, ITSELF, PID, -1, 8, 8, 1), -EFAULT);
}

int
main(int argc, char **argv)
{
	all = (uint64_t)mask_of(ROOT, PID, -1);
	CHECK(all != 0);
	numbers();
	masks();
	policies();
	return (result("cpusets"));
}
