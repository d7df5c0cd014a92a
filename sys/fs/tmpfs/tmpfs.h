/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tmpfs: files in memory, and the root made from the boot archive.
 *
 * A node is a file; it lives as long as its vnode, which is a part of it.  All
 * of its names together hold one reference to the vnode.  A directory is a
 * tree of entries ordered by the hash of their names, which makes look-up
 * logarithmic and gives each entry a place (its key) that doesn't change
 * while others come and go: what readdir needs.
 *
 * A regular file's pages are those of its vnode's object; a missing page is
 * a hole, or still in the boot archive.
 *
 * Locks: a directory's entries and a node's attributes are under its v_lock;
 * tm_lock, a spin lock, comes last and guards what goes across: names of
 * nodes, parents, and the count of what is used.
 */
#ifndef FS_TMPFS_TMPFS_H
#define FS_TMPFS_TMPFS_H

#include "lib/rbtree.h"
#include "vfs/vnode.h"
#include "vm/radix.h"

struct ustar_entry;

/* (l) tm_lock, (!) set once. */
struct tmpfs_mount {
	struct mount *tm_mount; /* (!) */
	struct spin tm_lock;
	struct tmpfs_node *tm_root; /* (!) */
	struct radix tm_nodes;	    /* (l) all, by number */
	uint64_t tm_nnodes;	    /* (l) */
	uint64_t tm_max_nodes;	    /* (!) */
	uint64_t tm_pages;	    /* (l) in files */
	uint64_t tm_max_pages;	    /* (l) */
	ino_t tm_last_ino;	    /* (l) */
	uint64_t tm_hash_key;	    /* (!) random */
};

/* An extended attribute. */
struct tmpfs_attr {
	struct list ta_link;
	int ta_namespace;
	size_t ta_size; /* of the value */
	void *ta_value;
	char ta_name[256];
};

/* (v) v_lock, (l) tm_lock, (o) the object's lock, (!) set once. */
struct tmpfs_node {
	struct vnode tn_vnode;
	struct tmpfs_mount *tn_mount; /* (!) */
	ino_t tn_ino;		      /* (!) */
	mode_t tn_mode;		      /* (v) */
	bool tn_removed;	      /* (v) directory without a name */
	uid_t tn_uid;		      /* (v) */
	gid_t tn_gid;		      /* (v) */
	fflags_t tn_flags;	      /* (v) */
	dev_t tn_rdev;		      /* (!) */
	nlink_t tn_nlink;	      /* (v) */
	struct timespec tn_atime;     /* (v) but see v_accessed */
	struct timespec tn_mtime;     /* (v) */
	struct timespec tn_ctime;     /* (v) */
	struct timespec tn_birthtime; /* (v) */
	struct list tn_names;	      /* (l) entries that lead here */
	struct list tn_attrs;	      /* (v) */
	union {
		struct {
			struct rb_tree entries;	   /* (v) by key */
			uint64_t count;		   /* (v) */
			struct tmpfs_node *parent; /* (l) NULL: removed */
		} tn_dir;
		struct {
			char *target; /* (!) */
			size_t len;   /* (!) */
		} tn_symlink;
		struct {
			const uint8_t *archive; /* (o) the file's data
						   in the archive */
			uint64_t archive_size;	/* (o) less when cut */
			uint64_t charged;	/* (o) pages */
		} tn_file;
	};
};

struct tmpfs_entry {
	struct rb_node te_rb;
	uint64_t te_key;	    /* (!) place in the directory */
	struct tmpfs_node *te_node; /* (dir's v_lock) */
	struct tmpfs_node *te_dir;  /* (!) */
	struct list te_link;	    /* (l) in te_node's tn_names */
	uint8_t te_len;		    /* (!) */
	char te_name[];
};

/* Where entries' keys begin; below are "." and "..". */
#define TMPFS_FIRST_KEY 16
#define TMPFS_LINK_MAX	UINT32_MAX

static inline struct tmpfs_node *
tmpfs_node(struct vnode *vp)
{
	return (container_of(vp, struct tmpfs_node, tn_vnode));
}

extern const struct vnode_ops tmpfs_vnode_ops;
extern const struct vm_object_ops tmpfs_object_ops;

