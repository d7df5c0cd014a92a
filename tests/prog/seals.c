/* SPDX-License-Identifier: BSD-2-Clause */
/* Seals of shared memory: F_ADD_SEALS, F_GET_SEALS. */
#include "files.h"

#include "fbsd/mman.h"

enum { SYS_shm_open2 = 571, SYS_shm_unlink = 483 };

#define ALL (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

static long
shm(const char *name, int flags)
{
	return (SYS(
	    SYS_shm_open2, name, O_RDWR | O_CREAT, 0600, flags, "memfd:test"));
}

static long
seal(long fd, int seals)
{
	return (SYS(SYS_fcntl, fd, F_ADD_SEALS, seals));
}

static long
seals_of(long fd)
{
	return (SYS(SYS_fcntl, fd, F_GET_SEALS));
}

static long
map(long fd, int prot, int flags)
{
	return (SYS(SYS_mmap, 0, 4096, prot, flags, fd, 0));
}

static void
who_may(void)
{
	long fd = shm((const char *)SHM_ANON, 0), file;

	CHECK_EQ(seals_of(fd), F_SEAL_SEAL);
	CHECK_EQ(seal(fd, F_SEAL_GROW), -EPERM);
	CHECK_EQ(SYS(SYS_close, fd), 0);
	fd = shm((const char *)SHM_ANON, SHM_ALLOW_SEALING);
	CHECK_EQ(seals_of(fd), 0);
	CHECK_EQ(seal(fd, 0x10), -EINVAL);
	CHECK_EQ(seal(fd, 0), 0);
	CHECK_EQ(seal(fd, F_SEAL_GROW | F_SEAL_SEAL), 0);
	CHECK_EQ(seals_of(fd), F_SEAL_GROW | F_SEAL_SEAL);
	CHECK_EQ(seal(fd, F_SEAL_SHRINK), -EPERM);
	CHECK_EQ(seal(fd, F_SEAL_GROW), -EPERM);
	CHECK_EQ(SYS(SYS_close, fd), 0);
	file = xopen("seals", O_RDWR | O_CREAT, 0644);
	CHECK_EQ(seals_of(file), -EINVAL);
	CHECK_EQ(seal(file, F_SEAL_GROW), -EINVAL);
	CHECK_EQ(SYS(SYS_close, file), 0);
	CHECK_EQ(seals_of(99), -EBADF);
}

static void
sizes(void)
{
	long fd = shm((const char *)SHM_ANON, SHM_ALLOW_SEALING);

	CHECK_EQ(SYS(SYS_ftruncate, fd, 8192), 0);
	CHECK_EQ(seal(fd, F_SEAL_SHRINK), 0);
	CHECK_EQ(SYS(SYS_ftruncate, fd, 8191), -EPERM);
	CHECK_EQ(SYS(SYS_ftruncate, fd, 12288), 0);
	CHECK_EQ(seal(fd, F_SEAL_GROW), 0);
	CHECK_EQ(SYS(SYS_ftruncate, fd, 12289), -EPERM);
	CHECK_EQ(SYS(SYS_ftruncate, fd, 12288), 0);
	CHECK_EQ(SYS(SYS_pwrite, fd, "x", 1, 12287), 1);
	CHECK_EQ(SYS(SYS_close, fd), 0);
	fd = shm((const char *)SHM_ANON, SHM_ALLOW_SEALING | SHM_GROW_ON_WRITE);
	CHECK_EQ(SYS(SYS_write, fd, "grow", 4), 4);
	CHECK_EQ(seal(fd, F_SEAL_GROW), 0);
	CHECK_EQ(SYS(SYS_write, fd, "grow", 4), -EPERM);
	CHECK_EQ(SYS(SYS_pwrite, fd, "same", 4, 0), 4);
	CHECK_EQ(SYS(SYS_close, fd), 0);
}

