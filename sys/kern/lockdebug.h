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
void lockdebug_may_sleep(const char *name);
void lockdebug_spin(struct spin *s);   /* about to be taken */
void lockdebug_spun(struct spin *s);   /* was taken */
void lockdebug_unspin(struct spin *s); /* about to be released */
#else
static inline void
lockdebug_may_sleep(const char *name)
{
}

static inline void
lockdebug_spin(struct spin *s)
{
}

static inline void
lockdebug_spun(struct spin *s)
{
}

static inline void
lockdebug_unspin(struct spin *s)
{
}
#endif

#define lockdebug_mutex(m)    lockdebug_may_sleep((m)->m_name)
#define lockdebug_rw(rw)      lockdebug_may_sleep((rw)->rw_name)
#define lockdebug_sleep(name) lockdebug_may_sleep(name)

#endif
