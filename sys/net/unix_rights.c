/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files on their way through sockets (SCM_RIGHTS).
 *
 * A message holds a reference to each file in it.  Sockets can travel as well,
 * also through themselves, and then only a search finds that nobody can ever
 * receive them.  Whatever is to be found is in a message, so the search goes
 * over those sockets only:
 *
 * - A socket is suspect if messages have all the references to its file.
 * - It is reached if one of these messages waits in a socket that isn't
 *   suspect, or is reached itself.
 * - What isn't reached then has its queue emptied, which closes it.
 *
 * The suspects' queues are gone through twice at most.  A thread of its own
 * does that, after a socket was closed while others were in messages, and not
 * more often than each SEARCH_PAUSE, whatever is closed meanwhile.
 */
#include "lib/string.h"
#include "amd64/md.h"
#include "core/sched.h"
#include "core/sysctl.h"
#include "core/thread.h"
#include "fbsd/errno.h"
#include "net/unix.h"
#include "vm/kmem.h"

#define SEARCH_PAUSE (10 * 1000000ull) /* ns */

static unsigned files_inflight;				    /* (l) */
static struct list in_flight = LIST_INITIALIZER(in_flight); /* (l) sockets */
SYSCTL_INT(rights_inflight, "net.local.inflight", CTL_AUTO, CTLFLAG_RD,
    &files_inflight);

static struct list to_free = LIST_INITIALIZER(to_free); /* (l) messages */
static unsigned deferred;				/* (l) files in them */
static bool freeing; /* (l) a thread is at to_free */
SYSCTL_INT(
    rights_deferred, "net.local.deferred", CTL_AUTO, CTLFLAG_RD, &deferred);

static struct {
	bool running;  /* (l) its thread is there */
	bool wanted;   /* (l) */
	unsigned done; /* (l) so many times */
	struct cv wake;
} search = {.wake = CV_INITIALIZER(search.wake, "unixgc")};
SYSCTL_INT(
    rights_searches, "net.local.taskcount", CTL_AUTO, CTLFLAG_RD, &search.done);

/* What a sender says of itself by SCM_CREDS. */
static struct control *
cmsg_credentials(struct thread *td)
{
	const struct cred *cr = td->td_cred;
	int n = MIN(cr->cr_ngroups, CMGROUP_MAX - 1);
	struct cmsgcred *to;
	struct control *c;

	c = control_alloc(SOL_SOCKET, SCM_CREDS, sizeof(*to));
	if (c == NULL)
		return (NULL);
	to = (struct cmsgcred *)(void *)c->c_body;
	*to = (struct cmsgcred){
	    .cmcred_pid = td->td_proc->p_pid,
	    .cmcred_uid = cr->cr_ruid,
	    .cmcred_euid = cr->cr_uid,
	    .cmcred_gid = cr->cr_rgid,
	    .cmcred_ngroups = (int16_t)(n + 1),
	};
	to->cmcred_groups[0] = cr->cr_gid;
	for (int i = 0; i < n; i++)
		to->cmcred_groups[i + 1] = cr->cr_groups[i];
	return (c);
}

/* LOCAL_CREDS. */
static struct control *
sock_credentials(const struct cred *cr, int groups)
{
	struct sockcred *to;
	struct control *c;

	c = control_alloc(SOL_SOCKET, SCM_CREDS, SOCKCREDSIZE(groups));
	if (c == NULL)
		return (NULL);
	to = (struct sockcred *)(void *)c->c_body;
	to->sc_uid = cr->cr_ruid;
	to->sc_euid = cr->cr_uid;
	to->sc_gid = cr->cr_rgid;
	to->sc_egid = cr->cr_gid;
	to->sc_ngroups = groups;
	memcpy(to->sc_groups, cr->cr_groups,
	    (size_t)groups * sizeof(to->sc_groups[0]));
	return (c);
}

