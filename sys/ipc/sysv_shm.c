/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System V shared memory: segments are VM objects that have a number.
 *
 * Which segments an address space has attached, and where, it knows itself
 * (struct shm_space): shmdt(2) gives an address only, and a segment that was
 * removed lives until nobody has it attached.  Fork copies the list with the
 * mappings, and an address space that ends detaches all.  What munmap(2) takes
 * away stays attached.
 *
 * Locks: sm_lock of an address space, held while its mappings change with its
 * list; then the table's.
 */
#include "lib/list.h"
#include "lib/string.h"
#include "core/module.h"
#include "core/sysctl.h"
#include "fbsd/errno.h"
#include "fbsd/mman.h"
#include "fbsd/stat.h"
#include "ipc/sysv.h"
#include "ipc/sysv_shm.h"
#include "kern/kenv.h"
#include "proc/proc.h"
#include "time/time.h"
#include "vm/kmem.h"
#include "vm/vm.h"

/* Guarded by the table's lock; (!) set once. */
struct segment {
	struct shmid_ds g_ds; /* shm_perm is in the table; shm_segsz (!) */
	struct vm_object *g_object; /* (!) */
};

/* (m) sm_lock, (!) set once. */
struct attachment {
	struct list at_link;	    /* (m) */
	vaddr_t at_addr;	    /* (!) */
	struct segment *at_segment; /* (!) counted in shm_nattch */
};

struct shm_space {
	struct mutex sm_lock;
	struct list sm_attached; /* (m) */
	unsigned sm_count;	 /* (m) */
};

#define SHM_PAGES  131072ul
#define SHM_BYTES  (SHM_PAGES * PAGE_SIZE)
#define SHM_SHARE  2 /* of the memory, if that is less */
#define SHM_ACCESS (IPC_R | IPC_W)

TUNABLE_ULONG(shmmax, "kern.ipc.shmmax", CTLFLAG_RW, SHM_BYTES, USER_TOP);
TUNABLE_ULONG(shmmin, "kern.ipc.shmmin", CTLFLAG_RW, 1, USER_TOP);
TUNABLE_ULONG(shmmni, "kern.ipc.shmmni", CTLFLAG_RD, 192, SYSV_PLACES_MAX);
TUNABLE_ULONG(shmseg, "kern.ipc.shmseg", CTLFLAG_RD, 128, SYSV_PLACES_MAX);
/* 0: nobody has said. */
static struct tunable shmall = {
    "kern.ipc.shmall", 0, USER_TOP / PAGE_SIZE, false};

/* Both are the same here: no memory is paged out. */
static int shm_use_phys;
static int shm_allow_removed = 1;
SYSCTL_INT(kern_ipc_shm_use_phys, "kern.ipc.shm_use_phys", CTL_AUTO, CTLFLAG_RW,
    &shm_use_phys);
SYSCTL_INT(kern_ipc_shm_allow_removed, "kern.ipc.shm_allow_removed", CTL_AUTO,
    CTLFLAG_RW, &shm_allow_removed);
FEATURE(sysv_shm, "System V shared memory");

static struct sysv_table segments =
    SYSV_TABLE_INITIALIZER(segments, "sysv shm", &shmmni);
static uint64_t committed; /* (segments.t_lock) pages of all */

/* Segments outlive who made them, so that by themselves they may not take all
 * memory there is. */
static uint64_t
most_pages(void)
{
	uint64_t pages = tunable_get(&shmall);

	return (pages != 0 ? pages : MIN(SHM_PAGES, page_total() / SHM_SHARE));
}

static int
sysctl_shmall(const struct sysctl_node *node, struct sysctl_req *req)
{
	uint64_t pages = most_pages();

	if (!sysctl_has_new(req))
		return (sysctl_out(req, &pages, sizeof(pages)));
	return (sysctl_handle_tunable(node, req));
}
SYSCTL_NODE_(kern_ipc_shmall, "kern.ipc.shmall", CTL_AUTO,
    CTLTYPE_ULONG | CTLFLAG_RW | CTLFLAG_TUN, "LU", sysctl_shmall, &shmall,
    sizeof(uint64_t), NULL);

