/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mounted file systems, and the options they are mounted with.
 */
#ifndef VFS_MOUNT_H
#define VFS_MOUNT_H

#include "fbsd/mount.h"
#include "lib/list.h"
#include "core/sync.h"

struct mount;
struct thread;
struct vnode;

/* Options as nmount(2) gives them; values are NUL-terminated strings as a
 * rule, NULL where a name stands alone. */
struct mount_opt {
	const char *mo_name;
	const char *mo_value;
	size_t mo_len; /* of the value, with its NUL */
};
struct mount_opts {
	const struct mount_opt *mo_list;
	unsigned mo_count;
	char *mo_message; /* MOUNT_MESSAGE bytes for mount_error(), or NULL */
};
#define MOUNT_MESSAGE 256
/* What is wrong, in words, for nmount(2)'s "errmsg". */
void mount_error(const struct mount_opts *opts, const char *fmt, ...)
    __printflike(2, 3);
/* The value, "" for a name that stands alone; NULL if it isn't there. */
const char *mount_opt(const struct mount_opts *opts, const char *name);
/* A number up to max, as strtoull(3) reads it; *n stays if it isn't there. 0,
 * or EINVAL with a message. */
int mount_number(const struct mount_opts *opts, const char *name, int base,
    uint32_t max, uint32_t *n);

/* mount_disk.c: the disk that "from" names, which the caller releases, and
 * disk_claim() or disk_reclaim() (disk/bio.h); on an error there is a message.
 */
struct disk;
int mount_find_disk(const struct mount_opts *opts, struct disk **dpp) __sleeps;
int mount_claim_disk(
    const struct mount_opts *opts, struct disk *dp, bool write) __sleeps;
int mount_reclaim_disk(
    const struct mount_opts *opts, struct disk *dp, bool write) __sleeps;

enum unmount_how {
	UNMOUNT_IDLE,	/* EBUSY if it is in use; or the disk's error */
	UNMOUNT_FORCED, /* EBUSY, but what can't be written is given up */
	UNMOUNT_UNKNOWN /* the same, and nobody else can know of it: mnt_root is
			   NULL or released */
};

struct vfs_ops {
	const char *vfs_name; /* "tmpfs" */
	uint32_t vfs_flags;   /* MNT_LOCAL and such, or-ed into mounts */
	/* Its own options, up to a NULL; NULL: doesn't say. */
	const char *const *vfs_options;
	int (*vfs_mount)(struct mount *mp, const struct mount_opts *opts);
	/* MNT_UPDATE, before the flags change. NULL: nothing to do.  With
	 * MNT_FORCE it becomes read-only whatever the disk says. */
	int (*vfs_update)(
	    struct mount *mp, uint64_t flags, const struct mount_opts *opts);
	/* While nobody gets in: EBUSY if a vnode besides mnt_root is in use, or
	 * that more than by mnt_root; otherwise all of it is freed, and the
	 * reference mnt_root with it. */
	int (*vfs_unmount)(struct mount *mp, enum unmount_how how);
	/* Referenced. */
	int (*vfs_root)(struct mount *mp, struct vnode **vpp);
	/* The fields only it knows: sizes; the rest is filled in. */
	int (*vfs_statfs)(struct mount *mp, struct statfs *sf);
	int (*vfs_sync)(struct mount *mp, bool wait); /* may be NULL */
	/* The file that vo_fid gave this name, referenced: 0 or ESTALE. NULL:
	 * there are no such names. */
	int (*vfs_fhtovp)(
	    struct mount *mp, const struct fid *fid, struct vnode **vpp);
};
#define VFS_SET(ops) LINKER_SET(vfs, ops)

/* Guarded by (m) mount_lock, (!) set once, (a) atomic, (u) mnt_update. */
struct mount {
	struct list mnt_link;	       /* (m) in mountlist */
	unsigned mnt_users;	       /* (m) of mount_find(), mount_next() */
	bool mnt_leaving;	       /* (m a) it is being unmounted */
	struct mutex mnt_update;       /* one change of its options at a time */
	struct rwlock mnt_tree;	       /* which directory is in which one: for
					  writing to move one; before v_lock */
	const struct vfs_ops *mnt_ops; /* (!) */
	struct vnode *mnt_covered;     /* (!) held; NULL: the root */
	struct vnode *mnt_root;	       /* (!) held */
	uint64_t mnt_flags;	       /* (m) MNT_*; read without */
	unsigned mnt_writers;	       /* (a) files open for writing */
	uint64_t mnt_fsid;	       /* (!) also st_dev */
	uid_t mnt_owner;	       /* (!) */
	void *mnt_data;		       /* (!) the file system's */
	char *mnt_from;		       /* (!) kmem_strdup() */
	char *mnt_on;		       /* (!) */
};

extern struct mutex mount_lock; /* never held over a file system's work */
extern struct list mountlist;	/* (mount_lock) */
extern struct vnode *rootvnode; /* (!) once it is mounted */

/* The file system of that name, or NULL. */
const struct vfs_ops *vfs_find(const char *name);
/* The mount with that number, or NULL; it stays until mount_drop(). */
struct mount *mount_find(uint64_t fsid) __sleeps;
void mount_drop(struct mount *mp) __sleeps;
/* The mount behind mp, or the first; it stays, and mp is dropped.  NULL: there
 * are no more.  One that is just being unmounted is waited for, or passed by;
 * the wait ends for a process that is to end, as if there were no more. */
struct mount *mount_next(struct mount *mp, bool wait) __sleeps;
/* Of `which`, none but `flags` are set from now on: for file systems. */
void mount_set_flags(struct mount *mp, uint64_t which, uint64_t flags) __sleeps;
/* The directory that is covered by the root of vp's file system, referenced; or
 * NULL.  vp is referenced, so that it stays mounted. */
struct vnode *mount_covered(const struct vnode *vp);
/* What is mounted on *vpp, or on that, takes its place; EINTR: the process is
 * to end, *vpp is what it was. */
int mount_cross(struct vnode **vpp) __sleeps;
/* Mounts on a kernel path. ENODEV: no such type. */
int vfs_mount(struct thread *td, const char *fstype, const char *path,
    uint64_t flags, const struct mount_opts *opts) __sleeps;
/* The same on a vnode, whose reference becomes the mount's; NULL: the root. */
int vfs_mount_on(struct thread *td, const char *fstype, struct vnode *vp,
    const char *on, uint64_t flags, const struct mount_opts *opts) __sleeps;
/* EINVAL: nothing such is mounted, or the root; EBUSY; what the disk says when
 * it can't be written, but not with MNT_FORCE. */
int vfs_unmount(struct thread *td, uint64_t fsid, uint64_t flags) __sleeps;
/* The machine ends: what has storage is unmounted, the newest first, or made
 * read-only if it is in use, so that it is clean. */
void vfs_end_storage(void) __sleeps;
/* All that statfs(2) tells. */
int vfs_statfs(struct mount *mp, struct statfs *sf);
void vfs_init(void);
/* The root from the boot archive (fs/tmpfs): 0, or an errno with a message
 * printed. */
int vfs_mount_root(void) __sleeps;
/* /dev, and a directory for it if the root has none. */
void vfs_mount_dev(void) __sleeps;
/* Process 1: the root from a disk, if one is asked for or there is no archive.
 * False: it can't be had, and the console knows why.  vfs/root.c. */
bool vfs_mount_root_disk(void) __sleeps;

#endif
