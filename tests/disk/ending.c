/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ending: a mounted UFS2 disk becomes read-only by force while two threads
 * write to it.  All that they had written must be on it: by write(2) what that
 * said was written, by a mapping what came before the first SIGBUS.
 */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>

#include "mounted.h"

#define ON     "/mnt"
#define ROUNDS 60
#define PAGES  64
#define PAGE   4096

/* Numbers that grow, one in each page of a file. */
struct numbers {
	const char *path;
	int fd;
	uint64_t *map;	      /* or by write(2) */
	uint64_t last[PAGES]; /* it has that, or the next one */
};
static sigjmp_buf back;

static void
on_bus(int sig)
{
	siglongjmp(back, 1);
}

/* Until the file system doesn't want them any more. */
static void *
write_them(void *arg)
{
	struct numbers *n = arg;

	if (n->map != NULL && sigsetjmp(back, 1) != 0)
		return (NULL);
	for (uint64_t i = 0;; i++) {
		volatile uint64_t *last = &n->last[i % PAGES];

		if (n->map != NULL)
			n->map[i % PAGES * (PAGE / 8)] = i;
		else if (pwrite(n->fd, &i, 8, (off_t)(i % PAGES) * PAGE) != 8)
			return (NULL);
		*last = i;
	}
}

static void
start(struct numbers *n, bool map, pthread_t *thread)
{
	memset(n->last, 0, sizeof(n->last));
	n->fd = open(n->path, O_RDWR | O_CREAT | O_TRUNC, 0644);
	if (n->fd < 0 || ftruncate(n->fd, PAGES * PAGE) != 0)
		quit(n->path);
	if (map)
		n->map = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE,
		    MAP_SHARED, n->fd, 0);
	if (n->map == MAP_FAILED ||
	    pthread_create(thread, NULL, write_them, n) != 0)
		quit(n->path);
}

static void
end(struct numbers *n, pthread_t thread)
{
	pthread_join(thread, NULL);
	if (n->map != NULL)
		munmap(n->map, PAGES * PAGE);
	close(n->fd);
}

static void
check(const struct numbers *n)
{
	int fd = open(n->path, O_RDONLY);
	uint64_t found;

	for (unsigned i = 0; i < PAGES; i++) {
		if (pread(fd, &found, 8, (off_t)i * PAGE) != 8)
			quit(n->path);
		if (found == n->last[i] || found == n->last[i] + PAGES)
			continue;
		printf("%s: page %u has %lu, not %lu\n", n->path, i, found,
		    n->last[i]);
		fflush(stdout);
		exit(1);
	}
	close(fd);
}

int
main(void)
{
	static struct numbers mapped = {.path = ON "/mapped"},
			      written = {.path = ON "/written"};
	pthread_t a, b;

	mkdir(ON, 0755);
	signal(SIGBUS, on_bus);
	for (int i = 0; i < ROUNDS; i++) {
		if (mount_disk("ufs", DISK, ON, false) != 0)
			quit("mount");
		start(&mapped, true, &a);
		start(&written, false, &b);
		usleep(2000);
		if (update_disk(ON, "ro", "force") != 0)
			quit("ro");
		end(&mapped, a);
		end(&written, b);
		if (unmount_disk(ON) != 0 ||
		    mount_disk("ufs", DISK, ON, false) != 0)
			quit("mount again");
		check(&mapped);
		check(&written);
		if (unmount_disk(ON) != 0)
			quit("unmount");
	}
	printf("ending: ok\n");
	return (0);
}
