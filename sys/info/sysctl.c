/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sysctl(3): the tree and the ways into it.
 *
 * Subsystems declare leaves by their full names (a linker set); the tree of
 * names and numbers is made from them at the first call, because most machines
 * never ask.  Numbers that programs were compiled with are FreeBSD's; all
 * others are given out in order from CTL_AUTO_START, as FreeBSD does.
 *
 * Under {0, n} lies what sysctl(8) and sysctlbyname(3) use to explore the
 * tree: names, the next leaf, formats.
 */
#include "lib/list.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "fbsd/socket.h"
#include "proc/proc.h"
#include "core/sync.h"
#include "core/sched.h"
#include "core/sysctl.h"
#include "vm/kmem.h"

#define CTL_AUTO_START	0x100
#define NAME_LENGTH_MAX 256

/* A component of the tree.  All (!) once the tree is made. */
struct entry {
	struct list en_link;	 /* in the parent's children */
	struct list en_children; /* by number */
	struct entry *en_parent; /* NULL: the root */
	const char *en_name;	 /* within the node's full name */
	size_t en_length;
	int en_number;
	const struct sysctl_node *en_node; /* NULL: only a name */
};

/* Inner nodes whose numbers programs know. */
static const struct {
	const char *name;
	int number;
} fixed[] = {
    {"kern", CTL_KERN},
    {"vm", CTL_VM},
    {"vfs", CTL_VFS},
    {"net", CTL_NET},
    {"debug", CTL_DEBUG},
    {"hw", CTL_HW},
    {"machdep", CTL_MACHDEP},
    {"user", CTL_USER},
    {"p1003_1b", CTL_P1003_1B},
    {"kern.proc", KERN_PROC},
    {"kern.ipc", KERN_IPC},
    {"net.local", AF_UNIX},
    {"net.local.stream", SOCK_STREAM},
    {"net.local.dgram", SOCK_DGRAM},
    {"net.local.seqpacket", SOCK_SEQPACKET},
    {"net.inet", AF_INET},
    {"net.inet6", AF_INET6},
};

SET_DECLARE(sysctl);

static struct mutex tree_lock = MUTEX_INITIALIZER(tree_lock, "sysctl");
static struct entry root;	       /* (!) after tree_made */
static bool tree_made;		       /* (a) */
static int next_auto = CTL_AUTO_START; /* (tree_lock) */

void
sysctl_init(void)
{
	list_init(&root.en_children);
}

static struct entry *
find_name(struct entry *parent, const char *name, size_t length)
{
	struct entry *en;

	LIST_FOREACH (en, &parent->en_children, en_link)
		if (en->en_length == length &&
		    memcmp(en->en_name, name, length) == 0)
			return (en);
	return (NULL);
}

static struct entry *
find_number(struct entry *parent, int number)
{
	struct entry *en;

	LIST_FOREACH (en, &parent->en_children, en_link)
		if (en->en_number == number)
			return (en);
	return (NULL);
}

/* The number of an inner node with this full name. */
static int
inner_number(const char *name, size_t length)
{
	for (size_t i = 0; i < nitems(fixed); i++)
		if (strlen(fixed[i].name) == length &&
		    memcmp(fixed[i].name, name, length) == 0)
			return (fixed[i].number);
	return (next_auto++);
}

/* A new child; its siblings stay in the order of their numbers. */
static struct entry *
add_child(struct entry *parent, const char *name, size_t length, int number)
{
	struct entry *en = kmem_alloc(sizeof(*en), KM_ZERO), *after;

	if (en == NULL)
		return (NULL);
	list_init(&en->en_children);
	en->en_parent = parent;
	en->en_name = name;
	en->en_length = length;
	en->en_number = number;
	LIST_FOREACH (after, &parent->en_children, en_link)
		if (after->en_number > number)
			break;
	list_insert_before(&after->en_link, &en->en_link);
	return (en);
}

