/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef FSCK_IMPL_H
#define FSCK_IMPL_H

/*
 * What the parts of the checker share.  Errors that end a check, a disk that
 * can't be read among them, leave by check_fail(); all memory hangs on struct
 * check, so that nothing is lost then.
 */

#include <setjmp.h>

#include "check.h"
#include "fs/ufs/ufs.h"

#define S_IFMT	    0170000
#define DT_OF(mode) ((mode) >> 12)
enum {
	DT_FIFO = 1,
	DT_CHR = 2,
	DT_DIR = 4,
	DT_BLK = 6,
	DT_REG = 8,
	DT_LNK = 10,
	DT_SOCK = 12,
	DT_WHT = 14
};
#define SF_SNAPSHOT 0x00200000

/* The device's bytes, with changes that aren't written yet. */
#define PAGE_BYTES 16384u
struct page {
	uint64_t number; /* of PAGE_BYTES */
	struct page *next;
	bool dirty;
	bool recent;
	uint8_t data[PAGE_BYTES];
};

/* What is known of an inode. */
struct inode_info {
	int16_t nlink;	/* as it says */
	uint8_t type;	/* DT_*; 0: it is free */
	uint8_t marks;	/* INODE_* */
	uint32_t names; /* entries that lead to it */
};
#define INODE_CLAIMED 0x1 /* its blocks are in `used` */
#define INODE_REJOIN  0x2 /* gets a name in lost+found */
#define INODE_LATE    0x4 /* a directory without a name has one for it */

struct directory {
	uint32_t ino;
	uint32_t parent;  /* whose entry leads to it; 0: none does */
	uint32_t dotdot;  /* where its own .. leads */
	uint32_t entries; /* besides . and .. */
	bool two_names;
	uint64_t where; /* of the entry in the parent, bytes */
};
#define PARENT_LOST UINT32_MAX /* lost+found, which it isn't in yet */

/* A further entry that leads to a directory. */
struct second_name {
	uint32_t dir;
	uint32_t child;
	uint64_t where;
};

/* A block of a file that belongs to another, too. */
struct shared_block {
	uint64_t pointer; /* bytes: where its address lies */
	uint64_t frag;
	uint32_t ino;
	unsigned frags;
};

struct check {
	struct check_device *dev;
	const struct check_options *opt;
	struct check_result *res;
	jmp_buf failed;

	struct page **pages; /* all, in no order */
	struct page **buckets;
	size_t npages, room_pages, ndirty, hand;

	struct ufs_device ud; /* reads through the pages */
	struct ufs fs;
	uint64_t home; /* bytes: where the superblock belongs */
	bool ufs1;
	uint8_t *used; /* a bit a fragment */
	uint64_t nused;
	uint64_t alloc_hint; /* fragment */
	struct inode_info *inodes;
	uint32_t *inited; /* a group's inodes that were ever written */

	struct directory *dirs; /* by number */
	size_t ndirs, room_dirs;
	size_t *queue; /* of directories, by index, to be read */
	size_t queue_head, queue_tail;
	struct second_name *seconds;
	size_t nseconds, room_seconds;
	uint64_t climbs;
	struct shared_block *shared;
	size_t nshared, room_shared;

	uint8_t *indirect[UFS_NINDIRECT]; /* a block for each depth */
	uint8_t *group, *group_new;	  /* fs_cgsize bytes each */
	uint64_t add_dir, add_hint; /* where an entry was added last, bytes */
	int64_t journal_time;	    /* of the session that it is about */
	uint64_t hard;	 /* findings that only CHECK_REPAIR repairs */
	bool late;	 /* what is found is only about what nobody uses */
	bool incomplete; /* a repair wasn't possible */
	/* What the device says of being in use. */
	enum { AS_FOUND, MARKING, MARKED } mark;
};

