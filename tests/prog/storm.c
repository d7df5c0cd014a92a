/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * storm [SEED [CALLS]]: threads of several processes make system calls at
 * random, as nobody, with arguments that make some sense, on descriptors,
 * memory, files and processes that they share. What the calls return is
 * nobody's business: the kernel must survive, and every process must die when
 * it is killed.
 *
 * What a thread calls is decided by the seed and the number of the call alone,
 * so that a run can be had again; who comes first is up to the machine. Where
 * each is stands in memory that the first process shares with them: it starts
 * those again that have died, kills what no longer gets on, and says what was
 * called last by a process that cannot be killed.
 */
#include "files.h"
#include "fbsd/event.h"
#include "fbsd/socket.h"

enum {
	SYS_vfork = 66,
	SYS_socketpair = 135,
	SYS_setuid = 23,
	SYS_sendmsg = 28,
	SYS_recvmsg = 27,
	SYS_dup2 = 90,
	SYS_kqueue = 362,
	SYS_rfork = 251,
	SYS_setgroups = 80,
	SYS_kevent = 560,
	SYS_shm_open2 = 571,
};

static const struct call {
	int number;
	const char *name;
	int nargs;
	const char *kinds; /* tools/mksyscalls.awk */
} calls[] = {
#include "sweep.inc"
};

/* They end the caller, or leave its thread where there is no code; processes
 * and threads are made by the functions below. */
static const char *const not_these[] = {"exit", "thr_exit", "abort2",
    "sigreturn", "setcontext", "swapcontext", "vfork", "rfork", "fork",
    "pdfork", "thr_new"};

static const char *const paths[] = {"a", "b", "d", "d/x", "d/..", ".", "..",
    "/", "", "fifo", "link", "loop", "socket", "/dev/null", "/dev/zero",
    "/dev/random", "/dev/fd", "/dev/fd/1", "/dev/fd/5", "/dev/fd/8",
    "/dev/ptmx", "/dev/tty", "/dev", "/dev/pts/0", "/proc", "/proc/curproc/map",
    "/proc/curproc/status", "/proc/curproc/file"};

#define PROCESSES 4
#define THREADS	  2
#define WORKERS	  (PROCESSES * THREADS)
#define ARENA	  (1 << 18)
#define FEW	  2000 /* calls of a process, before a fresh one goes on */
#define STUCK_NS  (300ul * 1000000)
#define DYING_NS  (100 * NSEC_PER_SEC)
#define NOBODY	  65534

struct worker {
	volatile uint64_t done;	  /* calls */
	volatile uint64_t number; /* of the one being made */
	volatile uint64_t args[6];
};

/* In memory that all share. */
static struct shared {
	struct worker worker[WORKERS];
	volatile long pid[PROCESSES];
} * shared;

static uint64_t seed, share; /* calls of each worker */
static char *arena;	     /* shared by all, too */
static const char *self;
static volatile unsigned running; /* threads of this process */

/* A thread's numbers: xorshift64*, G. Marsaglia and S. Vigna. */
struct source {
	uint64_t state;
};

static uint64_t
any(struct source *s, uint64_t n)
{
	s->state ^= s->state >> 12;
	s->state ^= s->state << 25;
	s->state ^= s->state >> 27;
	return ((s->state * 0x2545f4914f6cdd1d >> 11) % n);
}

/* For one call: splitmix64, G. Steele and others. */
static struct source
source_of(unsigned worker, uint64_t call)
{
	uint64_t z = (seed * WORKERS + worker) * 0x9e3779b97f4a7c15 +
		     call * 0xbf58476d1ce4e5b9;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return ((struct source){(z ^ z >> 31) | 1});
}

static bool
wanted(const struct call *c)
{
	for (unsigned i = 0; i < nitems(not_these); i++)
		if (same_text(c->name, not_these[i]))
			return (false);
	return (true);
}

