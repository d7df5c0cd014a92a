/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tables of descriptors.
 *
 * A table belongs to a process, or to several that share it by rfork(2).  It
 * is an array of files and flags, and a bit for each number that is taken, so
 * that the lowest free one is found quickly.  It grows and never shrinks.
 */
#include "lib/string.h"
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "fbsd/fcntl.h"
#include "file/fdtable.h"
#include "file/kqueue.h"
#include "core/sysctl.h"
#include "vfs/vnode.h"
#include "vm/kmem.h"

#define FD_FIRST 64 /* a new table's size */
#define FD_MAX	 (1u << 20)

static unsigned max_files_per_proc = 58982; /* kern.maxfilesperproc */
SYSCTL_INT(kern_maxfilesperproc, "kern.maxfilesperproc", 27, CTLFLAG_RW,
    &max_files_per_proc);

struct fdentry {
	struct file *fe_file; /* with a reference; NULL: free */
	int fe_flags;	      /* UF_* */
};

/* (l) ft_lock, (a) atomic. */
struct fdtable {
	unsigned ft_refs; /* (a) processes */
	struct spin ft_lock;
	unsigned ft_size;	    /* (l) a multiple of 64 */
	unsigned ft_count;	    /* (l) descriptors that are open */
	unsigned ft_lowest;	    /* (l) below it none is free */
	struct fdentry *ft_entries; /* (l) */
	uint64_t *ft_taken;	    /* (l) a bit for each */
};

static struct kcache *fdtable_cache;

void
fdtable_init(void)
{
	fdtable_cache = kcache_create("fdtable", sizeof(struct fdtable), 0);
}

/* (l), or nobody else knows the table. Makes room for size descriptors. */
static int
grow(struct fdtable *ft, unsigned size)
{
	struct fdentry *entries;
	uint64_t *taken;

	size = roundup2(size, 64);
	if (size <= ft->ft_size)
		return (0);
	size = MAX(size, MIN(2 * ft->ft_size, FD_MAX));
	entries = kmem_alloc(size * sizeof(*entries), KM_ZERO);
	taken = kmem_alloc(size / 8, KM_ZERO);
	if (entries == NULL || taken == NULL) {
		if (entries != NULL)
			kmem_free(entries, size * sizeof(*entries));
		if (taken != NULL)
			kmem_free(taken, size / 8);
		return (ENOMEM);
	}
	if (ft->ft_size > 0) {
		memcpy(entries, ft->ft_entries, ft->ft_size * sizeof(*entries));
		memcpy(taken, ft->ft_taken, ft->ft_size / 8);
		kmem_free(ft->ft_entries, ft->ft_size * sizeof(*entries));
		kmem_free(ft->ft_taken, ft->ft_size / 8);
	}
	ft->ft_entries = entries;
	ft->ft_taken = taken;
	ft->ft_size = size;
	return (0);
}

static struct fdtable *
table_alloc(unsigned size)
{
	struct fdtable *ft = kcache_alloc(fdtable_cache, KM_ZERO);

	if (ft == NULL)
		return (NULL);
	ft->ft_refs = 1;
	spin_init(&ft->ft_lock, "fdtable");
	if (grow(ft, size) != 0) {
		kcache_free(fdtable_cache, ft);
		return (NULL);
	}
	return (ft);
}

struct fdtable *
fdtable_create(void)
{
	return (table_alloc(FD_FIRST));
}

void
fdtable_hold(struct fdtable *ft)
{
	refcount_take(&ft->ft_refs);
}

static void
table_free(struct fdtable *ft)
{
	kmem_free(ft->ft_entries, ft->ft_size * sizeof(*ft->ft_entries));
	kmem_free(ft->ft_taken, ft->ft_size / 8);
	kcache_free(fdtable_cache, ft);
}

/* Gives a free number to fp, whose reference becomes the table's. (l) */
static void
put(struct fdtable *ft, unsigned fd, struct file *fp, int flags)
{
	ft->ft_entries[fd] = (struct fdentry){fp, flags};
	ft->ft_taken[fd / 64] |= 1ul << fd % 64;
	ft->ft_count++;
}

/* Frees a number: its file, with the reference, or NULL. (l) */
static struct file *
take(struct fdtable *ft, unsigned fd)
{
	struct file *fp;

	if (fd >= ft->ft_size)
		return (NULL);
	fp = ft->ft_entries[fd].fe_file;
	if (fp == NULL)
		return (NULL);
	ft->ft_entries[fd].fe_file = NULL;
	ft->ft_taken[fd / 64] &= ~(1ul << fd % 64);
	ft->ft_count--;
	if (fd < ft->ft_lowest)
		ft->ft_lowest = fd;
	return (fp);
}

