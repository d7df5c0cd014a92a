/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * net.local.*.pcblist, as sockstat(1) and netstat(1) read them: the sockets
 * that the caller's eyes reach by processes' descriptors.  There is no list of
 * all sockets: making one is what they are for, and they are seldom asked for.
 */
#include "lib/string.h"
#include "fbsd/errno.h"
#include "info/kinfo.h"
#include "net/unix.h"
#include "vm/kmem.h"
#include "vm/radix.h"

struct sockets {
	int type;	    /* SOCK_* */
	struct radix files; /* held, by their sockets' serial numbers */
	unsigned count;
};

/* Of many descriptors of one socket one counts. */
static int
collect(void *arg, const struct descriptor *d)
{
	struct sockets *all = arg;
	struct file *fp = d->file;
	struct socket *so = fp->f_data;

	if (fp->f_ops != &socket_fileops ||
	    so->so_proto->pr_domain != AF_UNIX ||
	    so->so_proto->pr_type != all->type ||
	    radix_get(&all->files, so->so_serial) != NULL)
		return (0);
	if (radix_set(&all->files, so->so_serial, fp) != 0)
		return (ENOMEM);
	file_hold(fp);
	all->count++;
	return (0);
}

static uint64_t
cookie_of(const struct unix_socket *us)
{
	return (us != NULL ? socket_cookie(&us->us_socket) : 0);
}

/* (u): datagrams' senders. */
static void
fill_senders(struct unix_socket *us, struct xunpcb *xu)
{
	xu->xu_firstref = cookie_of(
	    LIST_FIRST(&us->us_senders, struct unix_socket, us_sender));
	if (us->us_peer != NULL)
		xu->xu_nextref = cookie_of(
		    LIST_NEXT(us, &us->us_peer->us_senders, us_sender));
}

/* (l) */
static void
fill_buffer(const struct sockbuf *sb, size_t bytes, struct xsockbuf *xsb)
{
	xsb->sb_cc = (uint32_t)bytes;
	xsb->sb_hiwat = (uint32_t)sb->sb_limit;
	xsb->sb_lowat = (int)sb->sb_lowat;
}

/* (l) */
static void
fill_socket(struct socket *so, const struct file *fp, struct xsocket *xso)
{
	xso->xso_len = sizeof(*xso);
	xso->xso_so = xso->so_pcb = socket_cookie(so);
	xso->xso_family = so->so_proto->pr_domain;
	xso->xso_protocol = so->so_proto->pr_protocol;
	xso->so_type = (int16_t)so->so_proto->pr_type;
	xso->so_options = (int16_t)so->so_options;
	xso->so_error = (uint16_t)so->so_error;
	xso->so_uid = fp->f_cred->cr_uid;
	if (so->so_listening) {
		xso->so_options |= SO_ACCEPTCONN;
		xso->so_qlen = (uint32_t)so->so_nincoming;
		xso->so_qlimit = (uint32_t)so->so_backlog;
	} else {
		fill_buffer(&so->so_rcv, socket_bytes(so), &xso->so_rcv);
		fill_buffer(
		    &so->so_snd, so->so_proto->pr_unread(so), &xso->so_snd);
	}
}

static void
fill(const struct file *fp, struct xunpcb *xu)
{
	struct socket *so = fp->f_data;
	struct unix_socket *us = unix_of(so), *peer;
	bool dgram = unix_is_dgram(us);

	memset(xu, 0, sizeof(*xu));
	xu->xu_len = sizeof(*xu);
	xu->xu_unpp = cookie_of(us);
	xu->unp_gencnt = so->so_serial;
	if (dgram)
		mutex_lock(&unix_lock);
	mutex_lock(so->so_lock);
	peer = us->us_peer;
	xu->unp_conn = cookie_of(peer);
	memcpy(&xu->xu_addr, &us->us_addr, us->us_addr.sun_len);
	if (peer != NULL)
		memcpy(&xu->xu_caddr, &peer->us_addr, peer->us_addr.sun_len);
	if (dgram)
		fill_senders(us, xu);
	fill_socket(so, fp, &xu->xu_socket);
	if (peer != NULL)
		xu->xu_socket.so_state = SS_ISCONNECTED;
	mutex_unlock(so->so_lock);
	if (dgram)
		mutex_unlock(&unix_lock);
}

/* Before the records and behind them: have there been new ones meanwhile? */
static int
out_generation(struct sysctl_req *req, unsigned count)
{
	uint64_t last = socket_last_serial();
	struct xunpgen xug = {.xug_len = sizeof(xug),
	    .xug_count = count,
	    .xug_gen = last,
	    .xug_sogen = last};

	return (sysctl_out(req, &xug, sizeof(xug)));
}

static int
out_sockets(struct sysctl_req *req, const struct sockets *all)
{
	struct xunpcb *xu = kmem_alloc(sizeof(*xu), 0);
	struct file *fp;
	int error;

	if (xu == NULL)
		return (ENOMEM);
	error = out_generation(req, all->count);
	for (uint64_t at = 0;
	     error == 0 && (fp = radix_next(&all->files, &at)) != NULL; at++) {
		fill(fp, xu);
		error = sysctl_out(req, xu, sizeof(*xu));
	}
	if (error == 0)
		error = out_generation(req, all->count);
	kmem_free(xu, sizeof(*xu));
	return (error);
}

static int
sysctl_pcblist(const struct sysctl_node *node, struct sysctl_req *req)
{
	struct sockets all = {.type = (int)node->sn_arg};
	struct file *fp;
	int error;

	radix_init(&all.files);
	error = kinfo_descriptors(req->td, collect, &all);
	if (error == 0)
		error = out_sockets(req, &all);
	/* For those that are made while one asks. */
	if (req->oldptr == 0)
		req->oldidx += all.count / 8 * sizeof(struct xunpcb);
	for (uint64_t at = 0; (fp = radix_next(&all.files, &at)) != NULL; at++)
		file_release(fp);
	radix_clear(&all.files, NULL, NULL);
	return (error);
}

#define PCBLIST(id, type)                                                      \
	SYSCTL_NODE_(id##_pcblist, "net.local." #id ".pcblist", CTL_AUTO,      \
	    CTLTYPE_OPAQUE | CTLFLAG_RD, "S,xunpcb", sysctl_pcblist, NULL,     \
	    type, "Sockets that processes have open")
PCBLIST(stream, SOCK_STREAM);
PCBLIST(dgram, SOCK_DGRAM);
PCBLIST(seqpacket, SOCK_SEQPACKET);
