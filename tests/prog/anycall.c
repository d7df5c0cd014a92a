/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every system call, in any order, with arguments that make some sense: names
 * of files that exist, descriptors that are open, memory that is there; and
 * sometimes with some that don't.  What the calls return is nobody's business;
 * the kernel must survive, and every process must die when it is killed.
 */
#include "files.h"
#include "fbsd/user.h"

enum {
	SYS_setuid = 23,
	SYS_socketpair = 135,
	SYS_kqueue = 362,
	SYS_shm_open2 = 571,
	SYS_dup2 = 90,
};

static const struct call {
	int number;
	const char *name;
	int nargs;
	const char *kinds; /* tools/mksyscalls.awk */
} calls[] = {
#include "sweep.inc"
};
#define NCALLS (sizeof(calls) / sizeof(calls[0]))

/* These would end the test, or leave somebody who never ends. */
static const char *const not_these[] = {"exit", "thr_exit", "reboot", "kill",
    "thr_kill2", "pdkill", "sigqueue", "procctl", "vfork", "rfork", "fork",
    "pdfork", "thr_new", "chroot", "fchroot", "mount", "nmount", "unmount",
    "settimeofday", "clock_settime", "__sysctl", "__sysctlbyname", "kenv"};

static const char *const paths[] = {"a", "b", "d", "d/x", "d/..", ".", "..",
    "/", "", "fifo", "link", "loop", "/dev/null", "/dev/zero", "/dev/random",
    "/dev/fd", "/dev/fd/1", "/dev/fd/5", "/dev/fd/8", "/dev/ptmx", "/dev/tty",
    "/dev"};

#define PROCESSES   32
#define CALLS	    500
#define ARENA	    (1 << 20)
#define PATIENCE_NS (60 * NSEC_PER_SEC)

static char *arena;
static uint64_t state;

/* xorshift64*, G. Marsaglia and S. Vigna. */
static uint64_t
any(uint64_t n)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return ((state * 0x2545f4914f6cdd1d >> 11) % n);
}

static bool
wanted(const struct call *c)
{
	for (size_t i = 0; i < sizeof(not_these) / sizeof(not_these[0]); i++)
		if (same_text(c->name, not_these[i]))
			return (false);
	return (true);
}

static uint64_t
any_pointer(void)
{
	switch (any(12)) {
	case 0:
		return (0);
	case 1:
		return ((uint64_t)1 << 47);
	case 2: /* the last bytes */
		return ((uint64_t)arena + ARENA - any(64));
	case 3:
		return (any(UINT64_MAX));
	default:
		return ((uint64_t)arena + (any(ARENA) & ~7ul));
	}
}

static uint64_t
any_number(void)
{
	switch (any(10)) {
	case 0:
		return (UINT64_MAX);
	case 1:
		return (any(UINT64_MAX));
	case 2:
		return ((uint64_t)1 << any(64));
	case 3:
		return (any(4096));
	case 4:
		return (-any(200));
	default:
		return (any(24));
	}
}

static uint64_t
any_argument(char kind)
{
	switch (kind) {
	case 's':
		if (any(16) != 0)
			return ((uint64_t)
				paths[any(sizeof(paths) / sizeof(paths[0]))]);
		return (any_pointer());
	case 'p':
	case 'b':
	case 'B':
	case 'S':
		return (any_pointer());
	case 'a':
		return (any(2) != 0 ? (uint64_t)AT_FDCWD : any(24));
	case 'o':
		return (any(010000));
	default:
		return (any_number());
	}
}

/* Structures of calls: pointers to more, small numbers, large ones. */
static void
fill_arena(void)
{
	for (int i = 0; i < 200; i++) {
		uint64_t *word = (void *)(arena + (any(ARENA) & ~7ul));

		switch (any(4)) {
		case 0:
			*word = (uint64_t)arena + (any(ARENA) & ~7ul);
			break;
		case 1:
			*word = any(32);
			break;
		case 2:
			*word = any(32) | any(16) << 32;
			break;
		default:
			*word = any_number();
		}
	}
}

static void
call_anything(void)
{
	const struct call *c = &calls[any(NCALLS)];
	uint64_t a[8] = {0};

	if (!wanted(c))
		return;
	for (int i = 0; i < c->nargs && i < 6; i++)
		a[i] = any_argument(c->kinds[i]);
	(void)SYS(c->number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

static void
ignore(int sig)
{
}

/* Something to play with, from descriptor 0 on; and a timer against waiting. */
static void
prepare(void)
{
	static const struct itimerval often = {{0, 2000}, {0, 2000}};
	long null = xopen("/dev/null", O_RDWR, 0);
	int pair[2];

	for (int fd = 0; fd < 3; fd++)
		(void)SYS(SYS_dup2, null, fd);
	(void)xopen("a", O_RDWR | O_CREAT, 0666);
	(void)xopen("d", O_RDONLY, 0);
	(void)xopen("/dev/ptmx", O_RDWR, 0);
	(void)xopen("/dev/fd/1", O_PATH, 0);
	(void)SYS(SYS_pipe2, pair, O_NONBLOCK);
	(void)SYS(SYS_socketpair, 1, 1, 0, pair);
	(void)SYS(SYS_kqueue);
	(void)SYS(SYS_shm_open2, 1, O_RDWR, 0, 0, 0);
	for (int sig = 1; sig < 32; sig++)
		if (sig != SIGKILL && sig != SIGSTOP && sig != SIGSEGV &&
		    sig != SIGBUS)
			(void)handle(sig, (void *)ignore, 0);
	(void)SYS(SYS_setitimer, 0, &often, NULL);
}

static _Noreturn void
child(int number)
{
	/* In a group of its own: what it sends to that is for itself. */
	(void)SYS(SYS_setpgid, 0, 0);
	arena = map_anon(ARENA, MAP_ANON_PRIVATE);
	state = 88172645463325252 + (uint64_t)number * 7919;
	prepare();
	if (number % 2 == 0)
		(void)SYS(SYS_setuid, 1000);
	for (int i = 0; i < CALLS; i++) {
		if (i % 50 == 0)
			fill_arena();
		call_anything();
	}
	for (;;)
		(void)SYS(SYS_exit, 0);
}

/* Whether it ends by itself or is killed, it ends. */
static void
try(int number)
{
	uint64_t start = now_ns(CLOCK_MONOTONIC), now;
	long pid = SYS(SYS_fork), ended;

	if (pid == 0)
		child(number);
	while ((ended = SYS(SYS_wait4, pid, NULL, 1, 0)) == 0) {
		now = now_ns(CLOCK_MONOTONIC);
		if (now - start > 200 * 1000000)
			(void)SYS(SYS_kill, pid, SIGKILL);
		if (now - start > PATIENCE_NS)
			break;
		sleep_ms(2);
	}
	CHECK_EQ(ended, pid);
}

int
main(int argc, char **argv)
{
	CHECK_EQ(SYS(SYS_mkdir, "/tmp/any", 0777), 0);
	CHECK_EQ(SYS(SYS_chmod, "/tmp/any", 0777), 0);
	CHECK_EQ(SYS(SYS_chdir, "/tmp/any"), 0);
	CHECK_EQ(SYS(SYS_mkdir, "d", 0777), 0);
	CHECK_EQ(SYS(SYS_mkfifo, "fifo", 0666), 0);
	CHECK_EQ(SYS(SYS_symlink, "a", "link"), 0);
	CHECK_EQ(SYS(SYS_symlink, "loop", "loop"), 0);
	for (int i = 0; i < PROCESSES; i++)
		try(i);
	return (result("anycall"));
}
