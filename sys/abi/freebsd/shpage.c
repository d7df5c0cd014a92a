/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The shared page, see shpage.h.
 *
 * The time part is FreeBSD's struct vdso_timekeep: a few timehands, of which
 * one is current.  A reader takes a 32-bit count of the TSC shifted right,
 * multiplies its distance from th_offset_count by th_scale (2^-64 s for each
 * count) and adds th_offset; it starts over if th_gen or tk_current changed
 * meanwhile, or th_gen is 0.  The 32 bits wrap after 17 s at the soonest, by
 * the choice of the shift; time/time.c renews the base every few seconds.
 */
#include "lib/string.h"
#include "abi/freebsd/freebsd.h"
#include "abi/freebsd/shpage.h"
#include "amd64/md.h"
#include "core/printf.h"
#include "core/sync.h"
#include "core/sysctl.h"
#include "time/time.h"
#include "vm/vm.h"

#define VDSO_TK_VER_CURR     1
#define VDSO_TH_ALGO_X86_TSC 1
#define VDSO_TH_NUM	     4
#define COUNT_MAX_HZ	     250000000ul

struct bintime {
	int64_t sec;
	uint64_t frac; /* 2^-64 s */
};

struct vdso_timehands {
	uint32_t th_algo;
	uint32_t th_gen;
	uint64_t th_scale;
	uint32_t th_offset_count;
	uint32_t th_counter_mask;
	struct bintime th_offset;
	struct bintime th_boottime;
	uint32_t th_x86_shift;
	uint32_t th_x86_hpet_idx;
	uint32_t th_res[6];
};
_Static_assert(sizeof(struct vdso_timehands) == 88, "struct vdso_timehands");

struct vdso_timekeep {
	uint32_t tk_ver;
	uint32_t tk_enabled;
	uint32_t tk_current;
	struct vdso_timehands tk_th[VDSO_TH_NUM];
};
_Static_assert(offsetof(struct vdso_timekeep, tk_th) == 16, "tk_th");
_Static_assert(SHPAGE_TIMEKEEP + sizeof(struct vdso_timekeep) <= SHPAGE_SIGCODE,
    "shared page");

extern const char sigcode[], esigcode[];

static int fast_gettime = 1;
SYSCTL_INT(kern_timecounter_fast_gettime, "kern.timecounter.fast_gettime",
    CTL_AUTO, CTLFLAG_RW, &fast_gettime,
    "Do programs read the time themselves");

/* x * 2^32 / 10^9, where the result fits. */
static uint64_t
ns_fraction(uint64_t x)
{
	return (
	    (x / NSEC_PER_SEC << 32) + (x % NSEC_PER_SEC << 32) / NSEC_PER_SEC);
}

/* ns + frac / 2^32 */
static struct bintime
ns_bintime(uint64_t ns, uint32_t frac)
{
	struct bintime bt = {.sec = (int64_t)(ns / NSEC_PER_SEC)};

	bt.frac = ns_fraction(ns % NSEC_PER_SEC << 32 | frac);
	return (bt);
}

static void
fill(struct vdso_timehands *th, const struct time_base *tb)
{
	uint64_t hz = (NSEC_PER_SEC << 32) / tb->mult, rest;
	uint32_t shift = 0;

	while ((hz >> shift) > COUNT_MAX_HZ)
		shift++;
	th->th_algo = VDSO_TH_ALGO_X86_TSC;
	th->th_x86_shift = shift;
	th->th_counter_mask = UINT32_MAX;
	/* A count in 2^-64 s; mult is a cycle in 2^-32 ns. */
	th->th_scale = ns_fraction(tb->mult << shift);
	th->th_offset_count = (uint32_t)(tb->tsc >> shift);
	th->th_offset = ns_bintime(tb->ns, tb->frac);
	/* The count loses the low bits of the base; so must the offset. */
	rest = tb->tsc & (((uint64_t)1 << shift) - 1);
	rest = (th->th_scale >> shift) * rest;
	if (th->th_offset.frac < rest)
		th->th_offset.sec--;
	th->th_offset.frac -= rest;
	th->th_boottime = ns_bintime(tb->wall, 0);
}

void
freebsd_publish_time(const struct time_base *tb)
{
	struct vdso_timekeep *tk;
	struct vdso_timehands *th;
	uint32_t next, gen;

	tk = (void *)((char *)vm_shared_page + SHPAGE_TIMEKEEP);
	next = (tk->tk_current + 1) % VDSO_TH_NUM;
	th = &tk->tk_th[next];
	gen = tk->tk_th[tk->tk_current].th_gen + 1;
	if (gen == 0)
		gen = 1;
	atomic_store(&th->th_gen, 0);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	fill(th, tb);
	atomic_store(&th->th_gen, gen);
	tk->tk_ver = VDSO_TK_VER_CURR;
	atomic_store(&tk->tk_enabled, tb->enabled && fast_gettime);
	atomic_store(&tk->tk_current, next);
}

void
freebsd_shpage_init(void)
{
	size_t size = (size_t)(esigcode - sigcode);

	kassert(SHPAGE_SIGCODE + size <= PAGE_SIZE);
	memcpy((char *)vm_shared_page + SHPAGE_SIGCODE, sigcode, size);
}
