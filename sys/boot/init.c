/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Process 1 of a system with an init.  It has no descriptors and no terminal:
 * init opens /dev/console itself.
 */
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "exec/exec.h"
#include "boot/init.h"
#include "kern/kenv.h"
#include "core/printf.h"
#include "proc/proc.h"
#include "proc/signal.h"
#include "host/reboot.h"
#include "core/sysctl.h"
#include "time/time.h"
#include "lib/string.h"
#include "vfs/vnode.h"

static char init_path[KENV_MVALLEN + 1] =
    "/sbin/init:/sbin/oinit:/sbin/init.bak:/rescue/init"; /* (!) */

SYSCTL_STRING(
    kern_init_path, "kern.init_path", CTL_AUTO, CTLFLAG_RD, init_path, 0);

/* How long, in seconds, init gives rc.shutdown. */
static int init_shutdown_timeout = 120;
SYSCTL_INT(kern_init_shutdown_timeout, "kern.init_shutdown_timeout", CTL_AUTO,
    CTLFLAG_RW, &init_shutdown_timeout);

/* Becomes this program; returns why not. */
static int
become(struct thread *td, char *path)
{
	static char single[] = "-s";
	char *argv[] = {
	    path, (boothowto() & RB_SINGLE) != 0 ? single : NULL, NULL};
	char *envp[] = {NULL};
	struct exec_args ea = {
	    .path = path, .fd = -1, .kargv = argv, .kenvp = envp};

	return (exec_first(td, &ea));
}

static void
init_main(void *arg)
{
	char path[KENV_MVALLEN + 1];
	const char *s, *end;
	int error;

	if (!vfs_mount_root_disk())
		machine_end("There is no root file system.");
	(void)kenv_get("init_path", init_path, sizeof(init_path));
	for (s = init_path; *s != '\0'; s = *end == ':' ? end + 1 : end) {
		end = strchr(s, ':');
		if (end == NULL)
			end = s + strlen(s);
		strlcpy(path, s, (size_t)(end - s) + 1);
		error = become(curthread(), path);
		if (error != ENOENT)
			kprintf(
			    "init: %s can't be run: error %d\n", path, error);
	}
	kprintf("init: none found in %s\n", init_path);
	machine_end("There is nothing to run.");
}

void
init_start(void)
{
	if (kproc_create("init", init_main, NULL) == NULL)
		panic("no memory for process 1");
}
