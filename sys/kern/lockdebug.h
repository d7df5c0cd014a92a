/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Checks of a debug kernel (options LOCKDEBUG): no sleeping lock is taken, and
 * nobody sleeps, with a spin lock held.
 */
#ifndef KERN_LOCKDEBUG_H
#define KERN_LOCKDEBUG_H

#include "amd64/md.h"
#include "kern/printf.h"
#include "kern/sched.h"

#ifdef OPT_LOCKDEBUG
static inline void
lockdebug_may_sleep(const char *name)
{
	if (curcpu()->c_spins > 0)
		panic("%s: may sleep with a spin lock held", name);
}

static inline void
lockdebug_spin(struct spin *s)
{
	if (spin_held(s))
		panic("spin lock %s taken twice", s->s_name);
}
#else
static inline void
lockdebug_may_sleep(const char *name)
{
}

static inline void
lockdebug_spin(struct spin *s)
{
}
#endif

#define lockdebug_mutex(m)	lockdebug_may_sleep((m)->m_name)
#define lockdebug_rw(rw)	lockdebug_may_sleep((rw)->rw_name)
#define lockdebug_sleep(name)	lockdebug_may_sleep(name)

#endif
