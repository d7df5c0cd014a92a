/* SPDX-License-Identifier: BSD-2-Clause */
/* Sockets: options that all protocols have. */
#include "lib/string.h"
#include "amd64/md.h"
#include "core/sysctl.h"
#include "fbsd/errno.h"
#include "net/protosw.h"
#include "time/time.h"

#define BUFFER_MAX (2ul << 20) /* bytes that a buffer may be asked to have */

int
socket_handle_space(const struct sysctl_node *node, struct sysctl_req *req)
{
	unsigned long *space = node->sn_ptr, value = atomic_load(space);
	int error;

	error = sysctl_out(req, &value, sizeof(value));
	if (error != 0 || !sysctl_has_new(req))
		return (error);
	error = sysctl_in(req, &value, sizeof(value));
	if (error == 0 && (value == 0 || value > BUFFER_MAX))
		error = EINVAL;
	if (error == 0)
		atomic_store(space, value);
	return (error);
}

/* (l) An integer option's value. */
static int
int_option(struct socket *so, int name, int *value)
{
	switch (name) {
	case SO_REUSEADDR:
	case SO_KEEPALIVE:
	case SO_BROADCAST:
	case SO_REUSEPORT:
	case SO_NOSIGPIPE:
		*value = (so->so_options & (unsigned)name) != 0 ? name : 0;
		return (0);
	case SO_ACCEPTCONN:
		*value = so->so_listening ? SO_ACCEPTCONN : 0;
		return (0);
	case SO_SNDBUF:
		*value = (int)so->so_snd.sb_limit;
		return (0);
	case SO_RCVBUF:
		*value = (int)so->so_rcv.sb_limit;
		return (0);
	case SO_SNDLOWAT:
		*value = (int)so->so_snd.sb_lowat;
		return (0);
	case SO_RCVLOWAT:
		*value = (int)so->so_rcv.sb_lowat;
		return (0);
	case SO_ERROR:
		*value = so->so_error;
		so->so_error = 0;
		return (0);
	case SO_TYPE:
		*value = so->so_proto->pr_type;
		return (0);
	case SO_LISTENQLIMIT:
		*value = so->so_backlog;
		return (0);
	case SO_LISTENQLEN:
		*value = so->so_nincoming;
		return (0);
	case SO_PROTOCOL:
		*value = so->so_proto->pr_protocol;
		return (0);
	case SO_DOMAIN:
		*value = so->so_proto->pr_domain;
		return (0);
	default:
		return (ENOPROTOOPT);
	}
}

/* (l) Into val of OPTION_MAX. */
static int
get_option(struct socket *so, int level, int name, void *val, size_t *size)
{
	struct timeval tv;

	if (level != SOL_SOCKET)
		return (
		    so->so_proto->pr_getopt == NULL
			? EINVAL
			: so->so_proto->pr_getopt(so, level, name, val, size));
	if (name == SO_RCVTIMEO || name == SO_SNDTIMEO) {
		tv = ns_timeval(name == SO_RCVTIMEO ? so->so_rcv.sb_timeout
						    : so->so_snd.sb_timeout);
		memcpy(val, &tv, sizeof(tv));
		*size = sizeof(tv);
		return (0);
	}
	*size = sizeof(int);
	return (int_option(so, name, val));
}

int
so_getopt(struct file *fp, int level, int name, void *val, size_t *size)
{
	uint64_t room[OPTION_MAX / 8];
	struct socket *so = fp->f_data;
	size_t have;
	int error;

	mutex_lock(so->so_lock);
	error = get_option(so, level, name, room, &have);
	mutex_unlock(so->so_lock);
	if (error != 0)
		return (error);
	*size = MIN(*size, have);
	memcpy(val, room, *size);
	return (0);
}

/* (l) */
static int
set_timeout(struct socket *so, int name, const void *val, size_t size)
{
	struct timeval tv;
	uint64_t ns;

	if (size < sizeof(tv))
		return (EINVAL);
	memcpy(&tv, val, sizeof(tv));
	if (tv.tv_sec < 0 || tv.tv_usec < 0 || tv.tv_usec >= 1000000)
		return (EDOM);
	/* What is longer than 30 years has no end. */
	ns = tv.tv_sec > 1000000000 ? 0
				    : (uint64_t)tv.tv_sec * 1000000000 +
					  (uint64_t)tv.tv_usec * 1000;
	if (name == SO_RCVTIMEO)
		so->so_rcv.sb_timeout = ns;
	else
		so->so_snd.sb_timeout = ns;
	return (0);
}

/* (l) A buffer's limit, or what is worth a wake-up within it. */
static int
set_space(struct socket *so, int name, int value)
{
	if (value <= 0)
		return (EINVAL);
	if ((unsigned)value > BUFFER_MAX)
		return (ENOBUFS);
	switch (name) {
	case SO_SNDBUF:
		so->so_snd.sb_limit = (size_t)value;
		break;
	case SO_RCVBUF:
		so->so_rcv.sb_limit = (size_t)value;
		break;
	case SO_SNDLOWAT:
		so->so_snd.sb_lowat = (size_t)value;
		break;
	default:
		so->so_rcv.sb_lowat = (size_t)value;
	}
	socket_wake(so);
	/* Whoever sends here may have room now. */
	if (so->so_proto->pr_received != NULL)
		so->so_proto->pr_received(so, &so->so_queue);
	return (0);
}

/* (l) */
static int
set_option(struct socket *so, int name, const void *val, size_t size)
{
	int value;

	if (name == SO_RCVTIMEO || name == SO_SNDTIMEO)
		return (set_timeout(so, name, val, size));
	if (size < sizeof(value))
		return (EINVAL);
	memcpy(&value, val, sizeof(value));
	switch (name) {
	case SO_REUSEADDR:
	case SO_KEEPALIVE:
	case SO_BROADCAST:
	case SO_REUSEPORT:
	case SO_NOSIGPIPE:
		if (value != 0)
			so->so_options |= (unsigned)name;
		else
			so->so_options &= ~(unsigned)name;
		return (0);
	case SO_SNDBUF:
	case SO_RCVBUF:
	case SO_SNDLOWAT:
	case SO_RCVLOWAT:
		return (set_space(so, name, value));
	default:
		return (ENOPROTOOPT);
	}
}

int
so_setopt(struct file *fp, int level, int name, const void *val, size_t size)
{
	struct socket *so = fp->f_data;
	int error;

	mutex_lock(so->so_lock);
	if (level == SOL_SOCKET)
		error = set_option(so, name, val, size);
	else if (so->so_proto->pr_setopt == NULL)
		error = EINVAL;
	else
		error = so->so_proto->pr_setopt(so, level, name, val, size);
	mutex_unlock(so->so_lock);
	return (error);
}
