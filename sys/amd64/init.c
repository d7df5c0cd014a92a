/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the loader's hands to a machine that C code can use: what memory there
 * is, what the CPU can do, descriptor tables and control registers.
 */
#include "lib/string.h"
#include "amd64/asm.h"
#include "amd64/cpu.h"
#include "amd64/md.h"
#include "amd64/mptable.h"
#include "amd64/smp.h"
#include "amd64/startinfo.h"
#include "core/kasan.h"
#include "core/printf.h"
#include "proc/proc.h"
#include "core/sched.h"

struct mem_range mem_ranges[MEM_RANGES_MAX];
unsigned mem_nranges;
paddr_t mem_top;
paddr_t boot_module;
uint64_t boot_module_size;
struct cpu_features cpu_features;
unsigned ncpus = 1;
struct cpu cpus[MAXCPU];
uint32_t cpus_online = 1;

static char cmdline[2048];
const char *boot_cmdline = cmdline;

extern uint64_t boot_start_info;
extern char kernel_start[], kernel_end[];

#define BOOT_MAPPED (1ul << 30) /* what boot.S maps */
#define LOW_MEMORY  0x100000ul	/* firmware tables, AP trampoline */

/* Something of the loader's in the first gigabyte, or NULL. */
static const void *
loader_data(uint64_t pa, uint64_t size)
{
	if (pa == 0 || pa >= BOOT_MAPPED || size > BOOT_MAPPED - pa)
		return (NULL);
	return (phys_to_virt(pa));
}

static void
read_cmdline(uint64_t pa)
{
	const char *s = loader_data(pa, sizeof(cmdline));

	if (s != NULL)
		strlcpy(cmdline, s, sizeof(cmdline));
}

static void
read_modules(const struct hvm_start_info *si)
{
	const struct hvm_module *m = loader_data(si->modlist_paddr, sizeof(*m));

	if (si->nr_modules == 0 || m == NULL || m->paddr + m->size < m->paddr)
		return;
	boot_module = m->paddr;
	boot_module_size = m->size;
}

static void
read_memory(const struct hvm_start_info *si)
{
	static struct ranges rs;
	const struct hvm_memmap_entry *map = NULL;

	if (si->version >= 1 && si->memmap_entries <= 1024)
		map = loader_data(
		    si->memmap_paddr, si->memmap_entries * sizeof(*map));
	if (map == NULL || !startinfo_memory(map, si->memmap_entries, &rs))
		panic("the loader gave no memory map");
	mem_top = rs.r[rs.n - 1].end;
	ranges_remove(&rs, 0, LOW_MEMORY);
	ranges_remove(&rs, (uintptr_t)kernel_start - KERNBASE,
	    (uintptr_t)kernel_end - KERNBASE);
	if (boot_module != 0)
		ranges_remove(&rs, boot_module, boot_module + boot_module_size);
	for (unsigned i = 0; i < rs.n; i++)
		mem_ranges[i] = (struct mem_range){rs.r[i].start, rs.r[i].end};
	mem_nranges = rs.n;
}

static void
read_start_info(void)
{
	const struct hvm_start_info *si =
	    loader_data(boot_start_info, sizeof(*si));

	if (si == NULL || si->magic != START_INFO_MAGIC)
		panic("not started through PVH");
	read_cmdline(si->cmdline_paddr);
	read_modules(si);
	read_memory(si);
}

/* Where firmware leaves the MP table: the last KiB of base memory, and the
 * BIOS area; QEMU's microvm uses the former. */
static void
find_cpus(void)
{
	static const struct {
		uint32_t base, size;
	} places[] = {{0x9fc00, 0x400}, {0xf0000, 0x10000}};
	struct mptable mp;

	for (size_t i = 0; i < nitems(places); i++) {
		if (!mptable_find(phys_to_virt(places[i].base), places[i].base,
			places[i].size, &mp))
			continue;
		ncpus = MIN(mp.ncpus, MAXCPU);
		if (mp.ioapic != 0)
			ioapic_address = mp.ioapic;
		return;
	}
}

/* From the start of the largest range below the boot mapping's end. */
void *
md_boot_alloc(size_t size)
{
	struct mem_range *best = NULL;
	void *p;

	size = round_page(size);
	for (unsigned i = 0; i < mem_nranges; i++) {
		struct mem_range *m = &mem_ranges[i];

		if (m->start + size <= MIN(m->end, BOOT_MAPPED) &&
		    (best == NULL ||
			m->end - m->start > best->end - best->start))
			best = m;
	}
	if (best == NULL)
		panic("not enough memory to start");
	p = phys_to_virt(best->start);
	best->start += size;
	kasan_unpoison(p, size);
	memset(p, 0, size);
	return (p);
}

