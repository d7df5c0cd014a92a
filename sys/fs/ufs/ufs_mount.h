/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * UFS in the kernel: a mounted file system, its inodes, and how changes reach
 * the disk.
 *
 * A change is made in memory, within a batch: ufs_begin() to ufs_end().  From
 * time to time ufs_commit() waits until nobody is between the two, and writes
 * everything that changed, in phases with a flush of the disk's cache between
 * them:
 *
 * - A: data, and indirect blocks and pieces of directories that are new:
 *   nothing on the disk leads to them yet.
 * - B: the cylinder groups' maps, where what A uses is taken.
 * - C: inodes, with sizes, pointers and link counts; a count that went down is
 *   still the old one.
 * - D: directories, with entries added, and removed.
 * - E: directories without the old names of what was renamed.
 * - F: inodes that lost their last name, and counts that went down.
 * - G: the maps again, where what F freed is free; only now may it be used.
 *
 * Nobody waits for most of the data: they are written ahead, before the batch
 * is held, and A has only those that became dirty meanwhile and that inodes
 * would lead to.
 *
 * A file whose size and blocks the disk knows already needs none of this:
 * fsync(2) writes its pages and, into the inode as the disk has it, its times
 * (ufs_sync.c).  Whatever else the inode says stays what it was.
 *
 * Whatever is pointed to on the disk has thus been written before, and nothing
 * is used again that the disk may still point to: power may fail at any
 * moment.  What is lost then is space that nobody uses, inodes without a name,
 * and counts that are too high; fsck(8) finds it again.  Three rules make it
 * work:
 *
 *   An inode is written as a whole, and all that it points to is new or was
 *   there before: an indirect block is never changed in its place, but copied
 *   (ufs_map.c), so that size, pointers and number of blocks always agree.
 *
 *   A piece of a directory that is new is written in A without the entries that
 *   this batch added (n_added).
 *
 *   A rename whose names aren't in the same 512 bytes, which the disk writes at
 *   once, leaves the old name until E (n_leaving): there is always one.  So
 *   does whatever else takes a name from what got another one in the same batch
 *   (UFS_N_NAMED), or a directory with such old names in it from the tree. What
 *   ".." of a directory that moved leads to is written between D and E, while
 *   both of its names are there.
 *
 * A commit that fails leaves everything dirty, and the next one begins anew.
 * Only by force is what can't be written given up (ufs_giveup.c); after that it
 * can't become writable again.
 *
 * Locks, in the order in which they are taken: v_lock, um_committing,
 * um_writes, um_batch, n_writing, the object's o_lock, n_map, um_alloc,
 * b_times, um_bufs_lock; um_nodes_lock comes after v_lock and before none of
 * the others but um_bufs_lock.  While a file's pages are read none of them is
 * needed but n_map, to find where they are; whoever changes where that is has
 * the pages there, or takes those that are being read from the object
 * (vm/pager.c).
 */
#ifndef FS_UFS_UFS_MOUNT_H
#define FS_UFS_UFS_MOUNT_H

#include "fbsd/errno.h"
#include "fs/ufs/ufs.h"
#include "disk/bio.h"
#include "vm/radix.h"
#include "vfs/syncer.h"
#include "vfs/vop.h"

/* What a block of metadata is: in which phase it is written. */
enum ufs_class {
	UFS_BUF_NEW,   /* A */
	UFS_BUF_GROUP, /* B and G */
	UFS_BUF_INODE, /* C and F */
	UFS_BUF_NAMES, /* D to E */
	UFS_BUF_CLASSES
};

/*
 * A block of metadata in memory, at a multiple of the block size; parts of it
 * may be other files' data, and aren't looked at.  (b) um_bufs_lock, (!) set
 * once, (l) load_lock, which interrupts take; the contents are guarded by the
 * lock of what they are: v_lock of a directory, n_map for indirect blocks,
 * um_alloc for groups; inodes' blocks change in a commit, and but for that in a
 * batch with b_times held.  While it is being read they are the request's, and
 * one that goes meanwhile is freed when that ends.
 */
