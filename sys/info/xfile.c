/* SPDX-License-Identifier: BSD-2-Clause */
/* kern.file, as sockstat(1) reads it: all open descriptors of all processes. */
#include "fbsd/errno.h"
#include "file/fdtable.h"
#include "info/kinfo.h"
#include "proc/walk.h"
#include "vm/kmem.h"

struct walk {
	descriptor_fn *fn;
	void *arg;
	struct descriptor now;
};

static int
one_descriptor(void *arg, int fd, struct file *fp)
{
	struct walk *w = arg;

	w->now.fd = fd;
	w->now.file = fp;
	return (w->fn(w->arg, &w->now));
}

/* p's descriptors, held, if td may see them; or NULL. proctree_lock held. */
static struct fdtable *
hold_table(struct thread *td, struct proc *p, struct descriptor *d)
{
	struct fdtable *ft;

	spin_lock(&p->p_lock);
	ft = p->p_fd;
	if (ft != NULL && p_cansee(td, p) != 0)
		ft = NULL;
	if (ft != NULL) {
		fdtable_hold(ft);
		d->pid = p->p_pid;
		d->uid = p->p_image.cred->cr_uid;
	}
	spin_unlock(&p->p_lock);
	return (ft);
}

int
kinfo_descriptors(struct thread *td, descriptor_fn *fn, void *arg)
{
	struct walk w = {.fn = fn, .arg = arg};
	struct proc_walk pw;
	struct fdtable *ft;
	struct proc *p;
	int error = 0;

	mutex_lock(&proctree_lock);
	proc_walk_begin(&pw, NULL);
	while (error == 0 && (p = proc_walk_next(&pw)) != NULL) {
		ft = hold_table(td, p, &w.now);
		if (ft == NULL)
			continue;
		mutex_unlock(&proctree_lock);
		error = fdtable_walk(ft, one_descriptor, &w);
		fdtable_release(ft);
		mutex_lock(&proctree_lock);
	}
	proc_walk_end(&pw);
	mutex_unlock(&proctree_lock);
	return (error);
}

struct files {
	struct sysctl_req *req;
	struct kinfo_file kf; /* what the file tells of itself */
};

static int
out_file(void *arg, const struct descriptor *d)
{
	struct files *f = arg;
	struct file *fp = d->file;
	struct xfile xf = {.xf_size = sizeof(xf),
	    .xf_pid = d->pid,
	    .xf_uid = d->uid,
	    .xf_fd = d->fd,
	    .xf_type = fp->f_type,
	    /* One is the walk's. */
	    .xf_count = (int)atomic_load(&fp->f_refs) - 1,
	    .xf_offset = fp->f_offset,
	    .xf_flag = atomic_load(&fp->f_flag)};

	if (fp->f_type == DTYPE_SOCKET) {
		fp->f_ops->fo_kinfo(fp, &f->kf);
		xf.xf_data = f->kf.kf_un.kf_sock.kf_sock_pcb;
	}
	return (sysctl_out(f->req, &xf, sizeof(xf)));
}

static int
sysctl_file(const struct sysctl_node *node, struct sysctl_req *req)
{
	struct files *f = kmem_alloc(sizeof(*f), KM_ZERO);
	int error;

	if (f == NULL)
		return (ENOMEM);
	f->req = req;
	error = kinfo_descriptors(req->td, out_file, f);
	kmem_free(f, sizeof(*f));
	/* For those that are opened while one asks. */
	if (req->oldptr == 0)
		req->oldidx += req->oldidx / 8;
	return (error);
}
SYSCTL_PROC(kern_file, "kern.file", KERN_FILE, CTLTYPE_OPAQUE | CTLFLAG_RD,
    "S,xfile", sysctl_file, NULL, "All open descriptors");
