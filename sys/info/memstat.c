/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's own memory as memstat(3) reads it: vm.zone_stats has kmem's
 * objects by their kind or size, kern.malloc_stats what is larger and comes in
 * whole pages.
 *
 * What a CPU gives and takes by itself isn't counted, so requests are those
 * that came to the slabs; what is in use is told exactly, since what the CPUs
 * have at hand counts as given back.
 */
#include "core/count.h"
#include "core/sysctl.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "vm/kmem.h"

#define STREAM_VERSION 1u
#define NAME_MAX_LEN   32

struct stream_header {
	uint32_t version;
	uint32_t maxcpus; /* records of a CPU behind each of another kind */
	uint32_t count;
	uint32_t pad;
};

struct zone_header {
	char name[NAME_MAX_LEN];
	uint32_t align, size, rsize, maxpages, limit;
	uint32_t pages, keg_free, zone_free, bucketsize, flags;
	uint64_t allocs, frees, fails, sleeps, xdomain, reserved;
};
_Static_assert(sizeof(struct zone_header) == 120, "struct uma_type_header");

struct zone_cpu {
	uint64_t allocs, frees, free, reserved[5];
};
_Static_assert(sizeof(struct zone_cpu) == 64, "struct uma_percpu_stat");

struct malloc_cpu {
	uint64_t allocated, freed; /* bytes */
	uint64_t allocs, frees, sizes, reserved[3];
};
_Static_assert(sizeof(struct malloc_cpu) == 64, "struct malloc_type_stats");

static int
out_header(struct sysctl_req *req, unsigned records)
{
	const struct stream_header h = {
	    .version = STREAM_VERSION, .maxcpus = ncpus, .count = records};

	return (sysctl_out(req, &h, sizeof(h)));
}

static int
out_zone(struct sysctl_req *req, const struct kmem_stats *ks)
{
	struct zone_header h = {.size = (uint32_t)ks->ks_size,
	    .rsize = (uint32_t)ks->ks_room,
	    .align = sizeof(uint64_t) - 1,
	    .pages = (uint32_t)ks->ks_pages,
	    .keg_free = (uint32_t)ks->ks_free,
	    .allocs = ks->ks_taken,
	    .frees = ks->ks_given};
	struct zone_cpu c = {0};
	int error;

	if (ks->ks_name != NULL)
		strlcpy(h.name, ks->ks_name, sizeof(h.name));
	else
		snprintf(h.name, sizeof(h.name), "kmem-%zu", ks->ks_size);
	for (unsigned i = 0; i < ncpus; i++)
		h.frees += ks->ks_at_hand[i];
	error = sysctl_out(req, &h, sizeof(h));
	for (unsigned i = 0; error == 0 && i < ncpus; i++) {
		c.free = ks->ks_at_hand[i];
		error = sysctl_out(req, &c, sizeof(c));
	}
	return (error);
}

static int
sysctl_zone_stats(const struct sysctl_node *node, struct sysctl_req *req)
{
	const unsigned n = kmem_count();
	struct kmem_stats ks;
	int error = out_header(req, n);

	for (unsigned i = 0; error == 0 && i < n; i++) {
		kmem_stats(i, &ks);
		error = out_zone(req, &ks);
	}
	return (error);
}
SYSCTL_PROC(vm_zone_stats, "vm.zone_stats", CTL_AUTO,
    CTLTYPE_OPAQUE | CTLFLAG_RD, "S,struct uma_type_header", sysctl_zone_stats,
    NULL, "Zone Stats");

static int
sysctl_zone_count(const struct sysctl_node *node, struct sysctl_req *req)
{
	const int n = (int)kmem_count();

	return (sysctl_out(req, &n, sizeof(n)));
}
SYSCTL_PROC(vm_zone_count, "vm.zone_count", CTL_AUTO, CTLTYPE_INT | CTLFLAG_RD,
    "I", sysctl_zone_count, NULL, "Number of zones");

static int
sysctl_malloc_stats(const struct sysctl_node *node, struct sysctl_req *req)
{
	const char name[NAME_MAX_LEN] = "kmem pages";
	int error = out_header(req, 1);

	if (error == 0)
		error = sysctl_out(req, name, sizeof(name));
	for (unsigned i = 0; error == 0 && i < ncpus; i++) {
		const struct malloc_cpu c = {
		    .allocated = count_of(i, COUNT_LARGE_BYTES),
		    .freed = count_of(i, COUNT_LARGE_FREE_BYTES),
		    .allocs = count_of(i, COUNT_LARGE),
		    .frees = count_of(i, COUNT_LARGE_FREE)};

		error = sysctl_out(req, &c, sizeof(c));
	}
	return (error);
}
SYSCTL_PROC(kern_malloc_stats, "kern.malloc_stats", CTL_AUTO,
    CTLTYPE_OPAQUE | CTLFLAG_RD, "S,malloc_type_ustats", sysctl_malloc_stats,
    NULL, "Return malloc types");

SYSCTL_CONST_INT(kern_malloc_count, "kern.malloc_count", CTL_AUTO, 1);

/* The sizes that smaller ones are rounded up to. */
static int
sysctl_zone_sizes(const struct sysctl_node *node, struct sysctl_req *req)
{
	int size, error = 0;

	for (unsigned i = 0; error == 0 && (size = (int)kmem_class(i)) != 0;
	     i++)
		error = sysctl_out(req, &size, sizeof(size));
	return (error);
}
SYSCTL_PROC(vm_malloc_sizes, "vm.malloc.zone_sizes", CTL_AUTO,
    CTLTYPE_OPAQUE | CTLFLAG_RD, "S", sysctl_zone_sizes, NULL,
    "Zone sizes used by malloc");

static int
sysctl_zones(const struct sysctl_node *node, struct sysctl_req *req)
{
	unsigned n = 0;

	while (kmem_class(n) != 0)
		n++;
	return (sysctl_out(req, &n, sizeof(n)));
}
SYSCTL_PROC(vm_malloc_zones, "vm.malloc.zone_count", CTL_AUTO,
    CTLTYPE_UINT | CTLFLAG_RD, "IU", sysctl_zones, NULL,
    "Number of malloc zones");