struct ufs_buf {
	uint64_t b_block;  /* (!) number on the disk */
	uint8_t *b_data;   /* (!) */
	uint8_t *b_image;  /* (um_batch) phase A: what is written instead */
	unsigned b_refs;   /* (b) */
	bool b_checked;	   /* (um_alloc) a group that makes sense */
	uint32_t b_size;   /* (!) bytes */
	bool b_valid;	   /* (l) */
	bool b_loading;	   /* (l) it is being read, or zeroed */
	bool b_outdated;   /* (l) the disk may have changed meanwhile */
	bool b_gone;	   /* (l) nobody has it, but for that */
	struct bio b_read; /* the request's, while b_loading */
	struct bio_seg b_seg;
	struct cv b_loaded;
	struct rwlock b_times;	/* times in it are being written */
	uint8_t b_dirty;	/* (b) fragments to be written, a bit each */
	uint8_t b_late;		/* (um_batch) of these, not yet in phase D */
	uint8_t b_new;		/* (b) allocated in batch b_batch */
	uint64_t b_batch;	/* (b) */
	enum ufs_class b_class; /* (b) if b_dirty */
	struct list b_lru;	/* (b) with no references, clean */
	struct list b_link;	/* (b) in um_dirty[b_class] */
};

/* A run of fragments that becomes free in phase G. */
struct ufs_extent {
	uint64_t frag;
	uint64_t count;
};
#define UFS_EXTENTS 126 /* in 2048 bytes: small, so that it is found */
struct ufs_extents {
	struct ufs_extents *next;
	unsigned n;
	struct ufs_extent extent[UFS_EXTENTS];
};

/* (!) set once, (c) um_changes, (a) um_alloc, (x) um_batch held for writing,
 * (b) for reading at least. */
struct ufs_mount {
	struct ufs um_fs; /* (a) its totals, (!) all else while writable */
	struct ufs_device um_device; /* by the cache of metadata */
	struct ufs_device um_raw;    /* without it: for the superblock */
	struct mount *um_mount;	     /* (!) */
	struct disk *um_disk;	     /* (!) */
	unsigned um_edition; /* its, when it was read; by mount and updates */
	struct syncer_client um_syncer;
	bool um_writable; /* (x) the disk is claimed for writing */
	bool um_ending;	  /* (x) but nothing more may change */
	bool um_gave_up;  /* (x) ufs_give_up() was called */
	/* By /dev/ufssuspend, to go on as before after that. */
	struct mutex um_resume_lock;
	struct cv um_resumed;
	bool um_suspended;	/* (um_resume_lock, a) and it isn't writable */
	bool um_marked;		/* (x) the disk says that it's in use */
	bool um_failed;		/* (x) the last commit did, and it was said */
	bool um_told;		/* (a) that a group is damaged was said */
	uint8_t *um_superblock; /* (x) fs_sbsize bytes as on the disk */

	struct mutex um_bufs_lock;
	struct radix um_bufs;		       /* (um_bufs_lock) by block */
	struct list um_buf_lru;		       /* (um_bufs_lock) */
	struct list um_dirty[UFS_BUF_CLASSES]; /* (um_bufs_lock) */
	unsigned um_nbufs;		       /* (um_bufs_lock) */
	unsigned um_max_bufs;		       /* (!) */

	struct mutex um_nodes_lock;
	struct radix um_nodes;	 /* (um_nodes_lock) by inode number */
	struct list um_node_lru; /* (um_nodes_lock) all, the oldest first */
	unsigned um_nnodes;	 /* (um_nodes_lock) */
	unsigned um_max_nodes;	 /* (!) */
	unsigned um_max_dirty;	 /* (!) inodes */

	struct rwlock um_committing; /* one commit at a time, from its first
				       page written ahead on */
	struct rwlock um_writes;     /* for reading: pages are written, but in a
					commit; for writing: no more are */
	struct rwlock um_batch;
	uint64_t um_number; /* (x) of this batch; from 1 */
	struct spin um_changes;
	/* Inodes that changed, with one reference each: (c) until the next
	 * commit takes them, (x and, to be taken off, c) what it writes. */
	struct list um_dirtied;
	struct list um_dirty_nodes;
	/* Nobody has them, nor their names; the same. */
	struct list um_zombies;
	struct list um_dying;
	bool um_dir_renamed;	 /* (b) some directory was, in this batch */
	unsigned um_nameless;	 /* (c) inodes without a name */
	uint64_t um_dirty_bytes; /* (c) of file data, about */
	unsigned um_ndirty;	 /* (c) inodes that changed */
	bool um_hurried;	 /* atomic: the syncer was told of that */

