/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Kernel modules: one file, the kernel, with what is built into it.  Nothing
 * can be loaded; what is there says that it is.
 */
#include "fbsd/errno.h"
#include "abi/freebsd/sysargs.h"
#include "amd64/md.h"
#include "core/ksyms.h"
#include "core/module.h"
#include "core/printf.h"
#include "core/sysctl.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "proc/proc.h"
#include "vfs/vnode.h"
#include "vm/kmem.h"

#define KERNEL_ID    1 /* of the file */
#define UNLOAD_FORCE 1

SET_DECLARE(module);
SET_DECLARE(vfs);

static char module_path[256] = "/boot/kernel;/boot/modules";
SYSCTL_STRING(kern_module_path, "kern.module_path", CTL_AUTO, CTLFLAG_RW,
    module_path, sizeof(module_path));

/* Of versions 1 and 2, whose names are short, and now. */
struct module_stat_2 {
	int version; /* in: the structure's size */
	char name[32];
	int refs;
	int id;
	long data; /* not in version 1 */
};
#define MODULE_STAT_1 44
#define MODULE_STAT_2 56
_Static_assert(offsetof(struct module_stat_2, data) == 48, "module_stat_v2");
struct module_stat {
	int version;
	char name[MAXPATHLEN];
	int refs;
	int id;
	long data;
};
_Static_assert(sizeof(struct module_stat) == 1048, "module_stat");

struct kld_file_stat {
	int version; /* in: the structure's size */
	char name[MAXPATHLEN];
	int refs;
	int id;
	uint64_t address;
	size_t size;
	char pathname[MAXPATHLEN]; /* not in version 1 */
};
_Static_assert(offsetof(struct kld_file_stat, address) == 1040, "kldstat");
#define KLD_FILE_STAT_1 offsetof(struct kld_file_stat, pathname)

struct kld_sym_lookup {
	int version; /* in: the structure's size */
	const char __user *symname;
	uint64_t symvalue;
	size_t symsize;
};
_Static_assert(sizeof(struct kld_sym_lookup) == 32, "kldsym");
#define KLDSYM_LOOKUP 1

/* Modules are numbered from 1 on: those with a declaration, file systems. */
static const char *
module_name(int id)
{
	const int own = (int)(__stop_set_module - __start_set_module);
	const int all = own + (int)(__stop_set_vfs - __start_set_vfs);

	if (id <= 0 || id > all)
		return (NULL);
	if (id <= own)
		return (((const struct module *)__start_set_module[id - 1])
			    ->m_name);
	return (
	    ((const struct vfs_ops *)__start_set_vfs[id - 1 - own])->vfs_name);
}

static int
module_find(const char *name)
{
	for (int id = 1; module_name(id) != NULL; id++)
		if (strcmp(module_name(id), name) == 0)
			return (id);
	return (0);
}

/* Does kldload(2) find that there is something of that name?  A driver is known
 * without its bus, too, and a class of GEOM by its file's name. */
static bool
is_built_in(const char *name, size_t len)
{
	const char *s, *slash;

	for (int id = 1; (s = module_name(id)) != NULL; id++) {
		slash = strchr(s, '/');
		if (slash != NULL)
			s = slash + 1;
		if (strlen(s) == len && strncmp(s, name, len) == 0)
			return (true);
		if (strncmp(s, "g_", 2) == 0 && len == strlen(s) + 3 &&
		    strncmp(name, "geom_", 5) == 0 &&
		    strncmp(s + 2, name + 5, len - 5) == 0)
			return (true);
	}
	return (len == 6 && strncmp(name, "kernel", 6) == 0);
}

int
sys_kldfind(struct thread *td, const struct kldfind_args *a)
{
	char path[MAXPATHLEN];
	const char *name;
	int error = copyinstr(a->file, path, sizeof(path), NULL);

	if (error != 0)
		return (error);
	name = strrchr(path, '/');
	name = name != NULL ? name + 1 : path;
	if (strcmp(name, "kernel") != 0)
		return (ENOENT);
	td->td_retval[0] = KERNEL_ID;
	return (0);
}