/* A leaf, with the inner nodes on its way. (tree_lock) */
static int
add_node(const struct sysctl_node *node)
{
	const char *name = node->sn_name, *dot;
	struct entry *at = &root, *en;
	size_t length;

	for (;; name = dot + 1) {
		dot = strchr(name, '.');
		length = dot != NULL ? (size_t)(dot - name) : strlen(name);
		en = find_name(at, name, length);
		if (en == NULL)
			en = add_child(at, name, length,
			    dot != NULL ? inner_number(node->sn_name,
					      (size_t)(dot - node->sn_name))
			    : node->sn_number == CTL_AUTO ? next_auto++
							  : node->sn_number);
		if (en == NULL)
			return (ENOMEM);
		if (dot == NULL)
			break;
		at = en;
	}
	en->en_node = node;
	return (0);
}

static int
make_tree(void)
{
	int error = 0;

	if (atomic_load(&tree_made))
		return (0);
	mutex_lock(&tree_lock);
	if (!tree_made) {
		SET_FOREACH (p, sysctl) {
			error = add_node(*p);
			if (error != 0)
				break;
			sched_maybe_yield();
		}
		if (error == 0)
			atomic_store(&tree_made, true);
	}
	mutex_unlock(&tree_lock);
	return (error);
}

int
sysctl_out(struct sysctl_req *req, const void *data, size_t len)
{
	size_t room, part;
	int error = 0;

	room = req->oldlen > req->oldidx ? req->oldlen - req->oldidx : 0;
	part = MIN(len, room);
	if (req->oldptr != 0 && part > 0) {
		if (req->kernel)
			memcpy((char *)req->oldptr + req->oldidx, data, part);
		else
			error = copyout(
			    data, (char *)req->oldptr + req->oldidx, part);
	}
	req->oldidx += len;
	if (error == 0 && req->oldptr != 0 && part < len)
		error = ENOMEM;
	return (error);
}

int
sysctl_out_string(struct sysctl_req *req, const char *s)
{
	return (sysctl_out(req, s, strlen(s) + 1));
}

int
sysctl_in(struct sysctl_req *req, void *data, size_t len)
{
	int error = 0;

	if (req->newptr == 0)
		return (0);
	if (req->newlen - req->newidx < len)
		return (EINVAL);
	if (req->kernel)
		memcpy(data, (const char *)req->newptr + req->newidx, len);
	else
		error =
		    copyin((const char *)req->newptr + req->newidx, data, len);
	req->newidx += len;
	return (error);
}

/* A value in memory, or in the node itself. */
int
sysctl_handle_int(const struct sysctl_node *node, struct sysctl_req *req)
{
	int value = (int)(intptr_t)node->sn_arg;
	int error;

	if (node->sn_ptr != NULL)
		memcpy(&value, node->sn_ptr, sizeof(value));
	error = sysctl_out(req, &value, sizeof(value));
	if (error != 0 || !sysctl_has_new(req))
		return (error);
	if (node->sn_ptr == NULL)
		return (EPERM);
	error = sysctl_in(req, &value, sizeof(value));
	if (error == 0)
		memcpy(node->sn_ptr, &value, sizeof(value));
	return (error);
}

int
sysctl_handle_string(const struct sysctl_node *node, struct sysctl_req *req)
{
	char *s = node->sn_ptr;
	size_t size = (size_t)node->sn_arg;
	int error;

	error = sysctl_out_string(req, s);
	if (error != 0 || !sysctl_has_new(req))
		return (error);
	if (req->newlen >= size)
		return (EINVAL);
	error = sysctl_in(req, s, req->newlen);
	if (error == 0)
		s[req->newlen] = '\0';
	return (error);
}

int
sysctl_handle_opaque(const struct sysctl_node *node, struct sysctl_req *req)
{
	int error;

	error = sysctl_out(req, node->sn_ptr, (size_t)node->sn_arg);
	if (error == 0)
		error = sysctl_in(req, node->sn_ptr, (size_t)node->sn_arg);
	return (error);
}

