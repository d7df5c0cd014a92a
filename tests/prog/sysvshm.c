/* SPDX-License-Identifier: BSD-2-Clause */
/* System V shared memory: keys, rights, fork, exec and exit, limits. */
#include "selfcopy.h"
#include "fbsd/ipc.h"

enum {
	SYS_shmat = 228,
	SYS_shmdt = 230,
	SYS_shmget = 231,
	SYS_kenv = 390,
	SYS_shmctl = 512,
};

#define KENV_SET 1
#define KEY	 0x1234567
#define PAGE	 4096
#define MNI	 192
#define ERR(e)	 (-(long)(e))

static long
get(long key, size_t size, int flags)
{
	return (SYS(SYS_shmget, key, size, flags));
}

static long
attach(long id, const void *at, int flags)
{
	return (SYS(SYS_shmat, id, at, flags));
}

static long
detach(long at)
{
	return (SYS(SYS_shmdt, at));
}

static struct shmid_ds
stat_of(long id)
{
	struct shmid_ds ds;

	memset(&ds, 0, sizeof(ds));
	CHECK_EQ(SYS(SYS_shmctl, id, IPC_STAT, &ds), 0);
	return (ds);
}

static long
rm(long id)
{
	return (SYS(SYS_shmctl, id, IPC_RMID, 0));
}

static long
set_kenv(const char *name, const char *text)
{
	return (SYS(SYS_kenv, KENV_SET, name, text, length(text) + 1));
}

/* The kernel's environment sets limits that nobody has asked for yet. */
static void
environment(void)
{
	CHECK_EQ(set_kenv("kern.ipc.shmseg", "0x60"), 0);
	CHECK_EQ(set_kenv("kern.ipc.shmmax", "1G"), 0);
	CHECK_EQ(set_kenv("kern.ipc.shmmin", "2 or so"), 0);
	CHECK_EQ(set_kenv("kern.ipc.semmni", "99999999999"), 0);
	CHECK_EQ(get_sysctl("kern.ipc.shmseg"), 96);
	CHECK_EQ(get_sysctl("kern.ipc.shmmax"), 1 << 30);
	CHECK_EQ(get_sysctl("kern.ipc.shmmin"), 1);
	CHECK_EQ(get_sysctl("kern.ipc.semmni"), 32768);
	CHECK_EQ(set_sysctl("kern.ipc.semvmx", 65536), ERR(EINVAL));
	CHECK_EQ(set_sysctl("kern.ipc.semvmx", -1), ERR(EINVAL));
	CHECK_EQ(set_sysctl("kern.ipc.semmni", 5), ERR(EPERM));
}

static void
keys(void)
{
	long id = get(KEY, 5000, IPC_CREAT | 0640), other;
	struct shmid_ds ds = stat_of(id);

	CHECK_EQ(ds.shm_segsz, 2 * PAGE);
	CHECK_EQ(ds.shm_perm.key, KEY);
	CHECK_EQ(ds.shm_perm.mode & 0777, 0640);
	CHECK_EQ(ds.shm_cpid, SYS(SYS_getpid));
	CHECK_EQ(ds.shm_lpid, 0);
	CHECK_EQ(ds.shm_nattch, 0);
	CHECK_EQ(ds.shm_atime, 0);
	CHECK(ds.shm_ctime > 0);
	CHECK_EQ(get(KEY, 0, 0), id);
	CHECK_EQ(get(KEY, 2 * PAGE, IPC_CREAT), id);
	CHECK_EQ(get(KEY, 2 * PAGE + 1, IPC_CREAT), ERR(EINVAL));
	CHECK_EQ(get(KEY, 1, IPC_CREAT | IPC_EXCL), ERR(EEXIST));
	CHECK_EQ(get(KEY + 1, 1, 0), ERR(ENOENT));
	CHECK_EQ(get(KEY + 1, 0, IPC_CREAT), ERR(EINVAL));
	CHECK_EQ(get(KEY + 1, ~0ul, IPC_CREAT), ERR(EINVAL));
	CHECK_EQ(rm(id), 0);
	CHECK_EQ(rm(id), ERR(EINVAL));
	CHECK_EQ(attach(id, 0, 0), ERR(EINVAL));
	CHECK_EQ(get(KEY, 0, 0), ERR(ENOENT));
	/* The place is used again, the number isn't. */
	other = get(IPC_PRIVATE, 1, 0600);
	CHECK(other >= 0 && other != id);
	CHECK_EQ(rm(other), 0);
	CHECK_EQ(rm(-1), ERR(EINVAL));
	CHECK_EQ(SYS(SYS_shmctl, other, 99, 0), ERR(EINVAL));
}

