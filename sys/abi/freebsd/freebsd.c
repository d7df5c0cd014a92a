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

/* Of NOTE_FREEBSD_FEATURES. */
#define FEATURE_NO_ASLR 0x1u

static void
read_notes(struct image *img)
{
	uint32_t features = 0;
	size_t size;
	void *note;

	img->osrel = 0;
	for (int i = 0; i < img->elf.nnotes; i++) {
		note = image_note(img, i, &size);
		if (note == NULL)
			continue;
		if (img->osrel == 0)
			img->osrel =
			    elf_freebsd_note(note, size, NOTE_FREEBSD_ABI);
		features |= elf_freebsd_note(note, size, NOTE_FREEBSD_FEATURES);
		kmem_free(note, size);
	}
	img->fixed = (features & FEATURE_NO_ASLR) != 0;
}

static bool
recognize(struct image *img)
{
	read_notes(img);
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
