/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inodes in memory, found by their number.
 *
 * The cache has a reference to each, and gives up those that nobody else has
 * when there are too many or memory is short.  It has none to an inode without
 * a name: when the last user goes, that one waits for the next commit, which
 * frees it.
 */
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "fs/ufs/ufs_mount.h"
#include "core/printf.h"
#include "core/sched.h"
#include "time/time.h"
#include "lib/string.h"
#include "vfs/namecache.h"
#include "vm/kmem.h"
#include "vm/pageout.h"

#define SCAN 32 /* of the oldest inodes, looked at to make room */

static struct kcache *node_cache;

int
ufs_node_init(void)
{
	if (md_has_crc32c())
		ufs_crc32c_by(md_crc32c);
	if (node_cache == NULL)
		node_cache =
		    kcache_create("ufs node", sizeof(struct ufs_node), 16);
	return (node_cache != NULL ? 0 : ENOMEM);
}

static struct ufs_node *
node_alloc(struct ufs_mount *um, enum vtype type)
{
	struct ufs_node *n = kcache_alloc(node_cache, KM_ZERO);

	if (n == NULL)
		return (NULL);
	n->n_um = um;
	list_init(&n->n_lru);
	list_init(&n->n_dirty);
	mutex_init(&n->n_map, "ufs map");
	rw_init(&n->n_writing, "ufs writing");
	radix_init(&n->n_added);
	radix_init(&n->n_leaving);
	vnode_init(&n->n_vnode, um->um_mount, type, &ufs_vnode_ops, n);
	if (type == VREG)
		vm_object_init(&n->n_vnode.v_object, &ufs_object_ops, n, 0);
	return (n);
}

static void
node_free(struct ufs_node *n)
{
	namecache_purge(&n->n_vnode);
	if (n->n_vnode.v_type == VREG)
		vm_object_release(&n->n_vnode.v_object);
	ufs_index_free(n);
	ufs_acls_forget(n);
	radix_clear(&n->n_added, NULL, NULL);
	radix_clear(&n->n_leaving, NULL, NULL);
	kcache_free(node_cache, n);
}

/* Does the cache alone have it, and is it as the disk has it? um_nodes_lock
 * held; by its name somebody may find it meanwhile. */
static bool
idle(struct ufs_node *n)
{
	return (atomic_load(&n->n_vnode.v_refs) == 1 &&
		atomic_load(&n->n_state) == 0 &&
		n->n_vnode.v_object.o_npages == 0);
}

/* Was it found by its name since it was looked at last? */
static bool
was_used(struct ufs_node *n)
{
	if (!atomic_load(&n->n_vnode.v_used))
		return (false);
	atomic_store(&n->n_vnode.v_used, false);
	return (true);
}

/* It becomes the youngest, as all do that are looked at and stay. um_nodes_lock
 * held; NULL: there are none. */
static struct ufs_node *
oldest(struct ufs_mount *um)
{
	struct ufs_node *n =
	    LIST_FIRST(&um->um_node_lru, struct ufs_node, n_lru);

	if (n != NULL) {
		list_remove(&n->n_lru);
		list_push_back(&um->um_node_lru, &n->n_lru);
	}
	return (n);
}

/* When it was read last is remembered until now. */
static bool
note_access(struct ufs_node *n)
{
	struct ufs_mount *um = n->n_um;
	uint64_t read = atomic_swap(&n->n_vnode.v_accessed, 0);
	struct timespec ts = ns_timespec(read);

	if (read == 0 || !um->um_writable || ts.tv_sec <= n->n_i.i_atime.sec)
		return (false);
	n->n_i.i_atime = (struct ufs_time){ts.tv_sec, (int32_t)ts.tv_nsec};
	ufs_node_touch(n, UFS_N_TIMES);
	return (true);
}

/* Takes the cache's reference of one that is idle, unless somebody finds it
 * just now: then nobody can any more. */
static bool
end(struct ufs_node *n)
{
	unsigned one = 1;

	return (atomic_cas(&n->n_vnode.v_refs, &one, 0));
}

/* um_nodes_lock held. */
static void
take_out(struct ufs_mount *um, struct ufs_node *n)
{
	list_remove(&n->n_lru);
	radix_del(&um->um_nodes, n->n_i.i_ino);
	um->um_nnodes--;
}

