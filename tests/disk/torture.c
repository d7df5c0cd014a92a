/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * torture SEED OPERATIONS DIR [MARKS [failing]]: carries out the plan of
 * torture.h in a folder.  After each operation its number, and the inode's, are
 * written to MARKS, a disk of its own, so that who watches both disks knows
 * what had been done when.  Instead of a folder, DIR may be the device of a
 * UFS, which is mounted and in the end unmounted.  A disk that is said to be
 * failing does so now and then when it is written: what has not been done is
 * tried again.
 */
#include "mounted.h"
#include "torture.h"

#define ON	  "/mnt"
#define PATH_ROOM 4096

static struct plan plan;
static bool failing;

/* It failed, as it may: there was too much that can't be written. */
static bool
again(int ret)
{
	static unsigned tries;

	if (ret == 0 || !failing || errno != EIO || ++tries > 100000)
		return (false);
	return (true);
}

/* The path of a key, from the folder that we are in, by its end. */
static const char *
path_of(struct key key, char *buf)
{
	char *p = buf + PATH_ROOM, name[256];
	uint16_t node;
	size_t n;

	*--p = '\0';
	for (;;) {
		plan_name(key.name, name);
		n = strlen(name);
		p -= n;
		memcpy(p, name, n);
		node = plan.folders[key.folder];
		if (node == ROOT)
			return (p);
		*--p = '/';
		key = plan.nodes[node].at;
	}
}

static int
open_to(const char *path, int flags)
{
	int fd;

	do
		fd = open(path, flags, 0644);
	while (fd < 0 && again(-1));
	if (fd < 0)
		quit(path);
	return (fd);
}

static void
write_to(const char *path, const struct op *op)
{
	static uint8_t buf[MAX_SIZE];
	int fd = open_to(path, O_WRONLY);
	ssize_t n;

	plan_fill(op->node, op->number, op->offset, buf, op->length);
	do
		n = pwrite(fd, buf, op->length, op->offset);
	while (n < 0 && again(-1));
	if (n != (ssize_t)op->length)
		quit(path);
	close(fd);
}

static int open_one = -1;

/* Each third file is still open when its last name goes. */
static void
remove_file(const char *path, const struct op *op)
{
	if (op->number % 3 == 0) {
		if (open_one >= 0)
			close(open_one);
		open_one = open_to(path, O_RDONLY);
	}
	while (unlink(path) != 0)
		if (!again(-1))
			quit(path);
}

static int
sync_it(const char *path)
{
	int fd = open_to(path, O_RDONLY), ret;

	do
		ret = fsync(fd);
	while (again(ret));
	close(fd);
	return (ret);
}

static int
carry_out(const struct op *op, const char *path, const char *to)
{
	int error = 0;

	switch (op->kind) {
	case OP_CREATE:
		close(open_to(path, O_WRONLY | O_CREAT | O_EXCL));
		break;
	case OP_MKDIR:
		error = mkdir(path, 0755);
		break;
	case OP_WRITE:
		write_to(path, op);
		break;
	case OP_TRUNCATE:
		error = truncate(path, op->length);
		break;
	case OP_RENAME:
		error = rename(path, to);
		break;
	case OP_LINK:
		error = link(path, to);
		break;
	case OP_UNLINK:
		remove_file(path, op);
		break;
	case OP_RMDIR:
		error = rmdir(path);
		break;
	case OP_FSYNC:
	case OP_FSYNC_FOLDER:
		error = sync_it(path);
		break;
	case OP_SYNC:
		sync();
		/* That doesn't say whether it could. */
		if (failing)
			error = sync_it(".");
		break;
	}
	return (error);
}

static void
mark(int fd, const struct op *op, const char *path)
{
	static union {
		struct mark mark;
		uint8_t sector[512];
	} m;
	struct stat st = {.st_ino = 0};

	if (op->kind == OP_CREATE || op->kind == OP_MKDIR)
		(void)lstat(path, &st);
	m.mark = (struct mark){MARK_MAGIC, op->number, 0, st.st_ino};
	if (fd >= 0 && pwrite(fd, &m, sizeof(m), 0) != sizeof(m))
		quit("marks");
}

static void
all_operations(uint64_t seed, unsigned count, int marks)
{
	static char from[PATH_ROOM], to[PATH_ROOM];
	const char *path;
	struct op op;
	int error;

	plan_begin(&plan, seed);
	for (unsigned i = 0; i < count; i++) {
		/* No operation moves a folder that leads to its own keys. */
		plan_next(&plan, &op);
		path = path_of(op.key, from);
		while ((error = carry_out(&op, path, path_of(op.to, to))) != 0)
			if (!again(error))
				quit(path);
		mark(marks, &op, path);
	}
}

int
main(int argc, char **argv)
{
	const char *dir;
	bool device;
	int marks = -1;

	if (argc < 4 || argc > 6) {
		printf("torture SEED OPERATIONS DIR [MARKS [failing]]\n");
		return (2);
	}
	failing = argc == 6;
	dir = argv[3];
	device = strncmp(dir, "/dev/", 5) == 0;
	if (device) {
		(void)mkdir(ON, 0755);
		if (mount_disk("ufs", dir, ON, false) != 0)
			quit(dir);
		dir = ON;
	}
	if (argc >= 5)
		marks = open_to(argv[4], O_WRONLY);
	if (chdir(dir) != 0)
		quit(dir);
	all_operations(strtoull(argv[1], NULL, 0),
	    (unsigned)strtoul(argv[2], NULL, 0), marks);
	if (open_one >= 0)
		close(open_one);
	if (chdir("/") != 0)
		quit("/");
	while (device && unmount_disk(ON) != 0)
		if (!again(-1))
			quit(dir);
	printf("torture: %s operations\n", argv[2]);
	return (0);
}
