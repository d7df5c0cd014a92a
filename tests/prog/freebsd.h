/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For test programs without a C library: FreeBSD/amd64's entry and system
 * calls, and checks that say what failed.  One C file is one program: it
 * includes this and defines main().  Built with
 *	-ffreestanding -nostdlib -static -Isys
 */
#ifndef TESTS_PROG_FREEBSD_H
#define TESTS_PROG_FREEBSD_H

#include "fbsd/errno.h"
#include "fbsd/signal.h"
#include "fbsd/time.h"
#include "fbsd/ucontext.h"
#include "fbsd/umtx.h"

int main(int argc, char **argv);

/* What is read into as well as what is written. */
struct iovec {
	const void *iov_base;
	size_t iov_len;
};

/* FreeBSD's ABI note: the brand, and the release that it was built for. */
__asm__(".section .note.tag, \"a\", @note\n"
	"	.balign 4\n"
	"	.long 8, 4, 1\n"
	"	.asciz \"FreeBSD\"\n"
	"	.long 1500068\n"
	"	.text\n");

__asm__(".globl _start\n"
	"_start:\n"
	"	xorl %ebp, %ebp\n"
	"	movq %rdi, %r12\n"
	"	movl (%rdi), %edi\n"
	"	leaq 8(%r12), %rsi\n"
	"	andq $-16, %rsp\n"
	"	call main\n"
	"	movl %eax, %edi\n"
	"	movl $1, %eax\n"
	"	syscall\n"
	"	ud2\n");

/* The result, or minus the error number. */
static inline long
sys6(long n, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long ret = n;
	bool failed;

	__asm__ volatile(
	    "syscall"
	    : "+a"(ret), "=@ccc"(failed), "+d"(c), "+r"(r10), "+r"(r8), "+r"(r9)
	    : "D"(a), "S"(b)
	    : "rcx", "r11", "memory");
	return (failed ? -ret : ret);
}

#define SYS_(n, a, b, c, d, e, f, ...)                                         \
	sys6((n), (long)(a), (long)(b), (long)(c), (long)(d), (long)(e),       \
	    (long)(f))
#define SYS(...) SYS_(__VA_ARGS__, 0, 0, 0, 0, 0, 0, 0)

enum {
	SYS_exit = 1,
	SYS_fork = 2,
	SYS_read = 3,
	SYS_write = 4,
	SYS_close = 6,
	SYS_wait4 = 7,
	SYS_getpid = 20,
	SYS_kill = 37,
	SYS_sigaltstack = 53,
	SYS_munmap = 73,
	SYS_mprotect = 74,
	SYS_setitimer = 83,
	SYS_gettimeofday = 116,
	SYS_setpgid = 82,
	SYS_clock_gettime = 232,
	SYS_clock_settime = 233,
	SYS_clock_getres = 234,
	SYS_ktimer_create = 235,
	SYS_ktimer_delete = 236,
	SYS_ktimer_settime = 237,
	SYS_ktimer_gettime = 238,
	SYS_ktimer_getoverrun = 239,
	SYS_nanosleep = 240,
	SYS_clock_nanosleep = 244,
	SYS_clock_getcpuclockid2 = 247,
	SYS_sched_yield = 331,
	SYS_sigprocmask = 340,
	SYS_sigsuspend = 341,
	SYS_sigpending = 343,
	SYS_sigtimedwait = 345,
	SYS_sigwaitinfo = 346,
	SYS_sigaction = 416,
	SYS_sigreturn = 417,
	SYS_getcontext = 421,
	SYS_setcontext = 422,
	SYS_swapcontext = 423,
	SYS_sigwait = 429,
	SYS_thr_exit = 431,
	SYS_thr_self = 432,
	SYS_thr_kill = 433,
	SYS__umtx_op = 454,
	SYS_thr_new = 455,
	SYS___sysctlbyname = 570,
	SYS_sigqueue = 456,
	SYS_mmap = 477,
	SYS_thr_kill2 = 481,
	SYS_pipe2 = 542,
	SYS_sigfastblock = 573,
};

void *memset(void *p, int c, size_t n);
void *memcpy(void *to, const void *from, size_t n);

void *
memset(void *p, int c, size_t n)
{
	void *ret = p;

	__asm__ volatile("rep stosb" : "+D"(p), "+c"(n) : "a"(c) : "memory");
	return (ret);
}

void *
memcpy(void *to, const void *from, size_t n)
{
	void *ret = to;

	__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(n)::"memory");
	return (ret);
}

static inline size_t
length(const char *s)
{
	size_t n = 0;

	while (s[n] != '\0')
		n++;
	return (n);
}