/* The lowest free number from min; ft_size if there is none yet. (l) */
static unsigned
find_free(struct fdtable *ft, unsigned min)
{
	unsigned fd = MAX(min, ft->ft_lowest);
	uint64_t free;

	while (fd < ft->ft_size) {
		free = ~ft->ft_taken[fd / 64] >> fd % 64;
		if (free != 0) {
			fd += (unsigned)__builtin_ctzl(free);
			break;
		}
		fd = (fd / 64 + 1) * 64;
	}
	if (min <= ft->ft_lowest)
		ft->ft_lowest = fd;
	return (MAX(min, fd));
}

/* fork(2): all but kqueues and what is to be closed. */
struct fdtable *
fdtable_copy(struct fdtable *from)
{
	struct fdtable *ft;
	unsigned size = atomic_load(&from->ft_size);

	ft = table_alloc(size);
	if (ft == NULL)
		return (NULL);
	spin_lock(&from->ft_lock);
	/* It may have grown meanwhile; memory for that is there or not. */
	if (grow(ft, from->ft_size) != 0) {
		spin_unlock(&from->ft_lock);
		table_free(ft);
		return (NULL);
	}
	for (unsigned fd = 0; fd < from->ft_size; fd++) {
		struct fdentry *fe = &from->ft_entries[fd];

		if (fd % 64 == 0 && from->ft_taken[fd / 64] == 0) {
			fd += 63;
			continue;
		}
		if (fe->fe_file == NULL ||
		    fe->fe_file->f_type == DTYPE_KQUEUE ||
		    (fe->fe_flags & UF_FOCLOSE) != 0)
			continue;
		file_hold(fe->fe_file);
		put(ft, fd, fe->fe_file, fe->fe_flags);
	}
	spin_unlock(&from->ft_lock);
	return (ft);
}

void
fdtable_release(struct fdtable *ft)
{
	struct file *fp;

	if (!refcount_drop(&ft->ft_refs))
		return;
	for (unsigned fd = 0; ft->ft_count > 0 && fd < ft->ft_size; fd++) {
		fp = take(ft, fd);
		if (fp == NULL)
			continue;
		vn_advlock_close(curproc(), fp);
		file_release(fp);
	}
	table_free(ft);
}

/* After a number was taken out of the table. */
static void
closed(struct thread *td, int fd, struct file *fp)
{
	knote_fdclose(td, fd, fp);
	vn_advlock_close(td->td_proc, fp);
	file_release(fp);
}

int
fd_close(struct thread *td, int fd)
{
	struct fdtable *ft = td->td_proc->p_fd;
	struct file *fp;

	spin_lock(&ft->ft_lock);
	fp = take(ft, (unsigned)fd);
	spin_unlock(&ft->ft_lock);
	if (fp == NULL)
		return (EBADF);
	closed(td, fd, fp);
	return (0);
}

/* The first open descriptor from fd; false if there is none up to high. */
static bool
next_open(struct fdtable *ft, unsigned *fd, unsigned high)
{
	bool found;

	spin_lock(&ft->ft_lock);
	while (*fd < ft->ft_size && *fd <= high &&
	       ft->ft_entries[*fd].fe_file == NULL)
		++*fd;
	found = *fd < ft->ft_size && *fd <= high;
	spin_unlock(&ft->ft_lock);
	return (found);
}

void
fd_close_range(struct thread *td, unsigned low, unsigned high)
{
	struct fdtable *ft = td->td_proc->p_fd;

	for (unsigned fd = low; next_open(ft, &fd, high); fd++)
		(void)fd_close(td, (int)fd);
}

void
fd_mark_range(struct thread *td, unsigned low, unsigned high, int flag)
{
	struct fdtable *ft = td->td_proc->p_fd;

	for (unsigned fd = low; next_open(ft, &fd, high); fd++)
		(void)fd_set_flags(td, (int)fd, flag, flag);
}

int
fdtable_unshare(struct thread *td, bool empty)
{
	struct proc *p = td->td_proc;
	struct fdtable *ft = p->p_fd, *own;

	if (!empty && atomic_load(&ft->ft_refs) == 1)
		return (0);
	own = empty ? fdtable_create() : fdtable_copy(ft);
	if (own == NULL)
		return (ENOMEM);
	spin_lock(&p->p_lock);
	p->p_fd = own;
	spin_unlock(&p->p_lock);
	fdtable_release(ft);
	return (0);
}

void
fdtable_exec(struct thread *td)
{
	struct fdtable *ft;

	(void)fdtable_unshare(td, false);
	ft = td->td_proc->p_fd;
	for (unsigned fd = 0; next_open(ft, &fd, UINT_MAX); fd++)
		if ((ft->ft_entries[fd].fe_flags & UF_EXCLOSE) != 0)
			(void)fd_close(td, (int)fd);
}

uint64_t
fd_limit(struct proc *p)
{
	return (
	    MIN(MIN(proc_limit(p, RLIMIT_NOFILE), max_files_per_proc), FD_MAX));
}

