/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The root from the boot archive: a node and a name for each member.  Data
 * stay where they are until somebody wants them (tmpfs_file.c).
 */
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "fs/tmpfs/archive.h"
#include "fs/tmpfs/tmpfs.h"
#include "fs/tmpfs/ustar.h"
#include "core/printf.h"
#include "lib/string.h"
#include "vm/kmem.h"

#define RUN_CONFIG "imp.run"

static struct {
	const void *data;
	size_t size;
} run_config;

const void *
archive_run_config(size_t *size)
{
	*size = run_config.size;
	return (run_config.data);
}

/* A name that comes into being leaves the directory's times alone: they are
 * the archive's. */
static int
enter(
    struct tmpfs_node *dir, const char *name, size_t len, struct tmpfs_node *n)
{
	const struct timespec mtime = dir->tn_mtime, ctime = dir->tn_ctime;
	int error;

	error = tmpfs_enter(dir, name, len, n);
	dir->tn_mtime = mtime;
	dir->tn_ctime = ctime;
	return (error);
}

static int
make_node(struct tmpfs_node *dir, const char *name, size_t len,
    const struct vattr *va, const char *target, struct tmpfs_node **np)
{
	int error;

	error = tmpfs_node_alloc(dir->tn_mount, va, target, np);
	if (error != 0)
		return (error);
	error = enter(dir, name, len, *np);
	if (error != 0)
		tmpfs_node_free(*np);
	return (error);
}

/* The next component of a path: its length, 0 at the end. Skips "." and
 * slashes. */
static size_t
component(const char **path)
{
	const char *p = *path;
	size_t len;

	for (;;) {
		while (*p == '/')
			p++;
		for (len = 0; p[len] != '\0' && p[len] != '/'; len++)
			continue;
		if (len != 1 || p[0] != '.')
			break;
		p++;
	}
	*path = p;
	return (len);
}

/*
 * The directory in which the path's last component is, made if need be;
 * *name is that component.  A path that is the root itself has length 0.
 */
static int
find_dir(struct tmpfs_mount *tm, const char *path, bool make,
    struct tmpfs_node **dirp, const char **name, size_t *len)
{
	static const struct vattr va = {.va_type = VDIR, .va_mode = 0755};
	struct tmpfs_node *dir = tm->tm_root;
	struct tmpfs_entry *te;
	const char *rest;
	int error;

	for (;;) {
		*name = path;
		*len = component(name);
		if (*len > NAME_MAX)
			return (ENAMETOOLONG);
		if (*len == 2 && (*name)[0] == '.' && (*name)[1] == '.')
			return (EINVAL);
		*dirp = dir;
		rest = *name + *len;
		if (component(&rest) == 0)
			return (0);
		te = tmpfs_find(dir, *name, *len);
		if (te != NULL)
			dir = te->te_node;
		else if (!make)
			return (ENOENT);
		else {
			error = make_node(dir, *name, *len, &va, NULL, &dir);
			if (error != 0)
				return (error);
		}
		if (dir->tn_vnode.v_type != VDIR)
			return (ENOTDIR);
		path = rest;
	}
}

static enum vtype
vnode_type(enum ustar_type type)
{
	static const enum vtype types[] = {
	    [USTAR_FILE] = VREG,
	    [USTAR_HARDLINK] = VREG,
	    [USTAR_SYMLINK] = VLNK,
	    [USTAR_CHR] = VCHR,
	    [USTAR_BLK] = VBLK,
	    [USTAR_DIR] = VDIR,
	    [USTAR_FIFO] = VFIFO,
	};

	return (types[type]);
}

static void
set_attributes(struct tmpfs_node *n, const struct ustar_entry *e)
{
	const struct timespec t = {e->mtime.sec, e->mtime.nsec};

	n->tn_mode = (mode_t)e->mode;
	n->tn_uid = e->uid;
	n->tn_gid = e->gid;
	n->tn_atime = n->tn_mtime = n->tn_ctime = n->tn_birthtime = t;
}

static int
add_link(struct tmpfs_mount *tm, struct tmpfs_node *dir, const char *name,
    size_t len, const char *target)
{
	struct tmpfs_node *tdir;
	struct tmpfs_entry *te;
	const char *tname;
	size_t tlen;
	int error;

	error = find_dir(tm, target, false, &tdir, &tname, &tlen);
	if (error != 0)
		return (error);
	te = tmpfs_find(tdir, tname, tlen);
	if (te == NULL)
		return (ENOENT);
	if (te->te_node->tn_vnode.v_type == VDIR)
		return (EPERM);
	return (enter(dir, name, len, te->te_node));
}

/* What the archive has said before under this name is replaced; a directory
 * only gets new attributes (*np). */
static int
replace(struct tmpfs_node *dir, const char *name, size_t len,
    const struct ustar_entry *e, struct tmpfs_node **np)
{
	struct tmpfs_entry *te = tmpfs_find(dir, name, len);

	*np = NULL;
	if (te == NULL)
		return (0);
	if (te->te_node->tn_vnode.v_type == VDIR) {
		if (e->type != USTAR_DIR)
			return (EISDIR);
		*np = te->te_node;
		return (0);
	}
	tmpfs_leave(dir, te);
	return (0);
}

static int
add_member(struct tmpfs_mount *tm, const struct ustar_entry *e)
{
	struct vattr va = {.va_type = vnode_type(e->type)};
	struct tmpfs_node *dir, *n;
	const char *name;
	size_t len;
	int error;

	error = find_dir(tm, e->path, true, &dir, &name, &len);
	if (error != 0)
		return (error);
	if (len == 0) {
		if (e->type != USTAR_DIR)
			return (EISDIR);
		set_attributes(dir, e);
		return (0);
	}
	error = replace(dir, name, len, e, &n);
	if (error != 0)
		return (error);
	if (e->type == USTAR_HARDLINK)
		return (add_link(tm, dir, name, len, e->link));
	va.va_rdev = (dev_t)e->major << 8 | e->minor;
	if (n == NULL)
		error = make_node(dir, name, len, &va, e->link, &n);
	if (error != 0)
		return (error);
	set_attributes(n, e);
	if (e->type == USTAR_FILE) {
		n->tn_file.archive = e->data;
		n->tn_file.archive_size = e->size;
		n->tn_vnode.v_object.o_size = e->size;
	}
	return (0);
}

static int
unpack(struct tmpfs_mount *tm, struct ustar *u, struct ustar_entry *e)
{
	enum ustar_result result;
	bool first = true;
	int error;

	for (; (result = ustar_next(u, e)) == USTAR_ENTRY; first = false) {
		if (first && e->type == USTAR_FILE &&
		    strcmp(e->path, RUN_CONFIG) == 0) {
			run_config.data = e->data;
			run_config.size = e->size;
			continue;
		}
		error = add_member(tm, e);
		if (error != 0) {
			kprintf("boot archive: %s: error %d\n", e->path, error);
			return (error);
		}
	}
	if (result == USTAR_BAD) {
		kprintf("boot archive: %s, at byte %ju of %ju\n", u->error,
		    (uintmax_t)u->offset, (uintmax_t)u->size);
		return (EINVAL);
	}
	return (0);
}

int
tmpfs_unpack(struct tmpfs_mount *tm)
{
	struct ustar_entry *e;
	struct ustar u;
	int error;

	if (boot_module == 0)
		return (0);
	e = kmem_alloc(sizeof(*e), 0);
	if (e == NULL)
		return (ENOMEM);
	ustar_open(&u, phys_to_virt(boot_module), boot_module_size);
	error = unpack(tm, &u, e);
	kmem_free(e, sizeof(*e));
	return (error);
}
