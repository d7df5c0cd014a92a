/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Open files and the tables of descriptors that refer to them.
 */
#ifndef FILE_FILE_H
#define FILE_FILE_H

#include "core/event.h"
#include "fbsd/fcntl.h"
#include "lib/rbtree.h"
#include "proc/proc.h"
#include "kern/uio.h"

struct file;
struct kinfo_file;
struct proc;
struct stat;
struct vm_mapping;

/* DTYPE_* as kcmp, fstat and kinfo_file tell them. */
enum file_type {
	DTYPE_VNODE = 1,
	DTYPE_SOCKET = 2,
	DTYPE_PIPE = 3,
	DTYPE_FIFO = 4,
	DTYPE_KQUEUE = 5,
	DTYPE_MQUEUE = 7,
	DTYPE_SHM = 8,
	DTYPE_SEM = 9,
	DTYPE_PTS = 10,
	DTYPE_DEV = 11,
	DTYPE_PROCDESC = 12,
	DTYPE_EVENTFD = 13,
	DTYPE_TIMERFD = 14,
	DTYPE_INOTIFY = 15,
};

/*
 * What a kind of file can do. A NULL operation means EOPNOTSUPP (ENOTTY for
 * ioctl, EINVAL for truncate, ENODEV for mmap, ESPIPE for seek).
 *
 * read and write: offset is in the uio; flags FOF_OFFSET says that it was
 * given (pread), otherwise the operation uses and advances f_offset itself.
 * They return 0 with fewer bytes moved as they like; an error after some
 * bytes were moved is turned into success by the caller for EINTR, ERESTART
 * and EAGAIN.
 */
#define FOF_OFFSET 0x1
struct fileops {
	int (*fo_read)(struct file *fp, struct uio *uio, int flags);
	int (*fo_write)(struct file *fp, struct uio *uio, int flags);
	/* data: a kernel buffer of the size encoded in cmd (copied in and out
	 * by the caller), or the argument itself for IOC_VOID. */
	int (*fo_ioctl)(
	    struct file *fp, unsigned long cmd, void *data, struct thread *td);
	/* Which of `events` (POLL*) hold now, plus POLLHUP, POLLERR. NULL:
	 * always ready for reading and writing. */
	int (*fo_poll)(struct file *fp, int events);
	/* Who tells about changes; NULL: nobody, state never changes. */
	struct event_source *(*fo_events)(struct file *fp);
	/* kqueue's `data`: bytes to read, room to write. NULL: 0 or 1. */
	int64_t (*fo_ready)(struct file *fp, int filter);
	/* NULL: of what was opened, if it was by a name. */
	int (*fo_stat)(struct file *fp, struct stat *st);
	int (*fo_truncate)(struct file *fp, off_t length);
	int (*fo_seek)(struct file *fp, off_t offset, int whence, off_t *res);
	/* posix_fallocate(2): storage from start to end, to which the file
	 * then reaches at least. NULL: ENODEV */
	int (*fo_allocate)(struct file *fp, off_t start, off_t end);
	/* fspacectl(2): zeroes without storage from start to end, or to the
	 * file's, *size. NULL: ENODEV */
	int (*fo_punch)(struct file *fp, off_t start, off_t end, off_t *size);
	/* Of what wasn't opened by a name. */
	int (*fo_chmod)(struct file *fp, mode_t mode);
	int (*fo_chown)(struct file *fp, uid_t uid, gid_t gid);
	/* Fills m->object (with a reference), offset, maxprot, vnode; checks
	 * rights. */
	int (*fo_mmap)(struct file *fp, struct vm_mapping *m);
	/* Commands of fcntl(2) that concern what is behind the file; others
	 * are EINVAL. */
	int (*fo_fcntl)(
	    struct file *fp, int cmd, int64_t arg, uint64_t *result);
	/* An asynchronous transfer begins, if it may now: 0, EINVAL; and it is
	 * through. NULL: any time. */
	int (*fo_aio_begin)(struct file *fp);
	void (*fo_aio_end)(struct file *fp);
	/* Bytes of kernel memory that go with the file: for a moment, without
	 * locks. NULL: few. */
	size_t (*fo_memory)(struct file *fp);
	/* A descriptor of p, fd, was closed for which fd_claimed() was said. Of
	 * what was opened by a name vfs hears. */
	void (*fo_descriptor_closed)(struct proc *p, int fd, struct file *fp);
	void (*fo_close)(struct file *fp); /* the last reference went */
	/* Adds to kf->kf_un and kf_path what fstat(1) tells; NULL: nothing. */
	void (*fo_kinfo)(struct file *fp, struct kinfo_file *kf);
	bool fo_passable; /* may travel over AF_UNIX */
	bool fo_device;	  /* FIODTYPE says: */
	int fo_devtype;	  /* D_* */
};

