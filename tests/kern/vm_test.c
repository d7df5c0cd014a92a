/* SPDX-License-Identifier: BSD-2-Clause */
/* Pages, kernel memory, objects and address spaces, in the kernel. */
#include "lib/string.h"
#include "fbsd/errno.h"
#include "fbsd/mman.h"
#include "fbsd/signal.h"
#include "boot/ktest.h"
#include "proc/proc.h"
#include "vm/kmem.h"
#include "vm/map.h"
#include "vm/vm.h"

#define RW   (PROT_READ | PROT_WRITE)
#define ANON (MAP_ANON | MAP_PRIVATE)
#define BASE 0x10000000ul

static int
map(struct vmspace *vs, vaddr_t addr, uint64_t size, unsigned prot,
    unsigned flags)
{
	struct vm_mapping m = {.addr = addr,
	    .size = size,
	    .prot = prot,
	    .maxprot = PROT_ALL,
	    .flags = flags};

	return (vm_map(vs, &m));
}

static int
fault(struct vmspace *vs, vaddr_t va, unsigned access)
{
	int code;

	return (vm_fault(vs, va, access, &code));
}

static uint32_t
peek(struct vmspace *vs, vaddr_t va)
{
	uint32_t v = 0xdeadbeef;

	(void)vm_read(vs, va, &v, sizeof(v));
	return (v);
}

static bool
poke(struct vmspace *vs, vaddr_t va, uint32_t v)
{
	return (vm_write(vs, va, &v, sizeof(v)) == 0);
}

static unsigned
entries(struct vmspace *vs)
{
	struct vm_entry *e;
	unsigned n = 0;

	ENTRIES_IN(e, vs, 0, USER_TOP)
	n++;
	return (n);
}

KTEST(page_orders)
{
	struct page *pg[8];
	uint64_t before;

	for (unsigned order = 0; order <= 10; order++) {
		struct page *p = page_alloc(order, PAGE_ZEROED);
		const uint64_t *word;

		if (p == NULL)
			continue;
		word = page_virt(p);
		KT_ASSERT((page_phys(p) & ((PAGE_SIZE << order) - 1)) == 0);
		for (uint64_t i = 0; i < (PAGE_SIZE << order) / 8; i++)
			KT_ASSERT(word[i] == 0);
		memset(page_virt(p), 0x5a, PAGE_SIZE << order);
		page_free(p, order);
	}
	before = page_free_count();
	for (unsigned i = 0; i < nitems(pg); i++)
		KT_ASSERT((pg[i] = page_alloc(3, 0)) != NULL);
	for (unsigned i = 0; i < nitems(pg); i++)
		for (unsigned j = 0; j < i; j++)
			KT_ASSERT(pg[i] != pg[j]);
	for (unsigned i = 0; i < nitems(pg); i++)
		page_free(pg[i], 3);
	KT_ASSERT(page_free_count() == before);
	KT_ASSERT(page_alloc(11, 0) == NULL);
}

KTEST(page_exhaustion)
{
	struct page *list = NULL, *pg;
	uint64_t n = 0, before;

	before = page_free_count();
	while ((pg = page_alloc(0, 0)) != NULL) {
		pg->pg_index = (uintptr_t)list;
		list = pg;
		n++;
	}
	KT_ASSERT(n > 0 && n <= before);
	pg = page_alloc(0, PAGE_URGENT);
	if (pg != NULL)
		page_free(pg, 0);
	while (list != NULL) {
		struct page *next = (struct page *)list->pg_index;

		page_release(list);
		list = next;
	}
	KT_ASSERT(pg != NULL);
	KT_ASSERT((pg = page_alloc(6, 0)) != NULL);
	page_free(pg, 6);
}

KTEST(kmem_sizes)
{
	static const size_t sizes[] = {
	    0, 1, 16, 17, 100, 520, 1000, 2048, 2049, 4096, 5000, 70000};
	void *p[nitems(sizes)];

	for (unsigned i = 0; i < nitems(sizes); i++) {
		KT_ASSERT((p[i] = kmem_alloc(sizes[i], KM_ZERO)) != NULL);
		for (size_t j = 0; j < sizes[i]; j++)
			KT_ASSERT(((char *)p[i])[j] == 0);
		memset(p[i], 0xff, sizes[i]);
	}
	for (unsigned i = 0; i < nitems(sizes); i++)
		kmem_free(p[i], sizes[i]);
	KT_ASSERT(kmem_alloc(1ul << 60, 0) == NULL);
	kmem_free(NULL, 8);
}

