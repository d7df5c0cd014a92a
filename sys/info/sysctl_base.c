/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The sysctl nodes that are nobody else's: what the system is and is called,
 * what the machine has, and a few constants of POSIX.
 */
#include "lib/string.h"
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "kern/uio.h"
#include "exec/exec.h"
#include "core/printf.h"
#include "proc/proc.h"
#include "core/random.h"
#include "core/sched.h"
#include "core/sysctl.h"
#include "kern/version.h"
#include "vm/page.h"
#include "vm/vm.h"

static char hostname[256] = "imp";
static char domainname[256];
static char hostuuid[64] = "00000000-0000-0000-0000-000000000000";
static int hostid;

SYSCTL_STRING(kern_ostype, "kern.ostype", KERN_OSTYPE, CTLFLAG_RD,
    VERSION_OSTYPE, 0, "Name of the system");
SYSCTL_STRING(kern_osrelease, "kern.osrelease", KERN_OSRELEASE, CTLFLAG_RD,
    VERSION_OSRELEASE, 0, "Release of the system");
SYSCTL_CONST_INT(
    kern_osrevision, "kern.osrevision", KERN_OSREV, 199506, "Revision of BSD");
SYSCTL_STRING(kern_version, "kern.version", KERN_VERSION, CTLFLAG_RD,
    VERSION_TEXT, 0, "The kernel's version");
SYSCTL_CONST_INT(kern_argmax, "kern.argmax", KERN_ARGMAX, ARG_MAX,
    "Bytes of a program's arguments and environment at most");
SYSCTL_STRING(kern_hostname, "kern.hostname", KERN_HOSTNAME, CTLFLAG_RW,
    hostname, sizeof(hostname), "The machine's name");
SYSCTL_INT(kern_hostid, "kern.hostid", KERN_HOSTID, CTLFLAG_RW, &hostid,
    "A number for the machine");
SYSCTL_CONST_INT(kern_posix1version, "kern.posix1version", KERN_POSIX1, 200809,
    "Version of POSIX that the system goes by");
SYSCTL_CONST_INT(kern_ngroups, "kern.ngroups", KERN_NGROUPS, NGROUPS_MAX,
    "Supplementary groups of a process at most");
SYSCTL_CONST_INT(kern_job_control, "kern.job_control", KERN_JOB_CONTROL, 1,
    "Is there job control");
SYSCTL_CONST_INT(
    kern_saved_ids, "kern.saved_ids", KERN_SAVED_IDS, 1, "Are there saved ids");
SYSCTL_STRING(kern_domainname, "kern.domainname", KERN_NISDOMAINNAME,
    CTLFLAG_RW, domainname, sizeof(domainname), "The NIS domain");
SYSCTL_CONST_INT(kern_osreldate, "kern.osreldate", KERN_OSRELDATE,
    VERSION_OSRELDATE, "The interface's version");
SYSCTL_CONST_INT(kern_iov_max, "kern.iov_max", KERN_IOV_MAX, IOV_MAX,
    "Parts of a transfer at most");
SYSCTL_STRING(kern_hostuuid, "kern.hostuuid", KERN_HOSTUUID, CTLFLAG_RW,
    hostuuid, sizeof(hostuuid), "The machine's UUID");
SYSCTL_STRING(kern_ident, "kern.ident", CTL_AUTO, CTLFLAG_RD, KERN_IDENT, 0,
    "The kernel's configuration");
SYSCTL_CONST_INT(kern_pid_max, "kern.pid_max", CTL_AUTO, PID_MAX,
    "The highest process number");
SYSCTL_CONST_INT(kern_fscale, "kern.fscale", CTL_AUTO, 2048,
    "What kern.ccpu is a fraction of");
SYSCTL_CONST_INT(kern_ccpu, "kern.ccpu", CTL_AUTO, 0,
    "How fast a process's share of the CPU decays");
SYSCTL_INT(kern_smp_cpus, "kern.smp.cpus", CTL_AUTO, CTLFLAG_RD, &ncpus,
    "CPUs that are used");
static int
sysctl_maxid(const struct sysctl_node *node, struct sysctl_req *req)
{
	int last = ncpus - 1;

	return (sysctl_out(req, &last, sizeof(last)));
}
SYSCTL_PROC(kern_smp_maxid, "kern.smp.maxid", CTL_AUTO,
    CTLTYPE_INT | CTLFLAG_RD, "I", sysctl_maxid, NULL,
    "The highest number of a CPU");
SYSCTL_CONST_INT(
    kern_smp_maxcpus, "kern.smp.maxcpus", CTL_AUTO, MAXCPU, "CPUs at most");
