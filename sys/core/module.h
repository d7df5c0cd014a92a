/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is built into the kernel, by the names of FreeBSD's modules, that
 * programs ask for with modfind(2).  File systems are modules by their own
 * names.
 */
#ifndef CORE_MODULE_H
#define CORE_MODULE_H

#include "lib/types.h"

struct module {
	const char *m_name; /* "g_md", "virtio_mmio/virtio_blk" */
};
#define MODULE(id, name)                                                       \
	static const struct module module_##id = {name};                       \
	LINKER_SET(module, module_##id)

#endif
