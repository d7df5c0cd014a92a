/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tables of descriptors.
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
#include "fbsd/fcntl.h"
#include "fbsd/unistd.h"
#include "core/sched.h"
#include "file/fdtable.h"
#include "file/kqueue.h"
#include "core/sysctl.h"
#include "vm/kmem.h"
#include "proc/resource.h"
#include "vm/page.h"

#define CHUNK	64
#define FEW	4 /* chunks whose addresses need no memory of their own */
#define FD_MAX	(1u << 20)
#define AT_ONCE 16 /* chunks between two releases of the lock */

static unsigned max_files_per_proc; /* kern.maxfilesperproc */
SYSCTL_INT(kern_maxfilesperproc, "kern.maxfilesperproc", KERN_MAXFILESPERPROC,
    CTLFLAG_RW, &max_files_per_proc);

/* 64 numbers. All (l). */
struct fdchunk {
	struct file *fc_files[CHUNK]; /* with a reference; NULL: none yet */
	uint64_t fc_taken; /* a bit for each number, also if it is reserved */
	uint8_t fc_flags[CHUNK]; /* UF_* */
};

/* (l) ft_lock, (a) atomic. */
struct fdtable {
	unsigned ft_refs; /* (a) processes, and who looks at one's */
	struct spin ft_lock;
	unsigned ft_nchunks;	    /* (l) there is room for so many */
	unsigned ft_count;	    /* (l) descriptors that are open */
	unsigned ft_lowest;	    /* (l) below it none is free */
	bool ft_locks;		    /* (a) record locks were taken by one */
	struct fdchunk **ft_chunks; /* (l) NULL: none is open in there */
	uint64_t *ft_full;	    /* (l) a bit for each chunk: none is free */
	struct fdchunk *ft_few[FEW]; /* ft_chunks of a small table */
	uint64_t ft_few_full;	     /* and its ft_full */
	struct fdchunk ft_first;     /* ft_few[0] */
};

static struct kcache *fdtable_cache;
static struct kcache *fdchunk_cache;

void
fdtable_init(unsigned files)
{
	max_files_per_proc = files / 10 * 9;
	proc0.p_limits[RLIMIT_NOFILE] =
	    (struct rlimit){max_files_per_proc, max_files_per_proc};
	fdtable_cache = kcache_create("fdtable", sizeof(struct fdtable), 0);
	fdchunk_cache = kcache_create("fdchunk", sizeof(struct fdchunk), 0);
}

