/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tables of things by number that grow with use: linear hashing (Litwin, 1980).
 * When there are more entries than buckets, one bucket more is made from half
 * of another, so that no insertion takes long.  A table never shrinks.
 *
 * The owner locks, and says where memory is from.
 */
#ifndef LIB_IDTABLE_H
#define LIB_IDTABLE_H

#include "lib/list.h"

#define ID_SEGMENT  256u /* buckets: 4096 bytes of them */
#define ID_SEGMENTS 256u /* from then on chains grow */

/* In what is in the table. */
struct idlink {
	struct list il_link; /* linked: is in it */
	uint32_t il_id;
};

struct idtable {
	void *(*it_alloc)(size_t size, unsigned flags);
	struct list *it_segments[ID_SEGMENTS];
	unsigned it_buckets;
	unsigned
	    it_mask; /* the least 2^n - 1 that isn't below it_buckets - 1 */
	unsigned it_count;
};

/* alloc is called in insertions, with ID_SEGMENT buckets' size and 0, and may
 * return NULL: then chains grow. False: not even here was there memory. */
bool idtable_init(
    struct idtable *t, void *(*alloc)(size_t size, unsigned flags));
struct idlink *idtable_find(const struct idtable *t, uint32_t id);
/* il_id isn't in it. */
void idtable_insert(struct idtable *t, struct idlink *il);
void idtable_remove(struct idtable *t, struct idlink *il);

#endif
