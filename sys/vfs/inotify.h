/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * inotify(2): the hooks, each where a vnode's events are told, and the calls.
 * All may sleep, and are called without v_lock of anything.
 */
#ifndef VFS_INOTIFY_H
#define VFS_INOTIFY_H

#include "lib/types.h"

struct cname;
struct namei;
struct thread;
struct vnode;

extern unsigned inotify_watches; /* (a) 0: the hooks have nothing to do */

/* NOTE_* of vnode.h's vn_note() happened to vp. */
void inotify_note(struct vnode *vp, long note) __sleeps;
/* vp got a name in dvp, its first or (linked) another. */
void inotify_created(struct vnode *dvp, const struct cname *cn,
    struct vnode *vp, bool linked) __sleeps;
/* vp lost a name in dvp, perhaps the last. */
void inotify_removed(
    struct vnode *dvp, const struct cname *cn, struct vnode *vp) __sleeps;
/* from's name became to's; to->nd_vp, if any, lost it. */
void inotify_moved(const struct namei *from, const struct namei *to) __sleeps;
/* The file system is to be unmounted: no watch keeps it busy. */
void inotify_unmount(uint64_t fsid) __sleeps;

/* flags: IN_NONBLOCK, IN_CLOEXEC. EINVAL, EMFILE, ENFILE, ENOMEM. */
int kern_inotify(struct thread *td, int flags, int *fdp) __sleeps;
/* path: a kernel string, from directory dfd. As the manual page says. */
int kern_inotify_add_watch(struct thread *td, int fd, int dfd, const char *path,
    uint32_t mask, int *wdp) __sleeps;
int kern_inotify_rm_watch(struct thread *td, int fd, int wd) __sleeps;

#endif
