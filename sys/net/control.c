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
	    count * sizeof(struct file *));
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
		for (unsigned i = 0; i < control_file_count(c); i++)
			file_release(control_files(c)[i]);
		kmem_free(c, sizeof(*c) + c->c_room);
	}
}

/* Closes the first n descriptors of c. */
static void
close_numbers(struct thread *td, const struct control *c, unsigned n)
{
	const int *numbers = (const int *)(const void *)c->c_body;

	for (unsigned i = 0; i < n; i++)
		(void)fd_close(td, numbers[i]);
}

void
control_discard(struct thread *td, struct control *list)
{
	for (struct control *c = list; c != NULL; c = c->c_next)
		if (c->c_numbered)
			close_numbers(td, c, c->c_count);
	control_free(list);
}

/*
 * Descriptors for one message's files. The numbers take the place of the
 * references, each of which is read before its place is written.
 */
static int
number(struct thread *td, struct control *c, int uf)
{
	struct file **files = control_files(c);
	int *numbers = (int *)(void *)c->c_body;
	struct file *fp;
	int fd;

	for (unsigned i = 0; i < c->c_count; i++) {
		fp = files[i];
		if (fd_install(td, fp, 0, uf, &fd) != 0) {
			close_numbers(td, c, i);
			for (; i < c->c_count; i++)
				file_release(files[i]);
			c->c_count = 0;
			return (EMSGSIZE);
		}
		file_release(fp);
		numbers[i] = fd;
	}
	c->c_numbered = true;
	return (0);
}

int
control_number(struct thread *td, struct control *list, int uf)
{
	int error = 0;

	for (struct control *c = list; c != NULL && error == 0; c = c->c_next)
		if (c->c_count > 0)
			error = number(td, c, uf);
	if (error != 0)
		for (struct control *c = list; c != NULL; c = c->c_next)
			if (c->c_numbered) {
				close_numbers(td, c, c->c_count);
				c->c_count = 0;
			}
	return (error);
}
