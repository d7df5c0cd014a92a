/* SPDX-License-Identifier: BSD-2-Clause */
/* Sockets: the system calls but for those that move data. */
#include "abi/freebsd/sockaddr.h"
#include "abi/freebsd/sysargs.h"
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "fbsd/fcntl.h"
#include "lib/string.h"

#define TYPE_FLAGS (SOCK_CLOEXEC | SOCK_NONBLOCK | SOCK_CLOFORK)

int
socket_get(struct thread *td, int fd, struct file **fpp)
{
	int error;

	error = fd_get(td, fd, 0, fpp);
	if (error == 0 && (*fpp)->f_type != DTYPE_SOCKET) {
		file_release(*fpp);
		error = ENOTSOCK;
	}
	return (error);
}

int
address_copyin(union address *name, const void __user *uaddr, size_t len)
{
	int error;

	if (len > ADDRESS_MAX)
		return (ENAMETOOLONG);
	if (len < offsetof(struct sockaddr, sa_data))
		return (EINVAL);
	*name = (union address){0};
	error = copyin(uaddr, name, len);
	name->sa.sa_len = (uint8_t)len;
	return (error);
}

int
address_copyout(
    const union address *name, void __user *uaddr, uint32_t __user *ulen)
{
	uint32_t room, len = name->sa.sa_len;
	int error;

	error = copyin(ulen, &room, sizeof(room));
	if (error == 0 && (int32_t)room < 0)
		error = EINVAL;
	if (error == 0)
		error = copyout(name, uaddr, MIN(room, len));
	if (error == 0)
		error = copyout(&len, ulen, sizeof(len));
	return (error);
}

static int
descriptor_flags(int type)
{
	return (((type & SOCK_CLOEXEC) != 0 ? UF_EXCLOSE : 0) |
		((type & SOCK_CLOFORK) != 0 ? UF_FOCLOSE : 0));
}

static int
file_flags(int type)
{
	return ((type & SOCK_NONBLOCK) != 0 ? O_NONBLOCK : 0);
}

int
sys_socket(struct thread *td, const struct socket_args *a)
{
	struct file *fp;
	int error, fd;

	error = so_create(td, a->domain, a->type & ~TYPE_FLAGS, a->protocol,
	    file_flags(a->type), &fp);
	if (error == 0)
		error = fd_open(td, fp, descriptor_flags(a->type), &fd);
	if (error == 0)
		td->td_retval[0] = (uint64_t)fd;
	return (error);
}

int
sys_socketpair(struct thread *td, const struct socketpair_args *a)
{
	struct file *fps[2];
	struct fd_pair pair;
	int error;

	error = fd_reserve_pair(td, &pair);
	if (error != 0)
		return (error);
	error = so_pair(td, a->domain, a->type & ~TYPE_FLAGS, a->protocol,
	    file_flags(a->type), fps);
	if (error != 0)
		return (fd_finish_pair(&pair, NULL, 0, error));
	error = copyout(pair.fds, a->rsv, sizeof(pair.fds));
	return (fd_finish_pair(&pair, fps, descriptor_flags(a->type), error));
}

static int
bind_at(struct thread *td, int dirfd, int s, const void __user *name, int len)
{
	union address addr;
	struct file *fp;
	int error;

	error = address_copyin(&addr, name, (unsigned)len);
	if (error == 0)
		error = socket_get(td, s, &fp);
	if (error != 0)
		return (error);
	error = so_bind(td, fp, dirfd, &addr);
	file_release(fp);
	return (error);
}

int
sys_bind(struct thread *td, const struct bind_args *a)
{
	return (bind_at(td, AT_FDCWD, a->s, a->name, a->namelen));
}

int
sys_bindat(struct thread *td, const struct bindat_args *a)
{
	return (bind_at(td, a->fd, a->s, a->name, a->namelen));
}

static int
connect_at(
    struct thread *td, int dirfd, int s, const void __user *name, int len)
{
	union address addr;
	struct file *fp;
	int error;

	error = address_copyin(&addr, name, (unsigned)len);
	if (error == 0)
		error = socket_get(td, s, &fp);
	if (error != 0)
		return (error);
	error = so_connect(td, fp, dirfd, &addr);
	file_release(fp);
	return (error);
}

int
sys_connect(struct thread *td, const struct connect_args *a)
{
	return (connect_at(td, AT_FDCWD, a->s, a->name, a->namelen));
}

int
sys_connectat(struct thread *td, const struct connectat_args *a)
{
	return (connect_at(td, a->fd, a->s, a->name, a->namelen));
}

