/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System V message queues: order and types, room, who waits, rights, limits.
 */
#include "asleep.h"
#include "selfcopy.h"
#include "fbsd/ipc.h"

enum {
	SYS_msgget = 225,
	SYS_msgsnd = 226,
	SYS_msgrcv = 227,
	SYS_msgctl = 511,
};

#define KEY	  0x3e55a
#define ERR(e)	  (-(long)(e))
#define QUEUE_MAX 2048

struct message {
	long type;
	char text[QUEUE_MAX + 8];
};

static long
get(long key, int flags)
{
	return (SYS(SYS_msgget, key, flags));
}

static long
send(long id, long type, size_t size, char c, int flags)
{
	struct message m = {.type = type};

	memset(m.text, c, size < sizeof(m.text) ? size : sizeof(m.text));
	return (SYS(SYS_msgsnd, id, &m, size, flags));
}

/* The first byte, or the error. */
static long
receive(long id, long type, size_t room, int flags)
{
	struct message m = {.text = {0}};
	long n = SYS(SYS_msgrcv, id, &m, room, type, flags);

	return (n > 0 ? m.text[0] : n);
}

static struct msqid_ds
stat_of(long id)
{
	struct msqid_ds ds;

	memset(&ds, 0, sizeof(ds));
	CHECK_EQ(SYS(SYS_msgctl, id, IPC_STAT, &ds), 0);
	return (ds);
}

static long
rm(long id)
{
	return (SYS(SYS_msgctl, id, IPC_RMID, 0));
}

static void
keys(void)
{
	long id = get(KEY, IPC_CREAT | 0620);
	struct msqid_ds ds = stat_of(id);

	CHECK_EQ(ds.msg_perm.key, KEY);
	CHECK_EQ(ds.msg_perm.mode, 0620);
	CHECK_EQ(ds.msg_qbytes, QUEUE_MAX);
	CHECK_EQ(ds.msg_qnum, 0);
	CHECK_EQ(get(KEY, 0777), id);
	CHECK_EQ(get(KEY, IPC_CREAT | IPC_EXCL), ERR(EEXIST));
	CHECK_EQ(get(KEY + 1, 0), ERR(ENOENT));
	CHECK_EQ(rm(id), 0);
	CHECK_EQ(rm(id), ERR(EINVAL));
	CHECK_EQ(send(id, 1, 1, 'x', 0), ERR(EINVAL));
	CHECK_EQ(receive(id, 0, 1, 0), ERR(EINVAL));
	CHECK_EQ(SYS(SYS_msgctl, get(IPC_PRIVATE, 0600), 77, 0), ERR(EINVAL));
}

static void
types(void)
{
	long id = get(IPC_PRIVATE, 0600);
	static const struct {
		long type;
		char c;
	} sent[] = {{5, 'a'}, {3, 'b'}, {3, 'c'}, {9, 'd'}, {2, 'e'}, {5, 'f'}};

	for (unsigned i = 0; i < nitems(sent); i++)
		CHECK_EQ(send(id, sent[i].type, i + 1, sent[i].c, 0), 0);
	CHECK_EQ(stat_of(id).msg_qnum, 6);
	CHECK_EQ(stat_of(id).msg_cbytes, 21);
	CHECK_EQ(receive(id, 4, 9, IPC_NOWAIT), ERR(ENOMSG));
	CHECK_EQ(receive(id, -1, 9, IPC_NOWAIT), ERR(ENOMSG));
	CHECK_EQ(receive(id, 9, 9, 0), 'd');
	CHECK_EQ(receive(id, -3, 9, 0), 'e');
	CHECK_EQ(receive(id, INT64_MIN, 9, 0), 'b');
	CHECK_EQ(receive(id, 0, 9, 0), 'a');
	CHECK_EQ(receive(id, 5, 5, 0), ERR(E2BIG));
	CHECK_EQ(receive(id, 5, 5, MSG_NOERROR), 'f');
	CHECK_EQ(receive(id, -9, 9, 0), 'c');
	CHECK_EQ(receive(id, 0, 9, IPC_NOWAIT), ERR(ENOMSG));
	CHECK_EQ(stat_of(id).msg_cbytes, 0);
	CHECK_EQ(send(id, 7, 0, 0, 0), 0);
	CHECK_EQ(receive(id, 7, 0, 0), 0);
	CHECK_EQ(send(id, 0, 1, 'x', 0), ERR(EINVAL));
	CHECK_EQ(send(id, -1, 1, 'x', 0), ERR(EINVAL));
	CHECK_EQ(SYS(SYS_msgsnd, id, NULL, 1, 0), ERR(EFAULT));
	CHECK_EQ(stat_of(id).msg_lspid, SYS(SYS_getpid));
	CHECK_EQ(stat_of(id).msg_lrpid, SYS(SYS_getpid));
	CHECK_EQ(rm(id), 0);
}