static struct segment *
segment_of(struct ipc_perm *p)
{
	return (
	    p != NULL ? container_of(p, struct segment, g_ds.shm_perm) : NULL);
}

/* t_lock held. */
static struct segment *
find(int id)
{
	struct segment *g = segment_of(sysv_by_id(&segments, id));

	if (g != NULL && (g->g_ds.shm_perm.mode & SHMSEG_REMOVED) != 0 &&
	    shm_allow_removed == 0)
		return (NULL);
	return (g);
}

static void
segment_free(struct segment *g)
{
	if (g == NULL)
		return;
	vm_object_release(g->g_object);
	kmem_free(g, sizeof(*g));
}

/* A segment that is to go goes, if nobody has it attached; t_lock held.  The
 * caller frees what is returned, without the lock. */
static struct segment *
take_if_unused(struct segment *g)
{
	if ((g->g_ds.shm_perm.mode & SHMSEG_REMOVED) == 0 ||
	    g->g_ds.shm_nattch > 0)
		return (NULL);
	sysv_remove(&segments, &g->g_ds.shm_perm);
	committed -= atop(g->g_ds.shm_segsz);
	return (g);
}

/* One that begin_attach() counted; was it mapped, too? */
static void
detach(struct segment *g, bool mapped)
{
	struct segment *gone;

	mutex_lock(&segments.t_lock);
	g->g_ds.shm_nattch--;
	if (mapped)
		g->g_ds.shm_dtime = time_now().tv_sec;
	gone = take_if_unused(g);
	mutex_unlock(&segments.t_lock);
	segment_free(gone);
}

static struct segment *
segment_alloc(size_t size)
{
	struct segment *g = kmem_alloc(sizeof(*g), KM_ZERO);

	if (g == NULL)
		return (NULL);
	g->g_object = vm_object_create(NULL, NULL, size);
	if (g->g_object == NULL) {
		kmem_free(g, sizeof(*g));
		return (NULL);
	}
	g->g_ds.shm_segsz = size;
	return (g);
}

/* t_lock held. */
static int
create(struct thread *td, long key, size_t size, int flags, struct segment **gp)
{
	struct segment *g;
	uint64_t most = most_pages();
	int error;

	if (size == 0 || size < tunable_get(&shmmin) ||
	    size > tunable_get(&shmmax))
		return (EINVAL);
	if (segments.t_used == tunable_get(&shmmni))
		return (ENOSPC);
	size = round_page(size);
	if (committed > most || atop(size) > most - committed)
		return (ENOMEM);
	g = segment_alloc(size);
	if (g == NULL)
		return (ENOMEM);
	error = sysv_enter(&segments, td, key, flags, &g->g_ds.shm_perm);
	if (error != 0) {
		segment_free(g);
		return (error);
	}
	g->g_ds.shm_perm.mode |= SHMSEG_ALLOCATED;
	g->g_ds.shm_cpid = td->td_proc->p_pid;
	g->g_ds.shm_ctime = time_now().tv_sec;
	committed += atop(size);
	*gp = g;
	return (0);
}

int
kern_shmget(struct thread *td, long key, size_t size, int flags, int *id)
{
	struct ipc_perm *p;
	struct segment *g;
	int error;

	mutex_lock(&segments.t_lock);
	error = sysv_by_key(&segments, key, flags, &p);
	g = segment_of(p);
	if (error == 0 && g == NULL)
		error = create(td, key, size, flags, &g);
	else if (error == 0 && size > g->g_ds.shm_segsz)
		error = EINVAL;
	if (error == 0)
		*id = sysv_id(&segments, &g->g_ds.shm_perm);
	mutex_unlock(&segments.t_lock);
	return (error);
}

/* vs's list, made if need be; NULL: no memory. */
static struct shm_space *
space_list(struct vmspace *vs)
{
	struct shm_space *sm = atomic_load(&vs->vs_shm), *own;

	if (sm != NULL)
		return (sm);
	own = kmem_alloc(sizeof(*own), KM_ZERO);
	if (own == NULL)
		return (NULL);
	mutex_init(&own->sm_lock, "shm space");
	list_init(&own->sm_attached);
	if (atomic_cas(&vs->vs_shm, &sm, own))
		return (own);
	kmem_free(own, sizeof(*own));
	return (sm);
}

