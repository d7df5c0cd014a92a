/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System V semaphores: operations that happen all at once, who waits and who
 * comes first, undoing at exit, rights and limits.
 */
#include "selfcopy.h"
#include "fbsd/ipc.h"

enum {
	SYS_semget = 221,
	SYS_semop = 222,
	SYS_semctl = 510,
};

#define KEY    0x5e5e
#define ERR(e) (-(long)(e))

static long
get(long key, int n, int flags)
{
	return (SYS(SYS_semget, key, n, flags));
}

static long
ops(long id, const struct sembuf *op, size_t n)
{
	return (SYS(SYS_semop, id, op, n));
}

static long
op(long id, unsigned num, int by, int flags)
{
	struct sembuf one = {(uint16_t)num, (int16_t)by, (int16_t)flags};

	return (ops(id, &one, 1));
}

static long
control(long id, int num, int cmd, long arg)
{
	union semun un = {.buf = (uint64_t)arg};

	return (SYS(SYS_semctl, id, num, cmd, &un));
}

static long
value(long id, int num)
{
	return (control(id, num, GETVAL, 0));
}

static long
rm(long id)
{
	return (control(id, 0, IPC_RMID, 0));
}

/* Until so many wait for a value to grow. */
static void
await_waiters(long id, int num, int n)
{
	for (int i = 0; i < 5000 && control(id, num, GETNCNT, 0) != n; i++)
		sleep_ms(1);
	CHECK_EQ(control(id, num, GETNCNT, 0), n);
}

static void
keys(void)
{
	long id = get(KEY, 3, IPC_CREAT | 0640);
	struct semid_ds ds;

	CHECK_EQ(control(id, 0, IPC_STAT, (long)&ds), 0);
	CHECK_EQ(ds.sem_nsems, 3);
	CHECK_EQ(ds.sem_perm.key, KEY);
	CHECK_EQ(ds.sem_perm.mode & 0777, 0640);
	CHECK_EQ(ds.sem_otime, 0);
	CHECK(ds.sem_ctime > 0);
	CHECK_EQ(get(KEY, 3, 0600), id);
	CHECK_EQ(get(KEY, 0, 0777), id);
	CHECK_EQ(get(KEY, 4, 0), ERR(EINVAL));
	CHECK_EQ(get(KEY, 1, IPC_CREAT | IPC_EXCL), ERR(EEXIST));
	CHECK_EQ(get(KEY + 1, 1, 0), ERR(ENOENT));
	CHECK_EQ(get(IPC_PRIVATE, 0, 0), ERR(EINVAL));
	CHECK_EQ(get(IPC_PRIVATE, -1, 0), ERR(EINVAL));
	CHECK_EQ(control(id & 0xffff, 0, SEM_STAT, (long)&ds), id);
	CHECK_EQ(control(id, 3, GETVAL, 0), ERR(EINVAL));
	CHECK_EQ(control(id, -1, GETPID, 0), ERR(EINVAL));
	CHECK_EQ(control(id, 0, 99, 0), ERR(EINVAL));
	CHECK_EQ(SYS(SYS_semctl, id, 0, SETVAL, 1), ERR(EFAULT));
	CHECK_EQ(rm(id), 0);
	CHECK_EQ(rm(id), ERR(EINVAL));
	CHECK_EQ(op(id, 0, 1, 0), ERR(EINVAL));
	CHECK_EQ(control(-1, 0, GETALL, 0), ERR(EINVAL));
}

