/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Disks and their partitions, and the requests that they take.
 *
 * A driver adds whole disks; their partition tables are read when somebody
 * first asks for a disk, so that one nobody uses costs nothing.  To everybody
 * but the driver a partition is a disk like another.  A disk that goes fails
 * whatever is asked of it; its structure stays while somebody has a reference.
 */
#ifndef DISK_BIO_H
#define DISK_BIO_H

#include "core/callout.h"
#include "core/sync.h"
#include "lib/list.h"

struct cdev;
struct disk;
struct file;
struct uio;
struct disk_class;
struct vm_read;

enum bio_cmd {
	BIO_READ,
	BIO_WRITE,
	BIO_DELETE, /* the contents aren't needed: EOPNOTSUPP where they stay */
	BIO_FLUSH,  /* what was written before is to survive a power cut */
	BIO_IDENT,  /* the serial number: one segment of DISK_IDENT_MAX */
};

/* Memory, physically contiguous; whole sectors, any address. */
struct bio_seg {
	paddr_t pa;
	uint32_t len;
};

/*
 * A request.  It and its segments are the disk's from bio_start() until
 * b_done is called.  (d) the driver's meanwhile, with its lock.
 */
struct bio {
	struct list b_link; /* (d) */
	enum bio_cmd b_cmd;
	uint64_t b_offset; /* bytes from the disk's start; whole sectors */
	uint64_t b_length; /* BIO_DELETE: bytes; else bio_start() adds it up */
	struct bio_seg *b_segs; /* read, write, ident */
	unsigned b_nsegs;
	int b_error; /* at the end: 0, EIO, EINVAL, EROFS, ENXIO, EOPNOTSUPP */
	void (*b_done)(struct bio *); /* any context, no locks held */
	void *b_arg;		      /* whoever asks keeps this */
	uint64_t b_position;	      /* (d) the offset on the whole disk */
	uint64_t b_since;  /* (d) clock_cycles() when it became the driver's */
	unsigned b_seg;	   /* (d) first segment not yet under way, */
	uint32_t b_segoff; /* (d) from this byte on */
	uint64_t b_begun;  /* (d) bytes under way or through */
	unsigned b_parts;  /* (d) the hardware has that many of it */
};

#define DISK_NAME_MAX  32
#define DISK_IDENT_MAX 20
#define DISK_LABEL_MAX 56

enum disk_scheme { DISK_PLAIN, DISK_GPT, DISK_MBR, DISK_BSD };

/* disk_errors.c: what the console was told.  (e) de_lock. */
struct disk_errors {
	struct spin de_lock;
	unsigned de_told;   /* (e) one by one */
	unsigned de_silent; /* (e) to be told of in a sum */
	uint64_t de_last;   /* (e) clock_ns() */
	enum bio_cmd de_cmd;
	uint64_t de_sector; /* (e) of the last one, as de_cmd */
	struct callout de_callout;
};

/* disk_stats.c: what a whole disk did.  (d) the driver's lock to write; whoever
 * reads may see one number newer than another. */
enum { DISK_KINDS = 4 }; /* FreeBSD's: others, reads, writes, deletes */
struct devstat;
struct disk_stats {
	struct devstat *ds_record; /* (a) the same for /dev/devstat, or NULL */
	uint32_t ds_begun, ds_ended; /* (d) requests */
	uint64_t ds_busy;	     /* (d) cycles that there were any */
	uint64_t ds_busy_from;	     /* (d) of ds_busy, not yet counted */
	uint64_t ds_created;	     /* (!) clock_ns() */
	struct disk_work {
		uint64_t bytes, operations, cycles; /* (d) */
	} ds_work[DISK_KINDS];
};

#define DISK_LABELS 3

/* (!) set before the disk is known to others, (l) disks_lock, (a) atomic, (t)
 * taste_lock. */
