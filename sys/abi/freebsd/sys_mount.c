/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mounted file systems: statfs(2), getfsstat(2), mount(2), nmount(2),
 * unmount(2).
 */
#include "abi/freebsd/path.h"
#include "abi/freebsd/results.h"
#include "abi/freebsd/sysargs.h"
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "fbsd/fcntl.h"
#include "proc/proc.h"
#include "lib/string.h"
#include "vfs/vnode.h"
#include "vm/kmem.h"

static void
to_11(const struct statfs *sf, struct freebsd11_statfs *old)
{
	memset(old, 0, sizeof(*old));
	old->f_version = FREEBSD11_STATFS_VERSION;
	old->f_type = sf->f_type;
	old->f_flags = sf->f_flags;
	old->f_bsize = sf->f_bsize;
	old->f_iosize = sf->f_iosize;
	old->f_blocks = sf->f_blocks;
	old->f_bfree = sf->f_bfree;
	old->f_bavail = sf->f_bavail;
	old->f_files = sf->f_files;
	old->f_ffree = sf->f_ffree;
	old->f_namemax = sf->f_namemax;
	old->f_owner = sf->f_owner;
	old->f_fsid = sf->f_fsid;
	memcpy(old->f_fstypename, sf->f_fstypename, MFSNAMELEN);
	strlcpy(old->f_mntfromname, sf->f_mntfromname, FREEBSD11_MNAMELEN);
	strlcpy(old->f_mntonname, sf->f_mntonname, FREEBSD11_MNAMELEN);
}

static void
to_4(const struct statfs *sf, struct freebsd4_statfs *old)
{
	memset(old, 0, sizeof(*old));
	old->f_type = (int)sf->f_type;
	old->f_flags = (int)sf->f_flags;
	old->f_bsize = (long)sf->f_bsize;
	old->f_iosize = (long)sf->f_iosize;
	old->f_blocks = (long)sf->f_blocks;
	old->f_bfree = (long)sf->f_bfree;
	old->f_bavail = sf->f_bavail;
	old->f_files = (long)sf->f_files;
	old->f_ffree = sf->f_ffree;
	old->f_owner = sf->f_owner;
	old->f_fsid = sf->f_fsid;
	memcpy(old->f_fstypename, sf->f_fstypename, MFSNAMELEN);
	strlcpy(old->f_mntfromname, sf->f_mntfromname, FREEBSD4_MNAMELEN);
	strlcpy(old->f_mntonname, sf->f_mntonname, FREEBSD4_MNAMELEN);
}

static size_t
form_size(enum statfs_form form)
{
	return (form == STATFS_NOW  ? sizeof(struct statfs)
		: form == STATFS_11 ? sizeof(struct freebsd11_statfs)
				    : sizeof(struct freebsd4_statfs));
}

static int
copyout_statfs(const struct statfs *sf, void __user *to, enum statfs_form form)
{
	union {
		struct freebsd11_statfs sf11;
		struct freebsd4_statfs sf4;
	} old;

	if (form == STATFS_NOW)
		return (copyout(sf, to, sizeof(*sf)));
	if (form == STATFS_11)
		to_11(sf, &old.sf11);
	else
		to_4(sf, &old.sf4);
	return (copyout(&old, to, form_size(form)));
}

int
statfs_vnode(struct vnode *vp, void __user *to, enum statfs_form form)
{
	struct statfs *sf = kmem_alloc(sizeof(*sf), 0);
	int error;

	if (sf == NULL)
		return (ENOMEM);
	error = vfs_statfs(vp->v_mount, sf);
	if (error == 0)
		error = copyout_statfs(sf, to, form);
	kmem_free(sf, sizeof(*sf));
	return (error);
}

static int
statfs_path(struct thread *td, const char __user *path, void __user *to,
    enum statfs_form form)
{
	struct namei nd;
	int error;

	error = path_namei(td, &nd, AT_FDCWD, path, 0, 0);
	if (error != 0)
		return (error);
	error = statfs_vnode(nd.nd_vp, to, form);
	namei_done(&nd);
	return (error);
}

static int
statfs_descriptor(
    struct thread *td, int fd, void __user *to, enum statfs_form form)
{
	struct file *fp;
	int error;