static void
room(void)
{
	long id = get(IPC_PRIVATE, 0600), other = get(IPC_PRIVATE, 0600);
	struct msqid_ds ds;
	int n = 0;

	CHECK_EQ(send(id, 1, QUEUE_MAX + 1, 'x', 0), ERR(EINVAL));
	CHECK_EQ(send(id, 1, ~0ul, 'x', 0), ERR(EINVAL));
	CHECK_EQ(send(id, 1, QUEUE_MAX, 'x', 0), 0);
	CHECK_EQ(send(id, 1, 1, 'x', IPC_NOWAIT), ERR(EAGAIN));
	CHECK_EQ(send(id, 1, 0, 'x', IPC_NOWAIT), 0);
	while (n < 100 && send(other, 1, 1, 'y', IPC_NOWAIT) == 0)
		n++;
	CHECK_EQ(n, get_sysctl("kern.ipc.msgtql") - 2);
	CHECK_EQ(rm(other), 0);
	ds = stat_of(id);
	ds.msg_qbytes = 0;
	CHECK_EQ(SYS(SYS_msgctl, id, IPC_SET, &ds), ERR(EINVAL));
	ds.msg_qbytes = 100000;
	CHECK_EQ(SYS(SYS_msgctl, id, IPC_SET, &ds), 0);
	CHECK_EQ(stat_of(id).msg_qbytes, QUEUE_MAX);
	ds.msg_qbytes = 10;
	CHECK_EQ(SYS(SYS_msgctl, id, IPC_SET, &ds), 0);
	CHECK_EQ(send(id, 1, 11, 'x', IPC_NOWAIT), ERR(EINVAL));
	CHECK_EQ(receive(id, 0, QUEUE_MAX, 0), 'x');
	CHECK_EQ(rm(id), 0);
}

/* Threads that send or receive one message. */
static struct worker {
	long id, tid, type, result;
	size_t size;
	char c; /* to be sent; 0: receives */
} workers[3];

static void
work(void *arg)
{
	struct worker *w = arg;

	w->result = w->c != 0 ? send(w->id, w->type, w->size, w->c, 0)
			      : receive(w->id, w->type, w->size, 0);
	end_thread(&w->tid);
}

/* It sleeps when this returns. */
static void
start(int i, long id, long type, size_t size, char c)
{
	workers[i] =
	    (struct worker){.id = id, .type = type, .size = size, .c = c};
	CHECK_EQ(start_thread(work, &workers[i], &workers[i].tid), 0);
	await_asleep(workers[i].tid, c != 0 ? "msgsnd" : "msgrcv");
}

static void
join(int i, long result)
{
	join_thread(&workers[i].tid);
	CHECK_EQ(workers[i].result, result);
}

static void
receivers(void)
{
	long id = get(IPC_PRIVATE, 0600);

	start(0, id, 5, 9, 0);
	start(1, id, 0, 9, 0);
	start(2, id, -4, 1, 0);
	CHECK_EQ(send(id, 4, 1, 'a', 0), 0);
	join(1, 'a');
	/* Too much for this one; it stays. */
	CHECK_EQ(send(id, 3, 2, 'b', 0), 0);
	join(2, ERR(E2BIG));
	CHECK_EQ(stat_of(id).msg_qnum, 1);
	CHECK_EQ(send(id, 5, 1, 'c', 0), 0);
	join(0, 'c');
	CHECK_EQ(receive(id, 0, 9, 0), 'b');
	start(0, id, 0, 1, 0);
	CHECK_EQ(rm(id), 0);
	join(0, ERR(EIDRM));
}

static void
senders(void)
{
	long id = get(IPC_PRIVATE, 0600);

	CHECK_EQ(send(id, 1, QUEUE_MAX - 10, 'a', 0), 0);
	start(0, id, 1, 20, 'b');
	start(1, id, 1, 5, 'c');
	/* There is room, but others were first. */
	CHECK_EQ(send(id, 1, 1, 'd', IPC_NOWAIT), ERR(EAGAIN));
	CHECK_EQ(stat_of(id).msg_qnum, 1);
	CHECK_EQ(receive(id, 0, QUEUE_MAX, 0), 'a');
	join(0, 0);
	join(1, 0);
	CHECK_EQ(receive(id, 0, QUEUE_MAX, 0), 'b');
	CHECK_EQ(receive(id, 0, QUEUE_MAX, 0), 'c');
	CHECK_EQ(send(id, 1, QUEUE_MAX, 'a', 0), 0);
	start(0, id, 1, 1, 'b');
	CHECK_EQ(rm(id), 0);
	join(0, ERR(EIDRM));
}

/* Room that all queues share. */
static void
all_full(void)
{
	long id = get(IPC_PRIVATE, 0600), other = get(IPC_PRIVATE, 0600);
	long third = get(IPC_PRIVATE, 0600);

	while (send(id, 1, 1, 'a', IPC_NOWAIT) == 0)
		;
	start(0, other, 1, 1, 'b');
	start(1, third, 1, 1, 'c');
	CHECK_EQ(receive(other, 0, 1, IPC_NOWAIT), ERR(ENOMSG));
	CHECK_EQ(receive(id, 0, 1, 0), 'a');
	CHECK_EQ(receive(id, 0, 1, 0), 'a');
	join(0, 0);
	join(1, 0);
	CHECK_EQ(receive(other, 0, 1, IPC_NOWAIT), 'b');
	CHECK_EQ(receive(third, 0, 1, IPC_NOWAIT), 'c');
	CHECK_EQ(rm(third), 0);
	while (send(id, 1, 1, 'a', IPC_NOWAIT) == 0)
		;
	start(0, other, 1, 1, 'd');
	CHECK_EQ(rm(id), 0);
	join(0, 0);
	CHECK_EQ(rm(other), 0);
}