void
ufs_node_forget(struct ufs_node *n)
{
	struct ufs_mount *um = n->n_um;

	mutex_lock(&um->um_nodes_lock);
	take_out(um, n);
	mutex_unlock(&um->um_nodes_lock);
	spin_lock(&um->um_changes);
	um->um_nameless--;
	spin_unlock(&um->um_changes);
	node_free(n);
}

/* Gives up some of the oldest; those go to `gone`. um_nodes_lock held. */
static void
make_room(struct ufs_mount *um, struct list *gone)
{
	struct ufs_node *n;

	for (unsigned looked = 0;
	     um->um_nnodes >= um->um_max_nodes && looked < SCAN; looked++) {
		n = oldest(um);
		if (was_used(n) || !idle(n) || !end(n))
			continue;
		take_out(um, n);
		list_push_back(gone, &n->n_lru);
	}
}

static void
free_all(struct list *gone)
{
	struct ufs_node *n, *next;

	LIST_FOREACH_SAFE (n, gone, n_lru, next) {
		list_remove(&n->n_lru);
		node_free(n);
	}
}

/* The cache's own reference is n's first; the caller gets another one. If there
 * is one with that number already, *np is that and n is freed. */
static int
enter(struct ufs_mount *um, struct ufs_node *n, struct ufs_node **np)
{
	struct list gone = LIST_INITIALIZER(gone);
	struct ufs_node *old;
	int error = 0;

	mutex_lock(&um->um_nodes_lock);
	old = radix_get(&um->um_nodes, n->n_i.i_ino);
	if (old != NULL) {
		if (!vnode_tryhold(&old->n_vnode))
			error = ENOENT;
	} else {
		make_room(um, &gone);
		error = radix_set(&um->um_nodes, n->n_i.i_ino, n);
		if (error == 0) {
			um->um_nnodes++;
			list_push_back(&um->um_node_lru, &n->n_lru);
			vnode_hold(&n->n_vnode);
		}
	}
	mutex_unlock(&um->um_nodes_lock);
	free_all(&gone);
	if (old != NULL || error != 0)
		node_free(n);
	*np = old != NULL ? old : n;
	return (error);
}

static struct ufs_node *
find(struct ufs_mount *um, uint64_t ino, bool *gone)
{
	struct ufs_node *n;

	*gone = false;
	mutex_lock(&um->um_nodes_lock);
	n = radix_get(&um->um_nodes, ino);
	if (n != NULL) {
		*gone = !vnode_tryhold(&n->n_vnode);
		if (um->um_node_lru.prev != &n->n_lru) {
			list_remove(&n->n_lru);
			list_push_back(&um->um_node_lru, &n->n_lru);
		}
	}
	mutex_unlock(&um->um_nodes_lock);
	return (n);
}

int
ufs_node_get(struct ufs_mount *um, uint64_t ino, struct ufs_node **np)
{
	struct ufs_inode inode;
	struct ufs_node *n;
	bool gone;
	int error;

	n = find(um, ino, &gone);
	if (gone)
		return (ENOENT);
	*np = n;
	if (n != NULL)
		return (0);
	pageout_check();
	error = ufs_inode_get(&um->um_fs, ino, &inode);
	if (error != 0)
		return (error == ESTALE ? ENOENT : error);
	if (vn_mode_type(inode.i_mode) == VNON)
		return (EINTEGRITY);
	n = node_alloc(um, vn_mode_type(inode.i_mode));
	if (n == NULL)
		return (ENOMEM);
	n->n_i = inode;
	n->n_vnode.v_object.o_size = inode.i_size;
	if (ino == UFS_ROOT_INO)
		n->n_vnode.v_flags |= VV_ROOT;
	return (enter(um, n, np));
}

int
ufs_node_new(
    struct ufs_mount *um, uint64_t ino, enum vtype type, struct ufs_node **np)
{
	struct ufs_node *n = node_alloc(um, type);
	int error;

	if (n == NULL)
		return (ENOMEM);
	n->n_i.i_ino = ino;
	error = enter(um, n, np);
	if (error == 0 && *np != n) {
		vnode_release(&(*np)->n_vnode);
		return (EINTEGRITY);
	}
	if (error == 0)
		ufs_node_touch(n, UFS_N_META | UFS_N_NEW);
	return (error);
}

/* Without a name; the cache's reference goes. */
static void
lose_name(struct ufs_node *n)
{
	struct ufs_mount *um = n->n_um;

	spin_lock(&um->um_changes);
	n->n_state |= UFS_N_GONE;
	um->um_nameless++;
	spin_unlock(&um->um_changes);
	vnode_release(&n->n_vnode);
}

