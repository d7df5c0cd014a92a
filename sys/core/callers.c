/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/callers.h"
#include "amd64/asm.h"
#include "core/ksyms.h"
#include "core/thread.h"
#include "lib/printf.h"

void
callers_get(struct callers *c)
{
	const uintptr_t *frame = __builtin_frame_address(0);
	unsigned n = 0;

	frame = (const uintptr_t *)frame[0];
	while (n < CALLERS && frame[1] >= KERNBASE) {
		uintptr_t next = frame[0];

		c->pc[n++] = (uint32_t)(frame[1] - KERNBASE);
		/* Frames go up the stack. */
		if (next <= (uintptr_t)frame ||
		    next - (uintptr_t)frame > ptoa(KSTACK_PAGES))
			break;
		frame = (const uintptr_t *)next;
	}
	while (n < CALLERS)
		c->pc[n++] = 0;
}

size_t
callers_format(const struct callers *c, char *buf, size_t size)
{
	size_t n = 0;

	buf[0] = '\0';
	for (unsigned i = 0; i < CALLERS && c->pc[i] != 0 && n < size; i++) {
		uintptr_t off = 0;
		const char *name = ksym_lookup(KERNBASE + c->pc[i], &off);

		n += (size_t)snprintf(buf + n, size - n, "%s%s+0x%lx",
		    i == 0 ? "" : " < ", name != NULL ? name : "?", off);
	}
	return (n);
}
