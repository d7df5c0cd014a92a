/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rules: which nodes are to be seen, and whose they are (devfs(8)).
 *
 * Rules are in sets, by number, that all mounts of devfs share; a mount uses
 * one of them at most, for each node that comes to be.  Others are applied to
 * what is there when somebody says so.  A set is there while it has rules, or
 * is used or included.  All of this with cdev_lock.
 */
#include "core/sysctl.h"
#include "fbsd/devfsio.h"
#include "fbsd/errno.h"
#include "fs/devfs/devfs.h"
#include "lib/match.h"
#include "lib/string.h"
#include "vfs/namecache.h"
#include "vm/kmem.h"

#define AUTO_STEP 100	/* between rules that don't say their number */
#define DEPTH_MAX 8	/* of sets that include others */
#define WORK_MAX  10000 /* rules for a node: sets may include themselves */
#define PATH_SIZE 256

struct ruleset {
	struct list rs_link; /* by number */
	unsigned rs_number;
	unsigned rs_refs;     /* mounts and rules */
	struct list rs_rules; /* by number */
};

struct rule {
	struct list rl_link;
	struct ruleset *rl_set;
	struct devfs_rule rl_rule;
};

static struct list sets = LIST_INITIALIZER(sets); /* (l) */
static unsigned rule_depth = 1;
SYSCTL_INT(devfs_rule_depth, "vfs.devfs.rule_depth", CTL_AUTO, CTLFLAG_RW,
    &rule_depth);

static unsigned
set_of(uint32_t id)
{
	return (id >> 16);
}

static unsigned
number_of(const struct rule *rl)
{
	return (rl->rl_rule.dr_id & 0xffff);
}

/* Set 0 is the mount's own. */
static uint32_t
own_id(const struct devfs_mount *dm, uint32_t id)
{
	return (set_of(id) == 0 ? dm->dm_ruleset << 16 | (id & 0xffff) : id);
}

/* The first set from that number on. */
static struct ruleset *
next_set(unsigned number)
{
	struct ruleset *rs;

	LIST_FOREACH (rs, &sets, rs_link)
		if (rs->rs_number >= number)
			return (rs);
	return (NULL);
}

static struct ruleset *
find_set(unsigned number)
{
	struct ruleset *rs = next_set(number);

	return (rs != NULL && rs->rs_number == number ? rs : NULL);
}

/* Made if need be; NULL: no memory. */
static struct ruleset *
get_set(unsigned number)
{
	struct ruleset *next = next_set(number), *rs;

	if (next != NULL && next->rs_number == number)
		return (next);
	rs = kmem_alloc(sizeof(*rs), KM_ZERO);
	if (rs == NULL)
		return (NULL);
	rs->rs_number = number;
	list_init(&rs->rs_rules);
	list_insert_before(next != NULL ? &next->rs_link : &sets, &rs->rs_link);
	return (rs);
}

static void
reap_set(struct ruleset *rs)
{
	if (rs->rs_refs != 0 || !list_empty(&rs->rs_rules))
		return;
	list_remove(&rs->rs_link);
	kmem_free(rs, sizeof(*rs));
}

static void
drop_set(struct ruleset *rs)
{
	rs->rs_refs--;
	reap_set(rs);
}

/* The first rule of a set from that number on. */
static struct rule *
next_rule(struct ruleset *rs, unsigned number)
{
	struct rule *rl;

	LIST_FOREACH (rl, &rs->rs_rules, rl_link)
		if (number_of(rl) >= number)
			return (rl);
	return (NULL);
}

static struct rule *
find_rule(uint32_t id)
{
	struct ruleset *rs = find_set(set_of(id));
	struct rule *rl = rs != NULL ? next_rule(rs, id & 0xffff) : NULL;

	return (rl != NULL && rl->rl_rule.dr_id == id ? rl : NULL);
}

/* A node's path below /dev; its length, which is `size` if it is too long. */
static size_t
node_path(const struct devfs_node *n, char *buf, size_t size)
{
	const size_t len = strlen(n->dn_name);
	size_t at = 0;

	if (n->dn_parent != NULL && n->dn_parent->dn_parent != NULL) {
		at = node_path(n->dn_parent, buf, size);
		if (at == size)
			return (size);
		buf[at++] = '/';
	}
	if (at + len >= size)
		return (size);
	memcpy(buf + at, n->dn_name, len + 1);
	return (at + len);
}

