/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Kernel memory.  Sizes up to half a page come from per-size slabs with
 * per-CPU caches, larger ones are whole pages, which beyond the first follow
 * each other by their addresses only: physical memory that is contiguous may
 * be there or not, and only who gives a device its address asks for it, by
 * KM_PHYS.  Allocation never sleeps and may be used with spin locks held and
 * in interrupt handlers (elsewhere, long ones offer the CPU); it returns NULL
 * when memory is out, and the caller says ENOMEM.
 */
#ifndef VM_KMEM_H
#define VM_KMEM_H

#include "amd64/md.h"
#include "lib/types.h"

#define KM_ZERO 0x1
#define KM_PHYS 0x2 /* within the physmap: for virt_to_phys() */

void *kmem_alloc(size_t size, unsigned flags);
void kmem_free(void *p, size_t size); /* the size it was allocated with */
char *kmem_strdup(const char *s);     /* free with kmem_strfree() */
void kmem_strfree(char *s);

/* A cache of equal objects; cheaper than kmem_alloc for hot ones. */
struct kcache;
struct kcache *kcache_create(const char *name, size_t size, size_t align);
void *kcache_alloc(struct kcache *kc, unsigned flags);
void kcache_free(struct kcache *kc, void *p);

void kmem_init(void);	  /* after vm_page_init() */
uint64_t kmem_used(void); /* bytes */

/* One size of objects, or one kind.  What a CPU has at hand of them is taken
 * and given without being counted. */
struct kmem_stats {
	const char *ks_name; /* NULL: of kmem_alloc(), by size */
	size_t ks_size;	     /* bytes asked for, at most */
	size_t ks_room;	     /* and taken */
	uint64_t ks_pages;
	uint64_t ks_free;	     /* objects in slabs */
	uint64_t ks_taken;	     /* from slabs, ever */
	uint64_t ks_given;	     /* back to them, ever */
	uint64_t ks_at_hand[MAXCPU]; /* of each CPU, now */
};
unsigned kmem_count(void);
/* The i-th size that kmem_alloc() rounds up to, 0: there are fewer. */
size_t kmem_class(unsigned i);
void kmem_stats(unsigned i, struct kmem_stats *ks); /* i < kmem_count() */

#endif
