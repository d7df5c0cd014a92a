/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files in memory, found by the place of their entry on the disk.
 *
 * The cache has a reference to each, and gives up those that nobody else has
 * when there are too many or memory is short.  It has none to a file without a
 * name, which the last user frees.
 */
#include "fbsd/errno.h"
#include "fs/msdosfs/msdosfs.h"
#include "core/printf.h"
#include "core/sched.h"
#include "lib/string.h"
#include "vfs/namecache.h"
#include "vm/kmem.h"
#include "vm/pageout.h"

#define SCAN 32 /* of the oldest, looked at to make room */

static struct kcache *node_cache;

int
msdosfs_node_init(void)
{
	if (node_cache == NULL)
		node_cache = kcache_create(
		    "msdosfs node", sizeof(struct msdosfs_node), 16);
	return (node_cache != NULL ? 0 : ENOMEM);
}

static struct msdosfs_node *
node_alloc(struct msdosfs_mount *mm, struct msdosfs_node *dir, bool is_dir)
{
	struct msdosfs_node *n = kcache_alloc(node_cache, KM_ZERO);
	struct vnode *vp;

	if (n == NULL)
		return (NULL);
	vp = &n->n_vnode;
	n->n_mm = mm;
	list_init(&n->n_lru);
	list_init(&n->n_dirty);
	list_init(&n->n_written);
	vnode_init(
	    vp, mm->mm_mount, is_dir ? VDIR : VREG, &msdosfs_vnode_ops, n);
	if (!is_dir)
		vm_object_init(&vp->v_object, &msdosfs_object_ops, n, 0);
	if (dir != NULL) {
		n->n_parent = dir;
		vnode_hold(&dir->n_vnode);
		mutex_lock(&mm->mm_nodes_lock);
		dir->n_children++;
		mutex_unlock(&mm->mm_nodes_lock);
	}
	return (n);
}

static void
leave_parent(struct msdosfs_mount *mm, struct msdosfs_node *dir)
{
	if (dir == NULL)
		return;
	mutex_lock(&mm->mm_nodes_lock);
	dir->n_children--;
	mutex_unlock(&mm->mm_nodes_lock);
	vnode_release(&dir->n_vnode);
}

static void
node_free(struct msdosfs_node *n)
{
	struct msdosfs_node *dir = n->n_parent;
	struct msdosfs_mount *mm = n->n_mm;

	namecache_purge(&n->n_vnode);
	if (n->n_vnode.v_type == VREG)
		vm_object_release(&n->n_vnode.v_object);
	spin_lock(&mm->mm_changes);
	list_remove(&n->n_written);
	spin_unlock(&mm->mm_changes);
	kcache_free(node_cache, n);
	leave_parent(mm, dir);
}

/* A commit takes it from one list to the other. */
static bool
idle(struct msdosfs_node *n)
{
	bool written;

	spin_lock(&n->n_mm->mm_changes);
	written = list_linked(&n->n_written);
	spin_unlock(&n->n_mm->mm_changes);
	return (!written && atomic_load(&n->n_vnode.v_refs) == 1 &&
		!list_linked(&n->n_dirty) && n->n_vnode.v_object.o_npages == 0);
}

/* Was it found by its name since it was looked at last? */
static bool
was_used(struct msdosfs_node *n)
{
	if (!atomic_load(&n->n_vnode.v_used))
		return (false);
	atomic_store(&n->n_vnode.v_used, false);
	return (true);
}

/* Takes the cache's reference of one that is idle, unless somebody finds it
 * just now: then nobody can any more. */
static bool
end(struct msdosfs_node *n)
{
	unsigned one = 1;

	return (atomic_cas(&n->n_vnode.v_refs, &one, 0));
}

/* mm_nodes_lock held. */
static void
take_out(struct msdosfs_node *n)
{
	list_remove(&n->n_lru);
	radix_del(&n->n_mm->mm_nodes, n->n_place / FAT_DIRENT);
	n->n_mm->mm_nnodes--;
}

/* It becomes the youngest, as all do that are looked at and stay.
 * mm_nodes_lock held; NULL: there are none. */
