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
#include "net/unix_impl.h"
#include "vm/kmem.h"

unsigned unix_inflight;

static struct list to_free = LIST_INITIALIZER(to_free); /* (l) messages */
static bool freeing; /* (l) a thread is at to_free */

struct control *
control_alloc(unsigned files)
{
	struct control *c;

	c = kmem_alloc(sizeof(*c) + files * sizeof(c->c_files[0]), 0);
	if (c == NULL)
		return (NULL);
	memset(c, 0, sizeof(*c));
	c->c_room = files;
	return (c);
}

void
control_free(struct control *c)
{
	for (unsigned i = 0; i < c->c_count; i++)
		file_release(c->c_files[i]);
	kmem_free(c, sizeof(*c) + c->c_room * sizeof(c->c_files[0]));
}

void
control_set_cred(struct control *c, struct thread *td)
{
	const struct cred *cr = td->td_cred;
	struct cmsgcred *to = &c->c_cred;
	int n = MIN(cr->cr_ngroups, CMGROUP_MAX - 1);

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
	c->c_has_cred = true;
}

/* (l) */
static struct socket *
socket_of(struct file *fp)
{
	return (fp->f_type == DTYPE_SOCKET ? fp->f_data : NULL);
}

void
rights_sent(struct control *c)
{
	struct socket *so;

	for (unsigned i = 0; i < c->c_count; i++) {
		so = socket_of(c->c_files[i]);
		if (so == NULL)
			continue;
		so->so_inflight++;
		unix_inflight++;
	}
}

void
rights_received(struct control *c)
{
	struct socket *so;

	for (unsigned i = 0; i < c->c_count; i++) {
		so = socket_of(c->c_files[i]);
		if (so == NULL)
			continue;
		so->so_inflight--;
		unix_inflight--;
	}
}

/* Marks the sockets in so's queue; true if there was a new one. (l) */
static bool
reach_queue(struct socket *so)
{
	struct message *m;
	struct socket *in;
	bool news = false;

	LIST_FOREACH (m, &so->so_messages, m_link) {
		for (unsigned i = 0;
		     m->m_control != NULL && i < m->m_control->c_count; i++) {
			in = socket_of(m->m_control->c_files[i]);
			if (in == NULL || in->so_reached)
				continue;
			in->so_reached = true;
			news = true;
		}
	}
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
			if (so->so_reached && reach_queue(so))
				news = true;
	}
}

/* Moves what nobody can receive any more to to_free. (l) */
static void
collect(void)
{
	struct message *m, *next;
	struct socket *so;

	if (unix_inflight == 0)
		return;
	reach_all();
	LIST_FOREACH (so, &unix_sockets, so_link) {
		if (so->so_reached)
			continue;
		LIST_FOREACH_SAFE (m, &so->so_messages, m_link, next) {
			message_unlink(so, m);
			if (m->m_control != NULL)
				rights_received(m->m_control);
			list_push_back(&to_free, &m->m_link);
		}
	}
}

/* (l) released and taken again. */
static void
free_all(void)
{
	struct message *m;

	while ((m = LIST_FIRST(&to_free, struct message, m_link)) != NULL) {
		list_remove(&m->m_link);
		mutex_unlock(&unix_lock);
		if (m->m_control != NULL)
			control_free(m->m_control);
		message_free(m);
		mutex_lock(&unix_lock);
	}
}

void
rights_dispose(struct list *doomed)
{
	struct message *m;

	mutex_lock(&unix_lock);
	LIST_FOREACH (m, doomed, m_link)
		if (m->m_control != NULL)
			rights_received(m->m_control);
	list_splice(&to_free, doomed);
	if (!freeing) {
		freeing = true;
		free_all();
		collect();
		free_all();
		freeing = false;
	}
	mutex_unlock(&unix_lock);
}
