/* SPDX-License-Identifier: BSD-2-Clause */
/* Sockets: streams of bytes, with control messages at places between them. */
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "fbsd/socket.h"
#include "net/socket_io.h"

#define AT_ONCE (64 * 1024ul) /* bytes before the reader sees the first */

void
sockbuf_init(struct sockbuf *sb, struct socket *so, const char *nonempty,
    const char *nonfull)
{
	sb->sb_socket = so;
	sb->sb_control_end = &sb->sb_control;
	ringbuf_init(&sb->sb_ring, so->so_lock, nonempty, nonfull);
}

void
sockbuf_flush(struct sockbuf *sb, struct control **doomed)
{
	sb->sb_taken += sb->sb_ring.rb_count;
	ringbuf_clear(&sb->sb_ring);
	*sb->sb_control_end = *doomed;
	*doomed = sb->sb_control;
	sb->sb_control = NULL;
	sb->sb_control_end = &sb->sb_control;
	sb->sb_beside = 0;
}

/* (l) Control messages that come with the byte at a place. */
static void
add_control(struct sockbuf *sb, struct control *c, uint64_t at)
{
	sb->sb_beside += control_size(c);
	*sb->sb_control_end = c;
	for (; c != NULL; c = c->c_next) {
		c->c_at = at;
		sb->sb_control_end = &c->c_next;
	}
}

/* (l) Those that come with the next byte. */
static struct control *
remove_control(struct sockbuf *sb)
{
	struct control *first = sb->sb_control, **end = &sb->sb_control, *rest;

	while (*end != NULL && (*end)->c_at == sb->sb_taken)
		end = &(*end)->c_next;
	if (end == &sb->sb_control)
		return (NULL);
	rest = *end;
	*end = NULL;
	sb->sb_control = rest;
	if (rest == NULL)
		sb->sb_control_end = &sb->sb_control;
	sb->sb_beside -= control_size(first);
	return (first);
}

/* (l) Bytes up to the next that have something beside them. */
static size_t
up_to_control(const struct sockbuf *sb)
{
	for (const struct control *c = sb->sb_control; c != NULL; c = c->c_next)
		if (c->c_at != sb->sb_taken)
			return (c->c_at - sb->sb_taken);
	return (sb->sb_ring.rb_count);
}

int
stream_take(struct transfer *t, struct received *r)
{
	struct sockbuf *sb = &t->t_so->so_rcv;
	bool peek = (r->r_flags & MSG_PEEK) != 0;
	size_t n = t->t_uio->uio_resid, before = n;
	int error = 0;

	if (sb->sb_control != NULL) {
		if (!peek)
			error = take_control(t, remove_control(sb), r);
		if (error != 0)
			return (error);
		n = MIN(n, up_to_control(sb));
	}
	n = MIN(n, sb->sb_ring.rb_count);
	error = ringbuf_take(&sb->sb_ring, t->t_uio, n, peek);
	if (!peek) {
		sb->sb_taken += before - t->t_uio->uio_resid;
		if (t->t_so->so_proto->pr_received != NULL)
			t->t_so->so_proto->pr_received(t->t_so, NULL);
	}
	return (error);
}

/* (l) Where so's bytes go, if any can. */
static int
find_target(struct socket *so, struct sockbuf **sbp)
{
	int error;

	if (so->so_snd.sb_closed)
		return (EPIPE);
	error = take_error(so);
	return (error != 0 ? error : so->so_proto->pr_target(so, sbp));
}

/* (l) Until some bytes can be sent there: *n. */
static int
wait_room(struct transfer *t, struct sockbuf **sbp, size_t *n)
{
	size_t wanted = MIN(t->t_uio->uio_resid, AT_ONCE);
	struct socket *so = t->t_so;
	struct sockbuf *sb;
	int error;

	for (;;) {
		error = find_target(so, sbp);
		if (error != 0)
			return (error);
		sb = *sbp;
		error = ringbuf_prepare(
		    &sb->sb_ring, sockbuf_limit(sb), 1, wanted, n);
		if (error == ENOMEM)
			return (ENOBUFS);
		if (error == 0)
			return (0);
		if (t->t_nonblock && sb->sb_ring.rb_writing)
			sb->sb_ring.rb_missed = true;
		error = ringbuf_wait_writer(
		    &so->so_snd.sb_ring, t->t_nonblock, t->t_deadline);
		if (error != 0)
			return (error);
	}
}

/*
 * (l) released while bytes are copied.  n bytes into a ring that has room for
 * them, or none; *cp goes with the first.  The target may be closed meanwhile.
 */
static int
put(struct transfer *t, struct sockbuf *sb, size_t n, struct control **cp)
{
	uint64_t at = sb->sb_taken + sb->sb_ring.rb_count;
	size_t moved = t->t_uio->uio_resid;
	int error;

	error = ringbuf_put(&sb->sb_ring, t->t_uio, n);
	moved -= t->t_uio->uio_resid;
	if (error == 0 && sb->sb_closed)
		error = EPIPE;
	if (error != 0) {
		sb->sb_ring.rb_count -= moved;
		t->t_uio->uio_resid += moved;
		return (error);
	}
	if (*cp != NULL)
		add_control(sb, *cp, at);
	*cp = NULL;
	return (0);
}

/* (l) One turn of sending. */
static int
send_some(struct transfer *t, struct control **cp)
{
	struct socket *so = t->t_so, *to;
	struct sockbuf *sb;
	size_t n;
	int error;

	error = wait_room(t, &sb, &n);
	if (error == 0 && so->so_proto->pr_sign != NULL)
		error = so->so_proto->pr_sign(so, t->t_td, cp);
	if (error != 0)
		return (error);
	to = sb->sb_socket;
	socket_hold(to);
	error = put(t, sb, n, cp);
	if (error == 0 && so->so_proto->pr_sent != NULL)
		so->so_proto->pr_sent(so);
	cv_broadcast(&so->so_snd.sb_ring.rb_nonfull);
	if (ringbuf_missed(&sb->sb_ring)) {
		event_notify(&so->so_events, 0);
		event_notify(&to->so_events, 0);
	}
	socket_drop(to);
	return (error);
}

int
stream_send(struct transfer *t, struct control **cp)
{
	struct socket *so = t->t_so;
	struct sockbuf *sb;
	int error;

	/* Bytes carry the files. */
	if (*cp != NULL && t->t_uio->uio_resid == 0)
		return (EINVAL);
	mutex_lock(so->so_lock);
	if (t->t_uio->uio_resid == 0) {
		error = find_target(so, &sb);
	} else {
		do
			error = send_some(t, cp);
		while (error == 0 && t->t_uio->uio_resid > 0);
	}
	mutex_unlock(so->so_lock);
	return (error);
}
