/* SPDX-License-Identifier: BSD-2-Clause */
/* What the memory tells about itself: vm.* of sysctl(3). */
#include "amd64/md.h"
#include "core/sysctl.h"
#include "vm/kmem.h"
#include "vm/map.h"
#include "vm/page.h"

/* Nothing is ever reserved, and there is no swap. */
SYSCTL_CONST_INT(vm_overcommit, "vm.overcommit", VM_OVERCOMMIT, 0);
static const uint64_t no_swap;
SYSCTL_NODE_(vm_swap_total, "vm.swap_total", CTL_AUTO, CTLTYPE_U64 | CTLFLAG_RD,
    "QU", sysctl_handle_opaque, (void *)(uintptr_t)&no_swap, sizeof(no_swap),
    NULL);
SYSCTL_NODE_(vm_swap_reserved, "vm.swap_reserved", CTL_AUTO,
    CTLTYPE_U64 | CTLFLAG_RD, "QU", sysctl_handle_opaque,
    (void *)(uintptr_t)&no_swap, sizeof(no_swap), NULL);

SYSCTL_CONST_INT(vm_dmmax, "vm.dmmax", CTL_AUTO, 0);

static int
out_pages(struct sysctl_req *req, uint64_t pages)
{
	uint32_t n = (uint32_t)MIN(pages, UINT32_MAX);

	return (sysctl_out(req, &n, sizeof(n)));
}

static int
sysctl_page_count(const struct sysctl_node *node, struct sysctl_req *req)
{
	return (out_pages(req, page_total()));
}

static int
sysctl_free_count(const struct sysctl_node *node, struct sysctl_req *req)
{
	return (out_pages(req, page_free_count()));
}

static int
sysctl_wire_count(const struct sysctl_node *node, struct sysctl_req *req)
{
	return (out_pages(req, atop(kmem_used())));
}

/* Those that are looked at first when memory gets short; dirty ones too. */
static int
sysctl_inactive_count(const struct sysctl_node *node, struct sysctl_req *req)
{
	return (out_pages(req, reclaim_inactive()));
}

/* All others that programs and files have. */
static int
sysctl_active_count(const struct sysctl_node *node, struct sysctl_req *req)
{
	uint64_t other =
	    page_free_count() + atop(kmem_used()) + reclaim_inactive();

	return (out_pages(req, page_total() - MIN(other, page_total())));
}

SYSCTL_CONST_INT(v_page_size, "vm.stats.vm.v_page_size", CTL_AUTO, PAGE_SIZE,
    "Bytes of a page");
SYSCTL_PROC(v_page_count, "vm.stats.vm.v_page_count", CTL_AUTO,
    CTLTYPE_UINT | CTLFLAG_RD, "IU", sysctl_page_count, NULL,
    "Pages of memory");
SYSCTL_PROC(v_free_count, "vm.stats.vm.v_free_count", CTL_AUTO,
    CTLTYPE_UINT | CTLFLAG_RD, "IU", sysctl_free_count, NULL,
    "Pages that are free");
SYSCTL_PROC(v_wire_count, "vm.stats.vm.v_wire_count", CTL_AUTO,
    CTLTYPE_UINT | CTLFLAG_RD, "IU", sysctl_wire_count, NULL,
    "Pages that stay");
SYSCTL_PROC(v_active_count, "vm.stats.vm.v_active_count", CTL_AUTO,
    CTLTYPE_UINT | CTLFLAG_RD, "IU", sysctl_active_count, NULL, "Pages in use");
SYSCTL_PROC(v_inactive_count, "vm.stats.vm.v_inactive_count", CTL_AUTO,
    CTLTYPE_UINT | CTLFLAG_RD, "IU", sysctl_inactive_count, NULL,
    "Pages that can be had");
/* What FreeBSD has no more either is there for programs that ask for it. */
SYSCTL_CONST_INT(v_cache_count, "vm.stats.vm.v_cache_count", CTL_AUTO, 0);
SYSCTL_CONST_INT(v_laundry_count, "vm.stats.vm.v_laundry_count", CTL_AUTO, 0);

SYSCTL_CONST_INT(stack_guard_page, "security.bsd.stack_guard_page", CTL_AUTO, 1,
    "Pages that guard a stack");
SYSCTL_CONST_INT(map_at_zero, "security.bsd.map_at_zero", CTL_AUTO, 0,
    "May the first page be mapped");
SYSCTL_CONST_INT(unprivileged_mlock, "security.bsd.unprivileged_mlock",
    CTL_AUTO, 1, "May who isn't root keep pages in memory");
