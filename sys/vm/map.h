/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files of sys/vm share among themselves.
 */
#ifndef VM_MAP_H
#define VM_MAP_H

#include "vm/vm.h"

/* Objects' pages; o_lock held.  The page at index, made if absent, but EBUSY if
 * it must be read: vm_object_fetch(); *pp is the busy page then, or NULL. See
 * vm_object_page(). */
int object_page(struct vm_object *o, uint64_t index, unsigned flags,
    struct page **pp) __sleeps;
void object_dirty(struct vm_object *o, struct page *pg); /* it is, now */
/* Frees and unmaps whole pages. */
void object_discard(struct vm_object *o, uint64_t start, uint64_t end) __sleeps;
/* Frees those of [start, end), which are mapped nowhere. */
void object_free_pages(
    struct vm_object *o, uint64_t start, uint64_t end) __sleeps;
/* A busy page is taken from its object: does a reading have its reference now?
 * o_lock held. */
bool page_leave_busy(struct page *pg);
void pager_init(void);
/* Was the page used by way of a mapping since this was last asked, or is it
 * locked there? o_lock held. */
bool object_page_touched(struct vm_object *o, const struct page *pg) __sleeps;
/* Unmaps it everywhere but for TLBs: see pmap_remove_later(). */
void object_unmap_later(
    struct vm_object *o, const struct page *pg, uint32_t *stale) __sleeps;

/* reclaim.c. Pages that memory may be got back from, from the time they are put
 * into an object whose storage can be read; its o_lock is held. */
void reclaim_init(void);
void reclaim_add(struct page *const *pages, unsigned n);
/* Before it leaves its object; it needn't be one of those. */
void reclaim_drop(struct page *pg);
/* Frees so many, if there are so many that can be freed and that nobody used
 * again since they were looked at. How many. */
uint64_t reclaim_pages(uint64_t want) __sleeps;
uint64_t reclaim_inactive(void); /* pages in the inactive queues */

/* Entries, map.c; vs_lock held. */
struct vm_entry *entry_at(struct vmspace *vs, vaddr_t va); /* or NULL */
/* The first entry that ends above va, or NULL. */
struct vm_entry *entry_from(struct vmspace *vs, vaddr_t va);
struct vm_entry *entry_next(struct vm_entry *e);
struct vm_entry *entry_alloc(void);
/* Another one like e, without references of its own, and in no list. */
struct vm_entry *entry_copy(const struct vm_entry *e);
void entry_insert(struct vmspace *vs, struct vm_entry *e) __sleeps;
/* Gives e references of its own to its object and vnode. */
void entry_attach(struct vm_entry *e);
/* Takes e out of the tree and from its object; it goes to `dead`, whose
 * entries entries_free() ends when vs_lock has been released. */
void entry_detach(
    struct vmspace *vs, struct vm_entry *e, struct list *dead) __sleeps;
void entries_free(struct list *dead) __sleeps;
/* Ends what entry_attach() began. */
void entry_let_go(struct vm_object *o, struct vnode *vp) __sleeps;
/* Cuts entries so that none crosses start or end. 0, ENOMEM. */
int entries_clip(struct vmspace *vs, vaddr_t start, vaddr_t end) __sleeps;
/* Joins entries within and around [start, end) that are alike. */
void entries_join(
    struct vmspace *vs, vaddr_t start, vaddr_t end, struct list *dead) __sleeps;
bool bad_range(vaddr_t addr, uint64_t size); /* no addresses of programs */
/* Is all of [start, end) mapped? vs_lock held. */
bool no_holes(struct vmspace *vs, vaddr_t start, vaddr_t end);
/* Walks entries that meet [start, end). */
#define ENTRIES_IN(e, vs, start, end)                                          \
	for (e = entry_from(vs, start); e != NULL && e->e_start < (end);       \
	     e = entry_next(e))

static inline uint64_t
entry_size(const struct vm_entry *e)
{
	return (e->e_end - e->e_start);
}

/* Does it count as mapped memory: vs_size. */
static inline bool
entry_counts(const struct vm_entry *e)
{
	return (!(e->e_flags & (VME_GUARD | VME_GROWS)));
}

/* wired.c: vs_wired, with vs_lock held for writing. */
void wired_grow(struct vmspace *vs, uint64_t size);
void wired_shrink(struct vmspace *vs, uint64_t size);
/* mlockall(MCL_FUTURE): what is new in [start, end) is locked if it can be. No
 * lock held. */
void wire_new(struct vmspace *vs, vaddr_t start, vaddr_t end) __sleeps;

/* stack.c */
#define STACK_GUARD PAGE_SIZE
uint64_t stack_first_size(uint64_t size);
/* va lies in a reserve below a stack: 0, EFAULT, ENOMEM. No lock held. */
int stack_grow(struct vmspace *vs, vaddr_t va) __sleeps;

/* amap.c; vs_lock held for writing unless said. */
struct amap *amap_create(vaddr_t base); /* one reference; or NULL */
/* A copy, whose pages must not be written in place any more; or NULL. */
struct amap *amap_fork(struct amap *am);
void amap_release(struct amap *am);
/* Is there a page at va? am NULL: no. vs_lock held. */
bool amap_has(struct amap *am, vaddr_t va) __sleeps;
/* A page may be put in or replaced at va: 0, ENOMEM. am_lock held, and vs_lock
 * at least for reading. */
int amap_own(struct amap *am, vaddr_t va);
/* A part of the entries may go: before amap_discard(). 0, ENOMEM. */
int amap_own_ends(struct amap *am, vaddr_t start, vaddr_t end) __sleeps;
/* Lets go of pages that are unmapped already. */
void amap_discard(struct amap *am, vaddr_t start, vaddr_t end) __sleeps;

static inline uint64_t
amap_index(const struct amap *am, vaddr_t va)
{
	return (atop(va - am->am_base));
}

/*
 * fault.c: makes the page at va present for access, and calls use() for it
 * with its holder's mutex held. 0, EFAULT, EIO, EINVAL, ENOMEM, EINTR.
 */
int fault_use(struct vmspace *vs, vaddr_t va, unsigned access,
    void (*use)(void *arg, struct page *pg), void *arg) __sleeps;
/* Has the page at va become a private mapping's own, whatever its rights; it
 * isn't mapped for that.  The same errors; EFAULT: there is none. */
int fault_own(struct vmspace *vs, vaddr_t va) __sleeps;

/* exec's (exec/oom.c): memory is out. Kills somebody and waits a little; true:
 * it is worth trying again, false: the caller's process is the one. */
bool oom_relieve(void) __sleeps;

#endif