static struct msdosfs_node *
oldest(struct msdosfs_mount *mm)
{
	struct msdosfs_node *n =
	    LIST_FIRST(&mm->mm_node_lru, struct msdosfs_node, n_lru);

	if (n != NULL) {
		list_remove(&n->n_lru);
		list_push_back(&mm->mm_node_lru, &n->n_lru);
	}
	return (n);
}

/* Gives it up, unless it's in use: then it goes to `gone`. mm_nodes_lock
 * held. */
static bool
give_up(struct msdosfs_node *n, struct list *gone)
{
	if (was_used(n) || !idle(n) || !end(n))
		return (false);
	take_out(n);
	list_push_back(gone, &n->n_lru);
	return (true);
}

/* Gives up some of the oldest. mm_nodes_lock held. */
static void
make_room(struct msdosfs_mount *mm, struct list *gone)
{
	for (unsigned i = 0; i < SCAN && mm->mm_nnodes >= vnodes_max(); i++)
		(void)give_up(oldest(mm), gone);
}

static void
free_all(struct list *gone)
{
	struct msdosfs_node *n, *next;

	LIST_FOREACH_SAFE (n, gone, n_lru, next) {
		list_remove(&n->n_lru);
		node_free(n);
	}
}

/* mm_nodes_lock held. Those in the table have the cache's reference. */
static struct msdosfs_node *
find(struct msdosfs_mount *mm, uint64_t place)
{
	struct msdosfs_node *n = radix_get(&mm->mm_nodes, place / FAT_DIRENT);

	if (n != NULL) {
		vnode_hold(&n->n_vnode);
		list_remove(&n->n_lru);
		list_push_back(&mm->mm_node_lru, &n->n_lru);
	}
	return (n);
}

/* n's first reference is the cache's; the caller gets another one. If there is
 * one at that place already, *np is that and n is freed. */
static int
enter(struct msdosfs_node *n, struct msdosfs_node **np)
{
	struct msdosfs_mount *mm = n->n_mm;
	struct list gone = LIST_INITIALIZER(gone);
	struct msdosfs_node *old;
	int error = 0;

	mutex_lock(&mm->mm_nodes_lock);
	old = find(mm, n->n_place);
	if (old != NULL && old->n_parent != n->n_parent)
		error = EINTEGRITY;
	if (old == NULL) {
		make_room(mm, &gone);
		error = radix_set(&mm->mm_nodes, n->n_place / FAT_DIRENT, n);
	}
	if (old == NULL && error == 0) {
		mm->mm_nnodes++;
		list_push_back(&mm->mm_node_lru, &n->n_lru);
		vnode_hold(&n->n_vnode);
	}
	mutex_unlock(&mm->mm_nodes_lock);
	free_all(&gone);
	if (old != NULL && error != 0)
		vnode_release(&old->n_vnode);
	if (old != NULL || error != 0)
		node_free(n);
	*np = old != NULL ? old : n;
	return (error);
}

/* The size of a directory's clusters. */
static int
measure(struct msdosfs_node *n)
{
	struct msdosfs_mount *mm = n->n_mm;
	const unsigned shift = mm->mm_layout.cluster_shift;
	uint32_t cluster, last;
	int error;

	mutex_lock(&mm->mm_fat);
	error = msdosfs_chain(n,
	    MIN(FAT_DIR_MAX >> shift, mm->mm_layout.max_cluster), &cluster,
	    &last);
	if (error == 0 && (cluster != 0 || last == 0))
		error = EINTEGRITY;
	n->n_size = (n->n_seen_index + 1) << shift;
	mutex_unlock(&mm->mm_fat);
	return (error);
}

/* A directory that is in itself would be locked twice, and be endless. */
static int
check_above(const struct msdosfs_node *n)
{
	for (const struct msdosfs_node *up = n->n_parent; up != NULL;
	     up = up->n_parent)
		if (up->n_start == n->n_start)
			return (EINTEGRITY);
	return (0);
}

static int
load(struct msdosfs_node *n, uint64_t place, const struct fat_dirent *d)
{
	struct msdosfs_mount *mm = n->n_mm;
	int error;

	n->n_place = place;
	n->n_attr = d->d_attr;
	n->n_start = d->d_start;
	if (mm->mm_layout.bits == 32)
		n->n_start |= (uint32_t)d->d_start_high << 16;
	msdosfs_get_times(n, d);
	if (n->n_vnode.v_type == VREG) {
		n->n_size = d->d_size;
		n->n_vnode.v_object.o_size = d->d_size;
		return (0);
	}
	mutex_lock(&mm->mm_nodes_lock);
	error = check_above(n);
	mutex_unlock(&mm->mm_nodes_lock);
	return (error == 0 ? measure(n) : error);
}

