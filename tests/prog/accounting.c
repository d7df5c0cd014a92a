/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Accounting, acct(2): children that end in several ways, each as a user of its
 * own, and what the records say of them; who may switch it on, and on which
 * files; file systems that are full, and that go away.
 */
#include "selfcopy.h"

#include "fbsd/acct.h"
#include "fbsd/resource.h"
#include "mounting.h"

enum {
	SYS_acct = 51,
};

#define RECORDS "/records"
#define OTHER	"/others"
#define COPY	"/copy-of-accounting-with-a-long-name"
#define SMALL	"/small"
#define USED	"/small/records"
#define LIMIT	20000 /* ms */

/* Users, by whom the records are told apart. */
enum { EXITS = 2001, KILLED, LIMITED, SLEEPS, WORKS, RUNS, LATER, FILLS };

static struct acctv3 records[128];
static unsigned count;

/* Switched off, all is written. */
static void
read_records(const char *path)
{
	long fd, n;

	CHECK_EQ(SYS(SYS_acct, NULL), 0);
	CHECK_EQ(get_sysctl("kern.acct_configured"), 0);
	fd = xopen(path, O_RDONLY, 0);
	n = SYS(SYS_read, fd, records, sizeof(records));
	(void)SYS(SYS_close, fd);
	CHECK(n >= 0);
	CHECK_EQ(n % (long)sizeof(records[0]), 0);
	count = n < 0 ? 0 : (unsigned)n / sizeof(records[0]);
}

/* The only one by that user. */
static const struct acctv3 *
record_of(unsigned uid)
{
	static const struct acctv3 none;
	const struct acctv3 *found = &none;
	unsigned n = 0;

	for (unsigned i = 0; i < count; i++)
		if (records[i].ac_uid == uid) {
			found = &records[i];
			n++;
		}
	CHECK_EQ(n, 1);
	return (found);
}

/* What a float says, as far as it is whole. */
static uint64_t
whole(uint32_t bits)
{
	const uint64_t mantissa = (bits & 0x7fffff) | 0x800000;
	const int shift = (int)(bits >> 23) - 127 - 23;

	if (bits == 0)
		return (0);
	return (shift >= 0 ? mantissa << shift : mantissa >> -shift);
}

/* fn in a child of that user, which exits with its value. */
static int
child(unsigned uid, int (*fn)(void))
{
	long pid = SYS(SYS_fork);

	if (pid == 0) {
		become(uid);
		(void)SYS(SYS_exit, fn());
	}
	return (wait_for(pid));
}

static int
exits(void)
{
	return (3);
}

static int
is_killed(void)
{
	(void)SYS(SYS_kill, SYS(SYS_getpid), SIGKILL);
	return (0);
}

/* Its own limit doesn't concern its record. */
static int
is_limited(void)
{
	const struct rlimit rl = {0, 0};

	return (SYS(SYS_setrlimit, RLIMIT_FSIZE, &rl) == 0 ? 0 : NOT_READY);
}

static int
sleeps(void)
{
	sleep_ms(60);
	return (0);
}

static int
works(void)
{
	const uint64_t until = now_ns(CLOCK_PROCESS_CPUTIME_ID) + 40000000;

	while (now_ns(CLOCK_PROCESS_CPUTIME_ID) < until)
		continue;
	return (0);
}

static int
runs(void)
{
	run(COPY, "copy");
	return (NOT_RUN);
}

static void
check_common(const struct acctv3 *r, unsigned flags)
{
	CHECK_EQ(r->ac_zero, 0);
	CHECK_EQ(r->ac_version, 3);
	CHECK_EQ(r->ac_len, sizeof(*r));
	CHECK_EQ(r->ac_len2, sizeof(*r));
	CHECK_EQ(r->ac_gid, r->ac_uid);
	CHECK_EQ(r->ac_flag, flags | ANVER);
	CHECK_EQ(r->ac_tty, UINT64_MAX);
}

static void
check_records(int64_t began, int64_t ended)
{
	const struct acctv3 *r;

	check_common(record_of(EXITS), AFORK);
	check_common(record_of(KILLED), AFORK | AXSIG);
	check_common(record_of(LIMITED), AFORK);
	r = record_of(SLEEPS);
	check_common(r, AFORK);
	CHECK(whole(r->ac_etime) >= 60000);
	CHECK(whole(r->ac_utime) + whole(r->ac_stime) < whole(r->ac_etime));
	CHECK(r->ac_btime >= began - 1 && r->ac_btime <= ended);
	r = record_of(WORKS);
	check_common(r, AFORK);
	CHECK(whole(r->ac_utime) + whole(r->ac_stime) >= 39999);
	CHECK(whole(r->ac_etime) >= 39999);
	r = record_of(RUNS);
	check_common(r, 0);
	CHECK(same(r->ac_comm, &COPY[1], AC_COMM_LEN));
}

