/* SPDX-License-Identifier: BSD-2-Clause */
/* kcmp(2): do two processes share something? */
#include "abi/freebsd/sysargs.h"
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "file/file.h"
#include "proc/proc.h"

#define KCMP_FILE    100 /* an open file */
#define KCMP_FILEOBJ 101 /* what is behind it */
#define KCMP_FILES   102 /* all descriptors */
#define KCMP_SIGHAND 103
#define KCMP_VM	     104

/* The results; one of the middle two tells unequal ones apart, for sorting. */
enum { EQUAL, LESS, GREATER, INCOMPARABLE };

static int
compare(const void *a, const void *b)
{
	if (a == b)
		return (EQUAL);
	return ((uintptr_t)a < (uintptr_t)b ? LESS : GREATER);
}

/*
 * What there is of a process to compare, but for its files.  Of the memory and
 * the actions only the places count, which may be another's by the time that
 * the caller hears of it.
 */
struct side {
	struct fdtable *table; /* with a reference, or NULL */
	const void *actions;
	const void *space;
};

/* ESRCH, EPERM: what p_candebug() says. */
static int
look_at(struct thread *td, pid_t pid, struct side *side)
{
	struct proc *p;
	int error = ESRCH;

	mutex_lock(&proctree_lock);
	p = proc_find(pid);
	if (p != NULL) {
		spin_lock(&p->p_lock);
		if (p->p_state == P_ALIVE && !(p->p_flags & P_EXITING))
			error = p_candebug(td, p);
		if (error == 0) {
			side->table = p->p_fd;
			side->actions = p->p_sigacts;
			side->space = p->p_image.vm;
			if (side->table != NULL)
				fdtable_hold(side->table);
		}
		spin_unlock(&p->p_lock);
	}
	mutex_unlock(&proctree_lock);
	return (error);
}

static int
compare_behind(const struct file *a, const struct file *b)
{
	if (a->f_vnode != NULL && b->f_vnode != NULL)
		return (compare(a->f_vnode, b->f_vnode));
	if (a->f_type != b->f_type)
		return (INCOMPARABLE);
	return (compare(a->f_data, b->f_data));
}

static int
get_file(const struct side *side, uint64_t fd, struct file **fpp)
{
	if (side->table == NULL)
		return (EBADF);
	return (fdtable_get(side->table, (int)fd, fpp));
}

/* EBADF. */
static int
compare_files(const struct side *one, uint64_t fd1, const struct side *two,
    uint64_t fd2, bool behind, int *result)
{
	struct file *a, *b;
	int error = get_file(one, fd1, &a);

	if (error != 0)
		return (error);
	error = get_file(two, fd2, &b);
	if (error == 0) {
		*result = behind ? compare_behind(a, b) : compare(a, b);
		file_release(b);
	}
	file_release(a);
	return (error);
}

int
sys_kcmp(struct thread *td, const struct kcmp_args *a)
{
	struct side one = {NULL, NULL, NULL}, two = one;
	int result = -1, error = look_at(td, a->pid1, &one);

	if (error == 0)
		error = look_at(td, a->pid2, &two);
	if (error == 0)
		switch (a->type) {
		case KCMP_FILE:
		case KCMP_FILEOBJ:
			error = compare_files(&one, a->idx1, &two, a->idx2,
			    a->type == KCMP_FILEOBJ, &result);
			break;
		case KCMP_FILES:
			result = compare(one.table, two.table);
			break;
		case KCMP_SIGHAND:
			result = compare(one.actions, two.actions);
			break;
		case KCMP_VM:
			result = compare(one.space, two.space);
			break;
		default:
			error = EINVAL;
		}
	if (one.table != NULL)
		fdtable_release(one.table);
	if (two.table != NULL)
		fdtable_release(two.table);
	td->td_retval[0] = (uint64_t)result;
	return (error);
}
