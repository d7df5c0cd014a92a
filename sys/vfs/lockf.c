/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Advisory locks: fcntl(2)'s on ranges, which belong to a process, and
 * flock(2)'s on whole files, which belong to an open file.  Both are entries
 * of one list on the vnode and see one another, as in FreeBSD.
 *
 * One mutex guards all of them: that makes the graph of who waits for whom,
 * which crosses vnodes, stand still while a new edge is checked.
 */
#include "fbsd/errno.h"
#include "fbsd/fcntl.h"
#include "proc/proc.h"
#include "vfs/lockf.h"
#include "vfs/vnode.h"
#include "vm/kmem.h"
#include "vm/page.h"

/* [start, end] of a vnode, end included. */
struct advlock {
	struct list al_link;
	const void *al_owner; /* a process, or a file for flock(2) */
	pid_t al_pid;	      /* -1 for flock(2) */
	int al_type;	      /* F_RDLCK, F_WRLCK; F_UNLCK in requests */
	off_t al_start;
	off_t al_end;
};

struct advlocks {
	struct list als_locks;
	struct cv als_changed;
};

/* A request that waits, on its thread's stack. */
struct advwait {
	struct list aw_link; /* in waits_of() its owner */
	struct list aw_todo; /* while a circle is searched */
	const struct advlock *aw_request;
	struct advlocks *aw_locks;
	uint64_t aw_search; /* the last search that reached it */
};

#define WAIT_BUCKETS 256

static struct mutex lock = MUTEX_INITIALIZER(lock, "advisory locks");
static struct list waiting[WAIT_BUCKETS]; /* (lock) by owner */
static uint64_t search;			  /* (lock) number of the last one */

/* The vnode's locks, made when first asked for. `lock` held. */
static struct advlocks *
locks_of(struct vnode *vp)
{
	struct advlocks *als = vp->v_locks;

	if (als != NULL)
		return (als);
	als = kmem_alloc(sizeof(*als), 0);
	if (als == NULL)
		return (NULL);
	list_init(&als->als_locks);
	cv_init(&als->als_changed, "lockf");
	vp->v_locks = als;
	atomic_or(&vp->v_flags, VV_LOCKS);
	return (als);
}

void
advlocks_free(struct vnode *vp)
{
	struct advlock *al, *next;

	LIST_FOREACH_SAFE (al, &vp->v_locks->als_locks, al_link, next)
		kmem_free(al, sizeof(*al));
	kmem_free(vp->v_locks, sizeof(*vp->v_locks));
	vp->v_locks = NULL;
}

static bool
conflict(const struct advlock *a, const struct advlock *b)
{
	return (a->al_owner != b->al_owner && a->al_start <= b->al_end &&
		b->al_start <= a->al_end &&
		(a->al_type == F_WRLCK || b->al_type == F_WRLCK));
}

/* The first lock in the way of the request behind `after` (NULL: of all). */
static struct advlock *
blocker(
    struct advlocks *als, const struct advlock *request, struct advlock *after)
{
	struct list *l =
	    after != NULL ? after->al_link.next : als->als_locks.next;

	for (; l != &als->als_locks; l = l->next) {
		struct advlock *al = LIST_ENTRY(l, struct advlock, al_link);

		if (conflict(al, request))
			return (al);
	}
	return (NULL);
}

static struct list *
waits_of(const void *owner)
{
	struct list *l = &waiting[(uintptr_t)owner / 64 % WAIT_BUCKETS];

	if (l->next == NULL)
		list_init(l);
	return (l);
}

/* The owner's waits are to be followed, once each. */
static void
reach(const void *owner, struct list *todo)
{
	struct advwait *aw;

	LIST_FOREACH (aw, waits_of(owner), aw_link) {
		if (aw->aw_request->al_owner != owner ||
		    aw->aw_search == search)
			continue;
		aw->aw_search = search;
		list_push_back(todo, &aw->aw_todo);
	}
}

/* Reaches all who hold something in the request's way. False: one of them is
 * `me`. */
static bool
reach_blockers(struct advlocks *als, const struct advlock *request,
    const void *me, struct list *todo)
{
	struct advlock *al = NULL;

	while ((al = blocker(als, request, al)) != NULL) {
		if (al->al_owner == me)
			return (false);
		reach(al->al_owner, todo);
	}
	return (true);
}

/* Would waiting for the request close a circle of processes?  Each wait is
 * followed once at most, by a look at its file's locks. */