static void
ends(void)
{
	int64_t began = (int64_t)(now_ns(CLOCK_REALTIME) / NSEC_PER_SEC);

	CHECK_EQ(put(RECORDS, ""), 0);
	copy_self(COPY, 0755);
	CHECK_EQ(child(LATER, exits), 3);
	CHECK_EQ(SYS(SYS_acct, RECORDS), 0);
	CHECK_EQ(get_sysctl("kern.acct_configured"), 1);
	CHECK_EQ(child(EXITS, exits), 3);
	CHECK_EQ(child(KILLED, is_killed), 1000 + SIGKILL);
	CHECK_EQ(child(LIMITED, is_limited), 0);
	CHECK_EQ(child(SLEEPS, sleeps), 0);
	CHECK_EQ(child(WORKS, works), 0);
	CHECK_EQ(child(RUNS, runs), 7);
	read_records(RECORDS);
	CHECK_EQ(count, 6);
	check_records(began, (int64_t)(now_ns(CLOCK_REALTIME) / NSEC_PER_SEC));
	/* Off is off, and what is there stays. */
	CHECK_EQ(child(LATER, exits), 3);
	read_records(RECORDS);
	CHECK_EQ(count, 6);
}

/* Another file takes the place of the first: each record is in one of them. */
static void
exchange(void)
{
	CHECK_EQ(put(RECORDS, ""), 0);
	CHECK_EQ(put(OTHER, ""), 0);
	CHECK_EQ(SYS(SYS_acct, RECORDS), 0);
	CHECK_EQ(child(EXITS, exits), 3);
	CHECK_EQ(SYS(SYS_acct, OTHER), 0);
	CHECK_EQ(child(KILLED, is_killed), 1000 + SIGKILL);
	read_records(OTHER);
	CHECK_EQ(count, 1);
	check_common(record_of(KILLED), AFORK | AXSIG);
	read_records(RECORDS);
	CHECK_EQ(count, 1);
	check_common(record_of(EXITS), AFORK);
}

/* Nobody has to switch it off to see records. */
static void
soon(void)
{
	struct stat st = {0};
	long error = 0;
	int ms;

	CHECK_EQ(put(RECORDS, ""), 0);
	CHECK_EQ(SYS(SYS_acct, RECORDS), 0);
	CHECK_EQ(child(EXITS, exits), 3);
	for (ms = 0; ms < LIMIT && st.st_size == 0; ms += 5) {
		sleep_ms(5);
		st = lstat_of(RECORDS, &error);
	}
	CHECK_EQ(st.st_size, sizeof(records[0]));
	read_records(RECORDS);
}

static int
as_nobody(void)
{
	return (SYS(SYS_acct, RECORDS) == -EPERM &&
		SYS(SYS_acct, NULL) == -EPERM && SYS(SYS_acct, 1) == -EPERM);
}

static void
wrong(void)
{
	CHECK_EQ(child(NOBODY, as_nobody), 1);
	CHECK_EQ(SYS(SYS_acct, "/none"), -ENOENT);
	CHECK_EQ(SYS(SYS_acct, RECORDS "/x"), -ENOTDIR);
	CHECK_EQ(SYS(SYS_acct, "/"), -EISDIR);
	CHECK_EQ(SYS(SYS_acct, "/dev/null"), -EACCES);
	CHECK_EQ(SYS(SYS_mkfifo, "/fifo", 0644), 0);
	CHECK_EQ(SYS(SYS_acct, "/fifo"), -EACCES);
	CHECK_EQ(SYS(SYS_acct, 8), -EFAULT);
	CHECK_EQ(set_sysctl("kern.acct_chkfreq", 0), -EINVAL);
	CHECK_EQ(get_sysctl("kern.acct_configured"), 0);
	/* What fails leaves it on. */
	CHECK_EQ(SYS(SYS_acct, RECORDS), 0);
	CHECK_EQ(SYS(SYS_acct, "/none"), -ENOENT);
	CHECK_EQ(get_sysctl("kern.acct_configured"), 1);
	CHECK_EQ(SYS(SYS_acct, NULL), 0);
	CHECK_EQ(SYS(SYS_acct, NULL), 0);
}

