/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * procfs(5): a directory for each process, with what can be told about it.
 *
 * Nothing is kept: a node is made for each look-up and goes with its last
 * reference; its text is made anew by each read(2).
 */
#include "fbsd/dirent.h"
#include "fbsd/errno.h"
#include "fs/procfs/procfs.h"
#include "proc/proc.h"
#include "proc/walk.h"
#include "time/time.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "vfs/vnode.h"
#include "vm/kmem.h"

#define TEXT_MAX (64 * 1024ul)

/* What a name in a process's directory is. */
struct proc_file {
	const char *name;
	enum vtype type;
	mode_t mode;
	int (*text)(struct proc *p, struct proc_text *t); /* NULL: mem */
	int (*set)(struct proc *p, const char *text);
};

static const struct proc_file files[] = {
    {"cmdline", VREG, 0444, procfs_cmdline, NULL},
    {"etype", VREG, 0444, procfs_etype, NULL},
    {"exe", VLNK, 0555, procfs_file, NULL},
    {"file", VLNK, 0555, procfs_file, NULL},
    {"map", VREG, 0444, procfs_map, NULL},
    {"mem", VREG, 0600, NULL, NULL},
    {"osrel", VREG, 0644, procfs_osrel, procfs_set_osrel},
    {"rlimit", VREG, 0444, procfs_rlimit, NULL},
    {"status", VREG, 0444, procfs_status, NULL},
};

struct procfs_mount {
	unsigned pm_nodes; /* (a) but the root */
	struct procfs_node *pm_root;
};

/* The root: pid 0. "curproc" there: pid -1. */
struct procfs_node {
	struct vnode pn_vnode;
	pid_t pn_pid;
	const struct proc_file *pn_file; /* NULL: the directory itself */
};
#define CURPROC (-1)

/* Places in the root: ".", "..", "curproc", "self", and then pid + this. */
#define FIRST_PID_COOKIE 4
#define BATCH		 64 /* processes that are looked for at a time */

static const struct vnode_ops procfs_vnode_ops;

static struct procfs_node *
procfs_node(struct vnode *vp)
{
	return (container_of(vp, struct procfs_node, pn_vnode));
}

static struct procfs_node *
new_node(
    struct mount *mp, pid_t pid, const struct proc_file *file, enum vtype type)
{
	struct procfs_node *n = kmem_alloc(sizeof(*n), KM_ZERO);

	if (n == NULL)
		return (NULL);
	vnode_init(&n->pn_vnode, mp, type, &procfs_vnode_ops, n);
	n->pn_vnode.v_flags |= VV_PROCDEP;
	n->pn_pid = pid;
	n->pn_file = file;
	return (n);
}

/* A node for somebody who looks. */
static int
give_node(struct mount *mp, pid_t pid, const struct proc_file *file,
    enum vtype type, struct vnode **vpp)
{
	struct procfs_mount *pm = mp->mnt_data;
	struct procfs_node *n = new_node(mp, pid, file, type);

	if (n == NULL)
		return (ENOMEM);
	atomic_add(&pm->pm_nodes, 1);
	*vpp = &n->pn_vnode;
	return (0);
}

/* The process, if td may see it. With proctree_lock. */
static struct proc *
find(struct thread *td, pid_t pid)
{
	struct proc *p = proc_find(pid);

	return (p != NULL && proc_visible(td, p) ? p : NULL);
}

static bool
visible(struct thread *td, pid_t pid)
{
	bool there;

	mutex_lock(&proctree_lock);
	there = find(td, pid) != NULL;
	mutex_unlock(&proctree_lock);
	return (there);
}

static bool
named(const struct cname *cn, const char *name)
{
	return (cn->cn_len == strlen(name) &&
		memcmp(cn->cn_name, name, cn->cn_len) == 0);
}

