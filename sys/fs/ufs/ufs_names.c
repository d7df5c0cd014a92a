/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Operations on names.  Each is tried within a batch, in an order in which what
 * can fail comes before what can't be undone; if it must wait for a commit, it
 * is tried again after that.
 */
#include "fbsd/errno.h"
#include "fs/ufs/ufs_mount.h"
#include "core/random.h"
#include "time/time.h"
#include "lib/string.h"
#include "vm/pageout.h"

#define NOWHERE UINT64_MAX

/* "." or ".." */
static bool
is_dots(const struct cname *cn)
{
	return (cn->cn_len <= 2 && memcmp(cn->cn_name, "..", cn->cn_len) == 0);
}

int
ufs_lookup(struct vnode *dvp, const struct cname *cn, struct vnode **vpp)
{
	struct ufs_node *dir = ufs_node(dvp), *n;
	uint64_t offset, ino;
	int error;

	/* One that was removed has no ".." any more. */
	if (dir->n_i.i_nlink == 0)
		return (ENOENT);
	error = ufs_index_find(dir, cn->cn_name, cn->cn_len, &offset, &ino);
	if (error != 0)
		return (error);
	/* A directory that is in itself would be locked twice. */
	if (ino == dir->n_i.i_ino && !is_dots(cn))
		return (EINTEGRITY);
	error = ufs_node_get(dir->n_um, ino, &n);
	if (error != 0)
		return (error == ENOENT ? EINTEGRITY : error);
	if (!is_dots(cn))
		atomic_store(&n->n_parent, dir->n_i.i_ino);
	*vpp = &n->n_vnode;
	return (0);
}

/* A directory's block: 0, ENOENT behind the end. */
static int
fetch_block(struct ufs_node *dir, uint64_t lbn)
{
	struct ufs_mount *um = dir->n_um;
	uint64_t frag = 0, run;
	int error = ENOENT;

	mutex_lock(&dir->n_map);
	if (lbn << um->um_fs.fs_bshift < dir->n_i.i_size)
		error = ufs_map_find(dir, lbn, 1, &frag, &run);
	mutex_unlock(&dir->n_map);
	if (error == 0 && frag != 0)
		error = ufs_buf_read(um, ufs_frag_block(um, frag));
	return (error);
}

/* To make a directory's index all of it is needed. */
int
ufs_fetch(struct vnode *vp, uint64_t block)
{
	struct ufs_node *dir = ufs_node(vp);
	int error = ufs_buf_read(dir->n_um, block);

	if (vp->v_type != VDIR || atomic_load(&dir->n_index) != NULL)
		return (error);
	for (uint64_t lbn = 0; error == 0; lbn++)
		error = fetch_block(dir, lbn);
	return (error == ENOENT ? 0 : error);
}

/* A long symbolic link's text gets storage. */
static int
store_link(struct ufs_node *n, const char *target, size_t len)
{
	struct ufs_mount *um = n->n_um;
	const unsigned frags = ufs_frags_for(um, len, 0);
	struct ufs_buf *b;
	uint64_t frag, at;
	int error;

	mutex_lock(&n->n_map);
	error = ufs_map_alloc(n, 0, frags);
	mutex_unlock(&n->n_map);
	if (error != 0)
		return (error);
	frag = n->n_i.i_direct[0];
	error = ufs_buf_get(um, ufs_frag_block(um, frag), &b);
	if (error != 0)
		return (error);
	at = frag % (uint32_t)um->um_fs.fs_sb.fs_frag << um->um_fs.fs_fshift;
	memset(b->b_data + at, 0, (size_t)frags << um->um_fs.fs_fshift);
	memcpy(b->b_data + at, target, len);
	ufs_buf_fresh(um, b, UFS_BUF_NAMES, frag, frags);
	ufs_buf_release(um, b);
	return (0);
}

