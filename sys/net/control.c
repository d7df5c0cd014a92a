/* SPDX-License-Identifier: BSD-2-Clause */
/* Control messages: see control.h. */
#include "lib/string.h"
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "file/file.h"
#include "net/control.h"
#include "vm/kmem.h"

static struct control *
alloc(int level, int type, size_t length, size_t room)
{
	struct control *c = kmem_alloc(sizeof(*c) + room, KM_ZERO);

	if (c == NULL)
		return (NULL);
	c->c_level = level;
	c->c_type = type;
	c->c_length = length;
	c->c_room = room;
	return (c);
}

struct control *
control_alloc(int level, int type, size_t length)
{
	return (alloc(level, type, length, length));
}

int
control_alloc_files(
    struct thread *td, const char *numbers, unsigned count, struct control **cp)
{
	struct control *c = alloc(SOL_SOCKET, SCM_RIGHTS, count * sizeof(int),
	    count * (sizeof(struct file *) + sizeof(int)));
	int error = 0, fd;

	if (c == NULL)
		return (ENOBUFS);
	while (error == 0 && c->c_count < count) {
		struct file **fpp = &control_files(c)[c->c_count];

		memcpy(&fd, numbers + c->c_count * sizeof(fd), sizeof(fd));
		error = fd_get(td, fd, 0, fpp);
		if (error != 0)
			break;
		c->c_count++;
		if (!(*fpp)->f_ops->fo_passable)
			error = EOPNOTSUPP;
	}
	if (error != 0)
		control_free(c);
	else
		*cp = c;
	return (error);
}

void
control_free_all(struct control *list)
{
	struct control *c;

	while ((c = list) != NULL) {
		list = c->c_next;
		for (unsigned i = 0; i < c->c_count; i++)
			file_release(control_files(c)[i]);
		kmem_free(c, sizeof(*c) + c->c_room);
	}
}

/* The descriptors behind the references. */
static int *
numbers_of(struct control *c)
{
	return ((int *)(void *)(control_files(c) + c->c_count));
}

const void *
control_data(const struct control *c)
{
	return (c->c_reserved > 0
		    ? (const char *)c->c_body + c->c_room - c->c_length
		    : (const char *)c->c_body);
}

static void
unreserve(struct control *list)
{
	for (struct control *c = list; c != NULL; c = c->c_next) {
		for (unsigned i = 0; i < c->c_reserved; i++)
			fd_unreserve(c->c_table, numbers_of(c)[i]);
		c->c_reserved = 0;
	}
}

void
control_discard(struct control *list)
{
	unreserve(list);
	control_free(list);
}

int
control_reserve(struct thread *td, struct control *list)
{
	int error;

	for (struct control *c = list; c != NULL; c = c->c_next)
		while (c->c_reserved < c->c_count) {
			error = fd_reserve(
			    td, &c->c_table, &numbers_of(c)[c->c_reserved]);
			if (error != 0) {
				unreserve(list);
				return (error);
			}
			c->c_reserved++;
		}
	return (0);
}

void
control_fill(struct control *list, int uf)
{
	for (struct control *c = list; c != NULL; c = c->c_next) {
		for (unsigned i = 0; i < c->c_reserved; i++)
			fd_fill(c->c_table, numbers_of(c)[i],
			    control_files(c)[i], uf);
		c->c_reserved = c->c_count = 0;
	}
}
