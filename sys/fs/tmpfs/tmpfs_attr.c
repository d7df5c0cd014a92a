/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Extended attributes: a short list on each node.
 */
#include "fbsd/errno.h"
#include "fs/tmpfs/tmpfs.h"
#include "lib/string.h"
#include "vm/kmem.h"

static struct tmpfs_attr *
find_attr(struct tmpfs_node *n, int ns, const char *name)
{
	struct tmpfs_attr *ta;

	LIST_FOREACH (ta, &n->tn_attrs, ta_link)
		if (ta->ta_namespace == ns && strcmp(ta->ta_name, name) == 0)
			return (ta);
	return (NULL);
}

static uint64_t
value_pages(size_t size)
{
	return (atop(sizeof(struct tmpfs_attr) + size + PAGE_MASK));
}

static void
free_attr(struct tmpfs_node *n, struct tmpfs_attr *ta)
{
	list_remove(&ta->ta_link);
	tmpfs_uncharge(n->tn_mount, value_pages(ta->ta_size));
	if (ta->ta_value != NULL)
		kmem_free(ta->ta_value, ta->ta_size);
	kmem_free(ta, sizeof(*ta));
}

void
tmpfs_attrs_free(struct tmpfs_node *n)
{
	struct tmpfs_attr *ta, *next;

	LIST_FOREACH_SAFE (ta, &n->tn_attrs, ta_link, next)
		free_attr(n, ta);
}

int
tmpfs_getextattr(
    struct vnode *vp, int ns, const char *name, void *buf, size_t *size)
{
	struct tmpfs_attr *ta = find_attr(tmpfs_node(vp), ns, name);

	if (ta == NULL)
		return (ENOATTR);
	if (buf != NULL) {
		*size = MIN(*size, ta->ta_size);
		memcpy(buf, ta->ta_value, *size);
	} else
		*size = ta->ta_size;
	return (0);
}

static struct tmpfs_attr *
new_attr(int ns, const char *name, const void *buf, size_t size)
{
	struct tmpfs_attr *ta = kmem_alloc(sizeof(*ta), KM_ZERO);

	if (ta == NULL)
		return (NULL);
	list_init(&ta->ta_link);
	ta->ta_namespace = ns;
	ta->ta_size = size;
	strlcpy(ta->ta_name, name, sizeof(ta->ta_name));
	if (size > 0) {
		ta->ta_value = kmem_alloc(size, 0);
		if (ta->ta_value == NULL) {
			kmem_free(ta, sizeof(*ta));
			return (NULL);
		}
		memcpy(ta->ta_value, buf, size);
	}
	return (ta);
}

int
tmpfs_setextattr(
    struct vnode *vp, int ns, const char *name, const void *buf, size_t size)
{
	struct tmpfs_node *n = tmpfs_node(vp);
	struct tmpfs_attr *old = find_attr(n, ns, name), *ta;

	if (!tmpfs_charge(n->tn_mount, value_pages(size)))
		return (ENOSPC);
	ta = new_attr(ns, name, buf, size);
	if (ta == NULL) {
		tmpfs_uncharge(n->tn_mount, value_pages(size));
		return (ENOSPC);
	}
	if (old != NULL)
		free_attr(n, old);
	list_push_back(&n->tn_attrs, &ta->ta_link);
	tmpfs_changed(n);
	return (0);
}

int
tmpfs_deleteextattr(struct vnode *vp, int ns, const char *name)
{
	struct tmpfs_node *n = tmpfs_node(vp);
	struct tmpfs_attr *ta = find_attr(n, ns, name);

	if (ta == NULL)
		return (ENOATTR);
	free_attr(n, ta);
	tmpfs_changed(n);
	return (0);
}

/* Each name after a byte with its length; buf NULL: only how much. */
int
tmpfs_listextattr(struct vnode *vp, int ns, void *buf, size_t *size)
{
	struct tmpfs_attr *ta;
	uint8_t *to = buf;
	size_t used = 0, len;

	LIST_FOREACH (ta, &tmpfs_node(vp)->tn_attrs, ta_link) {
		if (ta->ta_namespace != ns)
			continue;
		len = strlen(ta->ta_name);
		if (to != NULL) {
			if (used + 1 + len > *size)
				break;
			to[used] = (uint8_t)len;
			memcpy(to + used + 1, ta->ta_name, len);
		}
		used += 1 + len;
	}
	*size = used;
	return (0);
}
