/* SPDX-License-Identifier: BSD-2-Clause */
/* sysctl(3): by number and by name, the ways to explore it, and errors. */
#include "freebsd.h"
#include "fbsd/filio.h"

enum {
	SYS_open = 5,
	SYS_link = 9,
	SYS_unlink = 10,
	SYS_chmod = 15,
	SYS_chown = 16,
	SYS_setuid = 23,
	SYS_access = 33,
	SYS_rctl_get_racct = 525, /* isn't there, and the kernel says so */
	SYS_ioctl = 54,
	SYS_mkdir = 136,
	SYS_rmdir = 137,
	SYS_setgid = 181,
	SYS___sysctl = 202,
	SYS_kenv = 390,
};

#define BAD ((void *)0x10)

static long
by_name(const char *name, void *old, size_t *len)
{
	return (SYS(SYS___sysctlbyname, name, length(name), old, len, 0, 0));
}

static void
values(void)
{
	int osreldate = 0, ostype[2] = {1, 1}, value;
	char text[64];
	size_t len = sizeof(text);
	uint64_t size;

	CHECK_EQ(SYS(SYS___sysctl, ostype, 2, text, &len, 0, 0), 0);
	CHECK(same_text(text, "FreeBSD"));
	CHECK_EQ(len, 8);
	len = sizeof(osreldate);
	CHECK_EQ(by_name("kern.osreldate", &osreldate, &len), 0);
	CHECK_EQ(osreldate, 1500068);
	len = sizeof(value);
	CHECK_EQ(by_name("hw.ncpu", &value, &len), 0);
	CHECK(value >= 1 && value <= 16);
	len = sizeof(value);
	CHECK_EQ(by_name("hw.pagesize", &value, &len), 0);
	CHECK_EQ(value, 4096);
	len = sizeof(text);
	CHECK_EQ(by_name("kern.vm_guest", text, &len), 0);
	CHECK(same_text(text, "generic") || same_text(text, "kvm"));
	len = sizeof(size);
	CHECK_EQ(by_name("hw.physmem", &size, &len), 0);
	CHECK(size > 1 << 20);
}

/* What the system is and has, by FreeBSD's names. */
static void
known(void)
{
	static const char *const features[] = {"kern.features.posix_shm",
	    "kern.features.posix_sem", "kern.features.aio",
	    "kern.features.sysv_msg", "kern.features.geom_part_gpt"};
	static const char *const limits[][2] = {
	    {"vm.v_free_min", "vm.stats.vm.v_free_min"},
	    {"vm.v_free_target", "vm.stats.vm.v_free_target"},
	    {"vm.v_free_reserved", "vm.stats.vm.v_free_reserved"}};
	int describe[4] = {0, 5, 1, 1}; /* kern.ostype */
	char text[64];
	size_t len = sizeof(text);

	CHECK_EQ(SYS(SYS___sysctl, describe, 4, text, &len, 0, 0), 0);
	CHECK(same_text(text, "Name of the system"));

	for (unsigned i = 0; i < nitems(features); i++)
		CHECK_EQ(get_sysctl(features[i]), 1);
	for (unsigned i = 0; i < nitems(limits); i++)
		CHECK_EQ(get_sysctl(limits[i][0]), get_sysctl(limits[i][1]));
	CHECK(get_sysctl("machdep.tsc_freq") > 1000000);
	CHECK_EQ(get_sysctl("kern.elf64.pie_base"), 0x21000000);
	CHECK_EQ(get_sysctl("kern.elf64.fallback_brand"), -1);
	CHECK(get_sysctl("kern.sched.quantum") > 0);
	CHECK_EQ(get_sysctl("kern.ipc.somaxconn"),
	    get_sysctl("kern.ipc.soacceptqueue"));
	CHECK_EQ(get_sysctl("kern.ipc.numopensockets"),
	    get_sysctl("net.local.sockcount"));
}