static bool
rule_matches(const struct devfs_rule *dr, const struct devfs_node *n)
{
	char path[PATH_SIZE];

	if ((dr->dr_icond & DRC_DSWFLAGS) != 0 &&
	    (n->dn_cdev == NULL ||
		(n->dn_cdev->cd_ops->fo_devtype & dr->dr_dswflags) == 0))
		return (false);
	if ((dr->dr_icond & DRC_PATHPTRN) == 0)
		return (true);
	return (n->dn_parent != NULL &&
		node_path(n, path, sizeof(path)) < sizeof(path) &&
		path_matches(dr->dr_pathptrn, path));
}

static void
hide(struct devfs_node *n, bool hidden)
{
	atomic_store(&n->dn_hidden, hidden);
	if (hidden)
		namecache_forget(&n->dn_vnode);
}

static void apply_set(
    struct ruleset *rs, struct devfs_node *n, unsigned depth, unsigned *work);

static void
apply_rule(const struct devfs_rule *dr, struct devfs_node *n, unsigned depth,
    unsigned *work)
{
	if (*work == 0)
		return;
	--*work;
	if (!rule_matches(dr, n))
		return;
	if ((dr->dr_iacts & DRA_BACTS) != 0) {
		if (dr->dr_bacts & DRB_HIDE)
			hide(n, true);
		if (dr->dr_bacts & DRB_UNHIDE)
			hide(n, false);
	}
	if ((dr->dr_iacts & DRA_UID) != 0)
		atomic_store(&n->dn_uid, dr->dr_uid);
	if ((dr->dr_iacts & DRA_GID) != 0)
		atomic_store(&n->dn_gid, dr->dr_gid);
	if ((dr->dr_iacts & DRA_MODE) != 0)
		atomic_store(&n->dn_mode, (mode_t)(dr->dr_mode & ALLPERMS));
	if ((dr->dr_iacts & DRA_INCSET) != 0 && depth > 0)
		apply_set(find_set(dr->dr_incset), n, depth - 1, work);
}

static void
apply_set(
    struct ruleset *rs, struct devfs_node *n, unsigned depth, unsigned *work)
{
	struct rule *rl;

	LIST_FOREACH (rl, &rs->rs_rules, rl_link)
		apply_rule(&rl->rl_rule, n, depth, work);
}

/* A rule, to a node and all below it. */
static void
apply_below(const struct devfs_rule *dr, struct devfs_node *n)
{
	unsigned work = WORK_MAX;
	struct devfs_node *child;

	LIST_FOREACH (child, &n->dn_children, dn_link)
		apply_below(dr, child);
	apply_rule(dr, n, MIN(rule_depth, DEPTH_MAX), &work);
}

static void
apply_set_below(struct ruleset *rs, struct devfs_node *n)
{
	struct rule *rl;

	LIST_FOREACH (rl, &rs->rs_rules, rl_link)
		apply_below(&rl->rl_rule, n);
}

void
devfs_rules_new(struct devfs_mount *dm, struct devfs_node *n)
{
	unsigned work = WORK_MAX;

	if (dm->dm_ruleset != 0)
		apply_set(find_set(dm->dm_ruleset), n,
		    MIN(rule_depth, DEPTH_MAX), &work);
}

int
devfs_rules_use(struct devfs_mount *dm, unsigned number)
{
	struct ruleset *rs = number != 0 ? get_set(number) : NULL;

	if (number != 0 && rs == NULL)
		return (ENOMEM);
	if (rs != NULL)
		rs->rs_refs++;
	if (dm->dm_ruleset != 0)
		drop_set(find_set(dm->dm_ruleset));
	dm->dm_ruleset = number;
	return (0);
}

void
devfs_rules_apply(struct devfs_mount *dm)
{
	if (dm->dm_ruleset != 0)
		apply_set_below(find_set(dm->dm_ruleset), dm->dm_root);
}

/* What came from outside. */
static int
check_rule(const struct devfs_mount *dm, struct devfs_rule *dr)
{
	if (dr->dr_magic != DEVFS_MAGIC)
		return (ERPCMISMATCH);
	dr->dr_id = own_id(dm, dr->dr_id);
	dr->dr_pathptrn[sizeof(dr->dr_pathptrn) - 1] = '\0';
	return (0);
}

/* The number of a rule that goes behind all others of its set: ERANGE. */
static int
auto_number(struct ruleset *rs, uint32_t *id)
{
	unsigned number = AUTO_STEP;

	if (!list_empty(&rs->rs_rules))
		number +=
		    number_of(LIST_LAST(&rs->rs_rules, struct rule, rl_link));
	if (number > UINT16_MAX)
		return (ERANGE);
	*id |= number;
	return (0);
}

