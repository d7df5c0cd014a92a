/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Descriptors, as system calls use them: each means a file in the table of the
 * calling process (fdtable.c).
 */
#include "fbsd/errno.h"
#include "fbsd/fcntl.h"
#include "file/fdtable_impl.h"
#include "file/kqueue.h"
#include "core/sysctl.h"
#include "proc/resource.h"

#define FD_MAX (1u << 20)

static unsigned max_files_per_proc; /* kern.maxfilesperproc */
SYSCTL_INT(kern_maxfilesperproc, "kern.maxfilesperproc", KERN_MAXFILESPERPROC,
    CTLFLAG_RW, &max_files_per_proc, "Descriptors of a process at most");

void
fd_init(unsigned files)
{
	max_files_per_proc = files / 10 * 9;
	proc0.p_limits[RLIMIT_NOFILE] =
	    (struct rlimit){max_files_per_proc, max_files_per_proc};
}

unsigned
fd_most(void)
{
	return (max_files_per_proc);
}

void
fd_claims_gone(struct proc *p, int fd, struct file *fp)
{
	if (fp->f_vnode != NULL)
		file_vnode_ops->descriptor_closed(p, fp);
	else if (fp->f_ops->fo_descriptor_closed != NULL)
		fp->f_ops->fo_descriptor_closed(p, fd, fp);
}

void
fd_claimed(struct thread *td, int fd, struct file *fp)
{
	atomic_store(&td->td_proc->p_fd->ft_claims, true);
	if (!fd_is(td, fd, fp))
		fd_claims_gone(td->td_proc, fd, fp);
}

void
fd_closed(struct thread *td, int fd, struct file *fp)
{
	if (fp->f_knotes.root != NULL)
		knote_fdclose(td, fd, fp);
	fd_claims_gone(td->td_proc, fd, fp);
	file_release(fp);
}

int
fd_close(struct thread *td, int fd)
{
	struct fdtable *ft = td->td_proc->p_fd;
	struct file *fp;

	spin_lock(&ft->ft_lock);
	fp = fdtable_take(ft, (unsigned)fd);
	spin_unlock(&ft->ft_lock);
	if (fp == NULL)
		return (EBADF);
	fd_closed(td, fd, fp);
	return (0);
}

void
fd_close_range(struct thread *td, unsigned low, unsigned high)
{
	struct fdtable *ft = td->td_proc->p_fd;

	for (unsigned fd = low; fdtable_next(ft, &fd, high); fd++)
		(void)fd_close(td, (int)fd);
}

void
fd_mark_range(struct thread *td, unsigned low, unsigned high, int flag)
{
	struct fdtable *ft = td->td_proc->p_fd;

	for (unsigned fd = low; fdtable_next(ft, &fd, high); fd++)
		(void)fd_set_flags(td, (int)fd, flag, flag);
}

uint64_t
fd_limit(struct proc *p)
{
	const uint64_t its = proc_limit(p, RLIMIT_NOFILE);
	const unsigned most = MIN(max_files_per_proc, FD_MAX);

	return (MIN(its, most));
}

/* need: what it must be open for. */
static inline int
get(struct fdtable *ft, int fd, int need, struct file **fpp)
{
	struct file *fp;

	spin_lock(&ft->ft_lock);
	fp = fdtable_file(ft, (unsigned)fd);
	if (fp != NULL && (fp->f_flag & need) == (uint32_t)need)
		file_hold(fp);
	else
		fp = NULL;
	spin_unlock(&ft->ft_lock);
	*fpp = fp;
	return (fp == NULL ? EBADF : 0);
}

int
fd_get(struct thread *td, int fd, int need, struct file **fpp)
{
	return (get(td->td_proc->p_fd, fd, need, fpp));
}

int
fdtable_get(struct fdtable *ft, int fd, struct file **fpp)
{
	return (get(ft, fd, 0, fpp));
}