static int
set_link(struct ufs_node *n, const char *target)
{
	const size_t len = strlen(target);
	int error = 0;

	if (len < MIN(sizeof(n->n_i.i_link),
		      (size_t)n->n_um->um_fs.fs_sb.fs_maxsymlinklen))
		memcpy(n->n_i.i_link, target, len);
	else
		error = store_link(n, target, len);
	n->n_i.i_size = len;
	return (error);
}

static void
set_attributes(struct ufs_node *n, const struct vattr *va, mode_t mode)
{
	struct timespec now = time_now();
	struct ufs_time t = {now.tv_sec, (int32_t)now.tv_nsec};
	struct ufs_inode *i = &n->n_i;

	i->i_mode = (uint16_t)(vn_type_mode(va->va_type) | mode);
	i->i_uid = va->va_uid;
	i->i_gid = va->va_gid;
	i->i_nlink = va->va_type == VDIR ? 2 : 1;
	i->i_atime = i->i_mtime = i->i_ctime = i->i_birthtime = t;
	random_bytes(&i->i_gen, sizeof(i->i_gen));
	if (va->va_type == VCHR || va->va_type == VBLK)
		i->i_direct[0] = va->va_rdev;
}

/* Only the root has 0, and what nobody counted. */
static uint32_t
depth_in(const struct ufs_node *dir)
{
	const struct ufs_inode *i = &dir->n_i;

	return (
	    i->i_ino == UFS_ROOT_INO || i->i_depth != 0 ? i->i_depth + 1 : 0);
}

/* An inode without a name yet. */
static int
new_node(struct ufs_node *dir, const struct vattr *va, const char *target,
    const struct ufs_heritage *h, struct ufs_node **np)
{
	struct ufs_mount *um = dir->n_um;
	const bool is_dir = va->va_type == VDIR;
	uint64_t ino;
	int error;

	error = ufs_alloc_inode(um, dir->n_i.i_ino, is_dir, &ino);
	if (error != 0)
		return (error);
	error = ufs_node_new(um, ino, va->va_type, np);
	if (error != 0) {
		(void)ufs_free_inode(um, ino, is_dir);
		return (error);
	}
	set_attributes(*np, va, h->mode);
	if (is_dir) {
		(*np)->n_i.i_depth = depth_in(dir);
		error = ufs_dir_make(*np, dir->n_i.i_ino);
	} else if (va->va_type == VLNK)
		error = set_link(*np, target);
	if (error == 0 && h->size > 0)
		error = ufs_ext_store(*np, h->area, h->size);
	if (error != 0)
		ufs_node_abandon(*np);
	return (error);
}

static int
create_once(struct ufs_node *dir, const struct cname *cn,
    const struct vattr *va, const char *target, const struct ufs_heritage *h,
    struct ufs_node **np)
{
	struct ufs_dirblk at;
	uint64_t block;
	int error;

	if (va->va_type == VDIR && dir->n_i.i_nlink >= UFS_LINKS_MAX)
		return (EMLINK);
	error = ufs_dir_reserve(dir, cn, NOWHERE, &block);
	if (error == 0)
		error = ufs_dirblk_hold(dir, block, &at);
	if (error != 0)
		return (error);
	error = new_node(dir, va, target, h, np);
	if (error == 0) {
		error = ufs_dir_enter(dir, &at, cn, *np, false);
		if (error != 0)
			ufs_node_abandon(*np);
	}
	ufs_dirblk_release(dir, &at);
	if (error != 0)
		return (error);
	(*np)->n_parent = dir->n_i.i_ino;
	if (va->va_type == VDIR)
		dir->n_i.i_nlink++;
	return (0);
}

int
ufs_create(struct vnode *dvp, const struct cname *cn, const struct vattr *va,
    const char *target, struct vnode **vpp)
{
	struct ufs_node *dir = ufs_node(dvp), *n = NULL;
	struct ufs_heritage h;
	unsigned tries = 0;
	int error;

	if (va->va_type == VLNK && strlen(target) >= UFS_LINK_MAX)
		return (ENAMETOOLONG);
	pageout_check();
	error = ufs_throttle(dir->n_um);
	if (error == 0)
		error = ufs_inherit(dir, va, &h);
	if (error != 0)
		return (error);
	do {
		error = ufs_begin(dir->n_um);
		if (error != 0)
			break;
		error = create_once(dir, cn, va, target, &h, &n);
		ufs_end(dir->n_um);
	} while (ufs_try_again(dir->n_um, &error, &tries));
	ufs_inherited(dir, &h);
	if (error == 0)
		*vpp = &n->n_vnode;
	return (ufs_done(dir->n_um, error));
}

