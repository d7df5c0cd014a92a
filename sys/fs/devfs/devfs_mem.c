/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Devices that are nothing but themselves: null(4), zero, full, random(4),
 * and the names of descriptors 0 to 2.
 */
#include "fbsd/errno.h"
#include "fbsd/filio.h"
#include "fs/devfs/devfs.h"
#include "core/module.h"
#include "core/random.h"
#include "proc/signal.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "vfs/vn_file.h"

static int
null_read(struct file *fp, struct uio *uio, int flags)
{
	return (0);
}

static int
null_write(struct file *fp, struct uio *uio, int flags)
{
	uio->uio_offset += (off_t)uio->uio_resid;
	uio->uio_resid = 0;
	return (0);
}

/* Long transfers end for a signal. */
static bool
interrupted(void)
{
	return (sig_interrupts(curthread()) != 0);
}

static int
zero_read(struct file *fp, struct uio *uio, int flags)
{
	int error = 0;

	while (error == 0 && uio->uio_resid > 0) {
		error = uiozero(MIN(uio->uio_resid, 1ul << 20), uio);
		if (uio->uio_resid > 0 && interrupted())
			return (error);
	}
	return (error);
}

static int
full_write(struct file *fp, struct uio *uio, int flags)
{
	return (ENOSPC);
}

static int
random_read(struct file *fp, struct uio *uio, int flags)
{
	return (uiorandom(uio));
}

static int
random_write(struct file *fp, struct uio *uio, int flags)
{
	uint8_t buf[256];
	size_t n;
	int error = 0;

	while (error == 0 && uio->uio_resid > 0) {
		n = MIN(uio->uio_resid, sizeof(buf));
		error = uiomove(buf, n, uio);
		if (error == 0)
			random_stir(buf, n);
	}
	return (error);
}

/* Mapping zero is anonymous memory. */
static int
zero_mmap(struct file *fp, struct vm_mapping *m)
{
	if ((fp->f_flag & FREAD) == 0)
		return (EACCES);
	m->object = NULL;
	m->vnode = NULL;
	return (0);
}

#define MEM_FILEOPS(read, write)                                               \
	.fo_read = (read), .fo_write = (write), .fo_device = true,             \
	.fo_devtype = D_MEM, .fo_seek = vn_file_seek, .fo_passable = true

static const struct fileops null_fileops = {MEM_FILEOPS(null_read, null_write)};
static const struct fileops zero_fileops = {
    MEM_FILEOPS(zero_read, null_write), .fo_mmap = zero_mmap};
static const struct fileops full_fileops = {MEM_FILEOPS(zero_read, full_write)};
static const struct fileops random_fileops = {
    MEM_FILEOPS(random_read, random_write)};

void
devfs_mem_init(void)
{
	static bool done;
	struct cdev *cd;

	if (done)
		return;
	done = true;
	make_dev(&null_fileops, NULL, 0666, 0, 0, "null");
	make_dev(&zero_fileops, NULL, 0666, 0, 0, "zero");
	make_dev(&full_fileops, NULL, 0666, 0, 0, "full");
	make_dev(&random_fileops, NULL, 0666, 0, 0, "random");
	make_dev(&random_fileops, NULL, 0666, 0, 0, "urandom");
	for (int fd = 0; fd < 3; fd++) {
		cd = make_dev(&null_fileops, NULL, 0666, 0, 0, "fd/%d", fd);
		if (cd != NULL)
			cd->cd_dupfd = fd;
	}
}

MODULE(null, "null");
MODULE(random, "random_device");
