/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Page tables.  The upper half is the kernel's and the same in all address
 * spaces: the physmap, the kernel's text and data, devices.  The lower half
 * is a tree of four levels that grows as pages are entered and shrinks as
 * whole tables fall empty with a removal.
 *
 * Pages are write-protected by the table where a whole one is: its entry at
 * level 2 loses PTE_W.  The first page of it that is entered to be written has
 * the table's own entries say so.
 *
 * A pmap knows on which CPUs it may be in use (pm_cpus).  When rights are
 * taken away, those flush before the call returns; the request is sent after
 * pm_lock has been released, since a CPU that waits for a lock with interrupts
 * off could not answer.
 */
#include "lib/string.h"
#include "fbsd/errno.h"
#include "amd64/asm.h"
#include "amd64/cpu.h"
#include "amd64/kasan.h"
#include "amd64/md.h"
#include "amd64/pte.h"
#include "core/printf.h"
#include "core/sched.h"
#include "vm/kmem.h"
#include "vm/page.h"

#define LEVELS	  4
#define FLUSH_MAX 32 /* pages flushed one by one */
#define OFFER	  64 /* tables freed between offers of the CPU */

struct pmap {
	struct spin pm_lock;
	pte_t *pm_root;	       /* (!) level 4 */
	uint32_t pm_cpus;      /* atomic: may be loaded there */
	uint64_t pm_resident;  /* (pm_lock) */
	struct list pm_tables; /* (pm_lock) pages of all tables */
};

/* What a change has made stale, and the tables that it has emptied. */
struct flush {
	struct pmap *pm;
	vaddr_t start, end;  /* start >= end: nothing */
	struct page *tables; /* chained by pg_index */
};

extern pte_t boot_physmap_pdpt[], kernel_pdpt[], boot_pd[];
extern char kernel_start[], rodata_start[], data_start[], kernel_end[];

static pte_t kernel_pml4[PTES] __aligned(4096);
static pte_t kernel_pd[PTES] __aligned(4096);
#ifdef OPT_KASAN
#define KERNEL_PTS 8 /* 16 MiB of kernel in small pages */
#else
#define KERNEL_PTS 2
#endif
static pte_t kernel_pt[KERNEL_PTS][PTES] __aligned(4096);
paddr_t kernel_cr3;

/* Text executes, constants are read, data is written; nothing is two. */
static void
map_kernel(void)
{
	uintptr_t end = (uintptr_t)kernel_end;

	if (kernel_phys((void *)end) > KERNEL_PTS * (PTES * PAGE_SIZE))
		panic("the kernel is too large for its page tables");
	for (unsigned i = 0; i < KERNEL_PTS; i++)
		kernel_pd[i] = kernel_phys(kernel_pt[i]) | PTE_P | PTE_W;
	for (uintptr_t va = (uintptr_t)kernel_start; va < end;
	     va += PAGE_SIZE) {
		paddr_t pa = va - KERNBASE;
		pte_t bits = PTE_P | PTE_G;

		if (va >= (uintptr_t)data_start)
			bits |= PTE_W | pte_nx();
		else if (va >= (uintptr_t)rodata_start)
			bits |= pte_nx();
		((pte_t *)kernel_pt)[atop(pa)] = pa | bits;
	}
	for (unsigned i = 0; i < ncpus; i++)
		((pte_t *)kernel_pt)[atop(
		    kernel_phys(start_stacks + i * START_STACK_SIZE))] = 0;
	kernel_pdpt[510] = kernel_phys(kernel_pd) | PTE_P | PTE_W;
}

static void
map_physical(void)
{
	uint64_t gigabytes = (mem_top + (1ul << 30) - 1) >> 30;

	for (uint64_t g = 0; g < gigabytes && g < PTES; g++) {
		if (cpu_features.pdpe1gb) {
			boot_physmap_pdpt[g] =
			    g << 30 | PTE_PS | PTE_P | PTE_W | PTE_G | pte_nx();
			continue;
		}
		pte_t *pd = md_boot_alloc(PAGE_SIZE);

		for (uint64_t i = 0; i < PTES; i++)
			pd[i] = g << 30 | i << 21 | PTE_PS | PTE_P | PTE_W |
				PTE_G | pte_nx();
		boot_physmap_pdpt[g] = virt_to_phys(pd) | PTE_P | PTE_W;
	}
}