/* LOCAL_CREDS_PERSISTENT. */
static struct control *
sock_credentials2(const struct cred *cr, int groups, pid_t pid)
{
	struct sockcred2 *to;
	struct control *c;

	c = control_alloc(SOL_SOCKET, SCM_CREDS2, SOCKCRED2SIZE(groups));
	if (c == NULL)
		return (NULL);
	to = (struct sockcred2 *)(void *)c->c_body;
	to->sc_pid = pid;
	to->sc_uid = cr->cr_ruid;
	to->sc_euid = cr->cr_uid;
	to->sc_gid = cr->cr_rgid;
	to->sc_egid = cr->cr_gid;
	to->sc_ngroups = groups;
	memcpy(to->sc_groups, cr->cr_groups,
	    (size_t)groups * sizeof(to->sc_groups[0]));
	return (c);
}

struct control *
rights_credentials(struct thread *td, int option)
{
	const struct cred *cr = td->td_cred;
	int groups = MIN(cr->cr_ngroups, CMGROUP_MAX);

	return (option == LOCAL_CREDS
		    ? sock_credentials(cr, groups)
		    : sock_credentials2(cr, groups, td->td_proc->p_pid));
}

int
unix_control(struct thread *td, int type, const char *data, size_t length,
    struct control **cp)
{
	unsigned count = (unsigned)(length / sizeof(int));

	*cp = NULL;
	switch (type) {
	case SCM_RIGHTS:
		return (
		    count == 0 ? 0 : control_alloc_files(td, data, count, cp));
	case SCM_CREDS:
		*cp = cmsg_credentials(td);
		return (*cp == NULL ? ENOBUFS : 0);
	default:
		return (EINVAL);
	}
}

/* (l) */
static struct unix_socket *
socket_of(struct file *fp)
{
	struct socket *so = fp->f_type == DTYPE_SOCKET ? fp->f_data : NULL;

	return (so != NULL && so->so_proto->pr_domain == AF_UNIX ? unix_of(so)
								 : NULL);
}

/* (l) One more message has a reference, or one fewer. */
static void
count_one(struct file *fp, bool more)
{
	struct unix_socket *us = socket_of(fp);

	files_inflight += more ? 1 : -1;
	if (us == NULL)
		return;
	us->us_inflight += more ? 1 : -1;
	if (us->us_inflight == 0)
		list_remove(&us->us_flight);
	else if (!list_linked(&us->us_flight))
		list_push_back(&in_flight, &us->us_flight);
}

/* (l) */
static void
count_all(struct control *list, bool more)
{
	for (struct control *c = list; c != NULL; c = c->c_next)
		for (unsigned i = 0; i < control_file_count(c); i++)
			count_one(control_files(c)[i], more);
}

void
rights_sent(struct control *c)
{
	count_all(c, true);
}

void
rights_received(struct control *c)
{
	count_all(c, false);
}

typedef void visit_fn(struct unix_socket *us, struct list *arg);

/* (l) Visits the suspects in a queue. */
static void
visit_queue(const struct queue *q, visit_fn *visit, struct list *arg)
{
	struct unix_socket *us;
	struct message *m;

	LIST_FOREACH (m, &q->q_messages, m_link) {
		sched_maybe_yield();
		for (struct control *c = m->m_control; c != NULL; c = c->c_next)
			for (unsigned i = 0; i < control_file_count(c); i++) {
				us = socket_of(control_files(c)[i]);
				if (us != NULL && us->us_suspect)
					visit(us, arg);
			}
	}
}

/* (l) Those in all that a socket receives. */
static void
visit_queues(const struct socket *so, visit_fn *visit, struct list *arg)
{
	struct queue *q;

	visit_queue(&so->so_queue, visit, arg);
	LIST_FOREACH (q, &so->so_turns, q_turn)
		visit_queue(q, visit, arg);
}

/* (l) And in what waits for its connections to be accepted. */
static void
visit_within(const struct unix_socket *us, visit_fn *visit, struct list *arg)
{
	struct socket *conn;

	visit_queues(&us->us_socket, visit, arg);
	LIST_FOREACH (conn, &us->us_socket.so_incoming, so_accepted)
		visit_queues(conn, visit, arg);
}

