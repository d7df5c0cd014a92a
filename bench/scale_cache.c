/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What it costs to get memory back from the cache of files: scale_cache FILES
 * DISK, which has so many files, together PAGES pages.  They are read; then
 * memory is touched, first while there is some, then half as many pages more as
 * are in the cache.  Ticks for each page; see scale_proc.c.
 */
#include "scale.h"
#include "files.h"
#include "mounting.h"

#define PAGES 100000ul
#define PAGE  4096ul

enum { SYS_sysctlbyname = 570 };

static char buffer[1 << 20];

static uint64_t
free_pages(void)
{
	static const char name[] = "vm.stats.vm.v_free_count";
	unsigned n = 0;
	size_t len = sizeof(n);

	(void)SYS(SYS_sysctlbyname, name, sizeof(name) - 1, &n, &len, 0, 0);
	return (n);
}

/* Names are those of split(1). */
static uint64_t
read_file(long number)
{
	char path[] = "/mnt/x00000";
	uint64_t bytes = 0;
	long n, fd;

	for (unsigned i = sizeof(path) - 2; number > 0; i--, number /= 10)
		path[i] = (char)('0' + number % 10);
	fd = SYS(SYS_open, path, O_RDONLY);
	while ((n = SYS(SYS_read, fd, buffer, sizeof(buffer))) > 0)
		bytes += (uint64_t)n;
	(void)SYS(SYS_close, fd);
	return (bytes);
}

/* Ticks for n pages. */
static uint64_t
touch(char *p, uint64_t n)
{
	uint64_t start = ticks();

	for (uint64_t i = 0; i < n; i++)
		p[i * PAGE] = 1;
	return (ticks() - start);
}

int
main(int argc, char **argv)
{
	const long files = parse_number(argv[1]);
	uint64_t bytes = 0, cost, n;
	char *p;

	(void)SYS(SYS_mkdir, "/mnt", 0755);
	if (MOUNT("ufs", "/mnt", "from", argv[2]) != 0)
		say("no disk\n");
	for (long i = 0; i < files; i++)
		bytes += read_file(i);
	if (bytes != PAGES * PAGE)
		say("files are missing\n");
	n = free_pages();
	p = map_anon((n + PAGES) * PAGE, MAP_ANON_PRIVATE);
	cost = touch(p, n / 2) / (n / 2);
	say_line("touch_page", files, cost);
	/* Who gets more back than is needed pays for that as well. */
	p += n / 2 * PAGE;
	n = n - n / 2 + PAGES / 2;
	say_line("reclaim_page", files, (touch(p, n) - n * cost) / (PAGES / 2));
	return (0);
}