static void
places(void)
{
	long id = get(IPC_PRIVATE, 2 * PAGE, 0600), at, second, hole;

	at = attach(id, 0, 0);
	CHECK(at > 0);
	*(volatile char *)at = 'a';
	CHECK_EQ(attach(id, (void *)at, 0), ERR(ENOMEM));
	CHECK_EQ(attach(id, (void *)(at + 1), 0), ERR(EINVAL));
	CHECK_EQ(attach(id, (void *)(1l << 47), 0), ERR(ENOMEM));
	CHECK_EQ(attach(id, (void *)-4096l, 0), ERR(ENOMEM));
	hole = (long)map_anon(4 * PAGE, MAP_ANON_PRIVATE);
	CHECK_EQ(attach(id, (void *)(hole + PAGE), SHM_REMAP), hole + PAGE);
	CHECK_EQ(*(volatile char *)(hole + PAGE), 'a');
	CHECK_EQ(detach(hole), ERR(EINVAL));
	CHECK_EQ(detach(hole + PAGE), 0);
	CHECK_EQ(detach(hole + PAGE), ERR(EINVAL));
	second = attach(id, (void *)(hole + PAGE + 5), SHM_RND);
	CHECK_EQ(second, hole + PAGE);
	CHECK_EQ(stat_of(id).shm_nattch, 2);
	CHECK_EQ(stat_of(id).shm_lpid, SYS(SYS_getpid));
	CHECK(stat_of(id).shm_dtime > 0);
	/* What is unmapped otherwise stays attached. */
	CHECK_EQ(SYS(SYS_munmap, second, 2 * PAGE), 0);
	CHECK_EQ(stat_of(id).shm_nattch, 2);
	CHECK_EQ(detach(second), 0);
	CHECK_EQ(detach(at), 0);
	CHECK_EQ(stat_of(id).shm_nattch, 0);
	at = attach(id, 0, SHM_RDONLY);
	CHECK_EQ(*(volatile char *)at, 'a');
	CHECK_EQ(SYS(SYS_mprotect, at, PAGE, PROT_RW), ERR(EACCES));
	CHECK_EQ(SYS(SYS_read, 99, at, 1), ERR(EBADF));
	CHECK_EQ(detach(at), 0);
	CHECK_EQ(rm(id), 0);
}

static long shared_id, shared_at;

static int
child_of_fork(void)
{
	volatile char *at = (char *)shared_at;

	CHECK_EQ(stat_of(shared_id).shm_nattch, 2);
	CHECK_EQ(at[0], 'p');
	at[1] = 'c';
	/* Gone, but not for whoever has it. */
	CHECK_EQ(rm(shared_id), 0);
	CHECK_EQ(
	    stat_of(shared_id).shm_perm.mode & SHMSEG_REMOVED, SHMSEG_REMOVED);
	CHECK_EQ(get(KEY, 0, 0), ERR(ENOENT));
	CHECK_EQ(detach(shared_at), 0);
	CHECK_EQ(stat_of(shared_id).shm_nattch, 1);
	CHECK(attach(shared_id, 0, 0) > 0);
	return (failures);
}