struct disk {
	struct list d_link; /* (l) */
	unsigned d_refs;    /* (a) the list's until it's gone, others' */
	bool d_gone;	    /* (l a) ENXIO from now on */
	bool d_listed;	    /* (l) with the list's reference */
	uint32_t d_number;  /* (!) that no other disk ever had */
	char d_name[DISK_NAME_MAX]; /* (!) "vtbd0", "vtbd0p4" */
	uint32_t d_sector;	    /* (!) bytes, a power of two, >= 512 */
	uint32_t d_stripe;	    /* (!) bytes of a physical block, or 0 */
	uint64_t d_size;	    /* (a) bytes, whole sectors */
	bool d_readonly;	    /* (!) */
	bool d_delete;		    /* (!) BIO_DELETE does something */
	bool d_tasted;		    /* (l) its partitions are known */
	bool d_rewritten;	    /* (a) its tables or labels may be others */
	struct disk *d_whole;	    /* (!) itself, or what it is a part of */
	uint64_t d_start;	    /* (!) bytes; where on d_whole */
	enum disk_scheme d_scheme;  /* (l) of the table on it */
	uint8_t d_type[16];    /* (l) partition's: GPT's GUID, MBR's byte */
	uint64_t d_attributes; /* (a) partition's: GPT's */
	/* Its names besides d_name, or "". */
	char d_gpt[DISK_LABEL_MAX];   /* (l) below /dev/gpt */
	char d_gptid[DISK_LABEL_MAX]; /* (l) below /dev/gptid */
	char d_ufs[DISK_LABEL_MAX];   /* (l) below /dev/ufs */
	/* Whole disks: starts a request that bio_start() has checked. */
	void (*d_strategy)(struct disk *dp, struct bio *bp); /* (!) */
	/* If it can be removed: nothing is asked for any more, and what was is
	 * failed.  May sleep, and come back earlier if the process is killed.
	 */
	void (*d_stop)(struct disk *dp); /* (!) */
	/* And then: nobody knows of it any more. Doesn't sleep. */
	void (*d_free)(struct disk *dp);      /* (!) */
	const struct disk_class *d_class;     /* (!) or NULL: hardware */
	void *d_driver;			      /* (!) */
	struct disk_errors d_errors;	      /* whole disks */
	struct disk_stats d_stats;	      /* whole disks */
	struct cdev *d_devs[1 + DISK_LABELS]; /* (t) */
	unsigned d_opens;   /* (l) opened as a device, or swapped to */
	unsigned d_writers; /* (l) opened for writing as a device, */
	unsigned d_edition; /* (l) and how often that was closed */
	unsigned d_claims;  /* (l) file systems mounted, */
	unsigned d_owners;  /* (l) and those of them that write */
};

/*
 * For drivers: a whole disk is there.  The fields up to d_delete, d_strategy
 * and d_driver are filled in.  May be called while booting.
 */
void disk_add(struct disk *dp) __sleeps;
/* It goes, with its partitions.  EBUSY: somebody has it open or mounted, and it
 * isn't forced; ENXIO: it has gone. */
int disk_remove(struct disk *dp, bool force) __sleeps;
/*
 * The partitions of a whole disk are these from now on, and what is divided
 * within them.  Those that stay where they are may have become larger or
 * smaller, and be of another type and name.  EBUSY: one is in use that would
 * go, and nothing has changed.
 */
struct part;
int disk_set_parts(struct disk *whole, const struct part *parts, unsigned n,
    enum disk_scheme scheme) __sleeps;
/* It is as large as that now; what is behind is lost. */
void disk_resize(struct disk *dp, uint64_t size) __sleeps;
/* A request failed: the console is told, but not of each if there are many. Any
 * context, spin locks may be held. */
void disk_tell_error(struct disk *dp, enum bio_cmd cmd, uint64_t sector);
/* A request becomes the driver's, and is through, with b_error set: it is
 * counted. The driver's lock is held. */
void disk_begun(struct disk *dp, struct bio *bp);
void disk_ended(struct disk *dp, const struct bio *bp);
/* And when no lock is held any more: */
static inline void
bio_done(struct bio *bp)
{
	bp->b_done(bp);
}

/*
 * The disk, partition or label of that name, with or without "/dev/":
 * "vtbd0p4", "gpt/rootfs", "gptid/UUID", "ufs/NAME"; or NULL.  All disks in
 * order, each followed by its partitions; NULL: the first, or no more.  Both
 * read partition tables, so they may sleep; not within bio_done().  What they
 * return is the caller's to release; disk_next() releases what it is given.
 */
struct disk *disk_find(const char *name) __sleeps;
struct disk *disk_next(struct disk *dp) __sleeps;
static inline void
disk_hold(struct disk *dp)
{
	refcount_take(&dp->d_refs);
}
void disk_release(struct disk *dp) __sleeps;
static inline bool
disk_is_gone(const struct disk *dp)
{
	return (atomic_load(&dp->d_gone) || atomic_load(&dp->d_whole->d_gone));
}
/* Another number when disks came or went. */
unsigned disk_generation(void);
/* The i-th of its labels, "" if it has none of that kind, and in which folder
 * of /dev it is. */
const char *disk_label(const struct disk *dp, unsigned i, const char **folder);

/* Starts a request; b_done may be called before this returns.  The caller sees
 * to it that the disk stays meanwhile. */
void bio_start(struct disk *dp, struct bio *bp) __sleeps;

/*
 * Whole sectors, at once; they sleep until it is done.  buf is any kernel
 * memory; outside of the physmap it is copied.  0 or the request's error, or
 * ENOMEM.
 */
