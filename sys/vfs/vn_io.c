/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * read(2) and write(2) of regular files: bytes move between the pages of the
 * vnode's object, which mmap(2) and exec share, and a uio.
 *
 * v_lock is held while bytes move, for reading or for writing, which makes each
 * call atomic to the others.  It isn't while a page is read from storage, so
 * that nobody waits for that but who needs the page; a call that such a wait
 * interrupts is atomic before and after it.  Page faults on the user's buffer
 * take no vnode lock, so the buffer may well be a mapping of the same file.
 */
#include "fbsd/errno.h"
#include "proc/proc.h"
#include "time/time.h"
#include "lib/string.h"
#include "fbsd/event.h"
#include "vfs/vnode.h"
#include "vfs/vop.h"
#include "vm/pageout.h"

/* How much of the transfer lies within the page at its offset. */
static size_t
page_part(const struct uio *uio, uint64_t end)
{
	uint64_t offset = (uint64_t)uio->uio_offset, n;

	n = PAGE_SIZE - (offset & PAGE_MASK);
	n = MIN(n, uio->uio_resid);
	return (MIN(n, end - offset));
}

/* The page at index, held; *pg may be it, if it was just read.  EBUSY, ENOMEM:
 * await_page(). v_lock held. */
static int
find_page(struct vnode *vp, uint64_t index, struct vm_wait *w, struct page **pg)
{
	struct vm_object *o = &vp->v_object;

	if (__predict_false(*pg != NULL)) {
		if (atomic_load(&(*pg)->pg_object) == o)
			return (0);
		page_release(*pg);
		*pg = NULL;
	}
	if (vp->v_ops->vo_getpage != NULL)
		return (vp->v_ops->vo_getpage(vp, index, pg));
	return (vm_object_page_or_read(o, index, 0, w, pg));
}

/* Has it read, or waits for memory. v_lock is held, but not meanwhile. */
static int
await_page(struct vnode *vp, struct vm_wait *w, int error, struct page **pg)
{
	rw_runlock(&vp->v_lock);
	*pg = NULL;
	if (error == EBUSY)
		error = vm_object_read(&vp->v_object, w, pg);
	if (error == ENOMEM && pageout_wait())
		error = 0;
	rw_rlock(&vp->v_lock);
	return (error);
}

/* pg NULL: a hole. Lets go of the page. */
static int
read_page(struct uio *uio, size_t n, struct page *pg)
{
	int error;

	if (pg == NULL)
		return (uiozero(n, uio));
	error = uiomove(
	    (char *)page_virt(pg) + (uio->uio_offset & PAGE_MASK), n, uio);
	page_release(pg);
	return (error);
}

int
vn_read(struct vnode *vp, struct uio *uio, int ioflag)
{
	const uint64_t mnt_flags = vp->v_mount->mnt_flags;
	struct page *pg = NULL;
	struct vm_wait w = VM_WAIT_INITIALIZER;
	uint64_t size;
	int error = 0;

	vp = vp->v_base;
	if (vp->v_ops->vo_read != NULL)
		return (vp->v_ops->vo_read(vp, uio, ioflag));
	if (vp->v_type != VREG)
		return (vp->v_type == VDIR ? EISDIR : EINVAL);
	if (uio->uio_offset < 0)
		return (EINVAL);
	rw_rlock(&vp->v_lock);
	size = vn_size(vp);
	while (uio->uio_resid > 0 && (uint64_t)uio->uio_offset < size &&
	       error == 0) {
		error = find_page(vp, atop(uio->uio_offset), &w, &pg);
		if (__predict_true(error == 0)) {
			error = read_page(uio, page_part(uio, size), pg);
			pg = NULL;
		} else if (error == EBUSY || error == ENOMEM) {
			error = await_page(vp, &w, error, &pg);
			size = vn_size(vp);
		}
	}
	if (pg != NULL)
		page_release(pg);
	rw_runlock(&vp->v_lock);
	if ((mnt_flags & (MNT_NOATIME | MNT_RDONLY)) == 0)
		__atomic_store_n(
		    &vp->v_accessed, time_realtime(), __ATOMIC_RELAXED);
	vn_note(vp, NOTE_READ);
	return (error);
}

/* One page's part of a write. */
static int
write_page(struct vnode *vp, struct uio *uio, size_t n)
{
	uint64_t offset = (uint64_t)uio->uio_offset;
	struct page *pg;
	int error;

	do
		error = vm_object_page(
		    &vp->v_object, atop(offset), VM_PAGE_WRITE, &pg);
	while (__predict_false(error == ENOMEM) && pageout_wait());
	if (error != 0)
		return (error == ENOMEM ? ENOSPC : error);
	error = uiomove((char *)page_virt(pg) + (offset & PAGE_MASK), n, uio);
	vm_object_wrote(&vp->v_object, pg);
	page_release(pg);
	return (error);
}

