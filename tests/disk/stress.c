/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stress SEED WORKERS ROUNDS OPERATIONS [LARGEST [remount]]: a mounted UFS2
 * disk under everything at once.
 *
 * Each worker changes files of its own, in ways that depend on the seed alone,
 * and knows what must be in each; a second thread of it makes them safe and
 * looks at them meanwhile.  In one folder all of them change the same names.
 * After each round the disk is unmounted, and what is in the files after that
 * must be what the workers know.  Errors for want of room, or because of a disk
 * that fails, are borne: only what a file has after one isn't known.
 */
#include <dirent.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/extattr.h>
#include <sys/mman.h>
#include <sys/param.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "mounted.h"
#include "pages.h"

#define ON	    "/mnt"
#define FILES	    5
#define WORKERS_MAX 16
#define NAMES	    12 /* in the common folder */

struct file {
	char path[64];
	uint8_t *is;	/* what it has */
	uint32_t size;	/* of that */
	bool unknown;	/* an operation failed half-way */
	bool temporary; /* it has no name */
	int fd;		/* or -1 */
};

static uint64_t state;
static unsigned largest = 200000;
static int me;
static struct file files[FILES];
static volatile bool stop;
static volatile int shared_fd[FILES];

static uint32_t
any(uint32_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return ((uint32_t)(state >> 20) % below);
}

static _Noreturn void
wrong(const struct file *f, const char *what, long at)
{
	printf("worker %d: %s: %s at %ld\n", me, f->path, what, at);
	fflush(stdout);
	_exit(1);
}

/* Errors that a full, failing or read-only disk gives. */
static bool
borne(void)
{
	return (errno == ENOSPC || errno == EIO || errno == EROFS ||
		errno == ENOMEM);
}

static void
failed(struct file *f, const char *what)
{
	if (!borne())
		wrong(f, what, errno);
	f->unknown = true;
}

static void
open_one(struct file *f, int more)
{
	if (f->fd >= 0)
		return;
	f->fd = open(f->path, O_RDWR | O_CREAT | more, 0644);
	if (f->fd < 0 && !borne())
		wrong(f, "open", errno);
	shared_fd[f - files] = f->fd;
}

static void
close_one(struct file *f)
{
	shared_fd[f - files] = -1;
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
	if (f->temporary) {
		f->temporary = f->unknown = false;
		f->size = 0;
	}
}

static void
extend(struct file *f, uint32_t size)
{
	if (size > f->size)
		memset(f->is + f->size, 0, size - f->size);
	if (size > f->size)
		f->size = size;
}

static uint32_t
at_most(uint32_t n, uint32_t most)
{
	return (n < most ? n : most);
}

static void
fill(uint8_t *to, uint32_t n)
{
	uint32_t x = any(UINT32_MAX);

	for (uint32_t i = 0; i < n; i++) {
		x = x * 1664525 + 1013904223;
		to[i] = (uint8_t)(x >> 24);
	}
}

static void
do_write(struct file *f)
{
	static uint8_t buf[70000];
	const bool append = (fcntl(f->fd, F_GETFL) & O_APPEND) != 0;
	uint32_t n = 1 + any(any(3) == 0 ? 70000 : 6000);
	uint32_t at = append || any(4) == 0 ? f->size : any(largest);
	ssize_t done;

	if (at + n > largest)
		n = largest - MIN(at, largest);
	if (n == 0)
		return;
	fill(buf, n);
	done = pwrite(f->fd, buf, n, at);
	if (done < 0) {
		failed(f, "write");
		return;
	}
	if (done == 0)
		wrong(f, "nothing written", at);
	extend(f, at + (uint32_t)done);
	memcpy(f->is + at, buf, (size_t)done);
}

static void
compare(const struct file *f, const uint8_t *found, uint32_t at, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (found[i] != f->is[at + i])
			wrong(f, "differs", (long)(at + i));
}

static void
do_read(struct file *f, uint32_t at, uint32_t n)
{
	static uint8_t buf[70000];
	ssize_t got = pread(f->fd, buf, n, at);

	if (got < 0 && borne())
		return;
	if (f->unknown)
		return;
	n = at >= f->size ? 0 : MIN(n, f->size - at);
	if (got != (ssize_t)n)
		wrong(f, "read length", got);
	compare(f, buf, at, n);
}

