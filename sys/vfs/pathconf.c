/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pathconf(2): what holds for all file systems; the rest they know.
 */
#include "fbsd/errno.h"
#include "fbsd/unistd.h"
#include "vfs/acl.h"
#include "vfs/vnode.h"

static int
terminal_limit(struct vnode *vp, long value, long *val)
{
	if (vp->v_type != VCHR)
		return (EINVAL);
	*val = value;
	return (0);
}

int
vn_pathconf(struct vnode *vp, int name, long *val)
{
	switch (name) {
	case _PC_NAME_MAX:
		*val = NAME_MAX;
		return (0);
	case _PC_PATH_MAX:
	case _PC_SYMLINK_MAX:
		*val = MAXPATHLEN;
		return (0);
	case _PC_FILESIZEBITS:
		*val = 64;
		return (0);
	case _PC_DEALLOC_PRESENT:
		*val = vp->v_base->v_ops->vo_punch != NULL;
		return (0);
	case _PC_PIPE_BUF:
		if (vp->v_type != VDIR && vp->v_type != VFIFO)
			return (EINVAL);
		*val = PIPE_BUF;
		return (0);
	case _PC_MAX_CANON:
	case _PC_MAX_INPUT:
		return (terminal_limit(vp, 255, val));
	case _PC_VDISABLE:
		return (terminal_limit(vp, 0xff, val));
	case _PC_CHOWN_RESTRICTED:
	case _PC_NO_TRUNC:
	case _PC_SYNC_IO:
		*val = 1;
		return (0);
	case _PC_ASYNC_IO:
	case _PC_PRIO_IO:
	case _PC_CAP_PRESENT:
	case _PC_INF_PRESENT:
	case _PC_MAC_PRESENT:
	case _PC_NAMEDATTR_ENABLED:
	case _PC_HAS_NAMEDATTR:
		*val = 0;
		return (0);
	case _PC_ACL_EXTENDED:
		*val = vn_acl_type(vp) == ACL_TYPE_ACCESS;
		return (0);
	case _PC_ACL_NFS4:
		*val = vn_acl_type(vp) == ACL_TYPE_NFS4;
		return (0);
	case _PC_ACL_PATH_MAX:
		*val = vn_acl_type(vp) != 0 ? ACL_MAX_ENTRIES : 3;
		return (0);
	case _PC_ALLOC_SIZE_MIN:
	case _PC_REC_INCR_XFER_SIZE:
	case _PC_REC_MIN_XFER_SIZE:
	case _PC_REC_XFER_ALIGN:
		*val = (long)PAGE_SIZE;
		return (0);
	case _PC_REC_MAX_XFER_SIZE:
		*val = -1;
		return (0);
	default:
		if (vp->v_ops->vo_pathconf != NULL)
			return (vp->v_ops->vo_pathconf(vp, name, val));
		if (name != _PC_LINK_MAX)
			return (EINVAL);
		*val = 1;
		return (0);
	}
}