static void
forks(void)
{
	volatile char *at;

	shared_id = get(KEY, PAGE, IPC_CREAT | 0600);
	shared_at = attach(shared_id, 0, 0);
	at = (char *)shared_at;
	at[0] = 'p';
	CHECK_EQ(in_child(child_of_fork), 0);
	/* The child's end detached it. */
	CHECK_EQ(stat_of(shared_id).shm_nattch, 1);
	CHECK_EQ(at[1], 'c');
	CHECK_EQ(set_sysctl("kern.ipc.shm_allow_removed", 0), 0);
	CHECK_EQ(attach(shared_id, 0, 0), ERR(EINVAL));
	CHECK_EQ(set_sysctl("kern.ipc.shm_allow_removed", 1), 0);
	CHECK_EQ(detach(shared_at), 0);
	CHECK_EQ(rm(shared_id), ERR(EINVAL));
}

static int
child_that_execs(void)
{
	CHECK(attach(shared_id, 0, 0) > 0);
	CHECK_EQ(stat_of(shared_id).shm_nattch, 1);
	run("/self", "exec");
	return (1);
}

/* In the new program: is it the only segment, and nobody's? */
static int
after_exec(void)
{
	long id = get(KEY, 0, 0);

	CHECK_EQ(stat_of(id).shm_nattch, 0);
	return (failures);
}

static void
execs(void)
{
	shared_id = get(KEY, PAGE, IPC_CREAT | 0600);
	CHECK_EQ(in_child(child_that_execs), 0);
	CHECK_EQ(rm(shared_id), 0);
}

static int
as_nobody(void)
{
	struct shmid_ds ds;

	become(NOBODY);
	/* shmget(2) asks for no rights, and gives none. */
	CHECK_EQ(get(KEY, 0, 0600), shared_id);
	CHECK_EQ(attach(shared_id, 0, 0), ERR(EACCES));
	CHECK(attach(shared_id, 0, SHM_RDONLY) > 0);
	CHECK_EQ(SYS(SYS_shmctl, shared_id, IPC_STAT, &ds), 0);
	CHECK_EQ(SYS(SYS_shmctl, shared_id, IPC_SET, &ds), ERR(EACCES));
	CHECK_EQ(rm(shared_id), ERR(EACCES));
	return (failures);
}

static int
as_owner(void)
{
	struct shmid_ds ds;

	become(NOBODY);
	CHECK_EQ(attach(shared_id, 0, SHM_RDONLY), ERR(EACCES));
	CHECK_EQ(SYS(SYS_shmctl, shared_id, IPC_STAT, &ds), ERR(EACCES));
	ds.shm_perm.uid = NOBODY;
	ds.shm_perm.gid = 0;
	ds.shm_perm.mode = 0607;
	CHECK_EQ(SYS(SYS_shmctl, shared_id, IPC_SET, &ds), 0);
	CHECK(attach(shared_id, 0, 0) > 0);
	CHECK_EQ(rm(shared_id), 0);
	return (failures);
}

static void
rights(void)
{
	struct shmid_ds ds;

	shared_id = get(KEY, PAGE, IPC_CREAT | 0604);
	CHECK_EQ(in_child(as_nobody), 0);
	ds = stat_of(shared_id);
	CHECK_EQ(ds.shm_nattch, 0);
	ds.shm_perm.uid = NOBODY;
	ds.shm_perm.mode = 0;
	CHECK_EQ(SYS(SYS_shmctl, shared_id, IPC_SET, &ds), 0);
	CHECK_EQ(stat_of(shared_id).shm_perm.cuid, 0);
	CHECK_EQ(in_child(as_owner), 0);
	CHECK_EQ(rm(shared_id), ERR(EINVAL));
	CHECK_EQ(SYS(SYS_shmctl, shared_id, IPC_SET, 1), ERR(EFAULT));
}