int
sys_kldnext(struct thread *td, const struct kldnext_args *a)
{
	if (a->fileid != 0 && a->fileid != KERNEL_ID)
		return (ENOENT);
	td->td_retval[0] = a->fileid == 0 ? KERNEL_ID : 0;
	return (0);
}

int
sys_kldfirstmod(struct thread *td, const struct kldfirstmod_args *a)
{
	td->td_retval[0] = module_name(1) != NULL;
	return (a->fileid == KERNEL_ID ? 0 : ENOENT);
}

int
sys_kldstat(struct thread *td, const struct kldstat_args *a)
{
	extern const char kernel_start[], kernel_end[];
	struct kld_file_stat *st;
	int version;
	int error = copyin(&a->stat->version, &version, sizeof(version));

	if (error != 0)
		return (error);
	if (version != (int)sizeof(*st) && version != (int)KLD_FILE_STAT_1)
		return (EINVAL);
	if (a->fileid != KERNEL_ID)
		return (ENOENT);
	st = kmem_alloc(sizeof(*st), KM_ZERO);
	if (st == NULL)
		return (ENOMEM);
	st->version = version;
	strlcpy(st->name, "kernel", sizeof(st->name));
	st->refs = 1;
	st->id = KERNEL_ID;
	st->address = (uintptr_t)kernel_start;
	st->size = (size_t)(kernel_end - kernel_start);
	strlcpy(st->pathname, "/boot/kernel/kernel", sizeof(st->pathname));
	error = copyout(st, a->stat, (size_t)version);
	kmem_free(st, sizeof(*st));
	return (error);
}

/* Functions alone: the kernel keeps no other symbols. */
int
sys_kldsym(struct thread *td, const struct kldsym_args *a)
{
	struct kld_sym_lookup look;
	char name[256];
	int error = copyin(a->data, &look, sizeof(look));

	if (error != 0)
		return (error);
	if (look.version != (int)sizeof(look) || a->cmd != KLDSYM_LOOKUP)
		return (EINVAL);
	error = copyinstr(look.symname, name, sizeof(name), NULL);
	if (error != 0)
		return (error);
	if ((a->fileid != 0 && a->fileid != KERNEL_ID) ||
	    !ksym_find(name, &look.symvalue, &look.symsize))
		return (ENOENT);
	return (copyout(&look, a->data, sizeof(look)));
}

/* A regular file of that name: 0; ENOENT, or why it can't be looked at. */
static int
find_file(struct thread *td, const char *path)
{
	struct namei nd;
	int error = namei_at(td, &nd, AT_FDCWD, path, NAMEI_FOLLOW);

	if (error != 0)
		return (error);
	error = nd.nd_vp->v_type == VREG ? 0 : ENOENT;
	namei_done(&nd);
	return (error);
}

/* The same, with ".ko" if need be, in the folders of kern.module_path. */
static int
search_file(struct thread *td, const char *name, char *path)
{
	const size_t len = strlen(name);
	const bool whole = len > 3 && strcmp(name + len - 3, ".ko") == 0;
	char folders[sizeof(module_path)], *next = folders, *s;
	int error = ENOENT;

	strlcpy(folders, module_path, sizeof(folders));
	while (error != 0 && next != NULL) {
		s = next;
		next = strchr(s, ';');
		if (next != NULL)
			*next++ = '\0';
		if (snprintf(path, MAXPATHLEN, "%s/%s%s", s, name,
			whole ? "" : ".ko") < MAXPATHLEN)
			error = find_file(td, path);
	}
	return (error != 0 ? ENOENT : 0);
}

/* With a dot or a slash in it the name is a file's, or else a module's.  A file
 * that is there can't be loaded, whatever it is. */
