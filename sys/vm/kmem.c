/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Slabs (Bonwick, 1994) with per-CPU magazines.
 *
 * A slab is a naturally aligned block of pages cut into equal objects; its
 * header is at its start, so an object's slab is found by masking.  Free
 * objects chain through their first word.  Each CPU keeps a magazine of free
 * objects per cache, used with interrupts off and no lock; it is filled from
 * and emptied into slabs by halves under the cache's lock.
 *
 * With options KASAN there is a zone behind each object that nobody may touch,
 * in which stands who took and who freed it; and a freed object goes to the
 * end of a queue before it comes to the magazine.
 */
#include "amd64/md.h"
#include "core/count.h"
#include "core/callers.h"
#include "core/kasan.h"
#include "core/printf.h"
#include "core/sched.h"
#include "core/sync.h"
#include "lib/string.h"
#include "vm/kmem.h"
#include "vm/page.h"

#define MAGAZINE 15u /* with their number 128 bytes */
#define POISON	 0xdf

struct slab {
	struct list s_link; /* in kc_partial, or unlinked: full */
	void *s_free;
	unsigned s_used;
#ifdef OPT_KASAN
	const struct kcache *s_cache;
#endif
};

struct magazine {
	unsigned n;
	void *obj[MAGAZINE];
};

struct kcache {
	struct spin kc_lock;
	const char *kc_name;
	size_t kc_object;  /* of an object */
	size_t kc_size;	   /* with its zone, and alignment */
	unsigned kc_order; /* of a slab */
	unsigned kc_per_slab;
	size_t kc_first;		/* offset of the first object */
	struct list kc_partial;		/* (kc_lock) slabs with room */
	unsigned kc_nslabs;		/* (kc_lock) */
	uint64_t kc_taken;		/* (kc_lock) from slabs, ever */
	uint64_t kc_given;		/* (kc_lock) back to them, ever */
	struct magazine kc_cpu[MAXCPU]; /* that CPU, interrupts off */
};

#define KCACHES 64
static struct kcache kcaches[KCACHES];
static unsigned nkcaches;

/* Sizes that kmem_alloc() rounds up to; larger ones are whole pages, by
 * themselves in the physmap, or many in the kernel's virtual area. */
static const uint16_t class_size[] = {
    16, 32, 48, 64, 96, 128, 192, 256, 384, 576, 768, 1024, 2048};
#define SMALL_MAX 2048
static struct kcache *class_cache[nitems(class_size)];
static uint8_t class_of[SMALL_MAX / 16 + 1]; /* by (size + 15) / 16 */

#ifdef OPT_KASAN
/* The end of an object's zone. */
struct zone {
	size_t size; /* asked for */
	struct callers taken, freed;
};
#define ZONE_SIZE sizeof(struct zone)

/* A CPU's freed objects, the oldest first; interrupts off. */
#define WAITING_MAX   512u
#define WAITING_BYTES 262144u
static struct waiting {
	unsigned first, n;
	size_t bytes;
	struct {
		struct kcache *kc;
		void *p;
	} obj[WAITING_MAX];
} waiting[MAXCPU];

static struct zone *
zone_of(const struct kcache *kc, void *p)
{
	return ((struct zone *)(void *)((char *)p + kc->kc_size) - 1);
}

static void
mark_taken(struct kcache *kc, void *p, size_t size)
{
	struct zone *z = zone_of(kc, p);

	z->size = size;
	callers_get(&z->taken);
	kasan_unpoison(p, MAX(size, 1)); /* see mark_freed() */
}

static void
mark_freed(struct kcache *kc, void *p)
{
	kasan_check_write(p, 1); /* or it was freed before */
	callers_get(&zone_of(kc, p)->freed);
	kasan_poison(p, kc->kc_object, KASAN_SLAB_FREE);
}

static void
check_size(struct kcache *kc, void *p, size_t size)
{
	if (zone_of(kc, p)->size != size)
		panic("kmem_free: %p has %zu bytes, not %zu", p,
		    zone_of(kc, p)->size, size);
}

/* Of any cache whose slab has addr in it. */
static struct slab *
find_slab(uintptr_t addr)
{
	for (unsigned order = 0; order <= 3; order++) {
		struct slab *s =
		    (struct slab *)(addr & ~((PAGE_SIZE << order) - 1));

		if (s->s_cache >= kcaches && s->s_cache < kcaches + nkcaches &&
		    s->s_cache->kc_order == order)
			return (s);
	}
	return (NULL);
}