/* tmpfs_node.c. Before the first mount: 0 or ENOMEM. */
int tmpfs_node_init(void);
/* A node without a name, with one reference that its first name
 * takes over; tmpfs_node_free() undoes. 0, ENOSPC. */
int tmpfs_node_alloc(struct tmpfs_mount *tm, const struct vattr *va,
    const char *target, struct tmpfs_node **np) __sleeps;
void tmpfs_node_free(struct tmpfs_node *n) __sleeps;
void tmpfs_changed(struct tmpfs_node *n);  /* ctime */
void tmpfs_modified(struct tmpfs_node *n); /* mtime and ctime */
int tmpfs_getattr(struct vnode *vp, struct vattr *va);
int tmpfs_setattr(struct vnode *vp, const struct vattr *va) __sleeps;
int tmpfs_access(struct vnode *vp, int mode, const struct cred *cr);
int tmpfs_pathconf(struct vnode *vp, int name, long *val);

/* tmpfs_dir.c: entries; the directory's v_lock held. */
struct tmpfs_entry *tmpfs_find(
    struct tmpfs_node *dir, const char *name, size_t len);
/* ENOSPC, ENOENT (directory removed), EMLINK. */
int tmpfs_enter(
    struct tmpfs_node *dir, const char *name, size_t len, struct tmpfs_node *n);
void tmpfs_leave(struct tmpfs_node *dir, struct tmpfs_entry *te) __sleeps;
int tmpfs_lookup(struct vnode *dvp, const struct cname *cn, struct vnode **vpp);
int tmpfs_readdir(struct vnode *vp, struct dir_emit *de);
int tmpfs_create(struct vnode *dvp, const struct cname *cn,
    const struct vattr *va, const char *target, struct vnode **vpp) __sleeps;
int tmpfs_remove(
    struct vnode *dvp, struct vnode *vp, const struct cname *cn) __sleeps;
int tmpfs_rmdir(
    struct vnode *dvp, struct vnode *vp, const struct cname *cn) __sleeps;
int tmpfs_linkto(struct vnode *dvp, struct vnode *vp, const struct cname *cn);
int tmpfs_rename(struct vnode *fdvp, struct vnode *fvp, const struct cname *fcn,
    struct vnode *tdvp, struct vnode *tvp, const struct cname *tcn) __sleeps;
int tmpfs_name(struct vnode *vp, struct vnode **dvpp, char *buf, size_t *len);

/* tmpfs_file.c */
/* Takes n pages of the mount's room: false if there is none. */
bool tmpfs_charge(struct tmpfs_mount *tm, uint64_t n);
void tmpfs_uncharge(struct tmpfs_mount *tm, uint64_t n);
void tmpfs_file_free(struct tmpfs_node *n) __sleeps;
void tmpfs_resize(struct tmpfs_node *n, uint64_t size) __sleeps;
int tmpfs_extend(struct vnode *vp, uint64_t size) __sleeps;
int tmpfs_write_begin(struct vnode *vp, uint64_t start, uint64_t *end) __sleeps;
void tmpfs_written(struct vnode *vp, const struct cred *cr);
int tmpfs_getpage(struct vnode *vp, uint64_t index, struct page **pp) __sleeps;
int tmpfs_seekhole(struct vnode *vp, int whence, off_t *off) __sleeps;
int tmpfs_punch(struct vnode *vp, off_t start, off_t end) __sleeps;
int tmpfs_allocate(struct vnode *vp, off_t start, off_t end) __sleeps;

/* tmpfs_attr.c */
void tmpfs_attrs_free(struct tmpfs_node *n);
int tmpfs_getextattr(
    struct vnode *vp, int ns, const char *name, void *buf, size_t *size);
int tmpfs_setextattr(
    struct vnode *vp, int ns, const char *name, const void *buf, size_t size);
int tmpfs_deleteextattr(struct vnode *vp, int ns, const char *name);
int tmpfs_listextattr(struct vnode *vp, int ns, void *buf, size_t *size);

/* archive.c: fills an empty file system from the boot module. */
int tmpfs_unpack(struct tmpfs_mount *tm) __sleeps;

#endif
