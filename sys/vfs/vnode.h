/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Vnodes: files of all file systems, as the kernel sees them.
 *
 * A vnode lives while it is referenced (v_refs) and, if its file system
 * caches it, longer.  v_lock is a sleepable reader/writer lock that the
 * operations below expect to be held (the table says how); the order is
 * parent before child, and between two directories as rename() takes them.
 *
 * Regular files keep their data in a vm_object: read(2), write(2), mmap(2)
 * and exec see the same pages.  vn_read()/vn_write() move bytes between
 * those pages and a uio, so that a file system only supplies pages, sizes
 * and attributes.
 */
#ifndef VFS_VNODE_H
#define VFS_VNODE_H

#include "fbsd/stat.h"
#include "core/event.h"
#include "file/file.h"
#include "core/sync.h"
#include "vfs/inotify.h"
#include "vfs/mount.h"
#include "vfs/namei.h"
#include "vm/vm.h"

enum vtype { VNON, VREG, VDIR, VBLK, VCHR, VLNK, VSOCK, VFIFO, VBAD };

struct acl_list;
struct flock;
struct socket;

/* Attributes; vo_setattr sets those that va_set names. */
struct vattr {
	enum vtype va_type;
	mode_t va_mode; /* permission bits */
	nlink_t va_nlink;
	uid_t va_uid;
	gid_t va_gid;
	dev_t va_fsid;
	ino_t va_fileid;
	uint64_t va_size;
	blksize_t va_blocksize;
	struct timespec va_atime;
	struct timespec va_mtime;
	struct timespec va_ctime;
	struct timespec va_birthtime;
	uint64_t va_gen;
	unsigned long va_flags; /* UF_*, SF_* */
	dev_t va_rdev;
	uint64_t va_bytes; /* storage taken */
	unsigned va_set;   /* VA_*: which fields setattr sets */
};
#define VA_MODE	       0x01
#define VA_UID	       0x02
#define VA_GID	       0x04
#define VA_SIZE	       0x08
#define VA_ATIME       0x10
#define VA_MTIME       0x20
#define VA_BIRTHTIME   0x40
#define VA_FLAGS       0x80
#define VA_UTIMES_NULL 0x100 /* times are "now": write access suffices */

/* getdirentries(2) in progress; the file system calls emit() for each entry
 * from `cookie` on, until that returns false. */
struct dir_emit {
	bool (*emit)(struct dir_emit *de, const char *name, size_t len,
	    ino_t ino, uint8_t type, off_t next_cookie);
	off_t cookie; /* where to start */
	bool eof;     /* out: no more after the last */
};

/* A name that means a descriptor was opened: the file behind that, held, and
 * whether the descriptor is confined (FD_RESOLVE_BENEATH). */
struct open_dup {
	struct file *od_file;
	bool od_confined;
};

/*
 * Locks: (s) v_base's v_lock held at least for reading, (x) for writing, () not
 * needed.  Those with letters are called by way of vfs/vop.h, which checks. All
 * but vo_access may sleep.
 *
 * Those about contents are only called for vnodes that are their own v_base.
 * New vnodes are returned referenced and unlocked.  Permissions are checked by
 * the callers (vfs_access), but those that only the file system knows (EROFS,
 * immutable).
 */
