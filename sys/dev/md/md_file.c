/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Contents that are a file's: they are read and written as a program would, by
 * way of the file's pages.  What is behind its end reads as zeroes, and comes
 * with the first write to it.
 */
#include "dev/md/md.h"
#include "fbsd/errno.h"
#include "fbsd/stat.h"
#include "file/file.h"
#include "lib/string.h"

#define PIECES 16 /* segments that are moved at once */

int
md_file_open(struct md *md, struct thread *td)
{
	struct stat st = {0};
	int error = md_vnode_open(
	    td, md->md_path, (md->md_options & MD_READONLY) == 0, &md->md_file);

	if (error != 0)
		return (error);
	error = file_stat_named(md->md_file, &st);
	md->md_fsid = st.st_dev;
	md->md_ino = st.st_ino;
	return (error);
}

/* Until all of it has been moved. */
static int
move_uio(struct file *fp, struct uio *uio)
{
	int error = 0;

	while (error == 0 && uio->uio_resid > 0) {
		const size_t before = uio->uio_resid;

		if (uio->uio_write)
			error = fp->f_ops->fo_write(fp, uio, FOF_OFFSET);
		else
			error = fp->f_ops->fo_read(fp, uio, FOF_OFFSET);
		if (error != 0 || uio->uio_resid != before)
			continue;
		error = uio->uio_write ? ENOSPC : uiozero(uio->uio_resid, uio);
	}
	return (error);
}

static int
move(struct md *md, struct bio *bp)
{
	struct iovec iov[PIECES];
	struct uio uio = {.uio_offset = (off_t)bp->b_position,
	    .uio_write = bp->b_cmd == BIO_WRITE};
	int error = 0;

	for (unsigned i = 0; i < bp->b_nsegs && error == 0;) {
		uio.uio_iov = iov;
		uio.uio_iovcnt = 0;
		uio.uio_resid = 0;
		for (; uio.uio_iovcnt < PIECES && i < bp->b_nsegs; i++) {
			const struct bio_seg *seg = &bp->b_segs[i];

			iov[uio.uio_iovcnt++] = (struct iovec){
			    (uintptr_t)phys_to_virt(seg->pa), seg->len};
			uio.uio_resid += seg->len;
		}
		error = move_uio(md->md_file, &uio);
	}
	return (error);
}

int
md_file_io(struct md *md, struct bio *bp)
{
	switch (bp->b_cmd) {
	case BIO_FLUSH:
		return (md_vnode_sync(md->md_file));
	case BIO_DELETE:
		return (md_vnode_punch(md->md_file, (off_t)bp->b_position,
		    (off_t)(bp->b_position + bp->b_length)));
	default:
		return (move(md, bp));
	}
}
