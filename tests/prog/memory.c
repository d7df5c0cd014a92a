/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory as a program sees it: mapping, protection, faults, fork. */
#include "freebsd.h"

#include "fbsd/fcntl.h"
#include "fbsd/mman.h"
#include "fbsd/resource.h"

enum {
	SYS_break = 17,
	SYS_msync = 65,
	SYS_madvise = 75,
	SYS_mincore = 78,
	SYS_getrlimit = 194,
	SYS_setrlimit = 195,
	SYS_mlock = 203,
	SYS_munlock = 204,
	SYS_minherit = 250,
	SYS_mlockall = 324,
	SYS_munlockall = 325,
	SYS_ftruncate = 480,
	SYS_shm_unlink = 483,
	SYS_shm_open2 = 571,
	SYS_shm_rename = 572,
};

#define PAGE	4096ul
#define PRIVATE (MAP_ANON | MAP_PRIVATE)
#define RW	(PROT_READ | PROT_WRITE)

static volatile int fault_sig, fault_code;
static volatile unsigned long fault_addr;
static unsigned long resume_rip;

static void
on_fault(int sig, struct siginfo *si, void *ctx)
{
	struct ucontext *uc = ctx;

	fault_sig = sig;
	fault_code = si->si_code;
	fault_addr = (unsigned long)si->si_addr;
	uc->uc_mcontext.mc_rip = (long)resume_rip;
}

/* Reads or writes a byte: the signal that it raised, or 0. */
static __attribute__((noinline)) int
touch(volatile char *p, bool write)
{
	fault_sig = 0;
	__asm__ volatile("leaq 1f(%%rip), %%rax\n"
			 "movq %%rax, %0\n"
			 "testb %2, %2\n"
			 "jz 2f\n"
			 "movb $1, (%1)\n"
			 "jmp 1f\n"
			 "2: movb (%1), %%al\n"
			 "1:\n"
			 : "=m"(resume_rip)
			 : "r"(p), "q"(write)
			 : "rax", "memory");
	return (fault_sig);
}

static long
map(void *addr, unsigned long size, int prot, int flags)
{
	return (SYS(SYS_mmap, addr, size, prot, flags, -1, 0));
}

static char *
must_map(unsigned long size, int prot, int flags)
{
	long r = map(NULL, size, prot, flags);

	CHECK(r > 0);
	return ((char *)r);
}

static void
catch_faults(void)
{
	CHECK_EQ(handle(SIGSEGV, on_fault, SA_SIGINFO | SA_NODEFER), 0);
	CHECK_EQ(handle(SIGBUS, on_fault, SA_SIGINFO | SA_NODEFER), 0);
}

static void
arguments(void)
{
	char *p = must_map(4 * PAGE, RW, PRIVATE);

	CHECK_EQ(map(NULL, 0, RW, PRIVATE), -EINVAL);
	CHECK_EQ(map(NULL, PAGE, RW, PRIVATE | MAP_SHARED), -EINVAL);
	CHECK_EQ(map(NULL, PAGE, RW, PRIVATE | MAP_EXCL), -EINVAL);
	CHECK_EQ(map(NULL, PAGE, 0x80, PRIVATE), -EINVAL);
	CHECK_EQ(map(NULL, PAGE, RW, PRIVATE | 0x8000), -EINVAL);
	CHECK_EQ(map(NULL, PAGE, RW, MAP_GUARD), -EINVAL);
	CHECK_EQ(map(NULL, PAGE, PROT_READ, MAP_STACK), -EINVAL);
	CHECK_EQ(map(NULL, PAGE, PROT_MAX(PROT_READ) | RW, PRIVATE), -ENOTSUP);
	CHECK_EQ(map(p + 1, PAGE, RW, PRIVATE | MAP_FIXED), -EINVAL);
	CHECK_EQ(map((void *)-4096l, PAGE, RW, PRIVATE | MAP_FIXED), -EINVAL);
	CHECK_EQ(map(p, PAGE, RW, PRIVATE | MAP_FIXED | MAP_EXCL), -ENOMEM);
	CHECK_EQ(map(NULL, -1ul, RW, PRIVATE), -ENOMEM);
	CHECK_EQ(SYS(SYS_mmap, NULL, PAGE, RW, MAP_PRIVATE, 99, 0), -EBADF);
	CHECK_EQ(SYS(SYS_munmap, p, 0), -EINVAL);
	CHECK_EQ(SYS(SYS_munmap, p, -1ul), -EINVAL);
	CHECK_EQ(SYS(SYS_mprotect, p, PAGE, 0x100), -EINVAL);
	CHECK_EQ(SYS(SYS_madvise, p, PAGE, 77), -EINVAL);
	CHECK_EQ(SYS(SYS_minherit, p, PAGE, 9), -EINVAL);
	CHECK_EQ(SYS(SYS_munmap, p, 4 * PAGE), 0);
	CHECK_EQ(SYS(SYS_munmap, p, 4 * PAGE), 0);
}