/* The name's entry, which must lead to n. */
static int
find_entry(struct ufs_node *dir, const struct cname *cn,
    const struct ufs_node *n, uint64_t *offset)
{
	uint64_t ino;
	int error;

	error = ufs_index_find(dir, cn->cn_name, cn->cn_len, offset, &ino);
	if (error == 0 && ino != n->n_i.i_ino)
		error = ENOENT;
	return (error);
}

/* Has it a name that the disk may not have yet? */
static bool
other_name(const struct ufs_node *n)
{
	return (n->n_i.i_nlink > 1 && (n->n_state & UFS_N_NAMED));
}

int
ufs_remove(struct vnode *dvp, struct vnode *vp, const struct cname *cn)
{
	struct ufs_node *dir = ufs_node(dvp), *n = ufs_node(vp);
	struct ufs_dirblk at;
	uint64_t offset;
	int error;

	error = ufs_throttle(dir->n_um);
	if (error == 0)
		error = ufs_begin(dir->n_um);
	if (error != 0)
		return (error);
	error = find_entry(dir, cn, n, &offset);
	if (error == 0)
		error = ufs_dirblk_hold(dir, offset, &at);
	if (error == 0) {
		ufs_dir_remove(dir, &at, offset, cn, other_name(n));
		ufs_dirblk_release(dir, &at);
		ufs_node_drop_name(n);
	}
	ufs_end(dir->n_um);
	return (ufs_done(dir->n_um, error));
}

/* The directory `parent` has one less below it. */
static void
drop_child(struct ufs_node *parent)
{
	parent->n_dropped++;
	parent->n_i.i_nlink--;
	ufs_node_touch(parent, UFS_N_META);
}

/* An empty directory, whose first block is held, loses its only name, and its
 * "." with that. */
static void
drop_dir(
    struct ufs_node *parent, struct ufs_node *n, const struct ufs_dirblk *first)
{
	drop_child(parent);
	ufs_dir_restore_parent(n, first);
	n->n_dropped += n->n_i.i_nlink - 1u;
	n->n_i.i_nlink = 1;
	ufs_node_drop_name(n);
}

/* Its first block is held then. */
static int
must_be_empty(struct ufs_node *dir, struct ufs_dirblk *first)
{
	bool empty;
	int error = ufs_dir_empty(dir, &empty);

	if (error == 0 && !empty)
		error = ENOTEMPTY;
	return (error == 0 ? ufs_dirblk_hold(dir, 0, first) : error);
}

int
ufs_rmdir(struct vnode *dvp, struct vnode *vp, const struct cname *cn)
{
	struct ufs_node *dir = ufs_node(dvp), *n = ufs_node(vp);
	struct ufs_dirblk at = {0}, first = {0};
	uint64_t offset;
	int error;

	error = ufs_throttle(dir->n_um);
	if (error == 0)
		error = ufs_begin(dir->n_um);
	if (error != 0)
		return (error);
	error = find_entry(dir, cn, n, &offset);
	if (error == 0)
		error = must_be_empty(n, &first);
	if (error == 0)
		error = ufs_dirblk_hold(dir, offset, &at);
	if (error == 0) {
		ufs_dir_remove(dir, &at, offset, cn, ufs_dir_any_leaving(n));
		drop_dir(dir, n, &first);
	}
	ufs_dirblk_release(dir, &at);
	ufs_dirblk_release(n, &first);
	ufs_end(dir->n_um);
	return (ufs_done(dir->n_um, error));
}

