/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mqueuefs(4): POSIX message queues as files.  Reading one tells of it, making
 * one makes a queue, removing one takes the queue's name away.
 *
 * A node is made when its queue is looked up and goes with its last reference;
 * until then it has one to its queue, and each look-up gives the same one.
 */
#include "fbsd/dirent.h"
#include "fbsd/errno.h"
#include "ipc/mqueue.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "proc/proc.h"
#include "time/time.h"
#include "vfs/vn_file.h"
#include "vfs/vnode.h"
#include "vm/kmem.h"

/* Guarded by (l) mm_lock, (!) set once. */
struct mqfs_node {
	struct vnode mf_vnode;
	struct list mf_link;	 /* (l) in mm_nodes */
	struct mqueue *mf_queue; /* (!) NULL: the root */
};

struct mqfs_mount {
	struct mutex mm_lock;
	struct list mm_nodes;	   /* (l) but the root */
	struct mqfs_node *mm_root; /* (!) */
	struct timespec mm_made;   /* (!) */
};

#define ROOT_MODE (S_ISVTX | ACCESSPERMS)
#define ROOT_INO  2
/* Places in the directory and inode numbers: a queue's number + 2. */
#define FIRST	  2
#define LINE_SIZE 96

static const struct vnode_ops mqfs_vnode_ops;

static struct mqfs_node *
mqfs_node(struct vnode *vp)
{
	return (container_of(vp, struct mqfs_node, mf_vnode));
}

/* With q's reference, or NULL. */
static struct mqfs_node *
new_node(struct mount *mp, struct mqueue *q)
{
	struct mqfs_node *n = kmem_alloc(sizeof(*n), KM_ZERO);

	if (n == NULL)
		return (NULL);
	vnode_init(
	    &n->mf_vnode, mp, q == NULL ? VDIR : VREG, &mqfs_vnode_ops, n);
	list_init(&n->mf_link);
	n->mf_queue = q;
	return (n);
}

/* The node that a queue has, held; one that is going doesn't count. (l) */
static struct mqfs_node *
find_node(struct mqfs_mount *mm, const struct mqueue *q)
{
	struct mqfs_node *n;

	LIST_FOREACH (n, &mm->mm_nodes, mf_link)
		if (n->mf_queue == q && vnode_tryhold(&n->mf_vnode))
			return (n);
	return (NULL);
}

/* The node of a queue, whose reference it takes. */
static int
give_node(struct vnode *dvp, struct mqueue *q, struct vnode **vpp)
{
	struct mqfs_mount *mm = dvp->v_mount->mnt_data;
	struct mqfs_node *n, *old;

	mutex_lock(&mm->mm_lock);
	n = old = find_node(mm, q);
	if (n == NULL && (n = new_node(dvp->v_mount, q)) != NULL)
		list_push_back(&mm->mm_nodes, &n->mf_link);
	mutex_unlock(&mm->mm_lock);
	if (n == NULL || old != NULL)
		mqueue_release(q);
	if (n == NULL)
		return (ENOMEM);
	*vpp = &n->mf_vnode;
	return (0);
}

static int
copy_name(const struct cname *cn, char name[MQUEUE_NAME_SIZE])
{
	if (cn->cn_len >= MQUEUE_NAME_SIZE)
		return (ENAMETOOLONG);
	memcpy(name, cn->cn_name, cn->cn_len);
	name[cn->cn_len] = '\0';
	return (0);
}

static int
mqfs_lookup(struct vnode *dvp, const struct cname *cn, struct vnode **vpp)
{
	char name[MQUEUE_NAME_SIZE];
	struct mqueue *q;
	int error = copy_name(cn, name);

	if (error != 0)
		return (error);
	q = mqueue_find(name);
	return (q == NULL ? ENOENT : give_node(dvp, q, vpp));
}

static int
mqfs_create(struct vnode *dvp, const struct cname *cn, const struct vattr *va,
    const char *target, struct vnode **vpp)
{
	char name[MQUEUE_NAME_SIZE];
	struct mqueue *q;
	int error = copy_name(cn, name);

	if (va->va_type != VREG)
		return (EOPNOTSUPP);
	if (error == 0)
		error = mqueue_create(curthread(), name, va->va_mode, NULL, &q);
	return (error != 0 ? error : give_node(dvp, q, vpp));
}

