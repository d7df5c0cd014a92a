/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System V semaphores.
 *
 * The operations of a semop(2) happen all at once or not at all.  Who can't go
 * on joins the set's queue, and whoever changes a value goes through that queue
 * in the order of arrival and does for each what he waits for, as far as it can
 * be done now.  So nobody who comes later takes what a waiter could have, and
 * who is woken is through.
 *
 * SEM_UNDO: a process has a list of what is to be added to which semaphore when
 * it ends.  An entry is in a list of the set's as well, which forgets it when
 * the semaphore is set or removed.
 *
 * All is guarded by the table's lock.
 */
#include "lib/list.h"
#include "lib/string.h"
#include "core/module.h"
#include "core/sysctl.h"
#include "fbsd/errno.h"
#include "ipc/sysv.h"
#include "ipc/sysv_sem.h"
#include "kern/kenv.h"
#include "proc/proc.h"
#include "time/time.h"
#include "vm/kmem.h"

struct sem {
	uint16_t s_value;
	pid_t s_pid; /* of the last operation */
};

struct sem_set {
	struct semid_ds ss_ds;	/* sem_perm is in the table */
	struct list ss_waiters; /* struct waiter, as they came */
	struct list ss_undos;	/* struct undo */
	struct sem ss_sems[];	/* sem_nsems */
};

/* On the stack of a thread that waits. */
struct waiter {
	struct sysv_waiter w_wait;
	struct proc *w_proc;
	const struct sembuf *w_ops;
	unsigned w_n;
	unsigned w_at; /* the operation that had to wait */
};

/* What a process has to undo, at least one thing. */
struct sem_undos {
	struct list su_list; /* struct undo */
	unsigned su_count;
};

struct undo {
	struct list un_plink; /* in the process's su_list */
	struct list un_slink; /* in the set's ss_undos */
	struct proc *un_proc;
	struct sem_set *un_set;
	uint16_t un_num;
	int un_adjust;
};

#define SEM_MNS	   340
#define SEM_VALUES UINT16_MAX

TUNABLE_INT(semmni, "kern.ipc.semmni", CTLFLAG_RD, 50, SYSV_PLACES_MAX);
TUNABLE_INT(semmns, "kern.ipc.semmns", CTLFLAG_RD, SEM_MNS, INT16_MAX);
TUNABLE_INT(semmsl, "kern.ipc.semmsl", CTLFLAG_RW, SEM_MNS, INT16_MAX);
TUNABLE_INT(semvmx, "kern.ipc.semvmx", CTLFLAG_RW, INT16_MAX, SEM_VALUES);
TUNABLE_INT(semaem, "kern.ipc.semaem", CTLFLAG_RW, 16384, SEM_VALUES);
/* Undos of a process, and how many processes may have some. */
TUNABLE_INT(semume, "kern.ipc.semume", CTLFLAG_RD, 50, INT16_MAX);
TUNABLE_INT(semmnu, "kern.ipc.semmnu", CTLFLAG_RD, 150, INT16_MAX);
TUNABLE_INT(semopm, "kern.ipc.semopm", CTLFLAG_RD, 100, 4096);
FEATURE(sysv_sem, "System V semaphores");

static struct sysv_table sets =
    SYSV_TABLE_INITIALIZER(sets, "sysv sem", &semmni);
static unsigned total;	 /* semaphores of all sets */
static unsigned undoers; /* processes with a struct sem_undos */

/* The size of a process's undos in FreeBSD's kernel, which ipcs(1) tells. */
static int
sysctl_semusz(const struct sysctl_node *node, struct sysctl_req *req)
{
	int size = (int)roundup2(28 + 12 * tunable_get(&semume), 8);

	return (sysctl_out(req, &size, sizeof(size)));
}
SYSCTL_PROC(kern_ipc_semusz, "kern.ipc.semusz", CTL_AUTO,
    CTLTYPE_INT | CTLFLAG_RD, "I", sysctl_semusz, NULL);