static uint64_t
any_pointer(struct source *s)
{
	switch (any(s, 14)) {
	case 0:
		return (0);
	case 1:
		return ((uint64_t)1 << 47);
	case 2: /* the last bytes */
		return ((uint64_t)arena + ARENA - any(s, 64));
	case 3:
		return (any(s, UINT64_MAX));
	default:
		return ((uint64_t)arena + (any(s, ARENA) & ~7ul));
	}
}

static uint64_t
any_number(struct source *s)
{
	switch (any(s, 13)) {
	case 0:
		return (UINT64_MAX);
	case 1:
		return (any(s, UINT64_MAX));
	case 2:
		return ((uint64_t)1 << any(s, 64));
	case 3:
		return (any(s, 4096));
	case 4:
		return (-any(s, 200));
	case 5:
		return ((uint64_t)shared->pid[any(s, PROCESSES)]);
	case 6: /* of System V IPC: a place, and how often it was used */
		return (any(s, 4) | (1 + any(s, 4)) << 16);
	default:
		return (any(s, 24));
	}
}

static uint64_t
any_flags(struct source *s)
{
	uint64_t flags = 0;

	if (any(s, 4) == 0)
		return (any_number(s));
	for (uint64_t n = any(s, 4); n > 0; n--)
		flags |= 1ul << any(s, 24);
	return (flags);
}

static uint64_t
any_size(struct source *s)
{
	switch (any(s, 8)) {
	case 0:
		return (any_number(s));
	case 1:
		return (any(s, 1 << 20));
	default:
		return (any(s, 8192));
	}
}

static uint64_t
any_path(struct source *s)
{
	if (any(s, 16) == 0)
		return (any_pointer(s));
	return ((uint64_t)paths[any(s, nitems(paths))]);
}

static uint64_t
any_argument(struct source *s, char kind)
{
	switch (kind) {
	case 's':
		return (any_path(s));
	case 'p':
	case 'b':
	case 'B':
	case 'S':
		return (any_pointer(s));
	case 'a':
		return (any(s, 2) != 0 ? (uint64_t)AT_FDCWD : any(s, 24));
	case 'o':
		return (any(s, 010000));
	case 'u':
	case 'q':
		return (any_size(s));
	case 'g': /* SIGKILL and SIGSTOP end too much too often */
		return (any(s, 8) == 0 ? any(s, 130) : 19 + any(s, 14));
	case 'c':
		return (any(s, 26));
	case 'w':
		return (any(s, 6));
	case 'P':
		return (any(s, 8));
	case 'O':
	case 'M':
	case 'x':
		return (any_flags(s));
	default:
		return (any_number(s));
	}
}

/* Structures of calls: pointers to more, small numbers, large ones. */
static void
fill_arena(struct source *s)
{
	for (int i = 0; i < 100; i++) {
		uint64_t *word = (void *)(arena + (any(s, ARENA) & ~7ul));

		switch (any(s, 4)) {
		case 0:
			*word = any_pointer(s);
			break;
		case 1:
			*word = any(s, 32);
			break;
		case 2:
			*word = any(s, 32) | any(s, 16) << 32;
			break;
		default:
			*word = any_number(s);
		}
	}
}

/* Notes the call, if its worker is given, and makes it. */
static long
call(struct worker *w, const struct call *c, const uint64_t a[6])
{
	if (w != NULL) {
		w->number = (uint64_t)c->number;
		for (int i = 0; i < 6; i++)
			w->args[i] = a[i];
	}
	return (sys6(c->number, (long)a[0], (long)a[1], (long)a[2], (long)a[3],
	    (long)a[4], (long)a[5]));
}

static void
any_call(struct source *s, struct worker *w)
{
	const struct call *c = &calls[any(s, nitems(calls))];
	uint64_t a[6] = {0};

	if (!wanted(c))
		return;
	for (int i = 0; i < c->nargs && i < 6; i++)
		a[i] = any_argument(s, c->kinds[i]);
	(void)call(w, c, a);
}

