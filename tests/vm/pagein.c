/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pagein DISK: who waits while a page of a file is read from a slow disk?  Only
 * who needs that page: not who reads another one of the file that is there,
 * asks for its attributes, or changes or uses the same address space.
 */
#include "freebsd.h"
#include "files.h"
#include "mounting.h"

#define PAGE  4096l
#define STEP  32l /* pages: further apart than what is read at once */
#define FIRST 128l
#define PAGES 5l /* cold ones, a request to the disk each */
#define FILE  "/mnt/data"

static long tid;
static char *map;
static int fd;
static volatile bool done;

static void
reader(void *arg)
{
	char c;

	for (long i = 0; i < PAGES; i++)
		CHECK_EQ(
		    SYS(SYS_pread, fd, &c, 1, (FIRST + i * STEP) * PAGE), 1);
	done = true;
	end_thread(arg);
}

static void
toucher(void *arg)
{
	for (long i = 0; i < PAGES; i++)
		(void)*(
		    volatile char *)(map + (FIRST + (PAGES + i) * STEP) * PAGE);
	done = true;
	end_thread(arg);
}

/* A private mapping is written: its own pages are made from the file's. */
static void
copier(void *arg)
{
	for (long i = 0; i < PAGES; i++)
		*(volatile char *)(map +
				   (FIRST + (2 * PAGES + i) * STEP) * PAGE) = 1;
	done = true;
	end_thread(arg);
}

static void
round_of_work(void)
{
	struct stat st;
	char *p, c;

	CHECK_EQ(SYS(SYS_pread, fd, &c, 1, 0), 1);
	CHECK_EQ(SYS(SYS_fstat, fd, &st), 0);
	p = map_anon(2 * PAGE, MAP_ANON_PRIVATE);
	p[0] = p[PAGE] = map[0];
	CHECK_EQ(SYS(SYS_mprotect, p, PAGE, 1), 0);
	CHECK_EQ(SYS(SYS_munmap, p, 2 * PAGE), 0);
}

static void
beside(const char *what, void (*fn)(void *))
{
	const uint64_t start = now_ns(CLOCK_MONOTONIC);
	uint64_t worst = 0, t, last = start;

	done = false;
	tid = 0;
	CHECK_EQ(start_thread(fn, &tid, &tid), 0);
	while (!done) {
		round_of_work();
		t = now_ns(CLOCK_MONOTONIC);
		worst = t - last > worst ? t - last : worst;
		last = t;
	}
	join_thread(&tid);
	say(what);
	say(": ");
	say_number((long)((last - start) / 1000000));
	say(" ms, waited for ");
	say_number((long)(worst / 1000000));
	say(" ms at once\n");
	/* Less than a request takes. */
	CHECK(worst < (last - start) / PAGES * 2 / 3);
}

int
main(int argc, char **argv)
{
	(void)SYS(SYS_mkdir, "/mnt", 0755);
	CHECK_EQ(MOUNT("ufs", "/mnt", "from", argc > 1 ? argv[1] : ""), 0);
	fd = (int)SYS(SYS_open, FILE, O_RDWR);
	CHECK(fd >= 0);
	map = (char *)SYS(SYS_mmap, 0, (FIRST + (3 * PAGES + 1) * STEP) * PAGE,
	    PROT_RW, 2, fd, 0);
	round_of_work();
	beside("read", reader);
	beside("fault", toucher);
	beside("copy on write", copier);
	return (result("pagein"));
}
