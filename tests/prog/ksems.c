/* SPDX-License-Identifier: BSD-2-Clause */
/* Semaphores that the kernel has: ksem_init(2), ksem_open(2) and kin. */
#include "asleep.h"
#include "selfcopy.h"

enum {
	SYS_ksem_close = 400,
	SYS_ksem_post = 401,
	SYS_ksem_wait = 402,
	SYS_ksem_trywait = 403,
	SYS_ksem_init = 404,
	SYS_ksem_open = 405,
	SYS_ksem_unlink = 406,
	SYS_ksem_getvalue = 407,
	SYS_ksem_destroy = 408,
	SYS_ksem_timedwait = 441,
};

#define ERR(e) (-(long)(e))
#define MOST   30

/* The semaphore, or the error. */
static long
init(unsigned value)
{
	long id = -1, error = SYS(SYS_ksem_init, &id, value);

	return (error < 0 ? error : id);
}

static long
open_named(const char *name, int flags, int mode, unsigned value)
{
	long id = -1;
	long error = SYS(SYS_ksem_open, &id, name, flags, mode, value);

	return (error < 0 ? error : id);
}

static long
value(long id)
{
	int n = -1;
	long error = SYS(SYS_ksem_getvalue, id, &n);

	return (error < 0 ? error : n);
}

static void
unnamed(void)
{
	struct timespec past = {1, 0}, bad = {1, -1};
	long id = init(1);
	struct stat st;

	CHECK_EQ(value(id), 1);
	CHECK_EQ(SYS(SYS_ksem_wait, id), 0);
	CHECK_EQ(SYS(SYS_ksem_trywait, id), ERR(EAGAIN));
	CHECK_EQ(SYS(SYS_ksem_timedwait, id, &past), ERR(ETIMEDOUT));
	CHECK_EQ(SYS(SYS_ksem_timedwait, id, &bad), ERR(EINVAL));
	CHECK_EQ(SYS(SYS_ksem_timedwait, id, 8), ERR(EFAULT));
	CHECK_EQ(SYS(SYS_ksem_post, id), 0);
	CHECK_EQ(SYS(SYS_ksem_post, id), 0);
	CHECK_EQ(value(id), 2);
	CHECK_EQ(SYS(SYS_ksem_timedwait, id, &past), 0);
	CHECK_EQ(SYS(SYS_ksem_close, id), ERR(EINVAL));
	CHECK_EQ(SYS(SYS_fstat, id, &st), 0);
	CHECK_EQ(st.st_mode & S_IFMT, S_IFREG);
	CHECK_EQ(SYS(SYS_ksem_destroy, id), 0);
	CHECK_EQ(SYS(SYS_ksem_destroy, id), ERR(EINVAL));
	CHECK_EQ(SYS(SYS_ksem_post, 1), ERR(EINVAL));
	CHECK_EQ(value(99), ERR(EINVAL));
	CHECK_EQ(init(0x80000000), ERR(EINVAL));
	CHECK_EQ(SYS(SYS_ksem_init, 8, 0), ERR(EFAULT));
	id = init(0x7fffffff);
	CHECK_EQ(SYS(SYS_ksem_post, id), ERR(EOVERFLOW));
	CHECK_EQ(SYS(SYS_ksem_destroy, id), 0);
}

static long waited, tid, waiter_result;

static void
wait_thread(void *arg)
{
	(void)arg;
	waiter_result = SYS(SYS_ksem_wait, waited);
	end_thread(&tid);
}

static void
waits(void)
{
	waited = init(0);
	CHECK_EQ(start_thread(wait_thread, NULL, &tid), 0);
	await_asleep(tid, "sem");
	CHECK_EQ(SYS(SYS_ksem_destroy, waited), ERR(EBUSY));
	CHECK_EQ(SYS(SYS_ksem_post, waited), 0);
	join_thread(&tid);
	CHECK_EQ(waiter_result, 0);
	CHECK_EQ(value(waited), 0);
	CHECK_EQ(SYS(SYS_ksem_destroy, waited), 0);
}

static int
other_process(void)
{
	long id = open_named("/named", 0, 0, 0);

	CHECK_EQ(value(id), 3);
	CHECK_EQ(SYS(SYS_ksem_wait, id), 0);
	CHECK_EQ(open_named("/named", O_CREAT | O_EXCL, 0600, 0), ERR(EEXIST));
	become(NOBODY);
	CHECK_EQ(open_named("/named", 0, 0, 0), ERR(EPERM));
	CHECK_EQ(SYS(SYS_ksem_unlink, "/named"), ERR(EPERM));
	return (failures);
}

static void
named(void)
{
	long id = open_named("/named", O_CREAT, 0600, 3), other;

	CHECK(id >= 0);
	CHECK_EQ(in_child(other_process), 0);
	CHECK_EQ(value(id), 2);
	CHECK_EQ(SYS(SYS_ksem_destroy, id), ERR(EINVAL));
	CHECK_EQ(SYS(SYS_ksem_unlink, "/named"), 0);
	CHECK_EQ(SYS(SYS_ksem_unlink, "/named"), ERR(ENOENT));
	CHECK_EQ(open_named("/named", 0, 0, 0), ERR(ENOENT));
	CHECK_EQ(open_named("named", O_CREAT, 0600, 0), ERR(EINVAL));
	CHECK_EQ(open_named("/named", O_RDWR, 0600, 0), ERR(EINVAL));
	CHECK_EQ(open_named((const char *)8, O_CREAT, 0600, 0), ERR(EFAULT));
	other = open_named("/named", O_CREAT | O_EXCL, 0600, 7);
	CHECK_EQ(value(other), 7);
	CHECK_EQ(value(id), 2);
	CHECK_EQ(SYS(SYS_ksem_close, id), 0);
	CHECK_EQ(SYS(SYS_ksem_close, other), 0);
	CHECK_EQ(SYS(SYS_ksem_unlink, "/named"), 0);
}

static void
limits(void)
{
	static long ids[MOST + 1];
	int n = 0;

	CHECK_EQ(get_sysctl("p1003_1b.nsems"), 0);
	while (n <= MOST && (ids[n] = init(0)) >= 0)
		n++;
	CHECK_EQ(n, MOST);
	CHECK_EQ(ids[n], ERR(ENOSPC));
	CHECK_EQ(open_named("/more", O_CREAT, 0600, 0), ERR(ENFILE));
	CHECK_EQ(get_sysctl("p1003_1b.nsems"), MOST);
	while (n > 0)
		CHECK_EQ(SYS(SYS_close, ids[--n]), 0);
	CHECK_EQ(get_sysctl("p1003_1b.nsems"), 0);
}

int
main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	unnamed();
	waits();
	named();
	limits();
	return (result("ksems"));
}
