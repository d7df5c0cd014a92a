/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tables of descriptors, and how processes come by them and share them; what
 * calls do with single descriptors is descriptor.c's.
 *
 * A table belongs to a process, or to several that share it by rfork(2).  Its
 * numbers come in chunks of 64, each with a bit for every number that is
 * taken; another bit in the table says that all of a chunk are, so that the
 * lowest free number is found among a million by looking at a few words.  The
 * table grows chunk by chunk and never shrinks.
 *
 * A call that makes a file and can fail afterwards reserves the number first:
 * it is taken, but leads nowhere until it is filled, so that no other thread
 * sees a file before all is done, or loses one that takes its place.
 *
 * ft_lock is held for a few instructions: memory is allocated without it, and
 * walks over a table let go of it between chunks.
 */
#include "lib/string.h"
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "fbsd/unistd.h"
#include "core/sched.h"
#include "file/fdtable_impl.h"
#include "vm/kmem.h"

#define AT_ONCE 4 /* chunks between two releases of the lock */

static struct kcache *fdtable_cache;
static struct kcache *fdchunk_cache;

void
fdtable_init(unsigned files)
{
	fd_init(files);
	fdtable_cache = kcache_create("fdtable", sizeof(struct fdtable), 0);
	fdchunk_cache = kcache_create("fdchunk", sizeof(struct fdchunk), 0);
}

/* Bytes of ft_chunks and ft_full together, which lie in one piece. */
static size_t
top_size(unsigned nchunks)
{
	return (nchunks * sizeof(struct fdchunk *) + nchunks / 8);
}

static void
top_free(struct fdchunk **chunks, unsigned nchunks)
{
	if (nchunks > FD_FEW)
		kmem_free(chunks, top_size(nchunks));
}

/* Room for n chunks at least. (l), let go meanwhile. 0, ENOMEM. */
static int
grow_top(struct fdtable *ft, unsigned n)
{
	unsigned size = roundup2(MAX(n, 2 * ft->ft_nchunks), 64);
	struct fdchunk **chunks;
	uint64_t *full;

	spin_unlock(&ft->ft_lock);
	chunks = kmem_alloc(top_size(size), KM_ZERO);
	spin_lock(&ft->ft_lock);
	if (chunks == NULL)
		return (ENOMEM);
	if (size > ft->ft_nchunks) {
		struct fdchunk **old = ft->ft_chunks;
		unsigned was = ft->ft_nchunks;

		full = (uint64_t *)(chunks + size);
		memcpy(chunks, old, was * sizeof(*chunks));
		memcpy(full, ft->ft_full, roundup2(was, 64) / 8);
		ft->ft_chunks = chunks;
		ft->ft_full = full;
		ft->ft_nchunks = size;
		chunks = old;
		size = was;
	}
	spin_unlock(&ft->ft_lock);
	top_free(chunks, size);
	spin_lock(&ft->ft_lock);
	return (0);
}

int
fdtable_make_room(struct fdtable *ft, unsigned fd)
{
	struct fdchunk *fc;

	while (fd / FD_CHUNK >= ft->ft_nchunks)
		if (grow_top(ft, fd / FD_CHUNK + 1) != 0)
			return (ENOMEM);
	if (ft->ft_chunks[fd / FD_CHUNK] != NULL)
		return (0);
	spin_unlock(&ft->ft_lock);
	fc = kcache_alloc(fdchunk_cache, KM_ZERO);
	spin_lock(&ft->ft_lock);
	if (fc == NULL)
		return (ENOMEM);
	if (ft->ft_chunks[fd / FD_CHUNK] == NULL)
		ft->ft_chunks[fd / FD_CHUNK] = fc;
	else
		kcache_free(fdchunk_cache, fc);
	return (0);
}

static struct fdtable *
fdtable_create(void)
{
	struct fdtable *ft = kcache_alloc(fdtable_cache, KM_ZERO);

	if (ft == NULL)
		return (NULL);
	ft->ft_refs = 1;
	spin_init(&ft->ft_lock, "fdtable");
	ft->ft_nchunks = FD_FEW;
	ft->ft_chunks = ft->ft_few;
	ft->ft_full = &ft->ft_few_full;
	ft->ft_few[0] = &ft->ft_first;
	return (ft);
}

void
fdtable_hold(struct fdtable *ft)
{
	refcount_take(&ft->ft_refs);
}

/* The first chunk from c in which a number is free; or the first for which
 * there is no room yet. (l) */
static unsigned
find_chunk(const struct fdtable *ft, unsigned c)
{
	while (c < ft->ft_nchunks) {
		uint64_t free = ~ft->ft_full[c / 64] >> c % 64;

		if (free != 0)
			return (c + (unsigned)__builtin_ctzl(free));
		c = (c / 64 + 1) * 64;
	}
	return (c);
}