static int
lookup_root(struct vnode *dvp, const struct cname *cn, struct vnode **vpp)
{
	char number[8];
	const char *end;
	pid_t pid;

	if (named(cn, "curproc") || named(cn, "self"))
		return (give_node(dvp->v_mount, CURPROC, NULL, VLNK, vpp));
	if (cn->cn_len >= sizeof(number))
		return (ENOENT);
	memcpy(number, cn->cn_name, cn->cn_len);
	number[cn->cn_len] = '\0';
	pid = (pid_t)strtoull(number, &end, 10);
	if (*end != '\0' || pid <= 0 || !visible(curthread(), pid))
		return (ENOENT);
	return (give_node(dvp->v_mount, pid, NULL, VDIR, vpp));
}

static int
procfs_lookup(struct vnode *dvp, const struct cname *cn, struct vnode **vpp)
{
	struct procfs_mount *pm = dvp->v_mount->mnt_data;
	const pid_t pid = procfs_node(dvp)->pn_pid;

	if (pid == 0)
		return (lookup_root(dvp, cn, vpp));
	if (named(cn, "..")) {
		*vpp = &pm->pm_root->pn_vnode;
		vnode_hold(*vpp);
		return (0);
	}
	if (!visible(curthread(), pid))
		return (ENOENT);
	for (unsigned i = 0; i < nitems(files); i++)
		if (named(cn, files[i].name))
			return (give_node(
			    dvp->v_mount, pid, &files[i], files[i].type, vpp));
	return (ENOENT);
}

/* Inode numbers: 2 for the root, and from there by process and file. */
static ino_t
node_ino(pid_t pid, const struct proc_file *file)
{
	const ino_t which = file == NULL ? 0 : (ino_t)(file - files) + 1;

	if (pid == CURPROC)
		return (3);
	return (pid == 0 ? 2 : (ino_t)pid * 16 + which);
}

static int
procfs_getattr(struct vnode *vp, struct vattr *va)
{
	const struct procfs_node *n = procfs_node(vp);
	struct timespec when = time_now();
	struct cred *cr;
	struct proc *p;

	*va = (struct vattr){
	    .va_type = vp->v_type,
	    .va_mode = n->pn_file != NULL ? n->pn_file->mode : 0555,
	    .va_nlink = vp->v_type == VDIR ? 2 : 1,
	    .va_fsid = vp->v_mount->mnt_fsid,
	    .va_fileid = node_ino(n->pn_pid, n->pn_file),
	    .va_blocksize = (blksize_t)PAGE_SIZE,
	};
	if (n->pn_pid > 0) {
		mutex_lock(&proctree_lock);
		p = find(curthread(), n->pn_pid);
		cr = p != NULL ? proc_cred_hold(p) : NULL;
		mutex_unlock(&proctree_lock);
		if (cr == NULL)
			return (ENOENT);
		va->va_uid = cr->cr_uid;
		va->va_gid = cr->cr_gid;
		cred_release(cr);
	}
	va->va_atime = va->va_mtime = va->va_ctime = va->va_birthtime = when;
	return (0);
}

static int
procfs_setattr(struct vnode *vp, const struct vattr *va)
{
	return (EOPNOTSUPP);
}

static bool
emit_number(struct dir_emit *de, pid_t pid)
{
	char name[12];
	int len = snprintf(name, sizeof(name), "%d", pid);

	return (de->emit(de, name, (size_t)len, node_ino(pid, NULL), DT_DIR,
	    pid + FIRST_PID_COOKIE + 1));
}

/* The numbers, ascending and not below `from`, of the next processes that td
 * may see: up to BATCH. */
static unsigned
next_numbers(struct thread *td, pid_t from, pid_t numbers[BATCH])
{
	struct proc_walk w;
	struct proc *p;
	unsigned n = 0;

	mutex_lock(&proctree_lock);
	proc_walk_begin(&w, NULL);
	w.pw_from = MAX(from, 1);
	while (n < BATCH && (p = proc_walk_next(&w)) != NULL)
		if (p->p_state == P_ALIVE && proc_visible(td, p))
			numbers[n++] = p->p_pid;
	proc_walk_end(&w);
	mutex_unlock(&proctree_lock);
	return (n);
}