static int
load(struct thread *td, char *name, char *path)
{
	const bool file =
	    strchr(name, '/') != NULL || strchr(name, '.') != NULL;
	const char *base = strrchr(name, '/');
	size_t len;
	int error;

	base = base != NULL ? base + 1 : name;
	len = strlen(base);
	if (len > 3 && strcmp(base + len - 3, ".ko") == 0)
		len -= 3;
	if (!file && is_built_in(base, len))
		return (EEXIST);
	error = strchr(name, '/') != NULL ? find_file(td, name)
					  : search_file(td, name, path);
	if (error != 0)
		return (ENOENT);
	if (is_built_in(base, len))
		return (EEXIST);
	kprintf("kldload: %s: this kernel loads no modules\n", name);
	return (ENOEXEC);
}

int
sys_kldload(struct thread *td, const struct kldload_args *a)
{
	char *name = kmem_alloc(2 * MAXPATHLEN, 0);
	int error;

	if (name == NULL)
		return (ENOMEM);
	error = copyinstr(a->file, name, MAXPATHLEN, NULL);
	if (error == 0)
		error = priv_check(td);
	if (error == 0)
		error = load(td, name, name + MAXPATHLEN);
	kmem_free(name, 2 * MAXPATHLEN);
	return (error);
}

/* The kernel wasn't loaded by a program. */
int
sys_kldunload(struct thread *td, const struct kldunload_args *a)
{
	int error = priv_check(td);

	if (error != 0)
		return (error);
	return (a->fileid == KERNEL_ID ? EBUSY : ENOENT);
}

int
sys_kldunloadf(struct thread *td, const struct kldunloadf_args *a)
{
	const struct kldunload_args args = {.fileid = a->fileid};

	if (a->flags < 0 || a->flags > UNLOAD_FORCE)
		return (EINVAL);
	return (sys_kldunload(td, &args));
}

/* All modules are the one file's. */
static int
next_module(struct thread *td, int id)
{
	td->td_retval[0] = module_name(id + 1) != NULL ? id + 1 : 0;
	return (0);
}

int
sys_modnext(struct thread *td, const struct modnext_args *a)
{
	if (a->modid != 0 && module_name(a->modid) == NULL)
		return (ENOENT);
	return (next_module(td, a->modid));
}

int
sys_modfnext(struct thread *td, const struct modfnext_args *a)
{
	if (module_name(a->modid) == NULL)
		return (ENOENT);
	return (next_module(td, a->modid));
}

int
sys_modfind(struct thread *td, const struct modfind_args *a)
{
	char name[MAXPATHLEN];
	int id, error = copyinstr(a->name, name, sizeof(name), NULL);

	if (error != 0)
		return (error);
	id = module_find(name);
	td->td_retval[0] = id;
	return (id != 0 ? 0 : ENOENT);
}

static int
stat_short(int id, int version, void __user *to)
{
	struct module_stat_2 st = {.version = version, .refs = 1, .id = id};

	strlcpy(st.name, module_name(id), sizeof(st.name));
	return (copyout(&st, to, (size_t)version));
}

int
sys_modstat(struct thread *td, const struct modstat_args *a)
{
	struct module_stat *st;
	int version, error;

	if (module_name(a->modid) == NULL)
		return (ENOENT);
	error = copyin(&a->stat->version, &version, sizeof(version));
	if (error != 0)
		return (error);
	if (version == MODULE_STAT_1 || version == MODULE_STAT_2)
		return (stat_short(a->modid, version, a->stat));
	if (version != (int)sizeof(*st))
		return (EINVAL);
	st = kmem_alloc(sizeof(*st), KM_ZERO);
	if (st == NULL)
		return (ENOMEM);
	st->version = version;
	st->refs = 1;
	st->id = a->modid;
	strlcpy(st->name, module_name(a->modid), sizeof(st->name));
	error = copyout(st, a->stat, sizeof(*st));
	kmem_free(st, sizeof(*st));
	return (error);
}
