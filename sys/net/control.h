/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Control messages: what travels through a socket beside the bytes.
 *
 * A list, in the order in which the messages were sent.  Files travel as
 * references; the receiver's process gets descriptors for them when it takes
 * the messages, before it takes the bytes.
 */
#ifndef NET_CONTROL_H
#define NET_CONTROL_H

#include "fbsd/socket.h"
#include "lib/types.h"

struct file;
struct thread;

struct control {
	struct control *c_next;
	int c_level;
	int c_type;
	unsigned c_count;  /* of an SCM_RIGHTS: files */
	bool c_numbered;   /* they are descriptors now, in c_body */
	size_t c_length;   /* of the data, as the receiver sees them */
	size_t c_room;	   /* bytes of c_body */
	uint64_t c_body[]; /* the data, or references to files */
};

/* One message with room for its data, which are zero; NULL: no memory. */
struct control *control_alloc(int level, int type, size_t length);
/* The same for the files of td's descriptors: EBADF, EOPNOTSUPP, ENOBUFS. */
int control_alloc_files(struct thread *td, const char *numbers, unsigned count,
    struct control **cp);

/* Frees a list and closes the files in it. May sleep. */
void control_free_all(struct control *list);
static inline void
control_free(struct control *list)
{
	if (list != NULL)
		control_free_all(list);
}
/* The same when td has descriptors for the files. */
void control_discard(struct thread *td, struct control *list);

/* Descriptors for all files in a list, or for none of them: EMSGSIZE. uf: UF_*.
 * May sleep. */
int control_number(struct thread *td, struct control *list, int uf);

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

/* As c_count, but none if they are no references any more. */
static inline unsigned
control_file_count(const struct control *c)
{
	return (c->c_numbered ? 0 : c->c_count);
}

#endif