void
md_pmap_init(void)
{
	/* boot_pml4 stays as it is for the other CPUs' first steps, but for
	 * the identity map it must not lose: a copy of the first gigabyte. */
	static pte_t low_pdpt[PTES] __aligned(4096);
	extern pte_t boot_pml4[];

	low_pdpt[0] = kernel_phys(boot_pd) | PTE_P | PTE_W;
	boot_pml4[0] = kernel_phys(low_pdpt) | PTE_P | PTE_W;
	map_kernel();
	map_physical();
	kva_init();
	kernel_pml4[256] = kernel_phys(boot_physmap_pdpt) | PTE_P | PTE_W;
	kernel_pml4[511] = kernel_phys(kernel_pdpt) | PTE_P | PTE_W;
	kasan_pmap_init(kernel_pml4);
	kernel_cr3 = kernel_phys(kernel_pml4);
	wcr3(kernel_cr3);
	kasan_physmap_init();
}

static void
flush_local(void *arg)
{
	const struct flush *f = arg;

	if (f->pm != NULL && curcpu()->c_md.pmap != f->pm)
		return;
	if (f->end - f->start > FLUSH_MAX * PAGE_SIZE) {
		wcr3(rcr3());
		return;
	}
	for (vaddr_t va = f->start; va < f->end; va += PAGE_SIZE)
		invlpg(va);
}

static void
flush_add(struct flush *f, vaddr_t va)
{
	f->start = MIN(f->start, va);
	f->end = MAX(f->end, va + PAGE_SIZE);
}

/*
 * An idle CPU touches no user memory: instead of being woken it is told to
 * flush before it does.  Either it sees that when it has stopped being idle,
 * or we see that it has.
 */
static bool
spared(struct cpu *c)
{
	if (!atomic_load(&c->c_idling))
		return (false);
	(void)atomic_swap(&c->c_md.stale, true);
	return (atomic_load(&c->c_idling));
}

/* pm_lock not held. */
static void
flush_done(struct flush *f)
{
	if (f->start < f->end) {
		uint32_t others =
		    atomic_load(&f->pm->pm_cpus) & ~(1u << curcpu()->c_id);

		flush_local(f);
		/* But tables must not be in use when they are freed. */
		for (unsigned i = 0; others >> i != 0 && f->tables == NULL; i++)
			if ((others >> i & 1) && spared(&cpus[i]))
				others &= ~(1u << i);
		cpu_broadcast(others, flush_local, f);
	}
	for (unsigned n = 1; f->tables != NULL; n++) {
		struct page *pg = f->tables;

		f->tables = (struct page *)pg->pg_index;
		page_free(pg, 0);
		if (n % OFFER == 0)
			sched_maybe_yield();
	}
}

struct pmap *
pmap_create(void)
{
	struct pmap *pm = kmem_alloc(sizeof(*pm), KM_ZERO);
	struct page *pg;

	if (pm == NULL)
		return (NULL);
	pg = page_alloc(0, PAGE_ZEROED);
	if (pg == NULL) {
		kmem_free(pm, sizeof(*pm));
		return (NULL);
	}
	spin_init(&pm->pm_lock, "pmap");
	list_init(&pm->pm_tables);
	list_push_back(&pm->pm_tables, &pg->pg_link);
	pm->pm_root = page_virt(pg);
	pm->pm_root[256] = kernel_pml4[256];
	pm->pm_root[511] = kernel_pml4[511];
	kasan_pmap_copy(pm->pm_root);
	return (pm);
}

/* Makes a CPU that runs kernel threads on this pmap let go of it. */
static void
leave_pmap(void *arg)
{
	struct pmap *pm = arg;

	if (curcpu()->c_md.pmap == pm)
		pmap_activate(NULL);
}

