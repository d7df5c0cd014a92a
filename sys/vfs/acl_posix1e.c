/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Access control lists as the draft of POSIX.1e has them: the owner, the
 * file's group, all others, and users and groups by number, whose rights a mask
 * limits together with the group's.
 */
#include "fbsd/stat.h"
#include "proc/proc.h"
#include "vfs/acl.h"
#include "vfs/vnode.h"

static bool
is_named(const struct acl_entry *e)
{
	return (e->ae_tag == ACL_USER || e->ae_tag == ACL_GROUP);
}

int
acl_posix_check(const struct acl_list *al)
{
	unsigned seen[ACL_OTHER + 1] = {0}, named;

	for (unsigned i = 0; i < al->al_count; i++) {
		const struct acl_entry *e = &al->al_entry[i];

		/* One bit of those up to ACL_OTHER. */
		if (e->ae_tag == 0 || e->ae_tag > ACL_OTHER ||
		    (e->ae_tag & (e->ae_tag - 1)) != 0 ||
		    (e->ae_perm & ~ACL_PERM_BITS) != 0 ||
		    (is_named(e) && e->ae_id == ACL_UNDEFINED_ID))
			return (EINVAL);
		seen[e->ae_tag]++;
	}
	named = seen[ACL_USER] + seen[ACL_GROUP];
	if (seen[ACL_USER_OBJ] != 1 || seen[ACL_GROUP_OBJ] != 1 ||
	    seen[ACL_OTHER] != 1 || seen[ACL_MASK] > 1 ||
	    (named > 0 && seen[ACL_MASK] == 0))
		return (EINVAL);
	return (0);
}

bool
acl_posix_trivial(const struct acl_list *al)
{
	return (al->al_count == 3);
}

void
acl_posix_from_mode(struct acl_list *al, mode_t mode)
{
	static const uint32_t tags[] = {ACL_USER_OBJ, ACL_GROUP_OBJ, ACL_OTHER};

	for (unsigned i = 0; i < nitems(tags); i++)
		al->al_entry[i] = (struct acl_entry){
		    .ae_tag = tags[i], .ae_id = ACL_UNDEFINED_ID};
	al->al_count = nitems(tags);
	acl_posix_take_mode(al, mode);
}

static const struct acl_entry *
entry_of(const struct acl_list *al, uint32_t tag)
{
	for (unsigned i = 0; i < al->al_count; i++)
		if (al->al_entry[i].ae_tag == tag)
			return (&al->al_entry[i]);
	return (NULL);
}

/* What the mode's group bits are about. */
static uint32_t
group_tag(const struct acl_list *al)
{
	return (entry_of(al, ACL_MASK) != NULL ? ACL_MASK : ACL_GROUP_OBJ);
}

void
acl_posix_take_mode(struct acl_list *al, mode_t mode)
{
	const uint32_t group = group_tag(al);

	for (unsigned i = 0; i < al->al_count; i++) {
		struct acl_entry *e = &al->al_entry[i];

		if (!is_named(e))
			e->ae_id = ACL_UNDEFINED_ID;
		if (e->ae_tag == ACL_USER_OBJ)
			e->ae_perm = mode >> 6 & ACL_PERM_BITS;
		else if (e->ae_tag == group)
			e->ae_perm = mode >> 3 & ACL_PERM_BITS;
		else if (e->ae_tag == ACL_OTHER)
			e->ae_perm = mode & ACL_PERM_BITS;
	}
}

mode_t
acl_posix_mode(const struct acl_list *al)
{
	return ((mode_t)(entry_of(al, ACL_USER_OBJ)->ae_perm << 6 |
			 entry_of(al, group_tag(al))->ae_perm << 3 |
			 entry_of(al, ACL_OTHER)->ae_perm));
}

/* Is it about one of cr's groups? */
static bool
group_matches(const struct acl_entry *e, const struct acl_question *q)
{
	return ((e->ae_tag == ACL_GROUP_OBJ && cred_in_group(q->cr, q->gid)) ||
		(e->ae_tag == ACL_GROUP && cred_in_group(q->cr, e->ae_id)));
}

/* A user's own entry, or else the best of the groups', limited by the mask; or
 * else what all others may. */
static uint32_t
granted(const struct acl_list *al, const struct acl_question *q, uint32_t want)
{
	const uint32_t group = q->mode >> 3;
	const bool masked = group_tag(al) == ACL_MASK;
	const uint32_t mask = masked ? group : ACL_PERM_BITS;
	const struct acl_entry *e;
	bool matched = false;
	uint32_t perm;

	for (unsigned i = 0; i < al->al_count; i++) {
		e = &al->al_entry[i];
		if (e->ae_tag == ACL_USER && e->ae_id == q->cr->cr_uid)
			return (e->ae_perm & mask);
	}
	for (unsigned i = 0; i < al->al_count; i++) {
		e = &al->al_entry[i];
		if (!group_matches(e, q))
			continue;
		matched = true;
		perm = e->ae_tag == ACL_GROUP_OBJ && !masked
			   ? group
			   : e->ae_perm & mask;
		if ((want & ~perm) == 0)
			return (perm);
	}
	return (matched ? 0 : q->mode);
}

int
acl_posix_access(const struct acl_list *al, const struct acl_question *q)
{
	const uint32_t want = (uint32_t)q->rights & ACL_PERM_BITS;
	uint32_t perm;

	_Static_assert(
	    VEXEC == ACL_EXECUTE && VWRITE == ACL_WRITE && VREAD == ACL_READ,
	    "rights");
	if (q->cr->cr_uid == 0)
		return ((want & ACL_EXECUTE) != 0 && !q->dir &&
				(q->mode & (S_IXUSR | S_IXGRP | S_IXOTH)) == 0
			    ? EACCES
			    : 0);
	if (q->cr->cr_uid == q->uid)
		perm = q->mode >> 6;
	else if ((q->rights & VADMIN) != 0)
		return (EPERM);
	else
		perm = granted(al, q, want);
	if ((want & ~perm) == 0)
		return (0);
	return ((q->rights & VADMIN) != 0 ? EPERM : EACCES);
}