static void
wait_until_suspended(int suspended)
{
	for (int ms = 0; ms < LIMIT; ms += 10) {
		if (get_sysctl("kern.acct_suspended") == suspended)
			return;
		sleep_ms(10);
	}
	CHECK_EQ(get_sysctl("kern.acct_suspended"), suspended);
}

static void
room(void)
{
	const long suspend = get_sysctl("kern.acct_suspend");
	const long resume = get_sysctl("kern.acct_resume");
	const long often = get_sysctl("kern.acct_chkfreq");

	CHECK_EQ(put(RECORDS, ""), 0);
	CHECK_EQ(set_sysctl("kern.acct_chkfreq", 1), 0);
	CHECK_EQ(set_sysctl("kern.acct_suspend", 101), 0);
	CHECK_EQ(set_sysctl("kern.acct_resume", 101), 0);
	CHECK_EQ(SYS(SYS_acct, RECORDS), 0);
	wait_until_suspended(1);
	CHECK_EQ(child(EXITS, exits), 3);
	CHECK_EQ(set_sysctl("kern.acct_suspend", -1), 0);
	CHECK_EQ(set_sysctl("kern.acct_resume", -1), 0);
	wait_until_suspended(0);
	CHECK_EQ(child(LATER, exits), 3);
	read_records(RECORDS);
	CHECK_EQ(count, 1);
	check_common(record_of(LATER), AFORK);
	CHECK_EQ(set_sysctl("kern.acct_suspend", suspend), 0);
	CHECK_EQ(set_sysctl("kern.acct_resume", resume), 0);
	CHECK_EQ(set_sysctl("kern.acct_chkfreq", often), 0);
}

/* A page for records is all that is left: those that fit are there whole. */
static void
full(void)
{
	static char page[4096];
	const long suspend = get_sysctl("kern.acct_suspend");
	long fd;

	CHECK_EQ(set_sysctl("kern.acct_suspend", -1), 0);
	CHECK_EQ(put(USED, "x"), 0);
	CHECK_EQ(SYS(SYS_truncate, USED, 0), 0);
	CHECK_EQ(SYS(SYS_acct, USED), 0);
	CHECK_EQ(child(FILLS, exits), 3);
	for (int ms = 0; ms < LIMIT; ms += 5) {
		long error;

		if (lstat_of(USED, &error).st_size > 0)
			break;
		sleep_ms(5);
	}
	fd = xopen(SMALL "/filler", O_WRONLY | O_CREAT, 0644);
	while (SYS(SYS_write, fd, page, sizeof(page)) > 0)
		continue;
	for (int i = 0; i < 60; i++)
		CHECK_EQ(child(FILLS, exits), 3);
	read_records(USED);
	CHECK_EQ(count, sizeof(page) / sizeof(records[0]));
	(void)SYS(SYS_close, fd);
	CHECK_EQ(set_sysctl("kern.acct_suspend", suspend), 0);
}

static void
unmounting(void)
{
	CHECK_EQ(SYS(SYS_acct, USED), 0);
	CHECK_EQ(SYS(SYS_unmount, SMALL, 0), -EBUSY);
	CHECK_EQ(get_sysctl("kern.acct_configured"), 1);
	CHECK_EQ(MOUNT("tmpfs", SMALL, "update", NULL, "ro", NULL), -EBUSY);
	CHECK_EQ(SYS(SYS_acct, NULL), 0);
	CHECK_EQ(MOUNT("tmpfs", SMALL, "update", NULL, "ro", NULL), 0);
	CHECK_EQ(SYS(SYS_acct, USED), -EROFS);
	CHECK_EQ(MOUNT("tmpfs", SMALL, "update", NULL, "noro", NULL), 0);
	CHECK_EQ(SYS(SYS_acct, USED), 0);
	CHECK_EQ(SYS(SYS_unmount, SMALL, MNT_FORCE), 0);
	CHECK_EQ(get_sysctl("kern.acct_configured"), 0);
}

int
main(int argc, char **argv)
{
	if (argc > 1)
		return (7);
	ends();
	exchange();
	soon();
	wrong();
	room();
	CHECK_EQ(SYS(SYS_mkdir, SMALL, 0755), 0);
	CHECK_EQ(MOUNT("tmpfs", SMALL, "size", "256k"), 0);
	full();
	unmounting();
	return (result("accounting"));
}
