/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Limits: what the system gives at most, and who sets those of another process;
 * sets of CPUs of any size; the priority of a process with several threads; the
 * name of a script that only has a descriptor.
 */
#include "selfcopy.h"
#include "fbsd/resource.h"

enum {
	SYS_rtprio = 166,
	SYS_getrlimit = 194,
	SYS_getrlimitusage = 589,
	SYS_rtprio_thread = 466,
	SYS_cpuset_getaffinity = 487,
	SYS_cpuset_setaffinity = 488,
	SYS_fexecve = 492,
};

#define PLAIN	    "/plain"
#define SCRIPT	    "/script"
#define SCRIPT_FD   9
#define CPU_LEVEL   3
#define CPU_PID	    2
#define CPU_TIDPID  9
#define KERN_RLIMIT 37
#define SET_PAGES   3
#define SET_SIZE    8192
#define INFINITY    INT64_MAX

static struct rlimit
limit_of(int which)
{
	struct rlimit rl = {-1, -1};

	CHECK_EQ(SYS(SYS_getrlimit, which, &rl), 0);
	return (rl);
}

/* All that root may wish for comes to this. */
static void
at_most(int which, int64_t most)
{
	struct rlimit all = {INFINITY, INFINITY}, was = limit_of(which), now;

	CHECK_EQ(SYS(SYS_setrlimit, which, &all), 0);
	now = limit_of(which);
	CHECK_EQ(now.rlim_cur, most);
	CHECK_EQ(now.rlim_max, most);
	CHECK_EQ(SYS(SYS_setrlimit, which, &was), 0);
}

static void
most(void)
{
	struct rlimit none = {0, INFINITY}, was = limit_of(RLIMIT_NPROC);

	at_most(RLIMIT_NPROC, get_sysctl("kern.maxprocperuid"));
	at_most(RLIMIT_NOFILE, get_sysctl("kern.maxfilesperproc"));
	at_most(RLIMIT_DATA, 32l << 30);
	at_most(RLIMIT_STACK, 512l << 20);
	at_most(RLIMIT_CORE, INFINITY);
	CHECK_EQ(SYS(SYS_setrlimit, RLIMIT_NPROC, &none), 0);
	CHECK_EQ(limit_of(RLIMIT_NPROC).rlim_cur, 1);
	CHECK_EQ(SYS(SYS_setrlimit, RLIMIT_NPROC, &was), 0);
}

/* kern.proc.rlimit */
static long
limit_other(long pid, int which, struct rlimit *old, const struct rlimit *new)
{
	int mib[] = {1, 14, KERN_RLIMIT, (int)pid, which};
	size_t len = sizeof(*old);

	return (SYS(SYS___sysctl, mib, 5, old, old != NULL ? &len : NULL, new,
	    new != NULL ? sizeof(*new) : 0));
}

static long
sleeper(void)
{
	long pid = SYS(SYS_fork);

	while (pid == 0)
		sleep_ms(1000);
	return (pid);
}

static void
end(long pid)
{
	CHECK_EQ(SYS(SYS_kill, pid, SIGKILL), 0);
	CHECK_EQ(wait_for(pid), 1000 + SIGKILL);
}

/* Of one's own process, and down; not of another's, and not up again. */
static int
plain(void)
{
	struct rlimit low = {5, 6}, high = {5, 7}, rl;
	long pid = sleeper();

	failures = 0;
	CHECK_EQ(limit_other(pid, RLIMIT_CORE, NULL, &low), 0);
	CHECK_EQ(limit_other(pid, RLIMIT_CORE, &rl, NULL), 0);
	CHECK_EQ(rl.rlim_cur, 5);
	CHECK_EQ(rl.rlim_max, 6);
	CHECK_EQ(limit_other(pid, RLIMIT_CORE, NULL, &high), -EPERM);
	CHECK(limit_of(RLIMIT_CORE).rlim_cur != 5);
	CHECK_EQ(limit_other(1, RLIMIT_CORE, NULL, &low), -EPERM);
	CHECK_EQ(limit_other(99998, RLIMIT_CORE, NULL, &low), -ESRCH);
	CHECK_EQ(limit_other(pid, 99, &rl, NULL), -EINVAL);
	end(pid);
	return (failures);
}

/* Root's right; and it is the other's time that RLIMIT_CPU counts. */
static void
others(void)
{
	struct rlimit one = {7, 7}, more = {8, 9}, no_time = {0, 0}, rl;
	long pid = sleeper();

	CHECK_EQ(limit_other(pid, RLIMIT_CORE, NULL, &one), 0);
	CHECK_EQ(limit_other(pid, RLIMIT_CORE, &rl, &more), 0);
	CHECK_EQ(rl.rlim_max, 7);
	CHECK_EQ(limit_other(pid, RLIMIT_CORE, &rl, NULL), 0);
	CHECK_EQ(rl.rlim_max, 9);
	end(pid);
	pid = SYS(SYS_fork);
	while (pid == 0)
		continue;
	CHECK_EQ(limit_other(pid, RLIMIT_CPU, NULL, &no_time), 0);
	CHECK_EQ(wait_for(pid), 1000 + SIGKILL);
}

