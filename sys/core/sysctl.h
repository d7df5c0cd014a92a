/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sysctl(3): a tree of named values.  A subsystem declares its nodes in its
 * own file, by full name:
 *
 *	SYSCTL_INT(kern_maxfiles, "kern.maxfiles", KERN_MAXFILES,
 *	    CTLFLAG_RW, &maxfiles);
 *	SYSCTL_PROC(kern_boottime, "kern.boottime", KERN_BOOTTIME,
 *	    CTLFLAG_RD, "S,timeval", sysctl_boottime, NULL);
 *
 * The number is FreeBSD's for the last component, or CTL_AUTO where FreeBSD
 * gives it out at run time.  Inner nodes come into being by themselves.
 */
#ifndef CORE_SYSCTL_H
#define CORE_SYSCTL_H

#include "fbsd/num/sysctl.h"
#include "lib/types.h"

struct thread;

#define CTL_AUTO (-1)

struct sysctl_node;

/* A request in progress. */
struct sysctl_req {
	struct thread *td;
	const int *name; /* numbers left below the node */
	unsigned namelen;
	uint64_t oldptr; /* user, or kernel with kernel set */
	size_t oldlen;	 /* room */
	size_t oldidx;	 /* bytes produced so far (may exceed) */
	uint64_t newptr;
	size_t newlen;
	size_t newidx;
	bool kernel;
};

/* Appends to the old value: 0, ENOMEM (no room; keeps counting), EFAULT. */
int sysctl_out(struct sysctl_req *req, const void *data, size_t len) __sleeps;
int sysctl_out_string(struct sysctl_req *req, const char *s) __sleeps;
/* Takes len bytes of the new value: 0, EINVAL (not there), EFAULT. */
int sysctl_in(struct sysctl_req *req, void *data, size_t len) __sleeps;
static inline bool
sysctl_has_new(const struct sysctl_req *req)
{
	return (req->newptr != 0);
}

typedef int sysctl_fn(const struct sysctl_node *node, struct sysctl_req *req);

struct sysctl_node {
	const char *sn_name; /* full: "kern.ostype" */
	int sn_number;
	uint32_t sn_kind;   /* CTLTYPE_ | CTLFLAG_ */
	const char *sn_fmt; /* "I", "A", "LU", "S,timeval", "N" */
	sysctl_fn *sn_fn;
	void *sn_ptr;
	int64_t sn_arg;
	const char *sn_descr;
};

sysctl_fn sysctl_handle_int, sysctl_handle_string, sysctl_handle_opaque;

#define SYSCTL_NODE_(id, ...)                                                  \
	static const struct sysctl_node sysctl_##id = {__VA_ARGS__};           \
	LINKER_SET(sysctl, sysctl_##id)
/* At the end of each may be a description. */
#define SYSCTL_PROC(id, name, num, kind, fmt, fn, ...)                         \
	SYSCTL_PROC_(id, name, num, kind, fmt, fn, __VA_ARGS__, NULL)
#define SYSCTL_PROC_(id, name, num, kind, fmt, fn, ptr, descr, ...)            \
	SYSCTL_NODE_(                                                          \
	    id, name, num, kind, fmt, fn, (void *)(uintptr_t)(ptr), 0, descr)
#define SYSCTL_INT(id, name, num, flags, ...)                                  \
	SYSCTL_PROC(id, name, num, CTLTYPE_INT | (flags), "I",                 \
	    sysctl_handle_int, __VA_ARGS__)
#define SYSCTL_CONST_INT(id, name, num, ...)                                   \
	SYSCTL_CONST_(id, name, num, __VA_ARGS__, NULL)
#define SYSCTL_CONST_(id, name, num, value, descr, ...)                        \
	SYSCTL_NODE_(id, name, num, CTLTYPE_INT | CTLFLAG_RD, "I",             \
	    sysctl_handle_int, NULL, value, descr)
#define SYSCTL_STRING(id, name, num, flags, ptr, ...)                          \
	SYSCTL_STRING_(id, name, num, flags, ptr, __VA_ARGS__, NULL)
#define SYSCTL_STRING_(id, name, num, flags, ptr, size, descr, ...)            \
	SYSCTL_NODE_(id, name, num, CTLTYPE_STRING | (flags), "A",             \
	    sysctl_handle_string, (void *)(uintptr_t)(ptr), size, descr)
/* Something that not every kernel has, for feature_present(3). */
#define FEATURE(name, descr)                                                   \
	SYSCTL_CONST_INT(                                                      \
	    feature_##name, "kern.features." #name, CTL_AUTO, 1, descr)

void sysctl_init(void);

/* The call: name is the kernel's copy. */
int kern_sysctl(struct thread *td, const int *name, unsigned namelen,
    uint64_t oldptr, size_t *oldlenp, uint64_t newptr, size_t newlen,
    bool kernel) __sleeps;

#endif