/* By ascending number, since processes come and go between calls. */
static void
emit_processes(struct dir_emit *de)
{
	pid_t from = (pid_t)(de->cookie - FIRST_PID_COOKIE);
	pid_t numbers[BATCH];
	unsigned n;

	while ((n = next_numbers(curthread(), from, numbers)) > 0) {
		for (unsigned i = 0; i < n; i++)
			if (!emit_number(de, numbers[i]))
				return;
		from = numbers[n - 1] + 1;
	}
	de->eof = true;
}

static void
emit_files(struct dir_emit *de, pid_t pid)
{
	for (off_t i = MAX(de->cookie - 3, 0); i < (off_t)nitems(files); i++)
		if (!de->emit(de, files[i].name, strlen(files[i].name),
			node_ino(pid, &files[i]),
			files[i].type == VLNK ? DT_LNK : DT_REG, i + 4))
			return;
	de->eof = true;
}

static int
procfs_readdir(struct vnode *vp, struct dir_emit *de)
{
	const pid_t pid = procfs_node(vp)->pn_pid;

	if (de->cookie == 0 &&
	    !de->emit(de, ".", 1, node_ino(pid, NULL), DT_DIR, 1))
		return (0);
	if (de->cookie <= 1 && !de->emit(de, "..", 2, 2, DT_DIR, 2))
		return (0);
	if (de->cookie <= 2 && pid == 0 &&
	    !de->emit(de, "curproc", 7, 3, DT_LNK, 3))
		return (0);
	if (de->cookie <= 3 && pid == 0 &&
	    !de->emit(de, "self", 4, 3, DT_LNK, FIRST_PID_COOKIE))
		return (0);
	if (pid == 0) {
		de->cookie = MAX(de->cookie, FIRST_PID_COOKIE);
		emit_processes(de);
	} else
		emit_files(de, pid);
	return (0);
}

/* The node's text, made for this call. */
static int
make_text(const struct procfs_node *n, struct proc_text *t)
{
	struct proc *p;
	int error = ENOENT;

	mutex_lock(&proctree_lock);
	p = find(curthread(), n->pn_pid);
	if (p != NULL)
		error = n->pn_file->text(p, t);
	mutex_unlock(&proctree_lock);
	return (error == 0 ? proc_text_finish(t) : error);
}

static int
procfs_read(struct vnode *vp, struct uio *uio, int ioflag)
{
	struct proc_text t = {.size = TEXT_MAX};
	int error;

	if (vp->v_type != VREG)
		return (EISDIR);
	if (uio->uio_offset < 0)
		return (EINVAL);
	if (procfs_node(vp)->pn_file->text == NULL)
		return (procfs_mem(procfs_node(vp)->pn_pid, uio));
	t.buf = kmem_alloc(t.size, 0);
	if (t.buf == NULL)
		return (ENOMEM);
	error = make_text(procfs_node(vp), &t);
	if (error == 0 && (uint64_t)uio->uio_offset < t.used)
		error = uiomove(t.buf + uio->uio_offset,
		    MIN(t.used - (uint64_t)uio->uio_offset, uio->uio_resid),
		    uio);
	kmem_free(t.buf, t.size);
	return (error);
}

static int
procfs_write(struct vnode *vp, struct uio *uio, int ioflag)
{
	const struct procfs_node *n = procfs_node(vp);
	char text[32] = {0};
	struct proc *p;
	int error;

	if (n->pn_file == NULL || uio->uio_offset < 0)
		return (EINVAL);
	if (n->pn_file->text == NULL)
		return (procfs_mem(n->pn_pid, uio));
	if (n->pn_file->set == NULL)
		return (EOPNOTSUPP);
	if (uio->uio_offset != 0 || uio->uio_resid >= sizeof(text))
		return (EINVAL);
	error = uiomove(text, uio->uio_resid, uio);
	if (error != 0)
		return (error);
	mutex_lock(&proctree_lock);
	p = find(curthread(), n->pn_pid);
	error = p != NULL ? n->pn_file->set(p, text) : ENOENT;
	mutex_unlock(&proctree_lock);
	return (error);
}

