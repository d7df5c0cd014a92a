/* SPDX-License-Identifier: BSD-2-Clause */
/* inotify(2). */
#include "files.h"
#include "fbsd/event.h"
#include "fbsd/inotify.h"
#include "fbsd/poll.h"

enum {
	SYS_ioctl = 54,
	SYS_poll = 209,
	SYS_kqueue = 362,
	SYS_kevent = 560,
	SYS___specialfd = 577,
	SYS_inotify_add_watch_at = 593,
	SYS_inotify_rm_watch = 594,
};

#define SPECIALFD_INOTIFY 2
#define FIONREAD	  0x4004667f

static long q;

static long
make(int flags)
{
	return (SYS(SYS___specialfd, SPECIALFD_INOTIFY, &flags, sizeof(flags)));
}

static long
watch(const char *path, uint32_t mask)
{
	return (SYS(SYS_inotify_add_watch_at, q, AT_FDCWD, path, mask));
}

/* The records that are there, and which of them was looked at last. */
static char records[16384] __attribute__((aligned(8)));
static long filled, at;

static struct inotify_event *
next(void)
{
	static struct inotify_event none;
	struct inotify_event *ev;

	if (at == filled) {
		at = filled = 0;
		filled = SYS(SYS_read, q, records, sizeof(records));
		if (filled < 0)
			filled = 0;
	}
	if (at == filled)
		return (&none);
	ev = (struct inotify_event *)(records + at);
	at += (long)sizeof(*ev) + ev->len;
	return (ev);
}

/* The next record says so; name NULL: of the watched file itself. */
static struct inotify_event *
expect_(long wd, uint32_t mask, const char *name, int line)
{
	struct inotify_event *ev = next();

	check_eq(ev->wd, wd, "wd", line);
	check_eq(ev->mask, mask, "mask", line);
	check_eq(ev->len, name == NULL ? 0 : (length(name) + 4) / 4 * 4, "len",
	    line);
	if (name != NULL && ev->len != 0)
		check_eq(same_text(ev->name, name), 1, name, line);
	return (ev);
}

#define EXPECT(wd, mask, name) expect_((wd), (mask), (name), __LINE__)

static void
nothing_(int line)
{
	check_eq(next()->mask, 0, "nothing more", line);
}

#define NOTHING() nothing_(__LINE__)

static void
arguments(void)
{
	CHECK_EQ(make(0x1), -EINVAL);
	CHECK_EQ(SYS(SYS___specialfd, SPECIALFD_INOTIFY, &q, 8), -EINVAL);
	CHECK_EQ(SYS(SYS___specialfd, SPECIALFD_INOTIFY, 8, 4), -EFAULT);
	CHECK_EQ(watch("/tmp", 0), -EINVAL);
	CHECK_EQ(watch("/tmp", IN_ONLYDIR), -EINVAL);
	CHECK_EQ(
	    watch("/tmp", IN_OPEN | IN_MASK_ADD | IN_MASK_CREATE), -EINVAL);
	CHECK_EQ(watch("/tmp", IN_OPEN | 0x00800000), -EINVAL);
	CHECK_EQ(watch("/nowhere", IN_OPEN), -ENOENT);
	CHECK_EQ(watch((const char *)8, IN_OPEN), -EFAULT);
	CHECK_EQ(put("plain", "x"), 0);
	CHECK_EQ(watch("plain", IN_OPEN | IN_ONLYDIR), -ENOTDIR);
	CHECK_EQ(SYS(SYS_inotify_add_watch_at, 1, AT_FDCWD, "/tmp", IN_OPEN),
	    -EINVAL);
	CHECK_EQ(SYS(SYS_inotify_add_watch_at, 99, AT_FDCWD, "/tmp", IN_OPEN),
	    -EBADF);
	CHECK_EQ(SYS(SYS_inotify_rm_watch, q, 1), -EINVAL);
	CHECK_EQ(SYS(SYS_inotify_rm_watch, 1, 1), -EINVAL);
	CHECK_EQ(SYS(SYS_read, q, records, sizeof(records)), -EAGAIN);
	CHECK_EQ(SYS(SYS_write, q, records, 1), -EBADF);
}