struct vnode_ops {
	/* (dvp s) A child by name, or ".."; never "." or the root's "..".
	 * 0, ENOENT, EIO. */
	int (*vo_lookup)(
	    struct vnode *dvp, const struct cname *cn, struct vnode **vpp);
	/* (dvp x) type from va (VREG, VDIR, VLNK, VFIFO, VSOCK, VCHR); `target`
	 * for VLNK. EEXIST is the caller's check. */
	int (*vo_create)(struct vnode *dvp, const struct cname *cn,
	    const struct vattr *va, const char *target, struct vnode **vpp);
	/* (dvp x, vp x) not a directory */
	int (*vo_remove)(
	    struct vnode *dvp, struct vnode *vp, const struct cname *cn);
	int (*vo_rmdir)(struct vnode *dvp, struct vnode *vp,
	    const struct cname *cn); /* ENOTEMPTY */
	int (*vo_link)(
	    struct vnode *dvp, struct vnode *vp, const struct cname *cn);
	/* (both dirs, fvp, tvp x) tvp NULL if the target doesn't exist, else
	 * already checked for type; cycles are the caller's check. ENOTEMPTY */
	int (*vo_rename)(struct vnode *fdvp, struct vnode *fvp,
	    const struct cname *fcn, struct vnode *tdvp, struct vnode *tvp,
	    const struct cname *tcn);
	/* (s) */
	int (*vo_getattr)(struct vnode *vp, struct vattr *va);
	/* (x) rights have been checked; size changes the object as well */
	int (*vo_setattr)(struct vnode *vp, const struct vattr *va);
	/* (s) ENOENT: it was removed */
	int (*vo_readdir)(struct vnode *vp, struct dir_emit *de);
	/* (s) into buf of MAXPATHLEN; *len without NUL */
	int (*vo_readlink)(struct vnode *vp, char *buf, size_t *len);
	/* () device, procfs and such files without pages: instead of
	 * vn_read/vn_write. NULL for files with an object. */
	int (*vo_read)(struct vnode *vp, struct uio *uio, int ioflag);
	int (*vo_write)(struct vnode *vp, struct uio *uio, int ioflag);
	/* Before v_lock is taken to write to [start, end), or to let the file
	 * end at `start`, with UINT64_MAX: what leads there, and to what it
	 * may need besides, is read, so that nobody waits for that with the
	 * lock held.  No locks; NULL: it doesn't pay. */
	void (*vo_prefetch)(struct vnode *vp, uint64_t start, uint64_t end);
	/* (x) before [start, *end) of the object is written: the file reaches
	 * to *end at least and has room there. It may lower *end, to do less at
	 * once. ENOSPC, EFBIG, EDQUOT, EIO */
	int (*vo_write_begin)(struct vnode *vp, uint64_t start, uint64_t *end);
	/* (x) the object's pages were written: times, set-id bits */
	void (*vo_modified)(struct vnode *vp, const struct cred *cr);
	/* () opened or closed through a descriptor; open may replace fp's
	 * f_ops and f_data (devices), or say by *dup that the name means a
	 * descriptor (fdescfs) */
	int (*vo_open)(
	    struct vnode *vp, int flags, struct file *fp, struct open_dup *dup);
	void (*vo_close)(struct vnode *vp, struct file *fp);
	/* () ioctl(2) on a file or directory of its own kind; NULL: ENOTTY */
	int (*vo_ioctl)(
	    struct vnode *vp, unsigned long cmd, void *data, struct thread *td);
	/* () all of it survives a power cut, by name as well; datasync: what
	 * is needed to read the data back. NULL: there is no storage. */
	int (*vo_fsync)(struct vnode *vp, bool datasync);
	/* (get, list s; set, delete x) namespaces user 1, system 2; buffers are
	 * kernel's. list: names each preceded by a length byte. *size in: room,
	 * out: size */
	int (*vo_getextattr)(struct vnode *vp, int ns, const char *name,
	    void *buf, size_t *size);
	int (*vo_setextattr)(struct vnode *vp, int ns, const char *name,
	    const void *buf, size_t size);
	int (*vo_deleteextattr)(struct vnode *vp, int ns, const char *name);
	int (*vo_listextattr)(
	    struct vnode *vp, int ns, void *buf, size_t *size);
	int (*vo_pathconf)(struct vnode *vp, int name, long *val);
	/* () A name of the file and its directory, for vn_path(): 0, ENOENT.
	 * *len in: room in buf, out: length without NUL */
	int (*vo_name)(
	    struct vnode *vp, struct vnode **dvpp, char *buf, size_t *len);
	/* () Rights without vo_getattr's work, from what is read at once: of
	 * what changes meanwhile it sees either. NULL: vfs_access() asks
	 * vo_getattr. VREAD, VWRITE, VEXEC: 0 or EACCES, EPERM; EACL: there is
	 * a list to go by. */
	int (*vo_access)(struct vnode *vp, int mode, const struct cred *cr);
	/* (s) The access control list of that type (vfs/acl.h), which stays
	 * while v_lock is held; *alp NULL: there is none. EPERM: it makes no
	 * sense. NULL: there are never any. */
	int (*vo_getacl)(
	    struct vnode *vp, int type, const struct acl_list **alp);
	/* (x) It has that one, which makes sense, or none, and the mode that
	 * comes of it; rights have been checked. */
	int (*vo_setacl)(struct vnode *vp, int type, const struct acl_list *al);
	/* (s) The page for reading, referenced; *pp NULL: a hole. NULL:
	 * vm_object_page() */
	int (*vo_getpage)(struct vnode *vp, uint64_t index, struct page **pp);
	/* (s) SEEK_DATA, SEEK_HOLE from *off on; ENXIO. NULL: no holes. */
	int (*vo_seekhole)(struct vnode *vp, int whence, off_t *off);
	/* (x) frees the storage of [start, end): reads as zeroes. NULL:
	 * zeroes are written. */
	int (*vo_punch)(struct vnode *vp, off_t start, off_t end);
	/* (x) makes sure that the file reaches to `end` and that writing there
	 * won't fail for want of room */
	int (*vo_allocate)(struct vnode *vp, off_t start, off_t end);
	/* () a name for vfs_fhtovp(), never given to another file; *fid is
	 * zeroed. NULL: EOPNOTSUPP. */
	int (*vo_fid)(struct vnode *vp, struct fid *fid);
	/* () Reads what one of vo_lookup, vo_readdir and vo_readlink missed
	 * (struct vn_miss), and what it is going to miss then: 0; EINTR, EIO.
	 * NULL: none of them says EMISSED. */
	int (*vo_fetch)(struct vnode *vp, uint64_t what);
	/* () All files open on it end: EINVAL, EOPNOTSUPP. NULL: it isn't a
	 * device. */
	int (*vo_revoke)(struct vnode *vp);
	/* () the last reference went: free it. A file system that finds
	 * vnodes by name keeps a reference for that. */
	void (*vo_inactive)(struct vnode *vp);
	/* () What is known of a name without vo_lookup, as namecache_find()
	 * has it, which this is for file systems whose names are in the cache
	 * (vfs/namecache.h): there namecache_purge() comes before the end of
	 * each vnode.  NULL: nothing. */
	bool (*vo_cached)(
	    struct vnode *dvp, const struct cname *cn, struct vnode **vpp);
	/* What vfs/vop.h keeps of them there, and takes away. */
	enum {
		NAMES_UNKNOWN, /* nothing: others change names, too */
		NAMES_EXACT,   /* a name is what its bytes are */
		NAMES_LOOSE,   /* a file has one name, with many spellings */
	} vo_names;
};

