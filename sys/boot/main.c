/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The boot order: what is there after each line may be used by the next.
 * Nothing starts because of a magic priority somewhere else.
 */
#include "amd64/md.h"
#include "proc/abi.h"
#include "fs/tmpfs/archive.h"
#include "core/callout.h"
#include "core/device.h"
#include "core/kasan.h"
#include "file/file.h"
#include "boot/init.h"
#include "boot/main.h"
#include "core/printf.h"
#include "proc/proc.h"
#include "core/random.h"
#include "host/run.h"
#include "core/sched.h"
#include "core/sysctl.h"
#include "time/time.h"
#include "ipc/umtx.h"
#include "kern/version.h"
#include "vfs/vnode.h"
#include "vm/kmem.h"
#include "vm/page.h"
#include "vm/vm.h"
#ifdef OPT_KTEST
#include "boot/ktest.h"
#endif

__noreturn void
kernel_main(void)
{
	kasan_init();
	md_early_init();
	md_pmap_init();
	boot_step("page tables");
	vm_page_init();
	kmem_init();
	sched_init();
	vm_init();
	boot_step("memory");
	proc_init();
	md_clock_init();
	boot_step("clock");
	random_init();
	time_init();
	umtx_init();
	abi_init();
	sysctl_init();
	file_init();
	intr_enable();
	md_smp_start();
	boot_step("processors");
	vfs_init();
	if (vfs_mount_root() != 0)
		panic("no root file system");
	boot_step("root file system");
	device_attach_all(run_wanted());
	boot_step("devices");
#ifdef OPT_KTEST
	ktest_start();
#endif
	if (!run_start())
		init_start();
	sched_idle_loop();
}