static bool
bit(uint32_t reg, int n)
{
	return (reg >> n & 1);
}

void
cpu_detect(void)
{
	struct cpu_features *f = &cpu_features;
	uint32_t r[4];

	cpuid(0, 0, r);
	f->max_leaf = r[0];
	cpuid(1, 0, r);
	f->sse42 = bit(r[2], 20);
	f->xsave = bit(r[2], 26);
	f->x2apic = bit(r[2], 21);
	f->tsc_deadline = bit(r[2], 24);
	f->rdrand = bit(r[2], 30);
	f->pge = bit(r[3], 13);
	if (bit(r[2], 31)) {
		cpuid(0x40000000, 0, r);
		f->hv_max_leaf = r[0];
		f->emulated = memcmp(&r[1], "TCGTCGTCGTCG", 12) == 0;
	}
	if (f->max_leaf >= 7) {
		cpuid(7, 0, r);
		f->fsgsbase = bit(r[1], 0);
		f->smep = bit(r[1], 7);
		f->erms = bit(r[1], 9);
		f->smap = bit(r[1], 20);
		f->umip = bit(r[2], 2);
	}
	cpuid(0x80000000, 0, r);
	uint32_t max_ext = r[0];
	cpuid(0x80000001, 0, r);
	f->nx = bit(r[3], 20);
	f->pdpe1gb = bit(r[3], 26);
	f->rdtscp = bit(r[3], 27);
	for (uint32_t i = 0; i < 3 && max_ext >= 0x80000004; i++) {
		cpuid(0x80000002 + i, 0, r);
		memcpy(f->brand + 16 * i, r, 16);
	}
	fpu_detect();
}

/* Writes stac and clac where the assembly left room for them. */
static void
patch_smap(void)
{
	extern const struct {
		uint8_t *where;
		uint64_t opcode;
	} smap_patch_start[], smap_patch_end[];

	if (!cpu_features.smap)
		return;
	for (typeof(&smap_patch_start[0]) p = smap_patch_start;
	     p < smap_patch_end; p++) {
		p->where[0] = 0x0f;
		p->where[1] = 0x01;
		p->where[2] = (uint8_t)p->opcode;
	}
}

struct gate {
	uint16_t offset0;
	uint16_t selector;
	uint8_t ist;
	uint8_t type;
	uint16_t offset1;
	uint32_t offset2;
	uint32_t reserved;
};
_Static_assert(sizeof(struct gate) == 16, "gate");

static struct gate idt[256];
#ifdef OPT_KASAN
#define FATAL_STACK 16384
#else
#define FATAL_STACK 4096
#endif
static char fatal_stacks[MAXCPU][FATAL_STACK] __aligned(16);
extern char vector_stubs[];
extern void syscall_entry(void);

static void
make_idt(void)
{
	for (unsigned i = 0; i < 256; i++) {
		uint64_t offset = (uintptr_t)vector_stubs + i * 16;

		idt[i] = (struct gate){
		    .offset0 = (uint16_t)offset,
		    .selector = SEL_KCODE,
		    .ist = i == 2 || i == 8 || i == 18,
		    .type = i == 3 || i == 4 ? 0xee : 0x8e,
		    .offset1 = (uint16_t)(offset >> 16),
		    .offset2 = (uint32_t)(offset >> 32),
		};
	}
}

/* The table that boot.S loaded has kernel selectors at the same places. */
static void
load_tables(struct cpu *c)
{
	struct md_cpu *m = &c->c_md;
	uint64_t base = (uintptr_t)&m->tss;
	struct {
		uint16_t limit;
		uint64_t base;
	} __packed gdtr = {sizeof(m->gdt) - 1, (uintptr_t)m->gdt},
		   idtr = {sizeof(idt) - 1, (uintptr_t)idt};
	char *stack = fatal_stacks[c->c_id] + sizeof(fatal_stacks[0]) - 16;

	*(struct cpu **)(void *)stack = c;
	m->tss.ist[0] = (uintptr_t)stack;
	m->tss.iomap = sizeof(m->tss);
	m->gdt[3] = 0x00cf9a000000ffff; /* 32-bit code: boot.S's */
	m->gdt[SEL_KCODE >> 3] = 0x00af9a000000ffff;
	m->gdt[SEL_KDATA >> 3] = 0x00cf92000000ffff;
	m->gdt[6] = 0x00cffa000000ffff; /* 32-bit user code */
	m->gdt[SEL_UDATA >> 3] = 0x00cff2000000ffff;
	m->gdt[SEL_UCODE >> 3] = 0x00affa000000ffff;
	m->gdt[GDT_TSS] = (sizeof(m->tss) - 1) | (base & 0xffffff) << 16 |
			  0x89ul << 40 | (base >> 24 & 0xff) << 56;
	m->gdt[GDT_TSS + 1] = base >> 32;
	__asm__ volatile("lgdt %0; lidt %1; ltr %w2" ::"m"(gdtr), "m"(idtr),
			 "r"(GDT_TSS << 3)
			 : "memory");
}