/* Of one file. */
static void
one_file(void)
{
	long wd = watch("plain", IN_ALL_EVENTS), fd;
	char byte;

	CHECK(wd > 0);
	fd = xopen("plain", O_RDWR, 0);
	EXPECT(wd, IN_OPEN, NULL);
	CHECK_EQ(SYS(SYS_read, fd, &byte, 1), 1);
	CHECK_EQ(SYS(SYS_write, fd, "y", 1), 1);
	/* The same again is said once. */
	CHECK_EQ(SYS(SYS_write, fd, "y", 1), 1);
	CHECK_EQ(SYS(SYS_chmod, "plain", 0600), 0);
	(void)SYS(SYS_close, fd);
	EXPECT(wd, IN_ACCESS, NULL);
	EXPECT(wd, IN_MODIFY, NULL);
	EXPECT(wd, IN_ATTRIB, NULL);
	EXPECT(wd, IN_CLOSE_WRITE, NULL);
	(void)SYS(SYS_close, xopen("plain", O_RDONLY, 0));
	EXPECT(wd, IN_OPEN, NULL);
	EXPECT(wd, IN_CLOSE_NOWRITE, NULL);
	/* Other names come and go; with the last the watch ends. */
	CHECK_EQ(SYS(SYS_link, "plain", "other"), 0);
	EXPECT(wd, IN_ATTRIB, NULL);
	CHECK_EQ(SYS(SYS_rename, "plain", "moved"), 0);
	EXPECT(wd, IN_MOVE_SELF, NULL);
	CHECK_EQ(SYS(SYS_unlink, "moved"), 0);
	EXPECT(wd, IN_ATTRIB, NULL);
	NOTHING();
	CHECK_EQ(SYS(SYS_unlink, "other"), 0);
	EXPECT(wd, IN_ATTRIB, NULL);
	EXPECT(wd, IN_DELETE_SELF, NULL);
	EXPECT(wd, IN_IGNORED, NULL);
	NOTHING();
	CHECK_EQ(SYS(SYS_inotify_rm_watch, q, wd), -EINVAL);
}

/* Of a folder and what is in it. */
static void
a_folder(void)
{
	char entries[512];
	uint32_t cookie;
	long wd, above, fd, dir;

	CHECK_EQ(SYS(SYS_mkdir, "d", 0755), 0);
	CHECK_EQ(SYS(SYS_mkdir, "e", 0755), 0);
	wd = watch("d", IN_ALL_EVENTS | IN_ONLYDIR);
	CHECK(wd > 0);
	fd = xopen("d/a", O_CREAT | O_WRONLY, 0644);
	EXPECT(wd, IN_CREATE, "a");
	EXPECT(wd, IN_OPEN, "a");
	CHECK_EQ(SYS(SYS_write, fd, "x", 1), 1);
	CHECK_EQ(SYS(SYS_ftruncate, fd, 0), 0);
	(void)SYS(SYS_close, fd);
	EXPECT(wd, IN_MODIFY, "a");
	EXPECT(wd, IN_ATTRIB, "a");
	EXPECT(wd, IN_CLOSE_WRITE, "a");
	CHECK_EQ(SYS(SYS_mkdir, "d/sub", 0755), 0);
	EXPECT(wd, IN_CREATE | IN_ISDIR, "sub");
	/* Further down is too far. */
	CHECK_EQ(put("d/sub/below", "x"), 0);
	CHECK_EQ(SYS(SYS_unlink, "d/sub/below"), 0);
	NOTHING();
	CHECK_EQ(SYS(SYS_symlink, "a", "d/four"), 0);
	EXPECT(wd, IN_CREATE, "four");
	CHECK_EQ(SYS(SYS_link, "d/a", "d/b"), 0);
	EXPECT(wd, IN_CREATE, "b");
	CHECK_EQ(SYS(SYS_unlink, "d/b"), 0);
	EXPECT(wd, IN_DELETE, "b");
	/* Within, out and in: both halves have a number. */
	CHECK_EQ(SYS(SYS_rename, "d/a", "d/c"), 0);
	cookie = EXPECT(wd, IN_MOVED_FROM, "a")->cookie;
	CHECK(cookie != 0);
	CHECK_EQ(EXPECT(wd, IN_MOVED_TO, "c")->cookie, cookie);
	CHECK_EQ(SYS(SYS_rename, "d/c", "e/c"), 0);
	CHECK(EXPECT(wd, IN_MOVED_FROM, "c")->cookie > cookie);
	CHECK_EQ(put("e/c", "x"), 0);
	NOTHING();
	CHECK_EQ(SYS(SYS_rename, "e/c", "d/a"), 0);
	EXPECT(wd, IN_MOVED_TO, "a");
	CHECK_EQ(SYS(SYS_unlink, "d/a"), 0);
	EXPECT(wd, IN_DELETE, "a");
	CHECK_EQ(SYS(SYS_rmdir, "d/sub"), 0);
	EXPECT(wd, IN_DELETE | IN_ISDIR, "sub");
	/* As a place only, too. */
	(void)SYS(SYS_close, xopen("d/a", O_PATH | O_CREAT, 0644));
	EXPECT(wd, IN_CREATE, "a");
	EXPECT(wd, IN_OPEN, "a");
	CHECK_EQ(SYS(SYS_unlink, "d/a"), 0);
	EXPECT(wd, IN_DELETE, "a");
	/* The folder itself, which moves before others hear of it. */
	CHECK_EQ(SYS(SYS_mkdir, "h", 0755), 0);
	above = watch("h", IN_MOVED_FROM | IN_MOVED_TO);
	CHECK_EQ(SYS(SYS_rename, "d", "h/d"), 0);
	EXPECT(wd, IN_MOVE_SELF | IN_ISDIR, NULL);
	EXPECT(above, IN_MOVED_TO | IN_ISDIR, "d");
	CHECK_EQ(SYS(SYS_rename, "h/d", "d"), 0);
	EXPECT(wd, IN_MOVE_SELF | IN_ISDIR, NULL);
	EXPECT(above, IN_MOVED_FROM | IN_ISDIR, "d");
	CHECK_EQ(SYS(SYS_inotify_rm_watch, q, above), 0);
	EXPECT(above, IN_IGNORED, NULL);
	dir = xopen("d", O_RDONLY, 0);
	EXPECT(wd, IN_OPEN | IN_ISDIR, NULL);
	CHECK(SYS(SYS_getdirentries, dir, entries, sizeof(entries), NULL) > 0);
	EXPECT(wd, IN_ACCESS | IN_ISDIR, NULL);
	(void)SYS(SYS_close, dir);
	EXPECT(wd, IN_CLOSE_NOWRITE | IN_ISDIR, NULL);
	CHECK_EQ(SYS(SYS_unlink, "d/four"), 0);
	EXPECT(wd, IN_DELETE, "four");
	CHECK_EQ(SYS(SYS_rmdir, "d"), 0);
	EXPECT(wd, IN_DELETE_SELF | IN_ISDIR, NULL);
	EXPECT(wd, IN_IGNORED, NULL);
	NOTHING();
}

