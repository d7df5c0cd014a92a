/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Address spaces.
 *
 * A vmspace is an ordered tree of entries; an entry maps a range of
 * addresses to two layers, as in UVM (Cranor, 1998): below, a range of a
 * vm_object (a file's pages, shared memory, a device), or nothing, which
 * reads as zeroes; above, for private memory, an amap: the anonymous pages
 * that this mapping has for itself.  A fault looks into the amap, then into
 * the object, and copies upwards on a write.  Fork gives the child a copy of
 * the amap, which shares its memory until one side writes, and then what is
 * far from there; a page that nobody else has is written in place.  There are
 * no shadow chains.
 *
 * Locks, in the order in which they are taken: vs_lock, am_lock, o_lock; then
 * the pmap's own.  User memory must not be touched with any of them held.
 *
 * Radix trees hold both amaps and objects: a gigabyte of reserved address
 * space costs one entry.
 */
#ifndef VM_VM_H
#define VM_VM_H

#include "lib/list.h"
#include "vm/radix.h"
#include "lib/rbtree.h"
#include "core/sync.h"
#include "vm/page.h"

struct file;
struct shm_space;
struct thread;
struct vm_object;
struct vm_read;
struct vnode;

#define VM_READ_MAX 64u /* pages read at once */

/*
 * The storage behind an object. Called with the object's lock held, unless
 * said; may sleep.  Where neither vo_get nor vo_read is there missing pages are
 * zero-filled.
 */
struct vm_object_ops {
	/* For storage that is memory.  A page for index, one reference for the
	 * object, contents valid.  0, ENOSPC; the caller puts it into the tree.
	 */
	int (*vo_get)(struct vm_object *o, uint64_t index, struct page **pp);
	/* For storage that takes time: begins to fill the pages of a reading,
	 * which has others wait for its end.  No lock is held, but what keeps
	 * the object, which the requests must do without.  0, EIO, ENOMEM; or
	 * EINTR: the process ends. */
	int (*vo_read)(struct vm_object *o, struct vm_read *rd);
	/* How many pages are read at once at the beginning; 0: always one. */
	unsigned vo_first;
	/* Writes the dirty pages of [start, end) out and waits for that.
	 * o_lock is not held. NULL: memory is the storage. */
	int (*vo_writeback)(struct vm_object *o, uint64_t start, uint64_t end);
	/* A mapping is about to be written at index: is there storage for it?
	 * 0; EAGAIN: vo_prepare would see to that; EIO. NULL: always. */
	int (*vo_prepared)(struct vm_object *o, uint64_t index);
	/* Sees to it. No lock is held. ENOSPC, EIO, EROFS. */
	int (*vo_prepare)(struct vm_object *o, uint64_t index);
	/* A page became dirty. Doesn't sleep; may be NULL. */
	void (*vo_dirtied)(struct vm_object *o);
	/* The last reference is gone; pages are freed afterwards. */
	void (*vo_destroy)(struct vm_object *o);
	/* Device memory: the physical address at index; no struct page. */
	paddr_t (*vo_phys)(struct vm_object *o, uint64_t index);
	/* Would vo_get at index neither take time nor memory? Then a fault
	 * may ask for neighbours. NULL: never. */
	bool (*vo_at_hand)(struct vm_object *o, uint64_t index);
};

/* Guarded by (l) o_lock, (a) atomic, (!) set once. */
struct vm_object {
	struct mutex o_lock;
	unsigned o_refs;		   /* (a) */
	struct radix o_pages;		   /* (l) struct page by index */
	uint64_t o_size;		   /* (l) bytes; faults past the
					      last page: SIGBUS */
	uint64_t o_npages;		   /* (l) resident */
	struct list o_entries;		   /* (l) entries that map it */
	uint64_t o_next;		   /* (l) behind what was read last */
	unsigned o_ahead;		   /* (l) pages read at once then */
	const struct vm_object_ops *o_ops; /* (!) */
	void *o_data;			   /* (!) the pager's */
	bool o_written;	 /* (l) by mappings, perhaps behind the end */
	bool o_umtx;	 /* (a) umtx_shm_forget() at the end */
	bool o_embedded; /* (!) within another structure */
};

struct vm_object *vm_object_create(const struct vm_object_ops *ops, void *data,
    uint64_t size); /* one reference, or NULL */
/* The same within another structure (a vnode); never freed by itself. */
void vm_object_init(struct vm_object *o, const struct vm_object_ops *ops,
    void *data, uint64_t size);
void vm_object_hold(struct vm_object *o);
void vm_object_release(struct vm_object *o) __sleeps;
/* Page at index, read in or zero-filled if absent, with a reference for the
 * caller (page_release). o_lock not held. 0, EIO, ENOMEM; beyond o_size
 * EINVAL; EINTR, if the process is killed while it is read. */
#define VM_PAGE_WRITE	  0x1 /* about to be written: marks it dirty */
#define VM_PAGE_OVERWRITE 0x2 /* all of it: contents need not be read */
#define VM_PAGE_NOKILL	  0x4 /* waits for its end even if killed */
int vm_object_page(struct vm_object *o, uint64_t index, unsigned flags,
    struct page **pp) __sleeps;
/*
 * A reading: busy pages of an object, side by side, and what is under way to
 * fill them.  Nobody owns it: with the end of its last part it ends itself.
 * (!) set before the first part begins, (a) atomic.
 */
struct vm_read {
	struct vm_object *vr_object; /* (!) whose pages they were, at least */
	uint64_t vr_index;	     /* (!) of the first */
	uint64_t vr_valid; /* (!) bytes of the object; zeroes are behind */
	unsigned vr_parts; /* (a) not yet through */
	int vr_error;	   /* (a) of one of them */
	unsigned vr_n;	   /* (!) pages, */
	unsigned vr_room;  /* (!) and what there is room for */
	struct page *vr_pages[]; /* (!) with the object's reference */
};
/* Another part is about to begin; it is through.  Any context. */
void vm_read_begin(struct vm_read *rd);
void vm_read_end(struct vm_read *rd, int error);
/*
 * The same in two steps, for who holds a lock that others should not wait for.
 * EBUSY: without it, vm_object_read() must be called, which waits until the
 * page has been read.  0: *pp is the page, held, or NULL: look again, with the
 * same vm_wait; EIO, ENOMEM, EINTR.
 */
struct vm_wait {
	struct page *vw_page;	 /* busy, held */
	uint64_t vw_index;	 /* its place */
	struct vm_read *vw_read; /* to be begun; or NULL: it has been */
	uint64_t vw_alone; /* where a page is read alone: with others it failed
			    */
	bool vw_nokill;
};
#define VM_WAIT_INITIALIZER                                                    \
	{                                                                      \
		.vw_alone = UINT64_MAX                                         \
	}
int vm_object_page_or_read(struct vm_object *o, uint64_t index, unsigned flags,
    struct vm_wait *w, struct page **pp) __sleeps;
int vm_object_read(
    struct vm_object *o, struct vm_wait *w, struct page **pp) __sleeps;
/* Has the page at index read if it isn't there and there is one: look again. 0,
 * EIO, ENOMEM, EINTR. */
int vm_object_fetch(struct vm_object *o, uint64_t index) __sleeps;
/* Bytes of a page that was asked for to be written are there. What writes the
 * page out may have come before them. */
void vm_object_wrote(struct vm_object *o, struct page *pg) __sleeps;
/* New size: pages past it are freed and unmapped everywhere, the rest of the
 * last page is zeroed. */
void vm_object_resize(struct vm_object *o, uint64_t size) __sleeps;
/* Frees and unmaps the pages of [start, end) (page numbers). */
void vm_object_discard(
    struct vm_object *o, uint64_t start, uint64_t end) __sleeps;
/* May somebody write to the object through a mapping, now or after mprotect(2)?
 * `refs` of its references are the caller's and its like; a further one that
 * isn't an entry's is a mapping that is being made. */
bool vm_object_writable(struct vm_object *o, unsigned refs) __sleeps;
/* The same of mappings that are there. */
bool vm_object_mapped_to_write(struct vm_object *o) __sleeps;
/*
 * For vo_get, with o_lock held: a further page becomes the object's, with the
 * reference that it has; index must have none. 0 or ENOMEM.
 */
int vm_object_insert(struct vm_object *o, uint64_t index, struct page *pg);
/*
 * For vo_writeback: takes up to n dirty pages of [*index, end) to be written,
 * each held, PG_WRITING instead of PG_DIRTY, and read-only wherever it is
 * mapped; *index is behind the last. How many. vm_object_cleaned() says that
 * they are written, or else, with `error`, makes them dirty again.
 */
unsigned vm_object_clean(struct vm_object *o, uint64_t *index, uint64_t end,
    struct page **pages, unsigned n) __sleeps;
void vm_object_cleaned(
    struct vm_object *o, struct page **pages, unsigned n, bool error) __sleeps;
uint64_t vm_object_dirty(struct vm_object *o) __sleeps; /* how many pages are */

/*
 * Anonymous pages, by their distance from am_base, of one entry, or of several
 * that were one before they were cut.  They always lie within these, so that an
 * entry may grow without finding pages that are not its own.
 *
 * Fork copies the tree by sharing its nodes, of which each side copies those on
 * the way to what it writes.  A page's pg_refs counts the nodes that hold it: a
 * page with one, on a way that isn't shared, is written in place.
 *
 * Guarded by (l) am_lock, (v) vs_lock held for writing; (lv) am_lock and
 * vs_lock for reading, or vs_lock for writing; (!) set once.
 */
struct amap {
	struct mutex am_lock;
	struct radix am_pages; /* (lv) struct page by index */
	unsigned am_refs;      /* (v) entries */
	bool am_fixed;	       /* (v) entries must not grow */
	bool am_readonly;      /* (lv) no page is mapped to be written */
	vaddr_t am_base;       /* (!) address of index 0 */
	struct amap *am_child; /* (v) while vmspace_fork() runs */
};

/*
 * All fields are guarded by vs_lock, e_olink by the object's lock. The range
 * and e_ooff of an entry that maps an object change with both held.
 */
struct vm_entry {
	struct rb_node e_node;
	vaddr_t e_start;
	vaddr_t e_end;
	uint8_t e_prot; /* PROT_* now */
	uint8_t e_maxprot;
	uint8_t e_inherit; /* INHERIT_* */
	uint16_t e_flags;
	struct amap *e_amap;	    /* anonymous pages; NULL: none yet */
	struct vm_object *e_object; /* NULL: zero-fill */
	uint64_t e_ooff;	    /* byte offset of e_start in it */
	struct list e_olink;	    /* in object's o_entries */
	struct vmspace *e_space;
	struct vnode *e_vnode; /* file mapped, for procfs; held */
};
#define VME_COW	   0x0001 /* private: writes go to the amap */
#define VME_GUARD  0x0004 /* MAP_GUARD: no access, ever */
#define VME_STACK  0x0008 /* the stack's grown part */
#define VME_GROWS  0x0010 /* reserve below a MAP_STACK mapping */
#define VME_WIRED  0x0020
#define VME_WIRING 0x0100 /* that isn't through: vm/wired.c */
#define VME_NOCORE 0x0040
#define VME_NOSYNC 0x0080

/* Guarded by (l) vs_lock, (a) atomic, (!) set once. */
struct vmspace {
	struct rwlock vs_lock;	   /* read: look up; write: change */
	unsigned vs_refs;	   /* (a) processes: vfork, rfork */
	struct rb_tree vs_entries; /* (l) by address */
	struct pmap *vs_pmap;	   /* (!) */
	uint64_t vs_size;	   /* (l) bytes mapped */
	vaddr_t vs_brk_start;	   /* (l) end of the program's data */
	vaddr_t vs_brk;		   /* (l) current break */
	vaddr_t vs_base;	   /* (!) lowest address mmap chooses */
	vaddr_t vs_hint;	   /* (l) where it looks first: */
	uint64_t vs_hole;	   /* (l) below, holes have less than this */
	uint64_t vs_wired;	   /* (l) bytes locked */
	bool vs_wire_future;	   /* (l) mlockall(MCL_FUTURE) */
	vaddr_t vs_stack_top;	   /* (!) per image */
	vaddr_t vs_stack_size;	   /* (!) per image: reserve */
	vaddr_t vs_ps_strings;	   /* (!) per image */
	vaddr_t vs_timekeep;	   /* (!) per image: shared page */
	vaddr_t vs_sigcode;	   /* (!) per image */
	bool vs_random;		   /* (!) vs_base is */
	bool vs_umtx;		   /* (a) umtx_shm_forget() at the end */
	struct shm_space *vs_shm;  /* (a) shm_space_gone() at the end */
};

/* One reference, or NULL.  Random bits for where mmap begins to look; 0: at a
 * place that is always the same. */
struct vmspace *vmspace_create(uint64_t random);
struct vmspace *vmspace_fork(struct vmspace *vs) __sleeps; /* or NULL */
void vmspace_hold(struct vmspace *vs);
void vmspace_release(struct vmspace *vs) __sleeps;
void vmspace_activate(struct vmspace *vs);     /* on this CPU */
uint64_t vmspace_resident(struct vmspace *vs); /* pages */

/*
 * Maps [addr, addr + size) of vs. `addr` is page-aligned; without MAP_FIXED
 * it's a hint and *addrp says where. flags are FreeBSD's MAP_* (fbsd/mman.h).
 * object NULL: anonymous; the call takes its own reference.  0, ENOMEM,
 * EINVAL, EEXIST (MAP_EXCL), EACCES (prot is more than maxprot).
 */
struct vm_mapping {
	vaddr_t addr; /* in: hint or fixed; out: where */
	uint64_t size;
	unsigned prot;
	unsigned maxprot;
	unsigned flags;
	struct vm_object *object;
	uint64_t offset;
	struct vnode *vnode;
};
int vm_map(struct vmspace *vs, struct vm_mapping *m) __sleeps;
int vm_unmap(struct vmspace *vs, vaddr_t addr, uint64_t size) __sleeps;
int vm_protect(struct vmspace *vs, vaddr_t addr, uint64_t size, unsigned prot,
    bool set_max) __sleeps;
int vm_inherit(
    struct vmspace *vs, vaddr_t addr, uint64_t size, int inherit) __sleeps;
int vm_advise(
    struct vmspace *vs, vaddr_t addr, uint64_t size, int advice) __sleeps;
int vm_sync(
    struct vmspace *vs, vaddr_t addr, uint64_t size, int flags) __sleeps;
/* Locks all of it, or nothing more than was before. EINVAL, ENOMEM.
 */
int vm_wire(struct vmspace *vs, vaddr_t addr, uint64_t size) __sleeps;
int vm_unwire(struct vmspace *vs, vaddr_t addr, uint64_t size) __sleeps;
/* mlockall(2), munlockall(2). ENOMEM, over a limit; EAGAIN, a page can't be
 * had. */
int vm_wire_all(struct vmspace *vs, bool current, bool future) __sleeps;
int vm_unwire_all(struct vmspace *vs) __sleeps;
/* fn is called with the map locked: it must not touch user memory. Holes:
 * ENOMEM. */
int vm_mincore(struct vmspace *vs, vaddr_t addr, uint64_t size,
    int (*fn)(void *arg, uint64_t page, uint8_t flags), void *arg) __sleeps;
int vm_set_break(struct vmspace *vs, vaddr_t brk) __sleeps;

/*
 * A page fault of the current process at va, from user mode or from a copy
 * function. access is PMAP_*. 0, or EFAULT (SIGSEGV: not mapped or not
 * allowed: *code says SEGV_MAPERR, SEGV_ACCERR), EIO and EINVAL (SIGBUS),
 * ENOMEM and EINTR (the process is being killed).
 */
int vm_fault(
    struct vmspace *vs, vaddr_t va, unsigned access, int *code) __sleeps;

/* Memory of a space that isn't the current one (a program's to be, procfs, ps):
 * 0, EFAULT, ENOMEM. */
int vm_read(struct vmspace *vs, vaddr_t va, void *buf, size_t len) __sleeps;
int vm_write(
    struct vmspace *vs, vaddr_t va, const void *buf, size_t len) __sleeps;

/* A place that names a word of memory the same way for all who share it: for
 * umtx. Private memory: (vmspace, address); shared: (object, offset). */
struct vm_key {
	const void *k_where;
	uint64_t k_offset;
};
int vm_key(
    struct vmspace *vs, vaddr_t va, bool shared, struct vm_key *key) __sleeps;
/* The shared form, with a reference to the object (NULL: private memory). */
int vm_key_hold(struct vmspace *vs, vaddr_t va, struct vm_key *key,
    struct vm_object **op) __sleeps;

/* One anonymous page shared by all processes, read-only to them: the time
 * page and signal trampoline. */
extern struct vm_object *vm_shared_page_object;
extern void *vm_shared_page; /* its kernel address */

/*
 * What memory asks of the parts above.
 *
 * vfs hands these down: a mapping of a file holds the vnode.  writeback writes
 * pages [first, end) out and, with `all`, the rest of what makes them safe; it
 * sleeps.
 */
struct vm_file_ops {
	void (*hold)(struct vnode *vp);
	void (*release)(struct vnode *vp);
	int (*writeback)(
	    struct vnode *vp, uint64_t first, uint64_t end, bool all);
};
extern const struct vm_file_ops *vm_file_ops; /* (!) by vfs_init() */
/* time's (time/resource.c): the soft limit RLIMIT_* for vs, in bytes; none for
 * an address space that isn't the current process's. */
uint64_t vm_limit(const struct vmspace *vs, int which);
/* ipc's (ipc/umtx_shm.c): the object or vmspace `where` is gone. */
void umtx_shm_forget(const void *where) __sleeps;
/* ipc's (ipc/sysv_shm.c): vs, which has attached segments, is about to go. */
void shm_space_gone(struct vmspace *vs) __sleeps;

void vm_init(void) __sleeps; /* after kmem_init() */

#endif