/* A descriptor goes through a socket, and perhaps comes back. */
static void
pass(struct source *s)
{
	struct {
		struct cmsghdr h;
		int fd[4];
	} control;
	struct iovec iov = {arena, any(s, 4)};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	uint64_t n = 1 + any(s, 4);

	for (uint64_t i = 0; i < n; i++)
		control.fd[i] = (int)any(s, 20);
	control.h.cmsg_len = (uint32_t)(16 + 4 * n);
	control.h.cmsg_level = SOL_SOCKET;
	control.h.cmsg_type = SCM_RIGHTS;
	msg.msg_control = &control;
	msg.msg_controllen = control.h.cmsg_len;
	(void)SYS(SYS_sendmsg, any(s, 20), &msg, 0x80 /* MSG_DONTWAIT */);
	if (any(s, 2) == 0)
		return;
	msg.msg_controllen = sizeof(control);
	(void)SYS(SYS_recvmsg, any(s, 20), &msg, 0x80);
}

static void
watch(struct source *s)
{
	struct kevent kev = {
	    .ident = any(s, 3) == 0 ? (uint64_t)shared->pid[any(s, PROCESSES)]
				    : any(s, 24),
	    .filter = (int16_t) - (int16_t)(1 + any(s, 13)),
	    .flags = (uint16_t)(any(s, 8) == 0 ? any(s, 65536) : 1 + any(s, 2)),
	    .fflags = (uint32_t)any_flags(s),
	    .data = (int64_t)any(s, 50),
	};
	struct timespec none = {0, 0};

	(void)SYS(SYS_kevent, any(s, 20), &kev, 1, arena, any(s, 8), &none);
}

static void
open_something(struct source *s)
{
	int pair[2];

	switch (any(s, 8)) {
	case 0:
		(void)SYS(SYS_pipe2, pair, any(s, 2) == 0 ? O_NONBLOCK : 0);
		break;
	case 1:
		(void)SYS(SYS_socketpair, 1, 1 + any(s, 2), 0, pair);
		break;
	case 2:
		(void)SYS(SYS_kqueue);
		break;
	case 3:
		(void)SYS(SYS_shm_open2, 1, O_RDWR, 0, 0, 0);
		break;
	case 4:
		(void)xopen("/dev/ptmx", O_RDWR | O_NONBLOCK, 0);
		break;
	default:
		(void)xopen(paths[any(s, nitems(paths))],
		    O_RDWR | O_NONBLOCK | (any(s, 2) == 0 ? O_CREAT : 0), 0666);
	}
	/* And room for the next. */
	(void)SYS(SYS_close, 4 + any(s, 40));
}

static void any_act(struct source *s, struct worker *w);

/* A child of this process; it doesn't live long. */
static _Noreturn void
offspring(struct source *s)
{
	char *argv[] = {(char *)(uintptr_t)self, (char *)"x", NULL};
	char *envp[] = {NULL};

	for (uint64_t n = any(s, 12); n > 0; n--)
		any_call(s, NULL);
	if (any(s, 4) == 0)
		(void)SYS(SYS_execve, self, argv, envp);
	for (;;)
		(void)SYS(SYS_exit, 0);
}

static void
breed(struct source *s)
{
	int fd, status;
	long pid;

	switch (any(s, 6)) {
	case 0:
		pid = SYS(518 /* pdfork */, &fd, any_flags(s));
		break;
	case 1: /* in a copy of memory */
		pid = SYS(SYS_rfork, 1 << 4 | 1 << (2 + 10 * any(s, 2)));
		break;
	default:
		pid = SYS(SYS_fork);
	}
	if (pid == 0)
		offspring(s);
	if (any(s, 2) == 0)
		(void)SYS(SYS_kill, pid > 0 ? pid : 0, any(s, 2) == 0 ? 9 : 0);
	(void)SYS(SYS_wait4, -1, &status, 1 /* WNOHANG */, NULL);
}