static int
mqfs_remove(struct vnode *dvp, struct vnode *vp, const struct cname *cn)
{
	return (mqueue_unlink(curthread(), mqfs_node(vp)->mf_queue));
}

/* What the directory says of itself. */
static void
look_at_root(const struct mqfs_mount *mm, struct mqueue_info *mi)
{
	mi->mi_number = 0;
	mi->mi_owner = (struct owner){.ow_mode = ROOT_MODE,
	    .ow_atim = mm->mm_made,
	    .ow_mtim = mm->mm_made,
	    .ow_ctim = mm->mm_made,
	    .ow_birthtim = mm->mm_made};
}

static int
mqfs_getattr(struct vnode *vp, struct vattr *va)
{
	struct mqueue *q = mqfs_node(vp)->mf_queue;
	const struct owner *ow;
	struct mqueue_info mi;

	if (q == NULL)
		look_at_root(vp->v_mount->mnt_data, &mi);
	else
		mqueue_look(q, &mi);
	ow = &mi.mi_owner;
	*va = (struct vattr){
	    .va_type = vp->v_type,
	    .va_mode = ow->ow_mode,
	    .va_nlink = q == NULL ? 2 : 1,
	    .va_uid = ow->ow_uid,
	    .va_gid = ow->ow_gid,
	    .va_fsid = vp->v_mount->mnt_fsid,
	    .va_fileid = mi.mi_number + ROOT_INO,
	    .va_blocksize = (blksize_t)PAGE_SIZE,
	    .va_atime = ow->ow_atim,
	    .va_mtime = ow->ow_mtim,
	    .va_ctime = ow->ow_ctim,
	    .va_birthtime = ow->ow_birthtim,
	};
	return (0);
}

/* There is no size to be changed, so that O_TRUNC does nothing. */
static int
mqfs_setattr(struct vnode *vp, const struct vattr *va)
{
	struct mqueue *q = mqfs_node(vp)->mf_queue;
	struct mqueue_info mi;
	struct owner *ow = &mi.mi_owner;

	if (q == NULL || (va->va_set & (VA_FLAGS | VA_BIRTHTIME)) != 0)
		return (EOPNOTSUPP);
	mqueue_look(q, &mi);
	if ((va->va_set & VA_MODE) != 0)
		ow->ow_mode = va->va_mode & ACCESSPERMS;
	if ((va->va_set & VA_UID) != 0)
		ow->ow_uid = va->va_uid;
	if ((va->va_set & VA_GID) != 0)
		ow->ow_gid = va->va_gid;
	if ((va->va_set & VA_ATIME) != 0)
		ow->ow_atim = va->va_atime;
	if ((va->va_set & VA_MTIME) != 0)
		ow->ow_mtim = va->va_mtime;
	ow->ow_ctim = time_now();
	mqueue_set_owner(q, ow);
	return (0);
}

static int
mqfs_readdir(struct vnode *vp, struct dir_emit *de)
{
	struct mqueue_info mi;
	uint64_t at;

	if (vp->v_type != VDIR)
		return (ENOTDIR);
	if (de->cookie == 0 && !de->emit(de, ".", 1, ROOT_INO, DT_DIR, 1))
		return (0);
	if (de->cookie <= 1 && !de->emit(de, "..", 2, ROOT_INO, DT_DIR, FIRST))
		return (0);
	at = de->cookie > FIRST ? (uint64_t)de->cookie - FIRST : 0;
	while (mqueue_next(at, &mi)) {
		at = mi.mi_number;
		if (!de->emit(de, mi.mi_name, strlen(mi.mi_name), at + ROOT_INO,
			DT_REG, (off_t)(at + FIRST)))
			return (0);
	}
	de->eof = true;
	return (0);
}