static int
link_once(struct ufs_node *dir, struct ufs_node *n, const struct cname *cn)
{
	struct ufs_dirblk at;
	uint64_t block;
	int error;

	if (n->n_i.i_nlink == 0)
		return (ENOENT);
	if (n->n_i.i_nlink >= UFS_LINKS_MAX)
		return (EMLINK);
	error = ufs_dir_reserve(dir, cn, NOWHERE, &block);
	if (error == 0)
		error = ufs_dirblk_hold(dir, block, &at);
	if (error != 0)
		return (error);
	error = ufs_dir_enter(dir, &at, cn, n, false);
	ufs_dirblk_release(dir, &at);
	if (error != 0)
		return (error);
	n->n_i.i_nlink++;
	ufs_node_set_times(n, false);
	ufs_node_touch(n, UFS_N_META | UFS_N_NAMED);
	return (0);
}

int
ufs_link(struct vnode *dvp, struct vnode *vp, const struct cname *cn)
{
	struct ufs_node *dir = ufs_node(dvp), *n = ufs_node(vp);
	unsigned tries = 0;
	int error;

	error = ufs_throttle(dir->n_um);
	if (error != 0)
		return (error);
	do {
		error = ufs_begin(dir->n_um);
		if (error != 0)
			break;
		error = link_once(dir, n, cn);
		ufs_end(dir->n_um);
	} while (ufs_try_again(dir->n_um, &error, &tries));
	return (ufs_done(dir->n_um, error));
}

/* A rename, and what is found out about it. */
struct renaming {
	struct ufs_node *from, *to; /* directories */
	struct ufs_node *n;
	struct ufs_node *old; /* what has the new name now, or NULL */
	const struct cname *from_name, *to_name;
	uint64_t from_offset;
	uint64_t to_offset; /* old's entry; or a block with room */
	/* What will change, held. */
	struct ufs_dirblk from_at, to_at;
	struct ufs_dirblk first;     /* n's, if it gets another parent */
	struct ufs_dirblk old_first; /* old's, if that is a directory */
};

static bool
is_dir(const struct ufs_node *n)
{
	return (n->n_vnode.v_type == VDIR);
}

/* Does a directory get another parent? */
static bool
moves_dir(const struct renaming *r)
{
	return (is_dir(r->n) && r->from != r->to);
}

/* The new name has room, or leads to what goes. */
static int
prepare_target(struct renaming *r)
{
	int error;

	if (r->old == NULL) {
		error = ufs_dir_reserve(r->to, r->to_name,
		    r->from == r->to ? r->from_offset : NOWHERE, &r->to_offset);
		return (error == 0
			    ? ufs_dirblk_hold(r->to, r->to_offset, &r->to_at)
			    : error);
	}
	error = find_entry(r->to, r->to_name, r->old, &r->to_offset);
	if (error == 0)
		error = ufs_dirblk_hold(r->to, r->to_offset, &r->to_at);
	if (error == 0 && is_dir(r->old))
		error = must_be_empty(r->old, &r->old_first);
	/* Its entry can't stay and go. */
	if (error == 0 &&
	    (is_dir(r->old) ? ufs_dir_any_leaving(r->old) : other_name(r->old)))
		error = UFS_COMMIT_FIRST;
	return (error);
}

static int
prepare_rename(struct renaming *r)
{
	int error;

	if (r->to->n_i.i_nlink == 0)
		return (ENOENT);
	error = find_entry(r->from, r->from_name, r->n, &r->from_offset);
	if (error == 0 && moves_dir(r))
		error = r->to->n_i.i_nlink >= UFS_LINKS_MAX
			    ? EMLINK
			    : ufs_dirblk_hold(r->n, 0, &r->first);
	if (error == 0)
		error = prepare_target(r);
	/* Its place may have changed. */
	if (error == 0)
		error = ufs_dirblk_hold(r->from, r->from_offset, &r->from_at);
	return (error);
}

