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
 * - What isn't reached then has its buffers emptied, which closes it.
 *
 * The suspects' buffers are gone through twice at most.  A thread of its own
 * does that, after a socket was closed while others were in messages, with
 * pauses that are much longer than the search, however much is closed.
 *
 * Messages are sent and received meanwhile, but a file enters one, and leaves
 * it for a process, under unix_lock, which the search holds from beginning to
 * end.  So a suspect stays one: to receive it, or what is in it, somebody must
 * first have received it.  A message between the count and a buffer is in no
 * buffer, and what is in it counts as reached.
 */
#include "lib/string.h"
#include "amd64/md.h"
#include "core/sched.h"
#include "core/sysctl.h"
#include "core/thread.h"
#include "fbsd/errno.h"
#include "net/unix.h"
#include "vm/kmem.h"

#define RIGHTS_MAX   254u /* files in a message: FreeBSD has room for these */
#define SEARCH_PAUSE (10 * 1000000ull) /* ns at least */
#define SEARCH_SHARE 8 /* pauses are so many times as long as the search */

/* (u) unix_lock, (a) also read without it. */
static unsigned files_inflight;				    /* (u) */
static struct list in_flight = LIST_INITIALIZER(in_flight); /* (u) sockets */
static unsigned sockets_inflight;			    /* (u), (a) */
SYSCTL_INT(rights_inflight, "net.local.inflight", CTL_AUTO, CTLFLAG_RD,
    &files_inflight);

static struct control *to_free; /* (u) */
static unsigned deferred;	/* (u) files in them */
static bool freeing;		/* (u) a thread is at to_free */
SYSCTL_INT(
    rights_deferred, "net.local.deferred", CTL_AUTO, CTLFLAG_RD, &deferred);

static struct {
	bool running;	   /* (u) its thread is there */
	bool wanted;	   /* (u), (a) */
	unsigned done;	   /* (u) so many times */
	unsigned recycled; /* (u) sockets that were found */
	struct cv wake;
} search = {.wake = CV_INITIALIZER(search.wake, "unixgc")};
SYSCTL_INT(
    rights_searches, "net.local.taskcount", CTL_AUTO, CTLFLAG_RD, &search.done);
SYSCTL_INT(rights_recycled, "net.local.recycled", CTL_AUTO, CTLFLAG_RD,
    &search.recycled);

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

struct control *
rights_credentials(struct thread *td, int option)
{
	const struct cred *cr = td->td_cred;
	int groups = MIN(cr->cr_ngroups, CMGROUP_MAX);
	bool old = option == LOCAL_CREDS;
	struct sockcred2 *new;
	struct sockcred *to;
	struct control *c;

	c = control_alloc(SOL_SOCKET, old ? SCM_CREDS : SCM_CREDS2,
	    old ? SOCKCREDSIZE(groups) : SOCKCRED2SIZE(groups));
	if (c == NULL)
		return (NULL);
	/* The new form is the old one with a version and a process before. */
	new = (struct sockcred2 *)(void *)c->c_body;
	to = old ? (void *)c->c_body : (void *)&new->sc_uid;
	if (!old)
		new->sc_pid = td->td_proc->p_pid;
	/* There may be room for fewer groups than the structure has. */
	to->sc_uid = cr->cr_ruid;
	to->sc_euid = cr->cr_uid;
	to->sc_gid = cr->cr_rgid;
	to->sc_egid = cr->cr_gid;
	to->sc_ngroups = groups;
	memcpy(to->sc_groups, cr->cr_groups,
	    (size_t)groups * sizeof(to->sc_groups[0]));
	return (c);
}

int
unix_control(struct thread *td, int type, const char *data, size_t length,
    struct control **cp)
{
	unsigned count = (unsigned)(length / sizeof(int));

	*cp = NULL;
	switch (type) {
	case SCM_RIGHTS:
		if (count > RIGHTS_MAX)
			return (EMSGSIZE);
		return (
		    count == 0 ? 0 : control_alloc_files(td, data, count, cp));
	case SCM_CREDS:
		*cp = cmsg_credentials(td);
		return (*cp == NULL ? ENOBUFS : 0);
	default:
		return (EINVAL);
	}
}

static struct unix_socket *
socket_of(struct file *fp)
{
	struct socket *so = fp->f_type == DTYPE_SOCKET ? fp->f_data : NULL;

	return (so != NULL && so->so_proto->pr_domain == AF_UNIX ? unix_of(so)
								 : NULL);
}

/* (u) One more message has a reference, or one fewer. */
static void
count_one(struct file *fp, bool more)
{
	struct unix_socket *us = socket_of(fp);

	files_inflight += more ? 1 : -1;
	if (us == NULL)
		return;
	us->us_inflight += more ? 1 : -1;
	if (us->us_inflight == 0) {
		list_remove(&us->us_flight);
		atomic_store(&sockets_inflight, sockets_inflight - 1);
	} else if (!list_linked(&us->us_flight)) {
		us->us_file = fp;
		list_push_back(&in_flight, &us->us_flight);
		atomic_store(&sockets_inflight, sockets_inflight + 1);
	}
}

/* (u) */
static void
count_all(struct control *list, bool more)
{
	for (struct control *c = list; c != NULL; c = c->c_next)
		for (unsigned i = 0; i < c->c_count; i++)
			count_one(control_files(c)[i], more);
}

void
rights_enter(struct control *list)
{
	if (!control_has_files(list))
		return;
	mutex_lock(&unix_lock);
	count_all(list, true);
	mutex_unlock(&unix_lock);
}