/* What somebody gets who makes a link to root's file, and removes it. */
static int
link_as(long uid, long gid)
{
	long pid = SYS(SYS_fork), error;
	int status = 0;

	if (pid == 0) {
		(void)SYS(SYS_setgid, gid);
		(void)SYS(SYS_setuid, uid);
		error = SYS(SYS_link, "/links/file", "/links/other");
		if (error == 0)
			error = SYS(SYS_unlink, "/links/other");
		(void)SYS(SYS_exit, -error);
	}
	CHECK_EQ(SYS(SYS_wait4, pid, &status, 0, 0), pid);
	return (status >> 8);
}

static void
links(void)
{
	const char *const uid = "security.bsd.hardlink_check_uid";
	const char *const gid = "security.bsd.hardlink_check_gid";
	long fd;

	CHECK_EQ(SYS(SYS_mkdir, "/links", 0700), 0);
	CHECK_EQ(SYS(SYS_chmod, "/links", 0777), 0);
	fd = SYS(SYS_open, "/links/file", 0x202, 0644);
	CHECK(fd > 0);
	CHECK_EQ(SYS(SYS_close, fd), 0);
	CHECK_EQ(SYS(SYS_chown, "/links/file", 0, 77), 0);
	CHECK_EQ(link_as(4711, 4711), 0);
	CHECK_EQ(set_sysctl(uid, 1), 0);
	CHECK_EQ(link_as(4711, 77), EPERM);
	CHECK_EQ(link_as(0, 0), 0);
	CHECK_EQ(set_sysctl(uid, 0), 0);
	CHECK_EQ(set_sysctl(gid, 1), 0);
	CHECK_EQ(link_as(4711, 4711), EPERM);
	CHECK_EQ(link_as(4711, 77), 0);
	CHECK_EQ(set_sysctl(gid, 0), 0);
	CHECK_EQ(SYS(SYS_unlink, "/links/file"), 0);
	CHECK_EQ(SYS(SYS_rmdir, "/links"), 0);
}

static long
pages(const char *name)
{
	unsigned n = 0;
	size_t len = sizeof(n);

	CHECK_EQ(by_name(name, &n, &len), 0);
	return (n);
}

/* By the numbers that programs were compiled with. */
static void
posix(void)
{
	static const struct {
		int numbers[2], value;
	} all[] = {{{9, 20}, 4096}, {{9, 21}, 62}, {{9, 14}, 200112},
	    {{9, 10}, 200112}, {{9, 3}, 0}, {{8, 8}, 0}, {{8, 19}, 0}};
	char text[64];
	size_t len;
	int value;

	for (unsigned i = 0; i < nitems(all); i++) {
		len = sizeof(value);
		value = -1;
		CHECK_EQ(
		    SYS(SYS___sysctl, all[i].numbers, 2, &value, &len, 0, 0),
		    0);
		CHECK_EQ(value, all[i].value);
	}
	len = sizeof(text);
	CHECK_EQ(by_name("user.cs_path", text, &len), 0);
	CHECK_EQ(len, 1);
}

/* What a program uses is active. */
static void
memory(void)
{
	const long all = pages("vm.stats.vm.v_page_count");
	const long active = pages("vm.stats.vm.v_active_count");
	const long room = 1024;
	char *p = map_anon((size_t)room * 4096, MAP_ANON_PRIVATE);

	for (long i = 0; i < room; i++)
		p[i * 4096] = 1;
	CHECK(pages("vm.stats.vm.v_active_count") >= active + room);
	CHECK(pages("vm.stats.vm.v_inactive_count") +
		  pages("vm.stats.vm.v_active_count") +
		  pages("vm.stats.vm.v_wire_count") +
		  pages("vm.stats.vm.v_free_count") <=
	      all);
	CHECK_EQ(pages("vm.stats.vm.v_cache_count"), 0);
	CHECK_EQ(SYS(SYS_munmap, p, room * 4096), 0);
	CHECK(pages("vm.stats.vm.v_active_count") < active + room);
}

static uint64_t
count(const char *name)
{
	uint64_t n = 0;
	size_t len = sizeof(n);

	CHECK_EQ(by_name(name, &n, &len), 0);
	CHECK_EQ(len, sizeof(n));
	return (n);
}

