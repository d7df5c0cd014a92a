/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kern.proc.filedesc, cwd and nfds, as procstat(1) and fstat(1) read them, and
 * fcntl(2)'s F_KINFO: what a process has open.
 */
#include "fbsd/errno.h"
#include "fbsd/fcntl.h"
#include "fbsd/stat.h"
#include "file/fdtable.h"
#include "info/kinfo.h"
#include "ipc/shm.h"
#include "tty/tty_impl.h"
#include "lib/string.h"
#include "vfs/namei.h"
#include "vfs/vnode.h"
#include "vm/kmem.h"

static const uint8_t types[] = {
    [DTYPE_VNODE] = KF_TYPE_VNODE,
    [DTYPE_SOCKET] = KF_TYPE_SOCKET,
    [DTYPE_PIPE] = KF_TYPE_PIPE,
    [DTYPE_FIFO] = KF_TYPE_FIFO,
    [DTYPE_KQUEUE] = KF_TYPE_KQUEUE,
    [DTYPE_MQUEUE] = KF_TYPE_MQUEUE,
    [DTYPE_SHM] = KF_TYPE_SHM,
    [DTYPE_SEM] = KF_TYPE_SEM,
    [DTYPE_PTS] = KF_TYPE_PTS,
    [DTYPE_DEV] = KF_TYPE_VNODE,
    [DTYPE_PROCDESC] = KF_TYPE_PROCDESC,
    [DTYPE_EVENTFD] = KF_TYPE_EVENTFD,
    [DTYPE_TIMERFD] = KF_TYPE_TIMERFD,
    [DTYPE_INOTIFY] = KF_TYPE_INOTIFY,
};

static int
flags_of(uint32_t flag)
{
	static const struct {
		uint32_t ours;
		int theirs;
	} map[] = {{FREAD, KF_FLAG_READ}, {FWRITE, KF_FLAG_WRITE},
	    {O_APPEND, KF_FLAG_APPEND}, {O_ASYNC, KF_FLAG_ASYNC},
	    {O_SYNC, KF_FLAG_FSYNC}, {O_NONBLOCK, KF_FLAG_NONBLOCK},
	    {O_DIRECT, KF_FLAG_DIRECT}};
	int flags = 0;

	for (unsigned i = 0; i < nitems(map); i++)
		if (flag & map[i].ours)
			flags |= map[i].theirs;
	return (flags);
}

static void
fill_stat(struct kinfo_file *kf, const struct stat *st)
{
	kf->kf_un.kf_file.kf_file_type = (int)vn_mode_type(st->st_mode);
	kf->kf_un.kf_file.kf_file_nlink = st->st_nlink;
	kf->kf_un.kf_file.kf_file_fsid = st->st_dev;
	kf->kf_un.kf_file.kf_file_fsid_freebsd11 = (uint32_t)st->st_dev;
	kf->kf_un.kf_file.kf_file_rdev = st->st_rdev;
	kf->kf_un.kf_file.kf_file_rdev_freebsd11 = (uint32_t)st->st_rdev;
	kf->kf_un.kf_file.kf_file_fileid = st->st_ino;
	kf->kf_un.kf_file.kf_file_size = (uint64_t)st->st_size;
	kf->kf_un.kf_file.kf_file_mode = st->st_mode;
	kf->kf_status |= KF_ATTR_VALID;
}

static void
fill_path(struct thread *td, struct vnode *vp, struct kinfo_file *kf)
{
	if (vn_path(td, vp, kf->kf_path, sizeof(kf->kf_path)) != 0)
		kf->kf_path[0] = '\0';
}

void
kinfo_file_fill(struct thread *td, struct file *fp, struct kinfo_file *kf)
{
	struct stat st;

	memset(kf, 0, sizeof(*kf));
	kf->kf_type = fp->f_type < nitems(types) && types[fp->f_type] != 0
			  ? types[fp->f_type]
			  : KF_TYPE_UNKNOWN;
	/* One is this call's. */
	kf->kf_ref_count = (int)atomic_load(&fp->f_refs) - 1;
	kf->kf_flags = flags_of(atomic_load(&fp->f_flag));
	kf->kf_offset = fp->f_ops->fo_seek != NULL ? fp->f_offset : -1;
	kf->kf_status = KF_ATTR_VALID;
	if (kf->kf_type == KF_TYPE_VNODE || kf->kf_type == KF_TYPE_FIFO) {
		if (file_stat(fp, &st) == 0) {
			fill_stat(kf, &st);
		} else {
			kf->kf_status = 0;
			kf->kf_un.kf_file.kf_file_type = KF_VTYPE_UNKNOWN;
		}
	}
	if (fp->f_vnode != NULL)
		fill_path(td, fp->f_vnode, kf);
	if (fp->f_ops->fo_kinfo != NULL)
		fp->f_ops->fo_kinfo(fp, kf);
}

static int
out(struct sysctl_req *req, struct kinfo_file *kf, int fd)
{
	kf->kf_fd = fd;
	return (kinfo_out_packed(req, kf, &kf->kf_structsize,
	    offsetof(struct kinfo_file, kf_path), kf->kf_path));
}

/* A file that isn't open, but in use. */
static int
out_vnode(
    struct sysctl_req *req, struct vnode *vp, int fd, struct kinfo_file *kf)
{
	struct stat st;

	memset(kf, 0, sizeof(*kf));
	kf->kf_type = KF_TYPE_VNODE;
	kf->kf_ref_count = -1;
	kf->kf_flags = KF_FLAG_READ;
	kf->kf_offset = -1;
	if (vn_stat(vp, &st) == 0)
		fill_stat(kf, &st);
	fill_path(req->td, vp, kf);
	return (out(req, kf, fd));
}

