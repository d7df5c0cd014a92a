/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The files that memory disks consist of.
 */
#include "dev/md/md.h"
#include "fbsd/errno.h"
#include "fbsd/fcntl.h"
#include "vfs/vnode.h"

int
md_vnode_open(
    struct thread *td, const char *path, bool write, struct file **fpp)
{
	struct file *fp;
	int error = vn_open_file(
	    td, path, NULL, write ? FREAD | FWRITE : FREAD, 0, &fp);

	if (error != 0)
		return (error);
	if (fp->f_vnode->v_type != VREG) {
		file_release(fp);
		return (EINVAL);
	}
	*fpp = fp;
	return (0);
}

int
md_vnode_sync(struct file *fp)
{
	return (vn_fsync(fp->f_vnode, false));
}

int
md_vnode_punch(struct file *fp, off_t start, off_t end)
{
	int error = vn_punch(curthread(), fp->f_vnode, start, end);

	return (error == ENODEV ? EOPNOTSUPP : error);
}
