/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A process's directories: where it is, and what it takes for the root.
 */
#include "core/section.h"
#include "proc/proc.h"
#include "vfs/namei.h"
#include "vfs/vnode.h"

static struct vnode *
held(struct vnode *vp)
{
	if (vp != NULL)
		vnode_hold(vp);
	return (vp);
}

void
dirs_fork(struct proc *p, struct proc *parent)
{
	spin_lock(&parent->p_lock);
	p->p_cwd = held(parent->p_cwd);
	p->p_root = held(parent->p_root);
	p->p_jailroot = held(parent->p_jailroot);
	spin_unlock(&parent->p_lock);
}

/* p's other threads look at them within sections. */
void
dirs_set(struct proc *p, struct vnode **place, struct vnode *vp)
{
	struct vnode *old;

	spin_lock(&p->p_lock);
	old = *place;
	atomic_store(place, vp);
	spin_unlock(&p->p_lock);
	if (old != NULL) {
		section_wait();
		vnode_release(old);
	}
}

void
dirs_exit(struct proc *p)
{
	dirs_set(p, &p->p_cwd, NULL);
	dirs_set(p, &p->p_root, NULL);
	dirs_set(p, &p->p_jailroot, NULL);
}