	struct mutex um_alloc;
	struct ufs_csum *um_csum;     /* (a) one for each group */
	struct ufs_extents *um_frees; /* (a) */
	uint64_t um_freeing;	      /* (a) fragments in um_frees */
	unsigned um_free_tries;	      /* (a) at a group that can't be read */
	bool um_inodes_made;	      /* (a) blocks of inodes were initialised,
					 and aren't flushed yet */
	bool um_wrote;		      /* (x) since the last flush */
	uint64_t um_hash_key;	      /* (!) of directories' indices */
	bool um_leaks; /* (a) something stays in use for nothing */
};

struct ufs_index;

/* (v) v_lock, (m) n_map, (c) um_changes, (b) um_batch for reading besides, (n)
 * um_nodes_lock, (!) set once. */
struct ufs_node {
	struct vnode n_vnode;
	struct ufs_mount *n_um; /* (!) */
	struct list n_lru;	/* (n) */
	struct list n_dirty;	/* (c) in one of the four lists */
	unsigned n_state;	/* (c) UFS_N_* */
	struct ufs_inode n_i;	/* (v b) attributes, (m b) pointers and blocks,
				   (v m b) size */
	unsigned n_dropped;	/* (v b) names removed in this batch */
	unsigned n_tries;	/* (um_batch) commits that couldn't free it */
	struct mutex n_map;
	struct rwlock n_writing; /* its pages are being written */
	bool n_mapped_write;	 /* (a) by mappings since the times were set */
	ino_t n_parent;		 /* (a) where it was found last, or 0 */
	struct ufs_acls *n_acls; /* (v, a) as the attributes have them, or
				    NULL */
	/* directories */
	struct ufs_index *n_index; /* (m) made, (v) used */
	struct radix n_added;	   /* (v b) by offset / 4: what it was */
	struct radix n_leaving;	   /* (m) by offset / 4 */
};
#define UFS_N_DIRTY	 0x01 /* in a list */
#define UFS_N_TIMES	 0x02 /* only times differ from the disk's */
#define UFS_N_META	 0x04 /* something else does */
#define UFS_N_DATA	 0x08 /* pages are dirty */
#define UFS_N_NEW	 0x10 /* the disk's inode isn't written yet */
#define UFS_N_GONE	 0x20 /* without a name: the cache's reference went */
#define UFS_N_NAMED	 0x40 /* it got a name in this batch */
#define UFS_N_MOVED	 0x80 /* a directory got another parent */

#define UFS_COMMIT_FIRST (-100) /* within: commit, and try again */
#define UFS_LINKS_MAX	 65530

static inline struct ufs_node *
ufs_node(struct vnode *vp)
{
	return (container_of(vp, struct ufs_node, n_vnode));
}

static inline uint64_t
ufs_frag_block(const struct ufs_mount *um, uint64_t frag)
{
	return (frag / (uint32_t)um->um_fs.fs_sb.fs_frag);
}

extern const struct vnode_ops ufs_vnode_ops;
extern const struct vm_object_ops ufs_object_ops;

/* ufs_buf.c.  A block, held and read unless it is said to be new: 0, EIO,
 * ENOMEM, EINTEGRITY if there is no such block.  For who only looks, or hasn't
 * begun to change anything, ufs_buf_look(): EINTR, if the process is killed
 * while it is read, or EMISSED. */
int ufs_buf_get(
    struct ufs_mount *um, uint64_t block, struct ufs_buf **bp) __sleeps;
int ufs_buf_look(
    struct ufs_mount *um, uint64_t block, struct ufs_buf **bp) __sleeps;
/* It is there then. */
int ufs_buf_read(struct ufs_mount *um, uint64_t block) __sleeps;
int ufs_buf_new(
    struct ufs_mount *um, uint64_t block, struct ufs_buf **bp) __sleeps;
