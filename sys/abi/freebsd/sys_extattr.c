/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Extended attributes: extattr(2).
 */
#include "abi/freebsd/path.h"
#include "abi/freebsd/sysargs.h"
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "fbsd/extattr.h"
#include "fbsd/fcntl.h"
#include "proc/proc.h"
#include "vfs/vnode.h"
#include "vfs/vop.h"
#include "vm/kmem.h"

#define VALUE_MAX (64 * 1024ul)

/* A call as its arguments say it, on whatever file. */
struct request {
	int ns;
	const char __user *uname; /* NULL: list */
	void __user *data;
	size_t nbytes;
	int (*act)(struct thread *td, struct vnode *vp,
	    const struct request *rq, const char *name);
};

/* The super-user's namespace, and the file's own rights for the other. */
static int
check_rights(struct thread *td, struct vnode *vp, int ns, int mode)
{
	switch (ns) {
	case EXTATTR_NAMESPACE_USER:
		return (vfs_access(vp, mode, td->td_cred));
	case EXTATTR_NAMESPACE_SYSTEM:
		return (priv_check(td));
	default:
		return (EINVAL);
	}
}

static int
on_vnode(struct thread *td, struct vnode *vp, const struct request *rq)
{
	char name[EXTATTR_MAXNAMELEN + 1];
	size_t len;
	int error;

	name[0] = '\0';
	if (rq->uname != NULL) {
		error = copyinstr(rq->uname, name, sizeof(name), &len);
		if (error != 0)
			return (error);
		if (name[0] == '\0')
			return (EINVAL);
	}
	if (vp->v_ops->vo_getextattr == NULL)
		return (EOPNOTSUPP);
	return (rq->act(td, vp, rq, name));
}

static int
on_path(struct thread *td, const char __user *path, int flags,
    const struct request *rq)
{
	struct namei nd;
	int error;

	error = path_namei(td, &nd, AT_FDCWD, path, flags, 0);
	if (error != 0)
		return (error);
	error = on_vnode(td, nd.nd_vp, rq);
	namei_done(&nd);
	return (error);
}

static int
on_descriptor(struct thread *td, int fd, const struct request *rq)
{
	struct file *fp;
	int error;

	error = fd_get(td, fd, 0, &fp);
	if (error != 0)
		return (error);
	error = fp->f_vnode != NULL ? on_vnode(td, fp->f_vnode, rq) : EBADF;
	file_release(fp);
	return (error);
}

static int
set_attr(struct thread *td, struct vnode *vp, const struct request *rq,
    const char *name)
{
	void *value = NULL;
	int error = 0;

	if (rq->nbytes > VALUE_MAX)
		return (rq->nbytes > INT64_MAX ? EINVAL : ENOSPC);
	if (rq->nbytes > 0) {
		value = kmem_alloc(rq->nbytes, 0);
		if (value == NULL)
			return (ENOMEM);
		error = copyin(rq->data, value, rq->nbytes);
	}
	if (error == 0) {
		rw_wlock(&vp->v_base->v_lock);
		error = check_rights(td, vp, rq->ns, VWRITE);
		if (error == 0)
			error =
			    vop_setextattr(vp, rq->ns, name, value, rq->nbytes);
		rw_wunlock(&vp->v_base->v_lock);
	}
	if (value != NULL)
		kmem_free(value, rq->nbytes);
	if (error == 0)
		td->td_retval[0] = rq->nbytes;
	return (error);
}

/* A value, or (name empty) the list of names; without a buffer its size. */
static int
read_attr(struct vnode *vp, int ns, const char *name, void *buf, size_t *size)
{
	if (name[0] != '\0')
		return (vop_getextattr(vp, ns, name, buf, size));
	return (vop_listextattr(vp, ns, buf, size));
}