static long
get_set(void *set, size_t size)
{
	return (SYS(SYS_cpuset_getaffinity, CPU_LEVEL, CPU_PID, -1, size, set));
}

static long
set_set(const void *set, size_t size)
{
	return (SYS(SYS_cpuset_setaffinity, CPU_LEVEL, CPU_PID, -1, size, set));
}

/* Where a thread is, its CPU says by itself. */
static void
on_each_cpu(uint64_t all)
{
	uint64_t one;
	unsigned at;

	for (unsigned cpu = 0; cpu < 64 && all >> cpu != 0; cpu++) {
		one = 1ul << cpu;
		CHECK_EQ(set_set(&one, sizeof(one)), 0);
		__asm__ volatile("rdtscp" : "=c"(at)::"eax", "edx");
		CHECK_EQ(at, cpu);
	}
	/* By a number that is a process's or a thread's. */
	CHECK_EQ(SYS(SYS_cpuset_setaffinity, CPU_LEVEL, CPU_TIDPID, -1,
		     sizeof(all), &all),
	    0);
	CHECK_EQ(SYS(SYS_cpuset_getaffinity, CPU_LEVEL, CPU_TIDPID,
		     SYS(SYS_getpid), sizeof(one), &one),
	    0);
	CHECK_EQ(one, all);
}

static void
cpu_sets(void)
{
	uint8_t *set = map_anon(SET_PAGES * 4096, MAP_ANON_PRIVATE);
	uint64_t all = 0;

	/* Nothing is behind it. */
	CHECK_EQ(SYS(SYS_munmap, set + SET_SIZE, 4096), 0);
	memset(set, 0xff, SET_SIZE);
	CHECK_EQ(get_set(set, SET_SIZE), 0);
	memcpy(&all, set, sizeof(all));
	CHECK(all != 0);
	for (unsigned i = sizeof(all); i < SET_SIZE; i++)
		CHECK(set[i] == 0);
	CHECK_EQ(set_set(set, SET_SIZE), 0);
	CHECK_EQ(set_set(set, 1), 0);
	CHECK_EQ(get_set(set, 1), 0);
	CHECK_EQ(set[0], all);
	CHECK_EQ(get_set(set, 0), -ERANGE);
	/* CPUs that aren't there. */
	set[SET_SIZE - 1] = 1;
	CHECK_EQ(set_set(set, SET_SIZE), -EINVAL);
	CHECK_EQ(set_set(set, SET_SIZE - 1), 0);
	set[SET_SIZE - 1] = set[0] = 0;
	set[1] = 1;
	CHECK_EQ(set_set(set, 8), -EINVAL);
	set[1] = 0;
	CHECK_EQ(set_set(set, 8), -EDEADLK);
	CHECK_EQ(set_set(set, 1ul << 40), -EFAULT);
	CHECK_EQ(get_set(set, 1ul << 40), -EFAULT);
	CHECK_EQ(set_set(&all, sizeof(all)), 0);
	on_each_cpu(all);
}

static volatile bool prior, over;

static void
urgent(void *arg)
{
	struct rtprio rtp = {RTP_PRIO_REALTIME, 7};

	CHECK_EQ(SYS(SYS_rtprio_thread, RTP_SET, 0, &rtp), 0);
	prior = true;
	while (!over)
		sleep_ms(1);
	end_thread(arg);
}

/* The best of its threads'; without a number one's own. */
static void
priorities(void)
{
	static long tid;
	struct rtprio rtp;

	CHECK_EQ(start_thread(urgent, &tid, &tid), 0);
	while (!prior)
		sleep_ms(1);
	CHECK_EQ(SYS(SYS_rtprio, RTP_LOOKUP, SYS(SYS_getpid), &rtp), 0);
	CHECK_EQ(rtp.type, RTP_PRIO_REALTIME);
	CHECK_EQ(rtp.prio, 7);
	CHECK_EQ(SYS(SYS_rtprio, RTP_LOOKUP, 0, &rtp), 0);
	CHECK_EQ(rtp.type, RTP_PRIO_NORMAL);
	over = true;
	join_thread(&tid);
}

#define FILES_MOST 200

/* Opens files until there may be no more; there are that many then. */
static void
all_files(unsigned uid, int count)
{
	long pid = SYS(SYS_fork), fd;

	if (pid == 0) {
		become(uid);
		while ((fd = xopen("/", O_RDONLY, 0)) >= 0)
			continue;
		CHECK_EQ(fd, -ENFILE);
		CHECK_EQ(get_sysctl("kern.openfiles"), count);
		(void)SYS(SYS_exit, failures);
	}
	CHECK_EQ(wait_for(pid), 0);
}