static int
mqfs_read(struct vnode *vp, struct uio *uio, int ioflag)
{
	char line[LINE_SIZE];
	struct mqueue_info mi;
	uint64_t len;

	if (vp->v_type != VREG)
		return (EISDIR);
	if (uio->uio_offset < 0)
		return (EINVAL);
	mqueue_look(mqfs_node(vp)->mf_queue, &mi);
	len = (uint64_t)snprintf(line, sizeof(line),
	    "QSIZE:%-10lu MAXMSG:%-10ld CURMSG:%-10ld MSGSIZE:%-10ld\n",
	    mi.mi_bytes, mi.mi_attr.mq_maxmsg, mi.mi_attr.mq_curmsgs,
	    mi.mi_attr.mq_msgsize);
	if ((uint64_t)uio->uio_offset >= len)
		return (0);
	return (uiomove(line + uio->uio_offset,
	    MIN(len - (uint64_t)uio->uio_offset, uio->uio_resid), uio));
}

static int
mqfs_write(struct vnode *vp, struct uio *uio, int ioflag)
{
	return (EOPNOTSUPP);
}

static int
mqfs_name(struct vnode *vp, struct vnode **dvpp, char *buf, size_t *len)
{
	struct mqfs_mount *mm = vp->v_mount->mnt_data;
	struct mqueue_info mi;

	mqueue_look(mqfs_node(vp)->mf_queue, &mi);
	*len = (size_t)snprintf(buf, *len, "%s", mi.mi_name);
	*dvpp = &mm->mm_root->mf_vnode;
	vnode_hold(*dvpp);
	return (0);
}

static void
mqfs_inactive(struct vnode *vp)
{
	struct mqfs_mount *mm = vp->v_mount->mnt_data;
	struct mqfs_node *n = mqfs_node(vp);

	mutex_lock(&mm->mm_lock);
	list_remove(&n->mf_link);
	mutex_unlock(&mm->mm_lock);
	mqueue_release(n->mf_queue);
	kmem_free(n, sizeof(*n));
}

static const struct vnode_ops mqfs_vnode_ops = {
    .vo_lookup = mqfs_lookup,
    .vo_create = mqfs_create,
    .vo_remove = mqfs_remove,
    .vo_getattr = mqfs_getattr,
    .vo_setattr = mqfs_setattr,
    .vo_readdir = mqfs_readdir,
    .vo_read = mqfs_read,
    .vo_write = mqfs_write,
    .vo_name = mqfs_name,
    .vo_inactive = mqfs_inactive,
};

static int
mqfs_mount(struct mount *mp, const struct mount_opts *opts)
{
	struct mqfs_mount *mm = kmem_alloc(sizeof(*mm), KM_ZERO);

	if (mm == NULL)
		return (ENOMEM);
	mutex_init(&mm->mm_lock, "mqueuefs");
	list_init(&mm->mm_nodes);
	mm->mm_root = new_node(mp, NULL);
	if (mm->mm_root == NULL) {
		kmem_free(mm, sizeof(*mm));
		return (ENOMEM);
	}
	mm->mm_root->mf_vnode.v_flags |= VV_ROOT;
	mm->mm_made = time_now();
	mp->mnt_data = mm;
	return (0);
}

static int
mqfs_unmount(struct mount *mp, enum unmount_how how)
{
	struct mqfs_mount *mm = mp->mnt_data;

	if (how != UNMOUNT_UNKNOWN &&
	    (!list_empty(&mm->mm_nodes) ||
		atomic_load(&mm->mm_root->mf_vnode.v_refs) != 2))
		return (EBUSY);
	kmem_free(mm->mm_root, sizeof(*mm->mm_root));
	kmem_free(mm, sizeof(*mm));
	return (0);
}

static int
mqfs_root(struct mount *mp, struct vnode **vpp)
{
	struct mqfs_mount *mm = mp->mnt_data;

	*vpp = &mm->mm_root->mf_vnode;
	vnode_hold(*vpp);
	return (0);
}

static int
mqfs_statfs(struct mount *mp, struct statfs *sf)
{
	sf->f_bsize = sf->f_iosize = PAGE_SIZE;
	sf->f_blocks = 1;
	return (0);
}

static const struct vfs_ops mqfs_vfs_ops = {
    .vfs_name = "mqueuefs",
    .vfs_mount = mqfs_mount,
    .vfs_unmount = mqfs_unmount,
    .vfs_root = mqfs_root,
    .vfs_statfs = mqfs_statfs,
};
VFS_SET(mqfs_vfs_ops);