/* What a mapping is must be said; and a stack has more than its guard. */
static void
kinds(void)
{
	long fd = SYS(SYS_shm_open2, SHM_ANON, O_RDWR, 0600, 0, NULL);
	long p;

	CHECK_EQ(SYS(SYS_ftruncate, fd, PAGE), 0);
	CHECK_EQ(SYS(SYS_mmap, NULL, PAGE, RW, 0, fd, 0), -EINVAL);
	CHECK_EQ(SYS(SYS_mmap, NULL, PAGE, RW, MAP_NOSYNC, fd, 0), -EINVAL);
	CHECK_EQ(SYS(SYS_mmap, NULL, PAGE, RW, 0, -1, 0), -EINVAL);
	p = SYS(SYS_mmap, NULL, PAGE, RW, MAP_SHARED, fd, 0);
	CHECK_EQ(SYS(SYS_mmap, p, PAGE, RW, MAP_FIXED, fd, 0), -EINVAL);
	CHECK_EQ(SYS(SYS_munmap, p, PAGE), 0);
	CHECK_EQ(SYS(SYS_close, fd), 0);
	p = map(NULL, PAGE, RW, MAP_ANON);
	CHECK(p > 0);
	CHECK_EQ(SYS(SYS_munmap, p, PAGE), 0);
	CHECK_EQ(map(NULL, 1, RW, MAP_STACK), -EINVAL);
	CHECK_EQ(map(NULL, PAGE, RW, MAP_STACK | MAP_PRIVATE), -EINVAL);
	p = map(NULL, PAGE + 1, RW, MAP_STACK);
	CHECK(p > 0);
	*(volatile char *)(p + 2 * PAGE - 1) = 1;
	CHECK_EQ(SYS(SYS_munmap, p, 2 * PAGE), 0);
}

static void
protection(void)
{
	char *p = must_map(3 * PAGE, RW, PRIVATE);
	char *none = must_map(PAGE, PROT_NONE, PRIVATE);
	char *max = must_map(PAGE, PROT_READ | PROT_MAX(PROT_READ), PRIVATE);

	CHECK_EQ(touch(p, true), 0);
	CHECK_EQ(SYS(SYS_mprotect, p, PAGE, PROT_READ), 0);
	CHECK_EQ(touch(p, true), SIGSEGV);
	CHECK_EQ(fault_code, SEGV_ACCERR);
	CHECK_EQ(fault_addr, p);
	CHECK_EQ(touch(p, false), 0);
	CHECK_EQ(p[0], 1);
	CHECK_EQ(SYS(SYS_mprotect, p, PAGE, RW), 0);
	CHECK_EQ(touch(p, true), 0);
	CHECK_EQ(touch(none, false), SIGSEGV);
	CHECK_EQ(SYS(SYS_mprotect, max, PAGE, RW), -EACCES);
	CHECK_EQ(SYS(SYS_munmap, p + PAGE, PAGE), 0);
	CHECK_EQ(touch(p + PAGE, false), SIGSEGV);
	CHECK_EQ(fault_code, SEGV_MAPERR);
	CHECK_EQ(touch(p + 2 * PAGE, true), 0);
	CHECK_EQ(touch((char *)0xffff800000000000, false), SIGSEGV);
}

static void
large_reservations(void)
{
	char *p = must_map(256ul << 30, PROT_NONE, PRIVATE);
	char *q = p + (100ul << 30);
	long hinted;

	CHECK_EQ(map(q, 1ul << 26, RW, PRIVATE | MAP_FIXED), q);
	CHECK_EQ(touch(q + (1ul << 25), true), 0);
	CHECK_EQ(touch(p, false), SIGSEGV);
	CHECK_EQ(SYS(SYS_munmap, p, 256ul << 30), 0);
	hinted = map((void *)0xc000000000, 1ul << 26, PROT_NONE, PRIVATE);
	CHECK_EQ(hinted, 0xc000000000);
	CHECK(map((void *)0xc000000000, PAGE, RW, PRIVATE) != 0xc000000000);
	CHECK_EQ(map(NULL, PAGE, RW, PRIVATE | MAP_ALIGNED(22)) & 0x3fffff, 0);
	CHECK(map(NULL, PAGE, RW, PRIVATE | MAP_32BIT) < 1l << 31);
}