static inline bool
same(const char *a, const char *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (a[i] != b[i])
			return (false);
	return (true);
}

static inline bool
same_text(const char *a, const char *b)
{
	return (length(a) == length(b) && same(a, b, length(a)));
}

static inline long
parse_number(const char *s)
{
	long n = 0;

	while (*s >= '0' && *s <= '9')
		n = n * 10 + *s++ - '0';
	return (n);
}

static inline void
say(const char *s)
{
	(void)SYS(SYS_write, 1, s, length(s));
}

static inline void
say_number(long n)
{
	char buf[24], *p = buf + sizeof(buf);
	unsigned long u = n < 0 ? -(unsigned long)n : (unsigned long)n;

	*--p = '\0';
	do
		*--p = (char)('0' + u % 10);
	while ((u /= 10) != 0);
	if (n < 0)
		*--p = '-';
	say(p);
}

static int failures;

#define CHECK_EQ(a, b) check_eq((long)(a), (long)(b), #a " == " #b, __LINE__)
#define CHECK(e)       check_eq(!!(e), 1, #e, __LINE__)

static inline void
check_eq(long a, long b, const char *what, int line)
{
	if (a == b)
		return;
	failures++;
	say("line ");
	say_number(line);
	say(": not true: ");
	say(what);
	say(" (");
	say_number(a);
	say(", ");
	say_number(b);
	say(")\n");
}

/* The last line, and main()'s value. */
static inline int
result(const char *name)
{
	say(name);
	say(failures == 0 ? ": ok\n" : ": failed\n");
	return (failures != 0);
}

static inline uint64_t
now_ns(clockid_t id)
{
	struct timespec ts = {0, 0};

	(void)SYS(SYS_clock_gettime, id, &ts);
	return ((uint64_t)ts.tv_sec * NSEC_PER_SEC + (uint64_t)ts.tv_nsec);
}

static inline void
sleep_ms(long ms)
{
	struct timespec ts = {ms / 1000, ms % 1000 * 1000000};

	(void)SYS(SYS_nanosleep, &ts, NULL);
}

/* Threads: thr_new(2). */
struct thr_param {
	void (*start_func)(void *);
	void *arg;
	char *stack_base;
	size_t stack_size;
	char *tls_base;
	size_t tls_size;
	long *child_tid;
	long *parent_tid;
	int flags;
	void *rtp;
	void *spare[3];
};

#define PROT_RW		 3
#define MAP_ANON_PRIVATE 0x1002
#define MAP_ANON_SHARED	 0x1001

static inline void *
map_anon(size_t size, int flags)
{
	return ((void *)SYS(SYS_mmap, 0, size, PROT_RW, flags, -1, 0));
}

/* tid is 0 again when the thread has ended. */
static inline long
start_thread(void (*fn)(void *), void *arg, long *tid)
{
	struct thr_param tp = {.start_func = fn,
	    .arg = arg,
	    .stack_size = 65536,
	    .parent_tid = tid};

	tp.stack_base = map_anon(tp.stack_size, MAP_ANON_PRIVATE);
	return (SYS(SYS_thr_new, &tp, sizeof(tp)));
}

/* The last act of a thread: its joiner waits for *tid to change. */
static inline void
end_thread(long *tid)
{
	(void)SYS(SYS_thr_exit, tid);
}

static inline void
join_thread(volatile long *tid)
{
	long was;

	/* thr_exit(2) stores 1 and wakes. */
	while ((was = *tid) != 1)
		(void)SYS(SYS__umtx_op, tid, UMTX_OP_WAIT, was, 0, 0);
}

/* A sysctl that is a number, an int or a long; *size is its. */
static inline long
read_sysctl(const char *name, size_t *size)
{
	long value = 0;

	*size = sizeof(value);
	CHECK_EQ(
	    SYS(SYS___sysctlbyname, name, length(name), &value, size, 0, 0), 0);
	return (*size == sizeof(int) ? (int)value : value);
}

static inline long
get_sysctl(const char *name)
{
	size_t size;

	return (read_sysctl(name, &size));
}

/* Sets one; 0 or the negative error. */
static inline long
set_sysctl(const char *name, long value)
{
	size_t size;

	(void)read_sysctl(name, &size);
	return (SYS(
	    SYS___sysctlbyname, name, length(name), NULL, NULL, &value, size));
}

static inline long
handle(int sig, void *handler, int flags)
{
	struct sigaction sa = {
	    .sa_handler = (uint64_t)handler, .sa_flags = flags};

	return (SYS(SYS_sigaction, sig, &sa, NULL));
}

#endif