void
pmap_destroy(struct pmap *pm)
{
	struct page *pg, *next;
	unsigned n = 0;

	leave_pmap(pm);
	cpu_broadcast(atomic_load(&pm->pm_cpus), leave_pmap, pm);
	LIST_FOREACH_SAFE (pg, &pm->pm_tables, pg_link, next) {
		page_free(pg, 0);
		if (++n % OFFER == 0)
			sched_maybe_yield();
	}
	kmem_free(pm, sizeof(*pm));
}

static void
fence(void *unused)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

void
pmap_fence(struct pmap *pm)
{
	uint32_t regs[4];

	/* It serialises, as the others' return from the interrupt does. */
	cpuid(0, 0, regs);
	fence(NULL);
	cpu_broadcast(
	    pm != NULL ? atomic_load(&pm->pm_cpus) : UINT32_MAX, fence, NULL);
}

static unsigned
slot(vaddr_t va, int level)
{
	return (va >> (PAGE_SHIFT + 9 * (level - 1)) & (PTES - 1));
}

/* The entry for va at level 1, and *above it at level 2; or NULL. With make,
 * tables are made. */
static pte_t *
find_pte(struct pmap *pm, vaddr_t va, bool make, pte_t **above)
{
	pte_t *table = pm->pm_root, *e;

	for (int level = LEVELS; level > 1; level--) {
		e = &table[slot(va, level)];

		if (!(*e & PTE_P)) {
			struct page *pg;

			if (!make || (pg = page_alloc(0, PAGE_ZEROED)) == NULL)
				return (NULL);
			*e = page_phys(pg) | PTE_P | PTE_W | PTE_U;
			list_push_back(&pm->pm_tables, &pg->pg_link);
		}
		table = phys_to_virt(*e & PTE_FRAME);
	}
	*above = e;
	return (&table[slot(va, 1)]);
}

static void
take_write(pte_t *e)
{
	__atomic_fetch_and(e, ~PTE_W, __ATOMIC_RELAXED);
}

/* Pages of the table that e leads to can be entered to be written; those that
 * are there stay as they are. */
static void
open_table(pte_t *e)
{
	pte_t *table = phys_to_virt(*e & PTE_FRAME);

	for (unsigned i = 0; i < PTES; i++)
		if (table[i] & PTE_W)
			take_write(&table[i]);
	*e |= PTE_W;
}

static pte_t
make_pte(paddr_t pa, unsigned prot)
{
	return (pa | PTE_P | PTE_U | PTE_A |
		(prot & PMAP_WRITE ? PTE_W | PTE_D : 0) |
		(prot & PMAP_EXEC ? 0 : pte_nx()));
}

int
pmap_enter(struct pmap *pm, vaddr_t va, paddr_t pa, unsigned prot)
{
	struct flush f = {.pm = pm, .start = UINT64_MAX};
	pte_t *pte, *above, new = make_pte(pa, prot), old;

	spin_lock(&pm->pm_lock);
	pte = find_pte(pm, va, true, &above);
	if (pte == NULL) {
		spin_unlock(&pm->pm_lock);
		return (ENOMEM);
	}
	if ((new &PTE_W) && __predict_false(!(*above & PTE_W))) {
		open_table(above);
		invlpg(va); /* others may fault once more */
	}
	old = atomic_swap(pte, new);
	if (!(old & PTE_P))
		pm->pm_resident++;
	else if ((old & PTE_FRAME) != pa || (old & ~new &PTE_W) ||
		 (new & ~old &PTE_NX))
		flush_add(&f, va);
	else
		invlpg(va); /* more rights: others may fault once more */
	spin_unlock(&pm->pm_lock);
	flush_done(&f);
	return (0);
}

/*
 * Calls fn for each present entry of [start, end).  Tables that lie wholly
 * within a removed range are unhooked for flush_done() to free.  pm_lock is
 * held for so many entries at a time, and let go of between tables only; all
 * is flushed at once in the end.
 */
struct walk {
	struct flush flush;
	void (*fn)(struct walk *w, pte_t *pte, vaddr_t va);
	vaddr_t start, end;
	bool free_tables;
	bool readonly; /* tables as wholes */
	unsigned prot;
	int left; /* entries to look at with this hold of pm_lock */
};
#define HOLD 512