static void
verify(struct file *f)
{
	struct stat st;

	if (f->unknown)
		return;
	if (fstat(f->fd, &st) != 0 || st.st_size != f->size)
		wrong(f, "size", (long)st.st_size);
	for (uint32_t at = 0; at < f->size; at += 70000)
		do_read(f, at, 70000);
}

static void
do_truncate(struct file *f)
{
	uint32_t size = any(3) == 0 ? 0 : any(largest);

	if (f->unknown)
		size = 0;
	if (ftruncate(f->fd, size) != 0) {
		failed(f, "truncate");
		return;
	}
	if (f->unknown && size == 0)
		f->unknown = false;
	if (size > f->size)
		extend(f, size);
	f->size = size;
}

static void
do_punch(struct file *f)
{
	const int64_t range[2] = {any(largest), 1 + any(100000)};
	uint32_t at = (uint32_t)range[0], n;

	/* fspacectl(2), which the C library doesn't have; SPACECTL_DEALLOC. */
	if (syscall(580, f->fd, 1, range, 0, NULL) != 0) {
		failed(f, "punch");
		return;
	}
	if (at < f->size) {
		n = MIN((uint32_t)range[1], f->size - at);
		memset(f->is + at, 0, n);
	}
}

static sigjmp_buf back;

static void
on_bus(int sig)
{
	siglongjmp(back, 1);
}

/* Within the mapping of the whole file. */
static void
change_map(struct file *f, char *map)
{
	const uint32_t at = any(f->size);
	const uint32_t n = at_most(1 + any(30000), f->size - at);

	compare(f, (uint8_t *)map, 0, MIN(4096, f->size));
	fill(f->is + at, n);
	memcpy(map + at, f->is + at, n);
	if (any(4) == 0 && msync(map, f->size, MS_SYNC) != 0 && !borne())
		wrong(f, "msync", errno);
	compare(f, (uint8_t *)map + at, at, n);
}

static void
do_map(struct file *f)
{
	char *map;

	if (f->size == 0)
		return;
	map = mmap(NULL, f->size, PROT_READ | PROT_WRITE, MAP_SHARED, f->fd, 0);
	if (map == MAP_FAILED) {
		if (errno != ENOMEM && errno != EROFS)
			wrong(f, "mmap", errno);
		return;
	}
	if (sigsetjmp(back, 1) == 0)
		change_map(f, map);
	else
		f->unknown = true;
	munmap(map, f->size);
}

static void
do_copy(struct file *f)
{
	struct file *to = &files[any(FILES)];
	off_t from_at, to_at;
	uint32_t n;
	ssize_t done;

	if (to == f || f->size == 0 || f->unknown || to->unknown)
		return;
	open_one(to, 0);
	if (to->fd < 0 || (fcntl(to->fd, F_GETFL) & O_APPEND) != 0)
		return;
	from_at = any(f->size);
	to_at = any(largest);
	n = at_most(1 + any(60000), largest - (uint32_t)to_at);
	done = copy_file_range(f->fd, &from_at, to->fd, &to_at, n, 0);
	if (done < 0) {
		failed(to, "copy");
		return;
	}
	if (done == 0)
		return;
	extend(to, (uint32_t)to_at);
	memcpy(to->is + to_at - done, f->is + from_at - done, (size_t)done);
}

/* The last name goes while it is open. */
static void
do_unlink(struct file *f)
{
	if (f->temporary || unlink(f->path) != 0)
		return;
	f->temporary = true;
}

static void
do_rename(struct file *f)
{
	struct file *to = &files[any(FILES)], was;

	if (to == f || f->temporary || rename(f->path, to->path) != 0)
		return;
	close_one(to);
	close_one(f);
	was = *to;
	memcpy(to->path, was.path, sizeof(was.path));
	to->is = f->is;
	to->size = f->size;
	to->unknown = f->unknown;
	f->is = was.is;
	f->size = 0;
	f->unknown = false;
}

static void
do_sync(struct file *f)
{
	int ret = any(6) == 0 ? (sync(), 0)
		  : any(2)    ? fsync(f->fd)
			      : fdatasync(f->fd);

	if (ret != 0 && !borne())
		wrong(f, "fsync", errno);
}

static void
do_attribute(struct file *f)
{
	static char value[3000];
	char found[3000];
	size_t n = any(sizeof(value));

	memset(value, 'a' + (int)any(26), sizeof(value));
	if (extattr_set_fd(f->fd, EXTATTR_NAMESPACE_USER, "x", value, n) !=
		(ssize_t)n ||
	    n == 0)
		return;
	if (extattr_get_fd(f->fd, EXTATTR_NAMESPACE_USER, "x", found, n) ==
		(ssize_t)n &&
	    memcmp(value, found, n) != 0)
		wrong(f, "attribute", (long)n);
	if (any(3) == 0)
		extattr_delete_fd(f->fd, EXTATTR_NAMESPACE_USER, "x");
}