/* The flags of a watch. */
static void
flags(void)
{
	long wd, again;

	CHECK_EQ(put("f", "x"), 0);
	CHECK_EQ(SYS(SYS_symlink, "f", "l"), 0);
	wd = watch("l", IN_OPEN);
	CHECK_EQ(watch("f", IN_OPEN | IN_MASK_CREATE), -EEXIST);
	CHECK_EQ(watch("f", IN_CLOSE_NOWRITE), wd);
	(void)SYS(SYS_close, xopen("f", O_RDONLY, 0));
	EXPECT(wd, IN_CLOSE_NOWRITE, NULL);
	CHECK_EQ(watch("f", IN_OPEN | IN_MASK_ADD), wd);
	(void)SYS(SYS_close, xopen("f", O_RDONLY, 0));
	EXPECT(wd, IN_OPEN, NULL);
	EXPECT(wd, IN_CLOSE_NOWRITE, NULL);
	CHECK_EQ(SYS(SYS_inotify_rm_watch, q, wd), 0);
	EXPECT(wd, IN_IGNORED, NULL);
	/* Once; and numbers aren't given out again soon. */
	again = watch("f", IN_OPEN | IN_ONESHOT);
	CHECK(again > wd);
	(void)SYS(SYS_close, xopen("f", O_RDONLY, 0));
	(void)SYS(SYS_close, xopen("f", O_RDONLY, 0));
	EXPECT(again, IN_OPEN, NULL);
	EXPECT(again, IN_IGNORED, NULL);
	NOTHING();
	/* The link, not the file. */
	wd = watch("l", IN_ALL_EVENTS | IN_DONT_FOLLOW);
	(void)SYS(SYS_close, xopen("f", O_RDONLY, 0));
	NOTHING();
	CHECK_EQ(SYS(SYS_unlink, "l"), 0);
	EXPECT(wd, IN_ATTRIB, NULL);
	EXPECT(wd, IN_DELETE_SELF, NULL);
	EXPECT(wd, IN_IGNORED, NULL);
}

