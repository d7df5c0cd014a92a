/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Extended attributes: records one behind the other, in up to two blocks of
 * their own that the inode points to.
 *
 * A change makes all of the records anew, in other blocks, so that the inode's
 * pointers and i_extsize say together which records there are.
 */
#include "fbsd/errno.h"
#include "fs/ufs/ufs_mount.h"
#include "lib/string.h"
#include "vm/kmem.h"

/* struct extattr of extattr(9): the name follows, padded with the header to a
 * multiple of 8, then the value, padded as well. */
struct record {
	uint32_t length; /* of all of it */
	uint8_t namespace;
	uint8_t padding; /* of the value */
	uint8_t name_length;
	char name[];
};
#define HEADER 7

static size_t
name_part(size_t name_length)
{
	return (roundup2(HEADER + name_length, 8));
}

/* The record at `at`, and the length of its value; NULL: none, or nonsense. */
static const struct record *
record_at(const uint8_t *area, size_t size, size_t at, size_t *value)
{
	const struct record *r = (const void *)(area + at);

	if (size - at < 8 || r->length > size - at || r->length % 8 != 0 ||
	    r->name_length == 0 ||
	    r->length < name_part(r->name_length) + r->padding)
		return (NULL);
	*value = r->length - name_part(r->name_length) - r->padding;
	return (r);
}

size_t
ufs_ext_room(const struct ufs_mount *um)
{
	return ((size_t)UFS_NEXT << um->um_fs.fs_bshift);
}

int
ufs_ext_load(struct ufs_node *n, uint8_t **area)
{
	struct ufs_mount *um = n->n_um;
	const unsigned shift = um->um_fs.fs_bshift;
	const size_t size = n->n_i.i_extsize;
	int error = 0;

	*area = kmem_alloc(ufs_ext_room(um), KM_ZERO);
	if (*area == NULL)
		return (ENOMEM);
	for (unsigned k = 0; (size_t)k << shift < size && error == 0; k++) {
		size_t at = (size_t)k << shift;
		uint64_t frag = n->n_i.i_ext[k];

		if (frag == 0 ||
		    frag + ufs_frags_for(um, size, k) > um->um_fs.fs_frags)
			error = EINTEGRITY;
		else
			error = um->um_device.ud_read(&um->um_device,
			    frag << um->um_fs.fs_fshift, *area + at,
			    MIN(size - at, 1ul << shift));
	}
	if (error != 0)
		kmem_free(*area, ufs_ext_room(um));
	return (error);
}

void
ufs_ext_unload(struct ufs_node *n, uint8_t *area)
{
	kmem_free(area, ufs_ext_room(n->n_um));
}

static const struct record *
find(const uint8_t *area, size_t size, int ns, const char *name, size_t *value)
{
	const size_t len = strlen(name);
	const struct record *r;

	for (size_t at = 0; at < size; at += r->length) {
		r = record_at(area, size, at, value);
		if (r == NULL)
			return (NULL);
		if (r->namespace == ns && r->name_length == len &&
		    memcmp(r->name, name, len) == 0)
			return (r);
	}
	return (NULL);
}

static const void *
value_of(const struct record *r)
{
	return ((const uint8_t *)r + name_part(r->name_length));
}

const void *
ufs_ext_find(
    const uint8_t *area, size_t size, int ns, const char *name, size_t *value)
{
	const struct record *r = find(area, size, ns, name, value);

	return (r != NULL ? value_of(r) : NULL);
}

int
ufs_getextattr(
    struct vnode *vp, int ns, const char *name, void *buf, size_t *size)
{
	struct ufs_node *n = ufs_node(vp);
	const struct record *r;
	size_t value;
	uint8_t *area;
	int error = ufs_ext_load(n, &area);

	if (error != 0)
		return (error);
	r = find(area, n->n_i.i_extsize, ns, name, &value);
	if (r == NULL)
		error = ENOATTR;
	else if (buf == NULL)
		*size = value;
	else {
		*size = MIN(*size, value);
		memcpy(buf, value_of(r), *size);
	}
	ufs_ext_unload(n, area);
	return (error);
}

/* Puts one block of the records where there is room. */
static int
store_block(
    struct ufs_node *n, const uint8_t *data, unsigned frags, uint64_t *frag)
{
	struct ufs_mount *um = n->n_um;
	const size_t len = (size_t)frags << um->um_fs.fs_fshift;
	struct ufs_buf *b;
	int error;

	error = ufs_alloc_frags(um, ufs_near(um, n->n_i.i_ino), frags, frag);
	if (error != 0)
		return (error);
	error = ufs_buf_get(um, ufs_frag_block(um, *frag), &b);
	if (error != 0) {
		ufs_alloc_undo(um, *frag, frags);
		return (error);
	}
	memcpy(b->b_data + (*frag % (uint32_t)um->um_fs.fs_sb.fs_frag
			       << um->um_fs.fs_fshift),
	    data, len);
	ufs_buf_fresh(um, b, UFS_BUF_NAMES, *frag, frags);
	ufs_buf_release(um, b);
	return (0);
}

/* Fragments of all of it, in 512-byte units. */
static uint64_t
ext_blocks(const struct ufs_mount *um, size_t size)
{
	return (roundup2(size, 1ul << um->um_fs.fs_fshift) / 512);
}