static void
limits(void)
{
	static long ids[MNI];
	static long at[200];
	long all = get_sysctl("kern.ipc.shmall"), id;
	unsigned n = 0;

	CHECK_EQ(get_sysctl("kern.ipc.shmmni"), MNI);
	CHECK_EQ(get(IPC_PRIVATE, (size_t)get_sysctl("kern.ipc.shmmax") + 1, 0),
	    ERR(EINVAL));
	for (unsigned i = 0; i < MNI; i++)
		CHECK((ids[i] = get(IPC_PRIVATE, 1, 0600)) >= 0);
	CHECK_EQ(get(IPC_PRIVATE, 1, 0600), ERR(ENOSPC));
	for (unsigned i = 1; i < MNI; i++)
		CHECK_EQ(rm(ids[i]), 0);
	while (n < nitems(at) && (at[n] = attach(ids[0], 0, 0)) > 0)
		n++;
	CHECK_EQ(n, get_sysctl("kern.ipc.shmseg"));
	CHECK_EQ(at[n], ERR(EMFILE));
	CHECK_EQ(detach(at[0]), 0);
	CHECK((at[0] = attach(ids[0], 0, 0)) > 0);
	CHECK_EQ(stat_of(ids[0]).shm_nattch, n);
	while (n > 0)
		CHECK_EQ(detach(at[--n]), 0);
	/* One page is taken. */
	CHECK_EQ(set_sysctl("kern.ipc.shmall", 3), 0);
	CHECK_EQ(get(IPC_PRIVATE, 3 * PAGE, 0600), ERR(ENOMEM));
	id = get(IPC_PRIVATE, 2 * PAGE, 0600);
	CHECK(id >= 0);
	CHECK_EQ(get(IPC_PRIVATE, 1, 0600), ERR(ENOMEM));
	CHECK_EQ(rm(id), 0);
	CHECK_EQ(set_sysctl("kern.ipc.shmall", all), 0);
	CHECK_EQ(rm(ids[0]), 0);
}

/* kern.ipc.shmsegs has a line for each place. */
static void
listed(void)
{
	static struct shmid_kernel list[MNI];
	size_t size = sizeof(list);
	long id = get(KEY, PAGE, IPC_CREAT | 0600);
	int there = 0;

	CHECK_EQ(
	    SYS(SYS___sysctlbyname, "kern.ipc.shmsegs", 16, list, &size, 0, 0),
	    0);
	CHECK_EQ(size, sizeof(list));
	for (unsigned i = 0; i < MNI; i++)
		if ((list[i].u.shm_perm.mode & SHMSEG_ALLOCATED) != 0) {
			there += list[i].u.shm_perm.key == KEY;
			CHECK_EQ(list[i].u.shm_perm.seq << 16 | (int)i, id);
		}
	CHECK_EQ(there, 1);
	CHECK_EQ(rm(id), 0);
}

#define ROUNDS 300

static volatile bool over;

static void
forker(void *arg)
{
	while (!over) {
		long pid = SYS(SYS_fork);

		if (pid == 0)
			(void)SYS(SYS_exit, 0);
		(void)SYS(SYS_wait4, pid, NULL, 0, NULL);
	}
	end_thread(arg);
}

/* One thread attaches and detaches while another forks. */
static void
races(void)
{
	long id = get(IPC_PRIVATE, PAGE, 0600), tid = 0, at;

	over = false;
	CHECK_EQ(start_thread(forker, &tid, &tid), 0);
	for (int i = 0; i < ROUNDS; i++) {
		at = attach(id, 0, 0);
		CHECK(at > 0);
		CHECK_EQ(detach(at), 0);
	}
	over = true;
	join_thread(&tid);
	CHECK_EQ(stat_of(id).shm_nattch, 0);
	CHECK_EQ(rm(id), 0);
}

int
main(int argc, char **argv)
{
	if (argc > 1)
		return (after_exec());
	copy_self("/self", 0755);
	environment();
	keys();
	places();
	forks();
	execs();
	rights();
	limits();
	listed();
	races();
	return (result("sysvshm"));
}
