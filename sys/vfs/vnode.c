/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Vnodes: their life, the rights to them and their attributes.
 *
 * A vnode is a part of its file system's own structure (an inode, a device's
 * node) and lives as long as somebody holds a reference.  Whatever can bring
 * a vnode back by name holds one of its own: a tmpfs file has one reference
 * for all of its names together.  So a count of zero is final, and looking a
 * name up under the directory's lock can never meet a dying vnode.
 */
#include "fbsd/errno.h"
#include "fbsd/event.h"
#include "core/printf.h"
#include "core/sysctl.h"
#include "proc/signal.h"
#include "time/time.h"
#include "lib/string.h"
#include "vfs/fifo.h"
#include "vfs/lockf.h"
#include "vfs/vnode.h"
#include "vm/page.h"
#include "vfs/vop.h"
#include "vfs/acl.h"

void
vnode_init(struct vnode *vp, struct mount *mp, enum vtype type,
    const struct vnode_ops *ops, void *data)
{
	vp->v_refs = 1;
	vp->v_type = type;
	vp->v_base = vp;
	rw_init(&vp->v_lock, "vnode");
	spin_init(&vp->v_interlock, "vnode interlock");
	vp->v_ops = ops;
	vp->v_mount = mp;
	vp->v_data = data;
	list_init(&vp->v_names);
	list_init(&vp->v_aliases);
	event_source_init(&vp->v_events, "vnode events");
}

/* A million in 4 GB, where they take a quarter of it if there is room. */
unsigned
vnodes_max(void)
{
	return ((unsigned)MIN(MAX(page_total(), 1024), INT32_MAX));
}

static int
sysctl_maxvnodes(const struct sysctl_node *node, struct sysctl_req *req)
{
	const int most = (int)vnodes_max();

	return (sysctl_out(req, &most, sizeof(most)));
}
SYSCTL_PROC(kern_maxvnodes, "kern.maxvnodes", KERN_MAXVNODES,
    CTLTYPE_INT | CTLFLAG_RD, "I", sysctl_maxvnodes, NULL,
    "Files known at once at most");

void
vnode_hold(struct vnode *vp)
{
	refcount_take(&vp->v_refs);
}

bool
vnode_tryhold(struct vnode *vp)
{
	unsigned refs = atomic_load(&vp->v_refs);

	while (refs != 0)
		if (atomic_cas(&vp->v_refs, &refs, refs + 1))
			return (true);
	return (false);
}

bool
vnode_mapped_to_write(struct vnode *vp)
{
	return (vp->v_type == VREG && vm_object_mapped_to_write(&vp->v_object));
}

void
vnode_settle(struct vnode *vp)
{
	if (vp->v_type != VREG)
		return;
	rw_wlock(&vp->v_lock);
	mutex_lock(&vp->v_object.o_lock);
	mutex_unlock(&vp->v_object.o_lock);
	rw_wunlock(&vp->v_lock);
}

void
vnode_release(struct vnode *vp)
{
	assert_may_sleep("vnode_release");
	if (!refcount_drop(&vp->v_refs))
		return;
	if (event_wanted(&vp->v_events))
		event_source_drain(&vp->v_events);
	if (vp->v_locks != NULL)
		advlocks_free(vp);
	if (vp->v_fifo != NULL)
		fifo_free(vp);
	vp->v_ops->vo_inactive(vp);
}

static const mode_t type_mode[] = {
    [VREG] = S_IFREG,
    [VDIR] = S_IFDIR,
    [VBLK] = S_IFBLK,
    [VCHR] = S_IFCHR,
    [VLNK] = S_IFLNK,
    [VSOCK] = S_IFSOCK,
    [VFIFO] = S_IFIFO,
    [VBAD] = 0,
};

mode_t
vn_type_mode(enum vtype type)
{
	return (type_mode[type]);
}

enum vtype
vn_mode_type(mode_t mode)
{
	for (enum vtype t = VREG; t < VBAD; t++)
		if (type_mode[t] == (mode & S_IFMT))
			return (t);
	return (VNON);
}

int
vn_getattr(struct vnode *vp, struct vattr *va)
{
	int error;

	rw_rlock(&vp->v_base->v_lock);
	error = vop_getattr(vp, va);
	rw_runlock(&vp->v_base->v_lock);
	return (error);
}

int
vn_stat(struct vnode *vp, struct stat *st)
{
	struct vattr va;
	int error = vn_getattr(vp, &va);

	if (error != 0)
		return (error);
	*st = (struct stat){
	    .st_dev = va.va_fsid,
	    .st_ino = va.va_fileid,
	    .st_nlink = va.va_nlink,
	    .st_mode = type_mode[vp->v_type] | va.va_mode,
	    .st_uid = va.va_uid,
	    .st_gid = va.va_gid,
	    .st_rdev = va.va_rdev,
	    .st_atim = va.va_atime,
	    .st_mtim = va.va_mtime,
	    .st_ctim = va.va_ctime,
	    .st_birthtim = va.va_birthtime,
	    .st_size = (off_t)va.va_size,
	    .st_blocks = (blkcnt_t)(va.va_bytes / 512),
	    .st_blksize = va.va_blocksize,
	    .st_flags = (fflags_t)va.va_flags,
	    .st_gen = va.va_gen,
	};
	return (0);
}

#define SYSTEM (SF_IMMUTABLE | SF_APPEND | SF_NOUNLINK)

/* The owner and the super-user may; others, and owners of what is theirs
 * alone, where a list says so. v_lock held. */
static int
may_change(
    struct vnode *vp, const struct vattr *cur, int right, const struct cred *cr)
{
	if (cr->cr_uid == 0)
		return (0);
	if (vn_acl_type(vp) == ACL_TYPE_NFS4)
		return (vfs_access(vp, right, cr));
	return (cr->cr_uid == cur->va_uid ? 0 : EPERM);
}