int
msdosfs_node_get(struct msdosfs_node *dir, uint64_t place,
    const struct fat_dirent *d, struct msdosfs_node **np)
{
	struct msdosfs_mount *mm = dir->n_mm;
	struct msdosfs_node *n;
	int error = 0;

	mutex_lock(&mm->mm_nodes_lock);
	n = find(mm, place);
	/* Two directories with the same clusters: it is in the other one. */
	if (n != NULL && n->n_parent != dir)
		error = EINTEGRITY;
	mutex_unlock(&mm->mm_nodes_lock);
	if (error != 0)
		vnode_release(&n->n_vnode);
	*np = n;
	if (n != NULL)
		return (error);
	pageout_check();
	n = node_alloc(mm, dir, (d->d_attr & FAT_DIRECTORY) != 0);
	if (n == NULL)
		return (ENOMEM);
	error = load(n, place, d);
	if (error == 0)
		return (enter(n, np));
	node_free(n);
	return (error);
}

int
msdosfs_node_root(struct msdosfs_mount *mm, struct msdosfs_node **np)
{
	const struct fat_layout *l = &mm->mm_layout;
	struct msdosfs_node *n;
	int error = 0;

	mutex_lock(&mm->mm_nodes_lock);
	*np = find(mm, 0);
	mutex_unlock(&mm->mm_nodes_lock);
	if (*np != NULL)
		return (0);
	n = node_alloc(mm, NULL, true);
	if (n == NULL)
		return (ENOMEM);
	n->n_vnode.v_flags |= VV_ROOT;
	n->n_attr = FAT_DIRECTORY;
	n->n_size = l->root_size;
	n->n_start = l->root_cluster;
	if (l->bits == 32)
		error = measure(n);
	if (error == 0)
		return (enter(n, np));
	node_free(n);
	return (error);
}

struct msdosfs_node *
msdosfs_node_parent(struct msdosfs_node *n)
{
	struct msdosfs_mount *mm = n->n_mm;
	struct msdosfs_node *up;

	mutex_lock(&mm->mm_nodes_lock);
	up = n->n_parent;
	if (up != NULL)
		vnode_hold(&up->n_vnode);
	mutex_unlock(&mm->mm_nodes_lock);
	return (up);
}

void
msdosfs_node_lose(struct msdosfs_node *n)
{
	struct msdosfs_mount *mm = n->n_mm;

	msdosfs_clean(n);
	mutex_lock(&mm->mm_nodes_lock);
	take_out(n);
	n->n_gone = true;
	mm->mm_gone++;
	mutex_unlock(&mm->mm_nodes_lock);
	vnode_release(&n->n_vnode);
}

int
msdosfs_node_move(
    struct msdosfs_node *n, struct msdosfs_node *dir, uint64_t place)
{
	struct msdosfs_mount *mm = n->n_mm;
	struct msdosfs_node *old = n->n_parent;
	int error;

	vnode_hold(&dir->n_vnode);
	mutex_lock(&mm->mm_nodes_lock);
	error = radix_set(&mm->mm_nodes, place / FAT_DIRENT, n);
	if (error == 0) {
		radix_del(&mm->mm_nodes, n->n_place / FAT_DIRENT);
		n->n_place = place;
		n->n_parent = dir;
		dir->n_children++;
	}
	mutex_unlock(&mm->mm_nodes_lock);
	if (error == 0)
		leave_parent(mm, old);
	else
		vnode_release(&dir->n_vnode);
	return (error);
}

/* The last user of one without a name. */
void
msdosfs_node_inactive(struct vnode *vp)
{
	struct msdosfs_node *n = msdosfs_node(vp);
	struct msdosfs_mount *mm = n->n_mm;

	kassert(n->n_gone);
	mutex_lock(&mm->mm_batch);
	if (mm->mm_writable) {
		(void)msdosfs_chain_cut(n, 0);
		msdosfs_end(mm);
	} else
		mutex_unlock(&mm->mm_batch);
	node_free(n);
	mutex_lock(&mm->mm_nodes_lock);
	mm->mm_gone--;
	mutex_unlock(&mm->mm_nodes_lock);
}

