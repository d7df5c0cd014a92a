/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Advisory locks: fcntl(2)'s on ranges, which belong to a process, and
 * flock(2)'s on whole files, which belong to an open file.  Both are entries
 * of one list on the vnode and see one another, as in FreeBSD.
 *
 * Each vnode's list has a lock of its own.  Who has to wait enters that in a
 * table of all waits, and with the table's lock goes through the lists of
 * those whom it waits for, and so on, one list at a time: does that lead back?
 * Who waits leaves the table before it gets its lock, so what is seen of one
 * that waits stays so.  A list that has changed meanwhile is looked at anew,
 * and each change wakes those who wait for it, who search again: so the last
 * one that closes a circle sees it.
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

/* (l) als_lock. */
struct advlocks {
	struct mutex als_lock;
	struct list als_locks; /* (l) */
	uint64_t als_changes;  /* (l) so many */
	struct cv als_changed;
};

/* A request that waits, on its thread's stack. (w) waits_lock, (!) set once. */
struct advwait {
	struct list aw_link;		  /* (w) in waits_of() its owner */
	struct list aw_todo;		  /* (w) while a circle is searched */
	const struct advlock *aw_request; /* (!) */
	struct advlocks *aw_locks;	  /* (!) */
	uint64_t aw_search; /* (w) the last search that reached it */
};

#define WAIT_BUCKETS 256

/* Before each als_lock. */
static struct mutex waits_lock =
    MUTEX_INITIALIZER(waits_lock, "advisory waits");
static struct list waiting[WAIT_BUCKETS]; /* (w) by owner */
static uint64_t search;			  /* (w) number of the last one */

/* The vnode's locks, made when first asked for. NULL: no memory. */
static struct advlocks *
locks_of(struct vnode *vp)
{
	struct advlocks *als = atomic_load(&vp->v_locks), *new;

	if (als != NULL)
		return (als);
	new = kmem_alloc(sizeof(*new), 0);
	if (new == NULL)
		return (NULL);
	mutex_init(&new->als_lock, "advisory locks");
	list_init(&new->als_locks);
	new->als_changes = 0;
	cv_init(&new->als_changed, "lockf");
	if (atomic_cas(&vp->v_locks, &als, new))
		return (new);
	kmem_free(new, sizeof(*new));
	return (als);
}

/* With als_lock. */
static void
changed(struct advlocks *als)
{
	als->als_changes++;
	cv_broadcast(&als->als_changed);
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

	mutex_lock(&als->als_lock);
	while ((al = blocker(als, request, al)) != NULL && al->al_owner != me)
		reach(al->al_owner, todo);
	mutex_unlock(&als->als_lock);
	return (al == NULL);
}

/* Would waiting for the request close a circle of processes?  Each wait is
 * followed once at most, by a look at its file's locks. With waits_lock. */
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

/* Enters a wait; EDEADLK: it would be for ever. */
static int
begin_wait(struct advwait *aw)
{
	const struct advlock *request = aw->aw_request;
	int error = 0;

	mutex_lock(&waits_lock);
	/* flock(2)'s owners are files, which wait for nothing themselves. */
	if (request->al_pid != -1 && deadlock(aw->aw_locks, request))
		error = EDEADLK;
	else
		list_push_back(waits_of(request->al_owner), &aw->aw_link);
	mutex_unlock(&waits_lock);
	return (error);
}

static void
end_wait(struct advwait *aw)
{
	mutex_lock(&waits_lock);
	list_remove(&aw->aw_link);
	mutex_unlock(&waits_lock);
}

/* als_lock is held, but not meanwhile. */
static int
wait_for_change(struct advlocks *als, const struct advlock *request)
{
	struct advwait aw = {.aw_request = request, .aw_locks = als};
	const uint64_t seen = als->als_changes;
	int error;

	mutex_unlock(&als->als_lock);
	error = begin_wait(&aw);
	mutex_lock(&als->als_lock);
	if (error != 0)
		return (error);
	if (als->als_changes == seen)
		error = cv_wait_sig(&als->als_changed, &als->als_lock);
	mutex_unlock(&als->als_lock);
	end_wait(&aw);
	mutex_lock(&als->als_lock);
	return (error);
}

/* Waits, or not, until nothing is in the request's way. With als_lock. */
static int
clear_way(struct advlocks *als, struct advlock *request, bool wait)
{
	struct advlock unlock = *request;
	bool let_go = request->al_pid != -1;
	int error = 0;

	while (error == 0 && blocker(als, request, NULL) != NULL) {
		if (!wait)
			return (EAGAIN);
		if (!let_go) {
			/* An upgrade isn't atomic: two would wait for ever. */
			unlock.al_type = F_UNLCK;
			carve(als, &unlock, NULL);
			changed(als);
			let_go = true;
		}
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

/* What is used of *new and *spare becomes NULL. */
static int
set_in(struct advlocks *als, struct advlock **new, struct advlock **spare,
    bool wait)
{
	const bool unlock = (*new)->al_type == F_UNLCK;
	int error;

	mutex_lock(&als->als_lock);
	error = unlock ? 0 : clear_way(als, *new, wait);
	if (error == 0) {
		carve(als, *new, spare);
		if (!unlock) {
			list_push_back(&als->als_locks, &(*new)->al_link);
			*new = NULL;
		}
		changed(als);
	}
	mutex_unlock(&als->als_lock);
	return (error);
}

static int
set_lock(struct vnode *vp, const struct advlock *what, bool wait)
{
	/* They end where programs' memory does; to unlock is always possible.
	 */
	const bool enough = what->al_type == F_UNLCK || !page_low();
	struct advlock *new = enough ? kmem_alloc(sizeof(*new), 0) : NULL;
	struct advlock *spare = kmem_alloc(sizeof(*spare), 0);
	struct advlocks *als = locks_of(vp);
	int error = ENOLCK;

	if (new != NULL && spare != NULL &&als != NULL) {
		*new = *what;
		error = set_in(als, &new, &spare, wait);
	}
	free_lock(new);
	free_lock(spare);
	return (error);
}

/* F_GETLK: the first lock in the way, or F_UNLCK. */
static void
get_lock(struct vnode *vp, const struct advlock *what, struct flock *fl)
{
	struct advlocks *als = atomic_load(&vp->v_locks);
	struct advlock *al;

	fl->l_type = F_UNLCK;
	if (als == NULL)
		return;
	mutex_lock(&als->als_lock);
	al = blocker(als, what, NULL);
	if (al != NULL) {
		fl->l_type = (int16_t)al->al_type;
		fl->l_whence = SEEK_SET;
		fl->l_start = al->al_start;
		fl->l_len =
		    al->al_end == INT64_MAX ? 0 : al->al_end - al->al_start + 1;
		fl->l_pid = al->al_pid;
		fl->l_sysid = 0;
	}
	mutex_unlock(&als->als_lock);
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
	struct advlocks *als = atomic_load(&vp->v_locks);

	if (als == NULL)
		return;
	mutex_lock(&als->als_lock);
	carve(als, &all, NULL);
	changed(als);
	mutex_unlock(&als->als_lock);
}

void
vn_advlock_close(struct proc *p, struct file *fp)
{
	drop_all(fp->f_vnode->v_base, p);
}

void
advlocks_file_closed(struct file *fp)
{
	drop_all(fp->f_vnode->v_base, fp);
}
