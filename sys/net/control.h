/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Control messages: what travels through a socket beside the bytes.
 *
 * A list, in the order in which the messages were sent.  Files travel as
 * references.  The receiver's process reserves descriptors for them when it
 * takes the messages, before it takes the bytes, and gets them at the end, when
 * all that can fail is done.
 */
#ifndef NET_CONTROL_H
#define NET_CONTROL_H

#include "fbsd/socket.h"
#include "lib/types.h"

struct fdtable;
struct file;
struct thread;

struct control {
	struct control *c_next;
	int c_level;
	int c_type;
	uint64_t c_at;		 /* in a stream: the byte that it comes with */
	unsigned c_count;	 /* of an SCM_RIGHTS: files */
	unsigned c_reserved;	 /* descriptors that are reserved for them */
	struct fdtable *c_table; /* in this table */
	size_t c_length;	 /* of the data, as the receiver sees them */
	size_t c_room;		 /* bytes of c_body */
	uint64_t c_body[];	 /* the data; or references, then descriptors */
};

/* One message with room for its data, which are zero; NULL: no memory. */
struct control *control_alloc(int level, int type, size_t length);
/* The same for the files of td's descriptors: EBADF, EOPNOTSUPP, ENOBUFS. */
int control_alloc_files(struct thread *td, const char *numbers, unsigned count,
    struct control **cp) __sleeps;

/* Frees a list and closes the files in it. */
void control_free_all(struct control *list) __sleeps;
static inline void
control_free(struct control *list)
{
	if (list != NULL)
		control_free_all(list);
}
/* The same when descriptors are reserved for the files. */
void control_discard(struct control *list) __sleeps;

/* Reserves descriptors for all files in a list, or for none of them: EMSGSIZE.
 */
int control_reserve(struct thread *td, struct control *list) __sleeps;
/* The files get these descriptors, with UF_*, and leave the list. */
void control_fill(struct control *list, int uf) __sleeps;
/* What the receiver sees of a message: c_length bytes. */
const void *control_data(const struct control *c);
/* Whether there are files in a list. */
static inline bool
control_has_files(const struct control *list)
{
	for (; list != NULL; list = list->c_next)
		if (list->c_count > 0)
			return (true);
	return (false);
}

/* Where a list's next message goes. */
static inline struct control **
control_end(struct control **list)
{
	while (*list != NULL)
		list = &(*list)->c_next;
	return (list);
}

/* Memory that a list takes. */
static inline size_t
control_size(const struct control *list)
{
	size_t size = 0;

	for (; list != NULL; list = list->c_next)
		size += sizeof(*list) + list->c_room;
	return (size);
}

static inline struct file **
control_files(struct control *c)
{
	return ((struct file **)(void *)c->c_body);
}

#endif