void
ufs_node_abandon(struct ufs_node *n)
{
	n->n_i.i_nlink = 0;
	lose_name(n);
	vnode_release(&n->n_vnode);
}

void
ufs_node_drop_name(struct ufs_node *n)
{
	bool last;

	n->n_dropped++;
	n->n_i.i_nlink--;
	/* A directory's own "." doesn't keep it. */
	last = n->n_i.i_nlink == 0;
	ufs_node_set_times(n, false);
	ufs_node_touch(n, UFS_N_META);
	if (last)
		lose_name(n);
}

/* The last user of one without a name: the next commit frees it. */
void
ufs_node_inactive(struct vnode *vp)
{
	struct ufs_node *n = ufs_node(vp);
	struct ufs_mount *um = n->n_um;

	kassert(n->n_state & UFS_N_GONE);
	spin_lock(&um->um_changes);
	list_push_back(&um->um_zombies, &n->n_dirty);
	/* It stays in this list, whatever is done to it. */
	n->n_state |= UFS_N_DIRTY;
	syncer_note(&um->um_syncer);
	spin_unlock(&um->um_changes);
}

/*
 * The lists of dirty inodes have a reference, so that none of them goes.  A
 * commit that is under way doesn't see this one.
 */
void
ufs_node_touch(struct ufs_node *n, unsigned what)
{
	struct ufs_mount *um = n->n_um;

	if ((atomic_load(&n->n_state) & (what | UFS_N_DIRTY)) ==
	    (what | UFS_N_DIRTY))
		return;
	spin_lock(&um->um_changes);
	if (!(n->n_state & UFS_N_DIRTY)) {
		vnode_hold(&n->n_vnode);
		um->um_ndirty++;
		list_push_back(&um->um_dirtied, &n->n_dirty);
		syncer_note(&um->um_syncer);
	}
	n->n_state |= what | UFS_N_DIRTY;
	spin_unlock(&um->um_changes);
}

void
ufs_node_set_times(struct ufs_node *n, bool modified)
{
	struct timespec now = time_now();
	struct ufs_time t = {now.tv_sec, (int32_t)now.tv_nsec};

	n->n_i.i_ctime = t;
	if (modified)
		n->n_i.i_mtime = t;
}

/* Frees those of some of the oldest that are idle; how many bytes that are.
 * um_nodes_lock held. */
static uint64_t
shrink_some(struct ufs_mount *um, struct list *gone)
{
	struct ufs_node *n;
	uint64_t bytes = 0;

	for (unsigned i = 0; i < SCAN && (n = oldest(um)) != NULL; i++) {
		if (was_used(n) || !idle(n) || note_access(n) || !end(n))
			continue;
		take_out(um, n);
		list_push_back(gone, &n->n_lru);
		bytes += sizeof(*n);
	}
	return (bytes);
}

/* Once round at most, and the lock is let go of in between. */
uint64_t
ufs_node_shrink(struct ufs_mount *um, uint64_t want)
{
	struct list gone = LIST_INITIALIZER(gone);
	uint64_t looked = 0, bytes = 0, most;

	do {
		if (!mutex_trylock(&um->um_nodes_lock))
			break;
		most = um->um_nnodes;
		bytes += shrink_some(um, &gone);
		mutex_unlock(&um->um_nodes_lock);
		free_all(&gone);
		looked += SCAN;
		sched_maybe_yield();
	} while (bytes < ptoa(want) && looked < most);
	return (atop(bytes));
}

bool
ufs_nodes_busy(struct ufs_mount *um, bool with_root)
{
	struct ufs_node *n;
	bool busy = false;
	unsigned most;

	mutex_lock(&um->um_nodes_lock);
	LIST_FOREACH (n, &um->um_node_lru, n_lru) {
		most = n->n_i.i_ino == UFS_ROOT_INO && with_root ? 2 : 1;
		if (n->n_state & UFS_N_DIRTY)
			most++;
		if (n->n_state & UFS_N_GONE)
			most--;
		if (atomic_load(&n->n_vnode.v_refs) > most)
			busy = true;
		sched_maybe_yield();
	}
	mutex_unlock(&um->um_nodes_lock);
	return (busy);
}

