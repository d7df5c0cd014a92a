/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How much memory programs have locked, all together: mlock(2) takes it from
 * what everybody needs, so that there is a limit, vm.max_user_wired.
 */
#include "core/sysctl.h"
#include "core/sync.h"
#include "fbsd/errno.h"
#include "vm/map.h"
#include "vm/page.h"

static uint64_t user_wired; /* (a) pages */
/* (a) of those; UINT64_MAX: as at first */
static uint64_t limit = UINT64_MAX;

static uint64_t
most(void)
{
	uint64_t n = atomic_load(&limit);

	return (n != UINT64_MAX ? n : page_total() / 3);
}

void
wired_grow(struct vmspace *vs, uint64_t size)
{
	vs->vs_wired += size;
	(void)atomic_add(&user_wired, atop(size));
}

void
wired_shrink(struct vmspace *vs, uint64_t size)
{
	vs->vs_wired -= size;
	(void)atomic_sub(&user_wired, atop(size));
}

bool
wired_may_grow(struct vmspace *vs, uint64_t size)
{
	wired_grow(vs, size);
	if (size == 0 || atomic_load(&user_wired) <= most())
		return (true);
	wired_shrink(vs, size);
	return (false);
}

static int
sysctl_max_user_wired(const struct sysctl_node *node, struct sysctl_req *req)
{
	uint64_t n = most();
	int error = sysctl_out(req, &n, sizeof(n));

	if (error != 0 || !sysctl_has_new(req))
		return (error);
	error = sysctl_in(req, &n, sizeof(n));
	if (error == 0)
		atomic_store(&limit, n);
	return (error);
}
SYSCTL_PROC(vm_max_user_wired, "vm.max_user_wired", CTL_AUTO,
    CTLTYPE_ULONG | CTLFLAG_RW, "LU", sysctl_max_user_wired, NULL);

static int
sysctl_user_wired(const struct sysctl_node *node, struct sysctl_req *req)
{
	uint64_t n = atomic_load(&user_wired);

	return (sysctl_out(req, &n, sizeof(n)));
}
SYSCTL_PROC(v_user_wire_count, "vm.stats.vm.v_user_wire_count", CTL_AUTO,
    CTLTYPE_ULONG | CTLFLAG_RD, "LU", sysctl_user_wired, NULL);