/* Guarded by (v) v_lock, (i) v_interlock, (a) atomic, (!) set once. */
struct vnode {
	unsigned v_refs;      /* (a) with the file system's own */
	enum vtype v_type;    /* (!) */
	struct vnode *v_base; /* (!) itself; nullfs: what it stands for, whose
				 lock, contents and state it has */
	struct rwlock v_lock;
	struct spin v_interlock;
	const struct vnode_ops *v_ops; /* (!) */
	struct mount *v_mount;	       /* (!) */
	void *v_data;		       /* (!) the file system's inode */
	struct vm_object v_object;     /* VREG: its pages */
	struct mount *v_mountedhere;   /* (a) covered by this one; changed
					  with mount_lock */
	struct event_source v_events;  /* EVFILT_VNODE, EVFILT_READ */
	struct advlocks *v_locks;      /* (a) fcntl and flock locks, from the
					  first one on */
	struct fifo *v_fifo;	       /* (i) named pipe's ends */
	struct socket *v_socket;       /* (v_lock) bound to this */
	uint64_t v_accessed;	       /* (a) last read, wall clock in ns, if
					  later than the file system's atime */
	unsigned v_writers;	       /* (i) open for writing: ETXTBSY */
	unsigned v_execs;	       /* (i) running as a program */
	uint32_t v_flags;	       /* (i) VV_* */
	/* (namecache.c) names in it, and of it */
	struct list v_names;
	struct list v_aliases;
	bool v_used; /* (a) found by its name, since the file system looked */
};
#define VV_ROOT	   0x1	/* of its file system */
#define VV_DEAD	   0x4	/* revoked */
#define VV_NOATIME 0x8	/* reading leaves no trace */
#define VV_PROCDEP 0x10 /* what it is depends on the process that uses it */
#define VV_WATCHED 0x20 /* by inotify(2) */

static inline bool
vnode_is_dir(const struct vnode *vp)
{
	return (vp->v_type == VDIR);
}

void vnode_init(struct vnode *vp, struct mount *mp, enum vtype type,
    const struct vnode_ops *ops, void *data); /* one reference */
