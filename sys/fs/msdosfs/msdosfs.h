/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * msdosfs: FAT12, FAT16 and FAT32, with long names.
 *
 * FATs and directories are kept as pages of an object that stands for the disk
 * (mm_meta); files' data as pages of their vnodes' objects.  A file is known by
 * the place of its entry in its directory, and knows its directory, which thus
 * stays as long as files of it are known.
 *
 * Writing: data, and what the FAT says of them, wait for a commit
 * (msdosfs_commit.c), which comes by fsync(2) or some seconds later; entries of
 * directories are written at once.  What leads to something on the disk is
 * written after it, and before it is used for something else: a cut leaves
 * clusters that nobody uses, or that are behind a file's end.  The one
 * exception is a rename: for a moment, a file has two names.
 *
 * Locks, in the order in which they are taken: v_lock, mm_batch, a file's
 * o_lock, mm_fat, mm_meta's o_lock; mm_nodes after mm_batch.  mm_batch is held
 * by whoever changes anything but pages, and by a commit; that a file's pages
 * changed is noted under o_lock, which a commit takes to clean them.
 */
#ifndef FS_MSDOSFS_MSDOSFS_H
#define FS_MSDOSFS_MSDOSFS_H

#include "fs/msdosfs/msdosfs_format.h"
#include "disk/bio.h"
#include "vm/radix.h"
#include "vfs/syncer.h"
#include "vfs/vop.h"

/* (!) set once, (b) mm_batch, (f) mm_fat, (n) mm_nodes_lock, (c) mm_changes. */
struct msdosfs_mount {
	struct fat_layout mm_layout; /* (!) */
	struct mount *mm_mount;	     /* (!) */
	struct disk *mm_disk;	     /* (!) */
	struct syncer_client mm_syncer;

	/* options */
	uid_t mm_uid;	     /* (!) */
	gid_t mm_gid;	     /* (!) */
	mode_t mm_mask;	     /* (!) of files' rights */
	mode_t mm_dirmask;   /* (!) */
	bool mm_short_names; /* (!) there are no long ones */

	struct mutex mm_batch;
	bool mm_writable;	 /* (b) the disk is claimed for writing */
	bool mm_ending;		 /* (b) but nothing more may change */
	bool mm_marked;		 /* (b) the disk says that it's in use */
	bool mm_changed;	 /* (b) since the last commit */
	struct list mm_dirty;	 /* (b) nodes */
	uint64_t mm_dirty_bytes; /* (b) of data, about */
	struct spin mm_changes;
	struct list mm_written; /* (c) nodes with pages that became dirty, until
				   a commit takes them to mm_dirty */

	struct mutex mm_fat;
	struct vm_object mm_meta;
	uint32_t mm_free;      /* (f) clusters before mm_uncounted */
	uint32_t mm_next;      /* (f) where to look for free ones */
	uint32_t mm_uncounted; /* (f) the first that isn't */

	struct mutex mm_nodes_lock;
	struct radix mm_nodes;	 /* (n) by place */
	struct list mm_node_lru; /* (n) all, the oldest first */
	unsigned mm_nnodes;	 /* (n) */
	unsigned mm_gone;	 /* (n) used, but without a name */
};

/* (v) v_lock, (b) mm_batch, (f) mm_fat, (n) mm_nodes_lock, (c) mm_changes, (a)
 * atomic. */
struct msdosfs_node {
	struct vnode n_vnode;
	struct msdosfs_mount *n_mm;    /* (!) */
	struct msdosfs_node *n_parent; /* (n) held; NULL: the root */
	unsigned n_children;	       /* (n) that hold it */
	uint64_t n_place;	       /* (b n) its entry, bytes on the disk */
	struct list n_lru;	       /* (n) */
	struct list n_dirty;	       /* (b) */
	struct list n_written;	       /* (c) */
	bool n_mapped_write; /* (a) by mappings since the time was set */
	bool n_gone;	     /* (v b) it has no name */
	uint8_t n_attr;	     /* (b) */
	uint32_t n_size;     /* (b) a directory's: of its clusters */
	uint32_t n_start;    /* (b f) its first cluster, or 0 */
	uint32_t n_mtime;    /* (b) date and time, as on the disk */
	uint32_t n_ctime;    /* (b) when it was made */
	uint8_t n_ctenths;   /* (b) */
	uint16_t n_adate;    /* (b) */
	/* Clusters from n_join_to on follow n_join_from, but the FAT doesn't
	 * say so yet; 0: there are none. (b f) */
	uint32_t n_join_from, n_join_to;
	uint32_t n_seen_index; /* (f) cluster n_seen is that one of the file */
	uint32_t n_seen;       /* (f) or 0 */
};