static struct sem_set *
set_of(struct ipc_perm *p)
{
	return (
	    p != NULL ? container_of(p, struct sem_set, ss_ds.sem_perm) : NULL);
}

static size_t
set_size(unsigned n)
{
	return (sizeof(struct sem_set) + n * sizeof(struct sem));
}

static int
highest_value(void)
{
	return ((int)tunable_get(&semvmx));
}

static int
create(struct thread *td, long key, int n, int flags, struct sem_set **setp)
{
	struct sem_set *set;
	int error;

	if (n <= 0 || (unsigned)n > tunable_get(&semmsl))
		return (EINVAL);
	if ((unsigned)n + total > tunable_get(&semmns))
		return (ENOSPC);
	set = kmem_alloc(set_size((unsigned)n), KM_ZERO);
	if (set == NULL)
		return (ENOMEM);
	error = sysv_enter(&sets, td, key, flags, &set->ss_ds.sem_perm);
	if (error != 0) {
		kmem_free(set, set_size((unsigned)n));
		return (error);
	}
	list_init(&set->ss_waiters);
	list_init(&set->ss_undos);
	set->ss_ds.sem_perm.mode |= SEM_ALLOC;
	set->ss_ds.sem_nsems = (uint16_t)n;
	set->ss_ds.sem_ctime = time_now().tv_sec;
	total += (unsigned)n;
	*setp = set;
	return (0);
}

int
kern_semget(struct thread *td, long key, int n, int flags, int *id)
{
	struct ipc_perm *p;
	struct sem_set *set;
	int error;

	mutex_lock(&sets.t_lock);
	error = sysv_by_key(&sets, key, flags, &p);
	set = set_of(p);
	if (error == 0 && set == NULL)
		error = create(td, key, n, flags, &set);
	else if (error == 0)
		error = sysv_permit(td, p, (unsigned)flags & (IPC_R | IPC_W));
	if (error == 0 && n > set->ss_ds.sem_nsems)
		error = EINVAL;
	if (error == 0)
		*id = sysv_id(&sets, &set->ss_ds.sem_perm);
	mutex_unlock(&sets.t_lock);
	return (error);
}

static struct undo *
find_undo(struct sem_undos *su, const struct sem_set *set, uint16_t num)
{
	struct undo *un;

	LIST_FOREACH (un, &su->su_list, un_plink)
		if (un->un_set == set && un->un_num == num)
			return (un);
	return (NULL);
}

static void
forget(struct undo *un)
{
	struct sem_undos *su = un->un_proc->p_sem;

	list_remove(&un->un_plink);
	list_remove(&un->un_slink);
	if (--su->su_count == 0) {
		un->un_proc->p_sem = NULL;
		kmem_free(su, sizeof(*su));
		undoers--;
	}
	kmem_free(un, sizeof(*un));
}

/* p's list of undos, made if need be: ENOSPC, ENOMEM. */
static int
undo_list(struct proc *p, struct sem_undos **sup)
{
	if (p->p_sem == NULL) {
		if (undoers >= tunable_get(&semmnu))
			return (ENOSPC);
		p->p_sem = kmem_alloc(sizeof(*p->p_sem), KM_ZERO);
		if (p->p_sem == NULL)
			return (ENOMEM);
		list_init(&p->p_sem->su_list);
		undoers++;
	}
	*sup = p->p_sem;
	return (0);
}

/* An entry that is to undo nothing yet: EINVAL (too many), ENOSPC, ENOMEM. */
static int
add_undo(struct proc *p, struct sem_set *set, uint16_t num, struct undo **unp)
{
	struct undo *un = kmem_alloc(sizeof(*un), KM_ZERO);
	struct sem_undos *su;
	int error;

	if (un == NULL)
		return (ENOMEM);
	error = undo_list(p, &su);
	if (error == 0 && su->su_count >= tunable_get(&semume))
		error = EINVAL;
	if (error != 0) {
		kmem_free(un, sizeof(*un));
		return (error);
	}
	un->un_proc = p;
	un->un_set = set;
	un->un_num = num;
	list_push_back(&su->su_list, &un->un_plink);
	list_push_back(&set->ss_undos, &un->un_slink);
	su->su_count++;
	*unp = un;
	return (0);
}