/* Of what was opened by a name: vfs hands these down. */
struct file_vnode_ops {
	void (*release)(struct vnode *vp); /* may sleep */
	int (*stat)(struct vnode *vp, struct stat *st);
	/* Who tells of changes to the file or folder itself. */
	struct event_source *(*events)(struct vnode *vp);
	/* Does it become ready, as a device or named pipe does? */
	bool (*stream)(const struct vnode *vp);
	/* Is what it says about the process that reads? */
	bool (*by_process)(const struct vnode *vp);
	/* A descriptor of p for it was closed: record locks go. */
	void (*descriptor_closed)(struct proc *p, struct file *fp);
};
extern const struct file_vnode_ops *file_vnode_ops; /* (!) by vfs_init() */

/* Guarded by (a) atomic, (o) f_offset_lock, (!) set once, (d) its ops. */
struct file {
	unsigned f_refs;	     /* (a) descriptors, calls in progress */
	uint8_t f_type;		     /* (!) enum file_type */
	uint32_t f_flag;	     /* (a) FREAD, FWRITE, O_NONBLOCK,
					O_APPEND, ... as opened/set */
	const struct fileops *f_ops; /* (!) */
	void *f_data;		     /* (!) the object */
	struct vnode *f_vnode;	     /* (!) what was opened, held by the
					file; NULL: not by a name */
	struct cred *f_cred;	     /* (!) of the opener */
	struct mutex f_offset_lock;
	off_t f_offset;		  /* (o) */
	void *f_private;	  /* (d) devices: per-open data */
	struct rb_tree f_knotes;  /* knote.c's */
	int f_owner;		  /* (a) F_SETOWN: pid, or -pgid */
	struct sigio *f_async;	  /* sigio.c: O_ASYNC's, or NULL */
	uint64_t f_seqpos;	  /* (o) where sequential reading goes on */
	struct file *f_next_late; /* in td_late_files, when all have let go */
};

#define FREAD  0x0001
#define FWRITE 0x0002

/* One reference, no descriptor yet; NULL: ENFILE (memory, or kern.maxfiles, of
 * which a twentieth is root's). */
struct file *file_alloc(struct thread *td, enum file_type type, int flag,
    const struct fileops *ops, void *data);
static inline void
file_hold(struct file *fp)
{
	refcount_take(&fp->f_refs);
}

/* Closes with the last; may sleep. With locks held, which a close may want or
 * wait for behind others, that is done before the thread is in user mode. */
void file_release(struct file *fp) __sleeps;
/* Whether who reads or writes fp shall not wait. */
static inline bool
file_nonblock(struct file *fp)
{
	return ((atomic_load(&fp->f_flag) & O_NONBLOCK) != 0 ||
		curthread()->td_nowait);
}

/* Waits on a cv as a read or write of fp does: EAGAIN if it shall not wait,
 * else as cv_wait_spin_sig(). */
int file_wait(struct file *fp, struct cv *cv, struct spin *s) __sleeps;
/* Of the name that it was opened by: f_vnode isn't NULL. */
int file_stat_named(struct file *fp, struct stat *st);
/* For what has no inode of its own: type, mode, and the opener's ids. */
void file_stat_plain(struct file *fp, mode_t mode, struct stat *st);

/* lseek(2) of what has so many bytes, and no holes. */
int file_seek(struct file *fp, uint64_t size, off_t offset, int whence,
    off_t *res) __sleeps;

/* Descriptor tables. */
#define UF_EXCLOSE	   0x1
#define UF_FOCLOSE	   0x4 /* close on fork */
#define UF_RESOLVE_BENEATH 0x8

void fdtable_hold(struct fdtable *ft);
void fdtable_release(
    struct fdtable *ft) __sleeps; /* closes all with the last */
/* RFFDG, RFCFDG of flags: a copy, a new one; else the parent's. ENOMEM. */
int fdtable_fork(struct proc *p, struct proc *parent, int flags) __sleeps;
/* The end of p: its record locks go, the table as above. */
void fdtable_exit(struct proc *p) __sleeps;
/* An own copy of a shared table, or with empty: a new one. ENOMEM. */
int fdtable_unshare(struct thread *td, bool empty) __sleeps;
/*
 * execve(2), the caller being its process's only thread.  fdtable_exec_copy():
 * *own is a table of the process's own that isn't its yet, or NULL if it
 * shares none; ENOMEM.  fdtable_exec() closes what is UF_EXCLOSE.  A set-id
 * program has descriptors 0 to 2, and none of them is a file that means the
 * process which uses it: fdtable_lacks_std() sees that ft will be without one,
 * fdtable_fill_std() puts `null` there.
 */
