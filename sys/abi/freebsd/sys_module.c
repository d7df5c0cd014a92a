/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Kernel modules, as far as there are any: one file, the kernel, without
 * modules in it.  kldload(2) isn't there.
 */
#include "fbsd/errno.h"
#include "abi/freebsd/sysargs.h"
#include "amd64/md.h"
#include "core/ksyms.h"
#include "proc/proc.h"
#include "core/sysctl.h"
#include "lib/string.h"
#include "vfs/namei.h"
#include "vm/kmem.h"

#define KERNEL_ID 1 /* of the file */

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
	td->td_retval[0] = 0;
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
	if (a->fileid != 0 && a->fileid != KERNEL_ID)
		return (ENOENT);
	error = copyinstr(look.symname, name, sizeof(name), NULL);
	if (error != 0)
		return (error);
	if (!ksym_find(name, &look.symvalue, &look.symsize))
		return (ENOENT);
	return (copyout(&look, a->data, sizeof(look)));
}

int
sys_modnext(struct thread *td, const struct modnext_args *a)
{
	td->td_retval[0] = 0;
	return (a->modid == 0 ? 0 : ENOENT);
}

int
sys_modfnext(struct thread *td, const struct modfnext_args *a)
{
	return (ENOENT);
}

int
sys_modfind(struct thread *td, const struct modfind_args *a)
{
	char name[32];
	int error = copyinstr(a->name, name, sizeof(name), NULL);

	return (error != 0 ? error : ENOENT);
}

int
sys_modstat(struct thread *td, const struct modstat_args *a)
{
	return (ENOENT);
}