static void
stacks(void)
{
	unsigned long size = 1ul << 20;
	char *p = must_map(size, RW, MAP_STACK | PRIVATE);

	CHECK_EQ(touch(p + size - 1, true), 0);
	CHECK_EQ(touch(p + PAGE, true), 0);
	CHECK_EQ(touch(p + size / 2, true), 0);
	CHECK_EQ(touch(p, true), SIGSEGV);
	p = must_map(2 * PAGE, PROT_NONE, MAP_GUARD);
	CHECK_EQ(touch(p, false), SIGSEGV);
	CHECK_EQ(map(p, PAGE, RW, PRIVATE | MAP_FIXED), p);
	CHECK_EQ(touch(p, true), 0);
	CHECK_EQ(touch(p + PAGE, true), SIGSEGV);
}

static int
child_status(long pid)
{
	int status = -1;

	CHECK_EQ(SYS(SYS_wait4, pid, &status, 0, NULL), pid);
	return (status >> 8);
}

static void
fork_sharing(void)
{
	char *p = must_map(4 * PAGE, RW, PRIVATE);
	char *s = must_map(PAGE, RW, MAP_ANON | MAP_SHARED);
	long pid;

	for (int i = 0; i < 4; i++)
		p[(unsigned long)i * PAGE] = 10;
	CHECK_EQ(SYS(SYS_minherit, p + PAGE, PAGE, INHERIT_NONE), 0);
	CHECK_EQ(SYS(SYS_minherit, p + 2 * PAGE, PAGE, INHERIT_ZERO), 0);
	CHECK_EQ(SYS(SYS_minherit, p + 3 * PAGE, PAGE, INHERIT_SHARE), 0);
	pid = SYS(SYS_fork);
	if (pid == 0) {
		int bad = p[0] != 10 || touch(p + PAGE, false) != SIGSEGV ||
			  p[2 * PAGE] != 0 || p[3 * PAGE] != 10;

		p[0] = 20;
		p[3 * PAGE] = 20;
		s[0] = 20;
		(void)SYS(SYS_exit, bad);
	}
	CHECK_EQ(child_status(pid), 0);
	CHECK_EQ(p[0], 10);
	CHECK_EQ(p[PAGE], 10);
	CHECK_EQ(p[2 * PAGE], 10);
	CHECK_EQ(p[3 * PAGE], 20);
	CHECK_EQ(s[0], 20);
}

/* Shared memory of which the child is to have a copy: neither sees what the
 * other writes, and the child's child may share the copy. */
static void
fork_copying(void)
{
	char *s = must_map(2 * PAGE, RW, MAP_ANON | MAP_SHARED);
	char *word = must_map(PAGE, RW, MAP_ANON | MAP_SHARED);
	long pid;

	s[0] = s[PAGE] = 1;
	CHECK_EQ(SYS(SYS_minherit, s, 2 * PAGE, INHERIT_COPY), 0);
	pid = SYS(SYS_fork);
	if (pid == 0) {
		int bad = s[0] != 1;

		CHECK_EQ(SYS(SYS_minherit, s, 2 * PAGE, INHERIT_SHARE), 0);
		pid = SYS(SYS_fork);
		if (pid == 0) {
			s[0] = 2;
			(void)SYS(SYS_exit, s[PAGE] != 1);
		}
		bad = child_status(pid) != 0 || bad || s[0] != 2;
		word[0] = 1;
		(void)SYS(SYS_exit, bad);
	}
	s[PAGE] = 3;
	CHECK_EQ(child_status(pid), 0);
	CHECK_EQ(word[0], 1);
	CHECK_EQ(s[0], 1);
	CHECK_EQ(s[PAGE], 3);
}

/* A shared stack is there as a whole, above its guard; one that fork shares
 * grows into memory of its own, which the next fork shares. */
