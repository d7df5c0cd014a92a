/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names: from paths to vnodes and back, and the operations on names.
 */
#ifndef VFS_NAMEI_H
#define VFS_NAMEI_H

#include "lib/types.h"

struct cred;
struct file;
struct proc;
struct thread;
struct vattr;
struct vnode;

#define MAXPATHLEN  1024 /* with the NUL */
#define NAME_MAX    255
#define MAXSYMLINKS 32

/* A name within a directory. Not NUL-terminated. */
struct cname {
	const char *cn_name;
	size_t cn_len;
	struct cred *cn_cred;
};

static inline bool
cname_is_dotdot(const struct cname *cn)
{
	return (
	    cn->cn_len == 2 && cn->cn_name[0] == '.' && cn->cn_name[1] == '.');
}

/*
 * namei() resolves nd_path from nd_start (or the process's directory) for td.
 * Without NAMEI_PARENT: nd_vp is the file, referenced, unlocked.  With it:
 * nd_dvp is the last component's directory, nd_vp the file or NULL if it
 * doesn't exist, nd_cn the last component (in nd_buf); the directory may
 * change before the caller locks it.  A path whose last component is "."
 * or ".." leaves nd_dvp NULL, and one that is "/" also nd_cn.cn_len 0.
 * ENOENT, ENOTDIR, EACCES, ELOOP, ENAMETOOLONG, ENOTCAPABLE, ENOMEM.
 */
struct namei {
	const char *nd_path;	/* kernel string */
	struct vnode *nd_start; /* where relative paths begin; NULL:
				   the process's directory */
	unsigned nd_flags;
	struct cred *nd_cred;	/* NULL: td's */
	struct vnode *nd_vp;	/* out */
	struct vnode *nd_dvp;	/* out, with NAMEI_PARENT */
	struct cname nd_cn;	/* out, with NAMEI_PARENT */
	bool nd_trailing_slash; /* out */
	bool nd_confined;	/* out, namei_at(): by FD_RESOLVE_BENEATH */
	char nd_buf[MAXPATHLEN];
};
#define NAMEI_FOLLOW   0x01 /* a symbolic link at the end too */
#define NAMEI_PARENT   0x02
#define NAMEI_BENEATH  0x04 /* never above nd_start */
#define NAMEI_EMPTY    0x08 /* "" means nd_start: AT_EMPTY_PATH */
#define NAMEI_SEARCHED 0x10 /* nd_start was opened with O_SEARCH */
static inline bool
namei_is_slash(const struct namei *nd)
{
	return (nd->nd_dvp == NULL && nd->nd_cn.cn_len == 0);
}
int namei(struct thread *td, struct namei *nd) __sleeps;
void namei_done(struct namei *nd) __sleeps; /* releases nd_vp, nd_dvp */

/* The same from a directory's descriptor, or AT_FDCWD; also EBADF. path may be
 * nd_buf itself. With nd_cred of its own: namei() after setting it. */
int namei_at(struct thread *td, struct namei *nd, int dirfd, const char *path,
    unsigned flags) __sleeps;

/* What a path leads to in the end, by itself: *vpp is referenced. */
int namei_vnode(
    struct thread *td, const char *path, struct vnode **vpp) __sleeps;

/* The directory above vp in its file system, referenced: not for its root. */
int vn_parent(struct vnode *vp, struct vnode **vpp) __sleeps;
/* A name of vp and its directory, as vo_name. */
int vn_name(struct vnode *vp, struct vnode **dvpp, char *buf, size_t *len);

/* Absolute path of a vnode as far as it is known: 0 or ENOENT, ENOMEM. */
int vn_path(
    struct thread *td, struct vnode *vp, char *buf, size_t size) __sleeps;

/*
 * The process's directories, referenced.  (p_lock guards p_cwd, p_root and
 * p_jailroot; each is held.)
 */
struct vnode *vn_cwd(struct thread *td);
struct vnode *vn_root(struct thread *td);
bool vn_is_root(struct thread *td, struct vnode *vp);
/* One of p's three becomes vp, with the caller's reference, or NULL: the
 * system's root. */
void dirs_set(struct proc *p, struct vnode **place, struct vnode *vp) __sleeps;
void dirs_fork(struct proc *p, struct proc *parent);
void dirs_exit(struct proc *p) __sleeps;

/*
 * Operations on names, for all personalities. dirfd is a directory's
 * descriptor or AT_FDCWD, at_flags AT_*; paths are kernel strings.  As the
 * manual pages of link(2), unlink(2), ... say.
 */
int kern_linkat(struct thread *td, int fd1, const char *path1, int fd2,
    const char *path2, int at_flags) __sleeps;
int kern_link_vnode(
    struct thread *td, struct vnode *vp, int dirfd, const char *path) __sleeps;
int kern_symlinkat(struct thread *td, const char *target, int dirfd,
    const char *path) __sleeps;
/* fd: the file must be the one it refers to (EDEADLK), or FD_NONE. */
int kern_unlinkat(struct thread *td, int dirfd, const char *path, int fd,
    int at_flags) __sleeps;
int kern_renameat(struct thread *td, int fd1, const char *path1, int fd2,
    const char *path2, int flags) __sleeps;
/* mode: the umask isn't yet applied */
int kern_mkdirat(
    struct thread *td, int dirfd, const char *path, mode_t mode) __sleeps;
int kern_mknodat(struct thread *td, int dirfd, const char *path, mode_t mode,
    dev_t rdev) __sleeps;

#endif