static void
values(void)
{
	static const struct sembuf three[] = {{0, 2, 0}, {1, -1, IPC_NOWAIT},
	    {2, 1, 0}},
				   swap[] = {{0, -2, 0}, {0, 0, 0}, {1, 7, 0}};
	uint16_t all[4] = {1, 2, 3, 99}, big[3] = {0, 40000, 0};
	long id = get(IPC_PRIVATE, 3, 0600);

	/* The second can't be, so the first wasn't. */
	CHECK_EQ(ops(id, three, 3), ERR(EAGAIN));
	CHECK_EQ(value(id, 0), 0);
	CHECK_EQ(control(id, 1, SETVAL, 1), 0);
	CHECK_EQ(ops(id, three, 3), 0);
	CHECK_EQ(value(id, 0), 2);
	CHECK_EQ(value(id, 1), 0);
	CHECK_EQ(value(id, 2), 1);
	CHECK_EQ(control(id, 2, GETPID, 0), SYS(SYS_getpid));
	/* Each sees what those before it did. */
	CHECK_EQ(ops(id, swap, 3), 0);
	CHECK_EQ(value(id, 1), 7);
	CHECK_EQ(op(id, 3, 1, 0), ERR(EFBIG));
	CHECK_EQ(op(id, 0, 32767, 0), 0);
	CHECK_EQ(op(id, 0, 1, 0), ERR(ERANGE));
	CHECK_EQ(op(id, 0, 0, IPC_NOWAIT), ERR(EAGAIN));
	CHECK_EQ(control(id, 0, SETALL, (long)all), 0);
	all[0] = all[1] = all[2] = 0;
	CHECK_EQ(control(id, 0, GETALL, (long)all), 0);
	CHECK(all[0] == 1 && all[1] == 2 && all[2] == 3 && all[3] == 99);
	CHECK_EQ(control(id, 0, SETALL, (long)big), ERR(ERANGE));
	CHECK_EQ(value(id, 0), 1);
	CHECK_EQ(control(id, 0, SETALL, 8), ERR(EFAULT));
	CHECK_EQ(control(id, 0, SETVAL, -1), ERR(ERANGE));
	CHECK_EQ(ops(id, NULL, 0), 0);
	CHECK_EQ(ops(id, NULL, 1), ERR(EFAULT));
	CHECK_EQ(ops(id, three, 101), ERR(E2BIG));
	CHECK_EQ(ops(id, three, ~0ul), ERR(E2BIG));
	CHECK_EQ(rm(id), 0);
}

/* Threads that take from the set's first semaphore, one operation each. */
static struct taker {
	long id, tid, result;
	int by;
	volatile int order;
} takers[3];
static volatile int served;

static void
take(void *arg)
{
	struct taker *t = arg;

	t->result = op(t->id, 0, t->by, 0);
	t->order = __atomic_add_fetch(&served, 1, __ATOMIC_SEQ_CST);
	end_thread(&t->tid);
}

static void
start_takers(long id, int a, int b, int c)
{
	const int by[] = {a, b, c};

	served = 0;
	for (int i = 0; i < 3; i++) {
		takers[i] = (struct taker){.id = id, .by = by[i]};
		CHECK_EQ(start_thread(take, &takers[i], &takers[i].tid), 0);
		await_waiters(id, 0, i + 1);
	}
}

static void
join_takers(void)
{
	for (int i = 0; i < 3; i++)
		join_thread(&takers[i].tid);
}

/* Whoever waits has what there is before one who comes now. */
static void
fairness(void)
{
	long id = get(IPC_PRIVATE, 1, 0600);

	start_takers(id, -1, -1, -5);
	CHECK_EQ(op(id, 0, 1, 0), 0);
	CHECK_EQ(op(id, 0, -1, IPC_NOWAIT), ERR(EAGAIN));
	await_waiters(id, 0, 2);
	join_thread(&takers[0].tid);
	CHECK_EQ(takers[0].result, 0);
	CHECK_EQ(op(id, 0, 6, 0), 0);
	join_takers();
	CHECK_EQ(takers[1].result, 0);
	CHECK_EQ(takers[2].result, 0);
	CHECK_EQ(takers[0].order, 1);
	CHECK_EQ(value(id, 0), 0);
	CHECK_EQ(control(id, 0, GETNCNT, 0), 0);
	CHECK_EQ(rm(id), 0);
}

static void
removal(void)
{
	long id = get(IPC_PRIVATE, 1, 0600);

	start_takers(id, -1, -2, -3);
	CHECK_EQ(rm(id), 0);
	join_takers();
	for (int i = 0; i < 3; i++)
		CHECK_EQ(takers[i].result, ERR(EIDRM));
}

static void
nothing(int sig)
{
	(void)sig;
}

static long waited_id;

static int
child_waits(void)
{
	(void)handle(SIGUSR1, nothing, 0x0002 /* SA_RESTART */);
	return (op(waited_id, 0, -1, 0) == ERR(EINTR) ? 7 : 1);
}

static void
signals(void)
{
	long pid, id = get(IPC_PRIVATE, 1, 0600);

	waited_id = id;
	pid = SYS(SYS_fork);
	if (pid == 0)
		(void)SYS(SYS_exit, child_waits());
	await_waiters(id, 0, 1);
	CHECK_EQ(SYS(SYS_kill, pid, SIGUSR1), 0);
	CHECK_EQ(wait_for(pid), 7);
	CHECK_EQ(control(id, 0, GETNCNT, 0), 0);
	CHECK_EQ(rm(id), 0);
}

