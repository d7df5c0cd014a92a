/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a process is called: its arguments, and its program's path.  Such a text
 * never changes; a process gets another one.  So who holds a reference, taken
 * under p_lock, may read it for as long as it likes, and fork(2) shares it.
 */
#include "lib/string.h"
#include "core/sync.h"
#include "proc/proc.h"
#include "vm/kmem.h"

struct pstr *
pstr_create(size_t size)
{
	struct pstr *s = kmem_alloc(sizeof(*s) + size, 0);

	if (s == NULL)
		return (NULL);
	s->ps_refs = 1;
	s->ps_size = size;
	return (s);
}

struct pstr *
pstr_of(const char *text, size_t size)
{
	struct pstr *s = pstr_create(size);

	if (s != NULL)
		memcpy(s->ps_text, text, size);
	return (s);
}

struct pstr *
pstr_hold(struct pstr *s)
{
	if (s != NULL)
		refcount_take(&s->ps_refs);
	return (s);
}

void
pstr_release(struct pstr *s)
{
	if (s != NULL && refcount_drop(&s->ps_refs))
		kmem_free(s, sizeof(*s) + s->ps_size);
}

struct pstr *
proc_args_hold(struct proc *p)
{
	struct pstr *s;

	spin_lock(&p->p_lock);
	s = pstr_hold(p->p_image.args);
	spin_unlock(&p->p_lock);
	return (s);
}