/* Where the write ends at most: sizes and RLIMIT_FSIZE. */
static int
write_limit(struct uio *uio, uint64_t *end)
{
	struct thread *td = curthread();
	uint64_t offset = (uint64_t)uio->uio_offset, limit;

	if (uio->uio_resid > (uint64_t)INT64_MAX - offset)
		return (EFBIG);
	*end = offset + uio->uio_resid;
	limit = proc_limit(td->td_proc, RLIMIT_FSIZE);
	if (__predict_false(*end > limit)) {
		if (offset >= limit)
			return (vn_check_size(td, *end));
		*end = limit;
	}
	return (0);
}

/* The write failed before its end: the file ends where it stopped. */
static void
cut_back(struct vnode *vp, uint64_t old_size, uint64_t reached)
{
	struct vattr va = {.va_set = VA_SIZE, .va_size = reached};

	if (reached < old_size)
		va.va_size = old_size;
	if (va.va_size < vn_size(vp))
		vop_setattr(vp, &va);
}

/* As much of the write up to `end` as the file system wants at once. */
static int
write_part(struct vnode *vp, struct uio *uio, uint64_t end)
{
	int error;

	error = vop_write_begin(vp, (uint64_t)uio->uio_offset, &end);
	while (error == 0 && (uint64_t)uio->uio_offset < end)
		error = write_page(vp, uio, page_part(uio, end));
	return (error);
}

/* v_lock held for writing. */
static int
write_pages(struct vnode *vp, struct uio *uio)
{
	const uint64_t start = (uint64_t)uio->uio_offset,
		       old_size = vn_size(vp);
	uint64_t end = 0;
	int error;

	error = write_limit(uio, &end);
	if (error != 0)
		return (error);
	while ((uint64_t)uio->uio_offset < end && error == 0)
		error = write_part(vp, uio, end);
	if (error != 0) {
		cut_back(vp, old_size,
		    (uint64_t)uio->uio_offset > start
			? (uint64_t)uio->uio_offset
			: old_size);
		if ((uint64_t)uio->uio_offset == start)
			return (error);
		if (error == ENOSPC)
			error = 0;
	}
	vop_modified(vp, curthread()->td_cred);
	return (error);
}

/* What leads to what is going to be written, and pages of which only a part is,
 * are there before v_lock is taken; if not, that is found out again. */
static void
fetch_edges(struct vnode *vp, const struct uio *uio, int ioflag)
{
	const uint64_t size = vn_size(vp);
	const uint64_t start =
	    ioflag & IO_APPEND ? size : (uint64_t)uio->uio_offset;
	const uint64_t at[] = {start, start + uio->uio_resid};
	uint64_t last = UINT64_MAX;
	struct page *pg;

	if (vp->v_ops->vo_prefetch != NULL)
		vp->v_ops->vo_prefetch(vp, at[0], at[1]);

	for (unsigned i = 0; i < nitems(at); i++) {
		if ((at[i] & PAGE_MASK) == 0 || at[i] > size ||
		    atop(at[i]) == last)
			continue;
		last = atop(at[i]);
		if (vm_object_page(&vp->v_object, last, 0, &pg) == 0)
			page_release(pg);
	}
}

int
vn_write(struct vnode *vp, struct uio *uio, int ioflag)
{
	uint64_t size;
	off_t from;
	int error;

	/* Opened for writing before the mount became read-only by force. */
	if ((vp->v_mount->mnt_flags & MNT_RDONLY) != 0 && vp->v_type == VREG)
		return (EROFS);
	if ((vp->v_mount->mnt_flags & MNT_SYNCHRONOUS) != 0)
		ioflag |= IO_SYNC;
	vp = vp->v_base;
	if (vp->v_ops->vo_write != NULL)
		return (vp->v_ops->vo_write(vp, uio, ioflag));
	if (vp->v_type != VREG)
		return (vp->v_type == VDIR ? EISDIR : EINVAL);
	if (vp->v_object.o_ops->vo_read != NULL)
		fetch_edges(vp, uio, ioflag);
	rw_wlock(&vp->v_lock);
	if ((ioflag & IO_APPEND) != 0)
		uio->uio_offset = (off_t)vn_size(vp);
	from = uio->uio_offset;
	size = vn_size(vp);
	if (from < 0)
		error = EINVAL;
	else if (uio->uio_resid == 0)
		error = 0;
	else
		error = write_pages(vp, uio);
	rw_wunlock(&vp->v_lock);
	if (uio->uio_offset > from)
		vn_note(vp, (uint64_t)uio->uio_offset > size
				? NOTE_WRITE | NOTE_EXTEND
				: NOTE_WRITE);
	if (error == 0 && (ioflag & IO_SYNC) != 0)
		error = vn_fsync(vp, false);
	return (error);
}

int
vn_pread(struct vnode *vp, void *buf, size_t len, off_t offset, size_t *resid)
{
	struct iovec iov;
	struct uio uio;
	int error;

	uio_init(&uio, &iov, (uintptr_t)buf, len, offset, false, false);
	error = vn_read(vp, &uio, 0);
	if (resid != NULL)
		*resid = uio.uio_resid;
	else if (error == 0 && uio.uio_resid != 0)
		error = EIO;
	return (error);
}
