/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tables of descriptors: what file.c and kqueue.c need besides file.h.
 */
#ifndef FILE_FDTABLE_H
#define FILE_FDTABLE_H

#include "file/file.h"

/* files: how many there may be in the machine. */
void fdtable_init(unsigned files);
/* UF_* of a descriptor as FD_*; 0 or EBADF. */
int fd_get_flags(struct thread *td, int fd, uint64_t *flags);
int fd_set_flags(struct thread *td, int fd, int mask, int value);
/* How many descriptors p may have. */
uint64_t fd_limit(struct proc *p);
/* Does this descriptor still mean fp? */
bool fd_is(struct thread *td, int fd, struct file *fp);
/* The process has got something by fd that goes with it, a record lock or the
 * like: if fd doesn't mean fp any more, its close is over, and that goes at
 * once. */
void fd_claimed(struct thread *td, int fd, struct file *fp);
/* Closes from low to high, both included. */
void fd_close_range(struct thread *td, unsigned low, unsigned high) __sleeps;
/* Sets UF_EXCLOSE or UF_FOCLOSE on a range. */
void fd_mark_range(struct thread *td, unsigned low, unsigned high, int flag);

#endif
