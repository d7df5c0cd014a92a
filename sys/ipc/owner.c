/* SPDX-License-Identifier: BSD-2-Clause */
/* Owner, mode and times: ipc/owner.h. */
#include "fbsd/errno.h"
#include "fbsd/stat.h"
#include "file/file.h"
#include "ipc/owner.h"
#include "proc/proc.h"
#include "time/time.h"

void
owner_init(struct owner *ow, const struct thread *td, mode_t mode)
{
	ow->ow_uid = td->td_cred->cr_uid;
	ow->ow_gid = td->td_cred->cr_gid;
	ow->ow_mode = mode & (mode_t)~td->td_proc->p_umask & ACCESSPERMS;
	ow->ow_atim = ow->ow_mtim = ow->ow_ctim = ow->ow_birthtim = time_now();
}

int
owner_access(const struct owner *ow, const struct cred *cr, int fflags)
{
	mode_t want =
	    (fflags & FREAD ? S_IROTH : 0) | (fflags & FWRITE ? S_IWOTH : 0);
	mode_t have = ow->ow_mode;

	if (cr->cr_uid == 0)
		return (0);
	if (cr->cr_uid == ow->ow_uid)
		have >>= 6;
	else if (cred_in_group(cr, ow->ow_gid))
		have >>= 3;
	return ((have & want) == want ? 0 : EACCES);
}

int
owner_check(const struct owner *ow, const struct thread *td)
{
	const struct cred *cr = td->td_cred;

	return (cr->cr_uid == 0 || cr->cr_uid == ow->ow_uid ? 0 : EPERM);
}

int
owner_chmod(struct owner *ow, const struct thread *td, mode_t mode)
{
	int error = owner_check(ow, td);

	if (error != 0)
		return (error);
	ow->ow_mode = mode & ACCESSPERMS;
	ow->ow_ctim = time_now();
	return (0);
}

int
owner_chown(struct owner *ow, const struct thread *td, uid_t uid, gid_t gid)
{
	const struct cred *cr = td->td_cred;
	int error = owner_check(ow, td);

	if (uid == (uid_t)-1)
		uid = ow->ow_uid;
	if (gid == (gid_t)-1)
		gid = ow->ow_gid;
	if (cr->cr_uid != 0 &&
	    (uid != ow->ow_uid ||
		(gid != ow->ow_gid && !cred_in_group(cr, gid))))
		error = EPERM;
	if (error != 0)
		return (error);
	ow->ow_uid = uid;
	ow->ow_gid = gid;
	ow->ow_ctim = time_now();
	return (0);
}

void
owner_stat(const struct owner *ow, mode_t type, struct stat *st)
{
	st->st_mode = type | ow->ow_mode;
	st->st_uid = ow->ow_uid;
	st->st_gid = ow->ow_gid;
	st->st_atim = ow->ow_atim;
	st->st_mtim = ow->ow_mtim;
	st->st_ctim = ow->ow_ctim;
	st->st_birthtim = ow->ow_birthtim;
}