/* What happens is counted: at least what this program does. */
static void
counts(void)
{
	static const char *const names[] = {"sys.v_syscall", "sys.v_trap",
	    "sys.v_swtch", "sys.v_intr", "vm.v_vm_faults", "vm.v_zfod",
	    "vm.v_cow_faults", "vm.v_tfree", "vm.v_forks", "vm.v_forkpages",
	    "vm.v_pfree"};
	char name[64] = "vm.stats.";
	uint64_t before[nitems(names)], total;
	const long room = 64;
	unsigned n = 0;
	size_t len = sizeof(n);
	char *p = map_anon((size_t)room * 4096, MAP_ANON_PRIVATE);
	struct timespec ts = {0, 1000000};
	long pid;

	for (unsigned i = 0; i < nitems(names); i++) {
		memcpy(name + 9, names[i], length(names[i]) + 1);
		before[i] = count(name);
	}
	for (long i = 0; i < room; i++)
		p[i * 4096] = 1;
	pid = SYS(SYS_fork);
	if (pid == 0) {
		for (long i = 0; i < room; i++)
			p[i * 4096] = 2;
		(void)SYS(SYS_exit, 0);
	}
	CHECK_EQ(SYS(SYS_wait4, pid, NULL, 0, NULL), pid);
	CHECK_EQ(SYS(SYS_munmap, p, room * 4096), 0);
	CHECK_EQ(SYS(SYS_nanosleep, &ts, NULL), 0);
	for (unsigned i = 0; i < nitems(names); i++) {
		memcpy(name + 9, names[i], length(names[i]) + 1);
		total = count(name) - before[i];
		if (i == 0) /* one for each name, and those above */
			CHECK(total >= nitems(names) + 3);
		else if (i == 1 || (i >= 4 && i <= 7) || i >= 9)
			CHECK(total >= (uint64_t)room);
		else
			CHECK(total >= 1);
	}
	/* As programs of older releases ask. */
	CHECK_EQ(by_name("vm.stats.sys.v_syscall", &n, &len), 0);
	CHECK_EQ(len, sizeof(n));
	CHECK(n != 0);
	CHECK_EQ(count("vm.stats.vm.v_swappgsin"), 0);
}

/* Who interrupted has a name and a number, and together they are all. */
static void
interrupts(void)
{
	static char names[1024];
	static uint64_t numbers[64];
	uint64_t sum = 0, all = count("vm.stats.sys.v_intr");
	size_t len = sizeof(names), size = sizeof(numbers), named = 0;

	CHECK_EQ(by_name("hw.intrnames", names, &len), 0);
	CHECK_EQ(by_name("hw.intrcnt", numbers, &size), 0);
	for (size_t i = 0; i < len; i++)
		named += names[i] == '\0';
	CHECK_EQ(named, size / sizeof(numbers[0]));
	CHECK(same(names, "irq", 3));
	for (size_t i = 0; i < named; i++)
		sum += numbers[i];
	CHECK(sum >= all && all > 0);
}

/* vm.vmtotal: in pages, and threads; memory that this program has is there. */
static void
totals(void)
{
	struct {
		uint64_t vm, avm, rm, arm, vmshr, avmshr, rmshr, armshr, free;
		int16_t running, disk, paging, sleeping, swapped;
		uint16_t pad[3];
	} t, more;
	const long room = 256;
	size_t len = sizeof(t);
	char *p;

	CHECK_EQ(by_name("vm.vmtotal", &t, &len), 0);
	CHECK_EQ(len, sizeof(t));
	CHECK(t.running >= 1 && t.sleeping >= 1);
	p = map_anon((size_t)room * 4096, MAP_ANON_PRIVATE);
	for (long i = 0; i < room; i++)
		p[i * 4096] = 1;
	CHECK_EQ(by_name("vm.vmtotal", &more, &len), 0);
	CHECK(more.vm >= t.vm + (uint64_t)room);
	CHECK(more.avm >= t.avm + (uint64_t)room);
	CHECK(more.rm >= t.rm + (uint64_t)room);
	CHECK(more.free < t.free);
	CHECK_EQ(SYS(SYS_munmap, p, room * 4096), 0);
}

