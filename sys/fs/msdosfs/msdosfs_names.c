/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Operations on names.  Each is on the disk when it returns, but for the time
 * that it took place.
 */
#include "fbsd/dirent.h"
#include "fbsd/errno.h"
#include "fs/msdosfs/msdosfs.h"
#include "lib/string.h"
#include "vm/page.h"

int
msdosfs_lookup(struct vnode *dvp, const struct cname *cn, struct vnode **vpp)
{
	struct msdosfs_node *dir = msdosfs_node(dvp), *n;
	struct msdosfs_slot s;
	int error;

	/* One that was removed has no ".." any more. */
	if (dir->n_gone)
		return (ENOENT);
	if (cname_is_dotdot(cn)) {
		n = msdosfs_node_parent(dir);
		error = n != NULL ? 0 : ENOENT;
	} else {
		error = msdosfs_dir_find(dir, cn->cn_name, cn->cn_len, &s);
		if (error == 0)
			error = msdosfs_node_get(dir, s.place, &s.entry, &n);
	}
	if (error == 0)
		*vpp = &n->n_vnode;
	return (error);
}

int
msdosfs_name(struct vnode *vp, struct vnode **dvpp, char *buf, size_t *len)
{
	struct msdosfs_node *n = msdosfs_node(vp);
	struct msdosfs_node *dir = msdosfs_node_parent(n);
	struct msdosfs_slot s;
	int error;

	if (dir == NULL)
		return (ENOENT);
	rw_rlock(&dir->n_vnode.v_lock);
	error =
	    n->n_gone ? ENOENT : msdosfs_dir_find_place(dir, n->n_place, &s);
	rw_runlock(&dir->n_vnode.v_lock);
	if (error == 0 && s.len >= *len)
		error = ENOENT;
	if (error != 0) {
		vnode_release(&dir->n_vnode);
		return (error);
	}
	memcpy(buf, s.name, s.len);
	*len = s.len;
	*dvpp = &dir->n_vnode;
	return (0);
}

/* Cookies: 1 behind ".", 2 behind "..", and slots from there on. */
#define DOTS 2

static bool
emit_dots(struct msdosfs_node *dir, struct dir_emit *de)
{
	struct msdosfs_node *up = msdosfs_node_parent(dir);
	const ino_t self = msdosfs_ino(dir->n_place);
	ino_t above = self;
	bool more = true;

	if (up != NULL) {
		above = msdosfs_ino(up->n_place);
		vnode_release(&up->n_vnode);
	}
	if (de->cookie == 0)
		more = de->emit(de, ".", 1, self, DT_DIR, 1);
	return (more && de->emit(de, "..", 2, above, DT_DIR, DOTS));
}

int
msdosfs_readdir(struct vnode *vp, struct dir_emit *de)
{
	struct msdosfs_node *dir = msdosfs_node(vp);
	struct msdosfs_slot s;
	uint32_t offset = 0;
	int error = 0;

	if (dir->n_gone)
		return (ENOENT);
	if (de->cookie < 0 || de->cookie > UINT32_MAX) {
		de->eof = true;
		return (0);
	}
	if (de->cookie < DOTS) {
		if (!emit_dots(dir, de))
			return (0);
	} else if (de->cookie - DOTS >= dir->n_size / FAT_DIRENT) {
		de->eof = true;
		return (0);
	} else {
		offset = (uint32_t)(de->cookie - DOTS) * FAT_DIRENT;
	}
	while ((error = msdosfs_dir_next(dir, &offset, &s)) == 0)
		if (!de->emit(de, s.name, s.len, msdosfs_ino(s.place),
			s.entry.d_attr & FAT_DIRECTORY ? DT_DIR : DT_REG,
			DOTS + offset / FAT_DIRENT))
			return (0);
	de->eof = error == ENOENT;
	return (error == ENOENT ? 0 : error);
}

/* Something in it changed. */
static void
touch_dir(struct msdosfs_node *dir)
{
	dir->n_mtime = msdosfs_now();
	msdosfs_touch(dir);
}

