/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * FreeBSD/amd64's interface.  A program is FreeBSD's by its brand (EI_OSABI),
 * by an ABI note, which says for which release it was built, or by the name of
 * FreeBSD's dynamic linker.
 */
#include "lib/string.h"
#include "abi/freebsd/freebsd.h"
#include "abi/freebsd/syscall.h"
#include "ipc/umtx.h"
#include "proc/abi.h"
#include "vm/kmem.h"

static uint32_t
find_osrel(const struct image *img)
{
	uint32_t osrel = 0;
	size_t size;
	void *note;

	for (int i = 0; i < img->elf.nnotes && osrel == 0; i++) {
		note = image_note(img, i, &size);
		if (note != NULL)
			osrel = elf_osrel(note, size);
		kmem_free(note, size);
	}
	return (osrel);
}

static bool
recognize(struct image *img)
{
	img->osrel = find_osrel(img);
	return (img->elf.freebsd || img->osrel != 0 ||
		strcmp(img->interp_path, "/libexec/ld-elf.so.1") == 0);
}

static const struct abi freebsd_abi = {
    .abi_syscall = syscall_dispatch,
    .abi_name = "FreeBSD ELF64",
    .abi_init = freebsd_shpage_init,
    .abi_recognize = recognize,
    .abi_exec_stack = freebsd_exec_stack,
    .abi_sendsig = freebsd_sendsig,
    .abi_thread_exit = umtx_thread_exit,
    .abi_publish_time = freebsd_publish_time,
};
ABI_SET(freebsd_abi);
