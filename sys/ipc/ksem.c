/* SPDX-License-Identifier: BSD-2-Clause */
/* Semaphores of ksem_*(2): files, with names of their own. */
#include "lib/list.h"
#include "lib/string.h"
#include "core/module.h"
#include "core/sync.h"
#include "core/sysctl.h"
#include "fbsd/errno.h"
#include "fbsd/fcntl.h"
#include "fbsd/stat.h"
#include "fbsd/user.h"
#include "file/file.h"
#include "ipc/ksem.h"
#include "ipc/owner.h"
#include "proc/proc.h"
#include "time/time.h"
#include "vm/kmem.h"

/* Guarded by (l) ksem_lock, (a) atomic, (!) set once. */
struct ksem {
	unsigned ks_refs;      /* (a) the name, files */
	struct list ks_link;   /* (l) in names */
	char *ks_name;	       /* (l) NULL: none, or it was taken away */
	bool ks_anonymous;     /* (!) never had one */
	bool ks_dead;	       /* (l) ksem_destroy(2) was called */
	struct owner ks_owner; /* (l) */
	unsigned ks_value;     /* (l) */
	unsigned ks_waiters;   /* (l) */
	struct cv ks_cv;       /* (l) it was posted */
};

#define KSEM_MAX       30u /* _POSIX_SEM_NSEMS_MAX */
#define KSEM_VALUE_MAX ((unsigned)INT32_MAX)
#define ANONYMOUS_MODE (S_IRWXU | S_IRWXG)

static struct mutex ksem_lock = MUTEX_INITIALIZER(ksem_lock, "ksem");
static struct list names = LIST_INITIALIZER(names); /* (l) */
static unsigned nsems;				    /* (l) */

SYSCTL_INT(p1003_1b_nsems, "p1003_1b.nsems", CTL_AUTO, CTLFLAG_RD, &nsems);
FEATURE(posix_sem, "POSIX semaphores");
SYSCTL_CONST_INT(p1003_1b_semaphores, "p1003_1b.semaphores",
    CTL_P1003_1B_SEMAPHORES, 200112);
SYSCTL_CONST_INT(p1003_1b_sem_nsems_max, "p1003_1b.sem_nsems_max",
    CTL_P1003_1B_SEM_NSEMS_MAX, KSEM_MAX);
SYSCTL_CONST_INT(p1003_1b_sem_value_max, "p1003_1b.sem_value_max",
    CTL_P1003_1B_SEM_VALUE_MAX, KSEM_VALUE_MAX);
FEATURE(p1003_1b_semaphores, "POSIX semaphores");

/* (l) */
static struct ksem *
find(const char *name)
{
	struct ksem *ks;

	LIST_FOREACH (ks, &names, ks_link)
		if (strcmp(ks->ks_name, name) == 0)
			return (ks);
	return (NULL);
}

/* (l) With a reference; name NULL: none. */
static int
create(struct thread *td, const char *name, mode_t mode, unsigned value,
    struct ksem **ksp)
{
	struct ksem *ks;

	if (nsems == KSEM_MAX)
		return (name == NULL ? ENOSPC : ENFILE);
	ks = *ksp = kmem_alloc(sizeof(*ks), KM_ZERO);
	if (ks == NULL)
		return (ENOMEM);
	if (name != NULL && (ks->ks_name = kmem_strdup(name)) == NULL) {
		kmem_free(ks, sizeof(*ks));
		return (ENOMEM);
	}
	ks->ks_refs = 1;
	ks->ks_anonymous = name == NULL;
	ks->ks_value = value;
	owner_init(&ks->ks_owner, td, mode);
	cv_init(&ks->ks_cv, "sem");
	list_init(&ks->ks_link);
	nsems++;
	return (0);
}

static void
release(struct ksem *ks)
{
	if (!refcount_drop(&ks->ks_refs))
		return;
	mutex_lock(&ksem_lock);
	nsems--;
	mutex_unlock(&ksem_lock);
	kmem_free(ks, sizeof(*ks));
}