static bool
table_empty(const pte_t *table)
{
	for (unsigned i = 0; i < PTES; i++)
		if (table[i] != 0)
			return (false);
	return (true);
}

/* e, which is for the addresses from base on, leads to a table of that level,
 * that was walked to its end.  One of those above may have been walked with
 * several holds, and something been entered there since. */
static void
unhook(struct walk *w, pte_t *e, int level, vaddr_t base)
{
	struct page *pg;

	if (base < w->start || base + (PAGE_SIZE << 9 * level) > w->end ||
	    (level > 1 && !table_empty(phys_to_virt(*e & PTE_FRAME))))
		return;
	pg = phys_to_page(*e & PTE_FRAME);
	*e = 0;
	list_remove(&pg->pg_link);
	pg->pg_index = (uint64_t)w->flush.tables;
	w->flush.tables = pg;
}

static void
walk_entries(struct walk *w, pte_t *table, vaddr_t start, vaddr_t end)
{
	for (vaddr_t va = start; va < end; va += PAGE_SIZE) {
		pte_t *e = &table[slot(va, 1)];

		if (*e & PTE_P)
			w->fn(w, e, va);
	}
	w->left -= (int)atop(end - start);
}

/* e, which is for the addresses from base on, leads to a table of pages that
 * can't be written from now on. */
static void
protect_table(struct walk *w, pte_t *e, vaddr_t base)
{
	if (!(*e & PTE_W))
		return;
	take_write(e);
	flush_add(&w->flush, base);
	flush_add(&w->flush, base + (PTES - 1) * PAGE_SIZE);
}

/* Returns how far it came. */
static vaddr_t
walk_table(struct walk *w, pte_t *table, int level, vaddr_t start, vaddr_t end)
{
	const uint64_t span = PAGE_SIZE << (9 * (level - 1));
	vaddr_t next, reached;

	if (level == 1) {
		walk_entries(w, table, start, end);
		return (end);
	}
	for (vaddr_t va = start; va < end; va = next) {
		pte_t *e = &table[slot(va, level)];

		next = MIN((va & ~(span - 1)) + span, end);
		w->left--;
		if (w->readonly && level == 2 && next - va == span) {
			protect_table(w, e, va);
		} else if (*e & PTE_P) {
			reached = walk_table(w, phys_to_virt(*e & PTE_FRAME),
			    level - 1, va, next);
			if (reached < next)
				return (reached);
			if (w->free_tables)
				unhook(w, e, level - 1, va & ~(span - 1));
		}
		if (w->left <= 0)
			return (next);
	}
	return (end);
}

/* All but the flush. */
static void
walk_only(struct pmap *pm, vaddr_t start, vaddr_t end, struct walk *w)
{
	w->flush.pm = pm;
	w->flush.start = UINT64_MAX;
	w->start = start;
	w->end = end;
	for (;;) {
		w->left = HOLD;
		spin_lock(&pm->pm_lock);
		start = walk_table(w, pm->pm_root, LEVELS, start, end);
		spin_unlock(&pm->pm_lock);
		if (start >= end)
			break;
		sched_maybe_yield();
	}
}

static void
walk(struct pmap *pm, vaddr_t start, vaddr_t end, struct walk *w)
{
	walk_only(pm, start, end, w);
	/* Paging-structure caches know tables as well as pages. */
	if (w->flush.tables != NULL)
		w->flush = (struct flush){pm, 0, USER_TOP, w->flush.tables};
	flush_done(&w->flush);
}

static void
remove_pte(struct walk *w, pte_t *pte, vaddr_t va)
{
	atomic_swap(pte, 0);
	w->flush.pm->pm_resident--;
	flush_add(&w->flush, va);
}

void
pmap_remove(struct pmap *pm, vaddr_t start, vaddr_t end)
{
	struct walk w = {.fn = remove_pte, .free_tables = true};

	walk(pm, start, end, &w);
}