KTEST(kmem_many)
{
	enum { N = 3000 };
	static uint32_t *p[N];

	for (unsigned i = 0; i < N; i++) {
		KT_ASSERT((p[i] = kmem_alloc(80, 0)) != NULL);
		*p[i] = i;
	}
	for (unsigned i = 0; i < N; i += 2)
		kmem_free(p[i], 80);
	for (unsigned i = 1; i < N; i += 2) {
		KT_ASSERT(*p[i] == i);
		kmem_free(p[i], 80);
	}
}

KTEST(object_resize)
{
	struct vm_object *o = vm_object_create(NULL, NULL, 3 * PAGE_SIZE);
	struct page *pg;

	KT_ASSERT(o != NULL);
	KT_ASSERT(vm_object_page(o, 3, 0, &pg) == EINVAL);
	KT_ASSERT(vm_object_page(o, 1, VM_PAGE_WRITE, &pg) == 0);
	memset(page_virt(pg), 7, PAGE_SIZE);
	page_release(pg);
	vm_object_resize(o, PAGE_SIZE + 100);
	KT_ASSERT(vm_object_page(o, 1, 0, &pg) == 0);
	KT_ASSERT(((char *)page_virt(pg))[99] == 7);
	KT_ASSERT(((char *)page_virt(pg))[100] == 0);
	page_release(pg);
	vm_object_resize(o, 0);
	KT_ASSERT(o->o_npages == 0);
	vm_object_release(o);
}

KTEST(map_cut_and_join)
{
	struct vmspace *vs = vmspace_create(0);

	KT_ASSERT(vs != NULL);
	KT_ASSERT(map(vs, BASE, 16 * PAGE_SIZE, RW, ANON | MAP_FIXED) == 0);
	KT_ASSERT(map(vs, BASE + 16 * PAGE_SIZE, 16 * PAGE_SIZE, RW,
		      ANON | MAP_FIXED) == 0);
	KT_ASSERT(entries(vs) == 1);
	KT_ASSERT(poke(vs, BASE, 1) && poke(vs, BASE + 20 * PAGE_SIZE, 2));
	KT_ASSERT(vm_protect(vs, BASE + 4 * PAGE_SIZE, PAGE_SIZE, PROT_READ,
		      false) == 0);
	KT_ASSERT(entries(vs) == 3);
	KT_ASSERT(!poke(vs, BASE + 4 * PAGE_SIZE, 1));
	KT_ASSERT(
	    vm_protect(vs, BASE + 4 * PAGE_SIZE, PAGE_SIZE, RW, false) == 0);
	KT_ASSERT(entries(vs) == 1);
	KT_ASSERT(peek(vs, BASE) == 1 && peek(vs, BASE + 20 * PAGE_SIZE) == 2);
	KT_ASSERT(vm_unmap(vs, BASE + 8 * PAGE_SIZE, 13 * PAGE_SIZE) == 0);
	KT_ASSERT(fault(vs, BASE + 20 * PAGE_SIZE, PMAP_READ) == EFAULT);
	KT_ASSERT(vs->vs_size == 19 * PAGE_SIZE);
	/* What was there must not come back. */
	KT_ASSERT(map(vs, BASE + 8 * PAGE_SIZE, 13 * PAGE_SIZE, RW,
		      ANON | MAP_FIXED) == 0);
	KT_ASSERT(peek(vs, BASE + 20 * PAGE_SIZE) == 0);
	KT_ASSERT(map(vs, BASE, PAGE_SIZE, RW, ANON | MAP_FIXED | MAP_EXCL) ==
		  EEXIST);
	vmspace_release(vs);
}