/* Bytes of a block, if it is in memory: false. */
bool ufs_buf_peek(struct ufs_mount *um, uint64_t block, size_t offset,
    void *buf, size_t n) __sleeps;
void ufs_buf_release(struct ufs_mount *um, struct ufs_buf *b) __sleeps;
/* Bytes of it were changed. */
void ufs_buf_dirty(struct ufs_mount *um, struct ufs_buf *b,
    enum ufs_class class, size_t offset, size_t len) __sleeps;
/* In a commit: those bytes' fragments aren't written in the next phase. */
void ufs_buf_late(struct ufs_mount *um, struct ufs_buf *b, size_t offset,
    size_t len) __sleeps;
/* Fragments of it were allocated just now, and are all written to. */
void ufs_buf_fresh(struct ufs_mount *um, struct ufs_buf *b,
    enum ufs_class class, uint64_t frag, uint64_t count) __sleeps;
/* Those fragments aren't metadata any more. */
void ufs_buf_forget(
    struct ufs_mount *um, uint64_t frag, uint64_t count) __sleeps;
/* Of its fragments, those that were allocated in this batch. */
static inline uint8_t
ufs_buf_new_frags(const struct ufs_mount *um, const struct ufs_buf *b)
{
	return (b->b_batch == um->um_number ? b->b_new : 0);
}
uint64_t ufs_buf_shrink(struct ufs_mount *um, uint64_t want); /* pages freed */
void ufs_buf_discard_all(struct ufs_mount *um) __sleeps;
void ufs_bufs_forget_all(
    struct ufs_mount *um) __sleeps; /* none is dirty any more */

/* ufs_node.c.  The inode of that number, referenced: 0, ENOENT if it isn't in
 * use or has no name, EINTEGRITY, EIO, ENOMEM. */
int ufs_node_init(void);
int ufs_node_get(
    struct ufs_mount *um, uint64_t ino, struct ufs_node **np) __sleeps;
/* One that was just allocated; referenced. */
int ufs_node_new(struct ufs_mount *um, uint64_t ino, enum vtype type,
    struct ufs_node **np) __sleeps;
/* A new one that got no name. */
void ufs_node_abandon(struct ufs_node *n) __sleeps;
/* Something of it changed (UFS_N_TIMES...); within a batch, but for what may
 * change while a commit is made: UFS_N_DATA, and when it was read. */
void ufs_node_touch(struct ufs_node *n, unsigned what);
/* It has one name less; within a batch, v_lock held. */
void ufs_node_drop_name(struct ufs_node *n) __sleeps;
void ufs_node_inactive(struct vnode *vp);
void ufs_node_forget(
    struct ufs_node *n) __sleeps; /* nobody has it, nor a name */
uint64_t ufs_node_shrink(struct ufs_mount *um, uint64_t want) __sleeps;
/* Is somebody besides the cache using one, or more than mnt_root the root? */
bool ufs_nodes_busy(struct ufs_mount *um, bool with_root) __sleeps;
void ufs_nodes_discard_all(struct ufs_mount *um) __sleeps;
void ufs_nodes_note_access(struct ufs_mount *um) __sleeps;
/* As the disk has them; `lose`: empty, if they can't be read. */
int ufs_nodes_reload(struct ufs_mount *um, bool lose) __sleeps;
/* Could somebody write to one by a mapping that is there? */
bool ufs_nodes_mapped_to_write(struct ufs_mount *um) __sleeps;
/* Whoever was writing to one, by a mapping or not, is through. */
void ufs_nodes_settle(struct ufs_mount *um) __sleeps;
void ufs_node_set_times(struct ufs_node *n, bool modified);

/* ufs_alloc.c.  0, ENOSPC, EIO, EINTEGRITY, ENOMEM; within a batch. */
int ufs_alloc_block(
    struct ufs_mount *um, uint64_t near, uint64_t *frag) __sleeps;
int ufs_alloc_frags(struct ufs_mount *um, uint64_t near, unsigned count,
    uint64_t *frag) __sleeps;