	error = fd_get(td, fd, 0, &fp);
	if (error != 0)
		return (error);
	error =
	    fp->f_vnode != NULL ? statfs_vnode(fp->f_vnode, to, form) : EINVAL;
	file_release(fp);
	return (error);
}

int
sys_statfs(struct thread *td, const struct statfs_args *a)
{
	return (statfs_path(td, a->path, a->buf, STATFS_NOW));
}

int
sys_fstatfs(struct thread *td, const struct fstatfs_args *a)
{
	return (statfs_descriptor(td, a->fd, a->buf, STATFS_NOW));
}

int
sys_freebsd11_statfs(struct thread *td, const struct freebsd11_statfs_args *a)
{
	return (statfs_path(td, a->path, a->buf, STATFS_11));
}

int
sys_freebsd11_fstatfs(struct thread *td, const struct freebsd11_fstatfs_args *a)
{
	return (statfs_descriptor(td, a->fd, a->buf, STATFS_11));
}

int
sys_freebsd4_statfs(struct thread *td, const struct freebsd4_statfs_args *a)
{
	return (statfs_path(td, a->path, a->buf, STATFS_4));
}

int
sys_freebsd4_fstatfs(struct thread *td, const struct freebsd4_fstatfs_args *a)
{
	return (statfs_descriptor(td, a->fd, a->buf, STATFS_4));
}

/* What is mounted, in order, as far as `list` has room; all are counted. */
static int
gather(struct statfs *list, size_t room, size_t *count, bool wait)
{
	struct mount *mp = NULL;
	int error = 0;

	*count = 0;
	while ((mp = mount_next(mp, wait)) != NULL) {
		if (*count < room && error == 0)
			error = vfs_statfs(mp, &list[*count]);
		++*count;
	}
	return (error);
}

#define MOUNTS_MAX 256 /* told at once */

static int
getfsstat(struct thread *td, char __user *buf, long bufsize, int mode,
    enum statfs_form form)
{
	const size_t each = form_size(form);
	struct statfs *list = NULL;
	size_t room = 0, count;
	int error;

	if ((mode != MNT_WAIT && mode != MNT_NOWAIT) || bufsize < 0)
		return (EINVAL);
	if (buf != NULL) {
		error = gather(NULL, 0, &count, mode == MNT_WAIT);
		room = MIN((size_t)bufsize / each, MIN(count, MOUNTS_MAX));
	}
	if (room > 0) {
		list = kmem_alloc(room * sizeof(*list), KM_ZERO);
		if (list == NULL)
			return (ENOMEM);
	}
	error = gather(list, room, &count, mode == MNT_WAIT);
	if (buf != NULL)
		count = MIN(count, room);
	for (size_t i = 0; i < MIN(count, room) && error == 0; i++)
		error = copyout_statfs(&list[i], buf + i * each, form);
	if (list != NULL)
		kmem_free(list, room * sizeof(*list));
	td->td_retval[0] = count;
	return (error);
}

int
sys_getfsstat(struct thread *td, const struct getfsstat_args *a)
{
	return (getfsstat(td, (char *)a->buf, a->bufsize, a->mode, STATFS_NOW));
}

int
sys_freebsd11_getfsstat(
    struct thread *td, const struct freebsd11_getfsstat_args *a)
{
	return (getfsstat(td, (char *)a->buf, a->bufsize, a->mode, STATFS_11));
}

int
sys_freebsd4_getfsstat(
    struct thread *td, const struct freebsd4_getfsstat_args *a)
{
	return (getfsstat(td, (char *)a->buf, a->bufsize, a->mode, STATFS_4));
}

/* Without options: for file systems that need none. */
int
sys_mount(struct thread *td, const struct mount_args *a)
{
	static const struct mount_opts none = {NULL, 0, NULL};
	char type[MFSNAMELEN], path[MAXPATHLEN];
	size_t len;
	int error;

	error = priv_check(td);
	if (error == 0)
		error = copyinstr(a->type, type, sizeof(type), &len);
	if (error == 0)
		error = path_copyin(a->path, path);
	if (error != 0)
		return (error);
	return (vfs_mount(td, type, path, (uint64_t)(unsigned)a->flags, &none));
}

#define OPTIONS_MAX 64
#define VALUES_MAX  8192ul /* bytes of all names and values */

