/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The entries of an address space: finding, cutting, joining them, and
 * finding room for new ones.
 *
 * Room is looked for from vs_hint, the end of what was placed last, and only
 * from the bottom when a hole known to be below it (vs_hole) is large enough;
 * so placing thousands of mappings doesn't mean walking thousands of entries
 * each time.
 */
#include "core/count.h"
#include "fbsd/errno.h"
#include "fbsd/mman.h"
#include "fbsd/resource.h"
#include "core/printf.h"
#include "core/sched.h"
#include "vm/kmem.h"
#include "vm/map.h"

#define ENTRY(n) container_of(n, struct vm_entry, e_node)

const struct vm_file_ops *vm_file_ops;

struct vm_entry *
entry_from(struct vmspace *vs, vaddr_t va)
{
	struct rb_node *n = vs->vs_entries.root;
	struct vm_entry *found = NULL;

	while (n != NULL) {
		struct vm_entry *e = ENTRY(n);

		if (va < e->e_end) {
			found = e;
			if (va >= e->e_start)
				break;
			n = n->left;
		} else {
			n = n->right;
		}
	}
	return (found);
}

struct vm_entry *
entry_at(struct vmspace *vs, vaddr_t va)
{
	struct vm_entry *e = entry_from(vs, va);

	return (e != NULL && e->e_start <= va ? e : NULL);
}

struct vm_entry *
entry_next(struct vm_entry *e)
{
	struct rb_node *n = rb_next(&e->e_node);

	return (n != NULL ? ENTRY(n) : NULL);
}

/* The last entry that starts below va, or NULL. */
static struct vm_entry *
entry_below(struct vmspace *vs, vaddr_t va)
{
	struct rb_node *n = vs->vs_entries.root;
	struct vm_entry *found = NULL;

	while (n != NULL) {
		struct vm_entry *e = ENTRY(n);

		if (e->e_start < va) {
			found = e;
			n = n->right;
		} else {
			n = n->left;
		}
	}
	return (found);
}

struct vm_entry *
entry_alloc(void)
{
	struct vm_entry *e = kmem_alloc(sizeof(*e), KM_ZERO);

	if (e != NULL)
		list_init(&e->e_olink);
	return (e);
}

struct vm_entry *
entry_copy(const struct vm_entry *e)
{
	struct vm_entry *new = entry_alloc();

	if (new != NULL) {
		*new = *e;
		list_init(&new->e_olink);
	}
	return (new);
}

void
entry_insert(struct vmspace *vs, struct vm_entry *e)
{
	struct rb_node **link = &vs->vs_entries.root, *parent = NULL;

	while (*link != NULL) {
		parent = *link;
		link = e->e_start < ENTRY(parent)->e_start ? &parent->left
							   : &parent->right;
	}
	e->e_space = vs;
	rb_insert(&vs->vs_entries, &e->e_node, parent, link);
	if (entry_counts(e))
		vs->vs_size += entry_size(e);
	if (e->e_object != NULL) {
		mutex_lock(&e->e_object->o_lock);
		list_push_back(&e->e_object->o_entries, &e->e_olink);
		mutex_unlock(&e->e_object->o_lock);
	}
}

void
entry_attach(struct vm_entry *e)
{
	if (e->e_object != NULL)
		vm_object_hold(e->e_object);
	if (e->e_vnode != NULL)
		vm_file_ops->hold(e->e_vnode);
}

void
entry_detach(struct vmspace *vs, struct vm_entry *e, struct list *dead)
{
	if (e->e_object != NULL) {
		mutex_lock(&e->e_object->o_lock);
		list_remove(&e->e_olink);
		mutex_unlock(&e->e_object->o_lock);
	}
	if (entry_counts(e))
		vs->vs_size -= entry_size(e);
	if (e->e_flags & VME_WIRED)
		wired_shrink(vs, entry_size(e));
	rb_remove(&vs->vs_entries, &e->e_node);
	if (e->e_amap != NULL)
		amap_release(e->e_amap);
	list_push_back(dead, &e->e_olink);
}

void
entry_let_go(struct vm_object *o, struct vnode *vp)
{
	if (o != NULL)
		vm_object_release(o);
	if (vp != NULL)
		vm_file_ops->release(vp);
}