/* As many vnodes may a file system keep that nobody uses. */
unsigned vnodes_max(void);
void vnode_hold(struct vnode *vp);
void vnode_release(struct vnode *vp) __sleeps;
/* For who finds a vnode without a reference of its own, under a lock that its
 * vo_inactive takes too, or in a section (core/section.h) that it waits for:
 * false if it is being freed. */
bool vnode_tryhold(struct vnode *vp);
/* Could somebody write to it by a mapping that is there?  And: whoever was
 * writing to it, by a mapping or not, is through. No locks. */
bool vnode_mapped_to_write(struct vnode *vp) __sleeps;
void vnode_settle(struct vnode *vp) __sleeps;

/* Opening from within the kernel; flags are FREAD/FWRITE/O_*. */
int vn_open(struct thread *td, const char *path, int flags, mode_t mode,
    struct vnode **vpp) __sleeps;
/* The full open(2): a file without descriptor. start NULL: cwd. */
int vn_open_file(struct thread *td, const char *path, struct vnode *start,
    int flags, mode_t mode, struct file **fpp) __sleeps;
/* The same for openat(2). *confined: dirfd is FD_RESOLVE_BENEATH, and so is
 * what comes of it. */
int vn_open_at(struct thread *td, int dirfd, const char *path, int flags,
    mode_t mode, struct file **fpp, bool *confined) __sleeps;
/* open(2) of a file that is known; flags without O_CREAT. */
int vn_open_known(
    struct thread *td, struct vnode *vp, int flags, struct file **fpp) __sleeps;
/* Names that survive renames, as getfh(2) has them: EOPNOTSUPP, ESTALE. */
int vn_fhandle(struct vnode *vp, struct fhandle *fh);
int vn_by_fhandle(const struct fhandle *fh, struct vnode **vpp) __sleeps;
/* vo_create by the rules: with dvp locked inside, EEXIST if the name exists,
 * write access and quota of names checked. */
int vn_create(struct vnode *dvp, const struct cname *cn, struct vattr *va,
    const char *target, struct vnode **vpp) __sleeps;
/* Moves bytes between pages and a uio. ioflag: IO_APPEND. v_lock is taken
 * inside. */
#define IO_APPEND 0x1
#define IO_SYNC	  0x2
int vn_read(struct vnode *vp, struct uio *uio, int ioflag) __sleeps;
int vn_write(struct vnode *vp, struct uio *uio, int ioflag) __sleeps;
/* Kernel buffer, for exec: whole or EIO/ENOEXEC; *resid if not NULL. */
int vn_pread(struct vnode *vp, void *buf, size_t len, off_t offset,
    size_t *resid) __sleeps;
int vn_getattr(
    struct vnode *vp, struct vattr *va) __sleeps; /* v_lock not held */
int vn_readlink(
    struct vnode *vp, char *buf, size_t *len) __sleeps; /* nor here */
/* Before v_lock is taken to set a file's size. */
void vn_prefetch_size(struct vnode *vp, uint64_t size) __sleeps;
/* vo_fsync, if there is one; pages [first, end) of its object, and then that;
 * and all that is mounted.  vfs/vn_sync.c; they end with EINTR for who is
 * killed, though not before all is done. No locks. */
int vn_fsync(struct vnode *vp, bool datasync);
int vn_writeback(struct vnode *vp, uint64_t first, uint64_t end, bool all);
void vfs_sync_all(void) __sleeps;
/* Holes: vfs/vn_hole.c. v_lock is taken inside. whence: SEEK_DATA, SEEK_HOLE;
 * ENXIO: there is none; ENOTTY. */
int vn_seek_hole(struct vnode *vp, int whence, off_t *offset) __sleeps;
/* [start, end) becomes a hole as far as the file goes. ENODEV, EIO. */
int vn_punch(
    struct thread *td, struct vnode *vp, off_t start, off_t end) __sleeps;
/*
 * copy_file_range(2) between regular files: bytes and holes, at and with
 * offsets that are advanced.  *moved: how far it came, fewer at the end of
 * `from`; an errno with *moved > 0 concerns what follows.
 */
int vn_copy_range(struct thread *td, struct file *from, off_t *in,
    struct file *to, off_t *out, size_t len, size_t *moved) __sleeps;
int vn_stat(struct vnode *vp, struct stat *st) __sleeps;
#define PIPE_BUF 512 /* of pipes and named pipes */
int vn_pathconf(struct vnode *vp, int name, long *val); /* EINVAL */
/* A program runs from vp: nobody may open it for writing. ETXTBSY if somebody
 * has it open so. */