/* `have` fragments become `want` where they are: ENOSPC if they can't. */
int ufs_alloc_extend(
    struct ufs_mount *um, uint64_t frag, unsigned have, unsigned want) __sleeps;
/* What was allocated and isn't used after all. */
void ufs_alloc_undo(
    struct ufs_mount *um, uint64_t frag, unsigned count) __sleeps;
/* Free after the next commit. */
void ufs_free_later(
    struct ufs_mount *um, uint64_t frag, uint64_t count) __sleeps;
int ufs_alloc_inode(
    struct ufs_mount *um, uint64_t parent, bool dir, uint64_t *ino) __sleeps;
/* Phase G. 0; ENOMEM, EIO: some is left for another time. */
int ufs_free_inode(struct ufs_mount *um, uint64_t ino, bool dir) __sleeps;
int ufs_apply_frees(struct ufs_mount *um) __sleeps;
/* Without a batch, and any lock: what storage near `frag` is found by is in
 * memory then, if it can be read. */
void ufs_group_fetch(struct ufs_mount *um, uint64_t frag) __sleeps;
/* Anywhere in an inode's group. */
uint64_t ufs_near(struct ufs_mount *um, uint64_t ino);
/* What should become free can't: fsck will see to it. */
void ufs_leak(struct ufs_mount *um, const char *what, uint64_t number);
void ufs_group_seal(struct ufs_mount *um, struct ufs_buf *b); /* its hash */
int ufs_csum_read(struct ufs_mount *um) __sleeps;
int ufs_csum_write(struct ufs_mount *um) __sleeps;

/* ufs_map.c; n_map held, within a batch.  Block lbn gets storage of `frags`
 * fragments, where it had none. */
int ufs_map_alloc(struct ufs_node *n, uint64_t lbn, unsigned frags) __sleeps;
/* It has `have` and gets `want` in the same place: ENOSPC if it can't. */
int ufs_map_extend(
    struct ufs_node *n, uint64_t lbn, unsigned have, unsigned want) __sleeps;
/* It gets `want` in another place, where `copy`, if there is one, puts what it
 * has. */
typedef int ufs_copy_fn(
    struct ufs_mount *um, uint64_t from, uint64_t to, uint64_t count);
int ufs_map_move(struct ufs_node *n, uint64_t lbn, unsigned have, unsigned want,
    ufs_copy_fn *copy) __sleeps;
/* It becomes a hole. */
int ufs_map_punch(struct ufs_node *n, uint64_t lbn) __sleeps;
/* What is beyond that size is freed; sets i_size.  An error means that
 * something stays in use, though nothing leads to it: after
 * ufs_map_prepare_cut(), in the same batch, only if what was read can't be read
 * again. */
int ufs_map_cut(struct ufs_node *n, uint64_t size) __sleeps;
int ufs_map_prepare_cut(struct ufs_node *n, uint64_t size) __sleeps;
/* As ufs_bmap(), without reading: EBUSY, and which block must be read. */
int ufs_map_look(struct ufs_node *n, uint64_t lbn, uint64_t most,
    uint64_t *frag, uint64_t *run, uint64_t *missing);
/* As ufs_bmap(); n_map is let go of while a block is read.  EINTR. */
int ufs_map_find(struct ufs_node *n, uint64_t lbn, uint64_t most,
    uint64_t *frag, uint64_t *run) __sleeps;
/* Fragments that a file of that size has for block lbn. */
unsigned ufs_frags_for(const struct ufs_mount *um, uint64_t size, uint64_t lbn);

/* ufs_file.c: regular files. */
void ufs_prefetch(struct vnode *vp, uint64_t start, uint64_t end) __sleeps;
int ufs_write_begin(struct vnode *vp, uint64_t start, uint64_t *end) __sleeps;
int ufs_allocate(struct vnode *vp, off_t start, off_t end) __sleeps;
int ufs_set_size(struct ufs_node *n, uint64_t size) __sleeps; /* v_lock held */
int ufs_punch(struct vnode *vp, off_t start, off_t end) __sleeps;
int ufs_seekhole(struct vnode *vp, int whence, off_t *off) __sleeps;
/* Writes all its dirty pages out and waits, for those that somebody else is
 * writing too; n_writing is taken.  UFS_N_DATA goes, unless something fails or
 * becomes dirty again. */
