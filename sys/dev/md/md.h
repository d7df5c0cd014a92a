/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory disks: md0, md1, ..., which mdconfig(8) makes by /dev/mdctl.
 *
 * md.c is the disk, its thread and its end; md_memory.c and md_file.c are what
 * it may consist of; md_ctl.c is /dev/mdctl.
 */
#ifndef DEV_MD_MD_H
#define DEV_MD_MD_H

#include "core/sync.h"
#include "disk/bio.h"
#include "fbsd/mdioctl.h"
#include "vm/radix.h"

struct file;
struct thread;

/* (l) md_lock, (!) set before the disk is known, (t) its thread's, (u) the lock
 * of md_ctl.c. */
struct md {
	struct disk md_disk;
	struct list md_link;   /* (u) by number */
	unsigned md_unit;      /* (!) */
	enum md_type md_type;  /* (!) */
	unsigned md_options;   /* (!) MD_* */
	int md_fwheads;	       /* (!) */
	int md_fwsectors;      /* (!) */
	char *md_label;	       /* (!) or NULL */
	bool md_known;	       /* (u) it is a disk */
	struct mutex md_lock;  /* also that of md_disk's counts */
	struct radix md_pages; /* (l) struct page by number */
	struct file *md_file;  /* (t) of MD_VNODE */
	char *md_path;	       /* (!) its name, */
	uint64_t md_fsid;      /* (!) and number */
	uint64_t md_ino;       /* (!) */
	struct list md_queue;  /* (l) requests for the thread */
	struct cv md_work;     /* there are some, or it is to end */
	struct cv md_through;  /* it has ended */
	bool md_ending;	       /* (l) */
	bool md_ended;	       /* (l) */
};

/* md.c: the disk of what is set up, or ENOMEM. */
int md_start(struct md *md) __sleeps;
/* Of what never was a disk, or isn't any more. */
void md_free(struct md *md);

/*
 * md_memory.c: a request within the disk, or as much of it as can be done.
 * EAGAIN: there is no memory for it at the moment; ENXIO: the disk has gone.
 */
int md_memory_io(struct md *md, struct bio *bp) __sleeps;
/* Pages [first, end) are there from now on, and zero where there were none.
 * ENOMEM: no more than before. */
int md_memory_reserve(struct md *md, uint64_t first, uint64_t end) __sleeps;
/* None from page `first` on. md_lock is held. */
void md_memory_cut(struct md *md, uint64_t first);

/* md_file.c: the file whose path is md_path, for what md_options say. */
int md_file_open(struct md *md, struct thread *td) __sleeps;
/* A request within the disk, whole. */
int md_file_io(struct md *md, struct bio *bp) __sleeps;

/* vfs's (vfs/md_vnode.c): a regular file by its path; EINVAL: it isn't one.
 * Makes what was written safe.  Gives [start, end) back: EOPNOTSUPP. */
int md_vnode_open(struct thread *td, const char *path, bool write,
    struct file **fpp) __sleeps;
int md_vnode_sync(struct file *fp);
int md_vnode_punch(struct file *fp, off_t start, off_t end) __sleeps;

#endif