/* Looks at some of the oldest: bytes that became free. mm_nodes_lock held. */
static uint64_t
shrink_some(struct msdosfs_mount *mm, struct list *gone)
{
	struct msdosfs_node *n;
	uint64_t bytes = 0;

	for (unsigned i = 0; i < SCAN && (n = oldest(mm)) != NULL; i++) {
		if (give_up(n, gone))
			bytes += sizeof(*n);
	}
	return (bytes);
}

/* Files that have no pages, and directories above those.  Once round at most,
 * and the lock is let go of in between. */
uint64_t
msdosfs_nodes_shrink(struct msdosfs_mount *mm, uint64_t want)
{
	struct list gone = LIST_INITIALIZER(gone);
	uint64_t looked = 0, bytes = 0, most;

	do {
		if (!mutex_trylock(&mm->mm_nodes_lock))
			return (atop(bytes));
		most = mm->mm_nnodes;
		bytes += shrink_some(mm, &gone);
		mutex_unlock(&mm->mm_nodes_lock);
		free_all(&gone);
		looked += SCAN;
		sched_maybe_yield();
	} while (bytes < ptoa(want) && looked < most);
	return (atop(bytes));
}

bool
msdosfs_nodes_busy(struct msdosfs_mount *mm, bool with_root)
{
	struct msdosfs_node *n;
	bool busy;

	mutex_lock(&mm->mm_nodes_lock);
	busy = mm->mm_gone > 0;
	LIST_FOREACH (n, &mm->mm_node_lru, n_lru) {
		if (atomic_load(&n->n_vnode.v_refs) >
		    1 + n->n_children + (n->n_parent == NULL && with_root))
			busy = true;
		sched_maybe_yield();
	}
	mutex_unlock(&mm->mm_nodes_lock);
	return (busy);
}

/* The next one from that place on, with a reference; or NULL. */
static struct msdosfs_node *
next_node(struct msdosfs_mount *mm, uint64_t *place)
{
	struct msdosfs_node *n;

	mutex_lock(&mm->mm_nodes_lock);
	n = radix_next(&mm->mm_nodes, place);
	if (n != NULL)
		vnode_hold(&n->n_vnode);
	mutex_unlock(&mm->mm_nodes_lock);
	return (n);
}

bool
msdosfs_nodes_mapped_to_write(struct msdosfs_mount *mm)
{
	struct msdosfs_node *n;
	bool mapped = false;

	for (uint64_t place = 0; !mapped && (n = next_node(mm, &place)) != NULL;
	     place++) {
		mapped = vnode_mapped_to_write(&n->n_vnode);
		vnode_release(&n->n_vnode);
		sched_maybe_yield();
	}
	return (mapped);
}

void
msdosfs_nodes_settle(struct msdosfs_mount *mm)
{
	struct msdosfs_node *n;

	for (uint64_t place = 0; (n = next_node(mm, &place)) != NULL; place++) {
		vnode_settle(&n->n_vnode);
		vnode_release(&n->n_vnode);
	}
}

void
msdosfs_nodes_forget_names(struct msdosfs_mount *mm)
{
	struct msdosfs_node *n;

	for (uint64_t place = 0; (n = next_node(mm, &place)) != NULL; place++) {
		rw_wlock(&n->n_vnode.v_lock);
		namecache_purge(&n->n_vnode);
		rw_wunlock(&n->n_vnode.v_lock);
		vnode_release(&n->n_vnode);
	}
}

/* Nobody else knows of them. */
void
msdosfs_nodes_discard_all(struct msdosfs_mount *mm)
{
	struct msdosfs_node *n;

	LIST_FOREACH (n, &mm->mm_node_lru, n_lru) {
		leave_parent(mm, n->n_parent);
		n->n_parent = NULL;
	}
	while ((n = LIST_FIRST(&mm->mm_node_lru, struct msdosfs_node, n_lru)) !=
	       NULL) {
		take_out(n);
		node_free(n);
	}
}
