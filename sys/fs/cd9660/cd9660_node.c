/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files in memory, found by their number.  The cache has a reference to each,
 * and gives up those that nobody else has when there are too many or memory is
 * short.
 */
#include "core/sched.h"
#include "fs/cd9660/cd9660.h"
#include "vfs/namecache.h"
#include "vm/kmem.h"
#include "vm/pageout.h"

#define SCAN 32 /* of the oldest, looked at to make room */

static struct kcache *node_cache;

int
cd9660_node_init(void)
{
	if (node_cache == NULL)
		node_cache = kcache_create(
		    "cd9660 node", sizeof(struct cd9660_node), 16);
	return (node_cache != NULL ? 0 : ENOMEM);
}

/* The mount's options count more than what the volume says. */
static struct iso_inode
adapt(const struct cd9660_mount *cm, const struct iso_inode *i)
{
	const bool dir = (i->i_mode & S_IFMT) == S_IFDIR;
	struct iso_inode out = *i;

	if (cm->cm_has_uid)
		out.i_uid = cm->cm_uid;
	if (cm->cm_has_gid)
		out.i_gid = cm->cm_gid;
	out.i_mode &= S_IFMT | (dir ? cm->cm_dir_mask : cm->cm_mask);
	return (out);
}

static struct cd9660_node *
node_alloc(struct cd9660_mount *cm, const struct iso_inode *i)
{
	struct cd9660_node *n = kcache_alloc(node_cache, KM_ZERO);
	struct vnode *vp;

	if (n == NULL)
		return (NULL);
	vp = &n->n_vnode;
	n->n_cm = cm;
	n->n_i = adapt(cm, i);
	list_init(&n->n_lru);
	vnode_init(vp, cm->cm_mount, vn_mode_type((mode_t)i->i_mode),
	    &cd9660_vnode_ops, n);
	if (vp->v_type == VREG)
		vm_object_init(&vp->v_object, &cd9660_object_ops, n, i->i_size);
	if (i->i_ino == cm->cm_iso.i_root)
		vp->v_flags |= VV_ROOT;
	return (n);
}

static void
node_free(struct cd9660_node *n)
{
	namecache_purge(&n->n_vnode);
	if (n->n_vnode.v_type == VREG)
		vm_object_release(&n->n_vnode.v_object);
	kcache_free(node_cache, n);
}

/* cm_lock held. */
static void
take_out(struct cd9660_node *n)
{
	list_remove(&n->n_lru);
	radix_del(&n->n_cm->cm_nodes, n->n_i.i_ino);
	n->n_cm->cm_nnodes--;
}

/* cm_lock held; those in the table have the cache's reference. */
static struct cd9660_node *
find(struct cd9660_mount *cm, uint64_t ino)
{
	struct cd9660_node *n = radix_get(&cm->cm_nodes, ino);

	if (n != NULL) {
		vnode_hold(&n->n_vnode);
		list_remove(&n->n_lru);
		list_push_back(&cm->cm_lru, &n->n_lru);
	}
	return (n);
}

/* Nobody but the cache has it, nor its pages: it goes to `gone`, unless
 * somebody finds it by its name just now. */
static bool
give_up(struct cd9660_node *n, struct list *gone)
{
	unsigned one = 1;

	if (atomic_load(&n->n_vnode.v_used)) {
		atomic_store(&n->n_vnode.v_used, false);
		return (false);
	}
	if (n->n_vnode.v_object.o_npages != 0 ||
	    !atomic_cas(&n->n_vnode.v_refs, &one, 0))
		return (false);
	take_out(n);
	list_push_back(gone, &n->n_lru);
	return (true);
}

/* Looks at some of the oldest, which become the youngest if they stay; how many
 * went. cm_lock held. */
static unsigned
make_room(struct cd9660_mount *cm, struct list *gone)
{
	struct cd9660_node *n;
	unsigned went = 0;

	for (unsigned i = 0; i < SCAN && !list_empty(&cm->cm_lru); i++) {
		n = LIST_FIRST(&cm->cm_lru, struct cd9660_node, n_lru);
		list_remove(&n->n_lru);
		list_push_back(&cm->cm_lru, &n->n_lru);
		went += give_up(n, gone);
	}
	return (went);
}

static void
free_all(struct list *gone)
{
	struct cd9660_node *n, *next;

	LIST_FOREACH_SAFE (n, gone, n_lru, next) {
		list_remove(&n->n_lru);
		node_free(n);
	}
}

/* n's first reference is the cache's; the caller gets another one.  Somebody
 * may have been faster: *np is that then. */
static int
enter(struct cd9660_node *n, struct cd9660_node **np)
{
	struct cd9660_mount *cm = n->n_cm;
	struct list gone = LIST_INITIALIZER(gone);
	int error = 0;

	mutex_lock(&cm->cm_lock);
	*np = find(cm, n->n_i.i_ino);
	if (*np == NULL) {
		if (cm->cm_nnodes >= vnodes_max())
			(void)make_room(cm, &gone);
		error = radix_set(&cm->cm_nodes, n->n_i.i_ino, n);
	}
	if (*np == NULL && error == 0) {
		cm->cm_nnodes++;
		list_push_back(&cm->cm_lru, &n->n_lru);
		vnode_hold(&n->n_vnode);
		*np = n;
	}
	mutex_unlock(&cm->cm_lock);
	free_all(&gone);
	if (*np != n)
		node_free(n);
	return (error);
}

int
cd9660_node_get(struct cd9660_mount *cm, uint64_t ino, struct cd9660_node **np)
{
	struct cd9660_node *n = NULL;
	struct iso_entry *e;
	int error;

	mutex_lock(&cm->cm_lock);
	*np = find(cm, ino);
	mutex_unlock(&cm->cm_lock);
	if (*np != NULL)
		return (0);
	pageout_check();
	e = kmem_alloc(sizeof(*e), 0);
	if (e == NULL)
		return (ENOMEM);
	error = iso_get(&cm->cm_iso, ino, e);
	if (error == 0) {
		n = node_alloc(cm, &e->e_inode);
		error = n != NULL ? 0 : ENOMEM;
	}
	kmem_free(e, sizeof(*e));
	return (error == 0 ? enter(n, np) : error);
}

uint64_t
cd9660_shrink(struct cd9660_mount *cm, uint64_t want)
{
	struct list gone = LIST_INITIALIZER(gone);
	uint64_t looked = 0, bytes = 0, most;

	do {
		if (!mutex_trylock(&cm->cm_lock))
			break;
		most = cm->cm_nnodes;
		bytes += make_room(cm, &gone) * sizeof(struct cd9660_node);
		mutex_unlock(&cm->cm_lock);
		free_all(&gone);
		looked += SCAN;
		sched_maybe_yield();
	} while (bytes < ptoa(want) && looked < most);
	return (atop(bytes));
}

bool
cd9660_busy(struct cd9660_mount *cm)
{
	struct cd9660_node *n;
	bool busy = false;

	mutex_lock(&cm->cm_lock);
	LIST_FOREACH (n, &cm->cm_lru, n_lru) {
		if (atomic_load(&n->n_vnode.v_refs) >
		    ((n->n_vnode.v_flags & VV_ROOT) != 0 ? 2 : 1))
			busy = true;
		sched_maybe_yield();
	}
	mutex_unlock(&cm->cm_lock);
	return (busy);
}

void
cd9660_discard(struct cd9660_mount *cm)
{
	struct cd9660_node *n;

	while (!list_empty(&cm->cm_lru)) {
		n = LIST_FIRST(&cm->cm_lru, struct cd9660_node, n_lru);
		take_out(n);
		node_free(n);
	}
}