static inline struct msdosfs_node *
msdosfs_node(struct vnode *vp)
{
	return (container_of(vp, struct msdosfs_node, n_vnode));
}

extern const struct vnode_ops msdosfs_vnode_ops;
extern const struct vm_object_ops msdosfs_object_ops;

/*
 * msdosfs_fat.c.  Errors: EIO, ENOMEM, EINTEGRITY where the FAT makes no sense,
 * EMISSED.
 */
/* The page of FATs and directories with byte `at` of the disk, held; *p is that
 * byte.  dirty: a commit writes it, as far as it is the FAT. */
int msdosfs_meta(struct msdosfs_mount *mm, uint64_t at, bool dirty,
    struct page **pg, uint8_t **p) __sleeps;
/* vo_fetch: the page `what` of mm_meta. */
int msdosfs_fetch(struct vnode *vp, uint64_t what) __sleeps;
void msdosfs_meta_init(struct msdosfs_mount *mm);
/* Writes the sector of byte `at`, which is in that page, and releases it: until
 * then nobody gives the page up. */
int msdosfs_meta_write(
    struct msdosfs_mount *mm, uint64_t at, struct page *pg) __sleeps;
/* Writes what changed in the FAT. */
int msdosfs_fat_write(struct msdosfs_mount *mm) __sleeps;
/* mm_fat held, but not while the FAT is read; who changes it has mm_batch, so
 * that others see what is half done at most.  What follows a cluster, FAT_EOC
 * at the end. */
int msdosfs_fat_get(
    struct msdosfs_mount *mm, uint32_t cluster, uint32_t *next) __sleeps;
int msdosfs_fat_set(struct msdosfs_mount *mm, uint32_t cluster, uint32_t next);
/* The index-th cluster of a file: 0 where the chain is over, with the last one
 * of it in *last (0: it is empty). mm_fat held. */
int msdosfs_chain(struct msdosfs_node *n, uint32_t index, uint32_t *cluster,
    uint32_t *last) __sleeps;
/* The file gets so many clusters: ENOSPC. */
int msdosfs_chain_grow(struct msdosfs_node *n, uint32_t count) __sleeps;
/* It keeps so many, others become free. */
int msdosfs_chain_cut(struct msdosfs_node *n, uint32_t count) __sleeps;
/* One that ends a chain, of one; and back again. */
int msdosfs_new_cluster(struct msdosfs_mount *mm, uint32_t *cluster) __sleeps;
void msdosfs_free_cluster(struct msdosfs_mount *mm, uint32_t cluster) __sleeps;
/* n_join_to follows n_join_from in the FAT as well. */
int msdosfs_fat_join(struct msdosfs_node *n) __sleeps;
int msdosfs_count_free(struct msdosfs_mount *mm, uint32_t *count) __sleeps;
/* Is the disk as it was left by an unmount?  Marks it as that, or not. */
int msdosfs_get_clean(struct msdosfs_mount *mm, bool *clean) __sleeps;
int msdosfs_mark(struct msdosfs_mount *mm, bool clean) __sleeps;

/* msdosfs_dir.c: v_lock of the directory held. */
struct msdosfs_slot {
	uint32_t first; /* offset of the first slot of the name, */
	uint32_t last;	/* and of the entry proper */
	uint64_t place; /* of that on the disk */
	struct fat_dirent entry;
	size_t len;
	char name[FAT_NAME_MAX];
	size_t alias_len; /* the short name, as it is shown */
	char alias[FAT_NAME_MAX];
};
/* The first file at *offset or behind it; *offset is behind that.  ENOENT: no
 * more. */
int msdosfs_dir_next(struct msdosfs_node *dir, uint32_t *offset,
    struct msdosfs_slot *s) __sleeps;
int msdosfs_dir_find(struct msdosfs_node *dir, const char *name, size_t len,
    struct msdosfs_slot *s) __sleeps;
int msdosfs_dir_find_place(
    struct msdosfs_node *dir, uint64_t place, struct msdosfs_slot *s) __sleeps;
/* mm_batch held for these.  A new name, written; d has all but that. */
int msdosfs_dir_enter(struct msdosfs_node *dir, const struct cname *cn,
    struct fat_dirent *d, uint64_t *place) __sleeps;
int msdosfs_dir_remove(
    struct msdosfs_node *dir, const struct msdosfs_slot *s) __sleeps;