static void
nothing(int sig)
{
	(void)sig;
}

static long waited_id;

static int
interrupted(void)
{
	struct itimerval soon = {{0, 5000}, {0, 5000}};

	(void)handle(SIGALRM, nothing, 0x0002 /* SA_RESTART */);
	CHECK_EQ(SYS(SYS_setitimer, 0, &soon, NULL), 0);
	CHECK_EQ(receive(waited_id, 0, 1, 0), ERR(EINTR));
	CHECK_EQ(send(waited_id, 1, QUEUE_MAX, 'a', 0), 0);
	CHECK_EQ(send(waited_id, 1, 1, 'b', 0), ERR(EINTR));
	CHECK_EQ(stat_of(waited_id).msg_qnum, 1);
	return (failures);
}

static void
signals(void)
{
	waited_id = get(IPC_PRIVATE, 0600);
	CHECK_EQ(in_child(interrupted), 0);
	CHECK_EQ(rm(waited_id), 0);
}

static int
as_nobody(void)
{
	struct msqid_ds ds;

	become(NOBODY);
	CHECK_EQ(get(KEY, 0400), ERR(EACCES));
	CHECK_EQ(get(KEY, 0200), waited_id);
	CHECK_EQ(send(waited_id, 1, 1, 'n', 0), 0);
	CHECK_EQ(receive(waited_id, 0, 1, 0), ERR(EACCES));
	CHECK_EQ(SYS(SYS_msgctl, waited_id, IPC_STAT, &ds), ERR(EACCES));
	CHECK_EQ(rm(waited_id), ERR(EACCES));
	return (failures);
}

static int
as_owner(void)
{
	struct msqid_ds ds;

	become(NOBODY);
	ds = stat_of(waited_id);
	ds.msg_qbytes = 100;
	CHECK_EQ(SYS(SYS_msgctl, waited_id, IPC_SET, &ds), 0);
	ds.msg_qbytes = 101;
	CHECK_EQ(SYS(SYS_msgctl, waited_id, IPC_SET, &ds), ERR(EPERM));
	CHECK_EQ(rm(waited_id), 0);
	return (failures);
}

static void
rights(void)
{
	struct msqid_ds ds;

	waited_id = get(KEY, IPC_CREAT | 0602);
	CHECK_EQ(in_child(as_nobody), 0);
	CHECK_EQ(receive(waited_id, 0, 1, 0), 'n');
	ds = stat_of(waited_id);
	ds.msg_perm.uid = NOBODY;
	CHECK_EQ(SYS(SYS_msgctl, waited_id, IPC_SET, &ds), 0);
	CHECK_EQ(in_child(as_owner), 0);
}

static void
limits(void)
{
	static struct msqid_kernel list[40];
	static long ids[50];
	size_t size = sizeof(list);
	int n = 0;

	while (n < 50 && (ids[n] = get(IPC_PRIVATE, 0600)) >= 0)
		n++;
	/* One is keys()'s. */
	CHECK_EQ(n, get_sysctl("kern.ipc.msgmni") - 1);
	CHECK_EQ(ids[n], ERR(ENOSPC));
	CHECK_EQ(
	    SYS(SYS___sysctlbyname, "kern.ipc.msqids", 15, list, &size, 0, 0),
	    0);
	CHECK_EQ(size, sizeof(list));
	for (int i = 0; i < n; i++) {
		CHECK_EQ(list[i + 1].u.msg_perm.seq << 16 | (i + 1), ids[i]);
		CHECK_EQ(rm(ids[i]), 0);
	}
}

#define ROUNDS 400

static int
echo(void)
{
	for (int i = 0; i < ROUNDS; i++) {
		if (receive(waited_id, 1, 8, 0) != 'a' + i % 20)
			return (1);
		if (send(waited_id, 2, 8, (char)('A' + i % 20), 0) != 0)
			return (2);
	}
	return (0);
}

static void
ping_pong(void)
{
	long pid;

	waited_id = get(IPC_PRIVATE, 0600);
	pid = SYS(SYS_fork);
	if (pid == 0)
		(void)SYS(SYS_exit, echo());
	for (int i = 0; i < ROUNDS; i++) {
		CHECK_EQ(send(waited_id, 1, 8, (char)('a' + i % 20), 0), 0);
		CHECK_EQ(receive(waited_id, 2, 8, 0), 'A' + i % 20);
	}
	CHECK_EQ(wait_for(pid), 0);
	CHECK_EQ(rm(waited_id), 0);
}

int
main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	keys();
	types();
	room();
	receivers();
	senders();
	all_full();
	signals();
	rights();
	limits();
	ping_pong();
	return (result("sysvmsg"));
}