int
fd_get(struct thread *td, int fd, int need, struct file **fpp)
{
	struct fdtable *ft = td->td_proc->p_fd;
	struct file *fp = NULL;

	spin_lock(&ft->ft_lock);
	if ((unsigned)fd < ft->ft_size)
		fp = ft->ft_entries[fd].fe_file;
	if (fp != NULL && (fp->f_flag & need) == (uint32_t)need)
		file_hold(fp);
	else
		fp = NULL;
	spin_unlock(&ft->ft_lock);
	*fpp = fp;
	return (fp == NULL ? EBADF : 0);
}

int
fd_get_flagged(struct thread *td, int fd, struct file **fpp, int *uf_flags)
{
	struct fdtable *ft = td->td_proc->p_fd;
	struct file *fp = NULL;

	spin_lock(&ft->ft_lock);
	if ((unsigned)fd < ft->ft_size)
		fp = ft->ft_entries[fd].fe_file;
	if (fp != NULL) {
		file_hold(fp);
		*uf_flags = ft->ft_entries[fd].fe_flags;
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
	same = (unsigned)fd < ft->ft_size && ft->ft_entries[fd].fe_file == fp;
	spin_unlock(&ft->ft_lock);
	return (same);
}

int
fd_install(struct thread *td, struct file *fp, int min, int uf_flags, int *fdp)
{
	struct fdtable *ft = td->td_proc->p_fd;
	uint64_t limit = fd_limit(td->td_proc);
	unsigned fd;
	int error = 0;

	spin_lock(&ft->ft_lock);
	fd = find_free(ft, (unsigned)min);
	if (fd >= limit)
		error = EMFILE;
	else if (fd >= ft->ft_size)
		error = grow(ft, fd + 1);
	if (error == 0) {
		file_hold(fp);
		put(ft, fd, fp, uf_flags);
		*fdp = (int)fd;
	}
	spin_unlock(&ft->ft_lock);
	return (error == ENOMEM ? EMFILE : error);
}

int
fd_open(struct thread *td, struct file *fp, int uf_flags, int *fdp)
{
	int error = fd_install(td, fp, 0, uf_flags, fdp);

	file_release(fp);
	return (error);
}

int
fd_open_pair(
    struct thread *td, struct file *const fps[2], int uf_flags, int fds[2])
{
	int error = fd_open(td, fps[0], uf_flags, &fds[0]);

	if (error != 0) {
		file_release(fps[1]);
		return (error);
	}
	error = fd_open(td, fps[1], uf_flags, &fds[1]);
	if (error != 0)
		(void)fd_close(td, fds[0]);
	return (error);
}

/* fp, with its reference, takes the number; what was there comes back. (l) */
static int
replace(struct fdtable *ft, unsigned fd, struct file *fp, int flags,
    struct file **old)
{
	int error = grow(ft, fd + 1);

	if (error != 0)
		return (error);
	*old = take(ft, fd);
	put(ft, fd, fp, flags);
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
		closed(td, to, old);
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
	if ((unsigned)fd < ft->ft_size && ft->ft_entries[fd].fe_file != NULL) {
		uf = ft->ft_entries[fd].fe_flags;
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
	if ((unsigned)fd < ft->ft_size && ft->ft_entries[fd].fe_file != NULL) {
		ft->ft_entries[fd].fe_flags &= ~mask;
		ft->ft_entries[fd].fe_flags |= value;
		error = 0;
	}
	spin_unlock(&ft->ft_lock);
	return (error);
}

struct fdtable *
proc_fdtable(struct proc *p)
{
	struct fdtable *ft;

	spin_lock(&p->p_lock);
	ft = p->p_fd;
	if (ft != NULL)
		fdtable_hold(ft);
	spin_unlock(&p->p_lock);
	return (ft);
}

int
fdtable_walk(struct fdtable *ft, int (*fn)(void *arg, int fd, struct file *fp),
    void *arg)
{
	struct file *fp;
	int error = 0;

	for (unsigned fd = 0; error == 0 && next_open(ft, &fd, UINT_MAX);
	     fd++) {
		spin_lock(&ft->ft_lock);
		fp = ft->ft_entries[fd].fe_file;
		if (fp != NULL)
			file_hold(fp);
		spin_unlock(&ft->ft_lock);
		if (fp == NULL)
			continue;
		error = fn(arg, (int)fd, fp);
		file_release(fp);
	}
	return (error);
}

int
fdtable_each(
    struct proc *p, int (*fn)(void *arg, int fd, struct file *fp), void *arg)
{
	struct fdtable *ft = proc_fdtable(p);
	int error;

	if (ft == NULL)
		return (0);
	error = fdtable_walk(ft, fn, arg);
	fdtable_release(ft);
	return (error);
}

unsigned
fdtable_open(struct fdtable *ft)
{
	return (atomic_load(&ft->ft_count));
}