/* What kern.proc.filedesc walks over, all held. */
struct open_files {
	struct fdtable *table;
	struct vnode *vnodes[4];
};
static const int vnode_fds[4] = {
    KF_FD_TYPE_TEXT, KF_FD_TYPE_CWD, KF_FD_TYPE_ROOT, KF_FD_TYPE_JAIL};

/* p_lock held. */
static void
hold_files(struct proc *p, struct open_files *of)
{
	of->vnodes[0] = p->p_image.text;
	of->vnodes[1] = p->p_cwd != NULL ? p->p_cwd : rootvnode;
	of->vnodes[2] = p->p_root != NULL ? p->p_root : rootvnode;
	of->vnodes[3] = p->p_jailroot;
	for (unsigned i = 0; i < nitems(of->vnodes); i++)
		if (of->vnodes[i] != NULL)
			vnode_hold(of->vnodes[i]);
	of->table = p->p_fd;
	if (of->table != NULL)
		fdtable_hold(of->table);
}

static void
release_files(struct open_files *of)
{
	for (unsigned i = 0; i < nitems(of->vnodes); i++)
		if (of->vnodes[i] != NULL)
			vnode_release(of->vnodes[i]);
	if (of->table != NULL)
		fdtable_release(of->table);
}

struct walk {
	struct sysctl_req *req;
	struct kinfo_file *kf;
};

static int
out_file(void *arg, int fd, struct file *fp)
{
	struct walk *w = arg;

	kinfo_file_fill(w->req->td, fp, w->kf);
	return (out(w->req, w->kf, fd));
}

static int
out_files(struct sysctl_req *req, struct open_files *of, struct kinfo_file *kf)
{
	struct walk w = {req, kf};
	int error = 0;

	for (unsigned i = 0; i < nitems(of->vnodes) && error == 0; i++)
		if (of->vnodes[i] != NULL)
			error = out_vnode(req, of->vnodes[i], vnode_fds[i], kf);
	if (error == 0 && of->table != NULL)
		error = fdtable_walk(of->table, out_file, &w);
	return (error);
}

static int
sysctl_filedesc(const struct sysctl_node *node, struct sysctl_req *req)
{
	struct open_files of;
	struct kinfo_file *kf;
	struct proc *p;
	int error = kinfo_lock(req, 1, true, &p);

	if (error != 0)
		return (error);
	hold_files(p, &of);
	kinfo_unlock(p);
	kf = kmem_alloc(sizeof(*kf), 0);
	error = kf != NULL ? out_files(req, &of, kf) : ENOMEM;
	if (kf != NULL)
		kmem_free(kf, sizeof(*kf));
	release_files(&of);
	return (error);
}
SYSCTL_PROC(kern_proc_filedesc, "kern.proc.filedesc", KERN_PROC_FILEDESC,
    CTLTYPE_NODE | CTLFLAG_RD, "S,kinfo_file", sysctl_filedesc, NULL,
    "A process's descriptors");

static int
sysctl_cwd(const struct sysctl_node *node, struct sysctl_req *req)
{
	struct kinfo_file *kf;
	struct vnode *vp;
	struct proc *p;
	int error = kinfo_lock(req, 1, true, &p);

	if (error != 0)
		return (error);
	vp = p->p_cwd != NULL ? p->p_cwd : rootvnode;
	vnode_hold(vp);
	kinfo_unlock(p);
	kf = kmem_alloc(sizeof(*kf), 0);
	error = kf != NULL ? out_vnode(req, vp, KF_FD_TYPE_CWD, kf) : ENOMEM;
	if (kf != NULL)
		kmem_free(kf, sizeof(*kf));
	vnode_release(vp);
	return (error);
}
SYSCTL_PROC(kern_proc_cwd, "kern.proc.cwd", KERN_PROC_CWD,
    CTLTYPE_NODE | CTLFLAG_RD, "S,kinfo_file", sysctl_cwd, NULL,
    "A process's working directory");

/* How many descriptors; 0 is the caller, too. */
static int
sysctl_nfds(const struct sysctl_node *node, struct sysctl_req *req)
{
	struct fdtable *ft;
	struct proc *p;
	int n = 0, error;

	error = kinfo_lock_or_self(req, 0, true, &p);
	if (error != 0)
		return (error);
	ft = p->p_fd;
	if (ft != NULL)
		fdtable_hold(ft);
	kinfo_unlock(p);
	if (ft != NULL) {
		n = (int)fdtable_open(ft);
		fdtable_release(ft);
	}
	return (sysctl_out(req, &n, sizeof(n)));
}
SYSCTL_PROC(kern_proc_nfds, "kern.proc.nfds", KERN_PROC_NFDS,
    CTLTYPE_NODE | CTLFLAG_RD, "I", sysctl_nfds, NULL,
    "How many descriptors a process has");

/* A named object of shared memory: who can't open it may know of it. */
static int
out_shm(void *arg)
{
	struct walk *w = arg;

	return (out(w->req, w->kf, 0));
}

static int
sysctl_shm_list(const struct sysctl_node *node, struct sysctl_req *req)
{
	struct walk w = {req, kmem_alloc(sizeof(*w.kf), 0)};
	int error;

	if (w.kf == NULL)
		return (ENOMEM);
	error = shm_walk(w.kf, out_shm, &w);
	kmem_free(w.kf, sizeof(*w.kf));
	return (error);
}
SYSCTL_PROC(kern_ipc_posix_shm_list, "kern.ipc.posix_shm_list", CTL_AUTO,
    CTLTYPE_OPAQUE | CTLFLAG_RD, "", sysctl_shm_list, NULL,
    "POSIX shared memory by name");
