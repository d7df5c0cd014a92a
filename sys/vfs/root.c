/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The root file system from a disk.
 *
 * The boot archive's file system, or an empty one, is the root until process 1
 * runs, which may sleep for the disk.  vfs.root.mountfrom then names another:
 * words like ufs:/dev/gpt/rootfs,rw, of which the first that can be mounted is
 * taken.  Without it, and without an archive, it is the first UFS file system
 * there is.  Read-only unless the option rw is given, as init and rc expect.
 */
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "disk/bio.h"
#include "kern/kenv.h"
#include "core/printf.h"
#include "proc/proc.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "lib/strerror.h"
#include "vfs/vnode.h"

/* With the new root mounted: the old one, and what is mounted on it, goes. */
static void
replace_root(struct vnode *root)
{
	struct mount *old = rootvnode->v_mount, *mp, *next;

	/* What was mounted last may be on what was mounted before. */
	for (mp = LIST_LAST(&mountlist, struct mount, mnt_link);
	     mp != NULL && mp != old; mp = next) {
		next = mp->mnt_link.prev == &mountlist
			   ? NULL
			   : container_of(
				 mp->mnt_link.prev, struct mount, mnt_link);
		if (mp != root->v_mount)
			(void)vfs_unmount(curthread(), mp->mnt_fsid, 0);
	}
	mutex_lock(&mount_lock);
	list_remove(&old->mnt_link);
	old->mnt_flags &= ~(uint64_t)MNT_ROOTFS;
	root->v_mount->mnt_flags |= MNT_ROOTFS;
	rootvnode = root;
	mutex_unlock(&mount_lock);
}

static int
mount_it(const char *fstype, const char *device, uint64_t flags, char *message)
{
	const struct mount_opt list[] = {{"fstype", fstype, strlen(fstype) + 1},
	    {"fspath", "/", 2}, {"from", device, strlen(device) + 1}};
	const struct mount_opts opts = {list, nitems(list), message};
	int error;

	message[0] = '\0';
	error = vfs_mount_on(NULL, fstype, NULL, "/", flags, &opts);
	if (error == 0)
		replace_root(
		    LIST_LAST(&mountlist, struct mount, mnt_link)->mnt_root);
	return (error);
}

/* Why it wasn't mounted: what is there instead, if that's the reason. */
static void
explain(const char *fstype, const char *device, int error, const char *message)
{
	struct disk *dp = disk_find(device);
	const char *text = error_text(error);

	if (dp == NULL)
		kprintf("root: there is no %s\n", device);
	else {
		kprintf("root: %s holds %s: can't mount it as %s: %s\n",
		    dp->d_name, disk_describe(dp), fstype,
		    message[0] != '\0' ? message
		    : error == ENODEV  ? "this kernel doesn't know it"
		    : text != NULL     ? text
				       : "error");
		disk_release(dp);
	}
}

/* Is this option among those behind a device's comma? */
static bool
has_option(const char *options, const char *name)
{
	size_t n = strlen(name);

	for (; options != NULL; options = strchr(options, ',')) {
		options += *options == ',';
		if (strncmp(options, name, n) == 0 &&
		    (options[n] == ',' || options[n] == '\0'))
			return (true);
	}
	return (false);
}

/* One word of vfs.root.mountfrom, which is changed. */
static int
try_word(char *word)
{
	char message[MOUNT_MESSAGE];
	char *device = strchr(word, ':'), *options;
	int error = EINVAL;

	if (device == NULL) {
		kprintf("root: %s: not like ufs:/dev/vtbd0p4\n", word);
		return (error);
	}
	*device++ = '\0';
	options = strchr(device, ',');
	if (options != NULL)
		*options++ = '\0';
	error = mount_it(word, device,
	    options != NULL && has_option(options, "rw") ? 0 : MNT_RDONLY,
	    message);
	if (error != 0)
		explain(word, device, error, message);
	return (error);
}

static int
try_words(char *s)
{
	char *word;
	int error = EINVAL;

	while (error != 0 && *s != '\0') {
		word = s;
		while (*s != '\0' && *s != ' ' && *s != '\t')
			s++;
		if (*s != '\0')
			*s++ = '\0';
		if (*word != '\0')
			error = try_word(word);
	}
	return (error);
}

/* The first UFS file system there is. */
static int
try_all(void)
{
	char message[MOUNT_MESSAGE], path[64];
	struct disk *dp = NULL;

	while ((dp = disk_next(dp)) != NULL) {
		if (strncmp(disk_describe(dp), "a UFS", 5) != 0)
			continue;
		snprintf(path, sizeof(path), "/dev/%s", dp->d_name);
		if (mount_it("ufs", path, MNT_RDONLY, message) == 0) {
			disk_release(dp);
			kprintf("root: ufs:%s, the first UFS file system there "
				"is\n",
			    path);
			return (0);
		}
	}
	return (ENOENT);
}

bool
vfs_mount_root_disk(void)
{
	char words[KENV_MVALLEN + 1];
	int error;

	if (kenv_get("vfs.root.mountfrom", words, sizeof(words)) == 0)
		error = try_words(words);
	else if (boot_module_size != 0)
		return (true);
	else
		error = try_all();
	if (error == 0) {
		vfs_mount_dev();
		return (true);
	}
	kprintf("root: nothing to mount.  Disks and what is on them:\n");
	disk_list();
	return (false);
}