/* A cluster for a directory that is about to get a name. */
static int
make_dir(struct msdosfs_node *parent, struct fat_dirent *d)
{
	struct msdosfs_mount *mm = parent->n_mm;
	/* The root is 0 there, wherever it is. */
	const uint32_t up = parent->n_parent != NULL ? parent->n_start : 0;
	uint32_t cluster;
	int error = msdosfs_new_cluster(mm, &cluster);

	if (error != 0)
		return (error);
	error = msdosfs_dir_fill(mm, cluster, up);
	if (error == 0)
		error = msdosfs_fat_write(mm);
	if (error == 0)
		error = disk_flush(mm->mm_disk);
	d->d_start = (uint16_t)cluster;
	d->d_start_high = (uint16_t)(cluster >> 16);
	if (error != 0)
		msdosfs_free_cluster(mm, cluster);
	return (error);
}

static int
create(struct msdosfs_node *dir, const struct cname *cn, const struct vattr *va,
    struct msdosfs_node **np)
{
	const uint32_t now = msdosfs_now();
	struct fat_dirent d = {.d_attr = FAT_ARCHIVE,
	    .d_mtime = (uint16_t)now,
	    .d_mdate = (uint16_t)(now >> 16),
	    .d_ctime = (uint16_t)now,
	    .d_cdate = (uint16_t)(now >> 16),
	    .d_adate = (uint16_t)(now >> 16)};
	const bool is_dir = va->va_type == VDIR;
	uint64_t place;
	int error = 0;

	if (is_dir) {
		d.d_attr = FAT_DIRECTORY;
		error = make_dir(dir, &d);
	} else if ((va->va_mode & S_IWUSR) == 0)
		d.d_attr |= FAT_READONLY;
	if (error != 0)
		return (error);
	error = msdosfs_dir_enter(dir, cn, &d, &place);
	if (error != 0) {
		if (is_dir)
			msdosfs_free_cluster(dir->n_mm,
			    d.d_start | (uint32_t)d.d_start_high << 16);
		return (error);
	}
	touch_dir(dir);
	return (msdosfs_node_get(dir, place, &d, np));
}

int
msdosfs_create(struct vnode *dvp, const struct cname *cn,
    const struct vattr *va, const char *target, struct vnode **vpp)
{
	struct msdosfs_node *dir = msdosfs_node(dvp), *n;
	int error;

	if (va->va_type != VREG && va->va_type != VDIR)
		return (EOPNOTSUPP);
	if (dir->n_gone)
		return (ENOENT);
	error = msdosfs_begin(dir->n_mm);
	if (error != 0)
		return (error);
	error = create(dir, cn, va, &n);
	msdosfs_end(dir->n_mm);
	if (error == 0)
		*vpp = &n->n_vnode;
	return (error);
}

/* Takes its name away, on the disk as well. */
static int
take_name(struct msdosfs_node *dir, struct msdosfs_node *n)
{
	struct msdosfs_slot s;
	int error = msdosfs_begin(dir->n_mm);

	if (error != 0)
		return (error);
	error = msdosfs_dir_find_place(dir, n->n_place, &s);
	if (error == 0)
		error = msdosfs_dir_remove(dir, &s);
	if (error == 0)
		error = disk_flush(dir->n_mm->mm_disk);
	if (error == 0) {
		msdosfs_node_lose(n);
		touch_dir(dir);
	}
	msdosfs_end(dir->n_mm);
	return (error);
}

int
msdosfs_remove(struct vnode *dvp, struct vnode *vp, const struct cname *cn)
{
	return (take_name(msdosfs_node(dvp), msdosfs_node(vp)));
}

int
msdosfs_rmdir(struct vnode *dvp, struct vnode *vp, const struct cname *cn)
{
	int error = msdosfs_dir_empty(msdosfs_node(vp));

	return (error == 0 ? take_name(msdosfs_node(dvp), msdosfs_node(vp))
			   : error);
}