void
entries_free(struct list *dead)
{
	struct vm_entry *e, *next;

	LIST_FOREACH_SAFE (e, dead, e_olink, next) {
		entry_let_go(e->e_object, e->e_vnode);
		kmem_free(e, sizeof(*e));
	}
	list_init(dead);
}

static void
entry_set_range(struct vm_entry *e, vaddr_t start, vaddr_t end)
{
	if (e->e_object != NULL)
		mutex_lock(&e->e_object->o_lock);
	e->e_ooff += start - e->e_start;
	e->e_start = start;
	e->e_end = end;
	if (e->e_object != NULL)
		mutex_unlock(&e->e_object->o_lock);
}

/* Cuts e in two at va, if va is within it. */
static int
clip(struct vmspace *vs, vaddr_t va)
{
	struct vm_entry *e = entry_at(vs, va), *new;

	if (e == NULL || e->e_start == va)
		return (0);
	new = entry_copy(e);
	if (new == NULL)
		return (ENOMEM);
	new->e_start = va;
	new->e_ooff += va - e->e_start;
	if (new->e_amap != NULL)
		new->e_amap->am_refs++;
	entry_attach(new);
	if (entry_counts(e))
		vs->vs_size -= e->e_end - va;
	entry_set_range(e, e->e_start, va);
	entry_insert(vs, new);
	return (0);
}

int
entries_clip(struct vmspace *vs, vaddr_t start, vaddr_t end)
{
	int error = clip(vs, start);

	return (error == 0 ? clip(vs, end) : error);
}

/* Can a, which ends where b starts, take b's range over? */
static bool
alike(const struct vm_entry *a, const struct vm_entry *b)
{
	if (a->e_end != b->e_start || a->e_prot != b->e_prot ||
	    a->e_maxprot != b->e_maxprot || a->e_inherit != b->e_inherit ||
	    a->e_flags != b->e_flags || a->e_object != b->e_object ||
	    a->e_vnode != b->e_vnode)
		return (false);
	if (a->e_flags & (VME_STACK | VME_GROWS | VME_GUARD))
		return (false);
	if (a->e_object != NULL && a->e_ooff + entry_size(a) != b->e_ooff)
		return (false);
	if (a->e_amap == b->e_amap)
		return (true);
	return (b->e_amap == NULL && !a->e_amap->am_fixed);
}

void
entries_join(struct vmspace *vs, vaddr_t start, vaddr_t end, struct list *dead)
{
	struct vm_entry *a = entry_below(vs, start), *b;

	if (a == NULL)
		a = entry_from(vs, start);
	while (a != NULL && a->e_start < end) {
		b = entry_next(a);
		if (b == NULL || !alike(a, b)) {
			a = b;
			continue;
		}
		vaddr_t new_end = b->e_end;

		entry_detach(vs, b, dead);
		if (entry_counts(a))
			vs->vs_size += new_end - a->e_end;
		if (a->e_flags & VME_WIRED)
			wired_grow(vs, new_end - a->e_end);
		entry_set_range(a, a->e_start, new_end);
	}
}

/*
 * The lowest place for size bytes at a multiple of align within [from, to).
 * *hole grows to the largest room that was passed over.
 */
static bool
find_room(struct vmspace *vs, uint64_t size, uint64_t align, vaddr_t from,
    vaddr_t to, vaddr_t *where, uint64_t *hole)
{
	struct vm_entry *e = entry_from(vs, from);
	vaddr_t at = from;

	for (;; e = entry_next(e)) {
		vaddr_t end = e != NULL ? MIN(e->e_start, to) : to;
		vaddr_t aligned = roundup2(at, align);

		if (aligned >= at && aligned < end && size <= end - aligned) {
			*where = aligned;
			return (true);
		}
		if (end > at)
			*hole = MAX(*hole, end - at);
		if (e == NULL || e->e_end >= to)
			return (false);
		at = MAX(at, e->e_end);
	}
}

