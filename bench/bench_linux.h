/* SPDX-License-Identifier: BSD-2-Clause */
/* What bench/ops.c asks of Linux. */

#define OS_TINY "/tiny"

static void
os_begin(char **argv)
{
	printf("\nbegin\n");
}

static inline void
os_getppid(void)
{
	syscall(SYS_getppid);
}

static inline void
os_clock(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
}

static inline long
os_fork(void)
{
	return (syscall(SYS_fork));
}

static inline void
os_exit(int status)
{
	_exit(status);
}

static inline void
os_wait(long pid)
{
	waitpid((pid_t)pid, NULL, 0);
}

static inline void
os_exec(const char *path)
{
	execl(path, path, (char *)NULL);
}

static inline void
os_pipe(int fd[2])
{
	if (pipe(fd) != 0)
		abort();
}

static inline long
os_read(int fd, void *buf, size_t n)
{
	return (read(fd, buf, n));
}

static inline void
os_write(int fd, const void *buf, size_t n)
{
	if (write(fd, buf, n) < 0)
		abort();
}

static inline void
os_close(int fd)
{
	close(fd);
}

static inline void *
os_memory(size_t n)
{
	return (mmap(NULL, n, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
}

static inline void
os_release(void *p, size_t n)
{
	munmap(p, n);
}

static int bench_tid;

static int
thread_main(void *arg)
{
	syscall(SYS_exit, 0);
	return (0);
}

static inline void
os_thread(void)
{
	static char *stack;
	int tid;

	if (stack == NULL)
		stack = os_memory(65536);
	bench_tid = 1;
	clone(thread_main, stack + 65536,
	    CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
		CLONE_SYSVSEM | CLONE_CHILD_CLEARTID,
	    NULL, NULL, NULL, &bench_tid);
	while ((tid = __atomic_load_n(&bench_tid, __ATOMIC_ACQUIRE)) != 0)
		syscall(SYS_futex, &bench_tid, FUTEX_WAIT, tid, NULL, NULL, 0);
}

static void
os_report(const char *name, uint64_t value)
{
	printf("%s %lu\n", name, (unsigned long)value);
}

static void
os_end(void)
{
	printf("end\n");
	fflush(stdout);
	reboot(RB_AUTOBOOT);
}
