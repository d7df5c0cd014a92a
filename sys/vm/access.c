/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * User memory seen from elsewhere in the kernel: other processes' bytes, and
 * names for words that several processes share.
 */
#include "lib/string.h"
#include "fbsd/errno.h"
#include "vm/map.h"

struct piece {
	uint64_t offset; /* within the page */
	char *buf;
	size_t len;
	bool write;
};

static void
copy_piece(void *arg, struct page *pg)
{
	const struct piece *p = arg;
	char *at = (char *)page_virt(pg) + p->offset;

	if (p->write)
		memcpy(at, p->buf, p->len);
	else
		memcpy(p->buf, at, p->len);
}

static int
access_space(struct vmspace *vs, vaddr_t va, char *buf, size_t len, bool write)
{
	int error = 0;

	if (va + len < va || va + len > USER_TOP)
		return (EFAULT);
	while (len > 0 && error == 0) {
		struct piece p = {va & PAGE_MASK, buf, 0, write};

		p.len = MIN(len, PAGE_SIZE - p.offset);
		error = fault_use(
		    vs, va, write ? PMAP_WRITE : PMAP_READ, copy_piece, &p);
		va += p.len;
		buf += p.len;
		len -= p.len;
	}
	return (error == 0 || error == ENOMEM ? error : EFAULT);
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

int
vm_key_hold(
    struct vmspace *vs, vaddr_t va, struct vm_key *key, struct vm_object **op)
{
	struct vm_entry *e;
	int error = 0;

	*op = NULL;
	key->k_where = vs;
	key->k_offset = va;
	rw_rlock(&vs->vs_lock);
	e = entry_at(vs, va);
	if (e == NULL) {
		error = EFAULT;
	} else if (e->e_object != NULL && !(e->e_flags & VME_COW)) {
		key->k_where = *op = e->e_object;
		key->k_offset = e->e_ooff + (va - e->e_start);
		vm_object_hold(*op);
	}
	rw_runlock(&vs->vs_lock);
	return (error);
}