SYSCTL_CONST_INT(
    kern_smp_active, "kern.smp.active", CTL_AUTO, 1, "Are other CPUs started");
/* A cpuset as programs of release 15 know it has 1024 bits. */
SYSCTL_CONST_INT(kern_sched_cpusetsize, "kern.sched.cpusetsize", CTL_AUTO, 128,
    "Bytes of a set of CPUs");
SYSCTL_CONST_INT(kern_sched_cpusetsizemin, "kern.sched.cpusetsizemin", CTL_AUTO,
    (MAXCPU + 7) / 8, "Bytes of a set of CPUs at least");

SYSCTL_STRING(hw_machine, "hw.machine", HW_MACHINE, CTLFLAG_RD, "amd64", 0,
    "Class of the machine");
SYSCTL_INT(hw_ncpu, "hw.ncpu", HW_NCPU, CTLFLAG_RD, &ncpus, "CPUs");
SYSCTL_CONST_INT(
    hw_byteorder, "hw.byteorder", HW_BYTEORDER, 1234, "Order of bytes");
SYSCTL_CONST_INT(
    hw_pagesize, "hw.pagesize", HW_PAGESIZE, PAGE_SIZE, "Bytes of a page");
SYSCTL_CONST_INT(hw_floatingpoint, "hw.floatingpoint", HW_FLOATINGPT, 1,
    "Is there a floating-point unit");
SYSCTL_STRING(hw_machine_arch, "hw.machine_arch", HW_MACHINE_ARCH, CTLFLAG_RD,
    "amd64", 0, "Architecture of the system");

SYSCTL_CONST_INT(vm_overcommit, "vm.overcommit", CTL_AUTO, 0,
    "Is memory promised only as far as there is some");
SYSCTL_CONST_INT(security_jailed, "security.jail.jailed", CTL_AUTO, 0,
    "Is the caller in a jail");

/* The security level only rises, but for init: nothing depends on it yet. */
static int
sysctl_securelevel(const struct sysctl_node *node, struct sysctl_req *req)
{
	static int level = -1;
	int new = level, error;

	error = sysctl_out(req, &level, sizeof(level));
	if (error != 0 || !sysctl_has_new(req))
		return (error);
	error = sysctl_in(req, &new, sizeof(new));
	if (error == 0 && new < level && req->td->td_proc->p_pid != 1)
		return (EPERM);
	if (error == 0)
		level = new;
	return (error);
}
SYSCTL_PROC(kern_securelevel, "kern.securelevel", KERN_SECURELVL,
    CTLTYPE_INT | CTLFLAG_RW, "I", sysctl_securelevel, NULL,
    "The security level, which only rises");

/* Random bytes, as many as there is room for. */
static int
sysctl_arandom(const struct sysctl_node *node, struct sysctl_req *req)
{
	char bytes[256];
	size_t n = MIN(req->oldlen, sizeof(bytes));

	random_bytes(bytes, n);
	return (sysctl_out(req, bytes, n));
}
SYSCTL_PROC(kern_arandom, "kern.arandom", KERN_ARND,
    CTLTYPE_OPAQUE | CTLFLAG_RD, "", sysctl_arandom, NULL, "Random bytes");

/* Addresses of the caller's own image. */
static int
sysctl_usrstack(const struct sysctl_node *node, struct sysctl_req *req)
{
	uint64_t top = td_vmspace(req->td)->vs_stack_top;

	return (sysctl_out(req, &top, sizeof(top)));
}
SYSCTL_PROC(kern_usrstack, "kern.usrstack", KERN_USRSTACK,
    CTLTYPE_ULONG | CTLFLAG_RD, "LU", sysctl_usrstack, NULL,
    "Top of the caller's stack");

static int
sysctl_ps_strings(const struct sysctl_node *node, struct sysctl_req *req)
{
	uint64_t at = td_vmspace(req->td)->vs_ps_strings;

	return (sysctl_out(req, &at, sizeof(at)));
}
SYSCTL_PROC(kern_ps_strings, "kern.ps_strings", KERN_PS_STRINGS,
    CTLTYPE_ULONG | CTLFLAG_RD, "LU", sysctl_ps_strings, NULL,
    "Where ps finds the caller's strings");

static int
sysctl_tsc(const struct sysctl_node *node, struct sysctl_req *req)
{
	uint64_t frequency = clock_frequency();

	return (sysctl_out(req, &frequency, sizeof(frequency)));
}
SYSCTL_PROC(machdep_tsc_freq, "machdep.tsc_freq", CTL_AUTO,
    CTLTYPE_U64 | CTLFLAG_RD, "QU", sysctl_tsc, NULL,
    "The time stamp counter's counts in a second");