void
ufs_ext_free(struct ufs_node *n)
{
	struct ufs_mount *um = n->n_um;
	const size_t size = n->n_i.i_extsize;

	for (unsigned k = 0; k < UFS_NEXT; k++) {
		if (n->n_i.i_ext[k] != 0 &&
		    (size_t)k << um->um_fs.fs_bshift < size)
			ufs_free_later(
			    um, n->n_i.i_ext[k], ufs_frags_for(um, size, k));
		n->n_i.i_ext[k] = 0;
	}
	n->n_i.i_blocks -= MIN(n->n_i.i_blocks, ext_blocks(um, size));
	n->n_i.i_extsize = 0;
}

int
ufs_ext_store(struct ufs_node *n, const uint8_t *area, size_t size)
{
	struct ufs_mount *um = n->n_um;
	uint64_t ext[UFS_NEXT] = {0};
	int error = 0;

	for (unsigned k = 0; (size_t)k << um->um_fs.fs_bshift < size; k++) {
		error =
		    store_block(n, area + ((size_t)k << um->um_fs.fs_bshift),
			ufs_frags_for(um, size, k), &ext[k]);
		if (error == 0)
			continue;
		while (k-- > 0)
			ufs_alloc_undo(um, ext[k], ufs_frags_for(um, size, k));
		return (error);
	}
	mutex_lock(&n->n_map);
	ufs_ext_free(n);
	memcpy(n->n_i.i_ext, ext, sizeof(ext));
	n->n_i.i_extsize = (uint32_t)size;
	n->n_i.i_blocks += ext_blocks(um, size);
	mutex_unlock(&n->n_map);
	ufs_acls_forget(n);
	ufs_node_touch(n, UFS_N_META);
	return (0);
}

void
ufs_ext_append(uint8_t *area, size_t *size, int ns, const char *name,
    const void *buf, size_t len)
{
	struct record *r = (void *)(area + *size);
	const size_t name_len = strlen(name), head = name_part(name_len);

	memset(r, 0, head + roundup2(len, 8));
	r->length = (uint32_t)(head + roundup2(len, 8));
	r->namespace = (uint8_t)ns;
	r->padding = (uint8_t)(roundup2(len, 8) - len);
	r->name_length = (uint8_t)name_len;
	memcpy(r->name, name, name_len);
	memcpy((uint8_t *)r + head, buf, len);
	*size += r->length;
}

/* Takes the attribute out of the records in memory; false: it isn't there. */
static bool
take_out(uint8_t *area, size_t *size, int ns, const char *name)
{
	size_t value, length;
	const struct record *r = find(area, *size, ns, name, &value);
	uint8_t *at;

	if (r == NULL)
		return (false);
	at = area + ((const uint8_t *)r - area);
	length = r->length;
	memmove(at, at + length, *size - (size_t)(at - area) - length);
	*size -= length;
	return (true);
}

int
ufs_ext_change(
    struct ufs_node *n, int ns, const char *name, const void *buf, size_t len)
{
	struct ufs_mount *um = n->n_um;
	size_t size = n->n_i.i_extsize;
	uint8_t *area;
	bool was;
	int error = ufs_ext_load(n, &area);

	if (error != 0)
		return (error);
	was = take_out(area, &size, ns, name);
	if (buf == NULL && !was)
		error = ENOATTR;
	else if (buf != NULL &&
		 size + name_part(strlen(name)) + roundup2(len, 8) >
		     ufs_ext_room(um))
		error = ENOSPC;
	else if (buf != NULL)
		ufs_ext_append(area, &size, ns, name, buf, len);
	if (error == 0) {
		memset(area + size, 0, ufs_ext_room(um) - size);
		error = ufs_ext_store(n, area, size);
	}
	ufs_ext_unload(n, area);
	return (error);
}

static int
change_retrying(
    struct vnode *vp, int ns, const char *name, const void *buf, size_t len)
{
	struct ufs_node *n = ufs_node(vp);
	unsigned tries = 0;
	int error;

	if (n->n_um->um_fs.fs_ufs1)
		return (EOPNOTSUPP);
	do {
		error = ufs_begin(n->n_um);
		if (error != 0)
			break;
		error = ufs_ext_change(n, ns, name, buf, len);
		if (error == 0)
			ufs_node_set_times(n, false);
		ufs_end(n->n_um);
	} while (ufs_try_again(n->n_um, &error, &tries));
	return (ufs_done(n->n_um, error));
}

int
ufs_setextattr(
    struct vnode *vp, int ns, const char *name, const void *buf, size_t size)
{
	return (change_retrying(vp, ns, name, buf != NULL ? buf : "", size));
}

int
ufs_deleteextattr(struct vnode *vp, int ns, const char *name)
{
	return (change_retrying(vp, ns, name, NULL, 0));
}

/* Each name after a byte with its length; buf NULL: only how much. */
int
ufs_listextattr(struct vnode *vp, int ns, void *buf, size_t *size)
{
	struct ufs_node *n = ufs_node(vp);
	const size_t all = n->n_i.i_extsize;
	const struct record *r;
	size_t used = 0, value;
	uint8_t *area, *to = buf;
	int error = ufs_ext_load(n, &area);

	if (error != 0)
		return (error);
	for (size_t at = 0; at < all; at += r->length) {
		r = record_at(area, all, at, &value);
		if (r == NULL)
			break;
		if (r->namespace != ns)
			continue;
		if (to != NULL) {
			if (used + 1 + r->name_length > *size)
				break;
			to[used] = r->name_length;
			memcpy(to + used + 1, r->name, r->name_length);
		}
		used += 1u + r->name_length;
	}
	*size = used;
	ufs_ext_unload(n, area);
	return (0);
}