/* A place of the kernel's choice. */
static bool
choose_place(struct vmspace *vs, uint64_t size, uint64_t align, vaddr_t *where)
{
	vaddr_t from = vs->vs_hint;
	uint64_t hole = vs->vs_hole, unused = 0;

	if (size <= hole) {
		from = vs->vs_base;
		hole = 0;
	}
	if (find_room(vs, size, align, from, USER_TOP, where, &hole)) {
		vs->vs_hole = hole;
		vs->vs_hint = *where + size;
		return (true);
	}
	return (
	    find_room(vs, size, align, vs->vs_base, USER_TOP, where, &unused) ||
	    find_room(vs, size, align, USER_MIN, vs->vs_base, where, &unused));
}

/* What lies in [start, end) is gone: remember the hole. */
static void
note_hole(struct vmspace *vs, vaddr_t start, vaddr_t end)
{
	struct vm_entry *below, *above;

	if (start >= vs->vs_hint || end <= vs->vs_base)
		return;
	below = entry_below(vs, start);
	above = entry_from(vs, end);
	start = below != NULL ? MAX(below->e_end, vs->vs_base) : vs->vs_base;
	end = above != NULL ? above->e_start : USER_TOP;
	if (end >= vs->vs_hint)
		vs->vs_hint = start;
	else
		vs->vs_hole = MAX(vs->vs_hole, end - start);
}

/*
 * vs_lock held for writing, nothing crosses start or end. Of amaps of which a
 * part stays, the other can be discarded.
 */
static int
own_parts(struct vmspace *vs, vaddr_t start, vaddr_t end)
{
	struct vm_entry *e;
	int error = 0;

	ENTRIES_IN(e, vs, start, end)
	if (e->e_amap != NULL && e->e_amap->am_refs > 1 && error == 0)
		error = amap_own_ends(e->e_amap, e->e_start, e->e_end);
	return (error);
}

/* Unmaps whole entries in [start, end); vs_lock held for writing. */
static int
unmap_locked(struct vmspace *vs, vaddr_t start, vaddr_t end, struct list *dead)
{
	struct vm_entry *e, *next;
	int error;

	e = entry_from(vs, start);
	if (e == NULL || e->e_start >= end)
		return (0);
	error = entries_clip(vs, start, end);
	if (error == 0)
		error = own_parts(vs, start, end);
	if (error != 0)
		return (error);
	pmap_remove(vs->vs_pmap, start, end);
	for (e = entry_from(vs, start); e != NULL && e->e_start < end;
	     e = next) {
		next = entry_next(e);
		if (e->e_amap != NULL && e->e_amap->am_refs > 1)
			amap_discard(e->e_amap, e->e_start, e->e_end);
		entry_detach(vs, e, dead);
	}
	note_hole(vs, start, end);
	return (0);
}

int
vm_unmap(struct vmspace *vs, vaddr_t addr, uint64_t size)
{
	struct list dead = LIST_INITIALIZER(dead);
	int error;

	if ((addr & PAGE_MASK) != 0 || addr + size < addr ||
	    addr + size > USER_TOP)
		return (EINVAL);
	rw_wlock(&vs->vs_lock);
	error = unmap_locked(vs, addr, addr + round_page(size), &dead);
	rw_wunlock(&vs->vs_lock);
	entries_free(&dead);
	return (error);
}

/* Takes all entries out; what page tables say is the caller's business. */
static void
drop_all(struct vmspace *vs, struct list *dead)
{
	struct rb_node *n;

	while ((n = vs->vs_entries.root) != NULL) {
		entry_detach(vs, ENTRY(n), dead);
		sched_maybe_yield();
	}
}

/*
 * The last reference: nobody else looks at it, but a truncation of a mapped
 * file may, until the entries are gone; so page tables go last.  Pages that
 * they still map are free before, which does no harm: no CPU has them loaded.
 */
void
vmspace_release(struct vmspace *vs)
{
	struct list dead = LIST_INITIALIZER(dead);

	assert_may_sleep("vmspace_release");
	if (!refcount_drop(&vs->vs_refs))
		return;
	if (vs->vs_umtx)
		umtx_shm_forget(vs);
	if (vs->vs_shm != NULL)
		shm_space_gone(vs);
	count_add(COUNT_ENDED, vmspace_resident(vs));
	drop_all(vs, &dead);
	entries_free(&dead);
	pmap_destroy(vs->vs_pmap);
	kmem_free(vs, sizeof(*vs));
}

/* Would size more bytes be over the process's limit? */
static bool
over_limit(struct vmspace *vs, uint64_t size)
{
	return (vs->vs_size + size > vm_limit(vs, RLIMIT_AS));
}

