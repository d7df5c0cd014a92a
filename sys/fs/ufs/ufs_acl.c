/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Access control lists, in extended attributes as FreeBSD keeps them.
 *
 * An inode with attributes has its lists in memory from the first time that
 * somebody asks, which n_acls leads to: whoever holds v_lock for reading may
 * make that, and what changes an attribute, with v_lock for writing, takes it
 * away.  One without attributes has no list, and nothing is looked for.
 */
#include "fbsd/errno.h"
#include "fbsd/extattr.h"
#include "core/sysctl.h"
#include "fs/ufs/ufs_mount.h"
#include "lib/string.h"
#include "vfs/acl.h"
#include "vm/kmem.h"

/* By ACL_TYPE_ACCESS and on. */
#define KINDS 3
static const char *const names[KINDS] = {
    ACL_ACCESS_NAME, ACL_DEFAULT_NAME, ACL_NFS4_NAME};

/* Tests and tools look for it. */
FEATURE(ufs_acl, "ACLs of UFS files");

struct ufs_acls {
	struct kind {
		int error; /* EPERM: it makes no sense */
		struct acl_list *list;
	} kind[KINDS];
};

static void
free_acls(struct ufs_acls *a)
{
	if (a == NULL)
		return;
	for (unsigned k = 0; k < KINDS; k++)
		acl_free(a->kind[k].list);
	kmem_free(a, sizeof(*a));
}

void
ufs_acls_forget(struct ufs_node *n)
{
	free_acls(n->n_acls);
	n->n_acls = NULL;
}

/* An attribute's value into a list: ENOMEM, EPERM. */
static int
from_posix(const void *value, size_t size, struct acl_list **alp)
{
	struct oldacl old;
	struct acl_list *al;

	if (size != sizeof(old))
		return (EPERM);
	memcpy(&old, value, sizeof(old));
	if (old.acl_cnt <= 0 || old.acl_cnt > OLDACL_MAX_ENTRIES)
		return (EPERM);
	*alp = al = acl_alloc((unsigned)old.acl_cnt);
	if (al == NULL)
		return (ENOMEM);
	al->al_count = (unsigned)old.acl_cnt;
	for (unsigned i = 0; i < al->al_count; i++)
		al->al_entry[i] = (struct acl_entry){
		    .ae_tag = (uint32_t)old.acl_entry[i].ae_tag,
		    .ae_id = old.acl_entry[i].ae_id,
		    .ae_perm = old.acl_entry[i].ae_perm,
		};
	return (acl_posix_check(al) == 0 ? 0 : EPERM);
}

static int
from_nfs4(const void *value, size_t size, bool dir, struct acl_list **alp)
{
	const size_t head = offsetof(struct acl, acl_entry);
	struct acl_list *al;
	struct acl header;

	if (size != sizeof(struct acl))
		return (EPERM);
	memcpy(&header, value, head);
	if (header.acl_cnt == 0 || header.acl_cnt > ACL_MAX_ENTRIES)
		return (EPERM);
	*alp = al = acl_alloc(header.acl_cnt);
	if (al == NULL)
		return (ENOMEM);
	al->al_count = header.acl_cnt;
	memcpy(al->al_entry, (const char *)value + head,
	    al->al_count * sizeof(struct acl_entry));
	return (acl_nfs4_check(al, dir) == 0 ? 0 : EPERM);
}

/* One list from an inode's records. 0, ENOMEM. */
static int
read_kind(const struct ufs_node *n, const uint8_t *area, unsigned k,
    struct kind *kind)
{
	const bool dir = n->n_vnode.v_type == VDIR;
	const void *value;
	size_t size;

	value = ufs_ext_find(
	    area, n->n_i.i_extsize, EXTATTR_NAMESPACE_SYSTEM, names[k], &size);
	if (value == NULL)
		return (0);
	kind->error = k + ACL_TYPE_ACCESS == ACL_TYPE_NFS4
			  ? from_nfs4(value, size, dir, &kind->list)
			  : from_posix(value, size, &kind->list);
	return (kind->error == EPERM ? 0 : kind->error);
}

