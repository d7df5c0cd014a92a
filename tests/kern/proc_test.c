/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers of processes, and the tables that find things by number. */
#include "boot/ktest.h"
#include "proc/pid.h"
#include "proc/proc.h"
#include "vm/kmem.h"

#define MANY 3000u

KTEST(idtable)
{
	static struct idtable t;
	static struct idlink links[MANY];
	unsigned bad = 0;

	KT_ASSERT(idtable_init(&t, kmem_alloc));
	for (unsigned i = 0; i < MANY; i++) {
		bad += idtable_find(&t, i * 7) != NULL;
		links[i].il_id = i * 7;
		idtable_insert(&t, &links[i]);
		bad += idtable_find(&t, i * 7) != &links[i];
	}
	KT_ASSERT(t.it_buckets >= MANY);
	for (unsigned i = 0; i < 7 * MANY; i++)
		bad +=
		    idtable_find(&t, i) != (i % 7 == 0 ? &links[i / 7] : NULL);
	for (unsigned i = 0; i < MANY; i++) {
		idtable_remove(&t, &links[i]);
		bad += idtable_find(&t, i * 7) != NULL;
		bad += list_linked(&links[i].il_link);
		bad += i + 1 < MANY &&
		       idtable_find(&t, (i + 1) * 7) != &links[i + 1];
	}
	KT_ASSERT(bad == 0);
	KT_ASSERT(t.it_count == 0);
	for (unsigned i = 0; i < t.it_buckets; i += ID_SEGMENT)
		kmem_free(t.it_segments[i / ID_SEGMENT],
		    ID_SEGMENT * sizeof(struct list));
}

static void *
no_memory(size_t size, unsigned flags)
{
	return (NULL);
}

/* Without memory for more buckets all is still found. */
KTEST(idtable_no_memory)
{
	static struct idtable t;
	static struct idlink links[1000];
	unsigned bad = 0;

	KT_ASSERT(!idtable_init(&t, no_memory));
	KT_ASSERT(idtable_init(&t, kmem_alloc));
	t.it_alloc = no_memory;
	for (unsigned i = 0; i < 1000; i++) {
		links[i].il_id = i << 20 | i;
		idtable_insert(&t, &links[i]);
	}
	for (unsigned i = 0; i < 1000; i++)
		bad += idtable_find(&t, i << 20 | i) != &links[i];
	KT_ASSERT(bad == 0);
	KT_ASSERT(t.it_buckets == ID_SEGMENT);
	kmem_free(t.it_segments[0], ID_SEGMENT * sizeof(struct list));
}

/* Three times round: what is in use is never given out, whatever uses it, and
 * low numbers not again. */
KTEST(pid_wrap)
{
	static struct pid *kept[MANY];
	unsigned wraps = 0, n = 0, bad = 0;
	pid_t last = 0;

	mutex_lock(&proctree_lock);
	while (wraps < 3) {
		struct pid *id = pid_alloc();

		KT_ASSERT(id != NULL);
		wraps += id->pi_id < last;
		bad += wraps > 0 && id->pi_id < 100;
		bad += id->pi_id > PID_MAX;
		for (unsigned i = 0; i < n && wraps > 0 && i < 3; i++)
			bad += kept[i]->pi_id == id->pi_id;
		bad += pid_find(id->pi_id) != id || id->pi_proc != NULL ||
		       id->pi_pgrp != NULL;
		last = id->pi_id;
		/* A block of them stays, held by something else than it was. */
		if (wraps == 0 && n < MANY)
			kept[n++] = pid_hold(id);
		pid_release(id);
	}
	for (unsigned i = 0; i < n; i++) {
		bad += pid_find_from(kept[i]->pi_id) != kept[i] ||
		       pid_find(kept[i]->pi_id) != kept[i] ||
		       kept[i]->pi_refs != 1;
		pid_release(kept[i]);
	}
	bad += pid_find_from(last) != NULL;
	bad += pid_find(0) == NULL || pid_find(-1) != NULL;
	mutex_unlock(&proctree_lock);
	KT_ASSERT(bad == 0);
}
