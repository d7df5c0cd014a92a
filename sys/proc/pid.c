/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The table of numbers that are in use: see proc/pid.h.
 */
#include "core/printf.h"
#include "core/sysctl.h"
#include "proc/pid.h"
#include "proc/proc.h"
#include "vm/kmem.h"

/* Below it numbers are given away once only: they are of what starts first,
 * and stays. */
#define PID_LOW 100

static struct idtable pids; /* (t) of struct pid */
static pid_t last_pid;	    /* (t) */

SYSCTL_INT(kern_lastpid, "kern.lastpid", CTL_AUTO, CTLFLAG_RD, &last_pid);

struct pid *
pid_find(pid_t id)
{
	struct idlink *il = idtable_find(&pids, (uint32_t)id);

	return (il != NULL ? container_of(il, struct pid, pi_link) : NULL);
}

static pid_t
next_free(void)
{
	pid_t id = last_pid;

	/* There are more numbers than processes, groups and descriptors. */
	do {
		id = id >= PID_MAX ? PID_LOW : id + 1;
	} while (pid_find(id) != NULL);
	return (id);
}

static void
enter(struct pid *id, pid_t number)
{
	id->pi_id = number;
	id->pi_refs = 1;
	id->pi_link.il_id = (uint32_t)number;
	idtable_insert(&pids, &id->pi_link);
}

struct pid *
pid_alloc(void)
{
	struct pid *id = kmem_alloc(sizeof(*id), KM_ZERO);

	if (id == NULL)
		return (NULL);
	last_pid = next_free();
	enter(id, last_pid);
	return (id);
}

struct pid *
pid_hold(struct pid *id)
{
	id->pi_refs++;
	return (id);
}

void
pid_release(struct pid *id)
{
	if (--id->pi_refs > 0)
		return;
	idtable_remove(&pids, &id->pi_link);
	kmem_free(id, sizeof(*id));
}

void
pid_init(struct pid *zero)
{
	kassert(idtable_init(&pids, kmem_alloc));
	enter(zero, 0);
}