int
sys_listen(struct thread *td, const struct listen_args *a)
{
	struct file *fp;
	int error;

	error = socket_get(td, a->s, &fp);
	if (error != 0)
		return (error);
	error = so_listen(td, fp, a->backlog);
	file_release(fp);
	return (error);
}

/* A connection and its peer's name, which is told first. */
static int
accept_file(struct thread *td, struct file *listener, int fflags,
    void __user *name, uint32_t __user *namelen, struct file **newp)
{
	union address from;
	int error;

	error = so_accept(td, listener, fflags, newp, &from);
	if (error != 0 || name == NULL)
		return (error);
	error = address_copyout(&from, name, namelen);
	if (error != 0)
		file_release(*newp);
	return (error);
}

/* flags: SOCK_*; -1: accept(2), where O_NONBLOCK is the listener's. */
static int
accept_one(struct thread *td, int s, void __user *name,
    uint32_t __user *namelen, int flags)
{
	int error, fd, fflags, uf = 0;
	struct file *fp, *new;
	struct fdtable *ft;

	error = socket_get(td, s, &fp);
	if (error != 0)
		return (error);
	if (flags == -1) {
		fflags = (int)(atomic_load(&fp->f_flag) & O_NONBLOCK);
	} else {
		fflags = file_flags(flags);
		uf = descriptor_flags(flags);
	}
	error = fd_reserve(td, &ft, &fd);
	if (error == 0) {
		error = accept_file(td, fp, fflags, name, namelen, &new);
		if (error == 0)
			fd_fill(ft, fd, new, uf);
		else
			fd_unreserve(ft, fd);
	}
	file_release(fp);
	if (error == 0)
		td->td_retval[0] = (uint64_t)fd;
	return (error);
}

int
sys_accept(struct thread *td, const struct accept_args *a)
{
	return (accept_one(td, a->s, a->name, a->anamelen, -1));
}

int
sys_accept4(struct thread *td, const struct accept4_args *a)
{
	if ((a->flags & ~TYPE_FLAGS) != 0)
		return (EINVAL);
	return (accept_one(td, a->s, a->name, a->anamelen, a->flags));
}

int
sys_shutdown(struct thread *td, const struct shutdown_args *a)
{
	struct file *fp;
	int error;

	error = socket_get(td, a->s, &fp);
	if (error != 0)
		return (error);
	error = so_shutdown(fp, a->how);
	file_release(fp);
	return (error);
}

static int
get_name(struct thread *td, int s, bool peer, void __user *asa,
    uint32_t __user *alen)
{
	union address name;
	struct file *fp;
	int error;

	error = socket_get(td, s, &fp);
	if (error != 0)
		return (error);
	error = so_name(fp, peer, &name);
	file_release(fp);
	return (error != 0 ? error : address_copyout(&name, asa, alen));
}

int
sys_getsockname(struct thread *td, const struct getsockname_args *a)
{
	return (get_name(td, a->fdes, false, a->asa, a->alen));
}

int
sys_getpeername(struct thread *td, const struct getpeername_args *a)
{
	return (get_name(td, a->fdes, true, a->asa, a->alen));
}

int
sys_getsockopt(struct thread *td, const struct getsockopt_args *a)
{
	uint64_t val[OPTION_MAX / 8];
	struct file *fp;
	uint32_t len = 0;
	size_t size;
	int error;

	error = socket_get(td, a->s, &fp);
	if (error != 0)
		return (error);
	if (a->val != NULL)
		error = copyin(a->avalsize, &len, sizeof(len));
	if (error == 0 && (int32_t)len < 0)
		error = EINVAL;
	size = len;
	if (error == 0)
		error = so_getopt(fp, a->level, a->name, val, &size);
	file_release(fp);
	if (error != 0 || a->val == NULL)
		return (error);
	len = (uint32_t)size;
	error = copyout(val, a->val, size);
	return (error != 0 ? error : copyout(&len, a->avalsize, sizeof(len)));
}

int
sys_setsockopt(struct thread *td, const struct setsockopt_args *a)
{
	uint64_t val[OPTION_MAX / 8];
	struct file *fp;
	int error;

	if (a->valsize < 0 || (a->val == NULL && a->valsize != 0))
		return (a->valsize < 0 ? EINVAL : EFAULT);
	if ((size_t)a->valsize > sizeof(val))
		return (EINVAL);
	error = socket_get(td, a->s, &fp);
	if (error != 0)
		return (error);
	error = copyin(a->val, val, (size_t)a->valsize);
	if (error == 0)
		error =
		    so_setopt(fp, a->level, a->name, val, (size_t)a->valsize);
	file_release(fp);
	return (error);
}