static int
zero_waiter(void)
{
	return (op(waited_id, 0, 0, 0) == 0 ? 3 : 1);
}

static void
zero(void)
{
	long pid, id = get(IPC_PRIVATE, 1, 0600);

	waited_id = id;
	CHECK_EQ(control(id, 0, SETVAL, 2), 0);
	pid = SYS(SYS_fork);
	if (pid == 0)
		(void)SYS(SYS_exit, zero_waiter());
	for (int i = 0; i < 5000 && control(id, 0, GETZCNT, 0) != 1; i++)
		sleep_ms(1);
	CHECK_EQ(control(id, 0, GETZCNT, 0), 1);
	CHECK_EQ(op(id, 0, -1, 0), 0);
	CHECK_EQ(control(id, 0, GETZCNT, 0), 1);
	CHECK_EQ(control(id, 0, SETVAL, 0), 0);
	CHECK_EQ(wait_for(pid), 3);
	CHECK_EQ(rm(id), 0);
}

static long undo_id;

static int
child_undoes(void)
{
	CHECK_EQ(op(undo_id, 0, -2, SEM_UNDO), 0);
	CHECK_EQ(op(undo_id, 0, 1, SEM_UNDO), 0);
	CHECK_EQ(op(undo_id, 1, 3, SEM_UNDO), 0);
	CHECK_EQ(op(undo_id, 1, -1, 0), 0);
	CHECK_EQ(op(undo_id, 2, 5, SEM_UNDO), 0);
	/* Setting a value forgets what was to be undone. */
	CHECK_EQ(control(undo_id, 2, SETVAL, 4), 0);
	run("/self", "exec");
	return (1);
}

static int
undo_failure(void)
{
	const struct sembuf two[] = {{0, 1, SEM_UNDO}, {1, 20000, SEM_UNDO}};

	/* The second can't be noted, so neither is done. */
	CHECK_EQ(ops(undo_id, two, 2), ERR(ERANGE));
	CHECK_EQ(value(undo_id, 0), 5);
	CHECK_EQ(value(undo_id, 1), 0);
	return (failures);
}

static void
undoing(void)
{
	undo_id = get(KEY, 3, IPC_CREAT | 0600);
	CHECK_EQ(control(undo_id, 0, SETVAL, 5), 0);
	CHECK_EQ(in_child(child_undoes), 0);
	CHECK_EQ(value(undo_id, 0), 5);
	CHECK_EQ(value(undo_id, 1), 0);
	CHECK_EQ(value(undo_id, 2), 4);
	CHECK_EQ(in_child(undo_failure), 0);
	CHECK_EQ(value(undo_id, 0), 5);
	CHECK_EQ(rm(undo_id), 0);
}

/* A program that was run by one with undos to come. */
static int
after_exec(void)
{
	long id = get(KEY, 0, 0);

	CHECK_EQ(value(id, 0), 4);
	CHECK_EQ(value(id, 1), 2);
	return (failures);
}

static void
die_holding(void)
{
	CHECK_EQ(op(undo_id, 0, -1, SEM_UNDO), 0);
	for (;;)
		sleep_ms(1000);
}

/* Who waits for a semaphore has it when its holder is killed; and what was done
 * for him is undone at his end, not at the waker's. */
static void
killed_holder(void)
{
	long holder, id = undo_id = get(IPC_PRIVATE, 1, 0600), heir;

	CHECK_EQ(control(id, 0, SETVAL, 1), 0);
	holder = SYS(SYS_fork);
	if (holder == 0)
		die_holding();
	for (int i = 0; i < 5000 && value(id, 0) != 0; i++)
		sleep_ms(1);
	heir = SYS(SYS_fork);
	if (heir == 0)
		die_holding();
	await_waiters(id, 0, 1);
	CHECK_EQ(SYS(SYS_kill, holder, SIGKILL), 0);
	CHECK_EQ(wait_for(holder), 1000 + SIGKILL);
	await_waiters(id, 0, 0);
	CHECK_EQ(value(id, 0), 0);
	CHECK_EQ(control(id, 0, GETPID, 0), heir);
	CHECK_EQ(SYS(SYS_kill, heir, SIGKILL), 0);
	CHECK_EQ(wait_for(heir), 1000 + SIGKILL);
	CHECK_EQ(value(id, 0), 1);
	CHECK_EQ(rm(id), 0);
}