static bool
deadlock(struct advlocks *als, const struct advlock *request)
{
	struct list todo = LIST_INITIALIZER(todo);
	struct advwait *aw;
	bool circle = false;

	search++;
	reach_blockers(als, request, NULL, &todo);
	while (!circle &&
	       (aw = LIST_FIRST(&todo, struct advwait, aw_todo)) != NULL) {
		list_remove(&aw->aw_todo);
		circle = !reach_blockers(
		    aw->aw_locks, aw->aw_request, request->al_owner, &todo);
	}
	return (circle);
}

static bool
touches(const struct advlock *a, const struct advlock *b)
{
	return ((b->al_end == INT64_MAX || a->al_start <= b->al_end + 1) &&
		(a->al_end == INT64_MAX || b->al_start <= a->al_end + 1));
}

/*
 * Makes room for the request among its owner's locks: those of its own type
 * become part of it, others lose what it covers.  `spare` is used up (and set
 * to NULL) where one falls into two.
 */
static void
carve(struct advlocks *als, struct advlock *request, struct advlock **spare)
{
	struct advlock *al, *next;

	LIST_FOREACH_SAFE (al, &als->als_locks, al_link, next) {
		if (al->al_owner != request->al_owner || !touches(al, request))
			continue;
		if (al->al_type == request->al_type) {
			request->al_start =
			    MIN(al->al_start, request->al_start);
			request->al_end = MAX(al->al_end, request->al_end);
		} else if (al->al_end < request->al_start ||
			   al->al_start > request->al_end) {
			continue;
		} else if (al->al_start < request->al_start) {
			if (al->al_end > request->al_end) {
				**spare = *al;
				(*spare)->al_start = request->al_end + 1;
				list_push_back(
				    &als->als_locks, &(*spare)->al_link);
				*spare = NULL;
			}
			al->al_end = request->al_start - 1;
			continue;
		} else if (al->al_end > request->al_end) {
			al->al_start = request->al_end + 1;
			continue;
		}
		list_remove(&al->al_link);
		kmem_free(al, sizeof(*al));
	}
}

static int
wait_for_change(struct advlocks *als, const struct advlock *request)
{
	struct advwait aw = {.aw_request = request, .aw_locks = als};
	int error;

	list_push_back(waits_of(request->al_owner), &aw.aw_link);
	error = cv_wait_sig(&als->als_changed, &lock);
	list_remove(&aw.aw_link);
	return (error);
}

/* Waits, or not, until nothing is in the request's way. `lock` held. */
static int
clear_way(struct advlocks *als, struct advlock *request, bool wait)
{
	struct advlock unlock = *request;
	int error = 0;

	while (error == 0 && blocker(als, request, NULL) != NULL) {
		if (!wait)
			return (EAGAIN);
		if (request->al_pid == -1) {
			/* An upgrade isn't atomic: two would wait for ever. */
			unlock.al_type = F_UNLCK;
			carve(als, &unlock, NULL);
			cv_broadcast(&als->als_changed);
		} else if (deadlock(als, request))
			return (EDEADLK);
		error = wait_for_change(als, request);
	}
	return (error);
}

static void
free_lock(struct advlock *al)
{
	if (al != NULL)
		kmem_free(al, sizeof(*al));
}

static int
set_lock(struct vnode *vp, const struct advlock *what, bool wait)
{
	/* They end where programs' memory does; to unlock is always possible.
	 */
	const bool enough = what->al_type == F_UNLCK || !page_low();
	struct advlock *new = enough ? kmem_alloc(sizeof(*new), 0) : NULL;
	struct advlock *spare = kmem_alloc(sizeof(*spare), 0);
	struct advlocks *als;
	int error = 0;

	mutex_lock(&lock);
	als = locks_of(vp);
	if (new == NULL || spare == NULL || als == NULL)
		error = ENOLCK;
	else {
		*new = *what;
		if (new->al_type != F_UNLCK)
			error = clear_way(als, new, wait);
	}
	if (error == 0) {
		carve(als, new, &spare);
		if (new->al_type != F_UNLCK) {
			list_push_back(&als->als_locks, &new->al_link);
			new = NULL;
		}
		cv_broadcast(&als->als_changed);
	}
	mutex_unlock(&lock);
	free_lock(new);
	free_lock(spare);
	return (error);
}