/* There is an end to what one can hold, as far as one may write. */
static void
far_away(void)
{
	static const long far[] = {1l << 46, 1l << 50, INT64_MAX - 1};
	long fd = shm((const char *)SHM_ANON, SHM_GROW_ON_WRITE);
	char c;

	for (unsigned i = 0; i < sizeof(far) / sizeof(far[0]); i++) {
		CHECK_EQ(SYS(SYS_pwrite, fd, "x", 1, far[i]), -EFBIG);
		CHECK_EQ(SYS(SYS_ftruncate, fd, far[i] + 1), -EFBIG);
		CHECK_EQ(SYS(SYS_pread, fd, &c, 1, far[i]), 0);
	}
	CHECK_EQ(SYS(SYS_lseek, fd, 0, SEEK_END), 0);
	CHECK_EQ(SYS(SYS_pwrite, fd, "x", 1, (1l << 46) - 1), 1);
	CHECK_EQ(SYS(SYS_lseek, fd, 0, SEEK_END), 1l << 46);
	CHECK_EQ(SYS(SYS_close, fd), 0);
}

static void
writing(void)
{
	long fd = shm((const char *)SHM_ANON, SHM_ALLOW_SEALING), m, ro, own;
	char c;

	CHECK_EQ(SYS(SYS_ftruncate, fd, 4096), 0);
	m = map(fd, PROT_READ | PROT_WRITE, MAP_SHARED);
	CHECK(m > 0);
	*(char *)m = 'a';
	CHECK_EQ(seal(fd, F_SEAL_WRITE), -EBUSY);
	/* What mprotect(2) could make writable again counts as well. */
	CHECK_EQ(SYS(SYS_mprotect, m, 4096, PROT_READ), 0);
	CHECK_EQ(seal(fd, F_SEAL_WRITE), -EBUSY);
	CHECK_EQ(seals_of(fd), 0);
	CHECK_EQ(SYS(SYS_munmap, m, 4096), 0);
	/* A private mapping isn't in the way. */
	own = map(fd, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	CHECK(own > 0);
	CHECK_EQ(seal(fd, F_SEAL_WRITE), 0);
	CHECK_EQ(SYS(SYS_pwrite, fd, "b", 1, 0), -EPERM);
	CHECK_EQ(map(fd, PROT_READ | PROT_WRITE, MAP_SHARED), -EACCES);
	ro = map(fd, PROT_READ, MAP_SHARED);
	CHECK(ro > 0);
	CHECK_EQ(SYS(SYS_mprotect, ro, 4096, PROT_READ | PROT_WRITE), -EACCES);
	*(char *)own = 'c';
	CHECK_EQ(*(char *)ro, 'a');
	CHECK_EQ(SYS(SYS_pread, fd, &c, 1, 0), 1);
	CHECK_EQ(c, 'a');
	CHECK_EQ(SYS(SYS_munmap, ro, 4096), 0);
	CHECK_EQ(SYS(SYS_munmap, own, 4096), 0);
	CHECK_EQ(SYS(SYS_close, fd), 0);
}

/* A seal is the object's, whoever opens it by name. */
static void
named(void)
{
	long fd = shm("/sealed", SHM_ALLOW_SEALING), fd2;

	CHECK_EQ(SYS(SYS_ftruncate, fd, 4096), 0);
	CHECK_EQ(seal(fd, F_SEAL_SHRINK), 0);
	fd2 = shm("/sealed", 0);
	CHECK_EQ(seals_of(fd2), F_SEAL_SHRINK);
	CHECK_EQ(SYS(SYS_shm_open2, "/sealed", O_RDWR | O_TRUNC, 0600, 0, NULL),
	    -EPERM);
	CHECK_EQ(SYS(SYS_shm_unlink, "/sealed"), 0);
	CHECK_EQ(SYS(SYS_close, fd), 0);
	CHECK_EQ(SYS(SYS_close, fd2), 0);
}

/* One process seals while others map and unmap: no writable mapping may
 * exist once the seal is there. */
static long race_fd;

static int
mapper(void)
{
	long m;

	for (;;) {
		m = map(race_fd, PROT_READ | PROT_WRITE, MAP_SHARED);
		if (m < 0)
			return (m == -EACCES ? 0 : 1);
		if (seals_of(race_fd) != 0)
			return (2);
		(void)SYS(SYS_munmap, m, 4096);
	}
}

static void
race(void)
{
	long pid[2], error;
	int status;

	race_fd = shm((const char *)SHM_ANON, SHM_ALLOW_SEALING);
	CHECK_EQ(SYS(SYS_ftruncate, race_fd, 4096), 0);
	for (int i = 0; i < 2; i++) {
		pid[i] = SYS(SYS_fork);
		if (pid[i] == 0)
			(void)SYS(SYS_exit, mapper());
	}
	while ((error = seal(race_fd, F_SEAL_WRITE)) == -EBUSY)
		(void)SYS(SYS_sched_yield);
	CHECK_EQ(error, 0);
	for (int i = 0; i < 2; i++) {
		CHECK_EQ(SYS(SYS_wait4, pid[i], &status, 0, NULL), pid[i]);
		CHECK_EQ(status, 0);
	}
	CHECK_EQ(SYS(SYS_close, race_fd), 0);
}

/* posix_fallocate(2), which returns its error, and fspacectl(2). */
static void
storage(void)
{
	long fd = shm((const char *)SHM_ANON, SHM_ALLOW_SEALING);
	int64_t range[2] = {2000, 3 * 4096 - 2000 + 100};
	struct stat st;
	char *p;

	CHECK_EQ(SYS(SYS_posix_fallocate, fd, 0, 4 * 4096), 0);
	CHECK_EQ(SYS(SYS_posix_fallocate, fd, 4096, 100), 0);
	CHECK_EQ(SYS(SYS_posix_fallocate, fd, 0, 1ul << 62), EFBIG);
	CHECK_EQ(SYS(SYS_fstat, fd, &st), 0);
	CHECK_EQ(st.st_size, 4 * 4096);
	p = (char *)SYS(SYS_mmap, 0, 4 * 4096, 3, MAP_SHARED, fd, 0);
	for (int i = 0; i < 4 * 4096; i++)
		p[i] = 1;
	CHECK_EQ(SYS(SYS_fspacectl, fd, SPACECTL_DEALLOC, range, 0, range), 0);
	CHECK_EQ(range[0], 3 * 4096 + 100);
	CHECK_EQ(range[1], 0);
	CHECK_EQ(SYS(SYS_fstat, fd, &st), 0);
	CHECK_EQ(st.st_size, 4 * 4096);
	CHECK_EQ(st.st_blocks * st.st_blksize, 2 * 4096);
	CHECK(p[1999] == 1 && p[2000] == 0 && p[4096] == 0);
	CHECK(p[3 * 4096 + 99] == 0 && p[3 * 4096 + 100] == 1);
	/* Beyond its end, and within a page. */
	range[0] = 3 * 4096 + 200;
	range[1] = INT64_MAX - range[0];
	CHECK_EQ(SYS(SYS_fspacectl, fd, SPACECTL_DEALLOC, range, 0, range), 0);
	CHECK_EQ(range[0], 4 * 4096);
	CHECK(p[3 * 4096 + 199] == 1 && p[3 * 4096 + 200] == 0);
	CHECK_EQ(SYS(SYS_munmap, p, 4 * 4096), 0);
	CHECK_EQ(seal(fd, F_SEAL_GROW | F_SEAL_WRITE), 0);
	CHECK_EQ(SYS(SYS_posix_fallocate, fd, 0, 4 * 4096), 0);
	CHECK_EQ(SYS(SYS_posix_fallocate, fd, 0, 5 * 4096), EPERM);
	range[0] = 0;
	range[1] = 1;
	CHECK_EQ(
	    SYS(SYS_fspacectl, fd, SPACECTL_DEALLOC, range, 0, NULL), -EPERM);
	CHECK_EQ(SYS(SYS_close, fd), 0);
}

int
main(int argc, char **argv)
{
	CHECK_EQ(SYS(SYS_mkdir, "/t", 0755), 0);
	CHECK_EQ(SYS(SYS_chdir, "/t"), 0);
	who_may();
	sizes();
	far_away();
	writing();
	named();
	storage();
	for (int i = 0; i < 10; i++)
		race();
	return (result("seals"));
}
