/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What makes files safe: fsync(2), msync(2), sync(2).  It is done to its end,
 * but who waits for a disk that hangs can be killed.
 */
#include "fbsd/errno.h"
#include "vfs/vnode.h"

int
vn_fsync(struct vnode *vp, bool datasync)
{
	struct thread *td = curthread();
	int error;

	if (vp->v_ops->vo_fsync == NULL)
		return (0);
	thread_may_stay(td);
	error = vp->v_ops->vo_fsync(vp, datasync);
	return (thread_stayed(td) ? EINTR : error);
}

int
vn_writeback(struct vnode *vp, uint64_t first, uint64_t end, bool all)
{
	struct thread *td = curthread();
	struct vm_object *o = &vp->v_object;
	int error;

	thread_may_stay(td);
	error = o->o_ops->vo_writeback(o, first, end);
	if (error == 0 && all)
		error = vp->v_ops->vo_fsync(vp, true);
	return (thread_stayed(td) ? EINTR : error);
}

void
vfs_sync_all(void)
{
	struct thread *td = curthread();
	struct mount *mp = NULL;

	thread_may_stay(td);
	while ((mp = mount_next(mp, true)) != NULL)
		if (mp->mnt_ops->vfs_sync != NULL)
			(void)mp->mnt_ops->vfs_sync(mp, false);
	(void)thread_stayed(td);
}