unsigned
fdtable_find_free(struct fdtable *ft, unsigned min)
{
	unsigned fd = MAX(min, ft->ft_lowest);
	struct fdchunk *fc = fdtable_chunk(ft, fd);
	uint64_t free = fc == NULL ? 1 : ~fc->fc_taken >> fd % FD_CHUNK;

	if (free == 0) {
		fd = find_chunk(ft, fd / FD_CHUNK + 1) * FD_CHUNK;
		fc = fdtable_chunk(ft, fd);
		free = fc == NULL ? 1 : ~fc->fc_taken;
	}
	fd += (unsigned)__builtin_ctzl(free);
	if (min <= ft->ft_lowest)
		ft->ft_lowest = fd;
	return (fd);
}

/* fork(2): all of a chunk but kqueues, what is to be closed and what is only
 * reserved. (l) of from;
 * nobody else knows ft, which has room for it. */
static int
copy_chunk(struct fdtable *ft, struct fdtable *from, unsigned c)
{
	const struct fdchunk *fc = from->ft_chunks[c];
	uint64_t left = fc == NULL ? 0 : fc->fc_taken;

	if (left != 0 && ft->ft_chunks[c] == NULL) {
		ft->ft_chunks[c] = kcache_alloc(fdchunk_cache, KM_ZERO);
		if (ft->ft_chunks[c] == NULL)
			return (ENOMEM);
	}
	for (; left != 0; left &= left - 1) {
		unsigned i = (unsigned)__builtin_ctzl(left);
		struct file *fp = fc->fc_files[i];
		unsigned fd = c * FD_CHUNK + i;

		if (fp == NULL || fp->f_type == DTYPE_KQUEUE ||
		    (fc->fc_flags[i] & UF_FOCLOSE) != 0)
			continue;
		file_hold(fp);
		fdtable_put(ft, fd, fp, fc->fc_flags[i]);
	}
	return (0);
}

/*
 * A large table is not copied as it is at one moment: what another thread does
 * with it meanwhile is in the copy or not, each descriptor for itself.
 */
static struct fdtable *
fdtable_copy(struct fdtable *from)
{
	struct fdtable *ft = fdtable_create();
	unsigned c = 0, n, end;
	int error = 0;

	if (ft == NULL)
		return (NULL);
	do {
		n = atomic_load(&from->ft_nchunks);
		spin_lock(&ft->ft_lock);
		if (n > ft->ft_nchunks)
			error = grow_top(ft, n);
		spin_unlock(&ft->ft_lock);
		spin_lock(&from->ft_lock);
		for (end = MIN(c + AT_ONCE, n); c < end && error == 0; c++)
			error = copy_chunk(ft, from, c);
		n = from->ft_nchunks;
		spin_unlock(&from->ft_lock);
	} while (error == 0 && c < n);
	if (error == 0)
		return (ft);
	fdtable_release(ft);
	return (NULL);
}

/* Nobody knows the table any more. */
static void
chunk_free(struct fdtable *ft, struct fdchunk *fc)
{
	for (; fc->fc_taken != 0; fc->fc_taken &= fc->fc_taken - 1)
		file_release(fc->fc_files[__builtin_ctzl(fc->fc_taken)]);
	if (fc != &ft->ft_first)
		kcache_free(fdchunk_cache, fc);
}

void
fdtable_release(struct fdtable *ft)
{
	assert_may_sleep("fdtable_release");
	if (!refcount_drop(&ft->ft_refs))
		return;
	for (unsigned c = 0; c < ft->ft_nchunks; c++) {
		if (ft->ft_chunks[c] == NULL)
			continue;
		chunk_free(ft, ft->ft_chunks[c]);
		sched_maybe_yield();
	}
	top_free(ft->ft_chunks, ft->ft_nchunks);
	kcache_free(fdtable_cache, ft);
}

static int
drop_claims(void *p, int fd, struct file *fp)
{
	fd_claims_gone(p, fd, fp);
	return (0);
}

static void
fdtable_leave(struct proc *p, struct fdtable *ft)
{
	if (atomic_load(&ft->ft_claims))
		(void)fdtable_walk(ft, drop_claims, p);
	fdtable_release(ft);
}

int
fdtable_fork(struct proc *p, struct proc *parent, int flags)
{
	if (flags & RFCFDG)
		p->p_fd = fdtable_create();
	else if (flags & RFFDG)
		p->p_fd = fdtable_copy(parent->p_fd);
	else
		fdtable_hold(p->p_fd = parent->p_fd);
	return (p->p_fd == NULL ? ENOMEM : 0);
}

void
fdtable_exit(struct proc *p)
{
	struct fdtable *ft = p->p_fd;

	spin_lock(&p->p_lock);
	p->p_fd = NULL;
	spin_unlock(&p->p_lock);
	if (ft != NULL)
		fdtable_leave(p, ft);
}