static int
procfs_readlink(struct vnode *vp, char *buf, size_t *len)
{
	const struct procfs_node *n = procfs_node(vp);
	struct proc_text t = {.buf = buf, .size = MAXPATHLEN};
	int error = 0;

	if (n->pn_pid == CURPROC)
		proc_text_add(&t, "%d", curproc()->p_pid);
	else
		error = make_text(n, &t);
	*len = t.used;
	return (error);
}

static int
procfs_name(struct vnode *vp, struct vnode **dvpp, char *buf, size_t *len)
{
	const struct procfs_node *n = procfs_node(vp);
	struct procfs_mount *pm = vp->v_mount->mnt_data;

	if (n->pn_file != NULL) {
		*len = strlcpy(buf, n->pn_file->name, *len);
		return (give_node(vp->v_mount, n->pn_pid, NULL, VDIR, dvpp));
	}
	*len = (size_t)snprintf(buf, *len, "%d", n->pn_pid);
	*dvpp = &pm->pm_root->pn_vnode;
	vnode_hold(*dvpp);
	return (0);
}

static void
procfs_inactive(struct vnode *vp)
{
	struct procfs_mount *pm = vp->v_mount->mnt_data;

	kmem_free(procfs_node(vp), sizeof(struct procfs_node));
	atomic_sub(&pm->pm_nodes, 1);
}

static const struct vnode_ops procfs_vnode_ops = {
    .vo_lookup = procfs_lookup,
    .vo_getattr = procfs_getattr,
    .vo_setattr = procfs_setattr,
    .vo_readdir = procfs_readdir,
    .vo_readlink = procfs_readlink,
    .vo_read = procfs_read,
    .vo_write = procfs_write,
    .vo_name = procfs_name,
    .vo_inactive = procfs_inactive,
};

static int
procfs_mount(struct mount *mp, const struct mount_opts *opts)
{
	struct procfs_mount *pm = kmem_alloc(sizeof(*pm), KM_ZERO);

	if (pm == NULL)
		return (ENOMEM);
	pm->pm_root = new_node(mp, 0, NULL, VDIR);
	if (pm->pm_root == NULL) {
		kmem_free(pm, sizeof(*pm));
		return (ENOMEM);
	}
	pm->pm_root->pn_vnode.v_flags |= VV_ROOT;
	mp->mnt_data = pm;
	return (0);
}

static int
procfs_unmount(struct mount *mp, enum unmount_how how)
{
	struct procfs_mount *pm = mp->mnt_data;

	if (how != UNMOUNT_UNKNOWN &&
	    (atomic_load(&pm->pm_nodes) != 0 ||
		atomic_load(&pm->pm_root->pn_vnode.v_refs) != 2))
		return (EBUSY);
	kmem_free(pm->pm_root, sizeof(*pm->pm_root));
	kmem_free(pm, sizeof(*pm));
	return (0);
}

static int
procfs_root(struct mount *mp, struct vnode **vpp)
{
	struct procfs_mount *pm = mp->mnt_data;

	*vpp = &pm->pm_root->pn_vnode;
	vnode_hold(*vpp);
	return (0);
}

static int
procfs_statfs(struct mount *mp, struct statfs *sf)
{
	sf->f_blocks = 2;
	return (0);
}

static const struct vfs_ops procfs_vfs_ops = {
    .vfs_name = "procfs",
    .vfs_mount = procfs_mount,
    .vfs_unmount = procfs_unmount,
    .vfs_root = procfs_root,
    .vfs_statfs = procfs_statfs,
};
VFS_SET(procfs_vfs_ops);