int vn_exec_begin(struct vnode *vp);
void vn_exec_end(struct vnode *vp);
/* A further reference to a program that runs, and the end of one. */
void vn_text_hold(struct vnode *vp);
void vn_text_release(struct vnode *vp) __sleeps;
/* Size of a regular file: for a moment, unless v_lock is held. */
static inline uint64_t
vn_size(const struct vnode *vp)
{
	return (vp->v_base->v_object.o_size);
}
extern const struct fileops vnode_fileops;

/* vo_setattr, after what it expects to have been checked: may cr change these?
 * With v_lock x. 0, EPERM, EACCES, EROFS. The caller tells NOTE_ATTRIB. */
int vn_setattr(struct vnode *vp, struct vattr *va, struct cred *cr) __sleeps;

/*
 * Advisory locks: vfs/lockf.c.  vn_advlock() is fcntl(2)'s F_GETLK, F_SETLK
 * and F_SETLKW on an open file: fl in and out, l_whence is
 * resolved within.  EAGAIN, EDEADLK, EINTR, EINVAL, EOVERFLOW, ENOLCK.
 * vn_flock(): how is LOCK_*; EWOULDBLOCK, EINTR.
 */
int vn_advlock(
    struct thread *td, struct file *fp, int cmd, struct flock *fl) __sleeps;
int vn_flock(struct thread *td, struct file *fp, int how) __sleeps;
/* A descriptor for fp was closed by p: its record locks on that file go. */
void vn_advlock_close(struct proc *p, struct file *fp) __sleeps;

/* Rights: 0, EACCES, EPERM, EROFS. */
#define VEXEC	1
#define VWRITE	2
#define VREAD	4
#define VAPPEND 0x8 /* to a directory, with VWRITE: a subdirectory */
/* A mode says of all these who the owner is. */
#define VADMIN		  0x10
#define VWRITE_ATTRIBUTES 0x20 /* times */
#define VWRITE_ACL	  0x40 /* and mode */
#define VWRITE_OWNER	  0x80
#define VADMIN_PERMS	  (VADMIN | VWRITE_ATTRIBUTES | VWRITE_ACL | VWRITE_OWNER)
/* Of these it says nothing: the last everybody has, the others nobody. */
#define VDELETE	       0x100
#define VDELETE_CHILD  0x200
#define VREAD_ACL      0x400
#define VEXPLICIT_DENY 0x800 /* they aren't denied, if not allowed either */
#define VMODIFY_PERMS                                                          \
	(VWRITE | VAPPEND | VADMIN_PERMS | VDELETE | VDELETE_CHILD)
int vfs_access(
    struct vnode *vp, int rights, const struct cred *cr) __sleeps; /* (s) */
int vn_access(
    struct vnode *vp, int rights, const struct cred *cr) __sleeps; /* () */
/* () EACL: more must be known. */
int vfs_access_quick(struct vnode *vp, int rights, const struct cred *cr);
/* Which access control lists its file system goes by: ACL_TYPE_ACCESS,
 * ACL_TYPE_NFS4, or 0. */
int vn_acl_type(const struct vnode *vp);
/* Is it written to its file system, and not to a device or another process? */
bool vn_has_storage(const struct vnode *vp);
/* Flags that keep a file as it is. */
#define NOCHANGE (UF_IMMUTABLE | UF_APPEND | SF_IMMUTABLE | SF_APPEND)
/* The bare rule, without locks or flags. */
int vn_access_mode(enum vtype type, mode_t fmode, uid_t uid, gid_t gid,
    int mode, const struct cred *cr);
enum vtype vn_mode_type(mode_t mode);
mode_t vn_type_mode(enum vtype type); /* S_IFREG and such */
/* RLIMIT_FSIZE: EFBIG, and SIGXFSZ sent, if a file may not be that large. */
int vn_check_size(struct thread *td, uint64_t size);

/* Something happened to vp: NOTE_* of kqueue's EVFILT_VNODE, and inotify's
 * event. May sleep; no v_lock is held. */
static inline void
vn_note(struct vnode *vp, long note)
{
	struct event_source *es = &vp->v_base->v_events;

	if (__predict_false(event_wanted(es)))
		event_notify(es, note);
	if (__predict_false(inotify_watches != 0))
		inotify_note(vp, note);
}

#endif