SYSCTL_STRING(kern_timecounter_hardware, "kern.timecounter.hardware", CTL_AUTO,
    CTLFLAG_RD, "TSC", 0, "What time is read from");
SYSCTL_STRING(kern_supported_archs, "kern.supported_archs", CTL_AUTO,
    CTLFLAG_RD, "amd64", 0, "Architectures whose programs run");
SYSCTL_STRING(kern_compiler_version, "kern.compiler_version", CTL_AUTO,
    CTLFLAG_RD, "GCC " __VERSION__, 0, "What compiled the kernel");
SYSCTL_CONST_INT(kern_sugid_coredump, "kern.sugid_coredump", CTL_AUTO, 0,
    "Do set-id programs dump core");
SYSCTL_CONST_INT(unprivileged_chroot, "security.bsd.unprivileged_chroot",
    CTL_AUTO, 0, "May who isn't root call chroot(2)");
SYSCTL_CONST_INT(unprivileged_read_msgbuf,
    "security.bsd.unprivileged_read_msgbuf", CTL_AUTO, 1,
    "May who isn't root read the kernel's messages");

static int
sysctl_model(const struct sysctl_node *node, struct sysctl_req *req)
{
	return (sysctl_out_string(req, md_cpu_model()));
}
SYSCTL_PROC(hw_model, "hw.model", HW_MODEL, CTLTYPE_STRING | CTLFLAG_RD, "A",
    sysctl_model, NULL, "The CPU");

static int
sysctl_vm_guest(const struct sysctl_node *node, struct sysctl_req *req)
{
	return (sysctl_out_string(req, md_vm_guest()));
}
SYSCTL_PROC(kern_vm_guest, "kern.vm_guest", CTL_AUTO,
    CTLTYPE_STRING | CTLFLAG_RD, "A", sysctl_vm_guest, NULL,
    "Which hypervisor the machine is a guest of");

/* Bytes of memory: all of it, or what is free now. */
static int
sysctl_memory(const struct sysctl_node *node, struct sysctl_req *req)
{
	uint64_t pages =
	    node->sn_ptr != NULL ? page_free_count() : page_total();
	uint64_t bytes = ptoa(pages);

	return (sysctl_out(req, &bytes, sizeof(bytes)));
}
SYSCTL_PROC(hw_physmem, "hw.physmem", HW_PHYSMEM, CTLTYPE_ULONG | CTLFLAG_RD,
    "LU", sysctl_memory, NULL, "Bytes of memory");
SYSCTL_PROC(hw_usermem, "hw.usermem", HW_USERMEM, CTLTYPE_ULONG | CTLFLAG_RD,
    "LU", sysctl_memory, &page_array, "Bytes of memory that are free");
SYSCTL_PROC(hw_realmem, "hw.realmem", HW_REALMEM, CTLTYPE_ULONG | CTLFLAG_RD,
    "LU", sysctl_memory, NULL, "Bytes of memory");

static int
sysctl_pages(const struct sysctl_node *node, struct sysctl_req *req)
{
	uint64_t pages = page_total();

	return (sysctl_out(req, &pages, sizeof(pages)));
}
SYSCTL_PROC(hw_availpages, "hw.availpages", CTL_AUTO,
    CTLTYPE_ULONG | CTLFLAG_RD, "LU", sysctl_pages, NULL, "Pages of memory");

/* The sizes that mappings can have, and a zero. */
static int
sysctl_pagesizes(const struct sysctl_node *node, struct sysctl_req *req)
{
	static const uint64_t sizes[] = {PAGE_SIZE, 0, 0};

	return (sysctl_out(req, sizes, sizeof(sizes)));
}
SYSCTL_PROC(hw_pagesizes, "hw.pagesizes", CTL_AUTO, CTLTYPE_ULONG | CTLFLAG_RD,
    "LU", sysctl_pagesizes, NULL, "Sizes of pages");

static int
sysctl_loadavg(const struct sysctl_node *node, struct sysctl_req *req)
{
	struct {
		uint32_t averages[3];
		long scale;
	} load = {.scale = 2048};

	sched_loadavg(load.averages);
	return (sysctl_out(req, &load, sizeof(load)));
}
SYSCTL_PROC(vm_loadavg, "vm.loadavg", VM_LOADAVG, CTLTYPE_OPAQUE | CTLFLAG_RD,
    "S,loadavg", sysctl_loadavg, NULL,
    "Threads that run or wait to, over 1, 5 and 15 minutes");