static void
release_blocks(struct renaming *r)
{
	ufs_dirblk_release(r->from, &r->from_at);
	ufs_dirblk_release(r->to, &r->to_at);
	ufs_dirblk_release(r->n, &r->first);
	if (r->old != NULL)
		ufs_dirblk_release(r->old, &r->old_first);
}

/* Does the disk change both names at once, and has it had the old one? */
static bool
at_once(const struct renaming *r)
{
	return (
	    r->from == r->to &&
	    r->from_offset / UFS_DIRBLKSIZE == r->to_offset / UFS_DIRBLKSIZE &&
	    !ufs_dir_is_added(r->from, r->from_offset) &&
	    (r->old == NULL || !ufs_dir_is_added(r->to, r->to_offset)));
}

/* The new name leads to it: 0, or ENOMEM with nothing changed, as it was with
 * the last step that can fail. */
static int
enter_target(struct renaming *r, bool known)
{
	int error = 0;

	if (moves_dir(r))
		error = ufs_dir_prepare_parent(r->n, &r->first);
	if (error == 0 && !known)
		error = ufs_dir_will_leave(r->from, r->from_offset);
	if (error != 0)
		return (error);
	error = r->old != NULL
		    ? ufs_dir_replace(r->to, &r->to_at, r->to_offset,
			  r->n->n_i.i_ino, r->n->n_i.i_mode, known)
		    : ufs_dir_enter(r->to, &r->to_at, r->to_name, r->n, known);
	if (error != 0 && !known)
		ufs_dir_stays(r->from, r->from_offset);
	return (error);
}

/* Whatever can fail comes before the first change. */
static int
rename_held(struct renaming *r)
{
	const bool known = at_once(r);
	int error = enter_target(r, known);

	if (error != 0)
		return (error);
	if (r->old != NULL && is_dir(r->old))
		drop_dir(r->to, r->old, &r->old_first);
	else if (r->old != NULL)
		ufs_node_drop_name(r->old);
	if (moves_dir(r)) {
		ufs_dir_set_parent(r->n, &r->first, r->to->n_i.i_ino);
		r->n->n_i.i_depth = depth_in(r->to);
		drop_child(r->from);
		r->to->n_i.i_nlink++;
	}
	/* Until the old name is gone there are two. */
	if (!known)
		r->n->n_dropped++;
	ufs_dir_remove(
	    r->from, &r->from_at, r->from_offset, r->from_name, !known);
	ufs_node_set_times(r->n, false);
	ufs_node_touch(r->n, UFS_N_META | UFS_N_NAMED);
	if (is_dir(r->n))
		atomic_store(&r->n->n_um->um_dir_renamed, true);
	atomic_store(&r->n->n_parent, r->to->n_i.i_ino);
	return (0);
}

static int
rename_once(struct renaming *r)
{
	int error = prepare_rename(r);

	if (error == 0)
		error = rename_held(r);
	release_blocks(r);
	return (error);
}

int
ufs_rename(struct vnode *fdvp, struct vnode *fvp, const struct cname *fcn,
    struct vnode *tdvp, struct vnode *tvp, const struct cname *tcn)
{
	struct renaming r = {.from = ufs_node(fdvp),
	    .to = ufs_node(tdvp),
	    .n = ufs_node(fvp),
	    .old = tvp != NULL ? ufs_node(tvp) : NULL,
	    .from_name = fcn,
	    .to_name = tcn};
	unsigned tries = 0;
	int error;

	error = ufs_throttle(r.n->n_um);
	if (error != 0)
		return (error);
	do {
		error = ufs_begin(r.n->n_um);
		if (error != 0)
			break;
		error = rename_once(&r);
		ufs_end(r.n->n_um);
	} while (ufs_try_again(r.n->n_um, &error, &tries));
	return (ufs_done(r.n->n_um, error));
}

/* The entries of one block from de->cookie on; false: the reader is full. */
static bool
emit_block(struct ufs_node *dir, const uint8_t *block, uint64_t base,
    struct dir_emit *de, int *error)
{
	const struct ufs_direct *d;