int ufs_write_data(struct ufs_node *n) __sleeps;

/* ufs_index.c: names of a directory to the offsets of their entries. */
int ufs_index_find(struct ufs_node *dir, const char *name, size_t len,
    uint64_t *offset, uint64_t *ino) __sleeps;
/* Has the disk still an entry of that name, which goes in phase E? */
bool ufs_index_leaving(
    struct ufs_node *dir, const char *name, size_t len) __sleeps;
/* Where an entry of that size can go: 0, ENOSPC if it must grow. */
int ufs_index_room(
    struct ufs_node *dir, unsigned size, uint64_t *block) __sleeps;
void ufs_index_add(
    struct ufs_node *dir, const char *name, size_t len, uint64_t offset);
void ufs_index_remove(
    struct ufs_node *dir, const char *name, size_t len, uint64_t offset);
/* The room that the block at `offset` has. */
void ufs_index_update(
    struct ufs_node *dir, uint64_t offset, const uint8_t *block);
void ufs_index_free(struct ufs_node *dir);

/*
 * ufs_dirblk.c: entries in a directory's blocks of 512 bytes; v_lock held, for
 * writing but for the first.
 */
/* The block at `offset`, in a buffer that is held. */
int ufs_dirblk_get(struct ufs_node *dir, uint64_t offset, struct ufs_buf **bp,
    uint8_t **data) __sleeps;
/* The same for the one that `offset` is in, until it is let go of; what is then
 * done to it doesn't need the disk. */
struct ufs_dirblk {
	struct ufs_buf *buf; /* or NULL */
	uint8_t *data;
	uint64_t start; /* in the directory */
};
int ufs_dirblk_hold(
    struct ufs_node *dir, uint64_t offset, struct ufs_dirblk *at) __sleeps;
void ufs_dirblk_release(struct ufs_node *dir, struct ufs_dirblk *at) __sleeps;
/* The largest entry that would fit. */
unsigned ufs_dirblk_room(const uint8_t *block);
/* Was the entry at `offset` removed already, but for the disk? */
bool ufs_dir_is_leaving(struct ufs_node *dir, uint64_t offset) __sleeps;
/* Or else the entry d, which is there, is used. */
bool ufs_dir_stays_there(
    struct ufs_node *dir, const struct ufs_direct *d, uint64_t offset) __sleeps;
/* Was it added, or changed, in this batch? */
bool ufs_dir_is_added(const struct ufs_node *dir, uint64_t offset);
/* Room for a name, in *block; if there is some in the block at `wish` (or
 * UINT64_MAX), there. ENOENT: the directory was removed. */
int ufs_dir_reserve(struct ufs_node *dir, const struct cname *cn, uint64_t wish,
    uint64_t *block) __sleeps;
/* A name in a block with room for it.  `known`: the disk has the inode, with a
 * count that includes this name.  0, or ENOMEM with nothing changed. */
int ufs_dir_enter(struct ufs_node *dir, const struct ufs_dirblk *at,
    const struct cname *cn, struct ufs_node *n, bool known) __sleeps;
/* The entry at `offset` leads to that inode, of that type, from now on. */
int ufs_dir_replace(struct ufs_node *dir, const struct ufs_dirblk *at,
    uint64_t offset, uint64_t ino, uint16_t mode, bool known) __sleeps;
/* It goes; `later`: the disk keeps it until phase E, for which there is memory
 * after ufs_dir_will_leave().  That is undone by ufs_dir_stays(). */
void ufs_dir_remove(struct ufs_node *dir, const struct ufs_dirblk *at,
    uint64_t offset, const struct cname *cn, bool later) __sleeps;
int ufs_dir_will_leave(struct ufs_node *dir, uint64_t offset) __sleeps;
void ufs_dir_stays(struct ufs_node *dir, uint64_t offset) __sleeps;
/* A new directory's first block. */
int ufs_dir_make(struct ufs_node *dir, uint64_t parent) __sleeps;
/* Its "..", in its first block, leads elsewhere, once that has been prepared:
 * 0, ENOMEM, EINTEGRITY. */