static void
shared_stacks(void)
{
	unsigned long size = 1ul << 20;
	char *s = must_map(size, RW, MAP_STACK | MAP_ANON | MAP_SHARED);
	char *p = must_map(size, RW, MAP_STACK | PRIVATE);
	char *top = p + size - PAGE;
	long pid;

	*top = 1;
	CHECK_EQ(SYS(SYS_minherit, p, size, INHERIT_SHARE), 0);
	pid = SYS(SYS_fork);
	if (pid == 0) {
		s[PAGE] = 2;
		s[size - 1] = 3;
		*top = 4;
		p[size / 2] = 5;
		(void)SYS(SYS_exit, touch(s, true) != SIGSEGV || *top != 4);
	}
	CHECK_EQ(child_status(pid), 0);
	CHECK_EQ(s[PAGE], 2);
	CHECK_EQ(s[size - 1], 3);
	CHECK_EQ(touch(s, true), SIGSEGV);
	CHECK_EQ(*top, 4);
	CHECK_EQ(p[size / 2], 0);
	p[size / 2] = 6;
	CHECK_EQ(*top, 4);
	pid = SYS(SYS_fork);
	if (pid == 0) {
		p[size / 2]++;
		(void)SYS(SYS_exit, 0);
	}
	CHECK_EQ(child_status(pid), 0);
	CHECK_EQ(p[size / 2], 7);
	CHECK_EQ(SYS(SYS_munmap, s, size), 0);
	CHECK_EQ(SYS(SYS_munmap, p, size), 0);
}

/* What all programs may lock together; p: four pages, unlocked. */
static void
wired_by_all(char *p)
{
	static const char limit[] = "vm.max_user_wired";
	static const char count[] = "vm.stats.vm.v_user_wire_count";
	const long before = get_sysctl(count), three = before + 3,
		   most = get_sysctl(limit);
	long pid;

	CHECK_EQ(set_sysctl(limit, three), 0);
	CHECK(most > 1000);
	CHECK_EQ(SYS(SYS_mlock, p, 4 * PAGE), -ENOMEM);
	CHECK_EQ(get_sysctl(count), before);
	CHECK_EQ(SYS(SYS_mlock, p, 3 * PAGE), 0);
	/* Twice is once. */
	CHECK_EQ(SYS(SYS_mlock, p, 2 * PAGE), 0);
	CHECK_EQ(get_sysctl(count), three);
	/* A child has none, and another's end gives all back. */
	pid = SYS(SYS_fork);
	if (pid == 0) {
		CHECK_EQ(get_sysctl(count), three);
		CHECK_EQ(SYS(SYS_mlock, p, PAGE), -ENOMEM);
		CHECK_EQ(set_sysctl(limit, most), 0);
		CHECK_EQ(SYS(SYS_mlock, p, 2 * PAGE), 0);
		CHECK_EQ(get_sysctl(count), three + 2);
		(void)SYS(SYS_exit, failures);
	}
	CHECK_EQ(child_status(pid), 0);
	CHECK_EQ(get_sysctl(count), three);
	CHECK_EQ(SYS(SYS_munlock, p, 4 * PAGE), 0);
	CHECK_EQ(get_sysctl(count), before);
	CHECK_EQ(get_sysctl(limit), most);
}

/* Locking a range of which a part can't be: nothing more is locked than was.
 * The third of four pages is behind the end of what is mapped. */