static uint64_t
alignment(unsigned flags)
{
	unsigned n = (flags & MAP_ALIGNMENT_MASK) >> MAP_ALIGNMENT_SHIFT;

	if (n == 0)
		return (PAGE_SIZE);
	if (n == 1)
		return (1ul << 21);
	return (1ul << MAX(n, PAGE_SHIFT));
}

/* Decides where m goes; with MAP_FIXED, clears the place. */
static int
place(struct vmspace *vs, struct vm_mapping *m, struct list *dead)
{
	uint64_t align = alignment(m->flags), hole = 0;
	struct vm_entry *e;

	if (m->flags & MAP_FIXED) {
		if (m->addr < USER_MIN || m->addr > USER_TOP - m->size ||
		    (m->addr & (align - 1)) != 0)
			return (EINVAL);
		e = entry_from(vs, m->addr);
		if (e == NULL || e->e_start >= m->addr + m->size)
			return (0);
		if (m->flags & MAP_EXCL)
			return (EEXIST);
		return (unmap_locked(vs, m->addr, m->addr + m->size, dead));
	}
	if (m->flags & MAP_32BIT)
		return (find_room(vs, m->size, align, MAX(m->addr, 1ul << 30),
			    1ul << 31, &m->addr, &hole) ||
				find_room(vs, m->size, align, USER_MIN,
				    1ul << 31, &m->addr, &hole)
			    ? 0
			    : ENOMEM);
	if (m->addr >= USER_MIN &&
	    find_room(vs, m->size, align, m->addr, USER_TOP, &m->addr, &hole))
		return (0);
	return (choose_place(vs, m->size, align, &m->addr) ? 0 : ENOMEM);
}

static uint16_t
entry_flags(const struct vm_mapping *m)
{
	uint16_t flags = 0;

	if (m->flags & MAP_GUARD)
		return (VME_GUARD);
	if (!(m->flags & MAP_SHARED))
		flags |= VME_COW;
	if (m->flags & MAP_STACK)
		flags |= VME_STACK;
	if (m->flags & MAP_NOCORE)
		flags |= VME_NOCORE;
	if (m->flags & MAP_NOSYNC)
		flags |= VME_NOSYNC;
	return (flags);
}

static struct vm_entry *
make_entry(const struct vm_mapping *m)
{
	struct vm_entry *e = entry_alloc();

	if (e == NULL)
		return (NULL);
	e->e_start = m->addr;
	e->e_end = m->addr + m->size;
	e->e_prot = (uint8_t)m->prot;
	e->e_maxprot = (uint8_t)m->maxprot;
	e->e_inherit = m->flags & MAP_SHARED ? INHERIT_SHARE : INHERIT_COPY;
	e->e_flags = entry_flags(m);
	e->e_object = m->object;
	e->e_ooff = m->offset;
	e->e_vnode = m->vnode;
	entry_attach(e);
	return (e);
}

/* The lower part of a stack is a reserve that it grows into. One that is shared
 * is there as a whole, above the guard: several could not grow into one. */
static int
reserve_stack(struct vmspace *vs, struct vm_entry *stack)
{
	struct vm_entry *e = entry_alloc();
	uint64_t first = stack->e_object != NULL
			     ? entry_size(stack) - STACK_GUARD
			     : stack_first_size(entry_size(stack));

	if (e == NULL)
		return (ENOMEM);
	*e = *stack;
	e->e_object = NULL;
	e->e_flags = VME_GROWS | VME_COW;
	e->e_prot = PROT_NONE;
	e->e_end = stack->e_start = stack->e_end - first;
	entry_insert(vs, e);
	return (0);
}

/* An anonymous mapping often continues the one below it. */
static bool
extend_below(struct vmspace *vs, const struct vm_mapping *m)
{
	struct vm_entry e = {.e_start = m->addr,
	    .e_end = m->addr + m->size,
	    .e_prot = (uint8_t)m->prot,
	    .e_maxprot = (uint8_t)m->maxprot,
	    .e_inherit = INHERIT_COPY,
	    .e_flags = entry_flags(m)};
	struct vm_entry *below;

	if (m->object != NULL || m->flags & MAP_SHARED)
		return (false);
	below = entry_below(vs, m->addr);
	if (below == NULL || !alike(below, &e))
		return (false);
	below->e_end = e.e_end;
	vs->vs_size += m->size;
	return (true);
}