/* The deepest entry that numbers lead to; *used of them were needed. */
static struct entry *
walk(const int *name, unsigned count, unsigned *used)
{
	struct entry *at = &root, *en;

	for (*used = 0; *used < count; ++*used) {
		en = find_number(at, name[*used]);
		if (en == NULL)
			break;
		at = en;
	}
	return (at);
}

/* The entry that a leaf's whole name leads to: 0 or ENOENT. */
static int
find_exact(const int *name, unsigned count, struct entry **enp)
{
	unsigned used;

	*enp = walk(name, count, &used);
	return (used == count && count > 0 ? 0 : ENOENT);
}

/* {0, 1, ...}: the name of these numbers, as far as they have one. */
static int
out_name(struct sysctl_req *req)
{
	struct entry *at = &root;
	char number[12];
	int error = 0;

	for (unsigned i = 0; i < req->namelen && error == 0; i++) {
		if (i > 0)
			error = sysctl_out(req, ".", 1);
		at = at == NULL ? NULL : find_number(at, req->name[i]);
		if (error != 0)
			break;
		if (at != NULL)
			error = sysctl_out(req, at->en_name, at->en_length);
		else {
			int n = snprintf(
			    number, sizeof(number), "%d", req->name[i]);

			error = sysctl_out(req, number, (size_t)n);
		}
	}
	return (error != 0 ? error : sysctl_out(req, "", 1));
}

static int
out_numbers(struct sysctl_req *req, const struct entry *en)
{
	int numbers[CTL_MAXNAME];
	unsigned n = CTL_MAXNAME;

	for (; en != &root && n > 0; en = en->en_parent)
		numbers[--n] = en->en_number;
	return (sysctl_out(req, numbers + n, (CTL_MAXNAME - n) * sizeof(int)));
}

/* {0, 3} with a name as the new value: its numbers. */
static int
out_name2oid(struct sysctl_req *req)
{
	struct entry *at = &root;
	char text[NAME_LENGTH_MAX], *name = text, *end;
	int error;

	if (req->newlen == 0 || req->newlen >= sizeof(text))
		return (req->newlen == 0 ? ENOENT : ENAMETOOLONG);
	error = sysctl_in(req, text, req->newlen);
	if (error != 0)
		return (error);
	text[req->newlen] = '\0';
	while (at != NULL && *name != '\0') {
		end = strchr(name, '.');
		if (end == NULL)
			end = name + strlen(name);
		at = find_name(at, name, (size_t)(end - name));
		name = *end == '.' ? end + 1 : end;
	}
	if (at == NULL || at == &root)
		return (ENOENT);
	return (out_numbers(req, at));
}

/* The leaf after en in the order of numbers, at or below it; NULL: none. */
static struct entry *
first_leaf(struct entry *en)
{
	struct entry *child;

	if (en->en_node != NULL)
		return (en);
	child = LIST_FIRST(&en->en_children, struct entry, en_link);
	return (child == NULL ? NULL : first_leaf(child));
}

static struct entry *
next_sibling_up(struct entry *en)
{
	struct entry *next;

	for (; en != &root; en = en->en_parent) {
		next = LIST_NEXT(en, &en->en_parent->en_children, en_link);
		if (next != NULL)
			return (first_leaf(next));
	}
	return (NULL);
}

/* {0, 2, ...}: the first leaf behind these numbers. */
static int
out_next(struct sysctl_req *req)
{
	struct entry *at, *en, *leaf = NULL;
	unsigned used;

	at = walk(req->name, req->namelen, &used);
	if (used == req->namelen) {
		en = LIST_FIRST(&at->en_children, struct entry, en_link);
		leaf = en != NULL ? first_leaf(en) : next_sibling_up(at);
	} else {
		/* No such number: the next greater one. */
		LIST_FOREACH (en, &at->en_children, en_link)
			if (en->en_number > req->name[used])
				break;
		leaf = &en->en_link != &at->en_children ? first_leaf(en)
							: next_sibling_up(at);
	}
	return (leaf == NULL ? ENOENT : out_numbers(req, leaf));
}

