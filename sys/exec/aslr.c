/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a program's parts go: at places of their own, or at random distances
 * above them.  Not at random if kern.elf64.aslr says so, or the process
 * (procctl(2)), or the program file (elfctl(1)); for a file with set-id bits a
 * process can't decide it.
 *
 * Each program gets other distances, except on an emulated processor: that
 * translates code again which stands elsewhere than before, 3,400 pieces of it
 * for a dynamic cat(1), and then that is most of what starting a program takes.
 * There they are chosen once, and kept for all programs but set-id ones;
 * kern.elf64.aslr.once says which it is, and may be set.
 */
#include "amd64/cpu.h"
#include "amd64/md.h"
#include "core/random.h"
#include "core/sysctl.h"
#include "exec/exec.h"
#include "fbsd/procctl.h"
#include "fbsd/stat.h"
#include "proc/proc.h"

static int enable = 1, pie_enable = 1; /* atomic */
static int once = -1; /* atomic; negative: as the processor is */
static uint64_t kept; /* atomic; 0: not chosen yet */

static bool
wanted(const struct proc *p, const struct image *img, bool setid)
{
	const int said = setid ? PROC_ASLR_NOFORCE : proc_aslr(p);

	if (said == PROC_ASLR_FORCE_DISABLE || img->fixed)
		return (false);
	return (said == PROC_ASLR_FORCE_ENABLE ||
		atomic_load(img->elf.dyn ? &pie_enable : &enable) != 0);
}

static bool
keeps(void)
{
	const int said = atomic_load(&once);

	return (said < 0 ? cpu_features.emulated : said != 0);
}

static uint64_t
fresh(void)
{
	uint64_t r;

	random_bytes(&r, sizeof(r));
	return (r | 1ul << 63);
}

uint64_t
aslr_choose(const struct proc *p, const struct image *img, unsigned mode)
{
	const bool setid = (mode & (S_ISUID | S_ISGID)) != 0;
	uint64_t r, none = 0;

	if (!wanted(p, img, setid))
		return (0);
	if (setid || !keeps())
		return (fresh());
	r = atomic_load(&kept);
	if (r == 0) {
		r = fresh();
		if (!atomic_cas(&kept, &none, r))
			r = none;
	}
	return (r);
}

static int
sysctl_once(const struct sysctl_node *node, struct sysctl_req *req)
{
	int value = keeps(), error;

	error = sysctl_out(req, &value, sizeof(value));
	if (error != 0 || !sysctl_has_new(req))
		return (error);
	error = sysctl_in(req, &value, sizeof(value));
	if (error == 0)
		atomic_store(&once, value != 0);
	return (error);
}

SYSCTL_CONST_INT(kern_elf64_allow_wx, "kern.elf64.allow_wx", CTL_AUTO, 1,
    "May memory be writable and executable");
SYSCTL_CONST_INT(kern_elf64_nxstack, "kern.elf64.nxstack", CTL_AUTO, 1,
    "Stacks aren't executable, unless the program says so");
SYSCTL_CONST_INT(kern_elf64_fallback_brand, "kern.elf64.fallback_brand",
    CTL_AUTO, -1, "Brand of programs that have none: they aren't run");
SYSCTL_INT(kern_elf64_aslr_enable, "kern.elf64.aslr.enable", CTL_AUTO,
    CTLFLAG_RW, &enable, "Random addresses for programs");
SYSCTL_INT(kern_elf64_aslr_pie_enable, "kern.elf64.aslr.pie_enable", CTL_AUTO,
    CTLFLAG_RW, &pie_enable,
    "Random addresses for position-independent programs");
SYSCTL_PROC(kern_elf64_aslr_once, "kern.elf64.aslr.once", CTL_AUTO,
    CTLTYPE_INT | CTLFLAG_RW, "I", sysctl_once, NULL,
    "One choice of addresses serves all programs");
