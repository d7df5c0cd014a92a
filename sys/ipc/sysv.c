/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers, keys and rights of System V IPC: ipc/sysv.h. */
#include "fbsd/errno.h"
#include "fbsd/stat.h"
#include "ipc/sysv.h"
#include "kern/kenv.h"
#include "proc/proc.h"
#include "vm/kmem.h"

#define ID_PLACE(id)  ((unsigned)(id)&0xffff)
#define ID_SEQ(id)    ((unsigned)(id) >> 16)
#define SEQ_MAX	      0x7fff
#define RIGHTS_GROUP  3 /* how far a group's rights are from the owner's */
#define RIGHTS_OTHERS 6

struct ipc_perm *
sysv_at(const struct sysv_table *t, unsigned place)
{
	if (t->t_places == NULL || place >= t->t_size)
		return (NULL);
	return (t->t_places[place].sp_perm);
}

struct ipc_perm *
sysv_by_id(const struct sysv_table *t, int id)
{
	struct ipc_perm *p = sysv_at(t, ID_PLACE(id));

	return (p != NULL && p->seq == ID_SEQ(id) ? p : NULL);
}

static struct ipc_perm *
find_key(const struct sysv_table *t, long key)
{
	struct ipc_perm *p;

	if (key == IPC_PRIVATE)
		return (NULL);
	for (unsigned i = 0; i < t->t_size; i++) {
		p = sysv_at(t, i);
		if (p != NULL && p->key == key)
			return (p);
	}
	return (NULL);
}

int
sysv_by_key(struct sysv_table *t, long key, int flags, struct ipc_perm **pp)
{
	const int alone = IPC_CREAT | IPC_EXCL;

	mutex_assert_held(&t->t_lock);
	*pp = find_key(t, key);
	if (*pp != NULL)
		return ((flags & alone) == alone ? EEXIST : 0);
	return (key == IPC_PRIVATE || (flags & IPC_CREAT) != 0 ? 0 : ENOENT);
}

/* As many as the limit says now. */
static bool
make_places(struct sysv_table *t)
{
	unsigned n = (unsigned)tunable_get(t->t_limit);

	t->t_places = kmem_alloc(MAX(n, 1) * sizeof(*t->t_places), KM_ZERO);
	if (t->t_places == NULL)
		return (false);
	t->t_size = n;
	return (true);
}

static struct sysv_place *
free_place(struct sysv_table *t)
{
	struct sysv_place *sp = t->t_places;

	while (sp->sp_perm != NULL)
		sp++;
	return (sp);
}

int
sysv_enter(struct sysv_table *t, struct thread *td, long key, int mode,
    struct ipc_perm *p)
{
	struct sysv_place *sp;

	mutex_assert_held(&t->t_lock);
	if (t->t_places == NULL && !make_places(t))
		return (ENOMEM);
	if (t->t_used == t->t_size)
		return (ENOSPC);
	t->t_used++;
	sp = free_place(t);
	sp->sp_perm = p;
	sp->sp_seq = (sp->sp_seq + 1) & SEQ_MAX;
	p->cuid = p->uid = td->td_cred->cr_uid;
	p->cgid = p->gid = td->td_cred->cr_gid;
	p->mode = mode & ACCESSPERMS;
	p->seq = sp->sp_seq;
	p->key = key;
	return (0);
}

/* Where p is. */
static unsigned
place_of(const struct sysv_table *t, const struct ipc_perm *p)
{
	unsigned i = 0;

	while (t->t_places[i].sp_perm != p)
		i++;
	return (i);
}

void
sysv_remove(struct sysv_table *t, const struct ipc_perm *p)
{
	mutex_assert_held(&t->t_lock);
	t->t_places[place_of(t, p)].sp_perm = NULL;
	t->t_used--;
}

int
sysv_id(const struct sysv_table *t, const struct ipc_perm *p)
{
	return ((int)((unsigned)p->seq << 16 | place_of(t, p)));
}

int
sysv_permit(const struct thread *td, const struct ipc_perm *p, unsigned mode)
{
	const struct cred *cr = td->td_cred;
	unsigned have = p->mode;

	if (cr->cr_uid == 0)
		return (0);
	if (cr->cr_uid == p->cuid || cr->cr_uid == p->uid)
		have |= IPC_M;
	else if (cred_in_group(cr, p->gid) || cred_in_group(cr, p->cgid))
		have = (have << RIGHTS_GROUP) & (IPC_R | IPC_W);
	else
		have = (have << RIGHTS_OTHERS) & (IPC_R | IPC_W);
	mode &= IPC_R | IPC_W | IPC_M;
	return ((have & mode) == mode ? 0 : EACCES);
}

int
sysv_set(
    const struct thread *td, struct ipc_perm *p, const struct ipc_perm *new)
{
	int error = sysv_permit(td, p, IPC_M);

	if (error != 0)
		return (error);
	p->uid = new->uid;
	p->gid = new->gid;
	p->mode = (p->mode & ~ACCESSPERMS) | (new->mode &ACCESSPERMS);
	return (0);
}

int
sysv_wait(struct sysv_table *t, struct list *queue, struct sysv_waiter *sw,
    const char *wmesg)
{
	int error = 0;

	sw->sw_result = SYSV_WAITS;
	cv_init(&sw->sw_cv, wmesg);
	list_push_back(queue, &sw->sw_link);
	while (sw->sw_result == SYSV_WAITS && error == 0)
		error = cv_wait_sig(&sw->sw_cv, &t->t_lock);
	if (sw->sw_result != SYSV_WAITS)
		return (sw->sw_result);
	list_remove(&sw->sw_link);
	return (EINTR);
}

void
sysv_done(struct sysv_waiter *sw, int result)
{
	list_remove(&sw->sw_link);
	sw->sw_result = result;
	cv_signal(&sw->sw_cv);
}
