/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Access control lists: what acl(3) is made of.  Programs from before release 8
 * ask by other types, and have a smaller structure.
 */
#include "abi/freebsd/path.h"
#include "abi/freebsd/sysargs.h"
#include "amd64/md.h"
#include "fbsd/fcntl.h"
#include "lib/string.h"
#include "proc/proc.h"
#include "vfs/acl.h"
#include "vfs/vnode.h"
#include "vm/kmem.h"

/* One call, on whatever file. */
struct request {
	int type;
	struct acl __user *user;
	/* With the list that the user gives, or an empty one. */
	int (*act)(struct thread *td, struct vnode *vp,
	    const struct request *rq, struct acl_list *al);
	bool changes;
};

static bool
is_old(int type)
{
	return (type == ACL_TYPE_ACCESS_OLD || type == ACL_TYPE_DEFAULT_OLD);
}

static int
type_now(int type)
{
	return (is_old(type) ? type + ACL_TYPE_ACCESS : type);
}

static int
copyin_old(const struct acl __user *user, struct acl_list *al)
{
	struct oldacl old;
	int error = copyin((const void __user *)user, &old, sizeof(old));

	if (error != 0)
		return (error);
	if (old.acl_cnt < 0 || old.acl_cnt > OLDACL_MAX_ENTRIES)
		return (EINVAL);
	al->al_count = (unsigned)old.acl_cnt;
	for (unsigned i = 0; i < al->al_count; i++)
		al->al_entry[i] = (struct acl_entry){
		    .ae_tag = (uint32_t)old.acl_entry[i].ae_tag,
		    .ae_id = old.acl_entry[i].ae_id,
		    .ae_perm = old.acl_entry[i].ae_perm,
		};
	return (0);
}

/* A count that is too large is for those to see who look at the entries. */
static int
copyin_list(const struct request *rq, struct acl_list *al)
{
	const struct acl __user *user = rq->user;
	struct acl head;
	int error;

	if (is_old(rq->type))
		return (copyin_old(user, al));
	error = copyin(user, &head, offsetof(struct acl, acl_entry));
	if (error == 0 && head.acl_maxcnt != ACL_MAX_ENTRIES)
		error = EINVAL;
	if (error == 0)
		error = copyin(
		    user->acl_entry, al->al_entry, sizeof(user->acl_entry));
	al->al_count = head.acl_cnt;
	return (error);
}

static int
copyout_old(const struct acl_list *al, struct acl __user *user)
{
	struct oldacl old;

	if (al->al_count > OLDACL_MAX_ENTRIES)
		return (EINVAL);
	memset(&old, 0, sizeof(old));
	old.acl_cnt = (int32_t)al->al_count;
	for (unsigned i = 0; i < al->al_count; i++) {
		old.acl_entry[i].ae_tag = (int32_t)al->al_entry[i].ae_tag;
		old.acl_entry[i].ae_id = al->al_entry[i].ae_id;
		old.acl_entry[i].ae_perm = (uint16_t)al->al_entry[i].ae_perm;
	}
	return (copyout(&old, (void __user *)user, sizeof(old)));
}

/* The user says how much room there is. */
static int
copyout_list(const struct request *rq, const struct acl_list *al)
{
	struct acl __user *user = rq->user;
	struct acl *acl;
	uint32_t room;
	int error;

	if (is_old(rq->type))
		return (copyout_old(al, user));
	error = copyin(&user->acl_maxcnt, &room, sizeof(room));
	if (error == 0 && room != ACL_MAX_ENTRIES)
		error = EINVAL;
	if (error != 0)
		return (error);
	acl = kmem_alloc(sizeof(*acl), KM_ZERO);
	if (acl == NULL)
		return (ENOMEM);
	acl->acl_maxcnt = ACL_MAX_ENTRIES;
	acl->acl_cnt = al->al_count;
	memcpy(acl->acl_entry, al->al_entry,
	    al->al_count * sizeof(struct acl_entry));
	error = copyout(acl, user, sizeof(*acl));
	kmem_free(acl, sizeof(*acl));
	return (error);
}

static int
get(struct thread *td, struct vnode *vp, const struct request *rq,
    struct acl_list *al)
{
	int error = vn_getacl(td, vp, type_now(rq->type), al);

	return (error != 0 ? error : copyout_list(rq, al));
}

static int
set(struct thread *td, struct vnode *vp, const struct request *rq,
    struct acl_list *al)
{
	int error = copyin_list(rq, al);

	return (error != 0 ? error : vn_setacl(td, vp, type_now(rq->type), al));
}

static int
check(struct thread *td, struct vnode *vp, const struct request *rq,
    struct acl_list *al)
{
	int error = copyin_list(rq, al);

	return (error != 0 ? error : vn_aclcheck(vp, type_now(rq->type), al));
}

static int delete (struct thread *td, struct vnode *vp,
    const struct request *rq, struct acl_list *al)
{
	return (vn_setacl(td, vp, type_now(rq->type), NULL));
}

static int
on_vnode(struct thread *td, struct vnode *vp, const struct request *rq)
{
	struct acl_list *al = acl_alloc(ACL_MAX_ENTRIES);
	int error;

	if (al == NULL)
		return (ENOMEM);
	error = rq->act(td, vp, rq, al);
	acl_free(al);
	return (error);
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
	if (rq->changes && (fp->f_flag & O_PATH) != 0)
		error = EBADF;
	else if (fp->f_vnode == NULL)
		error = EINVAL;
	else
		error = on_vnode(td, fp->f_vnode, rq);
	file_release(fp);
	return (error);
}

#define GET(a)	  (&(struct request){(a)->type, (a)->aclp, get, false})
#define SET(a)	  (&(struct request){(a)->type, (a)->aclp, set, true})
#define CHECK(a)  (&(struct request){(a)->type, (a)->aclp, check, false})
#define DELETE(a) (&(struct request){(a)->type, NULL, delete, true})

#define ACL_PATH(call, flags, REQUEST)                                         \
	int sys___acl_##call(                                                  \
	    struct thread *td, const struct __acl_##call##_args *a)            \
	{                                                                      \
		return (on_path(td, a->path, (flags), REQUEST(a)));            \
	}
#define ACL_FD(call, REQUEST)                                                  \
	int sys___acl_##call(                                                  \
	    struct thread *td, const struct __acl_##call##_args *a)            \
	{                                                                      \
		return (on_descriptor(td, a->filedes, REQUEST(a)));            \
	}

ACL_PATH(get_file, 0, GET)
ACL_PATH(set_file, 0, SET)
ACL_PATH(delete_file, 0, DELETE)
ACL_PATH(aclcheck_file, 0, CHECK)
ACL_PATH(get_link, AT_SYMLINK_NOFOLLOW, GET)
ACL_PATH(set_link, AT_SYMLINK_NOFOLLOW, SET)
ACL_PATH(delete_link, AT_SYMLINK_NOFOLLOW, DELETE)
ACL_PATH(aclcheck_link, AT_SYMLINK_NOFOLLOW, CHECK)
ACL_FD(get_fd, GET)
ACL_FD(set_fd, SET)
ACL_FD(delete_fd, DELETE)
ACL_FD(aclcheck_fd, CHECK)