/* A twentieth of them is kept for root. */
static void
files(void)
{
	const long was = get_sysctl("kern.maxfiles");

	CHECK_EQ(set_sysctl("kern.maxfiles", FILES_MOST), 0);
	all_files(NOBODY, FILES_MOST - FILES_MOST / 20 - 1);
	all_files(0, FILES_MOST - 1);
	CHECK_EQ(set_sysctl("kern.maxfiles", was), 0);
}

#define THREADS_MOST 8

static volatile bool enough;

static void
until_enough(void *arg)
{
	while (!enough)
		sleep_ms(1);
	end_thread(arg);
}

/* A process has so many threads, the first among them. */
static long
used(int which)
{
	long n = -1, error = SYS(SYS_getrlimitusage, which, 0, &n);

	return (error != 0 ? error : n);
}

/* getrlimitusage(2): what of the limits is taken. */
static void
usage(void)
{
	long files = used(RLIMIT_NOFILE), procs = used(RLIMIT_NPROC),
	     space = used(RLIMIT_VMEM), fd, pid;
	char *p;

	CHECK(files >= 3);
	fd = xopen("/dev/null", O_RDONLY, 0);
	CHECK_EQ(used(RLIMIT_NOFILE), files + 1);
	(void)SYS(SYS_close, fd);
	CHECK_EQ(used(RLIMIT_NOFILE), files);
	pid = SYS(SYS_fork);
	if (pid == 0)
		(void)SYS(SYS_exit, used(RLIMIT_NPROC) != procs + 1);
	CHECK_EQ(wait_for(pid), 0);
	CHECK_EQ(used(RLIMIT_NPROC), procs);
	p = map_anon(1 << 20, MAP_ANON_PRIVATE);
	CHECK_EQ(used(RLIMIT_VMEM), space + (1 << 20));
	(void)SYS(SYS_munmap, p, 1 << 20);
	CHECK(used(RLIMIT_RSS) > 0 && used(RLIMIT_RSS) <= space);
	CHECK(used(RLIMIT_DATA) > 0 && used(RLIMIT_STACK) > 0);
	CHECK_EQ(used(RLIMIT_MEMLOCK), 0);
	CHECK(used(RLIMIT_CPU) >= 0);
	CHECK_EQ(used(RLIMIT_FSIZE), -ENXIO);
	CHECK_EQ(used(RLIMIT_CORE), -ENXIO);
	CHECK_EQ(used(99), -EINVAL);
	CHECK_EQ(SYS(SYS_getrlimitusage, RLIMIT_VMEM, 2, &space), -EINVAL);
	CHECK_EQ(SYS(SYS_getrlimitusage, RLIMIT_NOFILE, 1, NULL), -EFAULT);
}

static void
threads(void)
{
	static long tids[THREADS_MOST];
	const long was = get_sysctl("kern.threads.max_threads_per_proc");
	const long hits = get_sysctl("kern.threads.max_threads_hits");
	int n = 0;

	CHECK_EQ(
	    set_sysctl("kern.threads.max_threads_per_proc", THREADS_MOST), 0);
	while (n < THREADS_MOST &&
	       start_thread(until_enough, &tids[n], &tids[n]) == 0)
		n++;
	CHECK_EQ(n, THREADS_MOST - 1);
	CHECK_EQ(start_thread(until_enough, &tids[n], &tids[n]), -EPROCLIM);
	CHECK_EQ(get_sysctl("kern.threads.max_threads_hits"), hits + 2);
	CHECK_EQ(set_sysctl("kern.threads.max_threads_per_proc", was), 0);
	enough = true;
	while (n-- > 0)
		join_thread(&tids[n]);
}

/* The interpreter is a copy of this program. */
static void
script(void)
{
	static const char text[] = "#!" PLAIN " script\n";
	const char *args[] = {"name", "more", NULL}, *env[] = {NULL};
	long fd = xopen(SCRIPT, O_WRONLY | O_CREAT | O_TRUNC, 0755), pid;

	CHECK_EQ(SYS(SYS_write, fd, text, sizeof(text) - 1), sizeof(text) - 1);
	(void)SYS(SYS_close, fd);
	pid = SYS(SYS_fork);
	if (pid == 0) {
		fd = xopen(SCRIPT, O_RDONLY, 0);
		(void)SYS(SYS_dup2, fd, SCRIPT_FD);
		(void)SYS(SYS_fexecve, SCRIPT_FD, args, env);
		(void)SYS(SYS_exit, NOT_RUN);
	}
	CHECK_EQ(wait_for(pid), 0);
}

int
main(int argc, char **argv)
{
	if (argc == 4 && same_text(argv[1], "script"))
		return (!same_text(argv[2], "/dev/fd/9") ||
			!same_text(argv[3], "more"));
	if (argc > 1)
		return (plain());
	copy_self(PLAIN, 0755);
	most();
	files();
	others();
	CHECK_EQ(ask(NOBODY, PLAIN, "plain", NULL), 0);
	cpu_sets();
	priorities();
	usage();
	threads();
	script();
	return (result("limits"));
}
