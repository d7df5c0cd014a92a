/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a kernel with `options LOCKDEBUG` checks: each CPU knows the spin
 * locks that it holds, takes none twice, releases only those, and holds none
 * where a thread may sleep.
 */
#include "kern/lockdebug.h"

#ifdef OPT_LOCKDEBUG
#define HELD_MAX 16

static struct held {
	unsigned n;
	struct spin *spin[HELD_MAX];
} held[MAXCPU]; /* the CPU's own, interrupts off */

static __noreturn void
complain(const char *what, const char *name)
{
	struct held *h = &held[curcpu()->c_id];
	unsigned n = h->n;

	h->n = 0; /* printing takes locks, too */
	panic_begin();
	for (unsigned i = 0; i < n; i++)
		kprintf("held: spin lock %s\n", h->spin[i]->s_name);
	panic("%s %s", what, name);
}

void
lockdebug_may_sleep(const char *name)
{
	if (curcpu()->c_spins > 0)
		complain("a spin lock is held at a sleep in", name);
}

void
lockdebug_spin(struct spin *s)
{
	if (spin_held(s))
		complain("taken twice: spin lock", s->s_name);
}

void
lockdebug_spun(struct spin *s)
{
	struct held *h = &held[curcpu()->c_id];

	if (h->n == HELD_MAX)
		complain("too many spin locks before", s->s_name);
	h->spin[h->n++] = s;
}

void
lockdebug_unspin(struct spin *s)
{
	struct held *h = &held[curcpu()->c_id];

	for (unsigned i = h->n; i-- > 0;)
		if (h->spin[i] == s) {
			h->n--;
			for (; i < h->n; i++)
				h->spin[i] = h->spin[i + 1];
			return;
		}
	if (h->n > 0 || s->s_cpu != 0)
		complain("not held by this CPU: spin lock", s->s_name);
}
#endif