unsigned
fd_most(void)
{
	return (max_files_per_proc);
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
	if (nchunks > FEW)
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

/* The chunk of a number, or NULL. (l) */
static struct fdchunk *
chunk_of(const struct fdtable *ft, unsigned fd)
{
	return (fd / CHUNK < ft->ft_nchunks ? ft->ft_chunks[fd / CHUNK] : NULL);
}

/* A chunk for fd. (l), let go if there was none. 0, ENOMEM. */
static int
make_room(struct fdtable *ft, unsigned fd)
{
	struct fdchunk *fc;

	while (fd / CHUNK >= ft->ft_nchunks)
		if (grow_top(ft, fd / CHUNK + 1) != 0)
			return (ENOMEM);
	if (ft->ft_chunks[fd / CHUNK] != NULL)
		return (0);
	spin_unlock(&ft->ft_lock);
	fc = kcache_alloc(fdchunk_cache, KM_ZERO);
	spin_lock(&ft->ft_lock);
	if (fc == NULL)
		return (ENOMEM);
	if (ft->ft_chunks[fd / CHUNK] == NULL)
		ft->ft_chunks[fd / CHUNK] = fc;
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
	ft->ft_nchunks = FEW;
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

static struct file *
file_at(const struct fdtable *ft, unsigned fd)
{
	struct fdchunk *fc = chunk_of(ft, fd);

	return (fc != NULL ? fc->fc_files[fd % CHUNK] : NULL);
}

/* The flags of a number that is taken. (l) */
static uint8_t *
flags_at(const struct fdtable *ft, unsigned fd)
{
	return (&ft->ft_chunks[fd / CHUNK]->fc_flags[fd % CHUNK]);
}

/* Takes a free number, whose chunk is there, and reserves it. (l) */
static void
reserve(struct fdtable *ft, unsigned fd)
{
	struct fdchunk *fc = chunk_of(ft, fd);

	fc->fc_taken |= 1ul << fd % CHUNK;
	if (fc->fc_taken == UINT64_MAX)
		ft->ft_full[fd / CHUNK / 64] |= 1ul << fd / CHUNK % 64;
	ft->ft_count++;
}

/* Gives a number that is reserved to fp, whose reference becomes the table's.
 * (l) */
static void
fill(struct fdtable *ft, unsigned fd, struct file *fp, int flags)
{
	struct fdchunk *fc = chunk_of(ft, fd);

	fc->fc_files[fd % CHUNK] = fp;
	fc->fc_flags[fd % CHUNK] = (uint8_t)flags;
}

/* Both at once. (l) */
static void
put(struct fdtable *ft, unsigned fd, struct file *fp, int flags)
{
	reserve(ft, fd);
	fill(ft, fd, fp, flags);
}

/* Frees a number that is taken. (l) */
static void
give_back(struct fdtable *ft, unsigned fd)
{
	struct fdchunk *fc = chunk_of(ft, fd);

	fc->fc_files[fd % CHUNK] = NULL;
	fc->fc_taken &= ~(1ul << fd % CHUNK);
	ft->ft_full[fd / CHUNK / 64] &= ~(1ul << fd / CHUNK % 64);
	ft->ft_count--;
	if (fd < ft->ft_lowest)
		ft->ft_lowest = fd;
}

/* Frees a number: its file, with the reference, or NULL if it has none. (l) */
static struct file *
take(struct fdtable *ft, unsigned fd)
{
	struct file *fp = file_at(ft, fd);

	if (fp != NULL)
		give_back(ft, fd);
	return (fp);
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

/* The lowest free number from min. (l) */
static unsigned
find_free(struct fdtable *ft, unsigned min)
{
	unsigned fd = MAX(min, ft->ft_lowest);
	struct fdchunk *fc = chunk_of(ft, fd);
	uint64_t free = fc == NULL ? 1 : ~fc->fc_taken >> fd % CHUNK;

	if (free == 0) {
		fd = find_chunk(ft, fd / CHUNK + 1) * CHUNK;
		fc = chunk_of(ft, fd);
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
		unsigned fd = c * CHUNK + i;

		if (fp == NULL || fp->f_type == DTYPE_KQUEUE ||
		    (fc->fc_flags[i] & UF_FOCLOSE) != 0)
			continue;
		file_hold(fp);
		put(ft, fd, fp, fc->fc_flags[i]);
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

static void
descriptor_closed(struct proc *p, struct file *fp)
{
	if (fp->f_vnode != NULL)
		file_vnode_ops->descriptor_closed(p, fp);
}

static int
drop_locks(void *p, int fd, struct file *fp)
{
	descriptor_closed(p, fp);
	return (0);
}

static void
fdtable_leave(struct proc *p, struct fdtable *ft)
{
	if (atomic_load(&ft->ft_locks))
		(void)fdtable_walk(ft, drop_locks, p);
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

void
fd_locked(struct thread *td, int fd, struct file *fp)
{
	atomic_store(&td->td_proc->p_fd->ft_locks, true);
	if (!fd_is(td, fd, fp))
		descriptor_closed(td->td_proc, fp);
}

/* After a number was taken out of the table. */
static void
closed(struct thread *td, int fd, struct file *fp)
{
	if (fp->f_knotes.root != NULL)
		knote_fdclose(td, fd, fp);
	descriptor_closed(td->td_proc, fp);
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

/* The next open descriptor from *fd; false if there is none up to high. */
static bool
next_open(struct fdtable *ft, unsigned *fd, unsigned high)
{
	uint64_t taken = 0;
	unsigned at = *fd;

	spin_lock(&ft->ft_lock);
	while (taken == 0 && at <= high && at / CHUNK < ft->ft_nchunks) {
		const struct fdchunk *fc = ft->ft_chunks[at / CHUNK];

		taken = fc == NULL ? 0 : fc->fc_taken >> at % CHUNK;
		at = taken != 0 ? at + (unsigned)__builtin_ctzl(taken)
				: (at / CHUNK + 1) * CHUNK;
	}
	spin_unlock(&ft->ft_lock);
	*fd = at;
	return (taken != 0 && at <= high);
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
	for (unsigned fd = 0; next_open(ft, &fd, UINT_MAX); fd++)
		if ((*flags_at(ft, fd) & UF_EXCLOSE) != 0)
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
		old = missing ? take(ft, fd) : NULL;
		if (missing) {
			file_hold(null);
			put(ft, fd, null, 0);
		}
		spin_unlock(&ft->ft_lock);
		if (old != NULL)
			closed(td, (int)fd, old);
	}
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
	struct file *fp;

	spin_lock(&ft->ft_lock);
	fp = file_at(ft, (unsigned)fd);
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
	struct file *fp;

	spin_lock(&ft->ft_lock);
	fp = file_at(ft, (unsigned)fd);
	if (fp != NULL) {
		file_hold(fp);
		*uf_flags = *flags_at(ft, (unsigned)fd);
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
	same = file_at(ft, (unsigned)fd) == fp;
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
		fd = find_free(ft, (unsigned)min);
		if (fd >= limit)
			return (EMFILE);
		if (chunk_of(ft, fd) != NULL)
			break;
		/* Somebody may take the number while there is no lock. */
		if (make_room(ft, fd) != 0)
			return (EMFILE);
	}
	reserve(ft, fd);
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
		fill(ft, fd, fp, uf_flags);
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
	fill(ft, (unsigned)fd, fp, uf_flags);
	spin_unlock(&ft->ft_lock);
	fdtable_release(ft);
}

void
fd_unreserve(struct fdtable *ft, int fd)
{
	spin_lock(&ft->ft_lock);
	give_back(ft, (unsigned)fd);
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
			give_back(ft, first);
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
			fill(ft, (unsigned)pair->fds[i], fps[i], uf_flags);
		else
			give_back(ft, (unsigned)pair->fds[i]);
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
	int error = make_room(ft, fd);

	if (error != 0)
		return (error);
	*old = take(ft, fd);
	if ((chunk_of(ft, fd)->fc_taken & 1ul << fd % CHUNK) != 0)
		return (EBUSY);
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
	if (file_at(ft, (unsigned)fd) != NULL) {
		uf = *flags_at(ft, (unsigned)fd);
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
	if (file_at(ft, (unsigned)fd) != NULL) {
		uint8_t *uf = flags_at(ft, (unsigned)fd);

		*uf = (uint8_t)((*uf & ~mask) | value);
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
		fp = file_at(ft, fd);
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
