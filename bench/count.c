/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * A plugin for QEMU's emulator that counts the instructions that the guest
 * executes, on all its processors, between addresses:
 *
 *	-plugin count.so,out=FILE,start=ADDRESS,mark=NAME:ADDRESS,...
 *
 * From the first instruction at start on it counts; each time one at a mark is
 * executed it writes "NAME COUNT" to FILE, the first thousand times; and at
 *QEMU's end "exit COUNT".
 *
 * Why not QEMU's virtual clock under -icount, which counts instructions too:
 * that clock leaps to the next timer when all processors sleep, though a device
 * wakes them sooner, and with several processors they do more often.
 *
 * QEMU's header isn't in Debian, so what is used of its interface (version 1,
 * docs/devel/tcg-plugins.rst in QEMU's sources) is declared here.
 */

#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))
#define MARKS  8
#define TIMES  1024
#define CPUS   64

struct qemu_plugin_tb;
struct qemu_plugin_insn;
typedef uint64_t plugin_id;

void qemu_plugin_register_vcpu_tb_trans_cb(
    plugin_id id, void (*cb)(plugin_id, struct qemu_plugin_tb *));
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(
    const struct qemu_plugin_tb *tb, size_t index);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn,
    void (*cb)(unsigned cpu, void *data), int flags, void *data);

void qemu_plugin_register_atexit_cb(
    plugin_id id, void (*cb)(plugin_id, void *data), void *data);

EXPORT extern int qemu_plugin_version;
EXPORT int qemu_plugin_install(
    plugin_id id, const void *info, int argc, char **argv);

EXPORT int qemu_plugin_version = 1;

static struct mark {
	char name[32];
	uint64_t address;
	atomic_uint reached;
} marks[MARKS];
static size_t nmarks;
static uint64_t start;
static int out = 2;

/* Each processor is a thread of QEMU's, and counts for itself. */
static struct {
	_Alignas(64) _Atomic uint64_t count;
} cpus[CPUS];
static atomic_bool counting;

static void
executed(unsigned cpu, void *data)
{
	(void)data;
	if (atomic_load_explicit(&counting, memory_order_relaxed))
		atomic_fetch_add_explicit(
		    &cpus[cpu % CPUS].count, 1, memory_order_relaxed);
}

static void
started(unsigned cpu, void *data)
{
	(void)cpu;
	(void)data;
	atomic_store(&counting, true);
}

static void
write_count(const char *name)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < CPUS; i++)
		sum += atomic_load(&cpus[i].count);
	dprintf(out, "%s %llu\n", name, (unsigned long long)sum);
}

static void
reached(unsigned cpu, void *data)
{
	struct mark *mark = data;

	(void)cpu;
	if (atomic_load(&counting) &&
	    atomic_fetch_add(&mark->reached, 1) < TIMES)
		write_count(mark->name);
}

static void
ended(plugin_id id, void *data)
{
	(void)id;
	(void)data;
	write_count("exit");
}

static void
translated(plugin_id id, struct qemu_plugin_tb *tb)
{
	(void)id;
	for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		uint64_t address = qemu_plugin_insn_vaddr(insn);

		if (address == start)
			qemu_plugin_register_vcpu_insn_exec_cb(
			    insn, started, 0, NULL);
		for (size_t m = 0; m < nmarks; m++)
			if (address == marks[m].address)
				qemu_plugin_register_vcpu_insn_exec_cb(
				    insn, reached, 0, &marks[m]);
		qemu_plugin_register_vcpu_insn_exec_cb(insn, executed, 0, NULL);
	}
}

int
qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv)
{
	struct mark *mark = marks;
	int at = 0;

	(void)info;
	for (int i = 0; i < argc; i++) {
		if (strncmp(argv[i], "out=", 4) == 0)
			out = open(
			    argv[i] + 4, O_WRONLY | O_CREAT | O_TRUNC, 0666);
		else if (strncmp(argv[i], "start=", 6) == 0)
			start = strtoull(argv[i] + 6, NULL, 0);
		else if (nmarks < MARKS && sscanf(argv[i], "mark=%31[^:]:%n",
					       mark->name, &at) == 1) {
			mark->address = strtoull(argv[i] + at, NULL, 0);
			mark++;
			nmarks++;
		} else
			return (1);
	}
	if (out < 0)
		return (1);
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	qemu_plugin_register_atexit_cb(id, ended, NULL);
	return (0);
}
