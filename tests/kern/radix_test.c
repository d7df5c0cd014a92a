/* SPDX-License-Identifier: BSD-2-Clause */
/* Radix trees that share their nodes, against plain arrays. */
#include "boot/ktest.h"
#include "core/sched.h"
#include "vm/radix.h"

#define TREES  4u
#define PLACES 80u
#define VALUES 50u
#define ROUNDS 20000

/* A value is a count of its references. */
static unsigned refs[VALUES];
static struct radix tree[TREES];
static unsigned *model[TREES][PLACES];
static uint32_t seed;

static uint32_t
any(uint32_t below)
{
	seed = seed * 1664525u + 1013904223u;
	return ((seed >> 8) % below);
}

/* Places that lie side by side, some in each of four nodes at three levels. */
static uint64_t
at(unsigned place)
{
	static const uint64_t base[] = {0, 64, 5000, 300000};

	return (base[place / 20] + place % 20 * (place / 60 * 70 + 1));
}

static void
hold(void *value)
{
	++*(unsigned *)value;
}

static void
release(void *arg, void *value)
{
	--*(unsigned *)value;
}

static int
own(unsigned t, unsigned place)
{
	return (radix_own(&tree[t], at(place), hold, release, NULL));
}

static bool
put(unsigned t, unsigned place)
{
	unsigned *value = &refs[any(VALUES)];

	if (own(t, place) != 0)
		return (false);
	hold(value);
	if (model[t][place] != NULL)
		release(NULL, model[t][place]);
	model[t][place] = value;
	return (radix_set(&tree[t], at(place), value) == 0);
}

static bool
take(unsigned t, unsigned place)
{
	unsigned *was = model[t][place], *value;

	if (own(t, place) != 0)
		return (false);
	value = radix_del(&tree[t], at(place));
	if (value != NULL)
		release(NULL, value);
	model[t][place] = NULL;
	return (value == was);
}

static bool
cut(unsigned t, unsigned first, unsigned last)
{
	if (own(t, first) != 0 || own(t, last) != 0)
		return (false);
	radix_cut(&tree[t], at(first), at(last), release, NULL);
	for (unsigned i = first; i <= last; i++)
		model[t][i] = NULL;
	return (true);
}

static void
share(unsigned from, unsigned to)
{
	radix_clear(&tree[to], release, NULL);
	radix_share(&tree[from], &tree[to], hold);
	for (unsigned i = 0; i < PLACES; i++)
		model[to][i] = model[from][i];
}

static bool
change(unsigned t)
{
	unsigned place = any(PLACES), what = any(40);

	if (what == 0)
		share((t + 1 + any(TREES - 1)) % TREES, t);
	else if (what == 1)
		return (cut(t, place, place + any(PLACES - place)));
	else if (what < 18)
		return (take(t, place));
	else
		return (put(t, place));
	return (true);
}

/* The tree has what it should have, all of it and no more. */
static bool
is_right(unsigned t)
{
	uint64_t next = 0;

	for (unsigned i = 0; i < PLACES; i++) {
		if (radix_get(&tree[t], at(i)) != model[t][i])
			return (false);
		if (model[t][i] == NULL)
			continue;
		if (radix_next(&tree[t], &next) != model[t][i] || next != at(i))
			return (false);
		next++;
	}
	return (radix_next(&tree[t], &next) == NULL);
}

KTEST(radix_shared)
{
	bool right = true;

	seed = 1;
	for (int i = 0; right && i < ROUNDS; i++) {
		unsigned t = any(TREES);

		right = change(t);
		for (t = 0; right && i % 16 == 0 && t < TREES; t++)
			right = is_right(t);
		sched_maybe_yield();
	}
	KT_ASSERT(right);
	for (unsigned t = 0; t < TREES; t++) {
		radix_clear(&tree[t], release, NULL);
		for (unsigned i = 0; i < PLACES; i++)
			model[t][i] = NULL;
	}
	for (unsigned i = 0; i < VALUES; i++)
		KT_ASSERT(refs[i] == 0);
}
