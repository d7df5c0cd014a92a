/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * The program's standard input, output and error as files on console ports.
 * To the program they look like pipes.
 *
 * Input isn't asked for before the program reads: so `imp run` doesn't take
 * from the shell's standard input what the program doesn't want.  That a
 * stream is closed is told at once for input; for output after all is handed
 * over.
 */

#include "amd64/md.h"
#include "fbsd/errno.h"
#include "fbsd/filio.h"
#include "fbsd/fcntl.h"
#include "fbsd/poll.h"
#include "fbsd/stat.h"
#include "file/kqueue.h"
#include "host/run_stream.h"
#include "host/run_tell.h"

/* Input that may wait in the guest: in pages, as QEMU sends no more at once. */
#define INPUT_BUFFERS 16

/* (!) set before the program runs, (a) atomic. */
struct stream {
	struct vport *st_port; /* (!) NULL: not used */
	int st_fd;	       /* (!) the program's descriptor, 0 to 2 */
	bool st_wanted;	       /* (a) input was asked for */
	bool st_ending;	       /* (a) closed; tell when all is out */
};
static struct stream streams[3];

/* The program wants input: let it come. */
static void
want_input(struct stream *st)
{
	if (atomic_load(&st->st_wanted) || st->st_fd != 0)
		return;
	if (vport_listen(st->st_port, INPUT_BUFFERS, PAGE_SIZE) != 0)
		return;
	if (!atomic_swap(&st->st_wanted, true))
		run_tell("want 0\n");
}

static int
stream_read(struct file *fp, struct uio *uio, int flags)
{
	struct stream *st = fp->f_data;

	if ((flags & FOF_OFFSET) != 0)
		return (ESPIPE);
	want_input(st);
	return (vport_read(st->st_port, uio, file_nonblock(fp)));
}

static int
stream_write(struct file *fp, struct uio *uio, int flags)
{
	struct stream *st = fp->f_data;

	if ((flags & FOF_OFFSET) != 0)
		return (ESPIPE);
	return (vport_write(st->st_port, uio, file_nonblock(fp)));
}

static int
stream_ioctl(struct file *fp, unsigned long cmd, void *data, struct thread *td)
{
	struct stream *st = fp->f_data;

	switch (cmd) {
	case FIONREAD:
		want_input(st);
		*(int *)data = (int)vport_readable(st->st_port);
		return (0);
	default:
		return (ENOTTY);
	}
}

static int
stream_poll(struct file *fp, int events)
{
	struct stream *st = fp->f_data;
	int ready = 0;

	if ((fp->f_flag & FREAD) != 0) {
		want_input(st);
		if (vport_readable(st->st_port) > 0)
			ready |= events & (POLLIN | POLLRDNORM);
		else if (vport_eof(st->st_port))
			ready |= (events & (POLLIN | POLLRDNORM)) | POLLHUP;
		return (ready);
	}
	if (vport_broken(st->st_port))
		return (POLLHUP);
	if (vport_writable(st->st_port) > 0)
		ready |= events & (POLLOUT | POLLWRNORM);
	return (ready);
}

static struct event_source *
stream_events(struct file *fp)
{
	struct stream *st = fp->f_data;

	return (vport_events(st->st_port));
}

static int64_t
stream_ready(struct file *fp, int filter)
{
	struct stream *st = fp->f_data;

	if (filter == EVFILT_WRITE)
		return ((int64_t)vport_writable(st->st_port));
	return ((int64_t)vport_readable(st->st_port));
}

static int
stream_stat(struct file *fp, struct stat *sb)
{
	struct stream *st = fp->f_data;

	*sb = (struct stat){0};
	sb->st_mode = S_IFIFO | 0600;
	sb->st_ino = (ino_t)st->st_fd + 1;
	sb->st_nlink = 1;
	sb->st_blksize = PAGE_SIZE;
	return (0);
}

static void
tell_end(struct stream *st)
{
	if (vport_idle(st->st_port) && atomic_swap(&st->st_ending, false))
		run_tell("eof %d\n", st->st_fd);
}

static void
stream_close(struct file *fp)
{
	struct stream *st = fp->f_data;

	if (st->st_fd == 0) {
		run_tell("closed 0\n");
		return;
	}
	atomic_store(&st->st_ending, true);
	tell_end(st);
}

static const struct fileops stream_fileops = {
    .fo_read = stream_read,
    .fo_write = stream_write,
    .fo_ioctl = stream_ioctl,
    .fo_poll = stream_poll,
    .fo_events = stream_events,
    .fo_ready = stream_ready,
    .fo_stat = stream_stat,
    .fo_close = stream_close,
    .fo_passable = true,
};

static void
stream_idle(void *arg)
{
	tell_end(arg);
}

static const struct vport_client stream_client = {.vc_idle = stream_idle};

int
run_stream_open(struct thread *td, struct vport *vp, int fd, struct file **fpp)
{
	struct stream *st = &streams[fd];

	st->st_port = vp;
	st->st_fd = fd;
	if (fd != 0)
		vport_set_client(vp, &stream_client, st);
	*fpp = file_alloc(
	    td, DTYPE_PIPE, fd == 0 ? FREAD : FWRITE, &stream_fileops, st);
	return (*fpp == NULL ? ENFILE : 0);
}

void
run_stream_drain(int fd)
{
	if (streams[fd].st_port != NULL)
		vport_drain(streams[fd].st_port);
}

void
run_stream_reader_gone(int fd)
{
	if (fd >= 1 && fd <= 2 && streams[fd].st_port != NULL)
		vport_reader_gone(streams[fd].st_port);
}