/* A cluster with "." and "..", on the disk, for a new directory. */
int msdosfs_dir_fill(
    struct msdosfs_mount *mm, uint32_t cluster, uint32_t parent) __sleeps;
int msdosfs_dir_empty(struct msdosfs_node *dir) __sleeps;

/* msdosfs_node.c.  The file at that place, referenced. */
int msdosfs_node_init(void);
int msdosfs_node_get(struct msdosfs_node *dir, uint64_t place,
    const struct fat_dirent *d, struct msdosfs_node **np) __sleeps;
int msdosfs_node_root(
    struct msdosfs_mount *mm, struct msdosfs_node **np) __sleeps;
void msdosfs_node_inactive(struct vnode *vp) __sleeps;
/* It has no name any more; mm_batch held, and v_lock. */
void msdosfs_node_lose(struct msdosfs_node *n) __sleeps;
/* It has another one, there.  ENOMEM. */
int msdosfs_node_move(
    struct msdosfs_node *n, struct msdosfs_node *dir, uint64_t place) __sleeps;
struct msdosfs_node *msdosfs_node_parent(
    struct msdosfs_node *n) __sleeps; /* held */
uint64_t msdosfs_nodes_shrink(struct msdosfs_mount *mm, uint64_t want) __sleeps;
bool msdosfs_nodes_busy(struct msdosfs_mount *mm, bool with_root) __sleeps;
/* Could somebody write to one by a mapping that is there? */
bool msdosfs_nodes_mapped_to_write(struct msdosfs_mount *mm) __sleeps;
/* Whoever was writing to one, by a mapping or not, is through. */
void msdosfs_nodes_settle(struct msdosfs_mount *mm) __sleeps;
/* The disk may have other names than those in the cache. */
void msdosfs_nodes_forget_names(struct msdosfs_mount *mm) __sleeps;
void msdosfs_nodes_discard_all(struct msdosfs_mount *mm) __sleeps;
/* A number for stat(2) and readdir(3). */
static inline ino_t
msdosfs_ino(uint64_t place)
{
	return (place == 0 ? 1 : place / FAT_DIRENT + 1);
}

/* msdosfs_file.c */
int msdosfs_write_begin(
    struct vnode *vp, uint64_t start, uint64_t *end) __sleeps;
void msdosfs_prefetch(struct vnode *vp, uint64_t start, uint64_t end) __sleeps;
int msdosfs_set_size(struct msdosfs_node *n, uint64_t size) __sleeps;
int msdosfs_file_write(struct msdosfs_node *n) __sleeps; /* mm_batch held */

/* msdosfs_commit.c */
int msdosfs_begin(
    struct msdosfs_mount *mm) __sleeps; /* takes mm_batch, unless it fails */
void msdosfs_end(struct msdosfs_mount *mm);
int msdosfs_commit(struct msdosfs_mount *mm) __sleeps;
int msdosfs_commit_locked(struct msdosfs_mount *mm) __sleeps;
/* The node's entry is to be written, if it has one; mm_batch held. */
void msdosfs_touch(struct msdosfs_node *n);
void msdosfs_clean(struct msdosfs_node *n); /* it needn't be any more */
/* Its entry, if it has one, is written now; mm_batch held. */
int msdosfs_write_entry(struct msdosfs_node *n) __sleeps;

/* msdosfs_vnops.c */
uint32_t msdosfs_now(void); /* as on the disk: date << 16 | time */
void msdosfs_get_times(struct msdosfs_node *n, const struct fat_dirent *d);
void msdosfs_put_entry(const struct msdosfs_node *n, struct fat_dirent *d);

/* msdosfs_names.c */
int msdosfs_lookup(
    struct vnode *dvp, const struct cname *cn, struct vnode **vpp) __sleeps;
int msdosfs_readdir(struct vnode *vp, struct dir_emit *de) __sleeps;
int msdosfs_create(struct vnode *dvp, const struct cname *cn,
    const struct vattr *va, const char *target, struct vnode **vpp) __sleeps;
int msdosfs_remove(
    struct vnode *dvp, struct vnode *vp, const struct cname *cn) __sleeps;
int msdosfs_rmdir(
    struct vnode *dvp, struct vnode *vp, const struct cname *cn) __sleeps;
int msdosfs_rename(struct vnode *fdvp, struct vnode *fvp,
    const struct cname *fcn, struct vnode *tdvp, struct vnode *tvp,
    const struct cname *tcn) __sleeps;
int msdosfs_name(
    struct vnode *vp, struct vnode **dvpp, char *buf, size_t *len) __sleeps;

#endif