static void
common_name(char *buf, bool dir)
{
	unsigned n = any(NAMES);

	if (any(3) == 0)
		sprintf(buf, ON "/all/d%u/%s%u", any(4), dir ? "d" : "n", n);
	else
		sprintf(buf, ON "/all/%s%u", dir ? "d" : "n", dir ? n % 4 : n);
}

/* Names that all change: what comes of it nobody knows. */
static void
do_names(void)
{
	static char text[600];
	const bool dir = any(3) == 0;
	char a[100], b[100];
	int fd;

	common_name(a, dir);
	common_name(b, dir);
	memset(text, 'l', sizeof(text) - 1);
	switch (any(8)) {
	case 0:
	case 1:
		if (dir)
			mkdir(a, 0755);
		else if ((fd = open(a, O_CREAT | O_WRONLY, 0644)) >= 0) {
			(void)!write(fd, text, any(sizeof(text)));
			close(fd);
		}
		break;
	case 2:
	case 3:
		rename(a, b);
		break;
	case 4:
		if (!dir)
			link(a, b);
		break;
	case 5:
		if (!dir)
			symlink(text + any(500), a);
		break;
	case 6:
		if (dir)
			rmdir(a);
		else
			unlink(a);
		break;
	default:
		chmod(a, (mode_t)(0700 | any(64)));
		break;
	}
}

static void
operate(struct file *f)
{
	open_one(f, any(10) == 0 ? O_SYNC : any(8) == 0 ? O_APPEND : 0);
	if (f->fd < 0) {
		usleep(300);
		return;
	}
	if (f->unknown) {
		do_truncate(f);
		return;
	}
	switch (any(16)) {
	case 0:
	case 1:
	case 2:
	case 3:
		do_write(f);
		break;
	case 4:
	case 5:
		do_read(f, any(largest), 1 + any(70000));
		break;
	case 6:
		do_truncate(f);
		break;
	case 7:
		do_punch(f);
		break;
	case 8:
	case 9:
		do_map(f);
		break;
	case 10:
		do_copy(f);
		break;
	case 11:
		do_sync(f);
		break;
	case 12:
		verify(f);
		if (any(2))
			close_one(f);
		break;
	case 13:
		if (any(3) == 0)
			do_unlink(f);
		else
			do_rename(f);
		break;
	case 14:
		do_attribute(f);
		break;
	default:
		do_names();
		do_names();
		break;
	}
}

/* Looks at everything meanwhile. */
static void *
look_on(void *arg)
{
	char path[300];
	struct dirent *d;
	struct statvfs sv;
	unsigned n = 0;
	DIR *dir;
	int fd;

	while (!stop) {
		n = n * 1103515245 + 12345;
		fd = shared_fd[n / 65536 % FILES];
		switch (n / 1024 % 6) {
		case 0:
		case 1:
			if (fd >= 0)
				fsync(fd);
			break;
		case 2:
			sync();
			break;
		case 3:
			statvfs(ON, &sv);
			break;
		case 4:
			dir = opendir(ON "/all");
			while (dir != NULL && (d = readdir(dir)) != NULL) {
				struct stat st;

				snprintf(path, sizeof(path), ON "/all/%s",
				    d->d_name);
				stat(path, &st);
			}
			if (dir != NULL)
				closedir(dir);
			break;
		default:
			usleep(1000);
			break;
		}
	}
	return (arg);
}

static void
begin_worker(uint64_t seed)
{
	state = (seed + (uint64_t)me + 1) * 0x9e3779b97f4a7c15ull | 1;
	for (int i = 0; i < 20; i++)
		any(2);
	for (int i = 0; i < FILES; i++) {
		sprintf(files[i].path, ON "/w%d-%d", me, i);
		files[i].is = malloc(largest + 4096);
		files[i].fd = shared_fd[i] = -1;
		if (files[i].is == NULL)
			wrong(&files[i], "no memory", 0);
		/* What is free later tells of the kernel alone. */
		memset(files[i].is, 1, largest + 4096);
	}
	signal(SIGBUS, on_bus);
}

