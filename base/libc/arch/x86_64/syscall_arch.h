/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How musl's code reaches the kernel. musl makes calls by Linux's names and
 * expects the negated error number; FreeBSD sets the carry flag instead. A
 * name whose FreeBSD counterpart takes the same arguments stands in
 * bits/syscall.h with FreeBSD's number. The others have a number from
 * EMULATED up, and are carried out by __emulate() in src/internal/emulate.c.
 */
#define EMULATED	      0x10000
#define SYS_exit	      0x10000 /* of a thread */
#define SYS_gettid	      0x10001
#define SYS_set_tid_address   0x10002
#define SYS_futex	      0x10003
#define SYS_getcwd	      0x10004
#define SYS_getdents	      0x10005
#define SYS_pselect6	      0x10006
#define SYS_fadvise	      0x10007
#define SYS_sched_getaffinity 0x10008
#define SYS_sched_setaffinity 0x10009
#define SYS_timer_create      0x1000a
#define SYS_rt_sigqueueinfo   0x1000b
/* FreeBSD has nothing like these; musl can do without. */
#define SYS_brk		    0x10100
#define SYS_mremap	    0x10101
#define SYS_membarrier	    0x10102
#define SYS_set_robust_list 0x10103
#define SYS_get_robust_list 0x10104

#define __SYSCALL_LL_E(x)   (x)
#define __SYSCALL_LL_O(x)   (x)

__attribute__((__visibility__("hidden"))) long __emulate(
    long, long, long, long, long, long, long);

/* The kernel may change the registers of the fourth to sixth argument. */
static __inline long
__syscall6(long n, long a1, long a2, long a3, long a4, long a5, long a6)
{
	register long r10 __asm__("r10") = a4;
	register long r8 __asm__("r8") = a5;
	register long r9 __asm__("r9") = a6;

	if (n >= EMULATED)
		return (__emulate(n, a1, a2, a3, a4, a5, a6));
	__asm__ __volatile__("syscall; jnc 1f; neg %%rax; 1:"
			     : "+a"(n), "+d"(a3), "+r"(r10), "+r"(r8), "+r"(r9)
			     : "D"(a1), "S"(a2)
			     : "rcx", "r11", "cc", "memory");
	return (n);
}

static __inline long
__syscall3(long n, long a1, long a2, long a3)
{
	if (n >= EMULATED)
		return (__emulate(n, a1, a2, a3, 0, 0, 0));
	__asm__ __volatile__("syscall; jnc 1f; neg %%rax; 1:"
			     : "+a"(n), "+d"(a3)
			     : "D"(a1), "S"(a2)
			     : "rcx", "r8", "r9", "r10", "r11", "cc", "memory");
	return (n);
}

static __inline long
__syscall0(long n)
{
	return (__syscall3(n, 0, 0, 0));
}

static __inline long
__syscall1(long n, long a1)
{
	return (__syscall3(n, a1, 0, 0));
}

static __inline long
__syscall2(long n, long a1, long a2)
{
	return (__syscall3(n, a1, a2, 0));
}

static __inline long
__syscall4(long n, long a1, long a2, long a3, long a4)
{
	return (__syscall6(n, a1, a2, a3, a4, 0, 0));
}

static __inline long
__syscall5(long n, long a1, long a2, long a3, long a4, long a5)
{
	return (__syscall6(n, a1, a2, a3, a4, a5, 0));
}