static int
get_attr(struct thread *td, struct vnode *vp, const struct request *rq,
    const char *name)
{
	const size_t room = MIN(rq->nbytes, VALUE_MAX);
	size_t size = room;
	void *buf = NULL;
	int error;

	if (rq->data != NULL && room > 0) {
		buf = kmem_alloc(room, 0);
		if (buf == NULL)
			return (ENOMEM);
	}
	rw_rlock(&vp->v_base->v_lock);
	error = check_rights(td, vp, rq->ns, VREAD);
	if (error == 0)
		error = read_attr(vp, rq->ns, name, buf, &size);
	rw_runlock(&vp->v_base->v_lock);
	if (rq->data != NULL && room == 0)
		size = 0;
	if (error == 0 && buf != NULL)
		error = copyout(buf, rq->data, size);
	if (buf != NULL)
		kmem_free(buf, room);
	if (error == 0)
		td->td_retval[0] = size;
	return (error);
}

static int
delete_attr(struct thread *td, struct vnode *vp, const struct request *rq,
    const char *name)
{
	int error;

	rw_wlock(&vp->v_base->v_lock);
	error = check_rights(td, vp, rq->ns, VWRITE);
	if (error == 0)
		error = vop_deleteextattr(vp, rq->ns, name);
	rw_wunlock(&vp->v_base->v_lock);
	return (error);
}

#define VALUE(a, act)                                                          \
	&(const struct request)                                                \
	{                                                                      \
		(a)->attrnamespace, (a)->attrname, (a)->data, (a)->nbytes,     \
		    (act)                                                      \
	}
#define NAME(a, act)                                                           \
	&(const struct request)                                                \
	{                                                                      \
		(a)->attrnamespace, (a)->attrname, NULL, 0, (act)              \
	}
#define LIST(a)                                                                \
	&(const struct request)                                                \
	{                                                                      \
		(a)->attrnamespace, NULL, (a)->data, (a)->nbytes, get_attr     \
	}

int
sys_extattr_set_fd(struct thread *td, const struct extattr_set_fd_args *a)
{
	return (on_descriptor(td, a->fd, VALUE(a, set_attr)));
}

int
sys_extattr_set_file(struct thread *td, const struct extattr_set_file_args *a)
{
	return (on_path(td, a->path, 0, VALUE(a, set_attr)));
}

int
sys_extattr_set_link(struct thread *td, const struct extattr_set_link_args *a)
{
	return (on_path(td, a->path, AT_SYMLINK_NOFOLLOW, VALUE(a, set_attr)));
}

int
sys_extattr_get_fd(struct thread *td, const struct extattr_get_fd_args *a)
{
	return (on_descriptor(td, a->fd, VALUE(a, get_attr)));
}

int
sys_extattr_get_file(struct thread *td, const struct extattr_get_file_args *a)
{
	return (on_path(td, a->path, 0, VALUE(a, get_attr)));
}

int
sys_extattr_get_link(struct thread *td, const struct extattr_get_link_args *a)
{
	return (on_path(td, a->path, AT_SYMLINK_NOFOLLOW, VALUE(a, get_attr)));
}

int
sys_extattr_delete_fd(struct thread *td, const struct extattr_delete_fd_args *a)
{
	return (on_descriptor(td, a->fd, NAME(a, delete_attr)));
}

int
sys_extattr_delete_file(
    struct thread *td, const struct extattr_delete_file_args *a)
{
	return (on_path(td, a->path, 0, NAME(a, delete_attr)));
}

int
sys_extattr_delete_link(
    struct thread *td, const struct extattr_delete_link_args *a)
{
	return (
	    on_path(td, a->path, AT_SYMLINK_NOFOLLOW, NAME(a, delete_attr)));
}

int
sys_extattr_list_fd(struct thread *td, const struct extattr_list_fd_args *a)
{
	return (on_descriptor(td, a->fd, LIST(a)));
}

int
sys_extattr_list_file(struct thread *td, const struct extattr_list_file_args *a)
{
	return (on_path(td, a->path, 0, LIST(a)));
}

int
sys_extattr_list_link(struct thread *td, const struct extattr_list_link_args *a)
{
	return (on_path(td, a->path, AT_SYMLINK_NOFOLLOW, LIST(a)));
}