static void
brief_thread(void *arg)
{
	struct source s = {(uint64_t)arg | 1};

	for (int i = 0; i < 8; i++)
		any_call(&s, NULL);
	for (;;)
		(void)SYS(SYS_thr_exit, NULL);
}

static void
any_act(struct source *s, struct worker *w)
{
	long tid;

	switch (any(s, 64)) {
	case 0:
		breed(s);
		break;
	case 1:
		(void)start_thread(
		    brief_thread, (void *)any(s, 1ul << 60), &tid);
		break;
	case 2:
	case 3:
		pass(s);
		break;
	case 4:
	case 5:
		watch(s);
		break;
	case 6:
	case 7:
	case 8:
		open_something(s);
		break;
	case 9:
		fill_arena(s);
		break;
	default:
		any_call(s, w);
	}
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
	static const struct {
		int what;
		uint64_t limit;
	} limits[] = {{1, 1 << 20} /* FSIZE */, {2, 64 << 20} /* DATA */,
	    {7, 80} /* NPROC */, {8, 64} /* NOFILE */, {10, 96 << 20} /* AS */,
	    {6, 1 << 20} /* MEMLOCK */, {12, 100} /* NPTS */};
	long null = xopen("/dev/null", O_RDWR, 0);
	uint32_t group = NOBODY;
	struct source s = {seed | 1};

	for (int fd = 0; fd < 3; fd++)
		(void)SYS(SYS_dup2, null, fd);
	for (unsigned i = 0; i < nitems(limits); i++) {
		uint64_t rl[2] = {limits[i].limit, limits[i].limit};

		(void)SYS(SYS_setrlimit, limits[i].what, rl);
	}
	(void)SYS(SYS_setgroups, 1, &group);
	(void)SYS(SYS_setgid, NOBODY);
	if (SYS(SYS_setuid, NOBODY) != 0)
		(void)SYS(SYS_exit, 9);
	for (int i = 0; i < 16; i++)
		open_something(&s);
	for (int sig = 1; sig < 32; sig++)
		if (sig != SIGKILL && sig != SIGSTOP && sig != SIGSEGV &&
		    sig != SIGBUS)
			(void)handle(sig, (void *)ignore, 0);
	(void)SYS(SYS_setitimer, 0, &often, NULL);
}

/* Goes on where whoever had its place before has ended. */
static void
work(void *arg)
{
	struct worker *w = arg;
	unsigned number = (unsigned)(w - shared->worker);

	for (int i = 0; i < FEW / THREADS && w->done < share; i++) {
		struct source s = source_of(number, w->done);

		w->done++;
		any_act(&s, w);
	}
	if (__atomic_sub_fetch(&running, 1, __ATOMIC_SEQ_CST) == 0)
		for (;;)
			(void)SYS(SYS_exit, 0);
	for (;;)
		(void)SYS(SYS_thr_exit, NULL);
}

static _Noreturn void
process(unsigned number)
{
	struct worker *w = &shared->worker[number * THREADS];
	long tid;

	/* In a group of its own: what it sends to that is for itself. */
	(void)SYS(SYS_setpgid, 0, 0);
	prepare();
	running = THREADS;
	for (unsigned i = 1; i < THREADS; i++)
		if (start_thread(work, &w[i], &tid) != 0)
			running--;
	work(w);
	for (;;)
		(void)SYS(SYS_exit, 0);
}

static void
start(unsigned i)
{
	long pid = SYS(SYS_fork);

	if (pid == 0)
		process(i);
	shared->pid[i] = pid;
}

static uint64_t
done_by(unsigned i)
{
	uint64_t n = 0;

	for (unsigned t = 0; t < THREADS; t++)
		n += shared->worker[i * THREADS + t].done;
	return (n);
}