/* A name that is there, one that isn't, both twice. */
static void
names(void)
{
	uint64_t before[8], after[8];
	size_t len = sizeof(before);

	CHECK_EQ(SYS(SYS_access, "/dev/null", 0), 0);
	CHECK_EQ(SYS(SYS_access, "/dev/none", 0), -ENOENT);
	CHECK_EQ(by_name("vfs.cache.nchstats", before, &len), 0);
	CHECK_EQ(len, sizeof(before));
	CHECK_EQ(SYS(SYS_access, "/dev/null", 0), 0);
	CHECK_EQ(SYS(SYS_access, "/dev/none", 0), -ENOENT);
	CHECK_EQ(by_name("vfs.cache.nchstats", after, &len), 0);
	CHECK(after[0] + after[1] + after[4] >=
	      before[0] + before[1] + before[4] + 3);
	CHECK(after[0] >= before[0] + 2);
}

/* What the kernel has for itself: pages behind a pipe are counted. */
static void
kernel_memory(void)
{
	static char buf[16384];
	struct {
		unsigned version, cpus, count, pad;
	} h;
	struct {
		uint64_t allocated, freed, allocs, frees, sizes, pad[3];
	} cpu;
	uint64_t used[2] = {0, 0};
	size_t len;
	int zones, p[2];

	len = sizeof(zones);
	CHECK_EQ(by_name("vm.zone_count", &zones, &len), 0);
	len = sizeof(buf);
	CHECK_EQ(by_name("vm.zone_stats", buf, &len), 0);
	memcpy(&h, buf, sizeof(h));
	CHECK_EQ(h.version, 1);
	CHECK_EQ(h.count, zones);
	CHECK_EQ(len, sizeof(h) + (size_t)zones * (120 + 64 * h.cpus));
	for (int k = 0; k < 2; k++) {
		len = sizeof(buf);
		CHECK_EQ(by_name("kern.malloc_stats", buf, &len), 0);
		memcpy(&h, buf, sizeof(h));
		CHECK_EQ(len, sizeof(h) + 32 + sizeof(cpu) * h.cpus);
		for (unsigned i = 0; i < h.cpus; i++) {
			memcpy(&cpu, buf + sizeof(h) + 32 + i * sizeof(cpu),
			    sizeof(cpu));
			used[k] += cpu.allocated - cpu.freed;
		}
		if (k == 0) {
			CHECK_EQ(SYS(SYS_pipe2, p, 0), 0);
			CHECK_EQ(SYS(SYS_write, p[1], buf, 16384), 16384);
		}
	}
	CHECK(used[1] >= used[0] + 16384);
	CHECK_EQ(SYS(SYS_close, p[0]), 0);
	CHECK_EQ(SYS(SYS_close, p[1]), 0);
}

/* rc chooses sources of randomness: all are accepted, and those that are there
 * can't be left out. */
static void
harvest(void)
{
	unsigned mask = 0, again = 0;
	char names[64] = "";
	size_t len = sizeof(mask);

	CHECK_EQ(by_name("kern.random.harvest.mask", &mask, &len), 0);
	CHECK(mask & 1u << 18); /* virtio */
	CHECK_EQ(set_sysctl("kern.random.harvest.mask", 511), 0);
	CHECK_EQ(set_sysctl("kern.random.harvest.mask", 0), 0);
	CHECK_EQ(set_sysctl("kern.random.harvest.mask", 1 << 29), -EINVAL);
	CHECK_EQ(by_name("kern.random.harvest.mask", &again, &len), 0);
	CHECK_EQ(again, mask);
	len = sizeof(names);
	CHECK_EQ(by_name("kern.random.harvest.mask_symbolic", names, &len), 0);
	CHECK(same(names, "PURE_VIRTIO", 11));
	len = sizeof(long);
	CHECK_EQ(by_name("vfs.bufspace", names, &len), 0);
	CHECK_EQ(len, sizeof(long));
}