static unsigned
abs_of(int n)
{
	return ((unsigned)(n < 0 ? -n : n));
}

/* At p's end there is `by` more to be added. */
static int
adjust(struct proc *p, struct sem_set *set, uint16_t num, int by)
{
	struct undo *un =
	    p->p_sem != NULL ? find_undo(p->p_sem, set, num) : NULL;
	int sum = (un != NULL ? un->un_adjust : 0) + by, error = 0;

	if (abs_of(sum) > tunable_get(&semaem))
		return (ERANGE);
	if (un == NULL)
		error = add_undo(p, set, num, &un);
	if (error == 0)
		un->un_adjust = sum;
	return (error);
}

/* Of p's undos in the set, those that have become none. */
static void
prune(struct proc *p, struct sem_set *set)
{
	struct sem_undos *su = p->p_sem;
	struct undo *un, *next;

	/* With the last one goes the list. */
	if (su == NULL)
		return;
	LIST_FOREACH_SAFE (un, &set->ss_undos, un_slink, next)
		if (un->un_proc == p && un->un_adjust == 0)
			forget(un);
}

/* One operation: 0, ERANGE, EAGAIN, SYSV_WAITS; adjust()'s. */
static int
operate(struct proc *p, struct sem_set *set, const struct sembuf *op)
{
	struct sem *s = &set->ss_sems[op->sem_num];
	int value = s->s_value + op->sem_op, error = 0;

	if (value < 0 || (op->sem_op == 0 && value != 0))
		return ((op->sem_flg & IPC_NOWAIT) != 0 ? EAGAIN : SYSV_WAITS);
	if (op->sem_op > 0 && value > highest_value())
		return (ERANGE);
	if ((op->sem_flg & SEM_UNDO) != 0 && op->sem_op != 0)
		error = adjust(p, set, op->sem_num, -op->sem_op);
	if (error == 0)
		s->s_value = (uint16_t)value;
	return (error);
}

/* The opposite of what operate() did; there is room for it. */
static void
take_back(struct proc *p, struct sem_set *set, const struct sembuf *op)
{
	set->ss_sems[op->sem_num].s_value -= (uint16_t)op->sem_op;
	if ((op->sem_flg & SEM_UNDO) != 0 && op->sem_op != 0)
		find_undo(p->p_sem, set, op->sem_num)->un_adjust += op->sem_op;
}

/* All of them, or none and *at is the one that can't be done. */
static int
operate_all(struct proc *p, struct sem_set *set, const struct sembuf *ops,
    unsigned n, unsigned *at)
{
	unsigned i;
	int error = 0;

	for (i = 0; i < n && error == 0; i++)
		error = operate(p, set, &ops[i]);
	if (error != 0) {
		*at = --i;
		while (i > 0)
			take_back(p, set, &ops[--i]);
	} else {
		for (i = 0; i < n; i++)
			set->ss_sems[ops[i].sem_num].s_pid = p->p_pid;
		set->ss_ds.sem_otime = time_now().tv_sec;
	}
	prune(p, set);
	return (error);
}

/* Can what had to wait be done now? */
static bool
may_go_on(const struct sem_set *set, const struct waiter *w)
{
	const struct sembuf *op = &w->w_ops[w->w_at];
	int value = set->ss_sems[op->sem_num].s_value;

	return (op->sem_op == 0 ? value == 0 : value + op->sem_op >= 0);
}

/* Values have changed: goes through who waits until nobody can go on. */
static void
serve(struct sem_set *set)
{
	struct waiter *w, *next;
	bool changed;
	int error;

	do {
		changed = false;
		LIST_FOREACH_SAFE (w, &set->ss_waiters, w_wait.sw_link, next) {
			if (!may_go_on(set, w))
				continue;
			error = operate_all(
			    w->w_proc, set, w->w_ops, w->w_n, &w->w_at);
			if (error == SYSV_WAITS)
				continue;
			changed |= error == 0;
			sysv_done(&w->w_wait, error);
		}
	} while (changed);
}