static void
one_round(unsigned operations)
{
	pthread_t other;

	stop = false;
	if (pthread_create(&other, NULL, look_on, NULL) != 0)
		wrong(&files[0], "thread", errno);
	for (int i = 0; i < FILES; i++) {
		open_one(&files[i], 0);
		if (files[i].fd >= 0)
			verify(&files[i]);
		close_one(&files[i]);
	}
	for (unsigned i = 0; i < operations; i++)
		operate(&files[any(FILES)]);
	stop = true;
	pthread_join(other, NULL);
	for (int i = 0; i < FILES; i++)
		close_one(&files[i]);
}

/* A round for each byte that comes; one byte goes back after it. */
static _Noreturn void
worker(uint64_t seed, unsigned operations, int in, int out)
{
	char c;

	signal(SIGCHLD, SIG_DFL);
	begin_worker(seed);
	while (read(in, &c, 1) == 1) {
		one_round(operations);
		(void)!write(out, &c, 1);
	}
	_exit(0);
}

static volatile bool updating;

static void *
keep_updating(void *arg)
{
	while (updating) {
		if (update_disk(ON, "ro", NULL) != 0) {
			usleep(100);
			continue;
		}
		usleep(500);
		if (update_disk(ON, "rw", NULL) != 0 && errno != EIO &&
		    errno != ENOMEM) {
			printf("rw: %s\n", strerror(errno));
			fflush(stdout);
			_exit(1);
		}
		usleep(20000);
	}
	return (arg);
}

/* A disk that fails now and then is clean at last. */
static void
unmount_at_last(void)
{
	for (int i = 0; i < 200; i++) {
		if (unmount_disk(ON) == 0)
			return;
		if (errno != EIO && errno != ENOMEM)
			break;
	}
	quit("unmount");
}

static void
mount_at_last(void)
{
	for (int i = 0; i < 200; i++) {
		if (mount_disk("ufs", DISK, ON, false) == 0)
			return;
		if (errno != EIO)
			break;
	}
	quit("mount");
}

static void
make_common(void)
{
	for (int i = 0; i < 200; i++) {
		if (mkdir(ON "/all", 0755) == 0 || errno == EEXIST)
			return;
		if (errno != EIO)
			break;
	}
	quit(ON "/all");
}

static void
rounds(unsigned n, int workers, const int *to, int from, bool remount)
{
	uint32_t first = 0, now = 0;
	pthread_t updater;
	char c = 0;

	for (unsigned i = 0; i < n; i++) {
		mount_at_last();
		make_common();
		updating = remount;
		if (remount &&
		    pthread_create(&updater, NULL, keep_updating, NULL) != 0)
			quit("thread");
		for (int w = 0; w < workers; w++)
			(void)!write(to[w], &c, 1);
		for (int w = 0; w < workers; w++)
			if (read(from, &c, 1) != 1)
				quit("a worker ended");
		updating = false;
		if (remount)
			pthread_join(updater, NULL);
		unmount_at_last();
		now = free_pages();
		if (i == 1)
			first = now;
		printf("round %u: %u pages free\n", i, now);
		fflush(stdout);
	}
	if (n > 2 && now + 256 < first) {
		printf("memory: %u pages were free, %u are\n", first, now);
		exit(1);
	}
}

/* A worker that found something wrong, or was killed. */
static void
on_child(int sig)
{
	int status = 0;

	wait(&status);
	printf("a worker ended: %#x\n", (unsigned)status);
	fflush(stdout);
	_exit(1);
}

int
main(int argc, char *argv[])
{
	int to[WORKERS_MAX], pair[2], from[2], workers;
	uint64_t seed;

	if (argc < 5)
		return (2);
	seed = strtoull(argv[1], NULL, 10);
	workers = MIN(atoi(argv[2]), WORKERS_MAX);
	if (argc > 5)
		largest = (unsigned)atoi(argv[5]);
	mkdir(ON, 0755);
	signal(SIGCHLD, on_child);
	if (pipe(from) != 0)
		quit("pipe");
	for (me = 0; me < workers; me++) {
		if (pipe(pair) != 0)
			quit("pipe");
		to[me] = pair[1];
		if (fork() == 0)
			worker(seed, (unsigned)atoi(argv[4]), pair[0], from[1]);
		close(pair[0]);
	}
	rounds((unsigned)atoi(argv[3]), workers, to, from[0], argc > 6);
	signal(SIGCHLD, SIG_IGN);
	printf("stress: ok\n");
	return (0);
}