bool
fdtable_next(struct fdtable *ft, unsigned *fd, unsigned high)
{
	uint64_t taken = 0;
	unsigned at = *fd;

	spin_lock(&ft->ft_lock);
	while (taken == 0 && at <= high && at / FD_CHUNK < ft->ft_nchunks) {
		const struct fdchunk *fc = ft->ft_chunks[at / FD_CHUNK];

		taken = fc == NULL ? 0 : fc->fc_taken >> at % FD_CHUNK;
		at = taken != 0 ? at + (unsigned)__builtin_ctzl(taken)
				: (at / FD_CHUNK + 1) * FD_CHUNK;
	}
	spin_unlock(&ft->ft_lock);
	*fd = at;
	return (taken != 0 && at <= high);
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

int
fdtable_exec_copy(struct thread *td, struct fdtable **own)
{
	struct fdtable *ft = td->td_proc->p_fd;

	*own = NULL;
	if (atomic_load(&ft->ft_refs) == 1)
		return (0);
	*own = fdtable_copy(ft);
	return (*own == NULL ? ENOMEM : 0);
}

void
fdtable_exec(struct thread *td)
{
	struct fdtable *ft = td->td_proc->p_fd;

	/* Nobody else has it: it was unshared, and there is one thread. */
	for (unsigned fd = 0; fdtable_next(ft, &fd, UINT_MAX); fd++)
		if ((*fdtable_flags(ft, fd) & UF_EXCLOSE) != 0)
			(void)fd_close(td, (int)fd);
}

#define STD_FDS 3

/* Nothing that a set-id program should write its messages to. (l) */
static bool
lacks(const struct fdtable *ft, unsigned fd)
{
	const struct fdchunk *fc = &ft->ft_first;
	const struct file *fp = fc->fc_files[fd];

	return (
	    fp == NULL || (fc->fc_flags[fd] & UF_EXCLOSE) != 0 ||
	    (fp->f_vnode != NULL && file_vnode_ops->by_process(fp->f_vnode)));
}

bool
fdtable_lacks_std(struct fdtable *ft)
{
	bool any = false;

	spin_lock(&ft->ft_lock);
	for (unsigned fd = 0; fd < STD_FDS; fd++)
		any |= lacks(ft, fd);
	spin_unlock(&ft->ft_lock);
	return (any);
}

void
fdtable_fill_std(struct thread *td, struct file *null)
{
	struct fdtable *ft = td->td_proc->p_fd;
	struct file *old;
	bool missing;

	for (unsigned fd = 0; fd < STD_FDS; fd++) {
		spin_lock(&ft->ft_lock);
		missing = lacks(ft, fd);
		old = missing ? fdtable_take(ft, fd) : NULL;
		if (missing) {
			file_hold(null);
			fdtable_put(ft, fd, null, 0);
		}
		spin_unlock(&ft->ft_lock);
		if (old != NULL)
			fd_closed(td, (int)fd, old);
	}
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

	for (unsigned fd = 0; error == 0 && fdtable_next(ft, &fd, UINT_MAX);
	     fd++) {
		if (fdtable_get(ft, (int)fd, &fp) != 0)
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

/* (l) */
static uint64_t
chunk_memory(const struct fdchunk *fc)
{
	uint64_t left = fc->fc_taken, bytes = sizeof(*fc);

	for (; left != 0; left &= left - 1) {
		struct file *fp = fc->fc_files[__builtin_ctzl(left)];
		uint64_t its = sizeof(*fp);

		if (fp == NULL)
			continue;
		if (fp->f_ops->fo_memory != NULL)
			its += fp->f_ops->fo_memory(fp);
		bytes += its / atomic_load(&fp->f_refs);
	}
	return (bytes);
}

uint64_t
fdtable_memory(struct proc *p)
{
	uint64_t bytes = 0;
	struct fdtable *ft;
	bool more = true;

	/* The table is p's only while p_lock is held. */
	for (unsigned c = 0; more;) {
		unsigned end = c + AT_ONCE;

		spin_lock(&p->p_lock);
		ft = p->p_fd;
		more = ft != NULL;
		if (more) {
			spin_lock(&ft->ft_lock);
			for (; c < MIN(end, ft->ft_nchunks); c++)
				if (ft->ft_chunks[c] != NULL)
					bytes += chunk_memory(ft->ft_chunks[c]);
			more = c < ft->ft_nchunks;
			spin_unlock(&ft->ft_lock);
		}
		spin_unlock(&p->p_lock);
	}
	return (bytes);
}

unsigned
fdtable_open(struct fdtable *ft)
{
	return (atomic_load(&ft->ft_count));
}
