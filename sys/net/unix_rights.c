/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files on their way through sockets (SCM_RIGHTS).
 *
 * A message holds a reference to each file in it.  Sockets can travel as well,
 * also through themselves, and then only a search finds that nobody can ever
 * receive them: a socket whose file has references from elsewhere than from
 * messages is reached, and so is what waits in the queues of one that is
 * reached.  What isn't reached has its queue emptied, which closes it.
 */
#include "lib/string.h"
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "info/sysctl.h"
#include "net/unix_impl.h"
#include "vm/kmem.h"

static unsigned files_inflight;	  /* (l) references from messages */
static unsigned sockets_inflight; /* (l) those of them to sockets */
static unsigned searches;	  /* (l) for what can't be reached */
SYSCTL_INT(rights_inflight, "net.local.inflight", CTL_AUTO, CTLFLAG_RD,
    &files_inflight);
SYSCTL_INT(
    rights_searches, "net.local.taskcount", CTL_AUTO, CTLFLAG_RD, &searches);

static struct list to_free = LIST_INITIALIZER(to_free); /* (l) messages */
static unsigned deferred;				/* (l) files in them */
static bool freeing; /* (l) a thread is at to_free */
SYSCTL_INT(
    rights_deferred, "net.local.deferred", CTL_AUTO, CTLFLAG_RD, &deferred);

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
static struct socket *
socket_of(struct file *fp)
{
	return (fp->f_type == DTYPE_SOCKET ? fp->f_data : NULL);
}

/* (l) One more reference of each file of a list, or one fewer: by is 1, -1. */
static void
count_rights(struct control *list, int by)
{
	struct socket *so;

	for (struct control *c = list; c != NULL; c = c->c_next)
		for (unsigned i = 0; i < control_file_count(c); i++) {
			files_inflight += (unsigned)by;
			so = socket_of(control_files(c)[i]);
			if (so == NULL)
				continue;
			so->so_inflight += (unsigned)by;
			sockets_inflight += (unsigned)by;
		}
}

void
rights_sent(struct control *c)
{
	count_rights(c, 1);
}

void
rights_received(struct control *c)
{
	count_rights(c, -1);
}

/* Marks the sockets in a queue; true if there was a new one. (l) */
static bool
reach_queue(const struct queue *q)
{
	struct message *m;
	struct socket *in;
	bool news = false;

	LIST_FOREACH (m, &q->q_messages, m_link)
		for (struct control *c = m->m_control; c != NULL; c = c->c_next)
			for (unsigned i = 0; i < control_file_count(c); i++) {
				in = socket_of(control_files(c)[i]);
				if (in == NULL || in->so_reached)
					continue;
				in->so_reached = true;
				news = true;
			}
	return (news);
}

/* The same for all that so receives. (l) */
static bool
reach_from(const struct socket *so)
{
	bool news = reach_queue(&so->so_queue);
	struct socket *sender;

	LIST_FOREACH (sender, &so->so_turns, so_turn)
		if (reach_queue(&sender->so_sent))
			news = true;
	return (news);
}

/* Marks all that somebody can still get hold of. (l) */
static void
reach_all(void)
{
	struct socket *so;
	bool news = true;

	LIST_FOREACH (so, &unix_sockets, so_link)
		so->so_reached =
		    so->so_file == NULL ||
		    atomic_load(&so->so_file->f_refs) > so->so_inflight;
	/* One that waits to be accepted is as reachable as can be: its
	 * listener may be found by name. */
	while (news) {
		news = false;
		LIST_FOREACH (so, &unix_sockets, so_link)
			if (so->so_reached && reach_from(so))
				news = true;
	}
}

/* These messages wait to be freed. (l) */
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

/* Moves what nobody can receive any more to to_free. (l) */
static void
collect(void)
{
	struct list doomed = LIST_INITIALIZER(doomed);
	struct socket *so;

	if (sockets_inflight == 0)
		return;
	searches++;
	reach_all();
	LIST_FOREACH (so, &unix_sockets, so_link)
		if (!so->so_reached)
			socket_flush(so, &doomed);
	defer(&doomed);
}

/* (l) released and taken again. */
static void
free_all(void)
{
	struct message *m;

	while ((m = LIST_FIRST(&to_free, struct message, m_link)) != NULL) {
		list_remove(&m->m_link);
		for (struct control *c = m->m_control; c != NULL; c = c->c_next)
			deferred -= c->c_count;
		mutex_unlock(&unix_lock);
		control_free(m->m_control);
		message_free(m);
		mutex_lock(&unix_lock);
	}
}

void
rights_dispose(struct list *doomed)
{
	mutex_lock(&unix_lock);
	defer(doomed);
	if (!freeing) {
		freeing = true;
		free_all();
		collect();
		free_all();
		freeing = false;
	}
	mutex_unlock(&unix_lock);
}