/* The segment td wants to attach, counted as attached. */
static int
begin_attach(struct thread *td, int id, int flags, struct segment **gp)
{
	unsigned want = (flags & SHM_RDONLY) != 0 ? IPC_R : SHM_ACCESS;
	struct segment *g;
	int error;

	mutex_lock(&segments.t_lock);
	g = find(id);
	error = g == NULL ? EINVAL : sysv_permit(td, &g->g_ds.shm_perm, want);
	if (error == 0)
		g->g_ds.shm_nattch++;
	mutex_unlock(&segments.t_lock);
	*gp = g;
	return (error);
}

static void
attached(const struct thread *td, struct segment *g)
{
	mutex_lock(&segments.t_lock);
	g->g_ds.shm_lpid = td->td_proc->p_pid;
	g->g_ds.shm_atime = time_now().tv_sec;
	mutex_unlock(&segments.t_lock);
}

/* Maps g: EINVAL, ENOMEM. */
static int
map(struct vmspace *vs, struct segment *g, vaddr_t addr, int flags, vaddr_t *at)
{
	struct vm_mapping m = {.addr = addr,
	    .size = g->g_ds.shm_segsz,
	    .prot = PROT_READ,
	    .flags = MAP_SHARED,
	    .object = g->g_object};
	int error;

	if ((flags & SHM_RDONLY) == 0)
		m.prot |= PROT_WRITE;
	m.maxprot = m.prot;
	if (addr != 0) {
		m.flags |= MAP_FIXED;
		if ((flags & SHM_RND) != 0)
			m.addr = trunc_page(addr);
		else if ((addr & PAGE_MASK) != 0)
			return (EINVAL);
		if ((flags & SHM_REMAP) == 0)
			m.flags |= MAP_EXCL;
	}
	error = vm_map(vs, &m);
	*at = m.addr;
	return (error != 0 ? ENOMEM : 0);
}

/* sm_lock held. */
static int
attach(struct thread *td, struct shm_space *sm, struct segment *g, vaddr_t addr,
    int flags, vaddr_t *at)
{
	struct attachment *a;
	int error;

	if (sm->sm_count >= tunable_get(&shmseg))
		return (EMFILE);
	a = kmem_alloc(sizeof(*a), 0);
	if (a == NULL)
		return (ENOMEM);
	error = map(td_vmspace(td), g, addr, flags, at);
	if (error != 0) {
		kmem_free(a, sizeof(*a));
		return (error);
	}
	a->at_addr = *at;
	a->at_segment = g;
	list_push_back(&sm->sm_attached, &a->at_link);
	sm->sm_count++;
	attached(td, g);
	return (0);
}

int
kern_shmat(struct thread *td, int id, vaddr_t addr, int flags, vaddr_t *at)
{
	struct shm_space *sm = space_list(td_vmspace(td));
	struct segment *g;
	int error;

	if (sm == NULL)
		return (ENOMEM);
	error = begin_attach(td, id, flags, &g);
	if (error != 0)
		return (error);
	mutex_lock(&sm->sm_lock);
	error = attach(td, sm, g, addr, flags, at);
	mutex_unlock(&sm->sm_lock);
	if (error != 0)
		detach(g, false);
	return (error);
}

/* sm_lock held, or nobody else has sm. */
static void
drop(struct shm_space *sm, struct attachment *a)
{
	list_remove(&a->at_link);
	sm->sm_count--;
	detach(a->at_segment, true);
	kmem_free(a, sizeof(*a));
}

int
kern_shmdt(struct thread *td, vaddr_t addr)
{
	struct vmspace *vs = td_vmspace(td);
	struct shm_space *sm = atomic_load(&vs->vs_shm);
	struct attachment *a;
	int error = EINVAL;

	if (sm == NULL)
		return (EINVAL);
	mutex_lock(&sm->sm_lock);
	LIST_FOREACH (a, &sm->sm_attached, at_link) {
		if (a->at_addr != addr)
			continue;
		error = vm_unmap(vs, addr, a->at_segment->g_ds.shm_segsz);
		if (error == 0)
			drop(sm, a);
		break;
	}
	mutex_unlock(&sm->sm_lock);
	return (error);
}