int disk_read(struct disk *dp, uint64_t offset, void *buf, size_t len) __sleeps;
int disk_write(
    struct disk *dp, uint64_t offset, const void *buf, size_t len) __sleeps;
int disk_flush(struct disk *dp) __sleeps;
int disk_delete(struct disk *dp, uint64_t offset, uint64_t len) __sleeps;
/* The serial number, "" if it has none: size is DISK_IDENT_MAX + 1. */
int disk_ident(struct disk *dp, char *buf) __sleeps;

/*
 * bio_batch.c: several requests side by side, of one command.  Memory of the
 * physmap; what lies side by side on the disk is joined.
 */
struct bio_batch {
	struct disk *io_disk;
	enum bio_cmd io_cmd;
	struct cv io_cv;
	unsigned io_pending;	     /* (done_lock) */
	int io_error;		     /* (done_lock) the first */
	struct bio_request *io_open; /* the caller's */
	struct vm_read *io_pages;    /* or NULL */
};
void bio_batch_init(struct bio_batch *io, struct disk *dp, enum bio_cmd cmd);
void bio_batch_add(
    struct bio_batch *io, uint64_t offset, void *buf, uint32_t len) __sleeps;
int bio_batch_finish(
    struct bio_batch *io) __sleeps; /* waits; 0 or the first error */
/* The same for pages that are read (vm/pager.c): nobody waits for the requests,
 * each is a part of `pages`, and what becomes of them its parts say.  Finish it
 * for those that can't be begun: ENOMEM. */
void bio_batch_init_pages(
    struct bio_batch *io, struct disk *dp, struct vm_read *pages);

/*
 * A mounted file system that is written has the disk for itself: nobody else
 * may claim it, nor write to it or what it is a part of by /dev.  One that is
 * only read bars those who would mount it for writing, but not fsck(8), which
 * writes by /dev.  0; EBUSY: somebody is in the way; EROFS; ENXIO: it has gone.
 * disk_reclaim() changes what a claim is for, and fails without changing it.  A
 * claim is a reference.
 */
int disk_claim(struct disk *dp, bool write) __sleeps;
int disk_reclaim(struct disk *dp, bool write) __sleeps;
void disk_unclaim(struct disk *dp, bool write) __sleeps;
/* Who has it just now: open or mounted, for writing, mounted. */
void disk_users(const struct disk *dp, unsigned *readers, unsigned *writers,
    unsigned *claims) __sleeps;
/* Another number when somebody may have written by /dev since, to it or to what
 * shares sectors with it, and is done with that. */
unsigned disk_edition(const struct disk *dp) __sleeps;

/*
 * What is on it, for people: "UFS2", "a ZFS pool", "an ext4 file system",
 * "nothing (zeroes)", "unknown data", "unreadable".  May sleep.
 */
const char *disk_describe(struct disk *dp) __sleeps;
/* Says on the console which disks and partitions there are, and what's on
 * them. */
void disk_list(void) __sleeps;

/* Reads what partition tables haven't been read yet; true: there were some. */
bool disk_taste(void) __sleeps;

void disk_errors_init(struct disk *dp); /* of a whole disk */
/* disk_stats.c: a whole disk does nothing any more. */
void disk_stats_end(struct disk *dp) __sleeps;

/* Somebody wrote to it by /dev: if a table or a label may have changed, it is
 * looked at again when nobody has it open to be written any more. */
void disk_wrote(struct disk *dp, uint64_t offset, uint64_t len);
/* Opens it as a device does, which is a reference: EROFS, ENXIO, EPERM
 * (mounted). */
int disk_open(struct disk *dp, bool write) __sleeps;
void disk_close(struct disk *dp, bool write) __sleeps;

/* What isn't hardware tells GEOM's tools what it is, word by word.  May sleep.
 */
typedef void disk_put_fn(void *arg, const char *key, const char *value);
struct disk_class {
	const char *dc_name; /* "MD" */
	void (*dc_config)(const struct disk *dp, disk_put_fn *put, void *arg);
};
/* Its provider's number in GEOM's tree. */
uint64_t disk_geom_id(const struct disk *dp);

/* disk_dev.c: fo_read and fo_write of an open file, whole sectors; EINVAL, EIO,
 * ENOMEM, EINTR. */
int disk_move(
    struct disk *dp, struct file *fp, struct uio *uio, int flags) __sleeps;
/* makes the device /dev/NAME and those by label, and takes them
 * away. */
void disk_make_devs(struct disk *dp) __sleeps;
void disk_destroy_devs(struct disk *dp) __sleeps;
void disk_rename(struct disk *dp, unsigned i, const char *label) __sleeps;

#endif