static int
ksem_stat(struct file *fp, struct stat *st)
{
	struct ksem *ks = fp->f_data;

	memset(st, 0, sizeof(*st));
	mutex_lock(&ksem_lock);
	owner_stat(&ks->ks_owner, S_IFREG, st);
	mutex_unlock(&ksem_lock);
	return (0);
}

static int
ksem_chmod(struct file *fp, mode_t mode)
{
	struct ksem *ks = fp->f_data;
	int error;

	mutex_lock(&ksem_lock);
	error = owner_chmod(&ks->ks_owner, curthread(), mode);
	mutex_unlock(&ksem_lock);
	return (error);
}

static int
ksem_chown(struct file *fp, uid_t uid, gid_t gid)
{
	struct ksem *ks = fp->f_data;
	int error;

	mutex_lock(&ksem_lock);
	error = owner_chown(&ks->ks_owner, curthread(), uid, gid);
	mutex_unlock(&ksem_lock);
	return (error);
}

static void
ksem_kinfo(struct file *fp, struct kinfo_file *kf)
{
	struct ksem *ks = fp->f_data;

	mutex_lock(&ksem_lock);
	if (ks->ks_name != NULL)
		strlcpy(kf->kf_path, ks->ks_name, sizeof(kf->kf_path));
	kf->kf_un.kf_sem.kf_sem_value = ks->ks_value;
	kf->kf_un.kf_sem.kf_sem_mode = S_IFREG | ks->ks_owner.ow_mode;
	mutex_unlock(&ksem_lock);
}

static void
ksem_closed(struct file *fp)
{
	release(fp->f_data);
}

static const struct fileops ksem_fileops = {
    .fo_stat = ksem_stat,
    .fo_chmod = ksem_chmod,
    .fo_chown = ksem_chown,
    .fo_kinfo = ksem_kinfo,
    .fo_close = ksem_closed,
    .fo_passable = true,
};

/* A descriptor for what the caller has a reference to. */
static int
give(struct thread *td, struct ksem *ks, int *fdp)
{
	struct file *fp =
	    file_alloc(td, DTYPE_SEM, FREAD | FWRITE, &ksem_fileops, ks);

	if (fp == NULL) {
		release(ks);
		return (ENFILE);
	}
	return (fd_open(td, fp, UF_EXCLOSE, fdp));
}

int
kern_ksem_init(struct thread *td, unsigned value, int *fdp)
{
	struct ksem *ks;
	int error;

	if (value > KSEM_VALUE_MAX)
		return (EINVAL);
	mutex_lock(&ksem_lock);
	error = create(td, NULL, ANONYMOUS_MODE, value, &ks);
	mutex_unlock(&ksem_lock);
	return (error != 0 ? error : give(td, ks, fdp));
}

static int
may_use(const struct ksem *ks, const struct thread *td)
{
	return (owner_access(&ks->ks_owner, td->td_cred, FREAD | FWRITE) == 0
		    ? 0
		    : EPERM);
}

/* (l) With a reference for the file. */
static int
look_up(struct thread *td, const char *name, int flags, mode_t mode,
    unsigned value, struct ksem **ksp)
{
	const int alone = O_CREAT | O_EXCL;
	struct ksem *ks = *ksp = find(name);
	int error = 0;

	if (ks != NULL && (flags & alone) == alone)
		error = EEXIST;
	else if (ks != NULL)
		error = may_use(ks, td);
	else if ((flags & O_CREAT) == 0)
		error = ENOENT;
	else if ((error = create(td, name, mode, value, ksp)) == 0)
		list_push_back(&names, &(*ksp)->ks_link);
	if (error == 0)
		refcount_take(&(*ksp)->ks_refs);
	return (error);
}