/* t_lock held. */
static int
control(struct thread *td, struct segment *g, int cmd, struct shmid_ds *ds)
{
	struct ipc_perm *p = &g->g_ds.shm_perm;
	int error;

	switch (cmd) {
	case IPC_STAT:
		error = sysv_permit(td, p, IPC_R);
		if (error == 0)
			*ds = g->g_ds;
		return (error);
	case IPC_SET:
		error = sysv_set(td, p, &ds->shm_perm);
		if (error == 0)
			g->g_ds.shm_ctime = time_now().tv_sec;
		return (error);
	case IPC_RMID:
		error = sysv_permit(td, p, IPC_M);
		if (error == 0) {
			p->key = IPC_PRIVATE;
			p->mode |= SHMSEG_REMOVED;
		}
		return (error);
	default:
		return (EINVAL);
	}
}

int
kern_shmctl(struct thread *td, int id, int cmd, struct shmid_ds *ds)
{
	struct segment *g, *gone = NULL;
	int error;

	mutex_lock(&segments.t_lock);
	g = find(id);
	error = g == NULL ? EINVAL : control(td, g, cmd, ds);
	if (error == 0)
		gone = take_if_unused(g);
	mutex_unlock(&segments.t_lock);
	segment_free(gone);
	return (error);
}

/* To the list of a copy, which nobody else has: a's segment once more. */
static bool
copy_attachment(struct shm_space *to, const struct attachment *a)
{
	struct attachment *copy = kmem_alloc(sizeof(*copy), 0);

	if (copy == NULL)
		return (false);
	*copy = *a;
	list_push_back(&to->sm_attached, &copy->at_link);
	to->sm_count++;
	mutex_lock(&segments.t_lock);
	a->at_segment->g_ds.shm_nattch++;
	mutex_unlock(&segments.t_lock);
	return (true);
}

struct vmspace *
shm_fork_space(struct vmspace *vs)
{
	struct shm_space *sm = vs->vs_shm, *to;
	struct vmspace *child;
	struct attachment *a;
	bool whole;

	mutex_lock(&sm->sm_lock);
	child = vmspace_fork(vs);
	to = child != NULL ? space_list(child) : NULL;
	whole = to != NULL;
	LIST_FOREACH (a, &sm->sm_attached, at_link)
		whole = whole && copy_attachment(to, a);
	mutex_unlock(&sm->sm_lock);
	if (child != NULL && !whole) {
		vmspace_release(child);
		child = NULL;
	}
	return (child);
}

/* vm's, at the end of vs. */
void
shm_space_gone(struct vmspace *vs)
{
	struct shm_space *sm = vs->vs_shm;
	struct attachment *a;

	while ((a = LIST_FIRST(&sm->sm_attached, struct attachment, at_link)) !=
	       NULL)
		drop(sm, a);
	kmem_free(sm, sizeof(*sm));
	vs->vs_shm = NULL;
}

static int
sysctl_shmsegs(const struct sysctl_node *node, struct sysctl_req *req)
{
	struct shmid_kernel out;
	struct segment *g;
	int error = 0;

	for (unsigned i = 0; i < tunable_get(&shmmni) && error == 0; i++) {
		memset(&out, 0, sizeof(out));
		out.u.shm_perm.mode = SHMSEG_FREE;
		mutex_lock(&segments.t_lock);
		g = segment_of(sysv_at(&segments, i));
		if (g != NULL)
			out.u = g->g_ds;
		mutex_unlock(&segments.t_lock);
		error = sysctl_out(req, &out, sizeof(out));
	}
	return (error);
}
SYSCTL_PROC(kern_ipc_shmsegs, "kern.ipc.shmsegs", CTL_AUTO,
    CTLTYPE_OPAQUE | CTLFLAG_RD, "S,shmid_kernel", sysctl_shmsegs, NULL);

MODULE(sysvshm, "sysvshm");
