/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Directories.
 *
 * An entry's key is the hash of its name, and where that is taken one of the
 * next few numbers: a look-up goes to the hash and compares names from there
 * to the window's end.  Holes in the window don't matter, so an entry can be
 * taken out without moving others.
 */
#include "fbsd/dirent.h"
#include "fbsd/errno.h"
#include "fs/tmpfs/tmpfs.h"
#include "lib/hash.h"
#include "lib/string.h"
#include "vm/kmem.h"
#include "vm/page.h"

#define WINDOW	 8
#define KEY_BITS 62

static uint64_t
key_of(const struct tmpfs_mount *tm, const char *name, size_t len)
{
	uint64_t h = hash_name(tm->tm_hash_key, name, len);

	return (MAX(h >> (64 - KEY_BITS), TMPFS_FIRST_KEY));
}

/* The first entry at key or behind it. */
static struct tmpfs_entry *
first_from(struct tmpfs_node *dir, uint64_t key)
{
	struct rb_node *rb = dir->tn_dir.entries.root;
	struct tmpfs_entry *te, *best = NULL;

	while (rb != NULL) {
		te = container_of(rb, struct tmpfs_entry, te_rb);
		if (te->te_key < key)
			rb = rb->right;
		else {
			best = te;
			if (te->te_key == key)
				break;
			rb = rb->left;
		}
	}
	return (best);
}

static struct tmpfs_entry *
next_entry(struct tmpfs_entry *te)
{
	struct rb_node *rb = rb_next(&te->te_rb);

	return (
	    rb != NULL ? container_of(rb, struct tmpfs_entry, te_rb) : NULL);
}

struct tmpfs_entry *
tmpfs_find(struct tmpfs_node *dir, const char *name, size_t len)
{
	uint64_t key = key_of(dir->tn_mount, name, len);
	struct tmpfs_entry *te;

	for (te = first_from(dir, key); te != NULL && te->te_key < key + WINDOW;
	     te = next_entry(te))
		if (te->te_len == len && memcmp(te->te_name, name, len) == 0)
			return (te);
	return (NULL);
}

/* A free key for the name: 0 if the window is full. */
static uint64_t
free_key(struct tmpfs_node *dir, const char *name, size_t len)
{
	uint64_t hash = key_of(dir->tn_mount, name, len), key = hash;
	struct tmpfs_entry *te;

	for (te = first_from(dir, key); te != NULL && te->te_key == key;
	     te = next_entry(te))
		key++;
	return (key < hash + WINDOW ? key : 0);
}

static void
insert(struct tmpfs_node *dir, struct tmpfs_entry *te)
{
	struct rb_node **link = &dir->tn_dir.entries.root, *parent = NULL;
	struct tmpfs_entry *at;

	while (*link != NULL) {
		parent = *link;
		at = container_of(parent, struct tmpfs_entry, te_rb);
		link = te->te_key < at->te_key ? &parent->left : &parent->right;
	}
	rb_insert(&dir->tn_dir.entries, &te->te_rb, parent, link);
	dir->tn_dir.count++;
}

static struct tmpfs_entry *
new_entry(struct tmpfs_node *dir, const char *name, size_t len)
{
	struct tmpfs_entry *te;

	te = page_low() ? NULL : kmem_alloc(sizeof(*te) + len, 0);
	if (te == NULL)
		return (NULL);
	te->te_key = free_key(dir, name, len);
	if (te->te_key == 0) {
		kmem_free(te, sizeof(*te) + len);
		return (NULL);
	}
	te->te_dir = dir;
	te->te_len = (uint8_t)len;
	memcpy(te->te_name, name, len);
	list_init(&te->te_link);
	return (te);
}

/* From now on the entry leads to n. */
static void
point_to(struct tmpfs_entry *te, struct tmpfs_node *n)
{
	struct tmpfs_mount *tm = n->tn_mount;

	te->te_node = n;
	spin_lock(&tm->tm_lock);
	list_remove(&te->te_link);
	list_push_back(&n->tn_names, &te->te_link);
	if (n->tn_vnode.v_type == VDIR)
		n->tn_dir.parent = te->te_dir;
	spin_unlock(&tm->tm_lock);
}

int
tmpfs_enter(
    struct tmpfs_node *dir, const char *name, size_t len, struct tmpfs_node *n)
{
	struct tmpfs_entry *te;