static void
count_reference(struct unix_socket *us, struct list *arg)
{
	us->us_fromwithin++;
}

static void
reach(struct unix_socket *us, struct list *reached)
{
	us->us_suspect = false;
	list_push_back(reached, &us->us_reached);
}

/* (l) Marks those to whose files nothing but messages has references. */
static bool
find_suspects(void)
{
	struct unix_socket *us;
	struct file *fp;
	bool some = false;

	LIST_FOREACH (us, &in_flight, us_flight) {
		sched_maybe_yield();
		fp = us->us_socket.so_file;
		us->us_suspect = atomic_load(&fp->f_refs) == us->us_inflight;
		us->us_fromwithin = 0;
		some = some || us->us_suspect;
	}
	return (some);
}

/* (l) Leaves suspect only what can't be reached. */
static void
follow(void)
{
	struct list reached = LIST_INITIALIZER(reached);
	struct unix_socket *us;

	LIST_FOREACH (us, &in_flight, us_flight)
		if (us->us_suspect)
			visit_within(us, count_reference, NULL);
	LIST_FOREACH (us, &in_flight, us_flight)
		if (us->us_suspect && us->us_fromwithin < us->us_inflight)
			reach(us, &reached);
	while ((us = LIST_FIRST(&reached, struct unix_socket, us_reached)) !=
	       NULL) {
		list_remove(&us->us_reached);
		visit_within(us, reach, &reached);
	}
}

/* (l) These messages wait to be freed. */
static void
defer(struct list *doomed)
{
	struct message *m;

	LIST_FOREACH (m, doomed, m_link) {
		rights_received(m->m_control);
		for (struct control *c = m->m_control; c != NULL; c = c->c_next)
			deferred += c->c_count;
	}
	list_splice(&to_free, doomed);
}

/* (l) Moves what nobody can receive any more to to_free. */
static void
collect(void)
{
	struct list doomed = LIST_INITIALIZER(doomed);
	struct unix_socket *us;
	struct socket *conn;

	search.done++;
	if (!find_suspects())
		return;
	follow();
	LIST_FOREACH (us, &in_flight, us_flight) {
		if (!us->us_suspect)
			continue;
		socket_flush(&us->us_socket, &doomed);
		LIST_FOREACH (conn, &us->us_socket.so_incoming, so_accepted)
			socket_flush(conn, &doomed);
	}
	defer(&doomed);
}

/* (l) released and taken again. */
static void
free_all(void)
{
	struct message *m;

	if (freeing)
		return;
	freeing = true;
	while ((m = LIST_FIRST(&to_free, struct message, m_link)) != NULL) {
		list_remove(&m->m_link);
		for (struct control *c = m->m_control; c != NULL; c = c->c_next)
			deferred -= c->c_count;
		mutex_unlock(&unix_lock);
		message_free(m);
		sched_maybe_yield();
		mutex_lock(&unix_lock);
	}
	freeing = false;
}

static void
search_thread(void *arg)
{
	uint64_t next;

	mutex_lock(&unix_lock);
	for (;;) {
		while (!search.wanted)
			cv_wait(&search.wake, &unix_lock);
		search.wanted = false;
		collect();
		free_all();
		next = clock_ns() + SEARCH_PAUSE;
		while (clock_ns() < next)
			(void)cv_timedwait(&search.wake, &unix_lock, next);
	}
}

/* (l) If there is no memory for the thread, a later one is asked again. */
static void
want_search(void)
{
	bool start = !search.running;

	search.wanted = search.running = true;
	if (!start) {
		cv_broadcast(&search.wake);
		return;
	}
	mutex_unlock(&unix_lock);
	start = kthread_create("unixgc", search_thread, NULL) != NULL;
	mutex_lock(&unix_lock);
	search.running = start;
}

void
rights_dispose(struct list *doomed)
{
	mutex_lock(&unix_lock);
	defer(doomed);
	free_all();
	if (!list_empty(&in_flight))
		want_search();
	mutex_unlock(&unix_lock);
}
