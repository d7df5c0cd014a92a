/* SPDX-License-Identifier: BSD-2-Clause */
/* What bench/ops.c asks of FreeBSD. */

#define OS_TINY	    "/tmp/tiny" /* put there by `imp run -v` */
#define AT_TIMEKEEP 22

/* The shared time page: sys/vdso.h, one of four generations. */
struct timehands {
	uint32_t algo, gen;
	uint64_t scale;
	uint32_t offset_count, counter_mask;
	uint64_t offset_sec, offset_frac, boot_sec, boot_frac;
	uint32_t shift, spare[7];
};
struct timekeep {
	uint32_t ver, enabled, current, pad;
	struct timehands th[4];
};
static volatile struct timekeep *timekeep;

static inline void
os_begin(char **argv)
{
	unsigned long *p = (unsigned long *)argv;

	while (*p++ != 0)
		continue;
	while (*p++ != 0)
		continue;
	for (; p[0] != 0; p += 2)
		if (p[0] == AT_TIMEKEEP)
			timekeep = (struct timekeep *)p[1];
}

static inline void
os_getppid(void)
{
	(void)SYS(39);
}

/* As libc's clock_gettime(CLOCK_MONOTONIC) does it, without a call. */
static inline void
os_clock(void)
{
	volatile struct timehands *th;
	uint64_t frac, sec, x;
	uint32_t gen, lo, hi, delta;
	static struct timespec ts;

	do {
		th = &timekeep->th[timekeep->current];
		gen = __atomic_load_n(&th->gen, __ATOMIC_ACQUIRE);
		sec = th->offset_sec;
		frac = th->offset_frac;
		__asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi));
		delta = (uint32_t)(((uint64_t)hi << 32 | lo) >> th->shift);
		delta -= th->offset_count;
		x = th->scale * delta;
		sec += __builtin_add_overflow(frac, x, &frac);
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
	} while (gen == 0 || gen != th->gen);
	ts.tv_sec = (time_t)sec;
	ts.tv_nsec = (long)(((frac >> 32) * 1000000000) >> 32);
	__asm__ volatile("" ::"m"(ts));
}

static inline long
os_fork(void)
{
	long pid, child;

	__asm__ volatile("syscall"
			 : "=a"(pid), "=d"(child)
			 : "0"((long)SYS_fork)
			 : "rcx", "r11", "memory", "cc");
	return (child ? 0 : pid);
}

static inline void
os_exit(int status)
{
	(void)SYS(SYS_exit, status);
}

static inline void
os_wait(long pid)
{
	(void)SYS(SYS_wait4, pid, 0, 0, 0);
}

static inline void
os_exec(const char *path)
{
	const char *argv[] = {path, NULL};

	(void)SYS(59, path, argv, argv + 1);
}

static inline void
os_pipe(int fd[2])
{
	(void)SYS(SYS_pipe2, fd, 0);
}

static inline long
os_read(int fd, void *buf, size_t n)
{
	return (SYS(SYS_read, fd, buf, n));
}

static inline void
os_write(int fd, const void *buf, size_t n)
{
	(void)SYS(SYS_write, fd, buf, n);
}

static inline void
os_close(int fd)
{
	(void)SYS(SYS_close, fd);
}

static inline void *
os_memory(size_t n)
{
	return (map_anon(n, MAP_ANON_PRIVATE));
}

static inline void
os_release(void *p, size_t n)
{
	(void)SYS(SYS_munmap, p, n);
}

static long bench_tid;

static void
thread_main(void *arg)
{
	end_thread(&bench_tid);
}

static inline void
os_thread(void)
{
	static char *stack;
	struct thr_param tp = {.start_func = thread_main,
	    .stack_size = 65536,
	    .child_tid = &bench_tid};

	if (stack == NULL)
		stack = map_anon(tp.stack_size, MAP_ANON_PRIVATE);
	tp.stack_base = stack;
	(void)SYS(SYS_thr_new, &tp, sizeof(tp));
	join_thread(&bench_tid);
}

static inline void
os_report(const char *name, uint64_t value)
{
	say(name);
	say(" ");
	say_number((long)value);
	say("\n");
}

static inline void
os_end(void)
{
}
