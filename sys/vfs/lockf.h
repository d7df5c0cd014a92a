/* SPDX-License-Identifier: BSD-2-Clause */
/* Within vfs: advisory locks' end of life; the calls are in vfs/vnode.h. */
#ifndef VFS_LOCKF_H
#define VFS_LOCKF_H

struct file;
struct vnode;

/* The last descriptor of an open file is gone: so are its flock(2) locks. */
void advlocks_file_closed(struct file *fp) __sleeps;
void advlocks_free(struct vnode *vp);

#endif