static int
check_flags(struct vnode *vp, const struct vattr *cur, const struct vattr *va,
    const struct cred *cr)
{
	const unsigned long changed = cur->va_flags ^ va->va_flags;

	if (cr->cr_uid != 0 &&
	    ((cur->va_flags & SYSTEM) != 0 || (changed & SF_SETTABLE) != 0))
		return (EPERM);
	return (may_change(vp, cur, VADMIN, cr));
}

static int
check_owner(struct vnode *vp, const struct vattr *cur, const struct vattr *va,
    const struct cred *cr)
{
	if (cr->cr_uid == 0)
		return (0);
	if ((va->va_set & VA_UID) != 0 && va->va_uid != cur->va_uid &&
	    va->va_uid != cr->cr_uid)
		return (EPERM);
	if ((va->va_set & VA_GID) != 0 && va->va_gid != cur->va_gid &&
	    !cred_in_group(cr, va->va_gid))
		return (EPERM);
	return (may_change(vp, cur, VWRITE_OWNER, cr));
}

static int
check_mode(struct vnode *vp, const struct vattr *cur, const struct vattr *va,
    const struct cred *cr)
{
	int error = may_change(vp, cur, VWRITE_ACL, cr);

	if (error != 0 || cr->cr_uid == 0)
		return (error);
	if (vp->v_type != VDIR && (va->va_mode & S_ISTXT) != 0)
		return (EFTYPE);
	if ((va->va_mode & S_ISGID) != 0 && !cred_in_group(cr, cur->va_gid))
		return (EPERM);
	if ((va->va_mode & S_ISUID) != 0 && cr->cr_uid != cur->va_uid)
		return (EPERM);
	return (0);
}

static int
check_times(struct vnode *vp, const struct vattr *cur, const struct vattr *va,
    const struct cred *cr)
{
	int error = may_change(vp, cur, VWRITE_ATTRIBUTES, cr);

	if (error != 0 && (va->va_set & VA_UTIMES_NULL) != 0)
		error = vfs_access(vp, VWRITE, cr);
	return (error);
}

/* A changed owner takes the set-id bits along, but for the super-user. */
static void
drop_setid(const struct vattr *cur, struct vattr *va, const struct cred *cr)
{
	if (cr->cr_uid == 0 || (cur->va_mode & (S_ISUID | S_ISGID)) == 0)
		return;
	if ((va->va_set & VA_MODE) == 0)
		va->va_mode = cur->va_mode;
	va->va_mode &= (mode_t) ~(S_ISUID | S_ISGID);
	va->va_set |= VA_MODE;
}

int
vn_setattr(struct vnode *vp, struct vattr *va, struct cred *cr)
{
	struct vattr cur;
	int error;

	if ((vp->v_mount->mnt_flags & MNT_RDONLY) != 0 && vn_has_storage(vp))
		return (EROFS);
	error = vop_getattr(vp, &cur);
	if (error != 0)
		return (error);
	/* A device's next user would find them. */
	if ((va->va_set & VA_FLAGS) != 0 && vp->v_type == VCHR &&
	    cr->cr_uid != 0)
		error = EPERM;
	else if ((va->va_set & VA_FLAGS) != 0)
		error = check_flags(vp, &cur, va, cr);
	else if ((cur.va_flags & NOCHANGE) != 0)
		error = EPERM;
	if (error == 0 && (va->va_set & VA_MODE) != 0)
		error = check_mode(vp, &cur, va, cr);
	if (error == 0 && (va->va_set & (VA_UID | VA_GID)) != 0) {
		error = check_owner(vp, &cur, va, cr);
		if (error == 0)
			drop_setid(&cur, va, cr);
	}
	if (error == 0 && (va->va_set & (VA_ATIME | VA_MTIME)) != 0)
		error = check_times(vp, &cur, va, cr);
	if (error == 0 && (va->va_set & VA_SIZE) != 0)
		error = vp->v_type == VDIR   ? EISDIR
			: vp->v_type != VREG ? EINVAL
					     : 0;
	return (error != 0 ? error : vop_setattr(vp, va));
}

int
vn_check_size(struct thread *td, uint64_t size)
{
	struct proc *p = td->td_proc;

	if (__predict_true(size <= proc_limit(p, RLIMIT_FSIZE)))
		return (0);
	sig_send_thread(td, SIGXFSZ, NULL);
	return (EFBIG);
}

int
vn_fetch(struct vnode *vp, struct vn_miss *miss)
{
	int error;

	assert_may_sleep("vn_fetch");
	error = vp->v_base->v_ops->vo_fetch(vp->v_base, miss->what);
	miss->tries++;
	/* What can't be read is for those to judge who need it. */
	if (error != 0 && error != EINTR)
		miss->tries = MISSES_MAX;
	return (error == EINTR ? EINTR : 0);
}

int
vn_readlink(struct vnode *vp, char *buf, size_t *len)
{
	struct vn_miss miss = {0, 0};
	int error;

	do {
		rw_rlock(&vp->v_base->v_lock);
		vn_miss_begin(&miss);
		error = vop_readlink(vp, buf, len);
		vn_miss_end();
		rw_runlock(&vp->v_base->v_lock);
	} while (error == EMISSED && (error = vn_fetch(vp, &miss)) == 0);
	return (error);
}

void
vn_prefetch_size(struct vnode *vp, uint64_t size)
{
	struct vnode *base = vp->v_base;

	assert_may_sleep("vn_prefetch_size");
	if (base->v_type == VREG && base->v_ops->vo_prefetch != NULL)
		base->v_ops->vo_prefetch(base, size, UINT64_MAX);
}