static void
locked_in_part(void)
{
	static const char count[] = "vm.stats.vm.v_user_wire_count";
	const long before = get_sysctl(count);
	struct rlimit old, rl;
	long fd = SYS(SYS_shm_open2, SHM_ANON, O_RDWR, 0600, 0, NULL);
	char *p;

	CHECK_EQ(SYS(SYS_ftruncate, fd, 2 * PAGE), 0);
	p = (char *)SYS(SYS_mmap, NULL, 4 * PAGE, RW, MAP_SHARED, fd, 0);
	CHECK_EQ(SYS(SYS_mlock, p, 4 * PAGE), -ENOMEM);
	CHECK_EQ(get_sysctl(count), before);
	CHECK_EQ(SYS(SYS_mlock, p + PAGE, PAGE), 0);
	CHECK_EQ(SYS(SYS_mlock, p, 4 * PAGE), -ENOMEM);
	CHECK_EQ(get_sysctl(count), before + 1);
	CHECK_EQ(SYS(SYS_mlockall, MCL_CURRENT), -EAGAIN);
	CHECK_EQ(get_sysctl(count), before + 1);
	/* Nor can what may not be accessed, which mlockall(2) passes over. */
	CHECK_EQ(SYS(SYS_mprotect, p + 2 * PAGE, 2 * PAGE, PROT_NONE), 0);
	CHECK_EQ(SYS(SYS_mlock, p, 3 * PAGE), -ENOMEM);
	CHECK_EQ(get_sysctl(count), before + 1);
	CHECK_EQ(SYS(SYS_mlockall, MCL_CURRENT), 0);
	CHECK(get_sysctl(count) >= before + 2);
	CHECK_EQ(SYS(SYS_munlockall), 0);
	CHECK_EQ(get_sysctl(count), 0);
	CHECK_EQ(SYS(SYS_munmap, p, 4 * PAGE), 0);

	/* New memory is locked if it can be; over the limit there is none. */
	CHECK_EQ(SYS(SYS_mlockall, MCL_FUTURE), 0);
	p = (char *)SYS(SYS_mmap, NULL, 4 * PAGE, RW, MAP_SHARED, fd, 0);
	CHECK((long)p > 0);
	CHECK_EQ(get_sysctl(count), 0);
	CHECK_EQ(SYS(SYS_munmap, p, 4 * PAGE), 0);
	p = must_map(4 * PAGE, RW, PRIVATE);
	CHECK_EQ(get_sysctl(count), 4);
	CHECK_EQ(SYS(SYS_getrlimit, RLIMIT_MEMLOCK, &old), 0);
	rl = old;
	rl.rlim_cur = 7 * PAGE;
	CHECK_EQ(SYS(SYS_setrlimit, RLIMIT_MEMLOCK, &rl), 0);
	CHECK_EQ(map(p, 4 * PAGE, RW, PRIVATE | MAP_FIXED), -ENOMEM);
	CHECK_EQ(SYS(SYS_setrlimit, RLIMIT_MEMLOCK, &old), 0);
	CHECK_EQ(SYS(SYS_munlockall), 0);
	CHECK_EQ(SYS(SYS_munmap, p, 4 * PAGE), 0);
	CHECK_EQ(SYS(SYS_close, fd), 0);
}

static void
advice(void)
{
	char *p = must_map(8 * PAGE, RW, PRIVATE), vec[8];

	for (int i = 0; i < 8; i += 2)
		p[(unsigned long)i * PAGE] = 3;
	CHECK_EQ(SYS(SYS_mincore, p, 8 * PAGE, vec), 0);
	for (int i = 0; i < 8; i++)
		CHECK_EQ(vec[i] & MINCORE_INCORE, i % 2 == 0);
	CHECK_EQ(SYS(SYS_madvise, p, 8 * PAGE, MADV_DONTNEED), 0);
	CHECK_EQ(p[0], 3);
	CHECK_EQ(SYS(SYS_madvise, p, 8 * PAGE, MADV_FREE), 0);
	CHECK(p[0] == 3 || p[0] == 0);
	p[0] = 4;
	CHECK_EQ(p[0], 4);
	CHECK_EQ(SYS(SYS_mincore, p, 8 * PAGE, 16), -EFAULT);
	CHECK_EQ(SYS(SYS_munmap, p + 4 * PAGE, PAGE), 0);
	CHECK_EQ(SYS(SYS_mincore, p, 8 * PAGE, vec), -ENOMEM);
	CHECK_EQ(SYS(SYS_msync, p, 8 * PAGE, MS_SYNC), -ENOMEM);
	CHECK_EQ(SYS(SYS_msync, p, 4 * PAGE, MS_SYNC), 0);
	CHECK_EQ(SYS(SYS_mlock, p, 8 * PAGE), -ENOMEM);
	CHECK_EQ(SYS(SYS_mlock, p, 4 * PAGE), 0);
	CHECK_EQ(SYS(SYS_mincore, p, 4 * PAGE, vec), 0);
	CHECK_EQ(vec[3] & MINCORE_INCORE, MINCORE_INCORE);
	CHECK_EQ(SYS(SYS_munlock, p, 4 * PAGE), 0);
	wired_by_all(p);
	locked_in_part();
	CHECK_EQ(SYS(SYS_mlockall, 0), -EINVAL);
	CHECK_EQ(SYS(SYS_mlockall, MCL_CURRENT), 0);
	CHECK_EQ(SYS(SYS_munlockall), 0);
}