	if (dir->tn_removed)
		return (ENOENT);
	te = new_entry(dir, name, len);
	if (te == NULL)
		return (ENOSPC);
	insert(dir, te);
	point_to(te, n);
	if (n->tn_vnode.v_type == VDIR) {
		n->tn_nlink++;
		dir->tn_nlink++;
	}
	n->tn_nlink++;
	tmpfs_modified(dir);
	return (0);
}

static void
free_entry(struct tmpfs_node *dir, struct tmpfs_entry *te)
{
	struct tmpfs_mount *tm = dir->tn_mount;

	rb_remove(&dir->tn_dir.entries, &te->te_rb);
	dir->tn_dir.count--;
	spin_lock(&tm->tm_lock);
	list_remove(&te->te_link);
	spin_unlock(&tm->tm_lock);
	kmem_free(te, sizeof(*te) + te->te_len);
}

/* n has lost a name; with the last one it loses the names' reference. */
static void
drop_name(struct tmpfs_node *dir, struct tmpfs_node *n)
{
	struct tmpfs_mount *tm = n->tn_mount;

	tmpfs_changed(n);
	if (n->tn_vnode.v_type == VDIR) {
		n->tn_removed = true;
		spin_lock(&tm->tm_lock);
		n->tn_dir.parent = NULL;
		spin_unlock(&tm->tm_lock);
		dir->tn_nlink--;
		n->tn_nlink--;
	}
	if (--n->tn_nlink == 0)
		vnode_release(&n->tn_vnode);
}

void
tmpfs_leave(struct tmpfs_node *dir, struct tmpfs_entry *te)
{
	struct tmpfs_node *n = te->te_node;

	free_entry(dir, te);
	drop_name(dir, n);
	tmpfs_modified(dir);
}

int
tmpfs_lookup(struct vnode *dvp, const struct cname *cn, struct vnode **vpp)
{
	struct tmpfs_node *dir = tmpfs_node(dvp), *up;
	struct tmpfs_entry *te;

	if (cname_is_dotdot(cn)) {
		spin_lock(&dir->tn_mount->tm_lock);
		up = dir->tn_dir.parent;
		if (up != NULL)
			vnode_hold(&up->tn_vnode);
		spin_unlock(&dir->tn_mount->tm_lock);
		*vpp = &up->tn_vnode;
		return (up != NULL ? 0 : ENOENT);
	}
	te = tmpfs_find(dir, cn->cn_name, cn->cn_len);
	if (te == NULL)
		return (ENOENT);
	*vpp = &te->te_node->tn_vnode;
	vnode_hold(*vpp);
	return (0);
}

static const uint8_t dirent_type[] = {
    [VREG] = DT_REG,
    [VDIR] = DT_DIR,
    [VBLK] = DT_BLK,
    [VCHR] = DT_CHR,
    [VLNK] = DT_LNK,
    [VSOCK] = DT_SOCK,
    [VFIFO] = DT_FIFO,
};

static ino_t
parent_ino(struct tmpfs_node *dir)
{
	ino_t ino = dir->tn_ino;

	spin_lock(&dir->tn_mount->tm_lock);
	if (dir->tn_dir.parent != NULL)
		ino = dir->tn_dir.parent->tn_ino;
	spin_unlock(&dir->tn_mount->tm_lock);
	return (ino);
}

int
tmpfs_readdir(struct vnode *vp, struct dir_emit *de)
{
	struct tmpfs_node *dir = tmpfs_node(vp);
	struct tmpfs_entry *te;

	if (dir->tn_removed)
		return (ENOENT);
	if (de->cookie == 0) {
		if (!de->emit(de, ".", 1, dir->tn_ino, DT_DIR, 1))
			return (0);
		de->cookie = 1;
	}
	if (de->cookie == 1) {
		if (!de->emit(
			de, "..", 2, parent_ino(dir), DT_DIR, TMPFS_FIRST_KEY))
			return (0);
		de->cookie = TMPFS_FIRST_KEY;
	}
	for (te = first_from(dir, (uint64_t)de->cookie); te != NULL;
	     te = next_entry(te))
		if (!de->emit(de, te->te_name, te->te_len, te->te_node->tn_ino,
			dirent_type[te->te_node->tn_vnode.v_type],
			(off_t)te->te_key + 1))
			return (0);
	de->eof = true;
	return (0);
}