KTEST(map_places)
{
	struct vmspace *vs = vmspace_create(0);
	struct vm_mapping m = {
	    .size = PAGE_SIZE, .prot = RW, .maxprot = PROT_ALL, .flags = ANON};
	vaddr_t first, hole;

	KT_ASSERT(vs != NULL);
	KT_ASSERT(vm_map(vs, &m) == 0);
	first = m.addr;
	for (unsigned i = 1; i < 2000; i++) {
		m.addr = 0;
		m.prot = i % 2 != 0 ? PROT_READ : RW;
		KT_ASSERT(vm_map(vs, &m) == 0);
		KT_ASSERT(m.addr == first + ptoa(i));
	}
	hole = first + ptoa(1000);
	KT_ASSERT(vm_unmap(vs, hole, PAGE_SIZE) == 0);
	m.addr = 0;
	m.size = 2 * PAGE_SIZE;
	KT_ASSERT(vm_map(vs, &m) == 0 && m.addr == first + ptoa(2000));
	m.addr = 0;
	m.size = PAGE_SIZE;
	KT_ASSERT(vm_map(vs, &m) == 0 && m.addr == hole);
	m.addr = 0;
	m.flags = ANON | MAP_ALIGNED(24);
	KT_ASSERT(vm_map(vs, &m) == 0 && m.addr % (1ul << 24) == 0);
	m.addr = 0;
	m.flags = ANON | MAP_32BIT;
	KT_ASSERT(vm_map(vs, &m) == 0 && m.addr < 1ul << 31);
	m.addr = 0x123456789000;
	m.flags = ANON;
	KT_ASSERT(vm_map(vs, &m) == 0 && m.addr == 0x123456789000);
	m.addr = 0;
	m.size = 1ul << 46;
	m.prot = PROT_NONE;
	KT_ASSERT(vm_map(vs, &m) == 0);
	m.addr = 0;
	KT_ASSERT(vm_map(vs, &m) == ENOMEM);
	m.size = UINT64_MAX - 100;
	KT_ASSERT(vm_map(vs, &m) != 0);
	vmspace_release(vs);
}

KTEST(fork_copies)
{
	struct vmspace *vs = vmspace_create(0), *child, *grandchild;

	KT_ASSERT(vs != NULL);
	KT_ASSERT(map(vs, BASE, 8 * PAGE_SIZE, RW, ANON | MAP_FIXED) == 0);
	KT_ASSERT(map(vs, 2 * BASE, PAGE_SIZE, RW,
		      MAP_ANON | MAP_SHARED | MAP_FIXED) == 0);
	for (unsigned i = 0; i < 4; i++)
		KT_ASSERT(poke(vs, BASE + ptoa(i), i + 1));
	KT_ASSERT(poke(vs, 2 * BASE, 50));
	KT_ASSERT((child = vmspace_fork(vs)) != NULL);
	KT_ASSERT(poke(child, BASE, 100) && poke(vs, BASE + ptoa(1), 200));
	KT_ASSERT((grandchild = vmspace_fork(child)) != NULL);
	KT_ASSERT(poke(child, BASE + ptoa(2), 300));
	KT_ASSERT(poke(child, BASE + ptoa(6), 77));
	KT_ASSERT(poke(grandchild, 2 * BASE, 51));

	KT_ASSERT(peek(vs, BASE) == 1 && peek(vs, BASE + ptoa(1)) == 200);
	KT_ASSERT(peek(vs, BASE + ptoa(2)) == 3);
	KT_ASSERT(peek(vs, BASE + ptoa(6)) == 0);
	KT_ASSERT(peek(child, BASE) == 100 && peek(child, BASE + ptoa(1)) == 2);
	KT_ASSERT(peek(grandchild, BASE) == 100);
	KT_ASSERT(peek(grandchild, BASE + ptoa(2)) == 3);
	KT_ASSERT(peek(grandchild, BASE + ptoa(3)) == 4);
	KT_ASSERT(peek(grandchild, BASE + ptoa(6)) == 0);
	KT_ASSERT(peek(vs, 2 * BASE) == 51 && peek(child, 2 * BASE) == 51);
	vmspace_release(child);
	KT_ASSERT(poke(vs, BASE + ptoa(3), 9));
	KT_ASSERT(peek(grandchild, BASE + ptoa(3)) == 4);
	vmspace_release(vs);
	KT_ASSERT(peek(grandchild, BASE + ptoa(3)) == 4);
	vmspace_release(grandchild);
}

