/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * User memory seen from elsewhere in the kernel: other processes' bytes, and
 * names for words that several processes share.
 */
#include "lib/string.h"
#include "fbsd/errno.h"
#include "vm/map.h"

static int
access_space(struct vmspace *vs, vaddr_t va, void *buf, size_t len, bool write)
{
	char *p = buf;

	if (va + len < va || va + len > USER_TOP)
		return (EFAULT);
	while (len > 0) {
		uint64_t offset = va & PAGE_MASK;
		size_t n = MIN(len, PAGE_SIZE - offset);
		struct page *pg;
		char *at;

		if (fault_page(vs, va, write ? PMAP_WRITE : PMAP_READ, &pg) !=
		    0)
			return (EFAULT);
		at = (char *)page_virt(pg) + offset;
		if (write)
			memcpy(at, p, n);
		else
			memcpy(p, at, n);
		page_release(pg);
		p += n;
		va += n;
		len -= n;
	}
	return (0);
}

int
vm_read(struct vmspace *vs, vaddr_t va, void *buf, size_t len)
{
	return (access_space(vs, va, buf, len, false));
}

int
vm_write(struct vmspace *vs, vaddr_t va, const void *buf, size_t len)
{
	return (access_space(vs, va, (void *)(uintptr_t)buf, len, true));
}

int
vm_key(struct vmspace *vs, vaddr_t va, bool shared, struct vm_key *key)
{
	struct vm_entry *e;
	int error = 0;

	key->k_where = vs;
	key->k_offset = va;
	if (!shared)
		return (va < USER_TOP ? 0 : EFAULT);
	rw_rlock(&vs->vs_lock);
	e = entry_at(vs, va);
	if (e == NULL) {
		error = EFAULT;
	} else if (e->e_object != NULL && !(e->e_flags & VME_COW)) {
		key->k_where = e->e_object;
		key->k_offset = e->e_ooff + (va - e->e_start);
	}
	rw_runlock(&vs->vs_lock);
	return (error);
}
