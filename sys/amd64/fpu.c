/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Floating-point and vector state: XSAVE where there is, else FXSAVE.  The
 * kernel itself doesn't use these registers, so a thread's state stays in
 * them until another user thread runs on the CPU.
 */
#include "lib/string.h"
#include "fbsd/errno.h"
#include "amd64/cpu.h"
#include "amd64/fpu.h"
#include "amd64/md.h"
#include "core/printf.h"
#include "proc/proc.h"
#include "vm/kmem.h"

#define FXSAVE_SIZE  512
#define XSAVE_HEADER 64
/* x87, SSE, AVX, AVX-512 (opmask, two halves), PKRU stays out. */
#define XCR0_WANTED   0xe7ul
#define MXCSR_DEFAULT 0x1f80
#define FCW_DEFAULT   0x037f

static uint64_t xcr0;
static size_t fpu_size = FXSAVE_SIZE;
static uint32_t mxcsr_mask = 0xffbf;
static struct kcache *fpu_cache;

struct fxsave {
	uint16_t fcw, fsw, ftw, fop;
	uint64_t fip, fdp;
	uint32_t mxcsr, mxcsr_mask;
	uint8_t regs[480];
	uint64_t xstate_bv; /* the XSAVE header, if there is one */
	uint64_t xcomp_bv;
	uint64_t reserved[6];
};
_Static_assert(sizeof(struct fxsave) == FXSAVE_SIZE + XSAVE_HEADER, "xsave");

void
fpu_detect(void)
{
	uint32_t r[4];

	if (!cpu_features.xsave || cpu_features.max_leaf < 0xd)
		return;
	cpuid(0xd, 0, r);
	xcr0 = r[0] & XCR0_WANTED;
	cpuid(0xd, 1, r);
	cpu_features.xsaveopt = r[0] & 1;
}

void
fpu_setup(void)
{
	wcr0((rcr0() & ~(CR0_TS | 0x4)) | 0x22); /* -EM, MP, NE */
	if (xcr0 != 0) {
		uint32_t r[4];

		__asm__ volatile("xsetbv" ::"c"(0), "a"((uint32_t)xcr0),
		    "d"((uint32_t)(xcr0 >> 32)));
		cpuid(0xd, 0, r);
		fpu_size = r[1];
	}
	__asm__ volatile("fninit");
}

void
fpu_init(void)
{
	struct fxsave area __aligned(16);

	fpu_cache = kcache_create("fpu", roundup2(fpu_size, 64), 64);
	memset(&area, 0, sizeof(area));
	__asm__ volatile("fxsave %0" : "=m"(area));
	if (area.mxcsr_mask != 0)
		mxcsr_mask = area.mxcsr_mask;
}

void
fpu_save(void *area)
{
	uint32_t lo = (uint32_t)xcr0, hi = (uint32_t)(xcr0 >> 32);

	if (xcr0 == 0)
		__asm__ volatile("fxsaveq (%0)" ::"r"(area) : "memory");
	else if (cpu_features.xsaveopt)
		__asm__ volatile("xsaveopt64 (%0)" ::"r"(area), "a"(lo), "d"(hi)
				 : "memory");
	else
		__asm__ volatile("xsave64 (%0)" ::"r"(area), "a"(lo), "d"(hi)
				 : "memory");
}

void
fpu_load(const void *area)
{
	if (xcr0 == 0)
		__asm__ volatile("fxrstorq (%0)" ::"r"(area) : "memory");
	else
		__asm__ volatile("xrstor64 (%0)" ::"r"(area),
				 "a"((uint32_t)xcr0),
				 "d"((uint32_t)(xcr0 >> 32))
				 : "memory");
}

/* All registers as a new program finds them. */
static void
fpu_fresh(struct fxsave *fx)
{
	memset(fx, 0, fpu_size);
	fx->fcw = FCW_DEFAULT;
	fx->mxcsr = MXCSR_DEFAULT;
}

void *
fpu_alloc(void)
{
	void *area = kcache_alloc(fpu_cache, 0);

	if (area != NULL)
		fpu_fresh(area);
	return (area);
}

void
fpu_free(void *area)
{
	kcache_free(fpu_cache, area);
}

size_t
md_fpu_size(void)
{
	return (fpu_size);
}

const void *
md_fpu_area(struct thread *td)
{
	fpu_save(td->td_md.md_fpu);
	return (td->td_md.md_fpu);
}

void *
md_fpu_area_alloc(void)
{
	return (kcache_alloc(fpu_cache, 0));
}

void
md_fpu_area_free(void *area)
{
	kcache_free(fpu_cache, area);
}

/* xrstor faults on reserved bits in the header or MXCSR: refuse those. */
static bool
loadable(const struct fxsave *fx, size_t size)
{
	if (size < FXSAVE_SIZE || size > fpu_size ||
	    (fx->mxcsr & ~mxcsr_mask) != 0)
		return (false);
	if (xcr0 == 0 || size == FXSAVE_SIZE)
		return (true);
	if (size < sizeof(*fx) || (fx->xstate_bv & ~xcr0) != 0 ||
	    fx->xcomp_bv != 0)
		return (false);
	for (size_t i = 0; i < nitems(fx->reserved); i++)
		if (fx->reserved[i] != 0)
			return (false);
	return (true);
}

int
md_fpu_install(struct thread *td, void *area, size_t size)
{
	struct fxsave *fx = area;
	void *old = td->td_md.md_fpu;

	if (!loadable(fx, size))
		return (EINVAL);
	if (size < fpu_size)
		memset((char *)area + size, 0, fpu_size - size);
	if (xcr0 != 0 && size == FXSAVE_SIZE)
		fx->xstate_bv = 3; /* x87 and SSE only */
	uint64_t flags = intr_disable();
	td->td_md.md_fpu = area;
	fpu_load(area);
	intr_restore(flags);
	kcache_free(fpu_cache, old);
	return (0);
}

void
md_fpu_reset(struct thread *td)
{
	uint64_t flags = intr_disable();

	fpu_fresh(td->td_md.md_fpu);
	fpu_load(td->td_md.md_fpu);
	intr_restore(flags);
}

/* si_code of a floating-point trap (trap.c). */
uint16_t
fpu_exceptions(struct thread *td, bool sse)
{
	const struct fxsave *fx = td->td_md.md_fpu;

	fpu_save(td->td_md.md_fpu);
	if (sse)
		return (fx->mxcsr & ~(fx->mxcsr >> 7) & 0x3f);
	__asm__ volatile("fnclex");
	return (fx->fsw & ~fx->fcw & 0x3f);
}
