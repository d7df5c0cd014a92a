/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * getdirentries(2), in today's layout and in release 11's.
 */
#include "abi/freebsd/sysargs.h"
#include "amd64/md.h"
#include "fbsd/dirent.h"
#include "fbsd/errno.h"
#include "fbsd/event.h"
#include "file/file.h"
#include "lib/string.h"
#include "vfs/vnode.h"
#include "vfs/vop.h"
#include "vm/kmem.h"

/* At most this at once; the caller asks again. */
#define BUFFER_MAX (64 * 1024ul)

struct filler {
	struct dir_emit de;
	char *buf;
	size_t size;
	size_t used;
	bool full;  /* an entry didn't fit */
	off_t next; /* place of the first entry that isn't there */
};

static char *
room_for(struct filler *f, size_t reclen, off_t next)
{
	char *at = f->buf + f->used;

	if (reclen > f->size - f->used) {
		f->full = true;
		return (NULL);
	}
	f->used += reclen;
	f->next = next;
	memset(at, 0, reclen);
	return (at);
}

static bool
emit_new(struct dir_emit *de, const char *name, size_t len, ino_t ino,
    uint8_t type, off_t next)
{
	struct filler *f = container_of(de, struct filler, de);
	size_t reclen = roundup2(offsetof(struct dirent, d_name) + len + 1, 8);
	struct dirent *d = (struct dirent *)room_for(f, reclen, next);

	if (d == NULL)
		return (false);
	d->d_fileno = ino;
	d->d_off = next;
	d->d_reclen = (uint16_t)reclen;
	d->d_type = type;
	d->d_namlen = (uint16_t)len;
	memcpy(d->d_name, name, len);
	return (true);
}

static bool
emit_old(struct dir_emit *de, const char *name, size_t len, ino_t ino,
    uint8_t type, off_t next)
{
	struct filler *f = container_of(de, struct filler, de);
	size_t reclen =
	    roundup2(offsetof(struct freebsd11_dirent, d_name) + len + 1, 4);
	struct freebsd11_dirent *d =
	    (struct freebsd11_dirent *)room_for(f, reclen, next);

	if (d == NULL)
		return (false);
	d->d_fileno = (uint32_t)ino;
	d->d_reclen = (uint16_t)reclen;
	d->d_type = type;
	d->d_namlen = (uint8_t)len;
	memcpy(d->d_name, name, len);
	return (true);
}

/* With f_offset_lock: fills the buffer from the file's place on. */
static int
fill(struct file *fp, struct filler *f)
{
	struct vnode *vp = fp->f_vnode;
	struct vn_miss miss = {0, 0};
	int error;

	f->next = f->de.cookie = fp->f_offset;
	do {
		rw_rlock(&vp->v_base->v_lock);
		vn_miss_begin(&miss);
		error = vop_readdir(vp, &f->de);
		vn_miss_end();
		rw_runlock(&vp->v_base->v_lock);
	} while (error == EMISSED && f->used == 0 && !f->full &&
		 (error = vn_fetch(vp, &miss)) == 0);
	vn_note(vp, NOTE_READ);
	/* It will come again, after what could be read. */
	if (error != 0 && f->used > 0)
		error = 0;
	if (error == 0 && f->used == 0 && f->full)
		error = EINVAL;
	return (error);
}

static int
read_dir(struct thread *td, struct file *fp, char __user *ubuf,
    struct filler *f, off_t *base)
{
	int error;

	f->buf = kmem_alloc(f->size, 0);
	if (f->buf == NULL)
		return (ENOMEM);
	mutex_lock(&fp->f_offset_lock);
	*base = fp->f_offset;
	error = fp->f_offset < 0 ? EINVAL : fill(fp, f);
	if (error == 0)
		error = copyout(f->buf, ubuf, f->used);
	if (error == 0) {
		fp->f_offset = f->next;
		td->td_retval[0] = f->used;
	}
	mutex_unlock(&fp->f_offset_lock);
	kmem_free(f->buf, f->size);
	return (error);
}

static int
getdirentries(struct thread *td, int fd, char __user *buf, size_t count,
    off_t __user *basep, __typeof__(emit_new) *emit)
{
	struct filler f = {.de.emit = emit, .size = MIN(count, BUFFER_MAX)};
	struct file *fp;
	off_t base;
	int error;

	if (count > INT64_MAX || count == 0)
		return (EINVAL);
	error = fd_get(td, fd, FREAD, &fp);
	if (error != 0)
		return (error);
	if (fp->f_vnode == NULL)
		error = EINVAL;
	else if (fp->f_vnode->v_type != VDIR)
		error = ENOTDIR;
	else
		error = read_dir(td, fp, buf, &f, &base);
	file_release(fp);
	if (error == 0 && basep != NULL)
		error = copyout(&base, basep, sizeof(base));
	return (error);
}

int
sys_getdirentries(struct thread *td, const struct getdirentries_args *a)
{
	return (getdirentries(td, a->fd, a->buf, a->count, a->basep, emit_new));
}

int
sys_freebsd11_getdirentries(
    struct thread *td, const struct freebsd11_getdirentries_args *a)
{
	return (getdirentries(
	    td, a->fd, a->buf, a->count, (off_t __user *)a->basep, emit_old));
}

int
sys_freebsd11_getdents(
    struct thread *td, const struct freebsd11_getdents_args *a)
{
	return (getdirentries(td, a->fd, a->buf, a->count, NULL, emit_old));
}