/* Are there such semaphores, and the rights to them? EFBIG, EACCES. */
static int
check(const struct thread *td, const struct sem_set *set,
    const struct sembuf *ops, unsigned n)
{
	unsigned want = 0;

	for (unsigned i = 0; i < n; i++) {
		if (ops[i].sem_num >= set->ss_ds.sem_nsems)
			return (EFBIG);
		want |= ops[i].sem_op == 0 ? IPC_R : IPC_W;
	}
	return (sysv_permit(td, &set->ss_ds.sem_perm, want));
}

int
kern_semop(struct thread *td, int id, const struct sembuf *ops, unsigned n)
{
	struct waiter w = {.w_proc = td->td_proc, .w_ops = ops, .w_n = n};
	struct sem_set *set;
	int error;

	mutex_lock(&sets.t_lock);
	set = set_of(sysv_by_id(&sets, id));
	error = set == NULL ? EINVAL : check(td, set, ops, n);
	if (error == 0) {
		error = operate_all(td->td_proc, set, ops, n, &w.w_at);
		if (error == 0)
			serve(set);
		else if (error == SYSV_WAITS)
			error = sysv_wait(
			    &sets, &set->ss_waiters, &w.w_wait, "semwait");
	}
	mutex_unlock(&sets.t_lock);
	return (error);
}

/* num: of one semaphore, or -1: of all. */
static void
forget_undos(struct sem_set *set, int num)
{
	struct undo *un, *next;

	LIST_FOREACH_SAFE (un, &set->ss_undos, un_slink, next)
		if (num == -1 || un->un_num == num)
			forget(un);
}

static void
remove_set(struct sem_set *set)
{
	struct waiter *w;
	unsigned n = set->ss_ds.sem_nsems;

	while ((w = LIST_FIRST(
		    &set->ss_waiters, struct waiter, w_wait.sw_link)) != NULL)
		sysv_done(&w->w_wait, EIDRM);
	forget_undos(set, -1);
	sysv_remove(&sets, &set->ss_ds.sem_perm);
	total -= n;
	kmem_free(set, set_size(n));
}

/* Who waits for semaphore num to become zero, or to grow. */
static int
count_waiters(const struct sem_set *set, int num, bool zero)
{
	const struct sembuf *op;
	struct waiter *w;
	int n = 0;

	LIST_FOREACH (w, &set->ss_waiters, w_wait.sw_link) {
		op = &w->w_ops[w->w_at];
		n += op->sem_num == num && (op->sem_op == 0) == zero;
	}
	return (n);
}

static int
set_values(struct sem_set *set, int num, const uint16_t *values, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (values[i] > highest_value())
			return (ERANGE);
	for (unsigned i = 0; i < n; i++)
		set->ss_sems[(unsigned)MAX(num, 0) + i].s_value = values[i];
	forget_undos(set, num);
	serve(set);
	return (0);
}

/* What is about one semaphore. */
static int
control_one(struct sem_set *set, int num, int cmd, struct sem_control *c)
{
	const struct sem *s;
	uint16_t value;

	if (num < 0 || num >= set->ss_ds.sem_nsems)
		return (EINVAL);
	s = &set->ss_sems[num];
	switch (cmd) {
	case GETNCNT:
	case GETZCNT:
		c->result = count_waiters(set, num, cmd == GETZCNT);
		return (0);
	case GETPID:
		c->result = s->s_pid;
		return (0);
	case GETVAL:
		c->result = s->s_value;
		return (0);
	default: /* SETVAL */
		if (c->value < 0 || c->value > (int)SEM_VALUES)
			return (ERANGE);
		value = (uint16_t)c->value;
		return (set_values(set, num, &value, 1));
	}
}

static int
control_set(const struct thread *td, struct sem_set *set, int cmd,
    struct sem_control *c)
{
	int error = 0;