static void
describe_slab(uintptr_t addr)
{
	struct slab *s = find_slab(addr);
	const struct kcache *kc;
	struct zone *z;
	uintptr_t first;
	char callers[320];
	char *p;

	if (s == NULL)
		return;
	kc = s->s_cache;
	first = (uintptr_t)s + kc->kc_first;
	if (addr < first)
		return;
	p = (char *)(first + (addr - first) / kc->kc_size * kc->kc_size);
	z = zone_of(kc, p);
	kprintf("  %zu bytes from the start of %p, one of %s with %zu bytes\n",
	    (size_t)(addr - (uintptr_t)p), p, kc->kc_name, z->size);
	callers_format(&z->taken, callers, sizeof(callers));
	kprintf("  taken by %s\n", callers);
	callers_format(&z->freed, callers, sizeof(callers));
	kprintf("  freed by %s\n", callers);
}
#else
#define ZONE_SIZE 0

static inline void
mark_taken(struct kcache *kc, void *p, size_t size)
{
}

static inline void
check_size(struct kcache *kc, void *p, size_t size)
{
}
#endif

static void
kcache_setup(struct kcache *kc, const char *name, size_t size, size_t align)
{
	align = MAX(align, 16);
	spin_init(&kc->kc_lock, "kmem cache");
	kc->kc_name = name;
	kc->kc_object = roundup2(MAX(size, 16), 16);
	kc->kc_size = roundup2(kc->kc_object + ZONE_SIZE, align);
	kc->kc_first = roundup2(sizeof(struct slab), align);
	while ((PAGE_SIZE << kc->kc_order) - kc->kc_first < 6 * kc->kc_size &&
	       kc->kc_order < 3)
		kc->kc_order++;
	kc->kc_per_slab =
	    (unsigned)(((PAGE_SIZE << kc->kc_order) - kc->kc_first) /
		       kc->kc_size);
	list_init(&kc->kc_partial);
}

struct kcache *
kcache_create(const char *name, size_t size, size_t align)
{
	struct kcache *kc = &kcaches[nkcaches++];

	if (nkcaches > KCACHES || size > 2 * PAGE_SIZE)
		panic("kcache %s: too many or too large", name);
	kcache_setup(kc, name, size, align);
	return (kc);
}

/* A freed object must come back as it was left. */
static void
poison(const struct kcache *kc, void *p)
{
#ifdef OPT_MEMDEBUG
	md_memset(p, POISON, kc->kc_object);
#endif
}

static void
check_poison(const struct kcache *kc, void *p)
{
#ifdef OPT_MEMDEBUG
	const uint8_t *b = p;

	for (size_t i = sizeof(void *); i < kc->kc_object; i++)
		if (b[i] != POISON)
			panic("kcache %s: %p written after free at +%zu",
			    kc->kc_name, p, i);
#endif
}

static struct slab *
slab_create(struct kcache *kc)
{
	struct page *pg = page_alloc(kc->kc_order, PAGE_URGENT);
	struct slab *s;
	char *obj;

	if (pg == NULL)
		return (NULL);
	pg->pg_flags = PG_SLAB;
	s = page_virt(pg);
	list_init(&s->s_link);
	s->s_used = 0;
	s->s_free = NULL;
#ifdef OPT_KASAN
	s->s_cache = kc;
#endif
	kasan_poison(s, PAGE_SIZE << kc->kc_order, KASAN_SLAB);
	/* Chained so that the lowest address is handed out first. */
	obj = (char *)s + kc->kc_first + kc->kc_per_slab * kc->kc_size;
	for (unsigned i = 0; i < kc->kc_per_slab; i++) {
		obj -= kc->kc_size;
		poison(kc, obj);
		*(void **)(void *)obj = s->s_free;
		s->s_free = obj;
	}
	list_push_front(&kc->kc_partial, &s->s_link);
	kc->kc_nslabs++;
	return (s);
}

/* kc_lock held. */
static void *
slab_take(struct kcache *kc)
{
	struct slab *s = LIST_FIRST(&kc->kc_partial, struct slab, s_link);
	void *p;

	if (s == NULL && (s = slab_create(kc)) == NULL)
		return (NULL);
	p = s->s_free;
	s->s_free = *(void **)p;
	s->s_used++;
	kc->kc_taken++;
	if (s->s_free == NULL)
		list_remove(&s->s_link);
	return (p);
}

