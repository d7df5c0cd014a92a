/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The longest time that a CPU had its interrupts off (options INTRDEBUG), and
 * who was there when they went off and when they came back. What isn't seen
 * are the few instructions of entry.S.
 *
 * A CPU that idles, and one that starts, have no beginning and so no end.
 */
#include "core/introff.h"

#ifdef OPT_INTRDEBUG
#include "lib/printf.h"
#include "amd64/md.h"
#include "core/callers.h"
#include "core/sched.h"
#include "core/sync.h"
#include "core/sysctl.h"

/* Of the CPU, with its interrupts off. */
static struct {
	uint64_t since; /* clock_cycles(); 0: they are on, or it isn't known */
	struct callers by;
} off[MAXCPU];

static struct {
	uint32_t busy;	 /* (a) being written */
	uint64_t cycles; /* (a) */
	struct callers from, to;
} longest;

void
introff_begin(void)
{
	unsigned i = curcpu()->c_id;

	callers_get(&off[i].by);
	off[i].since = clock_cycles();
}

/* It cannot wait for a spin lock, which would be measured. */
static void
remember(uint64_t cycles, const struct callers *from)
{
	while (atomic_swap(&longest.busy, 1) != 0)
		cpu_relax();
	if (cycles > longest.cycles) {
		longest.from = *from;
		callers_get(&longest.to);
		atomic_store(&longest.cycles, cycles);
	}
	atomic_store(&longest.busy, 0);
}

void
introff_end(void)
{
	unsigned i = curcpu()->c_id;
	uint64_t since = off[i].since, cycles = clock_cycles() - since;

	off[i].since = 0;
	if (since != 0 && cycles > atomic_load(&longest.cycles))
		remember(cycles, &off[i].by);
}

static int
sysctl_max(const struct sysctl_node *node, struct sysctl_req *req)
{
	uint64_t cycles = atomic_load(&longest.cycles);
	int error = sysctl_out(req, &cycles, sizeof(cycles));

	if (error == 0 && sysctl_has_new(req))
		error = sysctl_in(req, &cycles, sizeof(cycles));
	if (error == 0 && sysctl_has_new(req))
		atomic_store(&longest.cycles, cycles);
	return (error);
}

static int
sysctl_where(const struct sysctl_node *node, struct sysctl_req *req)
{
	char text[640];
	size_t n = callers_format(&longest.from, text, sizeof(text) / 2);

	n += (size_t)snprintf(text + n, sizeof(text) - n, " to ");
	callers_format(&longest.to, text + n, sizeof(text) - n);
	return (sysctl_out_string(req, text));
}

SYSCTL_PROC(debug_intr_off_max, "debug.intr_off_max", CTL_AUTO,
    CTLTYPE_U64 | CTLFLAG_RW, "QU", sysctl_max, NULL);
SYSCTL_PROC(debug_intr_off_where, "debug.intr_off_where", CTL_AUTO,
    CTLTYPE_STRING | CTLFLAG_RD, "A", sysctl_where, NULL);
#endif