static int
out_format(struct sysctl_req *req)
{
	struct entry *en;
	uint32_t kind;
	int error;

	error = find_exact(req->name, req->namelen, &en);
	if (error != 0)
		return (error);
	kind = en->en_node == NULL ? CTLTYPE_NODE | CTLFLAG_RD
				   : en->en_node->sn_kind;
	error = sysctl_out(req, &kind, sizeof(kind));
	if (error == 0)
		error = sysctl_out_string(
		    req, en->en_node == NULL ? "N" : en->en_node->sn_fmt);
	return (error);
}

static int
out_description(struct sysctl_req *req)
{
	struct entry *en;
	int error;

	error = find_exact(req->name, req->namelen, &en);
	if (error != 0)
		return (error);
	if (en->en_node == NULL || en->en_node->sn_descr == NULL)
		return (ENOENT);
	return (sysctl_out_string(req, en->en_node->sn_descr));
}

/* {0, which, ...}; req has what follows. */
static int
explore(int which, struct sysctl_req *req)
{
	switch (which) {
	case CTL_SYSCTL_NAME:
		return (out_name(req));
	case CTL_SYSCTL_NEXT:
	case CTL_SYSCTL_NEXTNOSKIP:
		return (out_next(req));
	case CTL_SYSCTL_NAME2OID:
		return (out_name2oid(req));
	case CTL_SYSCTL_OIDFMT:
		return (out_format(req));
	case CTL_SYSCTL_OIDDESCR:
		return (out_description(req));
	default:
		return (ENOENT);
	}
}

/* May td write this node? */
static int
check_write(struct thread *td, const struct sysctl_node *node)
{
	if ((node->sn_kind & CTLFLAG_WR) == 0)
		return (EPERM);
	if ((node->sn_kind & CTLFLAG_ANYBODY) != 0)
		return (0);
	return (priv_check(td));
}

static int
run_request(struct thread *td, struct sysctl_req *req)
{
	const struct sysctl_node *node;
	struct entry *en;
	unsigned used;
	int error;

	if (req->name[0] == 0 && req->namelen > 1) {
		int which = req->name[1];

		req->name += 2;
		req->namelen -= 2;
		return (explore(which, req));
	}
	en = walk(req->name, req->namelen, &used);
	node = en->en_node;
	if (node == NULL)
		return (used == req->namelen ? EISDIR : ENOENT);
	if (used < req->namelen && (node->sn_kind & 0xf) != CTLTYPE_NODE)
		return (ENOENT);
	error = sysctl_has_new(req) ? check_write(td, node) : 0;
	if (error != 0)
		return (error);
	req->name += used;
	req->namelen -= used;
	return (node->sn_fn(node, req));
}

int
kern_sysctl(struct thread *td, const int *name, unsigned namelen,
    uint64_t oldptr, size_t *oldlenp, uint64_t newptr, size_t newlen,
    bool kernel)
{
	struct sysctl_req req = {.td = td,
	    .name = name,
	    .namelen = namelen,
	    .oldptr = oldptr,
	    .oldlen = oldptr != 0 ? *oldlenp : 0,
	    .newptr = newptr,
	    .newlen = newlen,
	    .kernel = kernel};
	int error;

	if (namelen == 0 || namelen > CTL_MAXNAME)
		return (EINVAL);
	error = make_tree();
	if (error != 0)
		return (error);
	error = run_request(td, &req);
	if (error != 0 && error != ENOMEM)
		return (error);
	/* What is there, or without room for it: what there would be. */
	*oldlenp = oldptr != 0 ? MIN(req.oldidx, req.oldlen) : req.oldidx;
	return (error);
}
