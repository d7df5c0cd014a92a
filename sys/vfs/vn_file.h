/* SPDX-License-Identifier: BSD-2-Clause */
/* Within vfs: kinds of open files besides vnode_fileops. */
#ifndef VFS_VN_FILE_H
#define VFS_VN_FILE_H

#include "file/file.h"

/* While open(2) isn't through: knows only how to close. */
extern const struct fileops vn_opening_fileops;
/* O_PATH: a place, not its contents. */
extern const struct fileops vn_path_fileops;
/* One that kqueue(2) may watch: who opened it may read what is there. */
extern const struct fileops vn_watched_path_fileops;

int vn_file_seek(
    struct file *fp, off_t offset, int whence, off_t *res) __sleeps;

struct open_dup;
/* Opening a name for descriptor `fd`. EBADF, EACCES if it wasn't opened for
 * what `flags` ask. */
int vn_open_dup(
    struct thread *td, int fd, int flags, struct open_dup *dup) __sleeps;

void vn_writer_done(struct vnode *vp);

/* What descriptors do with files that have a name. */
extern const struct file_vnode_ops vn_file_vnode_ops;
/* What memory does with files that are mapped. */
extern const struct vm_file_ops vn_map_ops;

#endif