int ufs_dir_prepare_parent(struct ufs_node *dir, const struct ufs_dirblk *at);
void ufs_dir_set_parent(struct ufs_node *dir, const struct ufs_dirblk *at,
    uint64_t parent) __sleeps;
/* It is removed before the disk knew of its new parent, and never will. */
void ufs_dir_restore_parent(
    struct ufs_node *dir, const struct ufs_dirblk *at) __sleeps;
void ufs_dir_forget_changes(
    struct ufs_node *dir) __sleeps; /* no commit will come */
/* In a commit: its ".." is written after phase D.  These three: 0, EIO, ENOMEM.
 */
int ufs_dir_parent_late(struct ufs_node *dir) __sleeps;
/* Has it names that the disk keeps until phase E? */
bool ufs_dir_any_leaving(const struct ufs_node *dir);
int ufs_dir_empty(struct ufs_node *dir, bool *empty) __sleeps;
/* In a commit: the entries that this batch added don't show in b_image. */
int ufs_dir_mask_added(struct ufs_node *dir) __sleeps;
int ufs_dir_finish_leaving(struct ufs_node *dir) __sleeps;

/* ufs_names.c, ufs_vnops.c */
int ufs_lookup(
    struct vnode *dvp, const struct cname *cn, struct vnode **vpp) __sleeps;
int ufs_create(struct vnode *dvp, const struct cname *cn,
    const struct vattr *va, const char *target, struct vnode **vpp) __sleeps;
int ufs_remove(
    struct vnode *dvp, struct vnode *vp, const struct cname *cn) __sleeps;
int ufs_rmdir(
    struct vnode *dvp, struct vnode *vp, const struct cname *cn) __sleeps;
int ufs_link(
    struct vnode *dvp, struct vnode *vp, const struct cname *cn) __sleeps;
int ufs_rename(struct vnode *fdvp, struct vnode *fvp, const struct cname *fcn,
    struct vnode *tdvp, struct vnode *tvp, const struct cname *tcn) __sleeps;
int ufs_readdir(struct vnode *vp, struct dir_emit *de) __sleeps;
int ufs_fetch(struct vnode *vp, uint64_t block) __sleeps;
int ufs_name(
    struct vnode *vp, struct vnode **dvpp, char *buf, size_t *len) __sleeps;

/*
 * ufs_extattr.c: records of attributes, in memory of ufs_ext_room() bytes.
 * v_lock is held.
 */
size_t ufs_ext_room(const struct ufs_mount *um);
/* An inode's. 0, EIO, EINTR, EMISSED, ENOMEM, EINTEGRITY. */
int ufs_ext_load(struct ufs_node *n, uint8_t **area);
void ufs_ext_unload(struct ufs_node *n, uint8_t *area);
/* An attribute's value and its size, or NULL. */
const void *ufs_ext_find(
    const uint8_t *area, size_t size, int ns, const char *name, size_t *value);
/* One more, for which there is room. */
void ufs_ext_append(uint8_t *area, size_t *size, int ns, const char *name,
    const void *buf, size_t len);
/* Within a batch: the inode has these records instead of those that it had;
 * one of them becomes another, or with buf NULL goes, ENOATTR. */
int ufs_ext_store(
    struct ufs_node *n, const uint8_t *area, size_t size) __sleeps;
int ufs_ext_change(struct ufs_node *n, int ns, const char *name,
    const void *buf, size_t len) __sleeps;
void ufs_ext_free(struct ufs_node *n) __sleeps; /* n_map held, within a batch */
int ufs_getextattr(
    struct vnode *vp, int ns, const char *name, void *buf, size_t *size);
int ufs_setextattr(struct vnode *vp, int ns, const char *name, const void *buf,
    size_t size) __sleeps;
int ufs_deleteextattr(struct vnode *vp, int ns, const char *name) __sleeps;
int ufs_listextattr(struct vnode *vp, int ns, void *buf, size_t *size);

/* ufs_acl.c */
int ufs_getacl(struct vnode *vp, int type, const struct acl_list **alp);
int ufs_setacl(struct vnode *vp, int type, const struct acl_list *al) __sleeps;
/* The attributes aren't what they were. */
void ufs_acls_forget(struct ufs_node *n);
/* What a new file has from its directory, whose v_lock is held: a mode, and
 * records of attributes, or NULL.  To be let go of by ufs_inherited(). */
