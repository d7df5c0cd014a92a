/* SPDX-License-Identifier: BSD-2-Clause */
/* Tables of descriptors: what fdtable.c and descriptor.c share. (l) below is
 * ft_lock. */
#ifndef FILE_FDTABLE_IMPL_H
#define FILE_FDTABLE_IMPL_H

#include "file/fdtable.h"

#define FD_CHUNK 64
#define FD_FEW	 4 /* chunks whose addresses need no memory of their own */

/* 64 numbers. All (l). */
struct fdchunk {
	struct file *fc_files[FD_CHUNK]; /* with a reference; NULL: none yet */
	uint64_t fc_taken; /* a bit for each number, also if it is reserved */
	uint8_t fc_flags[FD_CHUNK]; /* UF_* */
};

/* (l) ft_lock, (a) atomic. */
struct fdtable {
	unsigned ft_refs; /* (a) processes, and who looks at one's */
	struct spin ft_lock;
	unsigned ft_nchunks;	    /* (l) there is room for so many */
	unsigned ft_count;	    /* (l) descriptors that are open */
	unsigned ft_lowest;	    /* (l) below it none is free */
	bool ft_claims;		    /* (a) fd_claimed() was said of one */
	struct fdchunk **ft_chunks; /* (l) NULL: none is open in there */
	uint64_t *ft_full;	    /* (l) a bit for each chunk: none is free */
	struct fdchunk *ft_few[FD_FEW]; /* ft_chunks of a small table */
	uint64_t ft_few_full;		/* and its ft_full */
	struct fdchunk ft_first;	/* ft_few[0] */
};

/* The chunk of a number, or NULL. (l) */
static inline struct fdchunk *
fdtable_chunk(const struct fdtable *ft, unsigned fd)
{
	return (fd / FD_CHUNK < ft->ft_nchunks ? ft->ft_chunks[fd / FD_CHUNK]
					       : NULL);
}

static inline struct file *
fdtable_file(const struct fdtable *ft, unsigned fd)
{
	struct fdchunk *fc = fdtable_chunk(ft, fd);

	return (fc != NULL ? fc->fc_files[fd % FD_CHUNK] : NULL);
}

/* The flags of a number that is taken. (l) */
static inline uint8_t *
fdtable_flags(const struct fdtable *ft, unsigned fd)
{
	return (&ft->ft_chunks[fd / FD_CHUNK]->fc_flags[fd % FD_CHUNK]);
}

/* Takes a free number, whose chunk is there, and reserves it. (l) */
static inline void
fdtable_reserve(struct fdtable *ft, unsigned fd)
{
	struct fdchunk *fc = fdtable_chunk(ft, fd);

	fc->fc_taken |= 1ul << fd % FD_CHUNK;
	if (fc->fc_taken == UINT64_MAX)
		ft->ft_full[fd / FD_CHUNK / 64] |= 1ul << fd / FD_CHUNK % 64;
	ft->ft_count++;
}

/* Gives a number that is reserved to fp, whose reference becomes the table's.
 * (l) */
static inline void
fdtable_fill(struct fdtable *ft, unsigned fd, struct file *fp, int flags)
{
	struct fdchunk *fc = fdtable_chunk(ft, fd);

	fc->fc_files[fd % FD_CHUNK] = fp;
	fc->fc_flags[fd % FD_CHUNK] = (uint8_t)flags;
}

/* Both at once. (l) */
static inline void
fdtable_put(struct fdtable *ft, unsigned fd, struct file *fp, int flags)
{
	fdtable_reserve(ft, fd);
	fdtable_fill(ft, fd, fp, flags);
}

/* Frees a number that is taken. (l) */
static inline void
fdtable_give_back(struct fdtable *ft, unsigned fd)
{
	struct fdchunk *fc = fdtable_chunk(ft, fd);

	if (__predict_false(fc->fc_taken == UINT64_MAX))
		ft->ft_full[fd / FD_CHUNK / 64] &= ~(1ul << fd / FD_CHUNK % 64);
	fc->fc_files[fd % FD_CHUNK] = NULL;
	fc->fc_taken &= ~(1ul << fd % FD_CHUNK);
	ft->ft_count--;
	if (fd < ft->ft_lowest)
		ft->ft_lowest = fd;
}

/* Frees a number: its file, with the reference, or NULL if it has none. (l) */
static inline struct file *
fdtable_take(struct fdtable *ft, unsigned fd)
{
	struct file *fp = fdtable_file(ft, fd);

	if (fp != NULL)
		fdtable_give_back(ft, fd);
	return (fp);
}

/* A chunk for fd. (l), let go if there was none. 0, ENOMEM. */
int fdtable_make_room(struct fdtable *ft, unsigned fd);
/* The lowest free number from min. (l) */
unsigned fdtable_find_free(struct fdtable *ft, unsigned min);
/* The next open descriptor from *fd; false if there is none up to high. */
bool fdtable_next(struct fdtable *ft, unsigned *fd, unsigned high);

/* kern.maxfilesperproc's first value. */
void fd_init(unsigned files);
/* After a number was taken out of td's table. */
void fd_closed(struct thread *td, int fd, struct file *fp) __sleeps;
/* What p has got by fd, which meant fp, goes: record locks and the like. */
void fd_claims_gone(struct proc *p, int fd, struct file *fp);

#endif