int fdtable_exec_copy(struct thread *td, struct fdtable **own) __sleeps;
void fdtable_exec(struct thread *td) __sleeps;
bool fdtable_lacks_std(struct fdtable *ft);
void fdtable_fill_std(struct thread *td, struct file *null) __sleeps;

/* fp of a descriptor, with a reference: 0 or EBADF. need: FREAD|FWRITE. */
int fd_get(struct thread *td, int fd, int need, struct file **fpp);
/* The same with the descriptor's own flags, UF_*. */
int fd_get_flagged(struct thread *td, int fd, struct file **fpp, int *uf_flags);
/* Lowest free descriptor >= min now refers to fp (takes a reference of its
 * own). EMFILE. */
int fd_install(
    struct thread *td, struct file *fp, int min, int uf_flags, int *fdp);
/* A file of ours and a descriptor at once; on failure both are gone. */
int fd_open(
    struct thread *td, struct file *fp, int uf_flags, int *fdp) __sleeps;
int fd_close(struct thread *td, int fd) __sleeps;
/*
 * For a call that can fail after it has a number: the lowest free one is taken
 * in a table, but leads to no file until it is filled with one, whose reference
 * becomes the table's.  Until then it is the caller's, to fill or to give back,
 * and so is a reference to the table, which may not be the process's by then.
 * EMFILE.
 */
int fd_reserve(struct thread *td, struct fdtable **ftp, int *fdp);
void fd_fill(
    struct fdtable *ft, int fd, struct file *fp, int uf_flags) __sleeps;
void fd_unreserve(struct fdtable *ft, int fd) __sleeps;
/* The same for two. With an error they are given back, and the files, unless
 * fps is NULL, released; returns the error. */
struct fd_pair {
	struct fdtable *table;
	int fds[2];
};
int fd_reserve_pair(struct thread *td, struct fd_pair *pair);
int fd_finish_pair(const struct fd_pair *pair, struct file *const fps[2],
    int uf_flags, int error) __sleeps;
int fd_dup2(struct thread *td, int from, int to, int uf_flags) __sleeps;
/* For run.c: fd of a process that doesn't run yet. */
int fd_install_at(struct proc *p, struct file *fp, int fd) __sleeps;
/* Walks a table: calls fn for each open descriptor (sysctl, procfs, lsof). */
int fdtable_each(struct proc *p, int (*fn)(void *arg, int fd, struct file *fp),
    void *arg) __sleeps;
int fdtable_walk(struct fdtable *ft,
    int (*fn)(void *arg, int fd, struct file *fp), void *arg) __sleeps;
unsigned fdtable_open(struct fdtable *ft); /* how many are open */
/* fd_get() in any table, whatever the file is open for. */
int fdtable_get(struct fdtable *ft, int fd, struct file **fpp);
/* Bytes of kernel memory that p's descriptors take, each file's divided among
 * those who have it open. proctree_lock held. */
uint64_t fdtable_memory(struct proc *p);
/* p's table with a reference, or NULL when it has exited: another process's
 * changes by exec and exit. */
struct fdtable *proc_fdtable(struct proc *p);

/* read(2), write(2) and kin, for all personalities; the uio says which. offset
 * -1: f_offset. The byte count goes to td_retval[0]. EBADF, ESPIPE, ... */
int kern_transfer(
    struct thread *td, int fd, struct uio *uio, off_t offset) __sleeps;
/* The same for a file that is open for that. */
int file_transfer(
    struct thread *td, struct file *fp, struct uio *uio, off_t offset) __sleeps;
/* Its operation alone: no SIGPIPE, and what was moved only the uio knows. */
int file_move(struct file *fp, struct uio *uio, off_t offset) __sleeps;
/* fstat(2); *st is zeroed first. EBADF, EOPNOTSUPP. */
int file_stat(struct file *fp, struct stat *st) __sleeps;
int kern_fstat(struct thread *td, int fd, struct stat *st) __sleeps;
int kern_ioctl(
    struct thread *td, int fd, unsigned long cmd, void *data) __sleeps;
int kern_fcntl(struct thread *td, int fd, int cmd, int64_t arg) __sleeps;

/* Pipes, for other kernel parts: two files, [0] reads, [1] writes. */
int pipe_create(struct thread *td, int flags, struct file *fps[2]) __sleeps;

void file_init(void);
extern unsigned open_files; /* (a) kern.openfiles */

#endif