void
cpu_setup(struct cpu *c)
{
	const struct cpu_features *f = &cpu_features;
	uint64_t cr4 = rcr4() | CR4_OSFXSR | CR4_OSXMMEXCPT;

	load_tables(c);
	cr4 |= (f->pge ? CR4_PGE : 0) | (f->umip ? CR4_UMIP : 0) |
	       (f->fsgsbase ? CR4_FSGSBASE : 0) | (f->smep ? CR4_SMEP : 0) |
	       (f->smap ? CR4_SMAP : 0) | (f->xsave ? CR4_OSXSAVE : 0);
	wcr4(cr4);
	wrmsr(MSR_STAR,
	    (uint64_t)(SEL_UDATA - 8) << 48 | (uint64_t)SEL_KCODE << 32);
	wrmsr(MSR_LSTAR, (uintptr_t)syscall_entry);
	wrmsr(MSR_SFMASK, 0x47700); /* TF IF DF IOPL NT AC */
	wrmsr(MSR_KERNEL_GS_BASE, 0);
	/* How sched_getcpu(3) knows where it is. */
	if (f->rdtscp)
		wrmsr(MSR_TSC_AUX, (uint64_t)c->c_id);
	fpu_setup();
}

void
md_early_init(void)
{
	console_init();
	cpu_detect();
	patch_smap();
	make_idt();
	cpu_setup(&cpus[0]);
	read_start_info();
	kprintf_init();
	find_cpus();
	for (unsigned i = 0; i < ncpus; i++) {
		cpus[i].c_self = &cpus[i];
		cpus[i].c_id = i;
	}
}

bool
md_rdrand(uint64_t *val)
{
	uint8_t ok = 0;

	for (int i = 0; cpu_features.rdrand && !ok && i < 10; i++)
		__asm__ volatile("rdrand %0; setc %1"
				 : "=r"(*val), "=q"(ok)::"cc");
	return (ok);
}

bool
md_has_crc32c(void)
{
	return (cpu_features.sse42);
}

uint32_t
md_crc32c(uint32_t crc, const void *data, size_t words)
{
	const uint64_t *p = data;
	uint64_t sum = crc;

	while (words-- > 0)
		__asm__("crc32q %1, %0" : "+r"(sum) : "rm"(*p++));
	return ((uint32_t)sum);
}

const char *
md_cpu_model(void)
{
	const char *s = cpu_features.brand;

	while (*s == ' ')
		s++;
	return (*s != '\0' ? s : "amd64");
}

/* Who answers at a leaf of CPUID that is a hypervisor's, or NULL. */
static const char *
guest_of(uint32_t leaf)
{
	static const struct {
		char id[13], name[7];
	} known[] = {{"KVMKVMKVM", "kvm"}, {"Microsoft Hv", "hv"},
	    {"VMwareVMware", "vmware"}, {"XenVMMXenVMM", "xen"},
	    {"bhyve bhyve ", "bhyve"}, {"VBoxVBoxVBox", "vbox"},
	    {"___ NVMM ___", "nvmm"}};
	uint32_t r[4];

	cpuid(leaf, 0, r);
	for (unsigned i = 0; i < nitems(known); i++)
		if (memcmp(&r[1], known[i].id, 12) == 0)
			return (known[i].name);
	return (NULL);
}

/* One that also speaks Hyper-V's language has its own name further on. */
const char *
md_vm_guest(void)
{
	const char *guest = "generic", *found;
	uint32_t r[4];

	cpuid(1, 0, r);
	if (!bit(r[2], 31))
		return ("none");
	for (uint32_t leaf = 0x40000000; leaf < 0x40010000; leaf += 0x100) {
		found = guest_of(leaf);
		if (found != NULL)
			guest = found;
		if (found != NULL && strcmp(found, "hv") != 0)
			break;
	}
	return (guest);
}

/* AT_HWCAP2 on amd64: bit 1 says that wrfsbase and kin may be used. */
uint64_t
md_hwcap2(void)
{
	return (cpu_features.fsgsbase ? 0x2 : 0);
}
