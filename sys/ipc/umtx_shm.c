/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * UMTX_OP_SHM: a page of shared memory that belongs to an address.
 *
 * libthr's process-shared locks are larger than what pthread_mutex_t has room
 * for; the rest is in such a page, which every process that maps the lock
 * finds by the lock's address.  The page is a file of shm.c, registered under
 * the address's key until somebody destroys it or the memory that the key
 * names is gone; then the owner of that memory calls umtx_shm_forget().
 */
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "fbsd/fcntl.h"
#include "file/file.h"
#include "ipc/shm.h"
#include "ipc/umtxq.h"
#include "vm/kmem.h"

struct umtx_shm {
	struct list us_link;  /* (shm_lock) */
	struct vm_key us_key; /* (!) */
	struct file *us_file; /* (!) one reference */
};

static struct mutex shm_lock = MUTEX_INITIALIZER(shm_lock, "umtx shm");
static struct list shm_pages = LIST_INITIALIZER(shm_pages); /* (shm_lock) */

static struct umtx_shm *
find(const struct vm_key *key)
{
	struct umtx_shm *us;

	LIST_FOREACH (us, &shm_pages, us_link)
		if (us->us_key.k_where == key->k_where &&
		    us->us_key.k_offset == key->k_offset)
			return (us);
	return (NULL);
}

/* Out of the list already. */
static void
destroy(struct umtx_shm *us)
{
	file_release(us->us_file);
	kmem_free(us, sizeof(*us));
}

void
umtx_shm_forget(const void *where)
{
	struct umtx_shm *us, *found;

	do {
		found = NULL;
		mutex_lock(&shm_lock);
		LIST_FOREACH (us, &shm_pages, us_link)
			if (us->us_key.k_where == where) {
				list_remove(&us->us_link);
				found = us;
				break;
			}
		mutex_unlock(&shm_lock);
		if (found != NULL)
			destroy(found);
	} while (found != NULL);
}

/* A file of one page, without a descriptor. */
static int
make_page_file(struct thread *td, struct file **fpp)
{
	int error;

	error = shm_open_file(td, NULL, O_RDWR, 0600, 0, fpp);
	if (error != 0)
		return (error);
	error = (*fpp)->f_ops->fo_truncate(*fpp, (off_t)PAGE_SIZE);
	if (error != 0)
		file_release(*fpp);
	return (error);
}

/* EEXIST: somebody was faster. */
static int
create(struct thread *td, const struct vm_key *key)
{
	struct umtx_shm *us = kmem_alloc(sizeof(*us), 0), *other;
	int error;

	if (us == NULL)
		return (ENOMEM);
	us->us_key = *key;
	error = make_page_file(td, &us->us_file);
	if (error != 0) {
		kmem_free(us, sizeof(*us));
		return (error);
	}
	mutex_lock(&shm_lock);
	other = find(key);
	if (other == NULL)
		list_push_back(&shm_pages, &us->us_link);
	mutex_unlock(&shm_lock);
	if (other == NULL)
		return (0);
	destroy(us);
	return (EEXIST);
}

static int
lookup(struct thread *td, const struct vm_key *key, int *fdp)
{
	struct file *fp = NULL;
	struct umtx_shm *us;
	int error;

	mutex_lock(&shm_lock);
	us = find(key);
	if (us != NULL) {
		fp = us->us_file;
		file_hold(fp);
	}
	mutex_unlock(&shm_lock);
	if (fp == NULL)
		return (ESRCH);
	if (td->td_cred->cr_uid != 0 &&
	    td->td_cred->cr_uid != fp->f_cred->cr_uid)
		error = EACCES;
	else
		error = fd_install(td, fp, 0, UF_EXCLOSE, fdp);
	file_release(fp);
	return (error);
}

static int
remove(const struct vm_key *key)
{
	struct umtx_shm *us;

	mutex_lock(&shm_lock);
	us = find(key);
	if (us != NULL)
		list_remove(&us->us_link);
	mutex_unlock(&shm_lock);
	if (us == NULL)
		return (ESRCH);
	destroy(us);
	return (0);
}

static int
key_op(struct thread *td, const struct vm_key *key, unsigned flags)
{
	int error, fd = -1;

	switch (flags) {
	case UMTX_SHM_CREAT:
		/* What was made is looked up; it may be gone again by then. */
		while ((error = lookup(td, key, &fd)) == ESRCH) {
			error = create(td, key);
			if (error != 0 && error != EEXIST)
				return (error);
		}
		break;
	case UMTX_SHM_LOOKUP:
		error = lookup(td, key, &fd);
		break;
	case UMTX_SHM_DESTROY:
		return (remove(key));
	case UMTX_SHM_ALIVE:
		mutex_lock(&shm_lock);
		error = find(key) != NULL ? 0 : ENOTTY;
		mutex_unlock(&shm_lock);
		return (error);
	default:
		return (EINVAL);
	}
	if (error == 0)
		td->td_retval[0] = (uint64_t)fd;
	return (error);
}

int
umtx_shm_op(struct thread *td, const void *uaddr, unsigned flags)
{
	struct vmspace *vs = td_vmspace(td);
	struct vm_object *o;
	struct vm_key key;
	int error;

	/* With the reference the memory can't go while it gets an entry. */
	error = vm_key_hold(vs, (vaddr_t)uaddr, &key, &o);
	if (error != 0)
		return (error);
	atomic_store(o != NULL ? &o->o_umtx : &vs->vs_umtx, true);
	error = key_op(td, &key, flags);
	if (o != NULL)
		vm_object_release(o);
	return (error);
}