/* check.c */
_Noreturn void check_fail(struct check *c, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* HARD: the repair may lose something, or a person should know. */
enum severity { HARMLESS, HARD };
void report(struct check *c, enum check_class class, enum severity severity,
    const char *format, ...) __attribute__((format(printf, 4, 5)));
void *check_alloc(struct check *c, size_t count, size_t size);
/* The array, with room for one more. */
void *check_grow(
    struct check *c, void *array, size_t count, size_t *room, size_t size);

/* cache.c */
void cache_read(struct check *c, uint64_t offset, void *buf, size_t size);
void cache_write(
    struct check *c, uint64_t offset, const void *buf, size_t size);
void cache_flush(struct check *c);
/* The page that this byte is in, alone. */
void cache_flush_at(struct check *c, uint64_t offset);
void cache_free(struct check *c);

/* super.c */
void super_open(struct check *c); /* all that one marked clean costs */
void super_check(struct check *c);
/* Before the first write: what says that it's clean says so no more. */
void super_begin(struct check *c);
void super_finish(struct check *c);
/* The first fragment of the groups' summary. */
uint64_t summary_first(const struct ufs *fs);
/* Is the fragment one of those that a group begins with? */
bool is_group_own(const struct ufs *fs, uint64_t frag);

/* inodes.c */
uint32_t inode_hashes(const struct check *c);
uint64_t inode_place(struct check *c, uint64_t ino);
void inode_get(struct check *c, uint64_t ino, struct ufs2_dinode *di);
void inode_put(struct check *c, uint64_t ino, struct ufs2_dinode *di);
void inode_clear(struct check *c, uint64_t ino);
void inode_links(struct check *c, uint64_t ino, int change);
void inodes_scan(struct check *c);
void links_check(struct check *c);

/* blocks.c */
bool frags_used(const struct check *c, uint64_t frag, unsigned n);
void frags_mark(struct check *c, uint64_t frag, unsigned n, bool used);
void metadata_claim(struct check *c);
bool is_short_link(const struct check *c, const struct ufs2_dinode *di);
/* False: it is a directory without a first block. */
bool blocks_claim(struct check *c, uint64_t ino);
void blocks_release(struct check *c, uint64_t ino);
uint64_t frags_alloc(struct check *c, unsigned n); /* 0: none left */
void shared_copy(struct check *c);

/* tree.c */
struct directory *directory_find(struct check *c, uint64_t ino);
void directory_add(struct check *c, uint64_t ino);
void tree_walk(struct check *c, struct directory *from);
void tree_check(struct check *c);
void files_claim(struct check *c);

/* dirblock.c */
struct entry {
	uint64_t where; /* in the directory, bytes */
	uint32_t ino;
	uint8_t type;
	uint8_t namlen;
	const char *name;
};
enum verdict { KEEP, CHANGED, REMOVE };
/* What to do with an entry; its ino and type may be changed. */
typedef enum verdict entry_visit(
    struct check *c, struct directory *dir, struct entry *e);
void directory_read(struct check *c, struct directory *dir, entry_visit *visit);
void entry_remove(struct check *c, uint64_t dir, uint64_t where);
void dotdot_set(struct check *c, struct directory *dir, uint32_t parent);
/* A new one, with a block of its own; false: there is no room. */
bool directory_create(
    struct check *c, uint32_t ino, uint32_t parent, uint16_t mode);
/* 0: there is none. */
uint32_t dotdot_get(struct check *c, uint64_t dir);
/* False: there is no room. */
bool entry_add(struct check *c, uint64_t dir, const char *name, uint32_t ino,
    uint8_t type);

/* orphans.c */
void orphans_find(struct check *c);
void orphans_rejoin(struct check *c);

/* journal.c */
void journal_check(struct check *c);
void journal_end(struct check *c);

/* groups.c */
/* Inodes at its start that were ever written. */
uint32_t group_inited(struct check *c, uint32_t group);
void groups_named(struct check *c);
void groups_check(struct check *c);
void groups_write(struct check *c);

#endif