static void
the_break(void)
{
	long start = SYS(SYS_break, NULL);
	char *p = (char *)((unsigned long)(start + 4095) & ~4095ul);

	CHECK(start > 0);
	CHECK_EQ(SYS(SYS_break, p + 10 * PAGE), p + 10 * PAGE);
	CHECK_EQ(touch(p + 9 * PAGE, true), 0);
	CHECK_EQ(SYS(SYS_break, p + PAGE), p + PAGE);
	CHECK_EQ(touch(p + 9 * PAGE, true), SIGSEGV);
	CHECK_EQ(SYS(SYS_break, 1ul << 60), -ENOMEM);
}

static void
shared_memory(void)
{
	long fd = SYS(SYS_shm_open2, SHM_ANON, O_RDWR, 0600, 0, NULL);
	char *p, *q;

	CHECK(fd >= 0);
	CHECK_EQ(SYS(SYS_ftruncate, fd, 2 * PAGE), 0);
	p = (char *)SYS(SYS_mmap, NULL, 3 * PAGE, RW, MAP_SHARED, fd, 0);
	q = (char *)SYS(SYS_mmap, NULL, 3 * PAGE, RW, MAP_PRIVATE, fd, 0);
	CHECK((long)p > 0 && (long)q > 0);
	p[0] = 5;
	CHECK_EQ(q[0], 5);
	q[0] = 6;
	CHECK_EQ(p[0], 5);
	CHECK_EQ(touch(p + 2 * PAGE, true), SIGBUS);
	CHECK_EQ(SYS(SYS_write, fd, "xyz", 3), 3);
	CHECK_EQ(p[2], 'z');
	CHECK_EQ(SYS(SYS_ftruncate, fd, PAGE), 0);
	CHECK_EQ(touch(p + PAGE, false), SIGBUS);
	CHECK_EQ(SYS(SYS_close, fd), 0);
	CHECK_EQ(touch(p, true), 0);

	CHECK_EQ(SYS(SYS_shm_open2, "/a", O_RDWR, 0600, 0, NULL), -ENOENT);
	CHECK_EQ(
	    SYS(SYS_shm_open2, "a", O_RDWR | O_CREAT, 0600, 0, NULL), -EINVAL);
	fd = SYS(SYS_shm_open2, "/a", O_RDWR | O_CREAT, 0600, 0, NULL);
	CHECK(fd >= 0);
	CHECK_EQ(
	    SYS(SYS_shm_open2, "/a", O_RDWR | O_CREAT | O_EXCL, 0600, 0, NULL),
	    -EEXIST);
	CHECK_EQ(SYS(SYS_shm_rename, "/a", "/b", 0), 0);
	CHECK_EQ(SYS(SYS_shm_unlink, "/a"), -ENOENT);
	CHECK_EQ(SYS(SYS_shm_unlink, "/b"), 0);
	CHECK_EQ(SYS(SYS_close, fd), 0);
}

static void
limits(void)
{
	struct rlimit old, rl;

	CHECK_EQ(SYS(SYS_getrlimit, RLIMIT_AS, &old), 0);
	rl = old;
	rl.rlim_cur = 64 << 20;
	CHECK_EQ(SYS(SYS_setrlimit, RLIMIT_AS, &rl), 0);
	CHECK_EQ(map(NULL, 65ul << 20, RW, PRIVATE), -ENOMEM);
	CHECK_EQ(SYS(SYS_setrlimit, RLIMIT_AS, &old), 0);
	CHECK_EQ(SYS(SYS_getrlimit, RLIMIT_MEMLOCK, &old), 0);
	rl = old;
	rl.rlim_cur = PAGE;
	CHECK_EQ(SYS(SYS_setrlimit, RLIMIT_MEMLOCK, &rl), 0);
	CHECK_EQ(
	    SYS(SYS_mlock, must_map(2 * PAGE, RW, PRIVATE), 2 * PAGE), -ENOMEM);
	CHECK_EQ(SYS(SYS_setrlimit, RLIMIT_MEMLOCK, &old), 0);
}

int
main(int argc, char **argv)
{
	catch_faults();
	arguments();
	kinds();
	protection();
	large_reservations();
	stacks();
	fork_sharing();
	fork_copying();
	shared_stacks();
	advice();
	the_break();
	shared_memory();
	limits();
	return (result("memory"));
}
