/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dying CASE: a disk that fails for good, with what had been written to its
 * file system still in memory.
 */
#include <sys/mman.h>
#include <sys/sysctl.h>

#include "failing.h"
#include "pages.h"

/* Nothing that was given up is still in memory. */
static void
check_pages(uint32_t before)
{
	uint32_t after = free_pages();

	if (after + 64 < before)
		wrong("pages are missing", (long)(before - after));
}

/* It can't be unmounted but by force; then the disk is well again. */
static void
unmount_by_force(uint32_t before)
{
	if (unmount(ON, 0) == 0 || errno != EIO)
		quit("unmount");
	if (unmount(ON, MNT_FORCE) != 0)
		quit("forced unmount");
	check_pages(before);
	well();
}

/* What is changed now can't be written, ever; `dead`: nor read.  It isn't so
 * much that the syncer would begin with it before. */
static void
die_with_changes(bool dead)
{
	static union fail_orders o;

	memset(&o, 0, sizeof(o));
	o.order[FAIL_READ].fail = dead ? FAIL_ALL : 0;
	o.order[FAIL_WRITE].fail = FAIL_ALL;
	write_file(ON "/new", 64 * BLOCK);
	write_file(ON "/kept", 50 * BLOCK);
	if (mkdir(ON "/dir", 0755) != 0 || unlink(ON "/gone") != 0)
		quit("changes");
	if (pwrite(orders_fd, &o, sizeof(o), 0) != sizeof(o))
		quit(ORDERS);
	sync();
}

/* On a disk that is made anew; what is there stays. */
static void
make_files(void)
{
	if (orders_fd < 0)
		orders_fd = open_file(ORDERS, O_RDWR);
	write_file(ON "/kept", 10 * BLOCK);
	write_file(ON "/gone", 300 * BLOCK);
	remount();
}

/* What had been written before the disk failed. */
static void
check_kept(void)
{
	int fd = open_file(ON "/kept", O_RDONLY);

	check_file(fd, 10 * BLOCK, 10 * BLOCK);
	close(fd);
	fd = open_file(ON "/gone", O_RDONLY);
	check_file(fd, 300 * BLOCK, 300 * BLOCK);
	close(fd);
	if (access(ON "/new", F_OK) == 0 || access(ON "/dir", F_OK) == 0)
		wrong("new names", 0);
}

static void
give_up(bool dead)
{
	uint32_t before = free_pages();
	int fd;

	mount_it();
	die_with_changes(dead);
	unmount_by_force(before);
	/* The disk is nobody's, and another one can be there. */
	fd = open_file(DISK, O_RDWR);
	close(fd);
	if (mount_disk("tmpfs", "tmpfs", ON, false) != 0)
		quit("tmpfs");
	if (unmount(ON, 0) != 0)
		quit("tmpfs");
	if (mount_disk("ufs", DISK, ON, true) != 0)
		quit("mount");
	check_kept();
	if (unmount(ON, 0) != 0)
		quit("unmount");
}

/* By force a file system is unmounted though its disk can't be written. */
static void
forced(void)
{
	make_files();
	if (unmount(ON, 0) != 0)
		quit("unmount");
	give_up(false);
	give_up(true);
	mount_it();
}

/* A file that is open, and mapped, when its file system becomes read-only and
 * what was written can't be kept. */
static void
become_readonly(bool dead)
{
	int fd = open_file(ON "/kept", O_RDWR), made;
	char *map = mmap(NULL, BLOCK, PROT_READ, MAP_SHARED, fd, 0);

	die_with_changes(dead);
	made = open_file(ON "/new", O_RDWR);
	if (map == MAP_FAILED || pwrite(fd, "changed", 7, 0) != 7 ||
	    memcmp(map, "changed", 7) != 0)
		quit("mmap");
	if (update_disk(ON, "ro", NULL) == 0 || errno != EBUSY)
		quit("ro");
	if (update_disk(ON, "ro", "force") != 0)
		quit("forced ro");
	well();
	if (write(fd, "x", 1) != -1 || errno != EROFS)
		wrong("write", errno);
	if (dead) {
		if (pread(fd, map, 1, 0) != 0)
			wrong("read", errno);
	} else {
		check_file(fd, 10 * BLOCK, 10 * BLOCK);
		if (map[0] != byte_at(0) || map[6] != byte_at(6))
			wrong("mapped", map[0]);
		check_kept();
	}
	/* It was never there. */
	if (pread(made, &made, 1, 0) != 0)
		wrong("new", errno);
	if (update_disk(ON, "rw", NULL) == 0 || errno != EPERM)
		quit("rw");
	munmap(map, BLOCK);
	close(fd);
	close(made);
	if (unmount(ON, 0) != 0)
		quit("unmount");
}

