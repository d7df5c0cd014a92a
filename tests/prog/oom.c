/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory runs out: the one who took it is killed, and all else goes on. */
#include "freebsd.h"
#include "fbsd/fcntl.h"
#include "fbsd/mman.h"

enum {
	SYS_setuid = 23,
	SYS_madvise = 75,
	SYS_pwrite = 476,
	SYS_ftruncate = 480,
	SYS_closefrom = 509,
	SYS_shm_open2 = 571,
};

#define MEGABYTE (1ul << 20)

static void
eat(void)
{
	for (;;) {
		char *p = map_anon(MEGABYTE, MAP_ANON_PRIVATE);

		if ((long)p < 0)
			(void)SYS(SYS_exit, 1);
		for (unsigned long i = 0; i < MEGABYTE; i += 4096)
			p[i] = 1;
	}
}

/* A process that says when it has its memory, and then waits to go on. */
struct other {
	long pid;
	int said, go;
};

static void
begin(struct other *o, void (*fn)(int said, int go))
{
	int said[2], go[2];

	CHECK_EQ(SYS(SYS_pipe2, said, 0), 0);
	CHECK_EQ(SYS(SYS_pipe2, go, 0), 0);
	o->pid = SYS(SYS_fork);
	if (o->pid == 0)
		fn(said[1], go[0]);
	(void)SYS(SYS_close, said[1]);
	(void)SYS(SYS_close, go[0]);
	o->said = said[0];
	o->go = go[1];
}

/* How it ended. */
static int
status_of(const struct other *o)
{
	int status = -1;

	CHECK_EQ(SYS(SYS_wait4, o->pid, &status, 0, NULL), o->pid);
	return (status);
}

/* Takes memory by a descriptor alone: nothing of it is in the process. */
static void
hoard(int said, int go)
{
	long shm = SYS(SYS_shm_open2, 1, O_RDWR, 0600, 0, NULL), n;
	static char data[MEGABYTE];
	off_t at = 0;

	(void)SYS(SYS_ftruncate, shm, 1l << 40);
	do {
		n = SYS(SYS_pwrite, shm, data, MEGABYTE, at);
		at += MEGABYTE;
	} while (n == (long)MEGABYTE);
	(void)SYS(SYS_write, said, data, 1);
	(void)SYS(SYS_read, go, data, 1);
	(void)SYS(SYS_exit, 1);
}

/* Needs a little when told to. */
static void
need(int said, int go)
{
	char byte, *p;

	(void)SYS(SYS_read, go, &byte, 1);
	p = map_anon(16 * MEGABYTE, MAP_ANON_PRIVATE);
	for (unsigned long i = 0; i < 16 * MEGABYTE; i += 4096)
		p[i] = 1;
	(void)SYS(SYS_exit, 0);
}

/* The hoarder goes, and not the one who needs a little now. */
static void
hoarding(void)
{
	struct other hoarder, needy;
	char byte = 0;

	begin(&needy, need);
	begin(&hoarder, hoard);
	/* Or it is dead by now. */
	(void)SYS(SYS_read, hoarder.said, &byte, 1);
	CHECK_EQ(SYS(SYS_write, needy.go, &byte, 1), 1);
	CHECK_EQ(status_of(&needy), 0);
	CHECK_EQ(status_of(&hoarder) & 0x7f, SIGKILL);
}

#define PIPE_SIZE 65536ul

static unsigned long
free_pages(void)
{
	return ((unsigned long)get_sysctl("vm.stats.vm.v_free_count"));
}

/* Pipes through which much has gone don't keep memory that is needed. */
static void
emptied(void)
{
	unsigned long pages = free_pages(), n = pages / 32, got = 0;
	static char data[PIPE_SIZE];
	int p[2], status;
	long pid;

	for (unsigned long i = 0; i < n; i++) {
		CHECK_EQ(SYS(SYS_pipe2, p, 0), 0);
		CHECK_EQ(SYS(SYS_write, p[1], data, PIPE_SIZE), PIPE_SIZE);
		for (got = 0; got < PIPE_SIZE;)
			got +=
			    (unsigned long)SYS(SYS_read, p[0], data, PIPE_SIZE);
	}
	pid = SYS(SYS_fork);
	if (pid == 0) {
		char *a = map_anon(pages / 4 * 3 * 4096, MAP_ANON_PRIVATE);

		for (unsigned long i = 0; i < pages / 4 * 3; i++)
			a[i * 4096] = 1;
		(void)SYS(SYS_exit, 0);
	}
	CHECK_EQ(SYS(SYS_wait4, pid, &status, 0, NULL), pid);
	CHECK_EQ(status, 0);
	SYS(SYS_closefrom, 3);
}

/* Has most of the memory, but is protected: it stays, and who takes the rest
 * goes. */
static void
guard(int said, int go)
{
	unsigned long pages = free_pages() / 5 * 3;
	char *p = map_anon(pages * 4096, MAP_ANON_PRIVATE), byte = 0;

	if (SYS(SYS_madvise, NULL, 0, MADV_PROTECT) != 0)
		(void)SYS(SYS_exit, 2);
	for (unsigned long i = 0; i < pages; i++)
		p[i * 4096] = 1;
	(void)SYS(SYS_write, said, &byte, 1);
	(void)SYS(SYS_read, go, &byte, 1);
	/* As root only. */
	(void)SYS(
	    SYS_exit, SYS(SYS_setuid, 1) != 0 ||
			  SYS(SYS_madvise, NULL, 0, MADV_PROTECT) != -EPERM);
}

static void
protection(void)
{
	struct other guarded;
	int status = -1;
	char byte = 0;
	long eater;

	begin(&guarded, guard);
	CHECK_EQ(SYS(SYS_read, guarded.said, &byte, 1), 1);
	eater = SYS(SYS_fork);
	if (eater == 0)
		eat();
	CHECK_EQ(SYS(SYS_wait4, eater, &status, 0, NULL), eater);
	CHECK_EQ(status & 0x7f, SIGKILL);
	CHECK_EQ(SYS(SYS_write, guarded.go, &byte, 1), 1);
	CHECK_EQ(status_of(&guarded), 0);
}

int
main(int argc, char **argv)
{
	char *mine = map_anon(MEGABYTE, MAP_ANON_PRIVATE);
	int status;

	for (unsigned long i = 0; i < MEGABYTE; i++)
		mine[i] = (char)i;
	for (int round = 0; round < 2; round++) {
		long pid = SYS(SYS_fork);

		if (pid == 0)
			eat();
		CHECK_EQ(SYS(SYS_wait4, pid, &status, 0, NULL), pid);
		CHECK_EQ(status & 0x7f, SIGKILL);
	}
	hoarding();
	protection();
	emptied();
	for (unsigned long i = 0; i < MEGABYTE; i++)
		CHECK_EQ(mine[i], (char)i);
	return (result("oom"));
}