	switch (cmd) {
	case IPC_RMID:
		remove_set(set);
		break;
	case IPC_SET:
		error = sysv_set(td, &set->ss_ds.sem_perm, &c->ds.sem_perm);
		set->ss_ds.sem_ctime = time_now().tv_sec;
		break;
	case SEM_STAT:
		c->result = sysv_id(&sets, &set->ss_ds.sem_perm);
		/* FALLTHROUGH */
	case IPC_STAT:
		c->ds = set->ss_ds;
		break;
	case GETALL:
		for (unsigned i = 0; i < set->ss_ds.sem_nsems; i++)
			c->values[i] = set->ss_sems[i].s_value;
		break;
	default: /* SETALL */
		error = set_values(set, -1, c->values, set->ss_ds.sem_nsems);
	}
	return (error);
}

/* The right that a command needs; 0: there is none such. */
static unsigned
right_for(int cmd)
{
	switch (cmd) {
	case IPC_RMID:
	case IPC_SET:
		return (IPC_M);
	case SETVAL:
	case SETALL:
		return (IPC_W);
	case IPC_STAT:
	case SEM_STAT:
	case GETNCNT:
	case GETZCNT:
	case GETPID:
	case GETVAL:
	case GETALL:
		return (IPC_R);
	default:
		return (0);
	}
}

int
kern_semctl(struct thread *td, int id, int num, int cmd, struct sem_control *c)
{
	unsigned right = right_for(cmd);
	struct sem_set *set;
	int error;

	mutex_lock(&sets.t_lock);
	set = set_of(cmd == SEM_STAT ? sysv_at(&sets, (unsigned)id)
				     : sysv_by_id(&sets, id));
	error = set == NULL || right == 0
		    ? EINVAL
		    : sysv_permit(td, &set->ss_ds.sem_perm, right);
	c->result = 0;
	if (error != 0)
		;
	else if (cmd == GETNCNT || cmd == GETZCNT || cmd == GETPID ||
		 cmd == GETVAL || cmd == SETVAL)
		error = control_one(set, num, cmd, c);
	else
		error = control_set(td, set, cmd, c);
	mutex_unlock(&sets.t_lock);
	return (error);
}

unsigned
sem_most_ops(void)
{
	return ((unsigned)tunable_get(&semopm));
}

int
sem_count(int id, unsigned *n)
{
	const struct sem_set *set;

	mutex_lock(&sets.t_lock);
	set = set_of(sysv_by_id(&sets, id));
	*n = set != NULL ? set->ss_ds.sem_nsems : 0;
	mutex_unlock(&sets.t_lock);
	return (set != NULL ? 0 : EINVAL);
}

void
sem_exit(struct proc *p)
{
	struct sem_set *set;
	struct undo *un;
	struct sem *s;
	int value;

	mutex_lock(&sets.t_lock);
	while (p->p_sem != NULL) {
		un = LIST_FIRST(&p->p_sem->su_list, struct undo, un_plink);
		set = un->un_set;
		s = &set->ss_sems[un->un_num];
		value = s->s_value + un->un_adjust;
		s->s_value = (uint16_t)MIN(MAX(value, 0), highest_value());
		forget(un);
		serve(set);
	}
	mutex_unlock(&sets.t_lock);
}

static int
sysctl_sema(const struct sysctl_node *node, struct sysctl_req *req)
{
	struct semid_kernel out;
	const struct sem_set *set;
	int error = 0;

	for (unsigned i = 0; i < tunable_get(&semmni) && error == 0; i++) {
		memset(&out, 0, sizeof(out));
		mutex_lock(&sets.t_lock);
		set = set_of(sysv_at(&sets, i));
		if (set != NULL)
			out.u = set->ss_ds;
		mutex_unlock(&sets.t_lock);
		error = sysctl_out(req, &out, sizeof(out));
	}
	return (error);
}
SYSCTL_PROC(kern_ipc_sema, "kern.ipc.sema", CTL_AUTO,
    CTLTYPE_OPAQUE | CTLFLAG_RD, "S,semid_kernel", sysctl_sema, NULL);

MODULE(sysvsem, "sysvsem");