/* F_GETLK: the first lock in the way, or F_UNLCK. */
static void
get_lock(struct vnode *vp, const struct advlock *what, struct flock *fl)
{
	struct advlock *al = NULL;

	mutex_lock(&lock);
	if (vp->v_locks != NULL)
		al = blocker(vp->v_locks, what, NULL);
	if (al == NULL)
		fl->l_type = F_UNLCK;
	else {
		fl->l_type = (int16_t)al->al_type;
		fl->l_whence = SEEK_SET;
		fl->l_start = al->al_start;
		fl->l_len =
		    al->al_end == INT64_MAX ? 0 : al->al_end - al->al_start + 1;
		fl->l_pid = al->al_pid;
		fl->l_sysid = 0;
	}
	mutex_unlock(&lock);
}

/* The range that a struct flock means. */
static int
flock_range(struct file *fp, const struct flock *fl, struct advlock *al)
{
	off_t base, start, end = INT64_MAX;
	struct stat st;
	int error;

	switch (fl->l_whence) {
	case SEEK_SET:
		base = 0;
		break;
	case SEEK_CUR:
		base = fp->f_offset;
		break;
	case SEEK_END:
		error = vn_stat(fp->f_vnode, &st);
		if (error != 0)
			return (error);
		base = st.st_size;
		break;
	default:
		return (EINVAL);
	}
	if (__builtin_add_overflow(base, fl->l_start, &start))
		return (EOVERFLOW);
	if (fl->l_len > 0 && __builtin_add_overflow(start, fl->l_len - 1, &end))
		return (EOVERFLOW);
	if (fl->l_len < 0) {
		end = start - 1;
		if (__builtin_add_overflow(start, fl->l_len, &start))
			return (EINVAL);
	}
	if (start < 0 || end < start)
		return (EINVAL);
	al->al_start = start;
	al->al_end = end;
	return (0);
}

int
vn_advlock(struct thread *td, struct file *fp, int cmd, struct flock *fl)
{
	struct advlock al = {
	    .al_owner = td->td_proc,
	    .al_pid = td->td_proc->p_pid,
	    .al_type = fl->l_type,
	};
	int error;

	if (fp->f_vnode == NULL || fp->f_type != DTYPE_VNODE)
		return (EBADF);
	error = flock_range(fp, fl, &al);
	if (error != 0)
		return (error);
	if (cmd == F_GETLK) {
		if (fl->l_type != F_RDLCK && fl->l_type != F_WRLCK &&
		    fl->l_type != F_UNLCK)
			return (EINVAL);
		get_lock(fp->f_vnode->v_base, &al, fl);
		return (0);
	}
	switch (fl->l_type) {
	case F_RDLCK:
		if ((fp->f_flag & FREAD) == 0)
			return (EBADF);
		break;
	case F_WRLCK:
		if ((fp->f_flag & FWRITE) == 0)
			return (EBADF);
		break;
	case F_UNLCK:
		break;
	default:
		return (EINVAL);
	}
	return (set_lock(fp->f_vnode->v_base, &al, cmd == F_SETLKW));
}

int
vn_flock(struct thread *td, struct file *fp, int how)
{
	struct advlock al = {
	    .al_owner = fp,
	    .al_pid = -1,
	    .al_end = INT64_MAX,
	};

	if (fp->f_vnode == NULL)
		return (EOPNOTSUPP);
	if ((how & LOCK_UN) != 0)
		al.al_type = F_UNLCK;
	else if ((how & LOCK_EX) != 0)
		al.al_type = F_WRLCK;
	else if ((how & LOCK_SH) != 0)
		al.al_type = F_RDLCK;
	else
		return (EBADF);
	return (set_lock(fp->f_vnode->v_base, &al, (how & LOCK_NB) == 0));
}

/* All of an owner's locks on vp go. */
static void
drop_all(struct vnode *vp, const void *owner)
{
	struct advlock all = {
	    .al_owner = owner, .al_type = F_UNLCK, .al_end = INT64_MAX};

	mutex_lock(&lock);
	if (vp->v_locks != NULL) {
		carve(vp->v_locks, &all, NULL);
		cv_broadcast(&vp->v_locks->als_changed);
	}
	mutex_unlock(&lock);
}

void
vn_advlock_close(struct proc *p, struct file *fp)
{
	struct vnode *vp = fp->f_vnode;

	if ((atomic_load(&vp->v_base->v_flags) & VV_LOCKS) != 0)
		drop_all(vp->v_base, p);
}

void
advlocks_file_closed(struct file *fp)
{
	drop_all(fp->f_vnode->v_base, fp);
}
