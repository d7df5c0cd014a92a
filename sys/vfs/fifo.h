/* SPDX-License-Identifier: BSD-2-Clause */
/* Within vfs: named pipes. */
#ifndef VFS_FIFO_H
#define VFS_FIFO_H

struct file;
struct thread;
struct vnode;

/* Makes fp, open on vp, an end of its pipe; waits for the other end as open(2)
 * says.  EINTR, ENXIO, ENOMEM. */
int fifo_open(struct thread *td, struct vnode *vp, struct file *fp) __sleeps;
void fifo_free(struct vnode *vp);

#endif