void
pmap_remove_later(struct pmap *pm, vaddr_t start, vaddr_t end, uint32_t *stale)
{
	struct walk w = {.fn = remove_pte};

	walk_only(pm, start, end, &w);
	if (w.flush.start < w.flush.end)
		*stale |= atomic_load(&pm->pm_cpus);
}

static void
flush_all(void *arg)
{
	wcr3(rcr3());
}

void
pmap_flush(uint32_t stale)
{
	for (unsigned i = 0; i < ncpus; i++)
		if ((stale >> i & 1) && spared(&cpus[i]))
			stale &= ~(1u << i);
	if (stale == 0)
		return;
	flush_all(NULL);
	cpu_broadcast(stale, flush_all, NULL);
}

static void
protect_pte(struct walk *w, pte_t *pte, vaddr_t va)
{
	pte_t old = atomic_load(pte), new = old;

	if (!(w->prot & PMAP_WRITE))
		new &= ~PTE_W;
	if (!(w->prot & PMAP_EXEC))
		new |= pte_nx();
	if (new == old)
		return;
	/* The CPU may set the dirty bit meanwhile. */
	while (!atomic_cas(pte, &old, (old & PTE_D) | new))
		;
	flush_add(&w->flush, va);
}

void
pmap_protect(struct pmap *pm, vaddr_t start, vaddr_t end, unsigned prot)
{
	struct walk w = {.fn = protect_pte, .prot = prot};

	if (!(prot & PMAP_READ)) {
		pmap_remove(pm, start, end);
		return;
	}
	walk(pm, start, end, &w);
}

static void
write_protect_pte(struct walk *w, pte_t *pte, vaddr_t va)
{
	if (!(*pte & PTE_W))
		return;
	take_write(pte);
	flush_add(&w->flush, va);
}

void
pmap_write_protect(struct pmap *pm, vaddr_t start, vaddr_t end)
{
	struct walk w = {.fn = write_protect_pte, .readonly = true};

	walk(pm, start, end, &w);
}

bool
pmap_extract(struct pmap *pm, vaddr_t va, paddr_t *pa, unsigned *prot)
{
	pte_t *p, *above, pte = 0;

	spin_lock(&pm->pm_lock);
	p = find_pte(pm, va, false, &above);
	if (p != NULL)
		pte = *p & (*above | ~PTE_W);
	spin_unlock(&pm->pm_lock);
	if (!(pte & PTE_P))
		return (false);
	*pa = pte & PTE_FRAME;
	*prot = PMAP_READ | (pte & PTE_W ? PMAP_WRITE : 0) |
		(pte & PTE_NX ? 0 : PMAP_EXEC);
	return (true);
}

bool
pmap_touched(struct pmap *pm, vaddr_t va)
{
	bool touched = false;
	pte_t *pte, *above;

	spin_lock(&pm->pm_lock);
	pte = find_pte(pm, va, false, &above);
	if (pte != NULL && (*pte & PTE_P))
		touched =
		    __atomic_fetch_and(pte, ~PTE_A, __ATOMIC_RELAXED) & PTE_A;
	spin_unlock(&pm->pm_lock);
	return (touched);
}

/*
 * A CPU that goes on to a kernel thread keeps what it has: kernel addresses
 * are the same everywhere.
 */
void
pmap_activate(struct pmap *pm)
{
	uint64_t flags = intr_disable();
	struct md_cpu *m = &curcpu()->c_md;
	uint32_t self = 1u << curcpu()->c_id;
	struct pmap *old = m->pmap;
	bool stale = m->stale && atomic_swap(&m->stale, false);

	if (old == pm && stale) {
		wcr3(rcr3());
	} else if (old != pm) {
		if (pm != NULL)
			atomic_or(&pm->pm_cpus, self);
		m->pmap = pm;
		wcr3(pm != NULL ? virt_to_phys(pm->pm_root) : kernel_cr3);
		if (old != NULL)
			atomic_and(&old->pm_cpus, ~self);
	}
	intr_restore(flags);
}

uint64_t
pmap_resident(struct pmap *pm)
{
	return (pm->pm_resident);
}