/* nmount(2)'s options as they are copied in. */
struct options {
	struct iovec iov[2 * OPTIONS_MAX];
	struct mount_opt opts[OPTIONS_MAX];
	char message[MOUNT_MESSAGE];
	const struct iovec *errmsg; /* where the user wants it, or NULL */
	char text[VALUES_MAX];
	size_t used;
};

/* A string of `len` bytes with its NUL; NULL for none. */
static int
copy_text(struct options *o, const struct iovec *iov, const char **to)
{
	char *at = o->text + o->used;
	int error;

	*to = NULL;
	if (iov->iov_len == 0)
		return (0);
	if (iov->iov_len >= VALUES_MAX - o->used)
		return (EINVAL);
	error = copyin((void __user *)iov->iov_base, at, iov->iov_len);
	if (error != 0)
		return (error);
	at[iov->iov_len] = '\0';
	o->used += iov->iov_len + 1;
	*to = at;
	return (0);
}

static int
copy_options(struct options *o, const struct iovec __user *iovp, unsigned n)
{
	int error;

	if (n % 2 != 0 || n > 2 * OPTIONS_MAX)
		return (EINVAL);
	error = copyin(iovp, o->iov, n * sizeof(*iovp));
	for (unsigned i = 0; error == 0 && i < n / 2; i++) {
		struct mount_opt *mo = &o->opts[i];

		error = copy_text(o, &o->iov[2 * i], &mo->mo_name);
		if (error == 0 && mo->mo_name == NULL)
			error = EINVAL;
		if (error == 0 && strcmp(mo->mo_name, "errmsg") == 0) {
			o->errmsg = &o->iov[2 * i + 1];
			continue;
		}
		if (error == 0)
			error = copy_text(o, &o->iov[2 * i + 1], &mo->mo_value);
		mo->mo_len = o->iov[2 * i + 1].iov_len;
	}
	return (error);
}

static const char *
needed(const struct mount_opts *opts, const char *name)
{
	const char *value = mount_opt(opts, name);

	return (value != NULL && *value != '\0' ? value : NULL);
}

static const struct {
	const char *name, *opposite;
	uint64_t flag;
} flag_options[] = {
    {"ro", "rw", MNT_RDONLY},
    {"rdonly", "noro", MNT_RDONLY},
    {"noexec", "exec", MNT_NOEXEC},
    {"nosuid", "suid", MNT_NOSUID},
    {"noatime", "atime", MNT_NOATIME},
    {"sync", "nosync", MNT_SYNCHRONOUS},
    {"async", "noasync", MNT_ASYNC},
    {"nosymfollow", "symfollow", MNT_NOSYMFOLLOW},
    {"noclusterr", "clusterr", MNT_NOCLUSTERR},
    {"noclusterw", "clusterw", MNT_NOCLUSTERW},
    {"ignore", "noignore", MNT_IGNORE},
    {"union", "nounion", MNT_UNION},
    {"automounted", "noautomounted", MNT_AUTOMOUNTED},
    {"untrusted", "nountrusted", MNT_UNTRUSTED},
    {"nocover", "cover", MNT_NOCOVER},
    {"emptydir", "noemptydir", MNT_EMPTYDIR},
    {"update", "noupdate", MNT_UPDATE},
    {"reload", "noreload", MNT_RELOAD},
    {"force", "noforce", MNT_FORCE},
};

static bool
flag_option(const char *name, uint64_t *flags)
{
	for (unsigned i = 0; i < nitems(flag_options); i++) {
		if (strcmp(name, flag_options[i].name) == 0)
			*flags |= flag_options[i].flag;
		else if (strcmp(name, flag_options[i].opposite) == 0)
			*flags &= ~flag_options[i].flag;
		else
			continue;
		return (true);
	}
	return (false);
}

/* Later options undo earlier ones. The others are the file system's. */
static void
take_flags(const struct mount_opts *opts, uint64_t *flags)
{
	for (unsigned i = 0; i < opts->mo_count; i++)
		(void)flag_option(opts->mo_list[i].mo_name, flags);
}

static bool
listed(const char *const *list, const char *name)
{
	for (; *list != NULL; list++)
		if (strcmp(*list, name) == 0)
			return (true);
	return (false);
}