/* v_lock held.  EMISSED, EINTR, EIO, EINTEGRITY, ENOMEM. */
static int
load(struct ufs_node *n, struct ufs_acls **ap)
{
	struct ufs_acls *a, *was = NULL;
	uint8_t *area;
	int error = ufs_ext_load(n, &area);

	if (error != 0)
		return (error);
	a = kmem_alloc(sizeof(*a), KM_ZERO);
	if (a == NULL)
		error = ENOMEM;
	for (unsigned k = 0; error == 0 && k < KINDS; k++)
		error = read_kind(n, area, k, &a->kind[k]);
	ufs_ext_unload(n, area);
	if (error != 0) {
		free_acls(a);
		return (error);
	}
	*ap = a;
	if (atomic_cas(&n->n_acls, &was, a))
		return (0);
	free_acls(a);
	*ap = was;
	return (0);
}

int
ufs_getacl(struct vnode *vp, int type, const struct acl_list **alp)
{
	struct ufs_node *n = ufs_node(vp);
	struct ufs_acls *a = atomic_load(&n->n_acls);
	const struct kind *kind;
	int error;

	*alp = NULL;
	if (n->n_i.i_extsize == 0)
		return (0);
	if (a == NULL) {
		error = load(n, &a);
		if (error != 0)
			return (error);
	}
	kind = &a->kind[type - ACL_TYPE_ACCESS];
	if (kind->error == 0)
		*alp = kind->list;
	return (kind->error);
}

/* A list as an attribute's value. */
union value {
	struct oldacl old;
	struct acl acl;
};

static size_t
to_value(const struct acl_list *al, int type, union value *v)
{
	memset(v, 0, sizeof(*v));
	if (type == ACL_TYPE_NFS4) {
		v->acl.acl_maxcnt = ACL_MAX_ENTRIES;
		v->acl.acl_cnt = al->al_count;
		memcpy(v->acl.acl_entry, al->al_entry,
		    al->al_count * sizeof(struct acl_entry));
		return (sizeof(v->acl));
	}
	v->old.acl_cnt = (int32_t)al->al_count;
	for (unsigned i = 0; i < al->al_count; i++)
		v->old.acl_entry[i] = (struct oldacl_entry){
		    .ae_tag = (int32_t)al->al_entry[i].ae_tag,
		    .ae_id = al->al_entry[i].ae_id,
		    .ae_perm = (uint16_t)al->al_entry[i].ae_perm,
		};
	return (sizeof(v->old));
}

/* Would the mode say the same? */
static bool
needless(const struct acl_list *al, int type)
{
	return (type == ACL_TYPE_NFS4	  ? acl_nfs4_trivial(al)
		: type == ACL_TYPE_ACCESS ? acl_posix_trivial(al)
					  : false);
}

/* The permission bits become what the list says. */
static void
take_mode(uint16_t *mode, const struct acl_list *al, int type)
{
	if (type == ACL_TYPE_DEFAULT)
		return;
	*mode &= (uint16_t)~ACCESSPERMS;
	*mode |= type == ACL_TYPE_NFS4 ? acl_nfs4_mode(al) : acl_posix_mode(al);
}

/* Within a batch. */
static int
change(struct ufs_node *n, int type, const struct acl_list *al,
    const union value *v, size_t size)
{
	const bool keep = al != NULL && !needless(al, type);
	int error;

	error = ufs_ext_change(n, EXTATTR_NAMESPACE_SYSTEM,
	    names[type - ACL_TYPE_ACCESS], keep ? v : NULL, size);
	if (error == ENOATTR)
		error = 0;
	if (error == 0 && al != NULL) {
		take_mode(&n->n_i.i_mode, al, type);
		ufs_node_set_times(n, false);
		ufs_node_touch(n, UFS_N_META);
	}
	return (error);
}