/* When each of them was read last becomes a part of it; nobody uses them. */
void
ufs_nodes_note_access(struct ufs_mount *um)
{
	struct ufs_node *n;

	mutex_lock(&um->um_nodes_lock);
	LIST_FOREACH (n, &um->um_node_lru, n_lru) {
		(void)note_access(n);
		sched_maybe_yield();
	}
	mutex_unlock(&um->um_nodes_lock);
}

/* Nobody else knows of them. */
void
ufs_nodes_discard_all(struct ufs_mount *um)
{
	struct ufs_node *n;

	while ((n = LIST_FIRST(&um->um_node_lru, struct ufs_node, n_lru)) !=
	       NULL) {
		take_out(um, n);
		node_free(n);
	}
}

/* There is nothing in it any more. */
static void
make_void(struct ufs_inode *i)
{
	i->i_blocks = 0;
	i->i_extsize = 0;
	memset(i->i_ext, 0, sizeof(i->i_ext));
	/* A device's number is where others have blocks. */
	if (vn_mode_type(i->i_mode) == VCHR || vn_mode_type(i->i_mode) == VBLK)
		return;
	i->i_size = 0;
	memset(i->i_direct, 0, sizeof(i->i_direct));
	memset(i->i_indirect, 0, sizeof(i->i_indirect));
	memset(i->i_link, 0, sizeof(i->i_link));
}

/* An inode from the disk, even for who is killed meanwhile. */
static int
fetch_inode(struct ufs_mount *um, uint64_t ino, struct ufs_inode *inode)
{
	struct ufs_buf *b;
	uint64_t frag;
	size_t offset;
	int error;

	error = ufs_inode_place(&um->um_fs, ino, &frag, &offset);
	if (error == 0)
		error = ufs_buf_get(um, ufs_frag_block(um, frag), &b);
	if (error != 0)
		return (error);
	error = ufs_inode_get(&um->um_fs, ino, inode);
	ufs_buf_release(um, b);
	return (error);
}

/* One that is clean, from the disk again; `lose`: if it isn't there, or can't
 * be read, it is empty. */
static int
reload(struct ufs_node *n, bool lose)
{
	struct vnode *vp = &n->n_vnode;
	struct ufs_inode inode;
	int error;

	rw_wlock(&vp->v_lock);
	error = fetch_inode(n->n_um, n->n_i.i_ino, &inode);
	if (error == 0 && vn_mode_type(inode.i_mode) != vp->v_type)
		error = EINTEGRITY;
	if (error != 0 && lose) {
		inode = n->n_i;
		make_void(&inode);
	}
	if (error == 0 || lose) {
		mutex_lock(&n->n_map);
		n->n_i = inode;
		mutex_unlock(&n->n_map);
		ufs_index_free(n);
		ufs_acls_forget(n);
		namecache_purge(vp);
		if (vp->v_type == VREG) {
			vm_object_discard(&vp->v_object, 0, UINT64_MAX);
			vm_object_resize(&vp->v_object, inode.i_size);
		}
	}
	rw_wunlock(&vp->v_lock);
	return (error);
}

/* The next one from that number on that somebody has, with a reference; or
 * NULL. */
static struct ufs_node *
next_node(struct ufs_mount *um, uint64_t *ino)
{
	struct ufs_node *n;

	mutex_lock(&um->um_nodes_lock);
	while ((n = radix_next(&um->um_nodes, ino)) != NULL &&
	       !vnode_tryhold(&n->n_vnode))
		++*ino;
	mutex_unlock(&um->um_nodes_lock);
	return (n);
}

int
ufs_nodes_reload(struct ufs_mount *um, bool lose)
{
	struct ufs_node *n;
	int error = 0;

	for (uint64_t ino = 0; (n = next_node(um, &ino)) != NULL; ino++) {
		if (reload(n, lose) != 0)
			error = EIO;
		vnode_release(&n->n_vnode);
	}
	return (error);
}

bool
ufs_nodes_mapped_to_write(struct ufs_mount *um)
{
	struct ufs_node *n;
	bool mapped = false;

	for (uint64_t ino = 0; !mapped && (n = next_node(um, &ino)) != NULL;
	     ino++) {
		mapped = vnode_mapped_to_write(&n->n_vnode);
		vnode_release(&n->n_vnode);
		sched_maybe_yield();
	}
	return (mapped);
}

void
ufs_nodes_settle(struct ufs_mount *um)
{
	struct ufs_node *n;

	for (uint64_t ino = 0; (n = next_node(um, &ino)) != NULL; ino++) {
		vnode_settle(&n->n_vnode);
		vnode_release(&n->n_vnode);
	}
}