/* Does anybody know each of them? */
static int
check_options(const struct mount_opts *opts, const char *type)
{
	static const char *const general[] = {
	    "fstype", "fspath", "from", "target", "errmsg", "export", NULL};
	const struct vfs_ops *ops = type != NULL ? vfs_find(type) : NULL;
	uint64_t flags = 0;

	if (ops == NULL || ops->vfs_options == NULL)
		return (0);
	for (unsigned i = 0; i < opts->mo_count; i++) {
		const char *name = opts->mo_list[i].mo_name;

		if (flag_option(name, &flags) || listed(general, name) ||
		    listed(ops->vfs_options, name))
			continue;
		mount_error(opts, "mount option <%s> is unknown", name);
		return (EINVAL);
	}
	return (0);
}

static int
nmount(struct thread *td, const struct mount_opts *opts, uint64_t flags)
{
	int error;
	const char *type = needed(opts, "fstype");
	const char *path = needed(opts, "fspath");

	take_flags(opts, &flags);
	if (path == NULL || (type == NULL && (flags & MNT_UPDATE) == 0)) {
		mount_error(
		    opts, "Invalid %s", path == NULL ? "fspath" : "fstype");
		return (EINVAL);
	}
	error = check_options(opts, type);
	if (error != 0)
		return (error);
	return (vfs_mount(td, type, path, flags, opts));
}

/* As far as there is room for it. */
static void
copyout_message(struct options *o)
{
	size_t room = o->errmsg != NULL ? o->errmsg->iov_len : 0;

	if (room == 0 || o->message[0] == '\0')
		return;
	room = MIN(room, sizeof(o->message));
	o->message[room - 1] = '\0';
	(void)copyout(o->message, (void __user *)o->errmsg->iov_base,
	    MIN(room, strlen(o->message) + 1));
}

int
sys_nmount(struct thread *td, const struct nmount_args *a)
{
	struct mount_opts opts;
	struct options *o;
	int error;

	error = priv_check(td);
	if (error != 0)
		return (error);
	o = kmem_alloc(sizeof(*o), KM_ZERO);
	if (o == NULL)
		return (ENOMEM);
	error = copy_options(o, a->iovp, a->iovcnt);
	opts = (struct mount_opts){o->opts, a->iovcnt / 2, o->message};
	if (error == 0)
		error = nmount(td, &opts, (uint64_t)(unsigned)a->flags);
	if (error != 0)
		copyout_message(o);
	kmem_free(o, sizeof(*o));
	return (error);
}

/* "FSID:val0:val1", as umount(8) says it. */
static int
parse_fsid(const char *s, uint64_t *fsid)
{
	const char *end;
	uint64_t low, high;

	if (strncmp(s, "FSID:", 5) != 0)
		return (EINVAL);
	low = strtoull(s + 5, &end, 10);
	if (*end != ':')
		return (EINVAL);
	high = strtoull(end + 1, &end, 10);
	if (*end != '\0')
		return (EINVAL);
	*fsid = (high & UINT_MAX) << 32 | (low & UINT_MAX);
	return (0);
}

/* What leads nowhere isn't mounted either: EINVAL for all. */
static int
find_mounted(struct thread *td, const char *path, uint64_t *fsid)
{
	struct namei nd;
	int error = 0;

	if (namei_at(td, &nd, AT_FDCWD, path, NAMEI_FOLLOW) != 0)
		return (EINVAL);
	if ((nd.nd_vp->v_flags & VV_ROOT) != 0)
		*fsid = nd.nd_vp->v_mount->mnt_fsid;
	else
		error = EINVAL;
	namei_done(&nd);
	return (error);
}

int
sys_unmount(struct thread *td, const struct unmount_args *a)
{
	const uint64_t flags = (uint64_t)(unsigned)a->flags;
	char path[MAXPATHLEN];
	uint64_t fsid;
	int error;

	error = priv_check(td);
	if (error == 0)
		error = path_copyin(a->path, path);
	if (error == 0)
		error = (flags & MNT_BYFSID) != 0
			    ? parse_fsid(path, &fsid)
			    : find_mounted(td, path, &fsid);
	return (error != 0 ? error : vfs_unmount(td, fsid, flags));
}