int
kern_ksem_open(struct thread *td, const char *name, int flags, mode_t mode,
    unsigned value, int *fdp)
{
	struct ksem *ks;
	int error;

	if ((flags & ~(O_CREAT | O_EXCL)) != 0 || value > KSEM_VALUE_MAX ||
	    name[0] != '/')
		return (EINVAL);
	mutex_lock(&ksem_lock);
	error = look_up(td, name, flags, mode, value, &ks);
	mutex_unlock(&ksem_lock);
	return (error != 0 ? error : give(td, ks, fdp));
}

int
kern_ksem_unlink(struct thread *td, const char *name)
{
	struct ksem *ks;
	int error;

	mutex_lock(&ksem_lock);
	ks = find(name);
	error = ks == NULL ? ENOENT : may_use(ks, td);
	if (error == 0) {
		list_remove(&ks->ks_link);
		kmem_strfree(ks->ks_name);
		ks->ks_name = NULL;
	}
	mutex_unlock(&ksem_lock);
	if (error == 0)
		release(ks);
	return (error);
}

/* The file of a semaphore that isn't dead, held, and ksem_lock. */
static int
lock_semaphore(struct thread *td, int fd, struct file **fpp, struct ksem **ksp)
{
	if (fd_get(td, fd, 0, fpp) != 0)
		return (EINVAL);
	if ((*fpp)->f_ops != &ksem_fileops) {
		file_release(*fpp);
		return (EINVAL);
	}
	*ksp = (*fpp)->f_data;
	mutex_lock(&ksem_lock);
	if (!(*ksp)->ks_dead)
		return (0);
	mutex_unlock(&ksem_lock);
	file_release(*fpp);
	return (EINVAL);
}

static void
unlock_semaphore(struct file *fp)
{
	mutex_unlock(&ksem_lock);
	file_release(fp);
}

int
kern_ksem_post(struct thread *td, int fd)
{
	struct ksem *ks;
	struct file *fp;
	int error = lock_semaphore(td, fd, &fp, &ks);

	if (error != 0)
		return (error);
	if (ks->ks_value == KSEM_VALUE_MAX) {
		error = EOVERFLOW;
	} else {
		ks->ks_value++;
		ks->ks_owner.ow_ctim = time_now();
		cv_signal(&ks->ks_cv);
	}
	unlock_semaphore(fp);
	return (error);
}

int
kern_ksem_wait(
    struct thread *td, int fd, bool try, const struct timespec *until)
{
	struct ksem *ks;
	struct file *fp;
	int error = lock_semaphore(td, fd, &fp, &ks);

	if (error != 0)
		return (error);
	ks->ks_owner.ow_atim = time_now();
	while (ks->ks_value == 0 && error == 0) {
		ks->ks_waiters++;
		error = try ? EAGAIN
			    : cv_wait_wall_sig(&ks->ks_cv, &ksem_lock, until);
		ks->ks_waiters--;
	}
	if (error == 0)
		ks->ks_value--;
	unlock_semaphore(fp);
	return (error);
}

int
kern_ksem_getvalue(struct thread *td, int fd, int *value)
{
	struct ksem *ks;
	struct file *fp;
	int error = lock_semaphore(td, fd, &fp, &ks);

	if (error != 0)
		return (error);
	*value = (int)ks->ks_value;
	unlock_semaphore(fp);
	return (0);
}

int
kern_ksem_close(struct thread *td, int fd)
{
	struct ksem *ks;
	struct file *fp;
	int error = lock_semaphore(td, fd, &fp, &ks);

	if (error != 0)
		return (error);
	error = ks->ks_anonymous ? EINVAL : 0;
	unlock_semaphore(fp);
	return (error != 0 ? error : fd_close(td, fd));
}

int
kern_ksem_destroy(struct thread *td, int fd)
{
	struct ksem *ks;
	struct file *fp;
	int error = lock_semaphore(td, fd, &fp, &ks);

	if (error != 0)
		return (error);
	if (!ks->ks_anonymous)
		error = EINVAL;
	else if (ks->ks_waiters > 0)
		error = EBUSY;
	else
		ks->ks_dead = true;
	unlock_semaphore(fp);
	return (error != 0 ? error : fd_close(td, fd));
}

MODULE(sem, "sem");