static int
insert_rule(struct ruleset *rs, struct rule *rl)
{
	struct rule *next;
	int error = 0;

	if (number_of(rl) == 0)
		error = auto_number(rs, &rl->rl_rule.dr_id);
	if (error != 0)
		return (error);
	next = next_rule(rs, number_of(rl));
	rl->rl_set = rs;
	list_insert_before(
	    next != NULL ? &next->rl_link : &rs->rs_rules, &rl->rl_link);
	return (0);
}

static int
add_rule(struct devfs_rule *dr)
{
	struct ruleset *included = NULL, *rs;
	struct rule *rl;
	int error = ENOMEM;

	if (find_rule(dr->dr_id) != NULL)
		return (EEXIST);
	if (set_of(dr->dr_id) == 0)
		return (EIO);
	if ((dr->dr_iacts & DRA_INCSET) != 0 &&
	    (included = find_set(dr->dr_incset)) == NULL)
		return (ESRCH);
	rs = get_set(set_of(dr->dr_id));
	if (rs == NULL)
		return (ENOMEM);
	rl = kmem_alloc(sizeof(*rl), 0);
	if (rl != NULL) {
		rl->rl_rule = *dr;
		error = insert_rule(rs, rl);
	}
	if (error == 0 && included != NULL)
		included->rs_refs++;
	if (error != 0 && rl != NULL)
		kmem_free(rl, sizeof(*rl));
	if (error != 0)
		reap_set(rs);
	return (error);
}

static int
delete_rule(uint32_t id)
{
	struct rule *rl = find_rule(id);
	struct ruleset *included = NULL;

	if (rl == NULL)
		return (ENOENT);
	if ((rl->rl_rule.dr_iacts & DRA_INCSET) != 0)
		included = find_set(rl->rl_rule.dr_incset);
	list_remove(&rl->rl_link);
	/* It may include its own. */
	rl->rl_set->rs_refs++;
	if (included != NULL)
		drop_set(included);
	drop_set(rl->rl_set);
	kmem_free(rl, sizeof(*rl));
	return (0);
}

static int
apply_one(struct devfs_mount *dm, const struct devfs_rule *dr)
{
	if ((dr->dr_iacts & DRA_INCSET) != 0 && find_set(dr->dr_incset) == NULL)
		return (ESRCH);
	apply_below(dr, dm->dm_root);
	return (0);
}

static int
apply_id(struct devfs_mount *dm, uint32_t id)
{
	struct rule *rl = find_rule(id);

	if (rl == NULL)
		return (ENOENT);
	apply_below(&rl->rl_rule, dm->dm_root);
	return (0);
}

/* The one behind that; neither need be there. */
static int
following_rule(struct devfs_rule *dr)
{
	struct ruleset *rs = find_set(set_of(dr->dr_id));
	struct rule *rl =
	    rs != NULL ? next_rule(rs, (dr->dr_id & 0xffff) + 1) : NULL;

	if (rl == NULL)
		return (ENOENT);
	*dr = rl->rl_rule;
	return (0);
}

static int
rule_ioctl(struct devfs_mount *dm, unsigned long cmd, struct devfs_rule *dr)
{
	int error = check_rule(dm, dr);

	if (error != 0)
		return (error);
	if (cmd == DEVFSIO_RADD)
		return (add_rule(dr));
	return (cmd == DEVFSIO_RAPPLY ? apply_one(dm, dr) : following_rule(dr));
}

static int
set_ioctl(struct devfs_mount *dm, unsigned long cmd, uint16_t *number)
{
	struct ruleset *rs;

	if (cmd == DEVFSIO_SUSE)
		return (devfs_rules_use(dm, *number));
	if (cmd == DEVFSIO_SAPPLY) {
		rs = find_set(*number != 0 ? *number : dm->dm_ruleset);
		if (rs == NULL)
			return (ESRCH);
		apply_set_below(rs, dm->dm_root);
		return (0);
	}
	rs = next_set(*number + 1u);
	if (rs == NULL)
		return (ENOENT);
	*number = (uint16_t)rs->rs_number;
	return (0);
}

int
devfs_rules_ioctl(struct devfs_mount *dm, unsigned long cmd, void *data)
{
	switch (cmd) {
	case DEVFSIO_RADD:
	case DEVFSIO_RAPPLY:
	case DEVFSIO_RGETNEXT:
		return (rule_ioctl(dm, cmd, data));
	case DEVFSIO_RDEL:
		return (delete_rule(own_id(dm, *(uint32_t *)data)));
	case DEVFSIO_RAPPLYID:
		return (apply_id(dm, own_id(dm, *(uint32_t *)data)));
	case DEVFSIO_SUSE:
	case DEVFSIO_SAPPLY:
	case DEVFSIO_SGETNEXT:
		return (set_ioctl(dm, cmd, data));
	default:
		return (ENOTTY);
	}
}
