/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a user has, over all of its processes.
 */
#include "core/printf.h"
#include "proc/proc.h"
#include "proc/uidinfo.h"
#include "vm/kmem.h"

static struct {
	struct spin lock;
	struct idtable table; /* (lock) of struct uidinfo */
} users = {.lock = SPIN_INITIALIZER("uidinfo")};

void
uidinfo_init(void)
{
	kassert(idtable_init(&users.table, kmem_alloc));
}

/* A new one, entered; lock held. */
static struct uidinfo *
create(uid_t uid)
{
	struct uidinfo *ui = kmem_alloc(sizeof(*ui), KM_ZERO);

	if (ui == NULL)
		return (NULL);
	ui->ui_link.il_id = uid;
	idtable_insert(&users.table, &ui->ui_link);
	return (ui);
}

struct uidinfo *
uidinfo_get(uid_t uid)
{
	struct uidinfo *ui;
	struct idlink *il;

	spin_lock(&users.lock);
	il = idtable_find(&users.table, uid);
	ui = il != NULL ? container_of(il, struct uidinfo, ui_link)
			: create(uid);
	if (ui != NULL)
		refcount_take(&ui->ui_refs);
	spin_unlock(&users.lock);
	return (ui);
}

struct uidinfo *
uidinfo_hold(struct uidinfo *ui)
{
	refcount_take(&ui->ui_refs);
	return (ui);
}

void
uidinfo_release(struct uidinfo *ui)
{
	unsigned refs = atomic_load(&ui->ui_refs);

	/* The last one goes by the lock: nobody finds it meanwhile. */
	while (refs > 1)
		if (atomic_cas(&ui->ui_refs, &refs, refs - 1))
			return;
	spin_lock(&users.lock);
	if (refcount_drop(&ui->ui_refs)) {
		idtable_remove(&users.table, &ui->ui_link);
		kmem_free(ui, sizeof(*ui));
	}
	spin_unlock(&users.lock);
}

bool
uidinfo_count_proc(struct uidinfo *ui, uint64_t limit)
{
	if (atomic_add(&ui->ui_procs, 1) < limit)
		return (true);
	(void)atomic_sub(&ui->ui_procs, 1);
	return (false);
}

void
uidinfo_uncount_proc(struct uidinfo *ui)
{
	(void)atomic_sub(&ui->ui_procs, 1);
}

struct uidinfo *
proc_exchange_uidinfo(struct proc *p, struct uidinfo *ui)
{
	struct uidinfo *old = p->p_uidinfo;

	spin_assert_held(&p->p_lock);
	p->p_uidinfo = ui;
	(void)uidinfo_count_proc(ui, UINT64_MAX);
	uidinfo_uncount_proc(old);
	return (old);
}
