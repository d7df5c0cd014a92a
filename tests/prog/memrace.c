/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads that map, unmap, protect and fork at once; nothing gets lost. */
#include "freebsd.h"

#include "fbsd/mman.h"

enum { SYS_madvise = 75 };

#define NTHREADS 4
#define ROUNDS	 120
#define PAGE	 4096ul
#define SHARED	 64ul /* pages that all write to, each its own word */

static unsigned long *shared;
static long tids[NTHREADS];
static volatile int errors;

static void
fail(void)
{
	__atomic_fetch_add(&errors, 1, __ATOMIC_SEQ_CST);
}

/* Comes and goes beside the others', so entries are cut and joined. */
static void
own_region(unsigned long me, unsigned long round)
{
	unsigned long size = (1 + (round * 7 + me) % 40) * PAGE;
	unsigned char *p = map_anon(size, MAP_ANON_PRIVATE);

	if ((long)p < 0) {
		fail();
		return;
	}
	for (unsigned long i = 0; i < size; i += PAGE)
		p[i] = (unsigned char)(me + round);
	if (SYS(SYS_mprotect, p, PAGE, PROT_READ) != 0)
		fail();
	if (size > 4 * PAGE) {
		if (SYS(SYS_munmap, p + 2 * PAGE, PAGE) != 0 ||
		    SYS(SYS_madvise, p + 3 * PAGE, PAGE, MADV_FREE) != 0)
			fail();
		p[3 * PAGE] = (unsigned char)(me + round);
	}
	for (unsigned long i = 0; i < size; i += PAGE)
		if (!(size > 4 * PAGE && i == 2 * PAGE) &&
		    p[i] != (unsigned char)(me + round))
			fail();
	/* Not the hole: it may be another's by now. */
	if (size > 4 * PAGE) {
		if (SYS(SYS_munmap, p, 2 * PAGE) != 0)
			fail();
		p += 3 * PAGE;
		size -= 3 * PAGE;
	}
	if (SYS(SYS_munmap, p, size) != 0)
		fail();
}

/* The child sees the word as it was, and its own writes stay its own. */
static void
fork_once(unsigned long me, unsigned long round)
{
	unsigned long *word = &shared[round % SHARED * PAGE / 8 + me];
	unsigned long before = *word;
	int status;
	long pid = SYS(SYS_fork);

	if (pid == 0) {
		int bad = *word != before;

		for (unsigned long i = 0; i < SHARED; i++)
			shared[i * PAGE / 8 + me] = ~0ul;
		(void)SYS(SYS_exit, bad);
	}
	if (pid < 0 || SYS(SYS_wait4, pid, &status, 0, NULL) != pid ||
	    status != 0)
		fail();
}

static void
work(void *arg)
{
	unsigned long me = (unsigned long)arg;

	for (unsigned long round = 1; round <= ROUNDS; round++) {
		for (unsigned long i = 0; i < SHARED; i++)
			shared[i * PAGE / 8 + me]++;
		own_region(me, round);
		if (round % 8 == me)
			fork_once(me, round);
	}
	end_thread(&tids[me]);
}

int
main(int argc, char **argv)
{
	shared = map_anon(SHARED * PAGE, MAP_ANON_PRIVATE);
	for (unsigned long i = 0; i < NTHREADS; i++)
		CHECK_EQ(start_thread(work, (void *)i, &tids[i]), 0);
	for (unsigned long i = 0; i < NTHREADS; i++)
		join_thread(&tids[i]);
	CHECK_EQ(errors, 0);
	for (unsigned long i = 0; i < SHARED; i++)
		for (unsigned long j = 0; j < NTHREADS; j++)
			CHECK_EQ(shared[i * PAGE / 8 + j], ROUNDS);
	return (result("memrace"));
}
