/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writing without a commit: data ahead of one, and fsync(2) of a file that the
 * disk's inode leads to all of.
 *
 * Times are written into the inode as the disk has it, so that it doesn't
 * matter what else changes in memory meanwhile.  The block is written with
 * b_times held, which makes two that write times in it follow each other, and
 * within a batch, which keeps commits away from it.
 */
#include "fbsd/errno.h"
#include "core/sched.h"
#include "fs/ufs/ufs_mount.h"
#include "disk/bio.h"

void
ufs_put_times(const struct ufs_inode *i, struct ufs2_dinode *di)
{
	di->di_atime = i->i_atime.sec;
	di->di_atimensec = i->i_atime.nsec;
	di->di_mtime = i->i_mtime.sec;
	di->di_mtimensec = i->i_mtime.nsec;
	di->di_ctime = i->i_ctime.sec;
	di->di_ctimensec = i->i_ctime.nsec;
	di->di_birthtime = i->i_birthtime.sec;
	di->di_birthnsec = i->i_birthtime.nsec;
}

void
ufs_seal_inode(const struct ufs_mount *um, struct ufs2_dinode *di)
{
	di->di_ckhash = 0;
	if (um->um_fs.fs_sb.fs_metackhash & UFS_CK_INODE)
		di->di_ckhash = ufs_crc32c(~0u, di, sizeof(*di));
}

/* The next inode that is dirty, which becomes the last; held, if it has data to
 * be written. */
static struct ufs_node *
next_dirty(struct ufs_mount *um, bool *any)
{
	struct ufs_node *n;

	spin_lock(&um->um_changes);
	n = LIST_FIRST(&um->um_dirtied, struct ufs_node, n_dirty);
	*any = n != NULL;
	if (n != NULL) {
		list_remove(&n->n_dirty);
		list_push_back(&um->um_dirtied, &n->n_dirty);
		if (n->n_state & UFS_N_DATA)
			vnode_hold(&n->n_vnode);
		else
			n = NULL;
	}
	spin_unlock(&um->um_changes);
	return (n);
}

int
ufs_write_ahead(struct ufs_mount *um)
{
	unsigned left = atomic_load(&um->um_ndirty);
	struct ufs_node *n;
	bool any = true;
	int error = 0, e;

	for (; left > 0 && any; left--) {
		n = next_dirty(um, &any);
		sched_maybe_yield();
		if (n == NULL)
			continue;
		e = ufs_write_data(n);
		if (e != 0)
			error = e;
		vnode_release(&n->n_vnode);
	}
	return (error);
}

/* The sector that the dinode is in. */
static int
write_sector(struct ufs_mount *um, const struct ufs_buf *b, size_t offset)
{
	const size_t size = um->um_disk->d_sector;

	offset &= ~(size - 1);
	return (disk_write(um->um_disk,
	    (b->b_block << um->um_fs.fs_bshift) + offset, b->b_data + offset,
	    size));
}

/* v_lock held, b_times, and a batch: the first goes. EAGAIN: a commit failed
 * that had begun to write this block. */
static int
put_times(struct ufs_node *n, struct ufs_buf *b, size_t offset)
{
	struct ufs2_dinode *di = (void *)(b->b_data + offset);
	struct ufs_mount *um = n->n_um;
	bool write;
	int error;

	spin_lock(&um->um_changes);
	write = (n->n_state & UFS_N_TIMES) != 0;
	if (b->b_dirty == 0)
		n->n_state &= ~(unsigned)UFS_N_TIMES;
	spin_unlock(&um->um_changes);
	if (write && b->b_dirty == 0) {
		ufs_put_times(&n->n_i, di);
		ufs_seal_inode(um, di);
	}
	rw_runlock(&n->n_vnode.v_lock);
	if (!write)
		return (0);
	if (b->b_dirty != 0)
		return (EAGAIN);
	error = write_sector(um, b, offset);
	if (error != 0)
		ufs_node_touch(n, UFS_N_TIMES);
	return (error);
}

/* The times reach the disk, if they changed: 0, EAGAIN, EIO. */
static int
write_times(struct ufs_node *n)
{
	struct ufs_mount *um = n->n_um;
	struct ufs_buf *b;
	uint64_t frag;
	size_t offset;
	int error;

	error = ufs_inode_place(&um->um_fs, n->n_i.i_ino, &frag, &offset);
	if (error == 0)
		error = ufs_buf_get(um, ufs_frag_block(um, frag), &b);
	if (error != 0)
		return (error == ENOMEM ? EAGAIN : error);
	rw_rlock(&n->n_vnode.v_lock);
	error = ufs_begin(um);
	if (error != 0) {
		/* All was written before it became read-only. */
		rw_runlock(&n->n_vnode.v_lock);
		ufs_buf_release(um, b);
		return (error == EROFS ? 0 : error);
	}
	rw_wlock(&b->b_times);
	error = put_times(n, b, offset);
	rw_wunlock(&b->b_times);
	ufs_end(um);
	ufs_buf_release(um, b);
	return (error);
}

/* What a mapping wrote counts as a modification when it is made safe. */
static void
note_mapped_write(struct ufs_node *n)
{
	rw_wlock(&n->n_vnode.v_lock);
	if (ufs_begin(n->n_um) == 0) {
		if (atomic_swap(&n->n_mapped_write, false)) {
			ufs_node_set_times(n, true);
			ufs_node_touch(n, UFS_N_TIMES);
		}
		ufs_end(n->n_um);
	}
	rw_wunlock(&n->n_vnode.v_lock);
}

static int
write_file(struct ufs_node *n, bool datasync)
{
	struct ufs_mount *um = n->n_um;
	int error = 0;

	rw_rlock(&um->um_writes);
	if (um->um_writable)
		error = ufs_write_data(n);
	rw_runlock(&um->um_writes);
	return (error == 0 && !datasync ? write_times(n) : error);
}

int
ufs_fsync(struct vnode *vp, bool datasync)
{
	struct ufs_node *n = ufs_node(vp);
	struct ufs_mount *um = n->n_um;
	int error = EAGAIN;

	if (atomic_load(&um->um_suspended) && ufs_wait_resumed(um) != 0)
		return (EINTR);
	if (!atomic_load(&um->um_writable))
		return (0);
	if (atomic_load(&n->n_mapped_write))
		note_mapped_write(n);
	/* It is to be found where it is now. */
	if (vp->v_type == VREG && !(atomic_load(&n->n_state) & UFS_N_META) &&
	    !atomic_load(&um->um_dir_renamed))
		error = write_file(n, datasync);
	if (error == EAGAIN)
		return (ufs_commit(um));
	return (error != 0 ? error : disk_flush(um->um_disk));
}