int
tmpfs_create(struct vnode *dvp, const struct cname *cn, const struct vattr *va,
    const char *target, struct vnode **vpp)
{
	struct tmpfs_node *dir = tmpfs_node(dvp), *n;
	int error;

	error = tmpfs_node_alloc(dir->tn_mount, va, target, &n);
	if (error != 0)
		return (error);
	error = tmpfs_enter(dir, cn->cn_name, cn->cn_len, n);
	if (error != 0) {
		tmpfs_node_free(n);
		return (error);
	}
	*vpp = &n->tn_vnode;
	vnode_hold(*vpp);
	return (0);
}

int
tmpfs_remove(struct vnode *dvp, struct vnode *vp, const struct cname *cn)
{
	struct tmpfs_node *dir = tmpfs_node(dvp);
	struct tmpfs_entry *te = tmpfs_find(dir, cn->cn_name, cn->cn_len);

	if (te == NULL || te->te_node != tmpfs_node(vp))
		return (ENOENT);
	tmpfs_leave(dir, te);
	return (0);
}

int
tmpfs_rmdir(struct vnode *dvp, struct vnode *vp, const struct cname *cn)
{
	if (tmpfs_node(vp)->tn_dir.count > 0)
		return (ENOTEMPTY);
	return (tmpfs_remove(dvp, vp, cn));
}

int
tmpfs_linkto(struct vnode *dvp, struct vnode *vp, const struct cname *cn)
{
	struct tmpfs_node *n = tmpfs_node(vp);
	int error;

	if (n->tn_nlink == 0)
		return (ENOENT);
	if (n->tn_nlink >= TMPFS_LINK_MAX)
		return (EMLINK);
	error = tmpfs_enter(tmpfs_node(dvp), cn->cn_name, cn->cn_len, n);
	if (error == 0)
		tmpfs_changed(n);
	return (error);
}

/* A directory's place among its new parent's children. */
static void
move_dir(struct tmpfs_node *from, struct tmpfs_node *to, struct tmpfs_node *n)
{
	if (n->tn_vnode.v_type == VDIR && from != to) {
		from->tn_nlink--;
		to->tn_nlink++;
	}
}

int
tmpfs_rename(struct vnode *fdvp, struct vnode *fvp, const struct cname *fcn,
    struct vnode *tdvp, struct vnode *tvp, const struct cname *tcn)
{
	struct tmpfs_node *from = tmpfs_node(fdvp), *to = tmpfs_node(tdvp);
	struct tmpfs_node *n = tmpfs_node(fvp), *old;
	struct tmpfs_entry *fte, *tte;

	fte = tmpfs_find(from, fcn->cn_name, fcn->cn_len);
	if (fte == NULL || fte->te_node != n || to->tn_removed)
		return (ENOENT);
	tte = tmpfs_find(to, tcn->cn_name, tcn->cn_len);
	if (tvp != NULL) {
		if (tvp->v_type == VDIR && tmpfs_node(tvp)->tn_dir.count > 0)
			return (ENOTEMPTY);
		if (tte == NULL || tte->te_node != tmpfs_node(tvp))
			return (ENOENT);
		old = tte->te_node;
		free_entry(from, fte);
		point_to(tte, n);
		drop_name(to, old);
	} else {
		tte = new_entry(to, tcn->cn_name, tcn->cn_len);
		if (tte == NULL)
			return (ENOSPC);
		insert(to, tte);
		free_entry(from, fte);
		point_to(tte, n);
	}
	move_dir(from, to, n);
	tmpfs_changed(n);
	tmpfs_modified(from);
	tmpfs_modified(to);
	return (0);
}

/* The name that came last is as good as any. */
int
tmpfs_name(struct vnode *vp, struct vnode **dvpp, char *buf, size_t *len)
{
	struct tmpfs_node *n = tmpfs_node(vp);
	struct tmpfs_mount *tm = n->tn_mount;
	struct tmpfs_entry *te;
	int error = ENOENT;

	spin_lock(&tm->tm_lock);
	te = LIST_LAST(&n->tn_names, struct tmpfs_entry, te_link);
	if (te != NULL && te->te_len <= *len) {
		memcpy(buf, te->te_name, te->te_len);
		*len = te->te_len;
		*dvpp = &te->te_dir->tn_vnode;
		vnode_hold(*dvpp);
		error = 0;
	}
	spin_unlock(&tm->tm_lock);
	return (error);
}
