/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owner, mode and times of what has a name that isn't a file's, and what a
 * descriptor of it says and changes of them.  The caller locks.
 */
#ifndef IPC_OWNER_H
#define IPC_OWNER_H

#include "fbsd/time.h"
#include "lib/types.h"

struct cred;
struct stat;
struct thread;

struct owner {
	uid_t ow_uid;
	gid_t ow_gid;
	mode_t ow_mode; /* permission bits */
	struct timespec ow_atim, ow_mtim, ow_ctim, ow_birthtim;
};

/* td's, made now; its umask is taken off the mode. */
void owner_init(struct owner *ow, const struct thread *td, mode_t mode);
/* fflags: FREAD, FWRITE. 0 or EACCES. */
int owner_access(const struct owner *ow, const struct cred *cr, int fflags);
/* Is it td's, or td root's? 0 or EPERM. */
int owner_check(const struct owner *ow, const struct thread *td);
int owner_chmod(struct owner *ow, const struct thread *td, mode_t mode);
/* -1: stays as it is. */
int owner_chown(
    struct owner *ow, const struct thread *td, uid_t uid, gid_t gid);
/* type: S_IF*. */
void owner_stat(const struct owner *ow, mode_t type, struct stat *st);

#endif
