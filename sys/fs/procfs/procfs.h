/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * procfs(5): what is told about a process, as text.
 */
#ifndef FS_PROCFS_PROCFS_H
#define FS_PROCFS_PROCFS_H

#include "lib/types.h"

struct proc;
struct uio;
struct vmspace;
struct vnode;

/* Text under way: what doesn't fit is lost. */
struct proc_text {
	char *buf;
	size_t size;
	size_t used;
	/* What proc_text_finish() is to describe, held: paths are found without
	 * locks. */
	struct vnode *file;
	struct vmspace *space;
};
void proc_text_add(struct proc_text *t, const char *fmt, ...)
    __printflike(2, 3);
/* With proctree_lock released again: 0 or ENOMEM. */
int proc_text_finish(struct proc_text *t) __sleeps;

/* proctree_lock held, p isn't a zombie. 0 or an errno. */
int procfs_status(struct proc *p, struct proc_text *t);
int procfs_cmdline(struct proc *p, struct proc_text *t);
int procfs_rlimit(struct proc *p, struct proc_text *t);
int procfs_etype(struct proc *p, struct proc_text *t);
int procfs_file(struct proc *p, struct proc_text *t);
int procfs_map(struct proc *p, struct proc_text *t);
int procfs_osrel(struct proc *p, struct proc_text *t);
/* The same lock; text is NUL-terminated. EINVAL, EPERM. */
int procfs_set_osrel(struct proc *p, const char *text);
/* procfs_mem.c: a process's memory, at its own addresses; no lock. EFAULT
 * where there is none, EPERM, ESRCH. */
int procfs_mem(pid_t pid, struct uio *uio) __sleeps;

#endif
