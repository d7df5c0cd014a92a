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

#define WORDS	((PID_MAX + 64u) / 64)

static struct idtable pids;   /* (t) of struct pid */
static uint64_t taken[WORDS]; /* (t) a bit for each of those numbers */
static pid_t last_pid;	      /* (t) */
static unsigned words_used;   /* (t) there was never a bit in later words */

SYSCTL_INT(kern_lastpid, "kern.lastpid", CTL_AUTO, CTLFLAG_RD, &last_pid,
    "The process number given out last");

struct pid *
pid_find(pid_t id)
{
	struct idlink *il = idtable_find(&pids, (uint32_t)id);

	return (il != NULL ? container_of(il, struct pid, pi_link) : NULL);
}

/* The lowest number from `from` on that is taken, or isn't; above PID_MAX:
 * none. */
static unsigned
seek(unsigned from, bool is_taken)
{
	uint64_t flip = is_taken ? 0 : UINT64_MAX;
	uint64_t mask = UINT64_MAX << (from & 63);
	unsigned end = is_taken ? words_used : WORDS;

	for (unsigned i = from >> 6; i < end; i++) {
		uint64_t found = (taken[i] ^ flip) & mask;

		if (found != 0)
			return (i * 64 + (unsigned)__builtin_ctzl(found));
		mask = UINT64_MAX;
	}
	return (PID_MAX + 1);
}

struct pid *
pid_find_from(pid_t from)
{
	unsigned id = seek((unsigned)from, true);

	return (id <= PID_MAX ? pid_find((pid_t)id) : NULL);
}

/* There are more numbers than processes, groups and descriptors. */
static pid_t
next_free(void)
{
	unsigned id = seek((unsigned)last_pid + 1, false);

	return ((pid_t)(id <= PID_MAX ? id : seek(PID_LOW, false)));
}

static void
enter(struct pid *id, pid_t number)
{
	id->pi_id = number;
	id->pi_refs = 1;
	id->pi_link.il_id = (uint32_t)number;
	taken[number >> 6] |= 1ul << (number & 63);
	words_used = MAX(words_used, (unsigned)(number >> 6) + 1);
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
	taken[id->pi_id >> 6] &= ~(1ul << (id->pi_id & 63));
	kmem_free(id, sizeof(*id));
}

void
pid_init(struct pid *zero)
{
	kassert(idtable_init(&pids, kmem_alloc));
	enter(zero, 0);
}