static void
errors(void)
{
	int none[2] = {1, 30000}, inner[2] = {1, 14}, ostype[2] = {1, 1};
	size_t len = 3;
	char text[64];

	/* Too short: what fits, and an error. */
	CHECK_EQ(SYS(SYS___sysctl, ostype, 2, text, &len, 0, 0), -ENOMEM);
	CHECK_EQ(len, 3);
	CHECK(text[0] == 'F' && text[2] == 'e');
	/* No buffer: the length. */
	CHECK_EQ(SYS(SYS___sysctl, ostype, 2, 0, &len, 0, 0), 0);
	CHECK_EQ(len, 8);
	CHECK_EQ(SYS(SYS___sysctl, none, 2, text, &len, 0, 0), -ENOENT);
	CHECK_EQ(SYS(SYS___sysctl, inner, 2, text, &len, 0, 0), -EISDIR);
	CHECK_EQ(SYS(SYS___sysctl, ostype, 25, text, &len, 0, 0), -EINVAL);
	CHECK_EQ(SYS(SYS___sysctl, ostype, 2, BAD, &len, 0, 0), -EFAULT);
	CHECK_EQ(SYS(SYS___sysctl, ostype, 2, text, BAD, 0, 0), -EFAULT);
	CHECK_EQ(SYS(SYS___sysctl, BAD, 2, text, &len, 0, 0), -EFAULT);
	CHECK_EQ(SYS(SYS___sysctl, ostype, 2, 0, 0, "x", 1), -EPERM);
	len = sizeof(text);
	CHECK_EQ(by_name("kern.nosuchthing", text, &len), -ENOENT);
	CHECK_EQ(by_name("", text, &len), -ENOENT);
	CHECK_EQ(SYS(SYS___sysctlbyname, text, 100000, text, &len, 0, 0),
	    -ENAMETOOLONG);
}

static void
writes(void)
{
	char text[64];
	size_t len = sizeof(text);
	static const char name[] = "kern.hostname";

	CHECK_EQ(
	    SYS(SYS___sysctlbyname, name, sizeof(name) - 1, 0, 0, "box", 3), 0);
	CHECK_EQ(by_name(name, text, &len), 0);
	CHECK(same_text(text, "box"));
}

/* What the base system's programs ask for by name. */
static void
asked_for(void)
{
	static const char *const names[] = {"hw.availpages", "hw.machine",
	    "hw.ncpu", "hw.pagesize", "hw.pagesizes", "kern.arandom",
	    "kern.argmax", "kern.bootargs", "kern.bootfile", "kern.boottime",
	    "kern.ccpu", "kern.clockrate", "kern.console", "kern.consmute",
	    "kern.corefile", "kern.fscale", "kern.hostid", "kern.hostname",
	    "kern.hostuuid", "kern.init_path", "kern.init_shutdown_timeout",
	    "kern.iov_max", "kern.module_path", "kern.msgbuf",
	    "kern.msgbuf_clear", "kern.ngroups", "kern.osreldate",
	    "kern.pid_max", "kern.ps_strings", "kern.sched.cpusetsize",
	    "kern.securelevel", "kern.smp.cpus", "kern.suspend_blocked",
	    "kern.usrstack", "machdep.adjkerntz", "machdep.disable_rtc_set",
	    "machdep.wall_cmos_clock", "p1003_1b.pagesize",
	    "security.jail.jailed", "vfs.conflist", "vfs.nfs.diskless_valid",
	    "vm.loadavg", "vm.nswapdev", "vm.overcommit",
	    "vm.stats.vm.v_swappgsin", "vm.swap_total", "vm.swap_maxpages"};
	static char value[65536];
	size_t len;

	for (unsigned i = 0; i < nitems(names); i++) {
		len = sizeof(value);
		if (by_name(names[i], value, &len) != 0 || len == 0) {
			failures++;
			say(names[i]);
			say(": isn't there\n");
		}
	}
}

