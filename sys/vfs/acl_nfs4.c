/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Access control lists as NFSv4 has them: entries that allow or deny, in order;
 * what none of them decides is denied.  Modes, and what new files get, are
 * reckoned as FreeBSD does it (PSARC/2010/029).
 */
#include "fbsd/stat.h"
#include "proc/proc.h"
#include "vfs/acl.h"
#include "vfs/vnode.h"

#define WRITE_BOTH (ACL_WRITE_DATA | ACL_APPEND_DATA)
#define DATA	   (ACL_READ_DATA | WRITE_BOTH | ACL_EXECUTE)
#define INHERIT	   (ACL_ENTRY_FILE_INHERIT | ACL_ENTRY_DIRECTORY_INHERIT)
#define INHERITS                                                               \
	(INHERIT | ACL_ENTRY_NO_PROPAGATE_INHERIT | ACL_ENTRY_INHERIT_ONLY)
/* What everybody may besides a mode's bits, and the owner. */
#define LOOK                                                                   \
	(ACL_READ_ACL | ACL_READ_ATTRIBUTES | ACL_READ_NAMED_ATTRS |           \
	    ACL_SYNCHRONIZE)
#define CHANGE                                                                 \
	(ACL_WRITE_ACL | ACL_WRITE_OWNER | ACL_WRITE_ATTRIBUTES |              \
	    ACL_WRITE_NAMED_ATTRS)

static bool
is_named(const struct acl_entry *e)
{
	return (e->ae_tag == ACL_USER || e->ae_tag == ACL_GROUP);
}

static bool
entry_good(const struct acl_entry *e, bool dir)
{
	const unsigned flags =
	    dir ? INHERITS | ACL_ENTRY_INHERITED : ACL_ENTRY_INHERITED;

	switch (e->ae_tag) {
	case ACL_USER_OBJ:
	case ACL_GROUP_OBJ:
	case ACL_EVERYONE:
	case ACL_USER:
	case ACL_GROUP:
		break;
	default:
		return (false);
	}
	return (is_named(e) == (e->ae_id != ACL_UNDEFINED_ID) &&
		(e->ae_perm & ~ACL_NFS4_PERM_BITS) == 0 &&
		(e->ae_entry_type == ACL_ENTRY_TYPE_ALLOW ||
		    e->ae_entry_type == ACL_ENTRY_TYPE_DENY) &&
		(e->ae_flags & ~flags) == 0);
}

int
acl_nfs4_check(const struct acl_list *al, bool dir)
{
	if (al->al_count == 0)
		return (EINVAL);
	for (unsigned i = 0; i < al->al_count; i++)
		if (!entry_good(&al->al_entry[i], dir))
			return (EINVAL);
	return (0);
}

static void
append(struct acl_list *al, uint32_t tag, uint32_t perm, uint16_t type)
{
	al->al_entry[al->al_count++] =
	    (struct acl_entry){tag, ACL_UNDEFINED_ID, perm, type, 0};
}

/* Three bits of a mode. */
static uint32_t
mode_perm(mode_t bits)
{
	return (((bits & 4) != 0 ? ACL_READ_DATA : 0u) |
		((bits & 2) != 0 ? WRITE_BOTH : 0u) |
		((bits & 1) != 0 ? ACL_EXECUTE : 0u));
}

/* A new file's entry for what `e` says of it; false: nothing. */
static bool
inherited(struct acl_entry *e, mode_t mode, bool dir)
{
	const unsigned flags = e->ae_flags;

	if (!is_named(e) || (flags & INHERIT) == 0)
		return (false);
	if (!dir && (flags & ACL_ENTRY_FILE_INHERIT) == 0)
		return (false);
	/* It's for files just below alone. */
	if (dir && (flags & ACL_ENTRY_DIRECTORY_INHERIT) == 0 &&
	    (flags & ACL_ENTRY_NO_PROPAGATE_INHERIT) != 0)
		return (false);
	e->ae_flags =
	    (uint16_t)((flags & ~ACL_ENTRY_INHERIT_ONLY) | ACL_ENTRY_INHERITED);
	if (!dir || (flags & ACL_ENTRY_NO_PROPAGATE_INHERIT) != 0)
		e->ae_flags &= (uint16_t)~INHERITS;
	else if ((flags & ACL_ENTRY_DIRECTORY_INHERIT) == 0)
		e->ae_flags |= ACL_ENTRY_INHERIT_ONLY;
	if (e->ae_entry_type == ACL_ENTRY_TYPE_ALLOW &&
	    (e->ae_flags & ACL_ENTRY_INHERIT_ONLY) == 0)
		e->ae_perm &=
		    ~((uint32_t)CHANGE | (DATA & ~mode_perm(mode >> 3 & 7)));
	return (true);
}

