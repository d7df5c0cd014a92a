/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Access control lists, whatever file system keeps them: acl_posix1e.c and
 * acl_nfs4.c know what their entries mean, acl.c is what system calls do.  The
 * numbers of entries, rights and kinds are fbsd/acl.h's.
 *
 * A list stands beside a mode.  POSIX.1e's has entries for what the mode's bits
 * say, and these are what the mode says whenever the list is looked at, so that
 * chmod(2) needn't know of it: the group's bits are the mask, if there is one.
 * NFSv4's says more than the mode does, which is reckoned from it when it is
 * set; chmod(2) takes the list away.
 */
#ifndef VFS_ACL_H
#define VFS_ACL_H

#include "fbsd/acl.h"
#include "fbsd/errno.h"

struct cred;
struct thread;
struct vnode;

/* From vo_access: v_lock must be held to know. */
#define EACL (-7)

struct acl_list {
	unsigned al_count;
	unsigned al_room;
	struct acl_entry al_entry[];
};

/* Empty; NULL. */
struct acl_list *acl_alloc(unsigned room);
/* NULL: nothing. */
void acl_free(struct acl_list *al);
struct acl_list *acl_copy(const struct acl_list *al);

/* Whom a right is asked for, and of what file. */
struct acl_question {
	bool dir;
	mode_t mode;
	uid_t uid; /* the file's */
	gid_t gid;
	int rights; /* V* */
	const struct cred *cr;
};

/* Are there the entries that there must be? EINVAL. */
int acl_posix_check(const struct acl_list *al);
/* Does it say no more than a mode does? */
bool acl_posix_trivial(const struct acl_list *al);
/* The three entries of a mode; al is empty. */
void acl_posix_from_mode(struct acl_list *al, mode_t mode);
/* What the mode says takes the place of what the list said. */
void acl_posix_take_mode(struct acl_list *al, mode_t mode);
/* The mode's last nine bits. */
mode_t acl_posix_mode(const struct acl_list *al);
/* 0, EACCES; EPERM for VADMIN. */
int acl_posix_access(const struct acl_list *al, const struct acl_question *q);

/* The same for NFSv4. */
int acl_nfs4_check(const struct acl_list *al, bool dir);
bool acl_nfs4_trivial(const struct acl_list *al);
/* At most six; al is empty. */
void acl_nfs4_from_mode(struct acl_list *al, mode_t mode);
mode_t acl_nfs4_mode(const struct acl_list *al);
/* EPERM also for rights that are about the file itself, or a directory's
 * names. */
int acl_nfs4_access(const struct acl_list *al, const struct acl_question *q);
/* What a new file with that mode gets below a directory with `parent`; al is
 * empty and has room for ACL_NFS4_OWN more than that. */
#define ACL_NFS4_OWN 6
void acl_nfs4_inherit(
    struct acl_list *al, const struct acl_list *parent, mode_t mode, bool dir);

/*
 * What the calls do on a file; no locks.  The lists are as the user has them,
 * but in memory of the kernel; types are ACL_TYPE_ACCESS, _DEFAULT and _NFS4.
 * EOPNOTSUPP: there are none on that file system; EINVAL: not of that type, or
 * the list makes no sense; EPERM, EROFS, ENOSPC, EIO.
 */
int vn_getacl(struct thread *td, struct vnode *vp, int type,
    struct acl_list *al) __sleeps;
/* al NULL: it goes. */
int vn_setacl(struct thread *td, struct vnode *vp, int type,
    const struct acl_list *al) __sleeps;
int vn_aclcheck(struct vnode *vp, int type, const struct acl_list *al);

#endif