/* What can't be killed: says where it was. */
static void
tell(unsigned i)
{
	for (unsigned t = 0; t < THREADS; t++) {
		struct worker *w = &shared->worker[i * THREADS + t];

		say("storm: worker ");
		say_number((long)(i * THREADS + t));
		say(" at its call ");
		say_number((long)w->done);
		say(" was last in system call ");
		say_number((long)w->number);
		for (int a = 0; a < 6; a++) {
			say(a == 0 ? " with " : ", ");
			say_number((long)w->args[a]);
		}
		say("\n");
	}
}

static bool
kill_and_wait(unsigned i)
{
	uint64_t start = now_ns(CLOCK_MONOTONIC);
	long pid = shared->pid[i];

	while (SYS(SYS_wait4, pid, NULL, 1, 0) == 0) {
		(void)SYS(SYS_kill, pid, SIGKILL);
		if (now_ns(CLOCK_MONOTONIC) - start > DYING_NS) {
			tell(i);
			return (false);
		}
		sleep_ms(2);
	}
	shared->pid[i] = 0;
	return (true);
}

/* Children of workers, who live on. */
static void
kill_all(void)
{
	long pid = SYS(SYS_fork);

	if (pid == 0) {
		(void)SYS(SYS_setuid, NOBODY);
		(void)SYS(SYS_kill, -1, SIGKILL);
		(void)SYS(SYS_exit, 0);
	}
	(void)SYS(SYS_wait4, pid, NULL, 0, 0);
}

/* Until all have done their share. */
static bool
supervise(void)
{
	uint64_t seen[PROCESSES] = {0}, since[PROCESSES] = {0};
	bool busy = true;

	for (unsigned round = 1; busy; round++) {
		busy = false;
		for (unsigned i = 0; i < PROCESSES; i++) {
			uint64_t now = now_ns(CLOCK_MONOTONIC);

			if (shared->pid[i] != 0 &&
			    SYS(SYS_wait4, shared->pid[i], NULL, 1, 0) != 0)
				shared->pid[i] = 0;
			if (done_by(i) != seen[i]) {
				seen[i] = done_by(i);
				since[i] = now;
			} else if (shared->pid[i] != 0 &&
				   now - since[i] > STUCK_NS) {
				since[i] = now;
				if (!kill_and_wait(i))
					return (false);
			}
			if (shared->pid[i] == 0 && seen[i] < share * THREADS)
				start(i);
			busy |= shared->pid[i] != 0;
		}
		if (round % 200 == 0)
			kill_all();
		sleep_ms(5);
	}
	return (true);
}

static void
make_files(void)
{
	CHECK_EQ(SYS(SYS_mkdir, "/tmp/storm", 0777), 0);
	CHECK_EQ(SYS(SYS_chmod, "/tmp/storm", 0777), 0);
	CHECK_EQ(SYS(SYS_chdir, "/tmp/storm"), 0);
	CHECK_EQ(SYS(SYS_mkdir, "d", 0777), 0);
	CHECK_EQ(SYS(SYS_chmod, "d", 0777), 0);
	CHECK_EQ(SYS(SYS_mkfifo, "fifo", 0666), 0);
	CHECK_EQ(SYS(SYS_chmod, "fifo", 0666), 0);
	CHECK_EQ(SYS(SYS_symlink, "a", "link"), 0);
	CHECK_EQ(SYS(SYS_symlink, "loop", "loop"), 0);
}

int
main(int argc, char **argv)
{
	uint64_t total = argc > 2 ? (uint64_t)parse_number(argv[2]) : 5000;

	if (argc == 2 && argv[1][0] == 'x') /* an offspring's other program */
		return (0);
	seed = argc > 1 ? (uint64_t)parse_number(argv[1]) : 1;
	self = argv[0];
	share = (total + WORKERS - 1) / WORKERS;
	make_files();
	shared = map_anon(sizeof(*shared), MAP_ANON_SHARED);
	arena = map_anon(ARENA, MAP_ANON_SHARED);
	say("storm: seed ");
	say_number((long)seed);
	say(", ");
	say_number((long)total);
	say(" calls\n");
	CHECK(supervise());
	kill_all();
	return (result("storm"));
}