void
rights_leave(struct control *list)
{
	if (!control_has_files(list))
		return;
	mutex_lock(&unix_lock);
	count_all(list, false);
	mutex_unlock(&unix_lock);
}

typedef void visit_fn(struct unix_socket *us, struct list *arg);

/* (u) Visits the suspects in control messages. */
static void
visit_list(struct control *list, visit_fn *visit, struct list *arg)
{
	struct unix_socket *us;

	for (struct control *c = list; c != NULL; c = c->c_next)
		for (unsigned i = 0; i < c->c_count; i++) {
			us = socket_of(control_files(c)[i]);
			if (us != NULL && us->us_suspect)
				visit(us, arg);
		}
}

/* (u), (l) */
static void
visit_queue(const struct queue *q, visit_fn *visit, struct list *arg)
{
	struct message *m;

	LIST_FOREACH (m, &q->q_messages, m_link) {
		sched_maybe_yield();
		visit_list(m->m_control, visit, arg);
	}
}

/* (u), (l) Those in all that a socket receives. */
static void
visit_buffer(const struct socket *so, visit_fn *visit, struct list *arg)
{
	struct queue *q;

	visit_list(so->so_rcv.sb_control, visit, arg);
	visit_queue(&so->so_queue, visit, arg);
	LIST_FOREACH (q, &so->so_turns, q_turn)
		visit_queue(q, visit, arg);
}

/* (u) And in what waits for its connections to be accepted. */
static void
visit_within(struct unix_socket *us, visit_fn *visit, struct list *arg)
{
	struct socket *so = &us->us_socket, *conn;

	sched_maybe_yield();
	mutex_lock(so->so_lock);
	visit_buffer(so, visit, arg);
	LIST_FOREACH (conn, &so->so_incoming, so_accepted) {
		unix_lock_other(us, unix_of(conn));
		visit_buffer(conn, visit, arg);
		unix_unlock_other(us, unix_of(conn));
	}
	mutex_unlock(so->so_lock);
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

/* (u) Marks those to whose files nothing but messages has references. */
static bool
find_suspects(void)
{
	struct unix_socket *us;
	bool some = false;

	LIST_FOREACH (us, &in_flight, us_flight) {
		sched_maybe_yield();
		us->us_suspect =
		    atomic_load(&us->us_file->f_refs) == us->us_inflight;
		us->us_fromwithin = 0;
		some = some || us->us_suspect;
	}
	return (some);
}

/* (u) Leaves suspect only what can't be reached. */
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

/* (u) These wait to be freed. */
static void
defer(struct control *doomed)
{
	count_all(doomed, false);
	for (struct control *c = doomed; c != NULL; c = c->c_next)
		deferred += c->c_count;
	*control_end(&doomed) = to_free;
	to_free = doomed;
}

/* (u), (l) */
static void
empty(struct unix_socket *us, struct control **doomed)
{
	struct socket *so = &us->us_socket, *conn;

	mutex_lock(so->so_lock);
	socket_flush(so, doomed);
	LIST_FOREACH (conn, &so->so_incoming, so_accepted) {
		unix_lock_other(us, unix_of(conn));
		socket_flush(conn, doomed);
		unix_unlock_other(us, unix_of(conn));
	}
	mutex_unlock(so->so_lock);
}

/* (u) Moves what nobody can receive any more to to_free. */
static void
collect(void)
{
	struct control *doomed = NULL;
	struct unix_socket *us;

	search.done++;
	if (!find_suspects())
		return;
	follow();
	LIST_FOREACH (us, &in_flight, us_flight) {
		if (!us->us_suspect)
			continue;
		empty(us, &doomed);
		search.recycled++;
	}
	defer(doomed);
}

/* (u) released and taken again. */
static void
free_all(void)
{
	struct control *c;

	if (freeing)
		return;
	freeing = true;
	while ((c = to_free) != NULL) {
		to_free = c->c_next;
		c->c_next = NULL;
		deferred -= c->c_count;
		mutex_unlock(&unix_lock);
		control_free(c);
		sched_maybe_yield();
		mutex_lock(&unix_lock);
	}
	freeing = false;
}

/* (u) released. */
static void
pause_until(uint64_t end)
{
	while (clock_ns() < end)
		(void)cv_timedwait(&search.wake, &unix_lock, end);
}

static void
search_thread(void *arg)
{
	uint64_t start, end;

	mutex_lock(&unix_lock);
	for (;;) {
		while (!search.wanted)
			cv_wait(&search.wake, &unix_lock);
		atomic_store(&search.wanted, false);
		start = clock_ns();
		collect();
		end = clock_ns();
		free_all();
		pause_until(
		    end + MAX(SEARCH_PAUSE, (end - start) * SEARCH_SHARE));
	}
}

/* (u) If there is no memory for the thread, a later one is asked again. */
static void
want_search(void)
{
	bool start = !search.running;

	search.running = true;
	atomic_store(&search.wanted, true);
	if (!start) {
		cv_broadcast(&search.wake);
		return;
	}
	mutex_unlock(&unix_lock);
	start = kthread_create("unixgc", search_thread, NULL) != NULL;
	mutex_lock(&unix_lock);
	search.running = start;
	atomic_store(&search.wanted, start);
}

void
rights_dispose(struct control *doomed)
{
	if (!control_has_files(doomed)) {
		control_free(doomed);
		return;
	}
	mutex_lock(&unix_lock);
	defer(doomed);
	free_all();
	mutex_unlock(&unix_lock);
}

void
rights_closed(void)
{
	if (atomic_load(&sockets_inflight) == 0 || atomic_load(&search.wanted))
		return;
	mutex_lock(&unix_lock);
	want_search();
	mutex_unlock(&unix_lock);
}