struct ufs_heritage {
	mode_t mode;
	uint8_t *area;
	size_t size;
};
int ufs_inherit(
    struct ufs_node *dir, const struct vattr *va, struct ufs_heritage *h);
void ufs_inherited(struct ufs_node *dir, struct ufs_heritage *h);

/* ufs_suspend.c */
void ufs_make_device(void) __sleeps;
/* It isn't suspended: 0, EINTR. */
int ufs_wait_resumed(struct ufs_mount *um) __sleeps;
/* ufs_vfsops.c, for that: is it one of ours? */
bool ufs_is_mount(const struct mount *mp);
/* Goes on, as the disk is now; it isn't writable if that fails. */
int ufs_resume(struct ufs_mount *um) __sleeps;

/* ufs_commit.c */
int ufs_begin_later(struct ufs_mount *um) __sleeps;
/* Without a batch, EROFS: it isn't written any more; EINTR: the process was
 * killed while it waited for a commit. */
static inline int
ufs_begin(struct ufs_mount *um)
{
	if (__predict_false(rw_rlock_kill(&um->um_batch) != 0))
		return (EINTR);
	if (__predict_true(um->um_writable && !um->um_ending))
		return (0);
	rw_runlock(&um->um_batch);
	return (ufs_begin_later(um));
}
static inline void
ufs_end(struct ufs_mount *um)
{
	rw_runlock(&um->um_batch);
}
/* Everything that changed reaches the disk.  0 or the first error. */
int ufs_commit(struct ufs_mount *um) __sleeps;
/* The same by another thread: EINTR, if the process is killed meanwhile. No
 * locks but v_lock. */
int ufs_have_committed(struct ufs_mount *um);
/* The same, and the disk says that it is clean; from then on nothing changes
 * any more. EBUSY if files without a name are open; `force`: the disk isn't
 * clean then. */
int ufs_commit_last(struct ufs_mount *um, bool force) __sleeps;
/* The same while others use it, which may wait to begin anew: the disk's totals
 * are true, but it is only clean if no files without a name are open. */
int ufs_commit_suspended(struct ufs_mount *um) __sleeps;
/* Nothing more begins to change, and what had begun has, before the last
 * commit: for those who are in use.  It undoes that if it fails. */
void ufs_end_changes(struct ufs_mount *um) __sleeps;
/* ufs_giveup.c: what can't be written is lost, and said to be; it isn't
 * writable any more. */
void ufs_give_up(struct ufs_mount *um) __sleeps;
/* After ufs_end(): is it worth trying again, after a commit that has been made?
 * UFS_COMMIT_FIRST; ENOSPC, if something is to become free. *tries: 0 first. */
bool ufs_try_again(struct ufs_mount *um, int *error, unsigned *tries) __sleeps;
/* A change has been made, or `error`: if the file system is mounted "sync", it
 * is on the disk before the caller hears of it. */
int ufs_done(struct ufs_mount *um, int error) __sleeps;
/* Half of what memory should hold is dirty: the syncer commits it.  Whoever
 * makes all of that dirty, commits it himself; if that fails he may make twice
 * as much, and then there is an error.  No locks but v_lock. */
int ufs_throttle(struct ufs_mount *um) __sleeps;
/* The superblock, clean or in use; and in use, with all totals. */
int ufs_mark(struct ufs_mount *um, bool clean) __sleeps;
int ufs_write_totals(struct ufs_mount *um) __sleeps;

/* ufs_sync.c */
int ufs_fsync(struct vnode *vp, bool datasync) __sleeps;
/* What is dirty of all files now is written; um_committing held, and um_batch
 * isn't needed.  0 or the last error. */
int ufs_write_ahead(struct ufs_mount *um) __sleeps;
/* The dinode gets the inode's times, and the hash of what it is then. */
void ufs_put_times(const struct ufs_inode *i, struct ufs2_dinode *di);
void ufs_seal_inode(const struct ufs_mount *um, struct ufs2_dinode *di);

#endif
