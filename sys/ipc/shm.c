/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * POSIX shared memory: shm_open2(2) and kin.  Objects have a size, an owner
 * and a mode as files do; their names are plain strings in one flat list, not
 * paths.  SHM_ANON objects have none, and live as long as somebody has them
 * open or mapped.
 *
 * Seals (fcntl(2)'s F_ADD_SEALS) only ever become more, and are in force at
 * once: who changes the size holds s_contents from the check of the seals to
 * the change; who writes can't, since user memory may have to be waited for,
 * and is counted instead.
 */
#include "lib/list.h"
#include "core/sysctl.h"
#include "lib/string.h"
#include "fbsd/errno.h"
#include "fbsd/fcntl.h"
#include "fbsd/mman.h"
#include "fbsd/stat.h"
#include "fbsd/unistd.h"
#include "file/file.h"
#include "fbsd/user.h"
#include "proc/proc.h"
#include "ipc/owner.h"
#include "ipc/shm.h"
#include "time/time.h"
#include "vm/kmem.h"
#include "vm/vm.h"

/* Guarded by (l) shm_lock, (a) atomic, (!) set once. */
struct shm {
	unsigned s_refs;	    /* (a) open files, the name */
	struct list s_link;	    /* (l) in shm_names, if it has a name */
	char *s_name;		    /* (l) NULL: none */
	struct vm_object *s_object; /* (!) */
	struct owner s_owner;	    /* (l) */
	bool s_grow;		    /* (!) SHM_GROW_ON_WRITE */
	struct mutex s_contents;    /* sized, sealed */
	unsigned s_seals;	    /* (s_contents) F_SEAL_* */
	unsigned s_writing;	    /* (s_contents) calls that write */
	struct cv s_written;	    /* none of them is left */
	ino_t s_ino;		    /* (!) */
};

static struct mutex shm_lock = MUTEX_INITIALIZER(shm_lock, "shm");
static struct list shm_names = LIST_INITIALIZER(shm_names); /* (l) */
static ino_t last_ino;					    /* (l) */

FEATURE(posix_shm, "POSIX shared memory");

#define SHM_SIZE_MAX (1ul << 46)

/* shm_lock held. */
static struct shm *
shm_create(struct thread *td, mode_t mode, int shmflags)
{
	struct shm *s = kmem_alloc(sizeof(*s), KM_ZERO);

	if (s == NULL)
		return (NULL);
	s->s_object = vm_object_create(NULL, NULL, 0);
	if (s->s_object == NULL) {
		kmem_free(s, sizeof(*s));
		return (NULL);
	}
	s->s_refs = 1;
	list_init(&s->s_link);
	owner_init(&s->s_owner, td, mode);
	s->s_grow = (shmflags & SHM_GROW_ON_WRITE) != 0;
	mutex_init(&s->s_contents, "shm contents");
	cv_init(&s->s_written, "shm seal");
	s->s_seals = (shmflags & SHM_ALLOW_SEALING) != 0 ? 0 : F_SEAL_SEAL;
	s->s_ino = ++last_ino;
	return (s);
}

static void
shm_release(struct shm *s)
{
	if (!refcount_drop(&s->s_refs))
		return;
	vm_object_release(s->s_object);
	kmem_free(s, sizeof(*s));
}

static struct shm *
shm_find(const char *name)
{
	struct shm *s;

	LIST_FOREACH (s, &shm_names, s_link)
		if (strcmp(s->s_name, name) == 0)
			return (s);
	return (NULL);
}

/* Takes the name away, and the reference that it was. shm_lock held. */
static void
shm_forget(struct shm *s)
{
	list_remove(&s->s_link);
	kmem_strfree(s->s_name);
	s->s_name = NULL;
	shm_release(s);
}

/* s_contents held. */
static int
resize_sealed(struct shm *s, uint64_t size)
{
	const uint64_t old = s->s_object->o_size;

	if ((size < old && (s->s_seals & F_SEAL_SHRINK) != 0) ||
	    (size > old && (s->s_seals & F_SEAL_GROW) != 0))
		return (EPERM);
	if (size != old)
		vm_object_resize(s->s_object, size);
	return (0);
}

static int
shm_resize(struct shm *s, uint64_t size)
{
	int error;

	mutex_lock(&s->s_contents);
	error = resize_sealed(s, size);
	mutex_unlock(&s->s_contents);
	return (error);
}

/* SHM_GROW_ON_WRITE: room for a write that ends at `end`. */
static int
grow_to(struct shm *s, uint64_t end)
{
	int error = 0;

	mutex_lock(&s->s_contents);
	if (end > s->s_object->o_size)
		error = resize_sealed(s, end);
	mutex_unlock(&s->s_contents);
	return (error);
}

static int
shm_move(struct shm *s, struct uio *uio, off_t *offset)
{
	struct vm_object *o = s->s_object;
	int error = 0;

	while (uio->uio_resid > 0 && error == 0) {
		uint64_t at = (uint64_t)*offset, in = at & PAGE_MASK;
		uint64_t left = atomic_load(&o->o_size);
		size_t before = uio->uio_resid;
		struct page *pg;

		left = left > at ? left - at : 0;
		if (left == 0)
			break;
		error = vm_object_page(
		    o, atop(at), uio->uio_write ? VM_PAGE_WRITE : 0, &pg);
		if (error != 0)
			break;
		error = uiomove(
		    (char *)page_virt(pg) + in, MIN(left, PAGE_SIZE - in), uio);
		page_release(pg);
		*offset += (off_t)(before - uio->uio_resid);
	}
	return (error == EINVAL ? 0 : error);
}

static int
write_sealed(struct shm *s, struct uio *uio, off_t *offset)
{
	uint64_t end = (uint64_t)*offset + uio->uio_resid;
	int error = 0;

	if (end > SHM_SIZE_MAX)
		return (EFBIG);
	if (s->s_grow && end > atomic_load(&s->s_object->o_size))
		error = grow_to(s, end);
	if (error != 0)
		return (error);
	mutex_lock(&s->s_contents);
	if ((s->s_seals & F_SEAL_WRITE) != 0)
		error = EPERM;
	else
		s->s_writing++;
	mutex_unlock(&s->s_contents);
	if (error != 0)
		return (error);
	error = shm_move(s, uio, offset);
	mutex_lock(&s->s_contents);
	if (--s->s_writing == 0)
		cv_broadcast(&s->s_written);
	mutex_unlock(&s->s_contents);
	return (error);
}

/* read, write: the offset is the uio's, or the file's. */
static int
shm_transfer(struct file *fp, struct uio *uio, int flags)
{
	bool own = !(flags & FOF_OFFSET);
	struct shm *s = fp->f_data;
	off_t offset;
	int error = 0;

	if (own)
		mutex_lock(&fp->f_offset_lock);
	offset = own ? fp->f_offset : uio->uio_offset;
	if (offset < 0)
		error = EINVAL;
	else
		error = uio->uio_write ? write_sealed(s, uio, &offset)
				       : shm_move(s, uio, &offset);
	if (own) {
		fp->f_offset = offset;
		mutex_unlock(&fp->f_offset_lock);
	} else {
		uio->uio_offset = offset;
	}
	return (error);
}

static int
shm_stat(struct file *fp, struct stat *st)
{
	const struct shm *s = fp->f_data;

	memset(st, 0, sizeof(*st));
	mutex_lock(&shm_lock);
	st->st_ino = s->s_ino;
	st->st_nlink = s->s_name != NULL;
	owner_stat(&s->s_owner, S_IFREG, st);
	mutex_unlock(&shm_lock);
	st->st_size = (off_t)s->s_object->o_size;
	st->st_blksize = PAGE_SIZE;
	/* FreeBSD counts pages here. */
	st->st_blocks = (blkcnt_t)s->s_object->o_npages;
	return (0);
}

static int
shm_truncate(struct file *fp, off_t length)
{
	struct shm *s = fp->f_data;
	int error;

	if (length < 0 || (uint64_t)length > SHM_SIZE_MAX)
		return (length < 0 ? EINVAL : EFBIG);
	error = shm_resize(s, (uint64_t)length);
	if (error != 0)
		return (error);
	mutex_lock(&shm_lock);
	s->s_owner.ow_mtim = s->s_owner.ow_ctim = time_now();
	mutex_unlock(&shm_lock);
	return (0);
}

static int
shm_seek(struct file *fp, off_t offset, int whence, off_t *res)
{
	const struct shm *s = fp->f_data;

	return (file_seek(fp, s->s_object->o_size, offset, whence, res));
}

/* Memory is there when it is written. */
static int
shm_allocate(struct file *fp, off_t start, off_t end)
{
	return ((uint64_t)end > SHM_SIZE_MAX
		    ? EFBIG
		    : grow_to(fp->f_data, (uint64_t)end));
}

/* s_contents held: zeroes within one page, which may not be there. */
static void
zero_part(struct shm *s, uint64_t start, uint64_t end)
{
	struct page *pg;

	if (start >= end ||
	    vm_object_page(s->s_object, atop(start), VM_PAGE_WRITE, &pg) != 0)
		return;
	memset((char *)page_virt(pg) + (start & PAGE_MASK), 0, end - start);
	page_release(pg);
}

static int
shm_punch(struct file *fp, off_t start, off_t end, off_t *size)
{
	struct shm *s = fp->f_data;
	uint64_t from = (uint64_t)start, to, first, last;
	int error = 0;

	mutex_lock(&s->s_contents);
	*size = (off_t)s->s_object->o_size;
	to = (uint64_t)MIN(end, *size);
	first = round_page(from);
	last = (off_t)to == *size ? round_page(to) : trunc_page(to);
	if ((s->s_seals & F_SEAL_WRITE) != 0) {
		error = EPERM;
	} else if (from < to) {
		zero_part(s, from, MIN(first, to));
		if (last > first)
			vm_object_discard(s->s_object, atop(first), atop(last));
		zero_part(s, MAX(last, MIN(first, to)), to);
	}
	mutex_unlock(&s->s_contents);
	return (error);
}

static int
shm_chmod(struct file *fp, mode_t mode)
{
	struct shm *s = fp->f_data;
	int error;

	mutex_lock(&shm_lock);
	error = owner_chmod(&s->s_owner, curthread(), mode);
	mutex_unlock(&shm_lock);
	return (error);
}

static int
shm_chown(struct file *fp, uid_t uid, gid_t gid)
{
	struct shm *s = fp->f_data;
	int error;

	mutex_lock(&shm_lock);
	error = owner_chown(&s->s_owner, curthread(), uid, gid);
	mutex_unlock(&shm_lock);
	return (error);
}

static int
shm_mmap(struct file *fp, struct vm_mapping *m)
{
	struct shm *s = fp->f_data;

	mutex_lock(&s->s_contents);
	if (m->flags & MAP_SHARED &&
	    (!(fp->f_flag & FWRITE) || (s->s_seals & F_SEAL_WRITE) != 0))
		m->maxprot &= ~(unsigned)PROT_WRITE;
	m->object = s->s_object;
	vm_object_hold(m->object);
	mutex_unlock(&s->s_contents);
	return (0);
}

static unsigned
get_seals(struct shm *s)
{
	unsigned seals;

	mutex_lock(&s->s_contents);
	seals = s->s_seals;
	mutex_unlock(&s->s_contents);
	return (seals);
}

/* EINVAL, EPERM: sealed against more, EBUSY: F_SEAL_WRITE while somebody may
 * write to a mapping; also a signal's, for it waits for calls that write. */
static int
add_seals(struct shm *s, int seals)
{
	unsigned added;
	int error = 0;

	if ((seals & ~F_SEALS) != 0)
		return (EINVAL);
	mutex_lock(&s->s_contents);
	while ((seals & F_SEAL_WRITE) != 0 && s->s_writing > 0 && error == 0)
		error = cv_wait_sig(&s->s_written, &s->s_contents);
	added = (unsigned)seals & ~s->s_seals;
	if (error == 0 && (s->s_seals & F_SEAL_SEAL) != 0)
		error = EPERM;
	else if (error == 0 && (added & F_SEAL_WRITE) != 0 &&
		 vm_object_writable(s->s_object, 1))
		error = EBUSY;
	if (error == 0)
		s->s_seals |= added;
	mutex_unlock(&s->s_contents);
	return (error);
}

static int
shm_fcntl(struct file *fp, int cmd, int64_t arg, uint64_t *result)
{
	switch (cmd) {
	case F_ADD_SEALS:
		return (add_seals(fp->f_data, (int)arg));
	case F_GET_SEALS:
		*result = get_seals(fp->f_data);
		return (0);
	default:
		return (EINVAL);
	}
}

/* What goes when the last one closes it. */
static size_t
shm_memory(struct file *fp)
{
	const struct shm *s = fp->f_data;

	return (s->s_name != NULL ? 0 : s->s_object->o_npages * PAGE_SIZE);
}

static void
shm_close(struct file *fp)
{
	shm_release(fp->f_data);
}

/* Has it a name? */
static bool
describe(const struct shm *s, struct kinfo_file *kf)
{
	bool named;

	mutex_lock(&shm_lock);
	named = s->s_name != NULL;
	if (named)
		strlcpy(kf->kf_path, s->s_name, sizeof(kf->kf_path));
	kf->kf_un.kf_file.kf_file_mode = S_IFREG | s->s_owner.ow_mode;
	mutex_unlock(&shm_lock);
	kf->kf_un.kf_file.kf_file_size = s->s_object->o_size;
	return (named);
}

static void
shm_kinfo(struct file *fp, struct kinfo_file *kf)
{
	(void)describe(fp->f_data, kf);
}

/* All that have a name, with references; NULL: none, or no memory. */
static struct shm **
hold_named(size_t *n)
{
	struct shm **all, *s;
	size_t i = 0;

	mutex_lock(&shm_lock);
	*n = 0;
	LIST_FOREACH (s, &shm_names, s_link)
		(*n)++;
	all = *n > 0 ? kmem_alloc(*n * sizeof(struct shm *), 0) : NULL;
	LIST_FOREACH (s, &shm_names, s_link) {
		if (all == NULL)
			break;
		refcount_take(&s->s_refs);
		all[i++] = s;
	}
	mutex_unlock(&shm_lock);
	return (all);
}

int
shm_walk(struct kinfo_file *kf, int (*fn)(void *arg), void *arg)
{
	struct shm **all;
	int error = 0;
	size_t n;

	all = hold_named(&n);
	if (all == NULL)
		return (n > 0 ? ENOMEM : 0);
	for (size_t i = 0; i < n; i++) {
		memset(kf, 0, sizeof(*kf));
		kf->kf_type = KF_TYPE_SHM;
		if (error == 0 && describe(all[i], kf))
			error = fn(arg);
		shm_release(all[i]);
	}
	kmem_free(all, n * sizeof(struct shm *));
	return (error);
}

static const struct fileops shm_fileops = {
    .fo_read = shm_transfer,
    .fo_write = shm_transfer,
    .fo_stat = shm_stat,
    .fo_kinfo = shm_kinfo,
    .fo_truncate = shm_truncate,
    .fo_seek = shm_seek,
    .fo_allocate = shm_allocate,
    .fo_punch = shm_punch,
    .fo_chmod = shm_chmod,
    .fo_chown = shm_chown,
    .fo_mmap = shm_mmap,
    .fo_fcntl = shm_fcntl,
    .fo_memory = shm_memory,
    .fo_close = shm_close,
    .fo_passable = true,
};

/* The object called name, with a reference. shm_lock held. */
static int
shm_lookup(struct thread *td, const char *name, int flags, mode_t mode,
    int shmflags, struct shm **sp)
{
	struct shm *s = shm_find(name);
	int fflags = (flags & O_ACCMODE) == O_RDWR ? FREAD | FWRITE : FREAD;
	int error = 0;

	if (s == NULL) {
		if (!(flags & O_CREAT))
			return (ENOENT);
		s = shm_create(td, mode, shmflags);
		if (s == NULL)
			return (ENOMEM);
		s->s_name = kmem_strdup(name);
		if (s->s_name == NULL) {
			shm_release(s);
			return (ENOMEM);
		}
		list_push_back(&shm_names, &s->s_link);
	} else {
		if ((flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL))
			return (EEXIST);
		error = owner_access(&s->s_owner, td->td_cred, fflags);
		if (error != 0)
			return (error);
		if ((flags & (O_ACCMODE | O_TRUNC)) == (O_RDWR | O_TRUNC))
			error = shm_resize(s, 0);
		if (error != 0)
			return (error);
	}
	refcount_take(&s->s_refs);
	*sp = s;
	return (0);
}

int
shm_open_file(struct thread *td, const char *name, int flags, mode_t mode,
    int shmflags, struct file **fpp)
{
	struct shm *s = NULL;
	int error = 0, acc = flags & O_ACCMODE;

	if ((acc != O_RDONLY && acc != O_RDWR) ||
	    flags & ~(O_ACCMODE | O_CREAT | O_EXCL | O_TRUNC | O_CLOEXEC |
			O_CLOFORK) ||
	    shmflags & ~(SHM_ALLOW_SEALING | SHM_GROW_ON_WRITE | SHM_LARGEPAGE))
		return (EINVAL);
	if (shmflags & SHM_LARGEPAGE)
		return (ENOTTY);
	if (name == NULL ? acc == O_RDONLY : *name != '/')
		return (EINVAL);
	mutex_lock(&shm_lock);
	if (name != NULL)
		error = shm_lookup(td, name, flags, mode, shmflags, &s);
	else if ((s = shm_create(td, mode, shmflags)) == NULL)
		error = ENOMEM;
	mutex_unlock(&shm_lock);
	if (error != 0)
		return (error);
	*fpp = file_alloc(td, DTYPE_SHM, acc == O_RDWR ? FREAD | FWRITE : FREAD,
	    &shm_fileops, s);
	if (*fpp == NULL) {
		shm_release(s);
		return (ENFILE);
	}
	return (0);
}

int
kern_shm_open(struct thread *td, const char *name, int flags, mode_t mode,
    int shmflags, int *fdp)
{
	struct file *fp;
	int error = shm_open_file(td, name, flags, mode, shmflags, &fp);

	if (error != 0)
		return (error);
	return (fd_open(td, fp,
	    (flags & O_CLOEXEC ? UF_EXCLOSE : 0) |
		(flags & O_CLOFORK ? UF_FOCLOSE : 0),
	    fdp));
}

int
kern_shm_unlink(struct thread *td, const char *name)
{
	struct shm *s;
	int error;

	mutex_lock(&shm_lock);
	s = shm_find(name);
	error =
	    s == NULL ? ENOENT : owner_access(&s->s_owner, td->td_cred, FWRITE);
	if (error == 0)
		shm_forget(s);
	mutex_unlock(&shm_lock);
	return (error);
}

int
kern_shm_rename(struct thread *td, const char *from, const char *to, int flags)
{
	struct shm *s, *other;
	char *name;
	int error = 0;

	if (flags & ~(SHM_RENAME_NOREPLACE | SHM_RENAME_EXCHANGE) ||
	    flags == (SHM_RENAME_NOREPLACE | SHM_RENAME_EXCHANGE))
		return (EINVAL);
	name = kmem_strdup(to);
	if (name == NULL)
		return (ENOMEM);
	mutex_lock(&shm_lock);
	s = shm_find(from);
	other = shm_find(to);
	if (s == NULL)
		error = ENOENT;
	else if (other != NULL && flags & SHM_RENAME_NOREPLACE)
		error = EEXIST;
	else
		error = owner_access(&s->s_owner, td->td_cred, FWRITE);
	if (error == 0 && other != NULL)
		error = owner_access(&other->s_owner, td->td_cred, FWRITE);
	if (error == 0 && s != other) {
		char *old = s->s_name;

		s->s_name = name;
		name = old;
		if (other != NULL && flags & SHM_RENAME_EXCHANGE) {
			old = other->s_name;
			other->s_name = name;
			name = old;
		} else if (other != NULL) {
			shm_forget(other);
		}
	}
	mutex_unlock(&shm_lock);
	kmem_strfree(name);
	return (error);
}