/* Bytes of [start, end) that count as mapped. */
static uint64_t
mapped_bytes(struct vmspace *vs, vaddr_t start, vaddr_t end)
{
	struct vm_entry *e;
	uint64_t n = 0;

	ENTRIES_IN(e, vs, start, end)
	{
		if (entry_counts(e))
			n += MIN(e->e_end, end) - MAX(e->e_start, start);
	}
	return (n);
}

static int
map_locked(struct vmspace *vs, struct vm_mapping *m, struct list *dead)
{
	struct vm_entry *e;
	uint64_t gone = 0;
	int error;

	if (m->flags & MAP_FIXED && m->addr < USER_TOP)
		gone = mapped_bytes(vs, m->addr, m->addr + m->size);
	if (!(m->flags & MAP_GUARD) && over_limit(vs, m->size - gone))
		return (ENOMEM);
	if (vs->vs_wire_future &&
	    vs->vs_wired + m->size > vm_limit(vs, RLIMIT_MEMLOCK))
		return (ENOMEM);
	error = place(vs, m, dead);
	if (error != 0 || extend_below(vs, m))
		return (error);
	e = make_entry(m);
	if (e == NULL)
		return (ENOMEM);
	if (m->flags & MAP_STACK)
		error = reserve_stack(vs, e);
	if (error != 0) {
		list_push_back(dead, &e->e_olink);
		return (error);
	}
	entry_insert(vs, e);
	return (0);
}

int
vm_map(struct vmspace *vs, struct vm_mapping *m)
{
	struct list dead = LIST_INITIALIZER(dead);
	struct vm_object *shared = NULL;
	bool wire;
	int error;

	if (m->size == 0 || m->size > USER_TOP || (m->addr & PAGE_MASK) != 0 ||
	    (m->offset & PAGE_MASK) != 0 || m->offset + m->size < m->offset)
		return (EINVAL);
	if (m->flags & MAP_STACK && m->size <= STACK_GUARD)
		return (EINVAL);
	if (m->prot & ~m->maxprot)
		return (EACCES);
	m->size = round_page(m->size);
	if (m->object == NULL && m->flags & MAP_SHARED) {
		shared = vm_object_create(NULL, NULL, m->size);
		if (shared == NULL)
			return (ENOMEM);
		m->object = shared;
		m->offset = 0;
	}
	rw_wlock(&vs->vs_lock);
	error = map_locked(vs, m, &dead);
	wire = vs->vs_wire_future;
	rw_wunlock(&vs->vs_lock);
	entries_free(&dead);
	if (shared != NULL) {
		vm_object_release(shared);
		m->object = NULL;
	}
	if (error == 0 && wire)
		wire_new(vs, m->addr, m->addr + m->size);
	return (error);
}

int
vm_set_break(struct vmspace *vs, vaddr_t brk)
{
	struct list dead = LIST_INITIALIZER(dead);
	vaddr_t new, old;
	int error = 0;
	bool wire;

	if (brk < vs->vs_brk_start || brk > USER_TOP)
		return (brk < vs->vs_brk_start ? EINVAL : ENOMEM);
	rw_wlock(&vs->vs_lock);
	new = round_page(brk);
	old = round_page(vs->vs_brk);
	if (new > old) {
		struct vm_mapping m = {.addr = old,
		    .size = new - old,
		    .prot = PROT_READ | PROT_WRITE,
		    .maxprot = PROT_ALL,
		    .flags = MAP_ANON | MAP_PRIVATE | MAP_FIXED | MAP_EXCL};

		if (new - vs->vs_brk_start > vm_limit(vs, RLIMIT_DATA) ||
		    map_locked(vs, &m, &dead) != 0)
			error = ENOMEM;
	} else if (new < old) {
		error = unmap_locked(vs, new, old, &dead);
	}
	if (error == 0)
		vs->vs_brk = brk;
	wire = error == 0 && vs->vs_wire_future;
	rw_wunlock(&vs->vs_lock);
	entries_free(&dead);
	if (wire && new > old)
		wire_new(vs, old, new);
	return (error);
}