static void
slab_put(struct kcache *kc, void *p)
{
	struct slab *s =
	    (struct slab *)((uintptr_t)p & ~((PAGE_SIZE << kc->kc_order) - 1));

	if (s->s_free == NULL)
		list_push_front(&kc->kc_partial, &s->s_link);
	*(void **)p = s->s_free;
	s->s_free = p;
	kc->kc_given++;
	if (--s->s_used == 0 && kc->kc_partial.next != kc->kc_partial.prev) {
		list_remove(&s->s_link);
		kc->kc_nslabs--;
		page_free(phys_to_page(virt_to_phys(s)), kc->kc_order);
	}
}

/* This CPU's. Interrupts off. */
static inline struct magazine *
magazine(struct kcache *kc)
{
	return (&kc->kc_cpu[curcpu()->c_id]);
}

static inline void *
hand_out(struct kcache *kc, void *p, size_t size, unsigned flags)
{
	check_poison(kc, p);
	mark_taken(kc, p, size);
	return (flags & KM_ZERO ? memset(p, 0, size) : p);
}

/* What is rare stands apart, to its end, so that what is frequent has nothing
 * to save.  Interrupts off; restored. */
static __attribute__((noinline)) void *
refill_and_take(struct kcache *kc, size_t size, unsigned flags, uint64_t iflags)
{
	struct magazine *m = magazine(kc);
	void *p = NULL;

	spin_lock(&kc->kc_lock);
	while (m->n < MAGAZINE / 2 && (p = slab_take(kc)) != NULL)
		m->obj[m->n++] = p;
	spin_unlock(&kc->kc_lock);
	if (m->n > 0)
		p = m->obj[--m->n];
	intr_restore(iflags);
	return (p != NULL ? hand_out(kc, p, size, flags) : NULL);
}

static inline void *
take(struct kcache *kc, size_t size, unsigned flags)
{
	uint64_t iflags = intr_disable();
	struct magazine *m = magazine(kc);
	void *p;

	if (__predict_false(m->n == 0))
		return (refill_and_take(kc, size, flags, iflags));
	p = m->obj[--m->n];
	intr_restore(iflags);
	return (hand_out(kc, p, size, flags));
}

void *
kcache_alloc(struct kcache *kc, unsigned flags)
{
	return (take(kc, kc->kc_object, flags));
}

/* As refill_and_take(). */
static __attribute__((noinline)) void
empty_and_give(struct kcache *kc, void *p, uint64_t iflags)
{
	struct magazine *m = magazine(kc);

	spin_lock(&kc->kc_lock);
	while (m->n > MAGAZINE / 2)
		slab_put(kc, m->obj[--m->n]);
	spin_unlock(&kc->kc_lock);
	m->obj[m->n++] = p;
	intr_restore(iflags);
}

static inline void
give(struct kcache *kc, void *p)
{
	uint64_t iflags = intr_disable();
	struct magazine *m = magazine(kc);

	if (__predict_false(m->n == MAGAZINE)) {
		empty_and_give(kc, p, iflags);
		return;
	}
	m->obj[m->n++] = p;
	intr_restore(iflags);
}

#ifdef OPT_KASAN
/* Interrupts off. */
static void
give_oldest(struct waiting *w)
{
	struct kcache *kc = w->obj[w->first].kc;

	give(kc, w->obj[w->first].p);
	w->bytes -= kc->kc_size;
	w->first = (w->first + 1) % WAITING_MAX;
	w->n--;
}

static void
give_later(struct kcache *kc, void *p)
{
	uint64_t iflags = intr_disable();
	struct waiting *w = &waiting[curcpu()->c_id];
	unsigned last;

	mark_freed(kc, p);
	if (w->n == WAITING_MAX)
		give_oldest(w);
	last = (w->first + w->n++) % WAITING_MAX;
	w->obj[last].kc = kc;
	w->obj[last].p = p;
	w->bytes += kc->kc_size;
	while (w->bytes > WAITING_BYTES)
		give_oldest(w);
	intr_restore(iflags);
}
#endif

void
kcache_free(struct kcache *kc, void *p)
{
	poison(kc, p);
#ifdef OPT_KASAN
	give_later(kc, p);
#else
	give(kc, p);
#endif
}

static unsigned
order_for(size_t size)
{
	unsigned order = 0;

	while (PAGE_SIZE << order < size && order < 20)
		order++;
	return (order);
}

/* What is behind size is nobody's. */
static void *
cut_off(void *p, size_t size, size_t pages)
{
	if (p != NULL) {
		kasan_poison(p, ptoa(pages), KASAN_PAGE_TAIL);
		kasan_unpoison(p, size);
	}
	return (p);
}