static int
as_nobody(void)
{
	become(NOBODY);
	CHECK_EQ(get(KEY, 1, 0400), undo_id);
	CHECK_EQ(get(KEY, 1, 0600), ERR(EACCES));
	CHECK_EQ(value(undo_id, 0), 0);
	CHECK_EQ(op(undo_id, 0, 0, 0), 0);
	CHECK_EQ(op(undo_id, 0, 1, 0), ERR(EACCES));
	CHECK_EQ(control(undo_id, 0, SETVAL, 1), ERR(EACCES));
	CHECK_EQ(rm(undo_id), ERR(EACCES));
	return (failures);
}

static void
rights(void)
{
	undo_id = get(KEY, 1, IPC_CREAT | 0604);
	CHECK_EQ(in_child(as_nobody), 0);
	CHECK_EQ(rm(undo_id), 0);
}

static int
too_many_undos(void)
{
	long id = get(IPC_PRIVATE, 60, 0600);
	int n = 0;

	while (n < 60 && op(id, (unsigned)n, 1, SEM_UNDO) == 0)
		n++;
	CHECK_EQ(n, get_sysctl("kern.ipc.semume"));
	CHECK_EQ(op(id, (unsigned)n, 1, SEM_UNDO), ERR(EINVAL));
	/* One that comes to nothing makes room. */
	CHECK_EQ(op(id, 0, -1, SEM_UNDO), 0);
	CHECK_EQ(op(id, (unsigned)n, 1, SEM_UNDO), 0);
	CHECK_EQ(rm(id), 0);
	/* And so does a set that is gone. */
	id = get(IPC_PRIVATE, 1, 0600);
	CHECK_EQ(op(id, 0, 1, SEM_UNDO), 0);
	CHECK_EQ(rm(id), 0);
	return (failures);
}

static void
limits(void)
{
	static struct semid_kernel list[50];
	static long ids[60];
	size_t size = sizeof(list);
	int n = 0;

	while (n < 60 && (ids[n] = get(IPC_PRIVATE, 1, 0600)) >= 0)
		n++;
	CHECK_EQ(n, get_sysctl("kern.ipc.semmni"));
	CHECK_EQ(ids[n], ERR(ENOSPC));
	CHECK_EQ(
	    SYS(SYS___sysctlbyname, "kern.ipc.sema", 13, list, &size, 0, 0), 0);
	CHECK_EQ(size, sizeof(list));
	for (int i = 0; i < n; i++) {
		CHECK_EQ(list[i].u.sem_perm.mode, SEM_ALLOC | 0600);
		CHECK_EQ(rm(ids[i]), 0);
	}
	ids[0] = get(IPC_PRIVATE, 300, 0600);
	CHECK(ids[0] >= 0);
	CHECK_EQ(get(IPC_PRIVATE, 41, 0600), ERR(ENOSPC));
	CHECK_EQ(get(IPC_PRIVATE, 341, 0600), ERR(EINVAL));
	CHECK_EQ(rm(ids[0]), 0);
	CHECK_EQ(in_child(too_many_undos), 0);
}

#define PARTNERS 4
#define ROUNDS	 500

/* Each passes the turn to the next. */
static int
partner(int i)
{
	const struct sembuf turn[] = {{(uint16_t)i, -1, SEM_UNDO},
	    {(uint16_t)i, 1, SEM_UNDO}, {(uint16_t)i, -1, 0},
	    {(uint16_t)((i + 1) % PARTNERS), 1, 0}};

	for (int n = 0; n < ROUNDS; n++)
		if (ops(undo_id, turn, 4) != 0)
			return (1);
	return (0);
}

static void
ring(void)
{
	long pids[PARTNERS];

	undo_id = get(IPC_PRIVATE, PARTNERS, 0600);
	for (int i = 0; i < PARTNERS; i++) {
		pids[i] = SYS(SYS_fork);
		if (pids[i] == 0)
			(void)SYS(SYS_exit, partner(i));
	}
	CHECK_EQ(op(undo_id, 0, 1, 0), 0);
	for (int i = 0; i < PARTNERS; i++)
		CHECK_EQ(wait_for(pids[i]), 0);
	CHECK_EQ(value(undo_id, 0), 1);
	CHECK_EQ(rm(undo_id), 0);
}

int
main(int argc, char **argv)
{
	(void)argv;
	if (argc > 1)
		return (after_exec());
	copy_self("/self", 0755);
	keys();
	values();
	fairness();
	removal();
	signals();
	zero();
	undoing();
	killed_holder();
	rights();
	limits();
	ring();
	return (result("sysvsem"));
}