void
acl_nfs4_inherit(
    struct acl_list *al, const struct acl_list *parent, mode_t mode, bool dir)
{
	const uint32_t user = mode_perm(mode >> 6 & 7) | LOOK | CHANGE;
	const uint32_t group = mode_perm(mode >> 3 & 7) | LOOK;
	const uint32_t everyone = mode_perm(mode & 7) | LOOK;
	/* A mode's bits don't add up: what others may the owner may not. */
	const uint32_t user_deny = (group | everyone) & ~user;
	const uint32_t group_deny = everyone & ~group;
	const uint32_t user_first = group_deny & ~user_deny;

	if (user_first != 0)
		append(al, ACL_USER_OBJ, user_first, ACL_ENTRY_TYPE_ALLOW);
	if (user_deny != 0)
		append(al, ACL_USER_OBJ, user_deny, ACL_ENTRY_TYPE_DENY);
	if (group_deny != 0)
		append(al, ACL_GROUP_OBJ, group_deny, ACL_ENTRY_TYPE_DENY);
	for (unsigned i = 0; parent != NULL && i < parent->al_count; i++) {
		al->al_entry[al->al_count] = parent->al_entry[i];
		if (inherited(&al->al_entry[al->al_count], mode, dir))
			al->al_count++;
	}
	append(al, ACL_USER_OBJ, user, ACL_ENTRY_TYPE_ALLOW);
	append(al, ACL_GROUP_OBJ, group, ACL_ENTRY_TYPE_ALLOW);
	append(al, ACL_EVERYONE, everyone, ACL_ENTRY_TYPE_ALLOW);
}

void
acl_nfs4_from_mode(struct acl_list *al, mode_t mode)
{
	acl_nfs4_inherit(al, NULL, mode, false);
}

/* A pair that allows what the bits do and denies the others. */
static void
append_both(struct acl_list *al, uint32_t tag, mode_t bits, uint32_t deny,
    uint32_t allow)
{
	const uint32_t perm = mode_perm(bits & 7);

	append(al, tag, deny | (DATA & ~perm), ACL_ENTRY_TYPE_DENY);
	append(al, tag, allow | perm, ACL_ENTRY_TYPE_ALLOW);
}

/* A mode as the drafts of NFSv4.1 wrote it. */
static void
draft_from_mode(struct acl_list *al, mode_t mode)
{
	append_both(al, ACL_USER_OBJ, mode >> 6, 0, CHANGE);
	append_both(al, ACL_GROUP_OBJ, mode >> 3, 0, 0);
	append_both(al, ACL_EVERYONE, mode, CHANGE, LOOK);
}

static bool
equal(const struct acl_list *a, const struct acl_list *b)
{
	if (a->al_count != b->al_count)
		return (false);
	for (unsigned i = 0; i < a->al_count; i++) {
		const struct acl_entry *x = &a->al_entry[i],
				       *y = &b->al_entry[i];

		if (x->ae_tag != y->ae_tag || x->ae_id != y->ae_id ||
		    x->ae_perm != y->ae_perm ||
		    x->ae_entry_type != y->ae_entry_type ||
		    x->ae_flags != y->ae_flags)
			return (false);
	}
	return (true);
}

/* Room for a mode's list, on the stack. */
union own {
	struct acl_list al;
	char room[sizeof(struct acl_list) +
		  ACL_NFS4_OWN * sizeof(struct acl_entry)];
};

bool
acl_nfs4_trivial(const struct acl_list *al)
{
	const mode_t mode = acl_nfs4_mode(al);
	union own own = {.al = {0, ACL_NFS4_OWN}};

	if (al->al_count > ACL_NFS4_OWN)
		return (false);
	acl_nfs4_from_mode(&own.al, mode);
	if (equal(al, &own.al))
		return (true);
	own.al.al_count = 0;
	draft_from_mode(&own.al, mode);
	return (equal(al, &own.al));
}

/* Which bits of a mode an entry decides, and whose. */
static mode_t
decides(const struct acl_entry *e)
{
	const mode_t bits =
	    (mode_t)(((e->ae_perm & ACL_READ_DATA) != 0 ? 4 : 0) |
		     ((e->ae_perm & ACL_WRITE_DATA) != 0 ? 2 : 0) |
		     ((e->ae_perm & ACL_EXECUTE) != 0 ? 1 : 0));

	if ((e->ae_flags & ACL_ENTRY_INHERIT_ONLY) != 0)
		return (0);
	switch (e->ae_tag) {
	case ACL_USER_OBJ:
		return ((mode_t)(bits << 6));
	case ACL_GROUP_OBJ:
		return ((mode_t)(bits << 3));
	case ACL_EVERYONE:
		return ((mode_t)(bits << 6 | bits << 3 | bits));
	default:
		return (0);
	}
}