/* The entry at that place becomes n's, but for the name. */
static int
replace(struct msdosfs_node *n, uint64_t place)
{
	struct fat_dirent d;
	struct page *pg;
	uint8_t *p;
	int error = msdosfs_meta(n->n_mm, place, false, &pg, &p);

	if (error != 0)
		return (error);
	memcpy(&d, p, sizeof(d));
	msdosfs_put_entry(n, &d);
	memcpy(p, &d, sizeof(d));
	return (msdosfs_meta_write(n->n_mm, place, pg));
}

/* A directory that moved has another one above. */
static int
write_dotdot(struct msdosfs_node *n, const struct msdosfs_node *up)
{
	const uint64_t at =
	    fat_cluster_at(&n->n_mm->mm_layout, n->n_start) + FAT_DIRENT;
	const uint32_t start = up->n_parent != NULL ? up->n_start : 0;
	struct fat_dirent d;
	struct page *pg;
	uint8_t *p;
	int error = msdosfs_meta(n->n_mm, at, false, &pg, &p);

	if (error != 0)
		return (error);
	memcpy(&d, p, sizeof(d));
	/* Unless the disk is damaged. */
	if (memcmp(d.d_name, "..         ", FAT_SHORT) == 0) {
		d.d_start = (uint16_t)start;
		d.d_start_high = (uint16_t)(start >> 16);
		memcpy(p, &d, sizeof(d));
	}
	return (msdosfs_meta_write(n->n_mm, at, pg));
}

/* The new name first, in the place of `t` if that is there; *place is its. */
static int
put_name(struct msdosfs_node *n, struct msdosfs_node *dir,
    struct msdosfs_node *t, const struct cname *cn, uint64_t *place)
{
	struct fat_dirent d = {.d_case = 0};
	int error;

	if (t != NULL) {
		*place = t->n_place;
		error = replace(n, *place);
	} else {
		msdosfs_put_entry(n, &d);
		error = msdosfs_dir_enter(dir, cn, &d, place);
	}
	return (error == 0 ? disk_flush(n->n_mm->mm_disk) : error);
}

static int
rename_node(struct msdosfs_node *from, struct msdosfs_node *n,
    struct msdosfs_node *to, struct msdosfs_node *t, const struct cname *cn)
{
	const uint64_t old_place = n->n_place;
	struct msdosfs_slot s;
	uint64_t place;
	int error;

	/* What the new name leads to is on the disk. */
	error = msdosfs_commit_locked(n->n_mm);
	if (error == 0)
		error = put_name(n, to, t, cn, &place);
	if (error == 0 && from != to && n->n_vnode.v_type == VDIR)
		error = write_dotdot(n, to);
	if (error == 0)
		error = msdosfs_dir_find_place(from, old_place, &s);
	if (error == 0)
		error = msdosfs_dir_remove(from, &s);
	if (error != 0)
		return (error);
	if (t != NULL)
		msdosfs_node_lose(t);
	error = msdosfs_node_move(n, to, place);
	touch_dir(from);
	touch_dir(to);
	return (error);
}

int
msdosfs_rename(struct vnode *fdvp, struct vnode *fvp, const struct cname *fcn,
    struct vnode *tdvp, struct vnode *tvp, const struct cname *tcn)
{
	struct msdosfs_node *to = msdosfs_node(tdvp);
	struct msdosfs_node *t = tvp != NULL ? msdosfs_node(tvp) : NULL;
	int error = 0;

	if (to->n_gone)
		return (ENOENT);
	if (t != NULL && tvp->v_type == VDIR)
		error = msdosfs_dir_empty(t);
	if (error == 0)
		error = msdosfs_begin(to->n_mm);
	if (error != 0)
		return (error);
	error = rename_node(msdosfs_node(fdvp), msdosfs_node(fvp), to, t, tcn);
	msdosfs_end(to->n_mm);
	return (error);
}