static void
count_large(size_t pages)
{
	count(COUNT_LARGE);
	count_add(COUNT_LARGE_BYTES, ptoa(pages));
}

static __attribute__((noinline)) void *
large_alloc(size_t size, unsigned flags)
{
	const unsigned how = PAGE_KERNEL | (flags & KM_ZERO ? PAGE_ZEROED : 0);
	const unsigned order = order_for(size);
	const size_t pages = atop(size) + ((size & PAGE_MASK) != 0);
	struct page *pg;
	void *p;

	if (pages > 1 && !(flags & KM_PHYS)) {
		p = md_kva_alloc(pages, how);
		if (p != NULL)
			count_large(pages);
		return (cut_off(p, size, pages));
	}
	pg = page_alloc(order, how);
	if (pg == NULL)
		return (NULL);
	count_large(1ul << order);
	return (cut_off(page_virt(pg), size, 1ul << order));
}

static __attribute__((noinline)) void
large_free(void *p, size_t size)
{
	const unsigned order = order_for(size);
	const size_t pages =
	    in_physmap(p) ? 1ul << order : atop(size + PAGE_MASK);

	count(COUNT_LARGE_FREE);
	count_add(COUNT_LARGE_FREE_BYTES, ptoa(pages));
	if (in_physmap(p)) {
		page_free(phys_to_page(virt_to_phys(p)), order);
	} else {
		md_kva_free(p, pages);
	}
}

void *
kmem_alloc(size_t size, unsigned flags)
{
	if (size <= SMALL_MAX)
		return (
		    take(class_cache[class_of[(size + 15) / 16]], size, flags));
	return (large_alloc(size, flags));
}

void
kmem_free(void *p, size_t size)
{
	if (p == NULL)
		return;
	if (size <= SMALL_MAX) {
		struct kcache *kc = class_cache[class_of[(size + 15) / 16]];

		check_size(kc, p, size);
		kcache_free(kc, p);
	} else {
		large_free(p, size);
	}
}

char *
kmem_strdup(const char *s)
{
	size_t n = strlen(s) + 1;
	char *p = kmem_alloc(n, 0);

	if (p != NULL)
		memcpy(p, s, n);
	return (p);
}

void
kmem_strfree(char *s)
{
	if (s != NULL)
		kmem_free(s, strlen(s) + 1);
}

uint64_t
kmem_used(void)
{
	/* First what was given back, so that the rest is never negative. */
	const uint64_t given = count_sum(COUNT_LARGE_FREE_BYTES);
	uint64_t pages = atop(count_sum(COUNT_LARGE_BYTES) - given);

	for (unsigned i = 0; i < nkcaches; i++)
		pages += (uint64_t)kcaches[i].kc_nslabs << kcaches[i].kc_order;
	return (ptoa(pages));
}

size_t
kmem_class(unsigned i)
{
	return (i < nitems(class_size) ? class_size[i] : 0);
}

unsigned
kmem_count(void)
{
	return (nkcaches);
}

void
kmem_stats(unsigned i, struct kmem_stats *ks)
{
	struct kcache *kc = &kcaches[i];
	bool sized = false;

	for (unsigned k = 0; k < nitems(class_cache); k++)
		sized = sized || class_cache[k] == kc;
	spin_lock(&kc->kc_lock);
	*ks = (struct kmem_stats){.ks_name = sized ? NULL : kc->kc_name,
	    .ks_size = kc->kc_object,
	    .ks_room = kc->kc_size,
	    .ks_pages = (uint64_t)kc->kc_nslabs << kc->kc_order,
	    .ks_free = (uint64_t)kc->kc_nslabs * kc->kc_per_slab -
		       (kc->kc_taken - kc->kc_given),
	    .ks_taken = kc->kc_taken,
	    .ks_given = kc->kc_given};
	spin_unlock(&kc->kc_lock);
	for (unsigned cpu = 0; cpu < ncpus; cpu++)
		ks->ks_at_hand[cpu] = atomic_load(&kc->kc_cpu[cpu].n);
}

void
kmem_init(void)
{
	unsigned class = 0;

#ifdef OPT_KASAN
	kasan_describe_slab = describe_slab;
#endif
	for (size_t i = 0; i < nitems(class_size); i++)
		class_cache[i] = kcache_create("kmem", class_size[i], 16);
	for (size_t i = 0; i < nitems(class_of); i++) {
		if (i * 16 > class_size[class])
			class ++;
		class_of[i] = (uint8_t) class;
	}
}