static void
readonly(void)
{
	uint32_t before = free_pages();

	make_files();
	become_readonly(false);
	mount_it();
	become_readonly(true);
	check_pages(before);
	/* The disk says that it's in use. */
	mount_it();
	write_file(ON "/kept", 10 * BLOCK);
	sync();
	die_with_changes(false);
	if (unmount(ON, MNT_FORCE) != 0)
		quit("forced unmount");
	well();
	if (mount_disk("ufs", DISK, ON, false) == 0)
		wrong("mounted", 0);
	if (mount_disk("ufs", DISK, ON, true) != 0)
		quit("mount");
	check_kept();
}

/* The same for a FAT file system, whose names are written at once. */
static void
fat(void)
{
	uint32_t before;

	orders_fd = open_file(ORDERS, O_RDWR);
	write_file(ON "/kept", 10 * BLOCK);
	write_file(ON "/gone", 300 * BLOCK);
	if (unmount(ON, 0) != 0)
		quit("unmount");
	before = free_pages();
	mount_it();
	die_with_changes(false);
	unmount_by_force(before);
	mount_it();
	if (access(ON "/kept", F_OK) != 0 || access(ON "/dir", F_OK) != 0 ||
	    access(ON "/gone", F_OK) == 0)
		wrong("names", 0);
}

/* Who writes more than memory should hold for a disk that takes nothing hears
 * of it, and whatever was accepted is written when it does. */
static void
bounded(void)
{
	static uint8_t buf[BLOCK];
	const uint32_t before = free_pages();
	uint32_t at = 0;
	char path[40];
	int made, fd = open_file(ON "/f", O_RDWR | O_CREAT);

	order(FAIL_WRITE, 0, FAIL_ALL);
	for (;; at += BLOCK) {
		for (uint32_t i = 0; i < BLOCK; i++)
			buf[i] = byte_at(at + i);
		if (pwrite(fd, buf, BLOCK, at) != BLOCK)
			break;
	}
	if (errno != EIO)
		quit("write");
	if (before - free_pages() > 2560)
		wrong("pages gone", (long)(before - free_pages()));
	for (unsigned i = 0;; i++) {
		snprintf(path, sizeof(path), ON "/%u", i);
		made = open(path, O_CREAT | O_WRONLY, 0644);
		if (made < 0)
			break;
		close(made);
	}
	if (errno != EIO)
		quit(path);
	well();
	if (fsync(fd) != 0)
		quit("fsync");
	close(fd);
	remount();
	fd = open_file(ON "/f", O_RDONLY);
	check_file(fd, at, at);
	close(fd);
}

/* How many errors of the disk the console told of by now, each by its line or
 * summed up; and the lines. */
static unsigned
errors_told(unsigned *lines)
{
	static char buf[1 << 20];
	size_t size = sizeof(buf) - 1;
	unsigned told = 0;

	if (sysctlbyname("kern.msgbuf", buf, &size, NULL, 0) != 0)
		quit("kern.msgbuf");
	buf[size] = '\0';
	*lines = 0;
	for (char *s = buf; (s = strstr(s, "vtbd0: ")) != NULL; s++) {
		char *end = strchr(s, '\n');
		unsigned n;

		if (end == NULL)
			break;
		*end = '\0';
		if (strstr(s, " error at sector ") != NULL) {
			++*lines;
			told += sscanf(s, "vtbd0: %u more", &n) == 1 ? n : 1;
		}
		s = end;
	}
	return (told);
}

/* A disk that fails all the time doesn't fill the console. */
static void
flood(void)
{
	static uint8_t buf[BLOCK];
	const unsigned count = 1000;
	int fd = open_file(DISK, O_RDONLY);
	unsigned told = 0, lines = 0;

	order(FAIL_READ, 0, FAIL_ALL);
	for (unsigned i = 0; i < count; i++)
		if (pread(fd, buf, BLOCK, i * BLOCK) != -1 || errno != EIO)
			wrong("read", i);
	close(fd);
	if (well() != count)
		wrong("failed otherwise", 0);
	for (int i = 0; i < 1000 && told < count; i++) {
		usleep(10000);
		told = errors_told(&lines);
	}
	if (told != count)
		wrong("errors told of", told);
	/* Those at first, and one a second. */
	if (lines > 20)
		wrong("lines", lines);
}

int
main(int argc, char *argv[])
{
	static const struct fail_case cases[] = {{"forced", forced},
	    {"readonly", readonly}, {"bounded", bounded}, {"fat", fat},
	    {"flood", flood}, {NULL, NULL}};

	return (run_case(cases, argv[1]));
}