	for (unsigned at = 0; at < UFS_DIRBLKSIZE; at += d->d_reclen) {
		d = ufs_dirent_at(block, at);
		if (d == NULL) {
			*error = EINTEGRITY;
			return (false);
		}
		if (d->d_ino == 0 || base + at < (uint64_t)de->cookie ||
		    !ufs_dir_stays_there(dir, d, base + at))
			continue;
		if (!de->emit(de, d->d_name, d->d_namlen, d->d_ino, d->d_type,
			(off_t)(base + at + d->d_reclen)))
			return (false);
	}
	return (true);
}

int
ufs_readdir(struct vnode *vp, struct dir_emit *de)
{
	struct ufs_node *dir = ufs_node(vp);
	uint64_t base = (uint64_t)de->cookie & ~(UFS_DIRBLKSIZE - 1ul);
	struct ufs_buf *b;
	uint8_t *block;
	bool more = true;
	int error = 0;

	if (dir->n_i.i_nlink == 0)
		return (ENOENT);
	for (; more && base < dir->n_i.i_size; base += UFS_DIRBLKSIZE) {
		error = ufs_dirblk_get(dir, base, &b, &block);
		if (error != 0)
			return (error);
		more = emit_block(dir, block, base, de, &error);
		ufs_buf_release(dir->n_um, b);
	}
	de->eof = more;
	return (error);
}

static bool
is_dot(const struct ufs_direct *d)
{
	return ((d->d_namlen == 1 && d->d_name[0] == '.') ||
		(d->d_namlen == 2 && memcmp(d->d_name, "..", 2) == 0));
}

/* The name by which `ino` is in the directory: 0 or ENOENT. v_lock held. */
static int
name_in(struct ufs_node *dir, uint64_t ino, char *buf, size_t *len)
{
	const struct ufs_direct *d;
	struct ufs_buf *b;
	uint8_t *block;
	int error = ENOENT;

	for (uint64_t base = 0; error == ENOENT && base < dir->n_i.i_size;
	     base += UFS_DIRBLKSIZE) {
		if (ufs_dirblk_get(dir, base, &b, &block) != 0)
			return (ENOENT);
		for (unsigned at = 0; at < UFS_DIRBLKSIZE; at += d->d_reclen) {
			d = ufs_dirent_at(block, at);
			if (d == NULL)
				break;
			if (d->d_ino != ino || d->d_namlen > *len ||
			    is_dot(d) ||
			    !ufs_dir_stays_there(dir, d, base + at))
				continue;
			memcpy(buf, d->d_name, d->d_namlen);
			*len = d->d_namlen;
			error = 0;
			break;
		}
		ufs_buf_release(dir->n_um, b);
	}
	return (error);
}

/* A directory knows its parent; of another file it is remembered.  procfs asks
 * with a lock of its own held, which nobody takes with one of ours. */
int
ufs_name(struct vnode *vp, struct vnode **dvpp, char *buf, size_t *len)
{
	struct ufs_node *n = ufs_node(vp), *dir;
	uint64_t ino = atomic_load(&n->n_parent), offset;
	int error = 0;

	if (vp->v_type == VDIR) {
		rw_will_nest(&vp->v_lock);
		rw_rlock(&vp->v_lock);
		error = ufs_index_find(n, "..", 2, &offset, &ino);
		rw_runlock(&vp->v_lock);
	}
	if (error != 0 || ino == 0)
		return (ENOENT);
	error = ufs_node_get(n->n_um, ino, &dir);
	if (error != 0)
		return (ENOENT);
	rw_will_nest(&dir->n_vnode.v_lock);
	rw_rlock(&dir->n_vnode.v_lock);
	error = dir->n_vnode.v_type == VDIR
		    ? name_in(dir, n->n_i.i_ino, buf, len)
		    : ENOENT;
	rw_runlock(&dir->n_vnode.v_lock);
	if (error != 0)
		vnode_release(&dir->n_vnode);
	else
		*dvpp = &dir->n_vnode;
	return (error);
}