int
ufs_setacl(struct vnode *vp, int type, const struct acl_list *al)
{
	struct ufs_node *n = ufs_node(vp);
	union value *v;
	unsigned tries = 0;
	size_t size = 0;
	int error;

	v = kmem_alloc(sizeof(*v), 0);
	if (v == NULL)
		return (ENOMEM);
	if (al != NULL)
		size = to_value(al, type, v);
	do {
		error = ufs_begin(n->n_um);
		if (error != 0)
			break;
		error = change(n, type, al, v, size);
		ufs_end(n->n_um);
	} while (ufs_try_again(n->n_um, &error, &tries));
	kmem_free(v, sizeof(*v));
	return (ufs_done(n->n_um, error));
}

/* Adds a list to what a new file will have. */
static int
bequeath(struct ufs_heritage *h, int type, const struct acl_list *al)
{
	union value *v;

	if (needless(al, type))
		return (0);
	v = kmem_alloc(sizeof(*v), 0);
	if (v == NULL)
		return (ENOMEM);
	ufs_ext_append(h->area, &h->size, EXTATTR_NAMESPACE_SYSTEM,
	    names[type - ACL_TYPE_ACCESS], v, to_value(al, type, v));
	kmem_free(v, sizeof(*v));
	return (0);
}

/* A new file may what both its maker and the directory's default say. */
static int
inherit_posix(struct ufs_heritage *h, const struct acl_list *of_dir, bool dir)
{
	struct acl_list *al = acl_copy(of_dir);
	int error;

	if (al == NULL)
		return (ENOMEM);
	h->mode &= (mode_t)(acl_posix_mode(of_dir) | ~ACCESSPERMS);
	acl_posix_take_mode(al, h->mode);
	error = bequeath(h, ACL_TYPE_ACCESS, al);
	if (error == 0 && dir)
		error = bequeath(h, ACL_TYPE_DEFAULT, of_dir);
	acl_free(al);
	return (error);
}

static int
inherit_nfs4(struct ufs_heritage *h, const struct acl_list *of_dir, bool dir)
{
	struct acl_list *al = acl_alloc(of_dir->al_count + ACL_NFS4_OWN);
	int error;

	if (al == NULL)
		return (ENOMEM);
	acl_nfs4_inherit(al, of_dir, h->mode, dir);
	error = al->al_count > ACL_MAX_ENTRIES ? ENOSPC
					       : bequeath(h, ACL_TYPE_NFS4, al);
	take_mode(&h->mode, al, ACL_TYPE_NFS4);
	acl_free(al);
	return (error);
}

int
ufs_inherit(
    struct ufs_node *dir, const struct vattr *va, struct ufs_heritage *h)
{
	const int type = vn_acl_type(&dir->n_vnode);
	const struct acl_list *al;
	int error;

	*h = (struct ufs_heritage){.mode = va->va_mode};
	if (__predict_true(dir->n_i.i_extsize == 0) || type == 0)
		return (0);
	error = ufs_getacl(&dir->n_vnode,
	    type == ACL_TYPE_NFS4 ? type : ACL_TYPE_DEFAULT, &al);
	if (error != 0 || al == NULL)
		return (error);
	h->area = kmem_alloc(ufs_ext_room(dir->n_um), KM_ZERO);
	if (h->area == NULL)
		return (ENOMEM);
	error = type == ACL_TYPE_NFS4
		    ? inherit_nfs4(h, al, va->va_type == VDIR)
		    : inherit_posix(h, al, va->va_type == VDIR);
	if (error != 0)
		ufs_inherited(dir, h);
	return (error);
}

void
ufs_inherited(struct ufs_node *dir, struct ufs_heritage *h)
{
	if (h->area != NULL)
		kmem_free(h->area, ufs_ext_room(dir->n_um));
	h->area = NULL;
}
