/* SPDX-License-Identifier: BSD-2-Clause */
/* Accounting: a record of each process that ends, in a file. */
#ifndef VFS_ACCT_H
#define VFS_ACCT_H

#include "lib/types.h"

struct accounting;
struct proc;
struct thread;

extern struct accounting *accounting; /* (a) NULL: it is off */

/* AFORK, AXSIG: what is known of p. p_lock held, or p is curproc and ends. */
uint8_t acct_flags(const struct proc *p);
/* p, curproc, ends: its record is to be written, which nobody waits for.  All
 * it has used and how it ends is known. proctree_lock held. */
void acct_record(struct proc *p);

/*
 * acct(2) with the kernel's copy of the path, for who may: records are added to
 * that file from now on.  The path's errors, EACCES: not a regular file,
 * EISDIR, EOPNOTSUPP, EROFS, ETXTBSY, ENFILE, ENOMEM.
 */
int kern_acct(struct thread *td, const char *path) __sleeps;
/* acct(NULL): all records so far are written; EINTR: the process is to end. */
int kern_acct_end(void) __sleeps;
/* The file system is to be unmounted: no records keep it busy. */
void acct_unmount(uint64_t fsid) __sleeps;

#endif