/* Messages: a new one arrives at dmesg and at /dev/klog. */
static void
messages(void)
{
	static char text[65536];
	int left = 0;
	size_t len = sizeof(text);
	long fd;

	fd = SYS(SYS_open, "/dev/klog", 4 /* O_NONBLOCK */, 0);
	CHECK(fd >= 0);
	CHECK_EQ(SYS(SYS_open, "/dev/klog", 0, 0), -EBUSY);
	while (SYS(SYS_read, fd, text, sizeof(text)) > 0)
		continue;
	CHECK_EQ(SYS(SYS_read, fd, text, sizeof(text)), -EAGAIN);
	/* Of the first call of a number that isn't there, if that is wanted. */
	CHECK_EQ(set_sysctl("kern.lognosys", 1), 0);
	CHECK_EQ(SYS(SYS_rctl_get_racct, 0), -ENOSYS);
	CHECK_EQ(SYS(SYS_ioctl, fd, FIONREAD, &left), 0);
	CHECK(left > 0);
	CHECK_EQ(SYS(SYS_read, fd, text, sizeof(text)), left);
	CHECK(text[0] == 's' && text[left - 1] == '\n');
	CHECK_EQ(SYS(SYS_close, fd), 0);
	CHECK_EQ(by_name("kern.msgbuf", text, &len), 0);
	CHECK(len > (size_t)left);
	CHECK_EQ(set_sysctl("kern.msgbuf_clear", 1), 0);
	len = sizeof(text);
	CHECK_EQ(by_name("kern.msgbuf", text, &len), 0);
	CHECK_EQ(len, 1);
}

enum { KENV_GET, KENV_SET, KENV_UNSET, KENV_DUMP };

static void
kenv(void)
{
	static char value[2048];
	long size;

	CHECK_EQ(SYS(SYS_kenv, KENV_GET, "some.name", value, 32), -ENOENT);
	CHECK_EQ(SYS(SYS_kenv, KENV_SET, "some.name", "a value", 8), 0);
	CHECK_EQ(SYS(SYS_kenv, KENV_GET, "some.name", value, 32), 8);
	CHECK(same_text(value, "a value"));
	CHECK_EQ(SYS(SYS_kenv, KENV_GET, "some.name", value, 3), 3);
	CHECK_EQ(SYS(SYS_kenv, KENV_SET, "some.name", "b", 2), 0);
	size = SYS(SYS_kenv, KENV_DUMP, 0, 0, 0);
	CHECK(size >= 12 && size <= (long)sizeof(value));
	CHECK_EQ(SYS(SYS_kenv, KENV_DUMP, 0, value, sizeof(value)), 0);
	CHECK(same_text(value + size - 12, "some.name=b"));
	CHECK_EQ(SYS(SYS_kenv, KENV_UNSET, "some.name"), 0);
	CHECK_EQ(SYS(SYS_kenv, KENV_UNSET, "some.name"), -ENOENT);
	CHECK_EQ(SYS(SYS_kenv, KENV_GET, BAD, value, 32), -EFAULT);
	CHECK_EQ(SYS(SYS_kenv, 77, "some.name", value, 32), -EINVAL);
}

/* Every leaf in order, each with a name that leads back to it. */
static void
explore(void)
{
	int next[26] = {0, 2}, name[26] = {0, 1}, found[24];
	int name2oid[2] = {0, 3};
	size_t depth = 0, len, leaves = 0;
	char text[256];

	for (;;) {
		len = sizeof(found);
		if (SYS(SYS___sysctl, next, 2 + depth, found, &len, 0, 0) != 0)
			break;
		depth = len / sizeof(int);
		for (size_t i = 0; i < depth; i++)
			next[2 + i] = name[2 + i] = found[i];
		len = sizeof(text);
		CHECK_EQ(
		    SYS(SYS___sysctl, name, 2 + depth, text, &len, 0, 0), 0);
		len = sizeof(found);
		CHECK_EQ(SYS(SYS___sysctl, name2oid, 2, found, &len, text,
			     length(text)),
		    0);
		CHECK_EQ(len, depth * sizeof(int));
		CHECK_EQ(found[depth - 1], next[1 + depth]);
		if (++leaves > 2000)
			break;
	}
	CHECK(leaves > 40 && leaves < 2000);
}

int
main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	values();
	known();
	links();
	posix();
	memory();
	counts();
	interrupts();
	totals();
	names();
	kernel_memory();
	harvest();
	errors();
	writes();
	asked_for();
	messages();
	kenv();
	explore();
	return (result("sysctl"));
}