mode_t
acl_nfs4_mode(const struct acl_list *al)
{
	mode_t mode = 0, seen = 0, bits;

	for (unsigned i = 0; i < al->al_count; i++) {
		bits = decides(&al->al_entry[i]) & (mode_t)~seen;
		seen |= bits;
		if (al->al_entry[i].ae_entry_type == ACL_ENTRY_TYPE_ALLOW)
			mode |= bits;
	}
	return (mode);
}

static const struct {
	int right;
	uint32_t perm;
} rights_perms[] = {
    {VREAD, ACL_READ_DATA},
    {VWRITE, ACL_WRITE_DATA},
    {VAPPEND, ACL_APPEND_DATA},
    {VEXEC, ACL_EXECUTE},
    {VDELETE, ACL_DELETE},
    {VDELETE_CHILD, ACL_DELETE_CHILD},
    {VREAD_ACL, ACL_READ_ACL},
    {VWRITE_ATTRIBUTES, ACL_WRITE_ATTRIBUTES},
    {VWRITE_ACL, ACL_WRITE_ACL},
    {VWRITE_OWNER, ACL_WRITE_OWNER},
};

/* What must be allowed for the rights, but for what no list can take away. */
static uint32_t
wanted(const struct acl_question *q)
{
	uint32_t want = 0;

	for (unsigned i = 0; i < nitems(rights_perms); i++)
		if ((q->rights & rights_perms[i].right) != 0)
			want |= rights_perms[i].perm;
	/* To a directory, subdirectories are added; other files are written. */
	if ((want & ACL_APPEND_DATA) != 0)
		want &= ~(uint32_t)(q->dir ? ACL_WRITE_DATA : ACL_APPEND_DATA);
	if (!q->dir && (q->rights & VAPPEND) != 0)
		want |= ACL_WRITE_DATA;
	/* An owner can always undo what he did. */
	if (q->cr->cr_uid == q->uid)
		want &= ~(uint32_t)(ACL_READ_ACL | ACL_WRITE_ACL |
				    ACL_READ_ATTRIBUTES | ACL_WRITE_ATTRIBUTES);
	return (want);
}

static bool
matches(const struct acl_entry *e, const struct acl_question *q)
{
	switch (e->ae_tag) {
	case ACL_USER_OBJ:
		return (q->cr->cr_uid == q->uid);
	case ACL_USER:
		return (q->cr->cr_uid == e->ae_id);
	case ACL_GROUP_OBJ:
		return (cred_in_group(q->cr, q->gid));
	case ACL_GROUP:
		return (cred_in_group(q->cr, e->ae_id));
	default:
		return (true);
	}
}

/* 0 if all of it is allowed; *denied: an entry says that it isn't. */
static bool
allowed(const struct acl_list *al, const struct acl_question *q, uint32_t want,
    bool *denied)
{
	*denied = false;
	for (unsigned i = 0; i < al->al_count && want != 0; i++) {
		const struct acl_entry *e = &al->al_entry[i];

		if ((e->ae_flags & ACL_ENTRY_INHERIT_ONLY) != 0 ||
		    !matches(e, q))
			continue;
		if (e->ae_entry_type == ACL_ENTRY_TYPE_DENY) {
			*denied = (e->ae_perm & want) != 0;
			if (*denied)
				return (false);
		} else
			want &= ~e->ae_perm;
	}
	return (want == 0);
}

/* May the super-user, whatever the list says? */
static bool
privileged(const struct acl_question *q, bool runs)
{
	int rights =
	    VREAD | VWRITE | VAPPEND | VDELETE_CHILD | VADMIN_PERMS | VREAD_ACL;

	if (q->cr->cr_uid != 0)
		return (false);
	if (q->dir || runs)
		rights |= VEXEC;
	return ((q->rights & ~(rights | VEXPLICIT_DENY)) == 0);
}

int
acl_nfs4_access(const struct acl_list *al, const struct acl_question *q)
{
	const bool runs =
	    (acl_nfs4_mode(al) & (S_IXUSR | S_IXGRP | S_IXOTH)) != 0;
	bool denied, good = allowed(al, q, wanted(q), &denied);

	if ((q->rights & VADMIN) != 0 && q->cr->cr_uid != q->uid)
		good = false;
	if ((q->rights & VEXEC) != 0 && !q->dir && !runs)
		good = false;
	if (good || ((q->rights & VEXPLICIT_DENY) != 0 && !denied) ||
	    privileged(q, runs))
		return (0);
	return ((q->rights & (VADMIN_PERMS | VDELETE | VDELETE_CHILD)) != 0
		    ? EPERM
		    : EACCES);
}