/* A piece that the child doesn't inherit must not shine through later. */
KTEST(fork_inherit)
{
	struct vmspace *vs = vmspace_create(0), *child;

	KT_ASSERT(vs != NULL);
	KT_ASSERT(map(vs, BASE, 8 * PAGE_SIZE, RW, ANON | MAP_FIXED) == 0);
	for (unsigned i = 0; i < 8; i++)
		KT_ASSERT(poke(vs, BASE + ptoa(i), i + 1));
	KT_ASSERT(vm_inherit(vs, BASE + ptoa(2), PAGE_SIZE, INHERIT_NONE) == 0);
	KT_ASSERT(vm_inherit(vs, BASE + ptoa(4), PAGE_SIZE, INHERIT_ZERO) == 0);
	KT_ASSERT(
	    vm_inherit(vs, BASE + ptoa(6), PAGE_SIZE, INHERIT_SHARE) == 0);
	KT_ASSERT((child = vmspace_fork(vs)) != NULL);
	KT_ASSERT(fault(child, BASE + ptoa(2), PMAP_READ) == EFAULT);
	KT_ASSERT(
	    map(child, BASE + ptoa(2), PAGE_SIZE, RW, ANON | MAP_FIXED) == 0);
	KT_ASSERT(peek(child, BASE + ptoa(2)) == 0);
	KT_ASSERT(peek(child, BASE + ptoa(4)) == 0);
	KT_ASSERT(peek(child, BASE + ptoa(5)) == 6);
	KT_ASSERT(peek(child, BASE + ptoa(6)) == 7);
	KT_ASSERT(poke(child, BASE + ptoa(6), 70));
	KT_ASSERT(peek(vs, BASE + ptoa(6)) == 70);
	KT_ASSERT(peek(vs, BASE + ptoa(2)) == 3 && peek(vs, BASE) == 1);
	vmspace_release(child);
	vmspace_release(vs);
}

KTEST(stack_growth)
{
	struct vmspace *vs = vmspace_create(0);
	vaddr_t top = BASE + (8ul << 20);

	KT_ASSERT(vs != NULL);
	KT_ASSERT(
	    map(vs, BASE, 8ul << 20, RW, ANON | MAP_STACK | MAP_FIXED) == 0);
	KT_ASSERT(vs->vs_size == 128ul << 10);
	KT_ASSERT(fault(vs, top - 8, PMAP_WRITE) == 0);
	for (vaddr_t va = top - PAGE_SIZE; va > BASE; va -= PAGE_SIZE)
		KT_ASSERT(fault(vs, va, PMAP_WRITE) == 0);
	KT_ASSERT(fault(vs, BASE, PMAP_WRITE) == EFAULT);
	KT_ASSERT(vs->vs_size == (8ul << 20) - PAGE_SIZE);
	vmspace_release(vs);
}

KTEST(truncate_mapped)
{
	struct vmspace *vs = vmspace_create(0);
	struct vm_object *o = vm_object_create(NULL, NULL, 4 * PAGE_SIZE);
	struct vm_mapping m = {.addr = BASE,
	    .size = 4 * PAGE_SIZE,
	    .prot = RW,
	    .maxprot = RW,
	    .flags = MAP_SHARED | MAP_FIXED,
	    .object = o};

	KT_ASSERT(vs != NULL && o != NULL);
	KT_ASSERT(vm_map(vs, &m) == 0);
	m.addr = 2 * BASE;
	m.flags = MAP_PRIVATE | MAP_FIXED;
	KT_ASSERT(vm_map(vs, &m) == 0);
	KT_ASSERT(poke(vs, BASE + ptoa(3), 5));
	KT_ASSERT(peek(vs, 2 * BASE + ptoa(3)) == 5);
	KT_ASSERT(poke(vs, 2 * BASE + ptoa(2), 6));
	KT_ASSERT(peek(vs, BASE + ptoa(2)) == 0);
	vm_object_resize(o, PAGE_SIZE);
	KT_ASSERT(fault(vs, BASE + ptoa(3), PMAP_READ) == EINVAL);
	KT_ASSERT(fault(vs, 2 * BASE + ptoa(3), PMAP_READ) == EINVAL);
	KT_ASSERT(peek(vs, 2 * BASE + ptoa(2)) == 6);
	vm_object_resize(o, 4 * PAGE_SIZE);
	KT_ASSERT(peek(vs, BASE + ptoa(3)) == 0);
	vmspace_release(vs);
	KT_ASSERT(o->o_refs == 1 && list_empty(&o->o_entries));
	vm_object_release(o);
}

