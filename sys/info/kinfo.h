/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kern.proc.*: what is told about processes.  The files kinfo*.c share this.
 *
 * Nothing is copied out with proctree_lock held: touching user memory may
 * wait for memory, and what ends that wait may need the lock.
 */
#ifndef INFO_KINFO_H
#define INFO_KINFO_H

#include "fbsd/user.h"
#include "proc/proc.h"
#include "core/sysctl.h"

struct vm_entry;

/*
 * The process that a request's first number names, with
 * proctree_lock and its p_lock, which are not held on failure.  EINVAL if there
 * are not `numbers` of them; ESRCH, EPERM: p_cansee() or, if it is private,
 * p_candebug().
 */
int kinfo_lock(struct sysctl_req *req, unsigned numbers, bool private,
    struct proc **pp) __sleeps;
/* The same for one number, which may be `self` for the caller. */
int kinfo_lock_or_self(
    struct sysctl_req *req, int self, bool private, struct proc **pp) __sleeps;
void kinfo_unlock(struct proc *p);
/* The same, but its address space, with a reference; no lock. */
int kinfo_space(struct sysctl_req *req, struct vmspace **vsp) __sleeps;

/* Appends a record whose path, at its end, is cut to its length: size is up to
 * the path.  *structsize is its first field. */
int kinfo_out_packed(struct sysctl_req *req, void *record, int *structsize,
    size_t size, const char *path) __sleeps;

/* kinfo_file.c: what F_KINFO tells of a file; not kf_fd. */
void kinfo_file_fill(
    struct thread *td, struct file *fp, struct kinfo_file *kf) __sleeps;

/* xfile.c: calls fn, without locks, for the descriptors of all processes that
 * td can see; stops at its first error and returns it. */
struct descriptor {
	pid_t pid;
	uid_t uid; /* the process's, effective */
	int fd;
	struct file *file; /* held during the call */
};
typedef int descriptor_fn(void *arg, const struct descriptor *d);
int kinfo_descriptors(struct thread *td, descriptor_fn *fn, void *arg) __sleeps;

/* kinfo_vm.c: sizes in pages, of bytes and pages of ki_size and so on. */
void kinfo_vm_sizes(struct vmspace *vs, const struct vnode *text,
    struct kinfo_proc *ki) __sleeps;

/* The first mapping at or above *at, described; *at becomes its end. False:
 * there is none. No locks. */
bool kinfo_vm_next(struct thread *td, struct vmspace *vs, vaddr_t *at,
    struct kinfo_vmentry *kve) __sleeps;

#endif