int
fd_get_flagged(struct thread *td, int fd, struct file **fpp, int *uf_flags)
{
	struct fdtable *ft = td->td_proc->p_fd;
	struct file *fp;

	spin_lock(&ft->ft_lock);
	fp = fdtable_file(ft, (unsigned)fd);
	if (fp != NULL) {
		file_hold(fp);
		*uf_flags = *fdtable_flags(ft, (unsigned)fd);
	}
	spin_unlock(&ft->ft_lock);
	*fpp = fp;
	return (fp == NULL ? EBADF : 0);
}

bool
fd_is(struct thread *td, int fd, struct file *fp)
{
	struct fdtable *ft = td->td_proc->p_fd;
	bool same;

	spin_lock(&ft->ft_lock);
	same = fdtable_file(ft, (unsigned)fd) == fp;
	spin_unlock(&ft->ft_lock);
	return (same);
}

/* Reserves the lowest free number >= min. (l), let go meanwhile. 0, EMFILE. */
static int
allot(struct thread *td, struct fdtable *ft, int min, unsigned *fdp)
{
	uint64_t limit = fd_limit(td->td_proc);
	unsigned fd;

	for (;;) {
		fd = fdtable_find_free(ft, (unsigned)min);
		if (fd >= limit)
			return (EMFILE);
		if (fdtable_chunk(ft, fd) != NULL)
			break;
		/* Somebody may take the number while there is no lock. */
		if (fdtable_make_room(ft, fd) != 0)
			return (EMFILE);
	}
	fdtable_reserve(ft, fd);
	*fdp = fd;
	return (0);
}

int
fd_install(struct thread *td, struct file *fp, int min, int uf_flags, int *fdp)
{
	struct fdtable *ft = td->td_proc->p_fd;
	unsigned fd;
	int error;

	spin_lock(&ft->ft_lock);
	error = allot(td, ft, min, &fd);
	if (error == 0) {
		file_hold(fp);
		fdtable_fill(ft, fd, fp, uf_flags);
		*fdp = (int)fd;
	}
	spin_unlock(&ft->ft_lock);
	return (error);
}

int
fd_open(struct thread *td, struct file *fp, int uf_flags, int *fdp)
{
	int error = fd_install(td, fp, 0, uf_flags, fdp);

	file_release(fp);
	return (error);
}

int
fd_reserve(struct thread *td, struct fdtable **ftp, int *fdp)
{
	struct fdtable *ft = td->td_proc->p_fd;
	unsigned fd = 0;
	int error;

	spin_lock(&ft->ft_lock);
	error = allot(td, ft, 0, &fd);
	spin_unlock(&ft->ft_lock);
	if (error != 0)
		return (error);
	fdtable_hold(ft);
	*ftp = ft;
	*fdp = (int)fd;
	return (0);
}

void
fd_fill(struct fdtable *ft, int fd, struct file *fp, int uf_flags)
{
	spin_lock(&ft->ft_lock);
	fdtable_fill(ft, (unsigned)fd, fp, uf_flags);
	spin_unlock(&ft->ft_lock);
	fdtable_release(ft);
}

void
fd_unreserve(struct fdtable *ft, int fd)
{
	spin_lock(&ft->ft_lock);
	fdtable_give_back(ft, (unsigned)fd);
	spin_unlock(&ft->ft_lock);
	fdtable_release(ft);
}

int
fd_reserve_pair(struct thread *td, struct fd_pair *pair)
{
	struct fdtable *ft = td->td_proc->p_fd;
	unsigned first = 0, second = 0;
	int error;

	spin_lock(&ft->ft_lock);
	error = allot(td, ft, 0, &first);
	if (error == 0) {
		error = allot(td, ft, 0, &second);
		if (error != 0)
			fdtable_give_back(ft, first);
	}
	spin_unlock(&ft->ft_lock);
	if (error != 0)
		return (error);
	fdtable_hold(ft);
	*pair = (struct fd_pair){ft, {(int)first, (int)second}};
	return (0);
}