static void
ready(void)
{
	static const struct timespec none = {0, 0};
	struct pollfd pfd = {(int)q, POLLIN, 0};
	struct kevent kev = {
	    .ident = (uint64_t)q, .filter = EVFILT_READ, .flags = EV_ADD};
	long kq = SYS(SYS_kqueue), wd = watch("f", IN_OPEN);
	struct stat st;
	int n = -1;

	CHECK_EQ(SYS(SYS_kevent, kq, &kev, 1, NULL, 0, NULL), 0);
	CHECK_EQ(SYS(SYS_poll, &pfd, 1, 0), 0);
	CHECK_EQ(SYS(SYS_kevent, kq, NULL, 0, &kev, 1, &none), 0);
	(void)SYS(SYS_close, xopen("f", O_RDONLY, 0));
	CHECK_EQ(SYS(SYS_poll, &pfd, 1, -1), 1);
	CHECK_EQ(SYS(SYS_kevent, kq, NULL, 0, &kev, 1, NULL), 1);
	CHECK_EQ(kev.data, 16);
	CHECK_EQ(SYS(SYS_ioctl, q, FIONREAD, &n), 0);
	CHECK_EQ(n, 16);
	CHECK_EQ(SYS(SYS_fstat, q, &st), 0);
	CHECK_EQ(st.st_size, 16);
	/* Too little room for a record, and no memory for it. */
	CHECK_EQ(SYS(SYS_read, q, records, 15), -EINVAL);
	EXPECT(wd, IN_OPEN, NULL);
	CHECK_EQ(SYS(SYS_poll, &pfd, 1, 0), 0);
	CHECK_EQ(SYS(SYS_inotify_rm_watch, q, wd), 0);
	EXPECT(wd, IN_IGNORED, NULL);
	(void)SYS(SYS_close, kq);
}

/* More than are kept: the rest is lost, and that is told once. */
static void
overflow(void)
{
	long wd = watch("f", IN_OPEN | IN_CLOSE_NOWRITE), n = 0;
	struct inotify_event *ev;

	for (int i = 0; i < 8200; i++)
		(void)SYS(SYS_close, xopen("f", O_RDONLY, 0));
	while ((ev = next())->mask != 0 && ev->mask != IN_Q_OVERFLOW)
		n++;
	CHECK_EQ(n, 16384);
	CHECK_EQ(ev->mask, IN_Q_OVERFLOW);
	CHECK_EQ(ev->wd, -1);
	NOTHING();
	(void)SYS(SYS_close, xopen("f", O_RDONLY, 0));
	EXPECT(wd, IN_OPEN, NULL);
	EXPECT(wd, IN_CLOSE_NOWRITE, NULL);
	CHECK_EQ(SYS(SYS_inotify_rm_watch, q, wd), 0);
	EXPECT(wd, IN_IGNORED, NULL);
}

/* One thread makes what is watched, another one waits and lets go. */
static long tid;

static void
come_and_go(void *arg)
{
	for (int i = 0; i < 100; i++) {
		CHECK_EQ(put("w/x", "x"), 0);
		CHECK_EQ(SYS(SYS_rename, "w/x", "w/y"), 0);
		CHECK_EQ(SYS(SYS_unlink, "w/y"), 0);
	}
	end_thread(&tid);
}

static void
beside_another(void)
{
	long mine = q, wd;

	CHECK_EQ(SYS(SYS_mkdir, "w", 0755), 0);
	CHECK_EQ(start_thread(come_and_go, NULL, &tid), 0);
	while (tid != 1) {
		long r;

		q = make(0);
		wd = watch("w", IN_ALL_EVENTS);
		(void)watch("w/x", IN_ALL_EVENTS);
		CHECK(wd > 0);
		r = SYS(SYS_rmdir, "w/none");
		CHECK_EQ(r, -ENOENT);
		CHECK_EQ(SYS(SYS_chmod, "w", 0700), 0);
		CHECK(next()->mask != 0);
		at = filled = 0;
		(void)SYS(SYS_close, q);
	}
	join_thread(&tid);
	q = mine;
	CHECK_EQ(SYS(SYS_rmdir, "w"), 0);
}

/* What is watched is in use, and only force ends that. */
static void
unmounting(void)
{
	struct {
		const char *text;
		size_t size;
	} options[] = {{"fstype", 7}, {"tmpfs", 6}, {"fspath", 7}, {"m", 2}};
	long wd;

	CHECK_EQ(SYS(SYS_mkdir, "m", 0755), 0);
	CHECK_EQ(SYS(SYS_nmount, options, 4, 0), 0);
	wd = watch("m", IN_CREATE);
	CHECK(wd > 0);
	CHECK_EQ(SYS(SYS_unmount, "m", 0), -EBUSY);
	NOTHING();
	CHECK_EQ(SYS(SYS_unmount, "m", MNT_FORCE), 0);
	EXPECT(wd, IN_UNMOUNT, NULL);
	EXPECT(wd, IN_IGNORED, NULL);
	NOTHING();
}

int
main(int argc, char **argv)
{
	CHECK_EQ(SYS(SYS_mkdir, "/tmp/inotify", 0755), 0);
	CHECK_EQ(SYS(SYS_chdir, "/tmp/inotify"), 0);
	q = make(IN_NONBLOCK | IN_CLOEXEC);
	CHECK(q >= 0);
	arguments();
	one_file();
	a_folder();
	flags();
	ready();
	overflow();
	beside_another();
	unmounting();
	return (result("inotify"));
}