KTEST(advise_free)
{
	struct vmspace *vs = vmspace_create(0);
	uint64_t before;

	KT_ASSERT(vs != NULL);
	KT_ASSERT(map(vs, BASE, 64 * PAGE_SIZE, RW, ANON | MAP_FIXED) == 0);
	for (unsigned i = 0; i < 64; i++)
		KT_ASSERT(poke(vs, BASE + ptoa(i), i));
	before = vmspace_resident(vs);
	KT_ASSERT(vm_advise(vs, BASE, 64 * PAGE_SIZE, MADV_DONTNEED) == 0);
	KT_ASSERT(peek(vs, BASE + ptoa(63)) == 63);
	KT_ASSERT(vm_advise(vs, BASE, 32 * PAGE_SIZE, MADV_FREE) == 0);
	KT_ASSERT(vmspace_resident(vs) == before - 32);
	KT_ASSERT(peek(vs, BASE + ptoa(3)) == 0);
	KT_ASSERT(peek(vs, BASE + ptoa(32)) == 32);
	KT_ASSERT(vm_advise(vs, BASE, PAGE_SIZE, 99) == EINVAL);
	vmspace_release(vs);
}

/*
 * Four threads write to the same pages while those are forked again and
 * again: no write may be lost to a copy.
 */
#define RACERS	    4u
#define RACE_PAGES  64u
#define RACE_ROUNDS 20u
static struct vmspace *race_space;
static unsigned race_left;

static void
racer(void *arg)
{
	uint32_t me = (uint32_t)(uintptr_t)arg;

	for (uint32_t round = 1; round <= RACE_ROUNDS; round++)
		for (uint32_t i = 0; i < RACE_PAGES; i++)
			(void)poke(race_space, BASE + ptoa(i) + me * 4, round);
	atomic_sub(&race_left, 1);
	kern_thr_exit(curthread());
}

KTEST(fault_race)
{
	race_space = vmspace_create(0);
	KT_ASSERT(race_space != NULL);
	KT_ASSERT(map(race_space, BASE, RACE_PAGES * PAGE_SIZE, RW,
		      ANON | MAP_FIXED) == 0);
	atomic_store(&race_left, RACERS);
	for (uintptr_t i = 0; i < RACERS; i++)
		KT_ASSERT(kthread_create("racer", racer, (void *)i) != NULL);
	while (atomic_load(&race_left) != 0) {
		struct vmspace *child = vmspace_fork(race_space);

		KT_ASSERT(child != NULL);
		(void)poke(child, BASE, 12345);
		vmspace_release(child);
		sched_yield();
	}
	for (uint32_t i = 0; i < RACE_PAGES; i++)
		for (uint32_t j = 0; j < RACERS; j++)
			KT_ASSERT(peek(race_space, BASE + ptoa(i) + j * 4) ==
				  RACE_ROUNDS);
	vmspace_release(race_space);
}

/* Pages come and go while others look for what can be freed, with no page there
 * when they begin. */
#define COMINGS 20000u
static bool coming;

static void
comer(void *arg)
{
	struct page *pg = arg;

	for (unsigned i = 0; i < COMINGS; i++) {
		reclaim_add(&pg, 1);
		reclaim_drop(pg);
	}
	atomic_store(&coming, false);
	kern_thr_exit(curthread());
}

KTEST(reclaim_race)
{
	struct vm_object *o = vm_object_create(NULL, NULL, PAGE_SIZE);
	struct page *pg;

	KT_ASSERT(o != NULL);
	mutex_lock(&o->o_lock);
	KT_ASSERT(object_page(o, 0, 0, &pg) == 0);
	pg->pg_flags |= PG_DIRTY; /* so it stays */
	mutex_unlock(&o->o_lock);
	atomic_store(&coming, true);
	KT_ASSERT(kthread_create("comer", comer, pg) != NULL);
	while (atomic_load(&coming))
		KT_ASSERT(reclaim_pages(1) == 0);
	vm_object_release(o);
}

/* Nothing is left behind by any of it. */
KTEST(vm_leaks)
{
	uint64_t before = 0, after;

	for (unsigned round = 0; round < 3; round++) {
		if (round == 1)
			before = page_free_count();
		for (unsigned i = 0; i < 50; i++) {
			ktest_fork_copies();
			ktest_fork_inherit();
			ktest_truncate_mapped();
			ktest_map_cut_and_join();
		}
	}
	after = page_free_count();
	KT_ASSERT(after + 64 >= before);
}