int
fd_finish_pair(const struct fd_pair *pair, struct file *const fps[2],
    int uf_flags, int error)
{
	struct fdtable *ft = pair->table;

	spin_lock(&ft->ft_lock);
	for (int i = 0; i < 2; i++) {
		if (error == 0)
			fdtable_fill(
			    ft, (unsigned)pair->fds[i], fps[i], uf_flags);
		else
			fdtable_give_back(ft, (unsigned)pair->fds[i]);
	}
	spin_unlock(&ft->ft_lock);
	fdtable_release(ft);
	if (error != 0 && fps != NULL) {
		file_release(fps[0]);
		file_release(fps[1]);
	}
	return (error);
}

/* fp, with its reference, takes the number; what was there comes back. (l),
 * may be let go before. EBUSY: somebody else has reserved it. */
static int
replace(struct fdtable *ft, unsigned fd, struct file *fp, int flags,
    struct file **old)
{
	int error = fdtable_make_room(ft, fd);

	if (error != 0)
		return (error);
	*old = fdtable_take(ft, fd);
	if ((fdtable_chunk(ft, fd)->fc_taken & 1ul << fd % FD_CHUNK) != 0)
		return (EBUSY);
	fdtable_put(ft, fd, fp, flags);
	return (0);
}

int
fd_dup2(struct thread *td, int from, int to, int uf_flags)
{
	struct fdtable *ft = td->td_proc->p_fd;
	struct file *fp, *old = NULL;
	int error, was;

	error = fd_get_flagged(td, from, &fp, &was);
	if (error != 0)
		return (error);
	uf_flags |= was & UF_RESOLVE_BENEATH;
	if (to < 0 || (uint64_t)to >= fd_limit(td->td_proc)) {
		file_release(fp);
		return (EBADF);
	}
	if (from == to) {
		file_release(fp);
		return (
		    fd_set_flags(td, to, UF_EXCLOSE | UF_FOCLOSE, uf_flags));
	}
	spin_lock(&ft->ft_lock);
	error = replace(ft, (unsigned)to, fp, uf_flags, &old);
	spin_unlock(&ft->ft_lock);
	if (error != 0)
		file_release(fp);
	if (old != NULL)
		fd_closed(td, to, old);
	return (error == ENOMEM ? EMFILE : error);
}

int
fd_install_at(struct proc *p, struct file *fp, int fd)
{
	struct fdtable *ft = p->p_fd;
	struct file *old = NULL;
	int error;

	file_hold(fp);
	spin_lock(&ft->ft_lock);
	error = replace(ft, (unsigned)fd, fp, 0, &old);
	spin_unlock(&ft->ft_lock);
	if (error != 0)
		file_release(fp);
	if (old != NULL)
		file_release(old);
	return (error);
}

int
fd_get_flags(struct thread *td, int fd, uint64_t *flags)
{
	struct fdtable *ft = td->td_proc->p_fd;
	int uf, error = EBADF;

	spin_lock(&ft->ft_lock);
	if (fdtable_file(ft, (unsigned)fd) != NULL) {
		uf = *fdtable_flags(ft, (unsigned)fd);
		*flags =
		    ((uf & UF_EXCLOSE) != 0 ? FD_CLOEXEC : 0) |
		    ((uf & UF_FOCLOSE) != 0 ? FD_CLOFORK : 0) |
		    ((uf & UF_RESOLVE_BENEATH) != 0 ? FD_RESOLVE_BENEATH : 0);
		error = 0;
	}
	spin_unlock(&ft->ft_lock);
	return (error);
}

int
fd_set_flags(struct thread *td, int fd, int mask, int value)
{
	struct fdtable *ft = td->td_proc->p_fd;
	int error = EBADF;

	spin_lock(&ft->ft_lock);
	if (fdtable_file(ft, (unsigned)fd) != NULL) {
		uint8_t *uf = fdtable_flags(ft, (unsigned)fd);

		*uf = (uint8_t)((*uf & ~mask) | value);
		error = 0;
	}
	spin_unlock(&ft->ft_lock);
	return (error);
}
