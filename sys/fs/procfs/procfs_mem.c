/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A process's memory as a file: an offset is an address.
 */
#include "fbsd/errno.h"
#include "fs/procfs/procfs.h"
#include "proc/proc.h"
#include "kern/uio.h"
#include "vm/kmem.h"
#include "vm/vm.h"

/* The address space, held, if the caller may look into it. */
static int
find_space(pid_t pid, struct vmspace **vsp)
{
	struct proc *p;
	int error = ESRCH;

	*vsp = NULL;
	mutex_lock(&proctree_lock);
	p = proc_find(pid);
	if (p != NULL)
		error = proc_debug_vmspace(curthread(), p, vsp);
	mutex_unlock(&proctree_lock);
	return (error == 0 && *vsp == NULL ? ESRCH : error);
}

/* Up to the next page, by way of buf. */
static int
move_piece(struct vmspace *vs, struct uio *uio, char *buf)
{
	vaddr_t va = (vaddr_t)uio->uio_offset;
	size_t n = MIN(uio->uio_resid, PAGE_SIZE - va % PAGE_SIZE);
	int error;

	if (uio->uio_write) {
		error = uiomove(buf, n, uio);
		return (error != 0 ? error : vm_write(vs, va, buf, n));
	}
	error = vm_read(vs, va, buf, n);
	return (error != 0 ? error : uiomove(buf, n, uio));
}

int
procfs_mem(pid_t pid, struct uio *uio)
{
	size_t asked = uio->uio_resid;
	struct vmspace *vs;
	char *buf;
	int error = find_space(pid, &vs);

	if (error != 0)
		return (error);
	buf = kmem_alloc(PAGE_SIZE, 0);
	if (buf == NULL)
		error = ENOMEM;
	while (error == 0 && uio->uio_resid > 0)
		error = move_piece(vs, uio, buf);
	if (buf != NULL)
		kmem_free(buf, PAGE_SIZE);
	vmspace_release(vs);
	/* What was read counts; a write that fails isn't told in part. */
	return (uio->uio_resid != asked && !uio->uio_write ? 0 : error);
}
