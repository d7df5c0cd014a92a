/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VIRTIO_MMIO_CMDLINE_H
#define VIRTIO_MMIO_CMDLINE_H

#include <stdint.h>

/* Where a virtio device has its registers, and its interrupt. */
struct mmio_place {
	uint64_t base;
	uint64_t size; /* not zero; base + size doesn't overflow */
	uint32_t irq;
};

enum mmio_found {
	MMIO_END,    /* there are no more */
	MMIO_DEVICE, /* *place is filled in */
	MMIO_BAD,    /* something was meant to be one, but makes no sense */
};

/*
 * Find the next virtio_mmio.device=SIZE@BASE:IRQ[:ID] on a kernel command
 * line, and move *line behind it.  The line may hold anything.
 */
enum mmio_found mmio_cmdline_next(const char **line, struct mmio_place *place);

#endif
